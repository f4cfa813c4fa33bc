public import Basics

/// The families of addresses that a transport reaches.
public struct AddressFamilies: OptionSet, Sendable, Hashable {
    /// One bit for each family.
    public let rawValue: UInt8
    /// The families of some bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// IPv4.
    public static let ipv4 = AddressFamilies(rawValue: 1)
    /// IPv6.
    public static let ipv6 = AddressFamilies(rawValue: 2)
    /// Both: a dual-stack server (RFC 7984).
    public static let both: AddressFamilies = [.ipv4, .ipv6]

    /// Whether an address is of one of them.
    public func contains(_ address: PeerAddress) -> Bool {
        contains(address.isIPv6 ? .ipv6 : .ipv4)
    }
}

/// What a server can reach: the families of addresses that it has sockets for, by transport.
public struct Reach: Sendable, Hashable {
    /// Families for datagrams; empty when it speaks none.
    public var udp: AddressFamilies
    /// Families for streams.
    public var tcp: AddressFamilies
    /// Families for streams under TLS.
    public var tls: AddressFamilies

    /// What a server can reach; nothing unless it is named.
    public init(
        udp: AddressFamilies = [], tcp: AddressFamilies = [], tls: AddressFamilies = []
    ) {
        self.udp = udp
        self.tcp = tcp
        self.tls = tls
    }

    /// The families of one transport.
    public subscript(transport: TargetTransport) -> AddressFamilies {
        switch transport {
        case .udp: udp
        case .tcp: tcp
        case .tls: tls
        }
    }
}

/// How targets are searched for; the names in quotes are the core parameters of Kamailio.
public struct SearchSettings: Sendable, Hashable {
    /// What the server has sockets for.
    public var reach: Reach
    /// Whether IPv6 addresses are asked for where IPv4 would do too ("dns_try_ipv6").
    public var triesIPv6 = true
    /// Whether IPv6 addresses go before IPv4 ones (bit 4 of "dns_cache_flags").
    public var prefersIPv6 = false
    /// Whether NAPTR records are asked for ("dns_try_naptr").
    public var triesPointers = true
    /// Whether the server's own liking goes before the order of the domain's NAPTR records
    /// ("dns_naptr_ignore_rfc").
    public var ignoresPointerOrder = false
    /// Whether SRV records of one priority share the load by weight, at random
    /// ("dns_srv_lb"); without it the heaviest comes first.
    public var balancesServices = true
    /// How well datagrams are liked, higher before lower; below 0 NAPTR records of it are
    /// ignored ("dns_udp_pref").
    public var udpLiking = 30
    /// How well TCP is liked ("dns_tcp_pref").
    public var tcpLiking = 20
    /// How well TLS is liked ("dns_tls_pref").
    public var tlsLiking = 10

    /// The settings that the RFCs ask for.
    public init(reach: Reach) { self.reach = reach }

    /// How well a transport is liked.
    public func liking(_ transport: TargetTransport) -> Int {
        switch transport {
        case .udp: udpLiking
        case .tcp: tcpLiking
        case .tls: tlsLiking
        }
    }

    /// The transports that the server speaks and the scheme allows, the best liked first.
    public func transports(secureOnly: Bool) -> [TargetTransport] {
        var kept: [TargetTransport] = []
        for transport in TargetTransport.allCases where !reach[transport].isEmpty {
            if secureOnly, !transport.isSecure { continue }
            // Ties stay in the order of RFC 3263 4.1: UDP, TCP, TLS.
            let place = kept.firstIndex { liking($0) < liking(transport) } ?? kept.endIndex
            kept.insert(transport, at: place)
        }
        return kept
    }

    /// The types of addresses to ask for, in the order of preference (RFC 7984 4.2).
    public func addressTypes(_ transport: TargetTransport) -> [RecordType] {
        let families = reach[transport]
        guard families.contains(.ipv6) else { return families.isEmpty ? [] : [.a] }
        guard families.contains(.ipv4) else { return [.aaaa] }
        guard triesIPv6 else { return [.a] }
        return prefersIPv6 ? [.aaaa, .a] : [.a, .aaaa]
    }
}
