import Basics
import JSONValue
import ModuleKit
import SIPSyntax
import Testing

@testable import TM

@Suite("commands of module tm")
struct TMCommandTests {
    private static let headers = "From: <sip:o@example.com>\r\nTo: <sip:b@example.com>\r\n"

    @Test(
        "a description that is wrong is refused with Kamailio's words",
        arguments: [
            (["", "sip:b@10.1.2.9", ".", ".", Self.headers], "Empty method"),
            (["OPTIONS", "nonsense", ".", ".", Self.headers], "Invalid request uri \"nonsense\""),
            (["OPTIONS", "sip:b@10.1.2.9", "x y", ".", Self.headers], "Invalid next-hop uri"),
            (
                ["OPTIONS", "sip:b@10.1.2.9", ".", "udp:1.2.3.4:5", Self.headers],
                "No local socket for udp:1.2.3.4:5"
            ),
            (["OPTIONS", "sip:b@10.1.2.9", ".", ".", "nonsense"], "Invalid headers"),
            (["OPTIONS", "sip:b@10.1.2.9", ".", ".", "From: <sip:a@b>\r\n"], "To missing"),
            (["OPTIONS", "sip:b@10.1.2.9", ".", ".", "To: <sip:a@b>\r\n"], "From missing"),
            (
                ["OPTIONS", "sip:b@10.1.2.9", ".", ".", Self.headers, "body"],
                "Content-Type missing"
            ),
            (
                ["OPTIONS", "sip:b@10.1.2.9", ".", ".", Self.headers + "Content-Length: 3\r\n"],
                "Content-Length disallowed"
            ),
            (
                ["OPTIONS", "sip:b@10.1.2.9", ".", ".", Self.headers + "CSeq: x OPTIONS\r\n"],
                "Non-numerical CSeq"
            ),
            (
                ["OPTIONS", "sip:b@10.1.2.9", ".", ".", Self.headers + "CSeq: 1 NOTIFY\r\n"],
                "CSeq method mismatch"
            ),
            (
                ["INVITE", "sip:b@10.1.2.9", ".", ".", Self.headers],
                "INVITE is not sent by this command"
            ),
        ])
    func refused(values: [String], words: String) throws {
        let rig = try TMRig("exit;")
        let answer = try rig.rig.services.exchange(
            "tm.t_uac_start", .array(values.map { .string($0) }))
        #expect(answer["error"]?["message"]?.text == words)
        #expect(rig.takeSent().isEmpty)
    }

    @Test("t_uac_start sends a whole request to where its next hop says")
    func start() throws {
        let rig = try TMRig("exit;")
        _ = try rig.rig.services.call(
            "tm.t_uac_start", "MESSAGE", "sip:b@name.example", "sip:10.1.2.9:5090", ".",
            .string(Self.headers + "Content-Type: text/plain\r\n"), "hello")
        let sent = try #require(rig.takeSent().first)
        #expect(sent.line == "MESSAGE sip:b@name.example SIP/2.0")
        #expect(sent.to.source == TMRig.callee)
        #expect(sent.header("CSeq") == ["10 MESSAGE"] && sent.header("Call-ID").count == 1)
        #expect(sent.header("From")[0].hasPrefix("<sip:o@example.com>;tag="))
        #expect(sent.header("Max-Forwards") == ["70"] && sent.text.hasSuffix("\n\nhello"))
        try rig.receive(sent.response(200))
        #expect(rig.isTaken)
    }

    @Test("a call is listed, answered by an operator, and cancelled by its Call-ID")
    func list() throws {
        let rig = try TMRig("t_relay();")
        let services = rig.rig.services
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        let rows = try services.call("tm.list")["result"]?.items ?? []
        #expect(rows.count == 1)
        #expect(rows[0]["callid"]?.text == "call-1" && rows[0]["outgoings"]?.integer == 1)
        #expect(try services.call("tm.stats")["result"]?["current"]?.integer == 2)
        #expect(try services.call("tm.hash_stats")["result"]?["crt_transactions"]?.integer == 1)
        let missing = try services.call("tm.cancel", "call-2", "1")
        #expect(missing["error"]?["message"]?.text == "Transaction not found")
        _ = try services.call("tm.cancel", "call-1", "1")
        #expect(rig.takeSent().map(\.line) == ["CANCEL sip:bob@10.1.2.9:5090 SIP/2.0"])
        _ = try services.call("tm.reply_callid", 480, "Gone now", "call-1", "1", "tag")
        #expect(rig.takeSent().map(\.line) == ["SIP/2.0 480 Gone now"])
    }

    @Test("an answer by the numbers of a transaction")
    func reply() throws {
        let rig = try TMRig("t_relay(); note(\"$T(id_index):$T(id_label)\");")
        let services = rig.rig.services
        try rig.run(Call.request())
        let name = try #require(rig.notes().first)
        for (id, words) in [("x", "Invalid transaction ID"), ("1:77", "No such transaction")] {
            let answer = try services.call("tm.reply", 486, "Busy", .string(id), "tag")
            #expect(answer["error"]?["message"]?.text == words)
        }
        _ = try services.call("tm.reply", 486, "Busy", .string(name), "tag", "X-By: operator")
        let sent = rig.takeSent()
        #expect(sent.first?.line == "SIP/2.0 486 Busy")
        #expect(sent.first?.header("X-By") == ["operator"])
    }
}
