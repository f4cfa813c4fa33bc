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
            ("add_local_rport();", .addsLocalRport),
            (
                "set_forward_no_connect(); add_local_rport();",
                SendingWishes.Flags(rawValue: 5)
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
                    if ($rm == "REGISTER") { add_local_rport(); set_advertised_port(5); }
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
                "expected a constant string "
                    + "[assign to a pseudo-variable such as $ru for anything else]"
            ),
            (
                "force_send_socket(\"nonsense\");",
                "\"nonsense\" is no address of a socket "
                    + "[write [transport:]address[:port], IPv6 in brackets]"
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

@Suite("Forwarding from scripts")
struct ForwardDestinationTests {
    private let message = Harness.register.replacing(
        "REGISTER sip:example.com", with: "MESSAGE sip:bob@10.9.9.9:5077"
    )
    .replacing("7 REGISTER", with: "7 MESSAGE")

    /// What went out, and where.
    private func sent(_ body: String, _ further: String = "") throws -> (String, [String]) {
        let harness = try Harness(head + "request_route { \(body) }\n" + further)
        let program = harness.program
        harness.context.mayLeave = { context, hop in program.maySend(to: hop, context) }
        try harness.run(message)
        let places = harness.context.outbox.entries.map {
            "\($0.destination.transport.name):\($0.destination.source.text)"
        }
        let text = harness.context.outbox.writer.text
        return (text, places + harness.notes)
    }

    @Test(
        "the request goes where its URI, the script or the command says",
        arguments: [
            ("forward();", "udp:10.9.9.9:5077"), ("forward;", "udp:10.9.9.9:5077"),
            ("seturi(\"sip:b@10.8.8.8\"); forward();", "udp:10.8.8.8:5060"),
            ("forward(10.7.7.7);", "udp:10.7.7.7:5060"),
            ("forward(\"10.7.7.7\", 5099);", "udp:10.7.7.7:5099"),
            ("forward_udp(10.7.7.7, \"5098\");", "udp:10.7.7.7:5098"),
        ])
    func places(body: String, expected: String) throws {
        let (text, places) = try sent(body + " note(\"$rc\");")
        #expect(places == [expected, "0"])
        #expect(text.contains("Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK"))
        #expect(text.contains("Max-Forwards: 70"))
    }

    @Test("what cannot go is logged, and the command is worth -1")
    func refused() throws {
        let cases = [("", "forward_tcp()"), ("seturi(\"sip:b@host.example\");", "forward()")]
        for (start, call) in cases {
            let test = "if (\(call) < 1) note(\"no\"); if (!\(call)) note(\"not\");"
            let harness = try Harness(
                head + "request_route { \(start) \(test) if (\(call)) note(\"yes\"); }")
            try harness.run(message)
            let isEmpty = harness.context.outbox.isEmpty
            #expect(isEmpty)
            #expect(harness.notes == ["no", "not"])
            #expect(harness.services.log.written.contains { $0.contains("forward(): ") })
        }
    }

    @Test("our Via shows what the script wants others to see")
    func wishes() throws {
        let (text, _) = try sent(
            "set_advertised_address(\"sip.example.com\"); set_advertised_port(5099); "
                + "add_local_rport(); forward();"
        )
        #expect(text.contains("Via: SIP/2.0/UDP sip.example.com:5099;branch=z9hG4bK"))
        #expect(text.contains(";rport\r\n"))
    }

    @Test("onsend_route sees each request that leaves, and drop keeps it here")
    func onsend() throws {
        let (_, kept) = try sent(
            "$var(n) = 1; forward(); note(\"$rc\");",
            "onsend_route { note(\"send\"); if ($rm == \"MESSAGE\") drop; }")
        #expect(kept == ["send", "0"])
        let (_, gone) = try sent("forward(); note(\"go on\");", "onsend_route { return; }")
        #expect(gone == ["udp:10.9.9.9:5077", "go on"])
    }

    @Test(
        "what cannot be right is refused at load",
        arguments: [
            ("request_route { forward(\"a..b\"); }", "\"a..b\" is no address"),
            ("request_route { forward(10.0.0.1, 0); }", "\"0\" is no port"),
            ("reply_route { forward(); }", "forward() can only be called for requests"),
            (
                "branch_route[A] { forward_udp(); }",
                "forward() can only be called for requests"
            ),
        ])
    func wrong(block: String, expected: String) {
        #expect(errors(of: head + block).map(\.message) == [expected])
    }
}
