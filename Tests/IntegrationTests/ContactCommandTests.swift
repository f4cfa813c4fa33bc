import JSONValue
import TestSupport
import Testing

/// `ul.*` against tables that are kept in a database.
@Suite("commands about contacts", .onThreads)
struct ContactCommandTests {
    @Test(
        "ul.add, ul.rm_contact and ul.rm reach the database in every mode that writes",
        arguments: TestDatabase.Kind.installed, [1, 2, 3])
    func change(kind: TestDatabase.Kind, mode: Int) throws {
        let database = try TestDatabase(kind)
        let server = try ServerProcess(databaseMode: mode, database.url)
        func add(_ user: String, _ contact: String, _ expires: JSONValue) throws {
            try server.rpc.call(
                "ul.add", "location", .string(user), .string(contact), expires, 0.25, "", 0, 3, -1)
        }
        try add("alice", "sip:a@192.0.2.1", 600)
        try add("alice", "sip:b@192.0.2.1", 0)
        try add("bob", "sip:c@192.0.2.1", 600)
        if mode == 2 { try server.rpc.call("ul.flush") }
        let rows = try database.rows()
        #expect(rows.map { $0["username"] } == ["alice", "alice", "bob"])
        #expect(rows.allSatisfy { $0["ruid"]?.hasPrefix("ulcx-") ?? false })
        #expect(rows.allSatisfy { $0["cflags"] == "3" && Double($0["q"] ?? "") == 0.25 })
        #expect(try server.rpc.call("ul.db_contacts", "location") == 3)
        #expect(try server.rpc.call("ul.db_users", "location") == 2)
        #expect(try server.rpc.call("ul.db_expired_contacts", "location") == 0)
        // A phone's REGISTER lists what the command added, and may refresh it.
        #expect(
            Set(try server.phone().register("alice").uris) == [
                "sip:a@192.0.2.1", "sip:b@192.0.2.1",
            ])
        try server.rpc.call("ul.rm_contact", "location", "alice", "sip:a@192.0.2.1")
        #expect(
            try server.rpc.fault("ul.rm_contact", "location", "alice", "sip:z@192.0.2.1")?.code
                == 404)
        try server.rpc.call("ul.rm", "location", "bob")
        if mode == 2 { try server.rpc.call("ul.flush") }
        #expect(try database.rows().map { $0["contact"] } == ["sip:b@192.0.2.1"])
        // Permanent contacts survive a restart.
        server.kill()
        try server.start()
        let kept = try server.contacts(of: "alice")
        #expect(kept.map { $0["Address"] } == ["sip:b@192.0.2.1"])
        #expect(kept.first?["Expires"] == "permanent")
    }

    @Test("two tables of one server are kept apart")
    func tables() throws {
        let database = try TestDatabase(.sqlite)
        try database.sql(
            """
            CREATE TABLE other AS SELECT * FROM location WHERE 0;
            DROP TABLE other;
            """)
        let schema = try database.sql(
            "SELECT replace(sql, '\n', ' ') FROM sqlite_master WHERE name = 'location';")
        let create = try #require(schema.first?.first)
        try database.sql(
            create.replacing("location", with: "other", maxReplacements: 1) + ";"
                + "CREATE UNIQUE INDEX other_ruid_idx ON other (ruid);"
                + "INSERT INTO version (table_name, table_version) VALUES ('other', 9);")
        let server = try ServerProcess(databaseMode: 2, database.url) {
            $0.routes = """
                request_route {
                    if (is_method("REGISTER")) {
                        if ($rd == "other.example") { save("other"); } else { save("location"); }
                        exit;
                    }
                    sl_send_reply("200", "OK");
                }
                """
        }
        let phone = try server.phone()
        try phone.register("alice", "sip:here@192.0.2.1")
        var other = RegisterMessage("alice", "sip:there@192.0.2.1", callID: "there@test")
        other.domain = "other.example"
        try phone.register(other)
        try server.rpc.call("ul.flush")
        #expect(try database.rows().map { $0["contact"] } == ["sip:here@192.0.2.1"])
        #expect(try database.sql("SELECT contact FROM other;") == [["sip:there@192.0.2.1"]])
        server.kill()
        try server.start()
        let there = try server.rpc.call("ul.lookup", "other", "alice")
        #expect(there["Contacts"]?[0]?["Contact"]?["Address"] == "sip:there@192.0.2.1")
        #expect(try server.uris(of: "alice") == ["sip:here@192.0.2.1"])
        #expect(try server.rpc.fault("ul.lookup", "nowhere", "alice")?.code == 500)
    }
}
