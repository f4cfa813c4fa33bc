import Basics
import ModuleKit
import SIPSyntax

/// What `nat_uac_test` looks at, by the bits of its argument.
struct NATTests: OptionSet, Sendable {
    /// The bits.
    let rawValue: Int
    /// Contact has a private address.
    static let contact = NATTests(rawValue: 1)
    /// The address in Via is not the one that the message came from.
    static let received = NATTests(rawValue: 2)
    /// Via has a private address.
    static let via = NATTests(rawValue: 4)
    /// SDP has a private address.
    static let media = NATTests(rawValue: 8)
    /// The port in Via is not the one that the message came from.
    static let port = NATTests(rawValue: 16)
    /// The message came from a private address.
    static let source = NATTests(rawValue: 32)
    /// The message came over a WebSocket.
    static let webSocket = NATTests(rawValue: 64)
    /// The port in Contact is not the one that the message came from.
    static let contactPort = NATTests(rawValue: 128)
    /// SDP has an address that the message did not come from.
    static let mediaSource = NATTests(rawValue: 256)
    /// All of them.
    static let all = NATTests(rawValue: 511)

    /// Whether any of the tests says that the sender is behind a NAT.
    func suspect(_ context: ScriptContext, countsReserved: Bool) -> Bool {
        let origin = context.origin
        if contains(.source),
            PrivateAddresses.contain(origin.source, countsReserved: countsReserved)
        {
            return true
        }
        if contains(.webSocket), origin.transport == .ws || origin.transport == .wss {
            return true
        }
        return context.withMessage { message in
            suspectsVia(message, origin, countsReserved)
                || suspectsContact(message, origin, countsReserved)
                || suspectsMedia(message, origin, countsReserved)
        }
    }

    /// The tests of the top Via, which the sender has written itself.
    private func suspectsVia(
        _ message: borrowing SIPMessage, _ origin: Origin, _ countsReserved: Bool
    ) -> Bool {
        guard !isDisjoint(with: [.received, .via, .port]), let via = try? message.topVia else {
            return false
        }
        // sent-by is what the phone believes its address to be (RFC 3261 18.2.1).
        let host = message[via.host]
        if contains(.via), PrivateAddresses.contain(host, countsReserved: countsReserved) {
            return true
        }
        if contains(.received), !Self.isSame(host, origin.source) { return true }
        return contains(.port) && (via.port ?? 5060) != origin.source.port
    }

    /// The tests of the first Contact.
    private func suspectsContact(
        _ message: borrowing SIPMessage, _ origin: Origin, _ countsReserved: Bool
    ) -> Bool {
        guard !isDisjoint(with: [.contact, .contactPort]) else { return false }
        var contacts = message.contacts
        guard let contact = try? contacts.next(), !contact.isStar,
            let uri = try? SIPURI(parsing: message.bytes, in: contact.uri), uri.isSIP
        else { return false }
        if contains(.contact),
            PrivateAddresses.contain(message[uri.host], countsReserved: countsReserved)
        {
            return true
        }
        // A NAT that keeps addresses may still change ports.
        return contains(.contactPort) && uri.portOrDefault != origin.source.port
    }

    /// The tests of the connection lines of SDP.
    private func suspectsMedia(
        _ message: borrowing SIPMessage, _ origin: Origin, _ countsReserved: Bool
    ) -> Bool {
        guard !isDisjoint(with: [.media, .mediaSource]), !message.body.isEmpty else {
            return false
        }
        let body = message[message.body]
        var lines = SDPLines(body)
        while let line = lines.next() {
            // `o=` names the creator of the session and says nothing of where media go (RFC 8866
            // 5.2).
            guard line.kind == UInt8(ascii: "c"), let address = line.address else { continue }
            let host = body.part(address)
            if contains(.media), PrivateAddresses.contain(host, countsReserved: countsReserved) {
                return true
            }
            // 0.0.0.0 puts a call on hold (RFC 3264 8.4) and says nothing of the sender.
            if contains(.mediaSource), !host.equals("0.0.0.0"),
                !Self.isSame(host, origin.source)
            {
                return true
            }
        }
        return false
    }

    /// Whether a host is the text of an address; a name never is.
    private static func isSame(_ host: Span<UInt8>, _ source: PeerAddress) -> Bool {
        guard let address = PeerAddress(literal: host, port: source.port) else { return false }
        return address.high == source.high && address.low == source.low
            && address.isIPv6 == source.isIPv6
    }
}
