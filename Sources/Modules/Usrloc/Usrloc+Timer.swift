internal import Basics
internal import Locations
internal import Logging
internal import ModuleKit
internal import Storage

/// What the module does as time goes by.
extension UsrlocModule {
    /// Asks for the jobs of the timer: one, or as many as `timer_procs`, each with its share of the
    /// shards.
    func startTimers() {
        guard parameters.timerInterval > 0 else { return }
        let jobs = max(1, parameters.timerJobs)
        for job in 0..<jobs {
            let name = jobs == 1 ? "usrloc.timer" : "usrloc.timer.\(job)"
            services.every(parameters.timerInterval, name) { [weak self] in
                self?.tick(job, of: jobs)
            }
        }
    }

    /// One pass of a job: what expired leaves, what changed is written.
    ///
    /// Expiry comes first, so that the rows of what has just expired go with the same pass. What
    /// concerns whole tables is the first job's.
    func tick(_ job: Int = 0, of jobs: Int = 1) {
        let now = SystemClock.wall()
        switch place {
        case .memory: for table in tables { pass(over: table, now, job, jobs) }
        case .writer(let writer):
            for table in tables { pass(over: table, now, job, jobs) }
            guard parameters.databaseMode != .readOnly else { return }
            writer.schedule()
            if job == 0, parameters.cleansByTimer { clean(writer, now) }
        case .database(let store):
            guard job == 0 else { return }
            for table in tables {
                if parameters.dropsLostConnections { deleteLost(table, store) }
                let due = WallTime(seconds: now.seconds - parameters.removalDelay)
                // A database that is away tells nobody now and everybody later.
                try? tellExpiredRows(of: table, in: store, now: due)
                guard
                    let count = try? store.deleteExpired(
                        table, now: due, serverID: filteredServer)
                else { return }
                table.statistics.expired.add(count)
            }
        }
    }

    /// One pass of a job over the shards of a table that are its share.
    private func pass(over table: LocationTable, _ now: WallTime, _ job: Int, _ jobs: Int) {
        let shards = stride(from: job, to: LocationTable.shardCount, by: jobs)
        if parameters.dropsLostConnections, job == 0 { endLost(table, now) }
        for shard in shards { expire(table, shard, now) }
    }

    /// Ends what has expired in a shard, tells those who listen, and closes the connections if they
    /// are to end with their bindings.
    ///
    /// Bindings are taken in groups of 256 under the lock and told of between them, so that neither
    /// the lock nor the buffer grows with the number that expires at once.
    private func expire(_ table: LocationTable, _ shard: Int, _ now: WallTime) {
        let tells = !wantedEvents.isEmpty
        let closes = parameters.closesConnections
        var connections: [Int64] = []
        var isMoreDue = true
        while isMoreDue {
            var ended = 0
            isMoreDue = table.expire(shard: shard, now: now, limit: 256, ended: &ended) { binding in
                if closes, binding.values.connection > 0 {
                    connections.append(binding.values.connection)
                }
            }
            if tells { deliver(table, shard: shard, now: now) }
            for connection in connections { services.network.close(connection: connection) }
            connections.removeAll(keepingCapacity: true)
        }
    }

    // MARK: Lost connections

    /// Lets the bindings expire whose connection is gone.
    ///
    /// The walk only notes them: the connections are asked for outside of the lock. A binding that
    /// has come back on another connection meanwhile is left alone.
    private func endLost(_ table: LocationTable, _ now: WallTime) {
        var cursor = LocationCursor()
        var seen: [(handle: ContactHandle, connection: Int64)] = []
        let own = UInt32(clamping: services.serverID)
        while !cursor.isAtEnd {
            table.walk(&cursor, limit: 256) { binding in
                let values = binding.values
                guard values.connection > 0, values.serverID == own else { return }
                seen.append((binding.handle, values.connection))
            }
            for (handle, connection) in seen
            where !services.network.isOpen(connection: connection) {
                table.shorten(handle, to: now, connection: connection)
            }
            seen.removeAll(keepingCapacity: true)
        }
    }

    /// The same for db_mode 3: deletes the rows of this server whose connection is gone.
    private func deleteLost(_ table: LocationTable, _ store: DatabaseOnlyStore) {
        let columns = columns
        let network = services.network
        let serverID = services.serverID
        _ = try? store.leased { (connection) throws(StorageError) in
            let dialect = connection.dialect
            let name = dialect.quoted(table.name)
            let list = dialect.quoted(list: [columns.names.ruid, columns.names.connectionID])
            var lost: [String] = []
            try connection.query(
                "SELECT \(list) FROM \(name) WHERE \(dialect.quoted(columns.names.connectionID))"
                    + " > ? AND \(dialect.quoted(columns.names.serverID)) = ?",
                [.integer(0), .integer(serverID)]
            ) { row in
                if !network.isOpen(connection: Int64(row.integer(1) ?? 0)) {
                    lost.append(row.text(0) ?? "")
                }
                return true
            }
            for ruid in lost {
                try connection.execute(
                    "DELETE FROM \(name) WHERE \(dialect.quoted(columns.names.ruid)) = ?",
                    [.text(ruid)])
            }
            guard columns.rules.storesAttributes else { return }
            try columns.deleteAttributes(
                of: lost.map { .text($0) }, in: table.name, connection)
        }
    }

    // MARK: Rows that memory does not know

    /// Deletes rows that have expired; a binding that was refreshed and is not written yet comes
    /// back with its write.
    private func clean(_ writer: LocationWriter, _ now: WallTime) {
        let columns = columns
        let names = tables.map(\.name)
        let serverID = filteredServer
        do throws(StorageError) {
            try writer.read { (connection) throws(StorageError) in
                for name in names {
                    _ = try columns.deleteExpired(name, now: now, serverID: serverID, connection)
                }
            }
        } catch {
            services.logger.warning(
                "expired rows cannot be deleted", metadata: ["error": "\(error.message)"])
        }
    }
}
