public import Basics

/// Writes a request that the server sends of its own: OPTIONS, NOTIFY, PUBLISH.
///
/// As with a response, `begin` writes what every request has, then follow any number of
/// `ByteWriter.appendHeader` and one `ByteWriter.finishMessage`.
public enum RequestWriter {
    /// What tells one request of a dialog or of a series from the next.
    public struct Identity: ~Escapable {
        /// The value of From with its tag.
        public let from: Span<UInt8>
        /// The value of To, with a tag within a dialog.
        public let to: Span<UInt8>
        /// The value of Call-ID.
        public let callID: Span<UInt8>
        /// The number of CSeq, less than 2^31.
        public let cSeq: UInt32

        /// An identity of given values, none of which holds a line end.
        @_lifetime(copy from, copy to, copy callID)
        public init(from: Span<UInt8>, to: Span<UInt8>, callID: Span<UInt8>, cSeq: UInt32) {
            precondition(cSeq < 1 << 31, "CSeq numbers end at 2^31")
            self.from = from
            self.to = to
            self.callID = callID
            self.cSeq = cSeq
        }
    }

    /// Writes the request line, Via, Max-Forwards, the route set, From, To, Call-ID and CSeq.
    ///
    /// - Parameters:
    ///   - method: The method, which is a token.
    ///   - uri: The Request-URI.
    ///   - socket: The socket of ours that sends it, for Via.
    ///   - branch: The branch; `z9hG4bK` is put before it (RFC 3261 8.1.1.7).
    ///   - routes: The route set as one comma list of `<uri>`; empty for none.
    ///   - identity: From, To, Call-ID and CSeq.
    ///   - maxForwards: 0 to 255.
    ///   - writer: Where it goes; what stands there already stays.
    public static func begin(
        _ method: Span<UInt8>, uri: Span<UInt8>, socket: borrowing ListeningSocket,
        branch: Span<UInt8>, routes: Span<UInt8>, identity: borrowing Identity,
        maxForwards: Int = 70, into writer: inout ByteWriter
    ) {
        precondition(!method.isEmpty && !uri.isEmpty, "a request without method or URI")
        precondition(maxForwards >= 0 && maxForwards <= 255)
        writer.append(method)
        writer.append(UInt8(ascii: " "))
        writer.append(uri)
        writer.append(" SIP/2.0\r\n")
        writeVia(socket, branch: branch, asksForPort: true, into: &writer)
        writer.appendHeader("Max-Forwards", decimal: maxForwards)
        if !routes.isEmpty { writer.appendHeader("Route", routes) }
        writer.appendHeader("From", identity.from)
        writer.appendHeader("To", identity.to)
        writer.appendHeader("Call-ID", identity.callID)
        writer.append("CSeq: ")
        writer.append(decimal: identity.cSeq)
        writer.append(UInt8(ascii: " "))
        writer.append(method)
        writer.appendLineEnd()
    }

    /// Writes a Via field of ours.
    ///
    /// Requests of our own ask for `rport`: it costs nothing and survives address translation (RFC
    /// 3581). Those that are sent on do not, since their replies must come to the address in Via.
    public static func writeVia(
        _ socket: borrowing ListeningSocket, branch: Span<UInt8>, asksForPort: Bool,
        into writer: inout ByteWriter
    ) {
        assert(!branch.isEmpty)
        writer.append("Via: SIP/2.0/")
        switch socket.transport {
        case .udp: writer.append("UDP ")
        case .tcp: writer.append("TCP ")
        case .tls: writer.append("TLS ")
        case .sctp: writer.append("SCTP ")
        case .ws: writer.append("WS ")
        case .wss: writer.append("WSS ")
        }
        if let advertised = socket.advertised {
            writer.append(advertised)
        } else {
            socket.address.write(into: &writer)
        }
        writer.append(";branch=z9hG4bK")
        writer.append(branch)
        writer.append(asksForPort ? ";rport\r\n" : "\r\n")
    }
}
