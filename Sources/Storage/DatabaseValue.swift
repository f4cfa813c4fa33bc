public import Basics

/// The SQL that a database speaks.
public enum Dialect: Sendable, Hashable, CaseIterable {
    /// MariaDB 10.5 and later.
    case mariaDB
    /// SQLite 3.24 and later.
    case sqlite
}

/// One value on its way to the database.
public enum DatabaseValue: Sendable, Hashable {
    /// NULL.
    case null
    /// An integer.
    case integer(Int)
    /// A number.
    case double(Double)
    /// Text.
    case text(String)
    /// Bytes, stored exactly as they are.
    case bytes([UInt8])
    /// A point in time; the driver writes it as its dialect's DATETIME in local time.
    case time(WallTime)
}

extension Double {
    /// The point in time as Kamailio's SQLite driver stores DATETIME columns: a Julian day, moved
    /// back by half a second.
    public init(julianDay time: WallTime) {
        self = (Double(time.seconds) - 0.5) / 86_400 + 2_440_587.5
    }
}

extension WallTime {
    /// The point in time of a Julian day, nil when that is no time a table can hold.
    ///
    /// A Julian day of our time is exact to 40 microseconds. Kamailio writes second t as t - 0.5,
    /// SQLite's own `julianday()` as t: adding three quarters before cutting reads both as t.
    public init?(julianDay: Double) {
        let seconds = (julianDay - 2_440_587.5) * 86_400 + 0.75
        guard seconds.isFinite, abs(seconds) < 1e12 else { return nil }
        self.init(seconds: Int(seconds.rounded(.down)))
    }
}
