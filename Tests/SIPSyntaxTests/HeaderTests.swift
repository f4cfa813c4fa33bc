import Basics
import SIPSyntax
import Testing

/// Via, From, To, CSeq and Call-ID.
@Suite("Header fields of every message")
struct CoreHeaderTests {
    private func via(_ text: String) throws(SyntaxError) -> Via {
        try with(text) { (bytes) throws(SyntaxError) in
            try Via(parsing: bytes, in: ByteRange(offset: 0, count: bytes.count))
        }
    }

    private func address(_ text: String) throws(SyntaxError) -> TaggedAddress {
        try with(text) { (bytes) throws(SyntaxError) in
            try TaggedAddress(parsing: bytes, in: ByteRange(offset: 0, count: bytes.count))
        }
    }

    private func cSeq(_ text: String) throws(SyntaxError) -> CSeq {
        try with(text) { (bytes) throws(SyntaxError) in
            try CSeq(parsing: bytes, in: ByteRange(offset: 0, count: bytes.count))
        }
    }

    @Test("a Via with every parameter")
    func fullVia() throws {
        let text =
            "SIP/2.0/TCP host.example.com:5070;branch=z9hG4bK1;RPORT=6;received=192.0.2.9"
            + ";maddr=224.2.0.1;ttl=16;alias;x=\"q;,\""
        let found = try via(text)
        #expect(cut(text, found.transport) == "TCP")
        #expect(cut(text, found.host) == "host.example.com")
        #expect(found.port == 5070)
        #expect(cut(text, found.branch) == "z9hG4bK1")
        #expect(found.hasRport && found.rport == 6)
        #expect(cut(text, found.received) == "192.0.2.9")
        #expect(cut(text, found.maddr) == "224.2.0.1")
        #expect(found.ttl == 16)
        #expect(cut(text, found.whole) == text)
        #expect(cut(text, found.parameters)?.hasPrefix(";branch") == true)
        #expect(with(text) { found.hasMagicCookie(in: $0) })
        #expect(with(text) { found.transportProtocol(in: $0) } == .tcp)
    }

    @Test(
        "hosts of Via",
        arguments: [
            ("SIP/2.0/UDP a", "a", UInt16?.none), ("SIP/2.0/UDP 192.0.2.1:5060", "192.0.2.1", 5060),
            ("SIP/2.0/UDP [2001:db8::1]:5061", "[2001:db8::1]", 5061),
            ("SIP/2.0/UDP [::1]", "[::1]", nil), ("SIP / 2.0 / UDP\t a : 7 ;rport", "a", 7),
            ("SIP/2.0/XYZ a_b.c-d.example.com.", "a_b.c-d.example.com.", nil),
        ])
    func hosts(text: String, host: String, port: UInt16?) throws {
        let found = try via(text)
        #expect(cut(text, found.host) == host)
        #expect(found.port == port)
    }

    @Test(
        "a Via that is malformed is refused",
        arguments: [
            "", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0 a", "SIP/2.0/UDPa;", "SIP/2.0/UDP a;;b",
            "SIP/2.0/UDP a;", "SIP/2.0/UDP a:", "SIP/2.0/UDP a:65536", "SIP/2.0/UDP a:x",
            "SIP/2.0/UDP [::1", "SIP/2.0/UDP [::x]", "SIP/2.0/UDP 1.2.3", "SIP/2.0/UDP -a",
            "SIP/2.0/UDP a;branch=", "SIP/2.0/UDP a;ttl=256", "SIP/2.0/UDP a;ttl",
            "SIP/2.0/UDP a;rport=x", "SIP/2.0/UDP a b", "SIP/2.0/UDP a, SIP/2.0/UDP b",
            "SIP/2.0/UDP a;x=\"open", "HTTP/1.1/UDP a", "SIP/2.0/UDP a..b",
        ])
    func badVia(text: String) {
        var failed = false
        do throws(SyntaxError) { _ = try via(text) } catch { failed = true }
        #expect(failed)
    }

    @Test("another version in Via is told apart")
    func viaVersion() {
        var kind: SyntaxError.Kind?
        do throws(SyntaxError) { _ = try via("SIP/7.0/UDP a") } catch { kind = error.kind }
        #expect(kind == .version)
    }

    @Test(
        "a branch of RFC 2543 has no cookie, nor has the cookie alone",
        arguments: [
            ("SIP/2.0/UDP a", false), ("SIP/2.0/UDP a;branch=1", false),
            ("SIP/2.0/UDP a;branch=z9hG4bK", false), ("SIP/2.0/UDP a;branch=z9hG4bK7", true),
            ("SIP/2.0/UDP a;branch=Z9HG4BK7", true),
        ])
    func cookies(text: String, expected: Bool) throws {
        let found = try via(text)
        #expect(with(text) { found.hasMagicCookie(in: $0) } == expected)
    }

    @Test("an unknown transport is none of ours")
    func unknownTransport() throws {
        let text = "SIP/2.0/UNKNOWN a"
        let found = try via(text)
        #expect(with(text) { found.transportProtocol(in: $0) } == nil)
    }

    @Test(
        "addresses with and without < >",
        arguments: [
            ("<sip:a@b>", "", "sip:a@b", String?.none), ("sip:a@b", "", "sip:a@b", nil),
            ("sip:a@b;tag=x", "", "sip:a@b", "x"),
            ("<sip:a@b;tag=y>;tag=x", "", "sip:a@b;tag=y", "x"),
            ("Alice <sip:a@b>", "Alice", "sip:a@b", nil),
            ("A. B. C <sip:a>;tag=1", "A. B. C", "sip:a", "1"),
            ("\"A, <B>\" <sip:a>", "\"A, <B>\"", "sip:a", nil),
            ("\"\"<sip:a>", "\"\"", "sip:a", nil),
            ("caller<sip:c@d>;tag=323", "caller", "sip:c@d", "323"),
            ("Zoë <sip:z>", "Zoë", "sip:z", nil),
            ("<tel:+1-2>;TAG = q ; x", "", "tel:+1-2", "q"),
            ("isbn:2983792873", "", "isbn:2983792873", nil),
            ("<sip:a>;a;b=\"c\";tag=1;tag=2", "", "sip:a", "1"),
            ("<http://www.example.com>", "", "http://www.example.com", nil),
        ])
    func addresses(text: String, name: String, uri: String, tag: String?) throws {
        let found = try address(text)
        #expect(cut(text, found.displayName) == name)
        #expect(cut(text, found.uri) == uri)
        #expect(cut(text, found.tag) == tag)
    }

    @Test(
        "addresses that are malformed are refused",
        arguments: [
            "", "<>", "<sip:a", "sip:a>", "\"open <sip:a>", "\"x\" sip:a", "Bell, Alex <sip:a>",
            "< sip:a >", "<sip:a >", "<sip:a b>", "<sip:a>x", "<sip:a>;", "<sip:a>;;x",
            "<sip:a>;tag",
            "<sip:a>;tag=", "sip:a?b=c", "alice", "<sip:a>;tag=a b", "<<sip:a>>", "sip:a, sip:b",
            "\"a\"\"b\" <sip:a>", "<sip:a\u{0}>", "x y sip:a", "<sip:a>;tag=\"open",
        ])
    func badAddresses(text: String) {
        var failed = false
        do throws(SyntaxError) { _ = try address(text) } catch { failed = true }
        #expect(failed, "\(text)")
    }

    @Test(
        "CSeq is a number below 2^31 and a method",
        arguments: [
            ("1 INVITE", UInt32?(1), "INVITE"), ("0009\r\n  INVITE", 9, "INVITE"),
            ("2147483647 FOO", 2_147_483_647, "FOO"), ("2147483648 FOO", nil, ""),
            ("36893488147419103232 REGISTER", nil, ""), ("-1 INVITE", nil, ""),
            ("1INVITE", nil, ""),
            ("1", nil, ""), ("INVITE 1", nil, ""), ("", nil, ""), ("1 INVITE x", nil, ""),
            ("1 IN@VITE", nil, ""),
        ])
    func cSeqs(text: String, number: UInt32?, method: String) {
        do throws(SyntaxError) {
            let found = try cSeq(text)
            #expect(found.number == number)
            #expect(cut(text, found.methodRange) == method)
        } catch {
            #expect(number == nil)
        }
    }

    @Test(
        "Call-IDs are words with @",
        arguments: [
            ("a", true), ("a@b", true), ("a@b@c", true), ("{x}[y]/?\"<>:\\", true), ("", false),
            ("a b", false), ("a,b", false), ("a;b", false), ("ü", false), ("a\r\n b", false),
        ])
    func callIDs(text: String, valid: Bool) {
        #expect(with(text) { CallID.isValid($0) } == valid)
    }

    @Test("what validate parsed is what parsing on demand gives")
    func cached() throws {
        var message = try loaded(Sample.register)
        let before = (try message.topVia, try message.from, try message.to, try message.cSeq)
        let uris = (try message.fromURI, try message.toURI, try message.parsedRequestURI)
        try message.validate()
        #expect(try message.topVia == before.0)
        #expect(try message.from == before.1)
        #expect(try message.to == before.2)
        #expect(try message.cSeq == before.3)
        #expect(try message.fromURI == uris.0)
        #expect(try message.toURI == uris.1)
        #expect(try message.parsedRequestURI == uris.2)
        #expect(message.text(uris.1?.user) == "alice")
    }

    @Test("a message without header fields has none of them")
    func missing() throws {
        let message = try loaded("OPTIONS sip:a SIP/2.0\r\n\r\n")
        #expect(try message.topVia == nil)
        #expect(try message.from == nil)
        #expect(try message.to == nil)
        #expect(try message.cSeq == nil)
        #expect(try message.fromURI == nil)
        #expect(try message.toURI == nil)
        #expect(message.callID == nil)
        #expect(message.headerCount == 0)
        #expect(message.headers.isEmpty == true)
    }
}

/// Contact and what a registrar reads from it.
@Suite("Contact")
struct ContactTests {
    private func contact(_ text: String) throws(SyntaxError) -> Contact {
        try with(text) { (bytes) throws(SyntaxError) in
            try Contact(parsing: bytes, in: ByteRange(offset: 0, count: bytes.count))
        }
    }

    @Test("a Contact with every parameter")
    func full() throws {
        let text =
            "\"A\" <sip:a@1.2.3.4:5;x?h=1>;q=0.7;expires=60;reg-id=2;methods=\"INVITE, BYE\""
            + ";+sip.instance=\"<urn:uuid:1>\";received=\"sip:9.9.9.9:1\";audio;x=y"
        let found = try contact(text)
        #expect(!found.isStar)
        #expect(cut(text, found.uri) == "sip:a@1.2.3.4:5;x?h=1")
        #expect(cut(text, found.address.displayName) == "\"A\"")
        #expect(found.q == .value(700))
        #expect(found.expires == .value(60))
        #expect(found.regID == .value(2))
        #expect(cut(text, found.methods) == "INVITE, BYE")
        #expect(cut(text, found.instance) == "<urn:uuid:1>")
        #expect(cut(text, found.received) == "sip:9.9.9.9:1")
        let audio = try #require(parameter("audio", found, text))
        #expect(audio.value == nil)
        #expect(cut(text, parameter("X", found, text)?.value) == "y")
        #expect(parameter("video", found, text) == nil)
        #expect(cut(text, found.whole) == text)
    }

    private func parameter(_ name: String, _ contact: Contact, _ text: String) -> HeaderParameter? {
        let bytes = Array(text.utf8)
        let key = Array(name.utf8)
        return contact.parameter(key.span, in: bytes.span)
    }

    @Test("the star stands for all bindings")
    func star() throws {
        #expect(try contact("*").isStar)
        #expect(try contact("*;expires=0").expires == .value(0))
        #expect(try contact(" * ").uri.isEmpty)
    }

    @Test(
        "q in thousandths",
        arguments: [
            ("0", ParameterNumber.value(0)), ("1", .value(1000)), ("0.5", .value(500)),
            ("0.33", .value(330)), ("0.999", .value(999)), ("0.9999", .value(999)),
            ("1.0", .value(1000)), ("1.000", .value(1000)), ("1.001", .malformed),
            ("2", .malformed),
            ("0.", .value(0)), (".5", .value(500)), (".", .malformed), ("-1", .malformed),
            ("0.5x", .malformed), ("x", .malformed), ("1.5", .malformed), ("00.5", .value(500)),
            ("0.00000000000000000000000000000001", .value(0)), ("\"0.5\"", .malformed),
            ("99999999999999999999999999", .malformed),
        ])
    func qvalues(text: String, expected: ParameterNumber) throws {
        #expect(try contact("<sip:a>;q=\(text)").q == expected)
    }

    @Test(
        "expires and reg-id are numbers or malformed",
        arguments: [
            ("60", ParameterNumber.value(60)), ("0", .value(0)), ("4294967295", .value(.max)),
            ("4294967296", .malformed), ("x", .malformed), ("-1", .malformed),
            ("\"60\"", .value(60)),
            ("280297596632815", .malformed), ("1.5", .malformed),
        ])
    func numbers(text: String, expected: ParameterNumber) throws {
        #expect(try contact("<sip:a>;expires=\(text)").expires == expected)
        #expect(try contact("<sip:a>;expires").expires == .malformed)
        #expect(try contact("<sip:a>").expires == .absent)
        #expect(try contact("<sip:a>;reg-id=7").regID.number == 7)
        #expect(try contact("<sip:a>").regID.number == nil)
    }

    @Test("parameters outside of < > belong to the header field, whatever they are called")
    func similarNames() throws {
        let text = "<sip:a>;receivedby=1;+sip.instant=2;expiresin=3;qq=1"
        let found = try contact(text)
        #expect(found.received == nil)
        #expect(found.instance == nil)
        #expect(found.expires == .absent)
        #expect(found.q == .absent)
    }

    @Test(
        "a Contact that is malformed is refused",
        arguments: [
            "", "<sip:a>;;;;", "sip:a@b?Route=%3Csip:c%3E", "**", "* x", "<sip:a", "<sip:a>;q=",
            "\"open <sip:a>", "<sip:a>, <sip:b>", "<sip:a>;+sip.instance=\"<urn", "<sip:a> x",
        ])
    func bad(text: String) {
        var failed = false
        do throws(SyntaxError) { _ = try contact(text) } catch { failed = true }
        #expect(failed, "\(text)")
    }

    @Test("several Contacts are walked in order, up to the first that is malformed")
    func several() throws {
        let message = try loaded(
            Sample.request(
                "Contact: <sip:a>;q=1, \"x,y\" <sip:b>", "m: sip:c;expires=1,,", "m: <bad"))
        var contacts = message.contacts
        var uris: [String?] = []
        for _ in 0..<3 {
            let next = try contacts.next()
            uris.append(message.text(next?.uri))
        }
        #expect(uris == ["sip:a", "sip:b", "sip:c"])
        var failed = false
        do throws(SyntaxError) { _ = try contacts.next() } catch { failed = true }
        #expect(failed)
    }
}

/// The smaller header fields.
@Suite("Other header fields")
struct OtherHeaderTests {
    @Test("option tags are found without regard to case")
    func optionTags() throws {
        let message = try loaded(
            Sample.request("Supported: path, GRUU", "k: outbound", "Require: a"))
        #expect(message.supports("path") == true)
        #expect(message.supports("gruu") == true)
        #expect(message.supports("outbound") == true)
        #expect(message.supports("pat") == false)
        #expect(message.lists("a", in: .require) == true)
        var writer = ByteWriter()
        #expect(message.writeUnsupported(.require, into: &writer) { $0.matches("a") } == 0)
        #expect(writer.count == 0)
    }

    @Test("routes are walked in order, and must stand in < >")
    func routes() throws {
        let message = try loaded(
            Sample.request(
                "Path: <sip:p1;lr>;x=1, <sip:p2;lr>", "Path: P <sip:p3>", "Route: sip:bare",
                "Record-Route: <sip:r>"))
        var path = message.routes(.path)
        var uris: [String?] = []
        while let entry = try path.next() { uris.append(message.text(entry.uri)) }
        #expect(uris == ["sip:p1;lr", "sip:p2;lr", "sip:p3"])
        var again = message.routes(.path)
        let first = try again.next()
        #expect(message.text(first?.parameters) == ";x=1")
        #expect(message.text(first?.whole) == "<sip:p1;lr>;x=1")
        var failed = false
        var bare = message.routes(.route)
        do throws(SyntaxError) { _ = try bare.next() } catch { failed = true }
        #expect(failed)
        var none = message.routes(.serviceRoute)
        let nothing = try none.next()
        #expect(nothing == nil)
    }

    @Test("one route is read as a whole value")
    func oneRoute() throws {
        let text = "<sip:a;lr>;b"
        let entry = try with(text) { (bytes) throws(SyntaxError) in
            try RouteEntry(parsing: bytes, in: ByteRange(offset: 0, count: bytes.count))
        }
        #expect(cut(text, entry.uri) == "sip:a;lr")
    }

    @Test("media types match without regard to case and parameters")
    func mediaTypes() throws {
        let message = try loaded(Sample.request("c: Application/PIDF+xml ; charset=\"utf-8\""))
        let found = try message.contentType
        let type = try #require(found)
        #expect(type.matches("application", "pidf+xml", in: message.bytes) == true)
        #expect(type.matches("application", "sdp", in: message.bytes) == false)
        #expect(message.text(type.parameters) == " ; charset=\"utf-8\"")
        let none = try loaded(Sample.request())
        #expect(try none.contentType == nil)
        for bad in ["application", "/x", "a/", "a/b c", "a/b;"] {
            let message = try loaded(Sample.request("Content-Type: \(bad)"))
            var failed = false
            do throws(SyntaxError) { _ = try message.contentType } catch { failed = true }
            #expect(failed, "\(bad)")
        }
    }

    @Test("an event package may have an id")
    func events() throws {
        let message = try loaded(Sample.request("o: presence.winfo;id=5;x"))
        let event = try message.event
        #expect(message.text(event?.package) == "presence.winfo")
        #expect(message.text(event?.id) == "5")
        let plain = try loaded(Sample.request("Event: reg"))
        #expect(try plain.event?.id == nil)
        let bad = try loaded(Sample.request("Event: reg,dialog"))
        var failed = false
        do throws(SyntaxError) { _ = try bad.event } catch { failed = true }
        #expect(failed)
    }

    @Test("scalars have their ranges")
    func scalars() throws {
        let message = try loaded(
            Sample.request("Max-Forwards: 255", "Expires: 4294967295", "Min-Expires: 60"))
        #expect(message.maxForwards == .value(255))
        #expect(message.expires == .value(.max))
        #expect(message.minExpires == .value(60))
        #expect(message.contentLength == .absent)
        let bad = try loaded(Sample.request("Max-Forwards: 256", "Expires: soon"))
        #expect(bad.maxForwards == .malformed)
        #expect(bad.expires == .malformed)
    }

    @Test(
        "dates are written and read in the one form that is allowed",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (1_289_690_940, "Sat, 13 Nov 2010 23:29:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (1_703_980_800, "Sun, 31 Dec 2023 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ])
    func dates(seconds: Int, text: String) {
        var writer = ByteWriter()
        SIPDate.write(WallTime(seconds: seconds), into: &writer)
        #expect(writer.text == text)
        #expect(with(text) { SIPDate.read($0) } == WallTime(seconds: seconds))
    }

    @Test(
        "what is no such date is refused",
        arguments: [
            "Fri, 01 Jan 2010 16:00:00 EST", "", "Fri, 01 Jan 2010 16:00:00",
            "Fri, 32 Jan 2010 16:00:00 GMT",
            "Fri, 01 Foo 2010 16:00:00 GMT", "Xxx, 01 Jan 2010 16:00:00 GMT",
            "Fri, 01 Jan 2010 24:00:00 GMT",
            "Fri, 00 Jan 2010 16:00:00 GMT", "Fri, 01 Jan 1969 16:00:00 GMT",
            "Fri; 01 Jan 2010 16:00:00 GMT",
            "Fri, +1 Jan 2010 16:00:00 GMT", "Fri, 01 Jan 2010 16.00.00 GMT",
        ])
    func badDates(text: String) {
        #expect(with(text) { SIPDate.read($0) } == nil)
    }

    @Test("every day of some years is written and read back")
    func allDays() {
        var writer = ByteWriter()
        for day in stride(from: 0, to: 60_000, by: 7) {
            let time = WallTime(seconds: day * 86_400 + day % 86_400)
            writer.removeAll()
            SIPDate.write(time, into: &writer)
            #expect(SIPDate.read(writer.span) == time)
        }
    }
}
