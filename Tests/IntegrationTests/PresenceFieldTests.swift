import JSONValue
import TestSupport
import Testing

/// What has broken other presence servers in the field.
@Suite("presence: dead watchers, bursts, polling and order", .onThreads)
struct PresenceFieldTests {
    /// A presence server whose NOTIFYs are given up after a second.
    private func server(
        _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws -> ServerProcess {
        var configuration = ServerConfiguration.presence()
        configuration.set("tm", "fr_timer", 1_000)
        change(&configuration)
        return try ServerProcess(configuration)
    }

    private func watchers(_ server: ServerProcess) throws -> Int? {
        try server.rpc.call("presence.watcher_list").items?.count
    }

    @Test(
        "a watcher that died is forgotten in memory and in the table; the others are told",
        arguments: TestDatabase.Kind.installed)
    func deadWatcher(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let server = try server {
            $0.set("presence", "db_url", database.url)
            $0.set("presence", "subs_db_mode", 1)
        }
        let phones = try ["bob", "carol", "dave"].map { try PresencePhone($0, server) }
        for phone in phones { _ = try phone.subscribe() }
        let alice = try PresencePhone("alice", server)
        _ = try alice.publish(PresencePhone.document("open"), cseq: 1)
        // Carol stays silent.
        #expect(phones[0].told()?.body.contains("open") == true)
        #expect(phones[2].told()?.body.contains("open") == true)
        #expect(eventually(within: Rig.limit(20)) { (try? watchers(server)) == 2 })
        #expect(
            try eventually(within: Rig.limit(20)) {
                try database.sql("SELECT watcher_username FROM active_watchers;").count == 2
            })
        let rows = try database.sql("SELECT watcher_username FROM active_watchers ORDER BY 1;")
        #expect(rows == [["bob"], ["dave"]])
        #expect(try server.statistic("presence:notify_unanswered") == 1)
        #expect(server.faults == [])
    }

    @Test("a hundred subscriptions that expire at once are all told so, and none is left")
    func burst() throws {
        let server = try server()
        let phones = try (0..<100).map { try PresencePhone("w\($0)", server) }
        for phone in phones { _ = try phone.subscribe(expires: 3) }
        for phone in phones {
            let end = try #require(phone.told(seconds: Rig.limit(15)))
            #expect(end["Subscription-State"] == "terminated;reason=timeout")
        }
        #expect(eventually(within: Rig.limit(10)) { (try? watchers(server)) == 0 })
        #expect(try server.statistic("presence:presence_subscriptions_expired") == 100)
        #expect(server.faults == [])
    }

    @Test("who polls sees the state of each time, and leaves nothing behind")
    func polling() throws {
        let server = try server()
        let alice = try PresencePhone("alice", server)
        let bob = try PresencePhone("bob", server)
        var etag: String?
        for round in 1...20 {
            let reply = try alice.publish(
                PresencePhone.document("round\(round)"), etag: etag, cseq: round)
            etag = reply["sip-etag"]
            let seen = try bob.subscribe(expires: 0, cseq: round)
            #expect(seen.notify.body.contains(">round\(round)<"))
            #expect(seen.notify["Subscription-State"] == "terminated;reason=timeout")
        }
        #expect(try watchers(server) == 0)
        #expect(try server.rpc.call("presence.presentity_list").items?.count == 1)
    }

    @Test("changes come in their order with rising CSeq, over datagrams and over a connection")
    func order() throws {
        let server = try server()
        let alice = try PresencePhone("alice", server)
        for kind in [ClientSocket.Kind.datagrams, .stream] {
            let bob = try PresencePhone(kind == .stream ? "carol" : "bob", server, kind)
            _ = try bob.subscribe()
            var last = 0
            for round in 1...10 {
                _ = try alice.publish(
                    PresencePhone.document("round\(round)"),
                    cseq: kind == .stream ? 100 + round : round)
                let notify = try #require(bob.told())
                #expect(notify.body.contains(">round\(round)<"))
                let cseq = Int(notify["CSeq"]?.split(separator: " ").first ?? "") ?? 0
                #expect(cseq > last)
                last = cseq
            }
        }
        #expect(server.faults == [])
    }
}

/// Config/presence.cfg: what the documentation offers works as it is.
@Suite("the presence server that is shipped", .onThreads)
struct ShippedPresenceTests {
    private let database: TestDatabase

    init() throws { database = try TestDatabase(.sqlite) }

    private func server(_ options: String...) throws -> ServerProcess {
        var configuration = ServerConfiguration(shipped: "presence.cfg")
        configuration.options = ["-A", "DBURL=\"\(database.url)\""]
        for option in options { configuration.options += ["-A", option] }
        return try ServerProcess(configuration)
    }

    @Test("everybody watches everybody with WITH_EVERYBODY, and a restart changes nothing")
    func everybody() throws {
        let server = try server("WITH_EVERYBODY")
        let alice = try PresencePhone("alice", server)
        let bob = try PresencePhone("bob", server)
        let seen = try bob.subscribe(expires: 20)
        #expect(seen.reply["expires"] == "60", "the minimum is granted")
        let reply = try alice.publish(PresencePhone.document("open"), cseq: 1)
        #expect(reply.status == 200)
        #expect(bob.told()?.body.contains("<basic>open</basic>") == true)
        #expect(server.stop() == 0)
        try server.start()
        let again = try alice.publish(
            PresencePhone.document("closed"), etag: reply["sip-etag"], cseq: 2)
        #expect(again.status == 200)
        #expect(bob.told()?.body.contains("<basic>closed</basic>") == true)
        #expect(server.stop() == 0)
        #expect(server.faults == [])
    }

    @Test("who is not allowed waits; rules that come later are read when somebody says so")
    func rules() throws {
        let server = try server()
        let alice = try PresencePhone("alice", server)
        let bob = try PresencePhone("bob", server)
        _ = try alice.publish(PresencePhone.document("open"), cseq: 1)
        let seen = try bob.subscribe()
        #expect(seen.notify["Subscription-State"]?.hasPrefix("pending") == true)
        #expect(seen.notify.body.isEmpty)
        let rules = """
            <cr:ruleset xmlns="urn:ietf:params:xml:ns:pres-rules" \
            xmlns:cr="urn:ietf:params:xml:ns:common-policy"><cr:rule id="a"><cr:conditions>\
            <cr:identity><cr:one id="sip:bob@example.com"/></cr:identity></cr:conditions>\
            <cr:actions><sub-handling>allow</sub-handling></cr:actions></cr:rule></cr:ruleset>
            """
        _ = try database.sql(
            "INSERT INTO xcap (username, domain, doc, doc_type, etag, source, doc_uri, port) "
                + "VALUES ('alice', 'example.com', '\(rules)', 2, 'e', 0, 'index', 0);")
        _ = try server.rpc.call(
            "presence.updateWatchers", .string("sip:alice@example.com"), .string("presence"))
        let told = try #require(bob.told())
        #expect(told["Subscription-State"]?.hasPrefix("active") == true)
        #expect(told.body.contains("<basic>open</basic>"))
        #expect(server.faults == [])
    }
}
