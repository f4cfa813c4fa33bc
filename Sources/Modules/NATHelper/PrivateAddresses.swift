import Basics

/// Addresses that mean nothing outside of the network they are used in.
enum PrivateAddresses {
    /// Whether an address is one: RFC 1918 (10/8, 172.16/12, 192.168/16), RFC 6598 (100.64/10) and
    /// RFC 7335 (192.0.0.0/29), with `countsReserved` all of 192.0.0.0/24.
    static func contain(_ address: PeerAddress, countsReserved: Bool) -> Bool {
        guard !address.isIPv6 else { return false }
        let number = UInt32(truncatingIfNeeded: address.low)
        return number >> 24 == 10 || number >> 20 == 0xac1 || number >> 16 == 0xc0a8
            || number >> 22 == 0x191 || number >> 3 == 0xc000_0000 >> 3
            || countsReserved && number >> 8 == 0xc0_0000
    }

    /// Whether a host is the text of one; a name is none.
    static func contain(_ host: Span<UInt8>, countsReserved: Bool) -> Bool {
        guard let address = PeerAddress(literal: host, port: 0) else { return false }
        return contain(address, countsReserved: countsReserved)
    }
}
