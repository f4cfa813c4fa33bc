internal import Basics

/// What makes a contact the same binding as a stored one (usrloc parameter `matching_mode`).
public enum MatchingMode: UInt8, Sendable, Hashable, CaseIterable {
    /// The same URI, byte for byte.
    case contact = 0
    /// The same URI and Call-ID.
    case contactAndCallID = 1
    /// The same URI and Path; without a Path the URI alone.
    case contactAndPath = 2
    /// The same Call-ID, whatever the URI.
    case callID = 3
}

/// The settings that decide what a registration does.
public struct RegistrationRules: Sendable {
    /// What makes a contact the same binding.
    ///
    /// A contact with an instance is compared by instance and reg-id instead (RFC 5626 6).
    public var matching = MatchingMode.contact
    /// Most bindings of one address-of-record, 0 for as many as `Limits.contactsPerAoRMax`.
    public var contactsMax = 0
    /// Seconds in which an equal CSeq counts as a retransmission (`cseq_delay`).
    public var cseqDelaySeconds = 20
    /// Newest binding first instead of highest q (`desc_time_order`).
    public var newestFirst = false
    /// Flag 0x01 of save: the database is not told.
    public var memoryOnly = false
    /// Flag 0x04 of save: this contact replaces all others.
    public var singleContact = false

    /// The defaults of the modules' documentation.
    public init() {}
}

/// What a registration came to.
public struct RegistrationOutcome: Sendable {
    /// Whether it was carried out.
    public enum Status: Sendable, Hashable, CaseIterable {
        /// It was: 200.
        case accepted
        /// Its CSeq is not above that of an earlier one with the same Call-ID: 400, nothing changed
        /// (RFC 3261 10.3 step 7).
        case outOfOrder
        /// It would leave more bindings than are allowed: 503, nothing changed.
        case tooManyContacts
        /// A field is longer than its column: 400, nothing changed.
        case textTooLong
    }

    /// What was done last, with the return values of save().
    public enum Change: Int, Sendable, Hashable, CaseIterable {
        /// Nothing.
        case none = 0
        /// A binding was added.
        case inserted = 1
        /// A binding was refreshed.
        case updated = 2
        /// A binding was removed.
        case removed = 3
    }

    /// Whether it was carried out.
    public var status: Status
    /// The last change, in the order of the message.
    public var change = Change.none
    /// Number of valid bindings that the visitor saw.
    public var bindings = 0
    /// The shard, for whoever waits until its changes are in the database.
    public var shard = 0
    /// Number of the last change in that shard, to compare with `LocationTable.confirmedChange`.
    public var changeNumber: UInt64 = 0

    /// Whether it was carried out.
    public var isAccepted: Bool { status == .accepted }
}
