internal import Basics
internal import CLinux
internal import Glibc

/// Turns what a directive names into addresses to bind.
enum AddressResolution {
    /// The addresses of a directive, at least one.
    ///
    /// A literal is itself. `*` is every address of the interfaces that are up, rather than the
    /// wildcard, so that each socket has an address to name in a Via. An interface is its addresses
    /// without the link-local ones, which nobody could be told. A name is its first IPv4 address,
    /// or its first IPv6 one when it has no other.
    static func addresses(of directive: ListenDirective) throws(BindError) -> [PeerAddress] {
        if let literal = PeerAddress(
            literal: Array(directive.host.utf8).span, port: directive.port)
        {
            return [literal]
        }
        let interfaces = interfaceAddresses(named: directive.host == "*" ? nil : directive.host)
        if !interfaces.isEmpty { return interfaces.map { $0.at(directive.port) } }
        let found = lookUp(directive.host)
        guard let address = found.first(where: { !$0.isIPv6 }) ?? found.first else {
            throw BindError(
                .unknownHost, directive: directive.text,
                reason: "\(directive.host) is neither an address nor an interface"
                    + " nor a name that resolves")
        }
        return [address.at(directive.port)]
    }

    /// The addresses that the resolver knows for a name, in the order of its preference.
    private static func lookUp(_ host: String) -> [PeerAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>? = nil
        guard unsafe getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { unsafe freeaddrinfo(list) }
        var found: [PeerAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let pointer = unsafe entry.pointee.ai_addr,
                let address = unsafe KernelAddress.read(
                    pointer, length: Int(entry.pointee.ai_addrlen))
            {
                found.append(address)
            }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }

    /// The addresses of one interface, or of all, that are up.
    private static func interfaceAddresses(named name: String?) -> [PeerAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else { return [] }
        defer { unsafe freeifaddrs(list) }
        var found: [PeerAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe address(of: entry.pointee, named: name) {
                found.append(address)
            }
            unsafe next = entry.pointee.ifa_next
        }
        return found
    }

    /// The address of one entry of an interface list; nil if it is not one to listen on.
    private static func address(of entry: ifaddrs, named name: String?) -> PeerAddress? {
        guard let pointer = unsafe entry.ifa_addr,
            unsafe entry.ifa_flags & UInt32(IFF_UP) != 0,
            unsafe name == nil || String(cString: entry.ifa_name) == name
        else { return nil }
        let isIPv6 = unsafe CInt(pointer.pointee.sa_family) == AF_INET6
        let length = isIPv6 ? KernelAddress.bytes : KernelAddress.bytesIPv4
        guard let address = unsafe KernelAddress.read(pointer, length: length) else { return nil }
        return address.isLinkLocal ? nil : address
    }
}

extension PeerAddress {
    /// The same host at another port.
    func at(_ port: UInt16) -> PeerAddress {
        var address = self
        address.port = port
        return address
    }

    /// Whether it is good on one link only (fe80::/10, RFC 4291 2.5.6).
    var isLinkLocal: Bool { isIPv6 && high >> 54 == 0x3fa }
}
