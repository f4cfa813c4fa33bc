internal import Basics

/// Message summaries (RFC 3842): what waits in a mailbox, in lines of text and not in XML.
public enum MessageSummary {
    /// The media type of message summaries.
    public static let contentType = "application/simple-message-summary"

    /// Checks what a stranger publishes: a status line, then lines of printable text.
    ///
    /// Every line ends in CRLF. The word of the status and the header names count in any case, as
    /// RFC 3842 5.2 has them; empty lines are allowed, as they stand between the summary and the
    /// headers of messages.
    /// - Throws: what is wrong; Kamailio answers 500, which is not the publisher's to read: 400.
    public static func check(_ body: Span<UInt8>) throws(DocumentError) {
        var cursor = Cursor(body)
        guard let status = line(&cursor) else {
            throw DocumentError(.malformed, "no status line that ends in CRLF", line: 1)
        }
        guard isStatus(body.part(status)) else {
            throw DocumentError(.malformed, "no Messages-Waiting: yes or no", line: 1)
        }
        var number = 1
        while !cursor.isAtEnd {
            number += 1
            guard let line = line(&cursor) else {
                throw DocumentError(.malformed, "no line of text that ends in CRLF", line: number)
            }
            assert(line.end < body.count)
        }
    }

    /// Printable characters, tabs, and what UTF-8 has beyond ASCII.
    private static let printable = ByteSet(
        low: 0xFFFF_FFFF_0000_0200, high: 0x7FFF_FFFF_FFFF_FFFF, beyond: true)

    /// Passes a line and returns it without its end.
    @_lifetime(cursor: copy cursor)
    private static func line(_ cursor: inout Cursor) -> ByteRange? {
        let line = cursor.run(of: printable)
        guard cursor.take(13), cursor.take(10) else { return nil }
        return line
    }

    private static func isStatus(_ line: Span<UInt8>) -> Bool {
        let name: StaticString = "messages-waiting"
        guard line.hasPrefix(matching: name) else { return false }
        let space = ByteSet(" \t")
        var cursor = Cursor(line)
        cursor.advance(name.utf8CodeUnitCount)
        cursor.skip(space)
        guard cursor.take(UInt8(ascii: ":")) else { return false }
        cursor.skip(space)
        let start = cursor.position
        while let byte = cursor.current, !space.contains(byte) { cursor.advance() }
        let word = line.part(cursor.range(from: start))
        cursor.skip(space)
        return cursor.isAtEnd && (word.matches("yes") || word.matches("no"))
    }
}
