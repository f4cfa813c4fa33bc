/// One request to be sent.
public struct PUASend: Sendable {
    /// What its response is told with.
    public var token: UInt64
    /// Whether it is SUBSCRIBE; else it is PUBLISH.
    public var isSubscribe: Bool
    /// The Request-URI.
    public var uri: [UInt8]
    /// The URI of the next hop.
    public var target: [UInt8]
    /// All header fields behind Via, the empty line and the body.
    public var rest: [UInt8]

    /// The name of the method.
    public var method: StaticString { isSubscribe ? "SUBSCRIBE" : "PUBLISH" }
}

/// A record to be looked up for a request.
public struct PUALookup: Sendable, Hashable {
    /// What the finding is told with.
    public var job: UInt64
    /// What is known of it.
    public var key: PUAKey
}

/// Somebody to be told how his request ended.
public struct PUAEnd: Sendable {
    /// The tickets of those who asked; they are told once.
    public var tickets: [UInt64]
    /// The source of the request, for those who hear of every end.
    public var source: PUASource
    /// How it ended.
    public var reply: PUAReply
}

/// What the engine wants to be done.
public struct PUAOrders: Sendable {
    /// Records to be looked up.
    public var lookups: [PUALookup] = []
    /// Changes of the records, before anything is sent.
    public var changes: [PUAChange] = []
    /// Requests to be sent.
    public var sends: [PUASend] = []
    /// Ends to be told.
    public var ends: [PUAEnd] = []

    /// Nothing to do.
    public init() {}

    /// Whether there is nothing to do.
    public var isEmpty: Bool {
        lookups.isEmpty && changes.isEmpty && sends.isEmpty && ends.isEmpty
    }

    /// Forgets everything and keeps the room.
    public mutating func removeAll() {
        lookups.removeAll(keepingCapacity: true)
        changes.removeAll(keepingCapacity: true)
        sends.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }
}
