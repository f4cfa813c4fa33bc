internal import Basics

extension DialogInfo {
    /// One who takes part in a call (RFC 4235 4.1.6).
    public struct Participant: Sendable, Hashable {
        /// The URI that names them.
        public var identity: String
        /// What is shown beside it; nil for nothing.
        public var display: String?
        /// The URI at which they are reached.
        public var target: String
        /// A participant.
        public init(identity: String, display: String? = nil, target: String) {
            self.identity = identity
            self.display = display
            self.target = target
        }
    }

    /// One call of a document that is written.
    public struct Call: Sendable, Hashable {
        /// Its id, which no other call of the same presentity has.
        public var id: String
        /// Whether the presentity has called; else it was called.
        public var isInitiator: Bool
        /// How far it is.
        public var state: State
        /// The Call-ID; nil leaves it out.
        public var callID: String?
        /// The presentity's tag; nil leaves it out.
        public var localTag: String?
        /// The tag of the other; nil leaves it out.
        public var remoteTag: String?
        /// The presentity; nil leaves it out.
        public var local: Participant?
        /// The other; nil leaves it out.
        public var remote: Participant?
        /// A call.
        public init(id: String, isInitiator: Bool, state: State) {
            self.id = id
            self.isInitiator = isInitiator
            self.state = state
        }
    }

    /// Writes a document of one call, with full state and version 0.
    ///
    /// Each call is published by itself; a presence server puts those of a presentity together.
    public static func document(entity: String, _ call: Call) -> [UInt8] {
        var writer = begin(entity: entity, scope: ["": "\(namespace)"])
        writer.open("dialog")
        writer.attribute("id", call.id)
        writer.attribute("call-id", optional: call.callID)
        writer.attribute("local-tag", optional: call.localTag)
        writer.attribute("remote-tag", optional: call.remoteTag)
        writer.attribute("direction", call.isInitiator ? "initiator" : "recipient")
        // The schema wants state before local and remote (RFC 4235 4.4).
        writer.element("state", call.state.word)
        if let local = call.local { write(local, "local", &writer) }
        if let remote = call.remote { write(remote, "remote", &writer) }
        writer.close("dialog")
        writer.close("dialog-info")
        return writer.finish()
    }

    private static func write(
        _ participant: Participant, _ name: StaticString, _ writer: inout XMLWriter
    ) {
        writer.open(name)
        writer.open("identity")
        writer.attribute("display", optional: participant.display)
        writer.text(participant.identity)
        writer.close("identity")
        writer.open("target")
        writer.attribute("uri", participant.target)
        writer.close("target")
        writer.close(name)
    }
}

extension DialogInfo.State {
    /// The word of RFC 4235 3.7.1.
    public var word: String {
        switch self {
        case .trying: "trying"
        case .proceeding: "proceeding"
        case .early: "early"
        case .confirmed: "confirmed"
        case .terminated, .unknown: "terminated"
        }
    }
}
