import JSONValue
import TestSupport
import Testing

@Suite("registrations that travel between servers", .onThreads, .serialized)
struct RegistrationsTravelTests {
    private static let patience = Rig.limit(60)

    @Test("two servers that follow each other find everybody, wherever he registers")
    func twoServers() throws {
        let count = 1_000
        let one = try TravellingServer()
        let two = try TravellingServer()
        try one.follow(0..<count, at: two)
        try two.follow(0..<count, at: one)
        let first = try one.register(0..<count / 2)
        let second = try two.register(count / 2..<count)
        #expect(first.statuses == [200: count / 2] && second.statuses == [200: count / 2])
        let isComplete = eventually(within: Self.patience) {
            one.users == count && two.users == count
        }
        #expect(isComplete, "\(String(describing: one.users)) \(String(describing: two.users))")
        for user in stride(from: 0, to: count, by: 7) {
            let contact = "sip:user\(user)@192.0.2.1:5060"
            #expect(try one.found("user\(user)") == contact)
            #expect(try two.found("user\(user)") == contact)
        }
        let learnt = try one.server.contacts(of: "user\(count - 1)")
        #expect(learnt.map { $0["Ruid"]?.text?.hasPrefix("regi-") } == [true])
        // Nothing goes round: each tells of its own, and of each once.
        pause(seconds: 1)
        #expect(try one.figure("documents_published") == count / 2)
        #expect(try two.figure("documents_published") == count / 2)
        #expect(try one.figure("notifies_refused") == 0)
        #expect(one.server.faults.isEmpty && two.server.faults.isEmpty)
    }

    @Test(
        "contacts end elsewhere when they end, and those of a dead server when their time is over")
    func ends() throws {
        let one = try TravellingServer()
        let two = try TravellingServer()
        try one.follow(0..<20, at: two)
        _ = try two.register(0..<10, expires: 600)
        _ = try two.register(10..<20, expires: 6)
        #expect(eventually(within: Self.patience) { one.users == 20 })
        // One is unregistered by its phone, one removed by a command.
        let phone = try two.server.phone()
        try phone.register(
            RegisterMessage(
                "user0", "sip:user0@192.0.2.1:5060", expires: 0, callID: "burst-0@test", cseq: 2))
        _ = try two.server.rpc.call("ul.rm", "location", "user1")
        let areGone = try eventually(within: Self.patience) {
            let left = [try one.found("user0"), try one.found("user1")]
            return left == [nil, nil]
        }
        #expect(areGone)
        two.server.kill()
        #expect(eventually(within: Self.patience) { one.users == 8 })
        #expect(try one.found("user12") == nil)
        // It comes back with nothing in memory; its phones come back to it, and so does whoever
        // follows it.
        try two.server.start()
        _ = try two.register(0..<20, expires: 600, cseq: 9)
        try one.follow(0..<20, at: two)
        #expect(eventually(within: Self.patience) { one.users == 20 })
    }

    @Test("a ring of three settles: what was learnt is not told on")
    func ring() throws {
        let servers = try (0..<3).map { _ in try TravellingServer() }
        for place in servers.indices {
            try servers[place].follow(0..<30, at: servers[(place + 1) % 3])
        }
        for place in servers.indices {
            _ = try servers[place].register(place * 10..<place * 10 + 10)
        }
        let isSettled = eventually(within: Self.patience) { servers.allSatisfy { $0.users == 20 } }
        #expect(isSettled)
        let told = try servers.map { try $0.figure("documents_published") }
        #expect(told == [10, 10, 10])
        pause(seconds: 2)
        #expect(try servers.map { try $0.figure("documents_published") } == told)
        #expect(servers.map(\.users) == [20, 20, 20])
    }

    @Test("where each follows each, a full document ends contacts of its own server alone")
    func mesh() throws {
        let servers = try (0..<3).map { _ in try TravellingServer() }
        for one in servers.indices {
            for two in servers.indices where one != two {
                try servers[one].follow(0..<1, at: servers[two])
            }
        }
        for place in servers.indices {
            try servers[place].phone.register(
                RegisterMessage("user0", "sip:user0@192.0.2.\(place):5060", callID: "c\(place)"))
        }
        func counts() throws -> [Int] {
            try servers.map { try $0.server.contacts(of: "user0").count }
        }
        #expect(try eventually(within: Self.patience) { try counts() == [3, 3, 3] })
        try servers[1].phone.register(
            RegisterMessage("user0", "sip:user0@192.0.2.1:5060", expires: 0, callID: "c1", cseq: 2))
        #expect(try eventually(within: Self.patience) { try counts() == [2, 2, 2] })
        pause(seconds: 1)
        #expect(try counts() == [2, 2, 2])
    }

    @Test("a phone that moves to another server is that server's, and nowhere twice")
    func moves() throws {
        let one = try TravellingServer()
        let two = try TravellingServer()
        try one.follow(0..<1, at: two)
        try two.follow(0..<1, at: one)
        let contact = "sip:user0@192.0.2.1:5060"
        func ruids() throws -> [[String?]] {
            try [one, two].map { server in
                try server.server.contacts(of: "user0").map {
                    $0["Ruid"]?.text.map { String($0.prefix(4)) }
                }
            }
        }
        try one.phone.register(RegisterMessage("user0", contact, callID: "moving", cseq: 1))
        #expect(try eventually(within: Self.patience) { try ruids() == [["uloc"], ["regi"]] })
        try two.phone.register(RegisterMessage("user0", contact, callID: "moving", cseq: 2))
        #expect(try eventually(within: Self.patience) { try ruids() == [["regi"], ["uloc"]] })
        pause(seconds: 1)
        #expect(try ruids() == [["regi"], ["uloc"]])
    }
}

/// A telephone that watches somebody's registrations.
private struct RegistrationWatcher {
    let client: SIPClient
    let user: String

    init(_ user: String, _ server: TravellingServer) throws {
        client = try server.server.phone()
        self.user = user
        let reply = try client.request(
            client.request(
                "SUBSCRIBE", "sip:\(user)@127.0.0.1", callID: "watch-\(user)@test",
                further: [
                    "Event: reg", "Expires: 600",
                    "Contact: <sip:watcher@127.0.0.1:\(client.socket.localPort)>",
                ]))
        #expect(reply.status == 200)
    }

    /// The document of the next NOTIFY.
    func told() -> String? {
        guard let notify = client.incoming(seconds: Rig.limit(10)) else { return nil }
        client.send(notify.reply(200, "OK"))
        return notify.body
    }

    /// The value of an attribute, where it stands first.
    static func value(_ name: String, in text: String) -> String? {
        guard let start = text.firstRange(of: " \(name)=\"") else { return nil }
        return text[start.upperBound...].split(separator: "\"", maxSplits: 1).first.map(String.init)
    }
}

@Suite("what watchers of registrations are told", .onThreads)
struct RegistrationDocumentTests {
    @Test("each event has its word, versions count up, ids stay, and an expired contact is listed")
    func documents() throws {
        let server = try TravellingServer()
        let watcher = try RegistrationWatcher("user0", server)
        #expect(watcher.told() != nil)
        let contact = "sip:user0@192.0.2.1:5060"
        var message = RegisterMessage("user0", contact, expires: 600)
        var documents: [String] = []
        func next() throws {
            let told = watcher.told()
            documents.append(try #require(told))
        }
        try server.phone.register(message)
        try next()
        message.cseq = 2
        message.expires = 2
        try server.phone.register(message)
        try next()
        try next()
        let events = documents.map { RegistrationWatcher.value("event", in: $0) }
        #expect(events == ["registered", "refreshed", "expired"])
        #expect(documents.map { $0.contains("state=\"terminated\"") } == [false, false, true])
        let ids = documents.map { text in
            text.split(separator: "<contact ").last.flatMap {
                RegistrationWatcher.value("id", in: " " + $0)
            }
        }
        #expect(Set(ids).count == 1 && ids[0]?.count == 17)
        let versions = documents.compactMap { text in
            text.firstRange(of: "<reginfo").flatMap { start in
                RegistrationWatcher.value("version", in: String(text[start.lowerBound...]))
            }.flatMap { Int($0) }
        }
        #expect(
            versions.count == 3 && zip(versions, versions.dropFirst()).allSatisfy { $0 + 1 == $1 })
        #expect(
            documents.allSatisfy { !$0.contains(" received=\"") && !$0.contains("user_agent=") })
    }

    @Test("reginfo_disable_publish keeps the changes of one message quiet")
    func quiet() throws {
        let server = try TravellingServer()
        var message = RegisterMessage("user0", "sip:user0@192.0.2.1:5060")
        message.further = ["X-Quiet: yes"]
        try server.phone.register(message)
        pause(seconds: 0.5)
        #expect(try server.figure("documents_published") == 0)
        message.further = []
        message.cseq = 2
        try server.phone.register(message)
        #expect(
            try eventually(within: Rig.limit(10)) {
                try server.figure("documents_published") == 1
            })
    }

    @Test("a server takes what its script hands it, until it follows somebody: then its own alone")
    func strangers() throws {
        let server = try TravellingServer()
        let stranger = try server.server.phone()
        func notify(_ number: Int) throws -> String {
            let body = """
                <?xml version="1.0"?>
                <reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">\
                <registration aor="sip:bob@example.com" id="r" state="active">\
                <contact id="c" state="active" event="created" expires="300" callid="x" \
                cseq="\(number)"><uri>sip:bob@192.0.2.\(number)</uri></contact>\
                </registration></reginfo>
                """
            let reply = try stranger.request(
                stranger.request(
                    "NOTIFY", "sip:reginfo@127.0.0.1", callID: "stranger-\(number)@test",
                    further: ["Event: reg", "Content-Type: application/reginfo+xml"], body: body))
            return reply.reason
        }
        #expect(try notify(1) == "rc=1")
        #expect(try server.server.uris(of: "bob") == ["sip:bob@192.0.2.1"])
        try server.follow(["carol"], port: server.server.sipPort)
        #expect(try notify(2) == "rc=-1")
        #expect(try server.server.uris(of: "bob") == ["sip:bob@192.0.2.1"])
    }
}
