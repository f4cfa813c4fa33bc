import Basics
import Locations
import SIPSyntax

/// The made-up request that `event_route[usrloc:contact-expired]` sees for an expired binding.
///
/// `$ru` is the contact, `$tu` and `$fu` the AoR, `$ci` and `$cs` those of the last REGISTER.
///
/// An AoR is kept unescaped, and a row of the database holds what its writer liked, so whatever
/// stands in a line of the request is escaped again: nobody adds header fields by a user name.
struct ExpiredContacts: ~Copyable {
    /// Name of the event route.
    static let route = "usrloc:contact-expired"

    /// Whether an AoR has a domain; without one, `localhost` stands for it.
    private let usesDomain: Bool
    /// The request.
    private var requests = ByteWriter(capacity: 1_024)

    /// No request yet.
    init(usesDomain: Bool) { self.usesDomain = usesDomain }

    /// Writes the request for one binding and returns it.
    mutating func request(for binding: borrowing BindingView) -> [UInt8] {
        requests.removeAll()
        requests.append("OPTIONS ")
        append(binding.uri, where: URIBytes.isVisible)
        requests.append(" SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nFrom: <sip:")
        appendName(binding.aor)
        requests.append(">;tag=expired\r\nTo: <sip:")
        appendName(binding.aor)
        requests.append(">\r\nCall-ID: ")
        append(binding.callID, where: URIBytes.isVisible)
        requests.append("\r\nCSeq: ")
        requests.append(decimal: binding.values.cseq)
        requests.append(" OPTIONS\r\nContent-Length: 0\r\n\r\n")
        return Array(copying: requests.span)
    }

    /// Writes the AoR as the address of a SIP URI, cut at its last `@` as its columns are.
    private mutating func appendName(_ aor: Span<UInt8>) {
        var at = usesDomain ? aor.count - 1 : aor.count
        while usesDomain, at >= 0, aor[at] != UInt8(ascii: "@") { at -= 1 }
        if at > 0 {
            append(aor.extracting(first: at), where: URIBytes.isUserByte)
            requests.append("@")
        }
        if usesDomain {
            append(aor.extracting(last: aor.count - at - 1), where: URIBytes.isHostByte)
        } else {
            requests.append("localhost")
        }
    }

    /// Writes a text with every other byte than those that may stand as they are escaped.
    private mutating func append(_ text: Span<UInt8>, where isPlain: (UInt8) -> Bool) {
        for place in text.indices {
            let byte = text[place]
            if isPlain(byte) {
                requests.append(byte)
            } else {
                requests.append("%")
                requests.append(hexadecimal: UInt64(byte), width: 2)
            }
        }
    }
}
