internal import Basics
internal import CMariaDB
public import Storage

extension MariaDBConnection {
    /// Inserts all rows, or replaces the named columns where a row of the same key exists.
    @discardableResult
    public func upsert(
        into table: String, columns: [String], key: [String], _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow] {
        precondition(rows.columns == columns.count, "a batch has a cell for each column")
        guard !rows.isEmpty else { return [] }
        let sql = BulkStatement.upsert(into: table, columns: columns, key: key, dialect)
        var refused: [RefusedRow] = []
        try atomically { () throws(StorageError) in
            refused = []
            var bulk = BulkWrite(self, sql, columns: columns.count, rows: rows.rows)
            try bulk.write(rows) { row, column in rows.cell(row: row, column: column) }
            refused = bulk.refused
        }
        return refused
    }

    /// Deletes the rows whose key, and guard, a batch's rows name. Returns how many went.
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
    private let connection: MariaDBConnection
    private let sql: String
    private let columns: Int
    private var binding: ArrayBinding
    /// The rows that the server refuses for what is in them.
    private(set) var refused: [RefusedRow] = []
    /// How many rows the server says were changed.
    private(set) var changed = 0

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
        // A quarter is left for the packet's own fields and for text that grows in repair.
        let bytesMax = min(connection.packetBytesMax / 4 * 3, Limits.databaseChunkBytesMax)
        var start = 0
        var end = 0
        var bytes = 0
        while end < batch.rows {
            let more = size(end, cell)
            let isFull = end - start == Limits.databaseChunkRowsMax || bytes + more > bytesMax
            if isFull, end > start {
                try write(start..<end, batch, cell)
                start = end
                bytes = 0
            }
            bytes += more
            end += 1
        }
        try write(start..<end, batch, cell)
    }

    /// Most bytes that a row takes in the packet.
    private func size(_ row: Int, _ cell: (Int, Int) -> RowBatch.Cell) -> Int {
        var bytes = 0
        for column in 0..<columns {
            switch cell(row, column) {
            case .null: bytes += 1
            case .integer, .double: bytes += 9
            case .time: bytes += 21
            case .text(let range), .blob(let range): bytes += Int(range.count) + 10
            }
        }
        return bytes
    }

    private mutating func write(
        _ range: Range<Int>, _ batch: borrowing RowBatch, _ cell: (Int, Int) -> RowBatch.Cell
    ) throws(StorageError) {
        do throws(StorageError) {
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
