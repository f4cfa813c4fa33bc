import Basics
import ModuleKit
import Publications
import Synchronization
import Testing

@testable import PUA

@Suite("Module pua: dialogs")
struct PUADialogTests {
    @Test("a dialog is known from before its SUBSCRIBE leaves until it is ended")
    func known() throws {
        let rig = try PUARig()
        rig.pua.subscribe(PUARig.subscription())
        let request = try #require(try rig.turn().first)
        let tag = try #require(request.header("From")[0].split(separator: "tag=").last)
        var dialog = PUADialog(
            callID: Array(request.header("Call-ID")[0].utf8), localTag: Array(tag.utf8),
            remoteTag: Array("early".utf8))
        let known = PUADialogAnswer.known(event: .registration, source: .registrationSubscribe)
        #expect(rig.pua.isDialog(dialog) == known)
        try rig.answer(request, 200, "Expires: 610", "Contact: <sip:peer@10.0.0.9:5080>")
        #expect(rig.pua.isDialog(dialog) == .unknown)
        dialog.remoteTag = Array("their".utf8)
        #expect(rig.pua.isDialog(dialog) == known)
        rig.pua.subscribe(PUARig.subscription(expires: 0))
        let end = try #require(try rig.turn().first)
        try rig.answer(end, 200, "Expires: 0")
        #expect(rig.pua.isDialog(dialog) == .unknown)
    }

    @Test("the script's pua_update_contact takes the URI of a NOTIFY's Contact")
    func updateContact() throws {
        let rig = try PUARig()
        let dialog = try rig.subscribed()
        let contact = "\"Some Body\" <sip:new@10.0.0.7:5099>;expires=9"
        let notes = try rig.rig.run(PUARig.notify(dialog, contact: contact))
        #expect(notes == ["1"])
        _ = try rig.turn()
        rig.pua.subscribe(PUARig.subscription())
        let next = try rig.turn()
        #expect(next.map(\.line) == ["SUBSCRIBE sip:new@10.0.0.7:5099 SIP/2.0"])
    }

    @Test("a NOTIFY right before the answer does not bring the unanswered dialog back")
    func earlyNotify() throws {
        let rig = try PUARig()
        rig.pua.subscribe(PUARig.subscription())
        let request = try #require(try rig.turn().first)
        let tag = try #require(request.header("From")[0].split(separator: "tag=").last)
        let dialog = PUADialog(
            callID: Array(request.header("Call-ID")[0].utf8), localTag: Array(tag.utf8),
            remoteTag: Array("their".utf8))
        // Both wait for the thread: the look-up is answered behind the response.
        #expect(try rig.rig.run(PUARig.notify(dialog)) == ["1"])
        try rig.answer(request, 200, "Expires: 610", "Contact: <sip:peer@10.0.0.9:5080>")
        rig.pua.subscribe(PUARig.subscription(expires: 900))
        let next = try rig.turn()
        #expect(next.map(\.line) == ["SUBSCRIBE sip:new@10.0.0.7 SIP/2.0"])
        #expect(next.first?.header("To").first?.hasSuffix(";tag=their") == true)
    }

    @Test("it is -1 for a stranger's NOTIFY, for no Contact, and for one that is no SIP URI")
    func strangers() throws {
        let rig = try PUARig()
        let dialog = try rig.subscribed()
        var other = dialog
        other.callID = Array("other".utf8)
        #expect(try rig.rig.run(PUARig.notify(other)) == ["-1"])
        #expect(try rig.rig.run(PUARig.notify(dialog, contact: "<tel:+1>")) == ["-1"])
        #expect(try rig.rig.run(PUARig.notify(dialog, contact: "*")) == ["-1"])
        #expect(try rig.rig.run(ScriptRig.request) == ["-1"])
        #expect(try rig.turn().isEmpty)
    }

    @Test("a dialog is looked up, and its end by a NOTIFY begins it anew")
    func found() throws {
        let rig = try PUARig()
        let dialog = try rig.subscribed()
        let found = Guarded<[PUARecord?]>([])
        rig.pua.findDialog(dialog) { record in found.withLock { $0.append(record) } }
        var other = dialog
        other.localTag = [1]
        rig.pua.findDialog(other) { record in found.withLock { $0.append(record) } }
        _ = try rig.turn()
        let records = found.withLock { $0 }
        #expect(records.count == 2)
        #expect(records[0]?.has(.presentity, PUARig.alice) == true)
        #expect(records[1] == nil)
        #expect(rig.pua.ended(dialog, PUASubscriptionEnd(.again)))
        let sent = try rig.turn()
        #expect(sent.isEmpty || sent[0].line.hasPrefix("SUBSCRIBE"))
        #expect(rig.pua.isDialog(dialog) == .unknown)
    }
}
