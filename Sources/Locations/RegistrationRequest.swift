public import Basics

/// Where a text field of a registration lies: in the message, or in the worker's scratch buffer.
public struct TextPlace: Sendable, Hashable {
    /// The bytes.
    public var range: ByteRange
    /// Whether they lie in the scratch buffer, because the message does not hold them as wanted.
    public var isScratch: Bool

    /// Text within the message.
    public static func message(_ range: ByteRange) -> TextPlace {
        TextPlace(range: range, isScratch: false)
    }
    /// Text within the scratch buffer.
    public static func scratch(_ range: ByteRange) -> TextPlace {
        TextPlace(range: range, isScratch: true)
    }
    /// No text.
    public static var none: TextPlace { TextPlace(range: .empty, isScratch: false) }
    /// Whether there is no text.
    public var isEmpty: Bool { range.isEmpty }
}

/// For how long a contact asks to be bound.
public enum Lifetime: Sendable, Hashable {
    /// Not at all: remove it (`expires=0`).
    case removed
    /// Until then. A time that has passed already counts as `removed`.
    case until(WallTime)
    /// For ever (`ul.add` with 0).
    case permanent

    /// The stored number: 0 for permanent; nil when it asks for removal.
    func stored(_ now: WallTime) -> Int64? {
        switch self {
        case .removed: nil
        case .until(let time): time > now ? Int64(time.seconds) : nil
        case .permanent: 0
        }
    }
}

/// One Contact of a registration.
public struct ContactUpdate: Sendable {
    /// Its URI, without angle brackets.
    public var uri: TextPlace
    /// URI of the address that the registration came from.
    public var received = TextPlace.none
    /// The value of `+sip.instance` with its angle brackets.
    public var instance = TextPlace.none
    /// The reg-id, 0 without one.
    public var regID: UInt32 = 0
    /// Priority in thousandths, 0 to 1000; nil when unset.
    public var q: Int?
    /// For how long.
    public var lifetime: Lifetime
    /// Bits of the methods it allows; all when unsaid.
    public var methods: UInt32 = .max

    /// A contact without parameters.
    public init(uri: TextPlace, lifetime: Lifetime) {
        self.uri = uri
        self.lifetime = lifetime
    }
}

/// A registration as the table takes it: a worker keeps one for life, filled for each REGISTER.
///
/// It holds no text itself, only where the text lies, so that filling it allocates nothing.
public struct RegistrationRequest: ~Copyable, Sendable {
    /// The Call-ID.
    public var callID = TextPlace.none
    /// The CSeq number.
    public var cseq: UInt32 = 0
    /// The User-Agent to store.
    public var userAgent = TextPlace.none
    /// The Path vector to store.
    public var path = TextPlace.none
    /// The attributes to store, as `ContactAttributes` packs them.
    public var attributes = TextPlace.none
    /// The column `flags`.
    public var flags: UInt32 = 0
    /// Branch flags.
    public var cflags: UInt32 = 0
    /// The socket that received the request.
    public var socket = SocketIndex.none
    /// Number of the connection it came on, -1 without one.
    public var connection: Int64 = -1
    /// This server's number.
    public var serverID: UInt32 = 0
    /// How unique names of new bindings begin.
    public var ruidPrefix = RuidPrefix.registration
    /// What listeners are told of its changes.
    public var marks: BindingMarks = []
    /// The contacts in the order of the message.
    public private(set) var contacts: [ContactUpdate] = []

    /// A request without contacts and with room for as many as are allowed.
    public init() { contacts.reserveCapacity(Limits.contactsPerRequestMax) }

    /// Adds a contact; false when there are `Limits.contactsPerRequestMax` already.
    public mutating func append(_ contact: ContactUpdate) -> Bool {
        precondition((contact.q ?? 0) >= 0 && (contact.q ?? 0) <= 1000, "q is 0 to 1000")
        guard contacts.count < Limits.contactsPerRequestMax else { return false }
        contacts.append(contact)
        return true
    }

    /// Gives all contacts the same origin: what a Path says of it holds for the whole request.
    public mutating func setReceived(_ place: TextPlace) {
        for contact in contacts.indices { contacts[contact].received = place }
    }

    /// Takes the reg-ids from all contacts, because the way to the client does not support them
    /// (RFC 5626 6).
    public mutating func dropRegIDs() {
        for contact in contacts.indices { contacts[contact].regID = 0 }
    }

    /// Who makes its changes.
    var origin: ChangeOrigin {
        let cause: ChangeCause =
            switch ruidPrefix {
            case .registration: .registration
            case .management: .command
            case .reginfo: .document
            }
        return ChangeOrigin(cause, marks: marks)
    }

    /// Forgets everything and keeps the room.
    public mutating func reset() {
        contacts.removeAll(keepingCapacity: true)
        callID = .none
        cseq = 0
        userAgent = .none
        path = .none
        attributes = .none
        flags = 0
        cflags = 0
        socket = .none
        connection = -1
        serverID = 0
        ruidPrefix = .registration
        marks = []
        assert(contacts.capacity >= Limits.contactsPerRequestMax)
    }
}
