import JSONValue
import TestSupport
import Testing

/// What a registration leaves in the table `location`.
@Suite("rows of the location table", .onThreads)
struct LocationRowTests {
    /// A phone that says everything that is stored.
    private var talkative: RegisterMessage {
        var message = RegisterMessage("alice", callID: "3-98%'\"`\\{}x@phone.example", cseq: 4711)
        message.contacts = [
            "\"Desk; <1>\" <sip:alice%20b@192.0.2.1:5070;transport=udp;x=a/b>;q=0.73;expires=900"
                + ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\""
        ]
        message.further = ["User-Agent: Phöne/1.0 \"x\" 'y' \\ % \u{1F4DE}"]
        return message
    }

    @Test("a registration is a row, column for column", arguments: TestDatabase.Kind.installed)
    func columns(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let server = try ServerProcess(databaseMode: 2, database.url) {
            $0.globals.append("server_id=7")
        }
        let before = wallSeconds()
        #expect(try server.phone().register(talkative).status == 200)
        try server.rpc.call("ul.flush")
        let after = wallSeconds()
        let rows = try database.rows()
        let row = try #require(rows.first)
        #expect(rows.count == 1)
        let ruid = try server.contacts(of: "alice").first?["Ruid"]?.text
        let expected = [
            "ruid": ruid, "username": "alice", "domain": "NULL",
            "contact": "sip:alice%20b@192.0.2.1:5070;transport=udp;x=a/b", "received": "NULL",
            "path": "NULL", "cseq": "4711", "flags": "0", "cflags": "0",
            "socket": "udp:127.0.0.1:\(server.sipPort)", "methods": "NULL",
            "instance": "<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>", "reg_id": "0",
            "server_id": "7", "keepalive": "0", "partition": "0",
        ]
        for (column, value) in expected.sorted(by: { $0.key < $1.key }) {
            #expect(row[column] == value, "column \(column)")
        }
        // The mariadb client shows a backslash as two.
        let escape = kind == .mariaDB ? "\\\\" : "\\"
        #expect(row["callid"] == "3-98%'\"`\(escape){}x@phone.example")
        #expect(row["user_agent"] == "Phöne/1.0 \"x\" 'y' \(escape) % \u{1F4DE}")
        #expect(["-1", "0"].contains(row["connection_id"]))
        #expect(Double(row["q"] ?? "") == 0.73)
        #expect((before + 900 - 1...after + 900 + 1).contains(Int(row["expires"] ?? "") ?? 0))
        #expect((before - 1...after + 1).contains(Int(row["last_modified"] ?? "") ?? 0))
    }

    @Test("with use_domain the AoR is two columns", arguments: TestDatabase.Kind.installed)
    func domain(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let server = try ServerProcess(databaseMode: 2, database.url) {
            $0.set("usrloc", "use_domain", 1)
        }
        let phone = try server.phone()
        for domain in ["example.com", "example.org"] {
            var message = RegisterMessage("alice", "sip:alice@192.0.2.1", callID: domain)
            message.domain = domain
            #expect(try phone.register(message).status == 200)
        }
        try server.rpc.call("ul.flush")
        let rows = try database.rows()
        #expect(rows.map { $0["username"] } == ["alice", "alice"])
        #expect(Set(rows.map { $0["domain"] }) == ["example.com", "example.org"])
        server.kill()
        try server.start()
        #expect(try server.uris(of: "alice@example.org") == ["sip:alice@192.0.2.1"])
        #expect(try server.uris(of: "alice@example.net") == [])
    }

    @Test("over TCP the row names the TCP socket")
    func stream() throws {
        let database = try TestDatabase(.sqlite)
        let server = try ServerProcess(databaseMode: 1, database.url)
        #expect(try server.phone(.stream).register("alice", "sip:alice@192.0.2.1").status == 200)
        let row = try database.rows().first
        #expect(row?["socket"] == "tcp:127.0.0.1:\(server.sipPort)")
        #expect(Int(row?["connection_id"] ?? "") ?? -1 > 0)
    }

    @Test(
        "a refresh changes the row in its place, a removal deletes it",
        arguments: TestDatabase.Kind.installed)
    func refreshAndRemove(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let server = try ServerProcess(databaseMode: 2, database.url)
        let phone = try server.phone()
        try phone.register("alice", "sip:alice@192.0.2.1", expires: 600, cseq: 1)
        try phone.register("bob", "sip:bob@192.0.2.2", cseq: 1)
        try server.rpc.call("ul.flush")
        let first = try database.rows()
        try phone.register("alice", "sip:alice@192.0.2.1", expires: 1800, cseq: 2)
        try server.rpc.call("ul.flush")
        let second = try database.rows()
        #expect(second.count == 2)
        #expect(second[0]["ruid"] == first[0]["ruid"])
        #expect(second[0]["cseq"] == "2")
        let longer = (Int(second[0]["expires"] ?? "") ?? 0) - (Int(first[0]["expires"] ?? "") ?? 0)
        #expect((1199...1230).contains(longer))
        #expect(second[1] == first[1])
        #expect(
            try phone.register("alice", "sip:alice@192.0.2.1", expires: 0, cseq: 3).contacts == [])
        try server.rpc.call("ul.flush")
        #expect(try database.rows().map { $0["username"] } == ["bob"])
        var star = RegisterMessage("bob", expires: 0, cseq: 9)
        star.contacts = ["*"]
        #expect(try phone.register(star).status == 200)
        try server.rpc.call("ul.flush")
        #expect(try database.count() == 0)
    }

    @Test("several contacts of one message are stored together or not at all")
    func atomicity() throws {
        let database = try TestDatabase(.sqlite)
        let server = try ServerProcess(databaseMode: 1, database.url) {
            $0.set("registrar", "max_contacts", 3)
        }
        let phone = try server.phone()
        try phone.register("alice", "sip:old@192.0.2.1")
        let old = try database.rows()
        let bad = [
            ["<sip:a@192.0.2.1>", "<sip:b@192.0.2.1>;q=7"],
            ["<sip:a@192.0.2.1>", "<sip:b@192.0.2.1"],
            ["<sip:a@192.0.2.1>", "*"],
            ["<sip:a@192.0.2.1>, <sip:b@192.0.2.1>, <sip:c@192.0.2.1>"],
            ["<sip:a@192.0.2.1>", "<sip:\(String(repeating: "x", count: 600))@192.0.2.1>"],
        ]
        for (number, contacts) in bad.enumerated() {
            var message = RegisterMessage("alice", callID: "other@test", cseq: number + 1)
            message.contacts = contacts
            #expect(try phone.register(message).status >= 400, "\(contacts)")
            #expect(try server.uris(of: "alice") == ["sip:old@192.0.2.1"], "\(contacts)")
        }
        #expect(try database.rows() == old)
        var good = RegisterMessage("alice", callID: "other@test", cseq: 50)
        good.contacts = ["<sip:a@192.0.2.1>;q=0.9, <sip:b@192.0.2.1>;q=0.1"]
        #expect(try phone.register(good).status == 200)
        #expect(try database.count() == 3)
    }
}
