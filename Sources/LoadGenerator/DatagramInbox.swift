internal import Basics
internal import CLinux
internal import Glibc

/// Room for one batch of datagrams: what recvmmsg(2) fills, and sendmmsg(2) may send back.
///
/// The kernel may hand over several together (`clinux_merge_runs`), which are told apart here.
///
/// Everything is allocated once; a batch costs one system call. The headers point into the memory
/// beside them for as long as the value lives, and so nothing of it ever moves.
@safe
struct DatagramInbox: ~Copyable {
    /// Bytes kept of each message: the longest there is.
    static let bytesEach = 65_536
    /// Room for what the kernel says of one message.
    private static let controlBytes = Int(CLINUX_RUN_ROOM)

    private let headers: UnsafeMutablePointer<clinux_mmsghdr>
    private let pieces: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<sockaddr_storage>
    private let bytes: UnsafeMutablePointer<UInt8>
    /// For each message what the kernel says of it.
    private let controls: UnsafeMutableRawPointer
    /// Messages of the last batch.
    private var messages = 0
    /// Where the datagrams of the last batch lie.
    private var datagrams: [Range<Int>] = []
    /// Datagrams of the last batch.
    var count: Int { datagrams.count }

    /// An empty inbox; with `keepsNames` it remembers who sent each datagram.
    init(keepsNames: Bool = false) {
        let room = Limits.datagramBatch
        unsafe headers = .allocate(capacity: room)
        unsafe pieces = .allocate(capacity: room)
        unsafe names = .allocate(capacity: room)
        unsafe bytes = .allocate(capacity: room * Self.bytesEach)
        unsafe controls = .allocate(byteCount: room * Self.controlBytes, alignment: 16)
        for index in 0..<room {
            unsafe (names + index).initialize(to: sockaddr_storage())
            let start = unsafe UnsafeMutableRawPointer(bytes + index * Self.bytesEach)
            unsafe (pieces + index).initialize(to: iovec(iov_base: start, iov_len: 0))
            var header = unsafe clinux_mmsghdr()
            unsafe header.msg_hdr.msg_iov = pieces + index
            unsafe header.msg_hdr.msg_iovlen = 1
            unsafe header.msg_hdr.msg_control = controls + index * Self.controlBytes
            unsafe header.msg_hdr.msg_name =
                keepsNames
                ? UnsafeMutableRawPointer(names + index) : nil
            unsafe (headers + index).initialize(to: header)
        }
    }

    deinit {
        unsafe controls.deallocate()
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
            unsafe headers[index].msg_hdr.msg_controllen = Self.controlBytes
        }
        let flags = isWaiting ? CLINUX_MSG_WAITFORONE : Int32(MSG_DONTWAIT)
        let received = unsafe clinux_recvmmsg(
            socket.descriptor, headers, UInt32(room), flags)
        messages = max(0, Int(received))
        datagrams.removeAll(keepingCapacity: true)
        guard received >= 0 else { return -Int(errno) }
        for index in 0..<messages { takeApart(index) }
        return count
    }

    /// Notes where the datagrams of one message lie.
    private mutating func takeApart(_ index: Int) {
        let start = index * Self.bytesEach
        let total = min(unsafe Int(headers[index].msg_len), Self.bytesEach)
        let each = unsafe Int(clinux_run_bytes(&headers[index].msg_hdr))
        let length = each > 0 ? each : total
        var place = 0
        repeat {
            let end = min(place + length, total)
            datagrams.append((start + place)..<(start + end))
            place = end
        } while place < total
    }

    /// One datagram of the last batch.
    @_lifetime(borrow self)
    func datagram(_ index: Int) -> Span<UInt8> {
        let range = datagrams[index]
        let span = unsafe Span(_unsafeStart: bytes + range.lowerBound, count: range.count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Sends every message of the last batch back to where it came from; returns how many left.
    mutating func sendBack(_ socket: SocketHandle) -> Int {
        for index in 0..<messages {
            unsafe pieces[index].iov_len = min(Int(headers[index].msg_len), Self.bytesEach)
            // What the kernel said of the message is not said back to it.
            unsafe headers[index].msg_hdr.msg_controllen = 0
        }
        var sent = 0
        while sent < messages {
            let left = unsafe clinux_sendmmsg(
                socket.descriptor, headers + sent, UInt32(messages - sent), 0)
            // A peer that has gone away costs its own datagram only.
            sent += left > 0 ? Int(left) : 1
        }
        return sent
    }
}
