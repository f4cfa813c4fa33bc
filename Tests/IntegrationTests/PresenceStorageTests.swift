import Foundation
import JSONValue
import TestSupport
import Testing

/// What the presence server's tables hold, and what a restart, a kill and an outage cost.
@Suite("presence: documents and subscriptions outlive the server", .onThreads)
struct PresenceStorageTests {
    // MARK: Phones

    /// A server with event package `reg`.
    private func server(
        _ url: String, subscriptions: Int = 2, publications: Int = 1,
        _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws -> ServerProcess {
        var configuration = ServerConfiguration()
        configuration.modules += ["tm", "presence", "presence_reginfo"]
        configuration.set("presence", "db_url", url)
        configuration.set("presence", "subs_db_mode", subscriptions)
        configuration.set("presence", "publ_cache", publications)
        configuration.set("presence", "db_update_period", 1)
        configuration.routes = """
            request_route {
                if (is_method("PUBLISH")) { handle_publish(); exit; }
                if (is_method("SUBSCRIBE")) { handle_subscribe(); exit; }
                sl_send_reply("200", "OK");
            }
            """
        change(&configuration)
        return try ServerProcess(configuration)
    }

    /// Publishes a document; returns the reply.
    @discardableResult
    private func publish(
        _ phone: SIPClient, _ user: String, _ body: String = "<reginfo/>", etag: String? = nil,
        expires: Int = 600
    ) throws -> SIPReply {
        let number = UInt64.random(in: 1...UInt64.max)
        var lines = [
            "PUBLISH sip:\(user)@example.com SIP/2.0",
            "Via: SIP/2.0/UDP 127.0.0.1:\(phone.socket.localPort);branch=z9hG4bK\(number)",
            "Max-Forwards: 70", "From: <sip:\(user)@example.com>;tag=\(number)",
            "To: <sip:\(user)@example.com>", "Call-ID: \(number)@test", "CSeq: 1 PUBLISH",
            "Event: reg", "Expires: \(expires)",
        ]
        if let etag { lines.append("SIP-If-Match: \(etag)") }
        if !body.isEmpty { lines.append("Content-Type: application/reginfo+xml") }
        lines += ["Content-Length: \(body.utf8.count)", "", body]
        return try phone.request(lines.joined(separator: "\r\n"))
    }

    /// Subscribes, or refreshes the subscription of a To-tag; returns the reply.
    private func subscribe(
        _ phone: SIPClient, _ watcher: String, to user: String, toTag: String = "",
        cseq: Int = 1, expires: Int = 600
    ) throws -> SIPReply {
        let tag = toTag.isEmpty ? "" : ";tag=\(toTag)"
        let port = phone.socket.localPort
        let lines = [
            "SUBSCRIBE sip:\(user)@example.com SIP/2.0",
            "Via: SIP/2.0/UDP 127.0.0.1:\(port);branch=z9hG4bK\(UInt64.random(in: 1...UInt64.max))",
            "Max-Forwards: 70", "From: <sip:\(watcher)@example.com>;tag=from-\(watcher)",
            "To: <sip:\(user)@example.com>\(tag)", "Call-ID: \(watcher)-\(user)@test",
            "CSeq: \(cseq) SUBSCRIBE", "Event: reg", "Expires: \(expires)",
            "Contact: <sip:\(watcher)@127.0.0.1:\(port)>", "Content-Length: 0", "", "",
        ]
        return try phone.request(lines.joined(separator: "\r\n"))
    }

    /// The To-tag of a reply.
    private func tag(_ reply: SIPReply) -> String {
        let to = reply.fields.first { $0.name.lowercased() == "to" }?.value ?? ""
        return to.components(behind: ";tag=")
    }

    /// The next NOTIFY that a watcher gets, which it answers.
    private func notify(_ phone: SIPClient, seconds: Double = 10) -> SIPRequest? {
        guard let request = phone.incoming(seconds: Rig.limit(seconds)) else { return nil }
        phone.send(request.reply(200, "OK"))
        return request
    }

    /// The number in CSeq.
    private func cseq(_ request: SIPRequest) -> Int {
        Int(request["CSeq"]?.split(separator: " ").first ?? "") ?? 0
    }

    private func count(_ database: TestDatabase, _ table: String) throws -> Int {
        Int(try database.sql("SELECT COUNT(*) FROM \(table);").first?.first ?? "") ?? -1
    }

    // MARK: Stop, kill and start again

    /// Where the state is and which modes it goes through: `subs_db_mode`, `publ_cache`.
    private static let modes: [(TestDatabase.Kind, Int, Int)] =
        TestDatabase.Kind.installed.flatMap { kind in
            [(1, 0), (2, 1), (3, 0)].map { (kind, $0.0, $0.1) }
        }

    @Test("after a stop and a start both go on where they were", arguments: modes)
    func restart(kind: TestDatabase.Kind, subscriptions: Int, publications: Int) throws {
        let database = try TestDatabase(kind)
        let server = try server(
            database.url, subscriptions: subscriptions, publications: publications)
        let phone = try server.phone()
        let watcher = try server.phone()
        let accepted = try subscribe(watcher, "bob", to: "alice")
        #expect(accepted.status == 200)
        let first = try #require(notify(watcher))
        let etag = try #require(try publish(phone, "alice", "<one/>")["sip-etag"])
        let second = try #require(notify(watcher))
        #expect(second.body == "<one/>")
        #expect(cseq(second) > cseq(first))
        #expect(server.stop() == 0)
        #expect(try database.sql("SELECT body, etag FROM presentity;") == [["<one/>", etag]])
        #expect(try count(database, "active_watchers") == 1)

        try server.start()
        let reply = try publish(phone, "alice", "<two/>", etag: etag)
        #expect(reply.status == 200)
        let third = try #require(notify(watcher))
        #expect(third.body == "<two/>")
        #expect(cseq(third) > cseq(second))
        let again = try subscribe(watcher, "bob", to: "alice", toTag: tag(accepted), cseq: 2)
        #expect(again.status == 200)
        #expect(notify(watcher)?.body == "<two/>")
        let end = try subscribe(
            watcher, "bob", to: "alice", toTag: tag(accepted), cseq: 3, expires: 0)
        #expect(end.status == 200)
        #expect(notify(watcher)?["Subscription-State"]?.hasPrefix("terminated") == true)
        #expect(server.stop() == 0)
        #expect(try database.sql("SELECT body FROM presentity;") == [["<two/>"]])
        #expect(try count(database, "active_watchers") == 0)
        #expect(server.faults == [])
    }

    @Test(
        "a kill loses nothing that was answered where requests wait for their rows",
        arguments: TestDatabase.Kind.installed, [1, 3])
    func killed(kind: TestDatabase.Kind, subscriptions: Int) throws {
        let database = try TestDatabase(kind)
        let server = try server(database.url, subscriptions: subscriptions, publications: 0)
        let phone = try server.phone()
        let watcher = try server.phone()
        let accepted = try subscribe(watcher, "bob", to: "user7")
        #expect(accepted.status == 200)
        var etags: [String] = []
        for number in 0..<20 {
            etags.append(try publish(phone, "user\(number)")["sip-etag"] ?? "")
        }
        server.kill()
        #expect(try count(database, "presentity") == 20)
        #expect(try count(database, "active_watchers") == 1)
        try server.start()
        for number in 0..<20 {
            #expect(try publish(phone, "user\(number)", "", etag: etags[number]).status == 200)
        }
        let refreshed = try subscribe(watcher, "bob", to: "user7", toTag: tag(accepted), cseq: 2)
        #expect(refreshed.status == 200)
    }

    @Test(
        "in the default modes a document is in the table a tenth of a second later",
        arguments: TestDatabase.Kind.installed)
    func window(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let server = try server(database.url)
        let phone = try server.phone()
        let etag = try #require(try publish(phone, "alice")["sip-etag"])
        #expect(try subscribe(phone, "bob", to: "alice").status == 200)
        pause(seconds: Rig.limit(0.5))
        // The subscription follows with the next db_update_period.
        #expect(
            try eventually(within: Rig.limit(10)) { try count(database, "active_watchers") == 1 })
        server.kill()
        #expect(try database.sql("SELECT etag FROM presentity;") == [[etag]])
        try server.start()
        #expect(try publish(phone, "alice", "", etag: etag).status == 200)
    }

    @Test("with publ_cache 2 and subs_db_mode 0 nothing is stored, and nothing needs a database")
    func memory() throws {
        let server = try server(
            "mysql://nobody:x@127.0.0.1:1/no", subscriptions: 0, publications: 2)
        let phone = try server.phone()
        #expect(try publish(phone, "alice").status == 200)
        #expect(try server.rpc.call("presence.status")["database"] == "unused")
        #expect(server.stop() == 0)
    }

    // MARK: Kamailio's rows

    @Test("rows that Kamailio 5.6.3 wrote go on here", arguments: TestDatabase.Kind.installed)
    func ofKamailio(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let server = try server(database.url)
        let watcher = try server.phone()
        #expect(server.stop() == 0)
        let far = wallSeconds() + 1_000
        try database.sql(
            "INSERT INTO presentity (username, domain, event, etag, expires, received_time, body,"
                + " sender, priority, ruid) VALUES ('alice', 'example.com', 'reg',"
                + " 'a.1789000000.4711.3.0', \(far), 1789000000, '<k/>', '', 0, 'pres-6a1-1267-1');"
        )
        try database.sql(
            "INSERT INTO active_watchers (presentity_uri, watcher_username, watcher_domain,"
                + " to_user, to_domain, event, event_id, to_tag, from_tag, callid, local_cseq,"
                + " remote_cseq, contact, record_route, expires, status, reason, version,"
                + " socket_info, local_contact, from_user, from_domain, updated, updated_winfo,"
                + " flags, user_agent) VALUES ('sip:alice@example.com', 'bob', 'example.com',"
                + " 'alice', 'example.com', 'reg', '', 'a6a1c5f6-1', 'from-bob', 'bob-alice@test',"
                + " 2, 1, 'sip:bob@127.0.0.1:\(watcher.socket.localPort)', '', \(far), 1, '', 2,"
                + " 'udp:127.0.0.1:\(server.sipPort)', 'sip:127.0.0.1:\(server.sipPort)', 'bob',"
                + " 'example.com', -1, -1, 0, '');")
        try server.start()
        let phone = try server.phone()
        #expect(try publish(phone, "alice", "<r/>", etag: "a.1789000000.4711.3.0").status == 200)
        let told = try #require(notify(watcher))
        #expect(told.body == "<r/>")
        #expect(told["Call-ID"] == "bob-alice@test")
        #expect(told["From"]?.contains("tag=a6a1c5f6-1") == true)
        #expect(cseq(told) > 3)
        let reply = try subscribe(watcher, "bob", to: "alice", toTag: "a6a1c5f6-1", cseq: 2)
        #expect(reply.status == 200)
        #expect(server.stop() == 0)
        #expect(
            try database.sql("SELECT body, ruid FROM presentity;") == [["<r/>", "pres-6a1-1267-1"]])
        #expect(try database.sql("SELECT remote_cseq FROM active_watchers;") == [["2"]])
    }

    // MARK: The database is away

    @Test("a database that is killed under load gets everything when it is back", .needsMariaDB)
    func outage() throws {
        let fixture = try MariaDBFixture()
        let database = try TestDatabase(fixture.database())
        let server = try server(database.url)
        let phone = try server.phone()
        let watcher = try server.phone()
        for number in 0..<50 { try publish(phone, "user\(number)") }
        #expect(try eventually(within: 10) { try count(database, "presentity") == 50 })
        fixture.kill()
        for number in 50..<250 {
            #expect(try publish(phone, "user\(number)").status == 200)
        }
        #expect(try subscribe(watcher, "bob", to: "user3").status == 200)
        #expect(
            try eventually(within: 20) {
                try server.rpc.call("presence.status")["database"] == "away"
            })
        #expect(try server.rpc.call("presence.status")["dirty"]?.integer ?? 0 >= 200)
        #expect(!server.log.contains("p@ss") && !server.log.contains("p%40ss"))
        try fixture.restart()
        #expect(
            try eventually(within: 40) {
                try count(database, "presentity") == 250
                    && count(database, "active_watchers") == 1
            })
        #expect(
            try eventually(within: 10) {
                try server.rpc.call("presence.status")["dirty"] == 0
            })
        #expect(server.faults == [])
        #expect(server.stop() == 0)
    }

    @Test("the server starts without its database where no request waits for it", .needsMariaDB)
    func startsWithout() throws {
        let fixture = try MariaDBFixture()
        let database = try TestDatabase(fixture.database())
        fixture.kill()
        let server = try server(database.url)
        let phone = try server.phone()
        #expect(try publish(phone, "alice").status == 200)
        #expect(try server.rpc.call("presence.status")["loaded"] == false)
        try fixture.restart()
        #expect(try eventually(within: 40) { try count(database, "presentity") == 1 })
        #expect(try server.rpc.call("presence.status")["loaded"] == true)
        #expect(server.stop() == 0)
    }
}

extension String {
    /// What stands behind a mark, up to the next semicolon; empty without the mark.
    fileprivate func components(behind mark: String) -> String {
        guard let place = range(of: mark) else { return "" }
        return String(self[place.upperBound...].prefix { $0 != ";" })
    }
}
