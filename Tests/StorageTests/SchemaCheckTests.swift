import Testing

@testable import Storage

@Suite("A declared table beside the one that is found")
struct SchemaCheckTests {
    /// A table of one column `c` beside `id`.
    private func table(
        _ type: TableDeclaration.ColumnType, isNullable: Bool = false,
        indexes: [TableDeclaration.Index] = []
    ) -> TableDeclaration {
        TableDeclaration(
            name: "t", version: 1,
            columns: [TableDeclaration.Column("c", type, isNullable: isNullable)],
            indexes: indexes)
    }

    /// What a database says about the same column.
    private func found(
        _ type: String, name: String = "c", isNullable: Bool = false, hasInitial: Bool = false
    ) -> FoundTable {
        FoundTable(columns: [
            FoundTable.Column(
                name: name, type: type, isNullable: isNullable, hasInitial: hasInitial)
        ])
    }

    @Test(
        "a column of MariaDB may be wider than declared, not narrower",
        arguments: [
            (.identity, "int(10) unsigned", true), (.identity, "int unsigned", true),
            (.identity, "bigint(20) unsigned", true), (.identity, "int(11)", false),
            (.unsigned, "int(10) unsigned", true), (.unsigned, "smallint unsigned", false),
            (.unsigned, "bigint(20)", false), (.integer, "int(11)", true), (.integer, "int", true),
            (.integer, "bigint(20)", true), (.integer, "int(10) unsigned", false),
            (.integer, "tinyint(4)", false), (.integer, "varchar(11)", false),
            (.varchar(64), "varchar(64)", true), (.varchar(64), "varchar(255)", true),
            (.varchar(64), "varchar(63)", false), (.varchar(64), "char(64)", false),
            (.varchar(64), "text", true), (.varchar(64), "mediumtext", true),
            (.varchar(64), "longtext", true), (.varchar(64), "tinytext", false),
            (.varchar(64), "varchar", false), (.varchar(64), "blob", false),
            (.decimal, "float(10,2)", true), (.decimal, "float", true), (.decimal, "double", true),
            (.decimal, "decimal(10,2)", false), (.datetime, "datetime", true),
            (.datetime, "datetime(6)", true), (.datetime, "bigint(20)", true),
            (.datetime, "timestamp", false), (.datetime, "int(11)", false), (.text, "text", true),
            (.text, "longtext", true), (.text, "varchar(255)", false), (.blob, "blob", true),
            (.blob, "mediumblob", true), (.blob, "longblob", true), (.blob, "tinyblob", false),
            (.blob, "text", false), (.mediumBlob, "mediumblob", true),
            (.mediumBlob, "longblob", true), (.mediumBlob, "blob", false),
        ] as [(TableDeclaration.ColumnType, String, Bool)])
    func mariaDB(_ type: TableDeclaration.ColumnType, _ word: String, _ fits: Bool) {
        let check = SchemaCheck(declared: table(type), dialect: .mariaDB)
        let differences = check.differences(to: found(word))
        let expected = type.declaration(.mariaDB).lowercased()
        #expect(differences == (fits ? [] : ["column 'c' is \(word) instead of \(expected)"]))
    }

    @Test(
        "a column of SQLite goes by the sound of its type",
        arguments: [
            (.identity, "integer", true), (.identity, "int", false), (.integer, "integer", true),
            (.integer, "bigint", true), (.integer, "real", false), (.unsigned, "int(10)", true),
            (.varchar(9), "varchar(3)", true), (.varchar(9), "text", true),
            (.varchar(9), "blob", false), (.decimal, "real", true), (.decimal, "float", true),
            (.decimal, "double precision", true), (.decimal, "numeric", false),
            (.datetime, "timestamp without time zone", true), (.datetime, "datetime", true),
            (.datetime, "text", false), (.text, "text", true), (.text, "clob", false),
            (.blob, "blob", true), (.blob, "", false), (.mediumBlob, "blob", true),
        ] as [(TableDeclaration.ColumnType, String, Bool)])
    func sqlite(_ type: TableDeclaration.ColumnType, _ word: String, _ fits: Bool) {
        let check = SchemaCheck(declared: table(type), dialect: .sqlite)
        #expect(check.differences(to: found(word)).isEmpty == fits)
    }

    @Test("whether a column may be NULL is compared both ways, but not of the primary key")
    func nullability() {
        let strict = SchemaCheck(declared: table(.integer), dialect: .mariaDB)
        #expect(
            strict.differences(to: found("int(11)", isNullable: true))
                == ["column 'c' may be NULL and must not"])
        let loose = SchemaCheck(declared: table(.integer, isNullable: true), dialect: .mariaDB)
        #expect(
            loose.differences(to: found("int(11)")) == ["column 'c' must not be NULL and may"])
        let identity = SchemaCheck(declared: table(.identity), dialect: .mariaDB)
        #expect(identity.differences(to: found("int unsigned", isNullable: true)).isEmpty)
    }

    @Test("every difference of a column is said, the type's first")
    func both() {
        let check = SchemaCheck(declared: table(.datetime), dialect: .mariaDB)
        #expect(
            check.differences(to: found("time", isNullable: true)) == [
                "column 'c' is time instead of datetime", "column 'c' may be NULL and must not",
            ])
    }

    @Test("names of columns do not differ by case alone", arguments: Dialect.allCases)
    func nameCase(_ dialect: Dialect) {
        let check = SchemaCheck(declared: table(.text), dialect: dialect)
        #expect(check.differences(to: found("text", name: "C")).isEmpty)
        #expect(
            check.differences(to: found("text", name: "d")) == [
                "column 'c' is missing",
                "column 'd' is unknown, and is NOT NULL without a default",
            ])
    }

    @Test("a column that nobody declared matters only where a row must name it")
    func strangers() {
        let check = SchemaCheck(
            declared: TableDeclaration(name: "t", version: 1, columns: [], indexes: []),
            dialect: .mariaDB)
        #expect(check.differences(to: found("int(11)", isNullable: true)).isEmpty)
        #expect(check.differences(to: found("int(11)", hasInitial: true)).isEmpty)
        #expect(check.differences(to: found("int(11)", isNullable: true, hasInitial: true)) == [])
        #expect(check.differences(to: found("int(11)")).count == 1)
    }

    /// The columns and uniqueness of the index that is declared and of the one that is found, and
    /// whether the second makes up for the first.
    static let indexes: [(declared: [String], Bool, found: [String], Bool, fits: Bool)] = [
        (["a"], false, ["a"], false, true), (["a"], false, ["a"], true, true),
        (["a"], false, ["A"], false, true), (["a"], false, ["a", "b"], false, true),
        (["a"], false, ["b", "a"], false, false), (["a", "b"], false, ["a"], false, false),
        (["a", "b"], false, ["a", "b"], false, true),
        (["a", "b"], false, ["b", "a"], true, false),
        (["a"], true, ["a"], true, true), (["a"], true, ["a"], false, false),
        (["a"], true, ["a", "b"], true, false), (["a", "b"], true, ["a"], true, false),
    ]

    @Test("an index is made up for by one that begins alike, a unique one by its equal only")
    func missingIndexes() {
        for row in Self.indexes {
            let index = TableDeclaration.Index("i", row.declared, isUnique: row.1)
            let check = SchemaCheck(declared: table(.text, indexes: [index]), dialect: .mariaDB)
            var other = found("text")
            other.indexes = [FoundTable.Index(isUnique: row.3, columns: row.found)]
            #expect(check.missingIndexes(in: other) == (row.fits ? [] : [index]), "\(row)")
            other.indexes.insert(FoundTable.Index(isUnique: true, columns: ["x"]), at: 0)
            #expect(check.missingIndexes(in: other).isEmpty == row.fits, "\(row)")
        }
    }

    @Test("a table without columns is no table")
    func existence() {
        #expect(!FoundTable().exists)
        #expect(found("text").exists)
    }
}

@Suite("What a migration reports")
struct MigrationReportTests {
    private func entry(
        _ outcome: MigrationReport.Outcome, additions: [String] = []
    ) -> MigrationReport.Entry {
        MigrationReport.Entry(table: "t", outcome: outcome, additions: additions)
    }

    @Test("a report is a line for each table and one for each difference")
    func lines() {
        var report = MigrationReport()
        #expect(report.description == "")
        #expect(report.isSound)
        report.entries = [
            entry(.created, additions: ["version row"]), entry(.verified),
            entry(.verified, additions: ["index on a, b", "version row"]),
        ]
        #expect(report.isSound)
        #expect(
            report.description == """
                t: created
                t: verified
                t: verified (added: index on a, b; version row)
                """)
        report.entries.append(entry(.mismatch(["one", "two"]), additions: ["index on a"]))
        #expect(!report.isSound)
        #expect(
            report.description.hasSuffix("t: does not fit (added: index on a)\n    one\n    two"))
    }

    @Test("differences make a mismatch, are kept in order, and none changes nothing")
    func notes() {
        var entry = entry(.created)
        entry.note([])
        #expect(entry.outcome == .created)
        entry.note(["a"])
        entry.note([])
        entry.note(["b", "c"])
        #expect(entry.outcome == .mismatch(["a", "b", "c"]))
        #expect(!MigrationReport(entry).isSound)
    }

    @Test("the table of versions is added in front where it is not named, and only there")
    func versionTable() {
        let location = KamailioTables.location(named: "location")
        #expect(Migration(tables: []).tables.map(\.name) == ["version"])
        #expect(Migration(tables: [location]).tables.map(\.name) == ["version", "location"])
        #expect(
            Migration(tables: [location, KamailioTables.version]).tables.map(\.name)
                == ["location", "version"])
    }
}
