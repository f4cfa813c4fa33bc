import Basics
import Locations
import ModuleKit
import PUABLA
import PUAUsrloc
import SIPSyntax
import Synchronization
import Testing

@testable import PUA
@testable import Usrloc

/// A registrar whose bindings are published or subscribed to.
final class BindingRig {
    let registrar: RegistrarRig
    private let agent: PUAAgent
    private var count = 0

    init(_ settings: String, _ body: String, module: String) throws {
        registrar = try RegistrarRig(
            "pua outbound_proxy sip:10.5.5.5:5070; " + settings, body,
            loads: ["tm", "textops", "db_sqlite", "kex", "presence", "pua", module])
        let agent = registrar.services.module(PUAModule.self)?.agent.load()
        self.agent = try #require(agent)
        self.agent.stopThread()
    }

    /// A request that was sent.
    struct Sent {
        let text: String
        let destination: Origin
        var line: String { text.components("\r\n").first ?? "" }
        func header(_ name: String) -> String? {
            text.components("\r\n").first { $0.hasPrefix("\(name): ") }
                .map { String($0.dropFirst(name.count + 2)) }
        }
        /// Whether it asks for this many seconds, less those that the test has taken.
        func lasts(_ seconds: Int) -> Bool {
            (seconds - 60...seconds).contains(header("Expires").flatMap { Int($0) } ?? -1)
        }
    }

    /// What is sent for the changes so far; each gets 200.
    func sent() throws -> [Sent] {
        registrar.usrloc.deliver()
        var all: [Sent] = []
        for _ in 0..<10 {
            agent.turn(now: registrar.now)
            let taken = registrar.services.wire.taken().map {
                Sent(text: $0.text, destination: $0.destination)
            }
            guard !taken.isEmpty else { break }
            all += taken
            for request in taken { try answer(request) }
        }
        return all
    }

    private func answer(_ request: Sent) throws {
        count += 1
        var lines = ["SIP/2.0 200 OK"]
        for name in ["Via", "From", "To", "Call-ID", "CSeq", "Expires"] {
            guard let value = request.header(name) else { continue }
            let needsTag = name == "To" && !value.contains("tag=")
            lines.append("\(name): \(value)\(needsTag ? ";tag=phone" : "")")
        }
        lines += ["Contact: <sip:phone@10.1.2.3:5070>", "SIP-ETag: e\(count)"]
        let text = (lines + ["Content-Length: 0", "", ""]).joined(separator: "\r\n")
        let isTaken = try registrar.services.wire.receive(
            text, in: registrar.context, from: request.destination)
        #expect(isTaken)
        registrar.context.outbox.removeAll()
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let place = rest.firstRange(of: separator) {
            parts.append(String(rest[..<place.lowerBound]))
            rest = rest[place.upperBound...]
        }
        return parts + [String(rest)]
    }
}

@Suite("Registered users that are published")
struct PUAUsrlocTests {
    private func rig(
        _ more: String = "", flags: String = "pua_set_publish();"
    ) throws -> BindingRig {
        try BindingRig(
            "pua_usrloc default_domain example.com" + more, flags + " save(\"location\");",
            module: "pua_usrloc")
    }

    @Test("a binding publishes open, its refresh lengthens that, its end takes it back")
    func course() throws {
        let rig = try rig("; pua_usrloc entity_prefix pres")
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "600")
        let first = try rig.sent()
        #expect(first.map(\.line) == ["PUBLISH sip:alice@example.com SIP/2.0"])
        #expect(first[0].header("Event") == "presence" && first[0].lasts(601))
        #expect(first[0].text.contains("entity=\"pres:alice@example.com\""))
        #expect(first[0].text.contains("<basic>open</basic>"))
        #expect(first[0].destination.source == PeerAddress(ipv4: 0x0a05_0505, port: 5070))
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "700")
        let second = try rig.sent()
        #expect(second.map { $0.header("SIP-If-Match") } == ["e1"])
        #expect(second[0].lasts(701) && !second[0].text.contains("<basic>"))
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "0")
        let third = try rig.sent()
        #expect(third.map { $0.header("Expires") } == ["0"])
        #expect(third[0].header("SIP-If-Match") == "e2")
    }

    @Test("a refresh of what was never published publishes it whole")
    func lateRefresh() throws {
        let rig = try rig(flags: "if ($hdr(X) == \"p\") pua_set_publish();")
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "600")
        #expect(try rig.sent().isEmpty)
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "600", "X: p")
        let sent = try rig.sent()
        #expect(sent.count == 1 && sent[0].text.contains("<basic>open</basic>"))
    }

    @Test("what was not flagged is not published, and its end takes nothing back")
    func unflagged() throws {
        let rig = try rig(flags: "")
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "600")
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "0")
        #expect(try rig.sent().isEmpty)
    }

    @Test("a branch flag has its bindings published")
    func branchFlag() throws {
        let rig = try rig("; pua_usrloc branch_flag 9", flags: "setbflag(9);")
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "600")
        #expect(try rig.sent().count == 1)
    }

    @Test("time takes a publication back as its user would")
    func expiry() throws {
        let rig = try rig()
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "60")
        #expect(try rig.sent().count == 1)
        rig.registrar.now.seconds += 3_600
        for table in rig.registrar.usrloc.tables { table.expire(now: rig.registrar.now) }
        let sent = try rig.sent()
        #expect(sent.allSatisfy { $0.header("Expires") == "0" })
    }

    @Test(
        "settings that cannot work are refused",
        arguments: [
            ("", "default_domain"), ("pua_usrloc default_domain a b", "default_domain"),
            ("pua_usrloc default_domain x.org; pua_usrloc entity_prefix 1x", "no scheme"),
        ])
    func refusals(settings: String, reason: String) {
        do {
            _ = try RegistrarRig(settings, loads: ["tm", "pua", "pua_usrloc"])
            Issue.record("accepted")
        } catch let failure as StartFailure {
            #expect(failure.message.contains(reason))
        } catch {
            Issue.record("\(error)")
        }
    }
}

@Suite("Phones that share a line")
struct PUABLATests {
    private static let settings =
        "pua_bla server_address sip:bla@127.0.0.1:5060; pua_bla default_domain example.com; "
        + "pua_bla header_name Sender"

    private func rig() throws -> BindingRig {
        try BindingRig(
            Self.settings,
            """
            if (is_method("NOTIFY")) {
                if (bla_handle_notify()) sl_send_reply("200", "OK");
                else sl_send_reply("481", "No");
                exit;
            }
            bla_set_flag();
            save("location");
            """, module: "pua_bla")
    }

    private func notify(
        to subscribe: BindingRig.Sent, state: String = "active;expires=500",
        event: String = "dialog;sla", callID: String? = nil, body: String = Self.body
    ) throws -> String {
        let from = try #require(subscribe.header("To"))
        let to = try #require(subscribe.header("From"))
        return [
            "NOTIFY sip:bla@127.0.0.1:5060 SIP/2.0",
            "Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bKn", "From: \(from);tag=phone",
            "To: \(to)", "Call-ID: \(callID ?? subscribe.header("Call-ID") ?? "")",
            "CSeq: 1 NOTIFY", "Contact: <sip:alice@10.1.2.3:5070>", "Event: \(event)",
            "Subscription-State: \(state)", "Content-Type: application/dialog-info+xml",
            "Content-Length: \(body.utf8.count)", "", body,
        ].joined(separator: "\r\n")
    }

    static let body =
        "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"full\" "
        + "entity=\"sip:alice@example.com\"><dialog id=\"1\"><state>trying</state></dialog>"
        + "</dialog-info>"

    @Test("a phone that registers is subscribed to, for as long as it is registered")
    func subscription() throws {
        let rig = try rig()
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "600")
        let first = try #require(try rig.sent().first)
        #expect(first.line == "SUBSCRIBE sip:alice@10.1.2.3:5070 SIP/2.0")
        #expect(first.header("To") == "<sip:alice@example.com>")
        #expect(first.header("From")?.hasPrefix("<sip:alice@example.com>;tag=") == true)
        #expect(first.header("Contact") == "<sip:bla@127.0.0.1:5060>")
        #expect(first.header("Event") == "dialog;sla" && first.lasts(610))
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "0")
        let last = try rig.sent()
        #expect(last.map { $0.header("Expires") } == ["0"])
        #expect(last[0].header("Call-ID") == first.header("Call-ID"))
    }

    @Test("what a phone tells is published with the name of the phone")
    func notification() throws {
        let rig = try rig()
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "600")
        let subscribe = try #require(try rig.sent().first)
        #expect(try rig.registrar.send(notify(to: subscribe)).status == 200)
        let published = try #require(try rig.sent().first)
        #expect(published.line == "PUBLISH sip:alice@example.com SIP/2.0")
        #expect(published.header("Sender") == "sip:alice@10.1.2.3:5070")
        #expect(published.header("Event") == "dialog;sla" && published.lasts(501))
        #expect(published.text.contains("<state>trying</state>"))
        // The end of the subscription takes the publication back.
        #expect(
            try rig.registrar.send(
                notify(to: subscribe, state: "terminated;reason=noresource", body: "")
            ).status == 200)
        let over = try rig.sent().filter { $0.line.hasPrefix("PUBLISH") }
        #expect(over.map { $0.header("Expires") } == ["0"])
    }

    @Test("what is no such notification is refused, and the script goes on")
    func strangers() throws {
        let rig = try rig()
        try rig.registrar.register("<sip:alice@10.1.2.3:5070>", expires: "600")
        let subscribe = try #require(try rig.sent().first)
        for text in [
            try notify(to: subscribe, callID: "other"),
            try notify(to: subscribe, event: "dialog"),
            try notify(to: subscribe, body: "<not closed"),
            try notify(to: subscribe).replacing(
                "Contact: <sip:alice@10.1.2.3:5070>", with: "Contact: <tel:1>"),
        ] {
            #expect(try rig.registrar.send(text).status == 481)
        }
        #expect(try rig.sent().isEmpty)
    }

    @Test(
        "settings that are missing or wrong are refused",
        arguments: [
            ("", "server_address"), ("pua_bla server_address sip:a@b", "default_domain"),
            ("pua_bla server_address sip:a@b; pua_bla default_domain c", "header_name"),
            (
                "pua_bla server_address sip:a@b; pua_bla default_domain c; "
                    + "pua_bla header_name a:b", "header_name"
            ),
            (
                "pua_bla server_address sip:a@b; pua_bla default_domain c; "
                    + "pua_bla header_name S; pua_bla outbound_proxy x", "outbound_proxy"
            ),
        ])
    func refusals(settings: String, reason: String) {
        do {
            _ = try RegistrarRig(
                settings, loads: ["tm", "db_sqlite", "presence", "pua", "pua_bla"])
            Issue.record("accepted")
        } catch let failure as StartFailure {
            #expect(failure.message.contains(reason), "\(failure.message)")
        } catch {
            Issue.record("\(error)")
        }
    }
}
