import Foundation
import Storage
import Testing

/// The facts of `tables.tsv`, which lists what Kamailio 5.6's scripts create in MariaDB.
private struct Facts {
    var columns: [String: [[String]]] = [:]
    var indexes: [String: Set<[String]>] = [:]
    var versions: [String: Int] = [:]

    init() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("tables.tsv")
        var part = 0
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            if line.hasPrefix("# index") { part = 1 }
            if line.hasPrefix("# table version") { part = 2 }
            guard !line.hasPrefix("#") else { continue }
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
                .map(String.init)
            switch part {
            case 0: columns[cells[0], default: []].append(Array(cells[1...]))
            case 1: indexes[cells[0], default: []].insert(Array(cells[1...]))
            default: versions[cells[0]] = Int(cells[1])
            }
        }
    }
}

@Suite("Kamailio's tables")
struct KamailioTablesTests {
    /// What MariaDB calls a type.
    private func type(_ type: TableDeclaration.ColumnType) -> String {
        switch type {
        case .identity, .unsigned: "int(10) unsigned"
        case .varchar(let length): "varchar(\(length))"
        case .integer: "int(11)"
        case .decimal: "float(10,2)"
        case .datetime: "datetime"
        case .seconds: "bigint(20)"
        case .text: "text"
        case .blob: "blob"
        case .mediumBlob: "mediumblob"
        }
    }

    /// What MariaDB shows as a default: `-` where there is none and NULL is not allowed.
    private func initial(_ column: TableDeclaration.Column) -> String {
        guard let initial = column.initial else { return column.isNullable ? "NULL" : "-" }
        return initial == "1.0" ? "1.00" : initial
    }

    @Test("every table of the facts is declared, and no other")
    func names() throws {
        let facts = try Facts()
        #expect(Set(KamailioTables.all.map(\.name)) == Set(facts.columns.keys))
        #expect(Set(KamailioTables.all.map(\.name)) == Set(facts.versions.keys))
        #expect(KamailioTables.all.first?.name == "version")
    }

    @Test("every column has its name, type, default and place", arguments: KamailioTables.all)
    func columns(_ table: TableDeclaration) throws {
        let facts = try #require(try Facts().columns[table.name])
        let declared = table.columns.map { column in
            [
                column.name, type(column.type), column.isNullable ? "YES" : "NO", initial(column),
            ]
        }
        #expect(declared == facts.map { Array($0[0..<4]) })
        #expect(table.columns[0].type == .identity)
        #expect(table.writableColumns == facts.dropFirst().map { $0[0] })
    }

    @Test("every index has its name, columns and uniqueness", arguments: KamailioTables.all)
    func indexes(_ table: TableDeclaration) throws {
        let facts = try #require(try Facts().indexes[table.name])
        var declared: Set = [["PRIMARY", "1", "id"]]
        for index in table.indexes {
            declared.insert(
                [index.name, index.isUnique ? "1" : "0", index.columns.joined(separator: ",")])
        }
        #expect(declared == facts)
    }

    @Test("every table has its version", arguments: KamailioTables.all)
    func version(_ table: TableDeclaration) throws {
        #expect(try Facts().versions[table.name] == table.version)
    }

    @Test("a location table goes by the name of its domain, and so do its attributes")
    func naming() {
        #expect(KamailioTables.location(named: "office").name == "office")
        #expect(KamailioTables.locationAttrs(named: "office").name == "office_attrs")
        let names = KamailioTables.registrar(locations: ["a", "b"]).map(\.name)
        #expect(
            names == ["version", "a", "a_attrs", "b", "b_attrs", "aliases", "subscriber"])
    }

    @Test("SQLite's indexes carry the table's name, MariaDB's do not")
    func indexNames() {
        let version = KamailioTables.version
        #expect(
            version.createStatements(.mariaDB) == [
                """
                CREATE TABLE `version` (
                    `id` INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
                    `table_name` VARCHAR(32) NOT NULL,
                    `table_version` INT UNSIGNED DEFAULT 0 NOT NULL,
                    CONSTRAINT `table_name_idx` UNIQUE (`table_name`)
                )
                """
            ])
        #expect(
            version.createStatements(.sqlite) == [
                """
                CREATE TABLE "version" (
                    "id" INTEGER PRIMARY KEY NOT NULL,
                    "table_name" VARCHAR(32) NOT NULL,
                    "table_version" INTEGER DEFAULT 0 NOT NULL,
                    CONSTRAINT "version_table_name_idx" UNIQUE ("table_name")
                )
                """
            ])
        let statements = KamailioTables.location(named: "location").createStatements(.sqlite)
        #expect(
            statements[1] == """
                CREATE INDEX "location_account_contact_idx" ON "location" \
                ("username", "domain", "contact")
                """)
    }

    @Test("a name is quoted whatever is in it")
    func quoting() {
        #expect(Dialect.mariaDB.quoted("a`; DROP") == "`a``; DROP`")
        #expect(Dialect.sqlite.quoted("a\"b") == "\"a\"\"b\"")
        #expect(Dialect.sqlite.quoted(list: ["a", "b"]) == "\"a\", \"b\"")
    }
}
