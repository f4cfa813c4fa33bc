import Basics
import Testing

@testable import Storage

@Suite("Rows on their way into a bulk statement")
struct RowBatchTests {
    /// What a cell holds, in words.
    private func describe(_ batch: borrowing RowBatch, _ row: Int, _ column: Int) -> String {
        switch batch.cell(row: row, column: column) {
        case .null: "null"
        case .integer(let number): "integer \(number)"
        case .double(let number): "double \(number)"
        case .time(let time): "time \(time.seconds)"
        case .text(let range): "text \(String(copying: batch.bytes.span(range)))"
        case .blob(let range): "blob \(Array(copying: batch.bytes.span(range)))"
        }
    }

    @Test(
        "each value becomes the cell of its kind",
        arguments: [
            (.null, "null"), (.integer(0), "integer 0"), (.integer(.min), "integer \(Int.min)"),
            (.double(-1), "double -1.0"), (.double(0.5), "double 0.5"), (.text(""), "text "),
            (.text("Zoë"), "text Zoë"), (.bytes([]), "blob []"),
            (.bytes([0, 255]), "blob [0, 255]"),
            (.time(WallTime(seconds: 0)), "time 0"), (.time(WallTime(seconds: -5)), "time -5"),
        ] as [(DatabaseValue, String)])
    func kinds(_ value: DatabaseValue, _ expected: String) {
        var batch = RowBatch(columns: 1, rows: 1)
        batch.append(value)
        let words = describe(batch, 0, 0)
        #expect(words == expected)
    }

    @Test("rows beyond those expected are kept as well")
    func growth() {
        var batch = RowBatch(columns: 2, rows: 1)
        for number in 0..<1_000 {
            batch.append(number)
            batch.append("text \(number)")
        }
        let rows = batch.rows
        #expect(rows == 1_000)
        for number in [0, 1, 500, 999] {
            let words = [describe(batch, number, 0), describe(batch, number, 1)]
            #expect(words == ["integer \(number)", "text text \(number)"])
        }
    }

    @Test("a row counts once its last cell is there")
    func partial() {
        var batch = RowBatch(columns: 3)
        var counts: [Int] = []
        var isEmpty = batch.isEmpty
        #expect(isEmpty)
        for number in 0..<7 {
            batch.append(number)
            counts.append(batch.rows)
        }
        isEmpty = batch.isEmpty
        #expect(!isEmpty)
        #expect(counts == [0, 0, 1, 1, 1, 2, 2])
    }

    @Test("empty text is NULL only where it is asked to be")
    func empty() {
        let nothing: [UInt8] = []
        let something = Array("x".utf8)
        var batch = RowBatch(columns: 4)
        batch.append(nothing.span)
        batch.appendOrNull(nothing.span)
        batch.appendOrNull(something.span)
        batch.append(blob: nothing.span)
        var found: [String] = []
        for column in 0..<4 { found.append(describe(batch, 0, column)) }
        #expect(found == ["text ", "null", "text x", "blob []"])
    }

    @Test("an emptied batch starts anew, and old text is gone")
    func removeAll() {
        var batch = RowBatch(columns: 1)
        batch.append("first")
        batch.removeAll()
        var bytes = batch.bytes.count
        #expect(bytes == 0)
        batch.append("second")
        bytes = batch.bytes.count
        let words = describe(batch, 0, 0)
        #expect(bytes == 6)
        #expect(words == "text second")
    }

    @Test("a cell outside the batch is a defect of the caller, not a value")
    func outside() async {
        await #expect(processExitsWith: .failure) {
            let batch = RowBatch(columns: 1)
            _ = batch.cell(row: 0, column: 1)
        }
        await #expect(processExitsWith: .failure) { _ = RowBatch(columns: 0) }
    }
}

@Suite("Numbers in the text that a database sends")
struct NumberTextTests {
    private func integer(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        return NumberText.integer(bytes.span)
    }

    private func double(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        return NumberText.double(bytes.span)
    }

    @Test("integers of every size are read as they are written")
    func integers() {
        for shift in 0..<63 {
            for number in [1 << shift, (1 << shift) - 1, -(1 << shift), 1 - (1 << shift)] {
                #expect(integer("\(number)") == number)
            }
        }
    }

    @Test(
        "what is no decimal integer is none",
        arguments: [
            "+1", "--1", "1-", "0x10", "1e3", "١", "1 ", "\t1", "1\0", "99999999999999999999",
        ]
    )
    func noInteger(_ text: String) { #expect(integer(text) == nil) }

    @Test("zeros in front are harmless as long as the text is no longer than a number")
    func zeros() {
        #expect(integer("007") == 7)
        #expect(integer("-007") == -7)
        #expect(integer("-0") == 0)
        #expect(integer(String(repeating: "0", count: 20)) == 0)
        #expect(integer(String(repeating: "0", count: 21)) == nil)
    }

    @Test("a q-value of three digits is the number that its literal is (RFC 3261 25.1)")
    func qValues() {
        for thousandth in 0...1_000 {
            let digits = String(thousandth + 10_000).suffix(3)
            let text = "\(thousandth / 1_000).\(digits)"
            #expect(double(text) == Double(text), "\(text)")
            #expect(double("-\(text)") == Double("-\(text)"), "\(text)")
        }
    }

    @Test("short and long numbers meet at sixteen bytes without a seam")
    func seam() {
        for text in [
            "123456789012345", "1234567890123456", "12345678901234567", "0.12345678901234",
            "0.123456789012345", "-99999999999999.9", "999999999999999.25", "1.5e300", "-1.5e-300",
        ] {
            #expect(double(text) == Double(text), "\(text)")
        }
    }

    @Test("text that is too long to be a number is not looked at")
    func long() {
        #expect(double("0." + String(repeating: "1", count: 62)) != nil)
        #expect(double("0." + String(repeating: "1", count: 63)) == nil)
    }

    @Test("what is no number is none", arguments: ["-", "1.2.3", "1,5", "0x", "q", "1 2", "--1"])
    func noNumber(_ text: String) { #expect(double(text) == nil) }
}

@Suite("Days of the calendar")
struct CivilDateTests {
    @Test("every day of four centuries is read as it was counted, one after the other")
    func roundTrip() {
        var previous = CivilDate(daysSinceEpoch: -100_001)
        for days in -100_000...100_000 {
            let date = CivilDate(daysSinceEpoch: days)
            #expect(date.daysSinceEpoch == days)
            let isNext =
                (date.year, date.month, date.day) > (previous.year, previous.month, previous.day)
            guard isNext, CivilDate(year: date.year, month: date.month, day: date.day) == date
            else {
                Issue.record("day \(days) is \(date)")
                return
            }
            previous = date
        }
    }

    @Test("the 29th of February is there when the year is a leap year")
    func leap() {
        for year in [1_904, 1_996, 2_000, 2_004, 2_024, 2_400] {
            #expect(CivilDate(year: year, month: 2, day: 29) != nil, "\(year)")
        }
        for year in [1_900, 1_999, 2_001, 2_023, 2_100, 2_200, 2_300] {
            #expect(CivilDate(year: year, month: 2, day: 29) == nil, "\(year)")
        }
    }

    @Test("each month ends with its last day")
    func months() {
        for (place, last) in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
            #expect(CivilDate(year: 2_025, month: place + 1, day: last) != nil)
            #expect(CivilDate(year: 2_025, month: place + 1, day: last + 1) == nil)
        }
    }

    @Test(
        "what the calendar does not have is refused",
        arguments: [(2_025, 0, 1), (2_025, 13, 1), (2_025, 1, 0), (2_025, 1, 32), (-1, 1, 1)])
    func refused(_ year: Int, _ month: Int, _ day: Int) {
        #expect(CivilDate(year: year, month: month, day: day) == nil)
    }

    @Test("the ends of what is written lie a day within the years 1000 and 9999")
    func ends() {
        let first = CivilDate(daysSinceEpoch: CivilDate.secondsMin / 86_400)
        let last = CivilDate(daysSinceEpoch: CivilDate.secondsMax / 86_400)
        #expect((first.year, first.month, first.day) == (1_000, 1, 2))
        #expect((last.year, last.month, last.day) == (9_999, 12, 30))
    }
}
