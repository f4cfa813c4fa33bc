public import Basics

/// Why the database did not do what it was asked.
public struct StorageError: Error, Sendable, Hashable {
    /// What can be done about it.
    public enum Kind: Sendable, Hashable {
        /// It cannot be reached, or did not answer in time: try again later.
        case unavailable
        /// A deadlock or lock time-out: run the transaction again.
        case conflict
        /// It refused the statement: a defect or a wrong schema.
        case refused
        /// The URL or the schema is wrong: the operator must act.
        case configuration
    }
    /// What can be done about it.
    public var kind: Kind
    /// The database's words, without credentials.
    public var message: String
    /// The database's own number, 0 without one.
    public var code: Int
    /// An error.
    public init(_ kind: Kind, _ message: String, code: Int = 0) {
        self.kind = kind
        self.message = message
        self.code = code
    }
}

/// The SQL that a database speaks.
public enum Dialect: Sendable, Hashable {
    /// MariaDB 10.5 and later.
    case mariaDB
    /// SQLite 3.24 and later.
    case sqlite
}

/// One value on its way to the database.
public enum DatabaseValue: Sendable, Hashable {
    /// NULL.
    case null
    /// An integer.
    case integer(Int)
    /// A number.
    case double(Double)
    /// Text.
    case text(String)
    /// Bytes.
    case bytes([UInt8])
    /// A point in time; the driver writes it as its dialect's DATETIME in local time.
    case time(WallTime)
}

/// The cells of one row that was read, valid until the callback returns.
public protocol DatabaseRow: ~Copyable {
    /// Number of columns.
    var count: Int { get }
    /// Whether a cell is NULL.
    func isNull(_ column: Int) -> Bool
    /// An integer cell; nil for NULL and for what is no integer.
    func integer(_ column: Int) -> Int?
    /// A number; nil for NULL and for what is no number.
    func double(_ column: Int) -> Double?
    /// A point in time in local time; nil for NULL and for what is no time.
    func time(_ column: Int) -> WallTime?
    /// Calls `body` with the bytes of a text or blob cell; with none for NULL.
    func withBytes<R>(_ column: Int, _ body: (Span<UInt8>) -> R) -> R
}

/// Many rows for one bulk statement, kept column by column in one buffer.
public struct RowBatch: ~Copyable, Sendable {
    /// One cell.
    public enum Cell: Sendable {
        /// NULL.
        case null
        /// An integer.
        case integer(Int)
        /// A number.
        case double(Double)
        /// A point in time.
        case time(WallTime)
        /// Text or bytes within `bytes`.
        case bytes(ByteRange)
    }
    /// Number of columns of each row.
    public let columns: Int
    /// Cells, row after row.
    public private(set) var cells: [Cell] = []
    /// The bytes of all text cells.
    public private(set) var bytes: ByteWriter

    /// An empty batch of rows with so many columns.
    public init(columns: Int, rows: Int = 1_000) {
        precondition(columns > 0 && rows > 0)
        self.columns = columns
        bytes = ByteWriter(capacity: rows * columns * 8)
        cells.reserveCapacity(rows * columns)
    }

    /// Number of complete rows.
    public var rows: Int { cells.count / columns }
    /// Adds NULL.
    public mutating func appendNull() { cells.append(.null) }
    /// Adds an integer.
    public mutating func append(_ value: Int) { cells.append(.integer(value)) }
    /// Adds a number.
    public mutating func append(_ value: Double) { cells.append(.double(value)) }
    /// Adds a point in time.
    public mutating func append(_ value: WallTime) { cells.append(.time(value)) }
    /// Adds text.
    public mutating func append(_ text: Span<UInt8>) {
        let start = bytes.count
        bytes.append(text)
        cells.append(.bytes(ByteRange(offset: start, count: text.count)))
    }
    /// Adds text, or NULL when it is empty.
    public mutating func appendOrNull(_ text: Span<UInt8>) {
        if text.isEmpty { appendNull() } else { append(text) }
    }
    /// Forgets all rows and keeps the room.
    public mutating func removeAll() {
        cells.removeAll(keepingCapacity: true)
        bytes.removeAll()
    }
}

/// One connection to one database. Not for two threads at a time; every call may block up to the
/// connection's time limit, so no SIP worker calls it in db_mode 0, 2 and 4.
public protocol DatabaseConnection: AnyObject {
    /// The SQL it speaks.
    var dialect: Dialect { get }
    /// Runs one statement; returns the number of rows it changed.
    @discardableResult
    func execute(_ sql: String, _ values: [DatabaseValue]) throws(StorageError) -> Int
    /// Reads rows as a stream, never all at once; `row` returns false to stop.
    func query(
        _ sql: String, _ values: [DatabaseValue],
        row: (borrowing any DatabaseRow & ~Copyable) -> Bool
    ) throws(StorageError)
    /// Inserts all rows, or replaces the named columns where `key` already exists.
    func upsert(
        into table: String, columns: [String], key: String, _ rows: borrowing RowBatch
    ) throws(StorageError)
    /// Deletes the rows whose `key` equals a batch row's first cell and, when the batch has a
    /// second column, whose `guardColumn` is at most the second cell. Returns how many went.
    @discardableResult
    func delete(
        from table: String, key: String, guardColumn: String?, _ rows: borrowing RowBatch
    ) throws(StorageError) -> Int
    /// Runs `body` in a transaction; rolls back when it throws.
    func transaction(_ body: () throws(StorageError) -> Void) throws(StorageError)
    /// Whether the server answers.
    func ping() -> Bool
    /// Closes the connection; later calls throw `unavailable` or open it again.
    func close()
}

/// A database that connections are opened to, by its URL.
public protocol DatabaseDriver: Sendable {
    /// Opens a connection; fails within the time limit.
    func connect() throws(StorageError) -> any DatabaseConnection
    /// The URL without its password, for logs.
    var description: String { get }
}
