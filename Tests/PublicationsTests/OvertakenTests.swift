import Basics
import Testing

@testable import Publications

@Suite("Answers of a store that are overtaken")
struct OvertakenTests {
    private static let identity = PUAIdentity.subscription(callID: [1], fromTag: [2])

    /// A subscription's record; the number tells two of one dialog apart.
    private static func record(_ cseq: Int32, callID: UInt8 = 1) -> PUARecord {
        var record = PUARecord(event: .registration, source: .registrationSubscribe)
        record[.watcher] = [9]
        record[.callID] = [callID]
        record[.fromTag] = [2]
        record.cseq = cseq
        return record
    }

    /// A publication's record.
    private static func publication(etag: UInt8) -> PUARecord {
        var record = PUARecord(event: .registration, source: .registrationPublish)
        record[.presentity] = [7]
        record[.etag] = [etag]
        return record
    }

    @Test("what nobody has changed is what was found")
    func untouched() {
        var overtaken = PUAOvertaken()
        overtaken.beginLook(Self.identity)
        overtaken.note([.save(Self.record(5, callID: 3), replacing: nil)])
        #expect(overtaken.endLook(Self.identity, Self.record(1))?.cseq == 1)
        overtaken.beginLook(Self.identity)
        #expect(overtaken.endLook(Self.identity, nil) == nil)
    }

    @Test("the last change counts, be it a new state or the end")
    func changes() {
        var overtaken = PUAOvertaken()
        overtaken.beginLook(Self.identity)
        overtaken.note([
            .remove(Self.identity), .save(Self.record(5), replacing: nil),
            .save(Self.record(6), replacing: nil),
        ])
        #expect(overtaken.endLook(Self.identity, Self.record(1))?.cseq == 6)
        overtaken.beginLook(Self.identity)
        overtaken.note([.save(Self.record(7), replacing: nil), .remove(Self.identity)])
        #expect(overtaken.endLook(Self.identity, Self.record(1)) == nil)
    }

    @Test("two look-ups of one record both see the change; later ones the store's answer")
    func several() {
        var overtaken = PUAOvertaken()
        overtaken.beginLook(Self.identity)
        overtaken.beginLook(Self.identity)
        overtaken.note([.save(Self.record(8), replacing: nil)])
        for _ in 0..<2 {
            #expect(overtaken.endLook(Self.identity, Self.record(1))?.cseq == 8)
        }
        #expect(overtaken.endLook(Self.identity, Self.record(1))?.cseq == 1)
    }

    @Test("what was changed since is not due, under its old entity tag neither")
    func due() {
        var overtaken = PUAOvertaken()
        let records = (1...4).map { Self.publication(etag: $0) }
        overtaken.beginDue()
        overtaken.note([
            .save(Self.publication(etag: 9), replacing: records[0].identity),
            .remove(records[2].identity),
        ])
        #expect(overtaken.endDue(records) == [records[1], records[3]])
        // Nobody asks any more: everything is as the store says.
        overtaken.note([.remove(records[1].identity)])
        #expect(overtaken.endDue(records) == records)
    }

    @Test("each question begins anew")
    func anew() {
        var overtaken = PUAOvertaken()
        let record = Self.publication(etag: 1)
        overtaken.beginDue()
        overtaken.note([.remove(record.identity)])
        overtaken.beginDue()
        #expect(overtaken.endDue([record]) == [record])
    }

    @Test("more changes than are kept put everything off to its next turn")
    func tooMany() {
        var overtaken = PUAOvertaken()
        overtaken.beginDue()
        let changes = (0...Limits.userAgentQueueMax).map { number in
            var record = Self.publication(etag: 1)
            record[.id] = Array(String(number).utf8)
            return PUAChange.remove(record.identity)
        }
        overtaken.note(changes)
        #expect(overtaken.endDue([Self.publication(etag: 5)]) == [])
        overtaken.beginDue()
        #expect(overtaken.endDue([Self.publication(etag: 5)]).count == 1)
    }
}
