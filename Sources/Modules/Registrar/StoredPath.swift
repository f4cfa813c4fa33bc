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
        let end = RouteSet.firstEnd(bytes)
        let range = ByteRange(offset: 0, count: end)
        guard let entry = try? RouteEntry(parsing: bytes, in: range) else { return nil }
        first = entry.uri
        var rest = min(end + 1, bytes.count)
        while rest < bytes.count, bytes[rest] == 32 || bytes[rest] == 9 { rest += 1 }
        self.rest = rest
    }
}
