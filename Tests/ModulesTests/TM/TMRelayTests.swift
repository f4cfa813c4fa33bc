import Basics
import ModuleKit
import SIPSyntax
import Testing
import Transactions

@testable import TM

/// An INVITE, and the requests that go with it.
enum Call {
    static func request(
        _ method: String = "INVITE", uri: String = "sip:bob@10.1.2.9:5090",
        branch: String = "call1",
        number: Int = 1, toTag: String = "", _ more: String = ""
    ) -> String {
        """
        \(method) \(uri) SIP/2.0
        Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK\(branch)
        Max-Forwards: 70
        From: <sip:alice@example.org>;tag=a
        To: <sip:bob@example.com>\(toTag.isEmpty ? "" : ";tag=\(toTag)")
        Call-ID: call-1
        CSeq: \(number) \(method == "ACK" || method == "CANCEL" ? method : method)
        Contact: <sip:alice@10.1.2.3:5070>
        \(more)Content-Length: 0


        """
    }
}

@Suite("t_relay")
struct TMRelayTests {
    private func lines(_ sent: [TMRig.Sent]) -> [String] { sent.map(\.line) }

    @Test("an INVITE gets 100 and goes on; its 180 and its 200 come back without our Via")
    func success() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        #expect(
            lines(sent) == [
                "SIP/2.0 100 trying -- your call is important to us",
                "INVITE sip:bob@10.1.2.9:5090 SIP/2.0",
            ])
        #expect(sent[1].to.source == TMRig.callee)
        #expect(sent[1].header("Via").count == 2)
        #expect(sent[1].header("Max-Forwards") == ["69"])
        let ringing = try rig.receive(sent[1].response(180))
        #expect(lines(ringing) == ["SIP/2.0 180 R"])
        #expect(ringing[0].to.source == TMRig.caller && ringing[0].header("Via").count == 1)
        #expect(lines(try rig.receive(sent[1].response(200))) == ["SIP/2.0 200 R"])
        // A repeated 2xx is passed on each time (RFC 6026 7.1).
        #expect(lines(try rig.receive(sent[1].response(200))) == ["SIP/2.0 200 R"])
        let ack = try rig.run(Call.request("ACK", branch: "ack1", toTag: "c"))
        #expect(lines(ack) == ["ACK sip:bob@10.1.2.9:5090 SIP/2.0"])
    }

    @Test("a repeated INVITE is answered from its transaction and sent on once")
    func retransmission() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        #expect(try lines(rig.run(Call.request())) == [sent[0].line])
        try rig.receive(sent[1].response(180))
        #expect(try lines(rig.run(Call.request())) == ["SIP/2.0 180 R"])
    }

    @Test("a failure is acknowledged to the callee, passed on, and its ACK is absorbed")
    func busy() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        let answer = try rig.receive(sent[1].response(486))
        #expect(lines(answer) == ["ACK sip:bob@10.1.2.9:5090 SIP/2.0", "SIP/2.0 486 R"])
        #expect(answer[0].header("Via") == [sent[1].header("Via")[0]])
        #expect(answer[0].header("CSeq") == ["1 ACK"])
        // The callee did not hear the ACK; the caller's own ends here.
        #expect(try lines(rig.receive(sent[1].response(486))) == [answer[0].line])
        #expect(try rig.run(Call.request("ACK", toTag: "c")).isEmpty)
        #expect(rig.pass(2_000).isEmpty, "acknowledged, so not repeated")
    }

    @Test("a failure that the caller does not acknowledge is repeated")
    func repeatedFailure() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(486))
        #expect(lines(rig.pass(600)) == ["SIP/2.0 486 R"])
    }

    @Test(
        "a callee that does not answer costs 408 after fr_timer, and the INVITE is repeated before")
    func silence() throws {
        let rig = try TMRig("t_set_fr(0, 2000); t_relay();")
        let sent = try rig.run(Call.request())
        #expect(lines(rig.pass(600)) == [sent[1].line])
        #expect(lines(rig.pass(1_020)) == [sent[1].line])
        #expect(lines(rig.pass(1_000)) == ["SIP/2.0 408 Request Timeout"])
        #expect(rig.module.clients.count == 0)
    }

    @Test("a callee that rings too long is cancelled after fr_inv_timer")
    func rings() throws {
        let rig = try TMRig("t_set_fr(3000, 2000); t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        let end = rig.pass(3_100)
        #expect(
            lines(end) == ["CANCEL sip:bob@10.1.2.9:5090 SIP/2.0", "SIP/2.0 408 Request Timeout"])
        #expect(end[0].header("Via") == [sent[1].header("Via")[0]])
    }

    @Test("of two contacts that ring the first to answer gets the call, the other a CANCEL")
    func forking() throws {
        let rig = try TMRig("append_branch(\"sip:bob@10.1.2.10:5091\"); t_relay();")
        let sent = try rig.run(Call.request())
        #expect(
            lines(sent).dropFirst() == [
                "INVITE sip:bob@10.1.2.9:5090 SIP/2.0", "INVITE sip:bob@10.1.2.10:5091 SIP/2.0",
            ])
        try rig.receive(sent[1].response(180))
        try rig.receive(sent[2].response(180, "R", tag: "d"))
        let answer = try rig.receive(sent[2].response(200, "R", tag: "d"))
        #expect(lines(answer) == ["SIP/2.0 200 R", "CANCEL sip:bob@10.1.2.9:5090 SIP/2.0"])
        #expect(answer[1].header("Reason") == ["SIP;cause=200;text=\"Call completed elsewhere\""])
        #expect(try rig.receive(answer[1].response(200)).isEmpty)
        #expect(
            try lines(rig.receive(sent[1].response(487))) == [
                "ACK sip:bob@10.1.2.9:5090 SIP/2.0"
            ])
    }

    @Test("the best of two failures goes back, once both have come")
    func best() throws {
        let rig = try TMRig("append_branch(\"sip:bob@10.1.2.10:5091\"); t_relay();")
        let sent = try rig.run(Call.request())
        #expect(try lines(rig.receive(sent[1].response(503))).count == 1)
        let answer = try rig.receive(sent[2].response(486, "Busy"))
        #expect(lines(answer).last == "SIP/2.0 486 Busy")
    }

    @Test("CANCEL is answered here, cancels what rings, and 487 goes back")
    func cancel() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        let cancel = try rig.run(Call.request("CANCEL", "Reason: Q.850;cause=16\n"))
        #expect(
            lines(cancel).sorted() == [
                "CANCEL sip:bob@10.1.2.9:5090 SIP/2.0", "SIP/2.0 200 canceling",
            ])
        let ours = try #require(cancel.first { $0.line.hasPrefix("CANCEL") })
        #expect(ours.header("Reason") == ["Q.850;cause=16"])
        try rig.receive(ours.response(200))
        let end = try rig.receive(sent[1].response(487, "Gone"))
        #expect(lines(end) == ["ACK sip:bob@10.1.2.9:5090 SIP/2.0", "SIP/2.0 487 Gone"])
    }

    @Test("a CANCEL waits for the first response of its branch (RFC 3261 9.1)")
    func earlyCancel() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        #expect(try lines(rig.run(Call.request("CANCEL"))) == ["SIP/2.0 200 canceling"])
        let late = try rig.receive(sent[1].response(180))
        #expect(lines(late).contains("CANCEL sip:bob@10.1.2.9:5090 SIP/2.0"))
    }

    @Test("a failure route sends a busy call to somebody else, on the request as it was")
    func failureRoute() throws {
        let rig = try TMRig(
            "$avp(who) = \"avp-\" + $fU; setflag(5); t_on_failure(\"BUSY\"); t_relay();",
            before: """
                failure_route[BUSY] {
                    note("$rm $ru $avp(who) $T_reply_code");
                    if (isflagset(5)) note("flag");
                    if (t_check_status("486")) {
                        $ru = "sip:voicemail@10.1.2.11:5092";
                        t_relay();
                    }
                }
                """)
        let sent = try rig.run(Call.request())
        let next = try rig.receive(sent[1].response(486))
        #expect(rig.notes() == ["INVITE sip:bob@10.1.2.9:5090 avp-alice 486", "flag"])
        #expect(
            lines(next) == [
                "ACK sip:bob@10.1.2.9:5090 SIP/2.0", "INVITE sip:voicemail@10.1.2.11:5092 SIP/2.0",
            ])
        #expect(try lines(rig.receive(next[1].response(200))) == ["SIP/2.0 200 R"])
    }

    @Test("a failure route may answer itself")
    func failureReply() throws {
        let rig = try TMRig(
            "t_on_failure(\"F\"); t_relay();",
            before: "failure_route[F] { t_reply(\"480\", \"Away\"); }")
        let sent = try rig.run(Call.request())
        #expect(try lines(rig.receive(sent[1].response(404))).last == "SIP/2.0 480 Away")
        #expect(rig.pass(600).map(\.line) == ["SIP/2.0 480 Away"])
    }

    @Test("branch_route sees each branch and changes it alone; onreply_route sees replies")
    func routes() throws {
        let rig = try TMRig(
            """
            append_branch("sip:bob@10.1.2.10:5091"); $avp(x) = "kept";
            t_on_branch("B"); t_on_reply("R"); t_relay();
            """,
            before: """
                branch_route[B] {
                    note("$T_branch_idx $rd");
                    append_hf("X-Branch: $T_branch_idx\\r\\n");
                }
                onreply_route[R] { note("$rs $avp(x)"); append_hf("X-Reply: yes\\r\\n"); }
                """)
        let sent = try rig.run(Call.request())
        #expect(rig.notes() == ["0 10.1.2.9", "1 10.1.2.10"])
        #expect(sent[1].header("X-Branch") == ["0"] && sent[2].header("X-Branch") == ["1"])
        let ringing = try rig.receive(sent[1].response(180))
        #expect(ringing[0].header("X-Reply") == ["yes"])
        #expect(rig.notes() == ["180 kept"])
    }

    @Test("targets of different q are tried group by group")
    func serial() throws {
        let rig = try TMRig(
            """
            append_branch("sip:b@10.1.2.10:5091", "0.5");
            append_branch("sip:c@10.1.2.11:5092", "0.5");
            t_load_contacts(); t_next_contacts();
            t_on_failure("NEXT"); t_relay();
            """,
            before: """
                modparam("tm", "contacts_avp", "contacts")
                failure_route[NEXT] {
                    if (t_next_contacts()) {
                        t_on_failure("NEXT");
                        t_relay();
                    } else {
                        note("none");
                    }
                }
                """)
        let sent = try rig.run(Call.request())
        #expect(
            lines(sent).dropFirst() == [
                "INVITE sip:b@10.1.2.10:5091 SIP/2.0", "INVITE sip:c@10.1.2.11:5092 SIP/2.0",
            ])
        try rig.receive(sent[1].response(404))
        // What has no q comes last.
        let next = try rig.receive(sent[2].response(480))
        #expect(lines(next).dropFirst() == ["INVITE sip:bob@10.1.2.9:5090 SIP/2.0"])
        let end = try rig.receive(next[1].response(404))
        #expect(rig.notes() == ["none"])
        #expect(lines(end).last == "SIP/2.0 404 R")
    }

    @Test(
        "what cannot be sent is answered",
        arguments: [
            ("sip:bob@name.example", "SIP/2.0 478 Unresolvable destination (478/TM)"),
            (
                "sip:bob@10.1.2.9;transport=tls",
                "SIP/2.0 500 I'm terribly sorry, server error occurred (1/TM)"
            ),
        ])
    func unsendable(uri: String, expected: String) throws {
        let rig = try TMRig("if (t_relay()) note(\"sent\"); else note(\"$rc\");")
        let sent = try rig.run(Call.request(uri: uri))
        #expect(sent.last?.line == expected)
        #expect(rig.notes() == ["-1"])
        #expect(rig.module.clients.count == 0)
    }

    @Test("a request that is no INVITE goes through, and is 408 when nobody answers")
    func other() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request("BYE", branch: "bye"))
        #expect(lines(sent) == ["BYE sip:bob@10.1.2.9:5090 SIP/2.0"])
        #expect(try lines(rig.receive(sent[0].response(200))) == ["SIP/2.0 200 R"])
        try rig.run(Call.request("BYE", branch: "bye2"))
        var end: [String] = []
        for _ in 0..<40 { end += lines(rig.pass(1_000)) }
        #expect(end.last == "SIP/2.0 408 Request Timeout")
    }

    @Test("a transaction that is neither answered nor sent on is given up with its script")
    func forgotten() throws {
        let rig = try TMRig("t_newtran();")
        try rig.run(Call.request())
        #expect(rig.module.servers.count == 0)
    }

    @Test("t_newtran ends the script for a retransmission, and the reply goes out again")
    func newTransaction() throws {
        let rig = try TMRig("t_newtran(); note(\"new\"); t_reply(\"200\", \"Fine\");")
        #expect(try lines(rig.run(Call.request("MESSAGE"))) == ["SIP/2.0 200 Fine"])
        #expect(try lines(rig.run(Call.request("MESSAGE"))) == ["SIP/2.0 200 Fine"])
        #expect(rig.notes() == ["new"])
    }
}
