import Testing

@testable import Basics
@testable import EventDocuments

/// The root of a document, found without a parser.
@Suite("Root tags")
struct RootTagTests {
    @Test(
        "the name is found behind what may stand before it",
        arguments: [
            ("<presence/>", "presence"), ("<p:presence xmlns:p='x'>", "presence"),
            ("<?xml version='1.0'?>\n<reginfo>", "reginfo"),
            ("<!-- <other> --><reginfo >", "reginfo"), ("\u{FEFF}<a/>", "a"),
            ("<?a?><!-- b --><?c?><dialog-info a='>'>", "dialog-info"),
        ])
    func names(_ text: String, _ expected: String) throws {
        let bytes = text.bytes
        let found = RootTag(bytes.span)
        let tag = try #require(found)
        #expect(String(copying: bytes.span.part(tag.name)) == expected)
    }

    @Test(
        "what has no start tag that ends has no root",
        arguments: ["", "text", "<", "< presence>", "<a", "<a b='>", "<!-- <a>", "<?xml <a>", "<>"])
    func nothing(_ text: String) {
        let bytes = text.bytes
        let found = RootTag(bytes.span)
        #expect(found == nil)
    }

    @Test(
        "an attribute is found by its whole name, in either kind of quotes",
        arguments: [
            ("<a version='7'>", "7"), ("<a version=\"7\"/>", "7"), ("<a version = '7' >", "7"),
            ("<a v:version='1' version='2'>", "2"), ("<a x=' version=\"1\"' version=''>", ""),
            ("<a\n\tversion='7'\n>", "7"), ("<a xversion='1'>", nil), ("<a>", nil),
            ("<a version>", nil), ("<a version=>", nil), ("<a/><b version='1'/>", nil),
        ] as [(String, String?)])
    func attributes(_ text: String, _ expected: String?) throws {
        let bytes = text.bytes
        let found = RootTag(bytes.span)
        let tag = try #require(found)
        let place = tag.value(of: "version", in: bytes.span)
        #expect(place.map { String(copying: bytes.span.part($0)) } == expected)
    }
}

@Suite("What rules depend on")
struct RuleDependencyTests {
    @Test(
        "rules say whether time or place may change what they say",
        arguments: [
            ("<cr:sphere value='work'/>", true, false),
            (
                "<cr:validity><cr:from>2020-01-01T00:00:00Z</cr:from>"
                    + "<cr:until>2030-01-01T00:00:00Z</cr:until></cr:validity>", false, true
            ),
            ("<cr:identity><cr:one id='sip:a@b'/></cr:identity>", false, false),
        ])
    func dependencies(_ condition: String, _ sphere: Bool, _ time: Bool) throws {
        let document = Samples.rules(Samples.rule(condition, "allow"))
        let rules = try PresenceRules(parsing: document.span)
        #expect(rules.asksForSphere == sphere && rules.asksForTime == time)
        let both = rules.merged(with: PresenceRules())
        #expect(both.asksForSphere == sphere && both.asksForTime == time)
        #expect(!PresenceRules().asksForTime && !PresenceRules().asksForSphere)
    }
}

@Suite("Versions and media types of documents")
struct DocumentVersionTests {
    /// A document with its version replaced by 42.
    private func renumbered(_ text: String) -> String? {
        let bytes = text.bytes
        let document = RegistrationInfo.versioned(bytes)
        guard let place = document.version?.indices else { return nil }
        let head = document.bytes.prefix(place.lowerBound)
        let tail = document.bytes.dropFirst(place.upperBound)
        return String(decoding: head, as: UTF8.self) + "42" + String(decoding: tail, as: UTF8.self)
    }

    @Test(
        "a published document keeps every byte but those of its version",
        arguments: [
            (
                "<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='0' state='full'/>",
                "<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='42' state='full'/>"
            ),
            (
                "<?xml version=\"1.0\"?>\n<reginfo version=\"0000\"><a version='1'/></reginfo>",
                "<?xml version=\"1.0\"?>\n<reginfo version=\"42\"><a version='1'/></reginfo>"
            ),
        ])
    func versioned(_ text: String, _ expected: String) {
        #expect(renumbered(text) == expected)
    }

    @Test("a document without a version goes out as it is")
    func unversioned() {
        let text = "<reginfo state='full'/>"
        let document = RegistrationInfo.versioned(text.bytes)
        #expect(document.bytes == text.bytes && document.version == nil)
    }

    @Test("media types are those of the RFCs")
    func types() {
        #expect("\(PIDF.contentType)" == "application/pidf+xml")
        #expect("\(WatcherInfo.contentType)" == "application/watcherinfo+xml")
        #expect("\(RegistrationInfo.contentType)" == "application/reginfo+xml")
        #expect("\(DialogInfo.contentType)" == "application/dialog-info+xml")
        #expect("\(MessageSummary.contentType)" == "application/simple-message-summary")
    }
}
