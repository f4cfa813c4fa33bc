internal import Basics
internal import CMicroHTTPD
internal import Glibc
internal import Synchronization

/// One who reads events: a queue with a bound, and the thread of a connection that waits at it.
final class EventReader: HTTPFeed {
    /// What the lock guards.
    private struct State {
        var waiting: [[UInt8]] = []
        var isClosed = false
        var isAsleep = false
        var drop: (@Sendable () -> Void)?
    }

    /// The kinds that it reads.
    let kinds: Set<String>
    private let feed: EventFeed
    private let state = Guarded(State())
    /// Rings when something is there; an eventfd, so that the thread can wait for it and for the
    /// end of the connection at once.
    private let bell: Int32

    /// A reader that has nothing yet.
    init(kinds: Set<String>, feed: EventFeed) {
        self.kinds = kinds
        self.feed = feed
        bell = cmicrohttpd_bell()
    }

    deinit { if bell >= 0 { Glibc.close(bell) } }

    /// What it gets first.
    func begin(_ first: [[UInt8]]) { state.withLock { $0.waiting = first } }

    /// What became of an event.
    enum Taking {
        /// It waits, or nobody reads any more.
        case taken
        /// It waits, and the reader sleeps: `ring` wakes it.
        case asleep
        /// There was no room: the reader is to be dropped.
        case full
    }

    /// Adds an event.
    func take(_ bytes: [UInt8]) -> Taking {
        state.withLock { state in
            guard !state.isClosed else { return .taken }
            guard state.waiting.count < Limits.eventsWaitingMax else { return .full }
            state.waiting.append(bytes)
            defer { state.isAsleep = false }
            return state.isAsleep ? .asleep : .taken
        }
    }

    /// Says how the connection is ended.
    func onDrop(_ drop: @escaping @Sendable () -> Void) { state.withLock { $0.drop = drop } }

    /// Ends the connection: it did not keep up.
    func drop() {
        feed.remove(self, isDropped: true)
        let drop = state.withLock { state in
            state.isClosed = true
            state.waiting = []
            return state.drop
        }
        drop?()
        ring()
    }

    /// Reads no more.
    func close() {
        feed.remove(self)
        state.withLock { $0.isClosed = true }
        ring()
    }

    /// Wakes the thread that waits.
    func ring() {
        var one: UInt64 = 1
        _ = unsafe write(bell, &one, 8)
    }

    /// All that waits, or a heartbeat; nil once it is closed or the client has gone.
    func next(connection: Int32) -> [UInt8]? {
        while true {
            let (found, isClosed) = state.withLock { state -> ([UInt8], Bool) in
                defer { state.waiting.removeAll(keepingCapacity: true) }
                state.isAsleep = state.waiting.isEmpty
                return (Array(state.waiting.joined()), state.isClosed)
            }
            if !found.isEmpty { return found }
            if isClosed { return nil }
            switch wait(connection) {
            case .event: continue
            case .silence: return Array(":\n\n".utf8)
            case .gone: return nil
            }
        }
    }

    /// What has ended a wait.
    private enum Waking { case event, silence, gone }

    /// Waits for the bell, the end of the connection, or the time for a heartbeat.
    private func wait(_ connection: Int32) -> Waking {
        // POLLRDHUP is hidden by the module of the C library; its value is that of Linux.
        let hangUp = Int16(0x2000)
        var watched: [2 of pollfd] = [
            pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
            pollfd(fd: connection, events: hangUp, revents: 0),
        ]
        let count = unsafe withUnsafeMutablePointer(to: &watched) { pointer in
            unsafe pointer.withMemoryRebound(to: pollfd.self, capacity: 2) {
                unsafe poll($0, 2, feed.heartbeatMilliseconds)
            }
        }
        guard count > 0 else { return count == 0 ? .silence : .event }
        if watched[1].revents != 0 { return .gone }
        var rung: UInt64 = 0
        _ = unsafe read(bell, &rung, 8)
        return .event
    }
}
