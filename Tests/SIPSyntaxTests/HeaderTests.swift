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
            ("SIP/2.0/UDP a", "a", UInt16?.none),
            ("SIP/2.0/UDP 192.0.2.1:5060", "192.0.2.1", 5060),
            ("SIP/2.0/UDP [2001:db8::1]:5061", "[2001:db8::1]", 5061),
            ("SIP/2.0/UDP [::1]", "[::1]", nil),
            ("SIP / 2.0 / UDP\t a : 7 ;rport", "a", 7),
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
            "",
            "SIP/2.0/UDP",
            "SIP/2.0/UDP ",
            "SIP/2.0 a",
            "SIP/2.0/UDPa;",
            "SIP/2.0/UDP a;;b",
            "SIP/2.0/UDP a;",
            "SIP/2.0/UDP a:",
            "SIP/2.0/UDP a:65536",
            "SIP/2.0/UDP a:x",
            "SIP/2.0/UDP [::1",
            "SIP/2.0/UDP [::x]",
            "SIP/2.0/UDP 1.2.3",
            "SIP/2.0/UDP -a",
            "SIP/2.0/UDP a;branch=",
            "SIP/2.0/UDP a;ttl=256",
            "SIP/2.0/UDP a;ttl",
            "SIP/2.0/UDP a;rport=x",
            "SIP/2.0/UDP a b",
            "SIP/2.0/UDP a, SIP/2.0/UDP b",
            "SIP/2.0/UDP a;x=\"open",
            "HTTP/1.1/UDP a",
            "SIP/2.0/UDP a..b",
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
            ("SIP/2.0/UDP a", false),
            ("SIP/2.0/UDP a;branch=1", false),
            ("SIP/2.0/UDP a;branch=z9hG4bK", false),
            ("SIP/2.0/UDP a;branch=z9hG4bK7", true),
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
            ("<sip:a@b>", "", "sip:a@b", String?.none),
            ("sip:a@b", "", "sip:a@b", nil),
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
            "",
            "<>",
            "<sip:a",
            "sip:a>",
            "\"open <sip:a>",
            "\"x\" sip:a",
            "Bell, Alex <sip:a>",
            "< sip:a >",
            "<sip:a >",
            "<sip:a b>",
            "<sip:a>x",
            "<sip:a>;",
            "<sip:a>;;x",
            "<sip:a>;tag",
            "<sip:a>;tag=",
            "sip:a?b=c",
            "alice",
            "<sip:a>;tag=a b",
            "<<sip:a>>",
            "sip:a, sip:b",
            "\"a\"\"b\" <sip:a>",
            "<sip:a\u{0}>",
            "x y sip:a",
            "<sip:a>;tag=\"open",
        ])
    func badAddresses(text: String) {
        var failed = false
        do throws(SyntaxError) { _ = try address(text) } catch { failed = true }
        #expect(failed, "\(text)")
    }

    @Test(
        "CSeq is a number below 2^31 and a method",
        arguments: [
            ("1 INVITE", UInt32?(1), "INVITE"),
            ("0009\r\n  INVITE", 9, "INVITE"),
            ("2147483647 FOO", 2_147_483_647, "FOO"),
            ("2147483648 FOO", nil, ""),
            ("36893488147419103232 REGISTER", nil, ""),
            ("-1 INVITE", nil, ""),
            ("1INVITE", nil, ""),
            ("1", nil, ""),
            ("INVITE 1", nil, ""),
            ("", nil, ""),
            ("1 INVITE x", nil, ""),
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
            ("a", true),
            ("a@b", true),
            ("a@b@c", true),
            ("{x}[y]/?\"<>:\\", true),
            ("", false),
            ("a b", false),
            ("a,b", false),
            ("a;b", false),
            ("ü", false),
            ("a\r\n b", false),
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
