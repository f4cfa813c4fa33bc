public import Basics

/// One record of an answer, as far as finding a SIP server needs it.
public enum Record: Sendable, Hashable {
    /// A or AAAA: an address; its port is 0.
    case address(PeerAddress)
    /// SRV: where a service is offered.
    case service(ServiceRecord)
    /// NAPTR: which service a domain has and where to go on.
    case pointer(PointerRecord)
    /// CNAME, when that type itself was asked for.
    case alias(String)
}

/// An SRV record (RFC 2782).
public struct ServiceRecord: Sendable, Hashable {
    /// Lower ones are tried first.
    public var priority: UInt16
    /// The share of the load among those of one priority.
    public var weight: UInt16
    /// The port of the service.
    public var port: UInt16
    /// The name of the host; empty for the root, which says that the service is not offered.
    public var target: String

    /// A record.
    public init(priority: UInt16, weight: UInt16, port: UInt16, target: String) {
        self.priority = priority
        self.weight = weight
        self.port = port
        self.target = target
    }
}

/// A NAPTR record (RFC 3403 4.1) without its regular expression, which SIP does not use.
public struct PointerRecord: Sendable, Hashable {
    /// Lower ones must be tried first.
    public var order: UInt16
    /// Lower ones of the same order are better liked by the domain.
    public var preference: UInt16
    /// What the replacement is: `s` for the name of SRV records.
    public var flags: String
    /// The service, as `SIP+D2U`.
    public var service: String
    /// The name to go on with.
    public var replacement: String

    /// A record.
    public init(
        order: UInt16, preference: UInt16, flags: String, service: String, replacement: String
    ) {
        self.order = order
        self.preference = preference
        self.flags = flags
        self.service = service
        self.replacement = replacement
    }
}

/// What a name server said to a question, or why it said nothing.
public struct Answer: Sendable, Hashable {
    /// The four ways in which a question ends.
    public enum Outcome: Sendable, Hashable {
        /// There are records, or an alias that leads on.
        case found
        /// The name exists and has no such records.
        case noData
        /// There is no such name.
        case noName
        /// Nobody knows: no usable answer came.
        case failed(Failure)
    }

    /// Why no usable answer came.
    public enum Failure: String, Sendable, Hashable {
        /// No server answered in time.
        case timeout
        /// No server could be reached, or each that could be refused: the library does not tell.
        case unreachable
        /// A server refused or failed (SERVFAIL, REFUSED, NOTIMP).
        case refused
        /// The answer could not be read.
        case malformed
        /// Too many questions wait already, or a bound of the search is reached.
        case busy
        /// The resolver has stopped.
        case stopped
    }

    /// How the question ended.
    public var outcome: Outcome
    /// The records of the type that was asked for, in the server's order.
    public var records: [Record] = []
    /// The name to go on with when aliases led to it and the answer has no records of it.
    public var alias: String?
    /// How long the answer may be kept; nil when the answer says nothing of it.
    public var secondsToLive: Int?

    /// An answer without records.
    public init(_ outcome: Outcome, secondsToLive: Int? = nil) {
        self.outcome = outcome
        self.secondsToLive = secondsToLive
    }

    /// An answer with records.
    public init(records: [Record], secondsToLive: Int) {
        precondition(secondsToLive >= 0)
        outcome = .found
        self.records = records
        self.secondsToLive = secondsToLive
    }

    /// An answer that only leads to another name.
    public init(alias: String, secondsToLive: Int) {
        precondition(secondsToLive >= 0)
        outcome = .found
        self.alias = alias
        self.secondsToLive = secondsToLive
    }

    /// Why no usable answer came, nil when one came.
    public var failure: Failure? {
        if case .failed(let failure) = outcome { failure } else { nil }
    }
}
