import Basics
import Storage
import StorageMariaDB
import TestSupport
import Testing

@Suite("Values on their way to MariaDB and back", isInstalled)
struct ValueTests {
    static let table = """
        CREATE TABLE cells (k INT PRIMARY KEY, i BIGINT, d DOUBLE, t VARCHAR(200),
            b BLOB, w DATETIME)
        """
    static let columns = ["k", "i", "d", "t", "b", "w"]

    /// Rows that are read back as they were written.
    static let rows: [[DatabaseValue]] = [
        [.integer(1), .null, .null, .null, .null, .null],
        [
            .integer(2), .integer(Int.max), .double(-1.5e300), .text("it's \"q\" \\ `x` ? %"),
            .bytes([0, 0xff, 0x27, 0x5c]), .time(WallTime(seconds: 1_763_722_800)),
        ],
        [
            .integer(3), .integer(Int.min), .double(0.1), .text("Zoë 📞 日本"),
            .bytes(Array(0...255)), .time(WallTime(seconds: 0)),
        ],
        [
            .integer(4), .integer(0), .double(0), .text(""), .bytes([]),
            .time(WallTime(seconds: 4_102_444_800)),
        ],
        [.integer(5), .integer(-1), .double(-1), .text("a\0b\nc\u{1a}"), .null, .null],
    ]

    private func check(_ scene: Scene) throws {
        var number = 0
        try scene.connection.query("SELECT * FROM cells ORDER BY k", []) { row in
            for (column, value) in Self.rows[number].enumerated() {
                let found: DatabaseValue =
                    if row.isNull(column) { .null } else {
                        switch column {
                        case 0, 1: row.integer(column).map { .integer($0) } ?? .null
                        case 2: row.double(column).map { .double($0) } ?? .null
                        case 3: .text(row.text(column) ?? "")
                        case 4: .bytes(Array(copying: row.bytes(column)))
                        default: row.time(column).map { .time($0) } ?? .null
                        }
                    }
                #expect(found == value, "row \(number) column \(column)")
            }
            number += 1
            return true
        }
        #expect(number == Self.rows.count)
    }

    @Test("single statements keep every type, NULL, quotes, emoji and zero bytes")
    func statements() throws {
        let scene = try Scene()
        try scene.connection.execute(Self.table)
        for row in Self.rows {
            let changed = try scene.connection.execute(
                "INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?)", row)
            #expect(changed == 1)
        }
        try check(scene)
        // The literals serve as conditions too, with and without an index.
        for row in Self.rows.dropFirst() {
            let key = try scene.first(
                "SELECT k FROM cells WHERE t = ? AND i = ?", [row[3], row[1]])
            #expect(key.map { .integer(Int($0) ?? 0) } == row[0])
        }
    }

    @Test("bulk writes keep them too")
    func bulk() throws {
        let scene = try Scene()
        try scene.connection.execute(Self.table)
        let batch = Scene.batch(Self.rows)
        for _ in 0..<2 {
            let refused = try scene.connection.upsert(
                into: "cells", columns: Self.columns, key: ["k"], batch)
            #expect(refused.isEmpty)
            try check(scene)
        }
    }

    @Test("a column of a batch may mix types, as a delta of a q-value may")
    func mixed() throws {
        let scene = try Scene()
        try scene.connection.execute(Self.table)
        let batch = Scene.batch([
            [.integer(1), .integer(7), .double(0.5), .integer(12)],
            [.integer(2), .double(8), .integer(1), .double(1.5)],
            [.integer(3), .text("9"), .null, .text("x")],
        ])
        try scene.connection.upsert(
            into: "cells", columns: ["k", "i", "d", "t"], key: ["k"], batch)
        let all = try scene.first("SELECT GROUP_CONCAT(i, d, t ORDER BY k) FROM cells WHERE k < 3")
        #expect(all == "70.512,811.5")
        #expect(try scene.first("SELECT i FROM cells WHERE k = 3") == "9")
    }

    @Test("bytes that are no UTF-8 become U+FFFD in text and stay what they are in a blob")
    func invalid() throws {
        let scene = try Scene()
        try scene.connection.execute(Self.table)
        let bytes: [UInt8] = [0x61, 0xff, 0xc3, 0x28, 0x62]
        var batch = RowBatch(columns: 3)
        batch.append(1)
        batch.append(bytes.span)
        batch.append(blob: bytes.span)
        let refused = try scene.connection.upsert(
            into: "cells", columns: ["k", "t", "b"], key: ["k"], batch)
        #expect(refused.isEmpty)
        #expect(try scene.first("SELECT t FROM cells") == "a\u{fffd}\u{fffd}(b")
        #expect(try scene.first("SELECT HEX(b) FROM cells") == "61FFC32862")
    }

    @Test("a zero date is no time")
    func zeroDate() throws {
        let scene = try Scene()
        try scene.connection.execute(Self.table)
        try scene.connection.execute("INSERT INTO cells (k, w) VALUES (1, '0000-00-00 00:00:00')")
        var isNone = false
        try scene.connection.query("SELECT w FROM cells", []) { row in
            isNone = row.time(0) == nil && !row.isNull(0)
            return true
        }
        #expect(isNone)
    }

    @Test("a place in quotes is no place, and too many or too few values are refused")
    func places() throws {
        let scene = try Scene()
        #expect(try scene.first("SELECT CONCAT('?', \"?\", ?) AS `?`", [.text("!")]) == "??!")
        for values in [[], [.null, .null]] as [[DatabaseValue]] {
            let error = #expect(throws: StorageError.self) {
                try scene.connection.execute("SELECT ?", values)
            }
            #expect(error?.kind == .refused)
        }
    }

    @Test("a callback may stop early, and the connection goes on")
    func stop() throws {
        let scene = try Scene()
        var rows = 0
        try scene.connection.query("SELECT seq FROM seq_1_to_5000", []) { _ in
            rows += 1
            return rows < 3
        }
        #expect(rows == 3)
        #expect(try scene.first("SELECT 7") == "7")
        #expect(try scene.connection.execute("SELECT seq FROM seq_1_to_5000") == 0)
        #expect(scene.connection.ping())
    }

    @Test("DATETIME is what the local clock shows, whatever the session's zone")
    func localTime() throws {
        let scene = try Scene()
        try scene.connection.execute(Self.table)
        try scene.connection.execute("SET time_zone = '+09:00'")
        let time = WallTime(seconds: 1_763_722_800)
        try scene.connection.execute("INSERT INTO cells (k, w) VALUES (1, ?)", [.time(time)])
        #expect(try scene.database.sql("SELECT w FROM cells") == LocalCalendar().text(time) + "\n")
    }
}
