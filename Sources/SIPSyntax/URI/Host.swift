import Basics

/// The host of a URI or of Via: a name or an address.
public enum Host: Sendable, Hashable {
    /// A host name (RFC 3261 25.1 `hostname`).
    case name
    /// An IPv4 address in dotted decimal.
    case ipv4
    /// An IPv6 address in brackets.
    case ipv6

    /// What kind of host the bytes are; nil when they are none.
    ///
    /// What has no letter must be an IPv4 address, because the last label of a name starts with
    /// one.
    public static func kind(of bytes: Span<UInt8>) -> Host? {
        guard !bytes.isEmpty else { return nil }
        if bytes[0] == UInt8(ascii: "[") {
            guard bytes.count > 3, bytes[bytes.count - 1] == UInt8(ascii: "]") else { return nil }
            return PeerAddress.ipv6(bytes.extracting(1..<(bytes.count - 1))) == nil ? nil : .ipv6
        }
        if bytes[0] >= 48, bytes[0] <= 57, PeerAddress.ipv4(bytes) != nil { return .ipv4 }
        var previous = UInt8(ascii: ".")
        var hasLetter = false
        for place in bytes.indices {
            let byte = bytes[place]
            guard Alphabet.hostName.contains(byte) else { return nil }
            if byte <= UInt8(ascii: "."), !mayFollow(byte, previous) { return nil }
            if byte > UInt8(ascii: "9") { hasLetter = true }
            previous = byte
        }
        return hasLetter && previous != UInt8(ascii: "-") ? .name : nil
    }

    /// Labels are not empty and start and end with a letter or digit.
    private static func mayFollow(_ byte: UInt8, _ previous: UInt8) -> Bool {
        assert(byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-"))
        if previous == UInt8(ascii: ".") { return false }
        return byte == UInt8(ascii: "-") || previous != UInt8(ascii: "-")
    }
}
