import Basics
import ModuleKit
import Storage
import Subscriptions
import TestSupport
import Testing

@testable import Presence

/// Random requests, writes that fail and restarts: what the tables hold is what memory holds.
@Suite("presence: memory and table, at random")
struct PresenceStorageModelTests {
    /// A generator that gives the same numbers for the same seed.
    struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// What a phone remembers of what it was told.
    private struct Phones {
        var tags: [String: String] = [:]
        var dialogs: [String: String] = [:]
    }

    @Test("after each flush the tables hold what memory holds", arguments: 1...12)
    func random(seed: Int) throws {
        var dice = Dice(state: UInt64(seed))
        let database = try FaultyDatabase(.sqlite)
        var process: UInt32 = 1
        let waits = seed % 3 == 0
        func start() throws -> PresenceStage {
            process += 1
            return try PresenceStage(started: database, process: process) { settings in
                settings.subscriptions = waits ? .writeThrough : .writeBack
                settings.publications = waits ? .database : .hybrid
                settings.fetchRows = seed
            }
        }
        var stage = try start()
        var phones = Phones()
        for step in 0..<400 {
            try act(&phones, stage, &dice)
            switch Int.random(in: 0..<100, using: &dice) {
            case 0..<8:
                #expect(stage.writer.flush(), "seed \(seed), step \(step)")
                try stage.expectSame("seed \(seed), step \(step)")
            case 8..<12:
                database.change { $0.isAway = true }
                #expect(!stage.writer.flush() || stage.agent.journal.waiting == 0)
                database.change { $0.isAway = false }
            case 12..<16:
                database.change { $0.deadlocks = Int.random(in: 1...6, using: &dice) }
                _ = stage.writer.flush()
                database.change { $0.deadlocks = 0 }
            case 16..<18:
                let documents = stage.documents
                #expect(stage.writer.finish(), "seed \(seed), step \(step)")
                stage = try start()
                #expect(stage.documents == documents, "seed \(seed), step \(step)")
            case 18..<21: _ = stage.writer.cleanAndWait(now: SystemClock.wall())
            default: break
            }
        }
        try stage.expectSame("seed \(seed), end")
        #expect(stage.writer.finish())
        #expect(stage.writer.counts.rowsRefused == 0)
        #expect(try database.count("presentity") == phones.tags.count)
        #expect(try database.count("active_watchers") == phones.dialogs.count)
    }

    /// One request of somebody.
    private func act(_ phones: inout Phones, _ stage: PresenceStage, _ dice: inout Dice) throws {
        let number = Int.random(in: 0..<6, using: &dice)
        let user = "user\(number)"
        if Bool.random(using: &dice) {
            let device = "\(user)/\(Int.random(in: 0..<3, using: &dice))"
            let tag = phones.tags[device] ?? ""
            let isEnd = !tag.isEmpty && Int.random(in: 0..<4, using: &dice) == 0
            let hasBody = tag.isEmpty || Bool.random(using: &dice)
            let body = hasBody ? "<\(Int.random(in: 0..<1_000, using: &dice))/>" : ""
            let given = try stage.publish(
                user, isEnd ? "" : body, etag: tag, expires: isEnd ? 0 : 3_000)
            phones.tags[device] = isEnd ? nil : given
        } else {
            let name = Int.random(in: 0..<4, using: &dice) == 0 ? "stranger" : "bob"
            let watcher = "\(name)\(Int.random(in: 0..<4, using: &dice))"
            let dialog = "\(watcher)>\(user)"
            let toTag = phones.dialogs[dialog] ?? ""
            let isEnd = !toTag.isEmpty && Int.random(in: 0..<3, using: &dice) == 0
            let given = try stage.subscribe(
                watcher, to: user, toTag: toTag, callID: dialog, expires: isEnd ? 0 : 3_000)
            phones.dialogs[dialog] = isEnd ? nil : given
        }
    }
}
