import Basics
import Foundation
import Storage
import Testing

@Suite("Local time of DATETIME columns")
struct LocalCalendarTests {
    /// When Berlin's clock was put forward and back in 2025.
    static let forward = 1_743_296_400
    static let back = 1_761_440_400

    /// The rule of Berlin for 2025.
    static func berlin(_ seconds: Int) -> Int {
        seconds >= forward && seconds < back ? 7_200 : 3_600
    }

    private func read(_ calendar: LocalCalendar, _ text: String) -> Int? {
        let bytes = Array(text.utf8)
        return calendar.time(bytes.span)?.seconds
    }

    @Test("known times are written and read in winter and in summer")
    func known() {
        let calendar = LocalCalendar(zone: Self.berlin)
        for (seconds, text) in [
            (1_735_689_600, "2025-01-01 01:00:00"), (1_751_328_000, "2025-07-01 02:00:00"),
            (0, "1970-01-01 01:00:00"), (1_740_787_199, "2025-03-01 00:59:59"),
            (951_782_400, "2000-02-29 01:00:00"), (Self.forward - 1, "2025-03-30 01:59:59"),
            (Self.forward, "2025-03-30 03:00:00"), (Self.back, "2025-10-26 02:00:00"),
        ] {
            #expect(calendar.text(WallTime(seconds: seconds)) == text)
            #expect(read(calendar, text) == seconds)
        }
    }

    @Test("every quarter of an hour of the year is read as it was written, but the hour put back")
    func year() {
        let calendar = LocalCalendar(zone: Self.berlin)
        var writer = ByteWriter(capacity: 32)
        for seconds in stride(from: 1_735_689_600, to: 1_767_225_600, by: 899) {
            writer.removeAll()
            calendar.write(WallTime(seconds: seconds), to: &writer)
            let isFirstOfTwo = seconds >= Self.back - 3_600 && seconds < Self.back
            let expected = isFirstOfTwo ? seconds + 3_600 : seconds
            #expect(calendar.time(writer.span)?.seconds == expected)
        }
    }

    @Test("a time that the clock skipped counts as if it had not been put forward")
    func gap() {
        let calendar = LocalCalendar(zone: Self.berlin)
        #expect(read(calendar, "2025-03-30 02:30:00") == Self.forward + 1_800)
    }

    @Test("a zone that changes within a quarter of an hour is still exact")
    func oddChange() {
        let change = 1_743_296_400 + 450
        let calendar = LocalCalendar { $0 < change ? 0 : 1_800 }
        #expect(calendar.text(WallTime(seconds: change - 1)) == "2025-03-30 01:07:29")
        #expect(calendar.text(WallTime(seconds: change)) == "2025-03-30 01:37:30")
        #expect(read(calendar, "2025-03-30 01:07:29") == change - 1)
        #expect(read(calendar, "2025-03-30 01:37:30") == change)
    }

    @Test("west of Greenwich and before 1970 days are counted right")
    func negative() {
        let calendar = LocalCalendar { _ in -36_000 }
        for (seconds, text) in [
            (0, "1969-12-31 14:00:00"), (-1, "1969-12-31 13:59:59"),
            (-86_400 * 365, "1968-12-31 14:00:00"),
        ] {
            #expect(calendar.text(WallTime(seconds: seconds)) == text)
            #expect(read(calendar, text) == seconds)
        }
    }

    @Test("times that no column holds become the nearest that one does")
    func clamped() {
        let calendar = LocalCalendar { _ in 0 }
        #expect(calendar.text(WallTime(seconds: Int.max)) == "9999-12-30 23:59:59")
        #expect(calendar.text(WallTime(seconds: Int.min)) == "1000-01-02 00:00:00")
    }

    @Test(
        "what is no date is no time",
        arguments: [
            "", "0000-00-00 00:00:00", "0000-00-00", "2025-02-29 00:00:00", "2025-13-01 00:00:00",
            "2025-01-01 24:00:00", "2025-01-01 00:60:00", "2025-01-01T", "2025-01-01 00:00",
            "2025/01/01 00:00:00", "2o25-01-01 00:00:00", "2025-01-01 00-00-00",
            "2025-04-31 00:00:00", "2025-01-01 00:00:00.0000000000000",
        ])
    func noDate(_ text: String) {
        #expect(read(LocalCalendar { _ in 0 }, text) == nil)
    }

    @Test("a date alone is its midnight, and a fraction of a second is dropped")
    func forms() {
        let calendar = LocalCalendar { _ in 0 }
        #expect(read(calendar, "2025-01-01") == 1_735_689_600)
        #expect(read(calendar, "2025-01-01 00:00:01.999999") == 1_735_689_601)
    }

    @Test("a hundred thousand times of one evening ask the zone a few times only")
    func remembered() {
        var asked = 0
        let calendar = LocalCalendar { _ in
            asked += 1
            return 3_600
        }
        var writer = ByteWriter(capacity: 32)
        for number in 0..<100_000 {
            writer.removeAll()
            calendar.write(WallTime(seconds: 1_751_400_000 + number % 7_200), to: &writer)
            _ = calendar.time(writer.span)
        }
        #expect(asked < 100)
    }

    @Test("the process's own zone is the one that TZ names")
    func processZone() async {
        await #expect(processExitsWith: .success) {
            unsafe setenv("TZ", "Europe/Berlin", 1)
            let calendar = LocalCalendar()
            let summer = calendar.text(WallTime(seconds: 1_751_328_000))
            let winter = calendar.text(WallTime(seconds: 1_735_689_600))
            let isRight = summer == "2025-07-01 02:00:00" && winter == "2025-01-01 01:00:00"
            exit(isRight ? 0 : 1)
        }
    }

    @Test("a Julian day is read as the second it was written from, by us and by SQLite")
    func julianDay() {
        for seconds in stride(from: 1, to: 4_000_000_000, by: 12_345_679) {
            let time = WallTime(seconds: seconds)
            #expect(WallTime(julianDay: Double(julianDay: time)) == time)
            #expect(WallTime(julianDay: Double(seconds) / 86_400 + 2_440_587.5) == time)
        }
        #expect(WallTime(julianDay: .nan) == nil)
        #expect(WallTime(julianDay: 1e300) == nil)
    }
}
