import JSONValue
import TestSupport
import Testing

/// An edge proxy in front of a registrar, as Config/edge.cfg has it: RFC 3327.
private struct Chain {
    let database: TestDatabase
    let registrar: ServerProcess
    let edge: ServerProcess

    /// A registrar that sends requests for its users along their Path.
    private static let routes = """
        request_route {
            if (is_method("REGISTER")) {
                save("location");
                exit;
            }
            # Goes back to where it came from, over and over.
            if (is_method("INFO")) {
                $du = "sip:" + $si + ":" + $sp;
                if (!forward()) sl_send_reply("483", "Too Many Hops");
                exit;
            }
            if ($rU == $null || is_method("PUBLISH")) {
                sl_send_reply("200", "OK");
                exit;
            }
            if (!lookup("location")) {
                sl_send_reply("404", "Not Found");
                exit;
            }
            if (!forward()) sl_send_reply("503", "No Way On");
        }
        """

    init(_ kind: TestDatabase.Kind = .sqlite, mode: Int = 1) throws {
        let database = try TestDatabase(kind)
        self.database = database
        registrar = try ServerProcess(databaseMode: mode, database.url) {
            $0.set("registrar", "use_path", 1)
            $0.set("registrar", "path_mode", 0)
            $0.set("registrar", "path_use_received", 1)
            $0.routes = Self.routes
        }
        edge = try Self.edge(registrar: "sip:127.0.0.1:\(registrar.sipPort)")
    }

    /// The shipped file, with the registrar that the command line names.
    static func edge(registrar: String) throws -> ServerProcess {
        var configuration = ServerConfiguration(shipped: "edge.cfg", sipPort: 5070, httpPort: 8281)
        configuration.options = ["-A", "REGISTRAR=\"\(registrar)\""]
        return try ServerProcess(configuration)
    }

    /// A registration by way of the edge.
    @discardableResult
    func register(
        _ user: String, _ phone: SIPClient, expires: Int = 600, cseq: Int = 1
    ) throws -> SIPReply {
        var message = RegisterMessage(user, "sip:\(user)@10.0.0.7:5060", expires: expires)
        message.cseq = cseq
        message.further = ["Supported: path"]
        return try phone.register(message)
    }

    /// A phone that has registered by way of the edge.
    func phone(_ user: String, _ kind: ClientSocket.Kind) throws -> SIPClient {
        let phone = try edge.phone(kind)
        let reply = try register(user, phone)
        #expect(reply.status == 200, "\(reply.text)")
        return phone
    }
}

/// One database, one kind of phone.
private struct Case: Sendable, CustomStringConvertible {
    let database: TestDatabase.Kind
    let phone: ClientSocket.Kind
    var description: String { "\(database), \(phone)" }

    static let all = TestDatabase.Kind.installed.flatMap { database in
        [ClientSocket.Kind.datagrams, .stream].map { Case(database: database, phone: $0) }
    }
}

@Suite("an edge proxy and its registrar", .onThreads)
struct EdgeTests {
    @Test("a REGISTER through the edge stores Path and where the phone is", arguments: Case.all)
    fileprivate func registration(each: Case) throws {
        let chain = try Chain(each.database)
        let phone = try chain.edge.phone(each.phone)
        let reply = try chain.register("alice", phone)
        #expect(reply.status == 200)
        #expect(reply.uris == ["sip:alice@10.0.0.7:5060"])
        // The edge has taken its Via out again, and the phone learns how it is seen (RFC 3581).
        let vias = reply.fields.filter { $0.name == "via" }.map(\.value)
        #expect(vias.count == 1)
        #expect(vias.first?.contains("rport=\(phone.socket.localPort)") == true)
        let edge = "127.0.0.1:\(chain.edge.sipPort)"
        let seen = phone.seen.replacing(";transport=", with: "%3Btransport%3D")
        let path =
            each.phone == .datagrams
            ? "<sip:\(edge);lr;received=\(seen)>"
            : "<sip:\(edge);lr;received=\(seen);r2=on>"
                + ", <sip:\(edge);transport=tcp;lr;received=\(seen);r2=on>"
        let stored = try #require(try chain.registrar.contact(of: "alice"))
        func plain(_ text: String?) -> String? { text?.replacing(">, <", with: ">,<") }
        #expect(plain(stored["Path"]?.text) == plain(path))
        #expect(stored["Received"]?.text == phone.seen)
        let row = try #require(try chain.database.rows().first)
        #expect(plain(row["path"]) == plain(path))
        #expect(row["received"] == phone.seen)
        #expect(row["contact"] == "sip:alice@10.0.0.7:5060")
        // The registrar got it from the edge over UDP, whatever the phone speaks.
        #expect(row["socket"] == "udp:127.0.0.1:\(chain.registrar.sipPort)")
        #expect(try chain.register("alice", phone, expires: 0, cseq: 2).contacts == [])
        #expect(try chain.database.count() == 0)
    }

    @Test(
        "what the registrar sends reaches the phone at its address, and the reply the caller",
        arguments: [ClientSocket.Kind.datagrams, .stream], ["MESSAGE", "OPTIONS", "INVITE"])
    func delivery(kind: ClientSocket.Kind, method: String) throws {
        let chain = try Chain()
        let phone = try chain.phone("alice", kind)
        let caller = try chain.registrar.phone()
        caller.send(
            caller.request(
                method, "sip:alice@example.com", callID: "call@test", body: "Hällo\r\n\r\nthere"))
        let request = try #require(phone.incoming())
        #expect(request.method == method)
        #expect(request.uri == "sip:alice@10.0.0.7:5060")
        #expect(request.body == "Hällo\r\n\r\nthere".replacing("\r\n", with: "\n"))
        #expect(request.values("Via").count == 3)
        #expect(request.values("Route") == [])
        #expect(request["Max-Forwards"] == "68")
        #expect(request.values("Via")[0].hasPrefix(kind == .stream ? "SIP/2.0/TCP" : "SIP/2.0/UDP"))
        phone.send(request.reply(486, "Busy Here", further: ["X-Phone: alice"]))
        let answer = try #require(caller.answer(to: "call@test"))
        #expect(answer.status == 486)
        #expect(answer["x-phone"] == "alice")
        #expect(answer.fields.filter { $0.name == "via" }.count == 1)
        #expect(chain.edge.faults + chain.registrar.faults == [])
    }

    @Test(
        "after a restart of the registrar the Path in the row still leads to the phone",
        arguments: Case.all)
    fileprivate func restart(each: Case) throws {
        let chain = try Chain(each.database)
        let phone = try chain.phone("alice", each.phone)
        let before = try chain.registrar.contact(of: "alice")
        chain.registrar.kill()
        try chain.registrar.start()
        let after = try chain.registrar.contact(of: "alice")
        for name in ["Path", "Received", "Address", "Ruid", "Socket"] {
            #expect(after?[name] == before?[name], "\(name)")
        }
        let caller = try chain.registrar.phone()
        caller.send(caller.request("MESSAGE", "sip:alice@example.com", callID: "late@test"))
        let request = try #require(phone.incoming())
        phone.send(request.reply(200, "OK"))
        #expect(caller.answer(to: "late@test")?.status == 200)
    }

    @Test("each phone behind one edge gets what is its own")
    func many() throws {
        let chain = try Chain()
        let users = (0..<6).map { "user\($0)" }
        let phones = try users.enumerated().map { number, user in
            try chain.phone(user, number % 2 == 0 ? .datagrams : .stream)
        }
        let caller = try chain.registrar.phone()
        for (user, phone) in zip(users, phones).reversed() {
            caller.send(
                caller.request("MESSAGE", "sip:\(user)@example.com", callID: "\(user)@test"))
            let request = try #require(phone.incoming(), "\(user)")
            #expect(request.uri == "sip:\(user)@10.0.0.7:5060")
            phone.send(request.reply(200, "OK"))
            #expect(caller.answer(to: "\(user)@test")?.status == 200)
        }
        for phone in phones { #expect(phone.incoming(seconds: 0.05) == nil) }
    }

    @Test("what a phone sends out goes to the registrar and comes back", arguments: [1, 2])
    func outwards(kinds: Int) throws {
        let chain = try Chain()
        let phone = try chain.edge.phone(kinds == 1 ? .datagrams : .stream)
        let known = phone.request("PUBLISH", "sip:alice@example.com", callID: "publish@test")
        #expect(try phone.request(known).status == 200)
        let unknown = phone.request("MESSAGE", "sip:nobody@example.com", callID: "message@test")
        #expect(try phone.request(unknown).status == 404)
    }

    // MARK: Loops

    @Test("an edge that is its own registrar ends the loop with 483, and so do both together")
    func loop() throws {
        let port = try FreePorts.take(1)[0]
        var configuration = ServerConfiguration(shipped: "edge.cfg", sipPort: 5070, httpPort: 8281)
        configuration.file = configuration.file?.replacing("{sip}", with: "\(port)")
        configuration.options = ["-A", "REGISTRAR=\"sip:127.0.0.1:\(port)\""]
        configuration.listens = []
        let folder = try TemporaryFolder()
        try folder.write(
            configuration.text(sipPort: port, httpPort: try FreePorts.take(1)[0]), to: "edge.cfg")
        let edge = try StartedProgram(
            try ToolPath.built("roost"),
            ["-f", folder.file("edge.cfg"), "-DD", "-E"] + configuration.options,
            output: folder.file("log"))
        let phone = try SIPClient(port: port)
        let text = phone.request(
            "MESSAGE", "sip:alice@example.com", callID: "loop@test", maxForwards: 20)
        #expect(try phone.request(text, seconds: 20).status == 483)
        #expect(edge.isRunning)
        let chain = try Chain()
        let other = try chain.edge.phone()
        let back = other.request("INFO", "sip:alice@example.com", callID: "back@test")
        let reply = try other.request(back, seconds: 20)
        #expect(reply.status == 483)
        #expect(reply.fields.filter { $0.name == "via" }.count == 1)
        #expect(chain.edge.faults + chain.registrar.faults == [])
    }

    @Test("Max-Forwards 0 is 483 at once, and what is malformed is refused", arguments: [0, 1])
    func maxForwards(value: Int) throws {
        let chain = try Chain()
        let phone = try chain.edge.phone()
        let text = phone.request(
            "MESSAGE", "sip:nobody@example.com", callID: "mf\(value)@test", maxForwards: value)
        #expect(try phone.request(text).status == (value == 0 ? 483 : 404))
        let odd = phone.request("MESSAGE", "sip:nobody@example.com", callID: "odd@test")
            .replacing("CSeq: 1 MESSAGE", with: "CSeq: 1 OPTIONS")
        #expect(try phone.request(odd).status == 400)
    }

    @Test("a registrar whose name leads nowhere is 478, and the log says so")
    func nowhere() throws {
        let names = try LoopbackNameServer("")
        var configuration = ServerConfiguration(shipped: "edge.cfg", sipPort: 5070, httpPort: 8281)
        configuration.options = ["-A", "REGISTRAR=\"sip:registrar.example.com\""]
        configuration.file? += "\ndns_servers=\"127.0.0.1:\(names.port)\"\n"
        let edge = try ServerProcess(configuration)
        let reply = try edge.phone().register("alice", "sip:alice@10.0.0.7")
        #expect(reply.status == 478)
        #expect(reply.reason == "Unresolvable destination")
        #expect(edge.logged("leads to no address") > 0)
    }
}
