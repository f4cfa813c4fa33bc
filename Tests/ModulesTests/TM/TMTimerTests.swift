import Transactions
import Synchronization
import Basics
import ModuleKit
import Testing

@testable import TM

/// What time does to transactions, in time that the tests let pass.
@Suite("timers of module tm")
struct TMTimerTests {
    /// Milliseconds until a final reply goes to the caller; nil when none does within `most`.
    private func final(_ rig: TMRig, most: Int = 40_000) -> Int? {
        for time in stride(from: 100, through: most, by: 100)
        where rig.pass(100).contains(where: { $0.line.hasPrefix("SIP/2.0 408") }) {
            return time
        }
        return nil
    }

    private func isNear(_ time: Int?, _ wanted: Int) -> Bool {
        time.map { (wanted - 100...wanted + 200).contains($0) } ?? false
    }

    @Test(
        "a callee that says nothing costs as long as the parameter, the attribute or t_set_fr say",
        arguments: [
            ("", "", 30_000),
            ("modparam(\"tm\", \"fr_timer\", 1200)\n", "", 1_200),
            ("", "t_set_fr(0, 1500);", 1_500), ("", "t_set_fr(5000, 2500);", 2_500),
            ("", "t_set_fr(0, 1500); t_reset_fr();", 30_000),
            ("", "t_set_fr(9000);", 30_000), ("", "t_set_fr(0, 0);", 30_000),
            ("modparam(\"tm\", \"fr_timer_avp\", \"ft\")\n", "$avp(ft) = 2;", 2_000),
            ("modparam(\"tm\", \"fr_timer_avp\", \"ft\")\n", "$avp(ft) = \"x\";", 30_000),
        ])
    func silent(before: String, body: String, time: Int) throws {
        let rig = try TMRig("\(body) t_relay();", before: before)
        try rig.run(Call.request())
        let end = final(rig)
        #expect(isNear(end, time), "\(String(describing: end))")
        #expect(rig.module.clients.count == 0)
    }

    @Test(
        "a callee that rings costs as long as fr_inv_timer, which each response starts anew",
        arguments: [
            ("", "t_set_fr(1500, 5000);", 2_500),
            ("modparam(\"tm\", \"restart_fr_on_each_reply\", 0)\n", "t_set_fr(1500, 500);", 1_500),
            ("modparam(\"tm\", \"fr_inv_timer\", 2000)\n", "", 3_000),
            ("modparam(\"tm\", \"fr_inv_timer_avp\", \"it\")\n", "$avp(it) = 4;", 5_000),
        ])
    func ringing(before: String, body: String, time: Int) throws {
        let rig = try TMRig("\(body) t_relay();", before: before)
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        _ = rig.pass(1_000)
        try rig.receive(sent[1].response(183))
        let end = final(rig).map { $0 + 1_000 }
        #expect(isNear(end, time), "\(String(describing: end))")
    }

    /// The milliseconds between the repetitions of a request: the store looks at its timers in
    /// ticks of eight, so each may be late by that, and none is early.
    private func intervals(_ rig: TMRig, _ method: String, most: Int) -> [Int] {
        var seen: [Int] = []
        var last = 0
        for time in 1...most where rig.pass(1).contains(where: { $0.line.hasPrefix(method) }) {
            seen.append(time - last)
            last = time
        }
        return seen
    }

    private func expectIntervals(_ seen: [Int], _ wanted: [Int]) {
        #expect(seen.count == wanted.count, "\(seen)")
        for (one, other) in zip(seen, wanted) {
            #expect((other...other + 8).contains(one), "\(seen)")
        }
    }

    @Test(
        "timer E begins with T1 and doubles to T2, timer A doubles beyond it (RFC 3261 17.1)",
        arguments: [
            ("MESSAGE", "t_set_retr(100, 400);", [100, 200, 400, 400, 400]),
            ("INVITE", "t_set_retr(100, 400);", [100, 200, 400, 800]),
            ("MESSAGE", "t_set_retr(100, 400); t_reset_retr();", [500, 1_000]),
            ("INVITE", "t_set_retr(100, 400); t_reset_retr();", [500, 1_000]),
            ("MESSAGE", "t_set_retr(0, 600);", [500, 600, 600]),
            ("MESSAGE", "t_set_retr(300, 0);", [300, 600]),
            ("MESSAGE", "t_set_retr(700, 300);", [700, 700]),
            ("INVITE", "t_set_retr(0, 600);", [500, 1_000]),
        ])
    func repetitions(method: String, body: String, wanted: [Int]) throws {
        let rig = try TMRig("\(body) t_relay();")
        try rig.run(Call.request(method))
        expectIntervals(intervals(rig, method, most: 1_750), wanted)
    }

    @Test(
        "retr_timer1 and retr_timer2 are T1 and T2 of what no script has changed",
        arguments: [("MESSAGE", [200, 400, 500, 500]), ("INVITE", [200, 400, 800])])
    func parameters(method: String, wanted: [Int]) throws {
        let rig = try TMRig(
            "t_relay();",
            before: """
                modparam("tm", "retr_timer1", 200)
                modparam("tm", "retr_timer2", 500)

                """)
        try rig.run(Call.request(method))
        expectIntervals(intervals(rig, method, most: 1_700), wanted)
    }

    @Test("after a provisional response an INVITE rests, and another request is repeated every T2")
    func provisional() throws {
        let rig = try TMRig("t_set_retr(100, 400); t_relay();")
        let invite = try rig.run(Call.request())
        try rig.receive(try #require(invite.last).response(100))
        #expect(intervals(rig, "INVITE", most: 2_000) == [])
        let other = try TMRig("t_set_retr(100, 400); t_relay();")
        let message = try other.run(Call.request("MESSAGE"))
        try other.receive(try #require(message.last).response(100))
        // Timer E was set before the response; from then on it is T2 (RFC 3261 17.1.2.2).
        expectIntervals(intervals(other, "MESSAGE", most: 1_400), [100, 400, 400, 400])
    }

    @Test("on a stream nothing is repeated (RFC 3261 17.1.1.2)", arguments: ["INVITE", "MESSAGE"])
    func reliable(method: String) throws {
        let rig = try TMRig("t_set_retr(100, 400); t_relay();")
        try rig.run(Call.request(method, uri: "sip:bob@[::1]:5090;transport=tcp"))
        #expect(intervals(rig, method, most: 2_000) == [])
    }

    @Test(
        "no transaction lives longer than t_set_max_lifetime allows",
        arguments: [("INVITE", 2_000), ("MESSAGE", 1_000)])
    func lifetime(method: String, time: Int) throws {
        let rig = try TMRig(
            "t_set_max_lifetime(2000, 1000); t_on_failure(\"F\"); t_relay();",
            before: "failure_route[F] { if (t_is_expired()) note(\"expired\"); }")
        try rig.run(Call.request(method))
        #expect(isNear(final(rig), time))
        #expect(rig.notes() == ["expired"])
        #expect(rig.module.clients.count == 0, "nobody is called once the caller was told")
        #expect(rig.pass(1_000).isEmpty)
    }

    @Test("a callee that rings when the transaction has lived too long gets a CANCEL")
    func lifetimeOfRinging() throws {
        let rig = try TMRig(
            "append_branch(\"sip:c@10.1.2.10:5091\"); t_set_max_lifetime(2000, 0); t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(404))
        try rig.receive(sent[2].response(180))
        let end = rig.pass(2_100)
        #expect(end.count { $0.line.hasPrefix("CANCEL sip:c@10.1.2.10") } == 1)
        #expect(end.count { $0.line.hasPrefix("SIP/2.0 4") } == 1, "\(end.map(\.line))")
        #expect(end.last?.to.source == TMRig.caller)
    }

    @Test("t_set_max_lifetime and its reset count before the transaction is opened, not behind")
    func lifetimeTooLate() throws {
        let rig = try TMRig(
            "t_newtran(); if (!t_set_max_lifetime(1000, 1000)) note(\"late\"); t_relay();")
        try rig.run(Call.request())
        #expect(rig.notes() == ["late"])
        let other = try TMRig(
            "t_set_max_lifetime(1000, 1000); t_reset_max_lifetime(); t_set_fr(0, 3000); t_relay();")
        try other.run(Call.request())
        #expect(isNear(final(other), 3_000))
    }

    @Test("a silent timer C: noisy_ctimer 0 keeps the 408 from the caller")
    func silentTimer() throws {
        let rig = try TMRig(
            "t_set_fr(1000, 1000); t_relay();", before: "modparam(\"tm\", \"noisy_ctimer\", 0)\n")
        try rig.run(Call.request())
        #expect(final(rig, most: 5_000) == nil)
    }

    @Test("a time-out has the status and the words of the parameters")
    func words() throws {
        let rig = try TMRig(
            "t_set_fr(0, 1000); t_relay();",
            before: """
                modparam("tm", "reply_408_code", 480)
                modparam("tm", "reply_408_reason", "Nobody there")

                """)
        try rig.run(Call.request())
        #expect(rig.pass(1_100).last?.line == "SIP/2.0 480 Nobody there")
    }

    @Test(
        "further groups of a serial fork ring as long as fr_inv_timer_next, or as the script says",
        arguments: [("", 1_000), ("t_set_fr(3000);", 3_000)])
    func nextTimer(body: String, time: Int) throws {
        let rig = try TMRig(
            """
            append_branch("sip:b@10.1.2.10:5091", "0.5");
            t_load_contacts(); t_next_contacts();
            t_on_failure("NEXT"); t_relay();
            """,
            before: """
                modparam("tm", "contacts_avp", "contacts")
                modparam("tm", "fr_inv_timer", 8000)
                modparam("tm", "fr_inv_timer_next", 1000)
                failure_route[NEXT] { if (t_next_contacts()) { \(body) t_relay(); } }

                """)
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        #expect(!rig.pass(3_000).contains { $0.line.hasPrefix("CANCEL") })
        let next = try rig.receive(sent[1].response(404))
        try rig.receive(try #require(next.last).response(180))
        #expect(isNear(final(rig), time))
    }

    @Test("a finished transaction is forgotten in the end, and what is repeated then is new")
    func forgotten() throws {
        let rig = try TMRig("note(\"seen\"); t_relay();")
        let sent = try rig.run(Call.request("MESSAGE"))
        try rig.receive(sent[0].response(200))
        #expect(rig.module.servers.count == 1)
        for _ in 0..<40 { _ = rig.pass(1_000) }
        #expect(rig.module.servers.count == 0)
        try rig.run(Call.request("MESSAGE"))
        #expect(rig.notes() == ["seen", "seen"])
    }
}
