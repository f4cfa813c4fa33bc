import Basics
import Glibc
import ModuleKit
import Testing

@testable import Management

@Suite("connections of control channels")
struct ChannelConnectionTests {
    /// Both ends of a connection: the server's, and a descriptor of its client.
    private final class Rig {
        let connection: ChannelConnection
        let signal = StopSignal()
        let client: Int32
        private let server: Int32

        init() throws {
            var ends: [2 of Int32] = [0, 0]
            let status = unsafe withUnsafeMutablePointer(to: &ends) { pointer in
                unsafe pointer.withMemoryRebound(to: Int32.self, capacity: 2) {
                    unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, $0)
                }
            }
            try #require(status == 0)
            server = ends[0]
            client = ends[1]
            let peer = ChannelPeer(
                transport: "unix_stream", source: "", sourcePort: "", destination: "",
                destinationPort: "", program: nil)
            connection = ChannelConnection(
                server, peer, RPCCaller(channel: "test", address: "here"), signal)
        }

        deinit {
            close(server)
            close(client)
        }

        func send(_ bytes: [UInt8]) {
            let count = unsafe write(client, bytes, bytes.count)
            #expect(count == bytes.count)
        }

        func linger(milliseconds: UInt64) -> Duration {
            let clock = ContinuousClock()
            return clock.measure { connection.linger(microseconds: milliseconds * 1_000) }
        }
    }

    @Test("lingering ends with the time when nothing comes")
    func late() throws {
        let rig = try Rig()
        #expect(rig.linger(milliseconds: 30) >= .milliseconds(30))
    }

    @Test("lingering ends at once when something is there, and takes nothing of it")
    func there() throws {
        let rig = try Rig()
        rig.send([1, 2, 3])
        #expect(rig.linger(milliseconds: 60_000) < .seconds(30))
        var buffer = ByteWriter()
        #expect(rig.connection.receive(16, into: &buffer, seconds: 1) == .bytes)
        #expect(Array(copying: buffer.span) == [1, 2, 3])
    }

    @Test("lingering ends when the server stops, and when the client goes")
    func ended() throws {
        let stopping = try Rig()
        stopping.signal.raise()
        #expect(stopping.linger(milliseconds: 60_000) < .seconds(30))
        let leaving = try Rig()
        shutdown(leaving.client, Int32(SHUT_RDWR))
        #expect(leaving.linger(milliseconds: 60_000) < .seconds(30))
    }

    @Test("reading tells what has happened")
    func arrivals() throws {
        let rig = try Rig()
        var buffer = ByteWriter()
        #expect(rig.connection.receive(16, into: &buffer, seconds: 0) == .late)
        rig.send([7])
        #expect(rig.connection.receive(16, into: &buffer, seconds: 1) == .bytes)
        rig.signal.raise()
        #expect(rig.connection.receive(16, into: &buffer, seconds: 1) == .stopped)
        let other = try Rig()
        shutdown(other.client, Int32(SHUT_RDWR))
        #expect(other.connection.receive(16, into: &buffer, seconds: 1) == .closed)
    }

    @Test("sending stops when nobody takes anything for a while, and when the client has gone")
    func stalled() throws {
        let rig = try Rig()
        let much = [UInt8](repeating: 1, count: 4 << 20)
        let isSent = rig.connection.send(much.span, stallSeconds: 0)
        #expect(!isSent)
        let other = try Rig()
        shutdown(other.client, Int32(SHUT_RDWR))
        let isSentToNobody = other.connection.send(much.span, stallSeconds: 10)
        #expect(!isSentToNobody)
    }
}
