public import Basics

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

    /// Writes a text with every other byte than those that may stand as they are escaped.
    public static func write(
        _ text: Span<UInt8>, where isPlain: (UInt8) -> Bool, into writer: inout ByteWriter
    ) {
        for place in text.indices {
            let byte = text[place]
            if isPlain(byte) {
                writer.append(byte)
            } else {
                writer.append(UInt8(ascii: "%"))
                writer.append(hexadecimal: UInt64(byte), width: 2)
            }
        }
    }

    /// Writes an AoR as the address of a SIP URI, cut at its last `@` as its columns are.
    ///
    /// An AoR is kept unescaped, and a row of the database holds what its writer liked: so it is
    /// escaped again. Where an AoR has no domain, `domain` stands for it.
    public static func write(
        aor: Span<UInt8>, hasDomain: Bool, domain: String, into writer: inout ByteWriter
    ) {
        assert(hasDomain || !domain.isEmpty, "an address needs a host")
        var at = hasDomain ? aor.count - 1 : aor.count
        while hasDomain, at >= 0, aor[at] != UInt8(ascii: "@") { at -= 1 }
        if at > 0 {
            write(aor.extracting(first: at), where: isUserByte, into: &writer)
            writer.append(UInt8(ascii: "@"))
        }
        if hasDomain {
            write(aor.extracting(last: aor.count - at - 1), where: isHostByte, into: &writer)
        } else {
            writer.append(domain)
        }
    }
}
