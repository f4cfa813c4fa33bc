import ModuleKit
import TM
import TMX
import Testing

@Suite("Module tmx")
struct TMXTests {
    private static let modules = [ModuleBlueprint(TMModule.self), ModuleBlueprint(TMXModule.self)]

    @Test(
        "outside of a transaction every variable has Kamailio's value",
        arguments: [
            ("$T_branch_idx", "0"), ("$T_reply_code", "0"), ("[$T_reply_reason]", "[]"),
            ("[$T_reply_last]", "[]"), ("[$T_reply_ruid]", "[]"), ("$T_req($si)", "<null>"),
            ("$T_rpl($si)", "<null>"), ("$T_inv($si)", "<null>"), ("$T(id_index)", "<null>"),
            ("$T(id_label)", "<null>"), ("$T(reply_code)", "0"), ("[$T(reply_reason)]", "[]"),
            ("$T(branch_index)", "0"), ("$T(ruid)", "<null>"), ("$T(reply_type)", "<null>"),
            ("$T_branch(flags)", "<null>"), ("$T_branch(uri)", "<null>"),
        ])
    func values(template: String, expected: String) throws {
        #expect(try expanded(template, further: Self.modules) == expected)
    }

    @Test(
        "the kinds of blocks",
        arguments: [
            ("t_is_request_route()", "1"), ("t_is_failure_route()", "-1"),
            ("t_is_branch_route()", "-1"), ("t_is_reply_route()", "-1"),
        ])
    func blocks(call: String, expected: String) throws {
        let rig = try ScriptRig("\(call); note(\"$rc\");", further: Self.modules)
        #expect(try rig.run() == [expected])
    }

    @Test(
        "what is no attribute is refused",
        arguments: [
            "$T(x)", "$T_branch(x)", "$T_req(si)", "$T_req($nonsense)", "$T",
        ])
    func refused(variable: String) {
        #expect(scriptError("$var(x) = \(variable);", further: Self.modules) != "none")
    }
}
