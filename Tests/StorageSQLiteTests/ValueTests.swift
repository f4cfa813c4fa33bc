import Basics
import Foundation
import Storage
import StorageSQLite
import Testing

@Suite("Values on their way to SQLite and back")
struct ValueTests {
    static let table = """
        CREATE TABLE cells (k INTEGER PRIMARY KEY, i INTEGER, d REAL, t VARCHAR(200),
            b BLOB, w TIMESTAMP WITHOUT TIME ZONE)
        """

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

    @Test("single statements and bulk writes keep every type, NULL, quotes, emoji and zero bytes")
    func types() throws {
        let scene = try Scene()
        try scene.connection.execute(Self.table)
        for row in Self.rows {
            let changed = try scene.connection.execute(
                "INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?)", row)
            #expect(changed == 1)
        }
        try check(scene)
        let batch = Scene.batch(Self.rows)
        for _ in 0..<2 {
            try scene.connection.upsert(
                into: "cells", columns: ["k", "i", "d", "t", "b", "w"], key: ["k"], batch)
            try check(scene)
        }
    }

    @Test("bytes that are no UTF-8 stay what they are, in text as in a blob")
    func invalid() throws {
        let scene = try Scene()
        try scene.connection.execute(Self.table)
        let bytes: [UInt8] = [0x61, 0xff, 0xc3, 0x28, 0x62]
        var batch = RowBatch(columns: 3)
        batch.append(1)
        batch.append(bytes.span)
        batch.append(blob: bytes.span)
        try scene.connection.upsert(into: "cells", columns: ["k", "t", "b"], key: ["k"], batch)
        let all = try scene.all("SELECT HEX(t), HEX(b), TYPEOF(t), TYPEOF(b) FROM cells")
        #expect(all == "61FFC32862|61FFC32862|text|blob")
    }

    @Test("a time is a Julian day in Kamailio's way, and text is read as local time")
    func times() throws {
        let scene = try Scene()
        try scene.connection.execute(Self.table)
        let time = WallTime(seconds: 1_763_722_800)
        let text = LocalCalendar().text(time)
        try scene.connection.execute("INSERT INTO cells (k, w) VALUES (1, ?)", [.time(time)])
        try scene.connection.execute("INSERT INTO cells (k, w) VALUES (2, ?)", [.text(text)])
        try scene.connection.execute(
            "INSERT INTO cells (k, w) VALUES (3, julianday(?, 'utc'))", [.text(text)])
        try scene.connection.execute(
            "INSERT INTO cells (k, w) VALUES (4, ?)", [.integer(time.seconds)])
        #expect(try scene.all("SELECT TYPEOF(w) FROM cells WHERE k = 1") == "real")
        let expected = (Double(time.seconds) - 0.5) / 86_400 + 2_440_587.5
        var count = 0
        try scene.connection.query("SELECT w FROM cells ORDER BY k", []) { row in
            if count == 0 { #expect(row.double(0) == expected) }
            let found = row.time(0)
            #expect(found == time)
            count += 1
            return true
        }
        #expect(count == 4)
    }

    @Test("too many or too few values are refused, and a callback may stop early")
    func places() throws {
        let scene = try Scene()
        for values in [[], [.null, .null]] as [[DatabaseValue]] {
            let error = #expect(throws: StorageError.self) {
                try scene.connection.execute("SELECT ?", values)
            }
            #expect(error?.kind == .refused)
        }
        try scene.connection.execute("CREATE TABLE n (k)")
        for number in 0..<5 {
            try scene.connection.execute("INSERT INTO n VALUES (?)", [.integer(number)])
        }
        for _ in 0..<2 {
            var rows = 0
            try scene.connection.query("SELECT * FROM n", []) { _ in
                rows += 1
                return rows < 2
            }
            #expect(rows == 2)
        }
    }

    /// Small in every run, and large with printed times when `ROOST_MEASURE_ROWS` says so.
    @Test("a batch is inserted, updated and loaded, and is what was written")
    func batch() throws {
        let measured = ProcessInfo.processInfo.environment["ROOST_MEASURE_ROWS"].flatMap { Int($0) }
        let rows = measured ?? 10_000
        let scene = try Scene(tables: KamailioTables.all)
        for generation in 0..<2 {
            let batch = LocationRows.batch(0..<rows, generation: generation)
            let start = SystemClock.monotonic()
            let refused = try scene.connection.upsert(
                into: "location", columns: LocationRows.columns, key: ["ruid"], batch)
            let written = SystemClock.monotonic()
            let found = try LocationRows.digest(scene.connection)
            let read = SystemClock.monotonic()
            let digest = LocationRows.digest(batch)
            #expect(refused.isEmpty)
            #expect(found.rows == rows)
            #expect(found.digest == digest)
            guard measured != nil else { continue }
            let verb = generation == 0 ? "insert" : "update"
            print("SQLite \(verb) \(Double(written.since(start)) / 1e9) s")
            print("SQLite load \(Double(read.since(written)) / 1e9) s")
        }
    }
}
