import Basics
import ModuleKit
import TM
import TMX
import Testing

/// Module `tmx` in every kind of block, and what it refuses.
@Suite("Module tmx at its edges")
struct TMXEdgeTests {
    private static let modules = [ModuleBlueprint(TMModule.self), ModuleBlueprint(TMXModule.self)]

    /// Every variable of the module with its value outside of a transaction.
    private static let values: [(String, String)] = [
        ("$T_branch_idx", "0"), ("$T_reply_code", "0"), ("$T_reply_reason", ""),
        ("$T_reply_last", ""), ("$T_reply_ruid", ""), ("$T_req($ru)", "<null>"),
        ("$T_req($hdr(Via))", "<null>"), ("$T_rpl($rs)", "<null>"), ("$T_inv($fU)", "<null>"),
        ("$T(id_index)", "<null>"), ("$T(id_label)", "<null>"), ("$T(reply_code)", "0"),
        ("$T(reply_reason)", ""), ("$T(reply_type)", "<null>"), ("$T(branch_index)", "0"),
        ("$T(ruid)", "<null>"), ("$T_branch(flags)", "<null>"), ("$T_branch(uri)", "<null>"),
    ]

    @Test("in a request, in a reply and in a route that another one calls", arguments: values)
    func everywhere(variable: String, expected: String) throws {
        for message in [ScriptRig.request, ScriptRig.reply] {
            #expect(try expanded(variable, message, further: Self.modules) == expected)
        }
        let called = try ScriptRig(
            "route(R);", before: "route[R] { note(\"\(variable)\"); }", further: Self.modules)
        #expect(try called.run() == [expected])
    }

    @Test("the table has every variable of the module, and no other")
    func complete() {
        let named = Set(
            Self.values.map { row in String(row.0.dropFirst().prefix { $0 != "(" }) })
        let blueprint = ModuleBlueprint(TMXModule.self)
        #expect(named == Set(blueprint.variables.map(\.name)))
        #expect(
            Set(blueprint.functions.map(\.name)) == [
                "t_is_request_route", "t_is_failure_route", "t_is_branch_route",
                "t_is_reply_route", "t_cancel_branches", "t_cancel_branch_idx",
                "t_cancel_callid", "t_reply_callid", "t_flush_flags", "t_flush_xflags",
                "t_precheck_trans", "t_drop", "t_suspend", "t_continue", "t_reuse_branch",
                "t_uac_ack_local", "t_vbflag_set", "t_vbflag_reset", "t_vbflag_is_set",
            ])
    }

    @Test("the variables compare as Kamailio's scripts compare them")
    func comparisons() throws {
        for condition in [
            "$T_reply_code == 0", "$T_branch_idx == 0", "$T_reply_reason == \"\"",
            "$T_req($ru) == $null", "$T(id_index) == $null", "$T(reply_code) < 200",
            "!($T_reply_code >= 400)", "not defined $T_inv($ru)",
        ] {
            let rig = try ScriptRig(
                "if (\(condition)) note(\"yes\");", further: Self.modules + [])
            #expect(try rig.run() == ["yes"], "\(condition)")
        }
    }

    @Test("none of the variables can be set", arguments: values)
    func readOnly(variable: String, expected: String) {
        let error = scriptError("\(variable) = 1;", further: Self.modules)
        #expect(error.contains("is read-only"), "\(error)")
    }

    @Test(
        "t_is_request_route tells requests from replies, the others are never so",
        arguments: [
            ("t_is_request_route", "1", "-1"), ("t_is_reply_route", "-1", "-1"),
            ("t_is_failure_route", "-1", "-1"), ("t_is_branch_route", "-1", "-1"),
        ])
    func kinds(function: String, request: String, reply: String) throws {
        let rig = try ScriptRig("\(function)(); note(\"$rc\");", further: Self.modules)
        #expect(try rig.run() == [request])
        #expect(try rig.run(ScriptRig.reply) == [reply])
    }

    @Test(
        "what is wrong is refused at its place",
        arguments: [
            ("$var(x) = $T;", "needs a name"), ("$var(x) = $T(nothing);", "\"nothing\""),
            ("$var(x) = $T_branch(q);", "\"q\""), ("$var(x) = $T_req(ru);", "$T_req($ru)"),
            ("$var(x) = $T_rpl();", "$T_rpl"), ("$var(x) = $T_inv($nope);", "nope"),
            ("$var(x) = $T_branch_idx(1);", "takes nothing"), ("t_is_reply_route(1);", "takes"),
        ])
    func refused(body: String, words: String) {
        let error = scriptErrorPlace("\n  \(body)", further: Self.modules)
        #expect(error.hasPrefix("2:"), "\(error)")
        #expect(error.contains(words), "\(error)")
    }

    @Test("the module needs tm before it")
    func requires() {
        let error = scriptError("exit;", further: [ModuleBlueprint(TMXModule.self)])
        #expect(error.contains("tm"), "\(error)")
    }
}
