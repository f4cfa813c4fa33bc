internal import Basics
internal import CMariaDB
internal import Glibc
public import Storage

/// One connection to MariaDB; see `DatabaseConnection`.
///
/// Single statements go as text, because that is one round trip; bulk writes use prepared
/// statements with arrays of values (`MariaDBConnection+Bulk.swift`).
@safe
public final class MariaDBConnection: DatabaseConnection {
    /// Where it leads.
    public let driver: MariaDBDriver
    /// The SQL it speaks.
    public let dialect = Dialect.mariaDB

    /// The library's connection, nil while there is none.
    var handle: UnsafeMutablePointer<MYSQL>?
    /// Statements that the server keeps prepared, by their text.
    var prepared: [String: PreparedStatement] = [:]
    /// How many transactions are open within each other; only the outermost is the server's.
    var depth = 0
    /// Largest packet that the server takes, in bytes (`max_allowed_packet`).
    ///
    /// Asked for at each new session, since an operator may change it between two of them. The
    /// default is that of the oldest servers, so it is too small rather than too large.
    var packetBytesMax = 1 << 20
    /// The zone of DATETIME columns.
    let calendar = LocalCalendar()
    /// The cells of the row that is being read.
    let cells: UnsafeMutableBufferPointer<DatabaseCell>

    /// A connection that is not open yet.
    init(_ driver: MariaDBDriver) {
        self.driver = driver
        unsafe cells = .allocate(capacity: Limits.databaseColumnsMax)
        unsafe cells.initialize(repeating: .null)
    }

    deinit {
        close()
        unsafe cells.deallocate()
    }

    // MARK: Life

    /// Opens the connection anew.
    func reopen() throws(StorageError) {
        close()
        guard MariaDBDriver.library, let fresh = unsafe mysql_init(nil) else {
            throw StorageError(.unavailable, "libmariadb could not be set up")
        }
        unsafe setOptions(fresh)
        let server = driver.server
        let socket = server.socket
        // libmariadb takes the Unix socket only for `localhost`, and its default when it is nil.
        let host = socket == nil ? server.host : "localhost"
        // CLIENT_FOUND_ROWS: an UPDATE counts the rows it found, changed or not, as SQLite does.
        let connected = unsafe mysql_real_connect(
            fresh, host, server.user, server.password, server.database, UInt32(server.port),
            socket, UInt(CLIENT_FOUND_ROWS))
        guard unsafe connected != nil else {
            let error = unsafe describe(MariaDBError.last(fresh))
            unsafe mysql_close(fresh)
            throw error
        }
        unsafe handle = unsafe fresh
        do throws(StorageError) {
            try prepareSession()
        } catch {
            close()
            throw error
        }
    }

    /// Closes the connection; the next call opens it again.
    public func close() {
        // Closed first, so that giving back the statements does not talk to the server.
        if let open = unsafe handle { unsafe mysql_close(open) }
        unsafe handle = nil
        prepared.removeAll()
    }

    /// Whether the server answers.
    public func ping() -> Bool {
        guard let open = try? unsafe ready() else { return false }
        if unsafe mysql_ping(open) == 0 { return true }
        close()
        return false
    }

    // MARK: Transactions

    /// Runs `body` in a transaction, rolled back when it throws.
    ///
    /// Within another one it joins that. When the connection is lost during COMMIT nobody knows
    /// whether it was done; bulk writes can be repeated, so the caller does just that.
    public func transaction(_ body: () throws(StorageError) -> Void) throws(StorageError) {
        if depth > 0 { return try body() }
        try send("START TRANSACTION")
        depth = 1
        defer { depth = 0 }
        do throws(StorageError) {
            try body()
            try send("COMMIT")
        } catch {
            // After a lost connection the server rolls back by itself.
            if unsafe handle != nil { try? send("ROLLBACK") }
            throw error
        }
    }

    // MARK: What the other files use

    /// The open connection, opened again when it was lost.
    @unsafe
    func ready() throws(StorageError) -> UnsafeMutablePointer<MYSQL> {
        if let open = unsafe handle {
            let isLost = unsafe depth == 0 && isStale(open)
            if !isLost { return unsafe open }
            close()
        }
        guard depth == 0 else {
            throw StorageError(.unavailable, "the connection was lost within a transaction")
        }
        try reopen()
        guard let open = unsafe handle else {
            throw StorageError(.unavailable, "the connection could not be opened")
        }
        return unsafe open
    }

    /// Runs a statement that gives no rows.
    ///
    /// Only texts of the program itself come here, never a value: hence the `StaticString`.
    func send(_ sql: StaticString) throws(StorageError) {
        let open = try unsafe ready()
        let text = unsafe UnsafeRawPointer(sql.utf8Start).assumingMemoryBound(to: CChar.self)
        guard unsafe mysql_real_query(open, text, UInt(sql.utf8CodeUnitCount)) == 0 else {
            throw unsafe failure(MariaDBError.last(open))
        }
    }

    /// Notes an error: a connection that cannot be used any more is closed.
    func failure(_ error: StorageError) -> StorageError {
        if MariaDBError.endsConnection(error.code) { close() }
        return describe(error)
    }

    // MARK: Private

    /// Adds to an error about the way to the server who wanted to go where.
    private func describe(_ error: StorageError) -> StorageError {
        guard error.kind == .unavailable || error.kind == .configuration else { return error }
        var error = error
        error.message = "\(driver.description): \(error.message)"
        return error
    }

    /// Sets what must be known before connecting.
    ///
    /// The library's own reconnecting stays off: it would go on in the middle of a transaction
    /// whose first half the server has rolled back.
    @unsafe
    private func setOptions(_ fresh: UnsafeMutablePointer<MYSQL>) {
        let timeouts = driver.timeouts
        unsafe set(fresh, MYSQL_OPT_CONNECT_TIMEOUT, UInt32(timeouts.connect))
        unsafe set(fresh, MYSQL_OPT_READ_TIMEOUT, UInt32(timeouts.read))
        unsafe set(fresh, MYSQL_OPT_WRITE_TIMEOUT, UInt32(timeouts.write))
        // The server must not be able to ask for our files.
        unsafe set(fresh, MYSQL_OPT_LOCAL_INFILE, UInt32(0))
        // `utf8` would be MariaDB's three-byte subset, which has no emoji.
        unsafe mysql_options(fresh, MYSQL_SET_CHARSET_NAME, "utf8mb4")
    }

    /// Sets one option that is a number.
    @unsafe
    private func set(
        _ fresh: UnsafeMutablePointer<MYSQL>, _ option: mysql_option, _ value: UInt32
    ) {
        var value = value
        unsafe mysql_options(fresh, option, &value)
    }

    /// Sets and asks what belongs to each new session.
    private func prepareSession() throws(StorageError) {
        try execute("SET SESSION innodb_lock_wait_timeout = \(driver.timeouts.lockWait)")
        var bytes: Int?
        try query("SELECT @@max_allowed_packet", []) { row in
            bytes = row.integer(0)
            return true
        }
        // 1024 is the least that the server itself allows for this variable.
        packetBytesMax = max(bytes ?? 0, 1_024)
    }

    /// Whether the server has hung up while nothing was going on.
    ///
    /// Then there is something to read, if only the end. Asked before each call, so
    /// that a restarted server costs no lost call.
    @unsafe
    private func isStale(_ open: UnsafeMutablePointer<MYSQL>) -> Bool {
        let socket = unsafe mysql_get_socket(open)
        var poller = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&poller, 1, 0) != 0
    }
}
