import CfgRPC
import JSONValue
import ModuleKit
import Testing

/// Instances of groups of settings: `adjustable[1]`.
@Suite("instances of groups of settings")
struct GroupInstanceTests {
    private func services(adding instances: String...) throws -> StandInServices {
        let services = StandInServices()
        try services.load(Adjustable.self)
        try services.load(CfgRPC.self)
        for instance in instances {
            #expect(try services.call("cfg.add_group_inst", .string(instance))["result"] == [:])
        }
        return services
    }

    private func value(_ services: StandInServices, _ group: String) throws -> JSONValue? {
        try services.call("cfg.get", .string(group), "range")["result"]
    }

    @Test("an instance has the group's values until it has its own, and again when it has lost it")
    func own() throws {
        let services = try services(adding: "adjustable[1]")
        _ = try services.call("cfg.set", "adjustable", "range", 10)
        #expect(try value(services, "adjustable[1]") == 10)
        #expect(try services.call("cfg.set", "adjustable[1]", "range", "50")["result"] == [:])
        _ = try services.call("cfg.set", "adjustable", "range", 20)
        #expect(try value(services, "adjustable[1]") == 50)
        #expect(try value(services, "adjustable") == 20)
        #expect(try services.call("cfg.get", "adjustable[1]")["result"]?["range"] == 50)
        #expect(try services.call("cfg.del", "adjustable[1]", "range")["result"] == [:])
        #expect(try value(services, "adjustable[1]") == 20)
    }

    @Test("what a group refuses, its instance refuses too", arguments: ["101", "-1", "x"])
    func bounds(text: String) throws {
        let services = try services(adding: "adjustable[1]")
        let answer = try services.call("cfg.set", "adjustable[1]", "range", .string(text))
        #expect(answer["error"]?["code"] == 400)
        #expect(try value(services, "adjustable[1]") == 0)
    }

    @Test("changes of an instance wait for the commit, with its number, and are rolled back")
    func delayed() throws {
        let services = try services(adding: "adjustable[1]")
        _ = try services.call("cfg.set_delayed_int", "adjustable[1]", "range", 7)
        let waiting = try services.call("cfg.diff")["result"]
        #expect(
            waiting == [
                [
                    "group name": "adjustable", "group id": 1, "variable name": "range",
                    "old value": 0, "new value": 7,
                ]
            ])
        #expect(try value(services, "adjustable[1]") == 0)
        _ = try services.call("cfg.commit")
        #expect(try value(services, "adjustable[1]") == 7 && value(services, "adjustable") == 0)
        _ = try services.call("cfg.del_delayed", "adjustable[1]", "range")
        #expect(try services.call("cfg.diff")["result"]?[0]?["new value"] == 0)
        _ = try services.call("cfg.rollback")
        #expect(try value(services, "adjustable[1]") == 7)
        _ = try services.call("cfg.del_delayed", "adjustable[1]", "range")
        _ = try services.call("cfg.commit")
        #expect(try value(services, "adjustable[1]") == 0)
    }

    @Test("a reset takes all own values of an instance away, and notes each")
    func reset() throws {
        let services = try services(adding: "adjustable[1]", "adjustable[2]")
        _ = try services.call("cfg.set", "adjustable[1]", "range", 5)
        _ = try services.call("cfg.set", "adjustable[2]", "range", 6)
        #expect(try services.call("cfg.reset", "adjustable[1]")["result"] == [:])
        #expect(try value(services, "adjustable[1]") == 0)
        #expect(try value(services, "adjustable[2]") == 6)
        #expect(
            services.lines.all.contains {
                $0.hasPrefix("notice adjustable[1].range changed from 5 to 0 by")
            })
    }

    @Test("an instance that is added twice keeps its values; one that is deleted has none")
    func adding() throws {
        let services = try services(adding: "adjustable[1]")
        _ = try services.call("cfg.set", "adjustable[1]", "range", 5)
        _ = try services.call("cfg.add_group_inst", "adjustable[1]")
        #expect(try value(services, "adjustable[1]") == 5)
        _ = try services.call("cfg.set_delayed", "adjustable[1]", "range", 6)
        #expect(try services.call("cfg.del_group_inst", "adjustable[1]")["result"] == [:])
        #expect(try services.call("cfg.diff")["result"] == [])
        #expect(
            try services.call("cfg.get", "adjustable[1]", "range")["error"]?["code"] == 400)
        _ = try services.call("cfg.add_group_inst", "adjustable[1]")
        #expect(try value(services, "adjustable[1]") == 0)
    }

    @Test(
        "names that are no instance are refused",
        arguments: [
            ("adjustable", "Wrong group syntax"), ("adjustable[x]", "Wrong group syntax"),
            ("adjustable[-1]", "Wrong group syntax"), ("adjustable[1]]", "Wrong group syntax"),
            ("adjustable[]", "Wrong group syntax"),
            ("adjustable[4294967296]", "Wrong group syntax"),
            ("nope[1]", "Failed to add the group instance"),
        ])
    func names(name: String, message: String) throws {
        let error = try services().call("cfg.add_group_inst", .string(name))["error"]
        #expect(error?["code"] == 400)
        #expect(error?["message"]?.text?.hasPrefix(message) == true)
    }

    @Test("the highest number is one as well, and cfg.help explains an instance's settings")
    func highest() throws {
        let services = try services(adding: "adjustable[4294967295]", "adjustable[0]")
        #expect(try value(services, "adjustable[4294967295]") == 0)
        #expect(
            try services.call("cfg.help", "adjustable[0]", "range")["result"]?["max"] == 100)
    }

    @Test("a message that has selected an instance sees its values, the next one the group's")
    func selected() throws {
        let services = StandInServices()
        let module = try services.load(Adjustable.self)
        try services.settings.addInstance(of: "adjustable", 3)
        try services.settings.set(
            group: "adjustable", instance: 3, name: "range", to: .integer(44))
        let context = ScriptContext(services: services)
        let slot = RuntimeSetting.slot(group: "adjustable", name: "range")
        func range() -> Int { context.with(module.handle) { $0.range } }
        #expect(range() == 0 && number(context.runtimeSetting(slot)) == 0)
        let unknown = context.selectSettings(of: "adjustable", instance: 4)
        #expect(!unknown && range() == 0)
        let isSelected = context.selectSettings(of: "adjustable", instance: 3)
        #expect(isSelected && range() == 44)
        #expect(number(context.runtimeSetting(slot)) == 44)
        context.resetSettings(of: "adjustable")
        #expect(range() == 0 && number(context.runtimeSetting(slot)) == 0)
        _ = context.selectSettings(of: "adjustable", instance: 3)
        context.reset(origin: context.origin, now: context.now)
        #expect(range() == 0 && number(context.runtimeSetting(slot)) == 0)
    }

    /// The number that a script sees; nil for anything else.
    private func number(_ value: ScriptValue) -> Int? {
        if case .integer(let number) = value { number } else { nil }
    }
}
