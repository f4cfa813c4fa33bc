internal import Basics

/// One REGISTER with places of fixed width, so that a request is a copy and a few digits.
///
/// Every socket has a template of its own, because the Via names the address that it sends from
/// (RFC 3261 18.1.1). What never changes between two requests of a socket is written once; seven
/// numbers are patched in place, which costs some tens of nanoseconds.
///
/// The header fields are those of a common desk phone; together they make 450 to 500 bytes, the
/// size that registrars see in the field.
struct RequestTemplate: Sendable {
    /// What differs between two requests of one socket.
    struct Request: Equatable, Sendable {
        /// Number of the binding, 0 to bindings - 1.
        var binding: Int
        /// CSeq number (RFC 3261 8.1.1.5).
        var sequence: UInt32
        /// What the reply will be recognised by.
        var ticket: Ticket
    }

    /// Digits of a user's number.
    static let userDigits = 7
    /// Digits of a device's number.
    static let deviceDigits = 2
    /// Digits of the CSeq number.
    static let sequenceDigits = 10

    private let bytes: [UInt8]
    private let users: Int
    private let userPlaces: [4 of Int]
    private let devicePlaces: [2 of Int]
    private let sequencePlace: Int
    private let ticketPlace: Int

    /// Length of every request in bytes.
    var count: Int { bytes.count }

    /// The template for requests that leave from `local`, with branches of run `run`.
    init(plan: RegisterPlan, local: PeerAddress, run: UInt32) {
        var writer = ByteWriter(capacity: 640)
        users = plan.users
        writer.append("REGISTER sip:\(plan.domain) SIP/2.0\r\nVia: SIP/2.0/")
        writer.append(plan.isTCP ? "TCP " : "UDP ")
        local.write(into: &writer)
        writer.append(";rport;branch=")
        writer.append(Ticket.mark)
        writer.append(hexadecimal: UInt64(run), width: 8)
        ticketPlace = writer.count
        writer.append("0000000000000000\r\nMax-Forwards: 70\r\n")
        let from = Self.appendAddress("From", plan, &writer)
        writer.append(";tag=\(plan.userPrefix)7f3a9\r\n")
        let to = Self.appendAddress("To", plan, &writer)
        writer.append("\r\nCall-ID: ")
        let call = Self.appendZeros(Self.userDigits, &writer)
        writer.append("-")
        let callDevice = Self.appendZeros(Self.deviceDigits, &writer)
        writer.append("-\(plan.userPrefix)-3c26700d@\(plan.domain)\r\nCSeq: ")
        sequencePlace = Self.appendZeros(Self.sequenceDigits, &writer)
        writer.append(" REGISTER\r\nContact: <sip:\(plan.userPrefix)")
        let contact = Self.appendZeros(Self.userDigits, &writer)
        writer.append("@192.0.2.10:50")
        let contactDevice = Self.appendZeros(Self.deviceDigits, &writer)
        writer.append(plan.isTCP ? ";transport=tcp>" : ";line=k3jq2>")
        writer.append(";expires=\(plan.expires)\r\n")
        writer.append("User-Agent: Roost-Load/1.0\r\n")
        writer.append("Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, REFER, NOTIFY\r\n")
        writer.append("Supported: path\r\nContent-Length: 0\r\n\r\n")
        userPlaces = [from, to, call, contact]
        devicePlaces = [callDevice, contactDevice]
        bytes = Array(copying: writer.span)
    }

    /// Appends one request to `writer`.
    func append(_ request: Request, to writer: inout ByteWriter) {
        let start = writer.count
        writer.append(bytes.span)
        var target = writer.mutableSpan
        let user = request.binding % users
        let device = request.binding / users
        for index in userPlaces.indices {
            Self.patch(user, Self.userDigits, start + userPlaces[index], &target)
        }
        for index in devicePlaces.indices {
            Self.patch(device, Self.deviceDigits, start + devicePlaces[index], &target)
        }
        let sequence = Int(request.sequence)
        Self.patch(sequence, Self.sequenceDigits, start + sequencePlace, &target)
        let ticket = UInt64(request.ticket.slot) << 32 | UInt64(request.ticket.generation)
        Self.patch(hexadecimal: ticket, start + ticketPlace, &target)
    }

    /// Writes `value` as `width` decimal digits, leading zeros included.
    static func patch(_ value: Int, _ width: Int, _ place: Int, _ target: inout MutableSpan<UInt8>)
    {
        var rest = UInt64(value)
        var index = place + width
        while index > place {
            index -= 1
            target[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        assert(rest == 0, "number is wider than its place")
    }

    /// Writes `value` as sixteen hexadecimal digits.
    static func patch(hexadecimal value: UInt64, _ place: Int, _ target: inout MutableSpan<UInt8>) {
        var rest = value
        var index = place + 16
        while index > place {
            index -= 1
            let nibble = UInt8(truncatingIfNeeded: rest & 15)
            target[index] = nibble < 10 ? 48 &+ nibble : 87 &+ nibble
            rest >>= 4
        }
    }

    /// Writes the header field of an address-of-record and returns where its digits stand.
    private static func appendAddress(
        _ name: StaticString, _ plan: RegisterPlan, _ writer: inout ByteWriter
    ) -> Int {
        writer.append(name)
        writer.append(": <sip:\(plan.userPrefix)")
        let place = appendZeros(userDigits, &writer)
        writer.append("@\(plan.domain)>")
        return place
    }

    /// Writes a place for digits and returns where it begins.
    private static func appendZeros(_ count: Int, _ writer: inout ByteWriter) -> Int {
        let place = writer.count
        for _ in 0..<count { writer.append(UInt8(ascii: "0")) }
        return place
    }
}
