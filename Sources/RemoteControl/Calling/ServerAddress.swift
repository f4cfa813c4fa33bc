/// Where a server takes commands: host, port and path of an `http:` or `https:` URL.
public struct ServerAddress: Sendable, Hashable {
    /// The URL that is used when nobody says another.
    public static let standard = "http://127.0.0.1:8280/RPC"

    /// Whether it speaks TLS: the scheme is `https`.
    public var isSecure = false
    /// Host name or address, without brackets.
    public var host: String
    /// Port.
    public var port: UInt16
    /// Path.
    public var path: String

    /// The address of a URL; scheme, port and path may be left out.
    ///
    /// Only printable ASCII is taken, since all of it goes into the head of a request: a line end
    /// in it would be another header field. The port is 8280 for either scheme. A path that is `/`
    /// or left out is the server's own, `/RPC`.
    ///
    /// Errors have the kind `usage` and repeat what was given.
    public init(_ url: String) throws(ControlError) {
        // What stands before an @ may be a password: it is not repeated either.
        guard !url.contains("@") else {
            throw ControlError(
                .usage,
                "a URL must not hold a password, since everyone on this machine can read a command "
                    + "line: use --user NAME, --password-file FILE or --token-file FILE")
        }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ControlError(.usage, "\"\(url)\" is no URL")
        }
        var rest = url[...]
        if let scheme = rest.range(ofText: "://") {
            switch rest[..<scheme.lowerBound] {
            case "http": break
            case "https": isSecure = true
            default:
                throw ControlError(
                    .usage, "only http: and https: URLs are understood, not \"\(url)\"")
            }
            rest = rest[scheme.upperBound...]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        path = slash == rest.endIndex || rest[slash...] == "/" ? "/RPC" : String(rest[slash...])
        let (host, port) = Self.divide(rest[..<slash])
        guard !host.isEmpty else { throw ControlError(.usage, "\"\(url)\" names no host") }
        self.host = String(host)
        guard let port else {
            self.port = 8280
            return
        }
        // The conversion would take a sign.
        guard !port.hasPrefix("+"), let number = UInt16(port), number > 0 else {
            throw ControlError(.usage, "\"\(port)\" is no port")
        }
        self.port = number
    }

    /// Another path of the same server: what stands before the last slash stays, since a proxy may
    /// have put it there.
    func path(of name: String) -> String {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return path[..<end] + "/" + name
    }

    /// Host and port of an authority; the colons of a bracketed address are its own.
    ///
    /// RFC 3986 3.2.2: an IPv6 address stands in brackets. One without them would be cut at its
    /// last colon, and then it names no host that exists.
    private static func divide(_ authority: Substring) -> (Substring, Substring?) {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            let host = authority[authority.index(after: authority.startIndex)..<end]
            let behind = authority[authority.index(after: end)...]
            // What is no port must not be passed over: the operator meant something by it.
            guard behind.isEmpty || behind.hasPrefix(":") else { return ("", nil) }
            return (host, behind.isEmpty ? nil : behind.dropFirst())
        }
        guard !authority.hasPrefix("[") else { return ("", nil) }
        guard let colon = authority.lastIndex(of: ":") else { return (authority, nil) }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }

    /// Host and port as the Host header field has them (RFC 9110 7.2).
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}

extension Substring {
    /// Where a text first occurs.
    fileprivate func range(ofText text: String) -> Range<Index>? {
        var place = startIndex
        while place < endIndex {
            if self[place...].hasPrefix(text) { return place..<index(place, offsetBy: text.count) }
            place = index(after: place)
        }
        return nil
    }
}
