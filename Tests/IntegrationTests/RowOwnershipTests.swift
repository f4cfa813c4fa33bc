import JSONValue
import TestSupport
import Testing

/// Which rows the server deletes, and which are none of its business.
@Suite("rows that are left alone", .onThreads)
struct RowOwnershipTests {
    private static func row(
        _ database: TestDatabase, _ user: String, expiresIn seconds: Int, server: Int = 0,
        _ changes: [String: String] = [:]
    ) -> [String: String] {
        let values = [
            "ruid": "'uloc-test-\(user)'", "username": "'\(user)'",
            "contact": "'sip:\(user)@192.0.2.1'", "expires": database.moment(seconds), "q": "0.5",
            "callid": "'\(user)@test'", "cseq": "3", "last_modified": database.moment(-100),
            "server_id": "\(server)", "user_agent": "'phone'", "flags": "0", "cflags": "0",
        ]
        return values.merging(changes) { $1 }
    }

    @Test(
        "a phone that refreshes while its contact expires keeps its row",
        arguments: TestDatabase.Kind.installed)
    func refreshAtExpiry(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let server = try ServerProcess(databaseMode: 2, database.url, timerInterval: 1) {
            $0.set("registrar", "min_expires", 1)
        }
        let phone = try server.phone()
        let users = (0..<40).map { "racer\($0)" }
        for user in users { try phone.register(user, "sip:\(user)@192.0.2.1", expires: 2) }
        try server.rpc.call("ul.flush")
        #expect(try database.count() == users.count)
        // The refreshes are spread over the time in which timer and expiry fall.
        pause(seconds: 1.4)
        for user in users {
            try phone.register(user, "sip:\(user)@192.0.2.1", expires: 600, cseq: 2)
            pause(seconds: 0.05)
        }
        pause(seconds: 1.2)
        try server.rpc.call("ul.flush")
        #expect(try server.statistic("usrloc:location_contacts") == users.count)
        #expect(try database.count() == users.count)
        #expect(try database.count(where: "cseq = 2") == users.count)
        #expect(try database.count(where: "expires > \(database.moment(500))") == users.count)
    }

    @Test("a row that another server refreshed is not deleted when it expires here", .needsMariaDB)
    func refreshedElsewhere() throws {
        let database = try TestDatabase(.mariaDB)
        try database.insert(Self.row(database, "alice", expiresIn: 4))
        try database.insert(Self.row(database, "bob", expiresIn: 4))
        let server = try ServerProcess(databaseMode: 2, database.url, timerInterval: 1)
        #expect(try server.uris(of: "alice") == ["sip:alice@192.0.2.1"])
        let later = database.moment(1_000)
        try database.sql(
            "UPDATE location SET expires = \(later), cseq = 4 WHERE username = 'alice';")
        #expect(
            try eventually(within: 15) { try database.rows().map { $0["username"] } == ["alice"] })
        pause(seconds: 1.2)
        #expect(try database.rows().map { $0["cseq"] } == ["4"])
    }

    @Test(
        "with server_id_filter rows of another server are neither loaded nor deleted nor counted",
        arguments: [(TestDatabase.Kind.mariaDB, 2), (.mariaDB, 3), (.sqlite, 2), (.sqlite, 3)])
    func otherServer(kind: TestDatabase.Kind, mode: Int) throws {
        guard TestDatabase.Kind.installed.contains(kind) else { return }
        let database = try TestDatabase(kind)
        try database.insert(Self.row(database, "mine", expiresIn: 600, server: 1))
        try database.insert(Self.row(database, "mine-expired", expiresIn: -50, server: 1))
        try database.insert(Self.row(database, "theirs", expiresIn: 600, server: 2))
        try database.insert(Self.row(database, "theirs-expired", expiresIn: -50, server: 2))
        let theirs = try database.rows(where: "server_id = 2")
        let server = try ServerProcess(databaseMode: mode, database.url, timerInterval: 1) {
            $0.globals.append("server_id=1")
            $0.set("usrloc", "server_id_filter", 1)
        }
        #expect(try server.uris(of: "mine") == ["sip:mine@192.0.2.1"])
        if mode == 2 { #expect(try server.uris(of: "theirs") == []) }
        #expect(try server.rpc.call("ul.db_contacts", "location") == 1)
        #expect(
            try eventually(within: 10) {
                try database.rows(where: "server_id = 1").map { $0["username"] } == ["mine"]
            })
        pause(seconds: 1.2)
        #expect(try database.rows(where: "server_id = 2") == theirs)
        #expect(server.stop() == 0)
        #expect(try database.rows(where: "server_id = 2") == theirs)
    }

    @Test("a row that cannot be understood is logged and left alone", arguments: [1, 2, 3, 4])
    func unreadable(mode: Int) throws {
        try #require(MariaDBFixture.isInstalled)
        let database = try TestDatabase(.mariaDB)
        try database.sql(
            """
            ALTER TABLE location MODIFY expires DATETIME NULL, MODIFY q FLOAT(10,2) NULL,
                MODIFY cseq INT NULL, MODIFY flags INT NULL, MODIFY cflags INT NULL,
                MODIFY callid VARCHAR(255) NULL, MODIFY contact VARCHAR(600) NULL;
            """)
        let bad: [(String, [String: String])] = [
            ("a", ["contact": "''"]), ("b", ["callid": "''"]), ("c", ["expires": "NULL"]),
            ("d", ["q": "NULL"]), ("e", ["cseq": "NULL"]), ("f", ["flags": "NULL"]),
            ("g", ["cflags": "NULL"]), ("h", ["contact": "NULL"]), ("i", ["callid": "NULL"]),
            ("j", ["contact": "REPEAT('x', 590)"]),
        ]
        for (user, changes) in bad {
            try database.insert(Self.row(database, user, expiresIn: 600, changes))
        }
        try database.insert(Self.row(database, "good", expiresIn: 600))
        let before = try database.rows()
        let server = try ServerProcess(databaseMode: mode, database.url, timerInterval: 1)
        #expect(try server.uris(of: "good") == ["sip:good@192.0.2.1"])
        if mode != 3 {
            #expect(try server.status("rows_skipped")?.integer == bad.count)
            #expect(server.log.contains("left alone"))
            #expect(server.log.contains("uloc-test-a"))
        }
        for (user, _) in bad {
            #expect(try server.uris(of: user) == [], "user \(user)")
            let reply = try server.phone().register(user, "sip:new@192.0.2.1")
            #expect(reply.status == 200, "user \(user)")
        }
        if mode == 3 { #expect(server.log.contains("left alone")) }
        pause(seconds: 1.2)
        #expect(server.stop() == 0)
        let after = try database.rows(where: "ruid LIKE 'uloc-test-%'")
        #expect(after == before)
        #expect(try database.count() == (mode == 4 ? before.count : before.count + bad.count))
    }

    @Test("a database that refuses one row takes the others", .needsMariaDB)
    func refusedRow() throws {
        let database = try TestDatabase(.mariaDB)
        try database.sql(
            "ALTER TABLE location ADD CONSTRAINT no_bob CHECK (username <> 'bob');")
        let server = try ServerProcess(databaseMode: 2, database.url)
        let phone = try server.phone()
        for user in ["alice", "bob", "carol"] {
            try phone.register(user, "sip:\(user)@192.0.2.1")
        }
        _ = try server.rpc.fault("ul.flush")
        #expect(try database.rows().map { $0["username"] } == ["alice", "carol"])
        #expect(server.log.contains("refuses a binding"))
        try phone.register("dave", "sip:dave@192.0.2.1")
        _ = try server.rpc.fault("ul.flush")
        #expect(try database.count() == 3)
    }
}
