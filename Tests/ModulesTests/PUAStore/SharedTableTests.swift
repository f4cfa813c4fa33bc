import Basics
import Dispatch
import Publications
import Storage
import Synchronization
import TestSupport
import Testing

@testable import PUA

/// Several servers on one table, and what the table holds.
@Suite("pua: one table, several servers")
struct SharedTableTests {
    /// The databases, with and without locks on the rows that are read.
    private static let claims = StoreKind.shared.flatMap { kind in
        [(kind, true), (kind, false)]
    }

    @Test("what is due is given to one server only", arguments: claims)
    func disjoint(kind: StoreKind, locksRows: Bool) throws {
        let first = try StoreStage(kind, locksRows: locksRows)
        let second = try StoreStage(kind, on: first.database, locksRows: locksRows)
        first.store.apply(
            (0..<600).map { .save(Samples.publication($0, expires: 10), replacing: nil) })
        _ = first.find(Samples.key(Samples.publication(0)))
        let taken = Guarded<[String]>([])
        let rounds = Guarded(0)
        DispatchQueue.concurrentPerform(iterations: 2) { server in
            let stage = server == 0 ? first : second
            // Each asks until it gets nothing twice in a row.
            var empty = 0
            while empty < 3 {
                let due = stage.due(before: 100, now: 50, claim: 60, limit: 70)
                empty = due.isEmpty ? empty + 1 : 0
                taken.withLock { $0 += due.map { String(copying: $0[span: .etag]) } }
                rounds.withLock { $0 += 1 }
            }
        }
        let tags = taken.withLock { $0 }
        #expect(tags.count == 600)
        #expect(Set(tags).count == 600)
    }

    @Test(
        "a server that dies with what it claimed hides it for no longer than the claim",
        arguments: claims)
    func dies(kind: StoreKind, locksRows: Bool) throws {
        let first = try StoreStage(kind, locksRows: locksRows)
        first.save(Samples.publication(1, expires: 90))
        let second = try StoreStage(kind, on: first.database, locksRows: locksRows)
        #expect(first.due(before: 150, now: 50, claim: 30).map(\.expires.seconds) == [90])
        // The other looks ahead as far, and finds nothing for thirty seconds.
        #expect(second.due(before: 180, now: 80, claim: 30).isEmpty)
        let due = second.due(before: 181, now: 81, claim: 30)
        #expect(due.map { String(copying: $0[span: .etag]) } == ["tag1"])
        #expect(due.first?.desiredExpires.seconds == 3_000)
    }

    @Test(
        "a change of another server is seen, and not written over unseen",
        arguments: StoreKind.shared)
    func overtaken(kind: StoreKind) throws {
        let first = try StoreStage(kind)
        let second = try StoreStage(kind, on: first.database)
        let old = Samples.publication(1)
        first.save(old)
        _ = first.find(Samples.key(old))
        let read = try #require(second.record(Samples.key(old)))
        #expect(read == old)
        var mine = read
        mine[.etag] = Array("mine".utf8)
        var yours = try #require(first.record(Samples.key(old)))
        yours[.etag] = Array("yours".utf8)
        first.save(yours, replacing: old)
        #expect(second.record(Samples.key(old)) == nil || true)
        first.store.flush()
        second.save(mine, replacing: read)
        second.store.flush()
        // Both documents exist at the presence server, so both records do.
        #expect(second.store.status.counts.overtaken == 1)
        #expect(first.record(Samples.key(old, etag: "yours")) == yours)
        #expect(first.record(Samples.key(old, etag: "mine")) == mine)
    }

    @Test("servers that change the same rows at once get through", arguments: StoreKind.shared)
    func contention(kind: StoreKind) throws {
        let first = try StoreStage(kind)
        let second = try StoreStage(kind, on: first.database)
        DispatchQueue.concurrentPerform(iterations: 2) { server in
            let stage = server == 0 ? first : second
            for round in 0..<40 {
                let numbers = (0..<40).map { server == 0 ? $0 : 39 - $0 }
                stage.store.apply(
                    numbers.map { number in
                        round % 7 == 6
                            ? .remove(Samples.publication(number).identity)
                            : .save(
                                Samples.publication(number, expires: 1_000 + round),
                                replacing: Samples.publication(number).identity)
                    })
                _ = stage.find(Samples.key(Samples.publication(round)))
            }
            stage.store.flush()
        }
        #expect(first.store.status.counts.refused == 0)
        #expect(first.store.status.waitingChanges == 0)
        #expect(second.store.status.waitingChanges == 0)
        let last = Samples.publication(3, expires: 9_000)
        first.save(last)
        #expect(first.record(Samples.key(last)) == last)
    }

    @Test(
        "a transaction that lost a race for its locks is carried out again",
        arguments: StoreKind.stored)
    func deadlock(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        stage.save(Samples.publication(1))
        stage.database?.change { $0.deadlocks = 3 }
        stage.save(Samples.publication(2))
        stage.store.flush()
        #expect(stage.store.status.waitingChanges == 0)
        #expect(try stage.database?.count("pua") == 2)
        #expect(stage.database?.change { $0.deadlocks } == 0)
    }

    // MARK: Rows

    private static let columns = PUATable.columns.joined(separator: ", ")

    @Test("rows are as Kamailio writes them", arguments: StoreKind.stored)
    func written(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        stage.save(Samples.publication(7))
        stage.save(Samples.subscription(8, id: "id8"))
        stage.store.flush()
        let database = try #require(stage.database)
        #expect(
            try database.rows("SELECT \(Self.columns) FROM pua ORDER BY flag") == [
                "sip:user7@example.com|REGINFO_PUBLISH.user7@location|64|1000|3000|4096|tag7|||||"
                    + "|0||||0|",
                "sip:user8@example.com|id8|64|1000|3000|8192|||sip:reginfo@192.0.2.1"
                    + "|call8@192.0.2.1|there|from8|10|<sip:192.0.2.5;lr>|sip:reginfo@192.0.2.1"
                    + "|sip:192.0.2.9|0|X-Test: 8\r\n",
            ])
    }

    /// Adds rows as Kamailio 5.6.3 has them.
    private func insert(_ rows: [String], _ database: FaultyDatabase) throws {
        for row in rows { try database.run("INSERT INTO pua (\(Self.columns)) VALUES (\(row))") }
    }

    @Test("rows that Kamailio 5.6.3 wrote are understood", arguments: StoreKind.stored)
    func kamailio(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        let database = try #require(stage.database)
        stage.store.stop()
        try insert(
            [
                "'sip:alice@example.com', 'REGINFO_PUBLISH.alice@location', 64, 1795284967,"
                    + " 1795284967, 4096, 'a.1795281363.5370.1.0', '', '', '', '', '', 0, '', '',"
                    + " '', 3, ''",
                "'sip:bob@example.com', '', 64, 1795282577, 1795282567, 8192, '', '',"
                    + " 'sip:reginfo@127.0.0.1:25060', '416afc1f-5370@127.0.0.1', '5497.ccd41c9f',"
                    + " '128d-63de84b5', 10, '', 'sip:reginfo@127.0.0.1:25060',"
                    + " 'sip:127.0.0.1:25060', 0, ''",
                "'sip:carol@example.com', '', 1, 1795284967, 0, 128, 'a.1', NULL, '', '', '', '',"
                    + " 0, NULL, '', '', 0, 'X-A: 1'",
            ], database)
        try stage.start()
        let alice = try #require(
            stage.record(
                .publication(
                    presentity: Array("sip:alice@example.com".utf8),
                    id: Array("REGINFO_PUBLISH.alice@location".utf8), event: .registration,
                    source: .registrationPublish, etag: [])))
        #expect(alice.has(.etag, Array("a.1795281363.5370.1.0".utf8)))
        #expect(alice.version == 3)
        #expect(alice.expires.seconds == 1_795_284_967)
        let bob = try #require(
            stage.record(
                .dialog(
                    callID: Array("416afc1f-5370@127.0.0.1".utf8),
                    localTag: Array("128d-63de84b5".utf8),
                    remoteTag: Array("5497.ccd41c9f".utf8))))
        #expect(bob.cseq == 10)
        #expect(bob.has(.remoteContact, Array("sip:127.0.0.1:25060".utf8)))
        let carol = try #require(
            stage.record(
                .publication(
                    presentity: Array("sip:carol@example.com".utf8), id: [], event: .presence,
                    source: .rpcPublish, etag: [])))
        #expect(carol.desiredExpires.seconds == 0)
        #expect(carol.has(.extraHeaders, Array("X-A: 1".utf8)))
    }

    @Test(
        "broken rows and those of others are named once and left alone",
        arguments: StoreKind.stored)
    func broken(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        let database = try #require(stage.database)
        stage.store.stop()
        let tail = "'', '', '', '', '', 0, '', '', '', 0, ''"
        try insert(
            [
                "'sip:a@x', 'i', 0, 5, 5, 4096, 'e1', \(tail)",
                "'sip:a@x', 'i', 64, 5, 5, -1, 'e2', \(tail)",
                "'', 'i', 64, 5, 5, 4096, 'e3', \(tail)",
                "'sip:a@x', 'i', 64, -5, 5, 4096, 'e4', \(tail)",
                "'sip:a@x', 'i', 64, 5, 5, 4096, '', \(tail)",
                "'sip:a@x', 'i', 64, 5, 5, 4096, '', '', 'sip:w@x', '', '', 'f', 1, '', '', '', 0,"
                    + " ''",
                // An event package that no module here has declared.
                "'sip:a@x', 'i', 128, 5, 5, 4096, 'e7', \(tail)",
            ], database)
        try stage.start()
        stage.save(Samples.publication(1, expires: 6))
        #expect(stage.due(before: 100, limit: 1).count <= 1)
        let again = stage.due(before: 100, limit: 1).count + stage.due(before: 200, limit: 9).count
        #expect(again >= 1)
        try stage.restart()
        #expect(try database.count("pua") == 8)
        let named = stage.lines.all.filter { $0.contains("a row is left alone") }
        // Once each for each start of the server that has met it.
        #expect(Set(named).count == 7)
        #expect(stage.store.status.brokenRows <= 7)
    }

    @Test(
        "a record that fits no row is named and does not hold up the others",
        arguments: StoreKind.stored)
    func misfit(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        stage.store.apply([
            .save(Samples.publication(1), replacing: nil),
            .save(
                Samples.publication(2, etag: String(repeating: "x", count: 129)), replacing: nil),
            .save(Samples.publication(3, expires: 1 << 40), replacing: nil),
            .save(Samples.publication(4), replacing: nil),
        ])
        stage.store.flush()
        #expect(try stage.database?.count("pua") == 2)
        #expect(stage.store.status.counts.refused == 2)
        #expect(stage.store.status.waitingChanges == 0)
        #expect(stage.lines.all.contains { $0.contains("etag is longer than 128 bytes") })
    }

    // MARK: Statements

    @Test("a thousand changes are a few statements", arguments: StoreKind.shared)
    func statements(kind: StoreKind) throws {
        let stage = try StoreStage(kind)
        let database = try #require(stage.database)
        func spent(_ body: () -> Void) -> Int {
            let before = database.log.count
            body()
            stage.store.flush()
            return database.log.count - before
        }
        let records = (0..<1_000).map { Samples.publication($0) }
        // A transaction, two empty removals, eight look-ups and an insert.
        #expect(spent { stage.store.apply(records.map { .save($0, replacing: nil) }) } <= 24)
        var found: [PUARecord] = []
        let asked = spent {
            found = stage.find(records.map { Samples.key($0) }).compactMap { finding in
                if case .found(let record) = finding { record } else { nil }
            }
        }
        #expect(found.count == 1_000)
        #expect(asked <= 9)
        let changed = found.map { record -> PUAChange in
            var next = record
            next.version = 1
            next[.etag] += Array("-2".utf8)
            return .save(next, replacing: record.identity)
        }
        #expect(spent { stage.store.apply(changed) } <= 5)
        #expect(try database.count("pua", "version = 1") == 1_000)
        #expect(spent { _ = stage.due(before: 2_000, limit: 512) } <= 14)
    }

    @Test("every statement is served by an index", .enabled(if: MariaDBFixture.isInstalled))
    func plans() throws {
        let stage = try StoreStage(StoreKind(mode: .databaseOnly, database: .mariaDB))
        let database = try #require(stage.database)
        stage.store.apply(
            (0..<3_000).flatMap { number in
                [
                    .save(Samples.publication(number, expires: 1_000 + number), replacing: nil),
                    .save(Samples.subscription(number, expires: 1_000 + number), replacing: nil),
                ]
            })
        stage.store.flush()
        try database.run("ANALYZE TABLE pua")
        let statements = TableStatements(table: "pua", dialect: .mariaDB)
        var plans: [(String, [DatabaseValue])] = []
        for lookup in TableStatements.Lookup.allCases {
            for keys in TableStatements.sizes {
                var values: [DatabaseValue] = []
                for key in 0..<keys {
                    let record =
                        lookup == .dialog
                        ? Samples.subscription(key)
                        : Samples.publication(key)
                    let pair: (PUAField, PUAField) =
                        switch lookup {
                        case .publication: (.id, .presentity)
                        case .tag: (.etag, .presentity)
                        case .dialog: (.callID, .fromTag)
                        }
                    values.append(.text(String(copying: record[span: pair.0])))
                    values.append(.text(String(copying: record[span: pair.1])))
                }
                plans.append((statements.find(lookup, keys: keys), values))
            }
        }
        // A subscription without an id: as many rows have none as there are subscriptions.
        plans.append(
            (statements.find(.publication, keys: 1), [.text(""), .text("sip:user5@example.com")]))
        plans.append((statements.page(rows: 500), [.integer(70)]))
        plans.append((statements.due(rows: 500), [.integer(1_100)]))
        let rows = (1...128).map { DatabaseValue.integer($0) }
        plans.append((statements.readDue(keys: 128, locks: true), rows + [.integer(1_100)]))
        plans.append((statements.claim(keys: 128), [.integer(1)] + rows))
        plans.append((statements.claimOne, [.integer(1), .integer(2), .integer(3), .text("t")]))
        for (key, values) in [
            (TableStatements.publicationKey, ["i", "p", "e", "1", "2"]),
            (TableStatements.subscriptionKey, ["c", "f"]),
        ] {
            plans.append(
                (
                    BulkStatement.delete(from: "pua", key: key, guardColumn: nil, .mariaDB),
                    values.map { .text($0) }
                ))
        }
        let key = TableStatements.rowKey
        plans.append(
            (
                BulkStatement.update("pua", columns: ["version"], key: key, .mariaDB),
                [.integer(1), .integer(1), .text("e"), .text(""), .text("")]
            ))
        for (sql, values) in plans {
            let plan = try database.plan(sql, values)
            let isServed = [
                "dialog1_idx", "dialog2_idx", "record_idx", "pua_idx", "expires_idx",
                "PRIMARY",
            ].contains { plan.contains(" \($0) ") }
            #expect(isServed, "\(sql.prefix(80)): \(plan)")
            #expect(!plan.contains(" ALL "), "\(sql.prefix(80)): \(plan)")
        }
    }
}
