import Testing

/// What `set_body_multipart("test", "text/plain")` has made, applied.
private let made = "set_body_multipart(\"test\", \"text/plain\"); msg_apply_changes(); "

/// The body behind statements, with newlines.
private func body(_ statements: String) throws -> String {
    try noted("\(statements); msg_apply_changes(); note(\"$rb\");").last?
        .replacing("\r\n", with: "\n") ?? ""
}

@Suite("Module textops: bodies of several parts")
struct TextopsMultipartTests {
    @Test("a body of several parts has a boundary, a version and an end")
    func making() throws {
        let lines = try noted(
            "set_body_multipart(\"test\", \"text/plain\", \"delim\"); msg_apply_changes();"
                + " note(\"$cT|$hdr(Mime-Version)|$cl\");")
        #expect(lines == ["multipart/mixed;boundary=\"delim\"|1.0|54"])
        #expect(
            try body("set_body_multipart(\"test\", \"text/plain\", \"delim\")")
                == "--delim\nContent-Type: text/plain\n\ntest\n--delim--\n")
    }

    @Test("the body that is there becomes the first part")
    func converting() throws {
        #expect(
            try body("set_body_multipart()")
                == "--unique-boundary-1\nContent-Type: text/plain\n\nhello\n--unique-boundary-1--\n"
        )
    }

    @Test(
        "parts are added behind the others, with their own header lines",
        arguments: [
            ("append_body_part(\"second\", \"a/b\")", "Content-Type: a/b\n\nsecond"),
            (
                "append_body_part(\"second\", \"a/b\", \"signal;x=y\")",
                "Content-Type: a/b\nContent-Disposition: signal;x=y\n\nsecond"
            ),
            (
                "append_body_part(\"s\", \"a/b\\r\\nX-Header: xyz\")",
                "Content-Type: a/b\nX-Header: xyz\n\ns"
            ),
            (
                "append_body_part_hex(\"6b 61 6d61\", \"a/b\")", "Content-Type: a/b\n\nkama"
            ),
        ])
    func adding(call: String, expected: String) throws {
        #expect(
            try body(made + call) == """
                --unique-boundary-1
                Content-Type: text/plain

                test
                --unique-boundary-1
                \(expected)
                --unique-boundary-1--

                """)
    }

    @Test("parts are read with and without their header lines, and taken out")
    func reading() throws {
        let statements =
            made + """
                append_body_part("second", "a/b", "signal"); append_body_part("third", "c/d");
                get_body_part("A/B", "$var(x)"); note("$rc $var(x)");
                get_body_part_raw("a/b", "$var(x)"); note("$rc $var(x)");
                get_body_part("e/f", "$var(x)"); note("$rc");
                remove_body_part("text/plain"); note("$rc");
                remove_body_part("c/d"); note("$rc"); remove_body_part("c/d"); note("$rc");
                """
        #expect(
            try noted(statements) == [
                "1 second",
                "1 Content-Type: a/b\r\nContent-Disposition: signal\r\n\r\nsecond", "-1", "1", "1",
                "-1",
            ])
        #expect(
            try body(statements) == """
                --unique-boundary-1
                Content-Type: a/b
                Content-Disposition: signal

                second
                --unique-boundary-1--

                """)
    }

    @Test(
        "without a body of several parts there is nothing to add to, to read or to take out",
        arguments: [
            "append_body_part(\"x\", \"a/b\")", "append_body_part_hex(\"61\", \"a/b\")",
            "get_body_part(\"text/plain\", \"$var(x)\")",
            "get_body_part_raw(\"text/plain\", \"$var(x)\")", "remove_body_part(\"text/plain\")",
        ])
    func none(call: String) throws {
        #expect(try code(call) == "-1")
    }

    @Test(
        "what cannot stand in a part or a boundary is refused",
        arguments: [
            "set_body_multipart(\"\", \"a/b\")", "set_body_multipart(\"x\", \"\")",
            "set_body_multipart(\"x\", \"a/b\", \"\")",
            "set_body_multipart(\"x\", \"a/b\", \"a b\")",
            "set_body_multipart(\"x\", \"a/b\", \"\(String(repeating: "b", count: 71))\")",
            made + "append_body_part(\"x\", \"\")", made + "append_body_part(\"x\", \"a\\r\\nb\")",
            made + "append_body_part_hex(\"6\", \"a/b\")",
            made + "append_body_part_hex(\"zz\", \"a/b\")",
            made + "append_body_part_hex(\"-1\", \"a/b\")",
            made + "append_body_part_hex(\"\", \"a/b\")",
        ])
    func refusing(call: String) throws {
        #expect(try code(call) == "-1")
    }
}
