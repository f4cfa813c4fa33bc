import Basics
import Core
import JSONValue
import ModuleKit
import Testing

@Suite("module core")
struct CoreTests {
    @Test("commands about the server answer in the shapes that remote controls know")
    func information() throws {
        let services = StandInServices()
        try services.load(Core.self)
        #expect(try services.call("core.version")["result"]?.text?.hasPrefix("roost ") == true)
        #expect(try services.call("core.info")["result"]?["version"] == .string("roost 0.2.0"))
        let uptime = try services.call("core.uptime")["result"]
        #expect(try #require(uptime?["uptime"]?.integer) >= 41)
        #expect(try #require(uptime?["now"]?.text).utf8.count == 24)
        #expect(try services.call("core.arg")["result"] == ["roost", "-f", "test.cfg"])
        #expect(try services.call("core.pwd")["result"]?[0]?.text?.hasPrefix("/") == true)
        #expect(try services.call("core.ps")["result"] == [11, "main", 12, "udp worker 0"])
        #expect(
            try services.call("core.psx")["result"]?[1]
                == ["IDX": 1, "PID": 12, "DSC": "udp worker 0"])
        #expect(try services.call("core.ppdefines")["result"] == ["ROOST", "DBURL"])
        #expect(
            try services.call("core.ppdefines_full")["result"]?[1]
                == ["name": "DBURL", "type": 0, "value": "sqlite:///x"])
    }

    @Test("sockets and aliases are listed")
    func network() throws {
        let services = StandInServices()
        try services.load(Core.self)
        let sockets = try services.call("core.sockets_list")["result"]
        #expect(
            sockets?[0]?["socket"] == [
                "proto": "udp", "address": "127.0.0.1", "port": "5060", "mcast": "no",
                "mhomed": "no", "virtual": "no", "advertise": "sip.example.com:5060",
            ])
        #expect(sockets?[1]?["socket"]?["address"] == "::1")
        let aliases = try services.call("core.aliases_list")["result"]?["aliases"]
        #expect(
            aliases?[0] == ["alias": ["proto": "*", "address": "example.com", "port": "*"]])
        #expect(aliases?[1]?["alias"]?["port"] == 5060)
    }

    @Test(
        "the name that a socket is advertised under is this server, as Record-Route carries it",
        arguments: [
            ("sip.example.com", 5060, true), ("SIP.example.com", 0, true),
            ("sip.example.com", 5061, false), ("sip.example.co", 5060, false), ("sip", 0, false),
        ])
    func advertised(host: String, port: UInt16, isOurs: Bool) {
        let bytes = Array(host.utf8)
        let found = StandInServices().isMyself(bytes.span, port: port)
        #expect(found == isOurs)
    }

    @Test("echoes give back what came, as strings or as integers")
    func echoes() throws {
        let services = StandInServices()
        try services.load(Core.self)
        #expect(try services.call("core.echo", "a", 1, 2.5)["result"] == ["a", "1", "2.5"])
        #expect(try services.call("core.echo")["result"] == [])
        #expect(try services.call("core.prints", "x")["result"] == ["x"])
        #expect(try services.call("core.printi", 1, "-2")["result"] == [1, -2])
        #expect(try services.call("core.printi", "x")["error"]?["code"] == -32602)
    }

    @Test("core.kill begins a clean stop, with a signal that means one")
    func kill() throws {
        let services = StandInServices()
        try services.load(Core.self)
        #expect(try services.call("core.kill", 9)["error"]?["data"]?["parameter"] == "signal")
        #expect(services.stopped.value == -1)
        #expect(try services.call("core.kill")["result"] == [:])
        #expect(services.stopped.value == 0)
    }

    @Test("commands about commands know them all")
    func discovery() throws {
        let services = StandInServices()
        try services.load(Core.self)
        let names = try services.call("system.listMethods")["result"]?.items?.compactMap(\.text)
        #expect(names == names?.sorted())
        #expect(names?.contains("rpc.discover") == true)
        #expect(try services.call("core.modules")["result"] == [])
        let help = try services.call("system.methodHelp", "core.version")["result"]
        #expect(help == "Shows name, version and platform")
        let unknown = try services.call("system.methodHelp", "core.verzion")["error"]
        #expect(unknown?["code"] == 400)
        #expect(unknown?["data"]?["nearest"] == "core.version")
        #expect(try services.call("system.methodHelp")["error"]?["code"] == 400)
        #expect(
            try services.call("system.methodSignature", "core.kill")["result"]
                == [["object"], ["object", "integer"]])
        let document = try services.call("rpc.discover")["result"]
        #expect(document?["methods"]?.items?.count == names?.count)
    }

    @Test("the document is the same whether it is made from modules or from their declarations")
    func schema() throws {
        let services = StandInServices()
        try services.load(Core.self)
        let declared = ModuleBlueprint(Core.self).methods.map(\.name).sorted()
        let running = try services.call("system.listMethods")["result"]
        #expect(running == .array(declared.map { .string($0) }))
    }

    @Test("parameters of configuration files arrive in their fields")
    func parameters() throws {
        let services = StandInServices()
        let core = try services.load(
            Core.self,
            [
                ("debug", .integer(2)), ("children", .integer(4)), ("log_stderror", .integer(1)),
                ("tcp_accept_no_cl", .integer(1)), ("auto_aliases", .integer(0)),
                ("run_dir", .string("/tmp/x")), ("uid", .string("sip")),
                ("log_facility", .string("LOG_LOCAL0")), ("server_id", .integer(7)),
                ("tcp_connection_lifetime", .integer(3605)),
            ])
        let found = core.parameters
        #expect(found.debug == 2 && found.children == 4 && found.logsToStandardError)
        #expect(found.tcpAcceptsNoContentLength && !found.autoAliases)
        #expect(found.runDirectory == "/tmp/x" && found.user == "sip" && found.serverID == 7)
        #expect(found.tcpConnectionLifetime == 3605 && found.logFacility == "LOG_LOCAL0")
        #expect(try services.call("core.version")["error"] == nil)
    }

    @Test("parameters without effect are accepted, and the log says why")
    func ignored() throws {
        let services = StandInServices()
        let core = try services.load(
            Core.self,
            [("memdbg", .integer(5)), ("memlog", .integer(5)), ("memlog", .integer(6))])
        try core.start()
        #expect(
            services.lines.all == [
                "notice parameter memdbg has no effect: there is no allocator of its own to watch",
                "notice parameter memlog has no effect: there is no allocator of its own to watch",
            ])
    }

    @Test(
        "a parameter that does not exist, fit or make sense is refused",
        arguments: [
            ("childen", SettingValue.integer(1)), ("children", .integer(-1)),
            ("children", .string("4")), ("port", .integer(70_000)), ("debug", .integer(99)),
            ("enable_tls", .integer(1)), ("log_name", .integer(1)), ("memlog", .string("x")),
        ])
    func refused(_ name: String, _ value: SettingValue) throws {
        #expect(throws: ParameterError.self) {
            try StandInServices().load(Core.self, [(name, value)])
        }
    }

    @Test("a facility that syslog does not have is refused with the list of those it has")
    func facility() {
        let failure = #expect(throws: StartFailure.self) {
            try StandInServices().load(Core.self, [("log_facility", .string("LOCAL0"))])
        }
        #expect(failure?.message.contains("LOG_LOCAL0") == true)
    }

    @Test("messages are counted under the names that monitoring knows")
    func counters() throws {
        let services = StandInServices()
        let core = try services.load(Core.self)
        core.counters.countRequest(.register)
        core.counters.countRequest(.register)
        core.counters.countRequest(nil)
        core.counters.countReply(status: 180, method: .invite)
        core.counters.countReply(status: 401, method: .register)
        core.counters.countReply(status: 999, method: nil)
        let readings = Dictionary(
            uniqueKeysWithValues: services.loadedModules[0].statistics.map { ($0.name, $0.value) })
        #expect(readings.count == 85)
        #expect(readings["rcv_requests"] == 3 && readings["rcv_requests_register"] == 2)
        #expect(readings["rcv_replies"] == 3 && readings["rcv_replies_1xx"] == 1)
        #expect(readings["rcv_replies_18x"] == 1 && readings["rcv_replies_1xx_invite"] == 1)
        #expect(readings["rcv_replies_401"] == 1 && readings["rcv_replies_4xx_reg"] == 1)
        #expect(readings["rcv_requests_invite"] == 0)
    }
}
