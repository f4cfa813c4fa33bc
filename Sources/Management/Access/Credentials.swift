/// What a request presents in its Authorization field (RFC 7617, RFC 6750).
enum Credentials: Equatable {
    /// A name and a password.
    case password(user: String, password: [UInt8])
    /// A bearer token.
    case token([UInt8])

    /// Reads the value of the field; nil for what is neither.
    init?(field: String) {
        let words = field.split(separator: " ", maxSplits: 1)
        guard words.count == 2 else { return nil }
        let value = words[1].drop { $0 == " " }
        switch words[0].lowercased() {
        case "bearer": self = .token(Array(value.utf8))
        case "basic":
            guard let bytes = Self.decode(Array(value.utf8)),
                let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
            else { return nil }
            self = .password(
                user: String(decoding: bytes[..<colon], as: UTF8.self),
                password: Array(bytes[(colon + 1)...]))
        default: return nil
        }
    }

    /// Base64 with padding (RFC 4648 4), strictly; nil for anything else.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let digits = text.prefix { $0 != UInt8(ascii: "=") }
        guard text.count - digits.count <= 2,
            text[digits.count...].allSatisfy({ $0 == UInt8(ascii: "=") })
        else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in digits {
            guard let value = digit(byte) else { return nil }
            bits = bits << 6 | value
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - 65)
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - 71)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte + 4)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
