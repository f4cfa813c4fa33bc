import ModuleKit
import Testing

@Suite("Module textops: changes of headers, further cases")
struct TextopsChangeTests {
    @Test(
        "fields go by their compact or long name, whichever the message has",
        arguments: [
            ("k", "-Supported: path, gruu"), ("supported", "-Supported: path, gruu"),
            ("SUBJECT", "-s: hello there"), ("m", "-Contact: <sip:alice@127.0.0.9>"),
            ("contact", "-Contact: <sip:alice@127.0.0.9>"), ("user-AGENT", "-User-Agent: t/6"),
        ])
    func names(name: String, expected: String) throws {
        #expect(try changes("remove_hf(\"\(name)\");") == [expected])
        #expect(try changes("remove_hf_pv(\"\(name)\");") == [expected])
        #expect(try changes("remove_hf_idx(\"\(name)\", \"0\");") == [expected])
        #expect(try changes("remove_hf_idx(\"\(name)\", \"-1\");") == [expected])
        #expect(try code("remove_hf_idx(\"\(name)\", \"1\")") == "-1")
    }

    @Test(
        "an index far outside of the fields changes nothing",
        arguments: ["3", "-4", "9223372036854775807", "-9223372036854775808", "1000000"])
    func indices(index: String) throws {
        #expect(try code("remove_hf_idx(\"X-Multi\", \"\(index)\")") == "-1")
        #expect(try changes("remove_hf_idx(\"X-Multi\", \"\(index)\");").isEmpty)
    }

    @Test(
        "values are compared in four ways",
        arguments: [
            ("eq", "one", ["-X-Multi: one"]), ("eq", "ONE", []), ("eq", "on", []),
            ("ne", "one", ["-X-Multi: three", "-X-Multi: two"]),
            ("ne", "zero", ["-X-Multi: three", "-X-Multi: two", "-X-Multi: one"]),
            ("in", "o", ["-X-Multi: two", "-X-Multi: one"]), ("in", "", []),
            ("in", "three", ["-X-Multi: three"]), ("in", "threes", []),
            ("re", "o", ["-X-Multi: two", "-X-Multi: one"]), ("re", "^o", ["-X-Multi: one"]),
            ("re", "^(one|two)$$", ["-X-Multi: two", "-X-Multi: one"]), ("re", "[", []),
            ("eq", "$var(t)", ["-X-Multi: two"]),
        ])
    func comparisons(word: String, text: String, expected: [String]) throws {
        let call = "remove_hf_match(\"X-Multi\", \"\(word)\", \"\(text)\")"
        #expect(try changes("$var(t) = \"two\"; \(call);") == expected)
        #expect(try code("$var(t) = \"two\"; \(call)") == (expected.isEmpty ? "-1" : "1"))
    }

    @Test(
        "expressions on names may leave some of them",
        arguments: [
            ("remove_hf_exp(\"^X-\", \"Multi$\")", []),
            ("remove_hf_exp(\"^(X-Multi|Supported)$\", \"^X\")", ["-Supported: path, gruu"]),
            ("remove_hf_exp(\"^Supp\", \"nothing\")", ["-Supported: path, gruu"]),
            ("remove_hf_exp_pv(\"^$var(n)\", \"nothing\")", ["-Supported: path, gruu"]),
            ("remove_hf_exp_pv(\"(\", \"a\")", []), ("remove_hf_exp_pv(\"a\", \"(\")", []),
            ("remove_hf_re_pv(\"^$var(n)\")", ["-Supported: path, gruu"]),
            ("remove_hf_re_pv(\"(\")", []),
            ("remove_hf_re(\"^user-agent$\")", ["-User-Agent: t/6"]),
            ("remove_hf_re(\"^agent\")", []),
        ])
    func expressions(call: String, expected: [String]) throws {
        #expect(try changes("$var(n) = \"Supp\"; \(call);") == expected)
        #expect(try code("$var(n) = \"Supp\"; \(call)") == (expected.isEmpty ? "-1" : "1"))
    }

    @Test(
        "names that the script makes may be anything, and are found only where they are one",
        arguments: ["", " ", "a b", "X-Multi:", "X-Mult", "\\r\\n", "*"])
    func computedNames(name: String) throws {
        for call in ["remove_hf_pv", "is_present_hf_pv"] {
            #expect(try code("\(call)(\"\(name)\")") == "-1", "\(call)")
        }
        #expect(try code("remove_hf_idx(\"\(name)\", \"0\")") == "-1")
        #expect(try code("remove_hf_match(\"\(name)\", \"ne\", \"x\")") == "-1")
    }

    @Test("fields next to an anchor are the script's, in the order of its calls")
    func anchors() throws {
        let rig = try ScriptRig(
            """
            append_hf("A: 1\\r\\n", "X-Multi"); append_hf("B: 2\\r\\n", "X-Multi");
            insert_hf("C: 3\\r\\n", "X-Multi"); insert_hf("D: 4\\r\\n", "X-Multi");
            """)
        try rig.run()
        #expect(
            rig.rendered().contains(
                "C: 3\nD: 4\nX-Multi: one\nX-Multi: two\nX-Multi: three\nA: 1\nB: 2\nSupported"))
    }

    @Test("several lines are several fields, in any kind of line end")
    func severalLines() throws {
        #expect(
            try changes("append_hf(\"A: 1\\r\\nB: 2\\nC: 3\");") == ["+A: 1", "+B: 2", "+C: 3"])
        #expect(try changes("insert_hf(\"A: 1\\n\\tmore\\n\");") == ["+A: 1", "+\tmore"])
    }

    @Test("values of variables are put into fields when the function is called")
    func dynamicFields() throws {
        #expect(
            try changes("$var(x) = \"v\"; append_hf(\"A: $var(x)-$rU\"); $var(x) = \"w\";")
                == ["+A: v-carol"])
        #expect(try code("append_hf(\"$hdr(None)\")") == "-1")
        #expect(try code("append_hf($hdr(None))") == "-1")
    }

    @Test("there are only so many changes in one message, and the log says when it is full")
    func bounded() throws {
        let rig = try ScriptRig(
            """
            $var(i) = 0;
            while ($var(i) < 99 && append_hf("A: $var(i)")) { $var(i) = $var(i) + 1; }
            $var(j) = 0;
            while ($var(j) < 99 && append_hf("B: $var(j)")) { $var(j) = $var(j) + 1; }
            $var(k) = 0;
            while ($var(k) < 99 && append_hf("C: $var(k)")) { $var(k) = $var(k) + 1; }
            note("$var(i) $var(j) $var(k)");
            """)
        let lines = try rig.run()
        #expect(lines == ["99 99 58"])
        #expect(rig.services.lines.all.contains { $0.contains("or there are too many") })
    }

    @Test("a message keeps its changes to itself: the next one has none")
    func nextMessage() throws {
        let rig = try ScriptRig(
            "if (is_method(\"MESSAGE\")) { append_hf(\"A: 1\"); set_body(\"x\", \"a/b\"); }")
        try rig.run()
        #expect(rig.rendered().contains("\nA: 1\n"))
        let next = ScriptRig.request.replacing("MESSAGE", with: "OPTIONS")
        try rig.run(next)
        #expect(rig.rendered() == next)
    }

    @Test(
        "replacing counts matches from left to right, and replacements are not searched",
        arguments: [
            ("replace_body_all(\"a\", \"aa\")", "aabbaaaabaa"),
            ("replace_body(\"b\", \"\")", "abaaba"),
            ("replace_body_all(\"b\", \"\")", "aaaa"),
            ("replace_body_all(\"a|b\", \"x\")", "xxxxxxx"),
            ("replace_body_all(\"a+\", \"-\")", "-bb-b-"),
            ("replace_body_atonce(\"a.*b\", \"\")", "a"),
            ("replace_body_str(\"ab\", \"-\", \"a\")", "-ba-a"),
            ("replace_body_str(\"ab\", \"-\", \"f\")", "-baaba"),
            ("replace_body_str(\"AB\", \"-\", \"a\")", nil),
            ("replace_body_str(\"aba\", \"\", \"a\")", "abba"),
            ("subst_body(\"/(a)(b)/\\\\2\\\\1/\")", "babaaba"),
            ("subst_body(\"/(a)(b)/\\\\2\\\\1/g\")", "babaBaa"),
            ("subst_body(\"/(A)(B)/<\\\\0>/gi\")", "<ab>ba<ab>a"),
            ("subst_body(\"/B/x/\")", nil), ("subst_body(\"#b#/#g\")", "a//aa/a"),
        ] as [(String, String?)])
    func bodies(call: String, expected: String?) throws {
        let wanted = expected?.lowercased()
        let message = withBody("abbaaba")
        let rig = try ScriptRig("\(call); note(\"$rc\");")
        #expect(try rig.run(message) == [wanted == nil ? "-1" : "1"])
        let body = rig.rendered().split(separator: "\n\n", maxSplits: 1).last.map(String.init)
        #expect(body == wanted ?? "abbaaba")
        #expect(rig.rendered().contains("\nContent-Length: \((wanted ?? "abbaaba").count)\n"))
    }

    @Test(
        "substitutions in the user and the URI of the request know the rest of it",
        arguments: [
            ("subst_user(\"/^(.)(.*)$/\\\\2\\\\1/\")", "sip:arolc@example.com:5080;transport=tcp"),
            ("subst_user(\"/o/0/g\")", "sip:car0l@example.com:5080;transport=tcp"),
            ("subst_user(\"/CAROL/dave/i\")", "sip:dave@example.com:5080;transport=tcp"),
            ("subst_user(\"/^/00/\")", "sip:00carol@example.com:5080;transport=tcp"),
            ("subst_uri(\"/:5080//\")", "sip:carol@example.com;transport=tcp"),
            ("subst_uri(\"/;.*$//\")", "sip:carol@example.com:5080"),
            ("subst_uri(\"/^sip:.*@/sip:/\")", "sip:example.com:5080;transport=tcp"),
            ("subst_uri(\"/example/$fU/\")", "sip:carol@alice.com:5080;transport=tcp"),
            ("subst_uri(\"/^.*$/tel:+49/\")", "tel:+49"),
        ])
    func requestURI(call: String, expected: String) throws {
        #expect(try noted("\(call); note(\"$rc $ru\");") == ["1 \(expected)"])
    }

    @Test("a request without a user has none to substitute")
    func noUser() throws {
        let message = ScriptRig.request.replacing("sip:carol@example", with: "sip:example")
        #expect(try code("subst_user(\"/a/b/\")", for: message) == "-1")
    }

    @Test(
        "the first line is none of what replacing functions look at",
        arguments: [
            "replace(\"^MESSAGE\", \"NOTICE\")", "replace_all(\"SIP/2.0.$\", \"x\")",
            "subst(\"/^MESSAGE/NOTICE/\")", "search_append(\"carol@example.com:5080\", \"x\")",
            "replace_str(\"transport=tcp\", \"x\", \"a\")", "replace_hdrs(\"^MESSAGE\", \"x\")",
            "replace_hdrs_str(\"MESSAGE sip\", \"x\", \"a\")",
        ])
    func firstLine(call: String) throws {
        #expect(try code(call) == "-1")
        #expect(try changes("\(call);").isEmpty)
    }

    @Test("a text that the first line has too is changed behind it")
    func behindFirstLine() throws {
        let expected = ["-CSeq: 61 MESSAGE", "+CSeq: 61 MESSAGE!"]
        #expect(try changes("search_append(\"MESSAGE\", \"!\");") == expected)
        #expect(try changes("replace(\"MESSAGE\", \"MESSAGE!\");") == expected)
        #expect(try changes("replace_all(\"MESSAGE\", \"MESSAGE!\");") == expected)
        #expect(try changes("subst(\"/MESSAGE/\\\\0!/\");").isEmpty == false)
    }

    @Test("a substitution in a header field stays within its value")
    func fieldValues() throws {
        #expect(try code("subst_hf(\"X-Multi\", \"/X-Multi/Y/\")") == "-1")
        #expect(try code("subst_hf(\"X-Multi\", \"/Supported/Y/\", \"l\")") == "-1")
        #expect(
            try changes("subst_hf(\"Subject\", \"/^/[x] /\");").isEmpty
                || changes("subst_hf(\"Subject\", \"/^/[x] /\");") == [
                    "-s: hello there", "+s: [x] hello there",
                ])
        #expect(
            try changes("subst_hf(\"k\", \"/, */,/g\");") == [
                "-Supported: path, gruu", "+Supported: path,gruu",
            ])
    }
}
