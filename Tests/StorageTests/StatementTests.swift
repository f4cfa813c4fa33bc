import Basics
import Storage
import Testing

/// The parts of a statement between its quotes: names that are quoted, and what stands between.
private func unquoted(_ text: String, _ dialect: Dialect) -> String {
    let mark: Character = dialect == .mariaDB ? "`" : "\""
    var rest = ""
    var isQuoted = false
    for character in text {
        if character == mark { isQuoted.toggle() } else if !isQuoted { rest.append(character) }
    }
    #expect(!isQuoted, "a quote is not closed: \(text)")
    return rest
}

@Suite("Statements whatever the names are")
struct HostileNameTests {
    private let names = [
        "plain", "two words", "a`b", "a\"b", "``", "\"\"", "x; DROP TABLE y", "ä", "select", "a'b",
        "-- x", "?",
    ]

    @Test("quotes within a name are doubled, and nothing of it stands outside of them")
    func quoting() {
        for dialect in Dialect.allCases {
            for name in names {
                let quoted = dialect.quoted(name)
                #expect(unquoted(quoted, dialect).isEmpty)
                let mark = dialect == .mariaDB ? "`" : "\""
                #expect(quoted.dropFirst().dropLast().replacing(mark + mark, with: mark) == name)
            }
        }
    }

    @Test("an insert has one place a column and no name outside of its quotes")
    func inserts() {
        for dialect in Dialect.allCases {
            for rule in InsertRule.allCases {
                for name in names {
                    let statement = InsertStatement(
                        into: name, columns: ["k" + name, name], key: ["k" + name], rule)
                    let bare = unquoted(statement.text(dialect), dialect)
                    #expect(bare.hasPrefix("INSERT INTO  (, ) VALUES (?, ?)"), "\(bare)")
                    #expect(bare.count { $0 == "?" } == 2)
                    #expect(!bare.contains("DROP") && !bare.contains("--"))
                }
            }
        }
    }

    @Test("an upsert and a delete name nothing outside of quotes")
    func bulk() {
        for dialect in Dialect.allCases {
            for name in names {
                let upsert = BulkStatement.upsert(
                    into: name, columns: [name, "x"], key: [name], dialect)
                #expect(unquoted(upsert, dialect).hasPrefix("INSERT INTO  (, ) VALUES (?, ?)"))
                let delete = BulkStatement.delete(
                    from: name, key: [name, "x"], guardColumn: name, dialect)
                #expect(
                    unquoted(delete, dialect)
                        == "DELETE FROM  WHERE  = ? AND  = ? AND COALESCE(, NULL) BETWEEN ? AND ?")
            }
        }
    }

    @Test("a table and its indexes are created under quoted names")
    func creating() {
        for dialect in Dialect.allCases {
            for name in names {
                let table = TableDeclaration(
                    name: name, version: 1,
                    columns: [
                        TableDeclaration.Column("id", .identity),
                        TableDeclaration.Column(name, .varchar(9), isNullable: true),
                    ],
                    indexes: [
                        TableDeclaration.Index(name, [name]),
                        TableDeclaration.Index("u", [name, "id"], isUnique: true),
                    ])
                let statements = table.createStatements(dialect)
                #expect(statements.count == 2)
                #expect(unquoted(statements[0], dialect).hasPrefix("CREATE TABLE  (\n"))
                #expect(unquoted(statements[1], dialect) == "CREATE INDEX  ON  ()")
            }
        }
    }
}

@Suite("Inserts of every rule in every dialect")
struct InsertShapeTests {
    private func text(
        _ columns: [String], key: [String], _ rule: InsertRule, _ dialect: Dialect,
        defaulting: Set<String> = []
    ) -> String {
        var statement = InsertStatement(into: "t", columns: columns, key: key, rule)
        statement.defaulting = defaulting
        return statement.text(dialect)
    }

    @Test("a key of two columns is compared in both")
    func twoKeys() {
        #expect(
            text(["a", "b", "c"], key: ["a", "b"], .replacingSameKey, .mariaDB)
                == "INSERT INTO `t` (`a`, `b`, `c`) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE"
                + " `c` = IF(`a` = VALUES(`a`) AND `b` = VALUES(`b`), VALUES(`c`), `c`)")
        #expect(
            text(["a", "b", "c"], key: ["a", "b"], .replacingSameKey, .sqlite)
                == "INSERT INTO \"t\" (\"a\", \"b\", \"c\") VALUES (?, ?, ?)"
                + " ON CONFLICT (\"a\", \"b\") DO UPDATE SET \"c\" = excluded.\"c\"")
    }

    @Test("nothing but a key leaves the row that is there as it is")
    func onlyKey() {
        #expect(
            text(["a"], key: ["a"], .replacingSameKey, .sqlite)
                .hasSuffix(" ON CONFLICT (\"a\") DO NOTHING"))
        #expect(
            text(["a"], key: ["a"], .replacingAny, .mariaDB)
                .hasSuffix(" ON DUPLICATE KEY UPDATE `a` = VALUES(`a`)"))
        #expect(
            text(["a"], key: ["a"], .replacingAny, .sqlite)
                .hasSuffix(" ON CONFLICT DO UPDATE SET \"a\" = excluded.\"a\""))
    }

    @Test("only one that refuses has no word on rows in the way")
    func words() {
        for dialect in Dialect.allCases {
            for rule in InsertRule.allCases {
                let statement = text(["a", "b"], key: ["a"], rule, dialect)
                let hasWord =
                    statement.contains("ON CONFLICT") || statement.contains("ON DUPLICATE KEY")
                #expect(hasWord == (rule != .refusing))
            }
        }
    }

    @Test("defaults are named where the dialect can, in every rule")
    func defaults() {
        for rule in InsertRule.allCases {
            let maria = text(["a", "b"], key: ["a"], rule, .mariaDB, defaulting: ["b", "none"])
            #expect(maria.contains("VALUES (?, COALESCE(?, DEFAULT(`b`)))"))
            #expect(!maria.contains("none"))
            let sqlite = text(["a", "b"], key: ["a"], rule, .sqlite, defaulting: ["b"])
            #expect(sqlite.contains("VALUES (?, ?)") && !sqlite.contains("DEFAULT"))
        }
    }

    @Test("a key that is no column, no key and no columns are defects of the caller")
    func defects() async {
        await #expect(processExitsWith: .failure) {
            _ = InsertStatement(into: "t", columns: ["a"], key: ["b"], .refusing)
        }
        await #expect(processExitsWith: .failure) {
            _ = InsertStatement(into: "t", columns: ["a"], key: [], .refusing)
        }
        await #expect(processExitsWith: .failure) {
            _ = BulkStatement.delete(from: "t", key: [], guardColumn: nil, .sqlite)
        }
    }

    @Test("two statements are equal when all of their parts are")
    func equality() {
        let one = InsertStatement(into: "t", columns: ["a"], key: ["a"], .refusing)
        var other = one
        #expect(one == other && Set([one, other]).count == 1)
        other.defaulting = ["a"]
        #expect(one != other)
        other = one
        other.rule = .replacingAny
        #expect(one != other)
    }
}

@Suite("Rows that fail, and those that lie in between")
struct GuardTests {
    @Test(
        "a permanent row falls to a guard of time 0 only",
        arguments: [(-1, true), (0, true), (1, false), (1_700_000_000, false)])
    func times(seconds: Int, reachesPermanent: Bool) {
        let end = BulkStatement.lowerEnd(of: .time(WallTime(seconds: seconds)))
        guard case .time(let lower) = end else {
            Issue.record("a time has a time as its lower end")
            return
        }
        #expect((lower.seconds <= 0) == reachesPermanent)
        #expect(lower.seconds <= max(seconds, 1))
    }

    @Test("numbers reach down to the least that a column holds, texts to nothing")
    func others() {
        for cell in [RowBatch.Cell.integer(5), .double(0.5), .integer(.min)] {
            guard case .integer(let lower) = BulkStatement.lowerEnd(of: cell) else {
                Issue.record("a number has a number as its lower end")
                return
            }
            #expect(lower == Int(Int32.min))
        }
        for cell in [RowBatch.Cell.null, .text(.empty), .blob(.empty)] {
            guard case .null = BulkStatement.lowerEnd(of: cell) else {
                Issue.record("what has no order has a lower end")
                return
            }
        }
    }

    @Test("without a guard a delete compares its key and nothing else", arguments: Dialect.allCases)
    func noGuard(dialect: Dialect) {
        let text = BulkStatement.delete(from: "t", key: ["a"], guardColumn: nil, dialect)
        #expect(!text.contains("BETWEEN") && text.count { $0 == "?" } == 1)
    }

    @Test(
        "an error shows the database's number where it gave one",
        arguments: [(0, "gone"), (1_205, "gone (error 1205)"), (-1, "gone (error -1)")])
    func errors(code: Int, expected: String) {
        #expect(StorageError(.conflict, "gone", code: code).description == expected)
    }

    @Test("a transaction is tried again for a conflict only, and never after the last attempt")
    func retries() {
        let kinds: [StorageError.Kind] = [.unavailable, .conflict, .refused, .configuration]
        for attempts in 1...4 {
            let policy = RetryPolicy(attemptsMax: attempts)
            for kind in kinds {
                var runs = 0
                #expect(throws: StorageError(kind, "x")) {
                    try policy.run { () throws(StorageError) -> Int in
                        runs += 1
                        throw StorageError(kind, "x")
                    }
                }
                #expect(runs == (kind == .conflict ? attempts : 1))
            }
        }
    }

    @Test("the pause is never shorter than the first and never longer than the last")
    func backoff() {
        var numbers: UInt64 = 1
        for (least, most) in [(1, 1), (1, 1_000), (250, 5_000), (7, 3_600_000)] {
            var backoff = ReconnectBackoff(minMilliseconds: least, maxMilliseconds: most)
            var pause: UInt64 = 0
            for failure in 1...60 {
                numbers = numbers &* 6_364_136_223_846_793_005 &+ 1
                let now = MonotonicTime(nanoseconds: numbers >> 8)
                backoff.fail(at: now)
                let next = backoff.remaining(at: now)
                #expect(next >= pause && next <= backoff.pauseMax && next >= backoff.pauseMin)
                #expect(!backoff.mayTry(at: now) && backoff.failures == failure)
                let then = MonotonicTime(nanoseconds: now.nanoseconds + next)
                #expect(backoff.mayTry(at: then) && backoff.remaining(at: then) == 0)
                pause = next
            }
            #expect(pause == backoff.pauseMax)
            backoff.succeed()
            #expect(backoff.failures == 0 && backoff.mayTry(at: MonotonicTime(nanoseconds: 0)))
        }
    }
}

@Suite("Random rows beside a naive table")
struct RowBatchPropertyTests {
    /// A value of any kind, from the state of a simple generator.
    private func value(_ state: inout UInt64) -> DatabaseValue {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let number = Int(state >> 33)
        switch number % 6 {
        case 0: return .null
        case 1: return .integer(number - 1 << 30)
        case 2: return .double(Double(number) / 8)
        case 3: return .text(String(repeating: "ä", count: number % 5))
        case 4: return .bytes((0..<number % 7).map { UInt8(truncatingIfNeeded: number >> $0) })
        default: return .time(WallTime(seconds: number))
        }
    }

    @Test("every cell comes back as the value that was put in, also after the batch was emptied")
    func roundTrip() {
        var state: UInt64 = 42
        for columns in 1...7 {
            var batch = RowBatch(columns: columns, rows: 2)
            for _ in 0..<3 {
                var naive: [[DatabaseValue]] = []
                for _ in 0..<40 {
                    naive.append((0..<columns).map { _ in value(&state) })
                    for cell in naive[naive.count - 1] { batch.append(cell) }
                }
                var found: [[DatabaseValue]] = []
                for row in 0..<batch.rows {
                    found.append((0..<columns).map { batch.value(row: row, column: $0) })
                }
                #expect(found == naive)
                batch.removeAll()
                let isEmpty = batch.isEmpty
                #expect(isEmpty)
            }
        }
    }

    @Test("text that is no UTF-8 is replaced where it is shown and kept where it is stored")
    func notText() {
        var batch = RowBatch(columns: 2)
        let bytes: [UInt8] = [0x61, 0xff, 0x62]
        batch.append(bytes.span)
        batch.append(blob: bytes.span)
        let shown = batch.value(row: 0, column: 0)
        let stored = batch.value(row: 0, column: 1)
        #expect(shown == .text("a\u{fffd}b"))
        #expect(stored == .bytes(bytes))
    }
}

@Suite("Location tables under other names")
struct RenamedTableTests {
    @Test("all columns may be called otherwise at once, and statements use the new names")
    func all() {
        var names = LocationColumnNames()
        let usual = names.all.filter { $0 != "id" && $0 != "last_modified" }
        var done: [Bool] = []
        for column in usual { done.append(names.rename(column, to: "x_\(column)")) }
        #expect(done.allSatisfy { $0 })
        let table = KamailioTables.location(named: "loc", names)
        let plain = KamailioTables.location(named: "loc")
        for (column, old) in zip(table.columns, plain.columns) {
            let isFixed = old.name == "id" || old.name == "last_modified"
            #expect(column.name == (isFixed ? old.name : "x_\(old.name)"))
            #expect(column.type == old.type && column.isNullable == old.isNullable)
            #expect(column.initial == old.initial)
        }
        for (index, old) in zip(table.indexes, plain.indexes) {
            #expect(index.columns == old.columns.map { "x_\($0)" })
        }
        let sql = table.createStatements(.mariaDB).joined()
        for column in usual { #expect(!sql.contains("`\(column)`"), "\(column)") }
    }

    @Test("a column keeps its usual name as the one it is renamed by, however often")
    func again() {
        var names = LocationColumnNames()
        let first = names.rename("username", to: "a")
        let second = names.rename("username", to: "b")
        let third = names.rename("a", to: "c")
        #expect(first && second && !third)
        #expect(names.user == "b")
    }

    @Test("two columns may trade their names")
    func trading() {
        var names = LocationColumnNames()
        let first = names.rename("username", to: "domain")
        let second = names.rename("domain", to: "username")
        #expect(first && second)
        #expect(names.user == "domain" && names.domain == "username")
        #expect(Set(names.all).count == names.all.count)
    }

    @Test("every table names its indexes apart, in SQLite over all tables")
    func indexNames() {
        for dialect in Dialect.allCases {
            var seen: Set<String> = []
            for table in KamailioTables.all {
                if dialect == .mariaDB { seen.removeAll() }
                for index in table.indexes {
                    let isNew = seen.insert(table.indexName(index, dialect)).inserted
                    #expect(isNew, "\(table.name).\(index.name)")
                }
            }
        }
    }

    @Test(
        "every table has an identity first, columns of different names and indexes on them",
        arguments: KamailioTables.all)
    func shapes(table: TableDeclaration) {
        let names = table.columns.map(\.name)
        #expect(table.columns[0].type == .identity && names[0] == "id")
        #expect(Set(names).count == names.count)
        #expect(table.columns.dropFirst().allSatisfy { $0.type != .identity })
        for index in table.indexes {
            #expect(index.columns.allSatisfy(names.contains) && !index.columns.isEmpty)
        }
        #expect(table.version > 0 && table.writableColumns.count == names.count - 1)
    }

    @Test("a type is one of the dialect's own, and NULL is forbidden unless it is allowed")
    func declarations() {
        for dialect in Dialect.allCases {
            for table in KamailioTables.all {
                let lines = table.createStatements(dialect)[0].split(separator: "\n")
                for (column, line) in zip(table.columns, lines.dropFirst()) {
                    #expect(line.contains(dialect.quoted(column.name)))
                    #expect(line.contains(column.type.declaration(dialect)))
                    #expect(line.contains("NOT NULL") == !column.isNullable, "\(line)")
                }
            }
        }
    }
}
