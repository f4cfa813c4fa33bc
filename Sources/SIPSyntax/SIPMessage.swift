public import Basics

/// Why bytes are no SIP message, and where.
public struct SyntaxError: Error, Sendable, Hashable {
    /// What is wrong; each kind has the status that answers it.
    public enum Kind: Sendable, Hashable {
        /// Anything that RFC 3261 calls malformed; the text says what.
        case malformed(StaticStringKey)
        /// A version other than SIP/2.0 (505).
        case version
        /// More than a limit allows.
        case tooLarge
    }
    /// What is wrong.
    public var kind: Kind
    /// Offset of the byte where it was noticed.
    public var offset: Int
    /// An error at an offset.
    public init(_ kind: Kind, offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}

/// The text of a fault, comparable.
public struct StaticStringKey: Sendable, Hashable {
    /// The text.
    public let text: String
    /// A key of a text.
    public init(_ text: String) { self.text = text }
}

/// One SIP message: its bytes, which it owns, and an index of where its parts are.
public struct SIPMessage: ~Copyable, Sendable {
    private var storage: ByteWriter

    /// A message without bytes, with room for `capacity`.
    public init(capacity: Int = 4096) { storage = ByteWriter(capacity: capacity) }

    /// All bytes.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.span }
    }

    /// The bytes of a part.
    public subscript(_ range: ByteRange) -> Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.span(range) }
    }

    /// Copies bytes in and scans them.
    public mutating func load(_ bytes: Span<UInt8>) throws(SyntaxError) {
        storage.removeAll()
        storage.append(bytes)
    }
}
