internal import CMariaDB
public import Storage

/// How a connection to MariaDB is made, beside its address.
///
/// The defaults keep a server that hangs from holding up a timer run for longer than the run's own
/// interval, and are long enough for a bulk statement on a busy disk.
public struct MariaDBTimeouts: Sendable, Hashable {
    /// Longest time to open a connection, in seconds.
    public var connect: Int
    /// Longest time without an answer, in seconds.
    public var read: Int
    /// Longest time without being able to send, in seconds.
    public var write: Int
    /// Time limits in whole seconds, 1 to 3600, which is all that libmariadb knows.
    public init(connect: Int = 3, read: Int = 5, write: Int = 5) {
        precondition([connect, read, write].allSatisfy { (1...3_600).contains($0) })
        self.connect = connect
        self.read = read
        self.write = write
    }

    /// How long a statement waits for another's lock, in seconds: less than `read`, so that a
    /// held lock is reported as such (`conflict`) and not as a server that does not answer.
    var lockWait: Int { max(1, read - 2) }
}

/// MariaDB behind a `mysql://` URL.
public struct MariaDBDriver: DatabaseDriver {
    /// The server, the user and the database.
    public let server: DatabaseURL.Server
    /// The time limits of every connection.
    public let timeouts: MariaDBTimeouts

    /// A driver for the server of a URL; throws `configuration` when it names no MariaDB server.
    public init(
        _ url: DatabaseURL, timeouts: MariaDBTimeouts = MariaDBTimeouts()
    ) throws(StorageError) {
        guard case .mariaDB(let server) = url.place else {
            throw StorageError(.configuration, "\(url) is no address of a MariaDB server")
        }
        self.server = server
        self.timeouts = timeouts
        description = url.description
    }

    /// The URL without its password, for logs.
    public let description: String

    /// Opens a connection; fails within the time limit for connecting.
    public func connect() throws(StorageError) -> any DatabaseConnection {
        try open()
    }

    /// The same with its own type.
    public func open() throws(StorageError) -> MariaDBConnection {
        let connection = MariaDBConnection(self)
        try connection.reopen()
        return connection
    }

    /// Whether libmariadb is set up, which is done at the first use of this constant.
    ///
    /// It must be done once per process before two threads use it. Its `mysql_thread_init` does
    /// nothing since version 3, so no thread calls it.
    static let library: Bool = mysql_server_init(0, nil, nil) == 0
}
