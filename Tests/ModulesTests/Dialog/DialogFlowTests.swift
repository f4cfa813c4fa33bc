import Basics
import JSONValue
import ModuleKit
import Testing

@testable import Dialog

@Suite("Calls that are followed")
struct DialogFlowTests {
    @Test("a call is told of when it begins, rings, is answered, acknowledged and over")
    func whole() throws {
        let rig = try DialogRig()
        let invite = try rig.invite()
        #expect(rig.listener.changes == [.created] && rig.state == .unconfirmed)
        try rig.tm.receive(invite.response(100, tag: ""))
        #expect(rig.state == .unconfirmed)
        try rig.tm.receive(invite.response(180, tag: "b", DialogRig.contact))
        #expect(rig.state == .early && rig.statistic("early_dialogs") == 1)
        // A phone that rings on is no news.
        try rig.tm.receive(invite.response(180, tag: "b", DialogRig.contact))
        #expect(rig.listener.changes == [.early])
        try rig.tm.receive(invite.response(200, tag: "b", DialogRig.contact))
        #expect(rig.state == .answered && rig.statistic("active_dialogs") == 1)
        let route = try #require(invite.header("Record-Route").first)
        let ack = try rig.within("ACK", route, branch: "ack1")
        #expect(ack.count == 1 && rig.state == .confirmed)
        try rig.within("INVITE", route, branch: "again", number: 2)
        #expect(rig.listener.changes == [.answered, .confirmed, .requestWithin])
        try rig.within("BYE", route, branch: "bye", number: 3)
        #expect(rig.state == .ended && rig.listener.changes == [.terminated])
        #expect(rig.statistic("processed_dialogs") == 1 && rig.statistic("active_dialogs") == 0)
    }

    @Test("the facts of both sides are kept")
    func facts() throws {
        let rig = try DialogRig()
        try rig.establish("Record-Route: <sip:10.9.9.9;lr>\n")
        let record = try #require(rig.dialog?.snapshot)
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        #expect(text(record.caller.uri) == "sip:alice@example.org")
        #expect(text(record.callee.uri) == "sip:bob@example.com")
        #expect(text(record.caller.contact) == "sip:alice@10.1.2.3:5070")
        #expect(text(record.callee.contact) == "sip:bob@10.1.2.9:5090")
        #expect(text(record.caller.tag) == "a" && text(record.callee.tag) == "b")
        #expect(text(record.caller.routes) == "<sip:10.9.9.9;lr>" && record.callee.routes == [])
        #expect(text(record.requestURI) == "sip:bob@10.1.2.9:5090")
        #expect(record.answeredAt == 1_700_000_000 && record.caller.cSeq == 1)
    }

    @Test("a call that is refused or cancelled has failed", arguments: [486, 487, 603])
    func failure(status: Int) throws {
        let rig = try DialogRig()
        let invite = try rig.invite()
        try rig.tm.receive(invite.response(180, tag: "b"))
        try rig.tm.receive(invite.response(status, tag: "b"))
        #expect(rig.state == .ended && rig.listener.changes == [.created, .early, .failed])
        #expect(rig.statistic("failed_dialogs") == 1)
    }

    @Test("a call that the script itself refuses has failed, with or without a transaction")
    func refusedHere() throws {
        for answer in ["t_newtran(); t_reply(\"404\", \"No\");", "sl_send_reply(\"404\", \"No\");"]
        {
            let rig = try DialogRig(manage: "dlg_manage(); \(answer) exit;")
            try rig.tm.run(Call.request())
            #expect(rig.listener.changes == [.created, .failed], "\(answer)")
        }
    }

    @Test("a call that nobody answers in time has failed")
    func timeout() throws {
        let rig = try DialogRig("modparam(\"tm\", \"fr_timer\", 1000)")
        try rig.invite()
        _ = rig.tm.pass(1_500)
        #expect(rig.listener.changes == [.created, .failed])
    }

    @Test("the failure of one branch is none while the route tries another")
    func serialForking() throws {
        let rig = try DialogRig(
            manage: "dlg_manage(); t_on_failure(\"NEXT\");",
            blocks: """
                failure_route[NEXT] {
                    note("known $dlg(callid)");
                    $ru = "sip:carol@10.1.2.9:5091";
                    t_relay();
                }
                """)
        let invite = try rig.invite()
        let next = try rig.tm.receive(invite.response(486, tag: "b"))
        #expect(rig.state == .unconfirmed && rig.tm.notes() == ["known call-1"])
        let second = try #require(next.first { $0.line.hasPrefix("INVITE") })
        try rig.tm.receive(second.response(200, tag: "c", DialogRig.contact))
        #expect(rig.state == .answered)
        #expect(rig.dialog?.snapshot.callee.tag == Array("c".utf8))
    }

    @Test("the flag of dlg_flag begins a call as dlg_manage does")
    func flag() throws {
        let rig = try DialogRig("modparam(\"dialog\", \"dlg_flag\", 4)", manage: "setflag(4);")
        let invite = try rig.invite()
        #expect(rig.listener.changes == [.created])
        #expect(invite.header("Record-Route")[0].contains(";did="))
        let other = try DialogRig("modparam(\"dialog\", \"dlg_flag\", 4)", manage: "setflag(5);")
        try other.invite()
        #expect(other.dialog == nil)
    }

    @Test("an INVITE that comes again begins no second call, whatever became of the first")
    func repeated() throws {
        let rig = try DialogRig()
        let invite = try rig.invite()
        // The transaction takes it; nothing is sent to the callee.
        try rig.tm.run(Call.request())
        #expect(rig.module.table.count == 1)
        try rig.tm.receive(invite.response(486, tag: "b"))
        try rig.tm.run(Call.request())
        #expect(rig.module.table.count == 1 && rig.statistic("processed_dialogs") == 1)
        // With another branch it is a new attempt.
        try rig.invite(branch: "call2", number: 2)
        #expect(rig.module.table.count == 2)
    }

    @Test("a spiral belongs to the call that it began, unless that is switched off")
    func spirals() throws {
        let rig = try DialogRig()
        try rig.invite()
        try rig.invite(branch: "spiral")
        #expect(rig.module.table.count == 1)
        let other = try DialogRig("modparam(\"dialog\", \"detect_spirals\", 0)")
        try other.invite()
        try other.invite(branch: "spiral")
        #expect(other.module.table.count == 2)
    }

    @Test("what is no INVITE, or has no tag, begins no call")
    func nothing() throws {
        let rig = try DialogRig(manage: "if (!dlg_manage()) note(\"no\");")
        try rig.tm.run(Call.request("MESSAGE"))
        try rig.tm.run(Call.request().replacing(";tag=a", with: ""))
        #expect(rig.tm.notes() == ["no", "no"] && rig.module.table.count == 0)
    }
}

@Suite("Requests within calls")
struct DialogWithinTests {
    @Test("the callee may hang up as well")
    func calleeEnds() throws {
        let rig = try DialogRig(within: "note(\"$dlg_ctx(dir) $DLG_status\");")
        let route = try rig.establish()
        try rig.within("BYE", route, branch: "bye", fromCallee: true)
        #expect(rig.state == .ended && rig.tm.notes() == ["1 4", "2 5"])
    }

    @Test("tags that are not the call's, and a number that goes back, change nothing")
    func strangers() throws {
        let rig = try DialogRig()
        let route = try rig.establish()
        try rig.within("BYE", route, branch: "x", number: 5, tag: "zz")
        #expect(rig.state == .confirmed)
        try rig.within("BYE", route, branch: "y", number: 1)
        #expect(rig.state == .confirmed)
        try rig.within("BYE", route, branch: "z", number: 2)
        #expect(rig.state == .ended)
    }

    @Test(
        "dlg_match_mode decides what a request without the number of its call is worth",
        arguments: [(0, "confirmed"), (1, "ended"), (2, "ended")])
    func matchMode(mode: Int, expected: String) throws {
        let rig = try DialogRig("modparam(\"dialog\", \"dlg_match_mode\", \(mode))")
        let route = try rig.establish()
        #expect(route.contains(";did=") == (mode != 2))
        let bare = route.replacing(/;did=[0-9a-f.]+/, with: "")
        try rig.within("BYE", bare, branch: "bye", number: 2)
        #expect("\(try #require(rig.state))" == expected)
    }

    @Test("a number that is another call's is none", arguments: [0, 1])
    func wrongNumber(mode: Int) throws {
        let rig = try DialogRig("modparam(\"dialog\", \"dlg_match_mode\", \(mode))")
        let route = try rig.establish()
        let wrong = route.replacing(/did=[0-9a-f.]+/, with: "did=1.2")
        try rig.within("BYE", wrong, branch: "bye", number: 2)
        #expect(rig.state == .confirmed)
    }

    @Test("a call that was never record-routed is matched by its tags")
    func withoutRoute() throws {
        let rig = try DialogRig()
        rig.module.table.dialogs(inPart: 0).forEach { _ in }
        try rig.establish()
        rig.dialog?.update { $0.hasCookie = false }
        try rig.within("BYE", "", branch: "bye", number: 2)
        #expect(rig.state == .ended)
    }

    @Test("a new INVITE moves both sides to the addresses that it and its answer name")
    func targetRefresh() throws {
        let rig = try DialogRig()
        let route = try rig.establish()
        let sent = try rig.tm.run(
            Call.request("INVITE", branch: "re", number: 2, toTag: "b", "Route: \(route)\n")
                .replacing("alice@10.1.2.3:5070>\n", with: "alice@10.7.7.7>\n"))
        let last = sent.last { $0.line.hasPrefix("INVITE") }
        let invite = try #require(last)
        #expect(rig.dialog?.snapshot.caller.contact == Array("sip:alice@10.1.2.3:5070".utf8))
        try rig.tm.receive(invite.response(200, tag: "b", "Contact: <sip:bob@10.8.8.8>\n"))
        #expect(rig.dialog?.snapshot.caller.contact == Array("sip:alice@10.7.7.7".utf8))
        #expect(rig.dialog?.snapshot.callee.contact == Array("sip:bob@10.8.8.8".utf8))
    }

    @Test("a request of a phone that rings belongs to the call")
    func early() throws {
        let rig = try DialogRig(within: "note(\"$rm $dlg(state)\");")
        let invite = try rig.invite()
        try rig.tm.receive(invite.response(183, tag: "other", DialogRig.contact))
        let route = try #require(invite.header("Record-Route").first)
        try rig.within("UPDATE", route, branch: "u", fromCallee: true, tag: "third")
        #expect(rig.tm.notes() == ["UPDATE 2"])
        #expect(rig.listener.changes == [.created, .early, .requestWithin])
    }
}
