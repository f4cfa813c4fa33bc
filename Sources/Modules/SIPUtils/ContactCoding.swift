internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// Writing the URI of a contact into the user part or a parameter of another, and back.
struct ContactCoding {
    /// What stands between the parts: parameter `contact_flds_separator`.
    let separator: UInt8

    /// `sip:user:password@ip:port;transport=protocol` as
    /// `sip:prefix*user*password*ip*port*protocol@host`; other parameters are lost.
    func encode(_ uri: [UInt8], prefix: [UInt8], host: [UInt8]) -> [UInt8]? {
        guard let parsed = try? SIPURI(parsing: uri.span), parsed.isSIP else { return nil }
        var parts: [[UInt8]] = [prefix]
        parts.append(parsed.user.map { Array(uri[$0.indices]) } ?? [])
        parts.append(parsed.password.map { Array(uri[$0.indices]) } ?? [])
        parts.append(Array(uri[parsed.host.indices]))
        parts.append(parsed.port.map { Array(String($0).utf8) } ?? [])
        // The only parameter that says how to reach the contact; the others are lost, as
        // documented.
        let transport = parsed.parameter("transport", in: uri.span)?.value
        parts.append(transport.map { Array(uri[$0.indices]) } ?? [])
        // A part that holds the separator could not be read back.
        guard parts.allSatisfy({ !$0.contains(separator) }) else { return nil }
        let user = parts.joined(separator: [separator])
        return Array("sip:".utf8) + user + Array("@".utf8) + host
    }

    /// The way back; nil for what is no encoded URI.
    func decode(_ uri: [UInt8]) -> [UInt8]? {
        guard let parsed = try? SIPURI(parsing: uri.span), parsed.isSIP, let user = parsed.user
        else { return nil }
        // A `:` in the prefix would have made the rest a password.
        let text = uri[user.start..<(parsed.password?.end ?? user.end)]
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        // Without an address there is nowhere to send to.
        guard parts.count == 6, !parts[3].isEmpty else { return nil }
        var result = Array("sip:".utf8)
        if !parts[1].isEmpty {
            result += parts[1]
            if !parts[2].isEmpty { result += Array(":".utf8) + parts[2] }
            result += Array("@".utf8)
        }
        result += parts[3]
        if !parts[4].isEmpty { result += Array(":".utf8) + parts[4] }
        if !parts[5].isEmpty { result += Array(";transport=".utf8) + parts[5] }
        // The user part came from a stranger: what is put together of it must be a URI again.
        return (try? SIPURI(parsing: result.span)) == nil ? nil : result
    }

    /// Changes the URI of each contact of the message; -1 without contacts, or when one cannot be
    /// changed.
    static func changeContacts(
        _ context: ScriptContext, _ change: ([UInt8]) -> [UInt8]?
    ) -> Int {
        guard let uris = contactURIs(context), !uris.isEmpty else { return -1 }
        // All or none: a message with one contact changed and the next not would mislead the peer.
        var changed: [(ByteRange, [UInt8])] = []
        for range in uris {
            guard let uri = change(context.bytes(of: .message(range))) else { return -1 }
            changed.append((range, uri))
        }
        for (range, uri) in changed where !context.edits.override(range, with: uri) { return -1 }
        return 1
    }

    /// Where the URIs of the contacts are; nil when one is malformed.
    private static func contactURIs(_ context: ScriptContext) -> [ByteRange]? {
        context.withMessage { message in
            var contacts = message.contacts
            var uris: [ByteRange] = []
            do throws(SyntaxError) {
                while uris.count < Limits.contactsPerRequestMax, let contact = try contacts.next() {
                    if !contact.isStar { uris.append(contact.uri) }
                }
            } catch {
                return nil
            }
            return uris
        }
    }
}

/// Base64 for URLs without padding (RFC 4648 5): all of its characters may stand in a parameter.
enum URLBase64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The text of bytes.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        var place = 0
        while place < bytes.count {
            let count = min(3, bytes.count - place)
            var word = 0
            for index in 0..<3 {
                word = word << 8 | (index < count ? Int(bytes[place + index]) : 0)
            }
            for index in 0...count { text.append(alphabet[word >> (18 - index * 6) & 63]) }
            place += 3
        }
        return text
    }

    /// The bytes of a text; nil for what is none.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var word = 0
        var bits = 0
        for character in text where character != UInt8(ascii: "=") {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            // Only the bits that are not written yet matter; the mask keeps the number small.
            word = (word << 6 | value) & 0xffff
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> bits))
            }
        }
        // A single character left over carries six bits, which are no byte (RFC 4648 4).
        return bits == 6 ? nil : bytes
    }
}
