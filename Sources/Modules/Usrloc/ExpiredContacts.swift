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
///
/// An AoR is kept unescaped, and a row of the database holds what its writer liked, so whatever
/// stands in a line of the request is escaped again: nobody adds header fields by a user name.
struct ExpiredContacts: ~Copyable {
    /// Name of the event route.
    static let route = "usrloc:contact-expired"

    /// Whether an AoR has a domain; without one, `localhost` stands for it.
    private let usesDomain: Bool
    /// The requests, one behind the other.
    private var requests = ByteWriter(capacity: 4_096)
    /// Where each of them lies in `requests`.
    private var ranges: [ByteRange] = []

    /// No bindings yet.
    init(usesDomain: Bool) { self.usesDomain = usesDomain }

    /// Writes the request for one binding.
    ///
    /// It runs under the lock of a shard, and so does nothing but copy.
    mutating func note(_ binding: borrowing BindingView) {
        let start = requests.count
        requests.append("OPTIONS ")
        append(binding.uri, where: Self.isVisible)
        requests.append(" SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nFrom: <sip:")
        appendName(binding.aor)
        requests.append(">;tag=expired\r\nTo: <sip:")
        appendName(binding.aor)
        requests.append(">\r\nCall-ID: ")
        append(binding.callID, where: Self.isVisible)
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
                    // The route runs all the same: it may count, or look at the time.
                    services.logger.debug("an expired contact makes no request: \(error.reason)")
                }
            }
        }
        ranges.removeAll(keepingCapacity: true)
        requests.removeAll()
    }

    /// Writes the AoR as the address of a SIP URI, cut at its last `@` as its columns are.
    private mutating func appendName(_ aor: Span<UInt8>) {
        var at = usesDomain ? aor.count - 1 : aor.count
        while usesDomain, at >= 0, aor[at] != UInt8(ascii: "@") { at -= 1 }
        if at > 0 {
            append(aor.extracting(first: at), where: Self.isUserByte)
            requests.append("@")
        }
        if usesDomain {
            append(aor.extracting(last: aor.count - at - 1), where: Self.isHostByte)
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

    /// Whether a byte may stand in a line without ending a word of it.
    static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte != 0x7f }

    /// Whether a byte may stand unescaped in the user part: `unreserved` and `user-unreserved` of
    /// RFC 3261 25.1.
    static func isUserByte(_ byte: UInt8) -> Bool {
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
    static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: false
        }
    }
}
