import Basics
import Locations
import Logging
import ModuleKit
import SIPSyntax

/// Bindings that have just expired, on their way to `event_route[usrloc:contact-expired]`.
///
/// They are copied under the lock of a shard and told of outside of it, so that the route may look
/// into the location table itself. The route sees a request that is made up: `$ru` is the contact,
/// `$tu` and `$fu` the AoR, `$ci` and `$cs` those of the last REGISTER.
struct ExpiredContacts: ~Copyable {
    /// Name of the event route.
    static let route = "usrloc:contact-expired"

    private var requests = ByteWriter(capacity: 4_096)
    private var ranges: [ByteRange] = []

    /// Writes the request for one binding.
    mutating func note(_ binding: borrowing BindingView) {
        let start = requests.count
        requests.append("OPTIONS ")
        requests.append(binding.uri)
        requests.append(" SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nFrom: <sip:")
        writeName(binding.aor)
        requests.append(">;tag=expired\r\nTo: <sip:")
        writeName(binding.aor)
        requests.append(">\r\nCall-ID: ")
        requests.append(binding.callID)
        requests.append("\r\nCSeq: ")
        requests.append(decimal: binding.values.cseq)
        requests.append(" OPTIONS\r\nContent-Length: 0\r\n\r\n")
        ranges.append(ByteRange(offset: start, count: requests.count - start))
    }

    /// Runs the route for each of them and forgets them.
    mutating func raise(through services: any Services, now: WallTime) {
        for range in ranges {
            let request = Array(copying: requests.span(range))
            services.runEventRoute(Self.route) { context in
                context.now = now
                do throws(SyntaxError) {
                    try context.message.load(request.span)
                } catch {
                    services.logger.debug("an expired contact makes no request: \(error.reason)")
                }
            }
        }
        ranges.removeAll(keepingCapacity: true)
        requests.removeAll()
    }

    private mutating func writeName(_ aor: Span<UInt8>) {
        requests.append(aor)
        for place in aor.indices where aor[place] == UInt8(ascii: "@") { return }
        requests.append("@localhost")
    }
}
