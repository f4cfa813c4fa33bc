import Basics
import JSONValue
import ModuleKit
import Synchronization
import Testing

@testable import Dialog

@Suite("How calls end when nobody hangs up")
struct DialogEndTests {
    private let start = 1_700_000_000

    /// The requests that were sent to end a call.
    private func byes(_ rig: DialogRig) -> [TMRig.Sent] {
        (rig.sentWithACK + rig.tm.takeSent()).filter { $0.line.hasPrefix("BYE") }
    }

    @Test("a call that rings too long has failed, and is forgotten later")
    func early() throws {
        let rig = try DialogRig("modparam(\"dialog\", \"early_timeout\", 30)")
        try rig.invite()
        rig.module.tick(now: start + 29)
        #expect(rig.state == .unconfirmed)
        rig.module.tick(now: start + 31)
        #expect(rig.state == .ended && rig.listener.changes == [.created, .failed])
        rig.module.tick(now: start + 31 + 299)
        #expect(rig.module.table.count == 1)
        rig.module.tick(now: start + 31 + 301)
        #expect(rig.module.table.count == 0)
        let left = rig.module.timers.withLock { $0.count }
        #expect(left == 0)
    }

    @Test("an answer that nobody acknowledges ends the call")
    func unacknowledged() throws {
        let rig = try DialogRig("modparam(\"dialog\", \"noack_timeout\", 20)")
        let invite = try rig.invite()
        try rig.tm.receive(invite.response(200, tag: "b", DialogRig.contact))
        rig.module.tick(now: start + 29)
        #expect(rig.state == .answered)
        rig.module.tick(now: start + 31)
        #expect(rig.listener.changes == [.created, .answered, .expired])
        #expect(rig.statistic("expired_dialogs") == 1)
    }

    @Test("a call that lasts too long expires; requests within it let its time begin anew")
    func lifetime() throws {
        let rig = try DialogRig("modparam(\"dialog\", \"default_timeout\", 100)")
        let route = try rig.establish()
        rig.dialog?.update { _ = $0.take(.request, now: 1_700_000_050, DialogTimes()) }
        rig.module.tick(now: start + 120)
        #expect(rig.state == .confirmed)
        rig.module.tick(now: start + 151)
        #expect(rig.state == .ended && byes(rig).isEmpty)
        #expect(route.contains("did="))
    }

    @Test("both get a BYE when a call expires, if the configuration or the script wants it")
    func sendBye() throws {
        for (parameter, manage) in [
            ("modparam(\"dialog\", \"send_bye\", 1)", "dlg_manage();"),
            ("", "$dlg_ctx(timeout_bye) = 1; dlg_manage();"),
        ] {
            let rig = try DialogRig(
                parameter + "\nmodparam(\"dialog\", \"default_timeout\", 100)", manage: manage)
            try rig.establish("Record-Route: <sip:10.9.9.9;lr>\n")
            rig.module.tick(now: start + 101)
            let sent = byes(rig)
            #expect(
                sent.map(\.line) == [
                    "BYE sip:alice@10.1.2.3:5070 SIP/2.0", "BYE sip:bob@10.1.2.9:5090 SIP/2.0",
                ])
            try #require(sent.count == 2)
            #expect(sent[0].header("From") == ["<sip:bob@example.com>;tag=b"])
            #expect(sent[0].header("To") == ["<sip:alice@example.org>;tag=a"])
            #expect(sent[0].header("CSeq") == ["1 BYE"] && sent[1].header("CSeq") == ["2 BYE"])
            #expect(sent[0].header("Route") == ["<sip:10.9.9.9;lr>"])
            #expect(sent[0].to.source == PeerAddress(ipv4: 0x0a09_0909, port: 5060))
            #expect(sent[1].header("Route").isEmpty && sent[1].to.source == TMRig.callee)
            #expect(sent.allSatisfy { $0.header("Call-ID") == ["call-1"] })
        }
    }

    @Test("a strict router stands in the request line, the target behind all others")
    func strictRouter() throws {
        let rig = try DialogRig(within: "dlg_bye(\"caller\");")
        try rig.establish("Record-Route: <sip:10.9.9.9>, <sip:10.9.9.8;lr>\n")
        let sent = byes(rig)
        #expect(sent.map(\.line) == ["BYE sip:10.9.9.9 SIP/2.0"])
        #expect(
            sent.first?.header("Route") == [" <sip:10.9.9.8;lr>,<sip:alice@10.1.2.3:5070>"]
                || sent.first?.header("Route") == [
                    "<sip:10.9.9.8;lr>,<sip:alice@10.1.2.3:5070>"
                ])
    }

    @Test("header lines of the configuration stand in BYEs")
    func headers() throws {
        let rig = try DialogRig(
            """
            modparam("dialog", "dlg_extra_hdrs", "Hint: over\\r\\n")
            modparam("dialog", "lreq_callee_headers", "TH: dlh\\r\\n")
            """, within: "dlg_bye(\"all\");")
        try rig.establish()
        let sent = byes(rig)
        #expect(sent.map { $0.header("Hint") } == [["over"], ["over"]])
        #expect(sent.map { $0.header("TH") } == [[], ["dlh"]])
        #expect(rig.state == .ended)
    }

    @Test("the timeout route runs with the call at hand, and may give it more time")
    func timeoutRoute() throws {
        let rig = try DialogRig(
            "modparam(\"dialog\", \"default_timeout\", 100)",
            manage: "$dlg_ctx(timeout_route) = \"LATE\"; dlg_manage();",
            blocks:
                "route[LATE] { note(\"$rm $dlg(callid) $fU\"); dlg_set_timeout(\"2000000000\"); }")
        try rig.establish()
        rig.module.tick(now: start + 101)
        #expect(rig.tm.notes() == ["OPTIONS call-1 alice"])
        #expect(rig.state == .confirmed)
    }

    @Test("a server that is full follows no further call")
    func full() throws {
        let rig = try DialogRig()
        for number in 0..<16 {
            try rig.invite(branch: "full\(number)", number: number + 1)
            let last = rig.module.table.dialogs(Array("call-1".utf8)).first
            rig.module.feed(.failure, to: try #require(last), in: rig.tm.context)
        }
        #expect(rig.module.table.count == 16)
        try rig.invite(branch: "more", number: 99)
        #expect(rig.module.table.count == 16)
        #expect(rig.services.lines.all.contains { $0.contains("there are too many") })
    }
}

@Suite("Commands about calls")
struct DialogCommandTests {
    @Test("dlg.list shows a call as operators know it, before and behind the answer")
    func list() throws {
        let rig = try DialogRig(manage: "dlg_manage(); $dlg_var(x) = \"hello\";")
        let invite = try rig.invite()
        try rig.tm.receive(invite.response(180, tag: "b", DialogRig.contact))
        let early = try #require(try rig.result("dlg.list")?.items?.first)
        #expect(early["state"] == 2 && early["call-id"] == "call-1" && early["dflags"] == 640)
        #expect(early["callee"]?["tag"] == .null && early["caller"]?["tag"] == "a")
        #expect(early["variables"] == [["x": "hello"]] && early["profiles"] == [])
        try rig.tm.receive(invite.response(200, tag: "b", DialogRig.contact))
        try rig.within("ACK", invite.header("Record-Route")[0], branch: "ack1")
        let talking = try #require(try rig.result("dlg.list_ctx")?.items?.first)
        #expect(talking["state"] == 4 && talking["dflags"] == 643 && talking["lifetime"] == 43_200)
        #expect(talking["callee"]?["contact"] == "sip:bob@10.1.2.9:5090")
        #expect(talking["caller"]?["socket"] == "udp:127.0.0.1:5060")
        #expect(talking["timeout"] == 1_700_043_200 && talking["start_ts"] == 1_700_000_000)
        #expect(try rig.result("dlg.dlg_list", "call-1", "a")?["h_id"] == talking["h_id"])
        #expect(try rig.result("dlg.dlg_list", "call-1", "zz") == [:])
    }

    @Test("calls are counted by how far they are")
    func stats() throws {
        let rig = try DialogRig()
        let invite = try rig.invite()
        func counts() throws -> [Int?] {
            let result = try rig.result("dlg.stats_active")
            return ["starting", "connecting", "answering", "ongoing", "all"].map {
                result?[$0]?.integer
            }
        }
        #expect(try counts() == [1, 0, 0, 0, 1])
        try rig.tm.receive(invite.response(180, tag: "b"))
        #expect(try counts() == [0, 1, 0, 0, 1])
        try rig.tm.receive(invite.response(200, tag: "b", DialogRig.contact))
        #expect(try counts() == [0, 0, 1, 0, 1])
        try rig.within("ACK", invite.header("Record-Route")[0], branch: "ack1")
        #expect(try counts() == [0, 0, 0, 1, 1])
        #expect(try rig.result("dlg.is_alive", "call-1", "a", "b") == "Alive")
        try rig.within("BYE", invite.header("Record-Route")[0], branch: "bye", number: 2)
        #expect(try counts() == [0, 0, 0, 0, 0])
    }

    @Test("a brief list shows what its letters name")
    func briefing() throws {
        let rig = try DialogRig()
        try rig.establish()
        let all = try #require(try rig.result("dlg.briefing")?.items?.first)
        #expect(
            all.members?.map(\.name) == [
                "h_entry", "h_id", "from_uri", "to_uri", "call-id", "from_tag", "to_tag",
            ])
        let some = try #require(try rig.result("dlg.briefing", "sI")?.items?.first)
        #expect(some.members?.map(\.name) == ["h_entry", "h_id", "init_ts", "state"])
    }

    @Test(
        "dlg.list_match finds calls by a value",
        arguments: [
            ("furi", "sw", "sip:al", 1), ("furi", "eq", "sip:alice@example.org", 1),
            ("turi", "re", "^sip:bob@.*com$", 1), ("callid", "eq", "other", 0),
            ("ruri", "sw", "sip:bob@10.", 1), ("start_ts", "gt", "1699999999", 1),
            ("start_ts", "lt", "s:1699999999", 0),
        ])
    func match(key: String, comparison: String, value: String, count: Int) throws {
        let rig = try DialogRig()
        try rig.establish()
        let found = try rig.result(
            "dlg.list_match", .string(key), .string(comparison), .string(value))
        #expect(found?.items?.count == count)
    }

    @Test(
        "what cannot be done is said with Kamailio's codes",
        arguments: [
            ("dlg.list_match", ["zz", "sw", "x"], 500),
            ("dlg.list_match", ["furi", "gt", "x"], 500),
            ("dlg.list_match", ["furi", "re", "("], 500),
            ("dlg.list_match", ["start_ts", "gt", "x"], 500),
            ("dlg.is_alive", ["x", "y", "z"], 404), ("dlg.end_dlg", [1, 2], 404),
            ("dlg.terminate_dlg", ["x", "y", "z"], 500), ("dlg.profile_get_size", ["none"], 404),
            ("dlg.profile_list", ["none"], 404),
        ] as [(String, JSONValue, Int)])
    func errors(method: String, parameters: JSONValue, code: Int) throws {
        let rig = try DialogRig()
        let answer = try rig.services.exchange(method, parameters)
        #expect(answer["error"]?["code"]?.integer == code)
    }

    @Test("an operator ends a call: both get a BYE, also with header lines")
    func terminate() throws {
        let rig = try DialogRig()
        try rig.establish()
        let dialog = try #require(rig.dialog)
        let bad = try rig.services.exchange(
            "dlg.end_dlg",
            [.integer(Int64(dialog.entry)), .integer(Int64(dialog.number)), "nonsense"])
        #expect(bad["error"]?["code"] == 500)
        let done = try rig.result(
            "dlg.end_dlg", .integer(Int64(dialog.entry)), .integer(Int64(dialog.number)),
            "X-By: me\r\n")
        #expect(done == [:])
        let byes = rig.tm.takeSent().filter { $0.line.hasPrefix("BYE") }
        #expect(byes.count == 2 && byes.allSatisfy { $0.header("X-By") == ["me"] })
        #expect(rig.state == .ended && rig.listener.changes.last == .terminated)
        let again = try rig.services.exchange("dlg.terminate_dlg", ["call-1", "a", "b"])
        #expect(again["error"]?["code"] == 500)
    }
}
