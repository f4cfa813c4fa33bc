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
    /// What consists of digits and dots only must be an IPv4 address, because the last label of a
    /// name starts with a letter.
    public static func kind(of bytes: Span<UInt8>) -> Host? {
        guard !bytes.isEmpty else { return nil }
        if bytes[0] == UInt8(ascii: "[") {
            guard bytes.count > 3, bytes[bytes.count - 1] == UInt8(ascii: "]") else { return nil }
            return PeerAddress.ipv6(bytes.extracting(1..<(bytes.count - 1))) == nil ? nil : .ipv6
        }
        var label = 0
        var numeric = true
        for place in bytes.indices {
            let byte = bytes[place]
            if byte == UInt8(ascii: ".") {
                guard label > 0, bytes[place - 1] != UInt8(ascii: "-") else { return nil }
                label = 0
                continue
            }
            guard ByteSet.hostName.contains(byte) else { return nil }
            if label == 0, byte == UInt8(ascii: "-") { return nil }
            if byte < 48 || byte > 57 { numeric = false }
            label += 1
        }
        if numeric { return PeerAddress.ipv4(bytes) == nil ? nil : .ipv4 }
        return bytes[bytes.count - 1] == UInt8(ascii: "-") ? nil : .name
    }
}
