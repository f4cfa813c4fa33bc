internal import Basics
internal import SIPSyntax

/// Reads who is meant from URIs.
enum AddressReader {
    /// Copies user and host of a SIP URI behind what `names` holds.
    ///
    /// The user part is written in one form whatever is escaped in it (RFC 3261 19.1.4), so that
    /// one presentity has one name. Port and parameters are left out.
    static func copy(
        _ uri: SIPURI, of bytes: Span<UInt8>, into names: inout ByteWriter
    ) throws(RequestFailure) -> NamePlace {
        guard uri.isSIP else { throw .unsupportedScheme }
        var place = NamePlace()
        if let user = uri.user {
            let start = names.count
            write(user: bytes.part(user), into: &names)
            place.user = ByteRange(offset: start, count: names.count - start)
        }
        let start = names.count
        names.append(bytes.part(uri.host))
        place.host = ByteRange(offset: start, count: names.count - start)
        return place
    }

    /// The same of a URI that is read first.
    static func copy(
        uri bytes: Span<UInt8>, into names: inout ByteWriter
    ) throws(RequestFailure) -> NamePlace {
        let uri: SIPURI
        do throws(SyntaxError) { uri = try SIPURI(parsing: bytes) } catch { throw .badRequest }
        return try copy(uri, of: bytes, into: &names)
    }

    private static func write(user: Span<UInt8>, into names: inout ByteWriter) {
        var hasEscapes = false
        for place in user.indices where user[place] == UInt8(ascii: "%") { hasEscapes = true }
        guard hasEscapes else { return names.append(user) }
        var plain = ByteWriter(capacity: user.count)
        EscapedText.write(user, into: &plain)
        EscapedText.writeEscaped(
            plain.span, isAllowed: { URIBytes.isUserByte($0) }, into: &names)
    }
}
