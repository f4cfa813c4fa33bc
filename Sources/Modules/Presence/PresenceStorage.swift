internal import Basics
internal import Logging
internal import ModuleKit
internal import Storage
internal import Subscriptions

/// The storage of a presence server, for the module: what to call when.
///
/// * `apply` before the engine is made, `start` behind that, `stop` when the transport has stopped;
/// * `publicationChanged` and `subscriptionChanged` after the engine has carried a request out and
///   before the reply leaves; `changed` after everything else that changes state;
/// * `fetchPublications` and `fetchSubscription` before a request is answered from memory alone,
///   where they say that they look into the table at all.
final class PresenceStorage: Sendable {
    /// What is stored where and when.
    let settings: StorageSettings
    private let agent: StateAgent
    private let services: any Services
    /// Nil when there is no database.
    private let writer: StorageWriter?

    /// The storage of an engine in the database of `url`; nothing is opened yet.
    init(
        _ agent: StateAgent, url: String, settings: StorageSettings, services: any Services
    ) throws(StartFailure) {
        self.agent = agent
        self.settings = settings
        self.services = services
        guard settings.usesDatabase else {
            writer = nil
            return
        }
        do throws(StorageError) {
            writer = StorageWriter(
                agent, try services.database(url), settings, logger: services.logger)
        } catch {
            throw StartFailure("presence db_url: \(error.message)")
        }
    }

    /// Tells the engine what is to be journalled; without a database nothing is.
    static func apply(_ settings: StorageSettings, to agent: inout AgentSettings) {
        agent.persistsPublications = settings.writesPublications
        agent.persistsSubscriptions = settings.writesSubscriptions
        agent.persistsWatchers = settings.usesDatabase
        // Kamailio counts from 1 where it looks each number up.
        if settings.subscriptions == .databaseOnly { agent.firstCSeq = 1 }
    }

    // MARK: Life

    /// Loads the tables and starts the timers.
    ///
    /// Where a request waits for its row (`subs_db_mode` 1 and 3, `publ_cache` 0) a database that
    /// cannot be reached keeps the server from starting; else it starts without it, says so, and
    /// loads later. A wrong version or a missing table stops every mode, since no amount of waiting
    /// cures it.
    func start() throws(StartFailure) {
        guard let writer else { return }
        do throws(StorageError) {
            try writer.start()
        } catch {
            guard !settings.needsDatabaseAtStart, error.kind == .unavailable else {
                throw StartFailure("presence db_url: \(error.message)")
            }
            services.logger.error(
                "the presence database cannot be reached; the server starts without it",
                metadata: ["error": "\(error.message)"])
        }
        services.every(1, "presence.storage") { writer.tick() }
        if settings.updateSeconds > 0 {
            services.every(settings.updateSeconds, "presence.update") { writer.update() }
        }
        guard settings.cleanSeconds > 0 else { return }
        services.every(settings.cleanSeconds, "presence.clean") {
            writer.clean(now: SystemClock.wall())
        }
    }

    /// Writes what is unwritten.
    ///
    /// When the database does not take what is left, the exit status says so: a supervisor that
    /// looks at nothing else learns of it.
    func stop() {
        guard let writer, !writer.finish() else { return }
        services.logger.error(
            "the presence database did not take the last changes",
            metadata: ["changes": "\(agent.journal.waiting)"])
        services.requestStop(status: 1)
    }

    // MARK: Requests

    /// Says that something has changed; cheap.
    func changed() { writer?.changed() }

    /// Says that a PUBLISH has changed something; waits for the row with `publ_cache` 0.
    func publicationChanged() {
        guard let writer else { return }
        if settings.publicationsWait { writer.commit() } else { writer.changed() }
    }

    /// Says that a SUBSCRIBE has changed something; waits for the row with `subs_db_mode` 1 and 3.
    func subscriptionChanged() {
        guard let writer else { return }
        if settings.subscriptionsWait { writer.commit() } else { writer.changed() }
    }

    /// Takes up documents of a presentity that somebody else has written (`publ_cache` 0); to be
    /// called before a PUBLISH with SIP-If-Match and before a SUBSCRIBE.
    ///
    /// - Returns: Whether there were any that memory did not know.
    @discardableResult
    func fetchPublications(user: Span<UInt8>, host: Span<UInt8>) -> Bool {
        guard let writer, settings.publications == .database else { return false }
        let user = Array(copying: user)
        let host = Array(copying: host)
        return writer.fetch { (loader, connection) throws(StorageError) in
            try loader.loadPublications(user: user, host: host, connection)
        }
    }

    /// Takes up the subscription of a dialog that memory does not know (`subs_db_mode` 3); to be
    /// called before 481 is answered, and the request tried again when it returns true.
    func fetchSubscription(
        callID: Span<UInt8>, toTag: Span<UInt8>, fromTag: Span<UInt8>
    ) -> Bool {
        guard let writer, settings.subscriptions == .databaseOnly else { return false }
        let callID = Array(copying: callID)
        let toTag = Array(copying: toTag)
        let fromTag = Array(copying: fromTag)
        return writer.fetch { (loader, connection) throws(StorageError) in
            try loader.loadSubscription(
                callID: callID, toTag: toTag, fromTag: fromTag, connection)
        }
    }

    // MARK: Commands

    /// Writes everything and deletes rows whose time is over (`presence.cleanup`).
    ///
    /// - Returns: How many rows were deleted; nil when the database is away.
    func cleanUp() -> Int? {
        guard let writer else { return 0 }
        return writer.cleanAndWait(now: SystemClock.wall())
    }

    /// Writes everything that waits; false when something is left.
    @discardableResult
    func flush() -> Bool { writer?.flush() ?? true }

    /// How the database does.
    var status: DatabaseStatus { writer?.status ?? DatabaseStatus() }

    /// What has been written, and what went wrong.
    var counts: StorageCounts { writer?.counts ?? StorageCounts() }

    /// How far the database lags behind, for statistics and health: changes that wait, and the
    /// second of the oldest of them.
    var journal: JournalStatus { agent.journal }

    /// Age of the oldest change that waits, 0 when there is none.
    func oldestDirtySeconds(now: WallTime) -> Int {
        journal.oldestSeconds.map { max(0, now.seconds - $0) } ?? 0
    }
}
