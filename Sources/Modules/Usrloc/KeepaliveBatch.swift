import Basics
import Locations
import ModuleKit
import SIPSyntax

/// The keepalives of one turn: requests one behind the other, and contacts that have been silent
/// for too long.
///
/// It has no socket and no clock: what it is given decides what it holds. Contacts are noted under
/// the lock of a shard, and sent to outside of it.
struct KeepaliveBatch: ~Copyable {
    /// One request.
    struct Entry: Sendable {
        /// Where it lies.
        var range: ByteRange
        /// Where it goes.
        var destination: Origin
        /// The contact.
        var handle: ContactHandle
    }

    private let settings: KeepaliveSettings
    private let sockets: [ListeningSocket]
    /// The requests.
    private(set) var bytes = ByteWriter(capacity: 16_384)
    /// Where each of them lies.
    private(set) var entries: [Entry] = []
    /// Contacts that did not answer in time.
    private(set) var silent: [ContactHandle] = []

    /// No requests yet.
    init(_ settings: KeepaliveSettings, sockets: [ListeningSocket]) {
        self.settings = settings
        self.sockets = sockets
    }

    /// Notes a contact if it is to be kept alive.
    ///
    /// - Parameters:
    ///   - binding: The contact.
    ///   - now: The present time.
    ///   - sentMicroseconds: The same on the clock that round trips are measured with.
    ///   - hash: The hash of its address-of-record.
    ///   - table: Its table, by its place.
    ///   - counter: A number that no other request has.
    mutating func note(
        _ binding: borrowing BindingView, now: WallTime, sentMicroseconds: UInt64, hash: UInt64,
        table: Int, counter: UInt64
    ) {
        guard settings.wants(binding.values), binding.isValid(now) else { return }
        let timeout = settings.parameters.timeoutSeconds
        let wasSent = binding.values.flags & LocationTable.keepaliveSentFlag != 0
        if timeout > 0, wasSent, now.seconds - binding.lastKeepalive.seconds > timeout {
            silent.append(binding.handle)
            return
        }
        guard let destination = destination(of: binding),
            !settings.parameters.mode.contains(.datagramsOnly) || destination.transport == .udp,
            Int(destination.socket.value) < sockets.count
        else { return }
        let start = bytes.count
        writeHead(binding, destination, counter)
        bytes.append("From: <")
        bytes.append(settings.parameters.from)
        bytes.append(">;tag=")
        KeepaliveTag.write(
            ruid: { binding.writeRuid(into: &$0) }, hash: hash,
            sentMicroseconds: sentMicroseconds, counter: counter, table: table, into: &bytes)
        bytes.append("\r\nTo: <sip:")
        URIBytes.write(
            aor: binding.aor, hasDomain: settings.usesDomain, domain: settings.parameters.domain,
            into: &bytes)
        bytes.append(">\r\nCall-ID: ")
        bytes.append(settings.callIDPrefix)
        bytes.append(hexadecimal: counter)
        bytes.append(".")
        bytes.append(hexadecimal: UInt64(table))
        bytes.append("\r\nCSeq: 80 ")
        bytes.append(settings.parameters.method)
        // RFC 3261 8.1.1: every request has Max-Forwards.
        bytes.append("\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
        let range = ByteRange(offset: start, count: bytes.count - start)
        entries.append(Entry(range: range, destination: destination, handle: binding.handle))
    }

    /// Forgets everything and keeps the room.
    mutating func removeAll() {
        bytes.removeAll()
        entries.removeAll(keepingCapacity: true)
        silent.removeAll(keepingCapacity: true)
    }

    // MARK: Private

    /// Request line, Via and Route.
    private mutating func writeHead(
        _ binding: borrowing BindingView, _ destination: Origin, _ counter: UInt64
    ) {
        let socket = sockets[Int(destination.socket.value)]
        bytes.append(settings.parameters.method)
        bytes.append(" ")
        URIBytes.write(binding.uri, where: URIBytes.isVisible, into: &bytes)
        bytes.append(" SIP/2.0\r\nVia: SIP/2.0/")
        bytes.append("\(destination.transport.name)".uppercased())
        bytes.append(" ")
        if let advertised = socket.advertised {
            bytes.append(advertised)
        } else {
            socket.address.write(into: &bytes)
        }
        bytes.append(";branch=z9hG4bKx.")
        bytes.append(hexadecimal: counter)
        bytes.append(".0.0\r\n")
        guard !binding.path.isEmpty else { return }
        bytes.append("Route: ")
        URIBytes.write(binding.path, where: { $0 >= 0x20 && $0 != 0x7f }, into: &bytes)
        bytes.append("\r\n")
    }

    /// Where a contact is reached: the address it was seen at, else the first hop of its Path, else
    /// its own.
    ///
    /// Nil when that is a name: keepalives wait for no resolver.
    private func destination(of binding: borrowing BindingView) -> Origin? {
        if !binding.received.isEmpty { return destination(binding, binding.received) }
        if !binding.path.isEmpty {
            return destination(binding, Self.firstURI(of: binding.path))
        }
        return destination(binding, binding.uri)
    }

    /// The same for the URI that decides.
    private func destination(_ binding: borrowing BindingView, _ text: Span<UInt8>) -> Origin? {
        guard let uri = try? SIPURI(parsing: text), uri.isSIP,
            let transport = uri.transport(in: text)
        else { return nil }
        let host = text.extracting(uri.host.indices)
        let address: PeerAddress
        switch uri.hostKind {
        case .ipv4:
            guard let number = PeerAddress.ipv4(host) else { return nil }
            address = PeerAddress(ipv4: number, port: uri.portOrDefault)
        case .ipv6:
            guard let halves = PeerAddress.ipv6(host.extracting(1..<(host.count - 1))) else {
                return nil
            }
            address = PeerAddress(high: halves.high, low: halves.low, port: uri.portOrDefault)
        case .name, nil: return nil
        }
        guard let socket = socket(binding.values.socket, transport, isIPv6: address.isIPv6) else {
            return nil
        }
        return Origin(
            transport: transport, socket: socket, source: address,
            connection: transport.isStream ? binding.values.connection : -1)
    }

    /// The socket that the contact registered on, else the first that reaches its address.
    private func socket(
        _ registered: SocketIndex, _ transport: TransportProtocol, isIPv6: Bool
    ) -> SocketIndex? {
        func fits(_ socket: ListeningSocket) -> Bool {
            socket.transport == transport && socket.address.isIPv6 == isIPv6
        }
        let index = Int(registered.value)
        if !registered.isNone, index < sockets.count, fits(sockets[index]) { return registered }
        return sockets.firstIndex(where: fits).map { SocketIndex($0) }
    }

    /// The first URI of a Path vector: what stands between its first angle brackets, or up to the
    /// first comma.
    @_lifetime(copy path)
    private static func firstURI(of path: Span<UInt8>) -> Span<UInt8> {
        var start = 0
        while start < path.count, path[start] != UInt8(ascii: "<") { start += 1 }
        start = start == path.count ? 0 : start + 1
        var end = start
        while end < path.count, path[end] != UInt8(ascii: ">"), path[end] != UInt8(ascii: ",") {
            end += 1
        }
        return path.extracting(start..<end)
    }
}

/// What a keepalive is made from, once for the life of the server.
struct KeepaliveSettings: Sendable {
    /// The parameters.
    let parameters: KeepaliveParameters
    /// Branch flags of contacts behind a NAT.
    let natMask: UInt32
    /// Whether an AoR has a domain.
    let usesDomain: Bool
    /// This server's number.
    let serverID: UInt32
    /// What Call-IDs begin with: `ksrulka-RANDOM-PROCESS-`.
    ///
    /// The random number is what tells an
    /// answer to us from one that somebody has made up.
    let callIDPrefix: String

    /// Whether a contact is one of those that `ka_mode` and `ka_filter` name.
    func wants(_ values: ContactValues) -> Bool {
        let mode = parameters.mode
        guard mode.contains(.all) || (mode.contains(.natted) && values.cflags & natMask != 0)
        else { return false }
        return parameters.filter & 1 == 0 || values.serverID == serverID
    }
}
