import Basics
import Storage
import Testing

@Suite("statements that insert")
struct InsertStatementTests {
    private func statement(_ rule: InsertRule, defaulting: Set<String> = []) -> InsertStatement {
        var statement = InsertStatement(
            into: "location", columns: ["ruid", "contact", "path"], key: ["ruid"], rule)
        statement.defaulting = defaulting
        return statement
    }

    private let maria = "INSERT INTO `location` (`ruid`, `contact`, `path`) VALUES (?, ?, ?)"
    private let sqlite =
        "INSERT INTO \"location\" (\"ruid\", \"contact\", \"path\") VALUES (?, ?, ?)"

    @Test("one that refuses says nothing of rows in the way")
    func refusing() {
        #expect(statement(.refusing).text(.mariaDB) == maria)
        #expect(statement(.refusing).text(.sqlite) == sqlite)
    }

    @Test("one that replaces its own row leaves another's alone")
    func sameKey() {
        let same = "`ruid` = VALUES(`ruid`)"
        #expect(
            statement(.replacingSameKey).text(.mariaDB)
                == maria + " ON DUPLICATE KEY UPDATE"
                + " `contact` = IF(\(same), VALUES(`contact`), `contact`),"
                + " `path` = IF(\(same), VALUES(`path`), `path`)")
        #expect(
            statement(.replacingSameKey).text(.sqlite)
                == sqlite + " ON CONFLICT (\"ruid\") DO UPDATE SET"
                + " \"contact\" = excluded.\"contact\", \"path\" = excluded.\"path\"")
    }

    @Test("one that replaces any row gives it the new key as well")
    func any() {
        #expect(
            statement(.replacingAny).text(.mariaDB)
                == maria + " ON DUPLICATE KEY UPDATE `ruid` = VALUES(`ruid`),"
                + " `contact` = VALUES(`contact`), `path` = VALUES(`path`)")
        #expect(
            statement(.replacingAny).text(.sqlite)
                == sqlite + " ON CONFLICT DO UPDATE SET \"ruid\" = excluded.\"ruid\","
                + " \"contact\" = excluded.\"contact\", \"path\" = excluded.\"path\"")
    }

    @Test("NULL stands for a column's default where that has a name")
    func defaults() {
        let defaulting = statement(.refusing, defaulting: ["path"])
        #expect(
            defaulting.text(.mariaDB)
                == "INSERT INTO `location` (`ruid`, `contact`, `path`)"
                + " VALUES (?, ?, COALESCE(?, DEFAULT(`path`)))")
        #expect(defaulting.text(.sqlite) == sqlite)
    }

    @Test("a table of nothing but its key is replaced by itself")
    func keyOnly() {
        let only = InsertStatement(into: "t", columns: ["a"], key: ["a"], .replacingSameKey)
        #expect(only.text(.mariaDB).hasSuffix("`a` = IF(`a` = VALUES(`a`), VALUES(`a`), `a`)"))
    }
}

@Suite("names of the location table's columns")
struct LocationColumnNamesTests {
    @Test("every column of the table has a name, and each once")
    func all() {
        let names = LocationColumnNames()
        let declared = KamailioTables.location(named: "location").columns.map(\.name)
        #expect(Set(names.all) == Set(declared))
        #expect(names.all.count == Set(names.all).count)
    }

    @Test("other names make another table, with the same types and indexes")
    func renamed() {
        var names = LocationColumnNames()
        names.user = "subscriber"
        names.connectionID = "flow"
        let table = KamailioTables.location(named: "location", names)
        let usual = KamailioTables.location(named: "location")
        #expect(table.columns.map(\.type) == usual.columns.map(\.type))
        #expect(table.columns.contains { $0.name == "subscriber" })
        #expect(!table.columns.contains { $0.name == "username" })
        #expect(table.indexes.map(\.name) == usual.indexes.map(\.name))
        #expect(table.indexes.contains { $0.columns == ["flow"] })
    }

    @Test("seconds take the place of times, and of nothing else")
    func seconds() {
        let table = KamailioTables.location(named: "location", countsSeconds: true)
        let changed = table.columns.filter { $0.type == .seconds }.map(\.name)
        #expect(changed == ["expires", "last_modified"])
        let attributes = KamailioTables.locationAttrs(named: "location", countsSeconds: true)
        #expect(attributes.columns.filter { $0.type == .seconds }.map(\.name) == ["last_modified"])
        #expect(table.createStatements(.mariaDB)[0].contains("`expires` BIGINT DEFAULT 0 NOT NULL"))
    }

    @Test(
        "a name is letters, digits and _, 1 to 64 of them",
        arguments: [
            ("username", true), ("a", true), ("_9", true), ("", false), ("a b", false),
            ("a`b", false), ("a;b", false), ("ä", false), ("a-b", false), ("a.b", false),
            (String(repeating: "x", count: 64), true), (String(repeating: "x", count: 65), false),
        ])
    func isName(text: String, expected: Bool) {
        #expect(LocationColumnNames.isName(text) == expected)
    }

    @Test("a cell of a batch is the value that was put in")
    func values() {
        var rows = RowBatch(columns: 6, rows: 1)
        let values: [DatabaseValue] = [
            .null, .integer(-7), .double(0.5), .text("ä"), .bytes([0, 255]),
            .time(.init(seconds: 9)),
        ]
        for value in values { rows.append(value) }
        #expect(values.indices.map { rows.value(row: 0, column: $0) } == values)
    }
}

@Suite("renaming columns of the location table")
struct ColumnRenamingTests {
    @Test("a column is called otherwise by its usual name, and every other stays")
    func rename() {
        let usual = LocationColumnNames()
        for column in usual.all where column != "id" && column != "last_modified" {
            var names = LocationColumnNames()
            let isRenamed = names.rename(column, to: "other")
            #expect(isRenamed)
            #expect(names.all.filter { $0 == "other" }.count == 1)
            #expect(!names.all.contains(column))
        }
    }

    @Test(
        "what is no column, and what is no name, changes nothing",
        arguments: [("id", "x"), ("last_modified", "x"), ("", "x"), ("username", ""), ("q", "a;b")])
    func refused(column: String, name: String) {
        var names = LocationColumnNames()
        let isRenamed = names.rename(column, to: name)
        #expect(!isRenamed)
        #expect(names == LocationColumnNames())
    }
}
