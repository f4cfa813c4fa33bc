import Testing

/// The rig's message with another body, whose lines end with CRLF.
func withBody(_ body: String, type: String = "text/plain") -> String {
    let length = body.replacing("\n", with: "\r\n").utf8.count
    return ScriptRig.request
        .replacing("Content-Type: text/plain", with: "Content-Type: \(type)")
        .replacing("Content-Length: 5\n\nhello", with: "Content-Length: \(length)\n\n\(body)")
}

/// The rig's message without its body.
let bodiless = ScriptRig.request.replacing(
    "Content-Type: text/plain\nContent-Length: 5\n\nhello", with: "Content-Length: 0\n\n")

@Suite("Module textops: where a search looks")
struct TextopsSearchTests {
    @Test(
        "search looks at every line, whose CR is a byte like others",
        arguments: [
            ("^MESSAGE sip:carol", "1"), ("SIP/2.0.$", "1"), ("SIP/2.0$", "-1"), ("^Via: ", "1"),
            ("^hello$", "1"),
            ("^s: hello there.$", "1"), ("^Subject:", "-1"), ("CALL-SCRIPT", "1"),
            ("^Content-Length: 5.$", "1"), ("Content-Length: 55", "-1"), ("tag=tag-[a-c]", "1"),
            ("tag=tag-[b-c]", "-1"), ("^X-Multi: (one|three).$", "1"), ("^.$", "1"), ("^$", "-1"),
            ("sip:[^@]+@example\\\\.com", "1"), ("sip:[^@]+@exampleXcom", "-1"),
            ("[[:digit:]]{4};transport", "1"), ("[[:upper:]]+", "1"),
        ])
    func whole(pattern: String, expected: String) throws {
        #expect(try code("search(\"\(pattern)\")") == expected)
    }

    @Test(
        "search_body looks at the body alone",
        arguments: [
            ("^two.$", "1"), ("^two$", "-1"), ("^tw$", "-1"), ("one.two", "-1"), ("^Via", "-1"),
            ("MESSAGE", "-1"),
            ("TWO", "1"), ("[o]ne", "1"), ("^three", "1"), ("e$", "1"), ("four", "-1"),
            ("^(one|four).$", "1"), ("t{2}", "-1"), ("e{2}", "1"), ("x*", "1"),
        ])
    func body(pattern: String, expected: String) throws {
        let message = withBody("one\ntwo\nthree")
        #expect(try code("search_body(\"\(pattern)\")", for: message) == expected)
    }

    @Test(
        "without a body nothing is found in it, changed in it, or taken from it",
        arguments: [
            "search_body(\"hello\")", "search_body(\".\")", "replace_body(\"a\", \"b\")",
            "replace_body_all(\"a\", \"b\")", "replace_body_atonce(\"a\", \"b\")",
            "replace_body_str(\"a\", \"b\", \"a\")", "subst_body(\"/a/b/\")",
            "search_append_body(\"a\", \"b\")", "filter_body(\"text/plain\")",
            "get_body_part(\"text/plain\", \"$var(x)\")", "remove_body_part(\"text/plain\")",
            "has_body()", "has_body(\"text/plain\")", "is_audio_on_hold()",
            "append_body_part(\"a\", \"b/c\")", "set_body_multipart()",
        ])
    func noBody(call: String) throws {
        #expect(try code(call, for: bodiless) == "-1")
        #expect(try changes("\(call);", in: bodiless).isEmpty)
    }

    @Test(
        "search_hf looks at the values of one name, compact or long, and of those it is told to",
        arguments: [
            ("Subject", "^hello there$", "", true), ("s", "^hello there$", "", true),
            ("S", "there", "f", true), ("X-Multi", "two", "", true),
            ("X-Multi", "two", "a", true), ("X-Multi", "two", "f", false),
            ("X-Multi", "two", "l", false), ("X-Multi", "three", "l", true),
            ("X-Multi", "onetwo", "a", false), ("x-multi", "ONE", "f", true),
            ("X-None", ".", "", false), ("To", "Carol C", "", true), ("t", "Carol", "", true),
            ("From", "^\\\"Al\\\"", "", true), ("Via", "branch=z9hG4bK1$", "", true),
            ("Supported", "^path, gruu$", "", true), ("k", "gruu", "", true),
            ("Content-Length", "^5$", "", true), ("l", "^5$", "", true),
            ("Call-ID", "^CALL", "", true), ("i", "script$", "", true),
        ])
    func values(name: String, pattern: String, flag: String, expected: Bool) throws {
        let last = flag.isEmpty ? "" : ", \"\(flag)\""
        #expect(try holds("search_hf(\"\(name)\", \"\(pattern)\"\(last))") == expected)
    }

    @Test("a value over several lines is one value, and an empty one is there")
    func folded() throws {
        let message = adding("X-Fold: first,", " second,", "\tthird", "X-Empty:")
        #expect(try holds("search_hf(\"X-Fold\", \"third$\")", for: message))
        #expect(try holds("search_hf(\"X-Fold\", \"^first\")", for: message))
        #expect(try holds("is_present_hf(\"X-Empty\")", for: message))
        #expect(try holds("search_hf(\"X-Empty\", \"^$\")", for: message))
        #expect(try !holds("search_hf(\"X-Empty\", \".\")", for: message))
        #expect(try code("remove_hf(\"X-Fold\")", for: message) == "1")
        #expect(
            try changes("remove_hf(\"X-Fold\");", in: message) == [
                "-\tthird", "- second,", "-X-Fold: first,",
            ])
    }

    @Test("a reply is searched as a request is")
    func reply() throws {
        for (condition, expected) in [
            ("search(\"^SIP/2.0 180 Ringing now.$\")", true), ("search(\"^MESSAGE\")", false),
            ("search_hf(\"To\", \"tag-c\")", true), ("is_method(\"INVITE\")", true),
            ("is_method(\"MESSAGE\")", false), ("has_body()", false),
            ("is_present_hf(\"CSeq\")", true), ("is_present_hf(\"Contact\")", false),
            ("is_present_hf_re(\"^c\")", true), ("is_present_hf_pv(\"call-id\")", true),
        ] {
            #expect(try holds(condition, for: ScriptRig.reply) == expected, "\(condition)")
        }
    }

    @Test("a reply without a CSeq that can be read has no method")
    func replyWithoutMethod() throws {
        let broken = ScriptRig.reply.replacing("CSeq: 61 INVITE", with: "CSeq: 61")
        let rig = try ScriptRig("if (is_method(\"INVITE|ACK|BYE\")) { note(\"yes\"); }")
        if let lines = try? rig.run(broken) { #expect(lines.isEmpty) }
    }

    @Test(
        "a test on a string takes literals, variables and texts with both",
        arguments: [
            ("cmp_str(\"$rU\", \"carol\")", true), ("cmp_str(\"$rU\", \"Carol\")", false),
            ("cmp_istr(\"$rU\", \"CAROL\")", true), ("cmp_istr($rU, $tU)", true),
            ("cmp_istr($rU, $fU)", false), ("cmp_str(\"a$rU\", \"acarol\")", true),
            ("cmp_str(\"\", \"\")", true), ("cmp_str(\"\", \"a\")", false),
            ("starts_with(\"$ru\", \"sip:\")", true), ("starts_with(\"sip\", \"sip:\")", false),
            ("starts_with(\"abc\", \"\")", true), ("ends_with(\"abc\", \"\")", true),
            ("ends_with(\"$ru\", \"=tcp\")", true), ("ends_with(\"$ru\", \"=TCP\")", false),
            ("str_find(\"$ru\", \"@example\")", true), ("str_find(\"abc\", \"\")", false),
            ("str_ifind(\"$ru\", \"@EXAMPLE\")", true), ("str_ifind(\"\", \"a\")", false),
            ("in_list(\"$rU\", \"alice,carol\", \",\")", true),
            ("in_list(\"$rU\", \"alice;carol\", \",\")", false),
            ("in_list_prefix(\"$rU\", \"al,car\", \",\")", true),
            ("in_list_prefix(\"$fU\", \"bob,car\", \",\")", false),
        ])
    func strings(condition: String, expected: Bool) throws {
        #expect(try holds(condition) == expected)
    }

    @Test("text of any encoding is compared byte by byte")
    func encodings() throws {
        #expect(try holds("str_find(\"grüße\", \"üß\")"))
        #expect(try !holds("cmp_istr(\"Ü\", \"ü\")"))
        #expect(try holds("starts_with(\"日本\", \"日\")"))
        #expect(try holds("search_hf(\"X-Name\", \"ü\")", for: adding("X-Name: grün")))
    }

    @Test(
        "arguments that are none are refused when the script is loaded",
        arguments: [
            ("search();", "takes 1 arguments"), ("search(\"a\", \"b\");", "takes 1 arguments"),
            ("search_hf(\"a b\", \"x\");", "is no name of a header field"),
            ("search_hf(\"X\", \"x\", \"z\");", "\"z\" is no flag"),
            ("search_hf(\"X\");", "takes 2 to 3 arguments"),
            ("is_method(\"\");", "is no list of methods"),
            ("is_method(\"INVITE,ACK\");", "is no list of methods"),
            ("is_method(\"INVITE|\");", "is no list of methods"),
            ("is_present_hf(\"\");", "is no name of a header field"),
            ("is_present_hf(\"a:b\");", "is no name of a header field"),
            ("in_list(\"a\", \"b\", \"\");", "the separator is one character"),
            ("in_list(\"a\", \"b\");", "takes 3 arguments"),
            ("has_body(\"sdp\");", "is no media type"),
            ("append_hf();", "takes 1 to 2 arguments"), ("remove_hf();", "takes 1 arguments"),
            ("remove_hf_idx(\"X\", \"one\");", "expected an integer"),
            ("replace_body_str(\"a\", \"b\", \"z\");", "is no mode"),
            ("replace_hdrs_str(\"a\", \"b\", \"\");", "is no mode"),
            ("replace_body_atonce(\"(\", \"b\");", "is no regular expression"),
            ("remove_hf_re(\"[\");", "is no regular expression"),
            ("remove_hf_exp(\"a\", \"[\");", "is no regular expression"),
            ("is_present_hf_re(\"(\");", "is no regular expression"),
            ("search_append(\"(\", \"x\");", "is no regular expression"),
            ("subst_hf(\"a b\", \"/a/b/\");", "is no name of a header field"),
            ("append_time(\"x\");", "takes 0 arguments"),
            ("is_audio_on_hold(\"x\");", "takes 0 arguments"),
        ])
    func wrongArguments(statement: String, expected: String) {
        let error = scriptError(statement)
        #expect(error.contains(expected), "\(statement): \(error)")
    }
}
