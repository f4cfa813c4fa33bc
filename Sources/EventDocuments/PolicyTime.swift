internal import Basics

/// Times of common policy: `dateTime` of XML Schema (RFC 4745 7.3), as seconds since 1970.
enum PolicyTime {
    /// The seconds of a text such as `2026-11-21T14:30:00+01:00`; nil for what is none.
    ///
    /// Fractions of a second are cut. A time without zone counts as UTC.
    static func seconds(_ text: String) -> Int64? {
        let bytes = text.utf8.span
        var cursor = Cursor(bytes)
        guard let year = number(&cursor, 4), cursor.take(UInt8(ascii: "-")),
            let month = number(&cursor, 2), (1...12).contains(month),
            cursor.take(UInt8(ascii: "-")),
            let day = number(&cursor, 2), (1...31).contains(day),
            cursor.take(UInt8(ascii: "T")),
            let hour = number(&cursor, 2), hour <= 24, cursor.take(UInt8(ascii: ":")),
            let minute = number(&cursor, 2), minute < 60, cursor.take(UInt8(ascii: ":")),
            let second = number(&cursor, 2), second <= 60
        else { return nil }
        if cursor.take(UInt8(ascii: ".")) { cursor.skip(digits) }
        guard let zone = zone(&cursor), cursor.isAtEnd else { return nil }
        return days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - zone
    }

    private static let digits = ByteSet("0123456789")

    /// Passes exactly `width` digits.
    @_lifetime(cursor: copy cursor)
    private static func number(_ cursor: inout Cursor, _ width: Int) -> Int64? {
        let start = cursor.position
        guard let value = cursor.decimal(upTo: 9_999), cursor.position - start == width else {
            return nil
        }
        return Int64(value)
    }

    /// Passes the zone and returns its seconds east of Greenwich.
    @_lifetime(cursor: copy cursor)
    private static func zone(_ cursor: inout Cursor) -> Int64? {
        if cursor.isAtEnd || cursor.take(UInt8(ascii: "Z")) { return 0 }
        let sign: Int64
        if cursor.take(UInt8(ascii: "+")) {
            sign = 1
        } else if cursor.take(UInt8(ascii: "-")) {
            sign = -1
        } else {
            return nil
        }
        guard let hours = number(&cursor, 2), hours <= 14, cursor.take(UInt8(ascii: ":")),
            let minutes = number(&cursor, 2), minutes < 60
        else { return nil }
        return sign * (hours * 3_600 + minutes * 60)
    }

    /// Days from 1970-01-01 to a day of the Gregorian calendar.
    ///
    /// Years are counted from March, so that the leap day is the last of one.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let cycle = shifted / 400
        let yearOfCycle = shifted - cycle * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfCycle = yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
        return cycle * 146_097 + dayOfCycle - 719_468
    }
}
