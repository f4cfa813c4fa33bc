/// Why an event document is not taken, and where.
public struct DocumentError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What sort of fault it is; each asks for another answer to the publisher.
    public enum Kind: String, Sendable, Hashable {
        /// The bytes are no such document: 400 or 415.
        case malformed
        /// The document is one, but uses what is not accepted from strangers: 415.
        case unsupported
        /// A bound of `Limits` is exceeded: 413 or 415.
        case tooLarge
    }
    /// What sort of fault it is.
    public var kind: Kind
    /// What is wrong, as words that follow a colon.
    public var what: String
    /// Line of the document, from 1; 0 where no line is to blame.
    public var line: Int

    /// An error at a line.
    public init(_ kind: Kind, _ what: String, line: Int = 0) {
        assert(line >= 0)
        self.kind = kind
        self.what = what
        self.line = line
    }

    /// One sentence for the log.
    public var description: String {
        line == 0 ? "\(kind.rawValue): \(what)" : "\(kind.rawValue): \(what), line \(line)"
    }
}
