import JSONValue
import TestSupport
import Testing

/// Attributes that a script gives a contact (`xavp_contact`), in their table `location_attrs`.
@Suite("attributes of contacts in the database", .onThreads)
struct ContactAttributeTests {
    private static let cases = TestDatabase.Kind.installed.flatMap { kind in
        [1, 2, 3].map { (kind, $0) }
    }

    private func server(
        _ database: TestDatabase, _ mode: Int,
        _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws -> ServerProcess {
        try ServerProcess(databaseMode: mode, database.url) {
            $0.set("usrloc", "xavp_contact", "ulattrs")
            $0.set("registrar", "min_expires", 1)
            $0.routes = """
                request_route {
                    if (is_method("REGISTER")) {
                        if (is_present_hf("X-Color")) {
                            $xavp(ulattrs=>color) = $hdr(X-Color);
                            $xavp(ulattrs[0]=>n) = $cs;
                        }
                        save("location");
                        exit;
                    }
                    if (!is_method("MESSAGE")) {
                        sl_send_reply("200", "OK");
                        exit;
                    }
                    if (!lookup("location")) {
                        sl_send_reply("404", "Not Found");
                        exit;
                    }
                    append_to_reply("X-Color: $xavp(ulattrs=>color)\\r\\n");
                    append_to_reply("X-Number: $xavp(ulattrs=>n)\\r\\n");
                    sl_send_reply("302", "Moved Temporarily");
                }
                """
            change(&$0)
        }
    }

    private func register(
        _ phone: SIPClient, _ user: String, _ color: String?, cseq: Int, expires: Int = 600
    ) throws -> SIPReply {
        var message = RegisterMessage(user, "sip:\(user)@192.0.2.1", expires: expires, cseq: cseq)
        if let color { message.further = ["X-Color: \(color)"] }
        return try phone.register(message)
    }

    /// What a lookup of a user brings back.
    private func found(_ phone: SIPClient, _ user: String, _ call: String) throws -> [String?] {
        let text = phone.request("MESSAGE", "sip:\(user)@example.com", callID: "\(call)@test")
        let reply = try phone.request(text)
        return ["\(reply.status)", reply["x-color"], reply["x-number"]]
    }

    /// The rows of attributes: user, name, type and value.
    private func rows(_ database: TestDatabase) throws -> [String] {
        try database.sql(
            "SELECT username, aname, atype, avalue FROM location_attrs ORDER BY username, aname;"
        ).map { $0.joined(separator: "|") }
    }

    @Test(
        "they are written with the contact, replaced, read back at a restart, deleted with it",
        arguments: cases)
    func life(kind: TestDatabase.Kind, mode: Int) throws {
        let database = try TestDatabase(kind)
        let server = try server(database, mode)
        let phone = try server.phone()
        #expect(try register(phone, "alice", "red", cseq: 1).status == 200)
        #expect(try register(phone, "bob", "blue; \"x\" 'y' %s", cseq: 7).status == 200)
        #expect(try register(phone, "carol", nil, cseq: 1).status == 200)
        if mode == 2 { try server.rpc.call("ul.flush") }
        let odd = "bob|color|0|blue; \"x\" 'y' %s"
        #expect(
            try rows(database) == ["alice|color|0|red", "alice|n|1|1", odd, "bob|n|1|7"])
        let ruids = try database.sql(
            "SELECT COUNT(*) FROM location_attrs AS a JOIN location AS l ON a.ruid = l.ruid"
                + " WHERE a.username = l.username;")
        #expect(ruids == [["4"]])
        #expect(try found(phone, "alice", "one") == ["302", "red", "1"])
        server.stop()
        try server.start()
        #expect(try found(phone, "alice", "two") == ["302", "red", "1"])
        #expect(try found(phone, "bob", "three") == ["302", "blue; \"x\" 'y' %s", "7"])
        #expect(try found(phone, "carol", "four").first == "302")
        #expect(try register(phone, "alice", "green", cseq: 9).status == 200)
        #expect(try found(phone, "alice", "five") == ["302", "green", "9"])
        #expect(try register(phone, "bob", nil, cseq: 10, expires: 0).contacts == [])
        if mode == 2 { try server.rpc.call("ul.flush") }
        #expect(try rows(database) == ["alice|color|0|green", "alice|n|1|9"])
        #expect(try database.count() == 2)
        #expect(server.faults == [])
    }

    @Test("they leave with a contact that expires", arguments: cases)
    func expiry(kind: TestDatabase.Kind, mode: Int) throws {
        let database = try TestDatabase(kind)
        let server = try server(database, mode) { $0.set("usrloc", "timer_interval", 1) }
        let phone = try server.phone()
        #expect(try register(phone, "short", "red", cseq: 1, expires: 2).status == 200)
        #expect(try register(phone, "long", "blue", cseq: 1).status == 200)
        #expect(
            try eventually(within: 15) {
                try rows(database) == ["long|color|0|blue", "long|n|1|1"]
                    && database.count() == 1
            })
        #expect(try found(phone, "long", "still") == ["302", "blue", "1"])
        #expect(try found(phone, "short", "gone").first == "404")
    }

    @Test("all of them leave with `Contact: *`, and with ul.rm", arguments: [1, 2, 3])
    func all(mode: Int) throws {
        let database = try TestDatabase(.sqlite)
        let server = try server(database, mode)
        let phone = try server.phone()
        for user in ["alice", "bob", "carol"] {
            #expect(try register(phone, user, "red", cseq: 1).status == 200)
        }
        if mode == 2 { try server.rpc.call("ul.flush") }
        #expect(try rows(database).count == 6)
        var star = RegisterMessage("alice", expires: 0, cseq: 2)
        star.contacts = ["*"]
        #expect(try phone.register(star).status == 200)
        try server.rpc.call("ul.rm", "location", "bob")
        if mode == 2 { try server.rpc.call("ul.flush") }
        #expect(try rows(database) == ["carol|color|0|red", "carol|n|1|1"])
    }

    @Test("a row of attributes that no contact has harms nobody", arguments: [1, 2, 3])
    func stray(mode: Int) throws {
        let database = try TestDatabase(.sqlite)
        let first = try server(database, mode)
        #expect(try register(first.phone(), "alice", "red", cseq: 1).status == 200)
        first.stop()
        try database.sql(
            """
            INSERT INTO location_attrs (ruid, username, aname, atype, avalue) VALUES
                ('uloc-nobody', 'alice', 'color', 0, 'stray'), ('', '', '', 9, ''),
                ('uloc-nobody', 'nobody', 'n', 1, 'no number');
            """)
        let server = try server(database, mode)
        #expect(try found(server.phone(), "alice", "one") == ["302", "red", "1"])
        #expect(server.faults == [])
    }
}
