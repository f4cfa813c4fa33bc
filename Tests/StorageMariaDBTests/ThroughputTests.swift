import Basics
import Foundation
import Glibc
import Storage
import StorageMariaDB
import TestSupport
import Testing

/// Bulk writes and loads: small in every run, and large with printed times when
/// `ROOST_MEASURE_ROWS` says how many rows.
@Suite("Bulk writes and loads of many rows", isInstalled)
struct ThroughputTests {
    @Test("a batch is inserted, updated, loaded and deleted, and is what was written")
    func batch() throws {
        let measured = ProcessInfo.processInfo.environment["ROOST_MEASURE_ROWS"].flatMap { Int($0) }
        let rows = measured ?? 10_000
        let database = try MariaDBFixture.shared().database()
        let connection = try MariaDBDriver(DatabaseURL(database.url)).open()
        #expect(try Migration(tables: KamailioTables.all).run(on: connection).isSound)

        for round in 0..<(measured == nil ? 1 : 3) {
            try connection.execute("TRUNCATE location")
            for generation in 0..<2 {
                let batch = LocationRows.batch(0..<rows, generation: generation)
                let verb = generation == 0 ? "insert" : "update"
                try time("round \(round) \(verb)", rows) {
                    let refused = try connection.upsert(
                        into: "location", columns: LocationRows.columns, key: ["ruid"], batch)
                    #expect(refused.isEmpty)
                }
                var found = (rows: 0, digest: UInt64(0))
                try time("round \(round) load", rows) {
                    found = try LocationRows.digest(connection)
                }
                #expect(found.rows == rows)
                #expect(found.digest == LocationRows.digest(batch))
            }
        }
        var gone = RowBatch(columns: 2, rows: rows)
        for number in 0..<rows {
            gone.append("uloc-65f0aaaa-\(number % 97)-\(number)")
            gone.append(WallTime(seconds: LocationRows.start.seconds + 60 + 3_600 + 299))
        }
        try time("delete of a half", rows / 2) {
            let count = try connection.delete(
                from: "location", key: ["ruid"], guardColumn: "expires", gone)
            #expect(count == (0..<rows).count { $0 % 600 < 300 })
        }
    }

    private func time(_ what: String, _ rows: Int, _ body: () throws -> Void) rethrows {
        let start = SystemClock.monotonic()
        let (client, server) = (clock(), serverClock())
        try body()
        guard ProcessInfo.processInfo.environment["ROOST_MEASURE_ROWS"] != nil else { return }
        let seconds = Double(SystemClock.monotonic().since(start)) / 1e9
        let clientSeconds = Double(clock() - client) / Double(CLOCKS_PER_SEC)
        print(
            "\(what): \(rows) rows in \(seconds) s, \(Int(Double(rows) / seconds)) rows/s;",
            "processor: \(clientSeconds) s here, \(serverClock() - server) s in the server")
    }

    /// Processor seconds of the shared server, since other work on the machine stretches times.
    private func serverClock() -> Double {
        guard let number = try? MariaDBFixture.shared().processNumber,
            let text = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)
        else { return 0 }
        let fields = text.split(separator: " ")
        return Double((Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0)) / 100
    }
}
