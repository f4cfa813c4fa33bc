import Basics
import ModuleKit
import RouteScript
import Testing

/// `forward()` and `onsend_route`, run on a whole script.
@Suite("Commands that send a request on")
struct ForwardCommandTests {
    /// What a body has sent: where to, and how many messages.
    private func hops(
        _ body: String, more: String = "", uri: String = "sip:192.0.2.7:5090"
    ) throws -> (hops: [Origin], harness: Harness) {
        let harness = try Harness(head + "request_route { \(body) }\n\(more)")
        let program = harness.program
        if program.has(.send) {
            harness.context.mayLeave = { context, hop in program.maySend(to: hop, context) }
        }
        try harness.run(
            Harness.register.replacing("REGISTER sip:example.com", with: "REGISTER \(uri)"))
        let entries = harness.context.outbox.entries
        return (entries.map(\.destination), harness)
    }

    private func address(_ text: String, _ port: UInt16) -> PeerAddress {
        let bytes = Array(text.utf8)
        return PeerAddress(literal: bytes.span, port: port) ?? PeerAddress(ipv4: 0, port: 0)
    }

    @Test(
        "a request goes where its URI, $du or the argument says",
        arguments: [
            ("forward();", "192.0.2.7", 5090), ("forward;", "192.0.2.7", 5090),
            ("forward_udp();", "192.0.2.7", 5090),
            ("forward(192.0.2.9);", "192.0.2.9", 5060),
            ("forward(192.0.2.9, 5070);", "192.0.2.9", 5070),
            ("forward(\"192.0.2.9:5071\");", "192.0.2.9", 5071),
            ("forward(udp:192.0.2.9:5072);", "192.0.2.9", 5072),
            ("forward_udp(192.0.2.9, 5073);", "192.0.2.9", 5073),
        ] as [(String, String, UInt16)])
    func targets(body: String, host: String, port: UInt16) throws {
        let hops = try hops(body).hops
        #expect(hops.map(\.source) == [address(host, port)])
        #expect(hops.first?.transport == .udp)
    }

    @Test(
        "the value is 1 for a request on its way, -1 for one that cannot go, and the log says why")
    func values() throws {
        let sent = try hops("if (forward()) { note(\"sent\"); } else { note(\"kept\"); }")
        #expect(sent.harness.notes == ["sent"])
        let kept = try hops(
            "if (forward()) { note(\"sent\"); } else { note(\"kept\"); }", uri: "sip:example.com")
        #expect(kept.harness.notes == ["kept"])
        #expect(kept.hops.isEmpty)
        let lines = kept.harness.services.log.written
        #expect(lines.contains { $0.contains("forward(): the name of the destination") })
    }

    @Test(
        "what can never work is refused when the script is read",
        arguments: [
            ("forward(\"1.2.3.4.5\");", "address"), ("forward(\"a..b\");", "address"),
            ("forward($ru);", "constant address"),
            ("forward(192.0.2.9, 70000);", "1 to 65535"),
            ("forward(192.0.2.9, 1, 2);", "takes 0 to 2 arguments"),
            ("set_forward_close();", "whoever is at the other end"),
            ("forward_sctp();", "no SCTP"),
        ])
    func refusals(body: String, words: String) {
        let found = errors(of: head + "request_route { \(body) }")
        #expect(found.count == 1)
        #expect(found.contains { "\($0.message) \($0.hint ?? "")".contains(words) }, "\(found)")
    }

    @Test("without a socket of the transport nothing goes")
    func socket() throws {
        #expect(try hops("forward_tcp();").hops.isEmpty)
        #expect(try hops("set_forward_no_connect(); forward_tcp();").hops.isEmpty)
    }

    @Test("set_advertised_address and set_advertised_port show in Via")
    func advertised() throws {
        let (_, harness) = try hops(
            "set_advertised_address(\"edge.example.com\"); set_advertised_port(5099); forward();")
        let text = Self.written(harness.context.outbox)
        #expect(text.contains("Via: SIP/2.0/UDP edge.example.com:5099;branch=z9hG4bK"))
    }

    private static func written(_ outbox: borrowing Outbox) -> String {
        String(copying: outbox.writer.span)
    }

    @Test("onsend_route sees where the request goes, and may drop it")
    func onSend() throws {
        let allowed = try hops("forward();", more: "onsend_route { note(\"$ru\"); }")
        #expect(allowed.harness.notes == ["sip:192.0.2.7:5090"])
        #expect(allowed.hops.count == 1)
        let dropped = try hops(
            "if (!forward()) note(\"kept\");",
            more: "onsend_route { if ($rm == \"REGISTER\") drop; }")
        #expect(dropped.harness.notes == ["kept"])
        #expect(dropped.hops.isEmpty)
    }

    @Test("onsend_route leaves the course of the block that sends as it was")
    func course() throws {
        let (_, harness) = try hops(
            "route(A); forward(); note(\"$rc\");",
            more: "route[A] { return 5; }\nonsend_route { exit; }")
        #expect(harness.notes == ["5"])
        #expect(harness.context.sendingTo == nil)
    }
}
