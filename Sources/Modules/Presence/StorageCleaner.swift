import Basics
import Storage
import Subscriptions

/// Deletes rows that nobody needs any more and that no record in memory stands for.
///
/// The rows of this run go with their records. What is left are rows of an earlier run that was
/// killed, and those of servers that are no more. They go one `clean_period` late: another server
/// that shares the tables may have to tell its watchers first.
///
/// Rows are found by an index and deleted by their `id`, with a guard: what was refreshed between
/// the two statements stays. So no statement locks more than it deletes.
struct StorageCleaner: Sendable {
    /// Seconds that a decision may be pending: as long as memory keeps it.
    static let pendingSeconds = AgentSettings().pendingWatcherSecondsMax
    /// Rows that are deleted by one statement.
    static let rowsMax = 1_000

    /// What is stored where.
    let settings: StorageSettings

    /// Deletes what is over; returns how many rows went.
    func clean(
        _ connection: any DatabaseConnection, now: WallTime
    ) throws(StorageError) -> Int {
        let margin = settings.expiresOffsetSeconds + max(0, settings.cleanSeconds)
        let limit = now.seconds - margin
        var count = 0
        if settings.writesPublications {
            count += try deleteExpired(.presentity, by: limit, connection)
        }
        if settings.writesSubscriptions {
            count += try deleteExpired(.activeWatchers, by: limit, connection)
        }
        return try count + deletePending(by: now.seconds - Self.pendingSeconds, connection)
    }

    /// The statement that finds rows whose time is over; hard state has -1 and is never meant.
    static func findExpired(_ table: String, _ dialect: Dialect) -> String {
        "SELECT id FROM \(dialect.quoted(table)) WHERE expires > ? AND expires < ?"
            + " ORDER BY expires LIMIT \(rowsMax)"
    }

    /// The statement that walks through the decisions: no index of Kamailio 5.6 tells how old they
    /// are, so pages are read in the order of `id`.
    static func walk(_ table: String, rows: Int, _ dialect: Dialect) -> String {
        "SELECT id, status, inserted_time FROM \(dialect.quoted(table))"
            + " WHERE id > ? ORDER BY id LIMIT \(rows)"
    }

    /// The statement that deletes a decision that is pending still.
    static func deletePending(_ table: String, _ dialect: Dialect) -> String {
        "DELETE FROM \(dialect.quoted(table)) WHERE id = ? AND status = 2 AND inserted_time < ?"
    }

    /// Deletes the rows of a table whose time was over by `limit`, page by page.
    ///
    /// The rows of a page are deleted in the order of `id`, in which another server that does the
    /// same would lock them.
    private func deleteExpired(
        _ table: StoredTable, by limit: Int, _ connection: any DatabaseConnection
    ) throws(StorageError) -> Int {
        let name = settings.name(table)
        var total = 0
        while true {
            var rows = RowBatch(columns: 2, rows: Self.rowsMax)
            var found: [Int] = []
            try connection.query(
                Self.findExpired(name, connection.dialect), [.integer(0), .integer(limit)]
            ) { row in
                if let id = row.integer(0) { found.append(id) }
                return true
            }
            guard !found.isEmpty else { return total }
            for id in found.sorted() {
                rows.append(id)
                rows.append(limit - 1)
            }
            let gone = try connection.delete(
                from: name, key: ["id"], guardColumn: "expires", rows)
            total += gone
            // Rows that were refreshed meanwhile do not come again; a page without any that went
            // would be found for ever.
            guard found.count == Self.rowsMax, gone > 0 else { return total }
        }
    }

    /// Deletes decisions that have been pending since before `limit`.
    ///
    /// Few are, so each is deleted by a statement that looks at it once more.
    private func deletePending(
        by limit: Int, _ connection: any DatabaseConnection
    ) throws(StorageError) -> Int {
        let page = max(1, settings.fetchRows)
        let dialect = connection.dialect
        let sql = Self.walk(settings.watchersTable, rows: page, dialect)
        var total = 0
        var last = -1
        while true {
            var count = 0
            var found: [Int] = []
            try connection.query(sql, [.integer(last)]) { row in
                count += 1
                last = row.integer(0) ?? last
                if row.integer(1) == 2, let inserted = row.integer(2), inserted < limit {
                    found.append(last)
                }
                return true
            }
            for id in found {
                total += try connection.execute(
                    Self.deletePending(settings.watchersTable, dialect),
                    [.integer(id), .integer(limit)])
            }
            guard count == page else { return total }
        }
    }
}
