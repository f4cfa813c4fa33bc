import Basics
import Storage
import StorageSQLite
import Testing

@Suite("Kamailio's tables in SQLite")
struct SchemaTests {
    @Test("an empty file gets every table, and the next run finds them all")
    func empty() throws {
        let scene = try Scene()
        let migration = Migration(tables: KamailioTables.all)
        #expect(try !migration.run(on: scene.connection, mode: .check).isSound)
        let first = try migration.run(on: scene.connection)
        #expect(first.entries.allSatisfy { $0.outcome == .created })
        for mode in [Migration.Mode.create, .check] {
            let again = try migration.run(on: scene.connection, mode: mode)
            #expect(again.entries.allSatisfy { $0.outcome == .verified && $0.additions.isEmpty })
        }
        #expect(try Migration.version(of: "location", on: scene.connection) == 9)
        try scene.connection.execute("INSERT INTO location (ruid) VALUES ('x')")
        let defaults = try scene.all(
            "SELECT id, username, domain, q, callid, cseq, \"partition\", expires FROM location")
        #expect(defaults == "1||NULL|1.0|Default-Call-ID|1|0|2030-05-28 21:32:15")
    }

    @Test("what is missing beside a table is added: indexes and version rows")
    func additions() throws {
        let scene = try Scene(tables: KamailioTables.all)
        try scene.connection.execute("DROP INDEX location_expires_idx")
        try scene.connection.execute("DELETE FROM version WHERE table_name = 'location'")
        try scene.connection.execute("ALTER TABLE location ADD note VARCHAR(9)")
        let migration = Migration(tables: [KamailioTables.location(named: "location")])
        #expect(try !migration.run(on: scene.connection, mode: .check).isSound)
        let report = try migration.run(on: scene.connection)
        #expect(report.isSound, "\(report)")
        #expect(report.entries[1].additions == ["index on expires", "version row"])
        #expect(try migration.run(on: scene.connection).entries[1].additions.isEmpty)
    }

    @Test("a table that differs is described and not touched")
    func mismatch() throws {
        let scene = try Scene()
        let sql =
            "CREATE TABLE version (id INTEGER PRIMARY KEY NOT NULL, "
            + "table_name BLOB NOT NULL, tenant INTEGER NOT NULL)"
        try scene.connection.execute(sql)
        let report = try Migration(tables: []).run(on: scene.connection)
        #expect(
            report.description == """
                version: does not fit
                    column 'table_name' is blob instead of varchar(32)
                    column 'table_version' is missing
                    column 'tenant' is unknown, and is NOT NULL without a default
                """)
        #expect(try scene.all("SELECT sql FROM sqlite_master") == sql)
    }

    @Test("a version that differs is refused with both numbers")
    func version() throws {
        let scene = try Scene(tables: KamailioTables.all)
        try scene.connection.execute(
            "UPDATE version SET table_version = 8 WHERE table_name = 'location'")
        let report = try Migration(tables: KamailioTables.all).run(on: scene.connection)
        #expect(!report.isSound)
        #expect(report.description.contains("says version 8 and this server needs 9"))
    }

    @Test("every statement that runs per row or per timer is served by an index")
    func plans() throws {
        let scene = try Scene(tables: KamailioTables.all)
        let delete = BulkStatement.delete(
            from: "location", key: ["ruid"], guardColumn: "expires", .sqlite)
        for (sql, values) in [
            (delete, [.text("x"), .double(0), .double(1)]),
            ("SELECT * FROM location WHERE username = 'u' AND domain = 'd'", []),
            ("SELECT * FROM location WHERE username = 'u'", []),
            ("UPDATE location SET expires = 0 WHERE ruid = 'x'", []),
            ("DELETE FROM location WHERE expires < 2460000 AND expires > 2440588", []),
            ("DELETE FROM location WHERE connection_id = 5", []),
            ("SELECT table_version FROM version WHERE table_name = 'x'", []),
            ("SELECT ha1 FROM subscriber WHERE username = 'u' AND domain = 'd'", []),
        ] as [(String, [DatabaseValue])] {
            let plan = try scene.all("EXPLAIN QUERY PLAN \(sql)", values)
            #expect(plan.contains("SEARCH") && plan.contains("INDEX"), "\(sql): \(plan)")
            #expect(!plan.contains("SCAN"), "\(sql): \(plan)")
        }
    }
}
