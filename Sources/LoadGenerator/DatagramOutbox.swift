internal import Basics
internal import CLinux
internal import Glibc

/// Messages that wait to leave on one connected socket with one sendmmsg(2).
///
/// Messages of one length, one behind the other, are handed over as one that the kernel cuts
/// (`UDP_SEGMENT`), so that the generator takes less of a machine that it shares with the server.
///
/// Whoever writes one appends to `bytes` and says where it ends. The addresses are worked out only
/// when all leave, because the buffer may move while it grows.
@safe
struct DatagramOutbox: ~Copyable {
    /// Longest datagram of a run: what passes every path of IPv6 (RFC 8200 5).
    private static let runDatagramBytesMax = 1_200
    /// Room for what asks the kernel to cut one message.
    private static let controlBytes = Int(CLINUX_RUN_ROOM)

    private let headers: UnsafeMutablePointer<clinux_mmsghdr>
    private let pieces: UnsafeMutablePointer<iovec>
    /// For each message handed over the control message that has it cut.
    private let controls: UnsafeMutableRawPointer
    /// Bytes of each message in `bytes`.
    private var lengths: [Int] = []
    /// Whether the kernel has refused to cut.
    private var isWhole = false
    /// The bytes of the messages, one behind the other.
    var bytes: ByteWriter
    /// Number of messages in `bytes`.
    var count: Int { lengths.count }
    private var closed = 0

    /// An empty outbox.
    init() {
        let room = Limits.datagramBatch
        bytes = ByteWriter(capacity: room * 640)
        unsafe headers = .allocate(capacity: room)
        unsafe pieces = .allocate(capacity: room)
        unsafe controls = .allocate(byteCount: room * Self.controlBytes, alignment: 16)
        lengths.reserveCapacity(room)
        for index in 0..<room {
            unsafe (pieces + index).initialize(to: iovec())
            var header = unsafe clinux_mmsghdr()
            unsafe header.msg_hdr.msg_iov = pieces + index
            unsafe header.msg_hdr.msg_iovlen = 1
            unsafe (headers + index).initialize(to: header)
        }
    }

    deinit {
        unsafe controls.deallocate()
        unsafe headers.deallocate()
        unsafe pieces.deallocate()
    }

    /// Whether no further message fits.
    var isFull: Bool { count == Limits.datagramBatch }

    /// Ends a message: what was appended since the last end is one datagram.
    mutating func endMessage() {
        precondition(count < Limits.datagramBatch && bytes.count > closed)
        lengths.append(bytes.count - closed)
        closed = bytes.count
    }

    /// Sends all and forgets them; returns the errno of the first refusal, else 0.
    ///
    /// What the system refuses is lost, as any datagram may be: timer E sends it again.
    mutating func send(_ socket: SocketHandle) -> Int32 {
        guard count > 0 else { return 0 }
        let handed = handOver()
        var failure: Int32 = 0
        var sent = 0
        while sent < handed {
            let left = unsafe clinux_sendmmsg(
                socket.descriptor, headers + sent, UInt32(handed - sent), 0)
            if left <= 0, failure == 0 { failure = errno }
            sent += left > 0 ? Int(left) : 1
        }
        if [EIO, EINVAL, EOPNOTSUPP].contains(failure), !isWhole {
            // Where the kernel or the device does not cut, all leave again, one by one.
            isWhole = true
            return send(socket)
        }
        bytes.removeAll()
        closed = 0
        lengths.removeAll(keepingCapacity: true)
        return failure
    }

    /// Writes the headers; returns how many.
    private mutating func handOver() -> Int {
        var handed = 0
        var place = 0
        unsafe bytes.span.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var start = unsafe UnsafeMutableRawPointer(mutating: base)
            while place < lengths.count {
                let run = isWhole ? 1 : Self.run(lengths, from: place)
                let total = lengths[place..<(place + run)].reduce(0, +)
                unsafe pieces[handed] = iovec(iov_base: start, iov_len: total)
                unsafe headers[handed].msg_hdr.msg_controllen = 0
                if run > 1 {
                    unsafe clinux_set_run(
                        &headers[handed].msg_hdr, controls + handed * Self.controlBytes,
                        UInt16(clamping: lengths[place]))
                }
                unsafe start += total
                handed += 1
                place += run
            }
        }
        return handed
    }

    /// How many messages from `place` on may leave as one: those of one length, and one that is
    /// shorter at the end.
    static func run(_ lengths: [Int], from place: Int) -> Int {
        let length = lengths[place]
        guard length <= runDatagramBytesMax else { return 1 }
        var end = place + 1
        while end < lengths.count, lengths[end] == length { end += 1 }
        if end < lengths.count, lengths[end] < length { end += 1 }
        return end - place
    }
}
