import Testing

/// The rig's message with a body of several parts.
private func multipart(_ body: String, type: String = "multipart/mixed;boundary=\"b1\"") -> String {
    let length = body.replacing("\n", with: "\r\n").utf8.count
    return ScriptRig.request
        .replacing("Content-Type: text/plain", with: "Content-Type: \(type)")
        .replacing("Content-Length: 5\n\nhello", with: "Content-Length: \(length)\n\n\(body)")
}

@Suite("Module textops: bodies")
struct TextopsBodyTests {
    @Test("a body is set together with its type and length")
    func setting() throws {
        #expect(
            try changes("set_body(\"bye bye\", \"text/x\");") == [
                "-hello", "-Content-Length: 5", "-Content-Type: text/plain",
                "+Content-Type: text/x", "+Content-Length: 7", "+bye bye",
            ])
        #expect(
            try changes("set_body(\"one\", \"a/b\"); set_body(\"two\", \"c/d\");") == [
                "-hello", "-Content-Length: 5", "-Content-Type: text/plain", "+Content-Type: c/d",
                "+Content-Length: 3", "+two",
            ])
    }

    @Test("a message without body or type gets both")
    func settingFirst() throws {
        let bare = ScriptRig.request.replacing(
            "Content-Type: text/plain\nContent-Length: 5\n\nhello", with: "\n")
        let lines = try changes("set_body(\"x\", \"text/x\");", in: bare)
        #expect(
            lines.filter { $0 != "+" && $0 != "-" }.sorted() == [
                "+Content-Length: 1", "+Content-Type: text/x", "+x",
            ])
    }

    @Test("an empty body or type is refused, and a type with a line end is one line")
    func wrongBodies() throws {
        for call in [
            "set_body(\"\", \"a/b\")", "set_body(\"x\", \"\")", "set_reply_body(\"\", \"a/b\")",
            "set_reply_body(\"x\", \"\")",
        ] {
            #expect(try code(call) == "-1", "\(call)")
        }
        let lines = try changes("set_body(\"x\", \"a/b\\r\\nX: y\");")
        #expect(lines.contains("+Content-Type: a/b  X: y"))
    }

    @Test("the next reply carries a body, and only that of its own message")
    func replyBody() throws {
        let rig = try ScriptRig(
            """
            if (is_method("MESSAGE")) { set_reply_body("bye bye", "text/x"); }
            sl_send_reply("200", "OK");
            """)
        try rig.run()
        let reply = rig.replies.first ?? ""
        #expect(reply.contains("\nContent-Type: text/x\nContent-Length: 7\n\nbye bye"))
        try rig.run(ScriptRig.request.replacing("MESSAGE", with: "OPTIONS"))
        #expect(rig.replies.first?.hasSuffix("Content-Length: 0\n\n") == true)
    }

    @Test(
        "of several parts the first one of a type is left",
        arguments: [
            ("application/sdp", "v=0"), ("APPLICATION/SDP", "v=0"), ("text/plain", "one"),
            ("text/html", nil), ("text/plai", nil), ("", nil),
        ] as [(String, String?)])
    func filtering(type: String, expected: String?) throws {
        let message = multipart(
            """
            preamble
            --b1
            Content-Type: text/plain;charset=utf-8

            one
            --b1
            Content-Type: application/sdp

            v=0
            --b1
            Content-Type: application/sdp

            v=1
            --b1--

            """)
        let rig = try ScriptRig("filter_body(\"\(type)\"); note(\"$rc\");")
        #expect(try rig.run(message) == [expected == nil ? "-1" : "1"])
        if let expected {
            #expect(rig.rendered().hasSuffix("Content-Length: \(expected.count)\n\n\(expected)"))
        } else {
            #expect(rig.rendered() == message)
        }
    }

    @Test(
        "a body that is not of several parts, or broken, has no part",
        arguments: [
            ("text/plain", "--b1\n\nx\n--b1--"), ("multipart/mixed", "--b1\n\nx\n--b1--"),
            ("multipart/mixed;boundary=", "--\n\nx"), ("multipart/mixed;boundary=b1", "--b1"),
            ("multipart/mixed;boundary=b1", "--b1\nContent-Type: a/b"),
            ("multipart/mixed;boundary=b1", "--b1\nContent-Type: a/b\n\nno end"),
            ("multipart/mixed;boundary=b1", "--b1\n--b1\n--b1--"),
        ])
    func brokenParts(type: String, body: String) throws {
        #expect(try code("filter_body(\"a/b\")", for: multipart(body, type: type)) == "-1")
    }

    @Test(
        "a call on hold is recognised by address or direction, of audio only",
        arguments: [
            ("v=0\nc=IN IP4 10.0.0.1\nm=audio 4000 RTP/AVP 0\n", "-1"),
            ("v=0\nc=IN IP4 0.0.0.0\nm=audio 4000 RTP/AVP 0\n", "1"),
            ("v=0\nm=audio 4000 RTP/AVP 0\nc=IN IP4 0.0.0.0\n", "1"),
            ("v=0\nm=audio 4000 RTP/AVP 0\na=sendonly\n", "2"),
            ("v=0\nm=audio 4000 RTP/AVP 0\na=inactive\n", "2"),
            ("v=0\nm=video 4000 RTP/AVP 0\na=inactive\n", "-1"),
            ("v=0\na=sendonly\nm=audio 4000 RTP/AVP 0\n", "2"),
            ("v=0\nm=audio 4000 RTP/AVP 0\na=sendrecv\n", "-1"), ("", "-1"),
        ])
    func hold(body: String, expected: String) throws {
        #expect(
            try code("is_audio_on_hold()", for: multipart(body, type: "application/sdp"))
                == expected)
    }

    @Test(
        "values of Privacy are found in their list",
        arguments: [
            ("id", "id", "1"), ("header;id", "id", "1"), ("header;ID", "id", "1"),
            ("header; id ;x", "id", "1"), ("identity", "id", "-1"), ("none", "id", "-1"),
        ])
    func privacy(value: String, type: String, expected: String) throws {
        let message = adding("Privacy: \(value)")
        #expect(try code("is_privacy(\"\(type)\")", for: message) == expected)
        #expect(try code("is_privacy(\"\(type)\")") == "-1")
    }

    @Test(
        "a group of a match is stored in a variable",
        arguments: [
            ("\"a(.)o\", \"0\", \"2\"", "1 aro"), ("\"a(.)o\", \"1\", \"2\"", "1 r"),
            ("\"a(.)o\", \"1\", \"1\"", "-1 0"), ("\"a(.)o\", \"2\", \"3\"", "-1 0"),
            ("\"zz\", \"0\", \"1\"", "-1 0"), ("\"(\", \"0\", \"1\"", "-1 0"),
            ("\"a\", \"-1\", \"1\"", "-1 0"), ("\"a\", \"0\", \"99\"", "-1 0"),
        ])
    func substring(arguments: String, expected: String) throws {
        #expect(
            try noted("regex_substring(\"$rU\", \(arguments), \"$var(x)\"); note(\"$rc $var(x)\");")
                == [expected])
    }

    @Test(
        "a variable that a function writes must be one",
        arguments: [
            ("\"x\"", "expected a pseudo-variable, found \"x\""),
            ("\"$ci\"", "\"$ci\" cannot be written"),
            ("\"$nothing\"", "unknown pseudo-variable \"$nothing\""),
            ("5", "expected a pseudo-variable in quotes, such as \"$var(x)\""),
            ("\"$var(x)y\"", "expected a pseudo-variable, found \"$var(x)y\""),
        ])
    func wrongVariables(argument: String, expected: String) {
        #expect(
            scriptError("regex_substring(\"a\", \"a\", \"0\", \"1\", \(argument));")
                .hasPrefix("regex_substring(): argument 5 (result): \(expected)"))
    }
}
