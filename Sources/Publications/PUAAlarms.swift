internal import Basics

/// What is to be done at a time: jobs to be tried again, records to be refreshed early.
///
/// One list for each second. Alarms are not taken back: whoever is woken looks whether it is still
/// his time.
struct PUAAlarms: Sendable {
    /// Whom to wake.
    enum Alarm: Sendable {
        /// A job.
        case job(UInt64)
        /// A record that lives too short for the usual rounds.
        case record(PUAIdentity)
    }

    private var seconds: [Int: [Alarm]] = [:]
    /// The second up to which all have been woken.
    private var cursor: Int

    /// No alarms, from a time on.
    init(now: WallTime) { cursor = now.seconds }

    /// How many seconds have alarms.
    var isEmpty: Bool { seconds.isEmpty }

    /// Wakes somebody at a time, at the earliest with the next call of `take`.
    mutating func set(_ alarm: Alarm, at time: WallTime) {
        seconds[max(time.seconds, cursor + 1), default: []].append(alarm)
    }

    /// Those whose time has come.
    mutating func take(now: WallTime) -> [Alarm] {
        guard now.seconds > cursor else { return [] }
        defer { cursor = now.seconds }
        guard !seconds.isEmpty else { return [] }
        var due: [Alarm] = []
        // A clock that was set far forward must not make this a walk over every second.
        if now.seconds - cursor <= seconds.count {
            for second in cursor + 1...now.seconds {
                if let alarms = seconds.removeValue(forKey: second) { due += alarms }
            }
        } else {
            for second in seconds.keys.filter({ $0 <= now.seconds }).sorted() {
                due += seconds.removeValue(forKey: second) ?? []
            }
        }
        return due
    }
}
