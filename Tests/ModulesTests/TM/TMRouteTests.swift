import Transactions
import Synchronization
import Basics
import ModuleKit
import Testing

@testable import TM

/// The blocks of a script that run for a transaction, and what they see.
@Suite("blocks of a transaction")
struct TMRouteTests {
    private func lines(_ sent: [TMRig.Sent]) -> [String] { sent.map(\.line) }

    @Test("branch_route may drop one branch, and the others go their way")
    func dropBranch() throws {
        let rig = try TMRig(
            "append_branch(\"sip:c@10.1.2.10:5091\"); t_on_branch(\"B\"); t_relay();",
            before: "branch_route[B] { if ($rd == \"10.1.2.10\") drop; }")
        let sent = try rig.run(Call.request())
        #expect(lines(sent).dropFirst() == ["INVITE sip:bob@10.1.2.9:5090 SIP/2.0"])
        let end = try rig.receive(sent[1].response(486))
        #expect(lines(end).last == "SIP/2.0 486 R")
    }

    @Test("branch_route may drop all branches, and the caller gets an answer")
    func dropAll() throws {
        let rig = try TMRig(
            "t_on_branch(\"B\"); t_relay();", before: "branch_route[B] { drop; }")
        let sent = try rig.run(Call.request())
        #expect(sent.last?.line.hasPrefix("SIP/2.0 503 ") == true)
        #expect(rig.module.clients.count == 0)
    }

    @Test("onreply_route may drop a provisional response, but no final one")
    func dropReply() throws {
        let rig = try TMRig(
            "t_on_reply(\"R\"); t_relay();",
            before: "onreply_route[R] { note(\"$rs\"); if ($rs != 180) drop; }")
        let sent = try rig.run(Call.request())
        #expect(lines(try rig.receive(sent[1].response(180))) == ["SIP/2.0 180 R"])
        #expect(try rig.receive(sent[1].response(183)).isEmpty && rig.isTaken)
        #expect(lines(try rig.receive(sent[1].response(200))) == ["SIP/2.0 200 R"])
        #expect(rig.notes() == ["180", "183", "200"])
    }

    @Test("t_check_status takes an expression, in reply routes and failure routes")
    func checkStatus() throws {
        let rig = try TMRig(
            "t_on_reply(\"R\"); t_on_failure(\"F\"); t_relay();",
            before: """
                onreply_route[R] {
                    if (t_check_status("1[0-9][0-9]")) note("provisional");
                    if (t_check_status("^(486|600)$")) note("busy");
                }
                failure_route[F] {
                    if (t_check_status("4..")) note("failed");
                    if (t_check_status("5..")) note("server");
                    t_get_status_code();
                    note("$rc");
                }

                """)
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        #expect(rig.notes() == ["provisional"])
        try rig.receive(sent[1].response(486))
        #expect(rig.notes() == ["busy", "failed", "486"])
    }

    @Test("t_check_trans knows a CANCEL of an open INVITE, a retransmission and an ACK")
    func checkTrans() throws {
        let rig = try TMRig(
            "if (t_check_trans()) { note(\"known\"); exit; } note(\"new\"); t_relay();")
        let sent = try rig.run(Call.request())
        #expect(rig.notes() == ["new"])
        #expect(lines(try rig.run(Call.request())) == [sent[0].line])
        #expect(rig.notes() == [], "the script ends")
        try rig.run(Call.request("CANCEL"))
        #expect(rig.notes() == ["known"])
        try rig.run(Call.request("CANCEL", branch: "other"))
        #expect(rig.notes() == ["new"])
        try rig.receive(sent[1].response(486))
        #expect(try rig.run(Call.request("ACK", toTag: "c")).isEmpty)
        #expect(rig.notes() == [], "the ACK of a failure ends here")
    }

    @Test("t_is_canceled tells a failure route that the caller has hung up")
    func isCancelled() throws {
        let rig = try TMRig(
            "t_on_failure(\"F\"); t_relay();",
            before: """
                failure_route[F] {
                    if (t_is_canceled()) { note("canceled"); exit; }
                    note("other");
                }

                """)
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        try rig.run(Call.request("CANCEL"))
        let end = try rig.receive(sent[1].response(487))
        #expect(rig.notes() == ["canceled"])
        #expect(lines(end).last == "SIP/2.0 487 R")
    }

    @Test("a failure route cannot call anybody for a caller who has hung up")
    func cancelledForGood() throws {
        let rig = try TMRig(
            "t_on_failure(\"F\"); t_relay();",
            before: """
                failure_route[F] {
                    $ru = "sip:d@10.1.2.11:5092";
                    if (!t_relay()) note("refused");
                }

                """)
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        try rig.run(Call.request("CANCEL"))
        let end = try rig.receive(sent[1].response(487))
        #expect(rig.notes() == ["refused"])
        #expect(!lines(end).contains { $0.hasPrefix("INVITE") })
        #expect(lines(end).last?.hasPrefix("SIP/2.0 487") == true)
    }

    @Test("serial forking: three targets one after the other, the last failure goes back")
    func serial() throws {
        let rig = try TMRig(
            "$avp(n) = 0; t_on_failure(\"F\"); t_relay();",
            before: """
                failure_route[F] {
                    $avp(n) = $avp(n) + 1;
                    note("$avp(n) $T_reply_code");
                    if ($avp(n) < 3) {
                        $ru = "sip:d@10.1.2.1" + $avp(n) + ":5092";
                        t_on_failure("F");
                        t_relay();
                    }
                }

                """)
        var sent = try rig.run(Call.request())
        for (step, status) in [404, 480, 486].enumerated() {
            let invite = try #require(sent.last)
            #expect(invite.line.hasPrefix("INVITE"), "\(step)")
            sent = try rig.receive(invite.response(status))
        }
        #expect(rig.notes() == ["1 404", "2 480", "3 486"])
        #expect(lines(sent).last == "SIP/2.0 486 R")
    }

    @Test(
        "failure_reply_mode says which of the earlier failures may go back",
        arguments: [(0, "404"), (1, "486"), (2, "486"), (3, "486")])
    func replyMode(mode: Int, status: String) throws {
        let rig = try TMRig(
            "t_on_failure(\"F\"); t_relay();",
            before: """
                modparam("tm", "failure_reply_mode", \(mode))
                failure_route[F] { $ru = "sip:d@10.1.2.11:5092"; t_relay(); }

                """)
        let sent = try rig.run(Call.request())
        let next = try rig.receive(sent[1].response(404))
        let end = try rig.receive(try #require(next.last).response(486))
        #expect(lines(end).last == "SIP/2.0 \(status) R")
    }

    @Test("what $T_* say in each block")
    func variables() throws {
        let rig = try TMRig(
            """
            if (is_method("CANCEL")) note("inv $T_inv($hdr(X-I)) $T_inv($rm)");
            t_on_branch("B"); t_on_reply("R"); t_on_failure("F"); t_relay();
            """,
            before: """
                branch_route[B] {
                    if (t_is_branch_route()) note("branch $T(branch_index) $T_branch(uri)");
                }
                onreply_route[R] {
                    if (t_is_reply_route()) {
                        note("reply $T_reply_code $T_reply_reason $T_branch_idx");
                    }
                    note("$T_req($rU) $T_req($hdr(X-I)) $T_req($rs)");
                }
                failure_route[F] {
                    note("failed $T_reply_code $T_reply_last $T(reply_type) $T(reply_code)");
                    note("$T_rpl($rs) $T_rpl($hdr(X-R)) $T_branch(flags)");
                }

                """)
        let sent = try rig.run(Call.request("INVITE", "X-I: abc\n"))
        #expect(rig.notes() == ["branch 0 sip:bob@10.1.2.9:5090"])
        try rig.receive(sent[1].response(180, "Ringing"))
        #expect(rig.notes() == ["reply 180 Ringing 0", "bob abc <null>"])
        try rig.run(Call.request("CANCEL"))
        #expect(rig.notes() == ["inv abc INVITE"])
        try rig.receive(sent[1].response(487, "Gone", tag: "c", "X-R: yes\n"))
        #expect(
            rig.notes() == [
                "reply 487 Gone 0", "bob abc <null>", "failed 487 487 0 487", "487 yes 0",
            ])
    }

    @Test("t_load_contacts shows what is left to be tried, the next target first")
    func contacts() throws {
        let rig = try TMRig(
            """
            append_branch("sip:b@10.1.2.10:5091", "0.5");
            append_branch("sip:c@10.1.2.11:5092", "0.9");
            if (!t_load_contacts(1)) note("mode");
            t_load_contacts();
            note("$xavp(contacts[0]=>uri) $xavp(contacts[0]=>q) $xavp(contacts[1]=>uri)");
            while (t_next_contacts()) note("$ru $xavp(contacts[0]=>uri)");
            note("$rc");
            """, before: "modparam(\"tm\", \"contacts_avp\", \"contacts\")\n")
        try rig.run(Call.request())
        #expect(
            rig.notes() == [
                "mode", "sip:c@10.1.2.11:5092 900 sip:b@10.1.2.10:5091",
                "sip:c@10.1.2.11:5092 sip:b@10.1.2.10:5091",
                "sip:b@10.1.2.10:5091 sip:bob@10.1.2.9:5090", "sip:bob@10.1.2.9:5090 <null>",
                "-2",
            ])
    }

    @Test("serial forking by q needs contacts_avp, and contacts")
    func noContacts() throws {
        let rig = try TMRig(
            "t_load_contacts(); note(\"$rc\"); t_next_contacts(); note(\"$rc\");",
            before: "")
        #expect(throws: (any Error).self) {
            _ = try TMRig("t_load_contacts(\"a\", \"b\");")
        }
        _ = try? rig.run(Call.request())
        #expect(rig.notes().first == "-1")
    }

    @Test(
        "t_reply answers with what it is given, and a status that is none with default_code",
        arguments: [
            ("t_newtran(); t_reply(\"404\", \"Not here\");", "SIP/2.0 404 Not here"),
            ("t_newtran(); t_reply(\"99\", \"x\");", "SIP/2.0 480 Nobody"),
            ("t_newtran(); t_reply(\"700\", \"x\");", "SIP/2.0 480 Nobody"),
            ("t_send_reply(\"603\", \"No\");", "SIP/2.0 603 No"),
            ("t_newtran(); t_reply(\"486\", \"A\\r\\nB: c\");", "SIP/2.0 486 A  B: c"),
        ])
    func replies(body: String, line: String) throws {
        let rig = try TMRig(
            body,
            before: """
                modparam("tm", "default_code", 480)
                modparam("tm", "default_reason", "Nobody")

                """)
        let sent = try rig.run(Call.request())
        #expect(sent.map(\.line) == [line])
        #expect(sent[0].header("B") == [], "a reason phrase brings no lines of its own")
        #expect(sent[0].to.source == TMRig.caller)
        // The reply is that of the transaction: a repeated request gets it again, word for word.
        #expect(try rig.run(Call.request()).map(\.text) == sent.map(\.text))
    }

    @Test("t_reply without a transaction answers nothing, t_send_reply opens one")
    func replyWithout() throws {
        let rig = try TMRig(
            "if (!t_reply(\"200\", \"OK\")) note(\"none\"); t_send_reply(\"200\", \"OK\");")
        #expect(lines(try rig.run(Call.request("MESSAGE"))) == ["SIP/2.0 200 OK"])
        #expect(rig.notes() == ["none"])
        #expect(rig.module.servers.count == 1)
        // What comes again is answered again, and no second transaction is opened.
        #expect(lines(try rig.run(Call.request("MESSAGE"))) == ["SIP/2.0 200 OK"])
        #expect(rig.module.servers.count == 1)
    }

    @Test("after a final reply nothing is sent on and nothing is answered")
    func answered() throws {
        let rig = try TMRig(
            "t_newtran(); t_reply(\"404\", \"No\"); if (!t_relay()) note(\"late\");"
                + "if (!t_reply(\"200\", \"OK\")) note(\"twice\");")
        #expect(lines(try rig.run(Call.request("MESSAGE"))) == ["SIP/2.0 404 No"])
        #expect(rig.notes() == ["late", "twice"])
    }

    @Test("t_lookup_cancel with 1 gives the CANCEL the flags of its INVITE")
    func lookupCancel() throws {
        let rig = try TMRig(
            """
            if (is_method("CANCEL")) {
                if (t_lookup_cancel()) note("$mf");
                if (t_lookup_cancel(1)) note("$mf");
                exit;
            }
            setflag(3);
            t_relay();
            """)
        try rig.run(Call.request())
        try rig.run(Call.request("CANCEL"))
        #expect(rig.notes() == ["0", "8"])
    }
}
