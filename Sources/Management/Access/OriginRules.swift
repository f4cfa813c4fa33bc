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

    /// Rules with a list of origins, such as `https://noc.example.org`.
    init(_ origins: [String]) { listed = Set(origins.map { $0.lowercased() }) }

    /// What to do with a request that has these fields.
    ///
    /// `isOpen` says that no credentials are asked for. Then a name in Host is refused unless it is
    /// `localhost`: a page could have pointed a name of its own at the loopback address.
    func verdict(origin: String?, host: String?, isOpen: Bool) -> Verdict {
        guard let origin = origin?.lowercased() else { return .own }
        if listed.contains(origin) { return .listed(origin) }
        guard let host = host?.lowercased(), let end = origin.firstRange(of: "://"),
            origin[end.upperBound...] == host
        else { return .foreign }
        return isOpen && !Self.isLocal(host) ? .foreign : .own
    }

    /// Whether a Host is `localhost` or an address.
    private static func isLocal(_ host: String) -> Bool {
        if host.hasPrefix("[") { return true }
        let name = host.split(separator: ":", omittingEmptySubsequences: false)[0]
        return name == "localhost" || PeerAddress(host: String(name)) != nil
    }
}
