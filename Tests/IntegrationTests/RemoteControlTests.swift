import JSONValue
import TestSupport
import Testing

/// `roostctl` against a running server.
@Suite("roostctl", .onThreads)
struct RoostctlTests {
    private func control(
        _ server: ServerProcess, _ arguments: String...
    ) throws -> StartedProgram.Outcome {
        try StartedProgram.run(
            try ToolPath.built("roostctl"),
            ["--url", "http://127.0.0.1:\(server.httpPort)/RPC"] + arguments, seconds: 20)
    }

    @Test("changes a setting in kamcmd's words")
    func settings() throws {
        let server = try ServerProcess()
        let set = try control(server, "cfg.set_now_int", "registrar", "max_expires", "3600")
        #expect(set.status == 0, "\(set.output)")
        let get = try control(server, "cfg.get", "registrar", "max_expires")
        #expect(get.status == 0)
        #expect(get.output.contains("3600"))
        let reply = try server.phone().register("alice", "sip:a@192.0.2.1", expires: 9_999)
        #expect(reply.contacts.first?.expires == 3_600)
    }

    @Test("shows contacts, as text and as JSON")
    func output() throws {
        let server = try ServerProcess()
        try server.phone().register("alice", "sip:alice@192.0.2.1")
        let text = try control(server, "ul.lookup", "location", "alice")
        #expect(text.status == 0)
        #expect(text.output.contains("sip:alice@192.0.2.1"))
        let json = try control(server, "--json", "ul.lookup", "location", "alice")
        #expect(json.status == 0)
        let document = try JSONValue(parsing: json.output.trimmed)
        #expect(document["AoR"] == "alice")
        #expect(document["Contacts"]?[0]?["Contact"]?["Address"] == "sip:alice@192.0.2.1")
        let dump = try control(server, "--json", "ul.dump", "brief")
        #expect(try JSONValue(parsing: dump.output.trimmed)["Domains"]?.items?.count == 1)
    }

    @Test("s: and i: say what an argument is")
    func prefixes() throws {
        let server = try ServerProcess()
        let echo = try control(server, "--json", "jsonrpc.echo", "s:5", "i:6", "7", "x", "s:")
        #expect(echo.status == 0, "\(echo.output)")
        #expect(try JSONValue(parsing: echo.output.trimmed) == ["5", 6, 7, "x", ""])
    }

    @Test(
        "an error is printed with its code, and the exit status is not 0",
        arguments: [
            (["ul.lookup", "location", "nobody"], "500"),
            (["ul.lookup", "nowhere", "nobody"], "500"), (["ul.lookup"], "500"),
            (["no.such.command"], "-32601"), (["core.version", "too", "many"], "-32602"),
            (
                ["cfg.set_now_int", "registrar", "max_expires", "soon"],
                "\"value\" must be an integer"
            ),
        ])
    func errors(arguments: [String], words: String) throws {
        let server = try ServerProcess()
        for option in [[], ["--json"]] {
            let outcome = try StartedProgram.run(
                try ToolPath.built("roostctl"),
                ["--url", "http://127.0.0.1:\(server.httpPort)/RPC"] + option + arguments,
                seconds: 20)
            #expect(outcome.status != 0)
            #expect(outcome.output.contains(words), "\(outcome.output)")
        }
    }

    @Test("a server that is not there is an error that names its address")
    func unreachable() throws {
        let place = "127.0.0.1:\(try FreePorts.take(1)[0])"
        let outcome = try StartedProgram.run(
            try ToolPath.built("roostctl"), ["--url", "http://\(place)/RPC", "core.version"],
            seconds: 20)
        #expect(outcome.status != 0)
        #expect(outcome.output.contains(place), "\(outcome.output)")
    }
}

extension String {
    /// The text without the line end that a program prints behind it.
    var trimmed: String {
        String(reversed().drop { $0.isWhitespace }.reversed())
    }
}
