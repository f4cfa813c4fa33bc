import Testing

/// The rig's message with lists of values in several forms.
private let message = adding(
    "List: a;x=1;y=\"2;3\", <sip:b;z=1>;w", "List:  c , d", "Allow: INVITE,ACK , BYE",
    "P-Auth: Digest realm=\"r,1\", nonce=n, opaque=\"\"")

/// The fields of a name behind statements.
private func fields(_ statements: String, _ name: String = "List") throws -> [String] {
    let rig = try ScriptRig("\(statements);")
    try rig.run(message)
    return rig.rendered().split(separator: "\n").filter { $0.hasPrefix("\(name):") }
        .map { $0.dropFirst(name.count + 1).trimmingPrefix(while: { $0 == " " }) }
        .map(String.init)
}

private let first = "a;x=1;y=\"2;3\", <sip:b;z=1>;w"

@Suite("Module textopsx: lists, further cases")
struct TextopsXEdgeTests {
    @Test(
        "values are numbered over all fields of a name, from either end",
        arguments: [
            ("[1]", ["<sip:b;z=1>;w", "c , d"]), ("[2]", ["a;x=1;y=\"2;3\"", "c , d"]),
            ("[-4]", ["<sip:b;z=1>;w", "c , d"]), ("[-3]", ["a;x=1;y=\"2;3\"", "c , d"]),
            ("[5]", [first, "c , d"]), ("[-5]", [first, "c , d"]),
            ("[9223372036854775807]", [first, "c , d"]),
            ("[-9223372036854775808]", [first, "c , d"]), ("[*]", []),
        ])
    func numbers(index: String, expected: [String]) throws {
        #expect(try fields("remove_hf_value(\"List\(index)\")") == expected)
    }

    @Test(
        "a parameter is one of the value, not of its URI and not within quotes",
        arguments: [
            ("List[1].x", "a;y=\"2;3\", <sip:b;z=1>;w"), ("List[1].y", "a;x=1, <sip:b;z=1>;w"),
            ("List[2].w", "a;x=1;y=\"2;3\", <sip:b;z=1>"), ("List[2].z", first),
            ("List[1].3", first), ("List[2].x", first), ("List[1].X", "a;y=\"2;3\", <sip:b;z=1>;w"),
            ("list[1].x", "a;y=\"2;3\", <sip:b;z=1>;w"),
        ])
    func parameters(reference: String, expected: String) throws {
        #expect(try fields("remove_hf_value(\"\(reference)\")")[0] == expected)
        #expect(
            try code("remove_hf_value(\"\(reference)\")", for: message)
                == (expected == first ? "-1" : "1"))
    }

    @Test(
        "an assigned parameter replaces the old one, or is added behind the others",
        arguments: [
            ("List[1].x", "9", "a;x=9;y=\"2;3\", <sip:b;z=1>;w"),
            ("List[1].x", "", "a;x;y=\"2;3\", <sip:b;z=1>;w"),
            ("List[1].new", "$rU", "a;x=1;y=\"2;3\";new=carol, <sip:b;z=1>;w"),
            ("List[2].w", "1", "a;x=1;y=\"2;3\", <sip:b;z=1>;w=1"),
            ("List[2].z", "2", "a;x=1;y=\"2;3\", <sip:b;z=1>;w;z=2"),
            ("List[*].q", "1", "a;x=1;y=\"2;3\";q=1, <sip:b;z=1>;w;q=1"),
            ("List[2]", "e", "a;x=1;y=\"2;3\", e"), ("List[*]", "e", "e, e"),
            ("List[7].x", "1", first),
        ])
    func assigning(reference: String, value: String, expected: String) throws {
        #expect(try fields("assign_hf_value(\"\(reference)\", \"\(value)\")")[0] == expected)
    }

    @Test(
        "values are added next to others, or as a field of their own",
        arguments: [
            ("append_hf_value(\"List[2]\", \"n\")", ["\(first), n", "c , d"]),
            ("append_hf_value(\"List[-1]\", \"n\")", [first, "c , d, n"]),
            ("append_hf_value(\"List[*]\", \"n\")", [first, "c , d, n"]),
            ("append_hf_value(\"List\", \"n\")", [first, "c , d", "n"]),
            ("insert_hf_value(\"List[1]\", \"n\")", ["n, \(first)", "c , d"]),
            ("insert_hf_value(\"List[-1]\", \"n\")", [first, "c , n, d"]),
            ("insert_hf_value(\"List[*]\", \"n\")", ["n, \(first)", "c , d"]),
            ("insert_hf_value(\"List\", \"n\")", ["n", first, "c , d"]),
            ("append_hf_value(\"List[1]\", \"n\\r\\nX: y\")", nil),
        ] as [(String, [String]?)])
    func adding(call: String, expected: [String]?) throws {
        let found = try fields(call)
        #expect(found == expected ?? ["a;x=1;y=\"2;3\", n  X: y, <sip:b;z=1>;w", "c , d"])
    }

    @Test(
        "tokens in lists without blanks and with many are found, added and taken out",
        arguments: [
            ("include_hf_value(\"Allow\", \"invite\")", "INVITE,ACK , BYE"),
            ("include_hf_value(\"Allow\", \"INFO\")", "INVITE,ACK , BYE, INFO"),
            ("exclude_hf_value(\"Allow\", \"BYE\")", "INVITE,ACK"),
            ("exclude_hf_value(\"Allow\", \"invite\")", "ACK , BYE"),
            ("exclude_hf_value(\"Allow\", \"INV\")", "INVITE,ACK , BYE"),
        ])
    func tokens(call: String, expected: String) throws {
        #expect(try fields(call, "Allow").first == expected)
        #expect(try code(call, for: message) == "1")
    }

    @Test("the last token of a list takes its field with it")
    func lastToken() throws {
        let one = ScriptRig.request.replacing("Supported: path, gruu", with: "Supported: path")
        #expect(
            try changes("exclude_hf_value(\"Supported\", \"path\");", in: one) == [
                "-Supported: path"
            ])
        #expect(try holds("hf_value_exists(\"k\", \"gruu\")"))
        #expect(try holds("hf_value_exists(\"Allow\", \"BYE\")", for: message))
        #expect(try !holds("hf_value_exists(\"Allow\", \"\")", for: message))
        #expect(try !holds("hf_value_exists(\"Allow\", \"INVITE,ACK\")", for: message))
    }

    @Test(
        "the parameters of credentials stand between commas, those in quotes do not count",
        arguments: [
            ("remove_hf_value2(\"P-Auth.nonce\")", "Digest realm=\"r,1\", opaque=\"\""),
            ("remove_hf_value2(\"P-Auth.realm\")", "Digest nonce=n, opaque=\"\""),
            ("remove_hf_value2(\"P-Auth.opaque\")", "Digest realm=\"r,1\", nonce=n"),
            ("remove_hf_value2(\"P-Auth.1\")", "Digest realm=\"r,1\", nonce=n, opaque=\"\""),
            (
                "assign_hf_value2(\"P-Auth.nonce\", \"\\\"$rU\\\"\")",
                "Digest realm=\"r,1\", nonce=\"carol\", opaque=\"\""
            ),
            (
                "assign_hf_value2(\"P-Auth.uri\", \"x\")",
                "Digest realm=\"r,1\", nonce=n, opaque=\"\", uri=x"
            ),
            ("assign_hf_value2(\"P-Auth\", \"Basic x\")", "Basic x"),
        ])
    func credentials(call: String, expected: String) throws {
        #expect(try fields(call, "P-Auth") == [expected])
    }

    @Test("a header field with credentials goes as a whole")
    func wholeCredentials() throws {
        #expect(try fields("remove_hf_value2(\"P-Auth\")", "P-Auth").isEmpty)
        #expect(try code("remove_hf_value2(\"P-None\")", for: message) == "-1")
        #expect(try code("assign_hf_value2(\"P-None.x\", \"1\")", for: message) == "-1")
    }

    @Test("two changes of one list do not spoil each other")
    func twoChanges() throws {
        #expect(
            try fields(
                "append_hf_value(\"List[1]\", \"n\"); remove_hf_value(\"List[-1]\");"
                    + " assign_hf_value(\"List[1].x\", \"5\")")
                == ["a;x=5;y=\"2;3\", n, <sip:b;z=1>;w", "c"])
        #expect(
            try fields(
                "remove_hf_value(\"List[1]\"); msg_apply_changes(); remove_hf_value(\"List[1]\")")
                == ["c , d"])
    }

    @Test(
        "arguments that are none are refused when the script is loaded",
        arguments: [
            ("append_hf_value(\"List\");", "takes 2 arguments"),
            ("assign_hf_value($rU, \"x\");", "assign_hf_value"),
            ("remove_hf_value2(\"\");", "is no header field"),
            ("include_hf_value(\"List.x\", \"a\");", "is no header field"),
            ("exclude_hf_value(\"a b\", \"a\");", "is no header field"),
            ("hf_value_exists(\"List[\", \"a\");", "is no header field"),
            ("insert_hf_value(\"List[1].x\", \"a\");", "is no header field"),
            ("fnmatch(\"a\");", "takes 2 to 3 arguments"),
            ("keep_hf(\"(\");", "regular expression"),
            ("msg_apply_changes(\"x\");", "takes 0 arguments"),
            ("msg_set_buffer();", "takes 1 arguments"), ("remove_body(1);", "takes 0 arguments"),
            ("hf_iterator_start();", "takes 1 arguments"),
            ("hf_iterator_append(\"i\");", "takes 2 arguments"),
            ("bl_iterator_insert(\"i\");", "takes 2 arguments"),
        ])
    func wrongArguments(statement: String, expected: String) {
        let error = scriptError(statement)
        #expect(error.contains(expected), "\(statement): \(error)")
    }

    @Test("a list without end does not keep the server: many values are bounded or read")
    func many() throws {
        let long = (0..<400).map { "v\($0)" }.joined(separator: ",")
        let big = ScriptRig.request.replacing("X-Multi: one", with: "Big: \(long)")
        #expect(try holds("hf_value_exists(\"Big\", \"v0\")", for: big))
        let rig = try ScriptRig("remove_hf_value(\"Big[*]\"); note(\"$rc\");")
        let lines = try rig.run(big)
        #expect(lines == ["1"] || lines == ["-1"])
    }
}

@Suite("Module textopsx: iterators and bodies, further cases")
struct TextopsXIteratorEdgeTests {
    @Test("lines of a body are walked over, changed, added and taken out")
    func lines() throws {
        let rig = try ScriptRig(
            """
            bl_iterator_start("b");
            while (bl_iterator_next("b")) {
                if (starts_with("$blitval(b)", "two")) { bl_iterator_rm("b"); }
                if (starts_with("$blitval(b)", "one")) {
                    bl_iterator_insert("b", "zero\\r\\n"); bl_iterator_append("b", "and\\r\\n");
                }
            }
            bl_iterator_next("b"); note("$rc"); bl_iterator_end("b"); note("$blitval(b)");
            """)
        #expect(try rig.run(withBody("one\ntwo\nthree")) == ["-1", "<null>"])
        #expect(rig.rendered().hasSuffix("Content-Length: 21\n\nzero\none\nand\nthree"))
    }

    @Test("in front of the first line and without a body there is none")
    func nothing() throws {
        for call in [
            "bl_iterator_rm(\"b\")", "bl_iterator_append(\"b\", \"x\")",
            "bl_iterator_insert(\"b\", \"x\")", "hf_iterator_rm(\"h\")",
            "hf_iterator_append(\"h\", \"A: 1\")", "hf_iterator_insert(\"h\", \"A: 1\")",
            "hf_iterator_prev(\"h\")",
        ] {
            let started = "bl_iterator_start(\"b\"); hf_iterator_start(\"h\"); \(call)"
            #expect(try code(started) == "-1", "\(call)")
            #expect(try code(call) == "-1", "\(call)")
        }
        #expect(
            try code("bl_iterator_start(\"b\"); bl_iterator_next(\"b\")", for: bodiless) == "-1")
        #expect(try code("bl_iterator_end(\"never\")") == "1")
        #expect(try code("hf_iterator_end(\"never\")") == "1")
    }

    @Test("a body without a last line end has a last line")
    func lastLine() throws {
        let lines = try noted(
            """
            bl_iterator_start("b"); while (bl_iterator_next("b")) { note("[$blitval(b)]"); }
            """, for: withBody("a\n\nb"))
        #expect(lines == ["[a\r\n]", "[\r\n]", "[b]"])
    }

    @Test("iterators of one name over fields and lines are two, and each can start anew")
    func names() throws {
        let lines = try noted(
            """
            hf_iterator_start("x"); bl_iterator_start("x"); hf_iterator_next("x");
            bl_iterator_next("x"); note("$hfitname(x) $blitval(x)");
            hf_iterator_next("x"); hf_iterator_start("x"); note("$hfitname(x)");
            hf_iterator_next("x"); note("$hfitname(x)=$hfitbody(x)");
            """)
        #expect(
            lines == [
                "Via hello", "<null>", "Via=SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1",
            ])
    }

    @Test("there are four of a kind, and those that end make room")
    func four() throws {
        for kind in ["hf", "bl"] {
            let lines = try noted(
                """
                \(kind)_iterator_start("1"); \(kind)_iterator_start("2");
                \(kind)_iterator_start("3"); \(kind)_iterator_start("4"); note("$rc");
                \(kind)_iterator_start("5"); note("$rc"); \(kind)_iterator_start("4"); note("$rc");
                \(kind)_iterator_end("2"); \(kind)_iterator_start("5"); note("$rc");
                """)
            #expect(lines == ["1", "-1", "1", "1"], "\(kind)")
        }
    }

    @Test("a field that is no field is not added where an iterator stands")
    func noField() throws {
        for text in ["no colon", "", "A: 1\\r\\n\\r\\nB", ":"] {
            for call in ["hf_iterator_append", "hf_iterator_insert"] {
                let statements =
                    "hf_iterator_start(\"i\"); hf_iterator_next(\"i\"); \(call)(\"i\", \"\(text)\")"
                let result = try code(statements)
                #expect(text.contains("B") || result == "-1", "\(call) \(text)")
            }
        }
    }

    @Test("the body is taken out once; a new one may follow")
    func removingBody() throws {
        let rig = try ScriptRig(
            "remove_body(); note(\"$rc\"); set_body(\"x\", \"a/b\"); note(\"$rc\");")
        #expect(try rig.run() == ["1", "1"])
        #expect(rig.rendered().hasSuffix("Content-Length: 1\nContent-Type: a/b\n\nx"))
        #expect(try code("remove_body()", for: bodiless) == "1")
        #expect(try changes("remove_body();", in: bodiless).isEmpty)
    }

    @Test("keeping fields keeps those of requests and of replies that no message lacks")
    func keeping() throws {
        let message = adding("Max-Forwards: 7", "Route: <sip:r;lr>", "Record-Route: <sip:q;lr>")
        let rig = try ScriptRig("keep_hf(\"^X-\"); note(\"$rc\");")
        #expect(try rig.run(message) == ["1"])
        for name in [
            "Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards", "Route",
            "Record-Route", "Content-Type", "Content-Length", "X-Multi",
        ] {
            #expect(rig.rendered().contains("\n\(name):"), "\(name)")
        }
        #expect(!rig.rendered().contains("\nUser-Agent:"))
        #expect(try code("keep_hf()", for: bodiless) == "1")
    }

    @Test(
        "sets in shell patterns have ranges, their contrary, and may be broken",
        arguments: [
            ("b", "[a-c]", true), ("d", "[a-c]", false), ("-", "[a-]", true), ("a", "[]a]", true),
            ("]", "[!]]", false), ("x", "[!a-c]", true), ("B", "[a-c]", false),
            ("[a", "[a", true), ("a", "[a", false), ("", "?", false), ("", "[a]", false),
            ("ab", "[a][b]", true), ("abc", "*[!c]", false), ("abd", "*[!c]", true),
            ("a.b", "a.b", true), ("axb", "a.b", false), ("a", "**", true), ("a", "*?*", true),
            ("", "*?*", false), ("\u{7f}", "?", true), ("a\\\\", "a\\\\", true),
        ])
    func shell(text: String, pattern: String, expected: Bool) throws {
        #expect(try holds("fnmatch(\"\(text)\", \"\(pattern)\")") == expected)
    }

    @Test("case is folded by the flag i alone")
    func shellCase() throws {
        for (flags, expected) in [("i", true), ("xi", true), ("", false), ("x", false)] {
            #expect(
                try holds("fnmatch(\"ABC\", \"[a]b*\", \"\(flags)\")") == expected, "\(flags)")
        }
        #expect(try holds("fnmatch($rU, \"c*l\")"))
        #expect(try !holds("fnmatch($hdr(None), \"*\")"))
    }
}
