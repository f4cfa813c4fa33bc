internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// `{nameaddr.…}` and `{tobody.…}`: addresses with a display name.
extension Transformations {
    /// All of both classes.
    static var addresses: [TransformationRow] { nameAddresses + taggedAddresses }

    /// `nameaddr` takes what comes, as scripts apply it to text of all kinds.
    private static var nameAddresses: [TransformationRow] {
        [
            .part("nameaddr.name", "What stands before the <, quotes and blanks included.") {
                bytes, _, _ in
                guard !bytes.isEmpty else { return nil }
                return bytes.range(0, openBracket(bytes) ?? 0)
            },
            .part("nameaddr.uri", "The URI within < >, or the whole text.") { bytes, _, _ in
                guard !bytes.isEmpty else { return nil }
                guard let open = openBracket(bytes) else { return bytes.wholeRange }
                let close = bytes.place(of: Int(UInt8(ascii: ">")), from: open)
                return bytes.range(open + 1, close ?? bytes.count)
            },
            .number("nameaddr.len", "Length of name and URI in bytes, without parameters.") {
                bytes, _, _ in
                guard !bytes.isEmpty else { return nil }
                guard let open = openBracket(bytes) else { return bytes.count }
                return bytes.place(of: Int(UInt8(ascii: ">")), from: open).map { $0 + 1 } ?? 0
            },
        ]
    }

    /// The place of the `<` that opens the URI; those in a quoted name do not count.
    private static func openBracket(_ bytes: Span<UInt8>) -> Int? {
        var isQuoted = false
        var place = 0
        while place < bytes.count {
            switch bytes[place] {
            case 0x5c where isQuoted: place += 1
            case 0x22: isQuoted.toggle()
            case 0x3c where !isQuoted: return place
            default: break
            }
            place += 1
        }
        return nil
    }

    /// `tobody` reads what From and To may hold (RFC 3261 20.20), and nothing else.
    private static var taggedAddresses: [TransformationRow] {
        [
            tagged("tobody.uri", "URI.") { address, _ in address.uri },
            tagged("tobody.tag", "Tag.") { address, _ in address.tag },
            tagged("tobody.display", "Display name, with its quotes.") { address, _ in
                address.displayName
            },
            tagged("tobody.params", "All parameters.") { address, bytes in
                // They are delimited from the first semicolon on, which blanks may surround.
                var start = address.parameters.start
                let end = address.parameters.end
                while start < end, bytes[start] != UInt8(ascii: ";") { start += 1 }
                start += 1
                while start < end, bytes[start] == 32 || bytes[start] == 9 { start += 1 }
                return bytes.range(start, end)
            },
            taggedURI("tobody.user", "User of the URI.") { $0.user },
            taggedURI("tobody.host", "Host of the URI.") { $0.host },
        ]
    }

    private static func tagged(
        _ name: String, _ summary: String,
        _ find: @escaping @Sendable (TaggedAddress, Span<UInt8>) -> ByteRange?
    ) -> TransformationRow {
        .part(name, summary) { bytes, _, _ in
            guard let address = try? TaggedAddress(parsing: bytes, in: bytes.wholeRange),
                (try? SIPURI(parsing: bytes, in: address.uri)) != nil
            else { return nil }
            guard let range = find(address, bytes), range.end <= bytes.count else {
                return .empty
            }
            return range
        }
    }

    private static func taggedURI(
        _ name: String, _ summary: String, _ find: @escaping @Sendable (SIPURI) -> ByteRange?
    ) -> TransformationRow {
        .part(name, summary) { bytes, _, _ in
            guard let address = try? TaggedAddress(parsing: bytes, in: bytes.wholeRange),
                let uri = try? SIPURI(parsing: bytes, in: address.uri)
            else { return nil }
            return find(uri) ?? .empty
        }
    }
}
