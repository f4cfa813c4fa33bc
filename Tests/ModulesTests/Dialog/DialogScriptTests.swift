import Basics
import JSONValue
import ModuleKit
import RouteScript
import Testing

@testable import Dialog

@Suite("What scripts know and want of calls")
struct DialogScriptTests {
    @Test("values that are set before the call begins go along, and are there within it")
    func variables() throws {
        let rig = try DialogRig(
            manage: """
                $dlg_var(queue) = "sales";
                $dlg_var(gone) = "x";
                $dlg_var(gone) = $null;
                note("before $dlg_var(queue) $dlg_var(gone) $dlg(callid)");
                dlg_manage();
                $dlg_var(n) = 7;
                """, within: "note(\"$rm $dlg_var(queue) $dlg_var(n) $dlg_var(gone)\");")
        try rig.establish()
        #expect(rig.tm.notes() == ["before sales <null> <null>", "ACK sales 7 <null>"])
    }

    @Test("$dlg shows what is known of the call, in replies as well")
    func attributes() throws {
        let rig = try DialogRig(
            manage: "dlg_manage(); t_on_reply(\"R\");",
            within: """
                note("$dlg(from_uri) $dlg(to_uri) $dlg(from_tag) $dlg(to_tag) $dlg(from_cseq)");
                note("$dlg(from_contact) $dlg(to_contact) $dlg(from_bindaddr) $dlg(to_route)");
                note("$dlg(ref) $dlg(lifetime) $dlg(start_ts) $dlg(req_uri) $dlg(toroute)");
                """, blocks: "onreply_route[R] { note(\"$rs $dlg(state) $dlg(sflags)\"); }")
        try rig.establish()
        #expect(
            rig.tm.notes() == [
                "180 1 0", "200 2 0",
                "sip:alice@example.org sip:bob@example.com a b 1",
                "sip:alice@10.1.2.3:5070 sip:bob@10.1.2.9:5090 udp:127.0.0.1:5060 ",
                "1 43200 1700000000 sip:bob@10.1.2.9:5090 ",
            ])
    }

    @Test("without a call there is nothing to show and nothing to set")
    func nothing() throws {
        let rig = try DialogRig(
            manage: """
                note("$dlg(state) $DLG_status $DLG_lifetime $DLG_count $dlg_ctx(on) $dlg_ctx(dir)");
                if (!is_known_dlg()) note("unknown");
                if (!dlg_set_ruri()) note("no ruri");
                if (!dlg_bye("all")) note("no bye");
                if (!dlg_set_timeout("5")) note("no timeout");
                if (!dlg_get("x", "y", "z")) note("no call");
                """)
        try rig.invite()
        #expect(
            rig.tm.notes() == [
                "<null> <null> <null> 0 0 0", "unknown", "no ruri", "no bye", "no timeout",
                "no call",
            ])
    }

    @Test("flags live with the call")
    func flags() throws {
        let rig = try DialogRig(
            manage: """
                dlg_setflag("3");
                dlg_manage();
                dlg_setflag("5");
                if (dlg_isflagset("3") && dlg_isflagset("5") && !dlg_isflagset("4")) note("set");
                dlg_resetflag("3");
                if (!dlg_setflag("32") && !dlg_isflagset("-1")) note("range");
                """, within: "note(\"$dlg(sflags) $dlg_ctx(flags)\");")
        try rig.establish()
        #expect(rig.tm.notes() == ["set", "range", "32 32"])
    }

    @Test("$dlg_ctx sets the lifetime, the route and the BYEs of the call")
    func wishes() throws {
        let rig = try DialogRig(
            manage: """
                $dlg_ctx(lifetime) = 500;
                $dlg_ctx(timeout_bye) = 1;
                $dlg_ctx(timeout_route) = "LATE";
                dlg_manage();
                """,
            within: "note(\"$dlg_ctx(lifetime) $dlg_ctx(timeout_bye) $dlg_ctx(timeout_route)\");")
        try rig.establish()
        #expect(rig.tm.notes() == ["500 1 LATE"])
        #expect(rig.dialog?.snapshot.lifetimeSeconds == 500)
    }

    @Test("an attribute gives the lifetime, and changes it when it is set before loose_route")
    func timeoutAttribute() throws {
        let rig = try DialogRig(
            "modparam(\"dialog\", \"timeout_avp\", \"$avp(i:10)\")",
            manage: "$avp(10) = 77; dlg_manage();",
            before: "if (is_method(\"INFO\")) $avp(10) = 88;")
        let route = try rig.establish()
        #expect(rig.dialog?.snapshot.lifetimeSeconds == 77)
        try rig.within("INFO", route, branch: "i", number: 2)
        #expect(rig.dialog?.snapshot.deadline == 1_700_000_088)
    }

    @Test("dlg_get takes another call, dlg_set_timeout also by numbers")
    func others() throws {
        let rig = try DialogRig(
            within: """
                dlg_set_timeout("60", "$dlg(h_entry)", "$dlg(h_id)");
                if (!dlg_set_timeout("60", "1", "1")) note("none");
                """)
        try rig.establish()
        #expect(rig.tm.notes() == ["none"])
        #expect(rig.dialog?.snapshot.lifetimeSeconds == 60)
        let callID = Array("call-1".utf8)
        #expect(rig.module.dialog(callID, Array("a".utf8), []) === rig.dialog)
        #expect(rig.module.dialog(callID, Array("b".utf8), Array("a".utf8)) === rig.dialog)
        #expect(rig.module.dialog(callID, Array("a".utf8), Array("x".utf8)) == nil)
    }

    @Test("dlg_set_ruri leads to the address of the other side")
    func requestURI() throws {
        let rig = try DialogRig(within: "dlg_set_ruri(); note(\"$ru\");")
        let route = try rig.establish()
        try rig.within("INFO", route, branch: "i", number: 1, fromCallee: true)
        #expect(rig.tm.notes() == ["sip:bob@10.1.2.9:5090", "sip:alice@10.1.2.3:5070"])
    }

    @Test("a property keeps the lifetime as it is")
    func property() throws {
        let rig = try DialogRig(manage: "dlg_manage(); dlg_set_property(\"timeout-noreset\");")
        try rig.establish()
        #expect(rig.dialog?.snapshot.restartsLifetime == false)
        let other = try DialogRig(
            "modparam(\"dialog\", \"timeout_noreset\", 1)",
            manage: "dlg_manage(); dlg_reset_property(\"timeout-noreset\");")
        try other.establish()
        #expect(other.dialog?.snapshot.restartsLifetime == true)
    }

    @Test("event routes run on the message that brought the change, with the call at hand")
    func events() throws {
        let blocks = ["start", "end", "failed"].map {
            "event_route[dialog:\($0)] { note(\"\($0) $dlg(state) $ci $dlg_var(q)\"); }"
        }.joined(separator: "\n")
        let rig = try DialogRig(
            manage: "dlg_manage(); $dlg_var(q) = \"1\";", blocks: blocks)
        let route = try rig.establish()
        try rig.within("BYE", route, branch: "bye", number: 2)
        #expect(rig.tm.notes() == ["start 3 call-1 1", "end 5 call-1 1"])
        let other = try DialogRig(manage: "dlg_manage();", blocks: blocks)
        try other.tm.receive(other.invite().response(486, tag: "b"))
        #expect(other.tm.notes() == ["failed 5 call-1 <null>"])
    }

    @Test("calls are counted in profiles until they are over")
    func profiles() throws {
        let rig = try DialogRig(
            """
            modparam("dialog", "profiles_with_value", "caller; callee")
            modparam("dialog", "profiles_no_value", "all")
            """,
            manage: """
                if (!set_dlg_profile("all")) note("no call");
                dlg_manage();
                set_dlg_profile("all");
                set_dlg_profile("caller", "$fU");
                set_dlg_profile("callee", "$rU");
                unset_dlg_profile("callee", "$rU");
                if (is_in_profile("caller", "alice") && !is_in_profile("callee", "bob")) note("in");
                get_profile_size("all", "$var(a)");
                get_profile_size("caller", "alice", "$var(b)");
                get_profile_size("caller", "bob", "$var(c)");
                note("$var(a) $var(b) $var(c)");
                """)
        let route = try rig.establish()
        #expect(rig.tm.notes() == ["no call", "in", "1 1 0"])
        #expect(try rig.result("dlg.profile_get_size", "caller", "alice") == 1)
        #expect(try rig.result("dlg.profile_list", "caller", "alice")?.items?.count == 1)
        #expect(try rig.result("dlg.profile_list", "caller", "bob")?.items?.count == 0)
        try rig.within("BYE", route, branch: "bye", number: 2)
        #expect(try rig.result("dlg.profile_get_size", "all") == 0)
    }

    @Test(
        "what cannot be had is refused with its reason",
        arguments: [
            ("", "dlg_bridge(\"a\", \"b\", \"c\");", "makes no calls of its own"),
            ("", "dlg_refer(\"caller\", \"sip:a@b\");", "makes no calls of its own"),
            ("", "dlg_db_load_extra();", "in memory only"),
            ("", "dlg_set_property(\"ka-src\");", "not asked whether they still last"),
            ("", "set_dlg_profile(\"none\");", "there is no profile"),
            ("", "dlg_bye(\"both\");", "expected caller, callee or all"),
            ("", "$dlg(nothing) = 1;", ""), ("", "note(\"$dlg(nothing)\");", "there is no"),
            ("modparam(\"dialog\", \"db_mode\", 1)", "", "in memory only"),
            ("modparam(\"dialog\", \"table_name\", \"x\")", "", "in memory only"),
            ("modparam(\"dialog\", \"enable_dmq\", 1)", "", "do not share calls"),
            ("modparam(\"dialog\", \"ka_interval\", 30)", "", "not asked"),
            ("modparam(\"dialog\", \"hash_size\", 100)", "", "power of two"),
            ("modparam(\"dialog\", \"timeout_avp\", \"x\")", "", "$avp(name)"),
            ("modparam(\"dialog\", \"rr_param\", \"a b\")", "", "no token"),
            ("modparam(\"dialog\", \"dlg_extra_hdrs\", \"x\")", "", "header lines"),
            ("modparam(\"dialog\", \"profiles_no_value\", \"a;a\")", "", "twice"),
        ])
    func refusals(parameters: String, body: String, reason: String) throws {
        do {
            _ = try DialogRig(parameters, manage: body)
            Issue.record("accepted: \(parameters) \(body)")
        } catch let errors as ScriptErrors {
            let text = errors.errors.map(\.message).joined()
            #expect(text.contains(reason), "\(text)")
        } catch let failure as StartFailure {
            #expect(failure.message.contains(reason), "\(failure.message)")
        }
    }

    @Test("what means nothing is accepted, and said once in the log")
    func ignored() throws {
        let rig = try DialogRig(
            """
            modparam("dialog", "db_mode", 0)
            modparam("dialog", "wait_ack", 1)
            modparam("dialog", "timer_procs", 1)
            """)
        let lines = rig.services.lines.all.filter { $0.contains("means nothing here") }
        #expect(lines.count == 2)
    }
}
