import Basics
import Foundation
import Storage
import StorageSQLite
import Testing

/// A fresh file of SQLite with a connection to it, removed with the last reference.
final class Scene {
    let path: String
    let connection: SQLiteConnection

    init(tables: [TableDeclaration] = []) throws {
        path = NSTemporaryDirectory() + "roost-\(UUID().uuidString).db"
        connection = try SQLiteDriver(DatabaseURL("sqlite:///\(path)")).open()
        if !tables.isEmpty { try #require(Migration(tables: tables).run(on: connection).isSound) }
    }

    deinit {
        connection.close()
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path + ending)
        }
    }

    /// Another connection to the same file.
    func other(busyMilliseconds: Int = 5_000) throws -> SQLiteConnection {
        try SQLiteDriver(DatabaseURL("sqlite:///\(path)"), busyMilliseconds: busyMilliseconds)
            .open()
    }

    /// The cells of all rows as text, rows divided by newlines, cells by bars.
    func all(_ sql: String, _ values: [DatabaseValue] = []) throws -> String {
        var lines: [String] = []
        try connection.query(sql, values) { row in
            var cells: [String] = []
            for column in 0..<row.count { cells.append(row.text(column) ?? "NULL") }
            lines.append(cells.joined(separator: "|"))
            return true
        }
        return lines.joined(separator: "\n")
    }

    /// A batch of rows of values.
    static func batch(_ rows: [[DatabaseValue]]) -> RowBatch {
        var batch = RowBatch(columns: rows[0].count)
        for row in rows {
            for value in row { batch.append(value) }
        }
        return batch
    }
}
