/// Who somebody is, for rules: user and host of a URI (RFC 4745 7.1, RFC 5025 3.1.1).
///
/// Scheme, port and parameters do not tell people apart; `sip`, `sips` and `pres` name the same
/// one. The host counts in any case, the user only as it is written.
struct PolicyIdentity: Sendable, Hashable {
    /// The user part, unescaped; the number of a `tel` URI.
    let user: String
    /// The host in lower case; empty for a `tel` URI.
    let host: String

    /// The identity of a URI or of an address-of-record without scheme.
    init(_ uri: String) {
        var rest = uri[...]
        var isNumber = false
        if let colon = rest.firstIndex(of: ":"), Self.schemes.contains(rest[..<colon].lowercased())
        {
            isNumber = rest[..<colon].lowercased() == "tel"
            rest = rest[rest.index(after: colon)...]
        }
        guard !isNumber else {
            user = String(rest.prefix { $0 != ";" && $0 != "?" })
            host = ""
            return
        }
        // A user may hold semicolons, a host may not; an at sign within either is escaped.
        if let at = rest.firstIndex(of: "@") {
            user = Self.unescaped(rest[..<at])
            rest = rest[rest.index(after: at)...]
        } else {
            user = ""
        }
        host = Self.withoutPort(rest.prefix { $0 != ";" && $0 != "?" }).lowercased()
    }

    /// Whether it stands for somebody who does not say who he is (RFC 3261 8.1.1.3, RFC 3323).
    var isAnonymous: Bool { host == "anonymous.invalid" }

    private static let schemes: Set<String> = ["sip", "sips", "pres", "im", "tel"]

    private static func withoutPort(_ host: Substring) -> Substring {
        // The colons of an IPv6 address stand within brackets.
        let end = host.lastIndex(of: "]") ?? host.startIndex
        guard let colon = host[end...].firstIndex(of: ":") else { return host }
        return host[..<colon]
    }

    /// Text whose escapes are replaced, unless what they stand for is no text.
    private static func unescaped(_ text: Substring) -> String {
        guard text.contains("%") else { return String(text) }
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var place = 0
        while place < source.count {
            if source[place] == UInt8(ascii: "%"), place + 2 < source.count,
                let value = UInt8(
                    String(decoding: source[place + 1...place + 2], as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                place += 3
            } else {
                bytes.append(source[place])
                place += 1
            }
        }
        return String(validating: bytes, as: UTF8.self) ?? String(text)
    }
}
