import Basics
import Testing

@testable import Storage

/// A database that knows tables as its dialect's catalogue shows them, and notes what it is told.
private final class PaperDatabase: DatabaseConnection {
    let dialect: Dialect
    var tables: [String: FoundTable] = [:]
    var versions: [String: Int] = [:]
    var statements: [String] = []
    /// Statements that begin like this are refused, with an error of this kind.
    var refusal: (prefix: String, kind: StorageError.Kind)?

    init(_ dialect: Dialect) { self.dialect = dialect }

    /// Enters a table as it was declared.
    func enter(_ table: TableDeclaration, withoutIndexes: Bool = false) {
        tables[table.name] = FoundTable(
            columns: table.columns.map { column in
                FoundTable.Column(
                    name: column.name, type: shown(column.type),
                    isNullable: column.isNullable,
                    hasInitial: column.initial != nil || column.type == .identity)
            },
            indexes: withoutIndexes
                ? []
                : table.indexes.map {
                    FoundTable.Index(isUnique: $0.isUnique, columns: $0.columns)
                })
        versions[table.name] = table.version
    }

    /// A type as the catalogue shows it: of an identity that is less than its declaration.
    private func shown(_ type: TableDeclaration.ColumnType) -> String {
        guard type == .identity else { return type.declaration(dialect).lowercased() }
        return dialect == .mariaDB ? "int(10) unsigned" : "integer"
    }

    func execute(_ sql: String, _ values: [DatabaseValue]) throws(StorageError) -> Int {
        if let refusal, sql.hasPrefix(refusal.prefix) { throw StorageError(refusal.kind, "no") }
        statements.append(sql)
        if case .text(let table) = values.first, case .integer(let version) = values.last {
            versions[table] = version
        }
        return 1
    }

    func query(
        _ sql: String, _ values: [DatabaseValue], row: (borrowing DatabaseRow) -> Bool
    ) throws(StorageError) {
        guard case .text(let name) = values.first else { return }
        if sql.contains("table_version") {
            if let version = versions[name] { _ = show([.integer(version)], row) }
        } else if sql.contains("index") {
            for (place, index) in (tables[name]?.indexes ?? []).enumerated() {
                for column in index.columns {
                    let cells: [DatabaseValue] = [
                        .text("i\(place)"), .integer(index.isUnique ? 1 : 0), .text(column),
                    ]
                    guard show(cells, row) else { return }
                }
            }
        } else {
            for column in tables[name]?.columns ?? [] {
                let cells: [DatabaseValue] = [
                    .text(column.name), .text(column.type), .integer(column.isNullable ? 1 : 0),
                    .integer(column.hasInitial ? 1 : 0),
                ]
                guard show(cells, row) else { return }
            }
        }
    }

    /// Shows one row of texts and integers.
    private func show(
        _ values: [DatabaseValue], _ row: (borrowing DatabaseRow) -> Bool
    ) -> Bool {
        var bytes: [UInt8] = []
        var ranges: [Range<Int>?] = []
        for value in values {
            guard case .text(let text) = value else {
                ranges.append(nil)
                continue
            }
            ranges.append(bytes.count..<bytes.count + text.utf8.count)
            bytes += Array(text.utf8)
        }
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            var cells: [DatabaseCell] = []
            for (value, range) in zip(values, ranges) {
                if let range, let base = buffer.baseAddress {
                    unsafe cells.append(
                        .bytes(base.advanced(by: range.lowerBound), count: range.count))
                } else if case .integer(let number) = value {
                    cells.append(.integer(number))
                }
            }
            return row(DatabaseRow(cells.span, calendar: LocalCalendar { _ in 0 }))
        }
    }

    func upsert(
        into table: String, columns: [String], key: [String], _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow] { [] }
    func insert(
        _ statement: InsertStatement, _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow] { [] }
    func delete(
        from table: String, key: [String], guardColumn: String?, _ rows: borrowing RowBatch
    ) throws(StorageError) -> Int { 0 }
    func transaction(_ body: () throws(StorageError) -> Void) throws(StorageError) { try body() }
    func ping() -> Bool { true }
    func close() {}
}

@Suite("Migrations on paper")
struct MigrationTests {
    private let location = KamailioTables.location(named: "location")

    @Test(
        "what is missing is created once, the table of versions first", arguments: Dialect.allCases)
    func creates(dialect: Dialect) throws {
        let database = PaperDatabase(dialect)
        let report = try Migration(tables: [location]).run(on: database)
        #expect(report.entries.map(\.table) == ["version", "location"])
        #expect(report.entries.allSatisfy { $0.outcome == .created })
        let created = database.statements.filter { $0.hasPrefix("CREATE TABLE") }
        #expect(created.count == 2 && created[0].contains(dialect.quoted("version")))
        #expect(database.versions["location"] == 9)
        let expected = location.createStatements(dialect)
        #expect(expected.allSatisfy(database.statements.contains))
    }

    @Test("what fits is left alone, every table in every dialect", arguments: Dialect.allCases)
    func verifies(dialect: Dialect) throws {
        let database = PaperDatabase(dialect)
        for table in KamailioTables.all { database.enter(table) }
        let report = try Migration(tables: KamailioTables.all).run(on: database)
        #expect(report.isSound && report.entries.count == KamailioTables.all.count)
        #expect(report.entries.allSatisfy { $0.outcome == .verified && $0.additions.isEmpty })
        #expect(database.statements.isEmpty)
    }

    @Test("who only looks writes nothing and names what is missing", arguments: Dialect.allCases)
    func checks(dialect: Dialect) throws {
        let database = PaperDatabase(dialect)
        database.enter(KamailioTables.version)
        let report = try Migration(tables: [location]).run(on: database, mode: .check)
        #expect(report.entries[1].outcome == .mismatch(["the table is missing"]))
        database.enter(location, withoutIndexes: true)
        database.versions["location"] = nil
        let second = try Migration(tables: [location]).run(on: database, mode: .check)
        guard case .mismatch(let differences) = second.entries[1].outcome else {
            Issue.record("a table without its indexes fits")
            return
        }
        #expect(differences.count == location.indexes.count + 1)
        #expect(differences.last == "table 'version' has no row for it")
        #expect(database.statements.isEmpty)
    }

    @Test("missing indexes and version rows are added to a table that fits")
    func adds() throws {
        let database = PaperDatabase(.mariaDB)
        database.enter(KamailioTables.version)
        database.enter(location, withoutIndexes: true)
        database.versions["location"] = nil
        let report = try Migration(tables: [location]).run(on: database)
        #expect(report.isSound)
        #expect(report.entries[1].additions.count == location.indexes.count + 1)
        #expect(report.entries[1].additions.last == "version row")
        #expect(database.versions["location"] == location.version)
    }

    @Test("another version is told, and never written over", arguments: [1, 8, 10])
    func versions(found: Int) throws {
        let database = PaperDatabase(.sqlite)
        for table in [KamailioTables.version, location] { database.enter(table) }
        database.versions["location"] = found
        let report = try Migration(tables: [location]).run(on: database)
        #expect(
            report.entries[1].outcome
                == .mismatch([
                    "table 'version' says version \(found) and this server needs 9"
                ]))
        #expect(database.versions["location"] == found && database.statements.isEmpty)
    }

    @Test("a table that differs is not touched, not even its indexes")
    func mismatch() throws {
        let database = PaperDatabase(.mariaDB)
        database.enter(KamailioTables.version)
        database.enter(location, withoutIndexes: true)
        database.tables["location"]?.columns.removeAll { $0.name == "ruid" }
        let report = try Migration(tables: [location]).run(on: database)
        #expect(report.entries[1].outcome == .mismatch(["column 'ruid' is missing"]))
        #expect(database.statements.isEmpty)
    }

    @Test("an index that the database refuses is told; a database that is gone ends it all")
    func refusals() throws {
        let database = PaperDatabase(.mariaDB)
        database.enter(KamailioTables.version)
        database.enter(location, withoutIndexes: true)
        database.refusal = ("CREATE UNIQUE INDEX", .refused)
        let report = try Migration(tables: [location]).run(on: database)
        #expect(
            report.entries[1].outcome
                == .mismatch(["the index on ruid cannot be created: no"]))
        database.refusal = ("CREATE INDEX", .unavailable)
        #expect(throws: StorageError(.unavailable, "no")) {
            _ = try Migration(tables: [location]).run(on: database)
        }
    }

    @Test("the version of a table is a number or nothing")
    func version() throws {
        let database = PaperDatabase(.sqlite)
        database.versions["a"] = 7
        #expect(try Migration.version(of: "a", on: database) == 7)
        #expect(try Migration.version(of: "b", on: database) == nil)
    }
}
