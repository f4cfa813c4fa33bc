import ModuleKit
import Testing

@Suite("Module textops: replacing text")
struct TextopsEditingTests {
    @Test(
        "replacing changes the first match, all of them, or those of one part",
        arguments: [
            ("replace(\"hello\", \"HH\")", ["-s: hello there", "+s: HH there"]),
            (
                "replace_all(\"hello\", \"HH\")",
                [
                    "-hello", "-Content-Length: 5", "-s: hello there", "+s: HH there",
                    "+Content-Length: 2", "+HH",
                ]
            ),
            (
                "replace_body(\"l\", \"LL\")",
                ["-hello", "-Content-Length: 5", "+Content-Length: 6", "+heLLlo"]
            ),
            (
                "replace_body_all(\"l\", \"LL\")",
                ["-hello", "-Content-Length: 5", "+Content-Length: 7", "+heLLLLo"]
            ),
            ("replace_body_atonce(\"^.+$\", \"bye!!\")", ["-hello", "+bye!!"]),
            ("replace_hdrs(\"hello\", \"x\")", ["-s: hello there", "+s: x there"]),
            ("replace_hdrs(\"MESSAGE sip\", \"x\")", []),
            ("replace_str(\"hello\", \"HELLO\", \"f\")", ["-s: hello there", "+s: HELLO there"]),
            (
                "replace_str(\"hello\", \"HELLO\", \"a\")",
                ["-hello", "-s: hello there", "+s: HELLO there", "+HELLO"]
            ),
            ("replace_body_str(\"l\", \"L\", \"a\")", ["-hello", "+heLLo"]),
            ("replace_hdrs_str(\"three\", \"3\", \"a\")", ["-X-Multi: three", "+X-Multi: 3"]),
            ("search_append(\"t/6\", \"!!\")", ["-User-Agent: t/6", "+User-Agent: t/6!!"]),
            (
                "search_append_body(\"ell\", \"!!\")",
                ["-hello", "-Content-Length: 5", "+Content-Length: 7", "+hell!!o"]
            ),
            (
                "search_append_body(\"hello\", \"!\")",
                ["-hello", "-Content-Length: 5", "+Content-Length: 6", "+hello!"]
            ),
        ])
    func replacing(call: String, expected: [String]) throws {
        #expect(try changes("\(call);") == expected)
        #expect(try code(call) == (expected.isEmpty ? "-1" : "1"))
    }

    @Test(
        "what is not found changes nothing",
        arguments: [
            "replace(\"nowhere\", \"x\")", "replace_all(\"nowhere\", \"x\")",
            "replace_body(\"carol\", \"x\")", "replace_body_all(\"carol\", \"x\")",
            "replace_body_atonce(\"carol\", \"x\")", "replace_hdrs(\"nowhere\", \"x\")",
            "replace_str(\"nowhere\", \"x\", \"a\")", "replace_str(\"\", \"x\", \"a\")",
            "search_append(\"nowhere\", \"x\")", "search_append_body(\"carol\", \"x\")",
            "replace_body_all(\"x*\", \"y\")",
        ])
    func nothingFound(call: String) throws {
        #expect(try code(call) == "-1")
        #expect(try changes("\(call);").isEmpty)
    }

    @Test("what an earlier function has replaced stays")
    func twice() throws {
        let lines = try changes("replace_body(\"hell\", \"HELL\"); replace_body(\"ello\", \"x\");")
        #expect(lines == ["-hello", "+HELLo"])
    }

    @Test("expressions work line by line, except at once")
    func lines() throws {
        let message = ScriptRig.request.replacing(
            "Content-Length: 5\n\nhello", with: "Content-Length: 10\n\none\ntwo\n")
        #expect(try code("search_body(\"^two\")", for: message) == "1")
        #expect(try code("search_body(\"one.+two\")", for: message) == "-1")
        #expect(try code("search(\"^CSeq: 61\")", for: message) == "1")
        let rig = try ScriptRig("replace_body_atonce(\"one.+two\", \"\");")
        try rig.run(message)
        #expect(rig.rendered().hasSuffix("Content-Length: 2\n\n\n"))
    }

    @Test(
        "substitutions know groups, the request URI, variables and flags",
        arguments: [
            (
                "subst(\"/^User-Agent: *([a-z]+).6/User-Agent: \\\\1-$rU/\")",
                ["-User-Agent: t/6", "+User-Agent: t-carol"]
            ),
            ("subst_body(\"/l/L/\")", ["-hello", "+heLlo"]),
            ("subst_body(\"/l/L/g\")", ["-hello", "+heLLo"]),
            ("subst_body(\"/L/x/g\")", []),
            ("subst_body(\"/L/x/gi\")", ["-hello", "+hexxo"]),
            ("subst_body(\"/h(.)l/\\\\1\\\\0/\")", ["-hello", "-Content-Length: 5"]),
            ("subst_body(\"!h!/!\")", ["-hello", "+/ello"]),
            ("subst_body(\"/h/\\\\//\")", ["-hello", "+/ello"]),
            ("subst_body(\"/hello/\\\\u/\")", ["-hello", "-Content-Length: 5"]),
            ("subst_hf(\"X-Multi\", \"/o/0/g\", \"a\")", ["-X-Multi: two", "-X-Multi: one"]),
            ("subst_hf(\"X-Multi\", \"/o/0/\", \"f\")", ["-X-Multi: one", "+X-Multi: 0ne"]),
            ("subst_hf(\"X-Multi\", \"/e$/E/\", \"l\")", ["-X-Multi: three", "+X-Multi: threE"]),
            ("subst_hf(\"X-None\", \"/o/0/\", \"l\")", []),
        ])
    func substituting(call: String, expected: [String]) throws {
        let found = try changes("\(call);")
        #expect(Array(found.prefix(expected.count)) == expected)
        #expect(try code(call) == (expected.isEmpty ? "-1" : "1"))
        if expected.isEmpty { #expect(found.isEmpty) }
    }

    @Test("the URI of \\u is the one that the script has set, the match that of the message")
    func uriInSubstitution() throws {
        let lines = try changes("$ru = \"sip:x@y\"; subst_body(\"/hello/<\\\\u>/\");")
        #expect(lines.contains("+<sip:x@y>"))
        #expect(lines.contains("+MESSAGE sip:x@y SIP/2.0"))
    }

    @Test(
        "the request URI is substituted as a whole or in its user",
        arguments: [
            ("subst_uri(\"/^sip:([a-z]+)@/sip:x\\\\1@/\")", "sip:xcarol@example.com:5080"),
            ("subst_user(\"/ca/ka/\")", "sip:karol@example.com:5080"),
            ("subst_user(\"/$/99/\")", "sip:carol99@example.com:5080"),
        ])
    func uris(call: String, expected: String) throws {
        #expect(try noted("\(call); note(\"$ru\");") == ["\(expected);transport=tcp"])
    }

    @Test(
        "a substitution that gives no URI, or finds nothing, leaves the URI alone",
        arguments: [
            "subst_uri(\"/^sip:/no uri/\")", "subst_uri(\"/zz/y/\")", "subst_user(\"/zz/y/\")",
            "subst_user(\"/carol/a b@/\")",
        ])
    func noURI(call: String) throws {
        #expect(
            try noted("\(call); note(\"$rc $ru\");") == [
                "-1 sip:carol@example.com:5080;transport=tcp"
            ])
    }

    @Test(
        "what is no substitution is refused when the script is loaded",
        arguments: [
            ("", "a substitution is written /expression/replacement/flags"),
            ("/a/b", "a substitution is written /expression/replacement/flags"),
            ("//b/", "a substitution is written /expression/replacement/flags"),
            ("/a/b/x", "\"x\" are no flags of a substitution: i, g and s are"),
            ("/(/b/", "\"(\" is no regular expression: Unmatched ( or \\("),
        ])
    func wrongSubstitutions(text: String, expected: String) {
        #expect(
            scriptError("subst(\"\(text)\");")
                == "subst(): argument 1 (substitution): \(expected)")
    }

    @Test(
        "wrong modes, flags and operators are refused when the script is loaded",
        arguments: [
            (
                "replace_str(\"a\", \"b\", \"x\");",
                "\"x\" is no mode: f (the first) and a (all) are"
            ),
            (
                "subst_hf(\"X\", \"/a/b/\", \"q\");",
                "\"q\" is no flag: a (all fields), f (the first) and l (the last) are"
            ),
            (
                "remove_hf_match(\"X\", \"gt\", \"b\");",
                "\"gt\" is no operator: eq, ne, in and re are"
            ),
            ("remove_hf(\"a b\");", "\"a b\" is no name of a header field"),
            ("append_hf(\"A: 1\", \":\");", "\":\" is no name of a header field"),
        ])
    func wrongWords(statement: String, expected: String) {
        #expect(scriptError(statement).hasSuffix(expected))
    }

    @Test("a string may be searched with an expression that the script makes")
    func searchString() throws {
        #expect(try code("search_str(\"$ru\", \";transport=tcp\")") == "1")
        #expect(try code("search_str(\"$ru\", \"^$rU\")") == "-1")
        #expect(try code("search_str(\"$rU\", \"^$rU$$\")") == "1")
        let rig = try ScriptRig("search_str(\"a\", \"(\"); note(\"$rc\");")
        #expect(try rig.run() == ["-1"])
        #expect(rig.services.lines.all.contains { $0.contains("is no regular expression") })
    }

    @Test("the number of changes is bounded: a message cannot make a script work without end")
    func bounded() throws {
        let body = String(repeating: "l", count: 10_000)
        let message = ScriptRig.request.replacing(
            "Content-Length: 5\n\nhello", with: "Content-Length: 10000\n\n\(body)")
        let rig = try ScriptRig("replace_body_all(\"l\", \"LLLL\"); note(\"$rc\");")
        #expect(try rig.run(message) == ["1"])
        #expect(rig.context.edits.edits.count == 256)
        #expect(rig.rendered().contains("\nContent-Length: \(10_000 + 256 * 3)\n"))
    }
}
