public import Basics
internal import Glibc

/// Addresses that share a prefix: `127.0.0.1`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `fd00::/8`.
public struct AddressRange: Sendable, Hashable {
    private let address: PeerAddress
    private let length: Int

    /// The range that a text names; nil when it names none.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = PeerAddress(host: String(parts[0])), parts.count <= 2 else {
            return nil
        }
        let width = address.isIPv6 ? 128 : 32
        var length = width
        if parts.count == 2 {
            guard let given = Self.length(parts[1], isIPv6: address.isIPv6),
                (0...width).contains(given)
            else { return nil }
            length = given
        }
        self.address = address
        self.length = length
    }

    /// The length of a prefix, in digits or as a netmask without gaps.
    private static func length(_ text: Substring, isIPv6: Bool) -> Int? {
        // Int would take "+8" as well, which no other program does.
        if text.allSatisfy({ $0.isASCII && $0.isNumber }) { return Int(text) }
        guard !isIPv6, let mask = PeerAddress(host: String(text)), !mask.isIPv6 else { return nil }
        let bits = UInt32(truncatingIfNeeded: mask.low)
        let ones = (~bits).leadingZeroBitCount
        return ones == 32 || bits << UInt32(ones) == 0 ? ones : nil
    }

    /// The ranges of a list, separated by commas, semicolons, bars or blanks; a word that is no
    /// range is thrown back.
    public static func list(_ text: String) throws(AddressRangeError) -> [AddressRange] {
        // Blanks around a slash belong to the range, as Kamailio has it.
        let joined = text.replacing(/\s*\/\s*/, with: "/")
        let words = joined.split { ",;| \t\n".contains($0) }
        guard words.count <= Limits.allowedRangesMax else {
            throw AddressRangeError(word: "more than \(Limits.allowedRangesMax) ranges")
        }
        var ranges: [AddressRange] = []
        for word in words {
            guard let range = AddressRange(String(word)) else {
                throw AddressRangeError(word: String(word))
            }
            ranges.append(range)
        }
        return ranges
    }

    /// Whether an address lies in it.
    ///
    /// Families are never mixed: an IPv4 client of a socket for both was turned into IPv4 before.
    public func contains(_ other: PeerAddress) -> Bool {
        guard other.isIPv6 == address.isIPv6 else { return false }
        if !address.isIPv6 {
            return (address.low ^ other.low) >> UInt64(32 - length) == 0
        }
        let high = length >= 64 ? UInt64.max : ~(UInt64.max >> UInt64(length))
        let low = length <= 64 ? 0 : ~(UInt64.max >> UInt64(length - 64))
        return (address.high ^ other.high) & high == 0
            && (address.low ^ other.low) & low == 0
    }
}

/// A word that is no address range.
public struct AddressRangeError: Error, Sendable, Hashable {
    /// The word.
    public var word: String
}

extension PeerAddress {
    /// A numeric address without port; nil when the text is none.
    ///
    /// inet_pton(3) takes neither names nor the shortened forms of inet_aton (`127.1`, `0x7f.1`),
    /// which other programs read differently.
    init?(host: String) {
        var four = in_addr()
        if unsafe inet_pton(AF_INET, host, &four) == 1 {
            self.init(ipv4: UInt32(bigEndian: four.s_addr), port: 0)
            return
        }
        var six = InlineArray<2, UInt64>(repeating: 0)
        let read = unsafe withUnsafeMutableBytes(of: &six) { bytes in
            unsafe inet_pton(AF_INET6, host, bytes.baseAddress)
        }
        guard read == 1 else { return nil }
        self.init(high: UInt64(bigEndian: six[0]), low: UInt64(bigEndian: six[1]), port: 0)
    }

    /// The address that a socket call returned; an IPv4-mapped one becomes IPv4.
    @unsafe init?(_ address: UnsafePointer<sockaddr>?) {
        guard let address = unsafe address else { return nil }
        switch unsafe Int32(address.pointee.sa_family) {
        case AF_INET:
            let four = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self)
            self.init(
                ipv4: UInt32(bigEndian: four.sin_addr.s_addr),
                port: UInt16(bigEndian: four.sin_port))
        case AF_INET6:
            let six = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self)
            let halves = unsafe unsafeBitCast(six.sin6_addr, to: (UInt64, UInt64).self)
            let high = UInt64(bigEndian: halves.0)
            let low = UInt64(bigEndian: halves.1)
            let port = UInt16(bigEndian: six.sin6_port)
            if high == 0, low >> 32 == 0xFFFF {
                self.init(ipv4: UInt32(truncatingIfNeeded: low), port: port)
            } else {
                self.init(high: high, low: low, port: port, scope: six.sin6_scope_id)
            }
        default: return nil
        }
    }
}
