import Basics
import Publications
import Storage
import TestSupport
import Testing

@testable import PUA

/// What every store does, wherever it keeps its records: one suite for both modes and for both
/// databases.
@Suite("pua stores")
struct StoreConformanceTests {
    @Test("a record is found with all that it has, also after a restart", arguments: StoreKind.all)
    func roundTrip(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        var publication = Samples.publication(1)
        publication[.tupleID] = Array("tuple".utf8)
        publication.version = 7
        let subscription = Samples.subscription(2)
        stage.save(publication)
        stage.save(subscription)
        for _ in 0..<2 {
            #expect(stage.record(Samples.key(publication)) == publication)
            #expect(stage.record(Samples.key(subscription)) == subscription)
            #expect(stage.record(Samples.dialog(subscription)) == subscription)
            try stage.restart()
        }
    }

    @Test("what nobody stored is absent", arguments: StoreKind.all)
    func absent(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        stage.save(Samples.publication(1))
        stage.save(Samples.subscription(1))
        let other = Samples.publication(2)
        #expect(stage.find(Samples.key(other)) == .absent)
        #expect(stage.find(Samples.dialog(Samples.subscription(3))) == .absent)
        #expect(stage.find(Samples.dialog(Samples.subscription(1), remoteTag: "no")) == .absent)
        // A database compares texts without regard to case; URIs and tags have one.
        let upper = Samples.publication(1, user: "USER1")
        #expect(stage.find(Samples.key(upper)) == .absent)
        var presence = Samples.publication(1)
        presence.event = .presence
        #expect(stage.find(Samples.key(presence)) == .absent)
        #expect(stage.find([]) == [])
    }

    @Test("findings come in the order of the keys", arguments: StoreKind.all)
    func order(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        stage.store.apply((0..<300).map { .save(Samples.publication($0 * 2), replacing: nil) })
        let tags = stage.tags(600)
        #expect(tags == (0..<600).map { $0 % 2 == 0 ? "tag\($0)" : "-" })
    }

    @Test(
        "without an id the record without one is meant, unless a tag names it",
        arguments: StoreKind.all)
    func withoutID(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        let named = Samples.publication(1)
        let nameless = Samples.publication(1, etag: "other", id: "")
        var key = Samples.key(nameless)
        stage.save(named)
        #expect(stage.find(key) == .absent)
        stage.save(nameless)
        #expect(stage.record(key) == nameless)
        key = Samples.key(nameless, etag: "tag1")
        #expect(stage.record(key) == named)
        key = Samples.key(named, etag: "other")
        #expect(stage.find(key) == .absent)
    }

    @Test(
        "of several records for a key that is the answer which expires last",
        arguments: StoreKind.all)
    func several(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        for (etag, expires) in [("a", 500), ("b", 900), ("c", 700)] {
            stage.save(Samples.publication(1, etag: etag, expires: expires))
        }
        let key = Samples.key(Samples.publication(1))
        #expect(stage.record(key)?.has(.etag, Array("b".utf8)) == true)
        stage.remove(Samples.publication(1, etag: "b"))
        #expect(stage.record(key)?.has(.etag, Array("c".utf8)) == true)
        #expect(stage.record(Samples.key(Samples.publication(1), etag: "a")) != nil)
    }

    @Test("a new entity tag takes the place of the old one", arguments: StoreKind.all)
    func refreshed(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        var record = Samples.publication(1)
        stage.save(record)
        for round in 0..<4 {
            let old = record
            record = try #require(stage.record(Samples.key(record)))
            #expect(record == old)
            record[.etag] = Array("round\(round)".utf8)
            record.expires = WallTime(seconds: 2_000 + round)
            record.version += 1
            stage.save(record, replacing: old)
            #expect(
                stage.find(Samples.key(old, etag: String(copying: old[span: .etag]))) == .absent)
            if round == 1 { try stage.restart() }
        }
        try stage.restart()
        #expect(stage.record(Samples.key(record)) == record)
        if let database = stage.database { #expect(try database.count("pua") == 1) }
    }

    @Test("a record whose old one is gone is stored all the same", arguments: StoreKind.all)
    func replacedIsGone(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        let old = Samples.publication(1)
        stage.save(old)
        var next = try #require(stage.record(Samples.key(old)))
        stage.remove(old)
        #expect(stage.find(Samples.key(old)) == .absent)
        next[.etag] = Array("next".utf8)
        stage.save(next, replacing: old)
        #expect(stage.record(Samples.key(next)) == next)
    }

    @Test("no identity is there twice", arguments: StoreKind.all)
    func once(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        var record = Samples.publication(1)
        stage.save(record)
        record.version = 3
        stage.save(record)
        let other = Samples.publication(1, etag: "other")
        stage.save(other)
        // One takes the identity of the other.
        record.version = 4
        stage.save(record, replacing: other)
        #expect(stage.record(Samples.key(record)) == record)
        try stage.restart()
        #expect(stage.record(Samples.key(record)) == record)
        #expect(stage.due(before: 9_999).count == 1)
    }

    @Test(
        "a subscription is known before it is answered, and has its tags then",
        arguments: StoreKind.all)
    func temporary(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        let early = Samples.subscription(1, toTag: "", expires: 64)
        stage.save(early)
        #expect(stage.record(Samples.dialog(early, remoteTag: "whatever")) == early)
        let answered = Samples.subscription(1, expires: 600)
        stage.save(answered, replacing: early)
        #expect(stage.record(Samples.dialog(answered)) == answered)
        #expect(stage.find(Samples.dialog(answered, remoteTag: "whatever")) == .absent)
        #expect(stage.find(Samples.key(answered)) == .found(answered))
        var elsewhere = answered
        elsewhere[.remoteContact] = Array("sip:192.0.2.77".utf8)
        elsewhere.cseq = 11
        stage.save(elsewhere, replacing: answered)
        #expect(stage.record(Samples.dialog(answered)) == elsewhere)
    }

    @Test("what was removed is gone, and removing it again does nothing", arguments: StoreKind.all)
    func removed(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        let records = [
            Samples.publication(1), Samples.publication(2), Samples.subscription(1),
            Samples.subscription(2),
        ]
        for record in records { stage.save(record) }
        try stage.restart()
        for _ in 0..<2 {
            stage.remove(records[0])
            stage.remove(records[2])
        }
        try stage.restart()
        #expect(
            records.map { stage.record(Samples.key($0)) }
                == [nil, records[1], nil, records[3]])
        if let database = stage.database { #expect(try database.count("pua") == 2) }
    }

    @Test("two presentities may have the same entity tag", arguments: StoreKind.all)
    func sameTag(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        for number in 0..<3 { stage.save(Samples.publication(number, etag: "same")) }
        try stage.restart()
        #expect(stage.tags(4) == ["same", "same", "same", "-"])
        for number in 0..<2 {
            let old = try #require(stage.record(Samples.key(Samples.publication(number))))
            var next = old
            next.version = 9
            next[.etag] = Array("next".utf8)
            stage.save(next, replacing: old)
        }
        try stage.restart()
        #expect(stage.tags(4) == ["next", "next", "same", "-"])
    }

    // MARK: What is due

    @Test("what is due comes once, the earliest first", arguments: StoreKind.all)
    func due(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        for (number, expires) in [90, 50, 300, 70, 60].enumerated() {
            stage.save(Samples.publication(number, expires: expires))
        }
        #expect(stage.due(before: 100, now: 40, limit: 3).map(\.expires.seconds) == [50, 60, 70])
        #expect(stage.due(before: 100, now: 40, limit: 3).map(\.expires.seconds) == [90])
        #expect(stage.due(before: 105, now: 45).isEmpty)
        // The claim is over, and nobody did anything: whoever asks gets them.
        #expect(stage.due(before: 112, now: 52).count == 4)
        #expect(stage.due(before: 113, now: 53).isEmpty)
    }

    @Test("a record that was due is due again when its new time comes", arguments: StoreKind.all)
    func renewed(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        stage.save(Samples.publication(1, expires: 50))
        stage.save(Samples.publication(2, expires: 51))
        let due = stage.due(before: 100)
        #expect(due.map(\.expires.seconds) == [50, 51])
        var next = try #require(due.first)
        next.expires = WallTime(seconds: 120)
        next[.etag] = Array("new".utf8)
        stage.save(next, replacing: due[0])
        stage.remove(due[1])
        #expect(stage.record(Samples.key(next)) == next)
        #expect(stage.due(before: 120).isEmpty)
        let again = stage.due(before: 121)
        #expect(again == [next])
        #expect(stage.due(before: 121).isEmpty)
    }

    @Test("more are due than one statement takes", arguments: StoreKind.all)
    func manyDue(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        stage.store.apply(
            (0..<400).map { .save(Samples.publication($0, expires: 10 + $0), replacing: nil) })
        var taken = stage.due(before: 1_000, limit: 300)
        #expect(taken.map(\.expires.seconds) == Array(10..<310))
        taken += stage.due(before: 1_000, limit: 300)
        #expect(taken.map(\.expires.seconds) == Array(10..<410))
    }

    // MARK: Everything at once

    /// Names a few records, so that they meet often.
    ///
    /// An entity tag belongs to one publication for ever, as presence servers give them out.
    private static func record(
        _ serial: Int, _ random: inout SystemRandomNumberGenerator
    ) -> PUARecord {
        let number = Int.random(in: 0..<6, using: &random)
        let expires = Int.random(in: 1...5_000, using: &random)
        if Bool.random(using: &random) { return Samples.subscription(number, expires: expires) }
        let tag = "t\(serial)"
        return Samples.publication(number, etag: tag, expires: expires)
    }

    /// The number of a record's row, as a look-up tells it.
    private static func row(of record: PUARecord, _ stage: StoreStage) -> Int64 {
        let key =
            record.isSubscription
            ? Samples.dialog(record)
            : Samples.key(record, etag: String(copying: record[span: .etag]))
        return stage.record(key)?.row ?? 0
    }

    @Test("whatever is done in whatever order, it is as in a dictionary", arguments: StoreKind.all)
    func model(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        var random = SystemRandomNumberGenerator()
        var model: [PUAIdentity: PUARecord] = [:]
        var past: [PUAIdentity: PUARecord] = [:]
        var serial = 0
        for round in 0..<60 {
            var changes: [PUAChange] = []
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                let old = model.values.randomElement(using: &random)
                if let old, Int.random(in: 0..<4, using: &random) == 0 {
                    changes.append(.remove(old.identity))
                    past[old.identity] = model.removeValue(forKey: old.identity)
                    continue
                }
                serial += 1
                var record = Self.record(serial, &random)
                var replaced: PUAIdentity?
                if let old, old.isSubscription == record.isSubscription,
                    old.has(.presentity, record[.presentity])
                {
                    replaced = old.identity
                    // As the user agent has it: read before, with the number of its row.
                    if round % 2 == 0 { record.row = Self.row(of: old, stage) }
                    past[old.identity] = model.removeValue(forKey: old.identity)
                }
                changes.append(.save(record, replacing: replaced))
                model[record.identity] = record
            }
            stage.store.apply(changes)
            if round % 20 == 19 { try stage.restart() }
            for (identity, record) in past.merging(model, uniquingKeysWith: { $1 }) {
                let key =
                    record.isSubscription
                    ? Samples.dialog(record)
                    : Samples.key(record, etag: String(copying: record[span: .etag]))
                #expect(stage.record(key) == model[identity])
            }
            past = past.filter { _ in Int.random(in: 0..<10, using: &random) == 0 }
        }
        let taken = stage.due(before: 10_000, limit: 10_000)
        #expect(taken.map(\.identity).count == model.count)
        #expect(Set(taken.map(\.identity)) == Set(model.keys))
    }
}
