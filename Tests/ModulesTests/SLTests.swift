import Basics
import JSONValue
import ModuleKit
import SL
import Testing

/// Counters of its own for each rig would hide that the process shares one set, so tests look at
/// what changed.
private func sent(_ status: Int, by body: () throws -> Void) rethrows -> Bool {
    let counters = StandInServices().replyCounters
    let place = ReplyCounters.singled.firstIndex(of: status)
    let counter = place.map { counters.statuses[$0] } ?? counters.rests[status / 100 - 1]
    let before = counter.value
    try body()
    return counter.value > before
}

@Suite("Module sl")
struct SLTests {
    @Test(
        "a reply is written with its status and reason",
        arguments: [
            ("sl_send_reply(\"404\", \"Not here\");", "SIP/2.0 404 Not here"),
            ("sl_reply(404, \"Not here\");", "SIP/2.0 404 Not here"),
            ("send_reply(\"299\", \"rc=$rc user=$rU\");", "SIP/2.0 299 rc=0 user=carol"),
            ("sl_send_reply(\"299\", \"$rU\");", "SIP/2.0 299 carol"),
            ("sl_send_reply(\"299\", \"$hdr(None)\");", "SIP/2.0 299 <null>"),
            ("$var(c) = 486; sl_send_reply(\"$var(c)\", \"Busy\");", "SIP/2.0 486 Busy"),
            (
                "$var(c) = 5; sl_send_reply(\"$var(c)\", \"Busy\");",
                "SIP/2.0 500 Internal Server Error"
            ),
            ("sl_send_reply(\"200\", \"a\\r\\nX-Bad: 1\");", "SIP/2.0 200 a  X-Bad: 1"),
            ("sl_send_reply(\"200\", 5);", "SIP/2.0 200 5"),
        ])
    func replies(statement: String, expected: String) throws {
        let rig = try ScriptRig(statement)
        try rig.run()
        #expect(rig.replies.count == 1)
        #expect(rig.replies.first?.split(separator: "\n").first.map(String.init) == expected)
        #expect(!(rig.replies.first ?? "").contains("\nX-Bad"))
    }

    @Test("what strangers send cannot add header fields to a reply")
    func injection() throws {
        let rig = try ScriptRig("sl_send_reply(\"200\", \"$hdr(X-Folded)\");")
        let message = ScriptRig.request.replacing(
            "X-Multi: one\n", with: "X-Folded: a\n b\tc\n")
        try rig.run(message)
        let first = try #require(rig.replies.first?.split(separator: "\n").first)
        // A tab may stand in a reason phrase (RFC 3261 25.1), a line end may not.
        #expect(first.hasPrefix("SIP/2.0 200 a") && first.contains("b\tc"))
    }

    @Test("ACK is never answered, which is no failure; replies are not answered at all")
    func noReplies() throws {
        let rig = try ScriptRig("sl_send_reply(\"200\", \"OK\"); note(\"$rc\");")
        #expect(try rig.run(ScriptRig.request.replacing("MESSAGE", with: "ACK")) == ["1"])
        #expect(rig.replies.isEmpty)
        #expect(try rig.run(ScriptRig.reply) == ["-1"])
        #expect(rig.replies.isEmpty)
    }

    @Test("default_code and default_reason stand in for a status that is none")
    func defaults() throws {
        let before = """
            modparam("sl", "default_code", 599)
            modparam("sl", "default_reason", "Our fault")
            """
        let rig = try ScriptRig("sl_send_reply(\"$var(none)\", \"x\");", before: before)
        try rig.run()
        #expect(rig.replies.first?.hasPrefix("SIP/2.0 599 Our fault\n") ?? false)
    }

    @Test(
        "wrong calls are refused when the script is loaded",
        arguments: [
            ("sl_send_reply(\"99\", \"x\");", "sl_send_reply(): 99 is no status: 100 to 699 are"),
            ("sl_send_reply(700, \"x\");", "sl_send_reply(): 700 is no status: 100 to 699 are"),
            (
                "sl_send_reply(\"abc\", \"x\");",
                "sl_send_reply(): argument 1 (code): expected an integer, found \"abc\""
            ),
            ("sl_send_reply(\"404\");", "sl_send_reply(): takes 2 arguments, found 1"),
        ])
    func wrongCalls(statement: String, expected: String) {
        #expect(scriptError(statement) == expected)
    }

    @Test("replies are counted by status", arguments: [200, 404, 486, 180, 302, 500, 603])
    func counting(status: Int) throws {
        #expect(
            try sent(status) { try ScriptRig("sl_send_reply(\"\(status)\", \"x\");").run() })
    }

    @Test("sl.stats and the statistics show the counters")
    func statistics() throws {
        let services = StandInServices()
        let module = try services.load(SLModule.self)
        withExtendedLifetime(module) {}
        let answer = try services.call("sl.stats")
        let result = try #require(answer["result"])
        for name in ["200", "202", "2xx", "404", "4xx", "6xx", "xxx"] {
            #expect(result[name] != nil, "\(name)")
        }
        #expect(result["xxx"] == .integer(0))
        let readings = try #require(services.loadedModules.first).statistics
        #expect(readings.allSatisfy { $0.group == "sl" })
        let names = readings.map(\.name)
        for name in [
            "1xx_replies", "2xx_replies", "200_replies", "202_replies", "3xx_replies",
            "300_replies", "301_replies", "302_replies", "4xx_replies", "400_replies",
            "401_replies", "403_replies", "404_replies", "407_replies", "408_replies",
            "483_replies", "5xx_replies", "500_replies", "6xx_replies", "xxx_replies",
            "sent_replies", "sent_err_replies", "failures", "received_ACKs",
        ] {
            #expect(names.contains(name), "\(name)")
        }
    }
}
