internal import Basics

/// An address that is bound, with the system's sockets behind it.
struct BoundSocket: Sendable {
    /// What is bound there.
    enum Kind: Sendable {
        /// A UDP socket for each worker.
        case datagrams([DatagramSocket])
        /// A socket that takes connections.
        case stream(StreamListener)
    }

    /// What others see of it.
    var listening: ListeningSocket
    /// The system's sockets.
    var kind: Kind

    /// Binds an address; what is bound closes itself when it is given up.
    init(
        _ directive: ListenDirective, at address: PeerAddress, settings: TransportSettings
    ) throws(BindError) {
        var bound = address
        do throws(SystemError) {
            switch directive.transport {
            case .udp:
                let sockets = try Self.datagramSockets(at: address, settings: settings)
                bound = sockets[0].address
                kind = .datagrams(sockets)
            case .tcp:
                let listener = try StreamListener(address)
                bound = listener.address
                kind = .stream(listener)
            case .tls, .sctp, .ws, .wss: throw SystemError.notSupported
            }
        } catch {
            let name = ListeningSocket(transport: directive.transport, address: address).name
            let kind: BindError.Kind =
                error == .notSupported ? .unsupported : .system(error.number)
            throw BindError(kind, directive: name, reason: error.reason)
        }
        listening = ListeningSocket(
            transport: directive.transport, address: bound, advertised: directive.advertised)
    }

    /// A socket for each worker, all bound to one address.
    private static func datagramSockets(
        at address: PeerAddress, settings: TransportSettings
    ) throws(SystemError) -> [DatagramSocket] {
        let room = settings.receiveBufferBytes
        let first = try DatagramSocket(address, joining: false, receiveBufferBytes: room)
        let workers = min(max(settings.udpWorkers, 1), Limits.workersMax)
        guard workers > 1 else { return [first] }
        try first.admitOthers()
        var sockets = [first]
        while sockets.count < workers {
            sockets.append(
                try DatagramSocket(first.address, joining: true, receiveBufferBytes: room))
        }
        return sockets
    }
}
