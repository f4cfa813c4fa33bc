internal import Basics
internal import Glibc

/// How the kernel is asked to cut one message into datagrams, and says that it has put some
/// together: `UDP_SEGMENT` and `UDP_GRO` of linux/udp.h, which the Glibc module leaves out.
enum DatagramCut {
    /// `UDP_SEGMENT`, with 16 bits.
    private static let segmentType: Int32 = 103
    /// `UDP_GRO`, with 32 bits; also the option of a socket.
    static let mergeOption: Int32 = 104
    /// `CMSG_LEN(2)`.
    static let length = MemoryLayout<cmsghdr>.size + 2
    /// `CMSG_SPACE` of either.
    static let space = MemoryLayout<cmsghdr>.size + MemoryLayout<Int>.size
    /// Longest datagram that is one of several: what passes every path of IPv6 (RFC 8200 5).
    private static let datagramBytesMax = 1_200

    /// How many messages from `place` on may leave as one: those of one length, and one that is
    /// shorter at the end.
    static func run(_ lengths: [Int], from place: Int) -> Int {
        let length = lengths[place]
        guard length <= datagramBytesMax else { return 1 }
        var end = place + 1
        while end < lengths.count, lengths[end] == length { end += 1 }
        if end < lengths.count, lengths[end] < length { end += 1 }
        return end - place
    }

    /// Writes the control message that has a message cut into datagrams of `count` bytes.
    static func write(_ count: UInt16, to place: UnsafeMutableRawPointer) {
        var control = cmsghdr()
        control.cmsg_len = length
        control.cmsg_level = Int32(IPPROTO_UDP)
        control.cmsg_type = segmentType
        unsafe place.storeBytes(of: control, as: cmsghdr.self)
        unsafe (place + MemoryLayout<cmsghdr>.size).storeBytes(of: count, as: UInt16.self)
    }

    /// How long each of the datagrams is that the kernel has put together; nil where it says
    /// nothing.
    static func pieceBytes(_ place: UnsafeRawPointer, length: Int) -> Int? {
        let size = MemoryLayout<cmsghdr>.size
        guard length >= size + MemoryLayout<Int32>.size else { return nil }
        let control = unsafe place.load(as: cmsghdr.self)
        guard control.cmsg_level == Int32(IPPROTO_UDP), control.cmsg_type == mergeOption
        else { return nil }
        let count = unsafe Int(place.load(fromByteOffset: size, as: Int32.self))
        return count > 0 ? count : nil
    }
}
