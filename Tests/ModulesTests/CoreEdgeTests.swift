import Basics
import CTL
import Core
import JSONRPC
import JSONValue
import MicroHTTPD
import ModuleKit
import TM
import Testing

/// What a core with one parameter says: "none", or the error.
private func fault(_ name: String, _ value: SettingValue) -> String {
    do {
        try StandInServices().load(Core.self, [(name, value)])
        return "none"
    } catch let error as ParameterError {
        return error.message
    } catch let error as StartFailure {
        return error.message
    } catch {
        return "\(error)"
    }
}

@Suite("Module core: parameters")
struct CoreParameterTests {
    /// Every integer parameter with its bounds.
    static let bounds: [(String, Int, Int)] = [
        ("debug", -5, 9), ("children", 0, 1024), ("port", 1, 65_535),
        ("maxbuffer", 1_024, 1_073_741_824), ("exit_timeout", 0, 3_600),
        ("tcp_children", 0, 1024), ("tcp_connection_lifetime", 0, 604_800),
        ("tcp_max_connections", 0, 1_000_000), ("tcp_connect_timeout", 0, 3_600),
        ("tcp_send_timeout", 0, 3_600), ("tcp_msg_read_timeout", 1, 3_600),
        ("tcp_accept_iplimit", 0, 1_000_000), ("server_id", 0, 2_147_483_647),
        ("max_while_loops", 0, 2_147_483_647), ("max_recursive_level", 1, 1_000),
        ("return_mode", 0, 1),
        ("log_stderror", 0, 1), ("disable_tcp", 0, 1), ("tcp_accept_no_cl", 0, 1),
        ("tcp_crlf_ping", 0, 1), ("auto_aliases", 0, 1), ("server_signature", 0, 1),
        ("force_rport", 0, 1), ("use_dst_blocklist", 0, 1), ("dst_blocklist_expire", 1, 86_400),
        ("dns_retr_time", 0, 60), ("dns_retr_no", 0, 10), ("dns_servers_no", 0, 8),
        ("dns_use_search_list", 0, 1), ("dns_try_ipv6", 0, 1), ("dns_try_naptr", 0, 1),
        ("dns_naptr_ignore_rfc", 0, 1), ("dns_srv_lb", 0, 1),
        ("dns_udp_pref", -1_000, 1_000), ("dns_tcp_pref", -1_000, 1_000),
        ("dns_tls_pref", -1_000, 1_000), ("use_dns_failover", 0, 1), ("use_dns_cache", 0, 1),
        ("dns_cache_flags", 0, 7), ("dns_cache_negative_ttl", 0, 86_400),
        ("dns_cache_min_ttl", 0, 86_400), ("dns_cache_max_ttl", 1, 2_147_483_647),
    ]

    @Test("an integer is taken at its bounds and refused one beyond", arguments: bounds)
    func integers(name: String, low: Int, high: Int) {
        #expect(fault(name, .integer(low)) == "none")
        #expect(fault(name, .integer(high)) == "none")
        for value in [low - 1, high + 1] {
            #expect(
                fault(name, .integer(value))
                    == "\(name) must be from \(low) to \(high), not \(value)")
        }
        #expect(
            fault(name, .string("1"))
                == "parameter \"\(name)\" is an integer, found the string \"1\"")
    }

    @Test("the table of bounds names every integer parameter that has an effect")
    func complete() {
        let declared = ModuleBlueprint(Core.self).parameters
            .filter { $0.bounds != nil && !$0.isRepeatable }
        #expect(Set(declared.map(\.name)) == Set(Self.bounds.map(\.0)))
    }

    @Test("every default lies within its own bounds")
    func defaults() {
        for parameter in ModuleBlueprint(Core.self).parameters {
            guard let bounds = parameter.bounds, case .integer(let number) = parameter.initial
            else { continue }
            #expect(bounds.contains(number), "\(parameter.name)")
        }
    }

    @Test(
        "two names set one field",
        arguments: [
            ("user", "uid"), ("group", "gid"), ("workdir", "wdir"), ("rundir", "run_dir"),
        ])
    func aliases(first: String, second: String) throws {
        for name in [first, second] {
            let found = try StandInServices().load(Core.self, [(name, .string("x"))]).parameters
            let values = [found.user, found.group, found.workDirectory, found.runDirectory]
            #expect(values.count { $0 == "x" } == 1, "\(name)")
        }
    }

    @Test("syslog's facilities are known, each by its whole name")
    func facilities() {
        let names =
            [
                "AUTH", "AUTHPRIV", "CRON", "DAEMON", "FTP", "KERN", "LPR", "MAIL", "NEWS",
                "SYSLOG",
                "USER", "UUCP",
            ] + (0...7).map { "LOCAL\($0)" }
        for name in names {
            #expect(fault("log_facility", .string("LOG_\(name)")) == "none")
            #expect(
                fault("log_facility", .string(name)).hasPrefix("log_facility: \"\(name)\" is none"))
        }
        #expect(fault("log_facility", .string("LOG_LOCAL8")).contains("is none"))
        #expect(fault("log_facility", .string("")).contains("is none"))
    }

    @Test(
        "header lines of the server are one line each: nothing can be smuggled into replies",
        arguments: ["server_header", "user_agent_header"])
    func headers(name: String) {
        #expect(fault(name, .string("Server: mine")) == "none")
        for text in ["Server: a\r\nX: 1", "Server: a\n", "a\u{0}b", "a\tb", "a\u{7f}"] {
            #expect(
                fault(name, .string(text))
                    == "server_header and user_agent_header are one line each")
        }
    }

    @Test("every parameter without effect is accepted, and its reason is logged once")
    func ignored() throws {
        for parameter in ModuleBlueprint(Core.self).parameters where parameter.isRepeatable {
            let services = StandInServices()
            let value: SettingValue = parameter.bounds == nil ? .string("x") : .integer(0)
            let core = try services.load(
                Core.self, [(parameter.name, value), (parameter.name, value)])
            try core.start()
            let lines = services.lines.all
            #expect(lines.count == 1)
            #expect(lines[0].hasPrefix("notice parameter \(parameter.name) has no effect: "))
            let reason = parameter.summary.dropFirst("Ignored: ".count)
            #expect(lines[0].hasSuffix(": \(reason)") && !reason.isEmpty)
        }
    }

    @Test("TLS cannot be switched on: it is refused, not ignored")
    func tls() {
        #expect(fault("enable_tls", .integer(0)) == "none")
        #expect(fault("enable_tls", .integer(1)) == "enable_tls must be from 0 to 0, not 1")
    }

    @Test("what is logged changes while the server runs, and how names are looked up")
    func runtime() {
        let names = ModuleBlueprint(Core.self).parameters.compactMap(\.runtimeName)
        #expect(names.prefix(2) == ["debug", "log_levels"])
        #expect(names.dropFirst(2).allSatisfy { $0.contains("dns_") || $0.contains("blocklist") })
    }
}

@Suite("Module core: commands and counters")
struct CoreCommandTests {
    private func services() throws -> StandInServices {
        let services = StandInServices()
        try services.load(Core.self)
        return services
    }

    @Test("uptime is told in seconds and in days", arguments: ["core.uptime", "core.runinfo"])
    func uptime(method: String) throws {
        let result = try services().call(method)["result"]
        let seconds = result?["uptime"] ?? result?["uptime_secs"]
        let number = try #require(seconds?.integer)
        #expect((41...100).contains(number))
        if method == "core.runinfo" {
            #expect(result?["utime_days"]?.text?.hasPrefix("0d 0h ") == true)
            #expect(result?["name"] == "roost")
        }
    }

    @Test("a clean stop is asked for with 15, with 2 or without a number", arguments: [15, 2, nil])
    func kill(signal: Int64?) throws {
        let services = try services()
        let parameters: [JSONValue] = signal.map { [.integer($0)] } ?? []
        #expect(try services.exchange("core.kill", .array(parameters))["result"] == [:])
        #expect(services.stopped.value == 0)
    }

    @Test("other signals are refused, and the server goes on", arguments: [0, 1, 9, -15, 64])
    func refusedSignal(signal: Int64) throws {
        let services = try services()
        let error = try services.call("core.kill", .integer(signal))["error"]
        #expect(error?["code"] == -32602)
        #expect(
            error?["data"]
                == ["parameter": "signal", "expected": "15 or 2", "given": .integer(signal)])
        #expect(services.stopped.value == -1)
    }

    @Test(
        "a method is explained by name; an unknown one is an error with the nearest",
        arguments: ["system.methodHelp", "system.methodSignature"])
    func explained(method: String) throws {
        let services = try services()
        for name in try services.call("system.listMethods")["result"]?.items ?? [] {
            #expect(try services.call(method, name)["error"] == nil)
        }
        let error = try services.call(method, "core.uptim")["error"]
        #expect(error?["code"] == 400 && error?["message"] == "command not found")
        #expect(error?["data"]?["nearest"] == "core.uptime")
        #expect(error?["data"]?["method"] == "core.uptim")
    }

    @Test("modules are listed the last loaded first, without the core")
    func modules() throws {
        let services = try services()
        try services.load(TMModule.self)
        try services.load(CTL.self)
        #expect(try services.call("core.modules")["result"] == ["ctl", "tm"])
    }

    @Test("values of definitions are shown, \"none\" without one")
    func defines() throws {
        #expect(
            try services().call("core.ppdefines_full")["result"]?[0]
                == ["name": "ROOST", "type": 0, "value": "none"])
    }

    @Test(
        "a reply counts in its class, by status and by method",
        arguments: [
            (100, "1xx"), (180, "1xx"), (200, "2xx"), (302, "3xx"), (404, "4xx"), (500, "5xx"),
            (699, "6xx"),
        ])
    func replies(status: Int, group: String) throws {
        let services = StandInServices()
        let core = try services.load(Core.self)
        core.counters.countReply(status: status, method: .bye)
        let readings = services.loadedModules[0].statistics.filter { $0.value != 0 }
        var expected: Set = ["rcv_replies", "rcv_replies_\(group)", "rcv_replies_\(group)_bye"]
        if status == 180 { expected.insert("rcv_replies_18x") }
        if status == 404 { expected.insert("rcv_replies_404") }
        #expect(Set(readings.map(\.name)) == expected)
        #expect(readings.allSatisfy { $0.value == 1 && $0.group == "core" })
    }

    @Test("a status that is none counts as a reply and in no class", arguments: [0, 99, 700, -1])
    func noStatus(status: Int) throws {
        let services = StandInServices()
        let core = try services.load(Core.self)
        core.counters.countReply(status: status, method: .invite)
        let readings = services.loadedModules[0].statistics.filter { $0.value != 0 }
        #expect(readings.map(\.name) == ["rcv_replies"])
    }

    @Test("a request counts once for all and once for its method")
    func requests() throws {
        for method in MessageCounters.Method.allCases {
            let services = StandInServices()
            let core = try services.load(Core.self)
            core.counters.countRequest(method)
            let readings = services.loadedModules[0].statistics.filter { $0.value != 0 }
            #expect(
                Set(readings.map(\.name)) == ["rcv_requests", "rcv_requests_\(method)"])
        }
    }

    @Test("every counter of the core can be set back to zero")
    func reset() throws {
        let services = StandInServices()
        let core = try services.load(Core.self)
        core.counters.countRequest(.register)
        core.counters.countReply(status: 486, method: .register)
        core.counters.badHeaders.add()
        for reading in services.loadedModules[0].statistics { reading.reset?() }
        #expect(services.loadedModules[0].statistics.allSatisfy { $0.value == 0 })
    }

    @Test("what is counted under plain names")
    func plain() throws {
        let services = StandInServices()
        let counters = try services.load(Core.self).counters
        let named: [(String, Counter)] = [
            ("fwd_requests", counters.forwardedRequests),
            ("fwd_replies", counters.forwardedReplies),
            ("drop_requests", counters.droppedRequests), ("drop_replies", counters.droppedReplies),
            ("err_requests", counters.faultyRequests), ("err_replies", counters.faultyReplies),
            ("bad_URIs_rcvd", counters.badURIs), ("unsupported_methods", counters.unknownMethods),
            ("bad_msg_hdr", counters.badHeaders),
        ]
        for (place, entry) in named.enumerated() { entry.1.add(place + 1) }
        let readings = services.loadedModules[0].statistics
        for (place, entry) in named.enumerated() {
            #expect(readings.first { $0.name == entry.0 }?.value == place + 1, "\(entry.0)")
        }
    }
}

@Suite("Modules of management: what they refuse and say")
struct ManagementEdgeTests {
    @Test(
        "addresses and prefixes that may connect are a list",
        arguments: ["", "127.0.0.1", "127.0.0.1, 10.0.0.0/8, ::1", "2001:db8::/32"])
    func allowed(list: String) throws {
        let module = try StandInServices().load(MicroHTTPD.self, [("allowed_ips", .string(list))])
        #expect(module.url == nil, "nothing is bound before the start")
    }

    @Test(
        "what is no address and no prefix is shown",
        arguments: ["x", "10.0.0.0/33", "10.0.0", "::1/129"])
    func wrongList(list: String) {
        let failure = #expect(throws: StartFailure.self) {
            try StandInServices().load(MicroHTTPD.self, [("allowed_ips", .string(list))])
        }
        #expect(failure?.message.hasPrefix("microhttpd: allowed_ips: \"") == true)
    }

    @Test("a port without anything behind it is opened, and that is said")
    func nothingServed() throws {
        let services = StandInServices()
        let module = try services.load(MicroHTTPD.self, [("listen_port", .integer(0))])
        try module.start()
        defer { module.stop() }
        #expect(module.url?.hasPrefix("http://127.0.0.1:") == true)
        #expect(
            services.lines.all.contains(
                "notice microhttpd: no module serves anything over HTTP"))
    }

    @Test("an address that is not this machine's is an error of the start")
    func foreign() throws {
        let module = try StandInServices().load(
            MicroHTTPD.self,
            [
                ("listen_addr", .string("192.0.2.1")), ("listen_port", .integer(0)),
                ("allowed_ips", .string("127.0.0.1")),
            ])
        #expect(throws: StartFailure.self) { try module.start() }
        #expect(module.url == nil)
    }

    @Test("a module that was stopped twice, or never started, stops in peace")
    func stops() throws {
        let module = try StandInServices().load(MicroHTTPD.self, [("listen_port", .integer(0))])
        module.stop()
        try module.start()
        module.stop()
        module.stop()
        #expect(module.url == nil)
    }
}
