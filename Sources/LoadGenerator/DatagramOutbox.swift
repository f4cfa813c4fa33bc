internal import Basics
internal import CLinux
internal import Glibc

/// Requests of equal length that wait to leave on one connected socket with one sendmmsg(2).
@safe
struct DatagramOutbox: ~Copyable {
    private let headers: UnsafeMutablePointer<clinux_mmsghdr>
    private let pieces: UnsafeMutablePointer<iovec>
    /// The bytes of the requests, one behind the other.
    var bytes: ByteWriter
    /// Number of requests in `bytes`.
    var count = 0

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

    /// Whether no further request fits.
    var isFull: Bool { count == Limits.datagramBatch }

    /// Sends all and forgets them; returns the errno of the first refusal, else 0.
    ///
    /// What the system refuses is lost, as any datagram may be: timer E sends it again.
    mutating func send(_ socket: SocketHandle) -> Int32 {
        guard count > 0 else { return 0 }
        let length = bytes.count / count
        var failure: Int32 = 0
        unsafe bytes.span.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let start = unsafe UnsafeMutableRawPointer(mutating: base)
            for index in 0..<count {
                unsafe pieces[index] = iovec(
                    iov_base: start + index * length, iov_len: length)
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
        count = 0
        return failure
    }
}
