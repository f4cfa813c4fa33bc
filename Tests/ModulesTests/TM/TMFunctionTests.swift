import Basics
import ModuleKit
import Testing
import Transactions

@testable import TM

/// The functions of a script that send on, look up and answer, beside `t_relay` itself.
@Suite("functions of module tm")
struct TMFunctionTests {
    private func lines(_ sent: [TMRig.Sent]) -> [String] { sent.map(\.line) }
    private let nowhere = Call.request("MESSAGE", uri: "sip:bob@nowhere.example")

    @Test(
        "a destination that the script names comes before the URI, which stays as it is",
        arguments: [
            ("t_relay_to(\"10.1.2.10:5091\");", "udp 10.1.2.10:5091"),
            ("t_relay_to(\"udp:10.1.2.10:5091\");", "udp 10.1.2.10:5091"),
            ("t_relay_to(\"tcp:[::1]:5091\");", "tcp [::1]:5091"),
            ("t_relay_to_proxy(\"sip:10.1.2.10:5091\");", "udp 10.1.2.10:5091"),
            ("t_relay_to_proto(\"udp\", \"10.1.2.10\", 5091);", "udp 10.1.2.10:5091"),
            ("t_relay_to_udp(\"10.1.2.10\", 5091);", "udp 10.1.2.10:5091"),
            ("t_relay_to_tcp(\"[::1]\", 5091);", "tcp [::1]:5091"),
            ("t_relay(\"10.1.2.10\", 5091);", "udp 10.1.2.10:5091"),
            ("t_forward_nonack(\"10.1.2.10\", 5091);", "udp 10.1.2.10:5091"),
            ("t_forward_nonack_udp(\"10.1.2.10\", 5091);", "udp 10.1.2.10:5091"),
            ("$du = \"sip:10.1.2.10:5091\"; t_relay();", "udp 10.1.2.10:5091"),
        ])
    func destinations(body: String, place: String) throws {
        let rig = try TMRig(body)
        let sent = try rig.run(Call.request("MESSAGE"))
        #expect(lines(sent) == ["MESSAGE sip:bob@10.1.2.9:5090 SIP/2.0"])
        #expect(sent.map { "\($0.to.transport.name) \($0.to.source.text)" } == [place])
        #expect(rig.module.clients.count == 1)
    }

    @Test(
        "what names no destination is not sent",
        arguments: [
            "t_relay(\"10.1.2.10\", 0)", "t_relay_to_udp(\"10.1.2.10\", 70000)",
            "t_relay_to_proto(\"pigeon\", \"10.1.2.10\", 5091)", "t_relay_to(\"a b\")",
        ])
    func noDestination(call: String) throws {
        let rig = try TMRig("if (!\(call)) note(\"not sent\");")
        let sent = try rig.run(Call.request("MESSAGE"))
        #expect(rig.notes() == ["not sent"])
        #expect(!sent.contains { $0.line.hasPrefix("MESSAGE") })
    }

    @Test("the flags of t_relay_to: 1 no 100, 2 no reply to errors")
    func flags() throws {
        let quiet = try TMRig("t_relay_to(\"1\");")
        #expect(try lines(quiet.run(Call.request())) == ["INVITE sip:bob@10.1.2.9:5090 SIP/2.0"])
        for body in ["t_relay_to(\"2\");", "t_set_disable_internal_reply(1); t_relay();"] {
            #expect(try TMRig(body).run(nowhere).isEmpty, "\(body)")
        }
        let usual = try TMRig("t_relay();").run(nowhere)
        #expect(usual.map { $0.line.prefix(12) } == ["SIP/2.0 478 "])
    }

    // MARK: Looking up

    @Test("t_exists and t_lookup_request tell whether the request has a transaction")
    func lookUp() throws {
        let rig = try TMRig(
            """
            if (t_lookup_request()) { note("known"); exit; }
            if (!t_exists()) note("none");
            t_relay();
            if (t_exists()) note("open");
            """)
        try rig.run(Call.request("MESSAGE"))
        #expect(rig.notes() == ["none", "open"])
        try rig.run(Call.request("MESSAGE"))
        #expect(rig.notes() == ["known"])
        #expect(rig.module.servers.count == 1)
    }

    @Test("t_release gives a transaction up, so that the next attempt is new")
    func release() throws {
        let rig = try TMRig(
            "note(\"new\"); t_newtran(); t_release(); if (!t_release()) note(\"none\");")
        for _ in 0..<2 {
            #expect(try rig.run(Call.request("MESSAGE")).isEmpty)
            #expect(rig.notes() == ["new", "none"])
            #expect(rig.module.servers.count == 0)
        }
        let answered = try TMRig(
            "t_newtran(); t_reply(\"200\", \"OK\"); if (!t_release()) note(\"answered\");")
        try answered.run(Call.request("MESSAGE"))
        #expect(answered.notes() == ["answered"] && answered.module.servers.count == 1)
    }

    @Test("t_relay_cancel cancels at once and ends the script, or says that nothing is known")
    func relayCancel() throws {
        let rig = try TMRig(
            """
            if (is_method("CANCEL")) {
                if (t_relay_cancel()) note("unknown");
                note("on");
                exit;
            }
            t_relay();
            """)
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        let ended = try rig.run(Call.request("CANCEL"))
        #expect(rig.notes() == [])
        #expect(
            lines(ended).sorted() == [
                "CANCEL sip:bob@10.1.2.9:5090 SIP/2.0", "SIP/2.0 200 canceling",
            ])
        try rig.run(Call.request("CANCEL", branch: "stranger"))
        #expect(rig.notes() == ["unknown", "on"])
    }

    // MARK: Answering

    @Test("t_retransmit_reply sends the last reply once more, t_reply_error says 500")
    func replies() throws {
        let again = try TMRig("t_newtran(); t_reply(\"404\", \"No\"); t_retransmit_reply();")
        let sent = try again.run(Call.request("MESSAGE"))
        #expect(sent.count == 2 && sent[0].text == sent[1].text)
        let nothing = try TMRig("if (!t_retransmit_reply()) note(\"none\");")
        #expect(try nothing.run(Call.request("MESSAGE")).isEmpty && nothing.notes() == ["none"])
        let failed = try TMRig("t_newtran(); t_reply_error();")
        #expect(
            try lines(failed.run(Call.request("MESSAGE")))
                == ["SIP/2.0 500 I'm terribly sorry, server error occurred (1/TM)"])
    }

    @Test("t_any_replied is about every branch, t_branch_replied about the chosen one")
    func replied() throws {
        let rig = try TMRig(
            """
            append_branch("sip:c@10.1.2.10:5091"); t_set_fr(0, 1000);
            t_on_failure("F"); t_relay();
            """,
            before: """
                failure_route[F] {
                    if (t_any_replied()) note("any");
                    if (t_any_timeout()) note("silent");
                    if (t_branch_replied()) note("chosen");
                }
                """)
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(404))
        _ = rig.pass(1_100)
        #expect(rig.notes() == ["any", "silent", "chosen"])
        let silent = try TMRig(
            "t_set_fr(0, 1000); t_on_failure(\"F\"); t_relay();",
            before: "failure_route[F] { if (!t_any_replied()) note(\"nobody\"); }")
        try silent.run(Call.request())
        _ = silent.pass(1_100)
        #expect(silent.notes() == ["nobody"])
    }

    @Test("a copy goes where t_replicate_to says, and nobody sees what comes back")
    func replica() throws {
        let rig = try TMRig("t_replicate_to(\"10.1.2.11\", 5092); t_relay(); t_clean();")
        let sent = try rig.run(Call.request("MESSAGE"))
        #expect(sent.map(\.to.source.text) == ["10.1.2.11:5092", "10.1.2.9:5090"])
        #expect(try rig.receive(sent[0].response(200)).isEmpty && rig.isTaken)
        #expect(try lines(rig.receive(sent[1].response(404))) == ["SIP/2.0 404 R"])
    }

    // MARK: Parameters

    @Test("the words of the 100 are those of auto_inv_100_reason")
    func trying() throws {
        let rig = try TMRig(
            "t_relay();", before: "modparam(\"tm\", \"auto_inv_100_reason\", \"Wait\")\n")
        #expect(try rig.run(Call.request())[0].line == "SIP/2.0 100 Wait")
    }

    @Test(
        "a CANCEL says why where local_cancel_reason and e2e_cancel_reason want it",
        arguments: [("1", "1"), ("0", "0")])
    func reasons(local: String, copied: String) throws {
        let before = """
            modparam("tm", "local_cancel_reason", \(local))
            modparam("tm", "e2e_cancel_reason", \(copied))

            """
        let fork = try TMRig("append_branch(\"sip:c@10.1.2.10:5091\"); t_relay();", before: before)
        let sent = try fork.run(Call.request())
        try fork.receive(sent[1].response(180))
        let answered = try fork.receive(sent[2].response(200))
        let own = try #require(answered.first { $0.line.hasPrefix("CANCEL") })
        #expect(own.header("Reason").count == (local == "1" ? 1 : 0))
        for (body, isCopied) in [
            ("", copied == "1"), ("t_disable_e2e_cancel_reason(1);", false),
        ] {
            let call = try TMRig("\(body) t_relay();", before: before)
            let sent = try call.run(Call.request())
            try call.receive(sent[1].response(180))
            let ended = try call.run(Call.request("CANCEL", "Reason: Q.850;cause=16\n"))
            let cancel = try #require(ended.first { $0.line.hasPrefix("CANCEL") })
            #expect(cancel.header("Reason") == (isCopied ? ["Q.850;cause=16"] : []))
        }
    }

    @Test("with failure_exec_mode 1 the failure route hears of what could not be sent at all")
    func failsLocally() throws {
        for (mode, answer) in [(0, "SIP/2.0 478 "), (1, "SIP/2.0 480 ")] {
            let rig = try TMRig(
                "t_on_failure(\"F\"); t_relay();",
                before: """
                    modparam("tm", "failure_exec_mode", \(mode))
                    failure_route[F] { t_reply("480", "Away"); }

                    """)
            let sent = try rig.run(nowhere) + rig.pass(0)
            #expect(sent.map { $0.line.prefix(12) } == [Substring(answer)])
        }
    }

    @Test("a status that failover_reply_codes names leads to the next address of the name")
    func failover() throws {
        for (codes, ports) in [("", []), ("404,6xx", [5_091])] as [(String, [UInt16])] {
            let rig = try TMRig(
                "t_relay();",
                before: "modparam(\"tm\", \"failover_reply_codes\", \"\(codes)\")\n")
            let hops = [5_090, 5_091].map {
                Origin(
                    transport: .udp, socket: .none,
                    source: PeerAddress(ipv4: 0x0a01_0209, port: UInt16($0)))
            }
            rig.rig.services.names.set("phones.example", hops)
            try rig.run(Call.request("MESSAGE", uri: "sip:bob@phones.example"))
            rig.rig.services.names.answer()
            let first = try #require(rig.pass(0).first)
            let next = try rig.receive(first.response(404))
            #expect(next.filter { $0.line.hasPrefix("MESSAGE") }.map(\.to.source.port) == ports)
            #expect(next.contains { $0.line == "SIP/2.0 404 R" } == ports.isEmpty)
        }
    }

    @Test("a failure route that takes longer than exec_time_check is named in the log")
    func slowRoute() throws {
        for (limit, isNamed) in [(1, true), (0, false)] {
            let rig = try TMRig(
                "t_on_failure(\"SLOW\"); t_relay();",
                before: """
                    modparam("tm", "exec_time_check", \(limit))
                    failure_route[SLOW] {
                        $var(i) = 0;
                        while ($var(i) < 50) { $var(i) = $var(i) + 1; }
                    }

                    """)
            let sent = try rig.run(Call.request())
            try rig.receive(sent[1].response(404))
            let lines = rig.rig.services.lines.all
            #expect(lines.contains { $0.contains("failure_route[SLOW] took") } == isNamed)
        }
    }
}
