internal import Basics
internal import Glibc
public import Logging
public import ModuleKit
internal import Synchronization

/// A Unix stream or TCP socket for commands: a thread that accepts, and one for each connection.
///
/// Threads are few and cheap here: connections are bounded, and a command that waits for a database
/// holds up its own client only.
public final class StreamChannel: Sendable {
    /// The address it is bound to.
    public let address: ChannelAddress
    private let socket: ChannelSocket
    private let channel: String
    private let logger: Logger
    private let signal = StopSignal()
    private let serve: @Sendable (ChannelConnection) -> Void
    private let state = Guarded(State())

    /// The thread that accepts, and the connections by their descriptors.
    private struct State {
        var accepting: ChannelThread?
        var peers: [Int32: ChannelPeer] = [:]
    }

    /// Binds an address and takes connections from now on; `serve` runs on a thread of each.
    ///
    /// `channel` is the name of the kind of channel, "ctl" or "tcp", for the record of changes;
    /// `announce` is called on the thread that accepts.
    public init(
        _ address: ChannelAddress, _ access: FileAccess, channel: String, module: String,
        logger: Logger, announce: @escaping @Sendable () -> Void,
        serve: @escaping @Sendable (ChannelConnection) -> Void
    ) throws(StartFailure) {
        socket = try ChannelSocket(address, access, module)
        self.address = socket.address
        self.channel = channel
        self.logger = logger
        self.serve = serve
        let thread = ChannelThread.start { [weak self, signal, descriptor = socket.descriptor] in
            announce()
            while signal.wait(descriptor, POLLIN, milliseconds: -1) != .stopped {
                guard let self else { return }
                self.accept()
            }
        }
        guard let thread else { throw StartFailure("\(module): no thread for \(address.text)") }
        state.withLock { $0.accepting = thread }
    }

    /// The connections that are open now.
    public var peers: [ChannelPeer] {
        state.withLock { $0.peers.sorted { $0.key < $1.key } }.map(\.value)
    }

    /// Takes no more connections, ends those that are open and waits for their threads.
    public func stop() {
        signal.raise()
        state.withLock { $0.accepting.take() }?.join()
        // A command that is being run is waited for; nothing else keeps a thread now.
        for _ in 0..<1_000 where state.withLock({ !$0.peers.isEmpty }) { usleep(5_000) }
    }

    private func accept() {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let descriptor = unsafe withUnsafeMutablePointer(to: &address) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe Glibc.accept(socket.descriptor, pointer, &size)
            }
        }
        guard descriptor >= 0 else {
            // Out of descriptors, mostly: without a rest this would turn in circles.
            _ = signal.rest(milliseconds: 50)
            return
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let isFull = state.withLock { $0.peers.count >= Limits.channelConnectionsMax }
        guard !isFull else {
            logger.warning(
                """
                \(self.address.text): \(Limits.channelConnectionsMax) connections are open, \
                one more is refused
                """
            )
            close(descriptor)
            return
        }
        let (peer, caller) = identify(descriptor, &address)
        state.withLock { $0.peers[descriptor] = peer }
        let thread = ChannelThread.start { [self] in
            serve(ChannelConnection(descriptor, peer, caller, signal))
            // Out of the list first: the number may be another's as soon as it is closed.
            state.withLock { _ = $0.peers.removeValue(forKey: descriptor) }
            close(descriptor)
        }
        guard let thread else {
            state.withLock { _ = $0.peers.removeValue(forKey: descriptor) }
            close(descriptor)
            return
        }
        thread.detach()
    }

    /// Who connects.
    private func identify(
        _ descriptor: Int32, _ address: inout sockaddr_storage
    ) -> (ChannelPeer, RPCCaller) {
        switch self.address.place {
        case .unixStream(let path), .unixDatagram(let path):
            let credentials = PeerCredentials(descriptor)
            let peer = ChannelPeer(
                transport: self.address.transportName, source: "<anonymous unix socket>",
                sourcePort: "", destination: path, destinationPort: "",
                program: credentials?.program)
            let caller = RPCCaller(
                channel: channel, address: credentials?.text ?? "unix", user: credentials?.user)
            return (peer, caller)
        case .udp(let host, let port), .tcp(let host, let port):
            let source = unsafe withUnsafePointer(to: &address) { storage in
                unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe PeerAddress($0)
                }
            }
            let peer = ChannelPeer(
                transport: self.address.transportName, source: source?.hostText ?? "unknown",
                sourcePort: source.map { "\($0.port)" } ?? "", destination: host,
                destinationPort: "\(port)", program: nil)
            return (peer, RPCCaller(channel: channel, address: source?.text ?? "unknown"))
        }
    }
}
