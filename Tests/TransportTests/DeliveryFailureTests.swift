import Basics
import Synchronization
import Testing

@testable import Transport

/// What a layer has told of what it could not deliver.
private final class Failures: Sendable {
    private let told = Guarded<[DeliveryFailure]>([])

    init(of fixture: Fixture) {
        fixture.layer.reportFailures { [self] failure in told.withLock { $0.append(failure) } }
    }

    /// The messages, as text.
    var messages: [String] {
        told.withLock { told in
            told.compactMap { failure in
                if case .message(let bytes) = failure {
                    String(decoding: bytes, as: UTF8.self)
                } else {
                    nil
                }
            }
        }
    }
    /// The connections.
    var connections: [DeliveryFailure] {
        told.withLock { told in
            told.filter { if case .connection = $0 { true } else { false } }
        }
    }
}

@Suite("What cannot be delivered is told (RFC 3261 18.4)")
struct DeliveryFailureTests {
    private func send(_ text: String, to destination: Origin, by fixture: Fixture) {
        let bytes = Array(text.utf8)
        fixture.layer.send(bytes.span, to: destination)
    }

    /// An address that nobody listens on: the port of a listener that has gone.
    private func deserted() throws -> PeerAddress {
        let gone = try Fixture(["tcp:127.0.0.1:0"])
        let address = gone.address
        gone.layer.stop(within: .seconds(5))
        return address
    }

    @Test("a refused connection tells of every message that waited for it, in their order")
    func refused() throws {
        let fixture = try Fixture(["tcp:127.0.0.1:0"])
        let failures = Failures(of: fixture)
        let destination = Origin(transport: .tcp, socket: .none, source: try deserted())
        send("first", to: destination, by: fixture)
        send("second", to: destination, by: fixture)
        #expect(eventually { failures.messages.count == 2 })
        #expect(failures.messages == ["first", "second"])
        #expect(failures.connections == [], "it was never open")
        #expect(fixture.statistics.sendErrors.value == 2)
        // The next message tries anew.
        send("third", to: destination, by: fixture)
        #expect(eventually { failures.messages.last == "third" })
    }

    @Test(
        "a transport that is not here tells of its messages at once",
        arguments: [
            TransportProtocol.tls, .ws, .wss, .sctp,
        ])
    func unknown(transport: TransportProtocol) throws {
        let fixture = try Fixture(["tcp:127.0.0.1:0"])
        let failures = Failures(of: fixture)
        send(
            "x", to: Origin(transport: transport, socket: .none, source: fixture.address),
            by: fixture)
        #expect(failures.messages == ["x"])
        #expect(fixture.statistics.sendErrors.value == 1)
    }

    @Test("a connection that ends is told by its number and its other end")
    func ended() throws {
        let fixture = try Fixture(["tcp:127.0.0.1:0"])
        let failures = Failures(of: fixture)
        var peers = [try StreamPeer(to: fixture.address)]
        let address = peers[0].address
        peers[0].send(request())
        #expect(peers[0].receive(request().utf8.count) == request())
        let origin = try #require(fixture.record.origins.last)
        #expect(failures.connections == [])
        peers.removeAll()
        #expect(eventually { !failures.connections.isEmpty })
        #expect(failures.connections == [.connection(origin.connection, peer: address)])
        #expect(failures.messages == [], "what was sent was sent")
    }

    @Test("whoever asks before the addresses are bound hears of it as well")
    func early() throws {
        let layer = TransportLayer(logger: .quiet)
        let told = Guarded(0)
        layer.reportFailures { _ in told.withLock { $0 += 1 } }
        _ = try layer.bind(try ListenDirective.parse("tcp:127.0.0.1:0"))
        let bytes = Array("x".utf8)
        // Nobody opens connections before the start.
        layer.send(
            bytes.span,
            to: Origin(transport: .tcp, socket: .none, source: try deserted()))
        #expect(told.withLock { $0 } == 1)
        layer.stop(within: .seconds(5))
    }
}
