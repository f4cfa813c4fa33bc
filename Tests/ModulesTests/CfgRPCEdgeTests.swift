import Basics
import CfgRPC
import Core
import Corex
import JSONValue
import KEX
import ModuleKit
import Testing

/// A server with the adjustable module, the core and the commands.
private func services() throws -> StandInServices {
    let services = StandInServices()
    try services.load(Core.self)
    try services.load(Adjustable.self)
    try services.load(CfgRPC.self)
    return services
}

@Suite("Module cfg_rpc: values")
struct CfgRPCValueTests {
    /// A setting, a value, and what is stored; nil where it is refused.
    static let values: [(String, JSONValue, JSONValue?)] = [
        ("range", 0, 0), ("range", 100, 100), ("range", -1, nil), ("range", 101, nil),
        ("range", "50", 50), ("range", "0x10", 16), ("range", "x", nil), ("range", "", nil),
        ("default_q", -1, -1), ("default_q", 1000, 1000), ("default_q", -2, nil),
        ("default_expires", 2_147_483_647, 2_147_483_647),
        ("default_expires", 2_147_483_648, nil),
        ("realm_pref", "sip.", "sip."), ("realm_pref", "", ""), ("realm_pref", 5, "5"),
    ]

    @Test("cfg.set takes strings and integers, up to the bounds", arguments: values)
    func set(name: String, value: JSONValue, stored: JSONValue?) throws {
        let services = try services()
        let before = try services.call("cfg.get", "adjustable", .string(name))["result"]
        let answer = try services.call("cfg.set", "adjustable", .string(name), value)
        let after = try services.call("cfg.get", "adjustable", .string(name))["result"]
        if let stored {
            #expect(answer["result"] == [:] && after == stored)
        } else {
            #expect(answer["error"]?["code"] == 400 && after == before)
        }
    }

    @Test("cfg.set_delayed takes the same values, and refuses before the commit", arguments: values)
    func setDelayed(name: String, value: JSONValue, stored: JSONValue?) throws {
        let services = try services()
        let before = try services.call("cfg.get", "adjustable", .string(name))["result"]
        let answer = try services.call("cfg.set_delayed", "adjustable", .string(name), value)
        #expect(try services.call("cfg.get", "adjustable", .string(name))["result"] == before)
        #expect(answer["error"]?["code"] == (stored == nil ? 400 : nil))
        #expect(try services.call("cfg.diff")["result"]?.items?.count == (stored == nil ? 0 : 1))
        #expect(try services.call("cfg.commit")["result"] == [:])
        #expect(
            try services.call("cfg.get", "adjustable", .string(name))["result"]
                == (stored ?? before))
    }

    @Test(
        "a command that needs parameters refuses to do without, with the code callers know",
        arguments: [
            ("cfg.get", 500), ("cfg.help", -32602), ("cfg.set", -32602), ("cfg.seti", -32602),
            ("cfg.sets", -32602), ("cfg.set_now_int", -32602), ("cfg.set_now_string", -32602),
            ("cfg.set_delayed", -32602), ("cfg.set_delayed_int", -32602),
            ("cfg.set_delayed_string", -32602), ("cfg.reset", 500), ("cfg.del", 400),
            ("cfg.del_delayed", 400),
        ])
    func missing(method: String, code: Int64) throws {
        #expect(try services().call(method)["error"]?["code"] == .integer(code))
    }

    @Test(
        "integers are asked for where the command says so",
        arguments: ["cfg.seti", "cfg.set_now_int", "cfg.set_delayed_int"])
    func integersOnly(method: String) throws {
        let services = try services()
        let answer = try services.call(method, "adjustable", "range", "abc")
        #expect(answer["error"]?["code"] == -32602)
        #expect(try services.call("cfg.get", "adjustable", "range")["result"] == 0)
    }

    @Test(
        "an instance that was not added is refused by every command that names one",
        arguments: [
            ("cfg.get", ["adjustable[1]", "range"]), ("cfg.get", ["adjustable[1]"]),
            ("cfg.help", ["adjustable[0]", "range"]), ("cfg.del_group_inst", ["adjustable[1]"]),
            ("cfg.seti", ["adjustable[1]", "range", 1]), ("cfg.reset", ["adjustable[1]"]),
            ("cfg.set_delayed_int", ["adjustable[1]", "range", 1]),
            ("cfg.del", ["adjustable[1]", "range"]),
            ("cfg.del_delayed", ["adjustable[1]", "range"]),
        ] as [(String, [JSONValue])])
    func instances(method: String, parameters: [JSONValue]) throws {
        let error = try services().exchange(method, .array(parameters))["error"]
        #expect(error?["message"]?.text?.contains("there is no group instance") == true)
    }

    @Test("a commit notes every change in the log, one line each")
    func log() throws {
        let services = try services()
        _ = try services.call("cfg.set_delayed_int", "adjustable", "range", 7)
        _ = try services.call("cfg.set_delayed_string", "adjustable", "realm_pref", "x")
        #expect(!services.lines.all.contains { $0.contains("changed") })
        _ = try services.call("cfg.commit")
        #expect(
            services.lines.all.filter { $0.contains("changed") } == [
                "notice adjustable.range changed from 0 to 7 by test here",
                "notice adjustable.realm_pref changed from null to \"x\" by test here",
            ])
    }

    @Test("a rollback and a refused change write nothing into the log")
    func silence() throws {
        let services = try services()
        _ = try services.call("cfg.set_delayed_int", "adjustable", "range", 7)
        _ = try services.call("cfg.rollback")
        _ = try services.call("cfg.commit")
        _ = try services.call("cfg.seti", "adjustable", "range", 101)
        _ = try services.call("cfg.reset", "adjustable")
        #expect(!services.lines.all.contains { $0.contains("changed") })
    }

    @Test("the settings of all groups are listed, the core's first because it is loaded first")
    func list() throws {
        let lines = try services().call("cfg.list")["result"]?.items?.compactMap(\.text) ?? []
        #expect(lines.first == "core: debug")
        #expect(lines.contains("adjustable: realm_pref"))
        #expect(!lines.contains { $0.contains("fixed") })
    }

    @Test("help tells a string's default as null when it is unset")
    func unset() throws {
        let help = try services().call("cfg.help", "adjustable", "realm_pref")["result"]
        #expect(
            help == ["desc": "Prefix", "type": "string", "default": nil, "value": nil])
    }

    @Test("variables of the script are settings like others")
    func custom() throws {
        let services = try services()
        services.settings.declare(
            group: "pstn", name: "gw", value: .string("10.0.0.1"), summary: "Gateway")
        #expect(try services.call("cfg.list", "pstn")["result"] == ["pstn: gw"])
        #expect(try services.call("cfg.get", "pstn")["result"] == ["gw": "10.0.0.1"])
        _ = try services.call("cfg.sets", "pstn", "gw", "10.0.0.2")
        #expect(try services.call("cfg.get", "pstn", "gw")["result"] == "10.0.0.2")
        #expect(try services.call("cfg.help", "pstn", "gw")["result"]?["desc"] == "Gateway")
        _ = try services.call("cfg.reset", "pstn")
        #expect(try services.call("cfg.get", "pstn", "gw")["result"] == "10.0.0.1")
    }
}

@Suite("Module corex: commands")
struct CorexTests {
    private func services() throws -> StandInServices {
        let services = StandInServices()
        try services.load(Core.self)
        try services.load(Corex.self)
        return services
    }

    @Test("a socket has every member of Kamailio's answer")
    func sockets() throws {
        let sockets = try services().call("corex.list_sockets")["result"]
        #expect(
            sockets?[0] == [
                "PROTO": "udp", "NAME": "127.0.0.1", "ADDRLIST": ["ADDR": "127.0.0.1"],
                "PORT": "5060", "MCAST": "no", "MHOMED": "no", "VIRTUAL": "no", "SOCKNAME": "-",
                "ADVERTISE": "sip.example.com:5060",
            ])
        #expect(sockets?[1]?["ADVERTISE"] == "-" && sockets?[1]?["PROTO"] == "tcp")
        #expect(sockets?.items?.count == 2)
    }

    @Test("an alias shows transport and port where it has them")
    func aliases() throws {
        #expect(
            try services().call("corex.list_aliases")["result"] == [
                ["PROTO": "*", "ADDR": "example.com", "PORT": 0],
                ["PROTO": "udp", "ADDR": "localhost", "PORT": 5060],
            ])
    }

    @Test("the log level is taken from -5 to 9", arguments: [-5, -1, 0, 3, 9])
    func level(value: Int64) throws {
        let services = try services()
        let answer = try services.call("corex.debug", .integer(value))["result"]
        #expect(answer == ["old": 0, "new": .integer(value)])
        #expect(try services.call("corex.debug")["result"] == ["debug": .integer(value)])
    }

    @Test("another level is refused and changes nothing", arguments: [-6, 10, 77])
    func wrongLevel(value: Int64) throws {
        let services = try services()
        let error = try services.call("corex.debug", .integer(value))["error"]
        #expect(error?["code"] == 500)
        #expect(error?["message"]?.text == "debug must be from -5 to 9, not \(value)")
        #expect(try services.call("corex.debug")["result"] == ["debug": 0])
    }

    @Test("a level that is no number is a wrong parameter")
    func noNumber() throws {
        #expect(try services().call("corex.debug", "loud")["error"]?["code"] == -32602)
    }

    @Test("without a core there is no level to show")
    func noCore() throws {
        let services = StandInServices()
        try services.load(Corex.self)
        #expect(try services.call("corex.debug")["error"]?["code"] == 500)
    }
}

@Suite("Module kex: choosing statistics")
struct KEXChoiceTests {
    private func services() throws -> StandInServices {
        let services = StandInServices()
        let core = try services.load(Core.self)
        try services.load(KEX.self)
        core.counters.requests.add(12)
        core.counters.replies.add(5)
        return services
    }

    @Test(
        "a word means all, a group, a name, or a name of a group",
        arguments: [
            (["rcv_requests"], ["core:rcv_requests = 12"]),
            (["core:rcv_requests"], ["core:rcv_requests = 12"]),
            (["rcv_replies", "rcv_requests"], ["core:rcv_replies = 5", "core:rcv_requests = 12"]),
            (["rcv_requests", "rcv_requests"], ["core:rcv_requests = 12"]),
            (["rcv_requests", "core:rcv_requests"], ["core:rcv_requests = 12"]),
            (["none", "rcv_requests", ""], ["core:rcv_requests = 12"]),
            (["rcv_"], []), (["core"], []), (["Core:"], []), (["core:rcv_"], []),
            (["core:rcv_requests:"], []), (["other:rcv_requests"], []), (["kex:"], []),
        ] as [([String], [String])])
    func words(words: [String], expected: [String]) throws {
        let parameters = JSONValue.array(words.map { .string($0) })
        let answer = try services().exchange("stats.get_statistics", parameters)
        #expect(answer["result"] == .array(expected.map { .string($0) }))
    }

    @Test("lines are sorted by group and name")
    func sorted() throws {
        let lines =
            try services().call("stats.get_statistics", "all")["result"]?.items?
            .compactMap(\.text) ?? []
        let names = lines.map { $0.prefix { $0 != " " } }
        #expect(names == names.sorted() && Set(names).count == names.count)
    }

    @Test("fetch and fetchn show the same names, strings and numbers")
    func fetch() throws {
        let services = try services()
        let texts = try services.call("stats.fetch", "all")["result"]
        let numbers = try services.call("stats.fetchn", "all")["result"]
        #expect(texts?["core.rcv_replies"] == "5" && numbers?["core.rcv_replies"] == 5)
        #expect(texts?["core.fwd_requests"] == "0" && numbers?["core.fwd_requests"] == 0)
        #expect(try services.call("stats.fetch", "none")["result"] == [:])
    }

    @Test("a reset of one counter leaves the others")
    func resetOne() throws {
        let services = try services()
        #expect(try services.call("stats.reset_statistics", "rcv_requests")["result"] == [:])
        #expect(
            try services.call("stats.fetchn", "rcv_requests", "rcv_replies")["result"]
                == ["core.rcv_requests": 0, "core.rcv_replies": 5])
    }

    @Test("clearing tells each old value once; a second time there is none to tell")
    func clear() throws {
        let services = try services()
        #expect(
            try services.call("stats.clear_statistics", "rcv_requests", "core:rcv_requests")[
                "result"] == ["core:rcv_requests = 0 (12)"])
        #expect(
            try services.call("stats.clear_statistics", "rcv_requests")["result"]
                == ["core:rcv_requests = 0"])
        #expect(try services.call("stats.clear_statistics", "none")["result"] == [])
    }
}
