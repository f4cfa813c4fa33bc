import Basics
import Testing

@testable import Publications

@Suite("Subscribing")
struct SubscribeTests {
    @Test("the first SUBSCRIBE has a record before it leaves")
    func first() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription(), ticket: 1)
        let request = rig.sent[0]
        #expect(request.line == "SUBSCRIBE sip:alice@example.com")
        #expect(request.value("To") == "<sip:alice@example.com>")
        #expect(request.value("From").hasPrefix("<sip:watcher@example.com>;tag="))
        #expect(request.value("Contact") == "<sip:me@10.0.0.1>")
        #expect(request.value("Expires") == "610")
        #expect(request.value("CSeq") == "10 SUBSCRIBE")
        #expect(rig.records.count == 1)
        #expect(rig.records[0].isTemporary)
        #expect(rig.records[0].expires.seconds == rig.now.seconds + 64)
        let tag = Array(request.value("From").split(separator: "tag=")[1].utf8)
        let early = PUAKey.dialog(
            callID: Array(request.value("Call-ID").utf8), localTag: tag,
            remoteTag: Array("whatever".utf8))
        #expect(early.matches(rig.records[0]))
        rig.accept()
        #expect(rig.told.map(\.reply.status) == [200])
        #expect(rig.records.count == 1)
        #expect(!rig.records[0].isTemporary)
        #expect(rig.records[0].has(.remoteContact, Array("sip:peer@10.0.0.9".utf8)))
        #expect(rig.records[0].expires.seconds == rig.now.seconds + 610)
        #expect(!early.matches(rig.records[0]))
    }

    @Test(
        "Expires asks for ten seconds more, or for the minimum",
        arguments: [
            (-1, 0, "3610"), (600, 0, "610"), (60, 60, "60"), (30, 60, "60"), (61, 60, "71"),
        ]
    )
    func expires(asked: Int, least: Int, sent: String) {
        var rig = EngineRig { $0.minExpires = least }
        rig.subscribe(EngineRig.subscription(expires: asked))
        #expect(rig.sent[0].value("Expires") == sent)
    }

    @Test("further ones go within the dialog")
    func further() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription())
        let first = rig.sent[0]
        rig.accept()
        rig.subscribe(EngineRig.subscription(expires: 300))
        let request = rig.sent[0]
        #expect(request.line == "SUBSCRIBE sip:peer@10.0.0.9")
        #expect(request.hop == "sip:peer@10.0.0.9")
        #expect(request.value("Call-ID") == first.value("Call-ID"))
        #expect(request.value("From") == first.value("From"))
        #expect(request.value("To") == "<sip:alice@example.com>;tag=their")
        #expect(request.value("CSeq") == "11 SUBSCRIBE")
        #expect(request.value("Route").isEmpty)
        rig.accept(310)
        #expect(rig.records.count == 1)
        #expect(rig.records[0].cseq == 11)
        #expect(rig.records[0].expires.seconds == rig.now.seconds + 310)
    }

    @Test("they take the route set: a loose router first, a strict one as the target")
    func routes() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription())
        rig.accept(routes: "<sip:a.example;lr>,<sip:b.example;lr>")
        rig.subscribe(EngineRig.subscription())
        #expect(rig.sent[0].line == "SUBSCRIBE sip:peer@10.0.0.9")
        #expect(rig.sent[0].hop == "sip:a.example;lr")
        #expect(rig.sent[0].value("Route") == "<sip:a.example;lr>,<sip:b.example;lr>")
        var strict = EngineRig()
        strict.subscribe(EngineRig.subscription())
        strict.accept(routes: "<sip:a.example>,<sip:b.example;lr>")
        strict.subscribe(EngineRig.subscription())
        #expect(strict.sent[0].line == "SUBSCRIBE sip:a.example")
        #expect(strict.sent[0].hop == "sip:a.example")
        #expect(strict.sent[0].value("Route") == "<sip:b.example;lr>,<sip:peer@10.0.0.9>")
    }

    @Test("the end of a subscription goes within the dialog, and is nothing without one")
    func end() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription(expires: 0), ticket: 1)
        #expect(rig.sent.isEmpty)
        #expect(rig.told[0].reply.outcome == .nothingToDo)
        rig.subscribe(EngineRig.subscription())
        rig.accept()
        rig.subscribe(EngineRig.subscription(expires: 0), ticket: 2)
        #expect(rig.sent[0].value("Expires") == "0")
        rig.accept(0)
        #expect(rig.records.isEmpty)
        #expect(rig.told[1].reply.isSuccess)
    }

    @Test("an end that fails ends it all the same", arguments: [404, 481, 500, 503])
    func failedEnd(status: Int) {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription())
        rig.accept()
        rig.subscribe(EngineRig.subscription(expires: 0), ticket: 2)
        rig.answer(status)
        #expect(rig.records.isEmpty)
        #expect(rig.sent.isEmpty)
        #expect(rig.told.map(\.reply.status) == [status])
        #expect(rig.engine.jobCount == 0)
    }

    @Test("while another server's first request is on its way nothing is sent")
    func othersTemporary() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription())
        let stored = rig.records
        var other = EngineRig()
        other.records = stored
        other.subscribe(EngineRig.subscription(), ticket: 1)
        #expect(other.sent.isEmpty)
        #expect(other.told[0].reply.outcome == .nothingToDo)
        other.subscribe(EngineRig.subscription(expires: 0), ticket: 2)
        #expect(other.records.isEmpty)
    }

    @Test("a success without tag, Contact or lifetime makes no subscription")
    func incomplete() {
        for (tag, contact, expires) in [
            ("", "sip:peer@10.0.0.9", 600), ("their", "", 600), ("their", "sip:p@10.0.0.9", 0),
        ] {
            var rig = EngineRig()
            rig.subscribe(EngineRig.subscription(), ticket: 1)
            rig.answer(expires: expires, tag: tag, contact: contact)
            #expect(rig.records.isEmpty)
            #expect(rig.told.count == 1)
            #expect(rig.engine.jobCount == 0)
        }
    }

    @Test("the remote target is the first request's target and tells subscriptions apart")
    func targets() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription(target: "sip:phone@10.0.0.5"))
        #expect(rig.sent[0].line == "SUBSCRIBE sip:phone@10.0.0.5")
        rig.answer(expires: 600, tag: "t", contact: "sip:phone@10.0.0.5")
        rig.subscribe(EngineRig.subscription(target: "sip:phone@10.0.0.6"))
        #expect(rig.sent[0].value("To") == "<sip:alice@example.com>")
        rig.answer(expires: 600, tag: "u", contact: "sip:phone@10.0.0.6")
        #expect(rig.records.count == 2)
        rig.subscribe(EngineRig.subscription(target: "sip:phone@10.0.0.5"))
        #expect(rig.sent[0].value("To") == "<sip:alice@example.com>;tag=t")
    }

    @Test("a NOTIFY moves the target, also while a request is on its way")
    func moved() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription())
        rig.accept()
        let target = Array("sip:moved@10.0.0.7".utf8)
        rig.engine.moved(rig.records[0], to: target, into: &rig.orders)
        rig.settle()
        #expect(rig.records[0].has(.remoteContact, target))
        rig.subscribe(EngineRig.subscription())
        #expect(rig.sent[0].line == "SUBSCRIBE sip:moved@10.0.0.7")
        let again = Array("sip:again@10.0.0.8".utf8)
        rig.engine.moved(rig.records[0], to: again, into: &rig.orders)
        rig.settle()
        rig.answer(expires: 600)
        #expect(rig.records[0].has(.remoteContact, again))
        #expect(rig.records.count == 1)
    }

    @Test("a NOTIFY that comes while the record is looked up counts more than what is found")
    func movedMeanwhile() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription())
        rig.accept()
        let stored = rig.records
        rig.answersLookups = false
        rig.subscribe(EngineRig.subscription())
        rig.engine.moved(stored[0], to: Array("sip:moved@10.0.0.7".utf8), into: &rig.orders)
        rig.settle()
        // A database answers with what stood there when it was asked.
        rig.records = stored
        rig.answerLookups()
        rig.settle()
        #expect(rig.sent[0].line == "SUBSCRIBE sip:moved@10.0.0.7")
        rig.answer(expires: 600)
        #expect(rig.records[0].has(.remoteContact, Array("sip:moved@10.0.0.7".utf8)))
    }

    @Test("what a NOTIFY has said of one dialog does not touch the next one")
    func movedAndEnded() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription())
        rig.accept()
        let old = rig.records[0]
        rig.answersLookups = false
        rig.subscribe(EngineRig.subscription())
        rig.engine.moved(old, to: Array("sip:moved@10.0.0.7".utf8), into: &rig.orders)
        rig.settle()
        // Another server has begun anew meanwhile.
        var other = old
        other[.callID] = Array("another".utf8)
        rig.records = [other]
        rig.answerLookups()
        rig.settle()
        #expect(rig.sent[0].line == "SUBSCRIBE sip:peer@10.0.0.9")
    }

    @Test("a short subscription is refreshed at the target that a NOTIFY has told")
    func movedShort() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription(expires: -1))
        rig.accept(20)
        rig.engine.moved(
            rig.records[0], to: Array("sip:moved@10.0.0.7".utf8), into: &rig.orders)
        rig.settle()
        rig.pass(15)
        #expect(rig.sent.first?.line == "SUBSCRIBE sip:moved@10.0.0.7")
    }
}
