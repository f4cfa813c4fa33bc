import Basics
import SIPSyntax

/// A stored Path: one or more `<uri>` with commas between them (RFC 3327 4).
struct StoredPath {
    /// URI of the first hop.
    let first: ByteRange
    /// Where the entries behind the first begin; the end of the bytes when there are none.
    let rest: Int

    /// Reads the first hop; nil when it cannot be read.
    init?(_ bytes: Span<UInt8>) {
        let end = Self.end(of: bytes)
        let range = ByteRange(offset: 0, count: end)
        guard let entry = try? RouteEntry(parsing: bytes, in: range) else { return nil }
        first = entry.uri
        var rest = min(end + 1, bytes.count)
        while rest < bytes.count, bytes[rest] == 32 || bytes[rest] == 9 { rest += 1 }
        self.rest = rest
    }

    /// Where the first entry ends: at a comma outside of quotes and angle brackets.
    private static func end(of bytes: Span<UInt8>) -> Int {
        var isQuoted = false
        var isBracketed = false
        var place = 0
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\\") where isQuoted: place += 1
            case UInt8(ascii: "\"") where !isBracketed: isQuoted.toggle()
            case UInt8(ascii: "<") where !isQuoted: isBracketed = true
            case UInt8(ascii: ">") where !isQuoted: isBracketed = false
            case UInt8(ascii: ",") where !isQuoted && !isBracketed: return place
            default: break
            }
            place += 1
        }
        return bytes.count
    }
}
