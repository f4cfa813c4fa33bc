import Transactions
import Synchronization
import Basics
import ModuleKit
import Testing

@testable import TM

/// What becomes of the responses of several branches, and of CANCEL (RFC 3261 16.7, 16.10).
@Suite("forks of module tm")
struct TMForkTests {
    private static let two = "append_branch(\"sip:c@10.1.2.10:5091\");"
    private func lines(_ sent: [TMRig.Sent]) -> [String] { sent.map(\.line) }

    @Test("a second 2xx of a fork is passed on as well (RFC 3261 16.7 step 5)")
    func twice() throws {
        let rig = try TMRig("\(Self.two) t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        try rig.receive(sent[2].response(180))
        try rig.receive(sent[1].response(200, "One", tag: "one"))
        let second = try rig.receive(sent[2].response(200, "Two", tag: "two"))
        #expect(lines(second) == ["SIP/2.0 200 Two"])
        #expect(second[0].header("To") == ["<sip:bob@example.com>;tag=two"])
    }

    @Test("a 180 that comes behind the 2xx of another branch goes no further")
    func lateProvisional() throws {
        let rig = try TMRig("\(Self.two) t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(200))
        // It is answered with the CANCEL that has waited for it (RFC 3261 9.1).
        #expect(
            lines(try rig.receive(sent[2].response(180)))
                == ["CANCEL sip:c@10.1.2.10:5091 SIP/2.0"])
    }

    @Test("a 2xx that comes when the caller has its failure already is not passed on")
    func lateSuccess() throws {
        let rig = try TMRig("t_set_fr(0, 1000); t_relay();")
        let sent = try rig.run(Call.request())
        #expect(lines(rig.pass(1_100)).last == "SIP/2.0 408 Request Timeout")
        #expect(!lines(try rig.receive(sent[1].response(200))).contains("SIP/2.0 200 R"))
    }

    @Test("a 6xx cancels the other branches and goes back when they have ended")
    func refusedByAll() throws {
        let rig = try TMRig("\(Self.two) t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[2].response(180))
        let refusal = try rig.receive(sent[1].response(603, "Never"))
        #expect(
            lines(refusal) == [
                "ACK sip:bob@10.1.2.9:5090 SIP/2.0", "CANCEL sip:c@10.1.2.10:5091 SIP/2.0",
            ])
        try rig.receive(refusal[1].response(200))
        #expect(lines(try rig.receive(sent[2].response(487))).last == "SIP/2.0 603 Never")
    }

    @Test(
        "with disable_6xx_block, or t_set_disable_6xx, a 6xx is a failure like others",
        arguments: [
            ("modparam(\"tm\", \"disable_6xx_block\", 1)\n", ""), ("", "t_set_disable_6xx(1);"),
        ])
    func noBlock(before: String, body: String) throws {
        let rig = try TMRig("\(Self.two) \(body) t_relay();", before: before)
        let sent = try rig.run(Call.request())
        try rig.receive(sent[2].response(180))
        #expect(lines(try rig.receive(sent[1].response(603))).count == 1)
        #expect(lines(try rig.receive(sent[2].response(200))) == ["SIP/2.0 200 R"])
    }

    @Test(
        "the best of two failures, in either order (RFC 3261 16.7 step 6)",
        arguments: [
            (404, 486, 404), (486, 404, 404), (503, 404, 404), (302, 404, 302), (404, 302, 302),
            (603, 404, 603), (401, 404, 401), (500, 503, 500), (487, 480, 480), (408, 486, 486),
        ])
    func best(one: Int, other: Int, status: Int) throws {
        let rig = try TMRig("\(Self.two) t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(one))
        let end = try rig.receive(sent[2].response(other))
        let line = try #require(lines(end).last)
        #expect(line.hasPrefix("SIP/2.0 \(status / 100)"), "\(line)")
        if status != 404 { #expect(line.hasPrefix("SIP/2.0 \(status) "), "\(line)") }
    }

    @Test("challenges are not joined when aggregate_challenges is 0")
    func challenges() throws {
        let rig = try TMRig(
            "\(Self.two) t_relay();", before: "modparam(\"tm\", \"aggregate_challenges\", 0)\n")
        let sent = try rig.run(Call.request())
        try rig.receive(
            sent[1].response(401, "No", tag: "c", "WWW-Authenticate: Digest realm=\"one\"\n"))
        let end = try rig.receive(
            sent[2].response(401, "No", tag: "d", "WWW-Authenticate: Digest realm=\"two\"\n"))
        #expect(end.last?.header("WWW-Authenticate").count == 1)
    }

    @Test("three challenges are joined in one 401, in the order of the branches that sent them")
    func threeChallenges() throws {
        let rig = try TMRig("\(Self.two) append_branch(\"sip:d@10.1.2.11:5092\"); t_relay();")
        let sent = try rig.run(Call.request())
        var end: [TMRig.Sent] = []
        for (place, realm) in ["one", "two", "three"].enumerated() {
            end = try rig.receive(
                sent[place + 1].response(
                    401, "No", tag: realm, "WWW-Authenticate: Digest realm=\"\(realm)\"\n"))
        }
        let fields = try #require(end.last).header("WWW-Authenticate")
        #expect(Set(fields) == Set(["one", "two", "three"].map { "Digest realm=\"\($0)\"" }))
        #expect(fields.count == 3)
        #expect(end.last?.header("Content-Length") == ["0"])
    }

    @Test(
        "a CANCEL before any response: cancel_b_method says what becomes of the branch",
        arguments: [0, 1])
    func earlyCancel(method: Int) throws {
        let rig = try TMRig(
            "t_relay();", before: "modparam(\"tm\", \"cancel_b_method\", \(method))\n")
        let sent = try rig.run(Call.request())
        let cancel = lines(try rig.run(Call.request("CANCEL")))
        #expect(cancel.contains("SIP/2.0 200 canceling"))
        let goesOut = cancel.contains { $0.hasPrefix("CANCEL") }
        #expect(!goesOut)
        #expect(cancel.contains { $0.hasPrefix("SIP/2.0 487") } == (method == 0))
        guard method == 1 else { return }
        #expect(
            lines(try rig.receive(sent[1].response(100)))
                == ["CANCEL sip:bob@10.1.2.9:5090 SIP/2.0"])
    }

    @Test("a CANCEL that is repeated is answered again, and not sent on again")
    func repeatedCancel() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        #expect(try rig.run(Call.request("CANCEL")).count == 2)
        #expect(lines(try rig.run(Call.request("CANCEL"))) == ["SIP/2.0 200 canceling"])
    }

    @Test("a CANCEL that comes behind the 2xx is answered and has no effect (RFC 3261 9.2)")
    func lateCancel() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(200))
        let cancel = lines(try rig.run(Call.request("CANCEL")))
        #expect(cancel == ["SIP/2.0 200 canceling"])
    }

    @Test("a callee that answers its CANCEL and never its INVITE does not hold the call for ever")
    func deafToCancel() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        let cancel = try rig.run(Call.request("CANCEL"))
        let ours = try #require(cancel.first { $0.line.hasPrefix("CANCEL") })
        try rig.receive(ours.response(200))
        var end: [String] = []
        for _ in 0..<400 { end += lines(rig.pass(1_000)) }
        #expect(end.count { $0.hasPrefix("SIP/2.0 4") } >= 1, "\(end)")
        #expect(rig.module.clients.count == 0 && rig.module.servers.count == 0)
    }

    @Test("the Reason of the caller's CANCEL is kept, unless the script says otherwise")
    func reasons() throws {
        for (body, wanted) in [
            ("", ["Q.850;cause=16"]), ("t_set_no_e2e_cancel_reason(1);", []),
        ] {
            let rig = try TMRig("\(body) t_relay();")
            let sent = try rig.run(Call.request())
            try rig.receive(sent[1].response(180))
            let cancel = try rig.run(Call.request("CANCEL", "Reason: Q.850;cause=16\n"))
            let ours = try #require(cancel.first { $0.line.hasPrefix("CANCEL") })
            #expect(ours.header("Reason") == wanted)
        }
    }

    @Test("fields whose names begin as ac_extra_hdrs says are copied into CANCEL and ACK")
    func extraFields() throws {
        let rig = try TMRig(
            "t_relay();", before: "modparam(\"tm\", \"ac_extra_hdrs\", \"X-A\")\n")
        let sent = try rig.run(Call.request("INVITE", "X-Auth: 1\nX-Before: 2\n"))
        try rig.receive(sent[1].response(180))
        let cancel = try rig.run(Call.request("CANCEL"))
        let ours = try #require(cancel.first { $0.line.hasPrefix("CANCEL") })
        #expect(ours.header("X-Auth") == ["1"] && ours.header("X-Before").isEmpty)
        let ack = try #require(try rig.receive(sent[1].response(487)).first)
        #expect(ack.line.hasPrefix("ACK") && ack.header("X-Auth") == ["1"])
    }

    @Test(
        "t_cancel_branches ends branches from within a reply route",
        arguments: [("all", 2), ("others", 1), ("this", 1)])
    func cancelBranches(which: String, count: Int) throws {
        let rig = try TMRig(
            "\(Self.two) t_on_reply(\"R\"); t_relay();",
            before: "onreply_route[R] { if ($rs == 183) t_cancel_branches(\"\(which)\"); }\n")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        try rig.receive(sent[2].response(180))
        let after = lines(try rig.receive(sent[1].response(183)))
        let cancels = after.filter { $0.hasPrefix("CANCEL") }
        #expect(cancels.count == count, "\(after)")
        if which == "others" { #expect(cancels == ["CANCEL sip:c@10.1.2.10:5091 SIP/2.0"]) }
        if which == "this" { #expect(cancels == ["CANCEL sip:bob@10.1.2.9:5090 SIP/2.0"]) }
    }

    @Test("t_drop_replies in a failure route leaves only what comes later")
    func dropReplies() throws {
        let rig = try TMRig(
            "t_on_failure(\"F\"); t_relay();",
            before: """
                modparam("tm", "failure_reply_mode", 0)
                failure_route[F] {
                    t_drop_replies();
                    $ru = "sip:d@10.1.2.11:5092";
                    t_relay();
                }

                """)
        let sent = try rig.run(Call.request())
        let next = try rig.receive(sent[1].response(404))
        let end = try rig.receive(try #require(next.last).response(486))
        #expect(lines(end).last == "SIP/2.0 486 R")
    }

    @Test("relay_100 passes a 100 on, which stops here otherwise", arguments: [0, 1])
    func hundred(passes: Int) throws {
        let rig = try TMRig("t_relay();", before: "modparam(\"tm\", \"relay_100\", \(passes))\n")
        let sent = try rig.run(Call.request())
        #expect(try rig.receive(sent[1].response(100, "Trying")).count == passes)
    }

    @Test("auto_inv_100 0, or t_set_auto_inv_100(0): the caller gets no 100 from here")
    func noTrying() throws {
        for (before, body) in [
            ("modparam(\"tm\", \"auto_inv_100\", 0)\n", ""), ("", "t_set_auto_inv_100(0);"),
            ("", "t_relay_to(1); exit;"),
        ] {
            let rig = try TMRig("\(body) t_relay();", before: before)
            let sent = try rig.run(Call.request())
            #expect(lines(sent) == ["INVITE sip:bob@10.1.2.9:5090 SIP/2.0"])
        }
    }
}
