/// Which bytes may stand where in a URI that is put together from stored parts.
///
/// What a database holds may be anybody's: a byte that would end a line or a word of a message must
/// not pass.
public enum URIBytes {
    /// Whether a byte may stand in a line without ending a word of it.
    public static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte != 0x7f }

    /// Whether a byte may stand unescaped in the user part: `unreserved` and `user-unreserved` of
    /// RFC 3261 25.1.
    public static func isUserByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "!"),
            UInt8(ascii: "~"), UInt8(ascii: "*"), UInt8(ascii: "'"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "&"), UInt8(ascii: "="), UInt8(ascii: "+"),
            UInt8(ascii: "$"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "?"),
            UInt8(ascii: "/"):
            true
        default: false
        }
    }

    /// Whether a byte may stand in a host: a name, or an address with its brackets.
    public static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: false
        }
    }
}
