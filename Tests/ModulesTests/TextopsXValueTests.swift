import Testing

/// The rig's message with a list over two fields, and credentials.
private let message = adding(
    "Foo: <sip:a;x=1>;q=1;bar=2, \"b, c\" <sip:b>", "Foo: d;bar",
    "Authorization: Digest username=\"u\", realm=\"a,b\", qop=auth")

/// What a call does to the lines of `message`, without their names.
private func edited(_ call: String) throws -> [String] {
    try changes("\(call);", in: message)
}

@Suite("Module textopsx: values of header fields")
struct TextopsXValueTests {
    private let first = "Foo: <sip:a;x=1>;q=1;bar=2, \"b, c\" <sip:b>"

    @Test(
        "values are added behind and in front of others, or as fields of their own",
        arguments: [
            ("append_hf_value(\"foo\", \"new;s=$rz\")", ["+foo: new;s=sip"]),
            ("append_hf_value(\"None[1]\", \"new\")", ["+None: new"]),
            ("append_hf_value(\"Foo[-1]\", \"new\")", ["-Foo: d;bar", "+Foo: d;bar, new"]),
            ("append_hf_value(\"Foo[3]\", \"new\")", ["-Foo: d;bar", "+Foo: d;bar, new"]),
            ("append_hf_value(\"Foo[4]\", \"new\")", []),
            ("insert_hf_value(\"Foo\", \"new\")", ["+Foo: new"]),
            ("insert_hf_value(\"Foo[3]\", \"new\")", ["-Foo: d;bar", "+Foo: new, d;bar"]),
            ("insert_hf_value(\"None\", \"new\")", ["+None: new"]),
            ("insert_hf_value(\"Foo[9]\", \"new\")", []),
        ])
    func adding(call: String, expected: [String]) throws {
        #expect(try edited(call) == expected)
    }

    @Test("values in the middle of a list are reached")
    func middle() throws {
        #expect(
            try edited("append_hf_value(\"Foo[1]\", \"new\")") == [
                "-\(first)", "+Foo: <sip:a;x=1>;q=1;bar=2, new, \"b, c\" <sip:b>",
            ])
        #expect(
            try edited("insert_hf_value(\"Foo[2]\", \"new\")") == [
                "-\(first)", "+Foo: <sip:a;x=1>;q=1;bar=2, new, \"b, c\" <sip:b>",
            ])
    }

    @Test(
        "values and their parameters are taken out",
        arguments: [
            ("remove_hf_value(\"Foo\")", ["+Foo: \"b, c\" <sip:b>"]),
            ("remove_hf_value(\"Foo[2]\")", ["+Foo: <sip:a;x=1>;q=1;bar=2"]),
            ("remove_hf_value(\"Foo.q\")", ["+Foo: <sip:a;x=1>;bar=2, \"b, c\" <sip:b>"]),
            ("remove_hf_value(\"Foo[1].bar\")", ["+Foo: <sip:a;x=1>;q=1, \"b, c\" <sip:b>"]),
            ("remove_hf_value(\"Foo.x\")", []), ("remove_hf_value(\"Foo.ba\")", []),
            ("remove_hf_value(\"Foo[7]\")", []), ("remove_hf_value(\"None\")", []),
        ])
    func removing(call: String, expected: [String]) throws {
        #expect(try edited(call) == (expected.isEmpty ? [] : ["-\(first)"] + expected))
        #expect(try code(call, for: message) == (expected.isEmpty ? "-1" : "1"))
    }

    @Test("all values of a name are taken out with their fields")
    func removingAll() throws {
        #expect(try edited("remove_hf_value(\"Foo[*]\")") == ["-Foo: d;bar", "-\(first)"])
        #expect(try edited("remove_hf_value(\"Foo[-1]\")") == ["-Foo: d;bar"])
        #expect(
            try edited("remove_hf_value(\"Foo[*].bar\")") == [
                "-Foo: d;bar", "-\(first)", "+Foo: <sip:a;x=1>;q=1, \"b, c\" <sip:b>", "+Foo: d",
            ])
    }

    @Test(
        "credentials are one value, whose parameters stand between commas",
        arguments: [
            ("remove_hf_value2(\"Authorization.realm\")", "Digest username=\"u\", qop=auth"),
            ("remove_hf_value2(\"Authorization.qop\")", "Digest username=\"u\", realm=\"a,b\""),
            ("remove_hf_value2(\"Authorization.username\")", "Digest realm=\"a,b\", qop=auth"),
            (
                "assign_hf_value2(\"Authorization.realm\", \"x\")",
                "Digest username=\"u\", realm=x, qop=auth"
            ),
            (
                "assign_hf_value2(\"Authorization.integrity-protected\", \"yes\")",
                "Digest username=\"u\", realm=\"a,b\", qop=auth, integrity-protected=yes"
            ),
        ])
    func credentials(call: String, expected: String) throws {
        #expect(try edited(call).last == "+Authorization: \(expected)")
    }

    @Test(
        "values and parameters are assigned",
        arguments: [
            ("assign_hf_value(\"Foo\", \"g\")", "Foo: g, \"b, c\" <sip:b>"),
            (
                "assign_hf_value(\"Foo.q\", \"0.5\")",
                "Foo: <sip:a;x=1>;q=0.5;bar=2, \"b, c\" <sip:b>"
            ),
            (
                "assign_hf_value(\"Foo.lr\", \"\")",
                "Foo: <sip:a;x=1>;q=1;bar=2;lr, \"b, c\" <sip:b>"
            ),
            ("assign_hf_value(\"Foo.bar\", \"\")", "Foo: <sip:a;x=1>;q=1;bar, \"b, c\" <sip:b>"),
            ("assign_hf_value(\"Foo[-1].bar\", \"1\")", "Foo: d;bar=1"),
            ("assign_hf_value(\"Foo[-1]\", \"e\\r\\nX: y\")", "Foo: e  X: y"),
        ])
    func assigning(call: String, expected: String) throws {
        #expect(try edited(call).last == "+\(expected)")
        #expect(try code("assign_hf_value(\"None\", \"x\")") == "-1")
    }

    @Test("tokens are put into lists and taken out once, without regard to case")
    func sets() throws {
        #expect(
            try changes("include_hf_value(\"Supported\", \"100rel\");") == [
                "-Supported: path, gruu", "+Supported: path, gruu, 100rel",
            ])
        #expect(try changes("include_hf_value(\"Supported\", \"GRUU\");").isEmpty)
        #expect(try changes("include_hf_value(\"Require\", \"x\");") == ["+Require: x"])
        #expect(
            try changes("exclude_hf_value(\"Supported\", \"Path\");") == [
                "-Supported: path, gruu", "+Supported: gruu",
            ])
        #expect(try code("exclude_hf_value(\"Supported\", \"none\")") == "1")
        #expect(try holds("hf_value_exists(\"Supported\", \"PATH\")"))
        #expect(try !holds("hf_value_exists(\"Supported\", \"pat\")"))
        #expect(try !holds("hf_value_exists(\"None\", \"path\")"))
    }

    @Test(
        "what names no value is refused when the script is loaded",
        arguments: [
            "", "a b", "Foo[", "Foo[x]", "Foo[0]", "Foo[1]x", "Foo[1].", "Foo.a b", "Foo[]",
            "[1]",
        ])
    func wrongReferences(text: String) {
        #expect(
            scriptError("remove_hf_value(\"\(text)\");")
                == "remove_hf_value(): \"\(text)\" is no header field:"
                + " Name, Name[2] and Name[*].parameter are")
    }

    @Test("a value cannot be added to a parameter")
    func noParameter() {
        #expect(scriptError("append_hf_value(\"Foo.q\", \"1\");").contains("is no header field"))
    }
}
