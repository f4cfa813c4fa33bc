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
        switch parameters.databaseMode {
        case .memory: break
        case .writeThrough, .writeBack, .readOnly: try startFollowing()
        case .databaseOnly: try startAlone()
        }
        startTimers()
        try startKeepalive()
    }

    /// Writes what is unwritten.
    ///
    /// The transport has stopped before, so no binding changes any more. When the database does not
    /// take what is left, the exit status says so: a supervisor that looks at nothing else learns
    /// of it.
    public func stop() {
        teller.finish()
        if case .database(let store) = place { store.close() }
        guard case .writer(let writer) = place, parameters.databaseMode != .readOnly else { return }
        let waiting = tables.reduce(0) { $0 + $1.dirtyCount }
        guard !writer.finish() else { return }
        services.logger.error(
            "the location database did not take the last changes",
            metadata: ["changes": "\(tables.reduce(0) { $0 + $1.dirtyCount }) of \(waiting)"])
        services.requestStop(status: 1)
    }

    /// The rows that are this server's alone, when it filters them.
    var filteredServer: Int? { parameters.filtersServerID ? services.serverID : nil }

    /// The layout of rows under these settings.
    var columns: LocationColumns {
        var columns = LocationColumns(
            usesDomain: parameters.usesDomain, sockets: socketNames,
            names: parameters.columns)
        columns.countsSeconds = parameters.timeType == .seconds
        columns.natMask = parameters.natMask
        columns.partitions = partitions
        columns.rules.insert = parameters.insertsOver ? .replacingAny : .replacingSameKey
        columns.rules.insertsUpdates = parameters.insertsUpdates
        columns.rules.checksUpdates = parameters.checksUpdates
        columns.rules.findsByRuid = parameters.findsByRuid
        columns.rules.insertsNull = parameters.insertsNull
        columns.rules.matching = rules.matching
        columns.rules.storesAttributes = parameters.attributesRoot != nil
        return columns
    }

    /// The reader of rows under these settings.
    private func reader(keepsConnections: Bool) -> LocationReader {
        var reader = LocationReader(
            usesDomain: parameters.usesDomain, sockets: socketNames,
            rules: rules, keepsConnections: keepsConnections)
        reader.names = parameters.columns
        reader.skipsRemoteSockets = parameters.skipsRemoteSockets
        return reader
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
            counters: counters, columns: columns, logger: services.logger)
        let loads = parameters.loadsAtStart || parameters.databaseMode == .readOnly
        let isAtOnce = parameters.loadRank <= 1
        do throws(StorageError) {
            try writer.load(prepare(loader, loads: loads && isAtOnce))
            if loads, !isAtOnce { loadLater(writer, loader) }
        } catch {
            guard parameters.databaseMode == .writeBack, error.kind == .unavailable else {
                throw StartFailure("usrloc db_url \(driver.description): \(error.message)")
            }
            for table in tables { table.beginLoading() }
            if loads, !isAtOnce { writer.loadLater(prepare(loader, loads: true)) }
            services.logger.error(
                "the location database cannot be reached; the server starts without it",
                metadata: ["database": "\(driver.description)", "error": "\(error.message)"])
            services.every(1, "usrloc.reconnect") {
                if !writer.status.isLoaded { writer.schedule() }
            }
        }
        keep(.writer(writer))
    }

    /// What is done to the tables at the start: what is missing is made, versions are compared,
    /// rows that a restart makes worthless go, and the others are loaded.
    private func prepare(_ loader: LocationLoader, loads: Bool) -> LocationWriter.Load {
        let tables = tables
        let mayWrite = parameters.databaseMode != .readOnly
        let cleans = mayWrite && parameters.cleansConnections
        let serverID = services.serverID
        return { (connection) throws(StorageError) in
            if mayWrite { try loader.createMissing(tables, connection) }
            for table in tables { try loader.check(table, connection) }
            if cleans {
                for table in tables {
                    try loader.deleteConnections(table, ofServer: serverID, connection)
                }
            }
            if loads { try loader.load(tables, connection) }
        }
    }

    /// Loads the tables while messages come (`load_rank` above 1).
    private func loadLater(_ writer: LocationWriter, _ loader: LocationLoader) {
        let tables = tables
        for table in tables { table.beginLoading() }
        writer.loadLater { (connection) throws(StorageError) in
            try loader.load(tables, connection)
        }
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
            counters: counters, columns: columns, logger: services.logger)
        do throws(LocationsUnavailable) {
            try store.leased { (connection) throws(StorageError) in
                try loader.createMissing(tables, connection)
                for table in tables { try loader.check(table, connection) }
                guard parameters.cleansConnections else { return }
                for table in tables {
                    try loader.deleteConnections(
                        table, ofServer: services.serverID, connection)
                }
            }
        } catch {
            throw StartFailure("usrloc db_url \(driver.description): \(error.message)")
        }
        keep(.database(store))
    }
}
