internal import Basics

/// The calls in the order in which they are to be looked at.
///
/// An entry only comes out early or in time; the call's own deadline decides, so a call whose
/// deadline moves later with each request costs nothing here.
struct DialogTimers: ~Copyable {
    /// One call.
    ///
    /// Not private: whoever holds timers needs its layout, also in another module.
    struct Entry: TimerEntry {
        /// The slot of the call.
        var entry: UInt32
        /// The number of the call.
        var number: UInt32
        /// The wheel's own.
        var timerLink = TimerLink()
    }

    private var entries = Slab<Entry>()
    private var wheel: TimerWheel

    /// Timers that begin now, in seconds since 1970.
    init(now: Int) { wheel = TimerWheel(now: Int64(now)) }

    /// Number of calls.
    var count: Int { entries.count }

    /// Makes a place for a call, which `name` and `file` fill.
    mutating func reserve() -> UInt32 { entries.insert(Entry(entry: 0, number: 0)) }

    /// Says which call a place is for.
    mutating func name(_ place: UInt32, entry: UInt32, number: UInt32) {
        entries[place].entry = entry
        entries[place].number = number
    }

    /// Sees to it that a call comes out at a time at the latest.
    mutating func file(_ place: UInt32, at time: Int) {
        guard entries.isLive(place) else { return }
        if entries[place].timerLink.isFiled {
            guard wheel.dueTime(entries[place].timerLink) > Int64(time) else { return }
            wheel.remove(place, in: &entries)
        }
        wheel.file(place, at: Int64(time), in: &entries)
    }

    /// Forgets a call.
    mutating func remove(_ place: UInt32) {
        guard entries.isLive(place) else { return }
        wheel.remove(place, in: &entries)
        entries.remove(place)
    }

    /// Takes out the next call to look at; nil when none is.
    mutating func takeDue(now: Int) -> (place: UInt32, entry: UInt32, number: UInt32)? {
        guard let place = wheel.takeDue(now: Int64(now), in: &entries) else { return nil }
        return (place, entries[place].entry, entries[place].number)
    }
}
