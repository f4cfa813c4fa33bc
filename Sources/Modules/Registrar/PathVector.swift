import Basics
import Locations
import SIPSyntax

/// The Path of a REGISTER: the proxies that requests to the contact have to pass (RFC 3327 5.3).
struct PathVector {
    /// All values of all Path fields, separated by commas.
    let text: TextPlace
    /// The parameter `received` of the first URI, unescaped, as a URI; empty without one.
    private(set) var received = TextPlace.none

    /// Reads the Path of a message, which must have one.
    ///
    /// Each value must be an address in `< >`, and the first a loose router, since it becomes the
    /// first Route (RFC 3261 16.12). One field in one line is used where it stands; others are
    /// joined in `scratch`.
    init(
        _ message: borrowing SIPMessage, wantsReceived: Bool, _ scratch: inout ByteWriter
    ) throws(RegistrarFailure) {
        var entries = message.routes(.path)
        var first: SIPURI?
        while let entry = try Self.next(&entries) {
            let uri = try Self.uri(entry, message)
            if first == nil { first = uri }
        }
        guard let first, first.parameter("lr", in: message.bytes) != nil else { throw .pathParse }
        text = try Self.join(message, &scratch)
        guard wantsReceived, let value = first.parameter("received", in: message.bytes)?.value
        else { return }
        received = try Self.writeReceived(message[value], &scratch)
    }

    /// Whether the first URI shows that the proxy nearest to the client supports flows
    /// (RFC 5626 5.1).
    static func isOutbound(_ message: borrowing SIPMessage) throws(RegistrarFailure) -> Bool {
        var entries = message.routes(.path)
        guard let entry = try next(&entries) else { return false }
        return try uri(entry, message).parameter("ob", in: message.bytes) != nil
    }

    // MARK: Parts

    private static func next(
        _ entries: inout RouteEntries
    ) throws(RegistrarFailure) -> RouteEntry? {
        do throws(SyntaxError) { return try entries.next() } catch { throw .pathParse }
    }

    private static func uri(
        _ entry: RouteEntry, _ message: borrowing SIPMessage
    ) throws(RegistrarFailure) -> SIPURI {
        do throws(SyntaxError) {
            let uri = try SIPURI(parsing: message.bytes, in: entry.uri)
            guard uri.isSIP else { throw SyntaxError(.scheme, offset: entry.uri.start, "Path") }
            return uri
        } catch {
            throw .pathParse
        }
    }

    /// All values as one text.
    private static func join(
        _ message: borrowing SIPMessage, _ scratch: inout ByteWriter
    ) throws(RegistrarFailure) -> TextPlace {
        let place: TextPlace
        if message.fieldCount(.path) == 1, let value = message.header(.path),
            !isFolded(message[value])
        {
            place = .message(value)
        } else {
            let start = scratch.count
            var number = message.firstField(.path)
            while let field = number {
                if scratch.count > start { scratch.append(UInt8(ascii: ",")) }
                message.writeValue(ofField: field, into: &scratch)
                number = message.nextField(after: field)
            }
            place = .scratch(ByteRange(offset: start, count: scratch.count - start))
        }
        guard place.range.count <= Limits.pathBytesMax else { throw .pathTooLong }
        return place
    }

    private static func isFolded(_ value: Span<UInt8>) -> Bool {
        for place in value.indices where value[place] == 13 || value[place] == 10 { return true }
        return false
    }

    /// Writes the URI of a `received`, which is an escaped URI or `address~port~number`.
    ///
    /// It is shown to clients within quotes and used as a destination, so it must be a URI.
    private static func writeReceived(
        _ value: Span<UInt8>, _ scratch: inout ByteWriter
    ) throws(RegistrarFailure) -> TextPlace {
        let start = scratch.count
        EscapedText.write(value, into: &scratch)
        let short = NumberedAddress(parsing: scratch.span.extracting(droppingFirst: start))
        if let short {
            scratch.truncate(to: start)
            short.writeURI(into: &scratch)
        }
        let range = ByteRange(offset: start, count: scratch.count - start)
        guard range.count <= Limits.receivedBytesMax else { throw .contactTooLong }
        do throws(SyntaxError) {
            guard try SIPURI(parsing: scratch.span, in: range).isSIP else {
                throw SyntaxError(
                    .scheme, offset: start, "received")
            }
        } catch {
            throw .pathParse
        }
        return .scratch(range)
    }
}
