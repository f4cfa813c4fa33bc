internal import Basics

/// Which web pages may call (the Fetch Standard's CORS protocol), and which may not.
///
/// A browser sends what any page asks it to, with the user's credentials and from the user's
/// machine, and tells the page's origin. Only pages of this server, and of origins that are listed,
/// are served; other requests with an Origin are refused before anything runs. A program that is no
/// browser sends none.
struct OriginRules: Sendable {
    /// What to do with a request.
    enum Verdict: Equatable {
        /// No browser, or a page of this server.
        case own
        /// A page of an origin that is listed: the answer has to say so.
        case listed(String)
        /// Another page.
        case foreign
    }

    /// The origins that are listed.
    private let listed: Set<String>
    /// The hosts of those, with their ports.
    private let hosts: Set<Substring>

    /// Rules with a list of origins, such as `https://noc.example.org`.
    init(_ origins: [String]) {
        listed = Set(origins.map { $0.lowercased() })
        hosts = Set(listed.compactMap { Self.host(of: $0) })
    }

    /// What to do with a request that has these fields.
    ///
    /// `isOpen` says that no credentials are asked for. Then a name in Host is not taken for this
    /// server's: a page could have pointed a name of its own at the loopback address, and would
    /// pass for a page of this server. With an Origin it has to be `localhost`; without one (a GET
    /// of such a page, but also a program that is no browser) it may be any name that nobody can
    /// have in the public DNS, or the host of a listed origin.
    func verdict(origin: String?, host: String?, isOpen: Bool) -> Verdict {
        guard let origin = origin?.lowercased() else {
            guard isOpen, let host, !Self.isPrivate(host) else { return .own }
            return hosts.contains(host.lowercased()[...]) ? .own : .foreign
        }
        let host = host?.lowercased()
        if listed.contains(origin) { return .listed(origin) }
        guard let host, let asked = Self.host(of: origin), asked == host else { return .foreign }
        return isOpen && !Self.isLocal(host) ? .foreign : .own
    }

    private static func host(of origin: String) -> Substring? {
        origin.firstRange(of: "://").map { origin[$0.upperBound...] }
    }

    /// Whether a Host in lower case is `localhost` or an address.
    private static func isLocal(_ host: String) -> Bool {
        let name = name(host)
        return name == "localhost" || isAddress(name)
    }

    /// Whether a Host is an address, or a name without a domain.
    ///
    /// Every call is asked this, so it looks at bytes.
    private static func isPrivate(_ host: String) -> Bool {
        let name = name(host)
        return !name.utf8.contains(UInt8(ascii: ".")) || isAddress(name)
    }

    /// Whether what stands before a port is an address.
    private static func isAddress(_ name: Substring) -> Bool {
        name.utf8.first == UInt8(ascii: "[") || PeerAddress.ipv4(name.utf8.span) != nil
    }

    /// A Host without its port; of an IPv6 address what stands before its first colon.
    private static func name(_ host: String) -> Substring {
        host[..<(host.utf8.firstIndex(of: UInt8(ascii: ":")) ?? host.endIndex)]
    }
}
