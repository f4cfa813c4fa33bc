/// Why bytes are no SIP message, and where.
///
/// It is a value without references: throwing one allocates nothing.
public struct SyntaxError: Error, Sendable {
    /// What is wrong; each kind has the status that answers it.
    public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        /// Anything that RFC 3261 calls malformed; the reason says what (400).
        case malformed
        /// A Request-URI of a scheme that is not served (416).
        case scheme
        /// A version other than SIP/2.0 (505).
        case version
        /// More bytes or header fields than a limit allows (513).
        case tooLarge
        /// Nothing but CR, LF and NUL: it keeps a path open and wants no answer.
        case keepAlive
    }

    /// What is wrong.
    public var kind: Kind
    /// Offset of the byte where it was noticed, counted from the start of the message.
    public var offset: Int
    /// A few words that can serve as reason phrase.
    public var reason: StaticString

    /// An error at an offset.
    public init(_ kind: Kind, offset: Int, _ reason: StaticString) {
        assert(offset >= 0)
        self.kind = kind
        self.offset = offset
        self.reason = reason
    }

    /// The status code that answers it, 0 for none.
    public var status: Int {
        switch kind {
        case .malformed: 400
        case .scheme: 416
        case .version: 505
        case .tooLarge: 513
        case .keepAlive: 0
        }
    }
}

extension SyntaxError: Equatable {
    /// Two errors are the same when kind, place and words are.
    public static func == (left: SyntaxError, right: SyntaxError) -> Bool {
        left.kind == right.kind && left.offset == right.offset
            && left.reason.description == right.reason.description
    }
}

extension SyntaxError: CustomStringConvertible {
    /// `400 CSeq method differs (byte 112)`.
    public var description: String { "\(status) \(reason) (byte \(offset))" }
}
