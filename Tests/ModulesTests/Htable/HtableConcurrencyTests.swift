import Basics
import ModuleKit
import RouteScript
import Synchronization
import Testing

@testable import Htable

/// A number whose reading and writing are two steps, so that only a lock around both keeps count.
private final class HeldNumber: Sendable {
    private let held = Guarded(0)
    var number: Int {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }
}

/// Tables under several threads, and at their bounds.
@Suite("Hash tables under load")
struct HtableConcurrencyTests {
    private func key(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("counters that eight threads raise and lower end where they must")
    func counters() async throws {
        let table = HashTable(try TableDefinition("t=>size=4;initval=100"))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for round in 0..<1_000 {
                        _ = table.add(
                            Array("k\(round % 11)".utf8), number % 2 == 0 ? 1 : -1, now: 1)
                    }
                }
            }
        }
        for number in 0..<11 {
            guard case .integer(100) = table.value(key("k\(number)"), now: 1) else {
                Issue.record("k\(number) is not back at its beginning")
                continue
            }
        }
        #expect(table.count == 11)
    }

    @Test("the bound holds under threads that all want the last places")
    func bound() async throws {
        let table = HashTable(try TableDefinition("t=>"), entriesMax: 100)
        let taken = Counter()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for round in 0..<50
                    where table.set(Array("t\(number)-\(round)".utf8), .integer(1), now: 1) {
                        taken.add(1)
                    }
                }
            }
        }
        #expect(taken.value == 100)
        #expect(table.count == 100)
        #expect(table.count(now: 1) { _, _ in true } == 100)
    }

    @Test("entries that come and go under threads leave the count exact")
    func churn() async throws {
        let table = HashTable(try TableDefinition("t=>autoexpire=10"), entriesMax: 1_000)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask {
                    for round in 0..<800 {
                        let key = Array("k\(round % 60)".utf8)
                        switch number {
                        case 0, 1: _ = table.set(key, .integer(round), now: round)
                        case 2: table.remove(key)
                        case 3: _ = table.takeExpired(now: round)
                        case 4: table.setLife(key, round % 20, now: round)
                        default: _ = table.count(now: round) { _, _ in true }
                        }
                    }
                }
            }
        }
        let live = table.count(now: 0) { _, _ in true }
        #expect(table.count == live)
        table.removeAll()
        #expect(table.count == 0)
    }

    @Test("each entry that has expired is handed out once, though four threads look")
    func expiryOnce() async throws {
        let table = HashTable(try TableDefinition("t=>autoexpire=10"))
        for number in 0..<2_000 { _ = table.set(key("k\(number)"), .integer(number), now: 100) }
        let total = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let count = table.takeExpired(now: 110).count
                    total.add(count)
                }
            }
        }
        #expect(total.value == 2_000)
        #expect(table.count == 0)
    }

    @Test("a walk meets what stood there all the time, whatever others add and remove")
    func walks() async throws {
        let table = HashTable(try TableDefinition("t=>size=8"))
        for number in 0..<500 { _ = table.set(key("stays\(number)"), .integer(1), now: 1) }
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    for round in 0..<3_000 {
                        let key = Array("comes\(round % 300)".utf8)
                        _ = table.set(key, .integer(2), now: 1)
                        if round % 2 == 0 { table.remove(key) }
                    }
                    return -1
                }
                group.addTask {
                    var walk = TableWalk(table)
                    var seen = Set<[UInt8]>()
                    while walk.next(now: 1) {
                        guard let key = walk.key else { continue }
                        if key.starts(with: Array("stays".utf8)) { seen.insert(key) }
                    }
                    return seen.count
                }
            }
            for await count in group where count >= 0 { #expect(count == 500) }
        }
    }

    @Test("two contexts change one table, and each has its own walks")
    func contexts() throws {
        let rig = try tableRig(
            """
            $sht(b=>n) = $shtinc(b=>n); sht_iterator_start("i", "b");
            sht_iterator_next("i"); note("$sht(b=>n) $shtitkey(i)");
            """)
        #expect(try rig.run() == ["6 n"])
        let other = ScriptContext(services: rig.services)
        rig.program.run(.request, in: other)
        #expect(rig.notes == ["7 n"])
    }

    @Test("keys are spread over the shards")
    func spread() throws {
        let table = HashTable(try TableDefinition("t=>size=8"))
        for number in 0..<1_600 {
            _ = table.set(key("sip:user\(number)@example.com"), .integer(1), now: 1)
        }
        var sizes: [Int] = []
        while let entries = table.entries(ofShard: sizes.count, now: 1) {
            sizes.append(entries.count)
        }
        #expect(sizes.count == 16)
        #expect(sizes.reduce(0, +) == 1_600)
        #expect(sizes.allSatisfy { $0 > 20 && $0 < 400 }, "\(sizes)")
    }

    @Test("a lock of one name orders two threads, and another name is not held up")
    func locks() async throws {
        let locks = ScriptLocks(count: 64)
        let value = HeldNumber()
        let hits = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<50 where locks.lock(Array("one".utf8), owner: nil) {
                        let before = value.number
                        value.number = before + 1
                        hits.add(1)
                        locks.unlock(Array("one".utf8))
                    }
                }
            }
        }
        #expect(value.number == hits.value)
        #expect(locks.tryLock(Array("one".utf8), owner: nil))
        #expect(locks.tryLock(Array("two".utf8), owner: nil))
        #expect(!locks.tryLock(Array("one".utf8), owner: nil))
    }
}
