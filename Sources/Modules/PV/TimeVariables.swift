internal import Basics
internal import Glibc
internal import ModuleKit

/// The fields of a broken-down time: `$time(name)` and `$utime(name)`.
enum TimeField: String, Sendable, CaseIterable {
    /// Seconds, 0 to 60.
    case sec
    /// Minutes, 0 to 59.
    case min
    /// Hours, 0 to 23.
    case hour
    /// Day of the month, 1 to 31.
    case mday
    /// Month, 1 to 12.
    case mon
    /// Year with its century.
    case year
    /// Day of the week, 1 for Sunday to 7.
    case wday
    /// Day of the year, 1 to 366.
    case yday
    /// Above 0 while daylight saving time is in force.
    case isdst

    /// The field of a time, as C libraries count it turned into how scripts do.
    func value(_ time: BrokenDownTime) -> Int {
        switch self {
        case .sec: time.second
        case .min: time.minute
        case .hour: time.hour
        case .mday: time.day
        case .mon: time.month + 1
        case .year: time.year + 1900
        case .wday: time.weekday + 1
        case .yday: time.dayOfYear + 1
        case .isdst: time.daylightSaving
        }
    }
}

/// A time in parts, as the C library gives them.
struct BrokenDownTime {
    /// Seconds, minutes and hours.
    let second, minute, hour: Int
    /// Day from 1, month from 0, year from 1900.
    let day, month, year: Int
    /// Day of the week and of the year from 0; above 0 while daylight saving time is in force.
    let weekday, dayOfYear, daylightSaving: Int

    /// The parts of a time, in this server's zone or in UTC.
    init(_ seconds: Int, isUTC: Bool) {
        let time = unsafe Self.parts(seconds, isUTC: isUTC)
        second = unsafe Int(time.tm_sec)
        minute = unsafe Int(time.tm_min)
        hour = unsafe Int(time.tm_hour)
        day = unsafe Int(time.tm_mday)
        month = unsafe Int(time.tm_mon)
        year = unsafe Int(time.tm_year)
        weekday = unsafe Int(time.tm_wday)
        dayOfYear = unsafe Int(time.tm_yday)
        daylightSaving = unsafe Int(time.tm_isdst)
    }

    /// A time as strftime writes it; empty when it needs more than `countMax` bytes.
    static func format(
        _ seconds: Int, isUTC: Bool, _ format: String, countMax: Int
    ) -> [UInt8] {
        var time = unsafe parts(seconds, isUTC: isUTC)
        var text = [CChar](repeating: 0, count: countMax)
        let length = unsafe strftime(&text, countMax, format, &time)
        return text.prefix(length).map { UInt8(bitPattern: $0) }
    }

    private static func parts(_ seconds: Int, isUTC: Bool) -> tm {
        var time = unsafe tm()
        var clock = time_t(seconds)
        if isUTC {
            _ = unsafe gmtime_r(&clock, &time)
        } else {
            _ = unsafe localtime_r(&clock, &time)
        }
        return unsafe time
    }
}

/// What the pseudo-variables of time read.
enum TimeVariable {
    /// `$time(name)` and `$utime(name)`.
    static func field(
        _ reference: VariableReference, isUTC: Bool
    ) throws(ArgumentError) -> VariableAccess {
        let field = try reference.word(TimeField.self)
        return VariableAccess { context in
            .integer(field.value(BrokenDownTime(context.now.seconds, isUTC: isUTC)))
        }
    }

    /// `$timef(format)` and `$utimef(format)`: the format is strftime's.
    static func formatted(
        _ reference: VariableReference, isUTC: Bool
    ) throws(ArgumentError) -> VariableAccess {
        let format = reference.inner ?? ""
        guard format.utf8.count <= formatBytesMax else {
            throw ArgumentError("a format has at most \(formatBytesMax) bytes")
        }
        return VariableAccess { context in
            write(context, context.now.seconds, isUTC: isUTC, format)
        }
    }

    /// `$Tf` and `$TF`: `Sat Nov 21 10:54:55 2026` of this server's zone.
    static func readable(_ context: ScriptContext, _ seconds: Int) -> ScriptValue {
        write(context, seconds, isUTC: false, "%a %b %e %H:%M:%S %Y")
    }

    private static let formatBytesMax = 256
    /// strftime writes at most this many bytes; a format that needs more shows nothing.
    private static let textBytesMax = 1024

    private static func write(
        _ context: ScriptContext, _ seconds: Int, isUTC: Bool, _ format: String
    ) -> ScriptValue {
        let bytes = BrokenDownTime.format(
            seconds, isUTC: isUTC, format, countMax: textBytesMax)
        return .text(context.compose { $0.append(bytes) })
    }

    /// The present time in seconds and microseconds.
    static func present() -> (seconds: Int, microseconds: Int) {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return (Int(time.tv_sec), Int(time.tv_nsec) / 1000)
    }
}

/// `$TV(name)`: the time with its microseconds.
enum PreciseTime: String, Sendable, CaseIterable {
    /// Seconds, the same for all of a message.
    case seconds = "s"
    /// Microseconds that belong to them.
    case microseconds = "u"
    /// Seconds as of now.
    case secondsNow = "sn"
    /// Microseconds that belong to the last `$TV(sn)`.
    case microsecondsNow = "un"
    /// Seconds and microseconds as of now, with a dot between them.
    case textNow = "Sn"

    /// The value for a worker.
    func read(_ context: ScriptContext, _ workspace: PVWorkspace) -> ScriptValue {
        switch self {
        case .seconds: return .integer(Self.cached(context, workspace).seconds)
        case .microseconds: return .integer(Self.cached(context, workspace).microseconds)
        case .secondsNow:
            let time = TimeVariable.present()
            workspace.lastMicroseconds = time.microseconds
            return .integer(time.seconds)
        case .microsecondsNow: return .integer(workspace.lastMicroseconds)
        case .textNow:
            let time = TimeVariable.present()
            return .text(
                context.compose { writer in
                    writer.append(decimal: time.seconds)
                    writer.append(".")
                    let digits = String(time.microseconds + 1_000_000).dropFirst()
                    writer.append(String(digits))
                })
        }
    }

    private static func cached(
        _ context: ScriptContext, _ workspace: PVWorkspace
    ) -> (seconds: Int, microseconds: Int) {
        if let time = workspace.cachedTime, time.message == context.messageNumber {
            return (time.seconds, time.microseconds)
        }
        let time = TimeVariable.present()
        workspace.cachedTime = (context.messageNumber, time.seconds, time.microseconds)
        return time
    }
}
