public import Basics

/// A contact that another server has told of.
public struct PeerContact: Sendable, Hashable {
    /// Its URI, without angle brackets.
    public var uri: [UInt8]
    /// Call-ID of its last REGISTER there.
    public var callID: [UInt8]
    /// CSeq of its last REGISTER there; nil when it is not told.
    public var cseq: UInt32?
    /// When it expires; nil when it has ended.
    public var expires: WallTime?
    /// Priority in thousandths, 0 to 1000; nil when unset.
    public var q: Int?
    /// Its User-Agent.
    public var userAgent: [UInt8] = []
    /// URI of the address that it registered from there; empty for none.
    public var received: [UInt8] = []
    /// Its Path; empty for none.
    public var path: [UInt8] = []
    /// Its `+sip.instance` with angle brackets; empty for none.
    public var instance: [UInt8] = []
    /// Its reg-id, 0 without one.
    public var regID: UInt32 = 0
    /// Bits of the methods that it allows.
    public var methods: UInt32 = .max

    /// A contact that lives until some time, or has ended.
    public init(uri: [UInt8], callID: [UInt8], cseq: UInt32?, expires: WallTime?) {
        self.uri = uri
        self.callID = callID
        self.cseq = cseq
        self.expires = expires
    }
}

/// What another server has told of one address-of-record.
public struct PeerRegistration: Sendable, Hashable {
    /// The number of that server; not 0.
    ///
    /// It is part of the unique names of the contacts that come from it, so that it is known after a
    /// restart too.
    public var peer: UInt32
    /// Whether that server has no contact beside those that are named.
    public var isFull: Bool
    /// The contacts.
    public var contacts: [PeerContact]
    /// This server's number, for the rows.
    public var serverID: UInt32

    /// What a server has told.
    public init(peer: UInt32, isFull: Bool, contacts: [PeerContact] = [], serverID: UInt32 = 0) {
        precondition(peer != 0, "0 is nobody's number")
        self.peer = peer
        self.isFull = isFull
        self.contacts = contacts
        self.serverID = serverID
    }
}

/// What became of it.
public struct PeerOutcome: Sendable, Hashable {
    /// Contacts that are new here.
    public internal(set) var added = 0
    /// Contacts that were refreshed.
    public internal(set) var refreshed = 0
    /// Contacts that have ended.
    public internal(set) var removed = 0
    /// Contacts that were older than what is known here, this server's own, or unknown and ended.
    public internal(set) var passed = 0
    /// Contacts that cannot be kept: a field is too long, or there are too many.
    public internal(set) var refused = 0
    /// Contacts of the address-of-record that are valid now, whoever made them.
    public internal(set) var bindings = 0
    /// The shard, for whoever waits until its changes are in the database.
    public internal(set) var shard = 0
    /// Number of the last change in that shard.
    public internal(set) var changeNumber: UInt64 = 0

    /// Nothing yet.
    public init() {}

    /// Whether anything changed.
    public var isChange: Bool { added + refreshed + removed > 0 }
}

extension LocationTable {
    /// Takes over what another server has told of an address-of-record.
    ///
    /// Contacts that registered here are this server's own: they yield only to a newer REGISTER of
    /// the same Call-ID. Of contacts that were learnt from other servers the newer one stays, by
    /// CSeq under one Call-ID. To take the same over twice changes nothing. Contacts of that server
    /// that a full list leaves out end; those of others stay.
    ///
    /// - Parameters:
    ///   - aor: The address-of-record, canonical.
    ///   - registration: What was told.
    ///   - rules: What makes two contacts the same, and their order.
    ///   - now: The present time.
    /// - Returns: What became of it.
    public func merge(
        _ aor: Span<UInt8>, _ registration: borrowing PeerRegistration, rules: RegistrationRules,
        now: WallTime
    ) -> PeerOutcome {
        precondition(aor.count <= Limits.aorBytesMax, "address-of-record too long")
        let value = hashValue(of: aor)
        return withShard(Int(value >> 58)) { shard in
            shard.journal.origin = ChangeOrigin(.document)
            return shard.merge(
                aor, UInt32(truncatingIfNeeded: value), registration, rules, now: now)
        }
    }
}
