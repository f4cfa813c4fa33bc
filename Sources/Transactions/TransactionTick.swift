internal import Basics

/// The clock of the stores: ticks of eight milliseconds, so that one turn of the wheel is 32
/// seconds, the longest usual timer.
enum TransactionTick {
    /// The logarithm of the milliseconds of a tick.
    static let shift: Int64 = 3
    /// No time at all: a timer that does not run.
    static let never = Int64.max

    /// Milliseconds of a point in time.
    static func milliseconds(_ time: MonotonicTime) -> Int64 {
        Int64(time.nanoseconds / 1_000_000)
    }

    /// The first tick at which a time has passed: a timer is late by a tick, never early.
    static func due(_ milliseconds: Int64) -> Int64 {
        assert(milliseconds >= 0 && milliseconds < never)
        return (milliseconds &+ 7) >> shift
    }

    /// The tick of now.
    static func now(_ milliseconds: Int64) -> Int64 {
        assert(milliseconds >= 0)
        return milliseconds >> shift
    }
}

/// The two timers of one stored transaction, as points in time in milliseconds.
struct TransactionDeadlines: BitwiseCopyable {
    /// When timer A, E or G fires.
    var retransmission = TransactionTick.never
    /// When the timer of the state fires.
    var lifetime = TransactionTick.never

    /// The earlier of both.
    var next: Int64 { min(retransmission, lifetime) }

    /// Carries out what a machine asks.
    mutating func apply(_ actions: TransactionActions, now: Int64) {
        assert(now >= 0)
        Self.apply(actions.retransmission, to: &retransmission, now: now)
        Self.apply(actions.lifetime, to: &lifetime, now: now)
    }

    /// The timer that is due, if one is; the end of a state goes before a retransmission.
    func due(at now: Int64) -> TransactionTimer? {
        assert(now >= 0)
        if lifetime <= now { return .lifetime }
        return retransmission <= now ? .retransmission : nil
    }

    /// A timer has fired and runs no more.
    mutating func clear(_ timer: TransactionTimer) {
        switch timer {
        case .retransmission: retransmission = TransactionTick.never
        case .lifetime: lifetime = TransactionTick.never
        }
    }

    private static func apply(_ change: TimerChange, to time: inout Int64, now: Int64) {
        switch change {
        case .unchanged: return
        case .stopped: time = TransactionTick.never
        case .started(let milliseconds): time = now &+ Int64(milliseconds)
        }
    }
}
