import JSONValue
import TestSupport
import Testing

/// What operators see of `roostctl` beside the answers of commands: who calls, what is watched,
/// what a shell completes, and what the server's own program answers.
@Suite("roostctl for operators", .onThreads)
struct RoostctlOperatorTests {
    private func control(
        _ arguments: [String], environment: [String] = [], seconds: Double = 60
    ) throws -> StartedProgram.Outcome {
        try StartedProgram.run(
            "/usr/bin/env", environment + [try ToolPath.built("roostctl")] + arguments,
            seconds: seconds)
    }

    private func url(_ server: ServerProcess, _ scheme: String = "http") -> String {
        "\(scheme)://127.0.0.1:\(server.httpPort)/RPC"
    }

    /// Runs a line of a shell with both programs in its path.
    private func shell(
        _ line: String, shell: String = "bash", _ server: ServerProcess
    ) throws -> StartedProgram.Outcome {
        let program = try ToolPath.built("roostctl")
        let folder = program.prefix(program.count - "/roostctl".count)
        return try StartedProgram.run(
            "/usr/bin/env",
            [
                "PATH=\(folder):/usr/sbin:/usr/bin:/sbin:/bin", "ROOST_URL=\(url(server))", shell,
                "-c", line,
            ], seconds: 60)
    }

    // MARK: Who calls

    /// A server with TLS, a user and a token.
    private func securedServer(
        _ folder: TemporaryFolder
    ) throws -> (server: ServerProcess, token: String) {
        let certificate = try StartedProgram.run(
            try #require(ToolPath.installed("openssl")),
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-subj", "/CN=roost", "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", folder.file("key.pem"), "-out", folder.file("cert.pem"),
            ], seconds: 30)
        try #require(certificate.status == 0, "\(certificate.output)")
        let roost = try ToolPath.built("roost")
        let hashed = try StartedProgram.run(
            roost, ["hash-password"], input: "s3cret: word\n", seconds: 30)
        let token = try StartedProgram.run(roost, ["hash-password", "--token"], seconds: 30)
        let words = token.output.split { $0 == " " || $0 == "\n" }.map(String.init)
        let server = try ServerProcess { configuration in
            configuration.modules.removeAll { $0 == "jsonrpcs" }
            configuration.parameters.append("loadmodule \"jsonrpcs.so\"")
            configuration.set("jsonrpcs", "transport", 1)
            configuration.set("microhttpd", "tls_certificate", folder.file("cert.pem"))
            configuration.set("microhttpd", "tls_private_key", folder.file("key.pem"))
            configuration.set("microhttpd", "user", "ann:control:\(hashed.output.trimmed)")
            configuration.set("microhttpd", "token", "board:read:\(words[3])")
        }
        return (server, words[1])
    }

    @Test("calls as a user and with a token over TLS, and shows no secret", .needs("openssl"))
    func secured() throws {
        let folder = try TemporaryFolder()
        let (server, token) = try securedServer(folder)
        let passwordFile = try folder.write("s3cret: word\n", to: "password")
        let tokenFile = try folder.write(token + "\n", to: "token")
        _ = try StartedProgram.run("/bin/chmod", ["600", passwordFile, tokenFile], seconds: 10)
        let base = ["--url", url(server, "https"), "--ca-file", folder.file("cert.pem")]
        let user = base + ["--user", "ann", "--password-file", passwordFile]
        let set = try control(user + ["cfg.set_now_int", "core", "debug", "1"])
        #expect(set.status == 0, "\(set.output)")
        let read = try control(base + ["--token-file", tokenFile, "core.uptime"])
        #expect(read.status == 0 && read.output.contains("uptime"), "\(read.output)")
        let fromEnvironment = try control(
            base + ["core.uptime"], environment: ["ROOST_TOKEN=\(token)"])
        #expect(fromEnvironment.status == 0, "\(fromEnvironment.output)")
        let refused = try control(
            base + ["--token-file", tokenFile, "cfg.set_now_int", "core", "debug", "2"])
        #expect(refused.status == 1 && refused.output.contains("403"), "\(refused.output)")
        let nobody = try control(base + ["core.uptime"])
        #expect(nobody.status == 1 && nobody.output.contains("--user NAME"), "\(nobody.output)")
        let top = try control(user + ["top", "--once"])
        #expect(top.status == 0 && top.output.contains("requests"), "\(top.output)")
        for outcome in [set, read, refused, nobody, top] {
            #expect(!outcome.output.contains("s3cret") && !outcome.output.contains(token))
        }
        #expect(!server.log.contains("s3cret") && !server.log.contains(token))
    }

    @Test("a certificate that nobody trusts, or of another name, is refused", .needs("openssl"))
    func distrust() throws {
        let folder = try TemporaryFolder()
        let (server, token) = try securedServer(folder)
        let environment = ["ROOST_TOKEN=\(token)"]
        let unknown = try control(
            ["--url", url(server, "https"), "core.uptime"], environment: environment)
        #expect(unknown.status == 3 && unknown.output.contains("--ca-file"), "\(unknown.output)")
        let name = try control(
            [
                "--url", "https://localhost:\(server.httpPort)", "--ca-file",
                folder.file("cert.pem"), "core.uptime",
            ], environment: environment)
        #expect(name.status == 3 && name.output.contains("TLS"), "\(name.output)")
        let insecure = try control(
            ["--url", url(server, "https"), "--insecure", "core.uptime"],
            environment: environment)
        #expect(insecure.status == 0, "this machine may be trusted: \(insecure.output)")
        let plain = try control(["--url", url(server), "core.uptime"], environment: environment)
        #expect(plain.status == 3, "TLS is spoken there: \(plain.output)")
    }

    // MARK: What is watched

    @Test("top shows what a server does, and once is enough for a script")
    func top() throws {
        let server = try ServerProcess()
        try server.phone().register("alice", "sip:alice@192.0.2.1")
        let outcome = try control(["--url", url(server), "top", "--once", "-n", "0.1"])
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(outcome.output.contains("users 1   contacts 1"), "\(outcome.output)")
        #expect(outcome.output.contains("REGISTER"), "\(outcome.output)")
    }

    @Test("at a terminal top draws until q, and gives the screen back", .needs("script"))
    func liveTop() throws {
        let server = try ServerProcess()
        let line = "\(try ToolPath.built("roostctl")) --url \(url(server)) top -n 0.2"
        let outcome = try StartedProgram.run(
            "/bin/sh",
            [
                "-c",
                "(sleep 1; printf s; sleep 1; printf p; sleep 1; printf q) | "
                    + "TERM=xterm script -qefc '\(line)' /dev/null",
            ], seconds: 60)
        #expect(outcome.status == 0, "\(outcome.output.suffix(300))")
        let text = outcome.output
        #expect(text.contains("\u{1B}[?1049h") && text.contains("\u{1B}[?1049l"))
        #expect(text.contains("sorted by rate") && text.contains("sorted by total"))
        #expect(text.contains("paused"))
    }

    @Test("events are followed while they happen")
    func events() throws {
        let server = try ServerProcess()
        let folder = try TemporaryFolder()
        let follower = try StartedProgram(
            try ToolPath.built("roostctl"),
            ["--url", url(server), "--json", "watch", "--events", "-c", "2", "registration"],
            output: folder.file("events"))
        #expect(eventually(within: 20) { folder.text(of: "events").contains("ready") })
        try server.phone().register("alice", "sip:alice@192.0.2.1")
        _ = try control(["--url", url(server), "ul.rm", "location", "alice"])
        #expect(follower.wait(seconds: 20) == 0)
        let lines = folder.text(of: "events").split(separator: "\n").map(String.init)
        try #require(lines.count == 3, "\(lines)")
        let added = try JSONValue(parsing: lines[1])
        #expect(added["event"] == "registration" && added["data"]?["change"] == "added")
        #expect(try JSONValue(parsing: lines[2])["data"]?["change"] == "removed")
    }

    @Test("a dump of contacts is a table with a row for each contact")
    func table() throws {
        let server = try ServerProcess()
        for name in ["alice", "bob"] {
            try server.phone().register(name, "sip:\(name)@192.0.2.1")
        }
        let outcome = try control(["--url", url(server), "--format", "table", "ul.dump"])
        let rows = outcome.output.split(separator: "\n").filter { $0.contains("@192.0.2.1") }
        #expect(rows.count == 2, "\(outcome.output)")
        #expect(outcome.output.contains("AoR "))
    }

    // MARK: What a shell completes

    /// What bash offers for a line, by the function that the script defines.
    private func bash(_ line: String, _ server: ServerProcess) throws -> [String] {
        let outcome = try shell(
            """
            source <(roostctl completion bash)
            COMP_LINE='\(line)' COMP_POINT=\(line.utf8.count)
            _roostctl
            printf '%s\\n' "${COMPREPLY[@]}"
            """, server)
        return outcome.output.split(separator: "\n").map(String.init)
    }

    @Test("bash completes commands of the server, settings and names")
    func bashCompletion() throws {
        let server = try ServerProcess()
        #expect(try bash("roostctl core.up", server) == ["core.uptime"])
        #expect(try bash("roostctl cfg.get regis", server) == ["registrar"])
        #expect(try bash("roostctl explain registrar.max_e", server) == ["registrar.max_expires"])
        #expect(try bash("roostctl --format t", server) == ["table"])
        // bash takes what stands before a colon for a word of its own.
        #expect(
            try bash("roostctl explain registrar:accepted", server) == ["accepted_regs"])
    }

    @Test("fish completes the same", .needs("fish"))
    func fishCompletion() throws {
        let server = try ServerProcess()
        let outcome = try shell(
            "roostctl completion fish | source; complete -C 'roostctl core.up'", shell: "fish",
            server)
        #expect(outcome.output.trimmed == "core.uptime", "\(outcome.output)")
    }

    @Test("zsh takes the script", .needs("zsh"))
    func zshCompletion() throws {
        let server = try ServerProcess()
        let outcome = try shell(
            "autoload -U compinit && compinit -D -u; source <(roostctl completion zsh); "
                + "print ${_comps[roostctl]}", shell: "zsh", server)
        #expect(outcome.output.trimmed.hasSuffix("_roostctl"), "\(outcome.output)")
    }

    // MARK: What the server's program answers

    @Test("a configuration is checked, with the status for scripts")
    func check() throws {
        let folder = try TemporaryFolder()
        let right = try folder.write("request_route { exit; }\n", to: "right.cfg")
        let wrong = try folder.write("loadmodule \"dispatcher.so\"\n", to: "wrong.cfg")
        let good = try control(["config", "check", right])
        #expect(good.status == 0 && good.output.contains("the configuration is right"))
        let bad = try control(["config", "check", wrong])
        #expect(bad.status == 1 && bad.output.contains("not supported: modules: dispatcher"))
        let document = try control(["--json", "config", "check", wrong])
        #expect(document.status == 1)
        #expect(try JSONValue(parsing: document.output.trimmed)["right"] == false)
        #expect(try control(["config", "check", "-A", "X=1", right]).status == 0)
    }

    @Test("a name is explained without a server")
    func explain() throws {
        let found = try control(["explain", "registrar.max_expires"])
        #expect(found.status == 0 && found.output.contains("cfg.set_now_int"), "\(found.output)")
        let unknown = try control(["explain", "registrar.max_exprs"])
        #expect(unknown.status != 0 && unknown.output.contains("registrar.max_expires"))
    }
}
