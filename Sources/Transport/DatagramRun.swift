internal import Basics

/// Datagrams of one length to one address, one behind the other: the kernel takes them as one
/// message and cuts it (`UDP_SEGMENT`), so that they go through its network layers once.
///
/// Such runs come from notifications of one change to watchers behind one proxy or session border
/// controller, whose texts are of one length as often as not.
enum DatagramRun {
    /// Fewer are sent one by one: cutting costs something too.
    static let countMin = 4
    /// What kernels take: `UDP_MAX_SEGMENTS` was 64 before it was 128.
    static let countMax = 64
    /// Longest datagram of a run: what passes every path of IPv6 (RFC 8200 5) without fragments,
    /// less the headers, as the kernel cuts a message but does not fragment the pieces.
    static let datagramBytesMax = 1_200
    /// Most bytes of a run: the length field of UDP with its header counted in.
    static let bytesMax = 65_000

    /// How many messages from `place` on make a run; 1 when they are to be sent one by one.
    ///
    /// Only the last one may be shorter than the others.
    static func count(_ entries: [Outbox.Entry], from place: Int) -> Int {
        let first = entries[place]
        let length = first.range.count
        guard length <= datagramBytesMax else { return 1 }
        let most = min(entries.count - place, countMax, bytesMax / Int(length))
        guard most >= countMin else { return 1 }
        var count = 1
        while count < most {
            let entry = entries[place + count]
            guard entry.destination == first.destination, entry.range.count <= length,
                entry.range.start == entries[place + count - 1].range.end
            else { break }
            count += 1
            if entry.range.count < length { break }
        }
        return count >= countMin ? count : 1
    }
}
