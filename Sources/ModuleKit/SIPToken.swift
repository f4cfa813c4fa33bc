internal import Basics

/// Tokens of RFC 3261 25.1, as scripts write names of header fields, methods and options.
public enum SIPToken {
    private static let alphabet = ByteSet(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~")

    /// Whether a byte may stand in a token.
    public static func contains(_ byte: UInt8) -> Bool { alphabet.contains(byte) }

    /// Whether bytes are a token: one or more of its alphabet.
    public static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy(alphabet.contains)
    }
}
