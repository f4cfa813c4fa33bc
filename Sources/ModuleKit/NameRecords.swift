public import Basics

/// One answer of a name server that is kept, in words for management.
public struct KeptName: Sendable, Hashable {
    /// The name that was asked for.
    public var name: String
    /// The type of records: `A`, `AAAA`, `SRV`, `NAPTR` or `CNAME`.
    public var type: String
    /// Seconds for which the answer is still good.
    public var secondsLeft: Int
    /// The records, each as its fields; empty where there are none.
    public var records: [[Field]] = []

    /// One field of a record.
    public struct Field: Sendable, Hashable {
        /// What it is, as `target`.
        public var name: String
        /// Its value: a number or a text.
        public var value: Value
        /// A field with a number.
        public init(_ name: String, _ number: UInt16) {
            self.name = name
            value = .number(Int(number))
        }
        /// A field with a text.
        public init(_ name: String, _ text: String) {
            self.name = name
            value = .text(text)
        }
    }

    /// The value of a field.
    public enum Value: Sendable, Hashable {
        /// A number.
        case number(Int)
        /// A text.
        case text(String)
    }

    /// An answer without records.
    public init(name: String, type: String, secondsLeft: Int) {
        self.name = name
        self.type = type
        self.secondsLeft = secondsLeft
    }
}

/// A record that an operator adds.
public enum AddedRecord: Sendable, Hashable {
    /// A or AAAA.
    case address(PeerAddress)
    /// SRV: priority, weight, port, and the host's name.
    case service(priority: UInt16, weight: UInt16, port: UInt16, target: String)
}

/// Why management gets no records.
public enum NameRecordsFailure: Error, Sendable, Hashable {
    /// The type is none that is looked up.
    case unknownType
    /// There are no such records, or nobody could be asked.
    case notFound
}

/// What management may see and do of the answers of name servers; whoever resolves names may offer
/// it beside `DestinationResolver`.
public protocol NameRecords: AnyObject, Sendable {
    /// All answers that are kept, ordered by name.
    var keptNames: [KeptName] { get }
    /// How many answers are kept, and how many may be.
    var keptCount: (used: Int, most: Int) { get }
    /// The records of a name, from what is kept or from a name server, which is waited for.
    func lookUp(_ name: String, type: String) throws(NameRecordsFailure) -> KeptName
    /// Keeps a record that an operator gives; with `isNegative` that there is none of its type.
    /// False when nothing is kept, or the name is none.
    func add(
        _ record: AddedRecord, to name: String, seconds: Int, isPermanent: Bool, isNegative: Bool
    ) -> Bool
    /// Whether the records of a name were put here to stay.
    func isPermanent(_ name: String, type: String) -> Bool
    /// Forgets the records of a name; false when none were kept.
    func forget(_ name: String, type: String) -> Bool
    /// Forgets all, or all but what was put here to stay.
    func forgetAll(evenPermanent: Bool)
}
