import JSONValue
import Transactions
import Synchronization
import Basics
import ModuleKit
import Testing

@testable import TM

/// The commands of module `tm` with values that are wrong.
@Suite("wrong values for the commands of module tm")
struct TMCommandValueTests {
    private func error(
        _ rig: TMRig, _ name: String, _ values: [JSONValue]
    ) throws -> (code: Int?, words: String?) {
        let answer = try rig.rig.services.exchange(name, .array(values))
        return (answer["error"]?["code"]?.integer, answer["error"]?["message"]?.text)
    }

    /// A rig with one call that rings, and the name of its transaction.
    private func ringing() throws -> (TMRig, String) {
        let rig = try TMRig("t_relay(); note(\"$T(id_index):$T(id_label)\");")
        let sent = try rig.run(Call.request())
        let name = try #require(rig.notes().first)
        try rig.receive(sent[1].response(180))
        return (rig, name)
    }

    @Test(
        "tm.reply and tm.reply_callid refuse what would make no reply",
        arguments: [
            (99, "x", "", ".", "Reply code expected"), (700, "x", "", ".", "Reply code expected"),
            (-1, "x", "", ".", "Reply code expected"),
            (480, "x", "", "no header", "Invalid headers"),
            (480, "x", "", "Content-Length: 5", "Invalid headers"),
            (480, "x", "", "X: y\r\nl: 5", "Invalid headers"),
            (480, "x", "a b", ".", "Invalid to-tag"),
            (480, "x", "a\r\nX: y", ".", "Invalid to-tag"),
            (480, "x", "a;b=c", ".", "Invalid to-tag"),
        ])
    func replies(code: Int, reason: String, tag: String, headers: String, words: String) throws {
        let (rig, name) = try ringing()
        let status = JSONValue.integer(Int64(code))
        let first = try error(
            rig, "tm.reply",
            [status, .string(reason), .string(name), .string(tag), .string(headers)])
        #expect(first.words == words)
        let second = try error(
            rig, "tm.reply_callid",
            [
                status, .string(reason), .string("call-1"), .string("1"), .string(tag),
                .string(headers),
            ])
        #expect(second.words == words)
        #expect(rig.takeSent().isEmpty)
    }

    @Test("the To tag of tm.reply is the one that was given", arguments: ["mine", ".", ""])
    func tag(given: String) throws {
        let (rig, name) = try ringing()
        _ = try rig.rig.services.call(
            "tm.reply", 480, "Gone", .string(name), .string(given), ".", "")
        let to = try #require(rig.takeSent().first { $0.line == "SIP/2.0 480 Gone" }).header("To")
        #expect(to.count == 1 && to[0].contains(";tag="))
        #expect(to[0].hasSuffix(";tag=mine") == (given == "mine"))
    }

    @Test("a reason phrase cannot bring lines of its own")
    func reason() throws {
        let (rig, name) = try ringing()
        _ = try rig.rig.services.call(
            "tm.reply", 480, "Gone\r\nX-Evil: yes", .string(name), "", ".", "")
        let sent = try #require(rig.takeSent().first { $0.line.hasPrefix("SIP/2.0 480") })
        #expect(sent.header("X-Evil").isEmpty)
    }

    @Test("a reply with a body has its length")
    func body() throws {
        let (rig, name) = try ringing()
        _ = try rig.rig.services.call(
            "tm.reply", 480, "Gone", .string(name), "", "Content-Type: text/plain", "hello")
        let sent = try #require(rig.takeSent().first { $0.line.hasPrefix("SIP/2.0 480") })
        #expect(sent.header("Content-Length") == ["5"] && sent.text.hasSuffix("\n\nhello"))
    }

    @Test("a call that has ended can be answered no more")
    func ended() throws {
        let (rig, name) = try ringing()
        _ = try rig.rig.services.call("tm.reply", 480, "Gone", .string(name), "")
        let again = try error(
            rig, "tm.reply", [.integer(486), .string("Busy"), .string(name), .string("")])
        #expect(again.words == "Reply failed")
    }

    @Test(
        "the name of a transaction is two numbers",
        arguments: ["", ":", "1", "1:2:3", "-1:2", "a:b", "4294967296:1", "1:", " 1:2"])
    func names(name: String) throws {
        let (rig, _) = try ringing()
        let answer = try error(
            rig, "tm.reply", [.integer(486), .string("Busy"), .string(name), .string("")])
        #expect(answer.words == "Invalid transaction ID" || answer.words == "No such transaction")
        #expect(rig.takeSent().isEmpty)
    }

    @Test("Call-ID and CSeq must both be those of an open request")
    func callIDs() throws {
        let (rig, _) = try ringing()
        for (callID, number) in [("call-1", "2"), ("call-1", ""), ("", "1"), ("CALL-1", "1")] {
            let cancelled = try error(rig, "tm.cancel", [.string(callID), .string(number)])
            #expect(cancelled.code == 400 && cancelled.words == "Transaction not found")
            let answered = try error(
                rig, "tm.reply_callid",
                [
                    .integer(486), .string("Busy"), .string(callID), .string(number), .string(""),
                ])
            #expect(answered.words == "Transaction not found")
        }
        #expect(rig.takeSent().isEmpty)
    }

    @Test(
        "a command without its parameters is refused",
        arguments: ["tm.cancel", "tm.reply", "tm.reply_callid", "tm.t_uac_start", "tm.t_uac_wait"])
    func missing(name: String) throws {
        let rig = try TMRig("exit;")
        #expect(try error(rig, name, []).code != nil)
        #expect(try error(rig, name, [.object([])]).code != nil)
        #expect(rig.takeSent().isEmpty)
    }

    @Test(
        "parameters too many are refused",
        arguments: ["tm.stats", "tm.hash_stats", "tm.list", "tm.clean"])
    func tooMany(name: String) throws {
        let rig = try TMRig("exit;")
        #expect(try error(rig, name, [.integer(1)]).code != nil)
        #expect(try error(rig, name, []).code == nil)
    }

    @Test("tm.cancel has no effect on what is no INVITE, nor on what is answered")
    func cancels() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request("MESSAGE"))
        #expect(
            try error(rig, "tm.cancel", [.string("call-1"), .string("1")]).words
                == "Transaction not found")
        try rig.receive(sent[0].response(200))
        #expect(rig.takeSent().isEmpty)
    }

    @Test("statistics count what has happened")
    func statistics() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        try rig.receive(sent[1].response(486))
        let stats = try rig.rig.services.call("tm.stats")["result"]
        #expect(stats?["4xx"]?.integer == 1 && stats?["2xx"]?.integer == 0)
        #expect(stats?["rpl_received"]?.integer == 2)
        #expect(stats?["rpl_generated"]?.integer == 1, "the 100")
        #expect(stats?["rpl_sent"]?.integer == 3)
        for _ in 0..<60 { _ = rig.pass(1_000) }
        let later = try rig.rig.services.call("tm.stats")["result"]
        #expect(later?["current"]?.integer == 0)
        #expect(later?["created"]?.integer == later?["freed"]?.integer)
    }
}
