internal import Basics
internal import CSQLite
public import Storage

extension SQLiteConnection {
    /// Inserts all rows, or replaces the named columns where a row of the same key exists.
    @discardableResult
    public func upsert(
        into table: String, columns: [String], key: [String], _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow] {
        try write(
            BulkStatement.upsert(into: table, columns: columns, key: key, dialect),
            columns: columns.count, rows)
    }

    /// Runs an insert for all rows.
    @discardableResult
    public func insert(
        _ statement: InsertStatement, _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow] {
        try write(statement.text(dialect), columns: statement.columns.count, rows)
    }

    /// Sets columns where the key's columns have certain values.
    @discardableResult
    public func update(
        _ table: String, columns: [String], key: [String], _ rows: borrowing RowBatch
    ) throws(StorageError) -> BulkUpdate {
        let width = columns.count + key.count
        precondition(rows.columns == width, "a batch has a cell for each column and key")
        guard !rows.isEmpty else { return BulkUpdate(found: 0) }
        let sql = BulkStatement.update(table, columns: columns, key: key, dialect)
        var outcome = BulkUpdate(found: 0)
        try transaction { () throws(StorageError) in
            let statement = try statement(sql)
            for row in 0..<rows.rows {
                do throws(StorageError) {
                    try run(statement, width, rows) { rows.cell(row: row, column: $0) }
                    outcome.found += Int(unsafe sqlite3_changes(handle))
                } catch {
                    guard SQLiteError.isAboutOneRow(error.code) else { throw error }
                    outcome.refused.append(RefusedRow(row: row, error: error))
                }
            }
        }
        return outcome
    }

    /// Runs a statement for each row of a batch; returns the rows that are refused.
    private func write(
        _ sql: String, columns: Int, _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow] {
        precondition(rows.columns == columns, "a batch has a cell for each column")
        guard !rows.isEmpty else { return [] }
        var refused: [RefusedRow] = []
        try transaction { () throws(StorageError) in
            let statement = try statement(sql)
            // There is no round trip to save here: row by row is the fastest way.
            for row in 0..<rows.rows {
                do throws(StorageError) {
                    try run(statement, columns, rows) { rows.cell(row: row, column: $0) }
                } catch {
                    // SQLite has undone this one statement only, and the transaction goes on.
                    guard SQLiteError.isAboutOneRow(error.code) else { throw error }
                    refused.append(RefusedRow(row: row, error: error))
                }
            }
        }
        return refused
    }

    /// Deletes the rows whose key, and guard, a batch's rows name.
    ///
    /// Returns how many went.
    @discardableResult
    public func delete(
        from table: String, key: [String], guardColumn: String?, _ rows: borrowing RowBatch
    ) throws(StorageError) -> Int {
        precondition(rows.columns == key.count + (guardColumn == nil ? 0 : 1))
        guard !rows.isEmpty else { return 0 }
        let sql = BulkStatement.delete(from: table, key: key, guardColumn: guardColumn, dialect)
        let width = key.count + (guardColumn == nil ? 0 : 2)
        var changed = 0
        try transaction { () throws(StorageError) in
            let statement = try statement(sql)
            for row in 0..<rows.rows {
                try run(statement, width, rows) { column in
                    if column < key.count { return rows.cell(row: row, column: column) }
                    let end = rows.cell(row: row, column: key.count)
                    return column == key.count ? BulkStatement.lowerEnd(of: end) : end
                }
                changed += Int(unsafe sqlite3_changes(handle))
            }
        }
        return changed
    }

    /// Runs a statement for one row; `cell` says what stands in its columns.
    private func run(
        _ statement: SQLiteStatement, _ columns: Int, _ batch: borrowing RowBatch,
        _ cell: (Int) -> RowBatch.Cell
    ) throws(StorageError) {
        defer { statement.reset() }
        for column in 0..<columns {
            let code = statement.bind(cell(column), at: column, in: batch)
            guard code == SQLITE_OK else { throw failure(code) }
        }
        while try step(statement) {}
    }
}
