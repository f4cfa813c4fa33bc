internal import Glibc

/// Wakes threads that wait for a descriptor when their channel is to stop.
///
/// A pipe with a byte that nobody takes out: every thread that waits sees it, and so does every one
/// that comes later.
final class StopSignal: Sendable {
    /// How waiting ended.
    enum Event: Sendable {
        /// The descriptor can be used, or has an error that using it will show.
        case ready
        /// The time is over.
        case late
        /// The channel stops.
        case stopped
    }

    private let descriptor: Int32
    private let other: Int32

    /// A signal that is not raised.
    init() {
        var ends: [Int32] = [-1, -1]
        _ = unsafe pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (descriptor, other) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(other)
    }

    /// Raises it for good.
    func raise() {
        var one: UInt8 = 1
        _ = unsafe write(other, &one, 1)
    }

    /// Waits until `events` of a descriptor happen, for at most so many milliseconds; -1 for ever.
    func wait(_ other: Int32, _ events: Int32, milliseconds: Int32) -> Event {
        var list = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: other, events: Int16(events), revents: 0),
        ]
        while true {
            let count = unsafe poll(&list, 2, milliseconds)
            if count < 0, errno == EINTR { continue }
            if list[0].revents != 0 { return .stopped }
            return count == 0 ? .late : .ready
        }
    }

    /// Rests for so many milliseconds; true when the channel stops meanwhile.
    func rest(milliseconds: Int32) -> Bool {
        var list = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        _ = unsafe poll(&list, 1, milliseconds)
        return list[0].revents != 0
    }
}
