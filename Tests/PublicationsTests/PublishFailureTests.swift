import Basics
import Testing

@testable import Publications

@Suite("PUBLISH requests that fail")
struct PublishFailureTests {
    /// What a refusal of an initial and of a further PUBLISH leads to.
    struct Case: Sendable {
        var status: Int
        /// Whether the record of a further one stays.
        var keepsRecord: Bool
        /// Whether it is tried again by itself.
        var isRetried: Bool
    }

    static let cases: [Case] = [
        Case(status: 302, keepsRecord: false, isRetried: false),
        Case(status: 400, keepsRecord: false, isRetried: false),
        Case(status: 401, keepsRecord: false, isRetried: false),
        Case(status: 403, keepsRecord: false, isRetried: false),
        Case(status: 404, keepsRecord: false, isRetried: false),
        Case(status: 408, keepsRecord: true, isRetried: true),
        Case(status: 415, keepsRecord: false, isRetried: false),
        Case(status: 480, keepsRecord: true, isRetried: true),
        Case(status: 481, keepsRecord: false, isRetried: false),
        Case(status: 489, keepsRecord: false, isRetried: false),
        Case(status: 500, keepsRecord: true, isRetried: true),
        Case(status: 503, keepsRecord: true, isRetried: true),
        Case(status: 504, keepsRecord: true, isRetried: true),
        Case(status: 600, keepsRecord: false, isRetried: false),
        Case(status: 603, keepsRecord: false, isRetried: false),
    ]

    @Test("each status of an initial PUBLISH", arguments: cases)
    func initial(_ given: Case) {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(), ticket: 1)
        rig.answer(given.status)
        #expect(rig.told.map(\.reply.status) == [given.status])
        #expect(rig.told[0].reply.isRetried == given.isRetried)
        #expect(rig.records.isEmpty)
        #expect(rig.engine.jobCount == (given.isRetried ? 1 : 0))
        rig.pass(2)
        #expect(rig.sent.count == (given.isRetried ? 1 : 0))
    }

    @Test("each status of a further PUBLISH", arguments: cases)
    func further(_ given: Case) {
        var rig = EngineRig()
        rig.publish(EngineRig.publication())
        rig.answer(etag: "e1", expires: 601)
        rig.publish(EngineRig.publication("more"), ticket: 1)
        rig.answer(given.status)
        #expect(rig.told.map(\.reply.status) == [given.status])
        #expect(rig.records.count == (given.keepsRecord ? 1 : 0))
        rig.pass(2)
        #expect(rig.sent.count == (given.isRetried ? 1 : 0))
        if given.isRetried {
            #expect(rig.sent[0].value("SIP-If-Match") == "e1")
            #expect(rig.sent[0].body == "more v1")
        }
    }

    @Test("412 publishes anew, once, without the tag")
    func conditionFailed() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication())
        rig.answer(etag: "e1", expires: 601)
        rig.publish(EngineRig.publication("news"), ticket: 1)
        let before = rig.sent[0].value("Call-ID")
        rig.answer(412)
        #expect(rig.told.isEmpty)
        #expect(rig.sent.count == 1)
        #expect(rig.sent[0].value("SIP-If-Match").isEmpty)
        #expect(rig.sent[0].value("Call-ID") != before)
        // The version goes on: watchers would take an older one for a repetition.
        #expect(rig.sent[0].body == "news v1")
        rig.answer(412)
        #expect(rig.sent.isEmpty)
        #expect(rig.records.isEmpty)
        #expect(rig.told.map(\.reply.status) == [412])
        #expect(rig.engine.jobCount == 0)
    }

    @Test("after 412 the new publication takes the place of the old one")
    func renewed() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication())
        rig.answer(etag: "e1", expires: 601)
        rig.publish(EngineRig.publication("news"), ticket: 1)
        rig.answer(412)
        rig.answer(etag: "e2", expires: 601)
        #expect(rig.records.map { $0[.etag] } == [Array("e2".utf8)])
        #expect(rig.records[0].version == 1)
        #expect(rig.told.map(\.reply.status) == [200])
        // The next 412 is another one.
        rig.publish(EngineRig.publication("more"))
        rig.answer(412)
        #expect(rig.sent.map { $0.value("SIP-If-Match") } == [""])
    }

    @Test("after 412 the tag of another server that shares the table is taken")
    func refreshedElsewhere() {
        for body in ["news", nil] {
            var rig = EngineRig()
            rig.publish(EngineRig.publication())
            rig.answer(etag: "e1", expires: 601)
            rig.publish(EngineRig.publication(body), ticket: 1)
            rig.records[0][.etag] = Array("theirs".utf8)
            rig.answer(412)
            #expect(rig.records.map { $0[.etag] } == [Array("theirs".utf8)])
            guard body != nil else {
                #expect(rig.told.map(\.reply.status) == [412])
                continue
            }
            #expect(rig.sent.map { $0.value("SIP-If-Match") } == ["theirs"])
            rig.answer(etag: "e3", expires: 601)
            #expect(rig.records.map { $0[.etag] } == [Array("e3".utf8)])
        }
    }

    @Test("412 to a refresh without a body, or to a command, is the end of it")
    func conditionFailedWithoutBody() {
        for (body, source) in [
            (nil, PUASource.registrationPublish), ("news", .rpcPublish), ("news", .rpcSendPublish),
        ] {
            var rig = EngineRig()
            rig.publish(EngineRig.publication(source: source))
            rig.answer(etag: "e1", expires: 601)
            rig.publish(EngineRig.publication(body, source: source), ticket: 1)
            rig.answer(412)
            #expect(rig.sent.isEmpty)
            #expect(rig.records.isEmpty)
            #expect(rig.told.map(\.reply.status) == [412])
        }
    }

    @Test("423 takes Min-Expires, once")
    func tooBrief() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(expires: 60), ticket: 1)
        let callID = rig.sent[0].value("Call-ID")
        rig.answer(423, minExpires: 300)
        #expect(rig.sent[0].value("Expires") == "300")
        #expect(rig.sent[0].value("CSeq") == "11 PUBLISH")
        #expect(rig.sent[0].value("Call-ID") == callID)
        #expect(rig.sent[0].body == "doc v0")
        rig.answer(423, minExpires: 600)
        #expect(rig.sent.isEmpty)
        #expect(rig.told.map(\.reply.status) == [423])
    }

    @Test("423 without Min-Expires, or with one that was kept, is a refusal", arguments: [nil, 10])
    func senselessTooBrief(least: Int?) {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(), ticket: 1)
        rig.answer(423, minExpires: least)
        #expect(rig.told.map(\.reply.status) == [423])
    }

    @Test("a challenge is answered with the same Call-ID and the next number")
    func challenge() {
        var rig = EngineRig {
            $0.credentials = [PUACredentials(realm: [], user: [1], password: [2])]
            $0.authorise = { asked in
                asked.isRepeated
                    ? nil
                    : Array(
                        "Authorization: \(String(decoding: asked.method, as: UTF8.self))\r\n".utf8)
            }
        }
        rig.publish(EngineRig.publication(), ticket: 1)
        let first = rig.sent[0]
        rig.answer(401, challenge: "Digest realm=\"r\", nonce=\"n\"")
        #expect(rig.sent[0].value("Authorization") == "PUBLISH")
        #expect(rig.sent[0].value("CSeq") == "11 PUBLISH")
        #expect(rig.sent[0].value("Call-ID") == first.value("Call-ID"))
        #expect(rig.sent[0].value("From") == first.value("From"))
        rig.answer(401, challenge: "Digest realm=\"r\", nonce=\"n\"")
        #expect(rig.sent.isEmpty)
        #expect(rig.told.map(\.reply.status) == [401])
    }

    @Test("without an answer it is tried again with growing pauses")
    func silence() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(expires: 3_600), ticket: 1)
        var pauses: [Int] = []
        for _ in 0..<6 {
            rig.fail(.timedOut)
            var waited = 0
            while rig.sent.isEmpty, waited < 400 {
                rig.pass(1)
                waited += 1
            }
            pauses.append(waited)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32])
        // Who asked was told at the first failure, and only then.
        #expect(rig.told.map(\.reply.outcome) == [.timedOut])
        #expect(rig.told[0].reply.isRetried)
        rig.answer(etag: "e1", expires: 3_601)
        #expect(rig.records.count == 1)
        #expect(rig.engine.jobCount == 0)
    }

    @Test("it is given up when what was to be published would be over")
    func abandonment() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(expires: 10))
        while !rig.sent.isEmpty {
            rig.fail(.undeliverable)
            rig.pass(20)
        }
        #expect(rig.engine.jobCount == 0)
        #expect(rig.engine.figures.abandoned == 1)
    }

    @Test("Retry-After is heeded")
    func retryAfter() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication())
        rig.answer(503, retryAfter: 30)
        rig.pass(29)
        #expect(rig.sent.isEmpty)
        rig.pass(1)
        #expect(rig.sent.count == 1)
    }

    @Test("what comes during a pause is what is sent after it")
    func duringPause() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication("old"), ticket: 1)
        rig.publish(EngineRig.publication("newer"), ticket: 2)
        rig.answer(503, retryAfter: 5)
        rig.publish(EngineRig.publication("newest"), ticket: 3)
        rig.pass(5)
        #expect(rig.sent.map(\.body) == ["newest v0"])
        rig.answer(etag: "e1", expires: 601)
        #expect(rig.told.map(\.ticket) == [1, 2, 3])
        #expect(rig.told.map(\.reply.status) == [503, 200, 200])
    }

    @Test("a removal during a pause is not put off")
    func removalDuringPause() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication())
        rig.answer(etag: "e1", expires: 601)
        rig.publish(EngineRig.publication("more"))
        rig.answer(503, retryAfter: 300)
        rig.publish(EngineRig.publication(expires: 0))
        #expect(rig.sent.count == 1)
        #expect(rig.sent[0].value("Expires") == "0")
        rig.answer(expires: 0)
        #expect(rig.records.isEmpty)
    }

    @Test("an operator's command is not repeated")
    func command() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(source: .rpcPublish), ticket: 1)
        rig.fail(.timedOut)
        #expect(rig.told.map(\.reply.status) == [408])
        #expect(!rig.told[0].reply.isRetried)
        #expect(rig.engine.jobCount == 0)
    }

    @Test("while the database is away the wish waits, and is carried out when it is back")
    func databaseAway() {
        var rig = EngineRig()
        rig.isAway = true
        rig.publish(EngineRig.publication("old"), ticket: 1)
        rig.pass(3)
        rig.publish(EngineRig.publication("new"), ticket: 2)
        #expect(rig.sent.isEmpty)
        #expect(rig.told.isEmpty)
        rig.isAway = false
        rig.pass(8)
        #expect(rig.sent.map(\.body) == ["new v0"])
        rig.answer(etag: "e1", expires: 601)
        #expect(rig.told.map(\.ticket) == [1, 2])
    }

    @Test("the answer to an older request changes nothing")
    func stale() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(expires: 60))
        let old = rig.sent[0]
        rig.answer(423, minExpires: 300)
        rig.engine.answered(
            old.token, PUAResponse(.answered, status: 200), now: rig.now, into: &rig.orders)
        rig.settle()
        #expect(rig.sent.count == 1)
        #expect(rig.engine.inFlightCount == 1)
        rig.engine.answered(
            0, PUAResponse(.answered, status: 200), now: rig.now, into: &rig.orders)
        rig.engine.answered(
            .max, PUAResponse(.answered, status: 200), now: rig.now, into: &rig.orders)
        #expect(rig.orders.isEmpty)
    }
}
