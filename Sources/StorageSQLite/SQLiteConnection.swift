internal import Basics
internal import CSQLite
internal import Glibc
public import Storage

/// One connection to a file of SQLite; see `DatabaseConnection`.
@safe
public final class SQLiteConnection: DatabaseConnection {
    /// Where it leads.
    public let driver: SQLiteDriver
    /// The SQL it speaks.
    public let dialect = Dialect.sqlite

    /// The library's connection, nil while there is none.
    var handle: OpaquePointer?
    /// Statements that are kept compiled, by their text.
    ///
    /// At most `Limits.preparedStatementsMax` of them; beyond, all are dropped and compiled again
    /// as they are needed, which is simpler than to know the oldest and as seldom.
    private var prepared: [String: SQLiteStatement] = [:]
    /// How many transactions are open within each other; only the outermost is the file's.
    private var depth = 0
    /// The zone of DATETIME columns that hold text.
    let calendar = LocalCalendar()

    /// A connection that is not open yet.
    init(_ driver: SQLiteDriver) { self.driver = driver }

    deinit { close() }

    // MARK: Life

    /// Opens the file anew, and creates it.
    func reopen() throws(StorageError) {
        close()
        try checkFolder()
        var fresh: OpaquePointer?
        // A file that is missing is created: an operator names it in `db_url` and is done.
        // One thread at a time uses a connection, so the library's own locks are left out.
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = unsafe sqlite3_open_v2(driver.path ?? ":memory:", &fresh, flags, nil)
        unsafe handle = unsafe fresh
        do throws(StorageError) {
            guard code == SQLITE_OK else { throw failure(code) }
            // The extended code says which constraint was broken, which the plain one does not.
            unsafe sqlite3_extended_result_codes(fresh, 1)
            unsafe sqlite3_busy_timeout(fresh, Int32(driver.busyMilliseconds))
            // With a write-ahead log readers do not wait for the writer, nor it for them.
            try query("PRAGMA journal_mode = WAL", []) { _ in true }
            try execute("PRAGMA synchronous = NORMAL")
        } catch {
            close()
            throw error
        }
    }

    /// Closes the connection; the next call opens it again, in memory as an empty one.
    public func close() {
        // The library frees a connection with its last statement, so the order does not matter.
        prepared.removeAll()
        if let open = unsafe handle { unsafe sqlite3_close_v2(open) }
        unsafe handle = nil
    }

    /// Whether the file can be read.
    public func ping() -> Bool {
        (try? query("SELECT 1 FROM sqlite_master LIMIT 1", []) { _ in true }) != nil
    }

    // MARK: Transactions

    /// Runs `body` in a transaction, rolled back when it throws.
    ///
    /// Within another one it joins that.
    public func transaction(_ body: () throws(StorageError) -> Void) throws(StorageError) {
        if depth > 0 { return try body() }
        // The write lock is taken at once: taken later, it could fail in a way that only running
        // everything again helps.
        try execute("BEGIN IMMEDIATE")
        depth = 1
        defer { depth = 0 }
        do throws(StorageError) {
            try body()
            try execute("COMMIT")
        } catch {
            // Some errors roll back by themselves; then this does nothing.
            if unsafe handle != nil { _ = try? execute("ROLLBACK") }
            throw error
        }
    }

    // MARK: Statements

    /// Runs one statement, each `?` replaced by a value; returns the number of rows it changed.
    @discardableResult
    public func execute(_ sql: String, _ values: [DatabaseValue]) throws(StorageError) -> Int {
        let statement = try statement(sql)
        defer { statement.reset() }
        try bind(statement, values, sql)
        while try step(statement) {}
        return Int(unsafe sqlite3_changes(handle))
    }

    /// Reads rows as a stream, never all at once; `row` returns false to stop.
    public func query(
        _ sql: String, _ values: [DatabaseValue], row: (borrowing DatabaseRow) -> Bool
    ) throws(StorageError) {
        let statement = try statement(sql)
        defer { statement.reset() }
        try bind(statement, values, sql)
        let columns = statement.columns
        guard columns <= Limits.databaseColumnsMax else {
            throw StorageError(.refused, "a result of \(columns) columns is too wide")
        }
        var cells = [DatabaseCell](repeating: .null, count: columns)
        while try step(statement) {
            for column in 0..<columns { cells[column] = statement.cell(column) }
            guard row(DatabaseRow(cells.span, calendar: calendar)) else { return }
        }
    }

    /// A statement that is kept compiled.
    func statement(_ sql: String) throws(StorageError) -> SQLiteStatement {
        if unsafe handle == nil {
            guard depth == 0 else {
                throw StorageError(.unavailable, "the file was closed within a transaction")
            }
            try reopen()
        }
        // One that is being read, by the caller's caller, is not used a second time.
        if let kept = prepared[sql], !kept.isBusy { return kept }
        if prepared.count >= Limits.preparedStatementsMax { prepared.removeAll() }
        var fresh: OpaquePointer?
        let code = unsafe sqlite3_prepare_v2(handle, sql, -1, &fresh, nil)
        guard code == SQLITE_OK, let fresh = unsafe fresh else { throw failure(code) }
        let statement = unsafe SQLiteStatement(fresh)
        prepared[sql] = statement
        return statement
    }

    /// Goes on to the next row; false at the end.
    func step(_ statement: SQLiteStatement) throws(StorageError) -> Bool {
        let code = statement.step()
        if code == SQLITE_ROW { return true }
        guard code == SQLITE_DONE else { throw failure(code) }
        return false
    }

    /// The last error, or the code when there is no connection to ask.
    func failure(_ code: Int32) -> StorageError {
        let words =
            if let open = unsafe handle { unsafe String(cString: sqlite3_errmsg(open)) } else {
                unsafe String(cString: sqlite3_errstr(code))
            }
        return StorageError(
            SQLiteError.kind(code), "\(driver.description): \(words)", code: Int(code))
    }

    // MARK: Private

    /// Binds all values of a single statement.
    private func bind(
        _ statement: SQLiteStatement, _ values: [DatabaseValue], _ sql: String
    ) throws(StorageError) {
        guard statement.places == values.count else {
            throw StorageError(.refused, "values and places do not match in: \(sql)")
        }
        for (place, value) in values.enumerated() {
            let code = statement.bind(value, at: place)
            guard code == SQLITE_OK else { throw failure(code) }
        }
    }

    /// SQLite's own words for a missing folder are "unable to open database file".
    private func checkFolder() throws(StorageError) {
        guard let path = driver.path, let slash = path.lastIndex(of: "/") else { return }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        var status = stat()
        guard unsafe stat(folder, &status) == 0 else {
            throw StorageError(
                .configuration,
                "\(driver.description): the folder \(folder) does not exist or cannot be entered")
        }
    }
}
