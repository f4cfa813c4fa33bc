import JSONValue
import TestSupport
import Testing

/// What Path, GRUU and flows leave in the table, and what of it a restart brings back.
@Suite("bindings with Path, instance and reg-id in the database", .onThreads)
struct RestoredBindingTests {
    private static let cases = TestDatabase.Kind.installed.flatMap { kind in
        [1, 2, 3].map { (kind, $0) }
    }
    private static let instance = "urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF"

    private func server(
        _ database: TestDatabase, _ mode: Int, table: String = "location",
        _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws -> ServerProcess {
        try ServerProcess(databaseMode: mode, database.url) {
            $0.globals.append("server_id=3")
            $0.set("registrar", "use_path", 1)
            $0.set("registrar", "path_mode", 0)
            $0.set("registrar", "path_use_received", 1)
            $0.set("registrar", "regid_mode", 1)
            $0.set("registrar", "outbound_mode", 1)
            $0.routes = """
                request_route {
                    if (is_method("REGISTER")) {
                        save("\(table)");
                        exit;
                    }
                    if (!is_method("MESSAGE")) {
                        sl_send_reply("200", "OK");
                        exit;
                    }
                    if (!lookup("\(table)")) {
                        sl_send_reply("404", "Not Found");
                        exit;
                    }
                    append_to_reply("Contact: <$ru>\\r\\nX-Way: $du\\r\\n");
                    sl_send_reply("302", "Moved Temporarily");
                }
                """
            change(&$0)
        }
    }

    private let message: RegisterMessage = {
        var message = RegisterMessage("alice", callID: "flow@phone.example", cseq: 21)
        message.contacts = [
            "<sip:alice@10.0.0.5:5070>;expires=900;q=0.4;reg-id=3;+sip.instance=\"<\(instance)>\""
        ]
        message.further = [
            "Supported: path, gruu, outbound", "Allow: INVITE, ACK, BYE", "User-Agent: Flow/2",
            "Path: <sip:127.0.0.1:5099;lr;ob;received=sip:10.9.8.7:4000>, <sip:192.0.2.20;lr>",
        ]
        return message
    }()

    private func find(_ phone: SIPClient, _ uri: String, _ call: String) throws -> SIPReply {
        try phone.request(phone.request("MESSAGE", uri, callID: "\(call)@test"))
    }

    /// A parameter of the only Contact, without its quotes.
    private func parameter(_ name: String, _ reply: SIPReply) -> String? {
        reply.contacts.first?.parameters[name].map { $0.filter { $0 != "\"" } }
    }

    @Test("each column has what the phone said", arguments: cases)
    func columns(kind: TestDatabase.Kind, mode: Int) throws {
        let database = try TestDatabase(kind)
        let server = try server(database, mode)
        let reply = try server.phone().register(message)
        #expect(reply.status == 200, "\(reply.text)")
        if mode == 2 { try server.rpc.call("ul.flush") }
        let row = try #require(try database.rows().first)
        let expected = [
            "username": "alice", "domain": "NULL", "contact": "sip:alice@10.0.0.5:5070",
            "received": "sip:10.9.8.7:4000", "callid": "flow@phone.example", "cseq": "21",
            "flags": "0", "cflags": "0", "user_agent": "Flow/2", "methods": "13",
            "socket": "udp:127.0.0.1:\(server.sipPort)", "instance": "<\(Self.instance)>",
            "reg_id": "3", "server_id": "3", "connection_id": "-1", "keepalive": "0",
            "partition": "0",
        ]
        for (column, value) in expected.sorted(by: { $0.key < $1.key }) {
            #expect(row[column] == value, "column \(column)")
        }
        let path = row["path"]?.replacing(">, <", with: ">,<")
        #expect(
            path == "<sip:127.0.0.1:5099;lr;ob;received=sip:10.9.8.7:4000>,<sip:192.0.2.20;lr>")
        #expect(Double(row["q"] ?? "") == 0.4)
        #expect(abs((Int(row["expires"] ?? "") ?? 0) - wallSeconds() - 900) < 20)
        #expect(row["ruid"]?.hasPrefix("uloc-3-") == true)
    }

    @Test("a restart brings back the ways by Path and by both GRUUs", arguments: cases)
    func restart(kind: TestDatabase.Kind, mode: Int) throws {
        let database = try TestDatabase(kind)
        let server = try server(database, mode)
        let phone = try server.phone()
        let reply = try phone.register(message)
        let open = try #require(parameter("pub-gruu", reply))
        let hidden = try #require(parameter("temp-gruu", reply))
        #expect(open.hasPrefix("sip:alice@example.com;gr="))
        let before = try server.contact(of: "alice")
        #expect(server.stop() == 0)
        try server.start()
        let after = try server.contact(of: "alice")
        for name in [
            "Address", "Path", "Received", "Instance", "Reg-Id", "Methods", "Ruid", "Call-ID",
            "CSeq", "Q", "User-Agent", "Socket", "Server-Id", "CFlags", "Flags",
        ] {
            #expect(after?[name] == before?[name], "\(name)")
        }
        for (number, uri) in ["sip:alice@example.com", open, hidden].enumerated() {
            let found = try find(phone, uri, "find\(number)")
            #expect(found.status == 302, "\(uri)")
            #expect(found.uris == ["sip:alice@10.0.0.5:5070"], "\(uri)")
            #expect(found["x-way"]?.hasPrefix("sip:127.0.0.1:5099;lr;ob") == true, "\(uri)")
        }
        let other = open.replacing("AABBCC", with: "AABBCD").replacing("aabbcc", with: "aabbcd")
        #expect(try find(phone, other, "other").status == 404)
        var next = message
        next.cseq = 22
        #expect(parameter("pub-gruu", try phone.register(next)) == open)
        #expect(try server.uris(of: "alice").count == 1)
    }

    @Test(
        "a renamed table with renamed columns works as the usual one", .needsMariaDB,
        arguments: [1, 2, 3])
    func renamed(mode: Int) throws {
        let database = try TestDatabase(.mariaDB)
        let names = [
            "user": "username", "domain": "domain", "contact": "contact", "expires": "expires",
            "q": "q", "callid": "callid", "cseq": "cseq", "methods": "methods", "flags": "flags",
            "cflags": "cflags", "user_agent": "user_agent", "received": "received",
            "socket": "socket", "path": "path", "ruid": "ruid", "instance": "instance",
            "reg_id": "reg_id", "server_id": "server_id", "connection_id": "connection_id",
            "keepalive": "keepalive", "partition": "partition",
        ]
        let changes = names.values.sorted().map { "RENAME COLUMN `\($0)` TO `my_\($0)`" }
        try database.sql(
            """
            CREATE TABLE phones LIKE location;
            ALTER TABLE phones \(changes.joined(separator: ", "));
            INSERT INTO version (table_name, table_version) VALUES ('phones', 9);
            """)
        let server = try server(database, mode, table: "phones") {
            for (parameter, column) in names.sorted(by: { $0.key < $1.key }) {
                $0.set("usrloc", "\(parameter)_column", "my_\(column)")
            }
        }
        let phone = try server.phone()
        #expect(try phone.register(message).status == 200)
        var second = RegisterMessage("alice", "sip:other@192.0.2.7", callID: "second@test")
        second.expires = 600
        #expect(try phone.register(second).status == 200)
        if mode == 2 { try server.rpc.call("ul.flush") }
        let rows = try database.sql(
            "SELECT my_contact, my_reg_id, my_instance, my_received FROM phones ORDER BY my_cseq;")
        #expect(
            rows == [
                ["sip:other@192.0.2.7", "0", "NULL", "NULL"],
                ["sip:alice@10.0.0.5:5070", "3", "<\(Self.instance)>", "sip:10.9.8.7:4000"],
            ])
        #expect(try database.count() == 0)
        #expect(try server.rpc.call("ul.db_contacts", "phones") == 2)
        server.stop()
        try server.start()
        let listed = try phone.register(RegisterMessage("alice", callID: "list@test"))
        #expect(Set(listed.uris) == ["sip:alice@10.0.0.5:5070", "sip:other@192.0.2.7"])
        #expect(try find(phone, "sip:alice@example.com", "renamed").status == 302)
        second.expires = 0
        second.cseq = 2
        #expect(try phone.register(second).uris == ["sip:alice@10.0.0.5:5070"])
        if mode == 2 { try server.rpc.call("ul.flush") }
        #expect(try database.sql("SELECT COUNT(*) FROM phones;") == [["1"]])
        #expect(server.faults == [])
    }

    @Test(
        "expires_type 1 keeps seconds since 1970 in BIGINT columns", .needsMariaDB,
        arguments: [1, 2, 3])
    func seconds(mode: Int) throws {
        let database = try TestDatabase(.mariaDB)
        try database.sql(
            """
            ALTER TABLE location MODIFY expires BIGINT NOT NULL DEFAULT 0,
                MODIFY last_modified BIGINT NOT NULL DEFAULT 0;
            """)
        let server = try server(database, mode) {
            $0.set("usrloc", "expires_type", 1)
            $0.set("usrloc", "timer_interval", 1)
            $0.set("registrar", "min_expires", 1)
        }
        let phone = try server.phone()
        #expect(try phone.register(message).status == 200)
        try phone.register("short", "sip:short@192.0.2.1", expires: 2)
        if mode == 2 { try server.rpc.call("ul.flush") }
        let times = try database.sql(
            "SELECT expires, last_modified FROM location WHERE username = 'alice';")
        let now = wallSeconds()
        #expect(abs((Int(times.first?.first ?? "") ?? 0) - now - 900) < 20)
        #expect(abs((Int(times.first?.last ?? "") ?? 0) - now) < 20)
        #expect(
            try eventually(within: 10) {
                try database.sql(
                    "SELECT username FROM location;") == [["alice"]]
            })
        server.stop()
        try server.start()
        let left = try server.contact(of: "alice")?["Expires"]?.integer ?? 0
        #expect((800...900).contains(left))
        #expect(try server.rpc.call("ul.db_contacts", "location") == 1)
    }
}
