internal import Glibc

/// A point in wall-clock time in whole seconds since 1970, as Kamailio's tables hold it.
public struct WallTime: Sendable, Hashable, Comparable {
    /// Seconds since 1970-01-01 00:00 UTC.
    public var seconds: Int
    /// A point in time.
    public init(seconds: Int) { self.seconds = seconds }
    /// Earlier before later.
    public static func < (left: WallTime, right: WallTime) -> Bool { left.seconds < right.seconds }
}

/// A point in monotonic time, for durations and deadlines.
public struct MonotonicTime: Sendable, Hashable, Comparable {
    /// Nanoseconds since some fixed point.
    public var nanoseconds: UInt64
    /// A point in time.
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }
    /// Earlier before later.
    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
    /// Nanoseconds that have passed since `earlier`; 0 when it lies ahead.
    public func since(_ earlier: MonotonicTime) -> UInt64 {
        nanoseconds >= earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }
}

/// Reads the system's clocks.
///
/// Engines never call it: time comes to them as an argument.
public enum SystemClock {
    /// The wall clock.
    public static func wall() -> WallTime {
        WallTime(seconds: Int(read(CLOCK_REALTIME).tv_sec))
    }

    /// The monotonic clock.
    public static func monotonic() -> MonotonicTime {
        let time = read(CLOCK_MONOTONIC)
        return MonotonicTime(
            nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return time
    }
}
