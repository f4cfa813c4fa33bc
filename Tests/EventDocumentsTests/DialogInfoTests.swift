import Testing

@testable import Basics
@testable import EventDocuments

/// Dialog information: what is read of it, and how several documents become one.
@Suite("Dialog information")
struct DialogInfoTests {
    private let presentity = "sip:alice@example.com"

    private func dialogs(_ bytes: [UInt8]) throws -> [String] {
        #expect(Schema.dialogInfo.isValid(bytes), "\(bytes.text)")
        return try XMLDocument(bytes.span).root.children.map {
            "\($0.attribute("id") ?? "") \($0.child("state")?.text ?? "")"
        }
    }

    private func compose(
        _ documents: [UInt8]..., withdrawn: [UInt8]? = nil, isSingle: Bool = false
    ) throws -> [String] {
        let whole = DialogInfo.compose(
            documents, withdrawn: withdrawn, presentity: presentity, isSingle: isSingle)
        let bytes = whole.bytes(version: 41)
        #expect(bytes.text.contains("version=\"41\""))
        return try dialogs(bytes)
    }

    @Test(
        "ids and the end of all dialogs are read",
        arguments: [
            (Samples.dialogs(("a", "early")), ["a"], false),
            (Samples.dialogs(("a", "terminated")), ["a"], true),
            (Samples.dialogs(("a", "terminated"), ("b", "confirmed")), ["a", "b"], false),
            (Samples.dialogs(("a", "terminated"), ("b", "Terminated ")), ["a", "b"], true),
            (Samples.dialogs(), [], false), ("<a/>".bytes, [], false),
        ])
    func facts(_ document: [UInt8], _ ids: [String], _ isTerminated: Bool) throws {
        let facts = try DialogInfo.check(document.span)
        #expect(facts.dialogIDs == ids && facts.isTerminated == isTerminated)
        #expect(facts.hasDialog == !ids.isEmpty)
    }

    @Test("what is not well-formed is refused, which Kamailio stores and chokes on later")
    func malformed() {
        let junk = "junk".bytes
        #expect(failure { _ = try DialogInfo.check(junk.span) }?.kind == .malformed)
    }

    @Test("a single document passes as it is, but for the version")
    func single() {
        let document = Samples.dialogs(("a", "early"), version: 3)
        let whole = DialogInfo.compose([document], presentity: presentity)
        #expect(whole.bytes == document)
        #expect(whole.bytes(version: 12).text == document.text.replacing("\"3\"", with: "\"12\""))
    }

    @Test(
        "a single document that is partial or lacks an attribute is made whole",
        arguments: [
            """
            <dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' state='full' \
            entity='sip:a@b'/>
            """,
            """
            <dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' version='1' state='partial' \
            entity='sip:a@b'/>
            """,
            "<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' version='1' state='full'/>",
            "<a/>", "junk",
        ])
    func completed(_ text: String) throws {
        let whole = DialogInfo.compose([text.bytes], presentity: presentity).bytes(version: 5)
        #expect(try dialogs(whole).isEmpty)
        #expect(whole.text.contains(" version=\"5\" state=\"full\" entity=\"sip:a"))
    }

    @Test("dialogs of newer documents stand first, and replace those of the same id")
    func several() throws {
        let first = Samples.dialogs(("d1", "early"))
        let second = Samples.dialogs(("d2", "confirmed"))
        let third = Samples.dialogs(("d1", "terminated"))
        #expect(try compose(first, second) == ["d2 confirmed", "d1 early"])
        #expect(try compose(first, second, third) == ["d1 terminated", "d2 confirmed"])
        #expect(try compose(first, "junk".bytes) == ["d1 early"])
    }

    @Test("a dialog of a withdrawn document is shown as terminated once")
    func withdrawn() throws {
        let gone = Samples.dialogs(("d1", "early"), ("d2", "confirmed"))
        let other = Samples.dialogs(("d2", "early"))
        #expect(try compose(withdrawn: gone) == ["d1 terminated", "d2 terminated"])
        #expect(try compose(other, withdrawn: gone) == ["d2 early", "d1 terminated"])
    }

    @Test(
        "the dialog that matters most is shown alone",
        arguments: [
            (["early", "confirmed", "terminated"], 0), (["confirmed", "trying"], 0),
            (["trying", "proceeding"], 1), (["terminated", "trying"], 1),
            (["odd", "terminated"], 1),
        ])
    func alone(_ states: [String], _ expected: Int) throws {
        let documents = states.enumerated().map { Samples.dialogs((id: "d\($0)", state: $1)) }
        let whole = DialogInfo.compose(documents, presentity: presentity, isSingle: true)
        #expect(try dialogs(whole.bytes) == ["d\(expected) \(states[expected])"])
    }

    @Test("of equals the newest is shown, and a withdrawn one only as ended")
    func aloneTies() throws {
        let one = Samples.dialogs(("a", "early"))
        let two = Samples.dialogs(("b", "early"))
        #expect(try compose(one, two, isSingle: true) == ["b early"])
        #expect(
            try compose(Samples.dialogs(("c", "trying")), withdrawn: one, isSingle: true)
                == ["c trying"])
        #expect(try compose(withdrawn: one, isSingle: true) == ["a terminated"])
        #expect(try compose(isSingle: true).isEmpty)
    }

    @Test("participants and foreign elements pass")
    func participants() throws {
        let rich = """
            <d:dialog-info xmlns:d="urn:ietf:params:xml:ns:dialog-info" xmlns:s="urn:s" \
            version="1" state="full" entity="sip:a@b"><d:dialog id="x" call-id="c" local-tag="l">\
            <d:state event="cancelled" code="487">terminated</d:state><d:local>\
            <d:identity display="A &amp; B">sip:a@b</d:identity><d:target uri="sip:a@1">\
            <d:param pname="+sip.rendering" pval="no"/></d:target></d:local><s:x y="1"/></d:dialog>\
            </d:dialog-info>
            """.bytes
        let whole = DialogInfo.compose(
            [Samples.dialogs(("y", "early")), rich], presentity: presentity)
        #expect(try dialogs(whole.bytes) == ["x terminated", "y early"])
        let dialog = try #require(try XMLDocument(whole.bytes.span).root.child("dialog"))
        #expect(dialog.first("identity")?.attribute("display") == "A & B")
        #expect(dialog.first("param")?.attribute("pval") == "no")
        #expect(dialog.child("x")?.isIn("urn:s") == true)
    }

    @Test("the document that stands in for none shows a call that has ended")
    func dummy() throws {
        let dummy = DialogInfo.dummy(of: presentity)
        #expect(try dialogs(dummy.bytes(version: 2)) == ["dummy terminated"])
        #expect(dummy.bytes.text.contains("entity=\"sip:alice@example.com\""))
    }

    @Test("the document fits into a message")
    func size() throws {
        let documents = (0..<4).map { index in
            Samples.dialogs((id: "d\(index)", state: String(repeating: "x", count: 30_000)))
        }
        let whole = DialogInfo.compose(documents, presentity: presentity)
        #expect(whole.bytes.count <= Limits.composedBytesMax)
        #expect(try XMLDocument(whole.bytes.span).root.child("dialog")?.attribute("id") == "d3")
    }
}

/// Message summaries are lines of text.
@Suite("Message summaries")
struct MessageSummaryTests {
    @Test(
        "a status line and lines of text are taken",
        arguments: [
            "Messages-Waiting: yes\r\n", "messages-waiting:NO\r\n", "Messages-Waiting \t: yes \r\n",
            "Messages-Waiting: yes\r\nMessage-Account: sip:a@b\r\nVoice-Message: 2/8 (0/2)\r\n",
            "Messages-Waiting: no\r\n\r\nTo: <a@b>\r\n", "Messages-Waiting: no\r\nX: ü\r\n",
        ])
    func taken(_ text: String) {
        let bytes = text.bytes
        #expect(failure { try MessageSummary.check(bytes.span) } == nil)
    }

    @Test(
        "anything else is refused, with its line",
        arguments: [
            ("", 1), ("Messages-Waiting: yes", 1), ("Messages-Waiting: yes\n", 1),
            ("Messages-Waiting: maybe\r\n", 1), ("Messages-Waiting: yes no\r\n", 1),
            ("Messages-Waiting\r\n", 1), ("Message-Account: sip:a@b\r\n", 1), ("<a/>", 1),
            ("Messages-Waiting: yes\r\nVoice-Message: 1/2", 2),
            ("Messages-Waiting: yes\r\nVoice-Message: 1/2\nX: y\r\n", 2),
            ("Messages-Waiting: yes\r\nA: b\r\n\u{0}\r\n", 3),
            ("Messages-Waiting: yes\r\nA\u{7F}: b\r\n", 2),
            ("Messages-Waiting: yes\r\n\u{1B}[0m\r\n", 2),
        ])
    func refused(_ text: String, _ line: Int) {
        let bytes = text.bytes
        let error = failure { try MessageSummary.check(bytes.span) }
        #expect(error?.kind == .malformed && error?.line == line)
    }
}
