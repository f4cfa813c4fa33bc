internal import Basics
internal import Publications
internal import Storage

/// Claims rows that are due, so that of several servers on one table only one refreshes each.
///
/// The column `expires` is what makes a row due, and what an index finds it by: whoever claims a
/// row moves it ahead, and it is due to nobody. He alone knows the true time and writes it with the
/// refresh. Should he die, the row is due again when the claim is over, its entity tag untouched.
struct TableClaims: Sendable {
    /// Reads the rows.
    let reader: TableReader
    /// Whether rows are locked while they are read (`db_table_lock_write`); otherwise each is
    /// claimed by a statement that finds it only if nobody was faster.
    let locksRows: Bool

    /// Claims at most `limit` rows that expire before `horizon`, up to `until`.
    func take(
        before horizon: WallTime, until: WallTime, limit: Int,
        _ connection: any DatabaseConnection
    ) throws(StorageError) -> [PUARecord] {
        var rows: [Int] = []
        let statements = TableStatements(table: reader.table.name, dialect: connection.dialect)
        // Rows that are left alone stay due for ever; they must not be all that is ever seen.
        let sql = statements.due(rows: limit + reader.broken.count)
        try connection.query(sql, [.integer(horizon.seconds)]) { row in
            if let id = row.integer(0), !reader.broken.contains(id) { rows.append(id) }
            return true
        }
        var records: [PUARecord] = []
        var start = 0
        while start < min(rows.count, limit) {
            let end = min(start + TableStatements.keysMax, rows.count, limit)
            // In the order of `id`, in which another server locks them too.
            let page = rows[start..<end].sorted()
            records += try claim(page, before: horizon, until: until, statements, connection)
            start = end
        }
        return records.sorted { $0.expires < $1.expires }
    }

    /// Claims the rows of a page that are due still.
    private func claim(
        _ page: [Int], before horizon: WallTime, until: WallTime, _ statements: TableStatements,
        _ connection: any DatabaseConnection
    ) throws(StorageError) -> [PUARecord] {
        guard locksRows else {
            return try claimEach(page, before: horizon, until: until, statements, connection)
        }
        var claimed: [PUARecord] = []
        try connection.transaction(RetryPolicy()) { () throws(StorageError) in
            claimed = try readDue(page, before: horizon, statements, connection)
            guard !claimed.isEmpty else { return }
            let rows = claimed.map { Int($0.row) }
            try connection.execute(
                statements.claim(keys: TableStatements.size(for: rows.count)),
                [.integer(until.seconds)] + Self.padded(rows))
        }
        return claimed
    }

    /// Claims row after row, and drops those where another server was faster.
    private func claimEach(
        _ page: [Int], before horizon: WallTime, until: WallTime, _ statements: TableStatements,
        _ connection: any DatabaseConnection
    ) throws(StorageError) -> [PUARecord] {
        var claimed: [PUARecord] = []
        for record in try readDue(page, before: horizon, statements, connection) {
            let values: [DatabaseValue] = [
                .integer(until.seconds), .integer(Int(record.row)),
                .integer(record.expires.seconds), .text(String(copying: record[span: .etag])),
            ]
            let found = try RetryPolicy().run { () throws(StorageError) in
                try connection.execute(statements.claimOne, values)
            }
            if found == 1 { claimed.append(record) }
        }
        return claimed
    }

    /// The records of rows that are due still.
    private func readDue(
        _ rows: [Int], before horizon: WallTime, _ statements: TableStatements,
        _ connection: any DatabaseConnection
    ) throws(StorageError) -> [PUARecord] {
        let sql = statements.readDue(
            keys: TableStatements.size(for: rows.count), locks: locksRows)
        return try reader.read(
            sql, Self.padded(rows) + [.integer(horizon.seconds)], connection)
    }

    /// Row numbers, filled up to the size of a statement.
    private static func padded(_ rows: [Int]) -> [DatabaseValue] {
        let size = TableStatements.size(for: rows.count)
        return (0..<size).map { .integer($0 < rows.count ? rows[$0] : rows[rows.count - 1]) }
    }
}
