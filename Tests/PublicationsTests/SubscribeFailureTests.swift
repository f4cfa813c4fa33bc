import Basics
import Testing

@testable import Publications

@Suite("SUBSCRIBE requests that fail")
struct SubscribeFailureTests {
    @Test(
        "a refusal of the first request ends it, and a failure is tried again",
        arguments: [
            (403, false), (404, false), (408, true), (480, true), (481, true), (489, false),
            (500, true), (503, true), (603, false),
        ])
    func initial(status: Int, isRetried: Bool) {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription(), ticket: 1)
        let before = rig.sent[0].value("Call-ID")
        rig.answer(status)
        #expect(rig.told.map(\.reply.status) == [status])
        #expect(rig.told[0].reply.isRetried == isRetried)
        #expect(rig.records.count == (isRetried ? 1 : 0))
        rig.pass(2)
        #expect(rig.sent.count == (isRetried ? 1 : 0))
        guard isRetried else { return }
        #expect(rig.sent[0].value("Call-ID") != before)
        #expect(rig.records.count == 1)
        rig.accept()
        #expect(rig.records.count == 1)
        #expect(!rig.records[0].isTemporary)
    }

    @Test(
        "a request in the dialog that fails begins anew at once",
        arguments: [404, 408, 481, 500, 603])
    func inDialog(status: Int) {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription())
        rig.accept()
        let before = rig.records[0][.callID]
        rig.subscribe(EngineRig.subscription(), ticket: 1)
        rig.answer(status)
        #expect(rig.sent.count == 1)
        #expect(rig.sent[0].value("To") == "<sip:alice@example.com>")
        #expect(rig.records.count == 1)
        #expect(rig.records[0][.callID] != before)
        #expect(rig.told.isEmpty)
        rig.accept()
        #expect(rig.told.map(\.reply.status) == [200])
    }

    @Test("silence in the dialog begins anew, and silence then is met with pauses")
    func silence() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription(expires: -1))
        rig.accept(3_610)
        rig.pass(3_550)
        rig.due()
        #expect(rig.sent[0].value("To").hasSuffix("tag=their"))
        rig.fail(.timedOut)
        #expect(rig.sent[0].value("To") == "<sip:alice@example.com>")
        var pauses: [Int] = []
        for _ in 0..<4 {
            rig.fail(.timedOut)
            var waited = 0
            while rig.sent.isEmpty, waited < 400 {
                rig.pass(1, looksForDue: true)
                waited += 1
            }
            pauses.append(waited)
            #expect(rig.records.count == 1)
        }
        #expect(pauses == [2, 4, 8, 16])
        rig.accept()
        #expect(rig.records.count == 1)
        #expect(rig.records[0].desiredExpires.seconds == 0)
    }

    @Test("Retry-After within a dialog keeps it")
    func retryAfter() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription())
        rig.accept()
        rig.subscribe(EngineRig.subscription(), ticket: 1)
        rig.answer(503, retryAfter: 20)
        #expect(rig.told[0].reply.isRetried)
        rig.pass(20)
        #expect(rig.sent[0].value("To").hasSuffix("tag=their"))
    }

    @Test("423 takes Min-Expires within the same dialog")
    func tooBrief() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription(expires: 60))
        let callID = rig.sent[0].value("Call-ID")
        rig.answer(423, minExpires: 3_600)
        #expect(rig.sent[0].value("Call-ID") == callID)
        #expect(rig.sent[0].value("Expires") == "3600")
        #expect(rig.sent[0].value("CSeq") == "11 SUBSCRIBE")
        rig.accept(3_600)
        #expect(rig.records[0].cseq == 11)
        rig.subscribe(EngineRig.subscription(expires: 60))
        #expect(rig.sent[0].value("CSeq") == "12 SUBSCRIBE")
    }

    @Test("a challenge within the dialog is answered there")
    func challenge() {
        var rig = EngineRig {
            $0.credentials = [PUACredentials(realm: [], user: [1], password: [2])]
            $0.authorise = { _ in Array("Proxy-Authorization: x\r\n".utf8) }
        }
        rig.subscribe(EngineRig.subscription())
        rig.answer(407, challenge: "Digest")
        #expect(rig.sent[0].value("Proxy-Authorization") == "x")
        #expect(rig.records.count == 1)
        rig.accept()
        rig.subscribe(EngineRig.subscription())
        rig.answer(407, challenge: "Digest")
        #expect(rig.sent[0].value("CSeq") == "13 SUBSCRIBE")
        rig.accept()
        #expect(rig.records[0].cseq == 13)
    }

    @Test("an operator's subscription is not repeated, but what is to be kept alive is")
    func command() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription(expires: -1, source: .rpcSubscribe))
        rig.fail(.timedOut)
        #expect(rig.records.isEmpty)
        rig.subscribe(EngineRig.subscription(expires: -1, source: .rpcSubscribe))
        rig.accept(3_610)
        rig.pass(3_550)
        rig.due()
        rig.fail(.timedOut)
        rig.fail(.timedOut)
        #expect(rig.records.count == 1)
        rig.pass(4)
        #expect(rig.sent.count == 1)
    }

    // MARK: What the other side ends

    @Test(
        "the end that a NOTIFY tells: anew at once, later, or never",
        arguments: [
            (PUASubscriptionEnd(.again), 0), (PUASubscriptionEnd(.later), 4),
            (PUASubscriptionEnd(.later, retryAfterSeconds: 30), 30),
            (PUASubscriptionEnd(.again, retryAfterSeconds: 9), 9), (PUASubscriptionEnd(.never), -1),
        ])
    func ended(end: PUASubscriptionEnd, seconds: Int) {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription())
        rig.accept()
        let record = rig.records[0]
        rig.engine.ended(record, end, now: rig.now, into: &rig.orders)
        rig.settle()
        if seconds < 0 {
            #expect(rig.records.isEmpty)
            rig.pass(60)
            #expect(rig.sent.isEmpty)
            return
        }
        if seconds > 0 {
            #expect(rig.records.count == 1)
            rig.pass(seconds - 1)
            #expect(rig.sent.isEmpty)
            rig.pass(1)
        }
        #expect(rig.sent.map(\.line) == ["SUBSCRIBE sip:alice@example.com"])
        #expect(rig.records.count == 1)
        #expect(rig.records[0][.callID] != record[.callID])
    }

    @Test("the end of a subscription that is being ended changes nothing")
    func endedTwice() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription())
        rig.accept()
        let record = rig.records[0]
        rig.subscribe(EngineRig.subscription(expires: 0))
        rig.engine.ended(record, PUASubscriptionEnd(.again), now: rig.now, into: &rig.orders)
        rig.settle()
        #expect(rig.sent.count == 1)
        rig.accept(0)
        #expect(rig.records.isEmpty)
        #expect(rig.sent.isEmpty)
    }
}
