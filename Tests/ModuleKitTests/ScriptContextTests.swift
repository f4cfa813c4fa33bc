import Basics
import ModuleKit
import SIPSyntax
import Testing

/// The request URI as text.
private func uri(_ context: ScriptContext) -> String { context.string(context.requestURI) }

/// Replaces a part and tells whether that was accepted.
private func replace(_ context: ScriptContext, _ part: URIPart, _ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return context.setRequestURI(part, bytes.span)
}

/// Whether a host and port are the server's own.
private func isMyself(_ host: String, _ port: UInt16) -> Bool {
    let bytes = Array(host.utf8)
    return KitServices().isMyself(bytes.span, port: port)
}

@Suite("Script contexts")
struct ScriptContextTests {
    @Test("texts are read from the message, the scratch buffer and arrays")
    func texts() throws {
        let context = try kitContext()
        let written = context.compose { $0.append("scratch") }
        let texts: [ScriptText] = [
            .message(context.message.methodRange), written, .owned(Array("own".utf8)),
        ]
        #expect(texts.map { context.string($0) } == ["OPTIONS", "scratch", "own"])
        #expect(texts.map { context.length(of: $0) } == [7, 7, 3])
        #expect(
            texts.map { String(decoding: context.bytes(of: $0), as: UTF8.self) } == [
                "OPTIONS", "scratch", "own",
            ])
        let start = context.scratch.count
        for text in texts { context.appendToScratch(text) }
        let range = ByteRange(offset: start, count: context.scratch.count - start)
        #expect(context.string(.scratch(range)) == "OPTIONSscratchown")
    }

    @Test(
        "values are converted to integers",
        arguments: [
            (ScriptValue.integer(5), 5, 5), (.string("12"), 12, 12), (.string("0x1f"), 31, 31),
            (.string(""), 0, 0), (.string("010"), 10, 10), (.string("12ab"), nil, 0),
            (.null, nil, 0),
        ] as [(ScriptValue, Int?, Int)])
    func integers(value: ScriptValue, strict: Int?, lenient: Int) throws {
        let context = try kitContext()
        #expect(context.integer(value) == strict)
        #expect(context.number(value) == lenient)
    }

    @Test("values are converted to texts, null has none")
    func textsOfValues() throws {
        let context = try kitContext()
        #expect(context.text(.null).map { context.string($0) } == nil)
        #expect(context.text(.integer(-7)).map { context.string($0) } == "-7")
        #expect(context.text(.string("x")).map { context.string($0) } == "x")
    }

    @Test("a reset forgets what belongs to one message and keeps variables")
    func resetting() throws {
        let context = try kitContext()
        context.returnCode = 5
        context.flags = 7
        context.isStopped = true
        context.isDropped = true
        context.hasFailed = true
        context.forcesRport = true
        context.destinationURI = [1]
        context.variables = [.integer(3)]
        context.scratch.append("x")
        context.replyHeaders.append("x")
        #expect(context.setRequestURI(Array("sip:new@host".utf8)))
        context.reset(origin: context.origin, now: WallTime(seconds: 6))
        #expect(context.returnCode == 0 && context.flags == 0 && !context.isStopped)
        #expect(!context.isDropped && !context.hasFailed && !context.forcesRport)
        #expect(context.destinationURI == nil && context.rewrittenURI == nil)
        #expect(context.scratch.count == 0 && context.replyHeaders.count == 0)
        #expect(context.variables.count == 1)
    }

    @Test("strings may be built up to a bound for each one and for the message")
    func bounds() throws {
        let context = try kitContext()
        #expect(context.mayBuild(Limits.scriptTextBytesMax) && !context.hasFailed)
        #expect(!context.mayBuild(Limits.scriptTextBytesMax + 1) && context.hasFailed)
        context.hasFailed = false
        let block = [UInt8](repeating: 0, count: 64 * 1024)
        for _ in 0..<16 { context.scratch.append(block) }
        #expect(!context.mayBuild(1) && context.hasFailed)
    }
}

@Suite("Request URIs of scripts")
struct RequestURITests {
    @Test(
        "one part is replaced, the others stay",
        arguments: [
            (URIPart.user, "al", "sip:al:pw@example.com:5080;lr?x=y"),
            (.user, "", "sip:example.com:5080;lr?x=y"),
            (.userAndPassword, "al:p", "sip:al:p@example.com:5080;lr?x=y"),
            (.host, "10.0.0.1", "sip:bob:pw@10.0.0.1:5080;lr?x=y"),
            (.host, "[2001:db8::1]", "sip:bob:pw@[2001:db8::1]:5080;lr?x=y"),
            (.hostAndPort, "h.org:1", "sip:bob:pw@h.org:1;lr?x=y"),
            (.hostAndPort, "h.org", "sip:bob:pw@h.org;lr?x=y"),
            (.port, "7", "sip:bob:pw@example.com:7;lr?x=y"),
            (.port, "", "sip:bob:pw@example.com;lr?x=y"),
        ])
    func parts(part: URIPart, text: String, expected: String) throws {
        let context = try kitContext()
        #expect(replace(context, part, text))
        #expect(uri(context) == expected)
    }

    @Test(
        "what would be no URI is refused and changes nothing",
        arguments: [
            (URIPart.host, ""), (.host, "a b"), (.host, "h\r\nX: 1"), (.port, "x"),
            (.port, "99999"), (.user, "a b"), (.user, "<x>"), (.hostAndPort, "h:x"),
        ])
    func refused(part: URIPart, text: String) throws {
        let context = try kitContext()
        #expect(!replace(context, part, text))
        #expect(uri(context) == "sip:bob:pw@example.com:5080;lr?x=y")
        #expect(context.rewrittenURI == nil)
    }

    @Test("a telephone URI has no parts to replace")
    func telephone() throws {
        let context = try kitContext("tel:+49123")
        #expect(!replace(context, .user, "x"))
        #expect(context.requestUser == nil)
        #expect(uri(context) == "tel:+49123")
    }

    @Test("the user is read from the URI as it is now")
    func user() throws {
        let context = try kitContext()
        #expect(context.requestUser.map { String(decoding: $0, as: UTF8.self) } == "bob")
        #expect(context.setRequestURI(Array("sip:host".utf8)))
        #expect(context.requestUser == [])
        #expect(!context.setRequestURI(Array("no uri".utf8)))
    }

    @Test(
        "addresses that are listened on and aliases are this server",
        arguments: [
            ("127.0.0.1", 5060, true), ("127.0.0.1", 0, true), ("127.0.0.1", 5061, false),
            ("[::1]", 5061, true), ("::1", 0, true), ("[::1]", 5060, false),
            ("example.com", 0, true), ("EXAMPLE.com", 5090, true), ("other.org", 5080, true),
            ("other.org", 0, true), ("other.org", 5060, false), ("nowhere.org", 0, false),
            ("", 0, false),
        ])
    func myself(host: String, port: UInt16, expected: Bool) {
        #expect(isMyself(host, port) == expected)
    }

    @Test("a URI is this server's when its host is")
    func myselfByURI() throws {
        let context = try kitContext()
        #expect(context.isMyself(uri: context.requestURI))
        #expect(context.isMyself(uri: .owned(Array("sip:127.0.0.1".utf8))))
        #expect(!context.isMyself(uri: .owned(Array("sip:nowhere.org".utf8))))
        #expect(!context.isMyself(uri: .owned(Array("tel:+1".utf8))))
        #expect(!context.isMyself(uri: .owned(Array("nonsense".utf8))))
        #expect(context.isMyself(address: PeerAddress(ipv4: 0x7f00_0001, port: 9)))
        #expect(!context.isMyself(address: PeerAddress(ipv4: 0x7f00_0002, port: 5060)))
    }

    @Test("parts of the message that scripts ask for often")
    func messageParts() throws {
        let context = try kitContext()
        #expect(context.string(.message(context.methodName)) == "OPTIONS")
        let from = try #require(context.addressURI(.from))
        #expect(context.string(.message(from)) == "sip:alice@example.org")
        #expect(context.localAddress?.port == 5060)
        #expect(context.messageLength > 100)
        context.reset(
            origin: Origin(
                transport: .udp, socket: .none, source: PeerAddress(ipv4: 1, port: 1)),
            now: WallTime(seconds: 0))
        #expect(context.localAddress == nil)
    }
}

@Suite("Counters of replies")
struct ReplyCountersTests {
    @Test("each status is counted once, in its class and by its own number")
    func counting() {
        let counters = ReplyCounters()
        for status in [100, 180, 200, 200, 202, 204, 302, 305, 404, 486, 500, 503, 600] {
            counters.count(status)
        }
        #expect((1...6).map { counters.sum(ofClass: $0) } == [2, 4, 2, 2, 2, 1])
        #expect(counters.sent == 13)
        let singled = zip(ReplyCounters.singled, counters.statuses).map { ($0, $1.value) }
        #expect(singled.filter { $0.1 > 0 }.map(\.0) == [200, 202, 302, 404, 500])
        #expect(counters.rests.map(\.value) == [2, 1, 1, 1, 1, 1])
    }

    @Test("every status with a counter of its own finds it")
    func singled() {
        for (place, status) in ReplyCounters.singled.enumerated() {
            let counters = ReplyCounters()
            counters.count(status)
            #expect(counters.statuses[place].value == 1, "\(status)")
            #expect(counters.sent == 1)
        }
    }
}
