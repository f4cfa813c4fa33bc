import JSONValue
import TestSupport
import Testing

/// Config/mariadb.cfg: callers are told where a user is.
@Suite("redirecting callers to registered users", .onThreads, .needsMariaDB)
struct RedirectTests {
    private struct Bench {
        let database: TestDatabase
        let server: ServerProcess
        let phone: SIPClient

        init() throws {
            let database = try TestDatabase(.mariaDB)
            self.database = database
            var configuration = ServerConfiguration(shipped: "mariadb.cfg")
            configuration.options = ["-A", "DBURL=\"\(database.url)\""]
            server = try ServerProcess(configuration)
            phone = try server.phone()
        }

        func ask(_ method: String, _ uri: String, _ callID: String) throws -> SIPReply {
            try phone.request(phone.request(method, uri, callID: "\(callID)@test"))
        }
    }

    @Test("a caller gets 302 with the contact of the user", arguments: ["INVITE", "MESSAGE"])
    func redirect(method: String) throws {
        let bench = try Bench()
        try bench.phone.register("alice", "sip:alice@192.0.2.1:5070;transport=tcp")
        let reply = try bench.ask(method, "sip:alice@example.com", "call")
        #expect(reply.status == 302)
        #expect(reply.uris == ["sip:alice@192.0.2.1:5070;transport=tcp"])
        #expect(bench.server.faults == [])
    }

    @Test("of several contacts the one with the highest q, and nobody for unknown users")
    func best() throws {
        let bench = try Bench()
        for (number, q) in ["0.2", "0.9", "0.5"].enumerated() {
            var message = RegisterMessage("alice", callID: "phone\(number)@test")
            message.contacts = ["<sip:phone\(number)@192.0.2.1>;q=\(q)"]
            #expect(try bench.phone.register(message).status == 200)
        }
        let first = try bench.ask("INVITE", "sip:alice@example.com", "one")
        #expect(first.status == 302)
        #expect(first.uris.first == "sip:phone1@192.0.2.1")
        #expect(try bench.ask("INVITE", "sip:nobody@example.com", "two").status == 404)
        // The domain is part of the AoR in this file.
        #expect(try bench.ask("INVITE", "sip:alice@example.org", "three").status == 404)
        #expect(try bench.ask("OPTIONS", "sip:alice@example.com", "four").status == 200)
        #expect(try bench.ask("SUBSCRIBE", "sip:alice@example.com", "five").status == 404)
    }

    @Test("the contact is still told after a restart, and not after it has gone")
    func restart() throws {
        let bench = try Bench()
        try bench.phone.register("alice", "sip:alice@192.0.2.1")
        #expect(bench.server.stop() == 0)
        #expect(try bench.database.rows().map { $0["domain"] } == ["example.com"])
        #expect(try bench.database.rows().map { $0["server_id"] } == ["1"])
        try bench.server.start()
        let reply = try bench.ask("INVITE", "sip:alice@example.com", "later")
        #expect(reply.uris == ["sip:alice@192.0.2.1"])
        try bench.phone.register("alice", "sip:alice@192.0.2.1", expires: 0, cseq: 2)
        #expect(try bench.ask("INVITE", "sip:alice@example.com", "gone").status == 404)
    }

    @Test("the limits of the file hold: lifetimes, contacts for each user, hops, sanity")
    func limits() throws {
        let bench = try Bench()
        let long = try bench.phone.register("alice", "sip:a0@192.0.2.1", expires: 100_000)
        #expect((3_240...3_600).contains(long.contacts.first?.expires ?? 0))
        for number in 1...5 {
            let reply = try bench.phone.register(
                RegisterMessage("alice", "sip:a\(number)@192.0.2.1", callID: "c\(number)@test"))
            #expect(reply.status == (number < 5 ? 200 : 503), "\(number)")
            if number == 5 { #expect(reply["retry-after"] == "30") }
        }
        let hops = bench.phone.request(
            "INVITE", "sip:alice@example.com", callID: "hops@test", maxForwards: 0)
        #expect(try bench.phone.request(hops).status == 483)
        let scheme = bench.phone.request("INVITE", "mailto:alice@example.com", callID: "odd@test")
        #expect(try bench.phone.request(scheme).status == 416)
    }
}
