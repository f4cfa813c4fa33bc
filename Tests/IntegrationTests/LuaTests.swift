import JSONValue
import TestSupport
import Testing

/// A registrar whose routing is Lua, as Config/lua.cfg and Config/roost.lua have it.
@Suite("routing in Lua", .onThreads)
struct LuaTests {
    private struct Bench {
        let folder: TemporaryFolder
        let server: ServerProcess
        let phone: SIPClient

        init(_ script: String? = nil, mode: Int? = nil) throws {
            let folder = try TemporaryFolder()
            let shipped = TemporaryFolder.text(at: "\(ToolPath.package)/Config/roost.lua")
            try folder.write(script ?? shipped, to: "script.lua")
            var configuration = ServerConfiguration(shipped: "lua.cfg")
            if let mode {
                configuration.file = configuration.file?
                    .replacing("\"db_mode\", 2", with: "\"db_mode\", \(mode)")
            }
            configuration.options = [
                "-A", "SCRIPT=\"\(folder.file("script.lua"))\"",
                "-A", "DBURL=\"sqlite:///\(folder.file("lua.sqlite"))\"",
            ]
            self.folder = folder
            server = try ServerProcess(configuration)
            phone = try server.phone()
        }

        /// A request of a method, with a Call-ID of its own.
        func send(_ method: String, _ callID: String) throws -> SIPReply {
            try phone.request(
                phone.request(method, "sip:alice@example.com", callID: "\(callID)@test"))
        }
    }

    @Test("a phone registers, is listed, refreshed and removed through Lua", arguments: [1, 2])
    func registration(mode: Int) throws {
        let bench = try Bench(mode: mode)
        let reply = try bench.phone.register("alice", "sip:alice@192.0.2.1", expires: 600)
        #expect(reply.status == 200)
        #expect(reply.contacts.first?.expires == 600)
        let stored = try bench.server.contact(of: "alice")
        #expect(stored?["Address"] == "sip:alice@192.0.2.1")
        #expect(try bench.phone.register("alice").uris == ["sip:alice@192.0.2.1"])
        let refreshed = try bench.phone.register(
            "alice", "sip:alice@192.0.2.1", expires: 900, cseq: 3)
        #expect(refreshed.contacts.first?.expires == 900)
        bench.server.stop()
        try bench.server.start()
        #expect(try bench.server.uris(of: "alice") == ["sip:alice@192.0.2.1"])
        let removed = try bench.phone.register(
            "alice", "sip:alice@192.0.2.1", expires: 0, cseq: 4)
        #expect(removed.contacts == [])
        #expect(try bench.server.uris(of: "alice") == [])
        #expect(bench.server.faults == [])
    }

    @Test(
        "other methods get what the script says",
        arguments: [
            ("OPTIONS", 200), ("INVITE", 404), ("MESSAGE", 404), ("SUBSCRIBE", 404),
            ("PUBLISH", 404), ("INFO", 405), ("BYE", 405), ("SOMETHING", 405),
        ])
    func others(method: String, status: Int) throws {
        let bench = try Bench()
        #expect(try bench.send(method, "other").status == status)
    }

    @Test("a REGISTER that save() refuses is answered by it, and the script says who it was")
    func refused() throws {
        let bench = try Bench()
        var message = RegisterMessage("alice", "sip:alice@192.0.2.1", callID: "bad@test")
        message.contacts.append("*")
        #expect(try bench.phone.register(message).status == 400)
        #expect(
            eventually(within: 5) {
                bench.server.logged("refused sip:alice@example.com from 127.0.0.1") > 0
            })
    }

    // MARK: Reload

    /// A script that answers everything with one status.
    private func script(_ status: Int, _ reason: String, register: String = "") -> String {
        """
        function ksr_request_route()
            if KSR.is_REGISTER() then \(register) KSR.registrar.save("location", 0) return 1 end
            KSR.sl.send_reply(\(status), "\(reason)")
        end
        """
    }

    @Test("app_lua.reload puts a changed script in force for the very next message")
    func reload() throws {
        let bench = try Bench(script(200, "First"))
        #expect(try bench.send("MESSAGE", "a").reason == "First")
        for number in 1...10 {
            try bench.folder.write(script(200 + number, "Number \(number)"), to: "script.lua")
            // Not yet: the file alone changes nothing.
            let old = number == 1 ? "First" : "Number \(number - 1)"
            #expect(try bench.send("MESSAGE", "old\(number)").reason == old)
            try bench.server.rpc.call("app_lua.reload")
            for turn in 1...4 {
                let reply = try bench.send("MESSAGE", "new\(number)-\(turn)")
                #expect(reply.reason == "Number \(number)")
                #expect(reply.status == 200 + number)
            }
        }
        #expect(bench.server.faults == [])
    }

    @Test(
        "a script with an error is refused with file and line, and the old one stays",
        arguments: [
            "function ksr_request_route(", "x = nil; x.y = 1", "function other() end",
            "error('no\\nthanks')", "while true do end", "return function() end end",
        ])
    func badReload(text: String) throws {
        let bench = try Bench(script(200, "Good"))
        try bench.folder.write(text, to: "script.lua")
        let fault = try #require(try bench.server.rpc.fault("app_lua.reload"))
        #expect(!fault.message.isEmpty)
        #expect(fault.description.contains("script.lua") || text.hasPrefix("function other"))
        #expect(try bench.send("MESSAGE", "still").reason == "Good")
        #expect(try bench.phone.register("alice", "sip:alice@192.0.2.1").status == 200)
        try bench.folder.write(script(299, "Better"), to: "script.lua")
        try bench.server.rpc.call("app_lua.reload")
        #expect(try bench.send("MESSAGE", "better").status == 299)
    }

    @Test("a reload while phones register loses none of them")
    func busyReload() throws {
        let bench = try Bench(script(200, "OK"))
        let server = bench.server
        let parts: [Int] = [0, 1]
        let results = try atOnce(parts) { part -> Int in
            if part == 0 {
                for _ in 0..<25 { try server.rpc.call("app_lua.reload") }
                return 0
            }
            let report = try RegisterBurst(port: server.sipPort, users: 0..<400).run()
            return report.statuses[200] ?? 0
        }
        #expect(results[1] == 400)
        #expect(try server.statistic("usrloc:location_contacts") == 400)
        #expect(server.faults == [])
    }

    // MARK: Errors

    @Test(
        "an error is a 500 and a line with its traceback, and the server lives on",
        arguments: [
            ("local t = nil; t.field = 1", "attempt to index"),
            ("error('my own words')", "my own words"),
            ("KSR.nothing.there()", "nothing"), ("return deeper(1)", "deeper"),
            ("while true do end", "script.lua"),
            ("local s = string.rep('x', 1 << 40)", "script.lua"),
        ])
    func failing(statement: String, words: String) throws {
        let text = """
            function deeper(n) return 1 + deeper(n + 1) end
            function inner() \(statement) end
            function ksr_request_route()
                if KSR.is_MESSAGE() then inner() return 1 end
                KSR.sl.send_reply(200, "OK")
                return 1
            end
            """
        let bench = try Bench(text)
        let reply = try bench.send("MESSAGE", "broken")
        #expect(reply.status == 500)
        // What went wrong is nobody's business outside.
        #expect(!reply.text.contains("script.lua") && !reply.text.contains("my own"))
        let log = bench.server.log
        let lines = log.split(separator: "\n").filter { $0.contains("traceback") }
        #expect(lines.count >= 1, "\(log.suffix(1_000))")
        #expect(lines.contains { $0.contains(words) && $0.contains("script.lua") }, "\(lines)")
        #expect(try bench.send("OPTIONS", "alive").status == 200)
        #expect(bench.server.isRunning)
        #expect(bench.server.faults == [])
    }

    @Test("an error behind a reply does not send a second one")
    func late() throws {
        let bench = try Bench(
            """
            function ksr_request_route()
                KSR.sl.send_reply(202, "Accepted")
                if KSR.is_MESSAGE() then error("too late") end
            end
            """)
        #expect(try bench.send("MESSAGE", "late").status == 202)
        #expect(bench.phone.reply(seconds: 0.2) == nil)
        #expect(bench.server.logged("too late") == 1)
    }

    @Test("a script that cannot be run keeps the server from starting, and says where")
    func start() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("\n\nfunction ksr_request_route( end", to: "bad.lua")
        let ports = try FreePorts.take(2)
        let text = ServerConfiguration(shipped: "lua.cfg")
            .text(sipPort: ports[0], httpPort: ports[1])
        for script in [path, folder.file("missing.lua")] {
            let outcome = try ServerProcess.fail(
                text,
                options: [
                    "-A", "SCRIPT=\"\(script)\"",
                    "-A", "DBURL=\"sqlite:///\(folder.file("x.sqlite"))\"",
                ])
            #expect(outcome.status != 0)
            #expect(outcome.output.contains(script == path ? "bad.lua:3" : "missing.lua"))
        }
    }
}
