internal import Basics
internal import CLinux
internal import Glibc

/// Sends the datagrams of an outbox, up to a batch of them by one system call.
@safe
struct DatagramSender: ~Copyable {
    /// Most datagrams of one call.
    private let capacity: Int
    /// Datagrams that wait for the next call.
    private var staged = 0
    private let addresses: UnsafeMutableRawPointer
    private let vectors: UnsafeMutablePointer<iovec>
    private let headers: UnsafeMutablePointer<clinux_mmsghdr>
    private let socket: DatagramSocket
    private let statistics: TransportStatistics

    /// A sender on one socket.
    init(
        _ socket: DatagramSocket, statistics: TransportStatistics,
        capacity: Int = Limits.datagramBatch
    ) {
        precondition(capacity > 0)
        self.capacity = capacity
        self.socket = socket
        self.statistics = statistics
        unsafe addresses = .allocate(byteCount: capacity * KernelAddress.bytes, alignment: 16)
        unsafe vectors = .allocate(capacity: capacity)
        unsafe headers = .allocate(capacity: capacity)
        for place in 0..<capacity {
            unsafe (vectors + place).initialize(to: iovec())
            var header = unsafe clinux_mmsghdr()
            unsafe header.msg_hdr.msg_name = addresses + place * KernelAddress.bytes
            unsafe header.msg_hdr.msg_iov = vectors + place
            unsafe header.msg_hdr.msg_iovlen = 1
            unsafe (headers + place).initialize(to: header)
        }
    }

    deinit {
        unsafe headers.deallocate()
        unsafe vectors.deallocate()
        unsafe addresses.deallocate()
    }

    /// Sends what an outbox holds for socket `index` on this sender's socket, in order; all else
    /// goes to the router.
    mutating func send(_ outbox: borrowing Outbox, from index: SocketIndex, router: MessageRouter) {
        let entries = outbox.entries
        for entry in entries {
            guard entry.destination.socket == index else {
                // In the order in which they were written: the 100 of an INVITE must not come
                // behind the answers that the INVITE gets from a callee on another transport.
                if staged > 0 { flush() }
                router.send(outbox.bytes(entry), to: entry.destination)
                continue
            }
            stage(outbox.bytes(entry), to: entry.destination.source)
            if staged == capacity { flush() }
        }
        if staged > 0 { flush() }
    }

    /// Notes one datagram.
    ///
    /// Its bytes must stay where they are until `flush`, as those of an outbox that is borrowed for
    /// as long do.
    private mutating func stage(_ bytes: Span<UInt8>, to address: PeerAddress) {
        assert(staged < capacity)
        let slot = unsafe addresses + staged * KernelAddress.bytes
        unsafe headers[staged].msg_hdr.msg_namelen = KernelAddress.write(address, to: slot)
        unsafe bytes.withUnsafeBufferPointer { source in
            let base = unsafe UnsafeMutableRawPointer(mutating: source.baseAddress)
            unsafe vectors[staged] = unsafe iovec(iov_base: base, iov_len: source.count)
        }
        staged += 1
    }

    /// Sends what is staged; what the kernel refuses is dropped and counted, the rest goes on.
    private mutating func flush() {
        var first = 0
        var calls = 0
        var failed = 0
        var hasRetried = false
        while first < staged {
            let sent = unsafe clinux_sendmmsg(
                socket.descriptor, headers + first, UInt32(staged - first),
                CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
            calls += 1
            if sent > 0 {
                first += Int(sent)
                hasRetried = false
                continue
            }
            let retry = isWorthRetrying(errno, hasRetried: hasRetried)
            if retry {
                hasRetried = true
            } else {
                hasRetried = false
                failed += 1
                first += 1
            }
        }
        statistics.sendCalls.add(calls)
        statistics.datagramsSent.add(staged - failed)
        if failed > 0 { statistics.sendErrors.add(failed) }
        staged = 0
    }

    /// Whether the same datagram may pass at a second attempt.
    ///
    /// ECONNREFUSED is the answer to an earlier datagram, which the kernel reports once; EAGAIN is
    /// a full send buffer, which is given some time to drain.
    private func isWorthRetrying(_ number: CInt, hasRetried: Bool) -> Bool {
        switch number {
        case EINTR: true
        case ECONNREFUSED: !hasRetried
        case EAGAIN:
            !hasRetried
                && socket.waitWritable(milliseconds: DatagramSocket.patienceMilliseconds)
        default: false
        }
    }
}
