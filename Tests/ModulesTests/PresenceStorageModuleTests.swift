import Basics
import Logging
import ModuleKit
import Storage
import Subscriptions
import TestSupport
import Testing

@testable import Presence

@Suite("presence: the storage as the module uses it")
struct PresenceStorageModuleTests {
    private var now: Int { SystemClock.wall().seconds }

    /// A storage with an engine, before it starts.
    private struct Scene {
        let services: StandInServices
        let agent: StateAgent
        let storage: PresenceStorage

        init(
            _ database: (any DatabaseDriver)?, _ change: (inout StorageSettings) -> Void = { _ in }
        ) throws {
            var settings = StorageSettings()
            change(&settings)
            services = StandInServices(database: database)
            var agentSettings = AgentSettings()
            PresenceStorage.apply(settings, to: &agentSettings)
            agent = StateAgent(
                packages: PresenceStage.packages, settings: agentSettings,
                seed: AgentSeed(time: 1, process: 2, secret: (3, 4)), now: SystemClock.wall())
            storage = try PresenceStorage(
                agent, url: "mysql://fake@nowhere/test", settings: settings, services: services)
        }

        /// Publishes a document and tells the storage, as the module does.
        func publish(_ user: String) {
            let user = Array(user.utf8)
            let host = Array("example.com".utf8)
            let body = Array("<presence/>".utf8)
            var orders: [NotifyOrder] = []
            let request = PublishRequest(
                package: PresenceStage.presenceIndex, user: user.span, host: host.span,
                ifMatch: Span(), body: body.span, sender: Span())
            _ = agent.publish(request, now: SystemClock.wall(), into: &orders)
            storage.publicationChanged()
        }
    }

    @Test(
        "the engine journals what the modes store",
        arguments: [
            (0, 0, true, false, true), (0, 2, false, false, false), (1, 2, false, true, true),
            (2, 1, true, true, true), (3, 0, true, true, true),
        ])
    func kinds(
        subscriptions: Int, publications: Int, storesDocuments: Bool, storesDialogs: Bool,
        storesWatchers: Bool
    ) throws {
        var settings = StorageSettings()
        settings.subscriptions = try #require(.init(rawValue: subscriptions))
        settings.publications = try #require(.init(rawValue: publications))
        var agent = AgentSettings()
        PresenceStorage.apply(settings, to: &agent)
        #expect(agent.persistsPublications == storesDocuments)
        #expect(agent.persistsSubscriptions == storesDialogs)
        #expect(agent.persistsWatchers == storesWatchers)
        #expect(agent.firstCSeq == (subscriptions == 3 ? 1 : 2))
        #expect(settings.usesDatabase == storesWatchers)
    }

    @Test("without anything to store no database is opened")
    func noDatabase() throws {
        let scene = try Scene(nil) { settings in
            settings.publications = .memory
            settings.subscriptions = .memory
        }
        try scene.storage.start()
        scene.publish("alice")
        #expect(scene.storage.cleanUp() == 0)
        #expect(scene.storage.flush())
        #expect(scene.storage.status.state == .unused)
        #expect(scene.storage.journal.waiting == 0)
        #expect(scene.services.jobNames.isEmpty)
        scene.storage.stop()
        #expect(scene.services.stopped.value == -1)
    }

    @Test("a URL that nobody serves is named")
    func noDriver() throws {
        let failure = #expect(throws: StartFailure.self) { try Scene(nil) }
        #expect(failure?.message.hasPrefix("presence db_url: ") == true)
    }

    @Test("the timers have the periods of the parameters")
    func timers() throws {
        let database = try FaultyDatabase(.sqlite)
        let scene = try Scene(database) { settings in
            settings.updateSeconds = 7
            settings.cleanSeconds = 9
        }
        try scene.storage.start()
        #expect(
            scene.services.jobNames == [
                "presence.clean 9", "presence.storage 1", "presence.update 7",
            ])
        let still = try Scene(database) { settings in
            settings.updateSeconds = 0
            settings.cleanSeconds = -1
        }
        try still.storage.start()
        #expect(still.services.jobNames == ["presence.storage 1"])
    }

    @Test("without its database the server starts, and stores everything when it is there")
    func startsWithout() throws {
        let database = try FaultyDatabase(.sqlite)
        try database.run(
            KamailioRows.document("bob", etag: "e", expires: now + 1_000, ruid: "r"))
        database.change { $0.isAway = true }
        let scene = try Scene(database)
        try scene.storage.start()
        #expect(
            scene.services.lines.all.contains {
                $0 == "error the presence database cannot be reached; the server starts without it"
            })
        scene.publish("alice")
        #expect(scene.storage.status.state == .away)
        #expect(scene.storage.journal.waiting == 1)
        #expect(scene.storage.oldestDirtySeconds(now: WallTime(seconds: now + 50)) >= 50)
        database.change { $0.isAway = false }
        #expect(
            eventually(within: 20) {
                scene.services.runJob("presence.storage 1")
                return scene.storage.journal.waiting == 0
            })
        #expect(try database.count("presentity") == 2)
        #expect(scene.storage.status.isLoaded)
        #expect(scene.storage.oldestDirtySeconds(now: SystemClock.wall()) == 0)
    }

    @Test(
        "where a request waits for its row, the server does not start without the database",
        arguments: [(1, 1), (3, 1), (2, 0)])
    func mustBeThere(subscriptions: Int, publications: Int) throws {
        let database = try FaultyDatabase(.sqlite)
        database.change { $0.isAway = true }
        let scene = try Scene(database) { settings in
            settings.subscriptions = .init(rawValue: subscriptions) ?? .memory
            settings.publications = .init(rawValue: publications) ?? .memory
        }
        #expect(throws: StartFailure.self) { try scene.storage.start() }
    }

    @Test("a wrong version stops every mode")
    func wrongVersion() throws {
        let database = try FaultyDatabase(.sqlite)
        try database.run("UPDATE version SET table_version = 4 WHERE table_name = 'presentity'")
        let scene = try Scene(database)
        let failure = #expect(throws: StartFailure.self) { try scene.storage.start() }
        #expect(failure?.message.contains("presentity has version 4") == true)
    }

    @Test("a stop writes everything, and says with the exit status when it cannot")
    func stop() throws {
        let database = try FaultyDatabase(.sqlite)
        let scene = try Scene(database)
        try scene.storage.start()
        for number in 0..<100 { scene.publish("user\(number)") }
        scene.storage.stop()
        #expect(try database.count("presentity") == 100)
        #expect(scene.services.stopped.value == -1)
        let other = try Scene(database)
        try other.storage.start()
        other.publish("late")
        database.change { $0.isAway = true }
        other.storage.stop()
        #expect(other.services.stopped.value == 1)
        #expect(
            other.services.lines.all.contains {
                $0 == "error the presence database did not take the last changes"
            })
    }

    @Test("presence.cleanup deletes what is over and says when it cannot")
    func cleanUp() throws {
        let database = try FaultyDatabase(.sqlite)
        let scene = try Scene(database)
        try scene.storage.start()
        try database.run(KamailioRows.document("old", etag: "e", expires: 5, ruid: "r"))
        scene.publish("alice")
        #expect(scene.storage.cleanUp() == 1)
        #expect(try database.count("presentity") == 1)
        #expect(scene.storage.counts == StorageCounts(rowsWritten: 1, rowsCleaned: 1))
        database.change { $0.isAway = true }
        scene.publish("bob")
        #expect(scene.storage.cleanUp() == nil)
    }

    /// Looks for rows that somebody else wrote, of alice and of her watcher's dialog.
    private func fetch(_ storage: PresenceStorage) -> [Bool] {
        let user = Array("alice".utf8)
        let host = Array("example.com".utf8)
        let callID = Array("call-bob-alice".utf8)
        let fromTag = Array("from-bob".utf8)
        let toTag = Array("a6a1c5f60faecf035a1ae5b6e96e979a-1".utf8)
        let hasDocuments = storage.fetchPublications(user: user.span, host: host.span)
        let hasDialog = storage.fetchSubscription(
            callID: callID.span, toTag: toTag.span, fromTag: fromTag.span)
        return [hasDocuments, hasDialog]
    }

    @Test("only the modes that promise it look into the table for a request")
    func fetches() throws {
        let database = try FaultyDatabase(.sqlite)
        let usual = try Scene(database)
        try usual.storage.start()
        let strict = try Scene(database) { settings in
            settings.publications = .database
            settings.subscriptions = .databaseOnly
        }
        try strict.storage.start()
        #expect(fetch(strict.storage) == [false, false])
        try database.run(
            KamailioRows.document("alice", etag: "e", expires: now + 1_000, ruid: "r2"))
        try database.run(KamailioRows.subscription("bob", to: "alice", expires: now + 1_000))
        let asked = database.log.count
        #expect(fetch(usual.storage) == [false, false])
        #expect(database.log.count == asked)
        #expect(fetch(strict.storage) == [true, true])
        #expect(fetch(strict.storage) == [false, false])
    }

    // MARK: A database server

    @Test(
        "20,000 subscriptions and documents are written and loaded in time",
        .enabled(if: MariaDBFixture.isInstalled))
    func many() throws {
        let database = try FaultyDatabase(.mariaDB)
        let stage = try PresenceStage(started: database)
        for number in 0..<20_000 {
            try stage.subscribe("w\(number)", to: "user\(number % 5_000)")
            if number % 2 == 0 { try stage.publish("user\(number)") }
        }
        let start = SystemClock.monotonic()
        #expect(stage.writer.flush())
        let written = SystemClock.monotonic()
        #expect(try database.count("active_watchers") == 20_000)
        #expect(try database.count("presentity") == 10_000)
        #expect(try database.count("watchers") == 20_000)
        let between = SystemClock.monotonic()
        let again = try PresenceStage(started: database, process: 2)
        #expect(again.agent.journal.waiting == 0)
        let loaded = SystemClock.monotonic()
        let writing = Double(written.since(start)) / 1e9
        let loading = Double(loaded.since(between)) / 1e9
        // A debug build on a busy machine; Kamailio's row by row takes longer without either.
        #expect(writing < 60, "writing took \(writing) s")
        #expect(loading < 60, "loading took \(loading) s")
    }

    @Test(
        "a MariaDB that is killed and started again gets everything, and SIP does not notice",
        .enabled(if: MariaDBFixture.isInstalled))
    func killedServer() throws {
        let server = try MariaDBFixture()
        let database = try FaultyDatabase(.mariaDB, fixture: server)
        let stage = try PresenceStage(started: database)
        let kept = try stage.publish("kept")
        let gone = try stage.publish("gone")
        let toTag = try stage.subscribe("gone", to: "alice")
        #expect(stage.writer.flush())
        server.kill()
        #expect(stage.writer.flush())
        for number in 0..<200 {
            try stage.publish("user\(number)")
            try stage.subscribe("w\(number)", to: "user\(number)")
            stage.writer.changed()
        }
        try stage.publish("gone", "", etag: gone, expires: 0)
        try stage.subscribe("gone", to: "alice", toTag: toTag, expires: 0)
        try stage.publish("kept", "<new/>", etag: kept)
        #expect(!stage.writer.flush())
        #expect(stage.writer.status.state == .away)
        #expect(!stage.writer.status.lastError.contains("p@ss"))
        try server.restart()
        #expect(
            eventually(within: 30) {
                stage.writer.tick()
                stage.writer.drain()
                return stage.agent.journal.waiting == 0
            })
        try stage.expectSame()
        #expect(try database.count("presentity") == 201)
        #expect(stage.writer.status.state == .connected)
    }

    @Test(
        "two servers that write the same rows at once both get through",
        .enabled(if: MariaDBFixture.isInstalled))
    func rivals() throws {
        let database = try FaultyDatabase(.mariaDB)
        let stages = try (1...2).map {
            try PresenceStage(started: database, process: UInt32($0))
        }
        for number in 0..<500 {
            for stage in stages {
                try stage.publish("user\(number)")
                try stage.subscribe("w\(number)", to: "user\(number)")
            }
        }
        for stage in stages { stage.writer.update() }
        for stage in stages { stage.writer.drain() }
        for stage in stages { #expect(stage.writer.flush()) }
        #expect(try database.count("presentity") == 1_000)
        #expect(try database.count("active_watchers") == 1_000)
        #expect(try database.count("watchers") == 500)
        #expect(stages.allSatisfy { $0.writer.counts.rowsRefused == 0 })
    }
}
