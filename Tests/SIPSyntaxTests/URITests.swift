import Basics
import SIPSyntax
import Testing

/// URIs: what is accepted, where their parts are, and when two are the same.
@Suite("URIs")
struct URITests {
    private func uri(_ text: String) throws(SyntaxError) -> SIPURI {
        try with(text) { (bytes) throws(SyntaxError) in try SIPURI(parsing: bytes) }
    }

    /// One URI with the parts it must have.
    struct Row: Sendable, CustomTestStringConvertible {
        var text: String
        var scheme: SIPURI.Scheme = .sip
        var user: String?
        var password: String?
        var host: String
        var port: UInt16?
        var parameters = ""
        var headers = ""
        var testDescription: String { text }
    }

    static let rows: [Row] = [
        Row(text: "sip:example.com", host: "example.com"),
        Row(text: "SIP:a@b", user: "a", host: "b"),
        Row(
            text: "sips:alice:secret@b:5061", scheme: .sips, user: "alice", password: "secret",
            host: "b", port: 5061),
        Row(text: "sip:a:@b", user: "a", password: "", host: "b"),
        Row(text: "sip:192.0.2.1:65535;lr", host: "192.0.2.1", port: 65535, parameters: "lr"),
        Row(
            text: "sip:[2001:db8::1]:5070;transport=tcp?Subject=x&To=y", host: "[2001:db8::1]",
            port: 5070, parameters: "transport=tcp", headers: "Subject=x&To=y"),
        Row(text: "sip:a@[::1]?h=", user: "a", host: "[::1]", headers: "h="),
        Row(
            text: "sip:user;par=u%40example.net@example.com", user: "user;par=u%40example.net",
            host: "example.com"),
        Row(
            text: "sip:sips%3Auser%40example.com@example.net", user: "sips%3Auser%40example.com",
            host: "example.net"),
        Row(text: "sip:a?b/c@d", user: "a?b/c", host: "d"),
        Row(text: "sip:*21#@d", user: "*21#", host: "d"),
        Row(
            text: "sip:+1-650-555;phone-context=x@d;user=phone", user: "+1-650-555;phone-context=x",
            host: "d", parameters: "user=phone"),
        Row(text: "sip:my_host.local", host: "my_host.local"),
        Row(text: "sip:%00@d;a=%41;b", user: "%00", host: "d", parameters: "a=%41;b"),
        Row(
            text: "tel:+1-201-555-0123;ext=5", scheme: .tel, user: "+1-201-555-0123", host: "",
            parameters: "ext=5"),
        Row(
            text: "tel:7042;phone-context=example.com", scheme: .tel, user: "7042", host: "",
            parameters: "phone-context=example.com"),
        Row(text: "http://www.example.com/x?y#z", scheme: .other, host: ""),
        Row(text: "soap.beep://192.0.2.103:3002", scheme: .other, host: ""),
        Row(text: "urn:service:sos", scheme: .other, host: ""),
        Row(
            text:
                "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_"
                + "too.(doesn't-it)@example.com",
            user: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
            password: "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)", host: "example.com"),
    ]

    @Test("the parts of a URI are found", arguments: rows)
    func parts(row: Row) throws {
        let found = try uri(row.text)
        #expect(found.scheme == row.scheme)
        #expect(cut(row.text, found.user) == row.user)
        #expect(cut(row.text, found.password) == row.password)
        #expect(cut(row.text, found.host) == row.host)
        #expect(found.port == row.port)
        #expect(cut(row.text, found.parameters) == row.parameters)
        #expect(cut(row.text, found.headers) == row.headers)
        #expect(cut(row.text, found.whole) == row.text)
        #expect(found.isSIP == (row.scheme == .sip || row.scheme == .sips))
    }

    @Test(
        "a URI that is malformed is refused",
        arguments: [
            "",
            "sip",
            "sip:",
            ":",
            "1sip:a",
            "sip:@b",
            "sip:a@",
            "sip:a@b@c",
            "sip:a b@c",
            "sip:a@b c",
            "sip:a@b:",
            "sip:a@b:x",
            "sip:a@b:65536",
            "sip:alice@192.0.2.10:5060transport=udp",
            "sip:a@b;",
            "sip:a@b;;c",
            "sip:a@b;c=",
            "sip:a@b;=c",
            "sip:a@b?",
            "sip:a@b?c",
            "sip:a@b?=c",
            "sip:a@b?c=d&",
            "sip:a@1.2.3",
            "sip:a@256.1.1.1",
            "sip:a@1.2.3.4.5",
            "sip:a@[::1",
            "sip:a@[1.2.3.4]",
            "sip:a@[::g]",
            "sip:a@::1",
            "sip:a%4@b",
            "sip:a%4g@b",
            "sip:a%@b",
            "sip:a@b;c=%4",
            "<sip:a@b>",
            "sip:a@b>",
            "sip:\"a\"@b",
            "sip:a@-b",
            "sip:a@b-",
            "sip:a@b..c",
            "sip:a@.b",
            "sip:a\u{0}@b",
            "sip:ä@b",
            "sip:a@b;c=d=e",
            "tel:",
            "tel:x",
            "tel:+1;",
            "tel:+1@b",
            "http:",
            "sip :a@b",
            "sip:a@b,",
            "sip:a@b;c d",
            "sip:a[b]@c",
        ])
    func bad(text: String) {
        var failed = false
        do throws(SyntaxError) { _ = try uri(text) } catch { failed = true }
        #expect(failed)
    }

    @Test("a URI within other bytes has ranges of those bytes")
    func within() throws {
        let text = "<sip:a@b;c>;d"
        let bytes = Array(text.utf8)
        let found = try SIPURI(parsing: bytes.span, in: ByteRange(offset: 1, count: 9))
        #expect(cut(text, found.user) == "a")
        #expect(cut(text, found.parameters) == "c")
        #expect(cut(text, found.userAndHost) == "a@b")
    }

    @Test(
        "user and host without the rest",
        arguments: [
            ("sip:a@b", "a@b"),
            ("sip:b", "b"),
            ("sip:a:p@b:1;x?y=z", "a:p@b:1"),
            ("sip:a@b?y=z", "a@b"),
            ("sips:b:5;x", "b:5"),
        ])
    func userAndHost(text: String, part: String) throws {
        #expect(cut(text, try uri(text).userAndHost) == part)
    }

    @Test("ports have defaults and hosts have kinds")
    func defaults() throws {
        #expect(try uri("sip:a").portOrDefault == 5060)
        #expect(try uri("sips:a").portOrDefault == 5061)
        #expect(try uri("sip:a:7").portOrDefault == 7)
        #expect(try uri("sip:a").hostKind == .name)
        #expect(try uri("sip:1.2.3.4").hostKind == .ipv4)
        #expect(try uri("sip:[::1]").hostKind == .ipv6)
        #expect(try uri("tel:1").hostKind == nil)
    }

    @Test("parameters are found without regard to case and escapes")
    func parameters() throws {
        let text = "sip:a@b;Transport=TCP;lr;n%61me=v;transport=udp?a=1&b="
        let found = try uri(text)
        let bytes = Array(text.utf8)
        #expect(cut(text, found.parameter("transport", in: bytes.span)?.value) == "TCP")
        let lr = found.parameter("LR", in: bytes.span)
        #expect(lr != nil && lr?.value == nil)
        #expect(found.parameter("name", in: bytes.span) == nil)
        let name = Array("name".utf8)
        #expect(cut(text, found.parameter(named: name.span, in: bytes.span)?.value) == "v")
        #expect(found.transport(in: bytes.span) == .tcp)
        var names: [String?] = []
        var headers = found.headerPairs(in: bytes.span)
        while let pair = headers.next() { names.append(cut(text, pair.name)) }
        #expect(names == ["a", "b"])
    }

    @Test(
        "the transport is that of the parameter, else of the scheme",
        arguments: [
            ("sip:a", TransportProtocol?.some(.udp)),
            ("sips:a", .tls),
            ("sip:a;transport=tls", .tls),
            ("sips:a;transport=tcp", .tls),
            ("sip:a;transport=WS", .ws),
            ("sip:a;transport=x", nil),
        ])
    func transports(text: String, expected: TransportProtocol?) throws {
        let found = try uri(text)
        #expect(with(text) { found.transport(in: $0) } == expected)
    }

    @Test("escapes are resolved and made")
    func escapes() {
        func plain(_ text: String) -> String {
            var writer = ByteWriter()
            with(text) { EscapedText.write($0, into: &writer) }
            return writer.text
        }
        #expect(plain("a%20b%41") == "a bA")
        #expect(plain("%") == "%")
        #expect(plain("%4") == "%4")
        #expect(plain("%zz%25") == "%zz%")
        #expect(plain("") == "")
        var writer = ByteWriter()
        with("a b%ü") { bytes in
            EscapedText.writeEscaped(bytes, isAllowed: { $0 > 32 && $0 < 127 }, into: &writer)
        }
        #expect(writer.text == "a%20b%25%c3%bc")
    }

    private func same(_ one: String, _ two: String) throws -> Bool {
        let left = Array(one.utf8)
        let right = Array(two.utf8)
        let first = try uri(one)
        let second = try uri(two)
        let result = SIPURI.areEquivalent(first, in: left.span, second, in: right.span)
        let back = SIPURI.areEquivalent(second, in: right.span, first, in: left.span)
        #expect(result == back, "the comparison is symmetric: \(one) \(two)")
        return result
    }

    @Test(
        "URIs that RFC 3261 19.1.4 calls equivalent",
        arguments: [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x"
            ),
            ("tel:+1-2", "TEL:+1-2"),
            ("sip:a@b;lr", "sip:a@b;LR"),
        ])
    func equivalent(one: String, two: String) throws {
        #expect(try same(one, two))
    }

    @Test(
        "URIs that RFC 3261 19.1.4 calls different",
        arguments: [
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
            ("sip:a@b", "sips:a@b"),
            ("sip:a@b", "sip:b"),
            ("sip:a:p@b", "sip:a@b"),
            ("sip:a@b;user=phone", "sip:a@b"),
            ("sip:a@b;lr", "sip:a@b;lr=on"),
            ("tel:1", "sip:1@b"),
            ("sip:null-%00@b", "sip:null-%00%00@b"),
            ("sip:a%2Cb@c", "sip:a,b@c"),
            ("sip:a@b?h=1", "sip:a@b?h=2"),
            ("sip:a@b;maddr=1.2.3.4", "sip:a@b"),
        ])
    func different(one: String, two: String) throws {
        #expect(try !same(one, two))
    }

    @Test("URIs longer than the limit are compared as text")
    func long() throws {
        let many = "sip:a@b" + (0..<600).map { ";p\($0)=1" }.joined()
        #expect(many.utf8.count > SIPURI.longestCompared)
        #expect(try same(many, many))
        #expect(try !same(many, many + ";q"))
    }

    @Test(
        "kinds of hosts",
        arguments: [
            ("example.com", Host?.some(.name)),
            ("example.com.", .name),
            ("a", .name),
            ("1a", .name),
            ("x1.2.3.4", .name),
            ("1.2.3.4", .ipv4),
            ("[::1]", .ipv6),
            ("", nil),
            (".", nil),
            ("1", nil),
            ("1.2.3.4.", nil),
            ("a..b", nil),
            ("-a", nil),
            ("a-", nil),
            ("a-.b", nil),
            ("a.-b", nil),
            ("[]", nil),
            ("[1.2.3.4]", nil),
            ("::1", nil),
            ("a b", nil),
            ("ä", nil),
            ("a_b", .name),
        ])
    func hosts(text: String, kind: Host?) {
        #expect(with(text) { Host.kind(of: $0) } == kind)
    }
}
