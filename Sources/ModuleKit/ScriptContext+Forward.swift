public import Basics
internal import SIPSyntax

/// Why a message was not sent on, in words for the log.
public enum ForwardFailure: Error, Sendable, Hashable {
    /// There is no request at hand to forward, or no reply to relay.
    case wrongKind
    /// The URI cannot be read, or is none of SIP.
    case badURI
    /// The host is a name that leads to no address.
    case unresolvedHost
    /// The server does not speak the transport, or listens on no socket of it.
    case noSocket
    /// No new connection may be opened, and none is known to be open (`set_forward_no_connect`).
    case noConnection
    /// Max-Forwards has come down to 0 (RFC 3261 16.3).
    case tooManyHops
    /// The message would be longer than any may be.
    case tooLarge
    /// Via leads to nobody: the reply was for this server, or is forged.
    case notOurs
    /// `onsend_route` executed `drop`.
    case dropped
    /// As many transactions are open as may be.
    case tooManyTransactions
    /// The destination has failed lately and is left alone for a while (`use_dst_blocklist`).
    case avoided

    /// The reason as a sentence's end.
    public var reason: StaticString {
        switch self {
        case .wrongKind: "there is no message of that kind"
        case .badURI: "the destination is no SIP URI"
        case .unresolvedHost: "the name of the destination leads to no address"
        case .noSocket: "the server listens on no socket of that transport and address family"
        case .noConnection: "no connection to the destination is open"
        case .tooManyHops: "Max-Forwards is 0"
        case .tooLarge: "the message would be too large"
        case .notOurs: "its Via does not lead on from this server"
        case .dropped: "onsend_route dropped it"
        case .tooManyTransactions: "too many transactions are open"
        case .avoided: "the destination has failed lately and is left alone for a while"
        }
    }
}

/// Sending messages on without keeping any state (RFC 3261 16.11).
extension ScriptContext {
    /// Sends the request on, with the changes that wait, to `hop`, or to where its URIs lead.
    ///
    /// It gets a Via of ours whose branch is the same for every retransmission, for a CANCEL and
    /// for the ACK of a failure. Max-Forwards is counted down, unless the script has changed it. A
    /// request that may not go on is not answered here: the script knows what to say.
    public func forward(to hop: Origin? = nil) throws(ForwardFailure) {
        guard message.kind == .request else { throw .wrongKind }
        let wanted = if let hop { hop } else { try nextHop() }
        let hop = try leaving(to: wanted)
        // A call that is under way must be ended even if its way looks broken.
        if let avoided = services.avoided, avoided.isAvoiding, message.method != .bye,
            avoided.avoids(hop)
        {
            throw .avoided
        }
        try beginForwarding(to: hop)
        outbox.commit(to: hop)
        forwardedRequests += 1
    }

    /// A destination with the socket that the request leaves by, if it may go there at all.
    public func leaving(to hop: Origin) throws(ForwardFailure) -> Origin {
        var hop = hop
        hop.socket = try outgoingSocket(for: hop, among: services.sockets)
        if sending.flags.contains(.forwardsWithoutConnecting), hop.transport.isStream {
            guard hop.connection >= 0, services.network.isOpen(connection: hop.connection) else {
                throw .noConnection
            }
        }
        return hop
    }

    /// Writes the request into the outbox as it goes to `hop`, which `leaving` has completed; the
    /// caller commits it, or abandons it.
    ///
    /// `branch` is the branch of a transaction behind its magic cookie; nil for the one of
    /// stateless forwarding. When it throws, nothing stays in the outbox.
    public func beginForwarding(
        to hop: Origin, branch: [UInt8]? = nil
    ) throws(ForwardFailure) {
        guard message.kind == .request else { throw .wrongKind }
        let outgoing = advertised(services.sockets[Int(hop.socket.value)])
        var cuts = try viaCuts(outgoing, branch)
        try addHopCount(to: &cuts)
        addRoute(to: &cuts)
        try begin(to: hop, outgoing, cuts)
    }

    /// Writes the reply into the outbox without its top Via, which is known to be ours; the caller
    /// commits it to where the request came from.
    public func beginRelayedReply() throws(ForwardFailure) {
        guard message.kind == .response else { throw .wrongKind }
        let cut = try withMessage { (message) throws(ForwardFailure) in
            var vias = message.vias
            guard let own = Self.next(&vias), let next = Self.next(&vias) else { throw .notOurs }
            return try Self.cut(own, next, message)
        }
        outbox.begin()
        try write(nil, [cut])
    }

    /// Sends a reply on to whom the second Via names, without the first, which must be ours.
    public func relayReply() throws(ForwardFailure) {
        guard message.kind == .response else { throw .wrongKind }
        let (cut, hop) = try withMessage { (message) throws(ForwardFailure) in
            try returnPath(message)
        }
        try begin(to: hop, nil, [cut])
        outbox.commit(to: hop)
        forwardedReplies += 1
    }

    /// Where the request goes next: `$du`, else the request URI (RFC 3261 16.6 step 7, without
    /// names).
    public func nextHop() throws(ForwardFailure) -> Origin {
        let hop =
            if let destinationURI {
                try Self.hop(destinationURI.span)
            } else {
                try withRequestURI { (uri) throws(ForwardFailure) in try Self.hop(uri) }
            }
        return withTarget(hop)
    }

    /// A hop with what the binding says about the way to it: its connection and its socket.
    func withTarget(_ hop: Origin) -> Origin {
        var hop = hop
        if let target, target.connection >= 0, hop.transport.isStream {
            hop.connection = target.connection
        }
        // A contact that came over UDP through a proxy may be reached over TCP, as its Path says.
        if let target, fits(target.socket, hop) { hop.socket = target.socket }
        return hop
    }

    /// Whether a socket of the server's is of a destination's transport and address family.
    private func fits(_ socket: SocketIndex, _ hop: Origin) -> Bool {
        let sockets = services.sockets
        guard !socket.isNone, Int(socket.value) < sockets.count else { return false }
        let own = sockets[Int(socket.value)]
        return own.transport == hop.transport && own.address.isIPv6 == hop.source.isIPv6
    }

    /// Where a URI leads that names an address.
    public static func hop(_ uri: Span<UInt8>) throws(ForwardFailure) -> Origin {
        let parsed: SIPURI
        do throws(SyntaxError) { parsed = try SIPURI(parsing: uri) } catch { throw .badURI }
        guard parsed.isSIP else { throw .badURI }
        // A sips URI asks for TLS on every hop (RFC 3261 26.2.2), which must not be played down.
        guard parsed.scheme == .sip else { throw .noSocket }
        var transport = TransportProtocol.udp
        if let value = parsed.parameter("transport", in: uri)?.value {
            let name = uri.extracting(value.indices)
            guard let known = TransportProtocol.named(name) else { throw .noSocket }
            transport = known
        }
        let host = uri.extracting(parsed.host.indices)
        guard let address = PeerAddress(literal: host, port: parsed.portOrDefault) else {
            throw .unresolvedHost
        }
        return Origin(transport: transport, socket: .none, source: address)
    }

    // MARK: Steps

    /// The socket of ours that a message leaves by: the first that fits of the one that the script
    /// forces, the one that the hop names, the one that received the request, and all.
    ///
    /// A socket fits when it has the transport and the address family of the hop: nothing could
    /// leave by another one.
    public func outgoingSocket(
        for hop: Origin, among sockets: [ListeningSocket]
    ) throws(ForwardFailure) -> SocketIndex {
        func fits(_ socket: ListeningSocket) -> Bool {
            socket.transport == hop.transport && socket.address.isIPv6 == hop.source.isIPv6
        }
        for wished in [sending.socket ?? .none, hop.socket, origin.socket]
        where Int(wished.value) < sockets.count && fits(sockets[Int(wished.value)]) {
            return wished
        }
        guard let place = sockets.firstIndex(where: fits) else { throw .noSocket }
        return SocketIndex(place)
    }

    /// A socket with the host and the port that the script shows to others instead of its own.
    private func advertised(_ socket: ListeningSocket) -> ListeningSocket {
        guard sending.advertisedHost != nil || sending.advertisedPort != nil else { return socket }
        let own = socket.address.hostText
        let host =
            sending.advertisedHost.map { String(decoding: $0, as: UTF8.self) }
            ?? (socket.address.isIPv6 ? "[\(own)]" : own)
        var shown = socket
        shown.advertised = "\(host):\(sending.advertisedPort ?? socket.address.port)"
        return shown
    }

    /// Our Via in front of the first, and the first with `received` and `rport` as they are seen
    /// here, so that the answer finds its way back (RFC 3261 18.2.1, RFC 3581 4).
    ///
    /// On a stream the port is written in any case: it names the connection.
    private func viaCuts(
        _ outgoing: ListeningSocket, _ given: [UInt8]?
    ) throws(ForwardFailure) -> [MessageCut] {
        guard let number = message.firstField(.via) else { throw .notOurs }
        let field = message.field(number)
        let forces = forcesRport || origin.transport.isStream
        var own = ByteWriter(capacity: 128)
        var top = ByteWriter(capacity: 128)
        try withMessage { (message) throws(ForwardFailure) in
            guard let via = Self.topVia(message) else { throw .notOurs }
            let asks = sending.flags.contains(.addsLocalRport)
            if let given {
                RequestWriter.writeVia(
                    outgoing, branch: given.span, asksForPort: asks, into: &own)
            } else {
                var back = origin.source
                if !via.hasRport, !forces { back.port = via.port ?? 5060 }
                let branch = branch(message, of: via, back: back)
                RequestWriter.writeVia(
                    outgoing, branch: branch.span, asksForPort: asks, into: &own)
            }
            ReplyWriter.writeTopVia(of: message, from: origin, forceRport: forces, into: &top)
        }
        let front = ByteRange(offset: field.line.start, count: 0)
        let ours = MessageCut(front, Array(copying: own.span))
        // A script that has taken the field out, or has written another one, has the last word.
        guard !edits.touches(field.value) else { return [ours] }
        return [ours, MessageCut(field.value, Array(copying: top.span))]
    }

    /// The branch of stateless forwarding: a keyed hash of what names the transaction and of where
    /// its answers go (RFC 3261 16.11).
    ///
    /// It is the same for retransmissions, CANCEL and ACK, since the method is not in it; and it
    /// can be made again from the Via below ours in a reply, so that nobody else can have replies
    /// sent anywhere by this server.
    private func branch(
        _ message: borrowing SIPMessage, of via: Via, back: PeerAddress
    ) -> InlineArray<16, UInt8> {
        var hasher = Hasher()
        hasher.combine(tagKey)
        hasher.combine(back)
        Self.mix(message, via.branch, into: &hasher)
        Self.mix(message, message.header(.callID), into: &hasher)
        hasher.combine(Self.sequenceNumber(message))
        let value = UInt64(bitPattern: Int64(hasher.finalize()))
        return InlineArray<16, UInt8> { place in
            let nibble = UInt8(truncatingIfNeeded: (value >> UInt64(60 - place * 4)) & 15)
            return nibble < 10 ? 48 &+ nibble : 87 &+ nibble
        }
    }

    private static func mix(
        _ message: borrowing SIPMessage, _ range: ByteRange?, into hasher: inout Hasher
    ) {
        guard let range else { return }
        unsafe message[range].withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }

    private static func sequenceNumber(_ message: borrowing SIPMessage) -> UInt32? {
        do throws(SyntaxError) { return try message.cSeq?.number } catch { return nil }
    }

    private static func topVia(_ message: borrowing SIPMessage) -> Via? {
        do throws(SyntaxError) { return try message.topVia } catch { return nil }
    }

    /// Counts Max-Forwards down, or adds it (RFC 3261 16.6 step 3); what the script has done to it
    /// stays.
    private func addHopCount(to cuts: inout [MessageCut]) throws(ForwardFailure) {
        guard let number = message.firstField(.maxForwards) else {
            if !edits.adds(field: "Max-Forwards") {
                cuts.append(
                    MessageCut(
                        ByteRange(offset: message.headers.end, count: 0),
                        Array("Max-Forwards: 70\r\n".utf8)))
            }
            return
        }
        let value = message.field(number).value
        guard !edits.touches(value) else { return }
        let count = withMessage { $0[value].decimal(upTo: 255) }
        guard let count else { return }
        guard count > 0 else { throw .tooManyHops }
        cuts.append(MessageCut(value, Array(String(count - 1).utf8)))
    }

    /// The Path of a binding becomes the first Route fields (RFC 3327 5.1).
    private func addRoute(to cuts: inout [MessageCut]) {
        guard let path = target?.path, !path.isEmpty else { return }
        let place =
            message.firstField(.route).map { message.field($0).line.start }
            ?? message.headers.end
        cuts.append(
            MessageCut(
                ByteRange(offset: place, count: 0), Array("Route: ".utf8) + path + [13, 10]))
    }

    /// Writes the message into the outbox; nothing stays there when it may not go.
    private func begin(
        to hop: Origin, _ outgoing: ListeningSocket?, _ cuts: [MessageCut]
    ) throws(ForwardFailure) {
        if let mayLeave, !mayLeave(self, hop) { throw .dropped }
        outbox.begin()
        try write(outgoing, cuts)
    }

    private func write(
        _ outgoing: ListeningSocket?, _ cuts: [MessageCut]
    ) throws(ForwardFailure) {
        let start = outbox.writer.count
        renderEdited(into: &outbox.writer, outgoing: outgoing, with: cuts)
        guard outbox.writer.count - start <= Limits.messageBytesMax else {
            outbox.abandon()
            throw .tooLarge
        }
    }

    /// What is cut from a reply, and where it goes (RFC 3261 16.7 step 3, 18.1.2).
    private func returnPath(
        _ message: borrowing SIPMessage
    ) throws(ForwardFailure) -> (MessageCut, Origin) {
        let bytes = message.bytes
        var vias = message.vias
        guard let own = Self.next(&vias), let next = Self.next(&vias) else { throw .notOurs }
        let hop = try Self.hop(back: next, bytes)
        let expected = branch(message, of: next, back: hop.source)
        guard own.hasMagicCookie(in: bytes), let branch = own.branch,
            bytes.extracting(branch.start + 7..<branch.end).equals(expected.span)
        else { throw .notOurs }
        return (try Self.cut(own, next, message), hop)
    }

    /// What the first Via takes with it: of several values in one field the first goes, of one the
    /// whole line.
    private static func cut(
        _ own: Via, _ next: Via, _ message: borrowing SIPMessage
    ) throws(ForwardFailure) -> MessageCut {
        guard let number = message.firstField(.via) else { throw .notOurs }
        let line = message.field(number).line
        guard next.whole.start < line.end else { return MessageCut(line, []) }
        let count = next.whole.start - own.whole.start
        return MessageCut(ByteRange(offset: own.whole.start, count: count), [])
    }

    private static func next(_ vias: inout Vias) -> Via? {
        do throws(SyntaxError) { return try vias.next() } catch { return nil }
    }

    /// Where a Via wants its answers (RFC 3261 18.2.2, RFC 3581 4); `maddr` is not followed.
    private static func hop(
        back via: Via, _ bytes: Span<UInt8>
    ) throws(ForwardFailure) -> Origin {
        guard let transport = via.transportProtocol(in: bytes) else { throw .noSocket }
        let host = bytes.extracting((via.received ?? via.host).indices)
        let port = via.rport ?? via.port ?? 5060
        guard let address = PeerAddress(literal: host, port: port) else { throw .unresolvedHost }
        return Origin(transport: transport, socket: .none, source: address)
    }
}
