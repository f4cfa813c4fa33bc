internal import Basics
internal import Publications
internal import Synchronization

/// Records in memory and nowhere else.
final class MemoryPUAStore: PUAStore {
    /// One record and until when it is claimed.
    private struct Entry: Sendable {
        var record: PUARecord
        var claimedUntil = 0
    }
    private let entries = Guarded<[PUAIdentity: Entry]>([:])

    var count: Int { entries.withLock { $0.count } }

    func find(
        _ keys: [PUAKey], _ completion: @escaping @Sendable ([PUAFinding]) -> Void
    ) {
        let findings = entries.withLock { entries in
            keys.map { key -> PUAFinding in
                let all = entries.values.lazy.filter { key.matches($0.record) }
                let last = all.max { $0.record.expires < $1.record.expires }
                return last.map { .found($0.record) } ?? .absent
            }
        }
        completion(findings)
    }

    func apply(_ changes: [PUAChange]) {
        entries.withLock { entries in
            for change in changes {
                switch change {
                case .save(let record, let replaced):
                    if let replaced { entries[replaced] = nil }
                    entries[record.identity] = Entry(record: record)
                case .remove(let identity): entries[identity] = nil
                }
            }
        }
    }

    func takeDue(
        before horizon: WallTime, now: WallTime, claimSeconds: Int, limit: Int,
        _ completion: @escaping @Sendable ([PUARecord]) -> Void
    ) {
        let due = entries.withLock { entries in
            let due = entries.filter {
                $0.value.record.expires < horizon && $0.value.claimedUntil <= now.seconds
            }
            let first = due.values.map(\.record).sorted { $0.expires < $1.expires }.prefix(limit)
            for record in first {
                entries[record.identity]?.claimedUntil = now.seconds + claimSeconds
            }
            return Array(first)
        }
        completion(due)
    }

    func flush() {}
    func stop() {}
}
