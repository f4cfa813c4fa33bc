import Basics
import ModuleKit
import SIPSyntax
import Subscriptions
import Synchronization
import Testing

@testable import Presence
@testable import TM

/// Event packages that need no XML: what module `presence` does for all packages alike.
final class PlainPackages: ServerModule {
    typealias Parameters = NoParameters
    static let manifest = Manifest<PlainPackages>(
        "plain", "Packages of a test.", requires: ["presence"])

    /// What the rules say about a watcher, by its URI.
    let rules = Guarded<[String: Authorisation]>([:])
    /// The presentities whose rules were read again.
    let reloads = Guarded<[String]>([])
    let presence: PresenceModule

    init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {
        guard let presence = setup.services.module(PresenceModule.self) else {
            throw StartFailure("load presence before")
        }
        self.presence = presence
        try presence.add(mailbox)
        try presence.add(status)
        try presence.add(winfo)
        presence.onRulesChange { [weak self] user, host in
            let name = String(decoding: user + [64] + host, as: UTF8.self)
            self?.reloads.withLock { $0.append(name) }
        }
        presence.onDocument { _, _, uri in
            switch String(decoding: uri, as: UTF8.self) {
            case "pidf": .found(Array("Messages open".utf8))
            case "away": .unavailable
            default: .missing
            }
        }
    }

    /// Anybody may watch it; the last document goes out as it is.
    private var mailbox: EventPackage {
        var package = EventPackage(
            "message-summary", contentType: "application/simple-message-summary")
        package.check = { body in
            guard body.hasPrefix(matching: "Messages") else { return .malformed }
            return .accepted(DocumentFacts())
        }
        return package
    }

    /// Rules apply, and documents are joined with the watcher's version.
    private var status: EventPackage {
        var package = EventPackage("presence", contentType: "application/pidf+xml")
        package.needsAuthorisation = true
        package.authorise = { [weak self] _, watcher in
            let name = String(copying: watcher)
            return self?.rules.withLock { $0[name] } ?? .allow
        }
        package.check = {
            $0.hasPrefix(matching: "bad") ? .unsupported : .accepted(DocumentFacts())
        }
        package.compose = { composition in
            guard !composition.documents.isEmpty else { return nil }
            let all = composition.documents.map { String(copying: $0.span) }
            let bytes = Array("v=00 \(all.joined(separator: "+"))".utf8)
            return ComposedDocument(bytes: bytes, versionPlace: 2..<4)
        }
        return package
    }

    private var winfo: EventPackage {
        var package = EventPackage("presence.winfo", contentType: "application/watcherinfo+xml")
        package.isPublished = false
        package.watchedPackage = Array("presence".utf8)
        package.composeWatchers = { list in
            let watchers = list.watchers.map {
                "\(String(decoding: $0.uri, as: UTF8.self)) \($0.status.word)"
            }
            let text = (list.isFull ? "full " : "partial ") + watchers.joined(separator: ", ")
            return ComposedDocument(bytes: Array(text.utf8))
        }
        return package
    }
}

/// A script with the presence server, without sockets.
final class PresenceRig {
    let rig: ScriptRig
    let presence: PresenceModule
    let tm: TMModule
    let packages: PlainPackages
    /// The time of all requests.
    let now = SystemClock.wall()

    static let body = """
        if (is_method("PUBLISH")) { handle_publish(); note("$rc"); }
        else if (is_method("SUBSCRIBE")) { handle_subscribe(); note("$rc"); }
        """

    init(_ settings: String = "", body: String = PresenceRig.body, before: String = "") throws {
        let modparams = settings.split(separator: "\n").map { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            return "modparam(\"presence\", \"\(parts[0])\", \(parts[1]))\n"
        }
        rig = try ScriptRig(
            body, before: modparams.joined() + before,
            further: [
                ModuleBlueprint(TMModule.self), ModuleBlueprint(PresenceModule.self),
                ModuleBlueprint(PlainPackages.self),
            ])
        tm = try #require(rig.services.module(TMModule.self))
        presence = try #require(rig.services.module(PresenceModule.self))
        packages = try #require(rig.services.module(PlainPackages.self))
        tm.stop()
    }

    var context: ScriptContext { rig.context }
    var agent: StateAgent { get throws { try #require(presence.agent) } }

    // MARK: What arrives

    /// A request without body; `headers` are lines.
    static func request(
        _ method: String, _ uri: String = "sip:alice@example.com", _ headers: String...,
        from: String = "<sip:bob@example.org>;tag=w1", to: String = "<sip:alice@example.com>",
        callID: String = "call-1", cseq: Int = 1, body: String = ""
    ) -> String {
        """
        \(method) \(uri) SIP/2.0
        Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK\(callID)\(cseq)
        From: \(from)
        To: \(to)
        Call-ID: \(callID)
        CSeq: \(cseq) \(method)
        \(headers.map { $0 + "\n" }.joined())Content-Length: \(body.utf8.count)

        \(body)
        """
    }

    /// Runs the script on a request; the messages that it sends, in order.
    @discardableResult
    func run(
        _ request: String, transport: TransportProtocol = .udp, connection: Int64 = -1
    ) throws -> [TMRig.Sent] {
        notes = try rig.run(request, transport: transport, connection: connection, now: now)
        return takeSent()
    }
    /// What the script said to the last request.
    var notes: [String] = []

    /// What is in the outbox, and what was sent beside it, since the last time.
    func takeSent() -> [TMRig.Sent] {
        let written = context.outbox.entries.map { Self.sent($0, context.outbox) }
        context.outbox.removeAll()
        return written
            + rig.services.wire.taken().map {
                TMRig.Sent(text: $0.text.replacing("\r\n", with: "\n"), to: $0.destination)
            }
    }

    private static func sent(_ entry: Outbox.Entry, _ outbox: borrowing Outbox) -> TMRig.Sent {
        let text = String(copying: outbox.bytes(entry)).replacing("\r\n", with: "\n")
        return TMRig.Sent(text: text, to: entry.destination)
    }

    /// Has a NOTIFY answered; what is sent because of it.
    @discardableResult
    func answer(_ notify: TMRig.Sent, _ status: Int = 200) throws -> [TMRig.Sent] {
        let reply = notify.response(status).replacing("\n", with: "\r\n")
        let taken = try rig.services.wire.receive(
            reply, in: context,
            from: Origin(transport: .udp, socket: SocketIndex(0), source: notify.to.source))
        #expect(taken)
        return takeSent()
    }

    /// Lets transactions age; what is sent because of it.
    func pass(_ milliseconds: Int) -> [TMRig.Sent] {
        tm.advance(milliseconds: milliseconds)
        tm.tick()
        return takeSent()
    }

    // MARK: Flows that tests begin with

    /// A SUBSCRIBE of bob's to alice's package; the reply, and the NOTIFY behind it.
    func subscribe(
        _ event: String = "message-summary", expires: Int = 600, callID: String = "call-1",
        _ more: String...
    ) throws -> (reply: TMRig.Sent, notify: TMRig.Sent) {
        let lines = ["Event: \(event)", "Expires: \(expires)", "Contact: <sip:bob@10.1.2.9:5090>"]
        let headers = (lines + more).joined(separator: "\n")
        let sent = try run(
            Self.request("SUBSCRIBE", "sip:alice@example.com", headers, callID: callID))
        try #require(sent.count == 2, "a reply and a NOTIFY")
        return (sent[0], sent[1])
    }

    /// A PUBLISH of alice's; what is sent.
    func publish(
        _ body: String, event: String = "message-summary", etag: String? = nil,
        expires: Int? = 600, cseq: Int = 1, _ more: String...
    ) throws -> [TMRig.Sent] {
        var lines = ["Event: \(event)"] + more
        if let expires { lines.append("Expires: \(expires)") }
        if let etag { lines.append("SIP-If-Match: \(etag)") }
        return try run(
            Self.request(
                "PUBLISH", "sip:alice@example.com", lines.joined(separator: "\n"),
                from: "<sip:alice@example.com>;tag=p1", callID: "pub", cseq: cseq, body: body))
    }
}

extension TMRig.Sent {
    /// What stands behind the empty line.
    var body: String {
        text.split(separator: "\n\n", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
    }
    /// The tag of To.
    var toTag: String { header("To").first?.split(separator: "tag=").last.map(String.init) ?? "" }
    /// One header field's value, empty without one.
    func value(_ name: String) -> String { header(name).first ?? "" }
}
