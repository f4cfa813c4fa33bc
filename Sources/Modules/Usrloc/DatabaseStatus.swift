import Basics

/// How the location service and its database get along, for health checks and `ul.status`.
///
/// The difference between `away` and a refused statement is what decides whether anyone should be
/// woken at night: a database that answers with an error is there.
struct DatabaseStatus: Sendable {
    /// Where they stand.
    enum State: String, Sendable {
        /// There is no database (db_mode 0).
        case unused
        /// It has not been reached yet. Can become: `connected`, `away`.
        case starting
        /// The last statement was answered. Can become: `away`.
        case connected
        /// It does not answer; changes wait in memory. Can become: `connected`.
        case away
    }
    /// Where they stand.
    var state = State.unused
    /// Since when.
    var since = WallTime(seconds: 0)
    /// Whether the tables have been loaded.
    ///
    /// Until then a look-up may miss a binding that is in the database, so a health check should
    /// not yet send traffic here.
    var isLoaded = false
    /// The last error, without credentials; empty before the first.
    ///
    /// It is kept when the database is back: an operator who looks in the morning wants to know
    /// what the night was about.
    var lastError = ""
    /// When the last write-back ended, 0 before the first.
    var lastFlush = WallTime(seconds: 0)
    /// How long it took, in microseconds.
    var lastFlushMicroseconds = 0
    /// How many rows it wrote or deleted.
    var lastFlushRows = 0
}
