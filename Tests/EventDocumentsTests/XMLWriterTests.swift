import Testing

@testable import Basics
@testable import EventDocuments

/// What a writer escapes comes back as it was.
@Suite("Writing XML")
struct XMLWriterTests {
    @Test(
        "text and attributes come back as they went in",
        arguments: [
            "plain", "a & b < c > d", "\"quoted\" and 'single'", "tab\tline\nreturn\r", "ünïcode 🙂",
            "",
            "]]>", "&amp;", "  spaces  ", "sip:alice@example.com;transport=tcp?x=1&y=2",
        ])
    func roundTrip(_ value: String) throws {
        var writer = XMLWriter()
        writer.open("a")
        writer.attribute("b", value)
        writer.open("c")
        writer.text("[" + value + "]")
        writer.close("c")
        writer.close("a")
        let root = try XMLDocument(writer.finish().span).root
        #expect(root.attribute("b") == value)
        #expect(root.child("c")?.text == "[" + value + "]")
    }

    @Test(
        "what is no character of XML is left out",
        arguments: [
            ("a\u{0}b", "ab"), ("\u{1}\u{1F}x", "x"), ("a\u{FFFE}b\u{FFFF}c", "abc"), ("\u{B}", ""),
            ("\u{7F}", "\u{7F}"), ("\u{FFFD}", "\u{FFFD}"), ("\u{1FFFE}", "\u{1FFFE}"),
        ])
    func noCharacters(_ value: String, _ expected: String) throws {
        var writer = XMLWriter()
        writer.open("a")
        writer.attribute("b", value)
        writer.close("a")
        #expect(try XMLDocument(writer.finish().span).root.attribute("b") == expected)
    }

    @Test("an element without content is closed at once")
    func empty() {
        var writer = XMLWriter()
        writer.open("a")
        writer.element("b", "")
        writer.close("a")
        #expect(writer.finish().text.hasSuffix("?>\n<a><b/></a>"))
    }

    @Test("a document's version is where the writer put it")
    func versions() {
        var writer = XMLWriter()
        writer.open("a")
        writer.attribute("x", "version=\"9\"")
        writer.version(12)
        writer.close("a")
        let document = writer.finishVersioned()
        #expect(
            document.bytes(version: 3).text.hasSuffix(
                "<a x=\"version=&quot;9&quot;\" version=\"3\"/>"))
        #expect(document.bytes(version: 1_234_567).text.contains(" version=\"1234567\""))
        #expect(document.bytes(version: -1).text.contains(" version=\"0\""))
    }

    @Test("a document without version is sent as it is")
    func unversioned() {
        let document = VersionedDocument("<a/>".bytes)
        #expect(document.version == nil)
        #expect(document.bytes(version: 5) == "<a/>".bytes)
    }

    @Test(
        "the root's name and attributes are found in the bytes",
        arguments: [
            ("<a version='1'/>", "a", "1"),
            ("<?xml version=\"1.0\"?>\n<!-- <x> --><p:a version = \"22\">", "a", "22"),
            ("\u{FEFF}<a other='version=9' version=''>", "a", ""),
            ("<a\n\tb=\">\"\nversion=\"3\"\n>", "a", "3"),
            ("<a xversion='4' version='5'>", "a", "5"),
        ])
    func rootTag(_ text: String, _ name: String, _ version: String) throws {
        let bytes = text.bytes
        let found = RootTag(bytes.span)
        let root = try #require(found)
        #expect(String(copying: bytes.span.part(root.name)) == name)
        let place = root.value(of: "version", in: bytes.span)
        let value = try #require(place)
        #expect(String(copying: bytes.span.part(value)) == version)
    }

    @Test(
        "bytes that are no document have no root",
        arguments: [
            "", "text", "<", "<?xml", "<!-- <a>", "<a b='", "< a>", "<?xml?>",
        ])
    func noRoot(_ text: String) {
        let bytes = text.bytes
        #expect(RootTag(bytes.span) == nil)
    }

    @Test(
        "an attribute that is not there is not found",
        arguments: [
            "<a/>", "<a b/>", "<a b=/>", "<a b=c/>", "<a b='1' c='2'/>",
        ])
    func noAttribute(_ text: String) throws {
        let bytes = text.bytes
        let found = RootTag(bytes.span)
        let root = try #require(found)
        #expect(root.value(of: "version", in: bytes.span) == nil)
    }
}
