public import Basics

/// How a module and its database get along, for health checks and commands of status.
///
/// The difference between `away` and a refused statement is what decides whether anyone should be
/// woken at night: a database that answers with an error is there.
public struct DatabaseStatus: Sendable {
    /// Where they stand.
    public enum State: String, Sendable {
        /// There is no database.
        case unused
        /// It has not been reached yet. Can become: `connected`, `away`.
        case starting
        /// The last statement was answered. Can become: `away`.
        case connected
        /// It does not answer; changes wait in memory. Can become: `connected`.
        case away
    }
    /// Where they stand.
    public var state = State.unused
    /// Since when.
    public var since = WallTime(seconds: 0)
    /// Whether the tables have been loaded.
    ///
    /// Until then a look-up may miss what is in the database, so a health check should not yet send
    /// traffic here.
    public var isLoaded = false
    /// The last error, without credentials; empty before the first.
    ///
    /// It is kept when the database is back: an operator who looks in the morning wants to know
    /// what the night was about.
    public var lastError = ""
    /// When the last write-back ended, 0 before the first.
    public var lastFlush = WallTime(seconds: 0)
    /// How long it took, in microseconds.
    public var lastFlushMicroseconds = 0
    /// How many rows it wrote or deleted.
    public var lastFlushRows = 0

    /// A module without a database.
    public init() {}
}
