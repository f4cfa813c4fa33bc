internal import Basics
internal import CMariaDB
public import Storage

extension MariaDBConnection {
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
        try atomically { () throws(StorageError) in
            var bulk = BulkWrite(self, sql, columns: width, rows: rows.rows)
            try bulk.write(rows) { row, column in rows.cell(row: row, column: column) }
            outcome = BulkUpdate(found: bulk.changed, refused: bulk.refused)
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
        try atomically { () throws(StorageError) in
            refused = []
            var bulk = BulkWrite(self, sql, columns: columns, rows: rows.rows)
            try bulk.write(rows) { row, column in rows.cell(row: row, column: column) }
            refused = bulk.refused
        }
        return refused
    }

    /// Deletes the rows whose key, and guard, a batch's rows name.
    ///
    /// Returns how many went. A value that fits no column is an error here: it names no row.
    @discardableResult
    public func delete(
        from table: String, key: [String], guardColumn: String?, _ rows: borrowing RowBatch
    ) throws(StorageError) -> Int {
        precondition(rows.columns == key.count + (guardColumn == nil ? 0 : 1))
        guard !rows.isEmpty else { return 0 }
        let sql = BulkStatement.delete(from: table, key: key, guardColumn: guardColumn, dialect)
        // The guard is two values, its lower end and itself.
        let width = key.count + (guardColumn == nil ? 0 : 2)
        var changed = 0
        try atomically { () throws(StorageError) in
            var bulk = BulkWrite(self, sql, columns: width, rows: rows.rows)
            try bulk.write(rows) { row, column in
                if column < key.count { return rows.cell(row: row, column: column) }
                let end = rows.cell(row: row, column: key.count)
                return column == key.count ? BulkStatement.lowerEnd(of: end) : end
            }
            if let first = bulk.refused.first { throw first.error }
            changed = bulk.changed
        }
        return changed
    }

    /// Runs a bulk write in a transaction of its own, again after a deadlock; within another
    /// transaction it is that one's owner who runs it again.
    private func atomically(
        _ body: () throws(StorageError) -> Void
    ) throws(StorageError) {
        if depth > 0 { return try body() }
        try transaction(RetryPolicy(), body)
    }

    /// A statement that the server keeps prepared.
    func statement(_ sql: String) throws(StorageError) -> PreparedStatement {
        let open = try unsafe ready()
        if let kept = prepared[sql] { return kept }
        if prepared.count >= Limits.preparedStatementsMax { prepared.removeAll() }
        let fresh = try unsafe PreparedStatement(sql, on: open)
        prepared[sql] = fresh
        return fresh
    }
}

/// A statement that the server keeps prepared; it is given back with the last reference.
@safe
final class PreparedStatement {
    /// The library's statement, which `mysql_close` detaches from its connection.
    let pointer: UnsafeMutablePointer<MYSQL_STMT>

    /// Has the server prepare a statement.
    @unsafe
    init(_ sql: String, on open: UnsafeMutablePointer<MYSQL>) throws(StorageError) {
        guard let fresh = unsafe mysql_stmt_init(open) else {
            throw unsafe MariaDBError.last(open)
        }
        unsafe pointer = unsafe fresh
        guard unsafe mysql_stmt_prepare(fresh, sql, UInt(sql.utf8.count)) == 0 else {
            throw unsafe MariaDBError.last(fresh)
        }
    }

    deinit { unsafe mysql_stmt_close(pointer) }
}

/// One bulk statement on its way to the server, chunk by chunk.
///
/// A chunk stays below the server's largest packet and short enough for the time limit. One that
/// is refused for a value in some row is halved until that row is alone; the others get through.
struct BulkWrite: ~Copyable {
    /// Where it goes.
    private let connection: MariaDBConnection
    /// The statement.
    private let sql: String
    /// Number of `?` in it.
    private let columns: Int
    /// The arrays that every chunk is sent from.
    private var binding: ArrayBinding
    /// The rows that the server refuses for what is in them.
    private(set) var refused: [RefusedRow] = []
    /// How many rows the server says were changed.
    private(set) var changed = 0

    /// A write of at most `rows` rows by one statement.
    init(_ connection: MariaDBConnection, _ sql: String, columns: Int, rows: Int) {
        self.connection = connection
        self.sql = sql
        self.columns = columns
        binding = ArrayBinding(
            columns: columns, rowsMax: min(rows, Limits.databaseChunkRowsMax),
            calendar: connection.calendar)
    }

    /// Writes all rows; `cell` says what stands in a row's column.
    mutating func write(
        _ batch: borrowing RowBatch, _ cell: (Int, Int) -> RowBatch.Cell
    ) throws(StorageError) {
        // Some room is left for the packet's own fields.
        let packetMax = connection.packetBytesMax - 512
        let bytesMax = min(packetMax, Limits.databaseChunkBytesMax)
        var start = 0
        var bytes = 0
        for row in 0..<batch.rows {
            let more = size(row, batch, cell)
            let isFull = row - start == Limits.databaseChunkRowsMax || bytes + more > bytesMax
            if isFull, row > start {
                try write(start..<row, batch, cell)
                start = row
                bytes = 0
            }
            bytes += more
            if more > packetMax {
                // Sent, it would make the server hang up, again and again.
                let error = StorageError(
                    .refused, "a row of \(more) bytes is larger than the server's packets",
                    code: 1_153)
                refused.append(RefusedRow(row: row, error: error))
                start = row + 1
                bytes = 0
            }
        }
        if start < batch.rows { try write(start..<batch.rows, batch, cell) }
    }

    /// Most bytes that a row takes in the packet.
    private func size(
        _ row: Int, _ batch: borrowing RowBatch, _ cell: (Int, Int) -> RowBatch.Cell
    ) -> Int {
        var bytes = 0
        for column in 0..<columns {
            switch cell(row, column) {
            case .null: bytes += 1
            case .integer, .double: bytes += 9
            case .time: bytes += 21
            case .blob(let range): bytes += Int(range.count) + 10
            case .text(let range):
                let growth = TextRepair.isUTF8(batch.bytes.span(range)) ? 1 : 3
                bytes += Int(range.count) * growth + 10
            }
        }
        return bytes
    }

    /// Sends one chunk, or its halves when a row in it is refused.
    private mutating func write(
        _ range: Range<Int>, _ batch: borrowing RowBatch, _ cell: (Int, Int) -> RowBatch.Cell
    ) throws(StorageError) {
        do throws(StorageError) {
            // Asked for each time: a connection that was lost has lost its statements.
            let statement = unsafe try connection.statement(sql).pointer
            try unsafe binding.bind(statement, range, batch, cell)
            guard unsafe mysql_stmt_execute(statement) == 0 else {
                throw unsafe MariaDBError.last(statement)
            }
            changed += Int(clamping: unsafe mysql_stmt_affected_rows(statement))
        } catch {
            guard MariaDBError.isAboutOneRow(error.code) else { throw connection.failure(error) }
            guard range.count > 1 else {
                refused.append(RefusedRow(row: range.lowerBound, error: error))
                return
            }
            let middle = range.lowerBound + range.count / 2
            try write(range.lowerBound..<middle, batch, cell)
            try write(middle..<range.upperBound, batch, cell)
        }
    }
}
