import Basics
import Dispatch
import Locations
import Logging
import ModuleKit
import Storage
import Synchronization

/// db_mode 3: nothing is kept in memory; each request loads its AoR and writes it back.
///
/// The table in memory is a work bench: the rules of registration are the same in every mode. One
/// AoR of a shard is on the bench at a time. This is the one mode in which a SIP worker waits for
/// the database; a connection's time limits bound the wait.
final class DatabaseOnlyStore: Sendable {
    /// Connections that nobody uses at the moment, and how the database does.
    ///
    /// Sendable, because a connection is in this list or with one caller, never both: only one
    /// thread at a time can use it.
    private struct Idle: @unchecked Sendable {
        var connections: [any DatabaseConnection] = []
        var status = DatabaseStatus()
    }
    /// What connections are opened with.
    private let driver: any DatabaseDriver
    /// How a binding becomes a row.
    let columns: LocationColumns
    /// How a row becomes a binding.
    private let reader: LocationReader
    private let logger: Logger
    private let counters: UsrlocCounters
    /// The lock is held for a push or a pop and never during a statement, so that one slow
    /// statement does not hold up the workers that have a connection already.
    private let idle = Guarded(Idle())
    /// One of each shard: whoever holds it works on that shard.
    private let turns: [DispatchSemaphore]

    /// A store of the database behind a driver; nothing is opened yet.
    ///
    /// The first connection is opened by the first caller. There are as many as callers at once,
    /// which is at most one for each worker, one for the timer and those of commands.
    init(
        driver: any DatabaseDriver, columns: LocationColumns, reader: LocationReader,
        counters: UsrlocCounters, logger: Logger
    ) {
        self.driver = driver
        self.columns = columns
        self.reader = reader
        self.counters = counters
        self.logger = logger
        turns = (0..<LocationTable.shardCount).map { _ in DispatchSemaphore(value: 1) }
        become(.starting, "")
    }

    /// How the database does.
    var status: DatabaseStatus { idle.withLock { $0.status } }

    /// Closes the connections that nobody uses.
    ///
    /// The transport has stopped before, so that no worker holds one any more.
    func close() {
        let unused = idle.withLock { idle in
            let unused = Idle(connections: idle.connections)
            idle.connections = []
            return unused
        }
        for connection in unused.connections { connection.close() }
    }

    /// Loads an AoR, runs `body` on it, and writes what changed; throws when the database is away,
    /// and then nothing has changed.
    ///
    /// The order is what makes a request atomic here: under the turn of its shard nobody else sees
    /// the bench, `body` runs on what the database holds now, and the AoR is forgotten again
    /// whether the write succeeded or not. Two servers that change one AoR at the same moment are
    /// told apart by the unique name of each binding, not by a lock.
    func with<R>(
        _ table: LocationTable, _ aor: Span<UInt8>, now: WallTime, _ body: () -> R
    ) throws(LocationsUnavailable) -> R {
        // The upper six bits of the hash choose the shard, in every table alike.
        let shard = Int(table.hashValue(of: aor) >> 58)
        turns[shard].wait()
        defer { turns[shard].signal() }
        return try leased { (connection) throws(StorageError) in
            defer { table.forget(aor) }
            table.beginTrial(shard: shard)
            do throws(StorageError) {
                try load(table, aor, now, connection)
                let result = body()
                try write(table, shard, connection)
                table.endTrial(shard: shard, isKept: true)
                return result
            } catch {
                table.endTrial(shard: shard, isKept: false)
                discard(table, shard)
                throw error
            }
        }
    }

    /// Runs `body` with a connection of its own, for commands and for the timer.
    ///
    /// A connection that served well goes back to the list; after an error it is dropped, for
    /// nobody knows what state it is in. The error is logged here, once, with the words of the
    /// database.
    func leased<R>(
        _ body: (any DatabaseConnection) throws(StorageError) -> R
    ) throws(LocationsUnavailable) -> R {
        do throws(StorageError) {
            // The newest first: those that nobody needs any more stay at the bottom until the stop.
            let kept = idle.withLock { $0.connections.popLast() }
            let connection = if let kept { kept } else { try driver.connect() }
            let result = try body(connection)
            idle.withLock { $0.connections.append(connection) }
            become(.connected, "")
            return result
        } catch {
            logger.error(
                "the location database does not answer", metadata: ["error": "\(error.message)"])
            become(.away, error.message)
            throw LocationsUnavailable(message: error.message)
        }
    }

    /// Deletes the rows that have expired; returns how many.
    ///
    /// A permanent binding has `expires` 0 and is never meant. With `server_id_filter` each server
    /// deletes its own rows, so that a server whose clock is ahead does no harm to the others.
    func deleteExpired(
        _ table: LocationTable, now: WallTime, serverID: Int?
    ) throws(LocationsUnavailable) -> Int {
        try leased { (connection) throws(StorageError) in
            try columns.deleteExpired(table.name, now: now, serverID: serverID, connection)
        }
    }

    /// Copies the rows of a table that have expired, as if they lived still; what cannot be
    /// understood is left out.
    func loadExpired(
        _ name: String, into bench: LocationTable, now: WallTime, serverID: Int?
    ) throws(LocationsUnavailable) {
        try leased { (connection) throws(StorageError) in
            let (condition, values) = columns.expired(
                by: now, serverID: serverID, connection.dialect)
            let sql = reader.select(name, connection.dialect) + " WHERE \(condition)"
            var buffer = ByteWriter(capacity: 256)
            try connection.query(sql, values) { row in
                _ = reader.load(row, into: bench, now: WallTime(seconds: 0), aor: &buffer)
                return true
            }
        }
    }

    /// Puts the rows of one AoR on the bench.
    ///
    /// A row that cannot be understood is left where it is: deleting what another version wrote
    /// would lose somebody's registration.
    private func load(
        _ table: LocationTable, _ aor: Span<UInt8>, _ now: WallTime,
        _ connection: any DatabaseConnection
    ) throws(StorageError) {
        var buffer = ByteWriter(capacity: 256)
        let (condition, values) = columns.condition(for: aor, connection.dialect)
        let sql = reader.select(table.name, connection.dialect) + " WHERE \(condition)"
        var refused = 0
        try connection.query(sql, values) { row in
            guard !reader.isRemote(row) else { return true }
            if reader.load(row, into: table, now: now, aor: &buffer) == .refused { refused += 1 }
            return true
        }
        if columns.rules.storesAttributes {
            try AttributeReader(columns: columns).load(
                into: table, where: (condition, values), connection)
        }
        if refused > 0 {
            counters.rowsSkipped.add(refused)
            logger.warning(
                "rows of an address-of-record cannot be understood and are left alone",
                metadata: ["table": "\(table.name)", "rows": "\(refused)"])
        }
    }

    /// Writes what the request changed, all of it or nothing.
    ///
    /// One row that is refused undoes the others: the phone is told 503 and tries again, which is
    /// better than half of its contacts.
    private func write(
        _ table: LocationTable, _ shard: Int, _ connection: any DatabaseConnection
    ) throws(StorageError) {
        var batch = LocationBatch(columns: columns)
        // A request's contacts, and all that the address-of-record had before.
        let limit = Limits.contactsPerAoRMax * 2 + Limits.contactsPerRequestMax
        guard batch.take(table, shard: shard, limit: limit, connection.dialect) > 0 else { return }
        do throws(StorageError) {
            _ = try batch.write(to: table.name, connection, isAllOrNothing: true)
        } catch {
            table.fail(shard: shard)
            throw error
        }
        // From here on the change counts as stored; until then a failure may take it back.
        table.confirm(shard: shard)
        counters.rowsWritten.add(batch.changes)
        idle.withLock { idle in
            idle.status.lastFlush = SystemClock.wall()
            idle.status.lastFlushRows = batch.changes
        }
    }

    /// Forgets what could not be written: it was refused, and no later request may carry it out.
    ///
    /// Without this, the next request of the same shard would hand out what was left over and write
    /// the change of a phone that was told 503.
    private func discard(_ table: LocationTable, _ shard: Int) {
        while table.handOut(shard: shard, limit: Limits.contactsPerAoRMax, each: { _, _ in }) > 0 {
            table.confirm(shard: shard)
        }
    }

    /// Notes how the database does; the time is that of the last change of state, so that
    /// `ul.status` can say for how long it has been away.
    private func become(_ new: DatabaseStatus.State, _ error: String) {
        idle.withLock { idle in
            if idle.status.state != new { idle.status.since = SystemClock.wall() }
            idle.status.state = new
            // There is nothing to load: each request reads its own.
            if new == .connected { idle.status.isLoaded = true }
            if !error.isEmpty { idle.status.lastError = error }
        }
    }
}
