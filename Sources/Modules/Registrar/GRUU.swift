import Basics
import Locations
import SIPSyntax

/// What kind of globally routable user agent URI a URI is (RFC 5627 3).
///
/// A public one is the AoR with the instance as `gr`; a temporary one has a bare `gr` and a user
/// part that says nothing to strangers: the unique name of the binding and a hash. To find what a
/// request for one is meant for, read the URI, then ask `LocationTable.lookUp` by AoR and
/// `matches`, or by `ruid`.
enum GRUU: Equatable {
    /// No GRUU: the URI has no parameter `gr`.
    case none
    /// A public one; its instance, escaped as sent.
    case publicOne(instance: ByteRange)
    /// A temporary one; the unique name of its binding.
    case temporary(ruid: ByteRange)
    /// It has a `gr` that is neither.
    case malformed

    /// Reads a URI within `bytes`.
    init(_ uri: SIPURI, in bytes: Span<UInt8>) {
        // Nearly every URI has no parameters, and is done with here.
        guard !uri.parameters.isEmpty, uri.isSIP, let gr = uri.parameter("gr", in: bytes) else {
            self = .none
            return
        }
        if let instance = gr.value {
            self = instance.isEmpty ? .malformed : .publicOne(instance: instance)
            return
        }
        guard let user = uri.user, let ruid = Self.ruid(of: user, in: bytes) else {
            self = .malformed
            return
        }
        self = .temporary(ruid: ruid)
    }

    /// What stands before the last `-` of the user part; behind it is the hash, which proves
    /// nothing and is not looked at, so that GRUUs stay good when the server starts again.
    private static func ruid(of user: ByteRange, in bytes: Span<UInt8>) -> ByteRange? {
        var end = user.end
        while end > user.start, bytes[end - 1] != UInt8(ascii: "-") { end -= 1 }
        let count = end - 1 - user.start
        guard count > 0, count <= Limits.ruidBytesMax else { return nil }
        return ByteRange(offset: user.start, count: count)
    }

    /// Whether the instance of a public GRUU, escaped as sent, is that of a binding.
    ///
    /// URNs of the kinds that phones have are compared without regard to case (RFC 8141 3.1), and
    /// so are the values of URI parameters (RFC 3261 19.1.4).
    static func matches(_ instance: Span<UInt8>, _ binding: borrowing BindingView) -> Bool {
        let stored = withoutBrackets(binding.instance)
        guard !stored.isEmpty else { return false }
        var place = 0
        for position in stored.indices {
            guard let byte = unescaped(instance, &place),
                lowered(byte) == lowered(stored[position])
            else { return false }
        }
        return place == instance.count
    }

    /// The next byte of an escaped text; nil at its end.
    private static func unescaped(_ text: Span<UInt8>, _ place: inout Int) -> UInt8? {
        guard place < text.count else { return nil }
        let byte = text[place]
        place += 1
        guard byte == UInt8(ascii: "%"), place + 1 < text.count,
            let high = hexadecimal(text[place]), let low = hexadecimal(text[place + 1])
        else { return byte }
        place += 2
        return high << 4 | low
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}

/// The AoR as its GRUUs spell it, kept by a worker from the request to the reply.
///
/// User part and host are those of the request, because the case of a user part counts and phones
/// compare; the public GRUU is the AoR with a `gr` (RFC 5627 5.4). Port and parameters are left
/// out.
final class GRUUName {
    private var text = ByteWriter(capacity: 128)
    private var hostStart = 0
    private var hash: UInt32 = 0

    /// Takes over the URI of an AoR.
    func take(_ uri: SIPURI, in bytes: Span<UInt8>) {
        text.removeAll()
        if let user = uri.user, !user.isEmpty {
            text.append(bytes.part(user))
            text.append(UInt8(ascii: "@"))
        }
        hostStart = text.count
        text.append(bytes.part(uri.host))
    }

    /// Takes over the hash of the AoR, which tells temporary GRUUs of two AoRs apart.
    func take(hash: UInt64) { self.hash = UInt32(truncatingIfNeeded: hash) }

    /// Writes `;pub-gruu="…";temp-gruu="…"` for a binding with an instance (RFC 5627 5.3).
    func write(_ binding: borrowing BindingView, into writer: inout ByteWriter) {
        guard !binding.instance.isEmpty else { return }
        writer.append(";pub-gruu=\"sip:")
        writer.append(text.span)
        writer.append(";gr=")
        EscapedText.writeEscaped(
            withoutBrackets(binding.instance), isAllowed: Alphabet.uriParameter.contains,
            into: &writer)
        writer.append("\";temp-gruu=\"sip:")
        binding.writeRuid(into: &writer)
        writer.append("-")
        writer.append(backwardHexadecimal: hash)
        writer.append("@")
        Self.copy(text, from: hostStart, to: &writer)
        writer.append(";gr\"")
    }

    /// A span of a property cannot leave the access to it, so the buffer comes as an argument.
    private static func copy(
        _ text: borrowing ByteWriter, from start: Int, to writer: inout ByteWriter
    ) {
        writer.append(text.span.extracting(droppingFirst: start))
    }
}
