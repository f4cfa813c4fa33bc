/// An IPv4 or IPv6 address with a port: where a message came from or goes to.
///
/// Trivially copyable, so that it travels with a message at no cost. IPv4 addresses are held in the
/// last four bytes; an IPv4-mapped IPv6 address is turned into IPv4 by whoever reads the socket.
public struct PeerAddress: Sendable, Hashable, BitwiseCopyable {
    /// The sixteen address bytes in network order, as two big-endian halves.
    public var high: UInt64
    /// The second half; for IPv4 its lower 32 bits are the address.
    public var low: UInt64
    /// Port in host order.
    public var port: UInt16
    /// Whether the address is an IPv6 one.
    public var isIPv6: Bool
    /// Interface index of a link-local IPv6 address, else 0.
    public var scope: UInt32

    /// An IPv4 address, given as a number in host order (127.0.0.1 is 0x7f000001).
    public init(ipv4: UInt32, port: UInt16) {
        high = 0
        low = UInt64(ipv4)
        self.port = port
        isIPv6 = false
        scope = 0
    }

    /// An IPv6 address.
    public init(high: UInt64, low: UInt64, port: UInt16, scope: UInt32 = 0) {
        self.high = high
        self.low = low
        self.port = port
        isIPv6 = true
        self.scope = scope
    }

    /// Whether it lies in 127.0.0.0/8 or is ::1.
    public var isLoopback: Bool {
        isIPv6 ? (high == 0 && low == 1) : (low >> 24 == 127)
    }

    /// Writes the address without its port; IPv6 in the short form of RFC 5952, without brackets.
    public func writeHost(into writer: inout ByteWriter) {
        guard isIPv6 else {
            for place in 0..<4 {
                writer.append(decimal: (low >> UInt64(24 - place * 8)) & 255)
                if place < 3 { writer.append(UInt8(ascii: ".")) }
            }
            return
        }
        let skip = longestZeroRun()
        var group = 0
        while group < 8 {
            if group == skip.start, skip.count > 1 {
                writer.append("::")
                group += skip.count
                continue
            }
            if group > 0, group != skip.start + skip.count || skip.count < 2 {
                writer.append(UInt8(ascii: ":"))
            }
            writer.append(hexadecimal: UInt64(self.group(group)))
            group += 1
        }
    }

    /// Writes host and port as a SIP URI has them: `127.0.0.1:5060` or `[::1]:5060`.
    public func write(into writer: inout ByteWriter) {
        if isIPv6 { writer.append(UInt8(ascii: "[")) }
        writeHost(into: &writer)
        if isIPv6 { writer.append(UInt8(ascii: "]")) }
        writer.append(UInt8(ascii: ":"))
        writer.append(decimal: port)
    }

    /// The address without its port as text.
    public var hostText: String {
        var writer = ByteWriter(capacity: 48)
        writeHost(into: &writer)
        return writer.text
    }

    /// Host and port as text.
    public var text: String {
        var writer = ByteWriter(capacity: 64)
        write(into: &writer)
        return writer.text
    }

    private func group(_ index: Int) -> UInt16 {
        assert(index >= 0 && index < 8)
        let half = index < 4 ? high : low
        return UInt16(truncatingIfNeeded: half >> UInt64((3 - index % 4) * 16))
    }

    private func longestZeroRun() -> (start: Int, count: Int) {
        var best = (start: -1, count: 0)
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, group(end) == 0 { end += 1 }
            if end - start > best.count { best = (start, end - start) }
            start = max(end, start + 1)
        }
        return best
    }
}
