import Testing

@Suite("Module textopsx: the message as a whole")
struct TextopsXTests {
    @Test("changes show to the script once they are applied")
    func applying() throws {
        #expect(
            try noted(
                """
                append_hf("My-Header: yes\\r\\n"); note("$hdr(My-Header)");
                msg_apply_changes(); note("$rc $hdr(My-Header)");
                """) == ["<null>", "1 yes"])
        #expect(
            try noted("set_body(\"new\", \"a/b\"); msg_apply_changes(); note(\"$rb $cT $cl\");")
                == ["new a/b 3"])
        #expect(try code("msg_apply_changes()") == "1")
    }

    @Test("a URI that the script has set is the message's afterwards")
    func applyingURI() throws {
        #expect(
            try noted("$ru = \"sip:new@x.org\"; msg_apply_changes(); note(\"$rc $ru $ou\");")
                == ["1 sip:new@x.org sip:new@x.org"])
    }

    @Test("when the result is no message nothing is lost, and the log says so")
    func applyingNonsense() throws {
        let rig = try ScriptRig(
            "remove_hf(\"Via\"); append_hf(\"A: 1\"); msg_apply_changes(); note(\"$rc $ci\");")
        #expect(try rig.run() == ["-1 call-script"])
        #expect(rig.services.lines.all.contains { $0.contains("the result is no message") })
        #expect(rig.rendered().contains("\nA: 1\n"))
    }

    @Test("changes after others have been applied count in the new message")
    func applyingTwice() throws {
        let rig = try ScriptRig(
            """
            remove_hf("User-Agent"); msg_apply_changes(); append_hf("B: 2", "X-Multi");
            replace_body("hello", "longer than it was"); msg_apply_changes(); note("$rb");
            """)
        #expect(try rig.run() == ["longer than it was"])
        #expect(rig.rendered().contains("X-Multi: three\nB: 2\nSupported"))
    }

    @Test("a value from before the message became shorter is empty and does no harm")
    func staleRange() throws {
        let body = String(repeating: "x", count: 3_000)
        let message = ScriptRig.request.replacing(
            "Content-Length: 5\n\nhello", with: "Content-Length: 3000\n\n\(body)")
        let rig = try ScriptRig(
            "if ($rb == remove_body() + msg_apply_changes()) { note(\"x\"); } note(\"$ml\");")
        #expect(try rig.run(message).count == 1)
    }

    @Test(
        "another message takes the place of the one at hand if it is one of its kind",
        arguments: [
            ("", "-1 sip:carol@example.com:5080;transport=tcp"),
            ("nonsense", "-1 sip:carol@example.com:5080;transport=tcp"),
        ])
    func settingBuffer(text: String, expected: String) throws {
        #expect(try noted("msg_set_buffer(\"\(text)\"); note(\"$rc $ru\");") == [expected])
    }

    @Test("a whole message that a script has put together is read")
    func settingGoodBuffer() throws {
        let text = ScriptRig.request.replacing("\"", with: "").replacing("\n", with: "\\r\\n")
            .replacing("sip:carol@example.com:5080;transport=tcp", with: "sip:other@x")
        #expect(
            try noted("append_hf(\"A: 1\"); msg_set_buffer(\"\(text)\"); note(\"$rc $ru $fn\");")
                .first?.hasPrefix("1 sip:other@x") == true)
        let reply = ScriptRig.reply.replacing("\n", with: "\\r\\n")
        #expect(try code("msg_set_buffer(\"\(reply)\")") == "-1")
    }

    @Test("the body goes with its type")
    func removingBody() throws {
        #expect(
            try changes("remove_body();") == [
                "-hello", "-Content-Length: 5", "-Content-Type: text/plain",
                "+Content-Length: 0", "+",
            ])
        #expect(try code("remove_body()") == "1")
    }

    @Test("only fields that a message needs are kept, and those that match")
    func keeping() throws {
        let all = try changes("keep_hf();")
        #expect(
            all == [
                "-s: hello there", "-Supported: path, gruu", "-X-Multi: three", "-X-Multi: two",
                "-X-Multi: one", "-User-Agent: t/6",
            ])
        #expect(
            try changes("keep_hf(\"^(X-|User)\");") == [
                "-s: hello there", "-Supported: path, gruu",
            ]
        )
    }

    @Test(
        "patterns of shells cover the whole text",
        arguments: [
            ("1234", "12*", true), ("1234", "*34", true), ("1234", "*", true), ("", "*", true),
            ("", "", true), ("1234", "123", false), ("1234", "?234", true),
            ("1234", "?????", false),
            ("abc", "[a-c]bc", true), ("abc", "[!a]bc", false), ("xbc", "[!a]bc", true),
            ("xbc", "[^a]bc", true), ("abc", "[b-c]bc", false), ("]", "[]]", true),
            ("a-c", "a[x-]c", true), ("abc", "a\\\\*c", false), ("a*c", "a\\\\*c", true),
            ("[", "[", true), ("abab", "*ab", true), ("aaab", "*a*b", true),
            ("abcabd", "*ab?", true), ("abc", "ABC", false), ("a", "[", false),
        ])
    func shellPatterns(text: String, pattern: String, expected: Bool) throws {
        #expect(try holds("fnmatch(\"\(text)\", \"\(pattern)\")") == expected)
        if expected, !pattern.contains("[") {
            #expect(
                try holds("fnmatch(\"\(text.uppercased())\", \"\(pattern)\", \"i\")"))
        }
    }

    @Test("a pattern of many stars does not take long")
    func starvation() throws {
        let pattern = String(repeating: "*a", count: 60)
        #expect(try !holds("fnmatch(\"$rb\", \"\(pattern)b\")"))
    }
}

@Suite("Module textopsx: replies")
struct ReplyStatusTests {
    /// The first line of the rig's reply after a call in `reply_route`.
    private func line(_ call: String, _ status: String = "486 Busy Here") throws -> String {
        let rig = try ScriptRig("exit;", before: "reply_route { \(call); note(\"$rc\"); }\n")
        let message = ScriptRig.reply.replacing("180 Ringing now", with: status)
        let code = try rig.runReply(message).joined()
        return code + " " + String(rig.rendered().prefix { $0 != "\n" })
    }

    @Test(
        "status and reason of a reply change within what both ends can bear",
        arguments: [
            ("change_reply_status(404, \"Not Found\")", "486 Busy Here", "1 SIP/2.0 404 Not Found"),
            ("change_reply_status(\"603\", \"No\")", "486 Busy Here", "1 SIP/2.0 603 No"),
            ("change_reply_status_code(\"404\")", "486 Busy Here", "1 SIP/2.0 404 Busy Here"),
            ("change_reply_status(183, \"Progress\")", "180 Ringing", "1 SIP/2.0 183 Progress"),
            ("change_reply_status(200, \"OK\")", "180 Ringing", "-1 SIP/2.0 180 Ringing"),
            ("change_reply_status(404, \"No\")", "200 OK", "-1 SIP/2.0 200 OK"),
            ("change_reply_status(99, \"No\")", "486 Busy", "-1 SIP/2.0 486 Busy"),
            ("change_reply_status(404, \"a\\r\\nB: c\")", "486 Busy", "1 SIP/2.0 404 a  B: c"),
        ])
    func changing(call: String, status: String, expected: String) throws {
        #expect(try line(call, status) == expected)
    }

    @Test("requests have no status to change, which the checker knows")
    func request() {
        #expect(
            scriptError("change_reply_status(404, \"x\");")
                == "\"change_reply_status\" cannot be called in this block")
    }
}
