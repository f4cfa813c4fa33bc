import Basics
import ModuleKit
import Testing

@Suite("Module textops")
struct TextopsTests {
    @Test(
        "tests on a message",
        arguments: [
            ("is_method(\"MESSAGE\")", true), ("is_method(\"INVITE|MESSAGE\")", true),
            ("is_method(\"message\")", true), ("is_method(\"INVITE|ACK\")", false),
            ("is_method(\"INVITE | MESSAGE\")", true), ("is_method(\"FOO\")", false),
            ("is_method(\"FOO|MESSAGE\")", true),
            ("is_present_hf(\"X-Multi\")", true), ("is_present_hf(\"x-multi\")", true),
            ("is_present_hf(\"Via\")", true), ("is_present_hf(\"v\")", true),
            ("is_present_hf(\"Subject\")", true), ("is_present_hf(\"None\")", false),
            ("is_present_hf(\"Route\")", false),
            ("search_hf(\"X-Multi\", \"^one$\")", true),
            ("search_hf(\"X-Multi\", \"^THREE$\")", true),
            ("search_hf(\"X-Multi\", \"two\", \"f\")", false),
            ("search_hf(\"X-Multi\", \"two\", \"a\")", true),
            ("search_hf(\"X-Multi\", \"four\")", false), ("search_hf(\"None\", \".\")", false),
            ("search(\"X-Multi\")", true), ("search(\"X-None\")", false),
            ("search_body(\"^hello$\")", true), ("search_body(\"X-Multi\")", false),
            ("has_body()", true), ("has_body(\"text/plain\")", true),
            ("has_body(\"TEXT/Plain\")", true), ("has_body(\"application/sdp\")", false),
            ("has_body(\"text/pla\")", false),
        ])
    func messageTests(condition: String, expected: Bool) throws {
        #expect(try holds(condition) == expected)
    }

    @Test("the method of a reply is that of its request")
    func replyMethod() throws {
        #expect(try holds("is_method(\"INVITE\")", for: ScriptRig.reply))
        #expect(try !holds("is_method(\"MESSAGE\")", for: ScriptRig.reply))
        #expect(try !holds("has_body()", for: ScriptRig.reply))
    }

    @Test("methods without a number of their own are found by name")
    func otherMethods() throws {
        let message = ScriptRig.request.replacing("MESSAGE", with: "KDMQ")
        #expect(try holds("is_method(\"KDMQ\")", for: message))
        #expect(try holds("is_method(\"INVITE|kdmq\")", for: message))
        #expect(try !holds("is_method(\"INVITE|DMQ\")", for: message))
    }

    @Test(
        "tests on strings",
        arguments: [
            ("cmp_str(\"a\", \"a\")", true), ("cmp_str(\"a\", \"A\")", false),
            ("cmp_istr(\"a\", \"A\")", true), ("cmp_istr(\"a\", \"b\")", false),
            ("cmp_str(\"$rU\", \"carol\")", true), ("cmp_str($rU, $tU)", true),
            ("starts_with(\"$rU\", \"car\")", true), ("starts_with(\"$rU\", \"arol\")", false),
            ("starts_with(\"ab\", \"abc\")", false), ("starts_with(\"ab\", \"\")", true),
            ("ends_with(\"$rU\", \"rol\")", true), ("ends_with(\"$rU\", \"car\")", false),
            ("ends_with(\"ab\", \"cab\")", false),
            ("str_find(\"$rU\", \"aro\")", true), ("str_find(\"$rU\", \"ARO\")", false),
            ("str_ifind(\"$rU\", \"ARO\")", true), ("str_find(\"$rU\", \"\")", false),
            ("str_find(\"ab\", \"abc\")", false),
            ("in_list(\"b\", \"a,b,c\", \",\")", true), ("in_list(\"d\", \"a,b,c\", \",\")", false),
            ("in_list(\"a\", \"a\", \",\")", true), ("in_list(\"\", \"a,b\", \",\")", false),
            ("in_list(\"\", \"a,\", \",\")", false), ("in_list(\"c\", \"a b c\", \" \")", true),
            ("in_list_prefix(\"bcd\", \"a,bc\", \",\")", true),
            ("in_list_prefix(\"bcd\", \"x,cd\", \",\")", false),
            ("in_list_prefix(\"bcd\", \",\", \",\")", false),
            ("in_list($rU, \"alice,carol\", \",\")", true),
        ])
    func stringTests(condition: String, expected: Bool) throws {
        #expect(try holds(condition) == expected)
    }

    @Test("a string without a value makes a test fail")
    func missingValues() throws {
        #expect(try !holds("cmp_str($hdr(None), \"\")"))
        #expect(try !holds("in_list($hdr(None), \"a\", \",\")"))
    }

    @Test(
        "append_to_reply adds header lines to the next reply",
        arguments: [
            ("append_to_reply(\"X-One: 1\\r\\n\");", ["X-One: 1"], "1"),
            ("append_to_reply(\"X-One: 1\");", ["X-One: 1"], "1"),
            ("append_to_reply(\"X-One: 1\\r\\nX-Two: 2\\r\\n\");", ["X-One: 1", "X-Two: 2"], "1"),
            ("append_to_reply(\"X-User: $rU\\r\\n\");", ["X-User: carol"], "1"),
            ("append_to_reply(\"X-One: 1\\r\\n folded\\r\\n\");", ["X-One: 1", " folded"], "1"),
            ("append_to_reply(\"no header\");", [], "-1"),
            ("append_to_reply(\"\");", [], "-1"),
            ("append_to_reply(\" folded\");", [], "-1"),
            ("append_to_reply(\"X-One: 1\\r\\n\\r\\nbody\");", [], "-1"),
            ("append_to_reply(\"X One: 1\\r\\n\");", [], "-1"),
            ("append_to_reply(\"X-One: a\\rX: b\\r\\n\");", [], "-1"),
        ])
    func appending(statement: String, expected: [String], code: String) throws {
        let rig = try ScriptRig(
            "\(statement) note(\"$rc\"); sl_send_reply(\"200\", \"OK\");")
        #expect(try rig.run() == [code])
        let lines = try #require(rig.replies.first).split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.hasPrefix("X-") || $0.hasPrefix(" ") } == expected)
        #expect(try rig.run() == [code], "the next message begins anew")
        #expect(rig.context.replyHeaders.count < 64)
    }

    @Test(
        "wrong arguments are refused when the script is loaded",
        arguments: [
            ("is_method(\"\");", "is_method(): \"\" is no list of methods: \"INVITE|ACK\" is one"),
            (
                "is_method(\"A||B\");",
                "is_method(): \"A||B\" is no list of methods: \"INVITE|ACK\" is one"
            ),
            (
                "is_method($rm);",
                "is_method(): argument 1 (methods): expected a constant string, found an expression"
            ),
            ("is_present_hf(\"a b\");", "is_present_hf(): \"a b\" is no name of a header field"),
            (
                "search_hf(\"X\", \"(\");",
                "search_hf(): argument 2 (pattern): \"(\" is no regular expression:"
                    + " Unmatched ( or \\("
            ),
            (
                "search_hf(\"X\", \"a\", \"z\");",
                "search_hf(): \"z\" is no flag: a (all fields), f (the first) and l (the last) are"
            ),
            (
                "has_body(\"text\");",
                "has_body(): \"text\" is no media type: \"application/sdp\" is one"
            ),
            ("in_list(\"a\", \"b\", \"\");", "in_list(): the separator is one character"),
            ("str_any_in(\"X\", \"Y\");", "unknown function \"str_any_in\""),
            ("via_param_rm(\"x\", 1);", "unknown function \"via_param_rm\""),
        ])
    func wrongArguments(statement: String, expected: String) {
        #expect(scriptError(statement) == expected)
    }
}
