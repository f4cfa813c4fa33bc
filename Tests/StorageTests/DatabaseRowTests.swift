import Basics
import Storage
import Testing

@Suite("Cells of a row")
struct DatabaseRowTests {
    /// Looks at one cell that holds text.
    private func with<R>(_ text: String, _ body: (borrowing DatabaseRow) -> R) -> R {
        let bytes = Array(text.utf8)
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            let cells = unsafe [DatabaseCell.bytes(bytes.baseAddress, count: bytes.count)]
            return body(DatabaseRow(cells.span, calendar: LocalCalendar { _ in 3_600 }))
        }
    }

    private func with<R>(_ cell: DatabaseCell, _ body: (borrowing DatabaseRow) -> R) -> R {
        let cells = [cell]
        return body(DatabaseRow(cells.span, calendar: LocalCalendar { _ in 3_600 }))
    }

    @Test(
        "integers are read from text",
        arguments: [
            ("0", 0), ("-1", -1), ("8191", 8_191), ("9223372036854775807", Int.max),
            ("-9223372036854775808", Int.min), ("9223372036854775808", nil),
            ("-9223372036854775809", nil), ("", nil), ("-", nil), ("1.0", nil), ("12a", nil),
            (" 1", nil), ("123456789012345678901", nil),
        ] as [(String, Int?)])
    func integers(_ text: String, _ value: Int?) {
        #expect(with(text) { $0.integer(0) } == value)
    }

    @Test(
        "numbers are read from text",
        arguments: [
            ("-1.00", -1), ("0.50", 0.5), ("1", 1), ("1e3", 1_000), ("0.30", 0.3),
            ("-12345678901234567890.5", -12_345_678_901_234_567_890.5), ("", nil), ("x", nil),
            ("1.2.3", nil),
        ] as [(String, Double?)])
    func doubles(_ text: String, _ value: Double?) {
        #expect(with(text) { $0.double(0) } == value)
    }

    @Test("times are read from local time, Julian days and seconds since 1970")
    func times() {
        let time = WallTime(seconds: 1_735_689_600)
        #expect(with("2025-01-01 01:00:00") { $0.time(0) } == time)
        #expect(with("1735689600") { $0.time(0) } == time)
        #expect(with(.integer(1_735_689_600)) { $0.time(0) } == time)
        #expect(with(.double(Double(julianDay: time))) { $0.time(0) } == time)
        #expect(with("0000-00-00 00:00:00") { $0.time(0) } == nil)
        #expect(with(.null) { $0.time(0) } == nil)
    }

    @Test("NULL is nothing in every type, and not the same as empty text")
    func null() {
        #expect(with(.null) { $0.count } == 1)
        #expect(with(.null) { $0.isNull(0) })
        #expect(with(.null) { $0.integer(0) } == nil)
        #expect(with(.null) { $0.double(0) } == nil)
        #expect(with(.null) { $0.bytes(0).count } == 0)
        #expect(with(.null) { $0.text(0) } == nil)
        #expect(with("") { $0.text(0) } == "")
    }

    @Test("numbers that a driver gives as such are read as they are")
    func plain() {
        #expect(with(.integer(-5)) { $0.integer(0) } == -5)
        #expect(with(.integer(-5)) { $0.double(0) } == -5)
        #expect(with(.integer(-5)) { $0.text(0) } == "-5")
        #expect(with(.double(-0.5)) { $0.double(0) } == -0.5)
        #expect(with(.double(-0.5)) { $0.integer(0) } == nil)
        #expect(with(.double(-0.5)) { $0.text(0) } == "-0.5")
        #expect(with(.double(-0.5)) { $0.bytes(0).count } == 0)
    }

    @Test("a batch keeps its cells row by row, and room when it is emptied")
    func batch() {
        var batch = RowBatch(columns: 3, rows: 2)
        var rows = batch.rows
        #expect(rows == 0)
        for value in [.text("ä"), .integer(1), .null, .bytes([0, 255]), .double(0.5)]
            as [DatabaseValue]
        {
            batch.append(value)
        }
        rows = batch.rows
        #expect(rows == 1)
        batch.append(.time(WallTime(seconds: 7)))
        rows = batch.rows
        #expect(rows == 2)
        guard case .text(let text) = batch.cell(row: 0, column: 0),
            case .blob(let blob) = batch.cell(row: 1, column: 0),
            case .time(let time) = batch.cell(row: 1, column: 2)
        else {
            Issue.record("other cells than were put in")
            return
        }
        let textBytes = Array(copying: batch.bytes.span(text))
        let blobBytes = Array(copying: batch.bytes.span(blob))
        #expect(textBytes == [0xc3, 0xa4])
        #expect(blobBytes == [0, 255])
        #expect(time.seconds == 7)
        let nothing: [UInt8] = []
        batch.removeAll()
        batch.appendOrNull(nothing.span)
        guard case .null = batch.cell(row: 0, column: 0) else {
            Issue.record("empty text is not NULL")
            return
        }
    }
}
