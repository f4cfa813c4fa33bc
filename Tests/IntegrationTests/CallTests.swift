import JSONValue
import TestSupport
import Testing

/// Calls between registered phones, as Config/proxy.cfg carries them.
@Suite("calls", .onThreads)
struct CallTests {
    /// The shipped file, with shorter timers.
    private func server(voicemail: String = "", silent: Int = 10_000) throws -> ServerProcess {
        var configuration = ServerConfiguration(shipped: "proxy.cfg")
        configuration.file = configuration.file?
            .replacing("\"fr_timer\", 10000", with: "\"fr_timer\", \(silent)")
        if !voicemail.isEmpty { configuration.options = ["-A", "VOICEMAIL=\"\(voicemail)\""] }
        return try ServerProcess(configuration)
    }

    private func register(_ user: String, _ phone: SIPClient, number: Int = 1) throws {
        var message = RegisterMessage(user, phone.contact(user))
        message.callID = "\(user)-\(number)@test"
        #expect(try phone.register(message).status == 200)
    }

    // MARK: SIPp

    /// SIPp calls SIPp through the server.
    private func sipp(
        caller: String, callee: String, calls: Int, lost: Int = 0
    ) throws -> ServerProcess {
        let server = try server()
        let phone = try server.phone()
        let ports = try FreePorts.take(2)
        let transport = callee == "t1" ? ";transport=tcp" : ""
        #expect(
            try phone.register("bob", "sip:bob@127.0.0.1:\(ports[0])\(transport)").status == 200)
        let folder = try TemporaryFolder()
        let scenarios = "\(ToolPath.package)/Tests/IntegrationTests/Scenarios"
        let common = ["-i", "127.0.0.1", "-nostdin", "-m", "\(calls)", "-timeout", "50s"]
        let answering = try StartedProgram(
            ToolPath.installed("sipp") ?? "",
            ["-sf", "\(scenarios)/call-callee.xml", "-p", "\(ports[0])", "-t", callee] + common,
            output: folder.file("callee"))
        // A datagram that finds nobody is sent again, a connection is refused.
        if callee == "t1" {
            let place = ":" + String(ports[0], radix: 16, uppercase: true) + " 00000000:0000 0A"
            #expect(
                eventually(within: 10) {
                    TemporaryFolder.text(at: "/proc/net/tcp").contains(place)
                })
        }
        let outcome = try StartedProgram.run(
            ToolPath.installed("sipp") ?? "",
            [
                "127.0.0.1:\(server.sipPort)", "-sf", "\(scenarios)/call-caller.xml", "-s", "bob",
                "-p", "\(ports[1])", "-t", caller, "-r", "50", "-l", "50", "-timeout_error",
                "-lost", "\(lost)",
            ] + common)
        #expect(outcome.status == 0, "\(outcome.output.suffix(1_500))")
        let status = answering.wait(seconds: 20)
        // What is lost may leave the callee with half a call.
        #expect(status == 0 || lost > 0, "\(folder.text(of: "callee").suffix(1_500))")
        #expect(server.faults == [])
        return server
    }

    @Test(
        "SIPp calls SIPp through the server, also from TCP to UDP and the other way round",
        .needs("sipp"), arguments: [("u1", "u1"), ("t1", "u1"), ("u1", "t1")])
    func calls(caller: String, callee: String) throws {
        let server = try sipp(caller: caller, callee: callee, calls: 100)
        #expect(try server.rpc.call("tm.stats")["2xx"]?.integer ?? 0 >= 200)
    }

    @Test("calls come through although the caller loses every tenth datagram", .needs("sipp"))
    func lossyCaller() throws {
        _ = try sipp(caller: "u1", callee: "u1", calls: 50, lost: 10)
    }

    @Test("a phone that misses two INVITEs gets the third, and the caller hears of one call")
    func lossyCallee() throws {
        let server = try server()
        let (caller, callee) = (try server.phone(), try server.phone())
        try register("bob", callee)
        let invite = caller.request("INVITE", "sip:bob@example.com", callID: "lost@test")
        caller.send(invite)
        for _ in 0..<2 { #expect(callee.next("INVITE") != nil) }
        let third = try #require(callee.next("INVITE"))
        callee.send(third.reply(180, "Ringing"))
        // What the caller repeats is answered from the transaction and goes no further.
        caller.send(invite)
        caller.send(invite)
        callee.send(third.reply(486, "Busy Here"))
        #expect(callee.next("ACK") != nil)
        callee.send(third.reply(486, "Busy Here"))
        #expect(callee.next("ACK") != nil, "an ACK is repeated with its response")
        #expect(caller.answer(to: "lost@test")?.status == 486)
    }

    // MARK: Forking, CANCEL, failures

    @Test("both phones of a user ring; one answers, the other gets a CANCEL")
    func forking() throws {
        let server = try server()
        let (caller, desk, mobile) = (try server.phone(), try server.phone(), try server.phone())
        try register("bob", desk, number: 1)
        try register("bob", mobile, number: 2)
        caller.send(caller.request("INVITE", "sip:bob@example.com", callID: "fork@test"))
        let one = try #require(desk.incoming())
        let two = try #require(mobile.incoming())
        #expect(one["Record-Route"] != nil && one["Max-Forwards"] == "69")
        desk.send(one.reply(180, "Ringing"))
        mobile.send(two.reply(180, "Ringing"))
        mobile.send(two.reply(200, "OK", further: ["Contact: <\(mobile.contact("bob"))>"]))
        #expect(caller.answer(to: "fork@test")?.status == 200)
        let cancel = try #require(desk.next("CANCEL"))
        #expect(cancel["Via"] == one["Via"])
        #expect(cancel["Reason"]?.contains("cause=200") == true)
        desk.send(cancel.reply(200, "OK"))
        desk.send(one.reply(487, "Request Terminated"))
        #expect(desk.next("ACK") != nil)
        #expect(server.faults == [])
    }

    @Test("a caller who hangs up gets 200 and 487, and the phone stops ringing")
    func cancelled() throws {
        let server = try server()
        let (caller, callee) = (try server.phone(), try server.phone())
        try register("bob", callee)
        let invite = caller.request("INVITE", "sip:bob@example.com", callID: "cancel@test")
        caller.send(invite)
        let ringing = try #require(callee.incoming())
        callee.send(ringing.reply(180, "Ringing"))
        #expect(eventually(within: 5) { caller.reply(seconds: 1)?.status == 180 })
        caller.send(
            invite.replacing("INVITE sip", with: "CANCEL sip")
                .replacing("1 INVITE", with: "1 CANCEL"))
        let cancel = try #require(callee.next("CANCEL"))
        callee.send(cancel.reply(200, "OK"))
        callee.send(ringing.reply(487, "Request Terminated"))
        var statuses: Set<Int> = []
        #expect(
            eventually(within: 10) {
                if let reply = caller.reply(seconds: 0.5) { statuses.insert(reply.status) }
                return statuses.isSuperset(of: [200, 487])
            })
        #expect(server.faults == [])
    }

    @Test("a phone that is switched off costs 408 after fr_timer")
    func silence() throws {
        let server = try server(silent: 1_000)
        let (caller, callee) = (try server.phone(), try server.phone())
        try register("bob", callee)
        caller.send(caller.request("INVITE", "sip:bob@example.com", callID: "silence@test"))
        #expect(caller.answer(to: "silence@test")?.status == 408)
        // The INVITE came more than once, as datagrams may be lost.
        #expect(callee.next("INVITE") != nil && callee.next("INVITE") != nil)
    }

    @Test("a phone whose port is closed costs a reply at once, whatever fr_timer says")
    func refusedConnection() throws {
        let server = try server(silent: 60_000)
        let caller = try server.phone()
        let port = try FreePorts.take(1)[0]
        let contact = "sip:bob@127.0.0.1:\(port);transport=tcp"
        #expect(try caller.register("bob", contact).status == 200)
        caller.send(caller.request("INVITE", "sip:bob@example.com", callID: "closed@test"))
        // RFC 3261 16.9 makes it a 503 of the branch, which goes back as 500 (16.7 step 6).
        #expect(caller.answer(to: "closed@test", seconds: 20)?.status == 500)
        #expect(server.faults == [])
    }

    @Test("a busy phone's calls go to the voice mail box")
    func busy() throws {
        let listener = try SIPListener()
        let server = try server(voicemail: "sip:box@127.0.0.1:\(listener.port)")
        let (caller, callee) = (try server.phone(), try server.phone())
        try register("bob", callee)
        caller.send(caller.request("INVITE", "sip:bob@example.com", callID: "busy@test"))
        let invite = try #require(callee.incoming())
        callee.send(invite.reply(486, "Busy Here"))
        #expect(callee.next("ACK") != nil)
        let taken = try #require(listener.incoming())
        #expect(taken.uri == "sip:box@127.0.0.1:\(listener.port)")
        listener.send(taken.reply(200, "OK"))
        #expect(caller.answer(to: "busy@test")?.status == 200)
    }

    // MARK: Commands

    @Test("an operator sends OPTIONS and learns of the answer, and sees and cancels a call")
    func commands() throws {
        let server = try server()
        let (caller, callee) = (try server.phone(), try server.phone())
        try register("bob", callee)
        let peer = try SIPListener()
        let answers = try atOnce([true, false]) { asks in
            guard asks else {
                if let request = peer.incoming() { peer.send(request.reply(200, "Fine")) }
                return JSONValue.null
            }
            return try server.rpc.call(
                "tm.t_uac_wait_block", "OPTIONS", .string("sip:peer@127.0.0.1:\(peer.port)"),
                ".", ".", "From: <sip:operator@example.com>\r\nTo: <sip:bob@example.com>\r\n")
        }
        let answer = answers[0]
        #expect(answer["code"] == 200 && answer["text"] == "Fine")
        caller.send(caller.request("INVITE", "sip:bob@example.com", callID: "rpc@test"))
        let invite = try #require(callee.next("INVITE"))
        callee.send(invite.reply(180, "Ringing"))
        #expect(eventually(within: 5) { caller.reply(seconds: 1)?.status == 180 })
        let rows = try server.rpc.call("tm.list").items ?? []
        #expect(rows.contains { $0["callid"] == "rpc@test" && $0["method"] == "INVITE" })
        _ = try server.rpc.call("tm.cancel", "rpc@test", "1")
        #expect(callee.next("CANCEL") != nil)
        callee.send(invite.reply(487, "Request Terminated"))
        #expect(caller.answer(to: "rpc@test")?.status == 487)
    }
}

extension SIPClient {
    /// Where this phone can be reached.
    func contact(_ user: String) -> String {
        "sip:\(user)@127.0.0.1:\(socket.localPort)"
            + (socket.kind == .stream ? ";transport=tcp" : "")
    }

    /// The next request of a method, also one that comes again; others are passed over.
    func next(_ method: String) -> SIPRequest? {
        for _ in 0..<20 {
            guard let request = incoming(orRepeated: true) else { return nil }
            if request.method == method { return request }
        }
        return nil
    }
}
