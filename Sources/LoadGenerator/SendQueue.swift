internal import Basics
internal import CLinux
internal import Glibc

/// Bytes that wait to be written to a connection.
///
/// They are bounded by the window: a request is written only when a slot is free, and a slot is
/// free only when the reply to an earlier request has come.
struct SendQueue: ~Copyable {
    /// The bytes; those before `sent` have left.
    var bytes = ByteWriter(capacity: 16_384)
    private var sent = 0

    /// An empty queue.
    init() {}

    /// Writes what the connection takes; 0 when all has left, else the errno that stopped it.
    mutating func send(_ socket: SocketHandle) -> Int32 {
        let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
        while sent < bytes.count {
            let rest = ByteRange(offset: sent, count: bytes.count - sent)
            let written = unsafe bytes.span(rest).withUnsafeBufferPointer { buffer in
                unsafe Glibc.send(socket.descriptor, buffer.baseAddress, buffer.count, flags)
            }
            if written >= 0 {
                sent += written
            } else if errno != EINTR {
                return errno
            }
        }
        bytes.removeAll()
        sent = 0
        return 0
    }
}
