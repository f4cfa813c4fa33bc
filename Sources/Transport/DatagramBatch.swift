internal import Basics
internal import CLinux
internal import Glibc

/// Room for the datagrams that one system call brings: buffers, addresses and the kernel's index.
///
/// A place of it holds one datagram, or datagrams of one sender and one length that the kernel has
/// put together (`UDP_GRO`), as a proxy's answers come; only the last of these may be shorter.
///
/// Everything is allocated once. A buffer holds the longest datagram there is, but memory that no
/// datagram reached costs address space only. Buffers lie a little more than their size apart:
/// at a power of two all their first lines would fall into the same few sets of the cache.
@safe
struct DatagramBatch: ~Copyable {
    /// How a call to receive ended.
    enum Outcome {
        /// Datagrams are there, at that many places.
        case received(Int)
        /// A signal came first, or the error of an earlier send: call again.
        case interrupted
        /// The call failed.
        case failed(SystemError)
    }

    /// Room for what the kernel says of one message.
    private static let controlBytes = Int(CLINUX_RUN_ROOM)
    /// Bytes between the starts of two buffers, beyond their size: an odd number of cache lines.
    private static let skew = 17 * 64

    /// Most places of one call.
    let capacity: Int
    /// Longest datagram in bytes.
    let room: Int
    private let stride: Int
    private var used = 0
    private let buffers: UnsafeMutablePointer<UInt8>
    private let addresses: UnsafeMutableRawPointer
    private let vectors: UnsafeMutablePointer<iovec>
    private let headers: UnsafeMutablePointer<clinux_mmsghdr>
    private let controls: UnsafeMutableRawPointer

    /// Room for `capacity` datagrams of up to `room` bytes.
    init(capacity: Int = Limits.datagramBatch, room: Int = Limits.messageBytesMax) {
        precondition(capacity > 0 && room > 0)
        self.capacity = capacity
        self.room = room
        stride = (room + 63) / 64 * 64 + Self.skew
        unsafe buffers = .allocate(capacity: capacity * stride)
        unsafe addresses = .allocate(byteCount: capacity * KernelAddress.bytes, alignment: 16)
        unsafe vectors = .allocate(capacity: capacity)
        unsafe headers = .allocate(capacity: capacity)
        unsafe controls = .allocate(byteCount: capacity * Self.controlBytes, alignment: 16)
        for place in 0..<capacity {
            unsafe (vectors + place).initialize(
                to: iovec(iov_base: buffers + place * stride, iov_len: room))
            var header = unsafe clinux_mmsghdr()
            unsafe header.msg_hdr.msg_name = addresses + place * KernelAddress.bytes
            unsafe header.msg_hdr.msg_namelen = socklen_t(KernelAddress.bytes)
            unsafe header.msg_hdr.msg_iov = vectors + place
            unsafe header.msg_hdr.msg_iovlen = 1
            unsafe header.msg_hdr.msg_control = controls + place * Self.controlBytes
            unsafe header.msg_hdr.msg_controllen = Self.controlBytes
            unsafe (headers + place).initialize(to: header)
        }
    }

    deinit {
        unsafe controls.deallocate()
        unsafe headers.deallocate()
        unsafe vectors.deallocate()
        unsafe addresses.deallocate()
        unsafe buffers.deallocate()
    }

    /// Takes the datagrams that are there, up to `capacity` places; unless told otherwise it waits
    /// for the first.
    mutating func receive(from socket: DatagramSocket, waits: Bool = true) -> Outcome {
        for place in 0..<used {
            unsafe headers[place].msg_hdr.msg_namelen = socklen_t(KernelAddress.bytes)
            unsafe headers[place].msg_hdr.msg_controllen = Self.controlBytes
        }
        used = 0
        let count = unsafe clinux_recvmmsg(
            socket.descriptor, headers, UInt32(capacity),
            waits ? CLINUX_MSG_WAITFORONE : CInt(MSG_DONTWAIT))
        if count >= 0 {
            used = Int(count)
            return .received(used)
        }
        let error = SystemError.last
        switch error.number {
        case EAGAIN where !waits: return .received(0)
        case EINTR, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH: return .interrupted
        default: return .failed(error)
        }
    }

    /// The bytes at one place of the last call.
    @_lifetime(borrow self)
    func bytes(_ place: Int) -> Span<UInt8> {
        precondition(place >= 0 && place < used)
        let count = min(Int(unsafe headers[place].msg_len), room)
        let span = unsafe Span(_unsafeStart: buffers + place * stride, count: count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// How long each of the datagrams at one place is, the last of which may be shorter; nil where
    /// there is one alone.
    func pieceBytes(_ place: Int) -> Int? {
        precondition(place >= 0 && place < used)
        let count = unsafe Int(clinux_run_bytes(&headers[place].msg_hdr))
        return count > 0 ? count : nil
    }

    /// Who sent what is at one place of the last call; nil if it cannot be answered.
    func source(_ place: Int) -> PeerAddress? {
        precondition(place >= 0 && place < used)
        let length = Int(unsafe headers[place].msg_hdr.msg_namelen)
        let slot = unsafe UnsafeRawPointer(addresses + place * KernelAddress.bytes)
        guard let address = unsafe KernelAddress.read(slot, length: length) else { return nil }
        return address.port == 0 ? nil : address
    }

    /// Whether what came to one place of the last call was longer than its buffer.
    func isTruncated(_ place: Int) -> Bool {
        precondition(place >= 0 && place < used)
        return unsafe headers[place].msg_hdr.msg_flags & CInt(MSG_TRUNC) != 0
    }
}
