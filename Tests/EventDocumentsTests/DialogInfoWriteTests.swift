import Testing

@testable import EventDocuments

@Suite("Dialog information that is written")
struct DialogInfoWriteTests {
    private func call(_ state: DialogInfo.State) -> DialogInfo.Call {
        var call = DialogInfo.Call(id: "1-2-3a", isInitiator: true, state: state)
        call.callID = "a84b\"<&>'@host"
        call.localTag = "at1"
        call.remoteTag = "bt1"
        call.local = DialogInfo.Participant(
            identity: "sip:alice@example.com", display: "Alice \"A\" & co",
            target: "sip:alice@192.0.2.1;transport=tcp")
        call.remote = DialogInfo.Participant(
            identity: "sip:bob@example.com", target: "sip:bob@192.0.2.2")
        return call
    }

    @Test(
        "every state makes a document of the schema, which is read as it was meant",
        arguments: DialogInfo.State.allCases)
    func states(state: DialogInfo.State) throws {
        let document = DialogInfo.document(entity: "sip:alice@example.com", call(state))
        #expect(Schema.dialogInfo.isValid(document))
        let facts = try DialogInfo.check(document.span)
        #expect(facts.dialogIDs == ["1-2-3a"])
        #expect(facts.isTerminated == (state == .terminated || state == .unknown))
    }

    @Test("what is left out is not there")
    func bare() {
        let call = DialogInfo.Call(id: "x", isInitiator: false, state: .trying)
        let document = DialogInfo.document(entity: "sip:bob@example.com", call)
        let text = String(decoding: document, as: UTF8.self)
        #expect(Schema.dialogInfo.isValid(document))
        #expect(text.contains("direction=\"recipient\"") && text.contains("<state>trying</state>"))
        for word in ["call-id", "tag", "local", "remote", "identity"] {
            #expect(!text.contains(word), "\(word)")
        }
    }

    @Test("names and URIs of strangers end no element")
    func hostile() {
        var call = call(.early)
        call.remote = DialogInfo.Participant(
            identity: "sip:x@y</identity><state>", display: "\u{1}\"><x/>", target: "\" uri=\"")
        let document = DialogInfo.document(entity: "sip:<alice>", call)
        #expect((try? DialogInfo.check(document.span))?.dialogIDs.count == 1)
    }

    @Test("the document of somebody who can be reached is one of the schema with its id")
    func presence() throws {
        let open = PIDF.open(entity: "pres:alice@example.com")
        let identified = PIDF.identified(open.span, id: Array("t1".utf8))
        let whole = try #require(identified)
        #expect(Schema.pidf.isValid(whole.bytes))
        #expect(PIDF.statuses(of: whole.bytes.span) == ["open"])
    }
}
