import Testing

/// The result of a check and the first line of its reply.
private func outcome(
    _ call: String, _ message: String, _ settings: [String] = []
) throws -> String {
    let before = (["autodrop\", 0"] + settings).map { "modparam(\"sanity\", \"\($0))\n" }.joined()
    let rig = try ScriptRig("\(call); note(\"$rc\");", before: before)
    let lines = try rig.run(message)
    let status = rig.replies.first?.split(separator: "\n").first?.dropFirst(8) ?? ""
    return (lines + [String(status)]).joined(separator: " ").trimmingSuffix()
}

extension String {
    fileprivate func trimmingSuffix() -> String { hasSuffix(" ") ? String(dropLast()) : self }
}

private let complete =
    "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"e\""

@Suite("Module sanity: further cases")
struct SanityEdgeTests {
    @Test(
        "what is right passes its check",
        arguments: [
            (1, "X-Multi: one"), (2, "X-Multi: one"), (4, "X-Multi: one"), (32, "X-Multi: one"),
            (64, "X-Multi: one"), (128, "X-Multi: one"), (256, "Expires: 0"),
            (256, "Expires: 4294967295"), (256, "X-Multi: one"), (512, "X-Multi: one"),
            (1024, "Contact: *"), (1024, "Contact: \"a\" <sip:b>;q=1, <sips:c>"),
            (2048, "Authorization: \(complete)"), (2048, "Proxy-Authorization: \(complete)"),
            (2048, "Authorization: \(complete), opaque=\"\", algorithm=MD5"),
            (2048, "Authorization: digest USERNAME=u,REALM=r,NONCE=n,URI=x,RESPONSE=y"),
            (4096, "X-Multi: one"), (8192, "Authorization: \(complete)"),
            (8192, "Authorization: Bearer abc"), (16384, "X-Multi: one"), (0, "Expires: abc"),
            (8, "Expires: abc"), (16, "Expires: abc"),
        ])
    func passing(bit: Int, field: String) throws {
        #expect(try outcome("sanity_check(\"\(bit)\", \"15\")", adding(field)) == "1")
    }

    @Test(
        "credentials that lack something are refused, whatever they lack",
        arguments: [
            ("Authorization: Digest realm=\"r\"", "400 Bad Auth Credentials"),
            ("Authorization: Digest", "400 Bad Auth Credentials"),
            ("Authorization: Bearer abc", "400 Bad Auth Credentials"),
            ("Authorization:", "400 Bad Auth Credentials"),
            ("Proxy-Authorization: NTLM x", "400 Bad Auth Credentials"),
            (
                "Authorization: \(complete)\nProxy-Authorization: Digest x",
                "400 Bad Auth Credentials"
            ),
            (
                "Authorization: \(complete)\nAuthorization: Basic y", "400 Bad Auth Credentials"
            ),
            ("Authorization: \(complete), junk", "400 Bad Auth Credentials"),
            ("Authorization: \(complete), =x", "400 Bad Auth Credentials"),
            (
                "Authorization: Digest username=,realm=r,nonce=n,uri=x,response=y",
                "400 Auth Empty User"
            ),
            (
                "Authorization: Digest username=u,realm=r,nonce=,uri=x,response=y",
                "400 Auth Empty Nonce"
            ),
            (
                "Authorization: Digest username=u,realm=r,nonce=n,uri=x,response=",
                "400 Auth Empty Response"
            ),
        ])
    func credentials(field: String, expected: String) throws {
        #expect(try outcome("sanity_check(\"2048\")", adding(field)) == "-1 \(expected)")
    }

    @Test("commas and quotes within quoted values belong to them")
    func quotedCredentials() throws {
        let value =
            "Digest username=\"a,b=c\", realm=\"x, nonce=\", nonce=\"n\", uri=\"u\", response=\"r\""
        #expect(try outcome("sanity_check(\"2048\")", adding("Authorization: \(value)")) == "1")
    }

    @Test(
        "URIs are checked one by one, as the second argument says",
        arguments: [(0, "1"), (1, "1"), (2, "-1 400 Invalid From Header"), (4, "1"), (8, "1")])
    func uriBits(bits: Int, expected: String) throws {
        let bad = ScriptRig.request.replacing("sip:alice@example.org>", with: "sip:al@@>")
        #expect(try outcome("sanity_check(\"1024\", \"\(bits)\")", bad) == expected)
    }

    @Test(
        "tags are counted within the field, not within the URI",
        arguments: [
            ("<sip:alice@example.org;tag=u>;tag=a", "1"),
            ("<sip:alice@example.org>;tag=a;tag=b", "-1 400 Many From Tag Params"),
            ("<sip:alice@example.org>;tag=a;TaG=a", "-1 400 Many From Tag Params"),
            ("<sip:alice@example.org>;tag=a;tagx=b", "1"),
            ("\"tag=1;tag=2\" <sip:alice@example.org>;tag=a", "1"),
        ])
    func tags(value: String, expected: String) throws {
        let message = ScriptRig.request.replacing(
            "\"Al\" <sip:alice@example.org>;tag=tag-a", with: value)
        #expect(try outcome("sanity_check(\"4096\")", message) == expected)
    }

    @Test(
        "Proxy-Require may ask for what the setting names, in any case and order",
        arguments: [
            ("", "a", "420"), ("a", "a", ""), ("a", "A", ""), ("a,b", "b, a", ""),
            (" a , b ", "b", ""), ("a", "a, b", "420"), ("ab", "a", "420"), (",,", "a", "420"),
        ])
    func extensions(setting: String, asked: String, status: String) throws {
        let result = try outcome(
            "sanity_check(\"512\")", adding("Proxy-Require: \(asked)"),
            ["proxy_require\", \"\(setting)\""])
        #expect(result.hasPrefix(status.isEmpty ? "1" : "-1 \(status)"))
    }

    @Test("the first failure in Kamailio's order is the one that is answered")
    func order() throws {
        let message = adding("Expires: abc", "Proxy-Require: x")
            .replacing("CSeq: 61 MESSAGE", with: "CSeq: 61 INFO")
        #expect(
            try outcome("sanity_check(\"800\")", message)
                == "-1 400 CSeq method does not match request method")
        #expect(try outcome("sanity_check(\"768\")", message) == "-1 400 Expires value is illegal")
        #expect(
            try outcome("sanity_check(\"512\")", message) == "-1 420 Bad Proxy Require Extension")
    }

    @Test(
        "lengths are compared with the bytes that came",
        arguments: [
            ("Content-Length: 5", "1"), ("l: 5", "1"), ("Content-Length: 05", "1"),
            ("Content-Length: 4", "-1 400 Content-Length mis-match"),
        ])
    func lengths(field: String, expected: String) throws {
        let message = ScriptRig.request.replacing("Content-Length: 5", with: field)
        #expect(try outcome("sanity_check(\"128\")", message) == expected)
    }

    @Test("computed checks are the ones that are made")
    func computed() throws {
        let message = adding("Expires: abc")
        #expect(try outcome("$var(c) = 256; sanity_check(\"$var(c)\")", message).hasPrefix("-1"))
        #expect(try outcome("$var(c) = 255; sanity_check(\"$var(c)\")", message) == "1")
        #expect(try outcome("sanity_check(\"256\", \"$var(none)\")", message).hasPrefix("-1"))
    }

    @Test("a second check of one message forgets what the first has found")
    func second() throws {
        let rig = try ScriptRig(
            "sanity_check(\"256\"); sanity_check(\"1\"); sanity_reply(); note(\"$rc\");",
            before: "modparam(\"sanity\", \"autodrop\", 0)\nmodparam(\"sanity\", \"noreply\", 1)\n")
        #expect(try rig.run(adding("Expires: abc")) == ["-1"])
        #expect(rig.replies.isEmpty)
    }

    @Test("sanity_reply without a check has nothing to send")
    func replyAlone() throws {
        let rig = try ScriptRig("sanity_reply(); note(\"$rc\");")
        #expect(try rig.run() == ["-1"])
        #expect(rig.replies.isEmpty)
    }

    @Test(
        "arguments and settings that are none are refused when the script is loaded",
        arguments: [
            ("sanity_check(\"all\");", "", "expected an integer"),
            ("sanity_check(1, 2, 3);", "", "takes 0 to 2 arguments"),
            ("sanity_reply(1);", "", "takes 0 arguments"),
            ("exit;", "\"default_checks\", -1", "must be from 0 to 32767"),
            ("exit;", "\"uri_checks\", -1", "must be from 0 to 15"),
            ("exit;", "\"noreply\", 3", "must be from 0 to 1"),
            ("exit;", "\"proxy_require\", 3", "proxy_require"),
        ])
    func wrong(statement: String, setting: String, expected: String) {
        let before = setting.isEmpty ? "" : "modparam(\"sanity\", \(setting))\n"
        let error = scriptError(statement, before: before)
        #expect(error.contains(expected), "\(error)")
    }

    @Test("a reply can be checked, and is never answered")
    func routes() {
        #expect(scriptError("exit;", before: "reply_route { sanity_check(); }\n") == "none")
        #expect(
            scriptError("exit;", before: "reply_route { sanity_reply(); }\n")
                .contains("cannot be called in this block"))
    }
}

@Suite("Module maxfwd: further cases")
struct MaxFwdEdgeTests {
    @Test(
        "the limit, the value and the initial value meet at every edge",
        arguments: [
            ("70", "Max-Forwards: 1", "1", "Max-Forwards: 0"),
            ("70", "Max-Forwards: 71", "1", "Max-Forwards: 70"),
            ("70", "Max-Forwards: 72", "1", "Max-Forwards: 70"),
            ("0", "Max-Forwards: 9", "1", "Max-Forwards: 0"),
            ("255", "Max-Forwards: 255", "1", "Max-Forwards: 254"),
            ("255", "Max-Forwards: 4294967295", "1", "Max-Forwards: 255"),
            ("70", "max-forwards: 007", "1", "max-forwards: 6"),
            ("70", "Max-Forwards:   12  ", "1", nil), ("70", "Max-Forwards: ", "-2", nil),
            ("70", "Max-Forwards: +7", "-2", nil), ("70", "Max-Forwards: 7.0", "-2", nil),
            ("70", "Max-Forwards: 4294967296", "-2", nil),
            ("70", "Max-Forwards: 0000", "-1", nil),
        ] as [(String, String, String, String?)])
    func edges(limit: String, field: String, expected: String, after: String?) throws {
        let before = "modparam(\"maxfwd\", \"max_limit\", \(limit))\n"
        #expect(
            try code("mf_process_maxfwd_header(\"10\")", for: adding(field), before: before)
                == expected)
        guard let after else { return }
        let lines = try changes(
            "mf_process_maxfwd_header(\"10\");", in: adding(field), before: before)
        #expect(lines == ["-\(field)", "+\(after)"])
    }

    @Test(
        "an initial value may be computed, and stays within the limit",
        arguments: [
            ("$var(n)", "Max-Forwards: 33"), ("70", "Max-Forwards: 70"), ("0", "Max-Forwards: 0"),
            ("71", "Max-Forwards: 70"), ("9223372036854775807", "Max-Forwards: 70"),
            ("-9223372036854775808", "Max-Forwards: 0"), ("0x10", "Max-Forwards: 16"),
        ])
    func initial(value: String, expected: String) throws {
        #expect(
            try changes("$var(n) = 33; process_maxfwd(\"\(value)\");") == ["+\(expected)"])
    }

    @Test(
        "lower is lower, at the edges of what there may be",
        arguments: [
            ("0", "0", "-1"), ("0", "1", "1"), ("255", "256", "1"), ("4294967295", "0", "-1"),
            ("4294967296", "0", "-3"), ("", "1", "-3"), ("5", "-1", "-1"),
            ("5", "9223372036854775807", "1"),
        ])
    func lower(value: String, limit: String, expected: String) throws {
        #expect(
            try code("is_maxfwd_lt(\"\(limit)\")", for: adding("Max-Forwards: \(value)"))
                == expected)
    }

    @Test("once counted down, a second call counts from what came, as the message is")
    func twice() throws {
        let message = adding("Max-Forwards: 9")
        #expect(
            try changes(
                "mf_process_maxfwd_header(\"10\"); mf_process_maxfwd_header(\"10\");", in: message)
                == ["-Max-Forwards: 9", "+Max-Forwards: 8"])
        #expect(
            try changes(
                "mf_process_maxfwd_header(\"10\"); msg_apply_changes();"
                    + " mf_process_maxfwd_header(\"10\");",
                in: message) == ["-Max-Forwards: 9", "+Max-Forwards: 7"])
    }

    @Test(
        "calls without a number, in replies and with wrong settings are refused",
        arguments: [
            ("mf_process_maxfwd_header();", "", "takes 1 arguments"),
            ("is_maxfwd_lt();", "", "takes 1 arguments"),
            ("maxfwd_at_least(\"x\");", "", "expected an integer"),
            ("exit;", "reply_route { process_maxfwd(10); }\n", "cannot be called"),
            ("exit;", "reply_route { is_maxfwd_lt(10); }\n", "cannot be called"),
            ("exit;", "modparam(\"maxfwd\", \"max_limit\", -1)\n", "must be from 0 to 255"),
            ("exit;", "modparam(\"maxfwd\", \"max_limit\", \"x\")\n", "max_limit"),
            ("exit;", "modparam(\"maxfwd\", \"limit\", 1)\n", "has no parameter \"limit\""),
        ])
    func wrong(statement: String, before: String, expected: String) {
        let error = scriptError(statement, before: before)
        #expect(error.contains(expected), "\(error)")
    }
}
