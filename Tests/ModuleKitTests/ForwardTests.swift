import Basics
import ModuleKit
import SIPSyntax
import Testing

/// A message that waits to be sent, with newlines.
private func written(_ entry: Outbox.Entry, _ outbox: borrowing Outbox) -> String {
    String(copying: outbox.bytes(entry)).replacing("\r\n", with: "\n")
}

/// What leaves, where it goes, and how the reply comes back.
@Suite("Forwarding without state")
struct ForwardTests {
    private func context(_ message: String, source: PeerAddress? = nil) throws -> ScriptContext {
        let context = ScriptContext(services: KitServices())
        context.tagKey = 42
        try load(message, into: context, source: source)
        return context
    }

    private func load(
        _ message: String, into context: ScriptContext, source: PeerAddress? = nil
    ) throws {
        let bytes = Array(message.replacing("\n", with: "\r\n").utf8)
        try context.message.load(bytes.span)
        context.reset(
            origin: Origin(
                transport: .udp, socket: SocketIndex(0),
                source: source ?? PeerAddress(ipv4: 0x0a01_0203, port: 5070)),
            now: WallTime(seconds: 5))
    }

    private func request(
        _ method: String = "INVITE", uri: String = "sip:bob@192.0.2.7:5090",
        via: String = "SIP/2.0/UDP 10.1.2.3:5062;branch=z9hG4bKone", more: String = ""
    ) -> String {
        """
        \(method) \(uri) SIP/2.0
        Via: \(via)
        From: <sip:alice@example.org>;tag=a
        To: <sip:bob@example.com>
        Call-ID: c
        CSeq: 1 \(method)
        \(more)Content-Length: 0


        """
    }

    /// What was written last, with newlines, and where it goes.
    private func last(_ context: ScriptContext) throws -> (text: String, hop: Origin) {
        let entries = context.outbox.entries
        let entry = try #require(entries.last)
        let text = written(entry, context.outbox)
        return (text, entry.destination)
    }

    /// How many messages wait to be sent.
    private func sent(_ context: ScriptContext) -> Int { context.outbox.entries.count }

    private func lines(_ context: ScriptContext, _ name: String) throws -> [String] {
        try last(context).text.split(separator: "\n").filter { $0.hasPrefix("\(name): ") }
            .map { String($0.dropFirst(name.count + 2)) }
    }

    // MARK: Requests

    @Test("a request goes to the address of its URI, by a socket of that family")
    func destination() throws {
        let context = try context(request())
        try context.forward()
        let hop = try last(context).hop
        #expect(hop.source == PeerAddress(ipv4: 0xc000_0207, port: 5090))
        #expect(hop.transport == .udp)
        #expect(hop.socket == SocketIndex(0))
        #expect(context.forwardedRequests == 1)
    }

    @Test("$du goes before the request URI, which stays as it is")
    func destinationURI() throws {
        let context = try context(request(uri: "sip:bob@example.com"))
        context.destinationURI = Array("sip:198.51.100.1".utf8)
        try context.forward()
        let (text, hop) = try last(context)
        #expect(hop.source == PeerAddress(ipv4: 0xc633_6401, port: 5060))
        #expect(text.hasPrefix("INVITE sip:bob@example.com SIP/2.0\n"))
    }

    @Test("our Via stands on top, and the one below says where the request came from")
    func vias() throws {
        let context = try context(request())
        try context.forward()
        let vias = try lines(context, "Via")
        #expect(vias.count == 2)
        #expect(vias[0].hasPrefix("SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK"))
        #expect(vias[1] == "SIP/2.0/UDP 10.1.2.3:5062;branch=z9hG4bKone")
    }

    @Test(
        "received and rport are written where they are needed",
        arguments: [
            ("SIP/2.0/UDP 10.1.2.3:5062;rport;branch=z9hG4bKx", true),
            ("SIP/2.0/UDP phone.invalid;branch=z9hG4bKx", false),
        ])
    func received(via: String, hasPort: Bool) throws {
        let context = try context(request(via: via))
        try context.forward()
        let below = try lines(context, "Via")[1]
        #expect(below.contains(";received=10.1.2.3"))
        #expect(below.contains(";rport=5070") == hasPort)
    }

    @Test("Max-Forwards counts down, is added when it is missing, and ends the way at 0")
    func hops() throws {
        let counted = try context(request(more: "Max-Forwards: 10\n"))
        try counted.forward()
        #expect(try lines(counted, "Max-Forwards") == ["9"])
        let added = try context(request())
        try added.forward()
        #expect(try lines(added, "Max-Forwards") == ["70"])
        let ended = try context(request(more: "Max-Forwards: 0\n"))
        #expect(throws: ForwardFailure.tooManyHops) { try ended.forward() }
        #expect(sent(ended) == 0)
    }

    @Test("what the script has done to Max-Forwards stays")
    func changedHops() throws {
        let context = try context(request(more: "Max-Forwards: 10\n"))
        let found = context.message.firstField(.maxForwards)
        let number = try #require(found)
        context.replaceValue(ofField: number, with: Array("4".utf8))
        try context.forward()
        #expect(try lines(context, "Max-Forwards") == ["4"])
    }

    @Test("changes that wait are made, and the Path of a binding becomes Route")
    func edits() throws {
        let context = try context(request(more: "Route: <sip:old;lr>\n"))
        context.addHeader(Array("X-Edge: 1".utf8), .last)
        context.target = BranchTarget()
        context.target?.path = Array("<sip:192.0.2.9;lr>".utf8)
        _ = context.setRequestURI(Array("sip:carol@192.0.2.8".utf8))
        try context.forward()
        let text = try last(context).text
        #expect(text.hasPrefix("INVITE sip:carol@192.0.2.8 SIP/2.0\n"))
        #expect(try lines(context, "Route") == ["<sip:192.0.2.9;lr>", "<sip:old;lr>"])
        #expect(text.contains("X-Edge: 1\n"))
    }

    @Test("retransmission, CANCEL and ACK get the same branch, another request another")
    func branch() throws {
        func branch(_ message: String) throws -> String {
            let context = try context(message)
            try context.forward()
            return try lines(context, "Via")[0]
        }
        let first = try branch(request())
        #expect(try branch(request()) == first)
        #expect(try branch(request("CANCEL")) == first)
        #expect(try branch(request("ACK")) == first)
        #expect(
            try branch(request(via: "SIP/2.0/UDP 10.1.2.3:5062;branch=z9hG4bKtwo")) != first)
    }

    @Test(
        "what cannot be reached is an error, and nothing is sent",
        arguments: [
            ("sip:bob@example.com", .unresolvedHost), ("tel:+123", .badURI),
            ("sips:bob@192.0.2.7", .noSocket), ("sip:bob@192.0.2.7;transport=ws", .noSocket),
            ("sip:bob@192.0.2.7;transport=carrier", .noSocket),
            ("sip:bob@192.0.2.7;transport=tcp", .noSocket),
        ] as [(String, ForwardFailure)])
    func unreachable(uri: String, failure: ForwardFailure) throws {
        let context = try context(request(uri: uri))
        #expect(throws: failure) { try context.forward() }
        #expect(sent(context) == 0 && context.forwardedRequests == 0)
    }

    @Test("the last word may forbid it")
    func forbidden() throws {
        let context = try context(request())
        context.mayLeave = { _, hop in hop.source.port == 1 }
        #expect(throws: ForwardFailure.dropped) { try context.forward() }
        #expect(sent(context) == 0)
    }

    // MARK: Replies

    /// The reply that the next hop would give to what `context` has sent.
    private func reply(to context: ScriptContext, status: String = "200 OK") throws -> String {
        let (text, _) = try last(context)
        let head = text.split(separator: "\n").dropFirst()
            .filter { !$0.hasPrefix("Max-Forwards") && !$0.hasPrefix("Route") }
        return "SIP/2.0 \(status)\n" + head.joined(separator: "\n") + "\n\n"
    }

    @Test("a reply goes back to where the request came from, without our Via")
    func relay() throws {
        let context = try context(request(via: "SIP/2.0/UDP 10.1.2.3:5062;rport;branch=z9hG4bKx"))
        try context.forward()
        try load(try reply(to: context), into: context)
        try context.relayReply()
        let (text, hop) = try last(context)
        #expect(hop.source == PeerAddress(ipv4: 0x0a01_0203, port: 5070))
        #expect(try lines(context, "Via").count == 1)
        #expect(text.hasPrefix("SIP/2.0 200 OK\nVia: SIP/2.0/UDP 10.1.2.3:5062;"))
        #expect(context.forwardedReplies == 1)
    }

    @Test("values of Via that share a field are taken apart")
    func sharedField() throws {
        let context = try context(request())
        try context.forward()
        let answer = try reply(to: context)
        let vias = try lines(context, "Via")
        let shared = answer.replacing(
            "Via: \(vias[0])\nVia: \(vias[1])", with: "Via: \(vias[0]), \(vias[1])")
        #expect(shared != answer)
        try load(shared, into: context)
        try context.relayReply()
        #expect(try lines(context, "Via") == [vias[1]])
    }

    @Test("a reply whose branch we have not made, or to another address, goes nowhere")
    func forged() throws {
        let context = try context(request())
        try context.forward()
        let answer = try reply(to: context)
        let count = sent(context)
        for forgery in [
            answer.replacing("branch=z9hG4bKone", with: "branch=z9hG4bKtwo"),
            answer.replacing("10.1.2.3:5062", with: "192.0.2.99:5062"),
            answer.replacing("10.1.2.3:5062", with: "10.1.2.3:53"),
            answer.replacing("Call-ID: c", with: "Call-ID: d"),
        ] {
            #expect(forgery != answer)
            try load(forgery, into: context)
            #expect(throws: ForwardFailure.notOurs) { try context.relayReply() }
        }
        #expect(sent(context) == count)
    }

    @Test("a reply to a request of our own is not for others")
    func own() throws {
        let context = try context(request())
        try context.forward()
        let vias = try lines(context, "Via")
        try load(
            reply(to: context).replacing("Via: \(vias[1])\n", with: ""), into: context)
        #expect(throws: ForwardFailure.notOurs) { try context.relayReply() }
    }

    @Test("a request is not relayed and a reply is not forwarded")
    func wrongKind() throws {
        let context = try context(request())
        #expect(throws: ForwardFailure.wrongKind) { try context.relayReply() }
        try context.forward()
        try load(try reply(to: context), into: context)
        #expect(throws: ForwardFailure.wrongKind) { try context.forward() }
    }
}
