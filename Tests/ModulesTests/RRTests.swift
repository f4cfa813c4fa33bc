import Basics
import ModuleKit
import Testing

/// The Record-Route lines that statements lead to.
private func routes(
    _ statements: String, _ settings: [(String, String)] = [], outgoing: Int? = nil,
    message: String = ScriptRig.request
) throws -> [String] {
    let before = settings.map { "modparam(\"rr\", \"\($0)\", \($1))\n" }.joined()
    let rig = try ScriptRig(statements, before: before)
    try rig.run(message)
    return rig.rendered(outgoing: outgoing.map { rig.services.sockets[$0] })
        .split(separator: "\n").filter { $0.hasPrefix("Record-Route") }
        .map { String($0.dropFirst(14)) }
}

/// Sockets that do not advertise another address.
private func written(
    _ change: (inout RecordRoute) -> Void, from incoming: ListeningSocket,
    to outgoing: ListeningSocket?
) -> String {
    var route = RecordRoute()
    change(&route)
    var writer = ByteWriter()
    route.write(into: &writer, incoming: incoming, outgoing: outgoing)
    return writer.text.replacing("\r\n", with: "\n")
}

private let udp = ListeningSocket(
    transport: .udp, address: PeerAddress(ipv4: 0x7f00_0001, port: 5060))
private let tcp = ListeningSocket(
    transport: .tcp, address: PeerAddress(ipv4: 0x7f00_0001, port: 5070))
private let tls = ListeningSocket(
    transport: .tls, address: PeerAddress(high: 0, low: 1, port: 5061))

@Suite("Module rr: Record-Route")
struct RRTests {
    @Test(
        "a Record-Route has our address, the tag of From, and the parameters of the script",
        arguments: [
            ("record_route();", ["<sip:sip.example.com:5060;lr;ftag=tag-a>"]),
            (
                "add_rr_param(\";x=1\"); record_route(\";p=q\"); add_rr_param(\";y=2\");",
                ["<sip:sip.example.com:5060;lr;ftag=tag-a;p=q;x=1;y=2>"]
            ),
            (
                "record_route_preset(\"1.2.3.4:5090;z=1\");",
                ["<sip:1.2.3.4:5090;z=1;ftag=tag-a;lr>"]
            ),
            (
                "record_route_preset(\"1.2.3.4:5090\", \"4.3.2.1:5091\");",
                ["<sip:1.2.3.4:5090;ftag=tag-a;lr>", "<sip:4.3.2.1:5091;ftag=tag-a;lr>"]
            ),
            (
                "record_route_advertised_address(\"1.2.3.4:5080\");",
                ["<sip:1.2.3.4:5080;ftag=tag-a;lr>"]
            ),
            ("record_route(); remove_record_route();", []),
            (
                "record_route(); remove_record_route(); record_route(\";b\");",
                ["<sip:sip.example.com:5060;lr;ftag=tag-a;b>"]
            ),
            ("add_rr_param(\";x=1\");", []),
            ("record_route(\";u=$rU\");", ["<sip:sip.example.com:5060;lr;ftag=tag-a;u=carol>"]),
        ])
    func forms(statements: String, expected: [String]) throws {
        #expect(try routes(statements) == expected)
    }

    @Test(
        "parameters change the form",
        arguments: [
            ([("enable_full_lr", "1")], "<sip:sip.example.com:5060;lr=on;ftag=tag-a>"),
            ([("append_fromtag", "0")], "<sip:sip.example.com:5060;lr>"),
            ([("add_username", "1")], "<sip:carol@sip.example.com:5060;lr;ftag=tag-a>"),
        ])
    func settings(settings: [(String, String)], expected: String) throws {
        #expect(try routes("record_route();", settings) == [expected])
    }

    @Test("a secure request URI makes a secure route, unless that is ignored")
    func secure() throws {
        let message = ScriptRig.request.replacing("MESSAGE sip:", with: "MESSAGE sips:")
        #expect(
            try routes("record_route();", message: message) == [
                "<sips:sip.example.com:5060;lr;ftag=tag-a>"
            ])
        #expect(
            try routes("record_route();", [("ignore_sips", "1")], message: message) == [
                "<sip:sip.example.com:5060;lr;ftag=tag-a>"
            ])
    }

    @Test("a request that leaves on another socket gets two routes, the outer one first")
    func double() throws {
        #expect(
            try routes("record_route();", outgoing: 1) == [
                "<sip:[::1]:5060;transport=tcp;r2=on;lr;ftag=tag-a>".replacing(":5060", with: ""),
                "<sip:sip.example.com:5060;r2=on;lr;ftag=tag-a>",
            ])
        #expect(try routes("record_route();", outgoing: 0).count == 1)
        #expect(try routes("record_route();", [("enable_double_rr", "0")], outgoing: 1).count == 1)
        #expect(try routes("record_route();", [("enable_double_rr", "2")], outgoing: 0).count == 2)
        #expect(
            try routes("record_route_advertised_address(\"1.2.3.4\");", outgoing: 1) == [
                "<sip:1.2.3.4;transport=tcp;r2=on;ftag=tag-a;lr>",
                "<sip:1.2.3.4;r2=on;ftag=tag-a;lr>",
            ])
    }

    @Test("the route stands in front of those that are there")
    func place() throws {
        let rig = try ScriptRig("record_route();")
        try rig.run(adding("Record-Route: <sip:9.9.9.9;lr>"))
        #expect(
            rig.rendered().contains(
                ";ftag=tag-a>\nRecord-Route: <sip:9.9.9.9;lr>\nUser-Agent: t/6\n"))
        try rig.run()
        #expect(rig.rendered().contains("SIP/2.0\nRecord-Route: <sip:sip.example.com"))
        #expect(rig.rendered().contains("ftag=tag-a>\nVia: "))
    }

    @Test("a second attempt fails and is logged")
    func twice() throws {
        let rig = try ScriptRig("record_route(); record_route(); note(\"$rc\");")
        #expect(try rig.run() == ["-1"])
        #expect(rig.services.lines.all.contains { $0.contains("has its Record-Route already") })
        #expect(try rig.run() == ["-1"])
    }

    @Test(
        "what would end the URI is refused",
        arguments: [
            "record_route(\"x=1\")", "record_route(\";a>\")", "record_route(\";a\\r\\nB: c\")",
            "add_rr_param(\"x\")", "add_rr_param(\"\")", "add_rr_param(\";a b\")",
            "record_route_preset(\"\")", "record_route_preset(\"a>\")",
            "record_route_preset(\"a\", \"b<\")", "record_route_advertised_address(\"a b\")",
        ])
    func unsafe(call: String) throws {
        #expect(try code(call) == "-1")
        #expect(try routes("\(call);").isEmpty)
    }

    @Test("a preset address that is not ours is noted in the log, if that is wanted")
    func mismatch() throws {
        for (setting, address, isNoted) in [
            ("1", "1.2.3.4:5060", true), ("0", "1.2.3.4:5060", false),
            ("1", "127.0.0.1:5060", false), ("1", "example.com", false),
        ] {
            let rig = try ScriptRig(
                "record_route_preset(\"\(address)\");",
                before: "modparam(\"rr\", \"enable_socket_mismatch_warning\", \(setting))\n")
            try rig.run()
            let lines = rig.services.lines.all.filter { $0.contains("preset address") }
            #expect(lines.isEmpty != isNoted, "\(setting) \(address)")
        }
    }

    @Test("while a route waits, the changes cannot be made at once")
    func applying() throws {
        #expect(
            try noted("record_route(); append_hf(\"A: 1\"); msg_apply_changes(); note(\"$rc\");")
                == ["-1"])
    }

    @Test("parameters that are wrong or not there are refused")
    func wrongParameters() {
        for (line, expected) in [
            ("enable_double_rr\", 3", "enable_double_rr must be from 0 to 2, not 3"),
            ("force_send_socket\", 1", "module \"rr\" has no parameter \"force_send_socket\""),
        ] {
            #expect(scriptError("exit;", before: "modparam(\"rr\", \"\(line))\n") == expected)
        }
        #expect(throws: StartFailure("rr: custom_user_avp is \"user\", not \"$avp(name)\"")) {
            _ = try ScriptRig("exit;", before: "modparam(\"rr\", \"custom_user_avp\", \"user\")\n")
        }
    }

    @Test("the default port of a transport is left out, an IPv6 address is in brackets")
    func addresses() {
        #expect(written({ _ in }, from: udp, to: nil) == "Record-Route: <sip:127.0.0.1;lr>\n")
        #expect(
            written({ $0.doubling = 0 }, from: udp, to: tcp)
                == "Record-Route: <sip:127.0.0.1:5070;transport=tcp;lr>\n")
        #expect(
            written({ $0.user = Array("u".utf8) }, from: udp, to: tls) == """
                Record-Route: <sip:u@[::1];transport=tls;r2=on;lr>
                Record-Route: <sip:u@127.0.0.1;r2=on;lr>

                """)
    }
}
