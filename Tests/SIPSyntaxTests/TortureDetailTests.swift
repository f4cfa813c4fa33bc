import Basics
import Foundation
import SIPSyntax
import Testing

/// What each message of RFC 4475 is there to show, beyond whether it is accepted.
@Suite("RFC 4475, in detail")
struct TortureDetailTests {
    /// A message of the collection, loaded.
    private func torture(_ name: String) throws -> SIPMessage {
        let url = Sample.testsFolder.appending(path: "Torture/\(name).dat")
        let bytes = [UInt8](try Data(contentsOf: url))
        var message = SIPMessage()
        try message.load(bytes.span)
        return message
    }

    /// The error of a message of the collection, nil when it is accepted.
    private func reason(_ name: String) throws -> String? {
        let url = Sample.testsFolder.appending(path: "Torture/\(name).dat")
        let bytes = [UInt8](try Data(contentsOf: url))
        var message = SIPMessage()
        switch message.receive(bytes.span) {
        case .refuse(let error), .drop(let error): return "\(error.status) \(error.reason)"
        case .accept, .keepAlive: return nil
        }
    }

    /// The texts of all Contacts' URIs.
    private func contacts(_ message: borrowing SIPMessage) throws -> [String?] {
        var found: [String?] = []
        var contacts = message.contacts
        while let contact = try contacts.next() { found.append(message.text(contact.uri)) }
        return found
    }

    @Test("3.1.1.2 a method and a user of every character that is allowed")
    func everyCharacter() throws {
        let message = try torture("intmeth")
        #expect(message.method == .other)
        #expect(message.text(message.methodRange) == "!interesting-Method0123456789_*+`.%indeed'~")
        let uri = try message.parsedRequestURI
        #expect(
            message.text(uri?.user) == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*")
        #expect(message.text(uri?.password) == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)")
        let to = try message.to
        #expect(
            message.text(to?.displayName) == "\"BEL:\\\u{7} NUL:\\\u{0} DEL:\\\u{7f}\"")
        let from = try message.from
        #expect(message.text(from?.displayName) == "token1~` token2'+_ token3*%!.-")
        #expect(message.text(from?.tag) == "_token~1'+`*%!-.")
        let id = message.callID
        #expect(message.text(id) == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{")
        let via = try message.topVia
        #expect(via.map { $0.hasMagicCookie(in: message.bytes) } == true)
        let name = Array("EXTENSIONHEADER-!.%*+_`'~".utf8)
        let extra = message.header(named: name.span)
        #expect(message.text(extra)?.hasPrefix("\u{feff}") == true)
    }

    @Test("3.1.1.3 escapes in users and parameters are compared as what they stand for")
    func escapes() throws {
        let message = try torture("esc01")
        let to = try #require(try message.toURI)
        let plain = Array("sip:user@EXAMPLE.com".utf8)
        let other = try SIPURI(parsing: plain.span)
        #expect(SIPURI.areEquivalent(to, in: message.bytes, other, in: plain.span) == true)
        let uri = try message.parsedRequestURI
        #expect(message.text(uri?.user) == "sips%3Auser%40example.com")
        #expect(try contacts(message).count == 1)
        let range = try #require(try firstContact(message))
        let contact = try SIPURI(parsing: message.bytes, in: range)
        let lr = contact.parameter("lr", in: message.bytes)
        #expect(lr == nil)
        let name = Array("lr".utf8)
        let escaped = contact.parameter(named: name.span, in: message.bytes)
        #expect(message.text(escaped?.name) == "%6C%72")
        let caller = Array("sip:caller@host5.example.net;lr;name=value%2541".utf8)
        let same = try SIPURI(parsing: caller.span)
        #expect(SIPURI.areEquivalent(contact, in: message.bytes, same, in: caller.span) == true)
    }

    private func firstContact(_ message: borrowing SIPMessage) throws -> ByteRange? {
        var contacts = message.contacts
        return try contacts.next()?.uri
    }

    @Test("3.1.1.4 escaped zero bytes are users, and one is not two")
    func escapedNull() throws {
        let message = try torture("escnull")
        #expect(
            try contacts(message) == [
                "sip:%00@host5.example.com", "sip:%00%00@host5.example.com",
            ])
        var all = message.contacts
        let one = try #require(try all.next()?.uri)
        let two = try #require(try all.next()?.uri)
        let left = try SIPURI(parsing: message.bytes, in: one)
        let right = try SIPURI(parsing: message.bytes, in: two)
        #expect(SIPURI.areEquivalent(left, in: message.bytes, right, in: message.bytes) == false)
    }

    @Test("3.1.1.5 an escape that is none of a URI is taken as it stands")
    func noEscape() throws {
        let message = try torture("esc02")
        #expect(message.method == .other)
        #expect(message.text(message.methodRange) == "RE%47IST%45R")
        let from = try message.from
        #expect(message.text(from?.displayName) == "\"%Z%45\"")
        let uris = try contacts(message)
        #expect(uris == ["sip:alias1@host1.example.com", "sip:alias3@host3.example.com"])
        let name = Array("c%6fntact".utf8)
        let unknown = message.header(named: name.span)
        #expect(message.text(unknown) == "<sip:alias2@host2.example.com>")
    }

    @Test("3.1.1.6 no space before < is needed")
    func noSpace() throws {
        let message = try torture("lwsdisp")
        let from = try message.from
        #expect(message.text(from?.displayName) == "caller")
        #expect(message.text(from?.uri) == "sip:caller@example.com")
    }

    @Test("3.1.1.7 Vias in every spelling of their name are one list in order")
    func longRequest() throws {
        let message = try torture("longreq")
        #expect(message.fieldCount(.via) == 34)
        var hosts: [String?] = []
        var vias = message.vias
        while let via = try vias.next() { hosts.append(message.text(via.host)) }
        let expected = (1...33).reversed().map { "sip\($0).example.com" } + ["host.example.com"]
        #expect(hosts == expected)
        let to = try message.toURI
        #expect(to?.port == 6000)
        #expect(message.bytes.part(message.body).count == 150)
    }

    @Test("3.1.1.8 what stands behind Content-Length is no part of the message")
    func twoRequests() throws {
        let message = try torture("dblreq")
        #expect(message.method == .register)
        #expect(message.body.isEmpty)
        #expect(try contacts(message) == ["sip:j.user@host.example.com"])
    }

    @Test("3.1.1.9 a semicolon in a user begins no parameter of the URI")
    func semicolon() throws {
        let message = try torture("semiuri")
        let uri = try message.parsedRequestURI
        #expect(message.text(uri?.user) == "user;par=u%40example.net")
        #expect(uri?.parameters.isEmpty == true)
        #expect(
            message.texts(.accept) == [
                "application/sdp", "application/pkcs7-mime", "multipart/mixed",
                "multipart/signed", "message/sip", "message/sipfrag",
            ])
    }

    @Test("3.1.1.10 transports that are ours, and one that is nobody's")
    func transports() throws {
        let message = try torture("transports")
        var known: [TransportProtocol?] = []
        var vias = message.vias
        while let via = try vias.next() {
            known.append(via.transportProtocol(in: message.bytes))
        }
        #expect(known == [.udp, .sctp, .tls, nil, .tcp])
    }

    @Test("3.1.1.11 a body of several parts with bytes of all kinds is kept whole")
    func multipart() throws {
        let message = try torture("mpart01")
        let type = try #require(try message.contentType)
        #expect(type.matches("multipart", "mixed", in: message.bytes) == true)
        #expect(message.text(type.parameters) == ";boundary=7a9cbec02ceef655")
        #expect(message.body.count == 553)
        let date = message.header(.date).map { SIPDate.read(message.bytes.part($0)) }
        #expect(date == WallTime(seconds: 1_129_351_496))
    }

    @Test("3.1.1.12 and 3.1.1.13 a reason phrase may be of any script, or empty")
    func reasons() throws {
        let foreign = try torture("unreason")
        #expect(foreign.kind == .response && foreign.status == 200)
        #expect(foreign.text(foreign.reason)?.hasPrefix("= 2**3 * 5**2 но сто девяносто") == true)
        let empty = try torture("noreason")
        #expect(empty.status == 100)
        #expect(empty.reason.isEmpty)
    }

    @Test(
        "3.1.2 what is malformed is refused, in words that name it",
        arguments: [
            ("clerr", "400 Content-Length exceeds the message"),
            ("ncl", "400 Malformed Content-Length"),
            ("lwsruri", "400 Malformed SIP version"),
            ("lwsstart", "400 Malformed request line"),
            ("trws", "400 Malformed request line"),
            ("badvers", "505 Version Not Supported"),
            ("mismatch01", "400 CSeq method is not the request's"),
            ("mismatch02", "400 CSeq method is not the request's"),
            ("bigcode", "400 Malformed status code"),
            ("insuf", "400 From is missing"),
            ("unkscm", "416 Unsupported URI Scheme"),
            ("novelsc", "416 Unsupported URI Scheme"),
        ])
    func refused(name: String, expected: String) throws {
        #expect(try reason(name) == expected)
    }

    @Test("3.1.2.12 and 3.3.9 dates in other zones are no dates, and single fields stand alone")
    func dates() throws {
        let message = try torture("baddate")
        let date = message.header(.date).flatMap { SIPDate.read(message.bytes.part($0)) }
        #expect(date == nil)
        #expect(try reason("multi01")?.hasPrefix("400 ") == true)
        #expect(try reason("mcl01")?.hasPrefix("400 ") == true)
    }

    @Test("3.3.14 headers within the URI of a Contact stay in it")
    func escapedHeaders() throws {
        let message = try torture("regescrt")
        let range = try #require(try firstContact(message))
        let uri = try SIPURI(parsing: message.bytes, in: range)
        #expect(message.text(uri.headers) == "Route=%3Csip:sip.example.com%3E")
        var pairs = uri.headerPairs(in: message.bytes)
        let pair = pairs.next()
        #expect(message.text(pair?.name) == "Route")
        var writer = ByteWriter()
        if let value = pair?.value { EscapedText.write(message.bytes.part(value), into: &writer) }
        #expect(writer.text == "<sip:sip.example.com>")
    }

    @Test("3.4.1 a request of RFC 2543 has no tag, no branch and no cookie")
    func rfc2543() throws {
        let message = try torture("inv2543")
        let via = try #require(try message.topVia)
        #expect(via.branch == nil)
        #expect(via.hasMagicCookie(in: message.bytes) == false)
        #expect(try message.from?.tag == nil)
        #expect(message.maxForwards == .absent)
        #expect(message.contentLength == .absent)
        let branch = try torture("badbranch")
        let bare = try #require(try branch.topVia)
        #expect(bare.hasMagicCookie(in: branch.bytes) == false)
        let zero = try torture("zeromf")
        #expect(zero.maxForwards == .value(0))
    }
}
