import Basics
import Dispatch
import ModuleKit
import Publications
import Storage
import Synchronization
import TestSupport
import Testing

@testable import PUA

/// A database that is away, frozen or wrong.
@Suite("pua: the database is away")
struct StoreAwayTests {
    @Test("what was changed meanwhile is carried out when it is back", arguments: StoreKind.stored)
    func back(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        let database = try #require(stage.database)
        stage.save(Samples.publication(1))
        stage.save(Samples.publication(2))
        stage.store.flush()
        database.change { $0.isAway = true }
        stage.store.apply(
            (3..<200).map { .save(Samples.publication($0), replacing: nil) }
                + [.remove(Samples.publication(1).identity)])
        stage.store.flush()
        #expect(stage.store.status.database.state == .away)
        #expect(stage.store.status.waitingChanges == 198)
        #expect(stage.store.status.counts.failed > 0)
        #expect(stage.store.status.oldestSeconds >= 0)
        database.change { $0.isAway = false }
        stage.store.flush()
        #expect(stage.store.status.database.state == .connected)
        #expect(stage.store.status.waitingChanges == 0)
        #expect(try database.count("pua") == 198)
        #expect(stage.find(Samples.key(Samples.publication(1))) == .absent)
        #expect(stage.record(Samples.key(Samples.publication(150))) != nil)
        #expect(stage.lines.all.filter { $0.contains("database is away") }.count == 1)
        #expect(stage.lines.all.filter { $0.contains("database is back") }.count == 1)
    }

    @Test("it is tried again by itself", arguments: StoreKind.stored)
    func retried(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        let database = try #require(stage.database)
        database.change { $0.isAway = true }
        stage.save(Samples.publication(1))
        stage.store.flush()
        database.change { $0.isAway = false }
        // What the server does every second, somewhat faster.
        let isDone = eventually(within: 20) {
            stage.tick()
            return stage.store.status.waitingChanges == 0
        }
        #expect(isDone)
        #expect(try database.count("pua") == 1)
    }

    @Test("memory goes on while its table is away", arguments: StoreKind.stored)
    func memory(kind: StoreKind) throws {
        guard kind.mode == .memory else { return }
        let stage = try StoreStage(kind)
        stage.database?.change { $0.isAway = true }
        stage.save(Samples.publication(1))
        #expect(stage.record(Samples.key(Samples.publication(1))) != nil)
        #expect(stage.due(before: 9_000).count == 1)
    }

    @Test(
        "a look-up is unavailable after some seconds, and changes and claims wait",
        arguments: StoreKind.shared)
    func unavailable(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        let record = Samples.publication(1)
        stage.save(record)
        stage.store.flush()
        stage.database?.change { $0.isAway = true }
        #expect(stage.find(Samples.key(record)) == .unavailable)
        #expect(stage.due(before: 9_000).isEmpty)
        #expect(stage.store.status.counts.unanswered == 1)
        stage.database?.change { $0.isAway = false }
        stage.store.flush()
        #expect(stage.record(Samples.key(record)) == record)
    }

    @Test("a frozen database keeps nobody waiting", arguments: StoreKind.shared)
    func frozen(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        let gate = DispatchSemaphore(value: 0)
        stage.save(Samples.publication(1))
        stage.store.flush()
        stage.database?.change { $0.gate = gate }
        let start = SystemClock.monotonic()
        stage.save(Samples.publication(2))
        let finding = stage.find(Samples.key(Samples.publication(1)))
        #expect(finding == .unavailable)
        let seconds = Double(SystemClock.monotonic().since(start)) / 1e9
        #expect(seconds < 20)
        let isSaid = eventually(within: 20) {
            stage.tick()
            return stage.store.status.database.state == .away
        }
        #expect(isSaid)
        stage.database?.change { $0.gate = nil }
        for _ in 0..<64 { gate.signal() }
        stage.store.flush()
        #expect(stage.store.status.database.state == .connected)
        #expect(stage.record(Samples.key(Samples.publication(2))) != nil)
    }

    @Test(
        "more changes than memory is set aside for are dropped, counted and named once",
        arguments: [StoreKind(mode: .databaseOnly, database: .sqlite)])
    func bounded(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        stage.database?.change { $0.isAway = true }
        let change = PUAChange.remove(Samples.publication(1).identity)
        let many = [PUAChange](repeating: change, count: Limits.puaChangesWaitingMax)
        stage.store.apply(many)
        stage.store.apply(Array(many.prefix(10)))
        stage.store.apply(Array(many.prefix(5)))
        #expect(stage.store.status.waitingChanges == Limits.puaChangesWaitingMax)
        #expect(stage.store.status.counts.dropped == 15)
        #expect(stage.lines.all.filter { $0.contains("more are dropped") }.count == 1)
    }

    @Test("every look-up is answered when the server stops", arguments: StoreKind.shared)
    func stopped(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        stage.database?.change { $0.isAway = true }
        let answer = Answer<[PUAFinding]>()
        stage.store.find([Samples.key(Samples.publication(1))]) { answer.give($0) }
        stage.store.stop()
        #expect(answer.wait {} == [.unavailable])
        #expect(stage.find(Samples.key(Samples.publication(1))) == .unavailable)
        #expect(stage.due(before: 9_000).isEmpty)
    }

    @Test(
        "a table that is loaded late gives way to what was published meanwhile",
        arguments: FaultyDatabase.Kind.installed)
    func loadedLate(database kind: FaultyDatabase.Kind) throws {
        let stage = try StoreStage(StoreKind(mode: .memory, database: kind))
        stage.save(Samples.publication(1, etag: "old"))
        stage.save(Samples.publication(2, etag: "old2"))
        stage.store.stop()
        stage.database?.change { $0.isAway = true }
        #expect(throws: StorageError.self) { try stage.start() }
        stage.save(Samples.publication(1, etag: "new"))
        stage.database?.change { $0.isAway = false }
        stage.store.flush()
        #expect(stage.store.status.database.isLoaded)
        #expect(stage.tags(3) == ["-", "new", "old2"])
        #expect(try stage.database?.rows("SELECT etag FROM pua ORDER BY etag") == ["new", "old2"])
    }

    @Test("a table of another version is refused", arguments: StoreKind.stored)
    func version(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        stage.store.stop()
        try stage.database?.run("UPDATE version SET table_version = 6 WHERE table_name = 'pua'")
        #expect {
            try stage.start()
        } throws: { error in
            (error as? StorageError)?.kind == .configuration
        }
    }
}
