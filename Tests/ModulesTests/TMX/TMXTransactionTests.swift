import Basics
import ModuleKit
import Testing

/// What scripts do to transactions that are there.
@Suite("Module tmx with transactions")
struct TMXTransactionTests {
    /// A rig whose INVITEs are relayed, and whose other requests run `body`.
    private func rig(_ body: String) throws -> TMRig {
        try TMRig("if ($rm != \"INVITE\") { \(body) exit; } t_relay();")
    }

    /// The other request, which has the same Call-ID.
    private let other = Call.request("OPTIONS", branch: "other", number: 2)

    @Test("the INVITE of a Call-ID is cancelled, with a reason, and the message gets its flag")
    func cancel() throws {
        let rig = try rig(
            """
            t_cancel_callid("call-1", "1", "7", "487"); note("$rc");
            if (isflagset(7)) note("flag");
            """)
        let invite = try #require(try rig.run(Call.request()).last)
        try rig.receive(invite.response(180))
        let sent = try rig.run(other)
        #expect(rig.notes() == ["1", "flag"])
        let cancel = try #require(sent.first { $0.line.hasPrefix("CANCEL") })
        #expect(cancel.line == "CANCEL sip:bob@10.1.2.9:5090 SIP/2.0")
        #expect(cancel.header("Reason") == ["SIP;cause=487"])
        #expect(cancel.header("CSeq") == ["1 CANCEL"] && cancel.to.source == TMRig.callee)
    }

    @Test("without a code nothing is said, and a flag beyond the last is not set")
    func plainCancel() throws {
        let rig = try rig("t_cancel_callid(\"call-1\", \"1\", \"32\"); note(\"$rc\");")
        let invite = try #require(try rig.run(Call.request()).last)
        try rig.receive(invite.response(180))
        let cancel = try rig.run(other).first { $0.line.hasPrefix("CANCEL") }
        #expect(cancel?.header("Reason") == [])
        #expect(rig.notes() == ["1"])
    }

    @Test(
        "a transaction that is not there is not touched",
        arguments: [
            "t_cancel_callid(\"call-2\", \"1\", \"7\")",
            "t_cancel_callid(\"call-1\", \"9\", \"7\")",
            "t_cancel_callid(\"call-1\", \"x\", \"7\")",
            "t_reply_callid(\"call-2\", \"1\", \"480\", \"No\")",
            "t_reply_callid(\"call-1\", \"1\", \"99\", \"No\")",
            "t_reply_callid(\"call-1\", \"1\", \"700\", \"No\")",
        ])
    func strangers(call: String) throws {
        let rig = try rig("\(call); note(\"$rc\");")
        let invite = try #require(try rig.run(Call.request()).last)
        try rig.receive(invite.response(180))
        let sent = try rig.run(other)
        #expect(rig.notes() == ["-1"])
        #expect(!sent.contains { $0.line.hasPrefix("CANCEL") || $0.line.contains(" 480 ") })
    }

    @Test("the request of a Call-ID is answered, with words on one line")
    func reply() throws {
        let rig = try rig(
            "t_reply_callid(\"call-1\", \"1\", \"480\", \"Not\\r\\nhere\"); note(\"$rc\");")
        try rig.run(Call.request())
        let sent = try rig.run(other)
        #expect(rig.notes() == ["1"])
        let reply = try #require(sent.first { $0.line.contains(" 480 ") })
        #expect(reply.to.source == TMRig.caller && reply.header("CSeq") == ["1 INVITE"])
        #expect(reply.line.hasPrefix("SIP/2.0 480 Not") && reply.line.hasSuffix("here"))
    }

    @Test("flags that are set behind t_relay reach the failure route only when they are given")
    func flags() throws {
        for (gives, note) in [("t_flush_flags();", "kept"), ("", "lost")] {
            let rig = try TMRig(
                "t_on_failure(\"F\"); t_relay(); setflag(5); \(gives)",
                before: """
                    failure_route[F] { if (isflagset(5)) note("kept"); else note("lost"); }
                    """)
            let invite = try #require(try rig.run(Call.request()).last)
            try rig.receive(invite.response(486))
            #expect(rig.notes() == [note])
        }
    }

    @Test("flags are given to a transaction that is sent on, and to no other")
    func noFlags() throws {
        let rig = try TMRig("t_newtran(); t_flush_flags(); note(\"$rc\"); t_reply(480, \"No\");")
        try rig.run(Call.request())
        #expect(rig.notes() == ["-1"])
    }

    @Test("a transaction that is dropped with a status answers with it")
    func dropWithStatus() throws {
        let rig = try TMRig("t_newtran(); t_drop(\"480\"); note(\"$rc\");")
        let sent = try rig.run(Call.request())
        #expect(sent.contains { $0.line.hasPrefix("SIP/2.0 480 ") })
        #expect(rig.notes() == ["1"])
    }

    @Test("so does one that was sent on, in its failure route")
    func dropRelayed() throws {
        let rig = try TMRig(
            "t_on_failure(\"F\"); t_relay();",
            before: "failure_route[F] { t_drop(\"480\"); note(\"$rc\"); }")
        let invite = try #require(try rig.run(Call.request()).last)
        let sent = try rig.receive(invite.response(486))
        #expect(sent.contains { $0.line.hasPrefix("SIP/2.0 480 ") })
        #expect(!sent.contains { $0.line.hasPrefix("SIP/2.0 486") })
        #expect(rig.notes() == ["1"])
    }

    @Test(
        "without one, or with one that would promise something, it is forgotten without a word",
        arguments: ["t_drop()", "t_drop(\"200\")", "t_drop(\"100\")", "t_drop(\"700\")"])
    func drop(call: String) throws {
        let rig = try TMRig("note(\"new\"); t_newtran(); \(call); note(\"$rc\");")
        for _ in 0..<2 {
            let sent = try rig.run(Call.request())
            #expect(!sent.contains { $0.line.hasPrefix("SIP/2.0 2") || $0.line.contains(" 700 ") })
        }
        // The repetition is a new request: nothing of the first is left.
        #expect(rig.notes() == ["new", "1", "new", "1"])
    }

    @Test("there is nothing to drop outside of a transaction")
    func nothingToDrop() throws {
        let rig = try TMRig("t_drop(); note(\"$rc\");")
        #expect(try rig.run(Call.request()).isEmpty)
        #expect(rig.notes() == ["-1"])
    }

    @Test("a script sends a request of its own, and hears nothing of its end")
    func ownRequest() throws {
        let rig = try rig(
            """
            t_uac_send("MESSAGE", "sip:bob@10.1.2.9:5090", "", "",
                "From: <sip:a@b>\\r\\nTo: <sip:bob@10.1.2.9>\\r\\nContent-Type: text/plain\\r\\n",
                "hello"); note("$rc");
            """)
        let sent = try rig.run(other)
        #expect(rig.notes() == ["1"])
        let request = try #require(sent.first { $0.line.hasPrefix("MESSAGE") })
        #expect(request.line == "MESSAGE sip:bob@10.1.2.9:5090 SIP/2.0")
        #expect(request.text.hasSuffix("\n\nhello") && request.to.source == TMRig.callee)
        #expect(request.header("Content-Length") == ["5"])
        #expect(try rig.receive(request.response(200)).isEmpty)
        #expect(rig.isTaken)
    }

    @Test("one that cannot be written is not sent", arguments: ["", "tel:1", "bob"])
    func noRequest(uri: String) throws {
        let rig = try rig(
            "t_uac_send(\"MESSAGE\", \"\(uri)\", \"\", \"\", \"\", \"\"); note(\"$rc\");")
        #expect(try rig.run(other).isEmpty)
        #expect(rig.notes() == ["-1"])
    }
}
