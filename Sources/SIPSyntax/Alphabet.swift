public import Basics

/// The alphabets of RFC 3261 25.1: sets of bytes, each one bit of a table with a row per byte.
///
/// Asking is one load and one test. A test compares the table with the characters of each alphabet.
public struct Alphabet: Sendable {
    /// The bit in `alphabetTable`.
    let bit: UInt16

    /// `token`.
    public static var token: Alphabet { Alphabet(bit: 1 << 0) }
    /// What a Call-ID's `word` is made of, and `@`.
    static var word: Alphabet { Alphabet(bit: 1 << 1) }
    /// What a quoted string holds unescaped; bytes of UTF-8 are not looked into.
    static var quotedText: Alphabet { Alphabet(bit: 1 << 2) }
    /// Words of a display name without quotes: tokens, and UTF-8, which phones send.
    static var displayWord: Alphabet { Alphabet(bit: 1 << 3) }
    /// The value of a header parameter without quotes: `token` or `host`, and `/` and `@`, which
    /// unquoted addresses in extension parameters have.
    static var parameterValue: Alphabet { Alphabet(bit: 1 << 4) }
    /// The user part without escapes; `#` is forbidden there, but dialled by phones (`*21#`).
    static var uriUser: Alphabet { Alphabet(bit: 1 << 5) }
    /// The password without escapes.
    static var uriPassword: Alphabet { Alphabet(bit: 1 << 6) }
    /// Names and values of URI parameters without escapes.
    public static var uriParameter: Alphabet { Alphabet(bit: 1 << 7) }
    /// Names and values of URI headers without escapes.
    static var uriHeader: Alphabet { Alphabet(bit: 1 << 8) }
    /// Anything that an absolute URI may hold (RFC 3986 appendix A), `%` included.
    static var uriAny: Alphabet { Alphabet(bit: 1 << 9) }
    /// A URI scheme behind its first letter.
    static var scheme: Alphabet { Alphabet(bit: 1 << 10) }
    /// Host names; `_` is forbidden there, but hosts of container networks have it.
    static var hostName: Alphabet { Alphabet(bit: 1 << 11) }
    /// Telephone numbers with visual separators (RFC 3966 3).
    static var phone: Alphabet { Alphabet(bit: 1 << 12) }
    /// Whatever may stand between `<` and `>` before the URI is looked at.
    static var bracketed: Alphabet { Alphabet(bit: 1 << 13) }
    /// Whatever may stand in a URI without `< >` (RFC 3261 20.10) before it is looked at.
    static var bare: Alphabet { Alphabet(bit: 1 << 14) }
    /// Space and tab.
    static var blank: Alphabet { Alphabet(bit: 1 << 15) }

    /// Whether a byte belongs to it.
    public func contains(_ byte: UInt8) -> Bool {
        assert(bit.nonzeroBitCount == 1)
        return alphabetTable[Int(byte)] & bit != 0
    }
}

/// One row per byte: which alphabets it belongs to.
///
/// A literal, so that it is laid out by the compiler.
private let alphabetTable: [256 of UInt16] = [
    0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
    0x0000, 0x8004, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
    0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
    0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
    0x8004, 0x63ff, 0x0002, 0x7224, 0x63e4, 0x621f, 0x62e4, 0x63ff,
    0x73e6, 0x73e6, 0x73ff, 0x77ff, 0x2264, 0x7fff, 0x7fff, 0x63b6,
    0x7fff, 0x7fff, 0x7fff, 0x7fff, 0x7fff, 0x7fff, 0x7fff, 0x7fff,
    0x7fff, 0x7fff, 0x6396, 0x2224, 0x0006, 0x6264, 0x0006, 0x2326,
    0x6216, 0x7fff, 0x7fff, 0x7fff, 0x7fff, 0x7fff, 0x7fff, 0x6fff,
    0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff,
    0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff,
    0x6fff, 0x6fff, 0x6fff, 0x6396, 0x6002, 0x6396, 0x6004, 0x6bff,
    0x601f, 0x7fff, 0x7fff, 0x7fff, 0x7fff, 0x7fff, 0x7fff, 0x6fff,
    0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff,
    0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff, 0x6fff,
    0x6fff, 0x6fff, 0x6fff, 0x6006, 0x6004, 0x6006, 0x63ff, 0x0000,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
    0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c, 0x600c,
]

/// The small pieces that every header field's grammar is made of.
extension Cursor {
    /// Moves over bytes of an alphabet and returns how many there were.
    @discardableResult
    @_lifetime(self: copy self)
    mutating func skip(_ alphabet: Alphabet) -> Int {
        var place = position
        // No bounds check is needed: `end` is never behind the end of the bytes.
        while place < end, unsafe alphabet.contains(bytes[unchecked: place]) { place &+= 1 }
        let count = place &- position
        move(to: place)
        return count
    }

    /// Moves over bytes of an alphabet and returns where they are; the range may be empty.
    @_lifetime(self: copy self)
    mutating func run(of alphabet: Alphabet) -> ByteRange {
        let start = position
        skip(alphabet)
        return range(from: start)
    }

    /// A fault at the cursor.
    func malformed(_ reason: StaticString) -> SyntaxError {
        assert(position <= end)
        return SyntaxError(.malformed, offset: position, reason)
    }

    /// Moves over linear white space: blanks, and line ends that a blank follows.
    @_lifetime(self: copy self)
    public mutating func skipSpace() {
        if let byte = current, byte <= 32 { skipSomeSpace() }
    }

    @_lifetime(self: copy self)
    private mutating func skipSomeSpace() {
        assert(!isAtEnd)
        while let byte = current {
            if byte == 32 || byte == 9 {
                advance()
            } else if byte == 13 || byte == 10 {
                let fold = byte == 13 && peek(1) == 10 ? 2 : 1
                guard let next = peek(fold), next == 32 || next == 9 else { return }
                advance(fold + 1)
            } else {
                return
            }
        }
    }

    /// Moves over a token, which is not empty.
    @_lifetime(self: copy self)
    public mutating func token(_ reason: StaticString) throws(SyntaxError) -> ByteRange {
        assert(position <= end && end <= bytes.count)
        let found = run(of: .token)
        if found.isEmpty { throw malformed(reason) }
        return found
    }

    /// Moves over white space, a byte that must come next, and white space behind it.
    @_lifetime(self: copy self)
    mutating func separator(_ byte: UInt8, _ reason: StaticString) throws(SyntaxError) {
        assert(byte != 32 && byte != 9, "white space separates nothing")
        skipSpace()
        guard take(byte) else { throw malformed(reason) }
        skipSpace()
    }

    /// Moves over a quoted string and returns it with its quotes.
    @_lifetime(self: copy self)
    public mutating func quotedString() throws(SyntaxError) -> ByteRange {
        let start = position
        guard take(UInt8(ascii: "\"")) else { throw malformed("a quote is missing") }
        while true {
            skip(.quotedText)
            guard let byte = current else { break }
            if byte == UInt8(ascii: "\"") {
                advance()
                return range(from: start)
            }
            if byte == UInt8(ascii: "\\") {
                guard let next = peek(1), next != 13, next != 10, next < 128 else {
                    throw malformed("a backslash before nothing")
                }
                advance(2)
            } else {
                let before = position
                skipSpace()
                if position == before { throw malformed("a control byte in a quoted string") }
            }
        }
        throw malformed("a quoted string without end")
    }
}
