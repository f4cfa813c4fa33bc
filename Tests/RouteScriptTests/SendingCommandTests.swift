import Basics
import ModuleKit
import RouteScript
import Testing

@Suite("Commands about sending and branches")
struct SendingCommandTests {
    private func run(_ body: String) throws -> Harness {
        let harness = try Harness(head + "request_route { \(body) }")
        try harness.run()
        return harness
    }

    @Test(
        "wishes are set one by one",
        arguments: [
            ("set_forward_no_connect();", SendingWishes.Flags.forwardsWithoutConnecting),
            ("set_forward_close();", .closesAfterForwarding),
            ("add_local_rport();", .addsLocalRport),
            (
                "set_forward_no_connect(); set_forward_close();",
                SendingWishes.Flags(rawValue: 3)
            ),
            ("set_reply_no_connect();", SendingWishes.Flags()),
            ("set_forward_no_connect;", .forwardsWithoutConnecting),
        ])
    func flags(body: String, expected: SendingWishes.Flags) throws {
        let harness = try run(body)
        #expect(harness.context.sending.flags == expected)
        #expect(harness.context.sending.isEmpty == expected.isEmpty)
    }

    @Test("wishes are those of one message")
    func oneMessage() throws {
        let harness = try Harness(
            head + """
                request_route {
                    if ($rm == "REGISTER") { set_forward_close(); set_advertised_port(5); }
                }
                """)
        try harness.run()
        #expect(!harness.context.sending.isEmpty)
        try harness.run(Harness.register.replacing("REGISTER", with: "OPTIONS"))
        #expect(harness.context.sending == SendingWishes())
    }

    @Test(
        "the address to show to others",
        arguments: [
            ("set_advertised_address(\"sip.example.com\");", "sip.example.com"),
            ("set_advertised_address(10.0.0.1);", "10.0.0.1"),
            ("set_advertised_address(sip.example.com);", "sip.example.com"),
        ])
    func advertisedAddress(body: String, expected: String) throws {
        #expect(try run(body).context.sending.advertisedHost == Array(expected.utf8))
    }

    @Test("the port to show to others", arguments: ["5061", "\"5061\"", "0x13c5"])
    func advertisedPort(argument: String) throws {
        let harness = try run("set_advertised_port(\(argument));")
        #expect(harness.context.sending.advertisedPort == 5061)
    }

    @Test(
        "the socket to send from is one that is listened on",
        arguments: [
            ("force_send_socket(127.0.0.1);", true), ("force_send_socket(127.0.0.1:5060);", true),
            ("force_send_socket(udp:127.0.0.1:5060);", true),
            ("force_send_socket(\"udp:127.0.0.1:5060\");", true),
            ("force_send_socket(tcp:127.0.0.1:5060);", false),
            ("force_send_socket(127.0.0.1:5061);", false),
            ("force_send_socket([::1]:5060);", false),
        ])
    func socket(body: String, isFound: Bool) throws {
        let harness = try run(body)
        #expect(harness.context.sending.socket == (isFound ? SocketIndex(0) : nil))
        #expect(harness.services.log.written.isEmpty == isFound)
    }

    @Test(
        "wrong arguments are refused at load",
        arguments: [
            ("set_advertised_port(0);", "\"0\" is no port [ports are 1 to 65535]"),
            ("set_advertised_port(65536);", "\"65536\" is no port [ports are 1 to 65535]"),
            ("set_advertised_port(\"x\");", "\"x\" is no port [ports are 1 to 65535]"),
            ("set_advertised_address(\"\");", "expected an address"),
            (
                "set_advertised_address($rm);",
                "expected a constant string [assign to a pseudo-variable such as $ru for anything else]"
            ),
            (
                "force_send_socket(\"nonsense\");",
                "\"nonsense\" is no address of a socket [write [transport:]address[:port], IPv6 in brackets]"
            ),
            (
                "force_send_socket();",
                "force_send_socket() takes 1 arguments, found 0"
            ),
            (
                "sethostporttrans(\"a:1;lr\");",
                "\"lr\" is no transport [write host:port;transport=tcp]"
            ),
        ])
    func wrong(body: String, expected: String) {
        let found = errors(of: head + "request_route { \(body) }")
        #expect(found.map { $0.message + ($0.hint.map { " [\($0)]" } ?? "") } == [expected])
    }

    @Test(
        "the request URI's parameters, as Kamailio 5.6.3 writes them",
        arguments: [
            ("userphone();", "sip:b@h:5070;p=1", "sip:b@h:5070;p=1;user=phone"),
            ("userphone();", "sip:b@h;user=ip", "sip:b@h;user=ip"),
            ("userphone();", "sip:b@h?a=b", "sip:b@h;user=phone?a=b"),
            ("userphone();", "sip:b@h;userx=1", "sip:b@h;userx=1;user=phone"),
            ("userphone();", "tel:+49", "tel:+49"),
            (
                "sethostporttrans(\"1.2.3.4:99;transport=tcp\");", "sip:b@h:5070;p=1",
                "sip:b@1.2.3.4:99;transport=tcp;p=1"
            ),
            ("sethostporttrans(\"5.2.3.4\");", "sip:b@h:99;transport=tcp;p=1", "sip:b@5.2.3.4;p=1"),
            ("rewritehostporttrans(\"x:1\");", "sip:b@h;Transport=udp", "sip:b@x:1"),
            (
                "sethostporttrans(\"x:1;transport=tls\");", "sip:b@h?q=1",
                "sip:b@x:1;transport=tls?q=1"
            ),
        ])
    func parameters(command: String, uri: String, expected: String) throws {
        let harness = try run("seturi(\"\(uri)\"); \(command) note($ru);")
        #expect(harness.notes == [expected])
    }

    @Test(
        "branches are removed by their place, the first one without it",
        arguments: [
            ("remove_branch();", ["b", "c"]), ("remove_branch;", ["b", "c"]),
            ("remove_branch(0);", ["b", "c"]), ("remove_branch(2);", ["a", "b"]),
            ("remove_branch($hdr(X-One));", ["a", "c"]), ("remove_branch(3);", ["a", "b", "c"]),
            ("remove_branch(-1);", ["a", "b", "c"]), ("clear_branches();", []),
            ("remove_branch(1); remove_branch(1);", ["a"]),
        ])
    func branches(body: String, expected: [String]) throws {
        let harness = try Harness(head + "reply_route { \(body) }")
        let message = Harness.register.replacing("X-Number", with: "X-One: 1\nX-Number")
        try harness.run(message)
        for name in ["a", "b", "c"] {
            harness.context.branches.append(
                ScriptBranch(uri: Array(name.utf8), destination: nil, q: -1, flags: 0))
        }
        harness.program.run(.reply, in: harness.context)
        #expect(
            harness.context.branches.map { String(decoding: $0.uri, as: UTF8.self) } == expected)
    }
}

@Suite("Blocks as values")
struct BlockValueTests {
    @Test(
        "a block is worth its last action",
        arguments: [
            ("$var(y) = { $var(z) = 4; };", "1"), ("$var(y) = { code(5); };", "5"),
            ("$var(y) = { };", "1"), ("$var(y) = { code(-2); } + 10;", "8"),
            ("$var(y) = { if ($rm == \"REGISTER\") code(3); else code(4); };", "3"),
            ("$var(y) = { while (1) { code(6); break; } };", "0"),
        ])
    func value(body: String, expected: String) throws {
        #expect(try notes(body + " note(\"$var(y)\");") == [expected])
    }

    @Test("a block is a condition; exit within it ends the script")
    func condition() throws {
        #expect(try notes("if ({ code(1); }) note(\"t\");") == ["t"])
        #expect(try notes("if { code(-1); } note(\"t\"); else note(\"f\");") == ["f"])
        #expect(try notes("if ({ note(\"in\"); exit; }) note(\"t\"); note(\"behind\");") == ["in"])
    }

    @Test(
        "a block that is a value cannot be left half-way",
        arguments: [
            "$var(y) = { return 4; };", "$var(y) = { break; };",
            "$var(y) = { if (1) { return; } };", "$var(y) = { if (1) ; else break; };",
            "while (1) { $var(y) = { break; }; }", "$var(y) = { switch (1) { case 1: return; } };",
            "$var(y) = { while (1) return; };",
        ])
    func escapes(body: String) {
        let found = errors(of: head + "request_route { \(body) }")
        #expect(found.map(\.kind) == [.placement])
    }
}
