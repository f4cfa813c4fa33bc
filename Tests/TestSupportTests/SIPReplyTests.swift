import Testing

@testable import TestSupport

/// A reply of these header lines.
private func read(_ lines: [String], status: String = "200 OK") -> SIPReply? {
    SIPReply(Array((["SIP/2.0 \(status)"] + lines + ["", ""]).joined(separator: "\r\n").utf8))
}

@Suite("A reply as tests read it")
struct SIPReplyTests {
    @Test(
        "status and words are read from the first line",
        arguments: [
            ("200 OK", 200, "OK"), ("423 Interval Too Brief", 423, "Interval Too Brief"),
            ("100 ", 100, ""), ("699 a  b", 699, "a  b"),
        ])
    func startLine(_ line: String, _ status: Int, _ reason: String) throws {
        let reply = try #require(read([], status: line))
        #expect(reply.status == status)
        #expect(reply.reason == reason)
    }

    @Test(
        "what is no reply is none",
        arguments: [
            "", "\r\n", "SIP/2.0", "SIP/2.0 200", "SIP/1.0 200 OK", "REGISTER sip:a SIP/2.0",
            "SIP/2.0 OK 200", " SIP/2.0 200 OK", "sip/2.0 200 OK", "HTTP/1.1 200 OK",
        ])
    func noReply(_ text: String) { #expect(SIPReply(Array(text.utf8)) == nil) }

    @Test("bytes that are no UTF-8 are read all the same")
    func broken() throws {
        let reply = try #require(
            SIPReply(Array("SIP/2.0 200 \r\nX: ".utf8) + [0xff, 13, 10, 13, 10]))
        #expect(reply["x"] == "\u{fffd}")
    }

    @Test("names are in lower case, compact forms in full (RFC 3261 7.3.3), values without blanks")
    func names() throws {
        let reply = try #require(
            read([
                "V: a", "f:b", "t :  c\t", "I: d", "CSeq: 1 REGISTER", "l: 0", "k: path",
                "c: text/plain", "X-Own:", "no colon here",
            ]))
        #expect(
            reply.fields.map(\.name) == [
                "via", "from", "to", "call-id", "cseq", "content-length", "supported",
                "content-type", "x-own",
            ])
        #expect(reply["to"] == "c")
        #expect(reply["x-own"] == "")
        #expect(reply["subject"] == nil)
    }

    @Test("the body is no header")
    func body() throws {
        let text = "SIP/2.0 200 OK\r\nA: 1\r\n\r\nB: 2\r\n"
        let reply = try #require(SIPReply(Array(text.utf8)))
        #expect(reply.fields.map(\.name) == ["a"])
        #expect(reply.text == text)
    }

    @Test("of several fields of one name the first is given")
    func first() throws {
        let reply = try #require(read(["A: 1", "a: 2"]))
        #expect(reply["a"] == "1")
        #expect(reply.fields.count == 2)
    }

    @Test("lines may end with a line feed alone")
    func lineFeeds() throws {
        let reply = try #require(SIPReply(Array("SIP/2.0 200 OK\nA: 1\n\nB: 2".utf8)))
        #expect(reply.fields.map(\.value) == ["1"])
    }

    @Test("replies are equal when every byte is")
    func equal() {
        #expect(read(["A: 1"]) == read(["A: 1"]))
        #expect(read(["A: 1"]) != read(["a: 1"]))
    }
}

@Suite("Bindings in a reply")
struct SIPReplyContactTests {
    @Test("several bindings in one field and in several are one list in their order")
    func list() throws {
        let reply = try #require(
            read([
                "Contact: <sip:a@h>;expires=10, <sip:b@h>;q=0.5", "m: <sip:c@h;transport=tcp>",
                "Contact:<sip:d@h>",
            ]))
        #expect(reply.uris == ["sip:a@h", "sip:b@h", "sip:c@h;transport=tcp", "sip:d@h"])
        #expect(reply.contacts.map(\.expires) == [10, nil, nil, nil])
        #expect(reply.contacts.map(\.q) == [nil, "0.5", nil, nil])
    }

    @Test("without Contact there is no binding")
    func none() throws {
        let reply = try #require(read(["Via: a"]))
        #expect(reply.contacts.isEmpty)
        #expect(reply.uris.isEmpty)
    }

    @Test(
        "dividers within quotes and brackets divide nothing",
        arguments: [
            (#"<sip:a@h;x=1,2>;p="u,v;w";q=1"#, "sip:a@h;x=1,2", #""u,v;w""#),
            (#""Name, other" <sip:a@h>;p=1;q=1"#, "sip:a@h", "1"),
            (#"<sip:a@h?h=<x>;p=2;q=1"#, "sip:a@h?h=<x", "2"),
        ])
    func quotes(_ value: String, _ uri: String, _ p: String) throws {
        let contacts = try #require(read(["Contact: \(value)"])).contacts
        #expect(contacts.count == 1)
        #expect(contacts.first?.uri == uri)
        #expect(contacts.first?.parameters["p"] == p)
        #expect(contacts.first?.q == "1")
    }

    @Test(
        "parameters without a value, with an empty one or without a name stop nothing",
        arguments: [
            ("<sip:a>;flag", ["flag": ""]), ("<sip:a>;x=", ["x": ""]), ("<sip:a>;=", ["": ""]),
            ("<sip:a>;=v", ["": "v"]), ("<sip:a>;;;a=1;", ["a": "1"]),
            ("<sip:a>;A = 1 ; B=2=3", ["a": "1", "b": "2=3"]), ("<sip:a>", [:]),
        ] as [(String, [String: String])])
    func parameters(_ value: String, _ parameters: [String: String]) throws {
        let contact = try #require(read(["Contact: \(value)"])?.contacts.first)
        #expect(contact.parameters == parameters)
    }

    @Test("a lifetime that is no number is none")
    func noExpires() throws {
        let contacts = try #require(
            read([
                "Contact: <sip:a>;expires=x, <sip:b>;expires=, <sip:c>;expires=99999999999999999999"
            ])
        ).contacts
        #expect(contacts.map(\.expires) == [nil, nil, nil])
    }

    @Test(
        "brackets that do not match give no URI", arguments: ["sip:a@h", ">sip:a<", "<sip:a", ""])
    func noBrackets(_ value: String) throws {
        #expect(try #require(read(["Contact: \(value)"])).uris.allSatisfy { $0 == "" })
    }

    @Test("no reply that was changed at random stops the program", arguments: 1...40)
    func random(_ seed: UInt64) {
        var numbers = SeededNumbers(seed: seed)
        var bytes = Array(
            "SIP/2.0 200 OK\r\nm: \"x\" <sip:a@h;y>;q=0.1;expires=5, <sip:b>\r\nl: 3\r\n\r\nabc"
                .utf8)
        let palette = Array("<>\";=,: \r\n\u{0}9".utf8) + [0xff]
        for _ in 0..<Int.random(in: 1...12, using: &numbers) {
            let place = Int.random(in: bytes.indices, using: &numbers)
            switch Int.random(in: 0...2, using: &numbers) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(palette.randomElement(using: &numbers) ?? 0, at: place)
            default: bytes[place] = palette.randomElement(using: &numbers) ?? 0
            }
            let reply = SIPReply(bytes)
            #expect((reply?.contacts.count ?? 0) <= bytes.count)
        }
    }
}
