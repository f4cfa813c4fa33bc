import Basics
import JSONValue
import ModuleKit
import RouteScript
import Testing

@testable import PV

/// `$shv` and its commands.
@Suite("Shared variables")
struct SharedVariableTests {
    /// A rig whose script has two shared variables.
    private func rig(_ body: String = "note(\"$shv(a) $shv(b)\");") throws -> ScriptRig {
        try ScriptRig(
            body,
            before: """
                modparam("pv", "shvset", "a=i:7")
                modparam("pv", "shvset", "b=s:text")
                """)
    }

    @Test(
        "what can be assigned, and what is read then",
        arguments: [
            ("5", "5"), ("-5", "-5"), ("\"x\"", "x"), ("\"\"", ""), ("$rU", "carol"),
            ("$null", "0"), ("$hdr(None)", "0"), ("$shv(b)", "text"), ("$shv(a) + 1", "8"),
            ("$shv(b) + \"!\"", "text!"), ("$avp(none)", "0"),
        ])
    func assignment(value: String, expected: String) throws {
        #expect(try rig("$shv(a) = \(value); note(\"$shv(a)\");").run() == [expected])
    }

    @Test(
        "shvset takes the forms that varset has",
        arguments: [
            ("a=s:", ""), ("a=s:x=y;z", "x=y;z"), ("a=i:0x1f", "31"), ("a=i:-1", "-1"),
            ("a b=i:1", "1"),
        ])
    func settings(setting: String, expected: String) throws {
        let name = setting.prefix { $0 != "=" }
        let rig = try ScriptRig(
            "note(\"$shv(\(name))\");", before: "modparam(\"pv\", \"shvset\", \"\(setting)\")")
        #expect(try rig.run() == [expected])
    }

    @Test("contexts share a variable, and each has its own $var")
    func contexts() throws {
        let rig = try rig(
            "$shv(a) = $shv(a) + 1; $var(a) = $var(a) + 1; note(\"$shv(a) $var(a)\");")
        #expect(try rig.run() == ["8 1"])
        let other = ScriptContext(services: rig.services)
        rig.program.run(.request, in: other)
        #expect(rig.notes == ["9 1"])
    }

    @Test("a text that was read stays what it was when another context sets the variable")
    func stays() throws {
        let variables = SharedVariables()
        let place = variables.place("x")
        variables.set(place, .string("before"))
        let read = variables.value(place)
        variables.set(place, .string("after"))
        guard case .text(.owned(let bytes)) = read else {
            Issue.record("no text")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self) == "before")
    }

    @Test("places are given by name, once, and names that nobody named are unknown")
    func places() {
        let variables = SharedVariables()
        #expect(variables.place("a") == 0)
        #expect(variables.place("b") == 1)
        #expect(variables.place("a") == 0)
        #expect(variables.value(named: "c") == nil)
        #expect(!variables.set(named: "c", .integer(1)))
        #expect(variables.set(named: "b", .integer(1)))
        #expect(variables.all.map(\.name) == ["a", "b"])
    }

    @Test("threads that write and read at once never see half a value")
    func threads() async {
        let variables = SharedVariables()
        let place = variables.place("x")
        variables.set(place, .string("aaaa"))
        let texts = ["aaaa", "bbbbbbbb", "c"]
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<4 {
                group.addTask {
                    for round in 0..<2_000 {
                        if number == 0 {
                            variables.set(place, .string(texts[round % 3]))
                        } else if case .text(.owned(let bytes)) = variables.value(place) {
                            guard texts.contains(String(decoding: bytes, as: UTF8.self)) else {
                                return false
                            }
                        }
                        _ = variables.place("n\(round % 50)")
                    }
                    return true
                }
            }
            for await isWhole in group { #expect(isWhole) }
        }
        #expect(variables.all.count == 51)
    }

    @Test(
        "pv.shvSet and what pv.shvGet shows then",
        arguments: [
            (["a", "int", 5], ["name": "a", "type": "int", "value": 5]),
            (["a", "int", -5], ["name": "a", "type": "int", "value": -5]),
            (["a", "int", "12"], ["name": "a", "type": "int", "value": 12]),
            (["a", "str", "x"], ["name": "a", "type": "string", "value": "x"]),
            (["a", "str", ""], ["name": "a", "type": "string", "value": ""]),
            (["a", "str", "5"], ["name": "a", "type": "string", "value": "5"]),
            (
                ["a", "str", "\u{e9} \"q\""],
                ["name": "a", "type": "string", "value": "\u{e9} \"q\""]
            ),
        ] as [([JSONValue], JSONValue)])
    func commands(arguments: [JSONValue], expected: JSONValue) throws {
        let rig = try rig()
        let answer = try rig.services.exchange("pv.shvSet", .array(arguments))
        #expect(answer["result"] == "Ok. Variable set to new value.")
        #expect(try rig.services.call("pv.shvGet", "a")["result"] == expected)
    }

    @Test(
        "what pv.shvSet refuses leaves the variable alone",
        arguments: [
            ([], 500), (["a"], 500), (["a", "int"], 500), (["a", "int", "x"], 500),
            (["a", "float", 1], 500), (["a", "", 1], 500), (["a", "INT", 1], 500),
            (["none", "int", 1], 404), (["", "str", "x"], 404),
            (["a", "str", .string(String(repeating: "x", count: 65_536))], 500),
        ] as [([JSONValue], Int64)])
    func refusals(arguments: [JSONValue], code: Int64) throws {
        let rig = try rig()
        let answer = try rig.services.exchange("pv.shvSet", .array(arguments))
        #expect(answer["error"]?["code"] == .integer(code))
        #expect(
            try rig.services.call("pv.shvGet", "a")["result"]
                == ["name": "a", "type": "int", "value": 7])
    }

    @Test("pv.shvGet without a name shows all of them in the order of the configuration")
    func all() throws {
        let rig = try rig("note(\"$shv(z) $shv(b)\");")
        #expect(
            try rig.services.call("pv.shvGet")["result"] == [
                "items": [
                    ["name": "a", "type": "int", "value": 7],
                    ["name": "b", "type": "string", "value": "text"],
                    ["name": "z", "type": "int", "value": 0],
                ]
            ])
        #expect(try rig.services.call("pv.shvGet", "none")["error"]?["code"] == 404)
    }

    @Test("what a command set is what the script reads, and the other way round")
    func bothWays() throws {
        let rig = try rig("note(\"$shv(a)\"); $shv(a) = \"script\";")
        _ = try rig.services.call("pv.shvSet", "a", "str", "command")
        #expect(try rig.run() == ["command"])
        #expect(try rig.services.call("pv.shvGet", "a")["result"]?["value"] == "script")
    }
}
