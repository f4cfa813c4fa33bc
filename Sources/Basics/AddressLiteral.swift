/// Reading IP addresses in text form, strictly, from bytes.
extension PeerAddress {
    /// Reads an IPv4 address in dotted decimal or an IPv6 address, with or without brackets.
    ///
    /// Nil for anything else, host names among it. IPv4-mapped IPv6 addresses become IPv4, as they
    /// do when a socket is read. Zone identifiers are refused.
    public init?(literal bytes: Span<UInt8>, port: UInt16) {
        var bytes = bytes
        if !bytes.isEmpty, bytes[0] == UInt8(ascii: "[") {
            guard bytes.count > 2, bytes[bytes.count - 1] == UInt8(ascii: "]") else { return nil }
            bytes = bytes.extracting(1..<(bytes.count - 1))
            guard bytes.indices.contains(where: { bytes[$0] == UInt8(ascii: ":") }) else {
                return nil
            }
        }
        if let address = Self.ipv4(bytes) {
            self.init(ipv4: address, port: port)
        } else if let (high, low) = Self.ipv6(bytes) {
            if high == 0, low >> 32 == 0xffff {
                self.init(ipv4: UInt32(truncatingIfNeeded: low), port: port)
            } else {
                self.init(high: high, low: low, port: port)
            }
        } else {
            return nil
        }
    }

    /// The number of an IPv4 address in dotted decimal, nil when it is none.
    ///
    /// Leading zeros are accepted and decimal, as RFC 3261 25.1 allows up to three digits.
    public static func ipv4(_ bytes: Span<UInt8>) -> UInt32? {
        guard bytes.count >= 7, bytes.count <= 15 else { return nil }
        var cursor = Cursor(bytes)
        return ipv4(&cursor).flatMap { cursor.isAtEnd ? $0 : nil }
    }

    /// The two halves of an IPv6 address, nil when it is none.
    public static func ipv6(_ bytes: Span<UInt8>) -> (high: UInt64, low: UInt64)? {
        guard bytes.count >= 2, bytes.count <= 45 else { return nil }
        var cursor = Cursor(bytes)
        var groups = IPv6Groups()
        if cursor.current == UInt8(ascii: ":") {
            guard cursor.peek(1) == UInt8(ascii: ":") else { return nil }
            cursor.advance(2)
            groups.markGap()
            if cursor.isAtEnd { return groups.halves }
        }
        while true {
            guard groups.read(&cursor) else { return nil }
            if cursor.isAtEnd { return groups.halves }
            guard cursor.take(UInt8(ascii: ":")) else { return nil }
            if cursor.take(UInt8(ascii: ":")) {
                guard groups.markGap() else { return nil }
                if cursor.isAtEnd { return groups.halves }
            }
        }
    }

    /// Reads dotted decimal at a cursor.
    fileprivate static func ipv4(_ cursor: inout Cursor) -> UInt32? {
        var address: UInt32 = 0
        for place in 0..<4 {
            if place > 0 { guard cursor.take(UInt8(ascii: ".")) else { return nil } }
            let start = cursor.position
            guard let value = cursor.decimal(upTo: 255), cursor.position - start <= 3 else {
                return nil
            }
            address = address << 8 | UInt32(truncatingIfNeeded: value)
        }
        return address
    }
}

/// The groups of an IPv6 address while it is read, and where `::` stood.
private struct IPv6Groups {
    private var values = InlineArray<8, UInt16>(repeating: 0)
    private var count = 0
    private var gap = -1

    /// Notes `::`; false when there was one before.
    @discardableResult
    mutating func markGap() -> Bool {
        guard gap < 0 else { return false }
        gap = count
        return true
    }

    /// Reads one group, or the dotted decimal that may stand for the last two.
    mutating func read(_ cursor: inout Cursor) -> Bool {
        guard count < 8 else { return false }
        let start = cursor.position
        var value: UInt32 = 0
        while let byte = cursor.current, let digit = hexadecimal(byte) {
            guard cursor.position - start < 4 else { return false }
            value = value << 4 | UInt32(digit)
            cursor.advance()
        }
        guard cursor.position > start else { return false }
        if cursor.current == UInt8(ascii: ".") {
            cursor.move(to: start)
            guard count < 7, let address = PeerAddress.ipv4(&cursor), cursor.isAtEnd else {
                return false
            }
            push(UInt16(truncatingIfNeeded: address >> 16))
            push(UInt16(truncatingIfNeeded: address))
        } else {
            push(UInt16(truncatingIfNeeded: value))
        }
        return true
    }

    /// The address, nil when groups are missing or `::` stands for none.
    var halves: (high: UInt64, low: UInt64)? {
        guard gap < 0 ? count == 8 : count < 8 else { return nil }
        let missing = 8 - count
        var high: UInt64 = 0
        var low: UInt64 = 0
        for place in 0..<8 {
            var value: UInt64 = 0
            if gap < 0 || place < gap {
                value = UInt64(values[place])
            } else if place >= gap + missing {
                value = UInt64(values[place - missing])
            }
            if place < 4 { high = high << 16 | value } else { low = low << 16 | value }
        }
        return (high, low)
    }

    private mutating func push(_ value: UInt16) {
        precondition(count < 8)
        values[count] = value
        count += 1
    }
}

/// The value of a hexadecimal digit, nil for other bytes.
public func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
}
