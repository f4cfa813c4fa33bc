import JSONValue
import TestSupport
import Testing

/// `matching_mode`: what makes two contacts of a user the same binding, in memory and in tables.
@Suite("matching modes", .onThreads)
struct MatchingModeTests {
    /// Two registrations and how many bindings they are in modes 0 to 3.
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let contact: String
        let callID: String
        let path: String
        let counts: [Int]
    }

    private static let cases = [
        Case(
            description: "another Call-ID", contact: "sip:a@192.0.2.1", callID: "two@test",
            path: "<sip:192.0.2.20;lr>", counts: [1, 2, 1, 2]),
        Case(
            description: "another Path", contact: "sip:a@192.0.2.1", callID: "one@test",
            path: "<sip:192.0.2.21;lr>", counts: [1, 1, 2, 1]),
        Case(
            description: "another contact", contact: "sip:b@192.0.2.1", callID: "one@test",
            path: "<sip:192.0.2.20;lr>", counts: [2, 2, 2, 1]),
        Case(
            description: "all the same", contact: "sip:a@192.0.2.1", callID: "one@test",
            path: "<sip:192.0.2.20;lr>", counts: [1, 1, 1, 1]),
        Case(
            description: "all others", contact: "sip:b@192.0.2.1", callID: "two@test",
            path: "<sip:192.0.2.21;lr>", counts: [2, 2, 2, 2]),
    ]

    private func message(_ contact: String, _ callID: String, _ path: String, _ cseq: Int)
        -> RegisterMessage
    {
        var message = RegisterMessage("alice", contact, callID: callID, cseq: cseq)
        message.further = ["Supported: path", "Path: \(path)"]
        return message
    }

    private static let kinds: [(TestDatabase.Kind, Int)] =
        [(.sqlite, 1), (.mariaDB, 2), (.mariaDB, 3)].filter {
            TestDatabase.Kind.installed.contains($0.0)
        }

    @Test(
        "a second registration is the same binding or another, before and after a restart",
        arguments: kinds, 0...3)
    func matching(place: (TestDatabase.Kind, Int), mode: Int) throws {
        let database = try TestDatabase(place.0)
        let server = try ServerProcess(databaseMode: place.1, database.url) {
            $0.set("usrloc", "matching_mode", mode)
            $0.set("registrar", "use_path", 1)
            $0.set("registrar", "path_mode", 0)
        }
        for isRestarted in [false, true] {
            for each in Self.cases {
                let phone = try server.phone()
                let first = message("sip:a@192.0.2.1", "one@test", "<sip:192.0.2.20;lr>", 1)
                #expect(try phone.register(first).status == 200)
                if isRestarted {
                    #expect(server.stop() == 0)
                    try server.start()
                }
                let second = message(each.contact, each.callID, each.path, 2)
                let reply = try server.phone().register(second)
                #expect(reply.status == 200, "\(each)")
                #expect(reply.contacts.count == each.counts[mode], "\(each)")
                // By its Call-ID alone a binding keeps the contact that it began with, as in
                // Kamailio.
                let kept = mode == 3 && each.counts[3] == 1 ? "sip:a@192.0.2.1" : each.contact
                #expect(reply.uris.contains(kept), "\(each)")
                if place.1 == 2 { try server.rpc.call("ul.flush") }
                #expect(try database.count() == each.counts[mode], "\(each)")
                let rows = try database.rows(where: "cseq = 2")
                #expect(rows.map { $0["contact"] } == [kept], "\(each)")
                #expect(rows.map { $0["callid"] } == [each.callID], "\(each)")
                #expect(rows.map { $0["path"] } == [each.path], "\(each)")
                try server.rpc.call("ul.rm", "location", "alice")
                if place.1 == 2 { try server.rpc.call("ul.flush") }
                #expect(try database.count() == 0, "\(each)")
            }
        }
        #expect(server.faults == [])
    }

    @Test("a contact leaves by what makes it one, whatever the mode", arguments: 0...3)
    func leaving(mode: Int) throws {
        let database = try TestDatabase(.sqlite)
        let server = try ServerProcess(databaseMode: 1, database.url) {
            $0.set("usrloc", "matching_mode", mode)
            $0.set("registrar", "use_path", 1)
            $0.set("registrar", "path_mode", 0)
        }
        let phone = try server.phone()
        for number in 1...3 {
            let each = message(
                "sip:a\(number)@192.0.2.1", "call\(number)@test", "<sip:192.0.2.2\(number);lr>", 1)
            #expect(try phone.register(each).contacts.count == number)
        }
        for number in 1...3 {
            var each = message(
                "sip:a\(number)@192.0.2.1", "call\(number)@test", "<sip:192.0.2.2\(number);lr>", 2)
            each.expires = 0
            #expect(try phone.register(each).contacts.count == 3 - number)
            #expect(try database.count() == 3 - number)
        }
    }
}
