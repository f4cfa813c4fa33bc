public import Basics

/// The value of Date (RFC 3261 20.17): `Sat, 13 Nov 2010 23:29:00 GMT`, written and read.
public enum SIPDate {
    private static let dayNames: StaticString = "SunMonTueWedThuFriSat"
    private static let monthNames: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    /// Writes a time; 29 bytes for the years 1970 to 9999.
    public static func write(_ time: WallTime, into writer: inout ByteWriter) {
        precondition(time.seconds >= 0 && time.seconds < 253_402_300_800, "a year of four digits")
        let days = time.seconds / 86_400
        let rest = time.seconds % 86_400
        let (year, month, day) = civil(days)
        append(dayNames, (days + 4) % 7, &writer)
        writer.append(", ")
        twoDigits(day, &writer)
        writer.append(UInt8(ascii: " "))
        append(monthNames, month - 1, &writer)
        writer.append(UInt8(ascii: " "))
        writer.append(decimal: year)
        writer.append(UInt8(ascii: " "))
        twoDigits(rest / 3600, &writer)
        writer.append(UInt8(ascii: ":"))
        twoDigits(rest / 60 % 60, &writer)
        writer.append(UInt8(ascii: ":"))
        twoDigits(rest % 60, &writer)
        writer.append(" GMT")
    }

    /// Reads a time; nil unless it is the one form that is allowed, in GMT.
    ///
    /// The name of the day is not checked against the date.
    public static func read(_ bytes: Span<UInt8>) -> WallTime? {
        guard bytes.count == 29, index(bytes, 0, dayNames) != nil,
            let month = index(bytes, 8, monthNames),
            bytes.extracting(25..<29).equals(" GMT"), bytes[3] == 44, bytes[4] == 32,
            bytes[7] == 32, bytes[11] == 32, bytes[16] == 32, bytes[19] == 58, bytes[22] == 58,
            let day = number(bytes, 5..<7), let year = number(bytes, 12..<16),
            let hour = number(bytes, 17..<19), let minute = number(bytes, 20..<22),
            let second = number(bytes, 23..<25),
            year >= 1970, day >= 1, hour < 24, minute < 60, second < 61
        else { return nil }
        let days = daysSince1970(year, month + 1, day)
        // A day that its month does not have is counted into the next one: 30 Feb is no date.
        guard civil(days).day == day else { return nil }
        return WallTime(seconds: days * 86_400 + hour * 3600 + minute * 60 + second)
    }

    /// Writes the three letters of a name; the names stand in one literal to need no array.
    private static func append(_ names: StaticString, _ index: Int, _ writer: inout ByteWriter) {
        assert(index >= 0 && index * 3 < names.utf8CodeUnitCount)
        for place in 0..<3 { writer.append(unsafe names.utf8Start[index * 3 + place]) }
    }

    /// Writes a number from 0 to 99 with its leading zero, which the grammar demands (`2DIGIT`).
    private static func twoDigits(_ value: Int, _ writer: inout ByteWriter) {
        assert(value >= 0 && value < 100)
        writer.append(48 + UInt8(value / 10))
        writer.append(48 + UInt8(value % 10))
    }

    /// The digits of a range of fixed width, nil when one of them is none.
    private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        assert(range.upperBound <= bytes.count && range.count <= 4)
        return bytes.extracting(range).decimal(upTo: 9999).map { Int($0) }
    }

    private static func index(_ bytes: Span<UInt8>, _ start: Int, _ names: StaticString) -> Int? {
        assert(start + 3 <= bytes.count)
        for index in 0..<(names.utf8CodeUnitCount / 3) {
            var same = true
            for place in 0..<3
            where unsafe bytes[start + place] != names.utf8Start[index * 3 + place] { same = false }
            if same { return index }
        }
        return nil
    }

    /// Year, month and day of a number of days since 1970, counting in years that start in March.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        assert(days >= 0)
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * march + 2) / 5 + 1)
    }

    /// The inverse of `civil`: eras of 400 years, each of 146,097 days, make leap years simple.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        assert(month >= 1 && month <= 12)
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted % 400
        let march = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * march + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
