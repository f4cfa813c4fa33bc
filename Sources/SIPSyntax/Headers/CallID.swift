public import Basics

/// The value of Call-ID (RFC 3261 20.8).
public enum CallID {
    /// Whether the bytes can be a Call-ID.
    ///
    /// The grammar is `word [ "@" word ]`; that `@` stands once at most is not insisted on, because
    /// nothing depends on it and phones get it wrong. Call-IDs are compared byte by byte.
    public static func isValid(_ bytes: Span<UInt8>) -> Bool {
        var cursor = Cursor(bytes)
        return cursor.skip(.word) > 0 && cursor.isAtEnd
    }
}

extension SIPMessage {
    /// Where the Call-ID is; nil when it is missing.
    public var callID: ByteRange? { header(.callID) }
}
