internal import Basics
internal import Glibc

/// Waits for something that another process does, up to a deadline.
struct Patience: Sendable {
    /// Longest wait in seconds.
    let seconds: Double
    /// Pause between two looks, in milliseconds.
    var everyMilliseconds = 5

    /// Looks until `isDone` or the deadline; whether it was done.
    func wait(_ isDone: () -> Bool) -> Bool {
        let start = SystemClock.monotonic()
        while !isDone() {
            let passed = Double(SystemClock.monotonic().since(start)) / 1e9
            guard passed < seconds else { return false }
            usleep(useconds_t(everyMilliseconds) * 1_000)
        }
        return true
    }
}
