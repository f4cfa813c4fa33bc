internal import Basics
internal import CLinux
internal import Glibc

/// Room for one batch of datagrams: what recvmmsg(2) fills, and sendmmsg(2) may send back.
///
/// Everything is allocated once; a batch costs one system call. The headers point into the memory
/// beside them for as long as the value lives, and so nothing of it ever moves.
@safe
struct DatagramInbox: ~Copyable {
    /// Bytes kept of each datagram; a reply to our requests is far shorter.
    static let bytesEach = 4_096

    private let headers: UnsafeMutablePointer<clinux_mmsghdr>
    private let pieces: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<sockaddr_storage>
    private let bytes: UnsafeMutablePointer<UInt8>
    /// Datagrams of the last batch.
    private(set) var count = 0

    /// An empty inbox; with `keepsNames` it remembers who sent each datagram.
    init(keepsNames: Bool = false) {
        let room = Limits.datagramBatch
        unsafe headers = .allocate(capacity: room)
        unsafe pieces = .allocate(capacity: room)
        unsafe names = .allocate(capacity: room)
        unsafe bytes = .allocate(capacity: room * Self.bytesEach)
        for index in 0..<room {
            unsafe (names + index).initialize(to: sockaddr_storage())
            let start = unsafe UnsafeMutableRawPointer(bytes + index * Self.bytesEach)
            unsafe (pieces + index).initialize(to: iovec(iov_base: start, iov_len: 0))
            var header = unsafe clinux_mmsghdr()
            unsafe header.msg_hdr.msg_iov = pieces + index
            unsafe header.msg_hdr.msg_iovlen = 1
            unsafe header.msg_hdr.msg_name =
                keepsNames
                ? UnsafeMutableRawPointer(names + index) : nil
            unsafe (headers + index).initialize(to: header)
        }
    }

    deinit {
        unsafe headers.deallocate()
        unsafe pieces.deallocate()
        unsafe names.deallocate()
        unsafe bytes.deallocate()
    }

    /// Reads up to one batch; returns how many, or a negative errno.
    mutating func receive(_ socket: SocketHandle, isWaiting: Bool = false) -> Int {
        let room = Limits.datagramBatch
        for index in 0..<room {
            unsafe pieces[index].iov_len = Self.bytesEach
            unsafe headers[index].msg_hdr.msg_namelen =
                socklen_t(MemoryLayout<sockaddr_storage>.size)
        }
        let flags = isWaiting ? CLINUX_MSG_WAITFORONE : Int32(MSG_DONTWAIT)
        let received = unsafe clinux_recvmmsg(
            socket.descriptor, headers, UInt32(room), flags)
        count = max(0, Int(received))
        return received < 0 ? -Int(errno) : count
    }

    /// One datagram of the last batch.
    @_lifetime(borrow self)
    func datagram(_ index: Int) -> Span<UInt8> {
        precondition(index >= 0 && index < count)
        let length = min(unsafe Int(headers[index].msg_len), Self.bytesEach)
        let span = unsafe Span(_unsafeStart: bytes + index * Self.bytesEach, count: length)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Sends every datagram of the last batch back to where it came from; returns how many left.
    mutating func sendBack(_ socket: SocketHandle) -> Int {
        for index in 0..<count {
            unsafe pieces[index].iov_len = min(Int(headers[index].msg_len), Self.bytesEach)
        }
        var sent = 0
        while sent < count {
            let left = unsafe clinux_sendmmsg(
                socket.descriptor, headers + sent, UInt32(count - sent), 0)
            // A peer that has gone away costs its own datagram only.
            sent += left > 0 ? Int(left) : 1
        }
        return sent
    }
}
