import Basics
import JSONValue
import ModuleKit
import PUARPC
import Publications
import SIPSyntax
import Synchronization
import Testing

@testable import PUA
@testable import TM

/// A server with module `pua` and without sockets; its thread runs when the test says so.
final class PUARig {
    let rig: ScriptRig
    let tm: TMModule
    let pua: PUAModule
    /// The time of all that happens.
    var now = SystemClock.wall()

    static let alice = Array("sip:alice@example.com".utf8)
    static let hop = "sip:10.0.0.9:5080"
    static let peer = PeerAddress(ipv4: 0x0a00_0009, port: 5080)

    init(
        _ settings: String = "", body: String = "pua_update_contact(); note(\"$rc\");",
        isThreaded: Bool = false, further: [ModuleBlueprint] = []
    ) throws {
        let modparams = settings.split(separator: "\n").map { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            return "modparam(\"pua\", \"\(parts[0])\", \(parts[1]))\n"
        }
        rig = try ScriptRig(
            body, before: modparams.joined(),
            further: [
                ModuleBlueprint(TMModule.self), ModuleBlueprint(PUAModule.self),
                ModuleBlueprint(PUARPCModule.self),
            ] + further)
        tm = try #require(rig.services.module(TMModule.self))
        pua = try #require(rig.services.module(PUAModule.self))
        tm.stop()
        if !isThreaded { pua.agent.load()?.stopThread() }
    }

    var agent: PUAAgent {
        get throws {
            let agent = pua.agent.load()
            return try #require(agent)
        }
    }
    var wire: StandInNetwork { rig.services.wire }

    /// Lets the thread do what waits; what is sent because of it.
    func turn() throws -> [TMRig.Sent] {
        try agent.turn(now: now)
        return takeSent()
    }

    /// What was sent since the last time.
    func takeSent() -> [TMRig.Sent] {
        wire.taken().map {
            TMRig.Sent(text: $0.text.replacing("\r\n", with: "\n"), to: $0.destination)
        }
    }

    /// Has a request answered; what is sent because of it.
    @discardableResult
    func answer(
        _ request: TMRig.Sent, _ status: Int = 200, _ lines: String..., tag: String = "their"
    ) throws -> [TMRig.Sent] {
        let more = lines.map { $0 + "\n" }.joined()
        let reply = request.response(status, "Reason", tag: tag, more)
        let origin = Origin(transport: .udp, socket: SocketIndex(0), source: Self.peer)
        let isTaken = try wire.receive(
            reply.replacing("\n", with: "\r\n"), in: rig.context, from: origin)
        #expect(isTaken)
        return try turn()
    }

    /// Lets transactions age, so that those without answers end.
    func pass(_ milliseconds: Int) throws -> [TMRig.Sent] {
        tm.advance(milliseconds: milliseconds)
        tm.tick()
        now.seconds += milliseconds / 1_000
        return try turn()
    }

    // MARK: What tests begin with

    static func publication(
        _ body: String? = "Messages-Waiting: yes", expires: Int = 600,
        event: PUAEvent = .messageSummary
    ) -> PublicationRequest {
        PublicationRequest(
            alice, event: event, source: .locations, id: Array("one".utf8),
            body: body.map { Array($0.utf8) }, expiresSeconds: expires,
            outboundProxy: Array(hop.utf8))
    }

    static func subscription(expires: Int = 600) -> SubscriptionRequest {
        SubscriptionRequest(
            alice, watcher: Array("sip:watcher@example.org".utf8),
            contact: Array("sip:me@127.0.0.1".utf8), event: .registration,
            source: .registrationSubscribe, expiresSeconds: expires,
            outboundProxy: Array(hop.utf8))
    }

    /// A subscription that was accepted; its dialog as a NOTIFY names it.
    func subscribed() throws -> PUADialog {
        pua.subscribe(Self.subscription())
        let request = try #require(try turn().first)
        try answer(request, 200, "Expires: 610", "Contact: <sip:peer@10.0.0.9:5080>")
        let tag = try #require(request.header("From")[0].split(separator: "tag=").last)
        return PUADialog(
            callID: Array(request.header("Call-ID")[0].utf8), localTag: Array(tag.utf8),
            remoteTag: Array("their".utf8))
    }

    /// A NOTIFY of the other side.
    static func notify(_ dialog: PUADialog, contact: String = "<sip:new@10.0.0.7>") -> String {
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        return """
            NOTIFY sip:me@127.0.0.1 SIP/2.0
            Via: SIP/2.0/UDP 10.0.0.9:5080;branch=z9hG4bKnotify
            From: <sip:alice@example.com>;tag=\(text(dialog.remoteTag))
            To: <sip:watcher@example.org>;tag=\(text(dialog.localTag))
            Call-ID: \(text(dialog.callID))
            CSeq: 1 NOTIFY
            Contact: \(contact)
            Content-Length: 0


            """
    }
}

/// Keeps what somebody was told.
final class Told: Sendable {
    private let replies = Guarded<[PUAReply]>([])
    var all: [PUAReply] { replies.withLock { $0 } }
    func add(_ reply: PUAReply) { replies.withLock { $0.append(reply) } }
}
