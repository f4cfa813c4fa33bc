import Basics
import Testing

@testable import Storage
@testable import StorageMariaDB

/// What needs no server: numbers of errors and the text of statements.
@Suite("What MariaDB's numbers mean")
struct MariaDBErrorTests {
    @Test(
        "each number says what can be done about it",
        arguments: [
            (1_205, .conflict), (1_213, .conflict), (1_040, .unavailable), (1_053, .unavailable),
            (1_114, .unavailable), (1_158, .unavailable), (1_161, .unavailable),
            (1_203, .unavailable), (1_290, .unavailable), (1_317, .unavailable),
            (1_836, .unavailable), (1_927, .unavailable), (2_002, .unavailable),
            (2_003, .unavailable), (2_006, .unavailable), (2_013, .unavailable),
            (2_026, .unavailable), (2_029, .unavailable), (2_047, .unavailable),
            (2_059, .unavailable), (5_000, .unavailable), (1_044, .configuration),
            (1_045, .configuration), (1_049, .configuration), (1_142, .configuration),
            (1_698, .configuration), (1_054, .refused), (1_062, .refused), (1_064, .refused),
            (1_146, .refused), (1_157, .refused), (1_162, .refused), (2_020, .refused),
            (2_030, .refused), (2_046, .refused), (2_060, .refused), (0, .refused),
        ] as [(Int, StorageError.Kind)])
    func kinds(_ code: Int, _ kind: StorageError.Kind) {
        #expect(MariaDBError.kind(code) == kind)
    }

    @Test(
        "a connection ends with the client's errors and with the server's good-bye",
        arguments: [
            (1_053, true), (1_927, true), (2_006, true), (2_013, true), (2_055, true),
            (1_040, false), (1_205, false), (1_213, false), (1_064, false), (2_020, false),
            (1_290, false), (0, false),
        ])
    func endsConnection(_ code: Int, _ ends: Bool) {
        #expect(MariaDBError.endsConnection(code) == ends)
    }

    @Test(
        "what is about one row does not stop the others",
        arguments: [
            (1_048, true), (1_062, true), (1_264, true), (1_366, true), (1_406, true),
            (2_020, true), (4_025, true), (1_054, false), (1_146, false), (1_205, false),
            (2_013, false), (0, false),
        ])
    func oneRow(_ code: Int, _ isAboutOneRow: Bool) {
        #expect(MariaDBError.isAboutOneRow(code) == isAboutOneRow)
    }

    @Test(
        "a lock is waited for less long than an answer, but at least a second",
        arguments: [(1, 1), (2, 1), (3, 1), (4, 2), (5, 3), (3_600, 3_598)])
    func lockWait(_ read: Int, _ expected: Int) {
        #expect(MariaDBTimeouts(read: read).lockWait == expected)
    }
}

@Suite("The text of a statement")
struct StatementTextTests {
    /// The text that is sent; the error where the values do not fit.
    private func text(_ sql: String, _ values: [DatabaseValue]) throws(StorageError) -> String {
        var text = StatementText(calendar: LocalCalendar { _ in 3_600 })
        try text.write(sql, values)
        return text.bytes.text
    }

    @Test(
        "each value is a literal that no setting of the server can turn into something else",
        arguments: [
            (.null, "NULL"), (.integer(0), "0"), (.integer(-5), "-5"),
            (.integer(.min), "-9223372036854775808"), (.double(0.5), "0.5"), (.double(-1), "-1.0"),
            (.double(.nan), "NULL"), (.double(.infinity), "NULL"), (.double(-.infinity), "NULL"),
            (.text(""), "_utf8mb4 X''"), (.text("'"), "_utf8mb4 X'27'"),
            (.text("\\"), "_utf8mb4 X'5c'"), (.text("é"), "_utf8mb4 X'c3a9'"), (.bytes([]), "X''"),
            (.bytes([0, 10, 255]), "X'000aff'"),
            (.time(WallTime(seconds: 0)), "'1970-01-01 01:00:00'"),
        ] as [(DatabaseValue, String)])
    func literals(_ value: DatabaseValue, _ literal: String) throws {
        #expect(try text("SELECT ?", [value]).lowercased() == "SELECT \(literal)".lowercased())
    }

    @Test(
        "a question mark in quotes of any kind is no place",
        arguments: [
            ("SELECT '?', ?", "SELECT '?', 1"), ("SELECT \"?\", ?", "SELECT \"?\", 1"),
            ("SELECT `?`, ?", "SELECT `?`, 1"), ("SELECT '\"?', ?", "SELECT '\"?', 1"),
            ("SELECT 'a''?', ?", "SELECT 'a''?', 1"), ("?", "1"),
        ])
    func quotes(_ sql: String, _ expected: String) throws {
        #expect(try text(sql, [.integer(1)]) == expected)
    }

    @Test(
        "too few and too many values are refused",
        arguments: [("?", 0), ("?", 2), ("", 1), ("?, ?", 1), ("'?'", 1), ("?, ?", 3)])
    func counts(_ sql: String, _ count: Int) {
        let values = [DatabaseValue](repeating: .null, count: count)
        let error = #expect(throws: StorageError.self) { try text(sql, values) }
        #expect(error?.kind == .refused)
        #expect(error?.message == "values and places do not match in: \(sql)")
    }

    @Test("a value that looks like a place is not replaced again")
    func once() throws {
        #expect(
            try text("SELECT ?, ?", [.text("?"), .integer(2)]) == "SELECT _utf8mb4 X'3f', 2")
    }

    @Test(
        "what is no UTF-8 is noticed before the server refuses it",
        arguments: [
            ([], true), ([0x61], true), ([0xc3, 0xa9], true), ([0xf0, 0x9f, 0x93, 0x9e], true),
            ([0xff], false), ([0xc3], false), ([0xc3, 0x28], false), ([0xc0, 0x80], false),
            ([0xed, 0xa0, 0x80], false), ([0xf4, 0x90, 0x80, 0x80], false), ([0x80], false),
        ] as [([UInt8], Bool)])
    func utf8(_ bytes: [UInt8], _ isValid: Bool) {
        #expect(TextRepair.isUTF8(bytes.span) == isValid)
    }
}
