internal import Basics
internal import Glibc
public import ModuleKit
internal import Synchronization

/// Module `cfgutils`: small helps for scripts: chance, flags that all workers share, locks.
public final class CfgUtilsModule: ServerModule {
    /// The settings of the module.
    public struct Parameters: Sendable {
        /// How often `rand_event()` is true before a script says otherwise, in percent.
        public var probability = 10
        /// The global flags at the start.
        public var flags = 0
        /// The number of locks as a power of two; 0 for none.
        public var lockSetSize = 0
    }

    /// Ten percent, no flags, no locks.
    public static let defaults = Parameters()

    private let initialProbability: Int
    private let current: Atomic<Int>
    private let flags: Atomic<UInt32>
    /// The locks; nil where the configuration asks for none.
    let locks: ScriptLocks?

    /// Takes up the settings.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        initialProbability = setup.parameters.probability
        current = Atomic(setup.parameters.probability)
        flags = Atomic(UInt32(truncatingIfNeeded: setup.parameters.flags))
        let size = setup.parameters.lockSetSize
        locks = size > 0 ? ScriptLocks(count: 1 << size) : nil
    }

    // MARK: Chance

    /// How often `rand_event()` is true, in percent.
    var probability: Int { current.load(ordering: .relaxed) }

    /// Sets the probability; false when it is none.
    func setProbability(_ percent: Int) -> Bool {
        guard (0...100).contains(percent) else { return false }
        current.store(percent, ordering: .relaxed)
        return true
    }

    /// Sets it back to what the configuration says.
    func resetProbability() { current.store(initialProbability, ordering: .relaxed) }

    /// Whether something happens this time.
    func happens(_ context: ScriptContext) -> Bool {
        Int(context.random() >> 33) % 100 < probability
    }

    // MARK: Flags

    /// All global flags.
    var globalFlags: UInt32 { flags.load(ordering: .relaxed) }

    /// Sets those of a mask.
    func setFlags(_ mask: UInt32) { flags.bitwiseOr(mask, ordering: .relaxed) }

    /// Clears those of a mask.
    func resetFlags(_ mask: UInt32) { flags.bitwiseAnd(~mask, ordering: .relaxed) }

    // MARK: Waiting

    /// Holds the worker up; longer times than the limit are cut.
    static func wait(microseconds: Int) -> Int {
        guard microseconds >= 0 else { return -1 }
        let bounded = min(microseconds, Limits.scriptSleepMicrosecondsMax)
        var rest = timespec(
            tv_sec: bounded / 1_000_000, tv_nsec: bounded % 1_000_000 * 1000)
        var left = timespec()
        // A signal ends a sleep early; what is left is slept then.
        while unsafe nanosleep(&rest, &left) != 0, errno == EINTR { rest = left }
        return 1
    }
}
