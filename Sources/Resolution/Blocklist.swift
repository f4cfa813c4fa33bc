public import Basics
internal import Synchronization

/// Destinations that failed lately and are left out for a while (RFC 3263 4.3, RFC 3261 21.5.4).
///
/// Safe from any thread. While it is empty, which is nearly always, asking costs one load.
public final class Blocklist: Sendable {
    /// One blocked destination, as management lists it.
    public struct Row: Sendable, Hashable {
        /// The destination.
        public let destination: Candidate
        /// Until when it is left out.
        public let end: MonotonicTime
        /// Bits that whoever has blocked it gave as the reason.
        public let flags: Int
    }

    /// What is kept of a destination.
    private struct Entry {
        var end: MonotonicTime
        var flags: Int
    }

    private let limit: Int
    private let number = Atomic<Int>(0)
    private let blocked: Guarded<[Candidate: Entry]>

    /// An empty list for at most `limit` destinations.
    public init(limit: Int = Limits.blockedDestinationsMax) {
        precondition(limit > 0)
        self.limit = limit
        blocked = Guarded([:])
    }

    /// How many destinations are listed, those among them whose time is over.
    public var count: Int { number.load(ordering: .relaxed) }

    /// Leaves a destination out until `end`; a later end that was there before stays.
    ///
    /// When the list is full, what is over goes, and then the destination that ends first.
    public func block(
        _ destination: Candidate, until end: MonotonicTime, now: MonotonicTime, flags: Int = 0
    ) {
        guard end > now else { return }
        blocked.withLock { blocked in
            if let old = blocked[destination], old.end >= end { return }
            if blocked.count >= limit, blocked[destination] == nil {
                blocked = blocked.filter { $0.value.end > now }
                let first = blocked.min { $0.value.end < $1.value.end }
                if blocked.count >= limit, let first { blocked.removeValue(forKey: first.key) }
            }
            blocked[destination] = Entry(end: end, flags: flags)
            number.store(blocked.count, ordering: .relaxed)
        }
    }

    /// Whether a destination is left out now.
    public func isBlocked(_ destination: Candidate, now: MonotonicTime) -> Bool {
        guard count > 0 else { return false }
        return blocked.withLock { blocked in
            guard let entry = blocked[destination] else { return false }
            if entry.end > now { return true }
            blocked.removeValue(forKey: destination)
            number.store(blocked.count, ordering: .relaxed)
            return false
        }
    }

    /// Those of some destinations that are not left out, in their order.
    public func permitted(_ destinations: [Candidate], now: MonotonicTime) -> [Candidate] {
        guard count > 0 else { return destinations }
        return destinations.filter { !isBlocked($0, now: now) }
    }

    /// Takes a destination off the list; false when it was not on it.
    @discardableResult
    public func release(_ destination: Candidate) -> Bool {
        blocked.withLock { blocked in
            defer { number.store(blocked.count, ordering: .relaxed) }
            return blocked.removeValue(forKey: destination) != nil
        }
    }

    /// Empties the list.
    public func releaseAll() {
        blocked.withLock {
            $0 = [:]
            number.store(0, ordering: .relaxed)
        }
    }

    /// What is left out now, that which ends first in front.
    public func rows(now: MonotonicTime) -> [Row] {
        blocked.withLock { $0 }.filter { $0.value.end > now }
            .map { Row(destination: $0.key, end: $0.value.end, flags: $0.value.flags) }
            .sorted { $0.end < $1.end }
    }
}
