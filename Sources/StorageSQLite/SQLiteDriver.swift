internal import CSQLite
public import Storage

/// SQLite behind a `sqlite://` URL: the embedded database, a file of this machine.
///
/// Each connection keeps a write-ahead log and syncs it when it is folded back into the file, not
/// at each commit: after a crash of the server everything committed is there; after a power cut
/// the newest commits may be missing, but what is there is whole. Bindings are registered again by
/// their phones, so that is the right price.
///
/// A database in memory belongs to its connection alone.
public struct SQLiteDriver: DatabaseDriver {
    /// The file, nil for a database in memory.
    public let path: String?
    /// Longest wait for another connection's write, in milliseconds, 0 to an hour.
    ///
    /// When it is over the error is a `conflict`: the write may be tried again at any time.
    public let busyMilliseconds: Int
    /// The URL, for logs.
    public let description: String

    /// A driver for the file of a URL; throws `configuration` when it names none.
    public init(_ url: DatabaseURL, busyMilliseconds: Int = 5_000) throws(StorageError) {
        precondition((0...3_600_000).contains(busyMilliseconds), "a wait of at most an hour")
        switch url.place {
        case .file(let path): self.path = path
        case .memory: path = nil
        case .mariaDB: throw StorageError(.configuration, "\(url) names no file of SQLite")
        }
        self.busyMilliseconds = busyMilliseconds
        description = url.description
    }

    /// Opens a connection; creates the file, but no folder for it.
    public func connect() throws(StorageError) -> any DatabaseConnection { try open() }

    /// The same with its own type.
    public func open() throws(StorageError) -> SQLiteConnection {
        let connection = SQLiteConnection(self)
        try connection.reopen()
        return connection
    }
}

/// What SQLite's result codes mean to us (https://www.sqlite.org/rescode.html).
///
/// A full disk counts as `unavailable`, because it may have room again without anybody's change
/// to the configuration; a file that is none of SQLite's never becomes one by waiting.
enum SQLiteError {
    /// What can be done about an error; the low byte of an extended code says what it is about.
    static func kind(_ code: Int32) -> StorageError.Kind {
        switch code & 0xff {
        case SQLITE_BUSY, SQLITE_LOCKED: .conflict
        case SQLITE_IOERR, SQLITE_FULL, SQLITE_NOMEM, SQLITE_INTERRUPT: .unavailable
        case SQLITE_CANTOPEN, SQLITE_NOTADB, SQLITE_CORRUPT, SQLITE_PERM, SQLITE_READONLY,
            SQLITE_AUTH:
            .configuration
        default: .refused
        }
    }

    /// Whether it is about a value in a row, so that the rest of a batch may still be written.
    static func isAboutOneRow(_ code: Int) -> Bool {
        [SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_TOOBIG].contains(
            Int32(truncatingIfNeeded: code) & 0xff)
    }
}
