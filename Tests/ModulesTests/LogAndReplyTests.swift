import Testing

@Suite("Modules sl and xlog: what scripts use beside the usual")
struct LogAndReplyTests {
    @Test("an error of the server is answered with Kamailio's words")
    func errorReply() throws {
        let rig = try ScriptRig("sl_reply_error(); note(\"$rc\");")
        #expect(try rig.run() == ["1"])
        #expect(
            rig.replies.first?.hasPrefix(
                "SIP/2.0 500 I'm terribly sorry, server error occurred (1/SL)\n") == true)
    }

    @Test(
        "the mode of a reply makes no difference without transactions",
        arguments: ["0", "1"])
    func replyMode(mode: String) throws {
        let rig = try ScriptRig("send_reply_mode(\"404\", \"No $rU\", \"\(mode)\"); note(\"$rc\");")
        #expect(try rig.run() == ["1"])
        #expect(rig.replies.first?.hasPrefix("SIP/2.0 404 No carol\n") == true)
    }

    @Test("a line is cut at the size of the buffer")
    func bufferSize() throws {
        let rig = try ScriptRig(
            "xerr(\"12345678901234567890\\n\");",
            before: "modparam(\"xlog\", \"buf_size\", 16)\nmodparam(\"xlog\", \"prefix\", \"p \")\n"
        )
        try rig.run()
        #expect(rig.services.lines.all == ["error p 1234567890123456"])
    }

    @Test(
        "xlogm is silent for the methods of its filter",
        arguments: [("", false), ("0", true), ("256", false), ("1", true), ("-1", false)])
    func filter(value: String, isWritten: Bool) throws {
        let before = value.isEmpty ? "" : "modparam(\"xlog\", \"methods_filter\", \(value))\n"
        let rig = try ScriptRig("xlogm(\"L_ERR\", \"two\\n\"); note(\"$rc\");", before: before)
        #expect(try rig.run() == ["1"])
        #expect(rig.services.lines.all.isEmpty != isWritten)
    }

    @Test("parameters have bounds")
    func bounds() {
        #expect(
            scriptError("exit;", before: "modparam(\"xlog\", \"buf_size\", 8)\n")
                == "buf_size must be from 16 to 65535, not 8")
        #expect(
            scriptError("exit;", before: "modparam(\"sl\", \"bind_tm\", 2)\n")
                == "bind_tm must be from 0 to 1, not 2")
        #expect(scriptError("xlogm(\"L_X\", \"a\");").contains("is no level"))
    }
}
