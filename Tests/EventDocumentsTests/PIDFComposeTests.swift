import Testing

@testable import Basics
@testable import EventDocuments

/// Several documents of one presentity become one.
@Suite("Composing presence")
struct PIDFComposeTests {
    private let presentity = "sip:alice@example.com"

    private func compose(_ documents: [UInt8]..., withdrawn: [UInt8]? = nil) throws -> XMLElement {
        let whole = PIDF.compose(documents, withdrawn: withdrawn, presentity: presentity)
        #expect(Schema.pidf.isValid(whole), "\(whole.text)")
        return try XMLDocument(whole.span).root
    }

    private func tuples(_ root: XMLElement) -> [String] {
        root.children.filter { $0.isNamed("tuple") }.map { tuple in
            "\(tuple.attribute("id") ?? "") \(tuple.child("status")?.child("basic")?.text ?? "")"
        }
    }

    @Test("a single document passes byte for byte")
    func single() {
        let document = "\n<!-- mine --><presence  entity='x' ><tuple id='1'/></presence >".bytes
        #expect(PIDF.compose([document], presentity: presentity) == document)
    }

    @Test("what is no presence is not shown, and hides no other document")
    func unreadable() throws {
        #expect(try compose("<a/>".bytes).children.first { _ in true } == nil)
        #expect(try compose().attribute("entity") == "pres:alice@example.com")
        let good = Samples.presence(Samples.tuple("t", "open"))
        #expect(tuples(try compose(good, "junk".bytes)) == ["t open"])
        #expect(tuples(try compose("<a/>".bytes, good)) == ["t open"])
    }

    @Test("tuples, notes and what is foreign of all documents are there, in the schema's order")
    func all() throws {
        let first = Samples.presence(
            Samples.tuple("a", "open", "<timestamp>2026-01-01T00:00:00Z</timestamp>")
                + "<note xml:lang='en'>one</note><x:y xmlns:x='urn:x'>1</x:y>")
        let second = Samples.presence(Samples.tuple("b", "closed") + "<note>two</note>")
        let root = try compose(first, second)
        #expect(root.children.map(\.name) == ["tuple", "tuple", "note", "note", "y"])
        #expect(tuples(root) == ["a open", "b closed"])
        #expect(root.first("timestamp")?.text == "2026-01-01T00:00:00Z")
    }

    @Test("of two tuples with one id the later stays")
    func sameTuple() throws {
        let old = Samples.presence(Samples.tuple("a", "open") + Samples.tuple("b", "open"))
        let new = Samples.presence(Samples.tuple("a", "closed"))
        #expect(tuples(try compose(old, new)) == ["b open", "a closed"])
        #expect(tuples(try compose(new, old)) == ["a open", "b open"])
    }

    @Test("of two persons or devices with one id the later stays; others are kept")
    func persons() throws {
        let model = " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
        func document(_ note: String, _ device: String) -> [UInt8] {
            Samples.presence(
                "<dm:person id='p'><dm:note>\(note)</dm:note></dm:person>"
                    + "<dm:device id='\(device)'/><z xmlns='urn:z' id='q'/>", root: model)
        }
        let root = try compose(document("old", "d1"), document("new", "d2"))
        #expect(root.children.map(\.name) == ["device", "z", "person", "device", "z"])
        #expect(root.child("person")?.child("note")?.text == "new")
    }

    @Test("the entity is the newest document's, else the presentity's")
    func entities() throws {
        let named = "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:desk@b'/>".bytes
        let unnamed = "<presence xmlns='urn:ietf:params:xml:ns:pidf'/>".bytes
        let first = Samples.presence("")
        #expect(try compose(first, named).attribute("entity") == "sip:desk@b")
        #expect(try compose(named, unnamed).attribute("entity") == "pres:alice@example.com")
    }

    @Test("prefixes mean what they meant, also when two documents use one for different things")
    func prefixes() throws {
        let one = """
            <p:presence xmlns:p="urn:ietf:params:xml:ns:pidf" xmlns:x="urn:one" entity="pres:a@b">\
            <p:tuple id="a"><p:status><p:basic>open</p:basic></p:status><x:e/></p:tuple>\
            <x:top/></p:presence>
            """.bytes
        let two = Samples.presence(
            Samples.tuple("b", "open", "<x:e x:f='1'/><g/>") + "<x:top/>",
            root: " xmlns:x='urn:two'")
        let whole = PIDF.compose([one, two], presentity: presentity)
        let root = try XMLDocument(whole.span).root
        let elements = root.children.filter { $0.isNamed("tuple") }.map { $0.child("e") }
        #expect(elements[0]?.isIn("urn:one") == true)
        #expect(elements[1]?.isIn("urn:two") == true)
        #expect(root.children.filter { $0.isNamed("tuple") && $0.isIn(PIDF.namespace) }.count == 2)
        let tops = Array(root.children.filter { $0.isNamed("top") })
        #expect(tops.count == 2 && tops[0].isIn("urn:one") && tops[1].isIn("urn:two"))
    }

    @Test("an element of no namespace stays so, unless the whole document forgot its own")
    func noNamespace() throws {
        let prefixed = """
            <p:presence xmlns:p="urn:ietf:params:xml:ns:pidf" entity="pres:a@b"><bare/></p:presence>
            """.bytes
        let forgotten =
            "<presence entity='pres:a@b'>\(Samples.tuple("t", "open"))</presence>".bytes
        let whole = PIDF.compose([prefixed, forgotten], presentity: presentity)
        let root = try XMLDocument(whole.span).root
        #expect(root.child("bare")?.hasNamespace == false)
        #expect(root.child("tuple")?.isIn(PIDF.namespace) == true)
    }

    @Test("a document that prefixes everything needs no other default namespace")
    func prefixedOnly() {
        let prefixed = """
            <p:presence xmlns:p="urn:ietf:params:xml:ns:pidf" entity="pres:a@b">\
            <p:tuple id="b"><p:status><p:basic>open</p:basic></p:status></p:tuple></p:presence>
            """.bytes
        let whole = PIDF.compose([prefixed, Samples.presence("")], presentity: presentity)
        #expect(!whole.text.contains("xmlns=\"\""))
        #expect(Schema.pidf.isValid(whole))
    }

    @Test("comments and instructions are left behind, CDATA becomes text")
    func noise() throws {
        let noisy = Samples.presence("<!-- c --><?pi x?><note><![CDATA[a<b]]></note>")
        let whole = PIDF.compose([noisy, Samples.presence("")], presentity: presentity).text
        #expect(whole.contains("<note>a&lt;b</note>"))
        #expect(!whole.contains("<!--") && !whole.contains("pi x"))
    }

    @Test("a document that is withdrawn is shown as closed")
    func withdrawn() throws {
        let gone = Samples.presence(
            Samples.tuple("a", "open", "<contact>sip:a@1</contact>") + Samples.tuple("b", "open")
                + "<note>gone</note>")
        let root = try compose(withdrawn: gone)
        #expect(tuples(root) == ["a closed", "b closed"])
        #expect(root.first("note") == nil && root.first("contact") == nil)
        #expect(root.attribute("entity") == "pres:alice@example.com")
    }

    @Test("a withdrawn document closes no tuple that another still has")
    func withdrawnYields() throws {
        let gone = Samples.presence(Samples.tuple("a", "open") + Samples.tuple("b", "open"))
        let other = Samples.presence(Samples.tuple("b", "open") + "<note>here</note>")
        let root = try compose(other, withdrawn: gone)
        #expect(tuples(root) == ["a closed", "b open"])
        #expect(root.child("note")?.text == "here")
    }

    @Test("the older half is left out until the document fits into a message")
    func size() throws {
        let documents = (0..<8).map { index in
            Samples.presence(
                Samples.tuple("t\(index)", "open")
                    + "<note>\(String(repeating: "x", count: 15_000))</note>")
        }
        let whole = PIDF.compose(documents, presentity: presentity)
        #expect(whole.count <= Limits.composedBytesMax)
        #expect(
            tuples(try XMLDocument(whole.span).root)
                == ["t4 open", "t5 open", "t6 open", "t7 open"])
    }

    @Test("namespaces that each element must declare anew do not blow the document up")
    func expansion() {
        let names = (0..<60).map { "xmlns:n\($0)='urn:\(String(repeating: "x", count: 500))\($0)'" }
        let other = (0..<60).map { "xmlns:n\($0)='urn:o\($0)'" }
        let many = String(repeating: "<note>a</note>", count: 2_000)
        let first = Samples.presence("", root: " " + other.joined(separator: " "))
        let second = Samples.presence(many, root: " " + names.joined(separator: " "))
        let whole = PIDF.compose([first, second], presentity: presentity)
        #expect(whole.count <= Limits.composedBytesMax)
    }

    @Test("more documents than the bound are not all read")
    func count() throws {
        let documents = (0..<Limits.composedDocumentsMax + 5).map {
            Samples.presence(Samples.tuple("t\($0)", "open"))
        }
        let root = try compose(documents[0], documents[1])
        #expect(tuples(root).count == 2)
        let whole = PIDF.compose(documents, presentity: presentity)
        #expect(PIDF.statuses(of: whole.span).count == Limits.composedDocumentsMax)
    }
}
