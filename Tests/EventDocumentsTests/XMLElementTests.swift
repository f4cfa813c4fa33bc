import TestSupport
import Testing

@testable import Basics
@testable import EventDocuments

/// Elements of a document that was read.
@Suite("Reading XML")
struct XMLElementTests {
    private func root(_ text: String) throws -> XMLElement {
        let bytes = text.bytes
        return try XMLDocument(bytes.span).root
    }

    @Test("names count without their prefix, namespaces by what they stand for")
    func names() throws {
        let root = try root("<p:a xmlns:p='urn:p' xmlns='urn:q'><b/><p:c/><d xmlns=''/></p:a>")
        #expect(root.name == "a" && root.isNamed("a") && !root.isNamed("aa") && !root.isNamed(""))
        #expect(root.isIn("urn:p") && !root.isIn("urn:") && !root.isIn("urn:pp"))
        #expect(root.child("b")?.isIn("urn:q") == true)
        #expect(root.child("c")?.isIn("urn:p") == true)
        #expect(root.child("d")?.hasNamespace == false)
    }

    @Test("an element is a vocabulary's own in its namespace or in none")
    func own() throws {
        #expect(try root("<a/>").isOwn("a", "urn:p"))
        #expect(try root("<a xmlns='urn:p'/>").isOwn("a", "urn:p"))
        #expect(try !root("<a xmlns='urn:q'/>").isOwn("a", "urn:p"))
        #expect(try !root("<b/>").isOwn("a", "urn:p"))
    }

    @Test("attributes of other namespaces are not an element's own")
    func attributes() throws {
        let root = try root("<a xmlns:p='urn:p' p:id='1' id='2' empty='' lt='&lt;&#65;'/>")
        #expect(root.attribute("id") == "2")
        #expect(root.attribute("empty") == "" && root.attribute("none") == nil)
        #expect(root.attribute("lt") == "<A" && root.attribute("p:id") == nil)
    }

    @Test(
        "text is what stands directly in an element, without white space around",
        arguments: [
            ("<a> x </a>", "x"), ("<a>x<b>y</b>z</a>", "xz"), ("<a><![CDATA[<x>]]></a>", "<x>"),
            ("<a>&amp;&#x41;</a>", "&A"), ("<a/>", ""), ("<a> \n </a>", ""),
            ("<a>x<!-- y -->z</a>", "xz"), ("<a>ü 🙂</a>", "ü 🙂"), ("<a>x<?y z?></a>", "x"),
        ])
    func text(_ document: String, _ expected: String) throws {
        #expect(try root(document).text == expected)
    }

    @Test("children are the elements directly in an element, in order")
    func children() throws {
        let root = try root("<a>x<b/><!-- c --><c><d/></c>y<?e f?><b/></a>")
        #expect(root.children.map(\.name) == ["b", "c", "b"])
        #expect(root.child("d") == nil && root.first("d") != nil)
        #expect(root.first("a") != nil && root.first("z") == nil)
        #expect(root.first(named: "d")?.name == "d" && root.first(named: "z") == nil)
        #expect(try self.root("<a/>").children.map(\.name).isEmpty)
    }

    @Test("an element keeps its document")
    func life() throws {
        var element: XMLElement?
        do { element = try root("<a><b><c>deep</c></b></a>").child("b")?.child("c") }
        #expect(element?.text == "deep")
        #expect(element?.line == 1)
    }

    @Test("other encodings that ASCII is a part of are read")
    func encodings() throws {
        let latin =
            Array("<?xml version='1.0' encoding='ISO-8859-1'?><a b='".utf8)
            + [0xE4, 0xF6] + Array("'/>".utf8)
        #expect(try XMLDocument(latin.span).root.attribute("b") == "äö")
        let outline = try XMLOutline(latin.span)
        #expect(outline.isForeign)
        #expect(try !XMLOutline("<a/>".bytes.span).isForeign)
    }

    @Test("documents are read by many threads at once")
    func threads() async {
        let sample = Samples.presence(Samples.tuple("a", "open") + "<note>n</note>")
        let other = Samples.presence(Samples.tuple("b", "open"))
        let expected = PIDF.compose([sample, other], presentity: "sip:a@b")
        await withTaskGroup(of: Int.self) { group in
            for number in 0..<8 {
                group.addTask {
                    var same = 0
                    for _ in 0..<100 {
                        if PIDF.compose([sample, other], presentity: "sip:a@b") == expected {
                            same += 1
                        }
                        let bad = "<a>\(number)".bytes
                        if failure({ try PIDF.check(bad.span) })?.kind == .malformed { same += 1 }
                    }
                    return same
                }
            }
            for await same in group { #expect(same == 200) }
        }
    }
}

/// The pass over the bytes sees what the parser sees.
@Suite("Outline and parser agree")
struct XMLOutlineTests {
    /// What a tree holds.
    private struct Census: Equatable {
        var elements = 0
        var depth = 0
        var attributes = 0

        mutating func count(_ element: XMLElement, _ depth: Int) {
            elements += 1
            self.depth = max(self.depth, depth)
            for child in element.children { count(child, depth + 1) }
        }
    }

    private static let seeds = [
        Samples.presence(
            Samples.tuple("a", "open", "<contact priority='0.8'>sip:a@b?c=1&amp;d</contact>")
                + "<note xml:lang=\"en\">x &gt; y</note><!-- <n> --><![CDATA[<m>]]><?p <q>?>"),
        Samples.dialogs(("a", "early"), ("b", "confirmed")),
        "<a b='>' c=\"'/>\" d=\"<!--\"><e/><f g='/'/>]]&gt;</a>".bytes,
        "<r version='1'><r version='2'><r version='3'/></r></r>".bytes,
    ]

    @Test("of whatever the parser takes, the outline has the same count and the same root")
    func agreement() throws {
        var random = SeededNumbers(seed: 4_235)
        var compared = 0
        for turn in 0..<6_000 {
            let bytes = random.mutation(of: Self.seeds[turn % Self.seeds.count])
            guard let document = try? XMLDocument(bytes.span) else { continue }
            compared += 1
            var census = Census()
            census.count(document.root, 1)
            let outline = try XMLOutline(bytes.span)
            #expect(outline.elements == census.elements, "\(bytes.text)")
            #expect(census.depth <= Limits.xmlDepthMax)
            let found = RootTag(bytes.span)
            let root = try #require(found, "\(bytes.text)")
            // Where a prefix is not declared, the parser takes it for a part of the name.
            let name = document.root.name.split(separator: ":").last.map(String.init) ?? ""
            #expect(String(copying: bytes.span.part(root.name)) == name, "\(bytes.text)")
        }
        #expect(compared > 200)
    }

    @Test("an attribute of the root is where the parser finds it")
    func attributes() throws {
        var random = SeededNumbers(seed: 3_680)
        var compared = 0
        for turn in 0..<4_000 {
            let bytes = random.mutation(of: turn % 2 == 0 ? Self.seeds[1] : Self.seeds[3])
            guard let document = try? XMLDocument(bytes.span), let root = RootTag(bytes.span) else {
                continue
            }
            let place = root.value(of: "version", in: bytes.span)
            let found = place.map { String(copying: bytes.span.part($0)) }
            // What is written with escapes or line ends is not the same text as its value.
            if let found, found.contains(where: { "&\t\r\n".contains($0) }) { continue }
            compared += 1
            #expect(found == document.root.attribute("version"), "\(bytes.text)")
        }
        #expect(compared > 200)
    }

    @Test(
        "counts are exact at the bounds",
        arguments: [
            ("<a/>", 1), ("<a></a>", 1), ("<a><b/></a>", 2), ("<a><b></b><c/></a>", 3),
            ("<?xml version='1.0'?><!-- <x> --><a><![CDATA[<y/>]]></a>", 1),
        ])
    func counts(_ text: String, _ elements: Int) throws {
        let bytes = text.bytes
        #expect(try XMLOutline(bytes.span).elements == elements)
        let outline = try XMLOutline(bytes.span)
        #expect(String(copying: bytes.span.part(outline.rootName)) == "a")
        #expect(String(copying: bytes.span.part(outline.rootTag)).hasPrefix("a"))
    }
}
