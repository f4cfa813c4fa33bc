import JSONValue
import TestSupport
import Testing

/// `event_route[usrloc:contact-expired]` in a server that runs, with what `$ulc(exp=>...)` shows.
@Suite("the event of an expired contact", .onThreads)
struct ExpiredEventTests {
    private func server(_ mode: Int, _ database: TestDatabase?) throws -> ServerProcess {
        try ServerProcess {
            $0.set("usrloc", "db_mode", mode)
            if let database { $0.set("usrloc", "db_url", database.url) }
            $0.set("usrloc", "timer_interval", 1)
            $0.set("registrar", "min_expires", 1)
            $0.set("registrar", "use_path", 1)
            $0.set("registrar", "path_mode", 0)
            $0.routes += """

                event_route[usrloc:contact-expired] {
                    xlog("L_NOTICE", "gone: $ulc(exp=>aor) $ulc(exp=>addr) $ulc(exp=>callid)"
                        + " $ulc(exp=>cseq) $ulc(exp=>path) $ulc(exp=>user_agent)"
                        + " $ulc(exp=>count) $ru $tU end\\n");
                }
                """
        }
    }

    private static let cases =
        [(0, TestDatabase.Kind.sqlite)]
        + TestDatabase.Kind.installed.flatMap { kind in [2, 3].map { ($0, kind) } }

    @Test("it runs once for each, with the right contact, in each db_mode", arguments: cases)
    func right(mode: Int, kind: TestDatabase.Kind) throws {
        let database = mode == 0 ? nil : try TestDatabase(kind)
        let server = try server(mode, database)
        let phone = try server.phone()
        for number in 1...5 {
            var message = RegisterMessage(
                "user\(number)", "sip:u\(number)@192.0.2.\(number):5070", expires: 2,
                callID: "call-\(number)@test", cseq: 10 + number)
            message.further = [
                "User-Agent: Phone/\(number)", "Supported: path",
                "Path: <sip:edge\(number).example.com;lr>",
            ]
            #expect(try phone.register(message).status == 200)
        }
        try phone.register("lasting", "sip:lasting@192.0.2.9")
        try phone.register("leaving", "sip:leaving@192.0.2.8", expires: 2)
        try phone.register("leaving", "sip:leaving@192.0.2.8", expires: 0, cseq: 2)
        let isDone = eventually(within: 20) { server.logged("gone: ") >= 5 }
        #expect(isDone, "\(server.log.suffix(800))")
        pause(seconds: 1.5)
        for number in 1...5 {
            let words =
                "gone: user\(number) sip:u\(number)@192.0.2.\(number):5070"
                + " call-\(number)@test \(10 + number) <sip:edge\(number).example.com;lr>"
                + " Phone/\(number) 1 sip:u\(number)@192.0.2.\(number):5070 "
            #expect(server.logged(words) == 1, "\(server.log.suffix(800))")
        }
        #expect(server.logged("gone: ") == 5)
        #expect(try server.uris(of: "lasting") == ["sip:lasting@192.0.2.9"])
        if let database { #expect(try database.count(where: "username <> 'lasting'") == 0) }
        #expect(server.faults == [])
    }

    @Test("a contact that is refreshed in time is not told of")
    func refreshed() throws {
        let server = try server(0, nil)
        let phone = try server.phone()
        for cseq in 1...6 {
            try phone.register("alice", "sip:alice@192.0.2.1", expires: 3, cseq: cseq)
            pause(seconds: 0.7)
        }
        #expect(server.logged("gone: ") == 0)
        #expect(eventually(within: 15) { server.logged("gone: alice") == 1 })
    }

    @Test("two servers on one table leave no contact untold", .needsMariaDB)
    func shared() throws {
        let database = try TestDatabase(.mariaDB)
        let servers = [try server(3, database), try server(3, database)]
        for number in 0..<10 {
            try servers[number % 2].phone().register(
                "user\(number)", "sip:u\(number)@192.0.2.1", expires: 2)
        }
        let isDone = try eventually(within: 20) { try database.count() == 0 }
        #expect(isDone)
        pause(seconds: 1.5)
        for number in 0..<10 {
            let times = servers.reduce(0) { $0 + $1.logged("gone: user\(number) ") }
            // Both may find the same row, if their timers fall together.
            #expect((1...2).contains(times), "user\(number)")
        }
    }
}
