public import Basics

/// The alphabets of RFC 3261 25.1; a test compares each with its characters.
extension ByteSet {
    /// Letters.
    public static var alpha: ByteSet { ByteSet(low: 0, high: 0x07ff_fffe_07ff_fffe) }
    /// Decimal digits.
    public static var digit: ByteSet { ByteSet(low: 0x03ff_0000_0000_0000, high: 0) }
    /// Letters and digits.
    public static var alphanum: ByteSet {
        ByteSet(low: 0x03ff_0000_0000_0000, high: 0x07ff_fffe_07ff_fffe)
    }
    /// `token`.
    public static var token: ByteSet {
        ByteSet(low: 0x03ff_6ca2_0000_0000, high: 0x47ff_ffff_87ff_fffe)
    }
    /// What a Call-ID's `word` is made of, and `@`.
    public static var word: ByteSet {
        ByteSet(low: 0xd7ff_efa6_0000_0000, high: 0x6fff_ffff_bfff_ffff)
    }
    /// Space and tab.
    public static var blank: ByteSet { ByteSet(low: 0x0000_0001_0000_0200, high: 0) }
    /// Bytes that a quoted string holds unescaped; bytes of UTF-8 are not looked into.
    public static var quotedText: ByteSet {
        ByteSet(low: 0xffff_fffb_0000_0200, high: 0x7fff_ffff_efff_ffff, beyond: true)
    }
    /// Words of a display name without quotes: tokens, and UTF-8, which phones send.
    static var displayWord: ByteSet {
        ByteSet(low: 0x03ff_6ca2_0000_0000, high: 0x47ff_ffff_87ff_fffe, beyond: true)
    }
    /// The value of a header parameter without quotes: `token` or `host`, and `/` and `@`, which
    /// unquoted addresses in extension parameters have.
    static var parameterValue: ByteSet {
        ByteSet(low: 0x07ff_eca2_0000_0000, high: 0x47ff_ffff_afff_ffff)
    }
    /// The user part without escapes; `#` is forbidden there, but dialled by phones (`*21#`).
    static var uriUser: ByteSet {
        ByteSet(low: 0xabff_ffda_0000_0000, high: 0x47ff_fffe_87ff_fffe)
    }
    /// The password without escapes.
    static var uriPassword: ByteSet {
        ByteSet(low: 0x23ff_7fd2_0000_0000, high: 0x47ff_fffe_87ff_fffe)
    }
    /// Names and values of URI parameters without escapes.
    static var uriParameter: ByteSet {
        ByteSet(low: 0x07ff_efd2_0000_0000, high: 0x47ff_fffe_afff_fffe)
    }
    /// Names and values of URI headers without escapes.
    static var uriHeader: ByteSet {
        ByteSet(low: 0x87ff_ef92_0000_0000, high: 0x47ff_fffe_afff_fffe)
    }
    /// Anything that an absolute URI may hold (RFC 3986 appendix A), `%` included.
    static var uriAny: ByteSet {
        ByteSet(low: 0xafff_fffa_0000_0000, high: 0x47ff_fffe_afff_ffff)
    }
    /// A URI scheme behind its first letter.
    static var scheme: ByteSet {
        ByteSet(low: 0x03ff_6800_0000_0000, high: 0x07ff_fffe_07ff_fffe)
    }
    /// Host names; `_` is forbidden there, but hosts of container networks have it.
    static var hostName: ByteSet {
        ByteSet(low: 0x03ff_6000_0000_0000, high: 0x07ff_fffe_87ff_fffe)
    }
    /// Telephone numbers with visual separators (RFC 3966 3).
    static var phone: ByteSet {
        ByteSet(low: 0x03ff_6f08_0000_0000, high: 0x0000_007e_0000_007e)
    }
}

/// The small pieces that every header field's grammar is made of.
extension Cursor {
    /// A fault at the cursor.
    func malformed(_ reason: StaticString) -> SyntaxError {
        assert(position <= end)
        return SyntaxError(.malformed, offset: position, reason)
    }

    /// Moves over linear white space: blanks, and line ends that a blank follows.
    @_lifetime(self: copy self)
    public mutating func skipSpace() {
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
        let found = run(of: .token)
        if found.isEmpty { throw malformed(reason) }
        return found
    }

    /// Moves over white space, a byte that must come next, and white space behind it.
    @_lifetime(self: copy self)
    mutating func separator(_ byte: UInt8, _ reason: StaticString) throws(SyntaxError) {
        skipSpace()
        guard take(byte) else { throw malformed(reason) }
        skipSpace()
    }

    /// Moves over a quoted string and returns it with its quotes.
    @_lifetime(self: copy self)
    public mutating func quotedString() throws(SyntaxError) -> ByteRange {
        let start = position
        guard take(UInt8(ascii: "\"")) else { throw malformed("a quote is missing") }
        while let byte = current {
            if byte == UInt8(ascii: "\"") {
                advance()
                return range(from: start)
            } else if byte == UInt8(ascii: "\\") {
                guard let next = peek(1), next != 13, next != 10, next < 128 else {
                    throw malformed("a backslash before nothing")
                }
                advance(2)
            } else if ByteSet.quotedText.contains(byte) {
                advance()
            } else {
                let before = position
                skipSpace()
                if position == before { throw malformed("a control byte in a quoted string") }
            }
        }
        throw malformed("a quoted string without end")
    }
}
