import Basics
import SIPSyntax

/// Reads bytes as everything that SIP syntax knows and checks what must hold whatever they are.
///
/// The fuzzer and the tests call it. It traps when a parser does, when a range lies outside of its
/// message, or when what the server would write cannot be read.
public enum SIPFuzz {
    /// Loads, checks and parses a datagram, answers it, and cuts it as a stream.
    public static func run(_ bytes: Span<UInt8>) {
        // Little room at first, so that growing is part of every run.
        var message = SIPMessage(capacity: 64)
        let verdict = message.receive(bytes)
        checkFields(message)
        parseAll(message)
        answer(message, verdict)
        frame(bytes, piece: 7)
        parseAlone(bytes)
    }

    /// Every range lies within the message, and the fields lie one behind the other.
    private static func checkFields(_ message: borrowing SIPMessage) {
        let all = message.bytes.count
        // Fields never overlap: a parser that took bytes of its neighbour would be an injection.
        var end = message.headers.start
        for number in 0..<message.headerCount {
            let field = message.field(number)
            precondition(field.line.start >= end && field.line.end <= all)
            precondition(field.nameRange.start == field.line.start)
            precondition(field.value.start >= field.nameRange.end)
            precondition(field.value.end <= field.line.end)
            end = field.line.end
            checkName(message, field, number)
        }
        for range in [
            message.methodRange, message.requestURI, message.versionRange, message.reason,
            message.body, message.headers,
        ] {
            precondition(range.end <= all, "a range outside of the message")
        }
        precondition(message.body.start >= message.headers.end || message.headerCount == 0)
    }

    /// A field is found again by its name.
    private static func checkName(
        _ message: borrowing SIPMessage, _ field: HeaderField, _ number: Int
    ) {
        var found = message.firstField(named: message[field.nameRange])
        while let place = found, place < number {
            found = message.nextField(named: message[field.nameRange], after: place)
        }
        // A script that walks fields by name must meet each of them, and each once.
        precondition(found == number, "a field that its name does not find")
    }

    /// Parses every header field as every kind there is.
    private static func parseAll(_ message: borrowing SIPMessage) {
        let bytes = message.bytes
        // Also names that no field of this message has: an empty walk must end at once.
        for name in HeaderName.allCases where name != .other {
            var values = message.values(name)
            while let value = values.next() {
                precondition(!value.isEmpty && value.end <= bytes.count)
                parse(bytes, value)
            }
        }
        for number in 0..<message.headerCount { parse(bytes, message.field(number).value) }
        attempt { () throws(SyntaxError) in
            var vias = message.vias
            while let via = try vias.next() { check(via, bytes) }
        }
        attempt { () throws(SyntaxError) in
            var contacts = message.contacts
            while let contact = try contacts.next() { check(contact, bytes) }
        }
        for name in [HeaderName.route, .recordRoute, .path, .serviceRoute] {
            attempt { () throws(SyntaxError) in
                var routes = message.routes(name)
                while let entry = try routes.next() { precondition(entry.whole.end <= bytes.count) }
            }
        }
        _ = (message.allow, message.expires, message.maxForwards, message.supports("path"))
        attempt { () throws(SyntaxError) in _ = try message.contentType }
        attempt { () throws(SyntaxError) in _ = try message.event }
    }

    /// Reads one value as every kind of header field, whatever its name says.
    ///
    /// Parsers are called with values that were not meant for them, because a script can do so too:
    /// each must refuse or accept by itself, without what another one has checked before.
    private static func parse(_ bytes: Span<UInt8>, _ value: ByteRange) {
        attempt { () throws(SyntaxError) in check(try Via(parsing: bytes, in: value), bytes) }
        attempt { () throws(SyntaxError) in check(try Contact(parsing: bytes, in: value), bytes) }
        attempt { () throws(SyntaxError) in
            let found = try TaggedAddress(parsing: bytes, in: value)
            precondition(found.uri.end <= value.end && found.parameters.end <= value.end)
            precondition(found.uri.start >= value.start)
        }
        attempt { () throws(SyntaxError) in _ = try RouteEntry(parsing: bytes, in: value) }
        attempt { () throws(SyntaxError) in
            let cSeq = try CSeq(parsing: bytes, in: value)
            precondition(cSeq.number < 1 << 31)
        }
        attempt { () throws(SyntaxError) in _ = try MediaType(parsing: bytes, in: value) }
        attempt { () throws(SyntaxError) in _ = try Event(parsing: bytes, in: value) }
        check(uri: bytes, value)
        _ = CallID.isValid(bytes.part(value))
        _ = MethodSet(list: bytes.part(value))
        _ = SIPDate.read(bytes.part(value))
    }

    /// The parts of a Via lie within it, and a Via that was accepted has what answers need.
    private static func check(_ via: Via, _ bytes: Span<UInt8>) {
        precondition(via.whole.end <= bytes.count && via.host.end <= via.whole.end)
        precondition(via.parameters.end == via.whole.end)
        precondition(!via.transport.isEmpty && !via.host.isEmpty)
        _ = (via.hasMagicCookie(in: bytes), via.transportProtocol(in: bytes))
    }

    /// The parts of a Contact lie within it, and q has at most three decimals (RFC 3261 25.1).
    private static func check(_ contact: Contact, _ bytes: Span<UInt8>) {
        precondition(contact.whole.end <= bytes.count && contact.uri.end <= contact.whole.end)
        if let q = contact.q.number { precondition(q <= 1000) }
        for part in [contact.instance, contact.methods, contact.received] {
            if let part { precondition(part.end <= contact.whole.end) }
        }
        if !contact.isStar { check(uri: bytes, contact.uri) }
    }

    /// A URI equals itself, and its parts lie within it.
    private static func check(uri bytes: Span<UInt8>, _ range: ByteRange) {
        attempt { () throws(SyntaxError) in
            let uri = try SIPURI(parsing: bytes, in: range)
            // Binding look-ups rely on it: a contact that is not itself could never be refreshed.
            precondition(SIPURI.areEquivalent(uri, in: bytes, uri, in: bytes))
            precondition(uri.host.end <= range.end && uri.parameters.end <= range.end)
            precondition(uri.userAndHost.end <= range.end && uri.headers.end <= range.end)
            var pairs = uri.parameterPairs(in: bytes)
            while let pair = pairs.next() { precondition(!pair.name.isEmpty) }
            _ = uri.transport(in: bytes)
            // Resolving escapes only ever shortens, so no limit on length can be got around by it.
            var plain = ByteWriter(capacity: 64)
            if let user = uri.user { EscapedText.write(bytes.part(user), into: &plain) }
            precondition(plain.count <= Int(range.count))
        }
    }

    /// The answer to a request is a response that can be read, and has the same Call-ID.
    private static func answer(_ message: borrowing SIPMessage, _ verdict: Verdict) {
        // A response is never answered, or two servers could do so for ever (RFC 3261 17).
        guard message.kind == .request, message.canBeAnswered else { return }
        let source = PeerAddress(ipv4: 0x7f00_0001, port: 5060)
        let origin = Origin(transport: .udp, socket: .none, source: source)
        _ = ReplyRoute.destination(for: message, from: origin)
        // A fixed tag, so that a run depends on nothing but its input.
        let tag = InlineArray<3, UInt8>(repeating: 97)
        var writer = ByteWriter(capacity: 64)
        if case .refuse(let error) = verdict {
            ReplyWriter.refuse(
                error, to: message, from: origin, toTag: tag.span, server: tag.span, into: &writer)
            return
        }
        ReplyWriter.begin(200, to: message, from: origin, toTag: tag.span, into: &writer)
        writer.finishMessage()
        guard case .accept = verdict else { return }
        var reply = SIPMessage(capacity: 64)
        let again = reply.receive(writer.span)
        // Only its length can stop an answer of ours: it gets the tag and `received` on top.
        if case .drop(let error) = again { precondition(error.kind == .tooLarge, "\(error)") }
        // Call-ID is compared byte by byte (RFC 3261 8.1.1.4), so it comes back byte by byte.
        if case .accept = again, let one = message.callID, let two = reply.callID {
            precondition(message[one].equals(reply[two]))
        }
    }

    /// A stream yields no more than came in, in whatever pieces it comes.
    private static func frame(_ bytes: Span<UInt8>, piece: Int) {
        // Pieces of odd length put every border of the grammar into some border of a read.
        var framer = StreamFramer(capacity: 16)
        var start = 0
        var yielded = 0
        while start < bytes.count {
            let end = min(start + piece, bytes.count)
            framer.append(bytes.extracting(start..<end))
            start = end
            loop: while true {
                switch framer.next() {
                case .wait: break loop
                case .message(let range): yielded += framer[range].count
                // A ping is two line ends, which is four bytes of the input (RFC 5626 4.4.1).
                case .pong: yielded += 4
                case .fail: return
                }
            }
        }
        precondition(yielded <= bytes.count)
    }

    /// The bytes themselves as a URI, a host and an address.
    private static func parseAlone(_ bytes: Span<UInt8>) {
        let all = ByteRange(offset: 0, count: bytes.count)
        check(uri: bytes, all)
        _ = Host.kind(of: bytes)
        // An address that can be read can be written, and reads as the same one.
        if let address = PeerAddress(literal: bytes, port: 1) {
            var writer = ByteWriter(capacity: 64)
            address.writeHost(into: &writer)
            precondition(PeerAddress(literal: writer.span, port: 1) == address)
        }
        _ = SIPDate.read(bytes)
    }

    /// Calls something that may find the bytes malformed.
    private static func attempt(_ body: () throws(SyntaxError) -> Void) {
        do throws(SyntaxError) { try body() } catch { precondition(error.offset >= 0) }
    }
}
