import Basics
import Locations
import SIPSyntax

/// A contact that may be pinged, copied out of the table.
struct PingTarget {
    /// Whose contact it is.
    var aor: [UInt8]
    /// Its URI.
    var uri: [UInt8]
    /// Where a ping goes instead, as a URI: what was received from, or the first Path hop.
    var way: [UInt8]
    /// The Path vector; empty without one.
    var path: [UInt8]
    /// Its numbers.
    var values: ContactValues
    /// The last sign of life.
    var lastKeepalive: WallTime
    /// What to reach it by later.
    var handle: ContactHandle

    /// Copies a binding; it runs under the lock of a shard.
    init(_ binding: borrowing BindingView) {
        aor = Array(copying: binding.aor)
        uri = Array(copying: binding.uri)
        path = Array(copying: binding.path)
        way = binding.received.isEmpty ? uri : Array(copying: binding.received)
        values = binding.values
        lastKeepalive = binding.lastKeepalive
        handle = binding.handle
        guard !path.isEmpty, let hop = Self.firstHop(path.span) else { return }
        way = Array(path[hop.indices])
    }

    /// The URI within the first `< >` of a Path.
    private static func firstHop(_ path: Span<UInt8>) -> ByteRange? {
        var start: Int?
        for place in path.indices {
            if path[place] == UInt8(ascii: "<"), start == nil { start = place + 1 }
            if path[place] == UInt8(ascii: ">"), let start {
                return ByteRange(offset: start, count: place - start)
            }
        }
        return nil
    }

    /// Where a ping goes; nil when the way names a host that would have to be asked for, for a
    /// timer asks nobody.
    func destination(_ socket: SocketIndex?) -> Origin? {
        let bytes = way.span
        guard let uri = try? SIPURI(parsing: bytes), uri.isSIP,
            let address = PeerAddress(literal: bytes.part(uri.host), port: uri.portOrDefault)
        else { return nil }
        let transport = uri.transport(in: bytes) ?? (values.connection > 0 ? .tcp : .udp)
        // A NAT lets nobody open a stream to a phone; only the one that the phone opened works.
        guard transport == .udp || values.connection > 0 else { return nil }
        return Origin(
            transport: transport, socket: socket ?? values.socket, source: address,
            connection: transport == .udp ? -1 : values.connection)
    }
}
