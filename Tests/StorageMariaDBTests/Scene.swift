import Basics
import Storage
import StorageMariaDB
import TestSupport
import Testing

/// A fresh database with a connection to it.
struct Scene {
    let database: MariaDBFixture.Database
    let connection: MariaDBConnection

    /// A database on the shared server, or on a server of the test's own.
    init(
        on server: MariaDBFixture? = nil, tables: [TableDeclaration] = [],
        timeouts: MariaDBTimeouts = MariaDBTimeouts()
    ) throws {
        database = try (server ?? MariaDBFixture.shared()).database()
        connection = try Self.connect(database.url, timeouts)
        if !tables.isEmpty { try #require(Migration(tables: tables).run(on: connection).isSound) }
    }

    /// A connection to a URL.
    static func connect(
        _ url: String, _ timeouts: MariaDBTimeouts = MariaDBTimeouts()
    ) throws -> MariaDBConnection {
        try MariaDBDriver(DatabaseURL(url), timeouts: timeouts).open()
    }

    /// The first cell of the first row, as text.
    func first(_ sql: String, _ values: [DatabaseValue] = []) throws -> String? {
        var text: String?
        try connection.query(sql, values) { row in
            text = row.text(0)
            return false
        }
        return text
    }

    /// A batch of rows of values.
    static func batch(_ rows: [[DatabaseValue]]) -> RowBatch {
        var batch = RowBatch(columns: rows[0].count)
        for row in rows {
            for value in row { batch.append(value) }
        }
        return batch
    }

    /// Seconds that `body` takes.
    static func seconds(_ body: () -> Void) -> Double {
        let start = SystemClock.monotonic()
        body()
        return Double(SystemClock.monotonic().since(start)) / 1e9
    }
}

/// Why MariaDB tests may be skipped.
let isInstalled: ConditionTrait = .enabled(
    if: MariaDBFixture.isInstalled, "mariadbd is not installed")
