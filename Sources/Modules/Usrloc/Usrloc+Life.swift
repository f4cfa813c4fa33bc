internal import Basics
internal import Locations
internal import Logging
public import ModuleKit
internal import Storage

/// How the location service starts, keeps time and stops.
extension UsrlocModule {
    /// Opens the database and loads the tables.
    ///
    /// With `db_mode` 1, 3 and 4 a database that cannot be reached keeps the server from starting.
    /// With 2 the server starts without it, says so, and merges what it loads later.
    ///
    /// A mode that promises durability must not begin with a database that nobody can reach;
    /// write-back promises it for later and may begin. A wrong version or a missing table stops
    /// every mode, since no amount of waiting cures it.
    public func start() throws(StartFailure) {
        if parameters.hashSize != UsrlocParameters().hashSize {
            services.logger.notice("usrloc hash_size has no effect: tables grow as they must")
        }
        switch parameters.databaseMode {
        case .memory: break
        case .writeThrough, .writeBack, .readOnly: try startFollowing()
        case .databaseOnly: try startAlone()
        }
        if parameters.timerInterval > 0 {
            services.every(parameters.timerInterval, "usrloc.timer") { [weak self] in self?.tick() }
        }
    }

    /// Writes what is unwritten.
    ///
    /// The transport has stopped before, so no binding changes any more. When the database does not
    /// take what is left, the exit status says so: a supervisor that looks at nothing else learns
    /// of it.
    public func stop() {
        if case .database(let store) = place { store.close() }
        guard case .writer(let writer) = place, parameters.databaseMode != .readOnly else { return }
        let waiting = tables.reduce(0) { $0 + $1.dirtyCount }
        guard !writer.finish() else { return }
        services.logger.error(
            "the location database did not take the last changes",
            metadata: ["changes": "\(tables.reduce(0) { $0 + $1.dirtyCount }) of \(waiting)"])
        services.requestStop(status: 1)
    }

    /// One pass of the timer: what expired leaves, what changed is written.
    ///
    /// Expiry comes first, so that the rows of what has just expired go with the same pass.
    func tick() {
        let now = SystemClock.wall()
        switch place {
        case .memory: for table in tables { expire(table, now) }
        case .writer(let writer):
            for table in tables { expire(table, now) }
            if parameters.databaseMode != .readOnly { writer.schedule() }
        case .database(let store):
            for table in tables {
                guard
                    let count = try? store.deleteExpired(table, now: now, serverID: filteredServer)
                else { return }
                table.statistics.expired.add(count)
            }
        }
    }

    /// Ends what has expired in a table, and tells the script of it if it wants to know.
    ///
    /// The bindings of one shard are taken in groups of 256 under its lock and told of between
    /// them, so that neither the lock nor the buffer grows with the number that expires at once.
    private func expire(_ table: LocationTable, _ now: WallTime) {
        guard services.hasEventRoute(ExpiredContacts.route) else {
            table.expire(now: now)
            return
        }
        var expired = ExpiredContacts(usesDomain: parameters.usesDomain)
        for shard in 0..<LocationTable.shardCount {
            var isMoreDue = true
            while isMoreDue {
                var ended = 0
                isMoreDue = table.expire(
                    shard: shard, now: now, limit: 256, ended: &ended
                ) { expired.note($0) }
                expired.raise(through: services, now: now)
            }
        }
    }

    /// The rows that are this server's alone, when it filters them.
    var filteredServer: Int? { parameters.filtersServerID ? services.serverID : nil }

    /// The layout of rows under these settings.
    private var columns: LocationColumns {
        LocationColumns(
            usesDomain: parameters.usesDomain, sockets: socketNames)
    }

    /// The reader of rows under these settings.
    private func reader(keepsConnections: Bool) -> LocationReader {
        LocationReader(
            usesDomain: parameters.usesDomain, sockets: socketNames,
            rules: rules, keepsConnections: keepsConnections)
    }

    /// The driver of `db_url`; its errors name the parameter that is wrong.
    private func driver() throws(StartFailure) -> any DatabaseDriver {
        do throws(StorageError) {
            return try services.database(parameters.databaseURL)
        } catch {
            throw StartFailure("usrloc db_url: \(error.message)")
        }
    }

    /// Starts the modes in which memory is the truth: the tables are checked and loaded by the
    /// writer, which is kept even when it failed, if it may try again.
    private func startFollowing() throws(StartFailure) {
        let driver = try driver()
        let writer = LocationWriter(
            driver: driver, columns: columns, counters: counters, logger: services.logger
        ) { [weak self] in self?.tables ?? [] }
        let loader = LocationLoader(
            reader: reader(keepsConnections: false), fetchRows: parameters.fetchRows,
            serverID: filteredServer, checksVersion: parameters.checksVersion,
            counters: counters, logger: services.logger)
        let loads = parameters.loadsAtStart || parameters.databaseMode == .readOnly
        let tables = tables
        do throws(StorageError) {
            let mayCreate = parameters.databaseMode != .readOnly
            try writer.load { (connection) throws(StorageError) in
                if mayCreate { try loader.createMissing(tables, connection) }
                for table in tables { try loader.check(table, connection) }
                if loads { try loader.load(tables, connection) }
            }
        } catch {
            guard parameters.databaseMode == .writeBack, error.kind == .unavailable else {
                throw StartFailure("usrloc db_url \(driver.description): \(error.message)")
            }
            for table in tables { table.beginLoading() }
            services.logger.error(
                "the location database cannot be reached; the server starts without it",
                metadata: ["database": "\(driver.description)", "error": "\(error.message)"])
            services.every(1, "usrloc.reconnect") {
                if !writer.status.isLoaded { writer.schedule() }
            }
        }
        keep(.writer(writer))
    }

    /// Starts db_mode 3: the tables are checked and nothing is loaded.
    private func startAlone() throws(StartFailure) {
        let driver = try driver()
        let store = DatabaseOnlyStore(
            driver: driver, columns: columns, reader: reader(keepsConnections: true),
            counters: counters, logger: services.logger)
        let loader = LocationLoader(
            reader: reader(keepsConnections: true), fetchRows: parameters.fetchRows,
            serverID: filteredServer, checksVersion: parameters.checksVersion,
            counters: counters, logger: services.logger)
        do throws(LocationsUnavailable) {
            try store.leased { (connection) throws(StorageError) in
                try loader.createMissing(tables, connection)
                for table in tables { try loader.check(table, connection) }
            }
        } catch {
            throw StartFailure("usrloc db_url \(driver.description): \(error.message)")
        }
        keep(.database(store))
    }
}
