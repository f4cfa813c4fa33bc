import CfgRPC
import JSONValue
import ModuleKit
import Testing

/// A module with settings of every kind, for tests of `cfg.*`.
final class Adjustable: ServerModule {
    struct Parameters: Sendable {
        var expires = 3600
        var range = 0
        var q = -1
        var prefix: String?
        var fixed = 5
    }
    static let defaults = Parameters()
    static let manifest = Manifest<Adjustable>(
        "adjustable", "Settings for tests",
        parameters: [
            ParameterRow(
                "default_expires", \.expires, 0...Int(Int32.max), "Expiry of a binding",
                runtime: .changeable),
            ParameterRow("range", \.range, 0...100, "Percent", runtime: .changeable),
            ParameterRow("default_q", \.q, -1...1000, "Preference", runtime: .changeable),
            ParameterRow("realm_prefix", \.prefix, "Prefix", runtime: .named("realm_pref")),
            ParameterRow("fixed", \.fixed, 0...10, "Cannot change"),
        ])
    let handle: SettingsHandle<Parameters>
    init(_ setup: ModuleSetup<Parameters>) { handle = setup.settings }
}

@Suite("module cfg_rpc")
struct CfgRPCTests {
    private func services() throws -> StandInServices {
        let services = StandInServices()
        try services.load(Adjustable.self)
        try services.load(CfgRPC.self)
        return services
    }

    @Test("a change is in force at once, and read back")
    func immediate() throws {
        let services = try services()
        #expect(try services.call("cfg.get", "adjustable", "default_expires")["result"] == 3600)
        let setters = [
            "cfg.set", "cfg.set_now_int", "cfg.seti", "cfg.set_now_string", "cfg.sets",
        ]
        for (number, setter) in setters.enumerated() {
            let value = JSONValue.integer(Int64(120 + number))
            #expect(
                try services.call(setter, "adjustable", "default_expires", value)["result"] == [:])
            #expect(
                try services.call("cfg.get", "adjustable", "default_expires")["result"] == value)
        }
        #expect(try services.call("cfg.sets", "adjustable", "realm_pref", "sip.")["error"] == nil)
        #expect(try services.call("cfg.get", "adjustable", "realm_pref")["result"] == "sip.")
    }

    @Test("a worker sees a change at its next look, and no change costs it one number")
    func visible() throws {
        let services = StandInServices()
        let module = try services.load(Adjustable.self)
        try services.load(CfgRPC.self)
        let before = services.settings.generation
        _ = try services.call("cfg.seti", "adjustable", "default_expires", 60)
        #expect(services.settings.generation > before)
        #expect(services.settings.current(module.handle).expires == 60)
    }

    @Test("delayed changes wait for the commit and come into force together")
    func delayed() throws {
        let services = try services()
        let value = { try services.call("cfg.get", "adjustable", "default_expires")["result"] }
        _ = try services.call("cfg.set_delayed_int", "adjustable", "default_expires", 240)
        _ = try services.call("cfg.set_delayed_string", "adjustable", "realm_pref", "x.")
        _ = try services.call("cfg.set_delayed", "adjustable", "default_expires", 250)
        #expect(try value() == 3600)
        #expect(
            try services.call("cfg.diff")["result"] == [
                [
                    "group name": "adjustable", "variable name": "realm_pref", "old value": nil,
                    "new value": "x.",
                ],
                [
                    "group name": "adjustable", "variable name": "default_expires",
                    "old value": 3600, "new value": 250,
                ],
            ])
        #expect(try services.call("cfg.commit")["result"] == [:])
        #expect(try value() == 250)
        #expect(try services.call("cfg.diff")["result"] == [])
        _ = try services.call("cfg.set_delayed_int", "adjustable", "default_expires", 480)
        #expect(try services.call("cfg.rollback")["result"] == [:])
        #expect(try services.call("cfg.commit")["result"] == [:])
        #expect(try value() == 250)
    }

    @Test("one waiting change can be taken back")
    func deleteDelayed() throws {
        let services = try services()
        _ = try services.call("cfg.set_delayed_int", "adjustable", "range", 10)
        #expect(try services.call("cfg.del_delayed", "adjustable", "range")["result"] == [:])
        let again = try services.call("cfg.del_delayed", "adjustable", "range")
        #expect(again["error"]?["code"] == 400)
        #expect(try services.call("cfg.diff")["result"] == [])
    }

    @Test("a reset gives a group its first values back")
    func reset() throws {
        let services = try services()
        _ = try services.call("cfg.seti", "adjustable", "range", 10)
        _ = try services.call("cfg.sets", "adjustable", "realm_pref", "x")
        #expect(try services.call("cfg.reset", "adjustable")["result"] == [:])
        #expect(
            try services.call("cfg.get", "adjustable")["result"] == [
                "default_expires": 3600, "range": 0, "default_q": -1, "realm_pref": nil,
            ])
        #expect(try services.call("cfg.reset", "nothing")["error"]?["code"] == 500)
    }

    @Test("lists name groups and settings")
    func list() throws {
        let services = try services()
        let expected: JSONValue = [
            "adjustable: default_expires", "adjustable: range", "adjustable: default_q",
            "adjustable: realm_pref",
        ]
        #expect(try services.call("cfg.list")["result"] == expected)
        #expect(try services.call("cfg.list", "adjustable")["result"] == expected)
        #expect(try services.call("cfg.list", "nothing")["result"] == [])
    }

    @Test("help tells type, bounds, default and value")
    func help() throws {
        let services = try services()
        _ = try services.call("cfg.seti", "adjustable", "range", 10)
        #expect(
            try services.call("cfg.help", "adjustable", "range")["result"] == [
                "desc": "Percent", "type": "integer", "default": 0, "value": 10, "min": 0,
                "max": 100,
            ])
        #expect(
            try services.call("cfg.help", "adjustable", "realm_pref")["result"]?["type"]
                == "string")
    }

    /// A call that is refused, its code, and what the error tells.
    static let refusals: [(String, JSONValue, Int, JSONValue)] = [
        ("cfg.get", ["adjustable", "no_such"], 400, ["group": "adjustable", "name": "no_such"]),
        ("cfg.get", ["nogroup", "x"], 400, ["group": "nogroup", "name": "x"]),
        ("cfg.get", ["nogroup"], 400, ["group": "nogroup"]),
        ("cfg.get", ["adjustable", "fixed"], 400, ["group": "adjustable", "name": "fixed"]),
        ("cfg.help", ["adjustable", "x"], 400, ["group": "adjustable", "name": "x"]),
        (
            "cfg.set_now_string", ["adjustable", "range", "abc"], 400,
            ["group": "adjustable", "name": "range", "min": 0, "max": 100, "given": "abc"]
        ),
        (
            "cfg.set_now_int", ["adjustable", "range", 101], 400,
            ["group": "adjustable", "name": "range", "min": 0, "max": 100, "given": 101]
        ),
        (
            "cfg.set_delayed_int", ["adjustable", "default_q", 2000], 400,
            ["group": "adjustable", "name": "default_q", "min": -1, "max": 1000, "given": 2000]
        ),
        (
            "cfg.set", ["adjustable", "fixed", 1], 400,
            ["group": "adjustable", "name": "fixed", "given": 1]
        ),
        (
            "cfg.get", ["adjustable[1]", "range"], 400,
            ["group": "adjustable[1]", "name": "range"]
        ),
        ("cfg.get", ["adjustable[x]", "range"], 400, ["group": "adjustable[x]"]),
        ("cfg.del", ["adjustable", "range"], 400, ["group": "adjustable", "name": "range"]),
    ]

    @Test(
        "what is refused is told with group, name, bounds and what was given", arguments: refusals)
    func refused(_ method: String, _ parameters: JSONValue, _ code: Int, _ data: JSONValue) throws {
        let error = try services().exchange(method, parameters)["error"]
        #expect(error?["code"]?.integer == code)
        #expect(error?["data"] == data)
    }

    @Test("missing parameters are refused by name")
    func missing() throws {
        let services = try services()
        let set = try services.call("cfg.set_now_int", "adjustable")["error"]
        #expect(set?["code"] == -32602)
        #expect(set?["data"]?["parameter"] == "name")
        let value = try services.call("cfg.set_now_int", "adjustable", "range")["error"]
        #expect(value?["data"]?["parameter"] == "value")
        #expect(try services.call("cfg.get")["error"]?["code"] == 500)
    }

    @Test("the log tells who changed what from which value to which")
    func log() throws {
        let services = try services()
        _ = try services.call("cfg.seti", "adjustable", "range", 10)
        _ = try services.call("cfg.sets", "adjustable", "realm_pref", "a\"b")
        #expect(
            services.lines.all.filter { $0.contains("changed") } == [
                "notice adjustable.range changed from 0 to 10 by test here",
                "notice adjustable.realm_pref changed from null to \"a\\\"b\" by test here",
            ])
        _ = try services.call("cfg.reset", "adjustable")
        #expect(
            services.lines.all.contains("notice adjustable.range changed from 10 to 0 by test here")
        )
    }
}
