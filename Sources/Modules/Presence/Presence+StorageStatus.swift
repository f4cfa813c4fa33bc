internal import Basics
internal import JSONValue
internal import ModuleKit
internal import Subscriptions
internal import Synchronization

/// How the presence server and its database get along.
///
/// Kamailio has nothing like it. A monitor watches `database` and `oldest_dirty`: the one says
/// whether the database answers, the other how much a crash would lose.
extension PresenceModule {
    /// The statistics of the storage.
    static var storageStatistics: [StatisticRow<PresenceModule>] {
        [
            StatisticRow("dirty_rows", "Changes that are not in the database.") { module in
                module.storage.load()?.journal.waiting ?? 0
            },
            StatisticRow("oldest_dirty", "Age in seconds of the oldest of them.") { module in
                module.storage.load()?.oldestDirtySeconds(now: SystemClock.wall()) ?? 0
            },
            StatisticRow("rows_written", "Rows that were written or deleted.") { module in
                module.storage.load()?.counts.rowsWritten ?? 0
            },
            StatisticRow("rows_refused", "Rows that the database refused.") { module in
                module.storage.load()?.counts.rowsRefused ?? 0
            },
            StatisticRow("failed_writes", "Rounds of writing that failed.") { module in
                module.storage.load()?.counts.failedPasses ?? 0
            },
        ]
    }

    /// The commands of the storage.
    static var storageMethods: [MethodRow<PresenceModule>] {
        [
            MethodRow(
                "presence.status", result: storageSchema,
                "Show how the presence server and its database get along.",
                example: RPCExample([], storageExample)
            ) { (module, _) throws(RPCError) in .value(module.storageStatus()) }
        ]
    }

    /// The shape of what `presence.status` answers.
    private static var storageSchema: Schema {
        .object(
            [
                .init("subs_db_mode", .integer), .init("publ_cache", .integer),
                .init("database", .string), .init("since", .integer), .init("loaded", .bool),
                .init("dirty", .integer), .init("oldest_dirty", .integer),
                .init("last_flush", .integer), .init("last_flush_us", .integer),
                .init("last_flush_rows", .integer), .init("rows_written", .integer),
                .init("rows_refused", .integer), .init("rows_cleaned", .integer),
                .init("failed_flushes", .integer), .init("last_error", .string),
            ], others: nil)
    }

    /// What `presence.status` answers a moment after a PUBLISH.
    private static var storageExample: JSONValue {
        .object([
            .init("subs_db_mode", .integer(2)), .init("publ_cache", .integer(1)),
            .init("database", .string("connected")), .init("since", .integer(1_789_000_000)),
            .init("loaded", .bool(true)), .init("dirty", .integer(3)),
            .init("oldest_dirty", .integer(4)), .init("last_flush", .integer(1_789_003_600)),
            .init("last_flush_us", .integer(2_150)), .init("last_flush_rows", .integer(37)),
            .init("rows_written", .integer(1_204)), .init("rows_refused", .integer(0)),
            .init("rows_cleaned", .integer(12)), .init("failed_flushes", .integer(0)),
            .init("last_error", .string("")),
        ])
    }

    /// The figures; without a database all of them are zero and its state is `unused`.
    private func storageStatus() -> JSONValue {
        let kept = storage.load()
        let status = kept?.status ?? DatabaseStatus()
        let counts = kept?.counts ?? StorageCounts()
        let figures: [(String, Int)] = [
            ("dirty", kept?.journal.waiting ?? 0),
            ("oldest_dirty", kept?.oldestDirtySeconds(now: SystemClock.wall()) ?? 0),
            ("last_flush", status.lastFlush.seconds),
            ("last_flush_us", status.lastFlushMicroseconds),
            ("last_flush_rows", status.lastFlushRows),
            ("rows_written", counts.rowsWritten), ("rows_refused", counts.rowsRefused),
            ("rows_cleaned", counts.rowsCleaned), ("failed_flushes", counts.failedPasses),
        ]
        return .object(
            [
                .init("subs_db_mode", .integer(Int64(parameters.subscriptionMode.rawValue))),
                .init("publ_cache", .integer(Int64(parameters.publicationCache.rawValue))),
                .init("database", .string(status.state.rawValue)),
                .init("since", .integer(Int64(status.since.seconds))),
                .init("loaded", .bool(status.isLoaded)),
            ]
                + figures.map { .init($0.0, .integer(Int64($0.1))) }
                + [.init("last_error", .string(status.lastError))])
    }
}
