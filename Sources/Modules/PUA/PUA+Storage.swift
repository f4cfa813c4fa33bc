internal import Basics
internal import JSONValue
internal import Logging
internal import ModuleKit
internal import Publications
internal import Storage
internal import Synchronization

/// Where the records are kept.
extension PUAModule {
    /// Makes the store that `db_mode` asks for; called once, in `start`.
    ///
    /// A table of another version keeps the server from starting. A database that cannot be reached
    /// does not: nobody waits for it, and everything is made up for when it is there.
    func makeStore() throws(StartFailure) -> any PUAStore {
        guard let url = parameters.databaseURL, !url.isEmpty else {
            guard parameters.mode == .memory else {
                throw StartFailure("pua db_mode 2 keeps everything in a table: set db_url")
            }
            return MemoryPUAStore()
        }
        let driver: any DatabaseDriver
        do throws(StorageError) {
            driver = try services.database(url)
        } catch {
            throw StartFailure("pua db_url: \(error.message)")
        }
        let table = PUATable(
            name: parameters.table, events: declarations.withLock { $0.events.bits })
        switch parameters.mode {
        case .memory: return try memoryStore(driver, table)
        case .databaseOnly: return try tableStore(driver, table)
        }
    }

    /// Starts the store of `db_mode` 0, and its timers.
    private func memoryStore(
        _ driver: any DatabaseDriver, _ table: PUATable
    ) throws(StartFailure) -> MemoryPUAStore {
        let store = MemoryPUAStore(
            driver, table, fetchRows: parameters.fetchRows, logger: services.logger)
        try begin { () throws(StorageError) in try store.start() }
        services.every(1, "pua.storage") { store.tick() }
        if parameters.updatePeriod > 0 {
            services.every(parameters.updatePeriod, "pua.update") { store.writeBack() }
        }
        return store
    }

    /// Starts the store of `db_mode` 2, and its timer.
    private func tableStore(
        _ driver: any DatabaseDriver, _ table: PUATable
    ) throws(StartFailure) -> TablePUAStore {
        let store = TablePUAStore(
            driver, table, locksRows: parameters.locksTable, logger: services.logger)
        try begin { () throws(StorageError) in try store.start() }
        services.every(1, "pua.storage") { store.tick() }
        return store
    }

    /// Opens a database; goes on without it when it cannot be reached.
    private func begin(_ start: () throws(StorageError) -> Void) throws(StartFailure) {
        do throws(StorageError) {
            try start()
        } catch {
            guard error.kind == .unavailable else {
                throw StartFailure("pua db_url: \(error.message)")
            }
            services.logger.error(
                "the pua database cannot be reached; the server starts without it",
                metadata: ["error": "\(error.message)"])
        }
    }

    /// The table, in Kamailio's columns.
    static var tableRows: [TableDeclaration] { [KamailioTables.pua] }

    // MARK: What an operator sees

    /// How the store does.
    private var storeStatus: StoreStatus {
        (agent.load()?.store as? any ReportingStore)?.status ?? StoreStatus()
    }

    /// What is counted of the table.
    static var storageStatistics: [StatisticRow<PUAModule>] {
        [
            StatisticRow("records", "Publications and subscriptions that are kept alive.") {
                $0.storeStatus.records
            },
            StatisticRow("dirty_records", "Changes that are not in the table.") {
                $0.storeStatus.waitingChanges
            },
            StatisticRow("oldest_dirty", "Age in seconds of the oldest of them.") {
                $0.storeStatus.oldestSeconds
            },
            StatisticRow("waiting_lookups", "Look-ups that wait for the database.") {
                $0.storeStatus.waitingQuestions
            },
            StatisticRow("unanswered_lookups", "Look-ups that it did not answer in time.") {
                $0.storeStatus.counts.unanswered
            },
            StatisticRow("records_written", "Records that were written or removed.") {
                $0.storeStatus.counts.written
            },
            StatisticRow("records_refused", "Records that the table does not take.") {
                $0.storeStatus.counts.refused
            },
            StatisticRow("records_claimed", "Records that were taken for their refresh.") {
                $0.storeStatus.counts.claimed
            },
            StatisticRow("failed_writes", "Rounds of writing or reading that failed.") {
                $0.storeStatus.counts.failed
            },
        ]
    }

    /// The commands about the table.
    static var storageMethods: [MethodRow<PUAModule>] {
        [
            MethodRow(
                "pua.status", result: statusSchema,
                "Show how the presence user agent and its database get along.",
                example: RPCExample([], statusExample)
            ) { (module, _) throws(RPCError) in .value(module.statusValue()) }
        ]
    }

    /// The shape of what `pua.status` answers.
    private static var statusSchema: Schema {
        .object(
            [.init("db_mode", .integer), .init("database", .string)]
                + Self.figures(StoreStatus()).map { .init($0.0, .integer) }
                + [.init("loaded", .bool), .init("last_error", .string)], others: nil)
    }

    /// What `pua.status` answers a moment after a registration.
    private static var statusExample: JSONValue {
        var status = StoreStatus()
        status.database.state = .connected
        status.database.isLoaded = true
        status.records = 1_024
        status.waitingChanges = 1
        status.counts.written = 4_096
        return value(status, mode: 2)
    }

    /// The figures of `pua.status`, each with its name.
    private static func figures(_ status: StoreStatus) -> [(String, Int)] {
        [
            ("since", status.database.since.seconds), ("records", status.records),
            ("dirty", status.waitingChanges), ("oldest_dirty", status.oldestSeconds),
            ("lookups_waiting", status.waitingQuestions),
            ("lookups_answered", status.counts.answered),
            ("lookups_unanswered", status.counts.unanswered),
            ("records_written", status.counts.written),
            ("records_refused", status.counts.refused),
            ("records_dropped", status.counts.dropped),
            ("records_overtaken", status.counts.overtaken),
            ("records_claimed", status.counts.claimed), ("rows_left_alone", status.brokenRows),
            ("failed_rounds", status.counts.failed),
            ("last_flush", status.database.lastFlush.seconds),
            ("last_flush_us", status.database.lastFlushMicroseconds),
            ("last_flush_rows", status.database.lastFlushRows),
        ]
    }

    private static func value(_ status: StoreStatus, mode: Int) -> JSONValue {
        .object(
            [
                .init("db_mode", .integer(Int64(mode))),
                .init("database", .string(status.database.state.rawValue)),
            ]
                + figures(status).map { .init($0.0, .integer(Int64($0.1))) }
                + [
                    .init("loaded", .bool(status.database.isLoaded)),
                    .init("last_error", .string(status.database.lastError)),
                ])
    }

    private func statusValue() -> JSONValue {
        Self.value(storeStatus, mode: parameters.mode.rawValue)
    }
}
