import JSONValue
import TestSupport
import Testing

/// The HTTP port as operators set it up: certificates, accounts, the script, events, health.
@Suite("HTTP port", .onThreads, .needs("curl"))
struct SecuredHTTPTests {
    /// Runs curl and returns what it printed, with the status of HTTP on a line of its own.
    private func curl(
        _ arguments: String..., seconds: Double = 90
    ) throws -> (status: Int32, code: Int, body: String) {
        let outcome = try StartedProgram.run(
            try #require(ToolPath.installed("curl")),
            ["-sS", "--max-time", "60", "-w", "\n%{http_code}"] + arguments, seconds: seconds)
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        return (
            outcome.status, Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n")
        )
    }

    private let uptime = #"{"jsonrpc":"2.0","method":"core.uptime","id":1}"#
    private let change =
        #"{"jsonrpc":"2.0","method":"cfg.set_now_int","params":["core","debug",1],"id":1}"#

    /// The hash that `roost hash-password` makes of what it reads.
    private func hash(_ password: String) throws -> String {
        let outcome = try StartedProgram.run(
            "/bin/sh",
            [
                "-c", "printf '%s\\n' \"$1\" | \"$0\" hash-password",
                try ToolPath.built("roost"), password,
            ], seconds: 30)
        try #require(outcome.status == 0, "\(outcome.output)")
        return outcome.output.trimmed
    }

    /// A token with its hash, as `roost hash-password --token` shows them.
    private func token() throws -> (token: String, hash: String) {
        let outcome = try StartedProgram.run(
            try ToolPath.built("roost"), ["hash-password", "--token"], seconds: 30)
        let words = outcome.output.split { $0 == " " || $0 == "\n" }
        try #require(words.count == 4)
        return (String(words[1]), String(words[3]))
    }

    /// Makes a key and a certificate for 127.0.0.1 that is signed with it.
    private func makeCertificate(_ folder: TemporaryFolder, name: String) throws {
        let outcome = try StartedProgram.run(
            try #require(ToolPath.installed("openssl")),
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", folder.file("key.pem"), "-out", folder.file("cert.pem"),
            ], seconds: 30)
        try #require(outcome.status == 0, "\(outcome.output)")
    }

    @Test("users and tokens are asked for credentials, and the record says who changed what")
    func accounts() throws {
        let hash = try hash("s3cret: with blanks")
        let token = try token()
        let server = try ServerProcess { configuration in
            // A test's server counts as started once it answers RPC to all, where it is listed.
            configuration.modules.removeAll { $0 == "jsonrpcs" }
            configuration.parameters.append("loadmodule \"jsonrpcs.so\"")
            configuration.set("jsonrpcs", "transport", 1)
            configuration.set("microhttpd", "user", "ann:control:\(hash)")
            configuration.set("microhttpd", "token", "board:read:\(token.hash)")
        }
        let url = "http://127.0.0.1:\(server.httpPort)/RPC"
        #expect(try curl("-d", uptime, url).code == 401)
        #expect(try curl("-u", "ann:wrong", "-d", uptime, url).code == 401)
        #expect(try curl("-u", "ann:s3cret: with blanks", "-d", uptime, url).code == 200)
        let bearer = "Authorization: Bearer \(token.token)"
        #expect(try curl("-H", bearer, "-d", uptime, url).code == 200)
        let refused = try curl("-H", bearer, "-d", change, url)
        #expect(refused.code == 403)
        #expect(refused.body.contains("cfg.set_now_int") && refused.body.contains("read"))
        #expect(try curl("-u", "ann:s3cret: with blanks", "-d", change, url).code == 200)
        let list = try curl(
            "-H", bearer, "-d", #"{"jsonrpc":"2.0","method":"audit.list","id":1}"#, url)
        let entries = try JSONValue(parsing: list.body)["result"]?["entries"]
        #expect(entries?[0]?["user"] == "ann" && entries?[0]?["done"] == true)
        #expect(entries?[0]?["changes"] == [["what": "core.debug", "old": 2, "new": 1]])
        #expect(entries?[1]?["user"] == "board" && entries?[1]?["code"] == 403)
        #expect(try curl("http://127.0.0.1:\(server.httpPort)/ready").code == 200)
        #expect(!server.log.contains("s3cret") && !server.log.contains("$scrypt$"))
    }

    @Test("with a certificate it is HTTPS of TLS 1.2 and 1.3", .needs("openssl"))
    func tls() throws {
        let folder = try TemporaryFolder()
        try makeCertificate(folder, name: "first")
        let server = try ServerProcess { configuration in
            // The port of HTTP that a test's server has is asked without TLS: it gets no jsonrpcs.
            configuration.modules.removeAll { $0 == "jsonrpcs" }
            configuration.set("microhttpd", "tls_certificate", folder.file("cert.pem"))
            configuration.set("microhttpd", "tls_private_key", folder.file("key.pem"))
        }
        let url = "https://127.0.0.1:\(server.httpPort)/health"
        let trust = folder.file("cert.pem")
        #expect(try curl("--cacert", trust, url).code == 200)
        #expect(try curl("--cacert", trust, "--tls-max", "1.2", url).code == 200)
        #expect(
            try curl("--cacert", trust, "--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0", url)
                .status != 0)
        #expect(try curl(url).status == 60, "nobody has signed it but itself")
        #expect(try curl("http://127.0.0.1:\(server.httpPort)/health").status != 0)
    }

    @Test(
        "a certificate that is not there, or not with its key, is told at the start",
        .needs("openssl"))
    func wrongCertificate() throws {
        let folder = try TemporaryFolder()
        try makeCertificate(folder, name: "one")
        let other = try TemporaryFolder()
        try makeCertificate(other, name: "other")
        let faults = [
            (folder.file("none.pem"), folder.file("key.pem"), "cannot read"),
            (folder.file("cert.pem"), other.file("key.pem"), "belong together"),
            (folder.file("key.pem"), folder.file("key.pem"), "no certificate"),
            (folder.file("cert.pem"), "", "together or not at all"),
        ]
        for (certificate, key, words) in faults {
            var configuration = ServerConfiguration()
            configuration.set("microhttpd", "tls_certificate", certificate)
            configuration.set("microhttpd", "tls_private_key", key)
            let ports = try FreePorts.take(2)
            let outcome = try ServerProcess.fail(
                configuration.text(sipPort: ports[0], httpPort: ports[1]), options: ["-DD", "-E"])
            #expect(outcome.status == 1)
            #expect(outcome.output.contains(words), "\(outcome.output)")
        }
    }

    @Test("an address beyond loopback without accounts is loopback, and the log says what to do")
    func loopback() throws {
        let server = try ServerProcess { configuration in
            configuration.set("microhttpd", "listen_addr", "0.0.0.0")
        }
        #expect(server.log.contains("it listens on 127.0.0.1 only"))
        #expect(try curl("http://127.0.0.1:\(server.httpPort)/health").code == 200)
    }

    @Test("the script answers its paths, and the server the others")
    func script() throws {
        let server = try ServerProcess { configuration in
            configuration.routes += """

                event_route[microhttpd:request] {
                    if ($mhttpd(url) =~ "^/phone") {
                        $var(from) = $mhttpd(srcip) + " " + $mhttpd(version);
                        mhttpd_reply("201", "Made", "text/plain",
                            "$mhttpd(method) $mhttpd(url) $mhttpd(size) $mhttpd(data) $var(from)");
                    }
                }

                """
        }
        let url = "http://127.0.0.1:\(server.httpPort)"
        let own = try curl("-d", "hello", "\(url)/phone/1")
        #expect(own.code == 201)
        #expect(own.body == "POST /phone/1 5 hello 127.0.0.1 HTTP/1.1")
        #expect(try curl("\(url)/other").code == 404)
        #expect(try server.rpc.call("core.uptime")["uptime"] != nil)
    }

    @Test("a Lua function answers requests")
    func lua() throws {
        let folder = try TemporaryFolder()
        let script = try folder.write(
            """
            function answer(event)
                KSR.microhttpd.mhttpd_reply(200, "OK", "text/plain",
                    event .. " " .. KSR.pv.get("$mhttpd(url)"))
                return 1
            end
            """, to: "script.lua")
        let server = try ServerProcess { configuration in
            configuration.modules.removeAll { $0 == "jsonrpcs" }
            configuration.modules.append("app_lua")
            configuration.set("app_lua", "load", script)
            configuration.set("microhttpd", "event_callback", "answer")
        }
        let answer = try curl("http://127.0.0.1:\(server.httpPort)/x")
        #expect(answer.code == 200)
        #expect(answer.body == "microhttpd:request /x")
    }

    @Test("registrations, settings and expiries are told to who watches")
    func events() throws {
        let server = try ServerProcess()
        let url = "http://127.0.0.1:\(server.httpPort)/events?kinds=registration,refresh,setting"
        let output = server.folder.file("events")
        let watcher = try StartedProgram(
            try #require(ToolPath.installed("curl")), ["-sSN", "--max-time", "30", url],
            output: output)
        defer { watcher.kill() }
        let seen = { (text: String) in
            eventually(within: 20) { server.folder.text(of: "events").contains(text) }
        }
        try #require(seen("event: ready"))
        try server.phone().register("alice", "sip:alice@192.0.2.1")
        #expect(seen("\"change\":\"added\",\"cause\":\"registration\",\"table\":\"location\""))
        #expect(seen("\"contact\":\"sip:alice@192.0.2.1\""))
        _ = try server.rpc.call("cfg.set_now_int", "registrar", "max_expires", 3_600)
        #expect(seen("\"group\":\"registrar\",\"name\":\"max_expires\""))
        _ = try server.rpc.call("ul.rm", "location", "alice")
        #expect(seen("\"change\":\"removed\",\"cause\":\"command\""))
        #expect(try server.statistic("microhttpd:event_readers") == 1)
    }

    @Test("health and readiness tell of the database")
    func health() throws {
        let folder = try TemporaryFolder()
        let server = try ServerProcess(databaseMode: 2, "sqlite:///\(folder.file("data.db"))")
        let health = try curl("http://127.0.0.1:\(server.httpPort)/health")
        #expect(health.code == 200)
        let document = try JSONValue(parsing: health.body)
        #expect(document["status"] == "ok" && document["ready"] == true)
        #expect(document["databases"]?[0]?["module"] == "usrloc")
        #expect(document["databases"]?[0]?["state"] == "connected")
        let ready = try curl("http://127.0.0.1:\(server.httpPort)/ready")
        #expect(ready.code == 200)
    }
}
