import Basics
import SIPSyntax
import Testing

/// Loading messages and finding their parts.
@Suite("Messages")
struct SIPMessageTests {
    @Test("the parts of a REGISTER are found")
    func parts() throws {
        let message = try loaded(Sample.register)
        #expect(message.kind == .request)
        #expect(message.method == .register)
        #expect(message.text(message.methodRange) == "REGISTER")
        #expect(message.text(message.requestURI) == "sip:example.com")
        #expect(message.text(message.versionRange) == "SIP/2.0")
        #expect(message.headerCount == 12)
        #expect(message.text(message.callID) == "843817637684230@998sdasdh09")
        #expect(message.text(message.header(.userAgent)) == "Phone/1.0")
        #expect(message.expires == .value(3600))
        #expect(message.contentLength == .value(0))
        #expect(message.maxForwards == .value(70))
        #expect(message.minExpires == .absent)
        #expect(message.body.isEmpty == true)
        #expect(message.status == 0)
        #expect(message.header(.route) == nil)
        #expect(message.has(.supported) == true)
        #expect(message.has(.require) == false)
    }

    @Test("the parts of a response are found")
    func response() throws {
        let message = try loaded(
            Sample.lines(
                "SIP/2.0 183 Session Progress", "Via: SIP/2.0/UDP a", "CSeq: 1 INVITE", "", "body"))
        #expect(message.kind == .response)
        #expect(message.status == 183)
        #expect(message.text(message.reason) == "Session Progress")
        #expect(message.method == .other)
        #expect(message.requestURI.isEmpty == true)
        #expect(message.text(message.body) == "body")
        #expect(message.canBeAnswered == false)
    }

    @Test(
        "start lines are read strictly",
        arguments: [
            ("OPTIONS sip:a SIP/2.0", SyntaxError.Kind?.none),
            ("OPTIONS sip:a sip/2.0", nil),
            ("OPTIONS sip:a SIP/2.00", nil),
            ("FOO-bar.!% sip:a SIP/2.0", nil),
            ("OPTIONS  sip:a SIP/2.0", .malformed),
            ("OPTIONS sip:a  SIP/2.0", .malformed),
            ("OPTIONS sip:a SIP/2.0 ", .malformed),
            ("OPTIONS sip:a", .malformed),
            ("OPTIONS", .malformed),
            ("OPTIONS ", .malformed),
            (" OPTIONS sip:a SIP/2.0", .malformed),
            ("OPT@IONS sip:a SIP/2.0", .malformed),
            ("OPTIONS sip:a; lr SIP/2.0", .malformed),
            ("OPTIONS sip:a\u{1} SIP/2.0", .malformed),
            ("OPTIONS sip:a SIP/3.0", .version),
            ("OPTIONS sip:a SIP/2.1", .version),
            ("OPTIONS sip:a SIP/20", .malformed),
            ("OPTIONS sip:a SIP/2.", .malformed),
            ("OPTIONS sip:a HTTP/1.1", .malformed),
            ("SIP/2.0 200 OK", nil),
            ("SIP/2.0 200 ", nil),
            ("SIP/2.0 200", nil),
            ("SIP/2.0 99 Low", .malformed),
            ("SIP/2.0 700 High", .malformed),
            ("SIP/2.0 0200 OK", .malformed),
            ("SIP/2.0 4294967301 Big", .malformed),
            ("SIP/2.0  200 OK", .malformed),
            ("SIP/3.0 200 OK", .version),
            ("SIP/2.0 2x0 OK", .malformed),
            ("SIP/2.0", .malformed),
            ("SIP/", .malformed),
        ])
    func startLines(line: String, kind: SyntaxError.Kind?) {
        var found: SyntaxError.Kind?
        do throws(SyntaxError) {
            _ = try loaded(line + "\r\nVia: SIP/2.0/UDP a\r\n\r\n")
        } catch {
            found = error.kind
        }
        #expect(found == kind, "\(line)")
    }

    @Test("a lone LF ends a line, and folds are part of the value")
    func lineEnds() throws {
        let message = try loaded(
            "OPTIONS sip:a SIP/2.0\nSubject: one\n two\r\n\tthree  \r\nTo:\r\n sip:b\n\nbody")
        #expect(message.headerCount == 2)
        #expect(message.text(message.header(.subject)) == "one\n two\r\n\tthree")
        #expect(message.text(message.header(.to)) == "sip:b")
        #expect(message.text(message.body) == "body")
        var writer = ByteWriter()
        let subject = message.header(.subject)
        message.writeUnfolded(try #require(subject), into: &writer)
        #expect(writer.text == "one two three")
        writer.removeAll()
        message.writeValue(ofField: 0, into: &writer)
        writer.append(UInt8(ascii: "|"))
        message.writeValue(ofField: 1, into: &writer)
        #expect(writer.text == "one two three|sip:b")
    }

    @Test("line ends and NULs before the start line are left out")
    func leading() throws {
        let message = try loaded("\r\n\r\n\u{0}\n" + Sample.register)
        #expect(message.method == .register)
        #expect(message.bytes.count == Sample.register.utf8.count)
    }

    @Test("nothing but line ends is a keep-alive", arguments: ["", "\r\n", "\r\n\r\n", "\0\0\0\0"])
    func keepAlive(text: String) {
        #expect(verdict(text) == .keepAlive)
    }

    @Test("white space around values is not part of them, empty values are empty")
    func values() throws {
        let message = try loaded(Sample.request("Subject:  \t x y \t", "s:", "Event   :   reg"))
        #expect(message.texts(.subject) == ["x y"])
        #expect(message.text(message.header(.subject)) == "x y")
        #expect(message.fieldCount(.subject) == 2)
        #expect(message.text(message.header(.event)) == "reg")
        let first = message.firstField(.subject)
        let second = message.nextField(after: try #require(first))
        #expect(message.field(try #require(second)).value.isEmpty == true)
    }

    @Test("lists are cut at commas outside of quotes and < >, across fields and in order")
    func lists() throws {
        let message = try loaded(
            Sample.request(
                "Contact: \"a, b\" <sip:a,b@c>, <sip:d>", "Subject: x, y", "m: , sip:e ,,",
                "Contact:", "Contact: \"open, <sip:f>"))
        #expect(
            message.texts(.contact)
                == ["\"a, b\" <sip:a,b@c>", "<sip:d>", "sip:e", "\"open, <sip:f>"])
        #expect(message.texts(.subject) == ["x, y"])
        #expect(message.fieldCount(.contact) == 4)
    }

    @Test("fields are found by text, with their compact form and without regard to case")
    func byText() throws {
        let message = try loaded(
            Sample.request("X-One: 1", "x-two: 2", "X-ONE: 3", "m: sip:a", "X-One: 4"))
        #expect(message.text(with("x-one") { message.header(named: $0) }) == "1")
        #expect(message.text(with("X-One") { message.header(named: $0, occurrence: 1) }) == "3")
        #expect(message.text(with("X-One") { message.header(named: $0, occurrence: 2) }) == "4")
        #expect(with("X-One") { message.header(named: $0, occurrence: 3) } == nil)
        #expect(message.text(with("CONTACT") { message.header(named: $0) }) == "sip:a")
        #expect(
            message.text(with("f") { message.header(named: $0) }) == "<sip:a@example.com>;tag=1")
        #expect(with("X-Three") { message.header(named: $0) } == nil)
    }

    @Test("each field knows its line, and the lines are the header section")
    func lines() throws {
        let message = try loaded(Sample.request("Subject: a", "Y-: b\r\n c"))
        var text = ""
        for number in 0..<message.headerCount {
            let field = message.field(number)
            text += message.text(field.line) ?? ""
            #expect(field.line.start <= field.nameRange.start)
            #expect(field.nameRange.end < field.value.end)
            #expect(field.value.end <= field.line.end)
        }
        #expect(text == message.text(message.headers))
        #expect(text.hasSuffix("Y-: b\r\n c\r\n"))
        #expect(message.field(5).name == .subject)
        #expect(message.field(6).name == .other)
    }

    @Test(
        "header sections that are malformed are refused, and what is found is kept",
        arguments: [
            ("No colon here", "Malformed header field"), (": no name", "Malformed header field"),
            ("Bad@name: x", "Malformed header field"), (" folded first", "Malformed header field"),
        ])
    func malformed(line: String, reason: String) {
        var message = SIPMessage()
        let text = "OPTIONS sip:a SIP/2.0\r\n\(line)\r\nVia: SIP/2.0/UDP b\r\n\r\n"
        let bytes = Array(text.utf8)
        var found: SyntaxError?
        do throws(SyntaxError) { try message.load(bytes.span) } catch { found = error }
        #expect(found?.reason.description == reason)
        #expect(found?.offset == 23)
        #expect(message.text(message.header(.via)) == "SIP/2.0/UDP b")
        #expect(message.canBeAnswered == true)
        #expect(message.fault == found)
    }

    @Test("a header section without an empty line is malformed")
    func unfinished() {
        for text in [
            "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP b\r\n", "OPTIONS sip:a SIP/2.0", "x",
        ] {
            #expect(fault(of: text)?.status == 400, "\(text)")
        }
    }

    @Test("more header fields than the limit are refused with 513")
    func tooMany() throws {
        let allowed = (0..<(Limits.headersMax - 5)).map { "X-\($0): y" }
        #expect(fault(of: Sample.request(allowed.joined(separator: "\r\n"))) == nil)
        let message = try loaded(Sample.request(allowed.joined(separator: "\r\n")))
        #expect(message.headerCount == Limits.headersMax)
        let more = (allowed + ["One: more"]).joined(separator: "\r\n")
        #expect(fault(of: Sample.request(more))?.status == 513)
    }

    @Test("a message longer than the limit is refused with 513")
    func tooLong() {
        let room = Limits.messageBytesMax - Sample.request().utf8.count
        let fits = Sample.request() + String(repeating: "x", count: room)
        #expect(fault(of: fits) == nil)
        #expect(fault(of: fits + "y")?.status == 513)
    }

    @Test("Content-Length delimits the body, and may not exceed the message")
    func contentLength() throws {
        let shorter = try loaded(Sample.request("Content-Length: 3") + "abcdef")
        #expect(shorter.text(shorter.body) == "abc")
        let none = try loaded(Sample.request() + "abcdef")
        #expect(none.text(none.body) == "abcdef")
        #expect(fault(of: Sample.request("l: 7") + "abcdef")?.status == 400)
        for value in ["-1", "x", "", "1 2", "99999999999999999999999", "0x3"] {
            #expect(fault(of: Sample.request("Content-Length: \(value)") + "abc")?.status == 400)
        }
    }

    @Test("a message is loaded again and again into the same memory")
    func reuse() throws {
        var message = SIPMessage(capacity: 16)
        for text in [Sample.register, Sample.request("Subject: a"), Sample.register] {
            let bytes = Array(text.utf8)
            #expect(message.receive(bytes.span) == .accept)
            #expect(message.has(.subject) == text.contains("Subject"))
            #expect(message.bytes.count == bytes.count)
        }
        let empty: [UInt8] = []
        #expect(message.receive(empty.span) == .keepAlive)
        #expect(message.headerCount == 0)
        #expect(message.canBeAnswered == false)
    }

    @Test("errors say what, where and with which status")
    func errors() {
        let error = SyntaxError(.version, offset: 12, "Version Not Supported")
        #expect("\(error)" == "505 Version Not Supported (byte 12)")
        #expect(error == SyntaxError(.version, offset: 12, "Version Not Supported"))
        #expect(error != SyntaxError(.version, offset: 13, "Version Not Supported"))
        #expect(
            SyntaxError.Kind.allCases.map { SyntaxError($0, offset: 0, "").status }
                == [400, 416, 505, 513, 0])
    }
}
