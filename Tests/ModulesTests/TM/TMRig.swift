import Basics
import ModuleKit
import SIPSyntax
import Synchronization
import Testing
import TMX

@testable import TM

/// A script with module `tm`, whose timers run when the test says so.
final class TMRig {
    let rig: ScriptRig
    let module: TMModule

    /// A request route with this body, other blocks before it, and modules behind `tm`.
    init(_ body: String, before: String = "", also: [ModuleBlueprint] = []) throws {
        rig = try ScriptRig(
            body, before: before,
            further: [ModuleBlueprint(TMModule.self), ModuleBlueprint(TMXModule.self)] + also)
        module = try #require(rig.services.module(TMModule.self))
        module.stop()
        module.holdClock()
    }

    var context: ScriptContext { rig.context }
    var wire: StandInNetwork { rig.services.wire }

    /// Runs the script on a request and lets its transaction go on; returns what is sent.
    @discardableResult
    func run(
        _ request: String, source: PeerAddress = TMRig.caller, transport: TransportProtocol = .udp
    ) throws -> [Sent] {
        said += try rig.run(request, transport: transport, source: source)
        context.transaction?.scriptEnded(in: context)
        return takeSent()
    }

    /// What was written into the outbox, and what was sent beside it, since the last time.
    func takeSent() -> [Sent] {
        let written = context.outbox.entries.map { Self.sent($0, context.outbox) }
        context.outbox.removeAll()
        return written
            + wire.taken().map {
                Sent(text: $0.text.replacing("\r\n", with: "\n"), to: $0.destination)
            }
    }

    private static func sent(_ entry: Outbox.Entry, _ outbox: borrowing Outbox) -> Sent {
        let text = String(copying: outbox.bytes(entry)).replacing("\r\n", with: "\n")
        return Sent(text: text, to: entry.destination)
    }

    /// Has a reply arrive; returns what is sent, and whether anybody wanted the reply.
    @discardableResult
    func receive(_ reply: String, from source: PeerAddress = TMRig.callee) throws -> [Sent] {
        let origin = Origin(transport: .udp, socket: SocketIndex(0), source: source)
        let bytes = Array(
            reply.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n").utf8)
        context.reset(origin: origin, now: WallTime(seconds: 1_700_000_000))
        guard context.message.receive(bytes.span) == .accept else { throw Unreadable() }
        isTaken = wire.arrives(context)
        return takeSent()
    }
    /// A reply that no server would look at.
    struct Unreadable: Error {}
    /// Whether the last reply was taken.
    var isTaken = false

    /// Lets time pass, seen from now on.
    func pass(_ milliseconds: Int) -> [Sent] {
        module.advance(milliseconds: milliseconds)
        module.tick()
        return takeSent()
    }

    /// What the script noted since the last time.
    func notes() -> [String] {
        let later = rig.note.lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
        defer { said = [] }
        return said + later
    }
    private var said: [String] = []

    static let caller = PeerAddress(ipv4: 0x0a01_0203, port: 5070)
    static let callee = PeerAddress(ipv4: 0x0a01_0209, port: 5090)

    /// A message that was sent.
    struct Sent {
        var text: String
        var to: Origin
        /// The first line.
        var line: String { text.split(separator: "\n").first.map(String.init) ?? "" }
        /// The values of a header field.
        func header(_ name: String) -> [String] {
            text.split(separator: "\n").filter { $0.hasPrefix("\(name): ") }
                .map { String($0.dropFirst(name.count + 2)) }
        }
        /// A response to it as the callee sends it.
        func response(_ status: Int, _ reason: String = "R", tag: String = "c", _ more: String = "")
            -> String
        {
            var text = "SIP/2.0 \(status) \(reason)\n"
            for name in ["Via", "Record-Route", "From", "To", "Call-ID", "CSeq"] {
                for value in header(name) {
                    let needsTag = name == "To" && !value.contains("tag=") && status > 100
                    text += "\(name): \(value)\(needsTag ? ";tag=\(tag)" : "")\n"
                }
            }
            return text + more + "Content-Length: 0\n\n"
        }
    }
}

/// A user of transactions that keeps what became of its requests.
final class StandInUser: TransactionUser {
    private let state = Guarded<[String]>([])
    var ends: [String] { state.withLock { $0 } }
    func completed(_ token: UInt64, _ outcome: RequestOutcome, in context: ScriptContext) {
        state.withLock { $0.append("\(token) \(outcome)") }
    }
}
