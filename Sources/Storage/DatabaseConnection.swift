/// One connection to one database.
///
/// Not for two threads at a time. Every call may block up to the connection's time limit, so no SIP
/// worker calls it in db_mode 0, 2 and 4.
///
/// A connection that was lost is opened again by the next call, except within a transaction: half
/// of one must not be committed, so there each call throws until the transaction has ended.
public protocol DatabaseConnection: AnyObject {
    /// The SQL it speaks.
    var dialect: Dialect { get }
    /// Runs one statement, each `?` replaced by a value; returns the number of rows it changed.
    @discardableResult
    func execute(_ sql: String, _ values: [DatabaseValue]) throws(StorageError) -> Int
    /// Reads rows as a stream, never all at once; `row` returns false to stop. The callback must
    /// not use this connection.
    func query(
        _ sql: String, _ values: [DatabaseValue], row: (borrowing DatabaseRow) -> Bool
    ) throws(StorageError)
    /// Inserts all rows, or replaces the named columns where a row with equal `key` columns, which
    /// a unique index covers, already exists; all in one transaction.
    ///
    /// Returns the rows that the database refuses for a value in them; the others are written.
    @discardableResult
    func upsert(
        into table: String, columns: [String], key: [String], _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow]
    /// Runs an insert for all rows in one transaction.
    ///
    /// Returns the rows that the database refuses; the others are written.
    @discardableResult
    func insert(
        _ statement: InsertStatement, _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow]
    /// Sets `columns`, a batch row's first cells, where the `key` columns equal the cells that
    /// follow; all in one transaction.
    ///
    /// Fewer rows found than the batch has and refused ones say that some keys are no more: that is
    /// how a writer learns that another was faster.
    @discardableResult
    func update(
        _ table: String, columns: [String], key: [String], _ rows: borrowing RowBatch
    ) throws(StorageError) -> BulkUpdate
    /// Deletes the rows whose `key` columns equal a batch row's first cells and, with a
    /// `guardColumn`, whose value there is at most the cell that follows: a binding that was
    /// refreshed meanwhile stays. Returns how many went.
    ///
    /// A row at time 0 is permanent, which is later than any time: it only goes when the guard
    /// itself is time 0. NULL is never at most something, so such a row stays.
    @discardableResult
    func delete(
        from table: String, key: [String], guardColumn: String?, _ rows: borrowing RowBatch
    ) throws(StorageError) -> Int
    /// Runs `body` in a transaction; rolls back when it throws. Within another one it joins that.
    func transaction(_ body: () throws(StorageError) -> Void) throws(StorageError)
    /// Whether the server answers.
    func ping() -> Bool
    /// Closes the connection; the next call opens it again.
    func close()
}

/// What a bulk update has done.
public struct BulkUpdate: Sendable, Hashable {
    /// Rows that were found, changed or not.
    public var found: Int
    /// Rows that the database refuses for a value in them; the others are written.
    public var refused: [RefusedRow]
    /// An outcome.
    public init(found: Int, refused: [RefusedRow] = []) {
        self.found = found
        self.refused = refused
    }
}

extension DatabaseConnection {
    /// Sets columns row by row, for a driver that knows no faster way; a row that is refused is an
    /// error here.
    @discardableResult
    public func update(
        _ table: String, columns: [String], key: [String], _ rows: borrowing RowBatch
    ) throws(StorageError) -> BulkUpdate {
        precondition(rows.columns == columns.count + key.count, "a cell for each column and key")
        let sql = BulkStatement.update(table, columns: columns, key: key, dialect)
        var found = 0
        for row in 0..<rows.rows {
            let values = (0..<rows.columns).map { rows.value(row: row, column: $0) }
            found += try execute(sql, values)
        }
        return BulkUpdate(found: found)
    }

    /// Runs a statement without values; returns the number of rows it changed.
    @discardableResult
    public func execute(_ sql: String) throws(StorageError) -> Int { try execute(sql, []) }

    /// Runs `body` in a transaction and again, from its start, after a deadlock or lock time-out.
    public func transaction(
        _ policy: RetryPolicy, _ body: () throws(StorageError) -> Void
    ) throws(StorageError) {
        try policy.run { () throws(StorageError) in try transaction(body) }
    }
}

/// A database that connections are opened to, by its URL.
public protocol DatabaseDriver: Sendable {
    /// Opens a connection; fails within the time limit.
    func connect() throws(StorageError) -> any DatabaseConnection
    /// The URL without its password, for logs.
    var description: String { get }
}
