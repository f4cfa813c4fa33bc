/// Why bytes are no JSON document, and where.
public struct JSONError: Error, Sendable, Hashable {
    /// What is wrong.
    public enum Kind: String, Sendable, Hashable {
        /// The document ends in the middle of a value.
        case incomplete = "the document ends too early"
        /// Bytes follow the document.
        case trailing = "something follows the document"
        /// A byte that cannot stand here.
        case unexpected = "an unexpected character"
        /// A number that is none: `01`, `1.`, `+1`, or one beyond a double's range.
        case number = "a malformed number"
        /// A control character within a string (RFC 8259 section 7).
        case control = "an unescaped control character"
        /// An escape that does not exist, or half a surrogate pair.
        case escape = "a malformed escape"
        /// Bytes that are no UTF-8 (RFC 8259 section 8.1).
        case encoding = "bytes that are not UTF-8"
        /// An object with two members of one name (RFC 8259 section 4).
        case duplicate = "a member name that occurs twice"
        /// Deeper nesting than the limit.
        case depth = "too deep nesting"
    }
    /// What is wrong.
    public var kind: Kind
    /// Offset of the first byte that is wrong, from 0.
    public var offset: Int

    /// An error at an offset.
    public init(_ kind: Kind, at offset: Int) {
        precondition(offset >= 0)
        self.kind = kind
        self.offset = offset
    }

    /// One sentence for people.
    public var message: String { "\(kind.rawValue) at byte \(offset)" }
}
