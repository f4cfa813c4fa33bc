internal import Basics

/// A body made ready to be published.
public struct PreparedBody: Sendable, Hashable {
    /// The bytes.
    public var bytes: [UInt8]
    /// The id of the tuple that belongs to this publication, which is kept for the next time;
    /// nil where the package knows no tuples.
    public var tupleID: [UInt8]?
    /// A body.
    public init(_ bytes: [UInt8], tupleID: [UInt8]? = nil) {
        self.bytes = bytes
        self.tupleID = tupleID
    }
}

/// What a body is made ready with.
public struct BodyFacts: Sendable, Hashable {
    /// The version of the document: 0 for the first of a publication, one more with each.
    public var version: Int
    /// The tuple id of the publications before; nil for the first.
    public var tupleID: [UInt8]?
    /// A fresh id that nobody can guess, for a document that has none.
    public var freshID: [UInt8]
    /// Facts.
    public init(version: Int, tupleID: [UInt8]?, freshID: [UInt8]) {
        self.version = version
        self.tupleID = tupleID
        self.freshID = freshID
    }
}

/// The declaration of an event package for the presence user agent.
public struct PUAEventDeclaration: Sendable {
    /// Makes a body ready; nil when it cannot be published.
    ///
    /// It runs on the user agent's own thread and must neither wait nor read a clock.
    public typealias Preparation = @Sendable (Span<UInt8>, BodyFacts) -> PreparedBody?

    /// Its bit.
    public let event: PUAEvent
    /// What the Event header says, parameters included: `dialog;sla`.
    public let name: [UInt8]
    /// The content type of a body whose publisher names none; nil when he must.
    public let contentType: [UInt8]?
    /// Makes a body ready; nil for a package whose bodies cannot be published.
    public let prepare: Preparation?

    /// A declaration.
    public init(
        _ event: PUAEvent, _ name: String, contentType: String?, prepare: Preparation?
    ) {
        precondition(!name.isEmpty && event.rawValue != 0)
        self.event = event
        self.name = Array(name.utf8)
        self.contentType = contentType.map { Array($0.utf8) }
        self.prepare = prepare
    }
}

/// The packages that the user agent knows.
public struct PUAEventTable: Sendable {
    /// The declarations in the order in which they were added.
    public private(set) var declarations: [PUAEventDeclaration] = []

    /// A table without packages.
    public init() {}

    /// The bits of all packages.
    public var bits: PUAEvent {
        PUAEvent(rawValue: declarations.reduce(0) { $0 | $1.event.rawValue })
    }

    /// Adds a package; false when its name or its bit is taken, or when there are too many.
    public mutating func add(_ declaration: PUAEventDeclaration) -> Bool {
        guard declarations.count < Limits.eventPackagesMax, self[declaration.event] == nil,
            named(declaration.name) == nil
        else { return false }
        declarations.append(declaration)
        return true
    }

    /// The package of a bit.
    public subscript(event: PUAEvent) -> PUAEventDeclaration? {
        declarations.first { $0.event == event }
    }

    /// The package of a name; case does not count.
    public func named(_ name: [UInt8]) -> PUAEventDeclaration? {
        declarations.first { $0.name.span.matches(name.span) }
    }
}
