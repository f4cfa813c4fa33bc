import AppLua
import Basics
import Core
import Counters
import JSONValue
import KEX
import ModuleKit
import SL
import TestSupport
import Testing

@Suite("module counters")
struct CountersTests {
    private static let further = [ModuleBlueprint(CountersModule.self)]

    /// Declarations that most tests use.
    private static let declared = """
        modparam("counters", "script_counter", "calls calls that were refused")
        modparam("counters", "script_counter", "pstn.calls")
        modparam("counters", "script_cnt_grp_name", "mine")
        """

    /// A server with two counters of the script.
    private func services() throws -> (StandInServices, Core) {
        let services = StandInServices()
        let core = try services.load(Core.self)
        try services.load(SLModule.self)
        try services.load(KEX.self)
        try services.load(
            CountersModule.self,
            [
                ("script_counter", .string("calls   calls that were refused")),
                ("script_counter", .string("pstn.calls")),
                ("script_cnt_grp_name", .string("mine")),
            ])
        return (services, core)
    }

    // MARK: Scripts

    @Test(
        "a script counts, adds, takes away and sets back",
        arguments: [
            (#"cnt_inc("calls"); note("$cnt(calls)");"#, "1"),
            (#"cnt_inc("mine.calls"); cnt_inc("calls"); note("$cnt(mine.calls)");"#, "2"),
            (#"cnt_add("pstn.calls", 5); note("$cnt(pstn.calls) $cnt(calls)");"#, "5 0"),
            (#"cnt_add("calls", "-3"); note("$cnt(calls)");"#, "-3"),
            (#"$var(n) = 7; cnt_add("calls", "$var(n)"); note("$cnt(calls)");"#, "7"),
            (#"cnt_inc("calls"); cnt_reset("calls"); note("$cnt(calls)");"#, "0"),
            (#"cnt_inc("calls"); note("$rc");"#, "1"),
            (#"cnt_add("calls", 2); note("$rc");"#, "1"),
            (#"cnt_reset("calls"); note("$rc");"#, "1"),
            (#"cnt_add("calls", "$var(unset)"); note("$cnt(calls)");"#, "0"),
            (#"$avp(a) = 1; $avp(a) = 2; note("$cnt($avp(a))");"#, "2"),
        ])
    func script(body: String, said: String) throws {
        let rig = try ScriptRig(body, before: Self.declared, further: Self.further)
        #expect(try rig.run() == [said])
    }

    @Test(
        "a script that names what is not there does not load",
        arguments: [
            (#"cnt_inc("callz");"#, "there is no counter mine.callz"),
            (#"cnt_inc("sl.sent_replies");"#, "counted by the server"),
            (#"cnt_add("calls", "x");"#, "expected an integer"),
            (#"cnt_reset("a.b.c");"#, "more than one dot"),
            (#"cnt_inc("");"#, "is no name"),
            (#"cnt_inc("$var(x)");"#, "is no name"),
            (#"note("$cnt(nothing.here)");"#, "cnt(nothing.here)"),
        ])
    func refused(body: String, words: String) {
        let error = scriptError(body, before: Self.declared, further: Self.further)
        #expect(error.contains(words), "\(error)")
    }

    @Test("$cnt shows the statistics of the server, and null for a member that is not there yet")
    func statistics() throws {
        let body = #"note("$cnt(sl.200_replies) $cnt(sl.sent_replies)");"#
        let rig = try ScriptRig(body, before: Self.declared, further: Self.further)
        rig.services.replyCounters.count(200)
        rig.services.replyCounters.count(486)
        // All tests of the process share one set of replies.
        let numbers = try rig.run().joined().split(separator: " ").compactMap { Int($0) }
        #expect(numbers.count == 2 && numbers[0] >= 1 && numbers[1] > numbers[0])
    }

    @Test(
        "declarations that cannot be are errors of the start",
        arguments: [
            ["script_counter": "a.b.c"], ["script_counter": ""], ["script_counter": "a/b"],
            ["script_counter": String(repeating: "x", count: 65)],
            ["script_cnt_grp_name": "a b"], ["script_cnt_grp_name": ""],
        ])
    func declarations(parameters: [String: String]) {
        #expect(throws: (any Error).self) {
            try StandInServices().load(
                CountersModule.self, parameters.map { ($0.key, .string($0.value)) })
        }
    }

    @Test("a counter is declared once, and there is a limit to how many")
    func bounds() {
        let twice: [(String, SettingValue)] = [
            ("script_counter", .string("calls")), ("script_counter", .string("script.calls one")),
        ]
        let failure = #expect(throws: StartFailure.self) {
            try StandInServices().load(CountersModule.self, twice)
        }
        #expect(failure?.message.contains("script.calls\" is declared twice") == true)
        let many = (0...Limits.scriptCountersMax).map {
            ("script_counter", SettingValue.string("c\($0)"))
        }
        #expect(throws: StartFailure.self) {
            try StandInServices().load(CountersModule.self, many)
        }
    }

    // MARK: Commands

    @Test("groups and names are listed in order, under both names of the command")
    func lists() throws {
        let (services, _) = try services()
        let groups = try services.call("cnt.grps_list")["result"]
        #expect(groups == ["core", "mine", "pstn", "sl"])
        #expect(try services.call("cnt.list_groups")["result"] == groups)
        let names = try services.call("cnt.var_list", "mine")["result"]
        #expect(names == ["calls"])
        #expect(try services.call("cnt.list_vars", "mine")["result"] == names)
        #expect(try services.call("cnt.var_list", "nothing")["result"] == [])
    }

    @Test("one counter is a number, a group an object, an unknown group an empty one")
    func get() throws {
        let (services, core) = try services()
        core.counters.requests.add(3)
        #expect(try services.call("cnt.get", "core", "rcv_requests")["result"] == 3)
        #expect(try services.call("cnt.get_raw", "core", "rcv_requests")["result"] == 3)
        #expect(try services.call("cnt.get", "pstn")["result"] == ["calls": 0])
        #expect(try services.call("cnt.get", "nothing")["result"] == [:])
        let group = try services.call("cnt.get_vars", "core")["result"]
        #expect(group?["rcv_requests"] == 3)
        #expect(try services.call("cnt.grp_get_all", "core")["result"] == group)
        #expect(try services.call("cnt.get", "core")["result"] == group)
    }

    @Test(
        "what does not exist is told as Kamailio tells it",
        arguments: ["cnt.get", "cnt.get_raw", "cnt.reset", "cnt.help"])
    func unknown(method: String) throws {
        let (services, _) = try services()
        let error = try services.call(method, "no", "x")["error"]
        #expect(error?["code"] == 400)
        #expect(error?["message"] == "non-existent counter no.x\n")
    }

    @Test("a parameter that is left out is error 400")
    func missing() throws {
        let (services, _) = try services()
        for method in ["get", "get_vars", "var_list"] {
            #expect(try services.call("cnt.\(method)")["error"]?["code"] == 400)
        }
        for method in ["get_raw", "reset", "help"] {
            #expect(try services.call("cnt.\(method)", "core")["error"]?["code"] == 400)
        }
    }

    @Test("a counter is set back; a state is not, and says so")
    func reset() throws {
        let (services, core) = try services()
        core.counters.requests.add(3)
        #expect(try services.call("cnt.reset", "core", "rcv_requests")["result"] == [:])
        #expect(core.counters.requests.value == 0)
        let error = try services.call("cnt.reset", "sl", "xxx_replies")["error"]
        #expect(error?["message"]?.text?.contains("cannot be reset") == true)
    }

    @Test("each counter says what it counts")
    func help() throws {
        let (services, _) = try services()
        let words = [
            ("mine", "calls", "calls that were refused"),
            ("pstn", "calls", "custom script counter."),
            ("core", "rcv_replies", "Replies received"),
        ]
        for (group, name, help) in words {
            #expect(
                try services.call("cnt.help", .string(group), .string(name))["result"]
                    == .string(help))
        }
    }

    @Test("the counters of the script are statistics too")
    func asStatistics() throws {
        let (services, _) = try services()
        #expect(
            try services.call("stats.fetchn", "mine:", "pstn:calls")["result"]
                == ["mine.calls": 0, "pstn.calls": 0])
    }

    @Test("each statistic of a module is a counter")
    func all() throws {
        let (services, _) = try services()
        for loaded in services.loadedModules {
            for (place, reading) in loaded.statistics.enumerated() {
                // Some count what the whole process does, other tests included.
                let isTheSame = try eventually(within: 5) {
                    let answer = try services.call(
                        "cnt.get", .string(reading.group), .string(reading.name))
                    let value = loaded.statistics[place].value
                    return answer["result"] == .integer(Int64(value))
                }
                #expect(isTheSame, "\(reading.group).\(reading.name)")
                let help = try services.call(
                    "cnt.help", .string(reading.group), .string(reading.name))
                #expect(help["result"]?.text?.isEmpty == false)
            }
        }
    }
}
