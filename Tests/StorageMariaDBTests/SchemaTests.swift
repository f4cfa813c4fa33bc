import Basics
import Foundation
import Storage
import StorageMariaDB
import TestSupport
import Testing

/// Where Debian's kamailio-mysql-modules puts the scripts that create the tables.
private let scriptFolder = "/usr/share/kamailio/mysql"
private let areScriptsThere = FileManager.default.fileExists(
    atPath: scriptFolder + "/standard-create.sql")

@Suite("Kamailio's tables in MariaDB", isInstalled)
struct SchemaTests {
    @Test("an empty database gets every table, and the next run finds them all")
    func empty() throws {
        let scene = try Scene()
        let migration = Migration(tables: KamailioTables.all)
        let dry = try migration.run(on: scene.connection, mode: .check)
        #expect(!dry.isSound)
        #expect(dry.entries[0].outcome == .mismatch(["the table is missing"]))
        #expect(try scene.database.sql("SHOW TABLES") == "")

        let first = try migration.run(on: scene.connection)
        #expect(first.entries.allSatisfy { $0.outcome == .created })
        #expect(first.entries.map(\.table) == KamailioTables.all.map(\.name))
        for mode in [Migration.Mode.create, .check] {
            let again = try migration.run(on: scene.connection, mode: mode)
            #expect(again.entries.allSatisfy { $0.outcome == .verified && $0.additions.isEmpty })
        }
        #expect(try Migration.version(of: "location", on: scene.connection) == 9)
        #expect(try Migration.version(of: "none", on: scene.connection) == nil)
    }

    @Test(
        "Kamailio's own scripts make the same tables, and are found to fit",
        .enabled(if: areScriptsThere, "kamailio-mysql-modules is not installed"))
    func scripts() throws {
        let scene = try Scene()
        for part in ["standard", "usrloc", "registrar", "auth_db", "presence", "rls"] {
            let file = "\(scriptFolder)/\(part)-create.sql"
            try scene.database.sql(String(contentsOfFile: file, encoding: .utf8))
        }
        let report = try Migration(tables: KamailioTables.all).run(
            on: scene.connection, mode: .check)
        #expect(report.isSound, "\(report)")
        let ours = try Scene(tables: KamailioTables.all)
        for table in KamailioTables.all {
            let sql = "SHOW CREATE TABLE \(table.name)"
            #expect(try scene.database.sql(sql) == ours.database.sql(sql))
        }
    }

    @Test("what is missing beside a table is added: indexes and version rows")
    func additions() throws {
        let scene = try Scene(tables: KamailioTables.all)
        try scene.connection.execute("DROP INDEX expires_idx ON location")
        try scene.connection.execute("DELETE FROM version WHERE table_name = 'location'")
        let wider = "ALTER TABLE location MODIFY user_agent VARCHAR(2048) NOT NULL"
        try scene.connection.execute(wider)
        try scene.connection.execute("ALTER TABLE location ADD note VARCHAR(9)")
        let migration = Migration(tables: [KamailioTables.location(named: "location")])
        #expect(try !migration.run(on: scene.connection, mode: .check).isSound)
        let report = try migration.run(on: scene.connection)
        #expect(report.isSound, "\(report)")
        #expect(report.entries[1].additions == ["index on expires", "version row"])
        #expect(report.description.contains("location: verified (added: index on expires"))
        #expect(try migration.run(on: scene.connection).entries[1].additions.isEmpty)
    }

    @Test("a table that differs is described and not touched")
    func mismatch() throws {
        let scene = try Scene(tables: KamailioTables.all)
        for change in [
            "DROP COLUMN `partition`", "MODIFY expires TIMESTAMP NOT NULL",
            "MODIFY username VARCHAR(30) NOT NULL", "MODIFY domain VARCHAR(64) NOT NULL",
            "MODIFY callid VARCHAR(255) NULL", "ADD tenant INT NOT NULL", "DROP INDEX ruid_idx",
        ] {
            try scene.connection.execute("ALTER TABLE location \(change)")
        }
        let report = try Migration(tables: KamailioTables.all).run(on: scene.connection)
        #expect(!report.isSound)
        let entry = try #require(report.entries.first { $0.table == "location" })
        guard case .mismatch(let differences) = entry.outcome else {
            Issue.record("no mismatch")
            return
        }
        #expect(
            differences == [
                "column 'username' is varchar(30) instead of varchar(64)",
                "column 'domain' must not be NULL and may",
                "column 'expires' is timestamp instead of datetime",
                "column 'callid' may be NULL and must not",
                "column 'partition' is missing",
                "column 'tenant' is unknown, and is NOT NULL without a default",
            ])
        #expect(report.entries.filter { !$0.isSound }.count == 1)
    }

    @Test("a version that differs is refused with both numbers")
    func version() throws {
        let scene = try Scene(tables: KamailioTables.all)
        try scene.connection.execute(
            "UPDATE version SET table_version = 8 WHERE table_name = 'location'")
        let report = try Migration(tables: KamailioTables.all).run(on: scene.connection)
        #expect(!report.isSound)
        #expect(report.description.contains("says version 8 and this server needs 9"))
        #expect(try Migration.version(of: "location", on: scene.connection) == 8)
    }

    @Test("a unique index that the rows contradict is described")
    func duplicates() throws {
        let scene = try Scene(tables: KamailioTables.all)
        try scene.connection.execute("ALTER TABLE location DROP INDEX ruid_idx")
        try scene.connection.execute("INSERT INTO location (ruid) VALUES ('a'), ('a')")
        let report = try Migration(tables: KamailioTables.all).run(on: scene.connection)
        #expect(report.description.contains("the index on ruid cannot be created"))
    }

    /// The statements that a server runs again and again, and the index that must serve each.
    static let shapes: [(sql: String, index: String)] = [
        ("SELECT * FROM location WHERE ruid = 'x'", "ruid_idx"),
        ("SELECT * FROM location WHERE username = 'u' AND domain = 'd'", "account_contact_idx"),
        ("SELECT * FROM location WHERE username = 'u'", "account_contact_idx"),
        ("DELETE FROM location WHERE username = 'u' AND domain = 'd'", "account_contact_idx"),
        ("UPDATE location SET expires = NOW() WHERE ruid = 'x'", "ruid_idx"),
        (
            "DELETE FROM location WHERE expires < '2025-11-21 00:00:00' AND expires > '2000-01-01'",
            "expires_idx"
        ),
        ("DELETE FROM location WHERE connection_id = 5", "tcpcon_idx"),
        ("SELECT table_version FROM version WHERE table_name = 'x'", "table_name_idx"),
        ("SELECT ha1 FROM subscriber WHERE username = 'u' AND domain = 'd'", "account_idx"),
        ("DELETE FROM presentity WHERE expires < 1000", "presentity_expires"),
        (
            "SELECT body FROM presentity WHERE domain = 'd' AND username = 'u' AND event = 'e'",
            "account_idx"
        ),
        (
            "UPDATE active_watchers SET expires = 1 WHERE callid = 'c' AND to_tag = 't'"
                + " AND from_tag = 'f'", "active_watchers_idx"
        ),
        ("SELECT * FROM pua WHERE pres_id = 'x' AND etag = 'e'", "pua_idx"),
    ]

    @Test("every statement that runs per row or per timer is served by an index")
    func plans() throws {
        let scene = try Scene(tables: KamailioTables.all)
        try scene.connection.upsert(
            into: "location", columns: LocationRows.columns, key: ["ruid"],
            LocationRows.batch(0..<3_000))
        let delete = BulkStatement.delete(
            from: "location", key: ["ruid"], guardColumn: "expires", .mariaDB)
        var values: [DatabaseValue] = [.text("uloc-65f0aaaa-1-1")]
        values += [.time(WallTime(seconds: 1)), .time(LocationRows.start)]
        try check(scene, delete, values, "ruid_idx")
        for shape in Self.shapes { try check(scene, shape.sql, [], shape.index) }
    }

    private func check(
        _ scene: Scene, _ sql: String, _ values: [DatabaseValue], _ index: String
    ) throws {
        var plans: [String] = []
        try scene.connection.query("EXPLAIN \(sql)", values) { row in
            let plan = (0..<row.count).map { row.text($0) ?? "NULL" }.joined(separator: " ")
            plans.append(plan)
            return true
        }
        let isServed = plans.allSatisfy {
            // A row that is not there is found out while planning, by the same unique index.
            $0.contains(index) || $0.contains("no matching row") || $0.contains("Impossible WHERE")
        }
        #expect(isServed && !plans.isEmpty, "\(sql): \(plans)")
    }
}
