internal import Basics
internal import CLinux
internal import Glibc

/// Messages that wait to leave on one connected socket with one sendmmsg(2).
///
/// Whoever writes one appends to `bytes` and says where it ends. The addresses are worked out only
/// when all leave, because the buffer may move while it grows.
@safe
struct DatagramOutbox: ~Copyable {
    private let headers: UnsafeMutablePointer<clinux_mmsghdr>
    private let pieces: UnsafeMutablePointer<iovec>
    /// The bytes of the messages, one behind the other.
    var bytes: ByteWriter
    /// Number of messages in `bytes`.
    private(set) var count = 0
    private var closed = 0

    /// An empty outbox.
    init() {
        let room = Limits.datagramBatch
        bytes = ByteWriter(capacity: room * 640)
        unsafe headers = .allocate(capacity: room)
        unsafe pieces = .allocate(capacity: room)
        for index in 0..<room {
            unsafe (pieces + index).initialize(to: iovec())
            var header = unsafe clinux_mmsghdr()
            unsafe header.msg_hdr.msg_iov = pieces + index
            unsafe header.msg_hdr.msg_iovlen = 1
            unsafe (headers + index).initialize(to: header)
        }
    }

    deinit {
        unsafe headers.deallocate()
        unsafe pieces.deallocate()
    }

    /// Whether no further message fits.
    var isFull: Bool { count == Limits.datagramBatch }

    /// Ends a message: what was appended since the last end is one datagram.
    mutating func endMessage() {
        precondition(count < Limits.datagramBatch && bytes.count > closed)
        unsafe pieces[count].iov_len = bytes.count - closed
        closed = bytes.count
        count += 1
    }

    /// Sends all and forgets them; returns the errno of the first refusal, else 0.
    ///
    /// What the system refuses is lost, as any datagram may be: timer E sends it again.
    mutating func send(_ socket: SocketHandle) -> Int32 {
        guard count > 0 else { return 0 }
        var failure: Int32 = 0
        unsafe bytes.span.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var start = unsafe UnsafeMutableRawPointer(mutating: base)
            for index in 0..<count {
                unsafe pieces[index].iov_base = start
                unsafe start += pieces[index].iov_len
            }
            var sent = 0
            while sent < count {
                let left = unsafe clinux_sendmmsg(
                    socket.descriptor, headers + sent, UInt32(count - sent), 0)
                if left <= 0, failure == 0 { failure = errno }
                sent += left > 0 ? Int(left) : 1
            }
        }
        bytes.removeAll()
        closed = 0
        count = 0
        return failure
    }
}
