import Basics
import Glibc
import JSONValue
import Locations
import ModuleKit
import Publications
import SIPSyntax
import Synchronization
import Testing

@testable import PUA
@testable import PUAReginfo
@testable import Usrloc

/// Module `pua_reginfo` between a registrar and a user agent, without sockets.
private final class ReginfoRig {
    let bindings: BindingRig
    let module: PUAReginfoModule

    init(_ settings: String = "") throws {
        bindings = try BindingRig(
            """
            pua_reginfo default_domain example.com; \
            pua_reginfo server_address sip:reginfo@127.0.0.1:5060; \
            pua_reginfo outbound_proxy sip:10.6.6.6:5080\(settings)
            """,
            """
            if (is_method("NOTIFY")) {
                reginfo_handle_notify("location");
                $var(code) = $rc;
                if ($var(code) == 1) sl_send_reply("200", "Online");
                else if ($var(code) == 2) sl_send_reply("200", "Offline");
                else sl_send_reply("481", "Refused");
                exit;
            }
            if (is_method("OPTIONS")) {
                if (reginfo_subscribe("$hdr(X-URI)", "$(hdr(X-Expires){s.int})"))
                    sl_send_reply("200", "Following");
                else sl_send_reply("400", "No");
                exit;
            }
            save("location");
            """, module: "pua_reginfo")
        module = try #require(bindings.registrar.services.module(PUAReginfoModule.self))
    }

    var registrar: RegistrarRig { bindings.registrar }

    /// What is sent next; the module has a queue of its own, so it may take a moment.
    func sent() throws -> [BindingRig.Sent] {
        for _ in 0..<500 {
            let sent = try bindings.sent()
            if !sent.isEmpty { return sent }
            usleep(10_000)
        }
        return []
    }

    /// Follows a URI by the function; the reason of the reply.
    func follow(_ uri: String, _ seconds: Int = 600) throws -> String {
        let reply = try registrar.send(
            [
                "OPTIONS sip:example.com SIP/2.0",
                "Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bKo",
                "From: <sip:a@example.com>;tag=1", "To: <sip:example.com>", "Call-ID: o",
                "CSeq: 1 OPTIONS", "X-URI: \(uri)", "X-Expires: \(seconds)", "Content-Length: 0",
                "", "",
            ].joined(separator: "\r\n"))
        return reply.reason
    }

    /// Hands a NOTIFY to the script; the reason of the reply.
    func notify(
        _ body: String, cseq: Int = 1, event: String? = "reg", type: String? = nil,
        callID: String = "n", fromTag: String = "peer", toTag: String = "me",
        state: String = "active;expires=500", from: String = "sip:bob@example.com"
    ) throws -> String {
        var lines = [
            "NOTIFY sip:reginfo@127.0.0.1:5060 SIP/2.0",
            "Via: SIP/2.0/UDP 10.9.9.9:5060;branch=z9hG4bKn\(cseq)",
            "From: <\(from)>;tag=\(fromTag)", "To: <sip:reginfo@127.0.0.1:5060>;tag=\(toTag)",
            "Call-ID: \(callID)", "CSeq: \(cseq) NOTIFY", "Contact: <sip:peer@10.9.9.9:5060>",
            "Subscription-State: \(state)",
        ]
        if let event { lines.append("Event: \(event)") }
        if !body.isEmpty {
            lines.append("Content-Type: \(type ?? "application/reginfo+xml")")
        }
        lines += ["Content-Length: \(body.utf8.count)", "", body]
        return try registrar.send(lines.joined(separator: "\r\n")).reason
    }

    /// A document of one address-of-record with these contacts.
    static func document(
        _ contacts: [(uri: String, state: String)], aor: String = "sip:bob@example.com",
        isFull: Bool = true, version: Int = 0
    ) -> String {
        let isActive = contacts.contains { $0.state == "active" }
        let rows = contacts.enumerated().map { place, contact in
            let event = contact.state == "active" ? "registered" : "unregistered"
            return "<contact id=\"c-\(contact.uri)\" state=\"\(contact.state)\" "
                + "event=\"\(event)\" expires=\"600\" callid=\"c\(place)\" cseq=\"1\">"
                + "<uri>\(contact.uri)</uri></contact>"
        }
        return "<?xml version=\"1.0\"?><reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" "
            + "version=\"\(version)\" state=\"\(isFull ? "full" : "partial")\">"
            + "<registration aor=\"\(aor)\" id=\"r1\" "
            + "state=\"\(isActive ? "active" : "terminated")\">\(rows.joined())"
            + "</registration></reginfo>"
    }
}

@Suite("Registrations that are published")
struct ReginfoPublishingTests {
    @Test("a registration is published as a document, and its refresh as another")
    func published() throws {
        let rig = try ReginfoRig()
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>;q=0.5", expires: "600")
        let first = try #require(try rig.sent().first)
        #expect(first.line == "PUBLISH sip:alice@example.com SIP/2.0")
        #expect(first.header("Event") == "reg")
        #expect(first.header("Content-Type") == "application/reginfo+xml")
        #expect(first.destination.source == PeerAddress(ipv4: 0x0a06_0606, port: 5080))
        #expect(first.lasts(601))
        #expect(first.text.contains("aor=\"sip:alice@example.com\""))
        #expect(first.text.contains("state=\"active\""))
        #expect(first.text.contains("event=\"registered\""))
        #expect(first.text.contains("<uri>sip:alice@10.1.2.3:5070</uri>"))
        #expect(first.text.contains("q=\"0.500\""))
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>;q=0.5", expires: "700")
        let second = try #require(try rig.sent().first)
        #expect(second.header("SIP-If-Match") == "e1" && second.lasts(701))
        #expect(second.text.contains("event=\"refreshed\""))
        #expect(rig.module.counters.published.value == 2)
    }

    @Test("the end of the last contact is told, and kept for an hour")
    func ended() throws {
        let rig = try ReginfoRig()
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "600")
        _ = try rig.sent()
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "0")
        let last = try #require(try rig.sent().first)
        #expect(last.text.contains("state=\"terminated\""))
        #expect(last.text.contains("event=\"unregistered\""))
        #expect(last.header("SIP-If-Match") == "e1" && last.lasts(3_601))
        #expect(rig.module.book.withLock { $0.waitingCount } == 0)
    }

    @Test("nothing is published where it is not asked for")
    func silent() throws {
        let rig = try ReginfoRig("; pua_reginfo publish_reginfo 0")
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "600")
        #expect(try rig.bindings.sent().isEmpty)
        #expect(rig.module.counters.published.value == 0)
    }

    @Test("ids of a contact stay through refreshes, and tell nothing of it")
    func names() throws {
        let rig = try ReginfoRig()
        var ids: [Substring] = []
        for expires in ["600", "700"] {
            try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: expires)
            let text = try #require(try rig.sent().first).text
            let start = try #require(text.firstRange(of: "<contact id=\"")).upperBound
            ids.append(text[start...].prefix { $0 != "\"" })
        }
        #expect(ids[0] == ids[1] && ids[0].count >= 16)
        #expect(!ids[0].contains("alice") && !ids[0].contains("10.1.2.3"))
    }
}

@Suite("Registrations of other servers")
struct ReginfoTakingTests {
    private let contact = "sip:bob@10.7.7.7:5070"

    @Test("a contact of a document can be looked up, and is published by nobody")
    func taken() throws {
        let rig = try ReginfoRig()
        let body = ReginfoRig.document([(contact, "active")])
        #expect(try rig.notify(body) == "Online")
        #expect(try rig.registrar.bindings("bob").map(\.uri) == [contact])
        #expect(try rig.bindings.sent().isEmpty)
        #expect(rig.module.counters.imported.value == 1 && rig.module.counters.taken.value == 1)
        // A full document that does not list it any more takes it away.
        #expect(try rig.notify(ReginfoRig.document([], version: 1), cseq: 2) == "Offline")
        #expect(try rig.registrar.register(to: "<sip:bob@example.com>").contacts.isEmpty)
    }

    @Test("what another server tells does not touch what registered here")
    func ownStays() throws {
        let rig = try ReginfoRig()
        try rig.registrar.register(
            "<sip:bob@10.1.2.3:5070>", expires: "600", to: "<sip:bob@example.com>")
        #expect(try rig.notify(ReginfoRig.document([(contact, "active")])) == "Online")
        #expect(try Set(rig.registrar.bindings("bob").map(\.uri)).count == 2)
        #expect(try rig.notify(ReginfoRig.document([], version: 1), cseq: 2) == "Online")
        let left = try rig.registrar.register(to: "<sip:bob@example.com>").contacts
        #expect(left.count == 1 && left[0].hasPrefix("<sip:bob@10.1.2.3:5070>"))
    }

    @Test("a NOTIFY that is older than the last of its dialog changes nothing")
    func old() throws {
        let rig = try ReginfoRig()
        #expect(try rig.notify(ReginfoRig.document([(contact, "active")]), cseq: 5) == "Online")
        #expect(try rig.notify(ReginfoRig.document([]), cseq: 4) == "Online")
        #expect(try rig.registrar.bindings("bob").map(\.uri) == [contact])
        // Another dialog has a count of its own.
        #expect(try rig.notify(ReginfoRig.document([]), cseq: 1, callID: "m") == "Offline")
    }

    @Test("what cannot be taken over says so, and changes nothing")
    func refused() throws {
        let rig = try ReginfoRig()
        let body = ReginfoRig.document([(contact, "active")])
        #expect(try rig.notify(body, event: "presence") == "Refused")
        #expect(try rig.notify(body, type: "application/pidf+xml") == "Refused")
        #expect(try rig.notify("<reginfo", cseq: 2) == "Refused")
        #expect(try rig.notify("<pidf/>", cseq: 3) == "Refused")
        #expect(try rig.notify(ReginfoRig.document([], aor: "tel:1"), cseq: 4) == "Refused")
        #expect(rig.module.counters.refused.value == 5)
        #expect(try rig.registrar.bindings("bob").isEmpty)
    }

    @Test("Event and body may be missing")
    func bare() throws {
        let rig = try ReginfoRig()
        #expect(try rig.notify("") == "Online")
        let body = ReginfoRig.document([(contact, "active")])
        #expect(try rig.notify(body, cseq: 2, event: nil) == "Online")
        #expect(try rig.registrar.bindings("bob").count == 1)
    }
}

@Suite("Following the registrations of other servers")
struct ReginfoFollowingTests {
    @Test("a URI is subscribed to, with the server's address as watcher and contact")
    func subscribes() throws {
        let rig = try ReginfoRig()
        #expect(try rig.follow("sip:bob@example.com", 900) == "Following")
        let first = try #require(try rig.sent().first)
        #expect(first.line == "SUBSCRIBE sip:bob@example.com SIP/2.0")
        #expect(first.header("Event") == "reg" && first.lasts(910))
        #expect(first.header("Contact") == "<sip:reginfo@127.0.0.1:5060>")
        #expect(first.header("From")?.hasPrefix("<sip:reginfo@127.0.0.1:5060>;tag=") == true)
        #expect(first.destination.source == PeerAddress(ipv4: 0x0a06_0606, port: 5080))
        // Seconds of 0 end it.
        #expect(try rig.follow("sip:bob@example.com", 0) == "Following")
        #expect(try rig.sent().map { $0.header("Expires") } == ["0"])
    }

    @Test("what is no SIP URI cannot be followed", arguments: ["tel:1", "bob", "sip:", "*"])
    func strangers(_ uri: String) throws {
        let rig = try ReginfoRig()
        #expect(try rig.follow(uri) == "No")
        #expect(try rig.bindings.sent().isEmpty)
        let answer = try rig.registrar.services.call("reginfo.subscribe", .string(uri))
        #expect(answer["error"]?["code"] == 400)
    }

    @Test("negative seconds are refused, and the command says what it wants")
    func negative() throws {
        let rig = try ReginfoRig()
        #expect(try rig.follow("sip:bob@example.com", -1) == "No")
        let services = rig.registrar.services
        let answer = try services.call("reginfo.subscribe", "sip:bob@example.com", -1)
        #expect(answer["error"]?["message"] == "uri must be a SIP URI, and expires not below 0")
        _ = try services.call("reginfo.subscribe", "sip:bob@example.com")
        #expect(try rig.sent().first?.lasts(3_610) == true)
    }

    @Test("who follows takes documents of its own subscriptions alone, until they end")
    func dialogs() throws {
        let rig = try ReginfoRig()
        let body = ReginfoRig.document([("sip:bob@10.7.7.7:5070", "active")])
        #expect(try rig.follow("sip:bob@example.com") == "Following")
        let subscribe = try #require(try rig.sent().first)
        let callID = try #require(subscribe.header("Call-ID"))
        let tag = try #require(subscribe.header("From")?.split(separator: "=").last)
        #expect(try rig.notify(body, callID: "stranger") == "Refused")
        #expect(
            try rig.notify(body, callID: callID, fromTag: "phone", toTag: "other") == "Refused")
        #expect(
            try rig.notify(body, callID: callID, fromTag: "phone", toTag: String(tag)) == "Online")
        // The other side ends it for good: no more is taken, and nothing is sent.
        #expect(
            try rig.notify(
                "", cseq: 2, callID: callID, fromTag: "phone", toTag: String(tag),
                state: "terminated;reason=noresource") == "Online")
        _ = try rig.bindings.sent()
        #expect(
            try rig.notify(
                body, cseq: 3, callID: callID, fromTag: "phone", toTag: String(tag)) == "Refused")
    }

    @Test("the wait for a turn ends when the user agent answers")
    func lane() throws {
        let rig = try ReginfoRig()
        for number in 0..<200 {
            #expect(try rig.follow("sip:user\(number)@example.com") == "Following")
        }
        var seen: Set<String> = []
        while seen.count < 200 {
            let sent = try rig.sent()
            guard !sent.isEmpty else { break }
            seen.formUnion(sent.map(\.line))
        }
        #expect(seen.count == 200)
        #expect(rig.module.lane.withLock { $0.waitingCount } == 0)
    }
}

@Suite("What a NOTIFY says beside its document")
struct ReginfoNotifyReaderTests {
    /// Reads a NOTIFY with these lines in place of the usual ones of the same name.
    private func read(_ lines: String..., without: [String] = []) throws -> NotifyReader? {
        var fields: [(name: String, value: String)] = [
            ("Via", "SIP/2.0/UDP 10.9.9.9:5060;branch=z9hG4bKn"),
            ("From", "<sip:bob@Example.COM>;tag=f"), ("To", "<sip:me@example.com>;tag=t"),
            ("Call-ID", "c"), ("CSeq", "7 NOTIFY"), ("Contact", "<sip:peer@Host.Example>"),
            ("Event", "reg"), ("Subscription-State", "active"),
        ]
        for line in lines {
            let place = line.firstIndex(of: ":") ?? line.endIndex
            let name = String(line[..<place])
            fields.removeAll { $0.name == name }
            fields.append((name, String(line[place...].dropFirst(2))))
        }
        fields.removeAll { without.contains($0.name) }
        let text =
            "NOTIFY sip:me@example.com SIP/2.0\r\n"
            + fields.map { "\($0.name): \($0.value)\r\n" }.joined() + "Content-Length: 0\r\n\r\n"
        var message = SIPMessage()
        let bytes = Array(text.utf8)
        let verdict = message.receive(bytes.span)
        #expect(verdict == .accept)
        return NotifyReader(message)
    }

    @Test("its dialog is told from our side, with its count and its peer")
    func dialog() throws {
        let notify = try #require(try read())
        #expect(notify.dialog.callID == Array("c".utf8))
        #expect(notify.dialog.localTag == Array("t".utf8))
        #expect(notify.dialog.remoteTag == Array("f".utf8))
        #expect(notify.cseq == 7 && notify.end == nil)
        #expect(String(decoding: notify.peer, as: UTF8.self) == "host.example:5060")
        #expect(String(decoding: notify.presentity, as: UTF8.self) == "sip:bob@Example.COM")
    }

    @Test(
        "the peer is who is in Contact, else who is in From",
        arguments: [
            ("Contact: <sip:p@10.0.0.1:5099;transport=tcp>", "10.0.0.1:5099"),
            ("Contact: <sips:p@HOST>", "host:5061"), ("Contact: *", "example.com:5060"),
            ("From: <sip:bob@[2001:DB8::1]:5070>;tag=f", "host.example:5060"),
        ])
    func peer(_ line: String, _ peer: String) throws {
        let notify = try #require(try read(line))
        #expect(String(decoding: notify.peer, as: UTF8.self) == peer)
    }

    @Test("without a Contact the peer is who is in From")
    func noContact() throws {
        let notify = try #require(try read(without: ["Contact"]))
        #expect(String(decoding: notify.peer, as: UTF8.self) == "example.com:5060")
    }

    @Test(
        "other packages and documents are not read",
        arguments: ["Event: presence", "Event: reg.winfo", "From: <tel:+1>;tag=f"])
    func others(_ line: String) throws {
        #expect(try read(line) == nil)
    }

    @Test(
        "how the other side ends the subscription",
        arguments: [
            ("terminated", PUASubscriptionEnd.Reason.later, nil),
            ("terminated;reason=deactivated", .again, nil),
            ("Terminated; Reason=TIMEOUT", .again, nil),
            ("terminated;reason=rejected", .never, nil),
            ("terminated;reason=noresource", .never, nil),
            ("terminated;reason=invariant", .never, nil),
            ("terminated;reason=probation;retry-after=30", .later, 30),
            ("terminated;retry-after=x;reason=giveup", .later, nil),
        ] as [(String, PUASubscriptionEnd.Reason, Int?)])
    func ends(_ state: String, _ reason: PUASubscriptionEnd.Reason, _ after: Int?) throws {
        let notify = try #require(try read("Subscription-State: \(state)"))
        #expect(notify.end == PUASubscriptionEnd(reason, retryAfterSeconds: after))
    }

    @Test(
        "a subscription that goes on has no end", arguments: ["active", "pending;expires=5", "x"])
    func goesOn(_ state: String) throws {
        #expect(try read("Subscription-State: \(state)")?.end == nil)
    }
}
