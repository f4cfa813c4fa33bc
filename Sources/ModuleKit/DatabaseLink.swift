public import Basics
public import Logging
public import Storage
internal import Synchronization

/// The connection of a module that writes behind: opened when it is needed, again when it was
/// lost, and not too often while the database is away.
///
/// It belongs to one queue, on which all calls but those that read or note the status are made: a
/// connection must not be used by two threads at once. Sendable, because connection and backoff are
/// touched on that queue alone, and the rest is constant or under a lock.
public final class DatabaseLink: @unchecked Sendable {
    /// What the database is called in log lines: `location`.
    private let purpose: String
    private let driver: any DatabaseDriver
    private let logger: Logger
    private let shared: Guarded<DatabaseStatus>
    /// Nil before the first statement and after an error that a new connection may cure.
    private var connection: (any DatabaseConnection)?
    /// Grows with each failure, so that a database that comes back is not met by a storm of
    /// attempts.
    private var backoff = ReconnectBackoff()

    /// A link to the database behind a driver; nothing is opened yet.
    public init(_ purpose: String, _ driver: any DatabaseDriver, logger: Logger) {
        precondition(!purpose.isEmpty, "log lines name the database")
        self.purpose = purpose
        self.driver = driver
        self.logger = logger
        var status = DatabaseStatus()
        status.state = .starting
        status.since = SystemClock.wall()
        shared = Guarded(status)
    }

    /// The URL without its password.
    public var description: String { driver.description }

    /// How the database does; from any thread.
    public var status: DatabaseStatus { shared.withLock { $0 } }

    /// Whether the pause after a failure is over.
    public func mayTry(at now: MonotonicTime) -> Bool { backoff.mayTry(at: now) }

    /// Runs `body` with the connection and notes how the database does.
    ///
    /// A read that is refused says nothing about that: the database has answered.
    public func connected<R>(
        isRead: Bool = false, _ body: (any DatabaseConnection) throws(StorageError) -> R
    ) throws(StorageError) -> R {
        do throws(StorageError) {
            let opened = if let connection { connection } else { try driver.connect() }
            connection = opened
            let result = try body(opened)
            backoff.succeed()
            become(.connected, "")
            return result
        } catch {
            if isRead, error.kind != .unavailable { throw error }
            backoff.fail(at: SystemClock.monotonic())
            if error.kind == .unavailable { close() }
            become(.away, error.message)
            throw error
        }
    }

    /// Closes the connection; the next use opens it again.
    public func close() {
        connection?.close()
        connection = nil
    }

    /// Notes how the database does, from any thread, and logs when that changes: two lines for an
    /// outage of an hour, not one for each attempt.
    public func become(_ new: DatabaseStatus.State, _ error: String) {
        let old = shared.withLock { status in
            let old = status.state
            if old != new { status.since = SystemClock.wall() }
            status.state = new
            if !error.isEmpty { status.lastError = error }
            return old
        }
        guard old != new else { return }
        if new == .away {
            logger.error(
                "the \(purpose) database is away, changes wait in memory",
                metadata: ["database": "\(driver.description)", "error": "\(error)"])
        } else if old == .away {
            logger.notice(
                "the \(purpose) database is back", metadata: ["database": "\(driver.description)"])
        }
    }

    /// Notes whether the tables are in memory.
    public func noteLoaded(_ isLoaded: Bool) { shared.withLock { $0.isLoaded = isLoaded } }

    /// Notes that a round of writing has ended, when it began and how much it wrote.
    public func noteFlush(rows: Int, since start: MonotonicTime) {
        let taken = SystemClock.monotonic().since(start) / 1_000
        shared.withLock { status in
            status.lastFlush = SystemClock.wall()
            status.lastFlushMicroseconds = Int(taken)
            status.lastFlushRows = rows
        }
        if rows > 0 {
            logger.debug(
                "\(purpose) changes written", metadata: ["rows": "\(rows)", "us": "\(taken)"])
        }
    }
}
