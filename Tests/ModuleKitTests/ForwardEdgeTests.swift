import Basics
import ModuleKit
import SIPSyntax
import Testing

/// A request with Via lines of any form, loaded into a context as if it came from `origin`.
private func loaded(
    _ message: String, from origin: Origin? = nil, into context: ScriptContext? = nil
) throws -> ScriptContext {
    let context = context ?? ScriptContext(services: KitServices())
    context.tagKey = 7
    let bytes = Array(message.replacing("\n", with: "\r\n").utf8)
    try context.message.load(bytes.span)
    context.reset(origin: origin ?? datagram, now: WallTime(seconds: 5))
    return context
}

/// A datagram from 10.1.2.3:5070 to the first socket.
private let datagram = Origin(
    transport: .udp, socket: SocketIndex(0), source: PeerAddress(ipv4: 0x0a01_0203, port: 5070))

/// A stream from [2001:db8::1]:40000 to the second socket.
private let stream = Origin(
    transport: .tcp, socket: SocketIndex(1),
    source: PeerAddress(high: 0x2001_0db8_0000_0000, low: 1, port: 40_000), connection: 9)

private func request(
    via: String = "Via: SIP/2.0/UDP 10.1.2.3:5062;branch=z9hG4bKone",
    uri: String = "sip:bob@192.0.2.7:5090", method: String = "INVITE", more: String = ""
) -> String {
    """
    \(method) \(uri) SIP/2.0
    \(via)
    From: <sip:alice@example.org>;tag=a
    To: <sip:bob@example.com>
    Call-ID: c
    CSeq: 1 \(method)
    \(more)Content-Length: 0


    """
}

/// A message that waits to be sent, with newlines.
private func written(_ entry: Outbox.Entry, _ outbox: borrowing Outbox) -> String {
    String(copying: outbox.bytes(entry)).replacing("\r\n", with: "\n")
}

/// What was written last, with newlines, and where it goes.
private func last(_ context: ScriptContext) throws -> (text: String, hop: Origin) {
    let entries = context.outbox.entries
    let entry = try #require(entries.last)
    return (written(entry, context.outbox), entry.destination)
}

private func vias(_ text: String) -> [String] {
    text.split(separator: "\n").filter {
        $0.lowercased().hasPrefix("via:") || $0.lowercased().hasPrefix("v:")
    }.map(String.init)
}

/// The reply that the next hop gives: the request's Vias in their order.
private func answer(_ context: ScriptContext, _ status: String = "200 OK") throws -> String {
    let head = try last(context).text.split(separator: "\n").dropFirst()
        .filter { !$0.hasPrefix("Max-Forwards") && !$0.hasPrefix("Route") }
    return "SIP/2.0 \(status)\n" + head.joined(separator: "\n") + "\n\n"
}

@Suite("Forwarding whatever Via looks like")
struct ForwardViaTests {
    @Test(
        "a reply finds its way back whatever form the request's Via had",
        arguments: [
            ("Via: SIP/2.0/UDP 10.1.2.3:5062;branch=z9hG4bKone", 5062),
            ("v: SIP/2.0/UDP 10.1.2.3:5062;branch=z9hG4bKone", 5062),
            ("V:SIP/2.0/UDP 10.1.2.3:5062;branch=z9hG4bKone", 5062),
            ("VIA : SIP/2.0/UDP 10.1.2.3;branch=z9hG4bKone", 5060),
            ("Via: SIP / 2.0 / UDP 10.1.2.3:5062 ;branch=z9hG4bKone", 5062),
            ("Via: SIP/2.0/UDP\n 10.1.2.3:5062\n ;branch=z9hG4bKone", 5062),
            ("Via: SIP/2.0/UDP 10.1.2.3:5062;branch=z9hG4bKone;rport", 5070),
            ("Via: SIP/2.0/UDP 10.1.2.3:5062;rport=1;branch=z9hG4bKone", 5070),
            ("Via: SIP/2.0/UDP 10.1.2.3:5062;received=192.0.2.99;branch=z9hG4bKone", 5062),
            ("Via: SIP/2.0/UDP phone.invalid:5064;branch=z9hG4bKone", 5064),
            ("Via: SIP/2.0/UDP [2001:db8::9]:5064;branch=z9hG4bKone", 5064),
            ("Via: SIP/2.0/UDP 10.1.2.3:5062", 5062),
            ("Via: SIP/2.0/UDP 10.1.2.3:5062;branch=old-style", 5062),
            ("Via: SIP/2.0/UDP 10.1.2.3:5062;ttl=1;x=\"a,b\";branch=z9hG4bKone", 5062),
        ])
    func forms(via: String, port: UInt16) throws {
        let context = try loaded(request(via: via))
        try context.forward()
        let sent = vias(try last(context).text)
        #expect(sent[0].hasPrefix("Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK"))
        let back = try loaded(try answer(context), into: context)
        try back.relayReply()
        let hop = try last(back).hop
        #expect(hop.source == PeerAddress(ipv4: 0x0a01_0203, port: port))
        #expect(hop.transport == .udp)
        #expect(!(try last(back).text.contains("127.0.0.1:5060")))
    }

    @Test("values that share the first field all go on, and the reply has them all")
    func sharedField() throws {
        let context = try loaded(
            request(
                via: "Via: SIP/2.0/UDP 10.1.2.3:5062;branch=z9hG4bKone, "
                    + "SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKtwo\n"
                    + "v: SIP/2.0/TCP h.example;branch=z9hG4bKthree"))
        try context.forward()
        let sent = try last(context).text
        #expect(vias(sent).count == 3)
        #expect(sent.contains("z9hG4bKone, SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKtwo\n"))
        let back = try loaded(try answer(context), into: context)
        try back.relayReply()
        let relayed = vias(try last(back).text)
        #expect(relayed.count == 2)
        #expect(relayed[0].hasSuffix("z9hG4bKtwo"))
        #expect(relayed[1] == "v: SIP/2.0/TCP h.example;branch=z9hG4bKthree")
    }

    @Test("a next hop that joins all Vias into one field gets them taken apart")
    func joined() throws {
        let context = try loaded(
            request(via: "Via: SIP/2.0/UDP 10.1.2.3:5062;branch=z9hG4bKone"))
        try context.forward()
        let sent = vias(try last(context).text)
        let values = sent.map { $0.dropFirst(5) }.joined(separator: " ,\n  ")
        let reply = try answer(context).replacing(
            sent.joined(separator: "\n"), with: "v: \(values)")
        let back = try loaded(reply, into: context)
        try back.relayReply()
        #expect(vias(try last(back).text) == ["v: SIP/2.0/UDP 10.1.2.3:5062;branch=z9hG4bKone"])
    }

    @Test("over a stream the port is written, and the reply leaves by the connection's address")
    func overStream() throws {
        let context = try loaded(
            request(
                via: "Via: SIP/2.0/TCP [2001:db8::1];branch=z9hG4bKone",
                uri: "sip:bob@[2001:db8::7]:5090;transport=tcp"), from: stream)
        try context.forward()
        let (text, hop) = try last(context)
        #expect(hop.transport == .tcp && hop.socket == SocketIndex(1))
        #expect(hop.source == PeerAddress(high: 0x2001_0db8_0000_0000, low: 7, port: 5090))
        #expect(vias(text)[0].hasPrefix("Via: SIP/2.0/TCP [::1]:5061;branch=z9hG4bK"))
        #expect(vias(text)[1].hasSuffix(";received=2001:db8::1;rport=40000"))
        let back = try loaded(try answer(context), from: stream, into: context)
        try back.relayReply()
        #expect(try last(back).hop.source == stream.source)
        #expect(try last(back).hop.transport == .tcp)
    }

    @Test("a datagram's request may go on over a stream, and its reply comes back as a datagram")
    func crossing() throws {
        let context = try loaded(request(uri: "sip:bob@[2001:db8::7];transport=TCP"))
        try context.forward()
        let (text, hop) = try last(context)
        #expect(hop.transport == .tcp && hop.socket == SocketIndex(1))
        #expect(vias(text)[0].hasPrefix("Via: SIP/2.0/TCP [::1]:5061;"))
        let back = try loaded(try answer(context), from: stream, into: context)
        try back.relayReply()
        #expect(try last(back).hop.transport == .udp)
        #expect(try last(back).hop.source.port == 5062)
    }

    @Test("a Via that the script has taken out, or written anew, is left to it")
    func scriptedVia() throws {
        let removed = try loaded(request())
        #expect(removed.removeField(0))
        try removed.forward()
        #expect(vias(try last(removed).text).count == 1)
        #expect(try last(removed).text.contains("SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:5060;"))
        let changed = try loaded(request())
        let value = "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx"
        #expect(changed.replaceValue(ofField: 0, with: Array(value.utf8)))
        try changed.forward()
        #expect(vias(try last(changed).text)[1] == "Via: \(value)")
    }

    @Test("without Via, or with one that is none, nothing goes on")
    func malformed() throws {
        for via in ["X: y", "Via: nonsense", "Via:", "Via: SIP/2.0/UDP"] {
            guard let context = try? loaded(request(via: via)) else { continue }
            #expect(throws: ForwardFailure.notOurs, "\(via)") { try context.forward() }
            let count = context.outbox.entries.count
            #expect(count == 0)
        }
    }

    @Test("one branch a transaction: its names and its way back make it, the method does not")
    func branches() throws {
        func branch(_ message: String, _ origin: Origin = datagram) throws -> String {
            let context = try loaded(message, from: origin)
            try context.forward()
            return vias(try last(context).text)[0]
        }
        let first = try branch(request())
        #expect(try branch(request(more: "Subject: x\n")) == first)
        #expect(try branch(request(uri: "sip:bob@192.0.2.7:5090;x=y")) == first)
        #expect(try branch(request(method: "ACK")) == first)
        #expect(try branch(request().replacing("Call-ID: c", with: "Call-ID: d")) != first)
        #expect(try branch(request().replacing("CSeq: 1", with: "CSeq: 2")) != first)
        #expect(try branch(request().replacing("5062;", with: "5063;")) != first)
        var other = datagram
        other.source.port = 5071
        #expect(try branch(request(), other) == first, "the answer goes to the port of Via")
        let rport = request().replacing("5062;", with: "5062;rport;")
        #expect(try branch(rport, other) != branch(rport, datagram))
    }
}

@Suite("Where and how a forwarded request leaves")
struct ForwardSocketTests {
    @Test(
        "an address with advertised parts shows them",
        arguments: [
            ("edge.example", nil, "sip:b@192.0.2.7", "edge.example:5060"),
            (nil, 5090, "sip:b@192.0.2.7", "127.0.0.1:5090"),
            ("edge.example", 5090, "sip:b@192.0.2.7", "edge.example:5090"),
            (nil, 5090, "sip:b@[2001:db8::7];transport=tcp", "[::1]:5090"),
            ("[2001:db8::5]", nil, "sip:b@[2001:db8::7];transport=tcp", "[2001:db8::5]:5061"),
            (nil, nil, "sip:b@192.0.2.7", "127.0.0.1:5060"),
        ] as [(String?, UInt16?, String, String)])
    func advertised(host: String?, port: UInt16?, uri: String, expected: String) throws {
        let context = try loaded(request(uri: uri))
        context.sending.advertisedHost = host.map { Array($0.utf8) }
        context.sending.advertisedPort = port
        context.recordRoute = RecordRoute()
        try context.forward()
        let sent = vias(try last(context).text)[0]
        #expect(sent.contains(" \(expected);branch="))
    }

    @Test("our own Via asks for the port when the script says so")
    func localRport() throws {
        let context = try loaded(request())
        context.sending.flags = .addsLocalRport
        try context.forward()
        #expect(vias(try last(context).text)[0].hasSuffix(";rport"))
        #expect(!vias(try last(context).text)[1].contains("rport"))
    }

    @Test("a socket that fits the hop is taken as it is wished, others are passed over")
    func forced() throws {
        let fitting = try loaded(request())
        fitting.sending.socket = SocketIndex(0)
        try fitting.forward()
        #expect(try last(fitting).hop.socket == SocketIndex(0))
        for wrong in [SocketIndex(1), SocketIndex(99)] {
            let context = try loaded(request())
            context.sending.socket = wrong
            try context.forward()
            #expect(try last(context).hop.socket == SocketIndex(0))
        }
    }

    @Test("the socket of a binding is kept where it fits, the destination decides where not")
    func bindingSocket() throws {
        let context = try loaded(request(uri: "sip:b@[2001:db8::7];transport=tcp"))
        context.target = BranchTarget()
        context.target?.socket = SocketIndex(0)
        try context.forward()
        #expect(try last(context).hop.socket == SocketIndex(1))
        #expect(try last(context).hop.transport == .tcp)
    }

    @Test("the connection of a binding is used on streams and means nothing to datagrams")
    func bindingConnection() throws {
        let streamed = try loaded(request(uri: "sip:b@[2001:db8::7];transport=tcp"))
        streamed.target = BranchTarget()
        streamed.target?.connection = 12
        #expect(try streamed.nextHop().connection == 12)
        let datagrams = try loaded(request())
        datagrams.target = BranchTarget()
        datagrams.target?.connection = 12
        #expect(try datagrams.nextHop().connection == -1)
    }

    @Test("without a connection at hand, one that may not be opened is not")
    func noConnect() throws {
        let context = try loaded(request(uri: "sip:b@[2001:db8::7];transport=tcp"))
        context.sending.flags = .forwardsWithoutConnecting
        #expect(throws: ForwardFailure.noConnection) { try context.forward() }
        context.target = BranchTarget()
        context.target?.connection = 5
        #expect(throws: ForwardFailure.noConnection) { try context.forward() }
        let datagrams = try loaded(request())
        datagrams.sending.flags = .forwardsWithoutConnecting
        try datagrams.forward()
        #expect(datagrams.forwardedRequests == 1)
    }

    @Test("IPv6 has no datagram socket here, and that is said")
    func family() throws {
        let context = try loaded(request(uri: "sip:b@[2001:db8::7]"))
        #expect(throws: ForwardFailure.noSocket) { try context.forward() }
    }

    @Test("a hop that is given goes before every URI")
    func given() throws {
        let context = try loaded(request(uri: "sip:b@nowhere.invalid"))
        context.destinationURI = Array("sip:elsewhere.invalid".utf8)
        let hop = Origin(
            transport: .udp, socket: .none, source: PeerAddress(ipv4: 0xc633_6409, port: 5099))
        try context.forward(to: hop)
        #expect(try last(context).hop.source == hop.source)
        #expect(throws: ForwardFailure.unresolvedHost) { try context.forward() }
    }

    @Test(
        "a URI leads to an address or says why not",
        arguments: [
            ("sip:192.0.2.7", "udp 192.0.2.7:5060"), ("sip:a@192.0.2.7:1", "udp 192.0.2.7:1"),
            ("sip:[::1]", "udp [::1]:5060"), ("sip:a@[::1]:7;lr;transport=tcp", "tcp [::1]:7"),
            ("sip:a@192.0.2.7;transport=UDP", "udp 192.0.2.7:5060"),
            ("sip:a@192.0.2.7;Transport=Tls", "tls 192.0.2.7:5060"),
            ("sip:example.com", "unresolvedHost"), ("sips:192.0.2.7", "noSocket"),
            ("tel:+1", "badURI"), ("", "badURI"), ("sip:", "badURI"), ("sip:a@", "badURI"),
            ("http://192.0.2.7", "badURI"), ("sip:192.0.2.7;transport=x", "noSocket"),
            ("sip:192.0.2.256", "badURI"),
        ])
    func hops(uri: String, expected: String) {
        let bytes = Array(uri.utf8)
        do throws(ForwardFailure) {
            let hop = try ScriptContext.hop(bytes.span)
            #expect("\(hop.transport.name) \(hop.source.text)" == expected)
        } catch {
            #expect("\(error)" == expected)
        }
    }

    @Test("every reason for not sending reads as the end of a sentence")
    func reasons() {
        let failures: [ForwardFailure] = [
            .wrongKind, .badURI, .unresolvedHost, .noSocket, .noConnection, .tooManyHops, .tooLarge,
            .notOurs, .dropped,
        ]
        let reasons = failures.map { "\($0.reason)" }
        #expect(Set(reasons).count == failures.count)
        #expect(reasons.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") })
    }
}

@Suite("What a forwarded request carries")
struct ForwardContentTests {
    @Test(
        "one Max-Forwards goes on, whatever the request and the script say",
        arguments: [
            ("Max-Forwards: 10\n", nil, ["Max-Forwards: 9"]), ("", nil, ["Max-Forwards: 70"]),
            ("", "Max-Forwards: 5", ["Max-Forwards: 5"]),
            ("", "max-forwards: 5", ["max-forwards: 5"]),
            ("", "X: Max-Forwards\r\nMAX-FORWARDS : 6", ["MAX-FORWARDS : 6"]),
            ("", "X-Max-Forwards: 5", ["Max-Forwards: 70"]),
            ("", "X: Max-Forwards: 5", ["Max-Forwards: 70"]),
            ("Max-Forwards: 255\n", nil, ["Max-Forwards: 254"]),
            ("Max-Forwards: 1\n", nil, ["Max-Forwards: 0"]),
            ("Max-Forwards: 999\n", nil, ["Max-Forwards: 999"]),
        ] as [(String, String?, [String])])
    func hops(line: String, added: String?, expected: [String]) throws {
        let context = try loaded(request(more: line))
        if let added { #expect(context.addHeader(Array(added.utf8), .last)) }
        try context.forward()
        let found = try last(context).text.split(separator: "\n").filter {
            $0.lowercased().hasPrefix("max-forwards")
        }
        #expect(found.map(String.init) == expected)
    }

    @Test("Record-Route stands behind our Via, two of them when the sides differ")
    func recordRoute() throws {
        let same = try loaded(request())
        same.recordRoute = RecordRoute()
        try same.forward()
        let lines = try last(same).text.split(separator: "\n").map(String.init)
        #expect(lines[1].hasPrefix("Via: SIP/2.0/UDP 127.0.0.1"))
        #expect(lines[2] == "Record-Route: <sip:127.0.0.1;lr>")
        #expect(lines[3].hasPrefix("Via: SIP/2.0/UDP 10.1.2.3"))
        let crossing = try loaded(request(uri: "sip:b@[2001:db8::7];transport=tcp"))
        crossing.recordRoute = RecordRoute()
        try crossing.forward()
        let routes = try last(crossing).text.split(separator: "\n").filter {
            $0.hasPrefix("Record-Route")
        }
        #expect(
            routes == [
                "Record-Route: <sip:[::1]:5061;transport=tcp;r2=on;lr>",
                "Record-Route: <sip:127.0.0.1;r2=on;lr>",
            ])
    }

    @Test("a body with changes goes on with the length that it has")
    func body() throws {
        let context = try loaded(
            request().replacing("Content-Length: 0\n\n", with: "Content-Length: 5\n\nhello"))
        let body = context.message.body
        let done = context.edits.replace(
            ByteRange(offset: body.start + 1, count: 3), with: Array("ELLLL".utf8))
        let isInserted = context.edits.insert(Array("lost".utf8), at: body.start + 2)
        #expect(done && isInserted)
        try context.forward()
        let sent = try last(context).text
        #expect(sent.contains("\nContent-Length: 7\n") && sent.hasSuffix("\n\nhELLLLo"))
    }

    @Test("a message that has grown too large stays here, and nothing is left in the outbox")
    func tooLarge() throws {
        let context = try loaded(request())
        let line = [UInt8](repeating: 65, count: Limits.messageBytesMax - 200)
        #expect(context.addHeader(Array("X: ".utf8) + line, .last))
        #expect(throws: ForwardFailure.tooLarge) { try context.forward() }
        let count = context.outbox.entries.count
        #expect(count == 0 && context.forwardedRequests == 0)
        context.edits.removeAll()
        try context.forward()
        #expect(try last(context).text.hasPrefix("INVITE "))
    }

    @Test("one request may go to several hops; each gets its own message")
    func several() throws {
        let context = try loaded(request())
        for port in [5091, 5092, 5093] as [UInt16] {
            let hop = Origin(
                transport: .udp, socket: .none, source: PeerAddress(ipv4: 0xc000_0207, port: port))
            try context.forward(to: hop)
        }
        let ports = context.outbox.entries.map(\.destination.source.port)
        #expect(ports == [5091, 5092, 5093])
        #expect(context.forwardedRequests == 3)
        context.reset(origin: datagram, now: WallTime(seconds: 6))
        #expect(context.forwardedRequests == 0)
    }

    @Test("the script's last word hears where each message goes, also of replies")
    func lastWord() throws {
        let context = try loaded(request())
        var heard: [UInt16] = []
        context.mayLeave = { _, hop in
            heard.append(hop.source.port)
            return hop.source.port != 5062
        }
        try context.forward()
        let back = try loaded(try answer(context), into: context)
        #expect(throws: ForwardFailure.dropped) { try back.relayReply() }
        #expect(heard == [5090, 5062])
        #expect(back.forwardedReplies == 0)
    }

    @Test(
        "a reply goes on with its status and all else that it has",
        arguments: ["100 Trying", "180 Ringing", "302 Moved", "486 Busy", "699 X"])
    func replies(status: String) throws {
        let context = try loaded(request())
        try context.forward()
        let text = try answer(context, status)
            .replacing("Content-Length: 0", with: "X-Y: z\nContent-Length: 0")
        let back = try loaded(text, into: context)
        back.addHeader(Array("X-Added: 1".utf8), .last)
        try back.relayReply()
        let relayed = try last(back).text
        #expect(relayed.hasPrefix("SIP/2.0 \(status)\nVia: SIP/2.0/UDP 10.1.2.3:5062;"))
        #expect(relayed.contains("\nX-Y: z\n") && relayed.contains("\nX-Added: 1\n"))
    }

    @Test(
        "a reply that does not name our own branch on top goes nowhere",
        arguments: [
            ("branch=z9hG4bK", "branch=z9hG4bL"), ("branch=z9hG4bK", "branch=z9hG4bK0"),
            ("branch=z9hG4bK", "x=z9hG4bK"),
            ("Via: SIP/2.0/UDP 127.0.0.1", "X: SIP/2.0/UDP 127.0.0.1"),
            ("CSeq: 1", "CSeq: 2"),
        ])
    func forged(old: String, new: String) throws {
        let context = try loaded(request())
        try context.forward()
        let text = try answer(context)
        let range = try #require(text.firstRange(of: old))
        let back = try loaded(text.replacingCharacters(in: range, with: new), into: context)
        #expect(throws: ForwardFailure.self) { try back.relayReply() }
        #expect(back.forwardedReplies == 0)
    }

    @Test("another process, with another key, believes none of our replies")
    func otherKey() throws {
        let context = try loaded(request())
        try context.forward()
        let back = try loaded(try answer(context), into: context)
        back.tagKey = 8
        #expect(throws: ForwardFailure.notOurs) { try back.relayReply() }
        back.tagKey = 7
        try back.relayReply()
        #expect(back.forwardedReplies == 1)
    }
}

extension String {
    /// The text with one range replaced, without Foundation.
    fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
