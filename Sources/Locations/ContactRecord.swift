public import Basics

/// The numbers of a binding: the columns of its row that are not text.
public struct ContactValues: Sendable, Hashable, BitwiseCopyable {
    /// Second at which it expires, 0 for a permanent binding; not negative.
    public var expiresSeconds: Int64
    /// Number of the connection it registered on, -1 without one.
    public var connection: Int64 = -1
    /// Second of the last registration that changed it; 32 bits reach to the year 2106.
    public var lastModifiedSeconds: UInt32
    /// CSeq of the last registration.
    public var cseq: UInt32 = 0
    /// Bits of the methods it allows.
    public var methods: UInt32 = .max
    /// The column `flags`; bit 0 says memory only.
    public var flags: UInt32 = 0
    /// The column `cflags`: branch flags.
    public var cflags: UInt32 = 0
    /// The reg-id (RFC 5626), 0 without one.
    public var regID: UInt32 = 0
    /// The server that took the registration.
    public var serverID: UInt32 = 0
    /// Priority in thousandths, -1 when unset.
    public var qThousandths: Int16 = -1
    /// The socket that received the registration.
    public var socket: SocketIndex = .none

    /// The numbers of a binding that nothing is known of but its times.
    public init(expiresSeconds: Int64, lastModified: WallTime) {
        precondition(expiresSeconds >= 0)
        self.expiresSeconds = expiresSeconds
        lastModifiedSeconds = UInt32(clamping: lastModified.seconds)
    }

    /// When it expires; nil for a permanent binding.
    public var expires: WallTime? {
        expiresSeconds == 0 ? nil : WallTime(seconds: Int(expiresSeconds))
    }
    /// When a registration changed it last.
    public var lastModified: WallTime { WallTime(seconds: Int(lastModifiedSeconds)) }
    /// Priority in thousandths, 0 to 1000; nil when unset.
    public var q: Int? { qThousandths < 0 ? nil : Int(qThousandths) }
    /// Whether it is permanent or expires behind `now`.
    public func isValid(_ now: WallTime) -> Bool {
        expiresSeconds == 0 || expiresSeconds > Int64(now.seconds)
    }
}

/// What is going on with a contact between its shard and the database.
struct ContactState: OptionSet, BitwiseCopyable, Sendable {
    /// The bits.
    let rawValue: UInt8

    /// A write of it was handed out at least once, so a row may exist.
    static let attempted = ContactState(rawValue: 1)
    /// A write of it was confirmed, or it was loaded: a row exists.
    static let stored = ContactState(rawValue: 2)
    /// It waits in the queue for the next batch.
    static let queued = ContactState(rawValue: 4)
    /// It is part of the batch that is being written.
    static let inFlight = ContactState(rawValue: 8)
    /// The binding is gone and the slot waits for its row to be deleted.
    static let removed = ContactState(rawValue: 16)
    /// It expires earlier than its row may say.
    static let shortened = ContactState(rawValue: 32)
    /// A step of the registration being planned is about it.
    static let claimed = ContactState(rawValue: 64)
    /// It is kept in memory only (flag 0x01 of save).
    static let memoryOnly = ContactState(rawValue: 128)
}

/// One contact in a slab: numbers, links and a pointer to its text; with what the slab adds, it
/// takes two cache lines.
///
/// Links are indices within the same shard. All of it is guarded by the shard's lock.
struct ContactRecord: TimerEntry {
    /// Its numbers; in a removed contact `expiresSeconds` is what `Shard.retire` says.
    var values: ContactValues
    /// Its variable text.
    var text: ContactText
    /// Where it stands between memory and database.
    var state: ContactState = []
    /// Its unique name.
    var ruid: Ruid
    /// The record of its address-of-record.
    var address: UInt32
    /// The next contact of that address-of-record.
    var next: UInt32 = .max
    /// Its neighbours in the timer wheel.
    var timerLink = TimerLink()
    /// The one behind it in the queue of changes.
    var queueNext: UInt32 = .max
    /// The one before it in the queue of changes.
    var queuePrevious: UInt32 = .max
    /// Second of its first change that is not in the database yet.
    var dirtySince: UInt32 = 0
    /// Second of its last sign of life: a registration or an answer to a keepalive.
    var lastKeepalive: UInt32
    /// Microseconds that the last answer to a keepalive took, 0 before the first.
    var keepaliveRoundTrip: UInt32 = 0

    /// A contact that is linked nowhere yet.
    init(values: ContactValues, text: ContactText, ruid: Ruid, address: UInt32) {
        assert(values.expiresSeconds >= 0)
        self.values = values
        self.text = text
        self.ruid = ruid
        self.address = address
        lastKeepalive = values.lastModifiedSeconds
    }

    /// Whether it is permanent or expires behind `now`.
    func isValid(_ now: WallTime) -> Bool { values.isValid(now) }

    /// Whether a row of it may exist or is being written.
    var mayBeStored: Bool { state.contains(.attempted) }
}
