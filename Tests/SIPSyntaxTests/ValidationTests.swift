import Basics
import Foundation
import SIPSyntax
import Testing

/// What is refused before a script runs, and with which answer.
@Suite("Validation")
struct ValidationTests {
    private static let mandatory = ["Via", "From", "To", "Call-ID", "CSeq"]

    @Test("a REGISTER of a phone is accepted")
    func accepted() {
        #expect(verdict(Sample.register) == .accept)
        #expect(verdict(Sample.request()) == .accept)
    }

    @Test("each mandatory header field must be there", arguments: mandatory)
    func missing(name: String) {
        let lines = Sample.request().components(separatedBy: "\r\n")
        let text = lines.filter { !$0.hasPrefix("\(name):") }.joined(separator: "\r\n")
        guard case .refuse(let error) = verdict(text) else {
            Issue.record("not refused")
            return
        }
        #expect(error.status == 400)
        #expect(error.reason.description == "\(name) is missing")
    }

    @Test(
        "a field that must stand alone may not be repeated",
        arguments: [
            "From: <sip:x@y>;tag=2",
            "t: <sip:x@y>",
            "i: other",
            "CSeq: 1 REGISTER",
            "Max-Forwards: 3",
            "l: 0",
        ])
    func repeated(line: String) {
        let text = Sample.request("Content-Length: 0", "Max-Forwards: 3", line)
        guard case .refuse(let error) = verdict(text) else {
            Issue.record("not refused")
            return
        }
        #expect(error.status == 400)
        #expect(error.offset > 0)
    }

    @Test("Via, Contact and unknown fields may be repeated")
    func repeatable() {
        let text = Sample.request(
            "Via: SIP/2.0/TCP b", "Contact: <sip:a>", "Contact: <sip:b>", "X: 1", "X: 2",
            "Supported: a", "Supported: b", "User-Agent: x", "User-Agent: y")
        #expect(verdict(text) == .accept)
    }

    @Test(
        "single header fields that are malformed are refused with 400",
        arguments: [
            ("Via: SIP/2.0/UDP 192.0.2.4", "Via: SIP/2.0/UDP 192.0.2.4;;"),
            ("From: <sip:a@example.com>", "From: <sip:a@example.com"),
            ("From: <sip:a@example.com>", "From: <sip:a@exa mple.com>"),
            ("To: <sip:a@example.com>", "To: \"x <sip:a@example.com>"),
            ("To: <sip:a@example.com>", "To: <sip:a@>"),
            ("Call-ID: c@d", "Call-ID: c d"),
            ("Call-ID: c@d", "Call-ID:"),
            ("CSeq: 1 ", "CSeq: 4294967296 "),
            ("CSeq: 1 REGISTER", "CSeq: 1 INVITE"),
            ("CSeq: 1 REGISTER", "CSeq: 1 register"),
            ("sip:example.com SIP", "sip:@example.com SIP"),
            ("sip:example.com SIP", "<sip:example.com> SIP"),
            ("sip:example.com SIP", "sip:alice@192.0.2.10:5060transport=udp SIP"),
        ])
    func malformed(part: String, replacement: String) {
        let text = Sample.request().replacingOccurrences(of: part, with: replacement)
        #expect(text != Sample.request())
        #expect(fault(of: text)?.status == 400, "\(replacement)")
    }

    @Test("a Request-URI of an unknown scheme is 416, a telephone number is not")
    func schemes() {
        let other = Sample.request().replacingOccurrences(
            of: " sip:example.com ", with: " isbn:12 ")
        #expect(fault(of: other)?.status == 416)
        let tel = Sample.request().replacingOccurrences(of: " sip:example.com ", with: " tel:+12 ")
        #expect(fault(of: tel) == nil)
    }

    @Test("another version is 505, in the start line and in Via")
    func versions() {
        let start = Sample.request().replacingOccurrences(of: "SIP/2.0\r\n", with: "SIP/3.0\r\n")
        #expect(fault(of: start)?.status == 505)
        let via = Sample.request().replacingOccurrences(of: "SIP/2.0/UDP", with: "SIP/3.0/UDP")
        #expect(fault(of: via)?.status == 505)
    }

    @Test("Max-Forwards out of range is refused, 0 is not")
    func maxForwards() {
        #expect(fault(of: Sample.request("Max-Forwards: 300"))?.status == 400)
        #expect(fault(of: Sample.request("Max-Forwards: x"))?.status == 400)
        #expect(fault(of: Sample.request("Max-Forwards: 0")) == nil)
    }

    @Test("Contacts of a REGISTER are the registrar's, others are checked")
    func contacts() {
        let line = "Contact: <sip:a@b"
        #expect(fault(of: Sample.request(line)) == nil)
        #expect(fault(of: Sample.request(line, method: "INVITE"))?.status == 400)
        #expect(fault(of: Sample.request("Contact: sip:a@b;x;;", method: "OPTIONS"))?.status == 400)
        #expect(fault(of: Sample.request("Contact: <sip:a b@c>", method: "NOTIFY"))?.status == 400)
        #expect(fault(of: Sample.request("Contact: <name:x>, *", method: "NOTIFY")) == nil)
    }

    @Test("a method that we do not know must be that of CSeq, letter by letter")
    func unknownMethods() {
        #expect(fault(of: Sample.request(method: "FOO")) == nil)
        let other = Sample.request(method: "FOO").replacingOccurrences(of: "1 FOO", with: "1 BAR")
        #expect(fault(of: other)?.status == 400)
    }

    @Test("responses that are malformed are dropped")
    func responses() {
        let good = Sample.request().replacingOccurrences(
            of: "REGISTER sip:example.com SIP/2.0", with: "SIP/2.0 200 OK")
        #expect(verdict(good) == .accept)
        let bad = good.replacingOccurrences(of: "CSeq: 1 REGISTER", with: "CSeq: x")
        guard case .drop(let error) = verdict(bad) else {
            Issue.record("not dropped")
            return
        }
        #expect(error.kind == .malformed)
    }

    @Test("an ACK is never answered, nor what is no request at all")
    func unanswered() {
        for text in [
            Sample.request("Max-Forwards: x", method: "ACK"), "hello", "hello\r\n\r\n",
            "OPTIONS sip:a SIP/2.0\r\n\r\n", "@\r\nVia: SIP/2.0/UDP a\r\n\r\n", "\u{16}\u{3}\u{1}",
        ] {
            guard case .drop = verdict(text) else {
                Issue.record("not dropped: \(text)")
                continue
            }
        }
    }

    @Test("a request of RFC 2543 is accepted: no branch, no tag, no Max-Forwards")
    func rfc2543() {
        let text = Sample.lines(
            "INVITE sip:UserB@example.com SIP/2.0", "Via: SIP/2.0/UDP iftgw.example.com",
            "From: <sip:+13035551111@ift.client.example.net;user=phone>",
            "To: sip:+16505552222@ss1.example.net;user=phone",
            "Call-ID: 1717@ift.client.example.com",
            "CSeq: 56 INVITE", "", "")
        #expect(verdict(text) == .accept)
    }

    @Test("the same verdict when a message is validated twice")
    func twice() throws {
        var message = try loaded(Sample.register)
        try message.validate()
        try message.validate()
        #expect(try message.cSeq?.number == 1826)
    }
}

/// The IPv6 messages of RFC 5118.
@Suite("RFC 5118")
struct IPv6Tests {
    private func register(uri: String = "sip:[2001:db8::10]", via: String) -> String {
        Sample.lines(
            "REGISTER \(uri) SIP/2.0", "To: sip:user@example.com",
            "From: sip:user@example.com;tag=81x2", "Via: SIP/2.0/UDP \(via)",
            "Call-ID: SSG9559905523997077@hlau_4100", "Max-Forwards: 70",
            "Contact: \"Caller\" <sip:caller@[2001:db8::1]>", "CSeq: 98176 REGISTER",
            "Content-Length: 0", "", "")
    }

    @Test("4.1 a valid message with IPv6 references")
    func valid() {
        #expect(verdict(register(via: "[2001:db8::9:1];branch=z9hG4bKas3-111")) == .accept)
    }

    @Test("4.2 an IPv6 address without brackets in the Request-URI is refused")
    func noBrackets() {
        let text = register(uri: "sip:2001:db8::10", via: "[2001:db8::9:1];branch=z9hG4bKas3-111")
        #expect(fault(of: text)?.status == 400)
    }

    @Test("4.3 the port may look like the end of the address")
    func portAmbiguity() {
        let text = register(
            uri: "sip:[2001:db8::10:5070]", via: "[2001:db8::9:1];branch=z9hG4bKas3-111")
        #expect(verdict(text) == .accept)
    }

    @Test("4.4 and with a port of its own")
    func port() throws {
        let text = register(
            uri: "sip:[2001:db8::10]:5070", via: "[2001:db8::9:1];branch=z9hG4bKas3-111")
        let message = try loaded(text)
        #expect(try message.parsedRequestURI?.port == 5070)
    }

    @Test(
        "4.5 received is taken with and without brackets",
        arguments: ["[2001:db8::9:255]", "2001:db8::9:255"])
    func received(address: String) throws {
        let message = try loaded(
            register(via: "[2001:db8::9:1];received=\(address);branch=z9hG4bKas3-111"))
        let via = try message.topVia
        #expect(message.text(via?.received) == address)
        #expect(message.text(via?.branch) == "z9hG4bKas3-111")
    }

    @Test("4.6 three colons are no address")
    func threeColons() {
        let text = register(via: "[2001:db8:::192.0.2.1]:5060;branch=z9hG4bKas3-111")
        #expect(fault(of: text)?.status == 400)
    }

    @Test("4.7 several Vias of both families, and 4.10 IPv4-mapped addresses")
    func mixed() throws {
        let text = register(
            via: "[2001:db8::9:1]:6050;branch=z9hG4bKas3-111\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=b"
                + ", SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19")
        #expect(verdict(text) == .accept)
        let message = try loaded(text)
        var hosts: [String?] = []
        var vias = message.vias
        while let via = try vias.next() { hosts.append(message.text(via.host)) }
        #expect(hosts == ["[2001:db8::9:1]", "192.0.2.1", "[::ffff:192.0.2.10]"])
    }
}
