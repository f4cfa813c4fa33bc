import Testing

private let digest =
    "Digest username=\"u\", realm=\"a\", nonce=\"n\", uri=\"sip:x\", response=\"r\""

/// What a check answers and returns, for a message that fails or passes it.
private func outcome(_ call: String, _ message: String, _ settings: String = "") throws -> String {
    let before = "modparam(\"sanity\", \"autodrop\", 0)\n" + settings
    let rig = try ScriptRig("\(call); note(\"$rc\");", before: before)
    let code = try rig.run(message).joined()
    let line = rig.replies.first?.split(separator: "\n").first.map { " \($0.dropFirst(8))" } ?? ""
    return code + line
}

@Suite("Module sanity")
struct SanityTests {
    @Test("a good request passes every check")
    func good() throws {
        let message = adding("Authorization: \(digest)", "Expires: 60")
        #expect(try outcome("sanity_check()", message) == "1")
        #expect(try outcome("sanity_check(\"32767\", \"15\")", message) == "1")
        #expect(try outcome("sanity_check(\"17895\", \"7\")", message) == "1")
        #expect(try outcome("sanity_check(\"0\")", message) == "1")
    }

    @Test(
        "each check fails with the words that Kamailio's has",
        arguments: [
            (
                2, "MESSAGE sip:carol@example.com:5080", "MESSAGE http://carol",
                "416 Unsupported URI Scheme in Request URI"
            ),
            (2, "MESSAGE sip:carol@example.com:5080", "MESSAGE sip:carol@@", "400 Bad Request URI"),
            (4, "Call-ID: call-script\n", "", "400 Bad Headers"),
            (16384, "Via: SIP/2.0/UDP", "Via: SIP/3.0/UDP", "400 Bad Headers"),
            (
                32, "CSeq: 61 MESSAGE", "CSeq: 61 INVITE",
                "400 CSeq method does not match request method"
            ),
            (32, "CSeq: 61 MESSAGE", "CSeq: 61", "400 Missing method in CSeq header"),
            (64, "CSeq: 61 MESSAGE", "CSeq: x MESSAGE", "400 CSeq number is illegal"),
            (64, "CSeq: 61 MESSAGE", "CSeq: 4294967296 MESSAGE", "400 CSeq number is illegal"),
            (64, "CSeq: 61 MESSAGE\n", "", "400 Missing number in CSeq header"),
            (128, "Length: 5", "Length: 3", "400 Content-Length mis-match"),
            (256, "X-Multi: one", "Expires: abc", "400 Expires value is illegal"),
            (256, "X-Multi: one", "Expires: 4294967296", "400 Expires value is illegal"),
            (512, "X-Multi: one", "Proxy-Require: foo, bar", "420 Bad Proxy Require Extension"),
            (1024, "sip:alice@example.org>", "sip:al ice@@>", "400 Invalid From Header"),
            (1024, "\"Carol C\" <sip:carol@example.com>", "<nothing>", "400 Invalid To Header"),
            (1024, "MESSAGE sip:carol@example.com:5080", "MESSAGE sip:@", "400 Bad Request URI"),
            (
                1024, "Contact: <sip:alice@127.0.0.9>", "Contact: <sip:al@@x:y>",
                "400 Bad Contact URI"
            ),
            (1024, "Contact: <sip:alice@127.0.0.9>", "Contact: \"a", "400 Bad Contact Header"),
            (2048, "X-Multi: one", "Authorization: Basic abc", "400 Bad Auth Credentials"),
            (
                2048, "X-Multi: one", "Proxy-Authorization: Digest username=\"u\"",
                "400 Bad Auth Credentials"
            ),
            (
                2048, "X-Multi: one",
                "Authorization: \(digest.replacing("username=\"u\"", with: "username=\"\""))",
                "400 Auth Empty User"
            ),
            (
                2048, "X-Multi: one", "Authorization: \(digest.replacing("\"n\"", with: "\"\""))",
                "400 Auth Empty Nonce"
            ),
            (
                2048, "X-Multi: one", "Authorization: \(digest.replacing("\"r\"", with: "\"\""))",
                "400 Auth Empty Response"
            ),
            (4096, "tag=tag-a", "tag=tag-a;tag=b", "400 Many From Tag Params"),
            (
                4096, "<sip:carol@example.com>\n", "<sip:carol@example.com>;tag=x;TAG=y\n",
                "400 Many To Tag Params"
            ),
            (8192, "X-Multi: one", "Authorization: Digest x", "400 Bad Auth Header"),
        ])
    func failures(bit: Int, part: String, other: String, expected: String) throws {
        let message = ScriptRig.request.replacing(part, with: other)
        #expect(try outcome("sanity_check(\"\(bit)\", \"15\")", message) == "-1 \(expected)")
        #expect(
            try outcome(
                "sanity_check(\"\(32767 & ~(bit | 63 | 1024 | 16384))\")",
                ScriptRig.request) == "1")
    }

    @Test("credentials of another scheme are no concern of the check of Authorization")
    func otherScheme() throws {
        let message = adding("Authorization: Basic abc")
        #expect(try outcome("sanity_check(\"8192\")", message) == "1")
    }

    @Test("the extensions that Proxy-Require may ask for are a parameter")
    func extensions() throws {
        let settings = "modparam(\"sanity\", \"proxy_require\", \" foo ,bar\")\n"
        let good = adding("Proxy-Require: foo, BAR")
        #expect(try outcome("sanity_check(\"512\")", good, settings) == "1")
        let rig = try ScriptRig("sanity_check(\"512\");", before: settings)
        try rig.run(adding("Proxy-Require: foo, baz, x"))
        #expect(rig.replies.first?.contains("\nUnsupported: baz, x\n") == true)
    }

    @Test("a failure ends the script unless autodrop is off")
    func autodrop() throws {
        let message = adding("Expires: abc")
        let rig = try ScriptRig("sanity_check(\"256\"); note(\"went on\");")
        #expect(try rig.run(message).isEmpty)
        #expect(rig.replies.count == 1)
        #expect(try rig.run() == ["went on"])
    }

    @Test("with noreply the reply waits for sanity_reply, which sends it once")
    func noReply() throws {
        let settings = """
            modparam("sanity", "noreply", 1)
            modparam("sanity", "autodrop", 0)

            """
        let rig = try ScriptRig(
            "sanity_check(\"256\"); note(\"$rc\"); if ($hdr(X-Multi) == \"one\") {"
                + " sanity_reply(); note(\"$rc\"); sanity_reply(); note(\"$rc\"); }",
            before: settings)
        #expect(try rig.run(adding("Expires: abc")) == ["-1", "1", "-1"])
        #expect(rig.replies.count == 1)
        #expect(rig.replies.first?.hasPrefix("SIP/2.0 400 Expires value is illegal\n") == true)
        #expect(try rig.run() == ["1", "-1", "-1"])
        #expect(rig.replies.isEmpty)
    }

    @Test("an ACK is not answered, whatever is wrong with it")
    func acknowledgement() throws {
        let message = adding("Expires: abc").replacing("MESSAGE", with: "ACK")
        #expect(try outcome("sanity_check(\"256\")", message) == "-1")
    }

    @Test("the checks that hold without arguments are parameters")
    func defaults() throws {
        let bad = adding("Expires: abc")
        #expect(try outcome("sanity_check()", bad).hasPrefix("-1 400"))
        let settings = "modparam(\"sanity\", \"default_checks\", 1)\n"
        #expect(try outcome("sanity_check()", bad, settings) == "1")
        let uris = "modparam(\"sanity\", \"uri_checks\", 8)\n"
        let from = ScriptRig.request.replacing("sip:alice@example.org>", with: "sip:al@@>")
        #expect(try outcome("sanity_check(\"1024\")", from, uris) == "1")
        #expect(try outcome("sanity_check(\"1024\", \"2\")", from, uris).hasPrefix("-1 400"))
    }

    @Test("a reply is checked without its first line, and nobody is answered")
    func replies() throws {
        let reply = ScriptRig.request.replacing(
            "MESSAGE sip:carol@example.com:5080;transport=tcp SIP/2.0", with: "SIP/2.0 200 OK")
        #expect(try outcome("sanity_check(\"17604\", \"6\")", reply) == "1")
        #expect(try outcome("sanity_check(\"35\", \"1\")", reply) == "1")
        let wrong = reply.replacing("Length: 5", with: "Length: 3")
        #expect(try outcome("sanity_check(\"17604\", \"6\")", wrong) == "-1")
    }

    @Test(
        "parameters have bounds",
        arguments: [
            ("default_checks", "32768", "default_checks must be from 0 to 32767, not 32768"),
            ("uri_checks", "16", "uri_checks must be from 0 to 15, not 16"),
            ("autodrop", "2", "autodrop must be from 0 to 1, not 2"),
            ("size_checks", "1", "module \"sanity\" has no parameter \"size_checks\""),
        ])
    func bounds(name: String, value: String, expected: String) {
        #expect(
            scriptError("exit;", before: "modparam(\"sanity\", \"\(name)\", \(value))\n")
                == expected)
    }
}
