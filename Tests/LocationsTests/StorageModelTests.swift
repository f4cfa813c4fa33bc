import Basics
import Locations
import TestSupport
import Testing

/// The property that matters: once everything is flushed, the database holds what memory holds,
/// whatever happened in whatever order.
@Suite("Memory and database are the same after a flush")
struct StorageModelTests {
    /// What can happen to one binding and its shard.
    enum Move: CaseIterable {
        case register, shorten, remove, expire, fetch, confirm, failNothing, failHalf, failAll
    }

    /// One binding, one writer, and every move of the list above.
    final class Game {
        let rig = Rig(persists: true)
        var database = FakeDatabase()
        var batches: [FakeDatabase.Batch] = []
        var cseq: UInt32 = 0

        func play(_ move: Move) {
            cseq += 1
            switch move {
            case .register: rig.register("alice", "sip:a@h", expires: 500, cseq: cseq)
            case .shorten: rig.register("alice", "sip:a@h", expires: 50, cseq: cseq)
            case .remove: rig.register("alice", "sip:a@h", expires: 0, cseq: cseq)
            case .expire:
                rig.now += 100
                rig.expire()
            case .fetch: fetch(limit: 10)
            case .confirm:
                settle {
                    $0.operations.count
                } then: {
                    $0.confirm(shard: $1)
                }
            case .failNothing:
                settle { _ in
                    0
                } then: {
                    $0.fail(shard: $1)
                }
            case .failHalf:
                settle {
                    $0.operations.count / 2
                } then: {
                    $0.fail(shard: $1)
                }
            case .failAll:
                settle {
                    $0.operations.count
                } then: {
                    $0.fail(shard: $1)
                }
            }
        }

        func fetch(limit: Int) {
            for shard in 0..<LocationTable.shardCount {
                if let batch = FakeDatabase.fetch(rig.table, shard: shard, limit: limit) {
                    batches.append(batch)
                }
            }
        }

        func settle(
            _ written: (FakeDatabase.Batch) -> Int, then end: (LocationTable, Int) -> Void
        ) {
            for batch in batches {
                database.apply(batch, first: written(batch))
                end(rig.table, batch.shard)
            }
            batches = []
        }

        /// Flushes and compares.
        func isConsistent() -> Bool {
            play(.confirm)
            database.flush(rig.table)
            let expected = FakeDatabase.expected(rig.everything())
            return database.rows == expected && rig.table.dirtyCount == 0
                && rig.table.dirtySince == nil
        }
    }

    /// Every way goes on from one of three points: bound, being written, and written.
    @Test("for every sequence of three moves", arguments: [1, 2, 3])
    func exhaustive(prefix: Int) {
        let start = [Move.register, .fetch, .confirm].prefix(prefix)
        for first in Move.allCases {
            for second in Move.allCases {
                for third in Move.allCases {
                    let moves = start + [first, second, third]
                    #expect(isConsistent(after: Array(moves)), "\(moves)")
                }
            }
        }
    }

    private func isConsistent(after moves: [Move]) -> Bool {
        let game = Game()
        for move in moves { game.play(move) }
        return game.isConsistent()
    }

    @Test("for long random lives of several bindings", arguments: 1...30)
    func random(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        let game = Game()
        let rig = game.rig
        for step in 1...600 {
            let aor = "user\(random.below(4))"
            let offers = (0...random.below(3)).map { _ in
                Offer("sip:\(random.below(4))@h", expires: random.below(4) * 40)
            }
            let agent = String(repeating: "x", count: random.below(60))
            switch random.below(12) {
            case 0...5:
                rig.rules.singleContact = random.below(10) == 0
                rig.register(
                    aor, offers, callID: "c\(random.below(2))", cseq: UInt32(step),
                    userAgent: agent)
            case 6: _ = rig.star(aor, cseq: UInt32(step))
            case 7:
                rig.now += random.below(60)
                rig.expire(limit: 1 + random.below(3))
            case 8, 9: game.fetch(limit: 1 + random.below(4))
            case 10: game.play(.confirm)
            default:
                game.settle {
                    random.below($0.operations.count + 1)
                } then: {
                    $0.fail(shard: $1)
                }
            }
        }
        #expect(game.isConsistent(), "seed \(seed)")
    }
}
