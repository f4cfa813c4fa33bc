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
        URIBytes.write(binding.uri, where: URIBytes.isVisible, into: &requests)
        requests.append(" SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nFrom: <sip:")
        URIBytes.write(
            aor: binding.aor, hasDomain: usesDomain, domain: "localhost", into: &requests)
        requests.append(">;tag=expired\r\nTo: <sip:")
        URIBytes.write(
            aor: binding.aor, hasDomain: usesDomain, domain: "localhost", into: &requests)
        requests.append(">\r\nCall-ID: ")
        URIBytes.write(binding.callID, where: URIBytes.isVisible, into: &requests)
        requests.append("\r\nCSeq: ")
        requests.append(decimal: binding.values.cseq)
        requests.append(" OPTIONS\r\nContent-Length: 0\r\n\r\n")
        return Array(copying: requests.span)
    }
}
