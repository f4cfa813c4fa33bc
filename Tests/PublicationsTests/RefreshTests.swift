import Basics
import Testing

@testable import Publications

@Suite("Keeping alive")
struct RefreshTests {
    @Test("a publication without end is refreshed before its end, without a body")
    func permanent() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(expires: -1))
        rig.answer(etag: "e1", expires: 3_601)
        rig.pass(3_490, looksForDue: true)
        #expect(rig.sent.isEmpty)
        rig.pass(20, looksForDue: true)
        #expect(rig.sent.count == 1)
        #expect(rig.sent[0].value("SIP-If-Match") == "e1")
        #expect(rig.sent[0].value("Content-Length") == "0")
        #expect(rig.sent[0].value("Expires") == "3601")
        rig.answer(etag: "e2", expires: 3_601)
        #expect(rig.records.map { $0[.etag] } == [Array("e2".utf8)])
        #expect(rig.records[0].desiredExpires.seconds == 0)
        #expect(rig.engine.figures.refreshes == 1)
    }

    @Test("one that got as long as was asked for lapses and is forgotten")
    func lapses() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(expires: 600))
        rig.answer(etag: "e1", expires: 601)
        rig.pass(605, looksForDue: true)
        #expect(rig.sent.isEmpty)
        #expect(rig.records.count == 1)
        rig.pass(10, looksForDue: true)
        #expect(rig.records.isEmpty)
    }

    @Test("one that got less is refreshed until it has what was asked for")
    func shortened() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(expires: 1_000))
        rig.answer(etag: "e0", expires: 400)
        var refreshes = 0
        for _ in 0..<1_100 {
            rig.pass(1, looksForDue: true)
            guard !rig.sent.isEmpty else { continue }
            refreshes += 1
            rig.answer(etag: "e\(refreshes)", expires: 400)
        }
        #expect(refreshes == 2)
    }

    @Test("one that lives shorter than the horizon is refreshed at half its life, not each second")
    func brief() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(expires: -1))
        rig.answer(etag: "e0", expires: 60)
        var times: [Int] = []
        for second in 1...180 {
            rig.pass(1, looksForDue: true)
            guard !rig.sent.isEmpty else { continue }
            times.append(second)
            rig.answer(etag: "e\(second)", expires: 60)
        }
        #expect(times == [30, 60, 90, 120, 150, 180])
        #expect(rig.records.count == 1)
    }

    @Test("nothing is refreshed while somebody else works on it")
    func busy() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(expires: -1))
        rig.answer(etag: "e1", expires: 3_601)
        rig.pass(3_560)
        rig.publish(EngineRig.publication("news", expires: -1))
        rig.due()
        #expect(rig.sent.count == 1)
        #expect(rig.sent[0].body == "news v1")
    }

    @Test("a restart goes on with the stored entity tag")
    func restart() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(expires: -1))
        rig.answer(etag: "e1", expires: 3_601)
        var next = EngineRig()
        next.records = rig.records
        next.now = WallTime(seconds: rig.now.seconds + 3_550)
        next.due()
        #expect(next.sent.map { $0.value("SIP-If-Match") } == ["e1"])
        #expect(next.sent[0].value("Call-ID") != "")
    }

    @Test("a publication whose end was missed is forgotten; a subscription begins anew")
    func missed() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(expires: -1))
        rig.answer(etag: "e1", expires: 3_601)
        rig.subscribe(EngineRig.subscription(expires: -1))
        rig.accept(3_610)
        rig.pass(1)
        var next = EngineRig()
        next.records = rig.records
        next.now = WallTime(seconds: rig.now.seconds + 10_000)
        next.due()
        #expect(next.sent.map(\.line) == ["SUBSCRIBE sip:alice@example.com"])
        #expect(next.sent[0].value("To") == "<sip:alice@example.com>")
        #expect(next.records.count == 1)
        #expect(next.records[0].isTemporary)
    }

    @Test("a first request that a crash has cut off is sent anew when its record is over")
    func crashed() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription(expires: -1, target: "sip:phone@10.0.0.5"))
        var next = EngineRig()
        next.records = rig.records
        next.now = WallTime(seconds: rig.now.seconds + 30)
        next.due()
        #expect(next.sent.isEmpty)
        next.now.seconds += 40
        next.due()
        #expect(next.sent.map(\.line) == ["SUBSCRIBE sip:phone@10.0.0.5"])
    }

    @Test("a subscription is refreshed in its dialog with what it was made of")
    func subscription() {
        var rig = EngineRig()
        var request = EngineRig.subscription(expires: -1)
        request.extraHeaders = Array("X-One: 1\r\n".utf8)
        rig.subscribe(request)
        rig.accept(3_610)
        rig.pass(3_550)
        rig.due()
        #expect(rig.sent[0].value("To").hasSuffix("tag=their"))
        #expect(rig.sent[0].value("Contact") == "<sip:me@10.0.0.1>")
        #expect(rig.sent[0].value("X-One") == "1")
        #expect(rig.sent[0].value("Expires") == "3610")
    }

    @Test("with no horizon nothing is looked after early")
    func off() {
        var rig = EngineRig { $0.refreshAheadSeconds = 0 }
        rig.publish(EngineRig.publication(expires: -1))
        rig.answer(etag: "e1", expires: 30)
        rig.pass(60)
        #expect(rig.sent.isEmpty)
    }
}
