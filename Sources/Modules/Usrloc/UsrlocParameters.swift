public import Storage

/// The location service's settings, with the defaults of its documentation.
///
/// Nothing of it changes while the server runs: the tables are laid out by it.
public struct UsrlocParameters: Sendable {
    // MARK: What a table is

    /// Where bindings are kept, and when the database learns of them.
    ///
    /// The choice is between the speed of a reply and what a crash may lose: nothing with 1 and 3,
    /// the last `timer_interval` seconds with 2, everything with 0 and 4.
    public enum DatabaseMode: Int, Sendable, CaseIterable {
        /// In memory alone.
        case memory = 0
        /// In memory, and in the database before the reply leaves.
        case writeThrough = 1
        /// In memory, and in the database at the next `timer_interval`.
        case writeBack = 2
        /// In the database alone.
        case databaseOnly = 3
        /// In memory, loaded from the database at the start and never written.
        case readOnly = 4
    }

    /// What makes two contacts of one AoR the same binding.
    ///
    /// Whatever the mode, a contact with `+sip.instance` is found by it and its `reg-id` first (RFC
    /// 5626 6).
    public enum MatchingMode: Int, Sendable, CaseIterable {
        /// The contact URI.
        case contact = 0
        /// The contact URI and the Call-ID.
        case contactAndCallID = 1
        /// The contact URI and the Path.
        case contactAndPath = 2
        /// The Call-ID alone.
        case callID = 3
    }

    /// How points in time are stored in `expires` and `last_modified`.
    public enum TimeType: Int, Sendable, CaseIterable {
        /// DATETIME in local time.
        case datetime = 0
        /// BIGINT: seconds since 1970.
        case seconds = 1
    }

    /// Where bindings are kept.
    public var databaseMode: DatabaseMode = .memory
    /// The database.
    public var databaseURL = "mysql://kamailio:kamailiorw@localhost/kamailio"
    /// Seconds between two passes over what expired and what changed.
    public var timerInterval = 60
    /// Whether an AoR has a domain.
    public var usesDomain = false
    /// What makes two contacts the same binding.
    public var matchingMode: MatchingMode = .contact
    /// Whether the newest binding comes first, instead of the one with the highest q.
    public var newestFirst = false
    /// Seconds in which an equal CSeq is a retransmission.
    public var cseqDelay = 20
    /// Rows that are fetched from the database at a time.
    public var fetchRows = 2_000
    /// Tables that exist from the start, although the script may not name them.
    public var preload: [String] = []
    /// Whether the table is loaded at the start.
    public var loadsAtStart = true
    /// Whether rows of other servers are left alone.
    public var filtersServerID = false
    /// Whether the table's version is checked at the start.
    public var checksVersion = true
    /// Number of the branch flag that marks contacts behind a NAT; -1 for none.
    public var natBranchFlag = -1
    /// The branch flags that mark contacts behind a NAT: one bit, or none.
    public var natMask: UInt32 { natBranchFlag < 0 ? 0 : 1 << UInt32(natBranchFlag) }
    /// The slots that a table sets aside from the start, as a power of two.
    public var hashSize = 10
    /// The same as a number: 1 and 0 stand for 512, as documented.
    public var slots: Int { hashSize <= 1 ? 512 : 1 << hashSize }
    /// Name of the `$xavp` whose attributes are stored with a contact; nil for none.
    public var attributesRoot: String? {
        didSet { attributesRootBytes = attributesRoot.map { Array($0.utf8) } ?? [] }
    }
    /// The same as bytes, made once and not for each message; empty for none.
    public private(set) var attributesRootBytes: [UInt8] = []
    /// Jobs that share the work of the timer; 0 and 1 are one.
    public var timerJobs = 0

    // MARK: The database

    /// What the columns of the location table are called.
    public var columns = LocationColumnNames()
    /// How times are stored.
    public var timeType: TimeType = .datetime
    /// Whether a new row takes the place of any other that is in its way.
    public var insertsOver = false
    /// Whether a change of a stored binding is written as a new row.
    public var insertsUpdates = false
    /// Whether a row that an update does not find is inserted.
    public var checksUpdates = false
    /// Whether rows are found by their unique names.
    public var findsByRuid = true
    /// Whether what is not set is written as NULL.
    public var insertsNull = false
    /// How rows are fetched: 0, in the SQL of the database at hand.
    public var fetchType = 0
    /// Whether rows of sockets that are not this server's are left out of a load.
    public var skipsRemoteSockets = false
    /// Whether rows that have expired are deleted although memory does not know them.
    public var cleansByTimer = false
    /// Seconds that a row outlives its expiry with `db_mode` 3.
    public var removalDelay = 0
    /// Whether rows of connections are deleted at the start.
    public var cleansConnections = false
    /// Who loads the tables: 0 and 1 before the first message, more in the background.
    public var loadRank = 1

    // MARK: Connections

    /// Whether bindings end with the connection that they registered on.
    public var dropsLostConnections = false
    /// Whether a connection ends with the binding that registered on it.
    public var closesConnections = false

    /// How contacts are kept alive.
    public var keepalive = KeepaliveParameters()

    /// The defaults.
    public init() {}
}
