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
        let host = host?.lowercased()
        guard let origin = origin?.lowercased() else {
            guard isOpen, let host, !Self.isPrivate(host), !hosts.contains(host[...]) else {
                return .own
            }
            return .foreign
        }
        if listed.contains(origin) { return .listed(origin) }
        guard let host, let asked = Self.host(of: origin), asked == host else { return .foreign }
        return isOpen && !Self.isLocal(host) ? .foreign : .own
    }

    private static func host(of origin: String) -> Substring? {
        origin.firstRange(of: "://").map { origin[$0.upperBound...] }
    }

    /// Whether a Host is `localhost` or an address.
    private static func isLocal(_ host: String) -> Bool {
        if host.hasPrefix("[") { return true }
        let name = name(host)
        return name == "localhost" || PeerAddress(host: String(name)) != nil
    }

    /// Whether a Host is an address, or a name without a domain.
    private static func isPrivate(_ host: String) -> Bool {
        !name(host).utf8.contains(UInt8(ascii: ".")) || isLocal(host)
    }

    /// A Host without its port.
    private static func name(_ host: String) -> Substring {
        host.split(separator: ":", omittingEmptySubsequences: false)[0]
    }
}
