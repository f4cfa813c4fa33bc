import Basics
import ModuleKit
import Testing

@testable import NATHelper

/// A script with nathelper, to which messages come from 10.1.2.3:5070.
private func rig(_ rest: String, _ settings: String = "") throws -> RegistrarRig {
    try RegistrarRig(settings, rest, loads: ["nathelper", "textopsx", "siputils"])
}

/// The Contact that a script shows after its changes were made.
private func contact(_ call: String, _ contact: String, _ settings: String = "") throws -> String {
    let rig = try rig(
        "\(call); $var(rc) = $rc; msg_apply_changes(); sl_send_reply(\"299\", \"$var(rc) $ct\");",
        settings)
    return try rig.send(request("sip:x@example.com", contact: contact)).reason
}

@Suite("nathelper: rewriting Contact")
struct NATContactTests {
    @Test(
        "fix_nated_contact puts the source address in the place of host and port",
        arguments: [
            ("<sip:u@10.9.9.9>", "1 <sip:u@10.1.2.3:5070>"),
            ("sip:u@10.9.9.9:5062;x=y", "1 sip:u@10.1.2.3:5070;x=y"),
            (
                "\"A\" <sip:u:pw@h:1;transport=udp?a=b>;q=0.5, <sip:v@[::1]>",
                "1 \"A\" <sip:u:pw@10.1.2.3:5070;transport=udp?a=b>;q=0.5, <sip:v@10.1.2.3:5070>"
            ),
            ("<sip:h>", "1 <sip:10.1.2.3:5070>"), ("<tel:+1>", "-1 <tel:+1>"), ("*", "-1 *"),
        ])
    func fix(given: String, shown: String) throws {
        #expect(try contact("fix_nated_contact()", given) == shown)
    }

    @Test("without a Contact nothing is rewritten")
    func none() throws {
        let rig = try rig("fix_nated_contact();")
        #expect(try rig.send(request("sip:x@example.com")).code == -1)
        #expect(rig.context.edits.isEmpty)
    }

    @Test(
        "add_contact_alias adds an alias within the URI, with brackets where it has none",
        arguments: [
            ("add_contact_alias()", "<sip:u@h>", "1 <sip:u@h;alias=10.1.2.3~5070~1>"),
            ("add_contact_alias()", "sip:u@h;x=y", "1 <sip:u@h;alias=10.1.2.3~5070~1>;x=y"),
            ("add_contact_alias()", "<sip:u@h;lr?a=b>", "1 <sip:u@h;lr;alias=10.1.2.3~5070~1?a=b>"),
            ("add_contact_alias()", "<sip:u@10.1.2.3:5070>", "2 <sip:u@10.1.2.3:5070>"),
            (
                "add_contact_alias()", "<sip:u@10.1.2.3:5070;transport=tcp>",
                "1 <sip:u@10.1.2.3:5070;transport=tcp;alias=10.1.2.3~5070~1>"
            ),
            (
                "add_contact_alias(\"1.2.3.4\", \"5077\", \"TCP\")", "<sip:u@h>",
                "1 <sip:u@h;alias=1.2.3.4~5077~2>"
            ),
            (
                "add_contact_alias(\"::1\", \"5077\", \"wss\")", "<sip:u@h>",
                "1 <sip:u@h;alias=[::1]~5077~6>"
            ),
            ("add_contact_alias(\"nohost\", \"5077\", \"tcp\")", "<sip:u@h>", "-1 <sip:u@h>"),
            ("add_contact_alias(\"1.2.3.4\", \"99999\", \"tcp\")", "<sip:u@h>", "-1 <sip:u@h>"),
            ("add_contact_alias(\"1.2.3.4\", \"5077\", \"zzz\")", "<sip:u@h>", "-1 <sip:u@h>"),
            ("add_contact_alias(\"1.2.3.4\")", "<sip:u@h>", "-1 <sip:u@h>"),
            (
                "set_contact_alias()", "<sip:u@h;alias=9.9.9.9~1~1>",
                "1 <sip:u@h;alias=9.9.9.9~1~1;alias=10.1.2.3~5070~1>"
            ),
            (
                "set_contact_alias(\"1\")", "<sip:u@h;alias=9.9.9.9~1~1;x=y>",
                "1 <sip:u@h;x=y;alias=10.1.2.3~5070~1>"
            ),
        ])
    func alias(call: String, given: String, shown: String) throws {
        #expect(try contact(call, given) == shown)
    }

    @Test("alias_name names the parameter")
    func aliasName() throws {
        let shown = try contact("set_contact_alias()", "<sip:u@h>", "nathelper alias_name nat")
        #expect(shown == "1 <sip:u@h;nat=10.1.2.3~5070~1>")
    }

    @Test(
        "add_rcv_param names the source, behind the address or within its URI",
        arguments: [
            ("add_rcv_param()", "<sip:u@h>;q=1", "1 <sip:u@h>;q=1;received=\"sip:10.1.2.3:5070\""),
            ("add_rcv_param(\"1\")", "<sip:u@h>;q=1", "1 <sip:u@h;received=sip:10.1.2.3:5070>;q=1"),
            ("add_rcv_param(\"1\")", "sip:u@h", "1 <sip:u@h;received=sip:10.1.2.3:5070>"),
        ])
    func received(call: String, given: String, shown: String) throws {
        #expect(try contact(call, given) == shown)
    }

    @Test(
        "save stores what fix_nated_contact and set_contact_alias have written",
        arguments: [
            ("fix_nated_contact()", "sip:alice@10.1.2.3:5070"),
            ("set_contact_alias()", "sip:alice@10.9.9.9;alias=10.1.2.3~5070~1"),
        ])
    func saved(call: String, uri: String) throws {
        let rig = try rig("\(call); save(\"location\");")
        try rig.register("<sip:alice@10.9.9.9>")
        #expect(try rig.bindings().map(\.uri) == [uri])
    }

    @Test("fix_nated_register notes the source, and save stores it")
    func register() throws {
        let rig = try rig(
            "fix_nated_register(); fix_nated_register(); save(\"location\");",
            "nathelper received_avp $avp(RCV); registrar received_avp $avp(RCV)")
        try rig.register("<sip:alice@10.9.9.9>")
        #expect(try rig.bindings().map(\.received) == ["sip:10.1.2.3:5070"])
        #expect(rig.context.attributes.count(Array("RCV".utf8)) == 1)
        let unset = try RegistrarRig(
            "", "fix_nated_register(); save(\"location\");", loads: ["nathelper"])
        try unset.register("<sip:alice@10.9.9.9>")
        #expect(try unset.bindings().map(\.received) == [""])
    }

    @Test(
        "the alias of the request URI becomes the destination URI",
        arguments: [
            (
                "sip:u@h;alias=2.2.2.2~5070~2;x=1", "",
                "1 sip:u@h;x=1 sip:2.2.2.2:5070;transport=tcp"
            ),
            ("sip:u@h;a=b;alias=2.2.2.2~5070~1", "", "1 sip:u@h;a=b sip:2.2.2.2:5070"),
            ("sip:u@h;alias=[::1]~5070~5?x=y", "", "1 sip:u@h?x=y sip:[::1]:5070;transport=ws"),
            (
                "sip:u@h;alias=2.2.2.2~1~1;alias=3.3.3.3~2~3", "\"0\"",
                "1 sip:u@h;alias=3.3.3.3~2~3 sip:2.2.2.2:1"
            ),
            (
                "sip:u@h;alias=2.2.2.2~1~1;alias=3.3.3.3~2~3", "\"1\"",
                "1 sip:u@h;alias=2.2.2.2~1~1 sip:3.3.3.3:2;transport=tls"
            ),
            ("sip:u@h;alias=2.2.2.2~5070", "", "-1 sip:u@h;alias=2.2.2.2~5070 <null>"),
            ("sip:u@h;alias=2.2.2.2~5070~9", "", "-1 sip:u@h;alias=2.2.2.2~5070~9 <null>"),
            ("sip:u@h;alias=h~5070~1", "", "-1 sip:u@h;alias=h~5070~1 <null>"),
            ("sip:u@h;alias=1.1.1.1~0~1", "", "-1 sip:u@h;alias=1.1.1.1~0~1 <null>"),
            ("sip:u@h;alias", "", "2 sip:u@h;alias <null>"), ("sip:u@h", "", "2 sip:u@h <null>"),
        ])
    func handle(uri: String, mode: String, shown: String) throws {
        let rig = try rig(
            """
            handle_ruri_alias(\(mode));
            $var(rc) = $rc;
            sl_send_reply("299", "$var(rc) $ru $du");
            """)
        #expect(try rig.send(request(uri)).reason == shown)
    }

    @Test("set_alias_to_pv writes the URI of the alias in Contact")
    func aliasToVariable() throws {
        let rig = try rig(
            """
            set_alias_to_pv("$var(a)");
            $var(rc) = $rc;
            sl_send_reply("299", "$var(rc) $var(a)");
            """)
        let given = request("sip:x@h", contact: "<sip:u@h;alias=9.9.9.9~5070~2>")
        #expect(try rig.send(given).reason == "1 sip:9.9.9.9:5070;transport=tcp")
        let without = try rig.send(request("sip:x@h", contact: "<sip:u@h;alias=9.9.9.9>"))
        #expect(without.reason.hasPrefix("-1 "))
    }

    @Test(
        "Record-Route values are counted, and a double one at the top is told",
        arguments: [
            ([], "0 0"), (["<sip:a;lr>"], "1 1"), (["<sip:a;lr;r2=on>, <sip:b;lr;r2=on>"], "2 2"),
            (["<sip:a;lr;r2=on>, <sip:b;lr;r2=on>", "<sip:c;lr>"], "3 2"),
            (["<sip:a;lr>, <sip:b;lr;r2=on>"], "2 1"),
        ])
    func recordRoutes(fields: [String], shown: String) throws {
        let rig = try rig("sl_send_reply(\"299\", \"$rr_count $rr_top_count\");")
        var message = request("sip:x@h")
        for field in fields {
            message = message.replacing("From:", with: "Record-Route: \(field)\r\nFrom:")
        }
        #expect(try rig.send(message).reason == shown)
    }
}

@Suite("nathelper: session descriptions")
struct NATMediaTests {
    private static let sdp = """
        v=0
        o=- 1 1 IN IP4 10.9.9.9
        s=-
        c=IN IP4 10.9.9.9
        t=0 0
        m=audio 4000 RTP/AVP 0
        a=rtcp:4001 IN IP4 10.9.9.9
        m=video 4002 RTP/AVP 31
        c=IN IP4 8.8.8.8/127

        """.replacing("\n", with: "\r\n")

    /// The code and the body after a call.
    private func body(
        _ arguments: String, _ body: String = NATMediaTests.sdp, _ settings: String = "",
        type: String = "Content-Type: application/sdp"
    ) throws -> (code: String, body: [String]) {
        let rig = try rig(
            "fix_nated_sdp(\(arguments)); $var(rc) = $rc; sl_send_reply(\"299\", \"$var(rc)\");",
            settings)
        let code = try rig.send(request("sip:x@h", type, body: body)).reason
        let bytes = rig.context.edits.body ?? Array(body.utf8)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
        return (code, lines)
    }

    @Test("bit 2 rewrites c= and a=rtcp, and notes what was there")
    func media() throws {
        let (code, lines) = try body("\"2\"")
        #expect(code == "1")
        #expect(
            lines == [
                "v=0", "o=- 1 1 IN IP4 10.9.9.9", "s=-", "c=IN IP4 10.1.2.3", "t=0 0",
                "m=audio 4000 RTP/AVP 0", "a=rtcp:4001 IN IP4 10.1.2.3", "m=video 4002 RTP/AVP 31",
                "c=IN IP4 10.1.2.3/127", "a=oldmediaip:10.9.9.9", "a=oldmediaip:10.9.9.9",
                "a=oldmediaip:8.8.8.8",
            ])
    }

    @Test("all bits: origin, direction of each medium, the marker, an address of the script's")
    func everything() throws {
        let (code, lines) = try body(
            "\"15\", \"1.2.3.4\"", Self.sdp, "nathelper append_sdp_oldmediaip 0")
        #expect(code == "1")
        #expect(
            lines == [
                "v=0", "o=- 1 1 IN IP4 1.2.3.4", "s=-", "c=IN IP4 1.2.3.4", "t=0 0",
                "m=audio 4000 RTP/AVP 0", "a=rtcp:4001 IN IP4 1.2.3.4", "a=direction:active",
                "m=video 4002 RTP/AVP 31", "c=IN IP4 1.2.3.4/127", "a=direction:active",
                "a=nortpproxy:yes",
            ])
    }

    @Test("bit 4 alone replaces nothing, which is 2; without a line end one is added")
    func marker() throws {
        let (code, lines) = try body("\"4\"", "v=0\r\nc=IN IP4 1.1.1.1")
        #expect(code == "2")
        #expect(lines == ["v=0", "c=IN IP4 1.1.1.1", "a=nortpproxy:yes"])
    }

    @Test(
        "what is no session description is left alone",
        arguments: [("", "X-A: b"), ("v=0\r\n", "Content-Type: text/plain"), ("v=0\r\n", "X-A: b")])
    func none(given: String, type: String) throws {
        #expect(try body("\"3\"", given, type: type).code == "-1")
    }

    @Test(
        "lines that are broken do no harm",
        arguments: [
            "c=", "c=IN", "c=IN IP4", "c=IN IP4 ", "=\r\n=\r\n", "c", "\r\n\r\n", "o=IN IP4",
            "a=rtcp:", "c=IN IP9 1.1.1.1", "c=IN IP4 /",
        ])
    func hostile(given: String) throws {
        let (code, lines) = try body("\"15\"", given)
        #expect(code == "2")
        #expect(lines.last == "a=nortpproxy:yes")
    }

    @Test("an address that is none, and bits that nobody knows, are refused")
    func refused() throws {
        #expect(try body("\"2\", \"host\"").code == "-1")
        #expect(throws: (any Error).self) { try rig("fix_nated_sdp(\"16\");") }
        #expect(throws: (any Error).self) { try rig("nat_uac_test(\"1024\");") }
    }
}

@Suite("nathelper: finding NATs")
struct NATDetectionTests {
    private static let private4 = PeerAddress(ipv4: 0x0A01_0203, port: 5070)
    private static let public4 = PeerAddress(ipv4: 0x0808_0808, port: 5060)

    /// Whether a test suspects a NAT; Via is 10.1.2.3:5070.
    private func suspects(
        _ bits: Int, from source: PeerAddress = NATDetectionTests.private4,
        contact: String = "<sip:u@8.8.8.8>", body: String = "", transport: TransportProtocol = .udp
    ) throws -> Bool {
        let rig = try rig("nat_uac_test(\"\(bits)\");")
        rig.origin = Origin(
            transport: transport, socket: SocketIndex(0), source: source,
            connection: transport == .udp ? -1 : 3)
        return try rig.send(request("sip:x@h", contact: contact, body: body)).code == 1
    }

    @Test("bit 1: a private address in Contact")
    func contact() throws {
        #expect(try suspects(1, contact: "<sip:u@10.0.0.1>"))
        #expect(try suspects(1, contact: "<sip:u@100.64.0.1>"))
        #expect(try !suspects(1))
        #expect(try !suspects(1, contact: "<sip:u@host>"))
        #expect(try !suspects(1, contact: "*"))
    }

    @Test("bits 2, 4 and 16: Via against the source, and by itself")
    func via() throws {
        #expect(try !suspects(2))
        #expect(try suspects(2, from: Self.public4))
        #expect(try suspects(4))
        #expect(try !suspects(16))
        #expect(try suspects(16, from: Self.public4))
    }

    @Test("bits 8 and 256: addresses in SDP, but not those of a call on hold")
    func media() throws {
        #expect(try suspects(8, body: "v=0\r\nc=IN IP4 192.168.1.1\r\n"))
        #expect(try !suspects(8, body: "v=0\r\nc=IN IP4 8.8.8.8\r\n"))
        #expect(try !suspects(8))
        #expect(try suspects(256, body: "c=IN IP4 8.8.8.8\r\n"))
        #expect(try !suspects(256, body: "c=IN IP4 10.1.2.3\r\n"))
        #expect(try !suspects(256, body: "c=IN IP4 0.0.0.0\r\n"))
    }

    @Test("bits 32, 64 and 128: the source, a WebSocket, the port of Contact")
    func source() throws {
        #expect(try suspects(32))
        #expect(try !suspects(32, from: Self.public4))
        #expect(try suspects(64, transport: .wss))
        #expect(try !suspects(64))
        #expect(try suspects(128))
        #expect(try !suspects(128, contact: "<sip:u@h:5070>"))
    }

    @Test("the bits are joined by or, and no bit suspects nobody")
    func joined() throws {
        #expect(try suspects(1 | 4))
        #expect(try !suspects(0))
    }

    @Test(
        "private addresses are those of the RFCs, reserved ones by nat_addr_mode",
        arguments: [
            ("10.1.1.1", 1, 1), ("172.16.0.1", 1, 1), ("172.31.255.255", 1, 1),
            ("172.32.0.1", 1, -1), ("192.168.0.1", 1, 1), ("100.64.1.1", 1, 1),
            ("100.128.0.1", 1, -1), ("192.0.0.7", 0, 1), ("192.0.0.200", 1, 1),
            ("192.0.0.200", 0, -1), ("127.0.0.1", 1, -1), ("169.254.1.1", 1, -1),
            ("8.8.8.8", 1, -1), ("host", 1, -1), ("fc00::1", 1, -1), ("", 1, -2),
        ])
    func isPrivate(address: String, mode: Int, code: Int) throws {
        let rig = try rig(
            "$var(a) = \"\(address)\"; is_rfc1918(\"$var(a)\");", "nathelper nat_addr_mode \(mode)")
        #expect(try rig.send(request("sip:x@h")).code == code)
    }
}
