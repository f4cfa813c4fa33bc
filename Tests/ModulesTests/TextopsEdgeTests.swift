import Testing

/// The rig's message with another Content-Type.
private func typed(_ value: String) -> String {
    ScriptRig.request.replacing("Content-Type: text/plain", with: "Content-Type: \(value)")
}

@Suite("Module textops: bodies and fields")
struct TextopsMessageTests {
    @Test(
        "a body's media type is compared without its parameters and without case",
        arguments: [
            ("text/plain", true), ("TEXT/PLAIN", true), ("text/plain;charset=utf-8", true),
            ("text/plain ;charset=utf-8", true), ("text/plainer", false), ("text/plain2", false),
            ("text", false), ("application/text/plain", false), ("text/html", false), ("", false),
        ])
    func mediaType(value: String, expected: Bool) throws {
        #expect(try holds("has_body(\"text/plain\")", for: typed(value)) == expected)
        #expect(try holds("has_body(\"Text/Plain\")", for: typed(value)) == expected)
        #expect(try holds("has_body()", for: typed(value)))
    }

    @Test("without Content-Type no body is of a type, and without a body none is there")
    func noType() throws {
        let untyped = ScriptRig.request.replacing("Content-Type: text/plain\n", with: "")
        #expect(try holds("has_body()", for: untyped))
        #expect(try !holds("has_body(\"text/plain\")", for: untyped))
        let empty = ScriptRig.request.replacing(
            "Content-Length: 5\n\nhello", with: "Content-Length: 0\n\n")
        #expect(try !holds("has_body()", for: empty))
        #expect(try !holds("has_body(\"text/plain\")", for: empty))
    }

    @Test(
        "a media type has two parts",
        arguments: ["", "text", "text/", "/plain", "a/b/c"])
    func wrongType(type: String) {
        #expect(
            scriptError("has_body(\"\(type)\");")
                == "has_body(): \"\(type)\" is no media type: \"application/sdp\" is one")
    }

    @Test(
        "every method of a list counts, known or not, in any case and with spaces around",
        arguments: [
            ("INVITE", "INVITE|ACK", true), ("ACK", "INVITE|ACK", true),
            ("BYE", "INVITE|ACK", false), ("REGISTER", " register ", true),
            ("OPTIONS", "X|OPTIONS|Y", true), ("X", "X|OPTIONS|Y", true),
            ("Y", "x|options|y", true), ("Z", "X|OPTIONS|Y", false),
            ("PUBLISH", "PUBLISH", true), ("SUBSCRIBE", "PUBLISH|SUBSCRIBE|NOTIFY", true),
        ])
    func methods(method: String, list: String, expected: Bool) throws {
        let message = ScriptRig.request.replacing("MESSAGE", with: method)
        #expect(try holds("is_method(\"\(list)\")", for: message) == expected)
    }

    @Test(
        "fields are found by long, compact and unknown names",
        arguments: [
            ("From", true), ("f", true), ("F", true), ("FROM", true), ("Call-ID", true),
            ("i", true), ("CSeq", true), ("X-multi", true), ("X-Mult", false), ("X-Multi2", false),
            ("Record-Route", false), ("Expires", false), ("o", false),
        ])
    func presence(name: String, expected: Bool) throws {
        #expect(try holds("is_present_hf(\"\(name)\")") == expected)
    }

    @Test(
        "regular expressions are extended, and look at case never",
        arguments: [
            ("search_hf(\"X-Multi\", \"^(one|two)$\")", true),
            ("search_hf(\"X-Multi\", \"^[a-z]{5}$\")", true),
            ("search_hf(\"X-Multi\", \"^[a-z]{6}$\")", false),
            ("search_hf(\"User-Agent\", \"T/[0-9]\")", true),
            ("search_hf(\"f\", \"alice@example\\\\.org\")", true),
            ("search_hf(\"X-Multi\", \"three\", \"f\")", false),
            ("search_hf(\"X-Multi\", \"one\", \"f\")", true),
            ("search_body(\"HELLO\")", true), ("search_body(\"^h.*o$\")", true),
            ("search_body(\"world\")", false), ("search(\"CSeq: 61\")", true),
            ("search(\"hello$\")", true),
        ])
    func expressions(condition: String, expected: Bool) throws {
        #expect(try holds(condition) == expected)
    }

    @Test(
        "an expression that cannot be read is refused with the reason",
        arguments: ["search(\"[\");", "search_body(\"a{2,1}\");", "search_hf(\"X\", \"*(\");"])
    func wrongExpressions(statement: String) {
        #expect(scriptError(statement).contains("is no regular expression: "))
    }
}

@Suite("Module textops: strings and lists")
struct TextopsStringTests {
    @Test(
        "a part is found at the begin, in the middle and at the end",
        arguments: [
            ("abc", "a"), ("abc", "ab"), ("abc", "b"), ("abc", "bc"), ("abc", "c"), ("abc", "abc"),
            ("aab", "ab"), ("aaab", "aab"),
        ])
    func found(text: String, part: String) throws {
        #expect(try holds("str_find(\"\(text)\", \"\(part)\")"))
        #expect(try holds("str_ifind(\"\(text)\", \"\(part.uppercased())\")"))
        #expect(try holds("starts_with(\"\(text)\", \"\(part)\")") == text.hasPrefix(part))
        #expect(try holds("ends_with(\"\(text)\", \"\(part)\")") == text.hasSuffix(part))
    }

    @Test(
        "lists of several separators are split at the first character",
        arguments: [
            ("a", "a;b", ";", true), ("b", "a;b", ";", true), ("a;b", "a;b", ",", true),
            ("", "a;;b", ";", false), ("", "", ";", false), ("", "a", ";", false),
            ("a", ";a", ";", true), ("a", "a;", ";", true), ("A", "a;b", ";", false),
            ("a b", "x,a b,y", ",", true), (" a", "x, a", ",", false), ("a", "x, a", ",", true),
            ("b", "a\\t, b\\r\\n,c", ",", true), ("b", " a  b ", " ", true),
            ("a", "x a", ",", false),
        ])
    func lists(text: String, list: String, separator: String, expected: Bool) throws {
        #expect(
            try holds("in_list(\"\(text)\", \"\(list)\", \"\(separator)\")") == expected)
    }

    @Test(
        "prefixes of a list: an empty item is no prefix of anything",
        arguments: [
            ("+4930", "+43,+49", true), ("+4930", "+4930", true), ("+49", "+4930", false),
            ("+4930", "", false), ("+4930", ",,", false), ("", "a", false),
            ("+4930", "+1,,+4", true), ("+4930", "+1, +4 ", true), ("+4930", " , ", false),
        ])
    func prefixes(text: String, list: String, expected: Bool) throws {
        #expect(try holds("in_list_prefix(\"\(text)\", \"\(list)\", \",\")") == expected)
    }

    @Test("a test on a string without a value is false, on either side")
    func missing() throws {
        for name in ["cmp_str", "cmp_istr", "starts_with", "ends_with", "str_find", "str_ifind"] {
            #expect(try !holds("\(name)($hdr(None), \"a\")"), "\(name)")
            #expect(try !holds("\(name)(\"a\", $hdr(None))"), "\(name)")
        }
        #expect(try !holds("in_list(\"a\", $hdr(None), \",\")"))
        #expect(try !holds("in_list_prefix($hdr(None), \"a\", \",\")"))
    }

    @Test("headers of one reply are not those of the next message's")
    func appended() throws {
        let rig = try ScriptRig(
            "if (is_method(\"MESSAGE\")) { append_to_reply(\"X-Once: 1\\r\\n\"); }"
                + " sl_send_reply(\"200\", \"OK\");")
        try rig.run()
        #expect(rig.replies.first?.contains("\nX-Once: 1\n") == true)
        try rig.run(ScriptRig.request.replacing("MESSAGE", with: "OPTIONS"))
        #expect(rig.replies.first?.contains("X-Once") == false)
    }

    @Test("what append_to_reply refuses is logged, and nothing of it is kept")
    func refused() throws {
        let rig = try ScriptRig(
            "append_to_reply(\"X-Good: 1\\r\\nno header\\r\\n\");"
                + " append_to_reply(\"X-Other: 1\\r\\n\"); sl_send_reply(\"200\", \"OK\");")
        try rig.run()
        let reply = rig.replies.first ?? ""
        #expect(!reply.contains("X-Good") && reply.contains("\nX-Other: 1\n"))
        #expect(
            rig.services.lines.all.contains(
                "error append_to_reply: the text is no header field"))
    }

    @Test("the headers of one reply are bounded by the size of a message")
    func bounded() throws {
        let rig = try ScriptRig(
            "$var(i) = 0; while ($var(i) < 90) { append_to_reply(\"X-Long: $rb\\r\\n\");"
                + " $var(last) = $rc; $var(i) = $var(i) + 1; } note(\"$var(last)\");")
        let body = String(repeating: "x", count: 2_000)
        let message = ScriptRig.request.replacing(
            "Content-Length: 5\n\nhello", with: "Content-Length: 2000\n\n\(body)")
        #expect(try rig.run(message) == ["-1"])
    }
}
