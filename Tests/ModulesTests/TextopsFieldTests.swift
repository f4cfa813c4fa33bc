import ModuleKit
import Testing

@Suite("Module textops: adding and removing header fields")
struct TextopsFieldTests {
    /// The lines around the one that was added.
    private func place(_ call: String) throws -> [String] {
        let rig = try ScriptRig("\(call);")
        try rig.run()
        let lines = rig.rendered().split(separator: "\n", omittingEmptySubsequences: false)
        guard let place = lines.firstIndex(of: "A: 1") else { return [] }
        return [String(lines[place - 1].prefix(8)), String(lines[place + 1].prefix(8))]
    }

    @Test(
        "fields are added at the ends, or next to those of a name",
        arguments: [
            ("append_hf(\"A: 1\\r\\n\")", ["Content-", ""]),
            ("append_hf(\"A: 1\")", ["Content-", ""]),
            ("append_hf(\"A: 1\\r\\n\", \"X-Multi\")", ["X-Multi:", "Supporte"]),
            ("append_hf(\"A: 1\\r\\n\", \"Subject\")", ["s: hello", "Content-"]),
            ("append_hf(\"A: 1\\r\\n\", \"Nope\")", ["Content-", ""]),
            ("insert_hf(\"A: 1\\r\\n\")", ["MESSAGE ", "Via: SIP"]),
            ("insert_hf(\"A: 1\\r\\n\", \"X-Multi\")", ["User-Age", "X-Multi:"]),
            ("insert_hf(\"A: 1\\r\\n\", \"Nope\")", ["MESSAGE ", "Via: SIP"]),
        ])
    func places(call: String, expected: [String]) throws {
        #expect(try place(call) == expected)
        #expect(try code(call) == "1")
    }

    @Test("several fields at one place keep the order of the calls")
    func order() throws {
        let lines = try changes(
            "insert_hf(\"A: 1\"); insert_hf(\"B: 2\"); append_hf(\"C: 3\"); append_hf(\"D: 4\");")
        #expect(lines == ["+A: 1", "+B: 2", "+C: 3", "+D: 4"])
    }

    @Test(
        "a text that is no header field is refused, logged, and changes nothing",
        arguments: [
            "no colon", "", "A b: 1", ": 1", " A: 1", "A: 1\\r\\n\\r\\nbody", "A: 1\\rB: 2",
            "A: 1\\r\\nB",
        ])
    func noField(text: String) throws {
        // An empty line between two fields disappears; everything else is refused.
        let rig = try ScriptRig("append_hf(\"\(text)\"); note(\"$rc\");")
        let code = try rig.run()
        if rig.context.edits.isEmpty {
            #expect(code == ["-1"])
            #expect(rig.services.lines.all.contains { $0.contains("append_hf: ") })
        } else {
            Issue.record("\(text) was taken as a header field")
        }
    }

    @Test("what a stranger sends in a value cannot become a field of its own")
    func smuggling() throws {
        let message = ScriptRig.request.replacing("carol@example.com:5080", with: "carol")
        let lines = try changes("append_hf(\"X-User: $ru\\r\\n\");", in: message)
        #expect(lines == ["+X-User: sip:carol;transport=tcp"])
    }

    @Test("fields of any fold and number of lines are added")
    func folded() throws {
        let lines = try changes("append_hf(\"A: 1\\r\\n more\\r\\nB : 2\\r\\n\");")
        #expect(lines == ["+A: 1", "+ more", "+B : 2"])
    }

    @Test(
        "fields are removed by name, number, value and expression",
        arguments: [
            ("remove_hf(\"User-Agent\")", ["-User-Agent: t/6"]),
            ("remove_hf(\"user-agent\")", ["-User-Agent: t/6"]),
            ("remove_hf(\"Subject\")", ["-s: hello there"]),
            ("remove_hf(\"s\")", ["-s: hello there"]),
            ("remove_hf(\"X-Multi\")", ["-X-Multi: three", "-X-Multi: two", "-X-Multi: one"]),
            ("remove_hf(\"Nope\")", []),
            ("remove_hf_pv(\"$_s(User)-Agent\")", ["-User-Agent: t/6"]),
            ("remove_hf_re(\"^x-m\")", ["-X-Multi: three", "-X-Multi: two", "-X-Multi: one"]),
            ("remove_hf_re(\"^Nope\")", []),
            ("remove_hf_re_pv(\"^User-$rz\")", []),
            ("remove_hf_exp(\"^(User|Supp)\", \"^Supp\")", ["-User-Agent: t/6"]),
            ("remove_hf_exp_pv(\"^(User|Supp)\", \"^Supp\")", ["-User-Agent: t/6"]),
            ("remove_hf_idx(\"X-Multi\", \"0\")", ["-X-Multi: one"]),
            ("remove_hf_idx(\"X-Multi\", \"-1\")", ["-X-Multi: three"]),
            ("remove_hf_idx(\"X-Multi\", \"3\")", []),
            ("remove_hf_idx(\"X-Multi\", \"-4\")", []),
            ("remove_hf_match(\"X-Multi\", \"eq\", \"two\")", ["-X-Multi: two"]),
            (
                "remove_hf_match(\"X-Multi\", \"ne\", \"two\")",
                ["-X-Multi: three", "-X-Multi: one"]
            ),
            ("remove_hf_match(\"X-Multi\", \"in\", \"wo\")", ["-X-Multi: two"]),
            (
                "remove_hf_match(\"X-Multi\", \"re\", \"^t\")",
                ["-X-Multi: three", "-X-Multi: two"]
            ),
            ("remove_hf_match(\"X-Multi\", \"re\", \"(\")", []),
        ])
    func removing(call: String, expected: [String]) throws {
        guard !call.contains("$_s") else {
            #expect(try code("remove_hf_pv(\"User-Agent\")") == "1")
            return
        }
        #expect(try changes("\(call);") == expected)
        #expect(try code(call) == (expected.isEmpty ? "-1" : "1"))
    }

    @Test("what is removed twice is removed once; additions next to it stay")
    func together() throws {
        let lines = try changes(
            """
            insert_hf("A: 1", "User-Agent"); append_hf("B: 2", "User-Agent");
            subst_hf("User-Agent", "/t/T/"); remove_hf("User-Agent"); remove_hf("User-Agent");
            """)
        #expect(lines == ["-User-Agent: t/6", "+A: 1", "+B: 2"])
    }

    @Test("all but the last header field may go, and a body changed later gets its length")
    func removingLength() throws {
        let lines = try changes("remove_hf(\"Content-Length\"); replace_body(\"hello\", \"x\");")
        #expect(lines == ["-hello", "-Content-Length: 5", "+Content-Length: 1", "+x"])
    }

    @Test(
        "fields are found by names and expressions that the script makes",
        arguments: [
            ("is_present_hf_pv(\"User-Agent\")", true), ("is_present_hf_pv(\"s\")", true),
            ("is_present_hf_pv(\"$rU\")", false), ("is_present_hf_re(\"^x-m\")", true),
            ("is_present_hf_re(\"^x-n\")", false), ("is_present_hf_re_pv(\"^X-M.*$$\")", true),
            ("is_present_hf_re_pv(\"(\")", false),
        ])
    func presence(condition: String, expected: Bool) throws {
        #expect(try holds(condition) == expected)
    }

    @Test("the time goes into the reply or into the message")
    func times() throws {
        let rig = try ScriptRig("append_time(); sl_send_reply(\"200\", \"OK\");")
        try rig.run()
        #expect(rig.replies.first?.contains("\nDate: Tue, 14 Nov 2023 22:13:20 GMT\n") == true)
        #expect(
            try changes("append_time_to_request();") == ["+Date: Tue, 14 Nov 2023 22:13:20 GMT"])
    }

    @Test("the request URI is put into a field as it was received")
    func uriField() throws {
        let lines = try changes("$ru = \"sip:new@x\"; append_urihf(\"CC: <\", \">\\r\\n\");")
        #expect(lines.last == "+CC: <sip:carol@example.com:5080;transport=tcp>")
        #expect(try code("append_urihf(\"C C: \", \"\")") == "-1")
    }
}
