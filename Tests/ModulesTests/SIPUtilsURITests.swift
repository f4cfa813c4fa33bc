import Testing

/// The rig's message with parameters in its request URI.
private let message = ScriptRig.request.replacing(
    "sip:carol@example.com:5080;transport=tcp",
    with: "sip:carol@example.com:5080;a=1;b;transport=tcp?h=v")

/// What a call returns, and the request URI behind `sip:carol@example.com:5080`.
private func uri(_ call: String, _ message: String = message) throws -> String {
    try noted("\(call); note(\"$rc $ru\");", for: message).joined()
        .replacing(" sip:carol@example.com:5080", with: " ")
}

@Suite("Module siputils: parameters of the request URI")
struct RequestURIParameterTests {
    @Test(
        "parameters are looked for with and without a value",
        arguments: [
            ("uri_param(\"a\")", false), ("uri_param(\"b\")", true), ("uri_param(\"B\")", true),
            ("uri_param(\"a\", \"1\")", true), ("uri_param(\"a\", \"2\")", false),
            ("uri_param(\"b\", \"\")", true), ("uri_param(\"zz\")", false),
            ("uri_param_any(\"a\")", true), ("uri_param_any(\"b\")", true),
            ("uri_param_any(\"h\")", false), ("uri_param_any(\"\")", false),
        ])
    func finding(condition: String, expected: Bool) throws {
        #expect(try holds(condition, for: message) == expected)
    }

    @Test(
        "parameters are taken out and added in front of the headers",
        arguments: [
            ("uri_param_rm(\"a\")", "1 ;b;transport=tcp?h=v"),
            ("uri_param_rm(\"b\")", "1 ;a=1;transport=tcp?h=v"),
            ("uri_param_rm(\"transport\")", "1 ;a=1;b?h=v"),
            ("uri_param_rm(\"zz\")", "1 ;a=1;b;transport=tcp?h=v"),
            ("add_uri_param(\"x=y\")", "1 ;a=1;b;transport=tcp;x=y?h=v"),
            ("add_uri_param(\";x\")", "1 ;a=1;b;transport=tcp;x?h=v"),
            ("add_uri_param(\"\")", "1 ;a=1;b;transport=tcp?h=v"),
            ("add_uri_param(\"a b\")", "-1 ;a=1;b;transport=tcp?h=v"),
            ("add_uri_param(\"x=>\")", "-1 ;a=1;b;transport=tcp?h=v"),
        ])
    func changing(call: String, expected: String) throws {
        #expect(try uri(call) == expected)
    }

    @Test("the last parameter may go, and the first come")
    func only() throws {
        let one = ScriptRig.request.replacing(";transport=tcp", with: ";a=1")
        #expect(try uri("uri_param_rm(\"a\")", one) == "1 ")
        let none = ScriptRig.request.replacing(";transport=tcp", with: "")
        #expect(try uri("add_uri_param(\"x\")", none) == "1 ;x")
    }

    @Test("a URI that has no parameters keeps what it is")
    func telephone() throws {
        let tel = ScriptRig.request.replacing(
            "sip:carol@example.com:5080;transport=tcp", with: "tel:+49;ext=1")
        #expect(try uri("add_uri_param(\"x\")", tel) == "-1 tel:+49;ext=1")
        #expect(try holds("uri_param_any(\"ext\")", for: tel))
    }

    @Test(
        "a value is stored in a variable",
        arguments: [("a", "1 1"), ("b", "1 "), ("zz", "-1 0"), ("TRANSPORT", "1 tcp")])
    func storing(name: String, expected: String) throws {
        #expect(
            try noted(
                "get_uri_param(\"\(name)\", \"$var(r)\"); note(\"$rc $var(r)\");", for: message)
                == [expected])
    }
}

@Suite("Module siputils: addresses")
struct SIPUtilsURITests {
    @Test(
        "telephone URIs become SIP URIs (RFC 3261 19.1.6)",
        arguments: [
            ("tel:+(34)-999-888-777", "1 sip:+34999888777@foo.com;user=phone"),
            (
                "tel:+12-(34)-56-78;Ext=200;ISUB=+123-456",
                "1 sip:+12345678;ext=200;isub=+123-456@foo.com;user=phone"
            ),
            ("sip:a@b", "2 -"), ("http:x", "2 -"), ("tel:", "-1 -"), ("tel:;x=y", "-1 -"),
            ("", "2 -"),
        ])
    func telephone(uri: String, expected: String) throws {
        #expect(
            try noted(
                """
                $var(r) = "-"; tel2sip("\(uri)", "foo.com", "$var(r)"); note("$rc $var(r)");
                """) == [expected])
    }

    @Test(
        "users in international form are recognised",
        arguments: [
            ("sip:+4930@x", true), ("sip:4930@x", false), ("sip:+0@x", false),
            ("sip:a@x", false), ("sip:+1234567890123456@x", false),
            ("sip:+123456789012345@x", true), ("sip:+12;a=b@x", false), ("+12", false),
            ("sip:x", false), ("tel:+4930", true),
        ])
    func e164(uri: String, expected: Bool) throws {
        #expect(try holds("is_uri_user_e164(\"\(uri)\")") == expected)
    }

    @Test(
        "addresses-of-record are compared by user and host",
        arguments: [
            ("sip:a@B.com;x=1", "sip:a@b.com:5060", "1"),
            ("sip:a@b.com:5061", "sip:a@b.com:5060", "1"),
            ("sip:A@b.com", "sip:a@b.com", "-1"), ("sip:%61@b.com", "sip:a@b.com", "1"),
            ("sip:b.com", "sip:b.com", "1"), ("sip:a@b.com", "sip:b.com", "-1"),
            ("sip:a@b.com", "sips:a@b.com", "1"), ("x", "x", "-2"), ("sip:a@b", "tel:+1", "-2"),
        ])
    func addressesOfRecord(one: String, two: String, expected: String) throws {
        #expect(try code("cmp_aor(\"\(one)\", \"\(two)\")") == expected)
        #expect(try code("cmp_aor(\"\(two)\", \"\(one)\")") == expected)
    }

    @Test(
        "names of header fields are the same in any case and in compact form",
        arguments: [
            ("f", "From", "1"), ("FROM", "from", "1"), ("X-a", "x-A", "1"), ("X-a", "x-b", "-2"),
            ("f", "t", "-2"), ("f", "x", "-2"), ("x", "Session-Expires", "1"),
        ])
    func names(one: String, two: String, expected: String) throws {
        #expect(try code("cmp_hdr_name(\"\(one)\", \"\(two)\")") == expected)
    }

    @Test(
        "parts of a URI in a variable are replaced",
        arguments: [
            ("set_uri_user", "sip:u:p@h:50;p=1", "new", "1 sip:new@h:50;p=1"),
            ("set_uri_user", "sip:h:50;p=1", "new", "1 sip:new@h:50;p=1"),
            ("set_uri_user", "sip:u@h:50;p=1", "", "1 sip:h:50;p=1"),
            ("set_uri_user", "sip:u@h", "a b", "-1 sip:u@h"),
            ("set_uri_user", "tel:+1", "x", "-1 tel:+1"),
            ("set_uri_host", "sip:u@h:50;p=1", "new", "1 sip:u@new:50;p=1"),
            ("set_uri_host", "sips:h", "[::1]", "1 sips:[::1]"),
            ("set_uri_host", "sip:h", "", "-1 sip:h"), ("set_uri_host", "x", "new", "-1 x"),
            ("set_uri_host", "sip:h", "a b", "-1 sip:h"),
        ])
    func parts(function: String, uri: String, value: String, expected: String) throws {
        #expect(
            try noted(
                """
                $var(r) = "\(uri)"; \(function)("$var(r)", "\(value)"); note("$rc $var(r)");
                """) == [expected])
    }

    @Test(
        "GRUUs are public or temporary (RFC 5627)",
        arguments: [
            ("is_gruu(\"sip:a@b;gr=x\")", "1"), ("is_gruu(\"sip:a@b;gr\")", "2"),
            ("is_gruu(\"sip:a@b\")", "-1"), ("is_gruu(\"x\")", "-1"), ("is_gruu()", "-1"),
        ])
    func gruu(call: String, expected: String) throws {
        #expect(try code(call) == expected)
        if call == "is_gruu()" {
            let message = ScriptRig.request.replacing(";transport=tcp", with: ";gr=urn:x")
            #expect(try code(call, for: message) == "1")
        }
    }

    @Test(
        "further characters may be allowed beside letters and digits",
        arguments: [
            ("a-b", "-", true), ("a-b", "_", false), ("", "-", false), ("aZ09", "", true),
            ("a.b-c", "-.", true), ("a b", "-.", false),
        ])
    func alphanumeric(text: String, others: String, expected: Bool) throws {
        #expect(try holds("is_alphanumex(\"\(text)\", \"\(others)\")") == expected)
    }

    @Test(
        "a Date is in time, too old, or none",
        arguments: [
            ("Tue, 14 Nov 2023 22:13:20 GMT", "1"), ("Tue, 14 Nov 2023 22:13:10 GMT", "1"),
            ("Tue, 14 Nov 2023 22:13:09 GMT", "-4"), ("Sat, 13 Nov 2010 23:29:00 GMT", "-4"),
            ("Wed, 15 Nov 2023 22:13:20 GMT", "1"), ("yesterday", "-1"), ("", "-1"),
        ])
    func dates(value: String, expected: String) throws {
        #expect(try code("hdr_date_check(\"10\")", for: adding("Date: \(value)")) == expected)
        #expect(try code("hdr_date_check(\"10\")") == "-1")
    }
}

@Suite("Module siputils: OPTIONS")
struct OptionsReplyTests {
    private let options = ScriptRig.request.replacing("MESSAGE sip:carol@", with: "OPTIONS sip:")
        .replacing("61 MESSAGE", with: "61 OPTIONS")

    @Test("an OPTIONS for the server itself is answered with what it can do")
    func answering() throws {
        let rig = try ScriptRig("options_reply(); note(\"$rc\");")
        #expect(try rig.run(options) == ["1"])
        #expect(
            rig.replies.first?.contains(
                "\nAccept: */*\nAccept-Encoding: \nAccept-Language: en\nSupported: \n") == true)
        #expect(rig.replies.first?.hasPrefix("SIP/2.0 200 OK\n") == true)
    }

    @Test("what it can do is a matter of parameters")
    func settings() throws {
        let before = ["accept", "accept_encoding", "accept_language", "support"]
            .map { "modparam(\"siputils\", \"options_\($0)\", \"x-\($0)\")\n" }.joined()
        let rig = try ScriptRig("options_reply();", before: before)
        try rig.run(options)
        #expect(
            rig.replies.first?.contains(
                """

                Accept: x-accept
                Accept-Encoding: x-accept_encoding
                Accept-Language: x-accept_language
                Supported: x-support

                """) == true)
    }

    @Test("other requests, and those for a user, are not answered")
    func others() throws {
        #expect(try code("options_reply()") == "-1")
        let user = options.replacing("OPTIONS sip:", with: "OPTIONS sip:carol@")
        let rig = try ScriptRig("options_reply(); note(\"$rc\");")
        #expect(try rig.run(user) == ["-1"])
        #expect(rig.replies.isEmpty)
    }
}
