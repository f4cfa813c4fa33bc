public import Basics
internal import Glibc

/// Converts between points in time and the local wall clock of DATETIME columns.
///
/// Kamailio writes DATETIME as text in the zone of its process. Asking the C library for each of
/// 100,000 rows would cost more than reading them, so the zone's offset is remembered per quarter
/// of an hour: every zone in use changes its offset at such a boundary, and a quarter in which it
/// does not stay the same is worked out anew each time.
///
/// Belongs to one connection and is as little shared between threads as that.
public final class LocalCalendar {
    /// Seconds that one remembered offset covers.
    private static let slotSeconds = 900
    /// How many offsets are remembered: two and a half days without a collision.
    private static let slotCount = 256

    /// A remembered offset.
    private struct Slot {
        /// Which quarter of an hour it is about, counted from 1970.
        var quarter = Int.min
        /// Seconds east of UTC.
        var offset = 0
    }

    /// Asks the zone itself.
    private let zone: (Int) -> Int
    /// Offsets by local time, for reading.
    private var local = [Slot](repeating: Slot(), count: slotCount)
    /// Offsets by point in time, for writing.
    private var universal = [Slot](repeating: Slot(), count: slotCount)

    /// A calendar of the zone that `zone` describes: seconds east of UTC at a second since 1970.
    public init(zone: @escaping (Int) -> Int) { self.zone = zone }

    /// A calendar of the process's zone (`TZ` or /etc/localtime).
    public convenience init() {
        tzset()
        self.init { seconds in
            var time = time_t(seconds)
            var parts = unsafe tm()
            guard unsafe localtime_r(&time, &parts) != nil else { return 0 }
            return unsafe parts.tm_gmtoff
        }
    }

    // MARK: Reading

    /// The point in time that `YYYY-MM-DD HH:MM:SS` or `YYYY-MM-DD` names; nil for other text and
    /// for dates that do not exist, such as MariaDB's `0000-00-00 00:00:00`.
    ///
    /// Where the clock was put back a local time happens twice: the later one is taken, so that a
    /// binding rather lives an hour too long than vanishes. One that is skipped when the clock is
    /// put forward counts as if it had not been put forward yet.
    public func time(_ text: Span<UInt8>) -> WallTime? {
        guard text.count == 10 || text.count >= 19, text.count <= 26,
            text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            let century = Self.pair(text, 0), let year = Self.pair(text, 2),
            let month = Self.pair(text, 5), let day = Self.pair(text, 8),
            let date = CivilDate(year: century * 100 + year, month: month, day: day)
        else { return nil }
        var seconds = date.daysSinceEpoch * 86_400
        if text.count > 10 {
            guard text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
                let hour = Self.pair(text, 11), let minute = Self.pair(text, 14),
                let second = Self.pair(text, 17), hour < 24, minute < 60, second < 60
            else { return nil }
            seconds += hour * 3_600 + minute * 60 + second
        }
        return WallTime(seconds: seconds - offset(atLocal: seconds))
    }

    // MARK: Writing

    /// Appends `YYYY-MM-DD HH:MM:SS`, 19 bytes; times before 1000 or after 9999 become the nearest
    /// that a DATETIME column holds.
    public func write(_ time: WallTime, to writer: inout ByteWriter) {
        var text = [19 of UInt8](repeating: UInt8(ascii: "0"))
        fill(&text, time)
        writer.append(text.span)
    }

    /// The same as text, for messages and single statements.
    public func text(_ time: WallTime) -> String {
        var writer = ByteWriter(capacity: 19)
        write(time, to: &writer)
        return writer.text
    }

    /// Fills in all 19 bytes.
    private func fill(_ text: inout [19 of UInt8], _ time: WallTime) {
        let seconds = min(max(time.seconds, CivilDate.secondsMin), CivilDate.secondsMax)
        let local = seconds + offset(at: seconds)
        let days = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        let date = CivilDate(daysSinceEpoch: days)
        let rest = local - days * 86_400
        Self.put(date.year / 100, &text, 0)
        Self.put(date.year % 100, &text, 2)
        text[4] = UInt8(ascii: "-")
        Self.put(date.month, &text, 5)
        text[7] = UInt8(ascii: "-")
        Self.put(date.day, &text, 8)
        text[10] = UInt8(ascii: " ")
        Self.put(rest / 3_600, &text, 11)
        text[13] = UInt8(ascii: ":")
        Self.put(rest / 60 % 60, &text, 14)
        text[16] = UInt8(ascii: ":")
        Self.put(rest % 60, &text, 17)
    }

    // MARK: Zone

    /// Seconds east of UTC at a point in time.
    private func offset(at seconds: Int) -> Int {
        let quarter = Self.quarter(seconds)
        let slot = quarter & (Self.slotCount - 1)
        if universal[slot].quarter == quarter { return universal[slot].offset }
        let first = zone(quarter * Self.slotSeconds)
        guard first == zone(quarter * Self.slotSeconds + Self.slotSeconds - 1) else {
            return zone(seconds)
        }
        universal[slot] = Slot(quarter: quarter, offset: first)
        return first
    }

    /// Seconds east of UTC at a local time, itself counted in seconds as if it were UTC.
    private func offset(atLocal seconds: Int) -> Int {
        let quarter = Self.quarter(seconds)
        let slot = quarter & (Self.slotCount - 1)
        if local[slot].quarter == quarter { return local[slot].offset }
        let first = resolve(quarter * Self.slotSeconds)
        guard first == resolve(quarter * Self.slotSeconds + Self.slotSeconds - 1) else {
            return resolve(seconds)
        }
        local[slot] = Slot(quarter: quarter, offset: first)
        return first
    }

    /// The offset of a local time: of the two that hold a day before and after, the one that leads
    /// back to it; where both do, the one that makes the later point in time.
    private func resolve(_ local: Int) -> Int {
        let before = zone(local - 86_400)
        let after = zone(local + 86_400)
        if before == after { return before }
        let (later, earlier) = (min(before, after), max(before, after))
        if zone(local - later) == later { return later }
        if zone(local - earlier) == earlier { return earlier }
        return before
    }

    /// The quarter of an hour that a second is in, rounded down before 1970 too.
    private static func quarter(_ seconds: Int) -> Int {
        seconds >= 0 ? seconds / slotSeconds : (seconds - slotSeconds + 1) / slotSeconds
    }

    /// Two digits, nil when one of them is none.
    private static func pair(_ text: Span<UInt8>, _ place: Int) -> Int? {
        let tens = text[place] &- UInt8(ascii: "0")
        let ones = text[place + 1] &- UInt8(ascii: "0")
        return tens <= 9 && ones <= 9 ? Int(tens) * 10 + Int(ones) : nil
    }

    /// Writes two digits.
    private static func put(_ value: Int, _ text: inout [19 of UInt8], _ place: Int) {
        text[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / 10)
        text[place + 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value % 10)
    }
}

/// A day of the Gregorian calendar, without a zone.
///
/// The arithmetic counts years from March, so that the day that comes and goes is the last one.
struct CivilDate: Hashable {
    /// First second that is written, a day after the start of year 1000.
    static let secondsMin = -30_610_137_600
    /// Last second that is written, a day before the end of year 9999.
    static let secondsMax = 253_402_214_399

    /// The year, such as 2025.
    let year: Int
    /// The month, 1 to 12.
    let month: Int
    /// The day of the month, from 1.
    let day: Int

    /// A date; nil when there is no such day.
    init?(year: Int, month: Int, day: Int) {
        guard (1...12).contains(month), day >= 1, year >= 0 else { return nil }
        self.year = year
        self.month = month
        self.day = day
        guard day <= 28 || CivilDate(daysSinceEpoch: daysSinceEpoch) == self else { return nil }
    }

    /// The date so many days after 1970-01-01.
    init(daysSinceEpoch days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01.
    var daysSinceEpoch: Int {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
