import Basics

/// Whose rules: a presentity by user and host, as the columns `username` and `domain` have it.
struct RuleKey: Sendable, Hashable {
    /// The user part.
    let user: String
    /// The host in lower case.
    let host: String

    /// A presentity by its parts.
    init(user: Span<UInt8>, host: Span<UInt8>) {
        self.user = String(copying: user)
        self.host = String(copying: host).lowercased()
    }

    /// A presentity by its URI, `sip:user@host`, with or without scheme, port and parameters.
    init(uri: Span<UInt8>) {
        let at = Self.place(of: UInt8(ascii: "@"), in: uri, from: 0)
        let colon = Self.place(of: UInt8(ascii: ":"), in: uri, from: 0) ?? uri.count
        // Without an at sign the first colon may be a scheme's or that before a port.
        let start = colon < at ?? 0 || Self.isScheme(uri, colon) ? colon + 1 : 0
        let host = at.map { $0 + 1 } ?? start
        var end = host
        while end < uri.count, !Self.endsHost.contains(uri[end]) { end += 1 }
        self.init(
            user: uri.extracting(start..<(at ?? start)), host: uri.extracting(host..<end))
    }

    /// The user part as bytes.
    var userBytes: [UInt8] { Array(user.utf8) }
    /// The host as bytes.
    var hostBytes: [UInt8] { Array(host.utf8) }

    private static let endsHost = ByteSet(":;?>")

    private static func isScheme(_ uri: Span<UInt8>, _ colon: Int) -> Bool {
        let name = uri.extracting(..<min(colon, uri.count))
        return colon < uri.count
            && (name.matches("sip") || name.matches("sips") || name.matches("pres"))
    }

    private static func place(of byte: UInt8, in uri: Span<UInt8>, from start: Int) -> Int? {
        for place in start..<uri.count where uri[place] == byte { return place }
        return nil
    }
}
