/// The presence user agent's settings, with the defaults of its documentation.
public struct PUAParameters: Sendable {
    /// Where the records are (`db_mode`).
    public enum Mode: Int, Sendable, CaseIterable {
        /// In memory; written by timer, loaded at the start.
        case memory = 0
        /// In the table alone.
        case databaseOnly = 2
    }

    /// The database; nil for none.
    public var databaseURL: String?
    /// The table.
    public var table = "pua"
    /// Where the records are.
    public var mode: Mode = .memory
    /// Rows that are fetched at a time.
    public var fetchRows = 500
    /// Seconds between two writes of the table, and how long before its end a record is refreshed;
    /// 0 for neither.
    public var updatePeriod = 100
    /// Whether a transaction locks its rows.
    public var locksTable = true
    /// `hash_size`: the logarithm of the number of slots that are set aside.
    public var hashSize = 9
    /// Fewest seconds that are asked for.
    public var minExpires = 0
    /// Seconds that are asked for when nothing is said.
    public var defaultExpires = 3600
    /// The URI of the next hop of PUBLISH requests that have none of their own.
    public var outboundProxy: String?
    /// Whether documents about dialogs get the version of their record.
    public var numbersDialogs = false
    /// Whether documents about registrations get the version of their record.
    public var numbersRegistrations = false
    /// Whether a subscription is looked up by the remote target too.
    public var checksRemoteContact = true
    /// `user:realm:password`, for challenges.
    public var credentials: [String] = []

    /// The defaults.
    public init() {}
}
