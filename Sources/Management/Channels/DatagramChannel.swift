internal import Basics
internal import Glibc
public import Logging
public import ModuleKit
internal import Synchronization

/// A Unix or UDP datagram socket for commands: each datagram is a request, its answer goes back to
/// where it came from.
public final class DatagramChannel: Sendable {
    /// The address it is bound to.
    public let address: ChannelAddress
    private let socket: ChannelSocket
    private let channel: String
    private let logger: Logger
    private let timeout: Int32
    private let signal = StopSignal()
    private let answer: @Sendable (Span<UInt8>, RPCCaller) -> [UInt8]?
    private let threads = Guarded<[ChannelThread]>([])

    /// Binds an address and answers from now on, on so many threads.
    ///
    /// An answer that the peer does not take within `timeoutMilliseconds` is dropped. `answer` may
    /// say nothing; it must return at most `Limits.controlDatagramBytesMax` bytes.
    public init(
        _ address: ChannelAddress, _ access: FileAccess, workers: Int = 1,
        timeoutMilliseconds: Int, channel: String, module: String, logger: Logger,
        announce: @escaping @Sendable () -> Void,
        answer: @escaping @Sendable (Span<UInt8>, RPCCaller) -> [UInt8]?
    ) throws(StartFailure) {
        precondition(workers > 0 && timeoutMilliseconds >= 0)
        socket = try ChannelSocket(address, access, module)
        self.address = socket.address
        self.channel = channel
        self.logger = logger
        self.answer = answer
        timeout = Int32(timeoutMilliseconds)
        for _ in 0..<workers {
            let thread = ChannelThread.start { [weak self, signal] in
                announce()
                guard let descriptor = self?.socket.descriptor else { return }
                var buffer = ByteWriter(capacity: Limits.controlDatagramBytesMax + 1)
                while signal.wait(descriptor, POLLIN, milliseconds: -1) != .stopped {
                    guard let self else { return }
                    self.turn(&buffer)
                }
            }
            guard let thread else {
                stop()
                throw StartFailure("\(module): no thread for \(address.text)")
            }
            threads.withLock { $0.append(thread) }
        }
    }

    /// Answers no more.
    public func stop() {
        signal.raise()
        let ended = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in ended { thread.join() }
    }

    /// Reads one datagram, if another worker was not faster, and answers it.
    private func turn(_ buffer: inout ByteWriter) {
        buffer.removeAll()
        var peer = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var count = 0
        let room = Limits.controlDatagramBytesMax + 1
        unsafe buffer.fill(room) { free in
            count = unsafe withUnsafeMutablePointer(to: &peer) { storage in
                unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    unsafe recvfrom(
                        socket.descriptor, free.baseAddress, room,
                        Int32(MSG_DONTWAIT), pointer, &size)
                }
            }
            return max(count, 0)
        }
        guard count > 0 else { return }
        let caller = RPCCaller(channel: channel, address: name(&peer, size))
        guard count < room else {
            logger.notice("\(address.text): a request from \(caller.address) is too large")
            return
        }
        guard let bytes = answer(buffer.span, caller) else { return }
        reply(bytes, &peer, size, caller)
    }

    /// Sends an answer; a socket without a name has no way back.
    private func reply(
        _ bytes: [UInt8], _ peer: inout sockaddr_storage, _ size: socklen_t, _ caller: RPCCaller
    ) {
        guard Int(size) > MemoryLayout<sa_family_t>.size else {
            logger.notice("\(address.text): a client has bound no address to answer to")
            return
        }
        let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
        for attempt in 0..<2 {
            let count = unsafe withUnsafePointer(to: &peer) { storage in
                unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    unsafe sendto(
                        socket.descriptor, bytes, bytes.count, flags, pointer, size)
                }
            }
            if count == bytes.count { return }
            guard attempt == 0, errno == EAGAIN || errno == EINTR,
                signal.wait(socket.descriptor, POLLOUT, milliseconds: timeout) == .ready
            else { break }
        }
        logger.notice(
            "\(address.text): \(bytes.count) bytes to \(caller.address): \(SystemCause.last)"
        )
    }

    /// The peer's address for the record of changes.
    private func name(_ peer: inout sockaddr_storage, _ size: socklen_t) -> String {
        if peer.ss_family == sa_family_t(AF_UNIX) {
            let path = unsafe withUnsafePointer(to: &peer) { storage in
                unsafe storage.withMemoryRebound(to: sockaddr_un.self, capacity: 1) {
                    unsafe UnixAddress.path($0.pointee, size)
                }
            }
            return path.isEmpty ? "unix" : "unix:\(path)"
        }
        let address = unsafe withUnsafePointer(to: &peer) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe PeerAddress($0)
            }
        }
        return address?.text ?? "unknown"
    }
}
