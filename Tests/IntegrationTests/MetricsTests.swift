import Foundation
import JSONValue
import TestSupport
import Testing

/// What a monitor reads of a running server, with Prometheus' own tools, and the dashboard and the
/// alerts that are made for it.
@Suite("Metrics", .onThreads)
struct MetricsTests {
    private static let folder = "\(ToolPath.package)/Config"

    /// A presence server and registrar with all that has metrics.
    private func server(
        _ folder: TemporaryFolder, _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws -> ServerProcess {
        var configuration = ServerConfiguration(
            databaseMode: 2, url: "sqlite:///\(folder.file("roost.db"))", timerInterval: 1)
        configuration.modules += ["tm", "rr", "counters", "pua", "presence", "presence_xml"]
        let url = "sqlite:///\(folder.file("roost.db"))"
        for module in ["pua", "presence", "presence_xml"] {
            configuration.set(module, "db_url", url)
        }
        configuration.set("counters", "script_counter", "calls what the script counts")
        change(&configuration)
        return try ServerProcess(configuration, folder: folder)
    }

    private func scrape(_ server: ServerProcess) throws -> String {
        let outcome = try StartedProgram.run(
            try #require(ToolPath.installed("curl")),
            ["-sS", "--max-time", "60", "http://127.0.0.1:\(server.httpPort)/metrics"],
            seconds: 90)
        try #require(outcome.status == 0, "\(outcome.output)")
        return outcome.output
    }

    private func promtool(
        _ arguments: [String], in folder: String
    ) throws -> StartedProgram.Outcome {
        let tool = try #require(
            ToolPath.installed("promtool"), "promtool is in Debian's package prometheus")
        return try StartedProgram.run(
            "/bin/sh",
            ["-c", "cd \"$0\" && tool=$1 && shift && exec \"$tool\" \"$@\"", folder, tool]
                + arguments, seconds: 60)
    }

    /// Asks for a path over a connection of its own, without a program in between.
    private func get(_ path: String, _ server: ServerProcess) throws -> HTTPReply {
        let socket = try ClientSocket(.stream, port: server.httpPort)
        let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        socket.send(Array(request.utf8))
        return try #require(HTTPReply(from: socket, seconds: 60))
    }

    /// Names of the families of a page, with those of the samples.
    private func names(_ page: String) -> Set<String> {
        var names: Set<String> = []
        for line in page.split(separator: "\n") where !line.hasPrefix("#") {
            names.insert(String(line.prefix { $0 != "{" && $0 != " " }))
        }
        return names
    }

    @Test("a scrape is what promtool takes for well made")
    func wellMade() throws {
        let folder = try TemporaryFolder()
        let server = try server(folder)
        let page = try scrape(server)
        try folder.write(page, to: "page")
        let outcome = try StartedProgram.run(
            "/bin/sh",
            [
                "-c", "exec \"$0\" check metrics < \"$1\"",
                try #require(ToolPath.installed("promtool")), folder.file("page"),
            ], seconds: 60)
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test("REGISTERs are seen in requests, replies, contacts, durations and rows")
    func registrations() throws {
        let folder = try TemporaryFolder()
        let server = try server(folder)
        let report = try RegisterBurst(port: server.sipPort, users: 0..<500).run()
        try #require(report.statuses[200] == 500)
        let hasWritten = eventually(within: Rig.limit(20)) {
            (try? scrape(server).contains("roost_location_rows_written_total 500\n")) == true
        }
        #expect(hasWritten)
        let page = try scrape(server)
        for line in [
            #"roost_location_users{table="location"} 500"#,
            #"roost_location_contacts{table="location"} 500"#,
            #"roost_location_unwritten_contacts{table="location"} 0"#,
            #"roost_database_up{module="usrloc"} 1"#, "roost_ready 1",
            #"roost_registrar_accepted_regs_total 500"#,
        ] {
            #expect(page.contains("\n\(line)\n"), "\(line)")
        }
        #expect(value(#"roost_sip_requests_received_total{method="REGISTER"}"#, page) >= 500)
        #expect(
            value(#"roost_sip_replies_sent_total{class="2xx",status="200"}"#, page) >= 500)
        let measured = value(
            #"roost_sip_request_duration_seconds_count{method="REGISTER"}"#, page)
        #expect(measured >= 500 / 16 - 2 && measured <= 500)
        #expect(value("roost_database_last_flush_timestamp_seconds{module=\"usrloc\"}", page) > 0)
    }

    private func value(_ name: String, _ page: String) -> Double {
        for line in page.split(separator: "\n") where line.hasPrefix(name + " ") {
            return Double(line.dropFirst(name.count + 1)) ?? -1
        }
        return -1
    }

    @Test("a scrape has as many lines, and takes no longer, with many contacts as with none")
    func constant() throws {
        let folder = try TemporaryFolder()
        let server = try server(folder) { $0.set("usrloc", "timer_interval", 3_600) }
        func figures() throws -> (lines: Int, seconds: Double) {
            let clock = ContinuousClock()
            var best = Duration.seconds(60)
            var lines = 0
            for _ in 0..<40 {
                let begun = clock.now
                let reply = try get("/metrics", server)
                best = min(best, clock.now - begun)
                lines = reply.text.split(separator: "\n").count
            }
            return (lines, best / .seconds(1))
        }
        let before = try figures()
        let report = try RegisterBurst(port: server.sipPort, users: 0..<20_000).run()
        try #require(report.statuses[200] == 20_000)
        let after = try figures()
        #expect(after.lines == before.lines)
        // A walk over 20,000 contacts takes tens of milliseconds in this build.
        #expect(after.seconds < 3 * before.seconds + 0.005, "\(before) \(after)")
    }

    @Test("without credentials there are no metrics, with those of a reader there are")
    func credentials() throws {
        let secret = "t0ken-of-the-board"
        let outcome = try StartedProgram.run(
            "/bin/sh",
            [
                "-c", "printf '%s\\n' \"$1\" | \"$0\" hash-password",
                try ToolPath.built("roost"), secret,
            ], seconds: 30)
        let hash = outcome.output.split(separator: "\n").first.map(String.init) ?? ""
        let folder = try TemporaryFolder()
        let server = try server(folder) { configuration in
            // A test's server counts as started once it answers RPC to all, where it is listed.
            configuration.modules.removeAll { $0 == "jsonrpcs" }
            configuration.set("microhttpd", "user", "board:board:\(hash)")
            configuration.set("microhttpd", "user", "desk:desk:\(hash)")
            configuration.set("microhttpd", "role", "board: metrics")
            configuration.set("microhttpd", "role", "desk: ul.*")
        }
        let curl = try #require(ToolPath.installed("curl"))
        func status(_ user: String?, _ path: String) throws -> String {
            let credentials = user.map { ["-u", "\($0):\(secret)"] } ?? []
            let url = "http://127.0.0.1:\(server.httpPort)\(path)"
            return try StartedProgram.run(
                curl, ["-s", "-o", "/dev/null", "-w", "%{http_code}", url] + credentials,
                seconds: 60
            ).output
        }
        #expect(try status(nil, "/metrics") == "401")
        #expect(try status("board", "/metrics") == "200")
        #expect(try status("desk", "/metrics") == "403")
    }

    // MARK: Dashboard and alerts

    @Test("scrape and alert rules are valid, and each alert is raised by what it is for")
    func rules() throws {
        let folder = "\(Self.folder)/prometheus"
        for arguments in [
            ["check", "config", "prometheus.yml"], ["check", "rules", "roost.rules.yml"],
            ["test", "rules", "roost.rules.test.yml"],
        ] {
            let outcome = try promtool(arguments, in: folder)
            #expect(outcome.status == 0, "\(arguments): \(outcome.output)")
        }
    }

    @Test("each alert has a unit test")
    func tested() throws {
        let rules = TemporaryFolder.text(at: "\(Self.folder)/prometheus/roost.rules.yml")
        let tests = TemporaryFolder.text(at: "\(Self.folder)/prometheus/roost.rules.test.yml")
        let alerts = rules.split(separator: "\n").filter { $0.contains("- alert: ") }
            .map { $0.split(separator: " ").last.map(String.init) ?? "" }
        #expect(alerts.count >= 10)
        for alert in alerts {
            #expect(tests.contains("alertname: \(alert)\n        exp_alerts:\n"), "\(alert)")
        }
    }

    @Test("each metric of the dashboard and of the alerts is in a scrape")
    func known() throws {
        let folder = try TemporaryFolder()
        let server = try server(folder)
        let page = try scrape(server)
        let known = names(page)
        let rules = TemporaryFolder.text(at: "\(Self.folder)/prometheus/roost.rules.yml")
        let dashboard = TemporaryFolder.text(at: "\(Self.folder)/grafana/roost.json")
        let used = try words(
            rules.split(separator: "\n").filter { $0.contains("expr:") }
                .joined(separator: "\n")
        ).union(words(expressions(dashboard)))
        #expect(used.count > 30)
        let missing = used.subtracting(known).sorted()
        #expect(missing == [], "not in a scrape: \(missing)")
    }

    @Test("each metric that the documentation names is in a scrape")
    func documented() throws {
        let folder = try TemporaryFolder()
        let server = try server(folder)
        let known = names(try scrape(server))
        let text = TemporaryFolder.text(at: "\(ToolPath.package)/docs/monitoring.md")
        let named = words(text).filter { !known.contains($0) }
        let families = named.filter { name in
            !["_bucket", "_sum", "_count"].contains { known.contains(name + $0) }
        }
        #expect(families.sorted() == [])
    }

    /// The expressions of a dashboard, one a line.
    private func expressions(_ dashboard: String) throws -> String {
        // Each object that has an expression, wherever it stands.
        var found: [String] = []
        func collect(_ value: JSONValue) {
            if let expression = value["expr"]?.text { found.append(expression) }
            for member in value.members ?? [] { collect(member.value) }
            for item in value.items ?? [] { collect(item) }
        }
        let document = try JSONValue(parsing: dashboard)
        collect(document)
        #expect(found.count > 40)
        return found.joined(separator: "\n")
    }

    /// The names of metrics in a text.
    private func words(_ text: String) -> Set<String> {
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        return Set(
            words.filter {
                ($0.hasPrefix("roost_") || $0.hasPrefix("process_"))
                    // roost_GROUP_NAME stands for names in documentation.
                    && $0 == $0.lowercased() && !["process_", "roost_"].contains($0)
            })
    }
}
