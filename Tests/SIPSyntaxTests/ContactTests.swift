import Basics
import SIPSyntax
import Testing

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
            ("0", ParameterNumber.value(0)),
            ("1", .value(1000)),
            ("0.5", .value(500)),
            ("0.33", .value(330)),
            ("0.999", .value(999)),
            ("0.9999", .value(999)),
            ("1.0", .value(1000)),
            ("1.000", .value(1000)),
            ("1.001", .malformed),
            ("2", .malformed),
            ("0.", .value(0)),
            (".5", .value(500)),
            (".", .malformed),
            ("-1", .malformed),
            ("0.5x", .malformed),
            ("x", .malformed),
            ("1.5", .malformed),
            ("00.5", .value(500)),
            ("0.00000000000000000000000000000001", .value(0)),
            ("\"0.5\"", .malformed),
            ("99999999999999999999999999", .malformed),
        ])
    func qvalues(text: String, expected: ParameterNumber) throws {
        #expect(try contact("<sip:a>;q=\(text)").q == expected)
    }

    @Test(
        "expires and reg-id are numbers or malformed",
        arguments: [
            ("60", ParameterNumber.value(60)),
            ("0", .value(0)),
            ("4294967295", .value(.max)),
            ("4294967296", .malformed),
            ("x", .malformed),
            ("-1", .malformed),
            ("\"60\"", .value(60)),
            ("280297596632815", .malformed),
            ("1.5", .malformed),
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
            "",
            "<sip:a>;;;;",
            "sip:a@b?Route=%3Csip:c%3E",
            "**",
            "* x",
            "<sip:a",
            "<sip:a>;q=",
            "\"open <sip:a>",
            "<sip:a>, <sip:b>",
            "<sip:a>;+sip.instance=\"<urn",
            "<sip:a> x",
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
