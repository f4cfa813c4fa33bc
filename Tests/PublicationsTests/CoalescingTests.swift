import Basics
import Testing

@testable import Publications

@Suite("Wishes that come while a request is on its way")
struct CoalescingTests {
    @Test("the newest of many is sent, once, and all who asked are told")
    func newest() {
        var rig = EngineRig()
        for number in 1...5 {
            rig.publish(EngineRig.publication("state \(number)"), ticket: UInt64(number))
        }
        #expect(rig.sent.count == 1)
        rig.answer(etag: "e1", expires: 601)
        #expect(rig.told.map(\.ticket) == [1])
        #expect(rig.sent.count == 1)
        #expect(rig.sent[0].body == "state 5 v1")
        #expect(rig.sent[0].value("SIP-If-Match") == "e1")
        rig.answer(etag: "e2", expires: 601)
        #expect(rig.told.map(\.ticket) == [1, 2, 3, 4, 5])
        #expect(rig.told.dropFirst().allSatisfy { $0.reply.etag == Array("e2".utf8) })
        #expect(rig.engine.figures.coalesced == 3)
        #expect(rig.engine.jobCount == 0)
    }

    @Test("those that come while the record is looked up are one request")
    func whileFinding() {
        var rig = EngineRig()
        rig.answersLookups = false
        for number in 1...3 {
            rig.publish(EngineRig.publication("state \(number)"), ticket: UInt64(number))
        }
        #expect(rig.lookups.count == 1)
        rig.answersLookups = true
        rig.answerLookups()
        rig.settle()
        #expect(rig.sent.map(\.body) == ["state 3 v0"])
    }

    /// What two wishes in a row come to: body and Expires of the request, nil for none at all.
    static let pairs: [(String?, Int, String?, Int, String, String)] = [
        ("a", 600, "b", 600, "b v1", "601"), ("a", 600, nil, 900, "a v1", "901"),
        (nil, 600, "b", 300, "b v1", "301"), (nil, 600, nil, 300, "", "301"),
        ("a", 600, nil, 0, "", "0"), (nil, 0, "b", 600, "b v1", "601"),
        (nil, 0, nil, 600, "", "601"), (nil, 0, nil, 0, "", "0"),
    ]

    @Test("a refresh leaves the body, and a removal is the last word", arguments: pairs)
    func merging(
        firstBody: String?, firstExpires: Int, secondBody: String?, secondExpires: Int,
        body: String, expires: String
    ) {
        var rig = EngineRig()
        rig.publish(EngineRig.publication("start"))
        rig.publish(EngineRig.publication(firstBody, expires: firstExpires))
        rig.publish(EngineRig.publication(secondBody, expires: secondExpires))
        rig.answer(etag: "e1", expires: 601)
        #expect(rig.sent.count == 1)
        #expect(rig.sent[0].body == body)
        #expect(rig.sent[0].value("Expires") == expires)
        #expect(rig.sent[0].value("SIP-If-Match") == "e1")
    }

    @Test("new publications without a name are not merged")
    func inserts() {
        var rig = EngineRig()
        for number in 0..<3 {
            rig.publish(EngineRig.publication("p\(number)", id: "", operation: .insert))
        }
        for number in 0..<3 {
            #expect(rig.sent[0].body == "p\(number) v0")
            rig.answer(etag: "e\(number)", expires: 601)
        }
        #expect(rig.records.count == 3)
    }

    @Test("as many as may wait about the same, and one more is refused")
    func bound() {
        var rig = EngineRig()
        for number in 0..<Limits.pendingWishesMax + 2 {
            rig.publish(
                EngineRig.publication(id: "", operation: .insert), ticket: UInt64(number + 1))
        }
        #expect(rig.told.map(\.reply.outcome) == [.refused])
        #expect(rig.told.map(\.ticket) == [UInt64(Limits.pendingWishesMax + 2)])
    }

    @Test("as much is worked on as may be, and one more is refused")
    func jobs() {
        var rig = EngineRig { $0.jobsMax = 2 }
        for number in 1...3 {
            rig.publish(EngineRig.publication(id: "p\(number)"), ticket: UInt64(number))
        }
        #expect(rig.sent.count == 2)
        #expect(rig.told.map(\.ticket) == [3])
        #expect(rig.told[0].reply.status == 503)
        rig.answer(etag: "e1", expires: 601)
        rig.publish(EngineRig.publication(id: "p3"), ticket: 4)
        #expect(rig.sent.count == 2)
    }

    @Test("subscriptions coalesce too: the end that comes while the beginning is on its way")
    func subscriptions() {
        var rig = EngineRig()
        rig.subscribe(EngineRig.subscription(), ticket: 1)
        rig.subscribe(EngineRig.subscription(expires: 900), ticket: 2)
        rig.subscribe(EngineRig.subscription(expires: 0), ticket: 3)
        #expect(rig.sent.count == 1)
        rig.accept()
        #expect(rig.sent.count == 1)
        #expect(rig.sent[0].value("Expires") == "0")
        #expect(rig.sent[0].value("To").hasSuffix(";tag=their"))
        rig.accept(0)
        #expect(rig.told.map(\.ticket) == [1, 2, 3])
        #expect(rig.records.isEmpty)
    }
}
