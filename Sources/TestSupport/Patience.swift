internal import Glibc

/// Seconds of a clock that only goes forward.
public func monotonicSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Asks again and again until something holds; false when it does not within the time.
///
/// For what another process does in its own time; whatever has a clock as an argument is tested
/// with that.
public func eventually(within seconds: Double, _ holds: () throws -> Bool) rethrows -> Bool {
    let end = monotonicSeconds() + seconds
    while true {
        if try holds() { return true }
        guard monotonicSeconds() < end else { return false }
        usleep(5_000)
    }
}

/// Waits; for tests about time that passes elsewhere.
public func pause(seconds: Double) { usleep(UInt32(seconds * 1e6)) }
