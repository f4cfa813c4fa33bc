internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// `{s.escape.…}`, `{s.urlencode.…}` and their reverse.
extension Transformations {
    /// Escapes and their reverse.
    static var escapes: [TransformationRow] {
        [
            .plain("s.escape.common", "With a backslash before ' \" \\ and the zero byte.") {
                writeEscaped($0, &$1)
            },
            .plain("s.unescape.common", "Without the backslashes of s.escape.common.") {
                writeUnescaped($0, &$1)
            },
            .plain("s.escape.user", "With % and two digits for what no user part may hold.") {
                bytes, writer in
                EscapedText.writeEscaped(
                    bytes, isAllowed: { plainUser.contains($0) }, into: &writer)
            },
            .built("s.unescape.user", "With % and two digits resolved.") { bytes, _, _, writer in
                unescape(bytes, isQuery: false, &writer)
            },
            .plain("s.escape.param", "With % and two digits for what no URI parameter may hold.") {
                bytes, writer in
                EscapedText.writeEscaped(
                    bytes, isAllowed: { plainParameter.contains($0) }, into: &writer)
            },
            .built("s.unescape.param", "With % and two digits resolved.") { bytes, _, _, writer in
                unescape(bytes, isQuery: false, &writer)
            },
            .plain("s.urlencode.param", "As a parameter of a URL's query.") { bytes, writer in
                EscapedText.writeEscaped(
                    bytes, isAllowed: { plainQuery.contains($0) }, into: &writer)
            },
            .built("s.urldecode.param", "From a parameter of a URL's query.") {
                bytes, _, _, writer in unescape(bytes, isQuery: true, &writer)
            },
            .plain("s.escape.csv", "As a quoted field of a CSV file (RFC 4180).") { bytes, writer in
                writer.append("\"")
                for place in bytes.indices {
                    if bytes[place] == UInt8(ascii: "\"") { writer.append("\"") }
                    writer.append(bytes[place])
                }
                writer.append("\"")
            },
        ]
    }

    private static let letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    /// What a user part may hold (RFC 3261 25.1), but for what Kamailio escapes all the same.
    private static let plainUser = ByteSet(letters + "-_.!~*'()&=+$,;?")
    /// `paramchar` of RFC 3261 25.1.
    private static let plainParameter = ByteSet(letters + "-_.!~*'()[]/:&+$")
    /// `unreserved` of RFC 3986.
    private static let plainQuery = ByteSet(letters + "-_.~")

    /// Writes a text with backslashes, as the SQL of MariaDB has them.
    static func writeEscaped(_ bytes: Span<UInt8>, _ writer: inout ByteWriter) {
        for place in bytes.indices {
            switch bytes[place] {
            case 0: writer.append("\\0")
            case let byte where byte == 0x27 || byte == 0x22 || byte == 0x5c:
                writer.append("\\")
                writer.append(byte)
            default: writer.append(bytes[place])
            }
        }
    }

    /// A backslash before anything else stays, and so does one at the end.
    private static func writeUnescaped(_ bytes: Span<UInt8>, _ writer: inout ByteWriter) {
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            guard byte == 0x5c, place < bytes.count else {
                writer.append(byte)
                continue
            }
            switch bytes[place] {
            case UInt8(ascii: "0"): writer.append(0)
            case let next where next == 0x27 || next == 0x22 || next == 0x5c: writer.append(next)
            default:
                writer.append(byte)
                continue
            }
            place += 1
        }
    }

    /// Resolves escapes; false when a `%` has not two digits behind it.
    ///
    /// A query may hold any byte and has `+` for a space. In a URI, an escaped control character is
    /// refused: a line feed could begin a header field of its own wherever the text is put.
    private static func unescape(
        _ bytes: Span<UInt8>, isQuery: Bool, _ writer: inout ByteWriter
    ) -> Bool {
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            if byte == UInt8(ascii: "%") {
                guard place + 2 < bytes.count, let high = hexadecimal(bytes[place + 1]),
                    let low = hexadecimal(bytes[place + 2])
                else { return false }
                let resolved = high << 4 | low
                guard isQuery || resolved >= 32 && resolved != 127 else { return false }
                writer.append(resolved)
                place += 3
            } else {
                writer.append(isQuery && byte == UInt8(ascii: "+") ? 32 : byte)
                place += 1
            }
        }
        return true
    }
}
