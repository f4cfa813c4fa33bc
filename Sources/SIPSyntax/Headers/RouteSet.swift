public import Basics

/// The route set of a dialog as one list: where its requests go first (RFC 3261 12.2.1.1).
public struct RouteSet: Sendable {
    /// The URI of the first entry, within the list; empty when it cannot be read.
    public private(set) var first = ByteRange.empty
    /// The entries behind the first.
    public private(set) var rest = ByteRange.empty
    /// Whether the first entry is a strict router: it has no parameter `lr`.
    public private(set) var isStrict = false

    /// Looks at the first entry of a list.
    public init(_ routes: Span<UInt8>) {
        let end = Self.firstEnd(routes)
        let start = end < routes.count ? end + 1 : end
        rest = ByteRange(offset: start, count: routes.count - start)
        do throws(SyntaxError) {
            let entry = try RouteEntry(
                parsing: routes, in: ByteRange(offset: 0, count: end))
            let uri = try SIPURI(parsing: routes, in: entry.uri)
            first = entry.uri
            isStrict = uri.isSIP && uri.parameter("lr", in: routes) == nil
        } catch {
            assert(first.isEmpty)
        }
    }

    /// Where the first entry of a list ends: at a comma that is neither quoted nor within `< >`,
    /// or at the end.
    public static func firstEnd(_ routes: Span<UInt8>) -> Int {
        var isQuoted = false
        var isBracketed = false
        var place = 0
        while place < routes.count {
            switch routes[place] {
            case UInt8(ascii: "\\") where isQuoted: place += 1
            case UInt8(ascii: "\"") where !isBracketed: isQuoted.toggle()
            case UInt8(ascii: "<") where !isQuoted: isBracketed = true
            case UInt8(ascii: ">") where !isQuoted: isBracketed = false
            case UInt8(ascii: ",") where !isQuoted && !isBracketed: return place
            default: break
            }
            place += 1
        }
        return routes.count
    }
}
