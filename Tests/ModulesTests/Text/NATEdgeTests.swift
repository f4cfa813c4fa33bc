import Basics
import ModuleKit
import RouteScript
import Testing

@testable import NATHelper

/// A script with nathelper, whose answer tells what it has found.
private func rig(_ body: String, _ settings: String = "", _ events: String = "") throws
    -> RegistrarRig
{
    try RegistrarRig(
        settings, body, events: events, loads: ["nathelper", "textopsx", "siputils"])
}

/// What a call returns, and the Contact behind it.
private func contact(
    _ call: String, _ contact: String, _ settings: String = "", origin: Origin? = nil
) throws -> String {
    let rig = try rig(
        "\(call); $var(rc) = $rc; msg_apply_changes(); sl_send_reply(\"299\", \"$var(rc) $ct\");",
        settings)
    if let origin { rig.origin = origin }
    return try rig.send(request("sip:x@example.com", contact: contact)).reason
}

private let overTLS = Origin(
    transport: .tls, socket: SocketIndex(1),
    source: PeerAddress(high: 0x2001_0db8_0000_0000, low: 1, port: 4061), connection: 7)

@Suite("nathelper: Contact, further cases")
struct NATContactEdgeTests {
    @Test(
        "addresses of IPv6 stand in brackets wherever they are written",
        arguments: [
            ("fix_nated_contact()", "<sip:u@h:1;x=y>", "1 <sip:u@[2001:db8::1]:4061;x=y>"),
            (
                "add_rcv_param()", "<sip:u@h>",
                "1 <sip:u@h>;received=\"sip:[2001:db8::1]:4061;transport=tls\""
            ),
            ("add_rcv_param(\"1\")", "<sip:u@h>", "-1 <sip:u@h>"),
            ("add_contact_alias()", "<sip:u@h>", "1 <sip:u@h;alias=[2001:db8::1]~4061~3>"),
            ("set_contact_alias()", "<sip:u@h>", "1 <sip:u@h;alias=[2001:db8::1]~4061~3>"),
            (
                "add_contact_alias()", "<sip:u@[2001:db8::1]:4061;transport=tls>",
                "2 <sip:u@[2001:db8::1]:4061;transport=tls>"
            ),
        ])
    func version6(call: String, given: String, expected: String) throws {
        #expect(try contact(call, given, origin: overTLS) == expected)
    }

    @Test(
        "several contacts in one field are changed each",
        arguments: [
            (
                "fix_nated_contact()", "<sip:a@b>;q=1,sip:c@d;e=f",
                "1 <sip:a@10.1.2.3:5070>;q=1,sip:c@10.1.2.3:5070;e=f"
            ),
            (
                "add_contact_alias()", "<sip:a@b>, <sip:c@10.1.2.3:5070>",
                "1 <sip:a@b;alias=10.1.2.3~5070~1>, <sip:c@10.1.2.3:5070>"
            ),
            (
                "set_contact_alias(\"1\")", "<sip:a@b;alias=1.1.1.1~1~1>, <sip:c@d>",
                "1 <sip:a@b;alias=10.1.2.3~5070~1>, <sip:c@d;alias=10.1.2.3~5070~1>"
            ),
            (
                "add_rcv_param()", "<sip:a@b>, <sip:c@d>;q=1",
                "1 <sip:a@b>;received=\"sip:10.1.2.3:5070\","
                    + " <sip:c@d>;q=1;received=\"sip:10.1.2.3:5070\""
            ),
            (
                "fix_nated_contact()", "<tel:+1>, <sip:c@d>",
                "1 <tel:+1>, <sip:c@10.1.2.3:5070>"
            ),
        ])
    func several(call: String, given: String, expected: String) throws {
        #expect(try contact(call, given) == expected)
    }

    @Test(
        "contacts that cannot be read, or are none of SIP, stay as they are",
        arguments: ["*", "<tel:+1>", "<mailto:a@b>", "tel:+1;x=y"],
        [
            "fix_nated_contact()", "add_contact_alias()", "set_contact_alias()", "add_rcv_param()",
            "add_contact_alias(\"1.2.3.4\", \"5\", \"udp\")", "set_alias_to_pv(\"$var(x)\")",
        ])
    func unreadable(given: String, call: String) throws {
        let rig = try rig("\(call); $var(rc) = $rc; sl_send_reply(\"299\", \"$var(rc)\");")
        let text = request("sip:x@example.com", contact: given)
        guard let reply = try? rig.send(text) else { return }
        #expect(reply.reason == "-1" || reply.status != 299)
        #expect(rig.context.edits.isEmpty)
    }

    @Test(
        "an alias may have any transport of the script's, by its name in any case",
        arguments: [
            ("udp", "1"), ("TCP", "2"), ("tls", "3"), ("ws", "5"), ("WSS", "6"),
        ])
    func transports(name: String, number: String) throws {
        #expect(
            try contact("add_contact_alias(\"1.2.3.4\", \"5077\", \"\(name)\")", "<sip:u@h>")
                == "1 <sip:u@h;alias=1.2.3.4~5077~\(number)>")
    }

    @Test(
        "an alias of something that is no address is not added",
        arguments: [
            "\"1.2.3\", \"5\", \"udp\"", "\"\", \"5\", \"udp\"", "\"1.2.3.4\", \"0\", \"udp\"",
            "\"1.2.3.4\", \"-1\", \"udp\"", "\"1.2.3.4\", \"65536\", \"udp\"",
            "\"1.2.3.4\", \"5\", \"\"", "\"1.2.3.4\", \"5\", \"udpx\"", "\"[::1\", \"5\", \"udp\"",
            "\"1.2.3.4\", \"5\"", "\"1.2.3.4>\", \"5\", \"udp\"",
        ])
    func noAddress(arguments: String) throws {
        #expect(try contact("add_contact_alias(\(arguments))", "<sip:u@h>") == "-1 <sip:u@h>")
    }

    @Test("the mode of handle_ruri_alias may be an argument of its own function")
    func modes() throws {
        let uri = "sip:u@h;alias=2.2.2.2~1~1;alias=3.3.3.3~2~3"
        for (mode, expected) in [
            ("0", "1 sip:u@h;alias=3.3.3.3~2~3 sip:2.2.2.2:1"),
            ("1", "1 sip:u@h;alias=2.2.2.2~1~1 sip:3.3.3.3:2;transport=tls"),
            ("7", "1 sip:u@h;alias=2.2.2.2~1~1 sip:3.3.3.3:2;transport=tls"),
        ] {
            let rig = try rig(
                """
                handle_ruri_alias_mode("\(mode)"); $var(rc) = $rc;
                sl_send_reply("299", "$var(rc) $ru $du");
                """)
            #expect(try rig.send(request(uri)).reason == expected, "\(mode)")
        }
    }

    @Test("an alias under another name is the one that counts")
    func aliasName() throws {
        let rig = try rig(
            "handle_ruri_alias(); $var(rc) = $rc; sl_send_reply(\"299\", \"$var(rc) $ru $du\");",
            "nathelper alias_name nat")
        #expect(
            try rig.send(request("sip:u@h;alias=1.1.1.1~1~1;nat=2.2.2.2~2~1")).reason
                == "1 sip:u@h;alias=1.1.1.1~1~1 sip:2.2.2.2:2")
        #expect(
            try rig.send(request("sip:u@h;alias=1.1.1.1~1~1")).reason.hasPrefix("2 "))
    }

    @Test("a reply's Contact is rewritten as a request's is")
    func reply() throws {
        let message = ScriptRig.reply.replacing("Call-ID:", with: "Contact: <sip:u@h>\nCall-ID:")
        let rig = try ScriptRig(
            "exit;", before: "reply_route { note(\"$ct\"); }\n")
        #expect(try rig.runReply(message) == ["<sip:u@h>"])
        let nat = try self.natRig("fix_nated_contact(); $var(rc) = $rc;")
        _ = nat
    }

    private func natRig(_ body: String) throws -> RegistrarRig {
        try rig("exit;", "", "reply_route { \(body) }\n")
    }

    @Test("what is noted for save is that of the last message", arguments: [true, false])
    func received(overTCP: Bool) throws {
        let rig = try rig(
            "fix_nated_register(); sl_send_reply(\"299\", \"$avp(RCV)\");",
            "nathelper received_avp $avp(RCV)")
        if overTCP {
            rig.origin = Origin(
                transport: .tcp, socket: SocketIndex(1),
                source: PeerAddress(ipv4: 0x0102_0304, port: 99), connection: 3)
        }
        #expect(
            try rig.send(request("sip:x@h")).reason
                == (overTCP ? "sip:1.2.3.4:99;transport=tcp" : "sip:10.1.2.3:5070"))
    }
}

@Suite("nathelper: detection and media, further cases")
struct NATDetectionEdgeTests {
    /// Whether a test suspects a NAT behind a message with this top Via.
    private func suspects(
        _ bits: Int, via: String, from source: PeerAddress, settings: String = ""
    ) throws -> Bool {
        let rig = try rig("nat_uac_test(\"\(bits)\");", settings)
        rig.origin = Origin(transport: .udp, socket: SocketIndex(0), source: source)
        let message = request("sip:x@h").replacing(
            "Via: SIP/2.0/UDP 10.1.2.3:5070", with: "Via: SIP/2.0/UDP \(via)")
        return try rig.send(message).code == 1
    }

    @Test(
        "Via is compared as an address, and its port as 5060 when it has none",
        arguments: [
            (2, "8.8.8.8", false), (2, "8.8.8.9", true), (2, "host.example.com", true),
            (2, "8.8.8.8:9999", false), (16, "8.8.8.8", false),
            (16, "8.8.8.8:5060", false), (16, "8.8.8.8:5061", true), (16, "host", false),
            (18, "8.8.8.8:5061", true), (4, "192.168.0.1", true), (4, "172.20.0.1", true),
            (4, "8.8.8.8", false), (4, "private.host", false), (0, "192.168.0.1", false),
        ])
    func via(bits: Int, via: String, expected: Bool) throws {
        #expect(
            try suspects(bits, via: via, from: PeerAddress(ipv4: 0x0808_0808, port: 5060))
                == expected)
    }

    @Test(
        "addresses of IPv6 in Via are compared as such, and none is private",
        arguments: [
            (2, "[2001:db8::1]", false), (2, "[2001:db8:0:0:0:0:0:1]", false),
            (2, "[2001:db8::2]", true), (4, "[fc00::1]", false), (16, "[2001:db8::1]:5061", true),
        ])
    func version6(bits: Int, via: String, expected: Bool) throws {
        let source = PeerAddress(high: 0x2001_0db8_0000_0000, low: 1, port: 5060)
        #expect(try suspects(bits, via: via, from: source) == expected)
    }

    @Test(
        "the source is private in the networks of the RFCs alone",
        arguments: [
            (0x0A00_0000, true), (0x0AFF_FFFF, true), (0x0B00_0000, false), (0x09FF_FFFF, false),
            (0xAC10_0000, true), (0xAC1F_FFFF, true), (0xAC20_0000, false), (0xAC0F_FFFF, false),
            (0xC0A8_0000, true), (0xC0A8_FFFF, true), (0xC0A9_0000, false), (0x6440_0000, true),
            (0x647F_FFFF, true), (0x6480_0000, false), (0x643F_FFFF, false), (0x7F00_0001, false),
        ])
    func networks(address: Int, expected: Bool) throws {
        let source = PeerAddress(ipv4: UInt32(address), port: 5060)
        #expect(try suspects(32, via: "8.8.8.8", from: source) == expected)
    }

    @Test(
        "a computed sum of bits is the one that is tested; a constant must be known",
        arguments: [("32", 1), ("0", -1), ("33", 1), ("4096", -1), ("-1", 1)])
    func computed(value: String, expected: Int) throws {
        let rig = try rig("$var(t) = \(value); nat_uac_test(\"$var(t)\");")
        #expect(try rig.send(request("sip:x@h")).code == expected)
    }

    @Test(
        "arguments and settings that are none are refused when the script is loaded",
        arguments: [
            "nat_uac_test();", "nat_uac_test(\"x\");", "nat_uac_test(\"-1\");",
            "nat_uac_test(\"512\");", "is_rfc1918();", "fix_nated_contact(\"x\");",
            "fix_nated_sdp();", "fix_nated_sdp(\"x\");", "fix_nated_sdp(\"-1\");",
            "add_rcv_param(\"x\");", "set_contact_alias(\"x\");", "handle_ruri_alias(\"x\");",
            "handle_ruri_alias_mode();", "set_alias_to_pv(\"$ci\");", "set_alias_to_pv(\"x\");",
            "add_contact_alias(\"1.2.3.4\", \"x\", \"udp\");", "note(\"$rr_count(x)\");",
        ])
    func wrong(statement: String) {
        #expect(throws: ScriptErrors.self) { _ = try rig(statement) }
    }

    @Test(
        "settings have bounds",
        arguments: [
            "natping_interval -1", "natping_interval 86401", "sipping_bflag 32",
            "sipping_bflag -2", "natping_disable_bflag 32", "keepalive_timeout -1",
            "nat_addr_mode 2", "append_sdp_oldmediaip 2", "filter_server_id 2",
            "udpping_from_path 2", "ping_nated_only 2", "natping_processes -1", "nothing 1",
        ])
    func bounds(setting: String) {
        #expect(throws: ScriptErrors.self) { _ = try rig("exit;", "nathelper \(setting)") }
    }

    /// The body that `fix_nated_sdp` makes of another.
    private func media(_ arguments: String, _ given: String, _ settings: String = "") throws
        -> [String]
    {
        let rig = try rig("fix_nated_sdp(\(arguments));", settings)
        _ = try rig.send(
            request(
                "sip:x@h", "Content-Type: application/sdp",
                body: given.replacing("\n", with: "\r\n")))
        let bytes = rig.context.edits.body ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    @Test("each bit does its own, and what is the source already stays")
    func bits() throws {
        let given = "v=0\no=- 1 1 IN IP4 9.9.9.9\nc=IN IP4 10.1.2.3\nm=audio 1 RTP/AVP 0\n"
        let quiet = "nathelper append_sdp_oldmediaip 0"
        #expect(try media("\"2\"", given, quiet).isEmpty)
        #expect(try media("\"8\"", given, quiet)[1] == "o=- 1 1 IN IP4 10.1.2.3")
        #expect(try media("\"1\"", given, quiet).last == "a=direction:active")
        #expect(try media("\"4\"", given, quiet).last == "a=nortpproxy:yes")
        #expect(try media("\"0\"", given, quiet).isEmpty)
        #expect(try media("\"2\", \"5.5.5.5\"", given, quiet)[2] == "c=IN IP4 5.5.5.5")
        #expect(try media("\"2\", \"5.5.5.5\"", given).last == "a=oldmediaip:10.1.2.3")
    }

    @Test("the marker is a setting, and written by its own bit alone")
    func marker() throws {
        let given = "v=0\nc=IN IP4 9.9.9.9\n"
        let settings = "nathelper append_sdp_oldmediaip 0; nathelper nortpproxy_str a=mine"
        #expect(try media("\"6\"", given, settings).last == "a=mine")
        #expect(
            try media("\"2\"", given, "nathelper append_sdp_oldmediaip 0").last
                == "c=IN IP4 10.1.2.3")
    }

    @Test("many lines and long ones are rewritten as far as there is room, and no further")
    func huge() throws {
        let given = String(repeating: "c=IN IP4 9.9.9.9\n", count: 600)
        let rig = try rig("fix_nated_sdp(\"2\");")
        let body = given.replacing("\n", with: "\r\n")
        let reply = try rig.send(request("sip:x@h", "Content-Type: application/sdp", body: body))
        #expect(reply.code == 1 || reply.code == -1)
        let line = "c=IN IP4 " + String(repeating: "9", count: 5_000)
        #expect(try media("\"2\"", "v=0\n\(line)\n").contains("c=IN IP4 10.1.2.3"))
    }
}
