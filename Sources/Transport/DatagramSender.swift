internal import Basics
internal import CLinux
internal import Glibc

/// Sends the datagrams of an outbox, up to a batch of them by one system call.
///
/// A run of datagrams (`DatagramRun`) is one message of such a batch. Where the kernel or the
/// device does not cut messages, the run is sent again piece by piece.
@safe
struct DatagramSender: ~Copyable {
    /// Room for what asks the kernel to cut one message.
    private static let controlBytes = Int(CLINUX_RUN_ROOM)
    /// Runs that were refused before no more are tried.
    private static let refusalsMax = 16

    /// Most messages of one call.
    private let capacity: Int
    /// Messages that wait for the next call.
    private var staged = 0
    /// Datagrams of these messages.
    private var datagrams = 0
    /// Runs that the kernel has refused.
    private var refusals = 0
    private let addresses: UnsafeMutableRawPointer
    private let vectors: UnsafeMutablePointer<iovec>
    private let headers: UnsafeMutablePointer<clinux_mmsghdr>
    /// For each message the control message that makes it a run.
    private let controls: UnsafeMutableRawPointer
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
        unsafe controls = .allocate(byteCount: capacity * Self.controlBytes, alignment: 16)
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
        unsafe controls.deallocate()
        unsafe headers.deallocate()
        unsafe vectors.deallocate()
        unsafe addresses.deallocate()
    }

    /// Sends what an outbox holds for socket `index` on this sender's socket, in order; all else
    /// goes to the router.
    mutating func send(_ outbox: borrowing Outbox, from index: SocketIndex, router: MessageRouter) {
        let entries = outbox.entries
        var place = 0
        while place < entries.count {
            let entry = entries[place]
            guard entry.destination.socket == index else {
                // In the order in which they were written: the 100 of an INVITE must not come
                // behind the answers that the INVITE gets from a callee on another transport.
                if staged > 0 { flush() }
                router.send(outbox.bytes(entry), to: entry.destination)
                place += 1
                continue
            }
            let count = refusals < Self.refusalsMax ? DatagramRun.count(entries, from: place) : 1
            place += count
            var range = entry.range
            if count > 1 { range.count = UInt32(entries[place - 1].range.end - range.start) }
            stage(outbox.writer.span(range), to: entry.destination.source)
            if count > 1 { makeRun(of: count, length: UInt16(entry.range.count)) }
            if staged == capacity { flush() }
        }
        if staged > 0 { flush() }
    }

    /// Notes one message.
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
        unsafe headers[staged].msg_hdr.msg_controllen = 0
        staged += 1
        datagrams += 1
    }

    /// Makes the message that was staged last a run of `count` datagrams of `length` bytes.
    private mutating func makeRun(of count: Int, length: UInt16) {
        assert(staged > 0 && count >= DatagramRun.countMin)
        let place = staged - 1
        unsafe clinux_set_run(
            &headers[place].msg_hdr, controls + place * Self.controlBytes, length)
        datagrams += count - 1
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
            let number = errno
            if isWorthRetrying(number, hasRetried: hasRetried) {
                hasRetried = true
            } else {
                hasRetried = false
                failed += giveUp(first, number, &calls)
                first += 1
            }
        }
        statistics.sendCalls.add(calls)
        statistics.datagramsSent.add(datagrams - failed)
        if failed > 0 { statistics.sendErrors.add(failed) }
        staged = 0
        datagrams = 0
    }

    /// Deals with a message that the kernel has refused: a run is sent piece by piece.
    ///
    /// - Returns: How many datagrams were not sent.
    private mutating func giveUp(_ place: Int, _ number: CInt, _ calls: inout Int) -> Int {
        let length = unsafe Int(clinux_run_bytes(&headers[place].msg_hdr))
        guard length > 0 else { return 1 }
        // EIO: the device computes no checksums. EINVAL, EMSGSIZE: no path for such pieces.
        if [EIO, EINVAL, EMSGSIZE, EOPNOTSUPP, ENOPROTOOPT].contains(number) { refusals += 1 }
        unsafe headers[place].msg_hdr.msg_controllen = 0
        var rest = unsafe vectors[place]
        var failed = 0
        while unsafe rest.iov_len > 0 {
            let count = min(length, unsafe rest.iov_len)
            unsafe vectors[place] = unsafe iovec(iov_base: rest.iov_base, iov_len: count)
            calls += 1
            let sent = unsafe clinux_sendmmsg(
                socket.descriptor, headers + place, 1, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
            if sent < 1 { failed += 1 }
            unsafe rest.iov_base += count
            unsafe rest.iov_len -= count
        }
        return failed
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
