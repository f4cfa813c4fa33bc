import Basics
import Publications
import TestSupport
import Testing

@testable import PUA

/// Records in memory and what is to be written of them, without a database.
@Suite("pua: records in memory")
struct RecordTableTests {
    /// What a table in a database would hold: batches carried out, or lost.
    private struct Paper {
        var rows: [PUAIdentity: PUARecord] = [:]

        mutating func carryOut(_ changes: [PUAChange]) {
            for change in changes {
                switch change {
                case .remove(let identity): rows[identity] = nil
                case .save(let record, let replaced):
                    if let replaced { rows[replaced] = nil }
                    rows[record.identity] = record
                }
            }
        }
    }

    @Test(
        "a change while a batch is under way is written by the next, however the batch ends",
        arguments: [true, false])
    func underWay(isWritten: Bool) {
        var table = RecordTable()
        var paper = Paper()
        func write(_ works: Bool, _ meanwhile: (inout RecordTable) -> Void = { _ in }) {
            let batch = table.takeBatch(limit: 100)
            meanwhile(&table)
            if works {
                paper.carryOut(batch.changes)
                table.settle(batch, rows: [Int64](repeating: 0, count: batch.changes.count))
            } else {
                table.fail(batch)
            }
        }
        let first = Samples.publication(1)
        let second = Samples.publication(1, etag: "second")
        let third = Samples.publication(1, etag: "third")
        table.apply(.save(first, replacing: nil))
        table.apply(.save(Samples.publication(2), replacing: nil))
        write(isWritten) { $0.apply(.save(second, replacing: first.identity)) }
        write(isWritten) { table in
            table.apply(.save(third, replacing: second.identity))
            table.apply(.remove(Samples.publication(2).identity))
        }
        write(true)
        write(true)
        #expect(Array(paper.rows.values) == [third])
        #expect(table.unwritten == 0)
        #expect(table.count == 1)
    }

    @Test("whatever happens in whatever order, paper and memory are alike in the end")
    func model() {
        for seed in 1...60 {
            var random = SeededNumbers(seed: UInt64(seed))
            var table = RecordTable()
            var paper = Paper()
            var live: [PUAIdentity: PUARecord] = [:]
            var open: RecordTable.Batch?
            for step in 0..<300 {
                let number = Int(random.next() % 5)
                let tag = "t\(random.next() % 4)-\(number)"
                let record = Samples.publication(number, etag: tag, expires: step + 1)
                switch random.next() % 8 {
                case 0:
                    table.apply(.remove(record.identity))
                    live[record.identity] = nil
                case 1, 2:
                    guard open == nil else { continue }
                    open = table.takeBatch(limit: Int(random.next() % 4) + 1)
                case 3:
                    guard let batch = open else { continue }
                    open = nil
                    if random.next() % 3 == 0 {
                        table.fail(batch)
                    } else {
                        paper.carryOut(batch.changes)
                        table.settle(
                            batch, rows: [Int64](repeating: 0, count: batch.changes.count))
                    }
                default:
                    let old = live.values.first { $0.has(.presentity, record[.presentity]) }
                    table.apply(.save(record, replacing: old?.identity))
                    if let old { live[old.identity] = nil }
                    live[record.identity] = record
                }
                #expect(table.count == live.count)
            }
            if let batch = open { table.fail(batch) }
            while table.unwritten > 0 {
                let batch = table.takeBatch(limit: 3)
                paper.carryOut(batch.changes)
                table.settle(batch, rows: [Int64](repeating: 0, count: batch.changes.count))
            }
            #expect(paper.rows == live, "seed \(seed)")
        }
    }

    @Test("records with many changes of their time are due once each")
    func manyTimes() {
        var table = RecordTable()
        for round in 0..<50 {
            for number in 0..<100 {
                let record = Samples.publication(number, expires: 100 + round * 10 + number)
                table.apply(.save(record, replacing: record.identity))
            }
        }
        #expect(table.takeDue(before: 590, until: 2_000, limit: 1_000).isEmpty)
        let due = table.takeDue(before: 640, until: 2_000, limit: 1_000)
        #expect(due.map(\.expires.seconds) == Array(590..<640))
        #expect(table.takeDue(before: 10_000, until: 20_000, limit: 1_000).count == 100)
    }

    @Test("a presentity with many records loses none of them")
    func chains() {
        var table = RecordTable()
        let records = (0..<200).map {
            Samples.publication(1, etag: "e\($0)", expires: $0 + 1, id: "id\($0)")
        }
        for record in records { table.apply(.save(record, replacing: nil)) }
        for (place, record) in records.enumerated() where place % 3 == 0 {
            table.apply(.remove(record.identity))
        }
        for (place, record) in records.enumerated() {
            #expect((table.find(Samples.key(record)) != nil) == (place % 3 != 0))
        }
        #expect(table.count == 133)
    }
}
