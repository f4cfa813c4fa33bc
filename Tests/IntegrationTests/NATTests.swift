import JSONValue
import TestSupport
import Testing

/// Phones behind NATs, as Config/nat.cfg serves them: the address in their Contact is not where
/// they are.
@Suite("phones behind NATs", .onThreads)
struct NATTests {
    /// The shipped file, with shorter intervals.
    private func server(_ further: String = "") throws -> ServerProcess {
        var configuration = ServerConfiguration(shipped: "nat.cfg")
        configuration.file = configuration.file?
            .replacing("\"natping_interval\", 30", with: "\"natping_interval\", 1")
            .replacing("request_route {", with: "\(further)\nrequest_route {")
        return try ServerProcess(configuration)
    }

    @discardableResult
    private func register(
        _ user: String, _ phone: SIPClient, contact: String? = nil, agent: String = "Plain/1",
        expires: Int = 600, cseq: Int = 1
    ) throws -> SIPReply {
        let transport = phone.socket.kind == .stream ? ";transport=tcp" : ""
        let own = contact ?? "sip:\(user)@10.1.2.3:5066\(transport)"
        var message = RegisterMessage(user, own, expires: expires, cseq: cseq)
        message.further = ["User-Agent: \(agent)"]
        return try phone.register(message)
    }

    private func pings(_ server: ServerProcess, _ name: String = "sent") throws -> Int {
        try server.statistic("nathelper:pings_\(name)") ?? -1
    }

    @Test(
        "a private Contact is stored with the address that it was seen at",
        arguments: [ClientSocket.Kind.datagrams, .stream])
    func received(kind: ClientSocket.Kind) throws {
        let server = try server()
        let phone = try server.phone(kind)
        let reply = try register("alice", phone)
        #expect(reply.status == 200)
        #expect(reply.contacts.first?.parameters["received"] == "\"\(phone.seen)\"")
        let stored = try #require(try server.contact(of: "alice"))
        #expect(stored["Received"]?.text == phone.seen)
        #expect(stored["Address"]?.text?.hasPrefix("sip:alice@10.1.2.3:5066") == true)
        #expect(stored["CFlags"] == 64)
        #expect(stored["Socket"]?.text?.hasPrefix(kind == .stream ? "tcp:" : "udp:") == true)
        #expect(server.faults == [])
    }

    @Test("a phone that says truly where it is is left alone")
    func open() throws {
        let server = try server()
        let phone = try server.phone()
        let port = phone.socket.localPort
        let reply = try register("alice", phone, contact: "sip:alice@127.0.0.1:\(port)")
        #expect(reply.contacts.first?.parameters["received"] == nil)
        let stored = try #require(try server.contact(of: "alice"))
        #expect(stored["CFlags"] == 0)
        #expect(stored["Received"]?.text == "[not set]")
        #expect(phone.socket.receive(seconds: 1.5) == nil)
        #expect(try pings(server) == 0)
    }

    @Test("a Via with another port tells of a NAT, too")
    func via() throws {
        let server = try server()
        let phone = try server.phone()
        let port = phone.socket.localPort
        let text = RegisterMessage("alice", "sip:alice@127.0.0.1:5060")
            .text(from: phone.socket).replacing(
                "127.0.0.1:\(port);branch", with: "127.0.0.1;branch")
        #expect(try phone.request(text).status == 200)
        #expect(try server.contact(of: "alice")?["Received"]?.text == phone.seen)
    }

    // MARK: Pings

    @Test("packets come to the port that the phone sent from, about once an interval")
    func packets() throws {
        let server = try server()
        let phone = try server.phone()
        try register("alice", phone)
        let start = monotonicSeconds()
        for _ in 0..<3 { #expect(phone.socket.receive(seconds: 5) == [0, 0, 0, 0]) }
        #expect(monotonicSeconds() - start > 1)
        #expect(try pings(server) >= 3)
        #expect(try pings(server, "answered") == 0)
        // A refresh changes nothing of that, the end of the registration all.
        #expect(try register("alice", phone, expires: 0, cseq: 2).contacts == [])
        while phone.socket.receive(seconds: 0.1) != nil {}
        #expect(phone.socket.receive(seconds: 1.5) == nil)
    }

    @Test("a phone on TCP gets line ends, which are no message (RFC 5626 3.5.1)")
    func lineEnds() throws {
        let server = try server()
        let phone = try server.phone(.stream)
        try register("alice", phone)
        #expect(phone.socket.receive(seconds: 5)?.starts(with: [13, 10, 13, 10]) == true)
        #expect(try phone.options().status == 200)
        #expect(try server.contact(of: "alice") != nil)
    }

    @Test(
        "a phone that answers OPTIONS is asked, and its answers are counted",
        arguments: [ClientSocket.Kind.datagrams, .stream])
    func requests(kind: ClientSocket.Kind) throws {
        let server = try server()
        let phone = try server.phone(kind)
        try register("alice", phone, agent: "Acme/7")
        #expect(try server.contact(of: "alice")?["CFlags"] == 192)
        for number in 1...2 {
            let request = try #require(phone.incoming())
            #expect(request.method == "OPTIONS")
            #expect(request.uri.hasPrefix("sip:alice@10.1.2.3:5066"))
            #expect(request["From"]?.hasPrefix("<sip:pinger@example.com>;tag=") == true)
            #expect(request["To"] == "<\(request.uri)>")
            #expect(request["Max-Forwards"] == "70")
            #expect(request.values("Via").count == 1)
            #expect(request["Via"]?.contains("127.0.0.1:\(server.sipPort)") == true)
            phone.send(request.reply(number == 1 ? 200 : 486, number == 1 ? "OK" : "Busy Here"))
            #expect(
                try eventually(within: 5) { try pings(server, "answered") == number })
        }
        let stored = try #require(try server.contact(of: "alice"))
        #expect((stored["Last-Keepalive"]?.integer ?? 0) >= wallSeconds() - 10)
        #expect((stored["KA-Roundtrip"]?.integer ?? 0) > 0)
        #expect(server.faults == [])
    }

    @Test("an answer that was made up, or comes again, counts for nothing")
    func madeUp() throws {
        let server = try server()
        let phone = try server.phone()
        try register("alice", phone, agent: "Example phone")
        let request = try #require(phone.incoming())
        try server.rpc.call("nathelper.enable_ping", 0)
        let good = request.reply(200, "OK")
        let tag = try #require(request["From"]?.split(separator: "=").last)
        for forged in [
            good.replacing(String(tag), with: String(tag.reversed())),
            good.replacing(String(tag), with: "1"), good.replacing(";tag=\(tag)", with: ""),
            good.replacing("1 OPTIONS", with: "1 NOTIFY"),
        ] {
            phone.send(forged)
        }
        #expect(try phone.options().status == 200)
        #expect(try pings(server, "answered") == 0)
        phone.send(good)
        #expect(try eventually(within: 5) { try pings(server, "answered") == 1 })
    }

    @Test("nathelper.enable_ping stops the pings and lets them go on")
    func switching() throws {
        let server = try server()
        let phone = try server.phone()
        try register("alice", phone)
        #expect(phone.socket.receive(seconds: 5) != nil)
        try server.rpc.call("nathelper.enable_ping", 0)
        while phone.socket.receive(seconds: 0.2) != nil {}
        #expect(phone.socket.receive(seconds: 1.5) == nil)
        try server.rpc.call("nathelper.enable_ping", 1)
        #expect(phone.socket.receive(seconds: 5) == [0, 0, 0, 0])
    }

    @Test("keepalive_timeout ends the binding of a phone that does not answer")
    func timeout() throws {
        let server = try server("modparam(\"nathelper\", \"keepalive_timeout\", 3)")
        let (silent, polite) = (try server.phone(), try server.phone())
        try register("silent", silent, agent: "Acme")
        try register("polite", polite, agent: "Acme")
        try register("packets", try server.phone())
        let isGone = try eventually(within: 20) {
            if let request = polite.incoming(seconds: 0.2) {
                polite.send(request.reply(200, "OK"))
            }
            return try server.uris(of: "silent") == []
        }
        #expect(isGone)
        #expect(try server.contact(of: "polite") != nil)
        #expect(try server.contact(of: "packets") != nil)
        #expect(try server.statistic("nathelper:contacts_ended") == 1)
    }

    // MARK: Connections

    @Test("a contact ends with the connection that it registered on, and no other does")
    func lostConnection() throws {
        let server = try server("modparam(\"usrloc\", \"timer_interval\", 1)")
        let (other, datagrams) = (try server.phone(.stream), try server.phone())
        do {
            let phone = try server.phone(.stream)
            try register("alice", phone)
            try register("bob", other)
            try register("carol", datagrams)
            let ids = try ["alice", "bob", "carol"].map {
                try server.contact(of: $0)?["Tcpconn-Id"]?.integer ?? 0
            }
            #expect(ids[0] > 0 && ids[1] > 0 && ids[0] != ids[1])
            #expect(ids[2] <= 0)
        }
        #expect(try eventually(within: 10) { try server.uris(of: "alice") == [] })
        #expect(try server.contact(of: "bob") != nil)
        #expect(try server.contact(of: "carol") != nil)
        #expect(try other.options().status == 200)
    }

    @Test("a phone that comes back on a new connection keeps its contact when the old one ends")
    func newConnection() throws {
        let server = try server("modparam(\"usrloc\", \"timer_interval\", 1)")
        let second = try server.phone(.stream)
        do {
            let first = try server.phone(.stream)
            try register("alice", first)
            #expect(try register("alice", second, cseq: 2).status == 200)
            // Both are known until here: the first is closed now.
            #expect(try first.options().status == 200)
        }
        #expect(try second.options().status == 200)
        pause(seconds: 2.2)
        let stored = try #require(try server.contact(of: "alice"))
        #expect(stored["Received"]?.text == second.seen)
    }
}
