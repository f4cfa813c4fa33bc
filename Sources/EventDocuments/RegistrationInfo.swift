/// Registration information (RFC 3680): the contacts of addresses-of-record, with the GRUUs of
/// RFC 5628.
public struct RegistrationInfo: Sendable, Hashable {
    /// The media type of registration information.
    public static let contentType = "application/reginfo+xml"
    /// Namespace of RFC 3680.
    static let namespace: StaticString = "urn:ietf:params:xml:ns:reginfo"
    /// Namespace of the GRUUs (RFC 5628 5).
    static let gruuNamespace: StaticString = "urn:ietf:params:xml:ns:gruuinfo"
    /// Namespace of what the schema has no place for: where a contact was received from, its Path
    /// and its User-Agent.
    static let ownNamespace: StaticString = "urn:roost:xml:ns:reginfo"

    /// Counts up with each document of a subscription, from 0.
    public var version: Int
    /// Whether what is not named is not registered (state `full`).
    public var isFull: Bool
    /// The registrations.
    public var registrations: [Registration]

    /// Registration information.
    public init(version: Int = 0, isFull: Bool = true, registrations: [Registration] = []) {
        self.version = version
        self.isFull = isFull
        self.registrations = registrations
    }

    /// One address-of-record.
    public struct Registration: Sendable, Hashable {
        /// How it stands (RFC 3680 4.7.1).
        public enum State: String, Sendable, Hashable, CaseIterable {
            /// It never had a contact. Can become: `active`, `terminated`.
            case initial = "init"
            /// It has contacts. Can become: `terminated`.
            case active
            /// It has none any more. Can become: `active`.
            case terminated
        }
        /// The address-of-record as a URI.
        public var aor: String
        /// Tells registrations apart; the same for the life of the address-of-record.
        public var id: String
        /// How it stands; nil where a document read says nothing that is known.
        public var state: State?
        /// The contacts.
        public var contacts: [Contact]

        /// One address-of-record.
        public init(aor: String, id: String, state: State?, contacts: [Contact] = []) {
            self.aor = aor
            self.id = id
            self.state = state
            self.contacts = contacts
        }
    }

    /// One contact of an address-of-record.
    public struct Contact: Sendable, Hashable {
        /// What has happened to a contact (RFC 3680 5.1); all but the last five leave it active.
        public enum Event: String, Sendable, Hashable, CaseIterable {
            /// A REGISTER brought it.
            case registered
            /// It was bound by other means than a REGISTER: by a command.
            case created
            /// A REGISTER prolonged it.
            case refreshed
            /// Its lifetime was cut by the server.
            case shortened
            /// Its time ran out.
            case expired
            /// The server ended it and wants it back at once.
            case deactivated
            /// The server ended it and wants it back later.
            case probation
            /// A REGISTER ended it.
            case unregistered
            /// The server ended it for good.
            case rejected

            /// Whether a contact is active after it.
            public var leavesActive: Bool {
                switch self {
                case .registered, .created, .refreshed, .shortened: true
                case .expired, .deactivated, .probation, .unregistered, .rejected: false
                }
            }
        }

        /// A parameter of the Contact header that RFC 3261 does not know.
        public struct Parameter: Sendable, Hashable {
            /// Its name.
            public var name: String
            /// Its value, empty without one.
            public var value: String
            /// A parameter of the Contact header.
            public init(_ name: String, _ value: String = "") {
                self.name = name
                self.value = value
            }
        }

        /// Tells the contacts of a registration apart for their life.
        public var id: String
        /// The contact's URI.
        public var uri: String
        /// Whether it is active or terminated.
        public var isActive: Bool
        /// What has happened to it; nil where a document read names something unknown.
        public var event: Event?
        /// Seconds until it expires.
        public var expiresSeconds: UInt64?
        /// Seconds since it was registered.
        public var registeredSeconds: UInt64?
        /// Seconds until it may come back after `probation`.
        public var retryAfterSeconds: UInt64?
        /// Its preference as written, `0.500`.
        public var q: String?
        /// Call-ID of its last REGISTER.
        public var callID: String?
        /// CSeq of its last REGISTER.
        public var cseq: UInt64?
        /// Its name for people.
        public var displayName: String?
        /// Parameters that RFC 3261 does not know.
        public var parameters: [Parameter] = []
        /// Its public GRUU (RFC 5627).
        public var publicGRUU: String?
        /// Its temporary GRUU, and the CSeq of the REGISTER that began its series.
        public var temporaryGRUU: String?
        /// CSeq from which temporary GRUUs hold (RFC 5628 5.3).
        public var firstCSeq: UInt64?
        /// URI that it was received from.
        public var received: String?
        /// Its Path.
        public var path: String?
        /// User-Agent of its last REGISTER.
        public var userAgent: String?

        /// One contact.
        public init(id: String, uri: String, event: Event?) {
            self.id = id
            self.uri = uri
            self.event = event
            isActive = event?.leavesActive ?? true
        }
    }
}
