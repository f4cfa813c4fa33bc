public import Basics

/// How an address-of-record is made from a URI (RFC 3261 10.3 step 5 and usrloc's parameters).
public struct AddressRules: Sendable, Hashable {
    /// Whether the domain is part of it (`use_domain`).
    public var usesDomain = false
    /// Whether the case of the user part counts (`case_sensitive`).
    public var isCaseSensitive = false
    /// What is cut off the front of a domain (`realm_prefix`); empty for nothing.
    public var realmPrefix: [UInt8] = []

    /// The defaults of the modules' documentation.
    public init() {}
}

/// The canonical form of an address-of-record, in which bindings are filed.
public enum AddressOfRecord {
    /// Writes the canonical form behind what `writer` holds.
    ///
    /// The user part is unescaped; without `usesDomain` it is all there is. Letters are lowered,
    /// except in the user part when its case counts. Port and parameters never take part.
    ///
    /// - Parameters:
    ///   - user: The user part as the URI spells it, empty when it has none.
    ///   - host: The host part.
    ///   - rules: The settings.
    ///   - writer: Where to write to.
    /// - Returns: False, with nothing written, when an escape is malformed or the result is longer
    ///   than `Limits.aorBytesMax`.
    public static func write(
        user: Span<UInt8>, host: Span<UInt8>, rules: borrowing AddressRules,
        into writer: inout ByteWriter
    ) -> Bool {
        let start = writer.count
        let keepsCase = rules.isCaseSensitive && !user.isEmpty
        guard writeUser(user, keepsCase: keepsCase, into: &writer) else {
            writer.truncate(to: start)
            return false
        }
        if rules.usesDomain {
            if !user.isEmpty { writer.append(UInt8(ascii: "@")) }
            writeHost(host, rules.realmPrefix, into: &writer)
        }
        guard writer.count - start <= Limits.aorBytesMax else {
            writer.truncate(to: start)
            return false
        }
        assert(writer.count >= start)
        return true
    }

    private static func writeUser(
        _ user: Span<UInt8>, keepsCase: Bool, into writer: inout ByteWriter
    ) -> Bool {
        guard user.count <= Limits.aorBytesMax * 3 else { return false }
        var place = 0
        while place < user.count {
            var byte = user[place]
            place += 1
            if byte == UInt8(ascii: "%") {
                guard user.count - place >= 2, let high = digit(user[place]),
                    let low = digit(user[place + 1])
                else { return false }
                byte = high << 4 | low
                place += 2
            }
            writer.append(keepsCase ? byte : lowered(byte))
        }
        assert(place == user.count)
        return true
    }

    private static func writeHost(
        _ host: Span<UInt8>, _ prefix: [UInt8], into writer: inout ByteWriter
    ) {
        var start = 0
        // Only a proper prefix: something must be left.
        if !prefix.isEmpty, host.count > prefix.count {
            var place = 0
            while place < prefix.count, lowered(host[place]) == lowered(prefix[place]) {
                place += 1
            }
            if place == prefix.count { start = place }
        }
        assert(start == 0 || start < host.count)
        for place in start..<host.count { writer.append(lowered(host[place])) }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 87
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 55
        default: nil
        }
    }
}
