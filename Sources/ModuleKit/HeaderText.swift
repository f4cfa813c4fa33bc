/// Text that a script wants to add as header fields.
public enum HeaderText {
    /// Text as header lines: each has a name and a colon or continues the one before; each ends
    /// with CRLF.
    ///
    /// Nil for anything else: a message must stay one message, whatever strangers have put into
    /// the variables of the text.
    public static func lines(_ bytes: [UInt8]) -> [UInt8]? {
        var lines: [UInt8] = []
        // Lines may end with LF alone, as strings of scripts often do; the message gets CRLF.
        for line in bytes.split(separator: 10, omittingEmptySubsequences: true) {
            var line = line
            if line.last == 13 { line.removeLast() }
            // A CR within a line ends it for some parsers: the way to smuggle in a header field.
            guard let first = line.first, !line.contains(13), !line.contains(0) else { return nil }
            // RFC 3261 7.3.1: a line that begins with a blank continues the one before, so the
            // first line cannot.
            let isFolded = (first == 32 || first == 9) && !lines.isEmpty
            var name = line.prefix { $0 != UInt8(ascii: ":") }
            guard isFolded || name.count < line.count else { return nil }
            // RFC 3261 25.1 `HCOLON`: blanks may stand in front of the colon.
            while let last = name.last, last == 32 || last == 9 { name.removeLast() }
            guard isFolded || SIPToken.isToken(name) else { return nil }
            lines += line
            lines += [13, 10]
        }
        return lines.isEmpty ? nil : lines
    }

    /// Bytes without line ends and other control bytes, for the value of a field: one blank stands
    /// for each.
    public static func oneLine(_ bytes: [UInt8]) -> [UInt8] {
        bytes.map { ($0 < 32 && $0 != 9) || $0 == 127 ? UInt8(ascii: " ") : $0 }
    }
}
