public import Basics

/// Where the response to a request goes.
public enum ReplyRoute {
    /// The destination by RFC 3261 18.2.2 and RFC 3581 4.
    ///
    /// On a connection it is that connection. A datagram is answered at the address that sent it,
    /// at the port of sent-by, or at the port that sent it when the sender asked for `rport`.
    /// `maddr` is not followed: it served multicast, and would let a stranger aim responses at
    /// anybody.
    public static func destination(
        for request: borrowing SIPMessage, from origin: Origin, forceRport: Bool = false
    ) -> Origin {
        assert(request.kind == .request)
        guard !origin.transport.isStream, !forceRport else { return origin }
        guard let via = topVia(request), !via.hasRport else { return origin }
        var destination = origin
        destination.source.port = via.port ?? 5060
        if destination.source.port == 0 { return origin }
        return destination
    }

    /// Whether sent-by is anything but the address that a message came from.
    static func isElsewhere(_ via: Via, _ bytes: Span<UInt8>, _ source: PeerAddress) -> Bool {
        guard let sentBy = PeerAddress(literal: bytes.part(via.host), port: source.port) else {
            return true
        }
        assert(sentBy.port == source.port)
        return sentBy.high != source.high || sentBy.low != source.low
            || sentBy.isIPv6 != source.isIPv6
    }

    /// The top Via; nil when there is none that can be read.
    private static func topVia(_ request: borrowing SIPMessage) -> Via? {
        do throws(SyntaxError) { return try request.topVia } catch { return nil }
    }
}
