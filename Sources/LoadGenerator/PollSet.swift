internal import Glibc

/// The sockets that poll(2) watches, one for each lane.
///
/// poll and not epoll: there are few sockets, all of them busy, and every turn of the loop looks at
/// each of them anyway.
struct PollSet: Sendable {
    private var entries: [pollfd]

    /// Watches `sockets` for something to read.
    init(_ sockets: [SocketHandle]) {
        entries = sockets.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    }

    /// Waits until a socket is ready or `milliseconds` have passed; a signal ends it early.
    mutating func wait(milliseconds: Int32) throws(LoadError) {
        let status = unsafe entries.withUnsafeMutableBufferPointer { buffer in
            unsafe poll(buffer.baseAddress, nfds_t(buffer.count), milliseconds)
        }
        guard status < 0 else { return }
        for index in entries.indices { entries[index].revents = 0 }
        if errno != EINTR { throw LoadError.fromErrno("cannot wait for replies") }
    }

    /// Whether `lane` has something to read, be it an error.
    func isReadable(_ lane: Int) -> Bool {
        entries[lane].revents & Int16(POLLIN | POLLERR | POLLHUP) != 0
    }

    /// Whether `lane` takes more bytes.
    func isWritable(_ lane: Int) -> Bool { entries[lane].revents & Int16(POLLOUT) != 0 }

    /// Watches `lane` for room to write as well, or no longer.
    mutating func watchWriting(_ lane: Int, _ isWanted: Bool) {
        entries[lane].events = Int16(isWanted ? POLLIN | POLLOUT : POLLIN)
    }

    /// Whether `lane` is still watched.
    func isOpen(_ lane: Int) -> Bool { entries[lane].fd >= 0 }

    /// Watches `lane` no longer.
    mutating func forget(_ lane: Int) {
        entries[lane].fd = -1
        entries[lane].revents = 0
    }
}
