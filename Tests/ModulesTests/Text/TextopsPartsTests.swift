import Testing

private let mixed = "multipart/mixed;boundary=b1"

/// A body of three parts with text in front of and behind them.
private let three = """
    in front
    --b1
    Content-Type: text/plain
    X-Part: 1

    one
    line
    --b1
    content-type: Application/SDP ; x=y
    Content-Disposition: session

    v=0

    --b1

    no type
    --b1--
    --b1
    Content-Type: text/hidden

    behind
    --b1--

    """

@Suite("Module textops: parts of bodies, further cases")
struct TextopsPartsTests {
    @Test(
        "the first part of a type is found, whatever stands around the parts",
        arguments: [
            ("text/plain", "1 one\r\nline"), ("TEXT/PLAIN", "1 one\r\nline"),
            ("application/sdp", "1 v=0\r\n"), ("application/sd", "-1 0"),
            ("application", "-1 0"), ("text/hidden", "-1 0"), ("", "-1 0"), ("*/*", "-1 0"),
            ("text/html", "-1 0"),
        ])
    func finding(type: String, expected: String) throws {
        let message = withBody(three, type: mixed)
        #expect(
            try noted(
                "get_body_part(\"\(type)\", \"$var(x)\"); note(\"$rc $var(x)\");", for: message)
                == [expected])
        let wanted = String(expected.prefix { $0 != " " })
        #expect(try code("filter_body(\"\(type)\")", for: message) == wanted)
        #expect(try code("remove_body_part(\"\(type)\")", for: message) == wanted)
    }

    @Test("the header lines of a part come with it when it is read as it is")
    func raw() throws {
        let lines = try noted(
            "get_body_part_raw(\"application/sdp\", \"$var(x)\"); note(\"$var(x)\");",
            for: withBody(three, type: mixed))
        #expect(
            lines == [
                "content-type: Application/SDP ; x=y\r\nContent-Disposition: session\r\n\r\nv=0\r\n"
            ])
    }

    @Test(
        "the boundary is found among other parameters, quoted or not, in any case",
        arguments: [
            "multipart/mixed;boundary=b1", "multipart/mixed; boundary=\"b1\"",
            "Multipart/Related; type=\"a/b\"; BOUNDARY=b1", "multipart/x;a=b;boundary=b1;c=d",
            "multipart/mixed;boundary=b1 ;c=d", "multipart/alternative ;\tboundary=b1",
        ])
    func boundaries(type: String) throws {
        let message = withBody(three, type: type)
        #expect(try code("filter_body(\"text/plain\")", for: message) == "1")
    }

    @Test(
        "a type without a boundary that can be one has no parts",
        arguments: [
            "multipart/mixed", "multipart/mixed;boundary", "multipart/mixed;boundary=\"\"",
            "multipart/mixed;xboundary=b1", "application/mixed;boundary=b1", "multipart",
            "multipart/mixed;boundary=\(String(repeating: "b", count: 71))", "",
        ])
    func noBoundaries(type: String) throws {
        let message = withBody(three, type: type)
        for call in [
            "filter_body(\"text/plain\")", "get_body_part(\"text/plain\", \"$var(x)\")",
            "remove_body_part(\"text/plain\")", "append_body_part(\"x\", \"a/b\")",
            "append_body_part_hex(\"61\", \"a/b\")",
        ] {
            #expect(try code(call, for: message) == "-1", "\(call)")
        }
    }

    @Test("a part that is added stands in front of the end of the body, not of what follows it")
    func addingBeforeEpilogue() throws {
        let rig = try ScriptRig("append_body_part(\"new\", \"a/b\"); note(\"$rc\");")
        #expect(try rig.run(withBody(three, type: mixed)) == ["1"])
        let text = rig.rendered()
        #expect(text.contains("no type\n--b1\nContent-Type: a/b\n\nnew\n--b1--\n"))
        #expect(!text.contains("hidden"))
    }

    @Test("parts are bounded in number, and a body of boundaries alone has none")
    func bounded() throws {
        let marks = String(repeating: "--b1\n", count: 2_000)
        let message = withBody(marks, type: mixed)
        #expect(try code("filter_body(\"text/plain\")", for: message) == "-1")
        let parts = String(
            repeating: "--b1\nContent-Type: a/b\n\nx\n", count: 70)
        let last = "--b1\nContent-Type: c/d\n\ny\n--b1--\n"
        let many = withBody(parts + last, type: mixed)
        #expect(try code("filter_body(\"a/b\")", for: many) == "1")
        #expect(try code("filter_body(\"c/d\")", for: many) == "-1")
    }

    @Test(
        "broken parts are passed over, and those behind them found",
        arguments: [
            "--b1\nno colon and no empty line\n--b1\nContent-Type: a/b\n\nx\n--b1--",
            "--b1\n: value\n\ny\n--b1\nContent-Type: a/b\n\nx\n--b1--",
            "--b1\n--b1\nContent-Type: a/b\n\nx\n--b1--",
            "--b1\nContent-Type:\n\ny\n--b1\nContent-Type:a/b\n\nx\n--b1--",
            "--b2\nContent-Type: a/b\n\nno\n--b1\nContent-Type:  \ta/b;q\n\nx\n--b1--\n--b1",
        ])
    func broken(body: String) throws {
        let lines = try noted(
            "get_body_part(\"a/b\", \"$var(x)\"); note(\"$rc $var(x)\");",
            for: withBody(body, type: mixed))
        #expect(lines == ["1 x"])
    }

    @Test("hexadecimal digits of both cases and blanks between them are bytes")
    func digits() throws {
        let made = "set_body_multipart(\"t\", \"text/plain\", \"bb\"); msg_apply_changes(); "
        for (digits, expected) in [
            ("4a4B", "1 JK"), ("4A 4b\\t4C", "1 JKL"), ("7F", "1 \u{7f}"), ("00", "1 \u{0}"),
        ] {
            let lines = try noted(
                made + "append_body_part_hex(\"\(digits)\", \"a/b\");"
                    + " get_body_part(\"a/b\", \"$var(x)\"); note(\"$rc $var(x)\");")
            #expect(lines == [expected], "\(digits)")
        }
        for wrong in ["4", "4g", "0x41", "+1", "4a 4", "  "] {
            #expect(
                try code(made + "append_body_part_hex(\"\(wrong)\", \"a/b\")") == "-1", "\(wrong)")
        }
    }

    @Test(
        "calls with other numbers of arguments, or nothing to write to, are refused",
        arguments: [
            ("get_body_part(\"a/b\");", "takes 2 arguments"),
            ("get_body_part(\"a/b\", \"$ci\");", "cannot be written"),
            ("get_body_part_raw(\"a/b\", \"x\");", "expected a pseudo-variable"),
            ("append_body_part(\"a\");", "takes 2 to 3 arguments"),
            ("append_body_part_hex(\"61\");", "takes 2 to 3 arguments"),
            ("set_body_multipart(\"a\", \"b\", \"c\", \"d\");", "takes 0 to 3 arguments"),
            ("remove_body_part();", "takes 1 arguments"), ("filter_body();", "takes 1 arguments"),
            ("filter_body($rU);", "filter_body"), ("set_body(\"a\");", "takes 2 arguments"),
            ("set_reply_body(\"a\");", "takes 2 arguments"),
            ("is_privacy();", "takes 1 arguments"),
            ("regex_substring(\"a\", \"b\");", "takes 5 arguments"),
        ])
    func wrongArguments(statement: String, expected: String) {
        let error = scriptError(statement)
        #expect(error.contains(expected), "\(statement): \(error)")
    }

    @Test(
        "hold is a matter of each audio stream",
        arguments: [
            ("m=audio 1 RTP/AVP 0\nm=audio 2 RTP/AVP 0\na=inactive\n", "2"),
            ("m=video 1 RTP/AVP 31\nc=IN IP4 0.0.0.0\nm=audio 2 RTP/AVP 0\n", "-1"),
            ("m=audio 1 RTP/AVP 0\nc=IN IP4 1.2.3.4\na=recvonly\n", "-1"),
            ("m=audio 1 RTP/AVP 0\na=sendonlyx\n", "-1"),
            ("a=inactive\nm=video 1 RTP/AVP 31\n", "-1"), ("a=inactive\n", "-1"),
            ("m=\nc=\na=\n", "-1"), ("garbage", "-1"), ("m=audio", "-1"),
        ])
    func hold(body: String, expected: String) throws {
        let message = withBody(body, type: "application/sdp")
        #expect(try code("is_audio_on_hold()", for: message) == expected)
    }
}
