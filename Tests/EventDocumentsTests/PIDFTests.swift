import Testing

@testable import EventDocuments

/// Presence documents: what is taken, what is read of them, what stands in for none.
@Suite("Presence documents")
struct PIDFTests {
    @Test(
        "what is well-formed is taken, as other servers take it",
        arguments: [
            "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:a@b'/>",
            "<pp:presence xmlns:pp='urn:ietf:params:xml:ns:pidf' entity='sip:a@b'/>",
            "<presence entity='sip:a@b'><tuple id='q'/></presence>", "<a/>",
        ])
    func taken(_ text: String) {
        let bytes = text.bytes
        #expect(failure { try PIDF.check(bytes.span) } == nil)
    }

    @Test(
        "only a root called presence is one",
        arguments: [
            ("<presence/>", true), ("<x:presence xmlns:x='y'/>", true),
            ("<a><presence/></a>", false),
            ("<presences/>", false), ("", false), ("junk", false),
        ])
    func roots(_ text: String, _ expected: Bool) {
        let bytes = text.bytes
        #expect(PIDF.isPresence(bytes.span) == expected)
    }

    @Test(
        "the entity of a presentity has the scheme pres",
        arguments: [
            ("sip:alice@example.com", "pres:alice@example.com"), ("alice@b", "pres:alice@b"),
            ("sips:a@b", "pres:a@b"), ("tel:+1", "tel:+1"), ("pres:a@b", "pres:a@b"),
        ])
    func entities(_ presentity: String, _ entity: String) {
        #expect(PIDF.entity(of: presentity) == entity)
    }

    @Test("the document that stands in for none is valid and names the presentity")
    func dummy() throws {
        let document = PIDF.dummy(of: "sip:alice@example.com")
        #expect(Schema.pidf.isValid(document))
        #expect(try XMLDocument(document.span).root.attribute("entity") == "pres:alice@example.com")
        #expect(PIDF.statuses(of: document.span) == ["open"])
        #expect(failure { try PIDF.check(document.span) } == nil)
    }

    @Test(
        "a sphere is the name of an element, or its text",
        arguments: [
            ("<r:sphere><r:work/></r:sphere>", "work"), ("<r:sphere>home</r:sphere>", "home"),
            ("<r:sphere><r:note>x</r:note><r:home/></r:sphere>", "home"), ("<r:sphere/>", nil),
            ("<r:mood/>", nil),
        ])
    func spheres(_ inner: String, _ expected: String?) {
        let document = Samples.presence(
            "<dm:person id='p'>\(inner)</dm:person>",
            root: """
                 xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" \
                xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"
                """)
        #expect(PIDF.sphere(of: document.span) == expected)
    }

    @Test("statuses and activities are read")
    func readings() {
        let document = Samples.presence(
            Samples.tuple("a", "open") + Samples.tuple("b", "closed") + "<tuple id='c'/>"
                + """
                <dm:person id='p'><r:activities><r:note>n</r:note><r:away/><r:meal/></r:activities>
                </dm:person>
                """,
            root: """
                 xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" \
                xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"
                """)
        #expect(PIDF.statuses(of: document.span) == ["open", "closed"])
        #expect(PIDF.activities(of: document.span) == ["note", "away", "meal"])
        let junk = "junk".bytes
        #expect(PIDF.statuses(of: junk.span).isEmpty)
        #expect(PIDF.activities(of: junk.span).isEmpty)
        #expect(PIDF.sphere(of: junk.span) == nil)
    }

    @Test("of several documents the highest in the ranking is chosen, then the latest")
    func ranking() {
        let ranking = PresenceRanking(
            priorities: "Available|Ringing | On the Phone", element: "note")
        func note(_ text: String) -> [UInt8] {
            Samples.presence(Samples.tuple("t", "open") + "<note>\(text)</note>")
        }
        let phone = note("On the Phone")
        let rings = note(" Ringing ")
        let free = note("Available")
        let other = note("Lunch")
        let none = Samples.presence("")
        #expect(ranking.texts == ["Available", "Ringing", "On the Phone"])
        #expect(ranking.best(of: [phone, rings, free]) == 0)
        #expect(ranking.best(of: [free, rings, other]) == 1)
        #expect(ranking.best(of: [other, free, none]) == 1)
        #expect(ranking.best(of: [free, free]) == 1)
        #expect(ranking.best(of: [none, other]) == 1)
        #expect(ranking.best(of: ["junk".bytes, free]) == 1)
        #expect(ranking.best(of: ["junk".bytes, "<a/>".bytes]) == nil)
        #expect(ranking.best(of: []) == nil)
    }

    @Test("the element of the ranking may stand anywhere")
    func deepElement() {
        let ranking = PresenceRanking(priorities: "low|high", element: "mood")
        let high = Samples.presence(
            "<p:person id='x'><p:mood>high</p:mood></p:person>", root: " xmlns:p='urn:p'")
        let low = Samples.presence("<mood>low</mood>")
        #expect(ranking.best(of: [high, low]) == 0)
    }
}
