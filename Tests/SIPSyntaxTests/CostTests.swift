import Basics
import SIPSyntax
import Testing

/// What the syntax costs per message: printed, not judged, because machines are noisy.
///
/// The loops run small in every test run so that they cannot rot; in a release build they run long
/// enough to tell.
@Suite("Cost", .serialized)
struct CostTests {
    #if DEBUG
        static let rounds = 200
    #else
        static let rounds = 200_000
    #endif

    /// Runs a step many times, prints nanoseconds for one and returns the sum of what it returns.
    @discardableResult
    private func measure(_ name: String, _ step: () -> Int) -> Int {
        var sum = 0
        for _ in 0..<(Self.rounds / 10) { sum &+= step() }
        let start = ContinuousClock.now
        for _ in 0..<Self.rounds { sum &+= step() }
        let time = ContinuousClock.now - start
        let nanoseconds = time / Self.rounds / .nanoseconds(1)
        print("cost: \(name): \(nanoseconds.rounded()) ns (\(sum))")
        return sum
    }

    @Test("scanning, checking and answering a REGISTER")
    func register() {
        let bytes = Array(Sample.register.utf8)
        var message = SIPMessage()
        let loads = measure("load \(bytes.count) bytes") {
            do throws(SyntaxError) { try message.load(bytes.span) } catch { return -1 }
            return message.headerCount
        }
        #expect(loads > 0)
        let checks = measure("validate") {
            do throws(SyntaxError) { try message.validate() } catch { return -1 }
            return 1
        }
        #expect(checks > 0)
        let parses = measure("Via, From, To, CSeq, Contact") { parse(message) }
        #expect(parses > 0)
        let all = measure("receive and parse all") {
            guard case .accept = message.receive(bytes.span) else { return -1 }
            return parse(message)
        }
        #expect(all > 0)
        parts(message)
    }

    private func parts(_ message: borrowing SIPMessage) {
        measure("Via") { (try? message.topVia?.port).map { _ in 1 } ?? -1 }
        measure("From") { (try? message.from) == nil ? -1 : 1 }
        measure("To") { (try? message.to) == nil ? -1 : 1 }
        measure("CSeq") { (try? message.cSeq) == nil ? -1 : 1 }
        measure("Contact") {
            var contacts = message.contacts
            return (try? contacts.next()) == nil ? -1 : 1
        }
        measure("URI") {
            (try? SIPURI(parsing: message.bytes, in: message.requestURI)) == nil ? -1 : 1
        }
        measure("Supported") { message.supports("outbound") ? 1 : -1 }
    }

    private func parse(_ message: borrowing SIPMessage) -> Int {
        do throws(SyntaxError) {
            var sum = Int(try message.topVia?.port ?? 0)
            sum += try message.from?.uri.start ?? 0
            sum += try message.to?.uri.start ?? 0
            sum += Int(try message.cSeq?.number ?? 0)
            sum += message.callID?.start ?? 0
            var contacts = message.contacts
            while let contact = try contacts.next() { sum += contact.uri.start }
            return sum
        } catch {
            return -1
        }
    }

    @Test("writing a response")
    func reply() throws {
        let bytes = Array(Sample.register.utf8)
        var message = SIPMessage()
        try message.load(bytes.span)
        let source = PeerAddress(ipv4: 0xc000_0204, port: 5062)
        let origin = Origin(transport: .udp, socket: .none, source: source)
        let tag = Array("abcdef0123456789".utf8)
        var writer = ByteWriter(capacity: 4096)
        let written = measure("reply") {
            writer.removeAll()
            ReplyWriter.begin(200, to: message, from: origin, toTag: tag.span, into: &writer)
            writer.finishMessage()
            return writer.count
        }
        #expect(written > 0)
    }
}
