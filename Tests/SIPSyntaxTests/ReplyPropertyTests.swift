import Basics
import SIPSyntax
import TestSupport
import Testing

/// Laws of what is written: it is read again, and says what it was asked to say.
@Suite("Laws of responses and requests")
struct ReplyPropertyTests {
    private static let vias = [
        "SIP/2.0/UDP 192.0.2.4:5070;branch=z9hG4bKa", "SIP/2.0/TCP h;branch=z9hG4bKb;rport",
        "SIP/2.0/UDP [2001:db8::1];rport;received=192.0.2.77;branch=z9hG4bKc",
        "SIP / 2.0 / TLS a.b : 5061 ;ttl=3;x=\"q,;\"", "SIP/2.0/SCTP 192.0.2.5;maddr=224.0.0.1",
    ]

    private func origin(_ transport: TransportProtocol = .udp) -> Origin {
        Origin(
            transport: transport, socket: .none, source: PeerAddress(ipv4: 0xc000_0204, port: 4444),
            connection: transport.isStream ? 3 : -1)
    }

    /// A request with some Vias in some fields.
    private func request(_ random: inout SeededNumbers) -> (text: String, vias: [String]) {
        var vias: [String] = []
        var fields: [String] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            var line: [String] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                line.append(Self.vias[Int.random(in: 0..<Self.vias.count, using: &random)])
            }
            vias += line
            fields.append("Via: " + line.joined(separator: ", "))
        }
        let tag = Bool.random(using: &random) ? ";tag=there" : ""
        let text =
            ([
                "OPTIONS sip:example.com SIP/2.0"
            ] + fields + [
                "From: \"F\" <sip:f@example.com>;tag=1;x", "To: <sip:t@example.com>\(tag)",
                "Call-ID: c@d",
                "CSeq: \(Int.random(in: 0...2_147_483_647, using: &random)) OPTIONS",
                "", "",
            ]).joined(separator: "\r\n")
        return (text, vias)
    }

    private func hosts(_ message: borrowing SIPMessage) throws -> [String?] {
        var found: [String?] = []
        var all = message.vias
        while let via = try all.next() { found.append(message.text(via.host)) }
        return found
    }

    @Test(
        "a response is accepted, and repeats what the request says about itself",
        arguments: [61, 62, 63] as [UInt64])
    func responses(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        for _ in 0..<80 {
            let (text, vias) = request(&random)
            let message = try loaded(text)
            let status = Int.random(in: 101...699, using: &random)
            let tag = Array("mine".utf8)
            var writer = ByteWriter()
            ReplyWriter.begin(
                status, to: message, from: origin(), toTag: tag.span,
                forceRport: Bool.random(using: &random), into: &writer)
            writer.finishMessage()
            #expect(verdict(writer.text) == .accept, "\(text) \(writer.text)")
            let reply = try loaded(writer.text)
            #expect(reply.status == status)
            #expect(try hosts(reply) == hosts(message))
            #expect(try hosts(reply).count == vias.count)
            for name in [HeaderName.from, .callID, .cSeq] {
                #expect(reply.texts(name) == message.texts(name))
            }
            let wanted = text.contains("tag=there") ? "there" : "mine"
            let to = try reply.to
            #expect(reply.text(to?.tag) == wanted)
        }
    }

    @Test("the topmost Via of a response says once where its request came from")
    func topVia() throws {
        var random = SeededNumbers(seed: 64)
        for _ in 0..<80 {
            let (text, _) = request(&random)
            let message = try loaded(text)
            let tag = Array("t".utf8)
            var writer = ByteWriter()
            ReplyWriter.begin(
                200, to: message, from: origin(), toTag: tag.span, forceRport: true, into: &writer)
            writer.finishMessage()
            let reply = try loaded(writer.text)
            let via = try #require(try reply.topVia)
            #expect(reply.text(via.received) == "192.0.2.4")
            #expect(via.rport == 4444)
            let sent = try #require(try message.topVia)
            #expect(reply.text(via.branch) == message.text(sent.branch))
            #expect(via.port == sent.port)
            let parameters = reply.text(via.parameters)?.lowercased() ?? ""
            #expect(parameters.split(separator: ";").count { $0.hasPrefix("rport") } == 1)
            #expect(parameters.split(separator: ";").count { $0.hasPrefix("received=") } == 1)
        }
    }

    @Test(
        "every kind of error has an answer that is a message", arguments: SyntaxError.Kind.allCases)
    func refusals(kind: SyntaxError.Kind) throws {
        let error = SyntaxError(kind, offset: 0, "Some Reason")
        guard error.status > 0 else { return }
        let message = try loaded(Sample.request())
        let tag = Array("t".utf8)
        let server = Array("roost".utf8)
        var writer = ByteWriter()
        ReplyWriter.refuse(
            error, to: message, from: origin(.tcp), toTag: tag.span, server: server.span,
            into: &writer)
        let reply = try loaded(writer.text)
        #expect(reply.status == error.status)
        #expect(reply.text(reply.reason) == "Some Reason")
        #expect(reply.texts(.server) == ["roost"])
        #expect(reply.contentLength == .value(0))
    }

    @Test("a request that is written is the one that is read", arguments: [71, 72] as [UInt64])
    func requests(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        for method in SIPMethod.allCases where method != .other {
            let transport = TransportProtocol.allCases.randomElement(using: &random) ?? .udp
            let socket = ListeningSocket(
                transport: transport,
                address: PeerAddress(high: 0x2001_0db8 << 32, low: random.next(), port: 5060))
            let uri = Array(BuiltURI.random(&random).text.utf8)
            let name = Array("\(method.name)".utf8)
            let branch = Array("\(random.next())".utf8)
            let routes = Array((Bool.random(using: &random) ? "<sip:p;lr>, <sip:q;lr>" : "").utf8)
            let from = Array("<sip:f@h>;tag=\(random.next())".utf8)
            let to = Array("<sip:t@h>".utf8)
            let callID = Array("\(random.next())@h".utf8)
            let cSeq = UInt32.random(in: 0..<(1 << 31), using: &random)
            let maxForwards = Int.random(in: 0...255, using: &random)
            var writer = ByteWriter()
            RequestWriter.begin(
                name.span, uri: uri.span, socket: socket, branch: branch.span,
                routes: routes.span,
                identity: RequestWriter.Identity(
                    from: from.span, to: to.span, callID: callID.span, cSeq: cSeq),
                maxForwards: maxForwards, into: &writer)
            writer.finishMessage()
            #expect(verdict(writer.text) == .accept, "\(writer.text)")
            let message = try loaded(writer.text)
            #expect(message.method == method)
            #expect(message.text(message.requestURI).map { Array($0.utf8) } == uri)
            #expect(try message.cSeq?.number == cSeq)
            #expect(try message.cSeq?.method == method)
            #expect(message.maxForwards == .value(UInt32(maxForwards)))
            #expect(message.text(message.callID).map { Array($0.utf8) } == callID)
            #expect(message.texts(.route).count == (routes.isEmpty ? 0 : 2))
            let via = try #require(try message.topVia)
            #expect(via.transportProtocol(in: message.bytes) == transport)
            let cookie = Array("z9hG4bK".utf8)
            #expect(message.text(via.branch).map { Array($0.utf8) } == cookie + branch)
            #expect(via.hasRport && via.rport == nil)
        }
    }

    @Test("a text of one line has no line ends, and is otherwise the same")
    func oneLine() {
        for byte in UInt8.min ... .max {
            let bytes: [UInt8] = [65, byte, 66]
            var writer = ByteWriter()
            writer.append("X: " as StaticString)
            writer.appendOneLine(bytes.span)
            let written = Array(copying: writer.span)
            let isControl = (byte < 32 && byte != 9) || byte == 127
            #expect(written == Array("X: A".utf8) + [isControl ? 32 : byte, 66])
        }
    }
}

/// Lookup tables of names, exhaustively.
@Suite("Tables of names")
struct NameTableTests {
    @Test("a method is found by its own name and by no other", arguments: SIPMethod.allCases)
    func methods(method: SIPMethod) {
        let name = "\(method.name)"
        guard method != .other else { return }
        #expect(with(name) { SIPMethod(name: $0) } == method)
        #expect(with(name.lowercased()) { SIPMethod(name: $0) } == .other)
        #expect(with(name.lowercased()) { SIPMethod(anyCase: $0) } == method)
        #expect(with(name + "S") { SIPMethod(name: $0) } == .other)
        #expect(with(String(name.dropLast())) { SIPMethod(name: $0) } == .other)
        for place in name.indices {
            var other = name
            other.replaceSubrange(place...place, with: "X")
            #expect(with(other) { SIPMethod(name: $0) } == .other)
        }
        #expect(method.rawValue.nonzeroBitCount == 1)
    }

    @Test("what is no method is other", arguments: ["", "A", "AC", "X", "invite", "INVITE "])
    func noMethods(name: String) {
        #expect(with(name) { SIPMethod(name: $0) } == .other)
    }

    @Test(
        "lists of methods are read with blanks and empty places",
        arguments: [
            ("", UInt32(0)), ("INVITE", 1), ("invite, ack", 5), (" ,, BYE ,", 8),
            ("REGISTER,REGISTER", 32), ("FOO", 524_288), ("INVITE;x", 524_288),
        ])
    func methodLists(text: String, bits: UInt32) {
        #expect(with(text) { MethodSet(list: $0) }.rawValue == bits)
    }

    @Test("phrases are those of RFC 3261 21 where it has one, and their class's otherwise")
    func phrases() {
        let known: [(Int, String)] = [
            (100, "Trying"), (199, "Progress"), (200, "OK"), (202, "Accepted"), (299, "OK"),
            (305, "Use Proxy"), (399, "Redirection"), (401, "Unauthorized"),
            (407, "Proxy Authentication Required"), (423, "Interval Too Brief"),
            (481, "Call/Transaction Does Not Exist"), (499, "Request Failure"),
            (504, "Server Time-out"), (513, "Message Too Large"), (599, "Server Failure"),
            (606, "Not Acceptable"), (699, "Global Failure"),
        ]
        for (status, phrase) in known { #expect("\(ReasonPhrase.of(status))" == phrase) }
        for status in 100...699 {
            let phrase = "\(ReasonPhrase.of(status))"
            #expect(phrase.utf8.allSatisfy { $0 >= 32 && $0 < 127 })
        }
    }

    @Test("a zero byte in a header field's name makes it malformed, and no name that we know")
    func zeroBytes() throws {
        for name in [
            "Via\u{0}", "v\u{0}", "Content-Length\u{0}", "l\u{0}\u{0}", "\u{0}", "Vi\u{0}a",
        ] {
            let text = Sample.request("\(name): SIP/2.0/UDP h;branch=z9hG4bKlonger")
            #expect(throws: SyntaxError.self) { _ = try loaded(text) }
            #expect(with(name) { HeaderName(name: $0) } == .other)
        }
    }

    @Test("a letter of another alphabet that looks the same is another name")
    func lookalikes() {
        // The Kelvin sign and the dotless i are letters that some languages fold to k and i.
        for name in ["\u{212a}", "Suppo\u{280}ted", "v\u{131}a", "Via\u{0}", " Via", "Via "] {
            #expect(with(name) { HeaderName(name: $0) } == .other)
        }
        #expect(with("K") { HeaderName(name: $0) } == .supported)
    }
}
