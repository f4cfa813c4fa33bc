internal import Basics
internal import Glibc
internal import Synchronization

/// Locks that scripts take by name: names share a fixed number of locks.
///
/// They order scripts among each other and nothing else: no module looks at them.
public final class ScriptLocks: Sendable {
    /// One lock.
    private struct Lock {
        /// How often it is taken, 0 when it is free.
        var depth = 0
        /// Who has it, nil for somebody without a name.
        var owner: ObjectIdentifier?
    }
    private let locks: Guarded<[Lock]>

    /// A number of locks.
    public init(count: Int) {
        precondition(count > 0)
        locks = Guarded(Array(repeating: Lock(), count: count))
    }

    /// Takes the lock of a name unless somebody else has it; the owner it is taken for may take it
    /// again.
    public func tryLock(_ name: [UInt8], owner: ObjectIdentifier?) -> Bool {
        let hash = Int(CoreHash.hash(name))
        return locks.withLock { locks in
            let place = hash % locks.count
            guard locks[place].depth == 0 || (owner != nil && locks[place].owner == owner) else {
                return false
            }
            locks[place].depth += 1
            locks[place].owner = owner
            return true
        }
    }

    /// Takes the lock of a name, waiting for it for a bounded time: a script that takes a lock
    /// twice, or never gives one back, must not hold a worker for ever.
    public func lock(_ name: [UInt8], owner: ObjectIdentifier?) -> Bool {
        var waited = 0
        while !tryLock(name, owner: owner) {
            guard waited < Limits.scriptLockMicrosecondsMax else { return false }
            _ = usleep(Self.pauseMicroseconds)
            waited += Int(Self.pauseMicroseconds)
        }
        return true
    }

    /// Gives the lock of a name back once; one that nobody has stays free.
    public func unlock(_ name: [UInt8]) {
        let hash = Int(CoreHash.hash(name))
        locks.withLock { locks in
            let place = hash % locks.count
            guard locks[place].depth > 0 else { return }
            locks[place].depth -= 1
            if locks[place].depth == 0 { locks[place].owner = nil }
        }
    }

    private static let pauseMicroseconds: UInt32 = 200
}
