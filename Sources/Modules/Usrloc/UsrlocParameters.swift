/// The location service's settings, with the defaults of its documentation.
///
/// Nothing of it changes while the server runs: the tables are laid out by it. A parameter that is
/// missing here is one whose absence docs/differences.md explains.
public struct UsrlocParameters: Sendable {
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
    /// Kamailio's number of slots, which means nothing here; the log says so.
    public var hashSize = 10
    /// Name of the `$xavp` whose attributes are stored with a contact; nil for none.
    public var attributesRoot: String? {
        didSet { attributesRootBytes = attributesRoot.map { Array($0.utf8) } ?? [] }
    }
    /// The same as bytes, made once and not for each message; empty for none.
    public private(set) var attributesRootBytes: [UInt8] = []

    /// The defaults.
    public init() {}
}
