internal import Basics
internal import CLinux
internal import Glibc

/// A UDP socket that is bound; it closes itself when nobody refers to it any more.
///
/// Any thread may send on it. One worker reads from it. Closing only when the last reference goes
/// means that no sender can hit a descriptor that meanwhile belongs to something else.
final class DatagramSocket: Sendable {
    /// The descriptor.
    let descriptor: CInt
    /// The address that it is bound to, with the port that the system chose if it was asked to.
    let address: PeerAddress

    /// Binds a socket.
    ///
    /// - Parameters:
    ///   - address: where; port 0 lets the system choose.
    ///   - joining: whether others are bound there already, which this one shares datagrams with.
    ///     The first one is bound without, so that a stranger's socket is noticed.
    ///   - receiveBufferBytes: what to ask of the kernel, which may give less.
    /// - Throws: what the system said, such as EADDRINUSE.
    init(
        _ address: PeerAddress, joining: Bool, receiveBufferBytes: Int
    ) throws(SystemError) {
        descriptor = try SocketDescriptor.open(address, stream: false)
        do throws(SystemError) {
            if joining { try SocketDescriptor.set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
            try SocketDescriptor.bind(descriptor, to: address)
            self.address = try SocketDescriptor.boundAddress(descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        // The kernel caps both at net.core.rmem_max and wmem_max; a smaller buffer still works.
        let room = CInt(clamping: receiveBufferBytes)
        try? SocketDescriptor.set(descriptor, SOL_SOCKET, SO_RCVBUF, room)
        try? SocketDescriptor.set(descriptor, SOL_SOCKET, SO_SNDBUF, room)
    }

    deinit { close(descriptor) }

    /// Lets further sockets be bound to the same address, `joining` this one.
    ///
    /// The kernel then spreads the datagrams by the sender's address, so that those of one peer
    /// stay with one worker, in their order.
    func admitOthers() throws(SystemError) {
        try SocketDescriptor.set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)
    }

    /// The receive buffer that the kernel gave, in bytes as it counts them.
    var receiveBufferBytes: Int { SocketDescriptor.get(descriptor, SOL_SOCKET, SO_RCVBUF) }

    /// Lets the kernel hand over datagrams of one sender and one length together.
    ///
    /// It does where it has them together: from a network device that puts them so, or from a
    /// program of this machine that sends runs (`DatagramRun`). `DatagramBatch` takes them apart.
    /// Kernels before 5.0 do not know it, and go on handing over each by itself.
    func mergeDatagrams() { _ = clinux_merge_runs(descriptor) }

    /// Wakes the thread that waits for datagrams: its call returns at once, now and from now on.
    ///
    /// On a socket without a peer the call reports ENOTCONN and works nevertheless.
    func stopReceiving() { _ = shutdown(descriptor, CInt(SHUT_RD)) }

    /// Waits until the kernel has room for datagrams to send; false when it has none in time.
    func waitWritable(milliseconds: CInt) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe Glibc.poll(&poll, 1, milliseconds) > 0
    }

    /// Sends one datagram, from any thread.
    func send(_ bytes: Span<UInt8>, to address: PeerAddress) throws(SystemError) {
        let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)
        while true {
            let sent = unsafe bytes.withUnsafeBufferPointer { source in
                unsafe KernelAddress.withPointer(to: address) { peer, length in
                    unsafe sendto(
                        descriptor, source.baseAddress, source.count, flags, peer, length)
                }
            }
            if sent >= 0 { return }
            let error = SystemError.last
            switch error.number {
            case EINTR: continue
            case EAGAIN where waitWritable(milliseconds: Self.patienceMilliseconds): continue
            default: throw error
            }
        }
    }

    /// How long a full send buffer is waited for before what is to be sent is dropped.
    static let patienceMilliseconds: CInt = 100
}
