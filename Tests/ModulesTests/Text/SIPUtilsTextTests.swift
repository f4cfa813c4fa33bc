import ModuleKit
import Testing

@Suite("Module siputils: strings and URIs, further cases")
struct SIPUtilsTextTests {
    @Test(
        "strings are numbers, names or neither",
        arguments: [
            ("is_numeric", "0", true), ("is_numeric", "00", true), ("is_numeric", " 1", false),
            ("is_numeric", "-1", false), ("is_numeric", "1.0", false),
            ("is_numeric", "123456789012345678901234567890", true), ("is_numeric", "１", false),
            ("is_alphanum", "a", true), ("is_alphanum", "Z", true), ("is_alphanum", "@", false),
            ("is_alphanum", "[", false), ("is_alphanum", "`", false), ("is_alphanum", "{", false),
            ("is_alphanum", "/", false), ("is_alphanum", ":", false), ("is_alphanum", "é", false),
            ("is_alphanum", "a b", false), ("is_tel_number", "0", true),
            ("is_tel_number", "++1", false), ("is_tel_number", "+1 2", false),
            ("is_tel_number", "", false), ("is_tel_number", "*1", false),
            ("is_e164", "+12", true), ("is_e164", "+123456789012345", true),
            ("is_e164", "++12", false), ("is_e164", "+12a", false), ("is_e164", "", false),
            ("is_e164", "+", false), ("is_uri", "sips:a@b:5061", true), ("is_uri", "sip:", false),
            ("is_uri", "SIP:a@b", true), ("is_uri", "sip:a@[::1]:5060;lr", true),
            ("is_uri", "sip:a@[::1", false), ("is_uri", "sip:a@b:99999", false),
            ("is_uri", "sip:a@b:x", false), ("is_uri", "mailto:a@b", false),
            ("is_uri", "tel:", false), ("is_uri", "urn:service:sos", false),
            ("is_uri", "sip:a b@c", false), ("is_uri", "", false),
        ])
    func strings(name: String, text: String, expected: Bool) throws {
        #expect(try holds("\(name)(\"\(text)\")") == expected)
        #expect(try code("$var(t) = \"\(text)\"; \(name)(\"$var(t)\")") == (expected ? "1" : "-1"))
    }

    @Test(
        "a string without a value passes no test",
        arguments: [
            "is_numeric", "is_alphanum", "is_tel_number", "is_e164", "is_uri", "is_uri_user_e164",
            "uri_param", "uri_param_any", "add_uri_param", "uri_param_rm", "contact_param_decode",
        ])
    func missing(name: String) throws {
        #expect(try !holds("\(name)($hdr(None))"))
    }

    @Test(
        "URIs are equivalent by RFC 3261 19.1.4",
        arguments: [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", true),
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false),
            ("sip:bob@biloxi.com", "sips:bob@biloxi.com", false),
            ("sip:alice@a.com;method=INVITE", "sip:alice@a.com", false),
            ("sip:a@b?subject=x&to=y", "sip:a@b?to=y&subject=x", true),
            ("sip:a@b;lr", "sip:a@b;LR", true), ("sip:a:p@b", "sip:a@b", false),
            ("sip:[::1]", "sip:[0:0:0:0:0:0:0:1]", nil), ("tel:+1", "tel:+1", nil), ("", "", false),
        ] as [(String, String, Bool?)])
    func equivalent(one: String, two: String, expected: Bool?) throws {
        let there = try holds("cmp_uri(\"\(one)\", \"\(two)\")")
        // The relation has no direction, whatever it is for a pair.
        #expect(try holds("cmp_uri(\"\(two)\", \"\(one)\")") == there)
        if let expected { #expect(there == expected) }
    }

    @Test(
        "a tag is one of To, in any case, with any value",
        arguments: [
            (";tag=x", true), (";TAG=x", true), (";a=b;tag=x;c", true), (";tag=", false),
            (";tagx=1", false), (";x=tag", false), ("", false), (" ; tag = x", true),
        ])
    func tags(parameters: String, expected: Bool) throws {
        let message = ScriptRig.request.replacing(
            "To: \"Carol C\" <sip:carol@example.com>",
            with: "To: \"Carol C\" <sip:carol@example.com>\(parameters)")
        #expect(try holds("has_totag()", for: message) == expected)
        let compact = message.replacing("To: ", with: "t: ")
        #expect(try holds("has_totag()", for: compact) == expected)
    }

    @Test("a tag of the URI is none of the field")
    func tagOfURI() throws {
        let message = ScriptRig.request.replacing(
            "<sip:carol@example.com>\n", with: "<sip:carol@example.com;tag=x>\n")
        #expect(try !holds("has_totag()", for: message))
        let bare = ScriptRig.request.replacing(
            "\"Carol C\" <sip:carol@example.com>\n", with: "sip:carol@example.com;tag=x\n")
        #expect(try holds("has_totag()", for: bare))
    }

    @Test(
        "options are found in all fields of their name, long and compact",
        arguments: [
            ("Supported: a,b", "b", true), ("k: a ,  b", "a", true), ("Supported: A", "a", true),
            ("Supported: ab", "a", false), ("Supported:", "a", false), ("Require: a", "a", false),
            ("Supported: x\nSupported: y", "y", true), ("k: x\nSupported: y", "x", true),
            ("Supported: a;q=1", "a", nil),
        ] as [(String, String, Bool?)])
    func options(field: String, option: String, expected: Bool?) throws {
        let message = ScriptRig.request.replacing("Supported: path, gruu", with: field)
        let found = try holds("is_supported(\"\(option)\")", for: message)
        if let expected { #expect(found == expected) }
    }

    @Test(
        "a first hop is known by one Via value and no Record-Route",
        arguments: [
            ("Via: SIP/2.0/UDP a, SIP/2.0/UDP b", false), ("v: SIP/2.0/UDP a", true),
            ("Via: SIP/2.0/UDP a\nv: SIP/2.0/UDP b", false),
            ("Via: SIP/2.0/UDP a\nRoute: <sip:r;lr>", true),
            ("Via: SIP/2.0/UDP a\nRecord-Route: <sip:r;lr>", false),
        ])
    func firstHop(fields: String, expected: Bool) throws {
        let via = "Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1"
        #expect(
            try holds("is_first_hop()", for: ScriptRig.request.replacing(via, with: fields))
                == expected)
    }

    @Test(
        "a Date within any number of seconds is compared without overflow",
        arguments: [
            ("9223372036854775807", "1"), ("-9223372036854775808", "-4"), ("0", "1"),
            ("-1", "-4"), ("1", "1"), ("0x10", "1"),
        ])
    func dateLimits(seconds: String, expected: String) throws {
        let message = adding("Date: Tue, 14 Nov 2023 22:13:20 GMT")
        #expect(try code("hdr_date_check(\"\(seconds)\")", for: message) == expected)
    }

    @Test(
        "what is no date is none",
        arguments: [
            "Tue, 14 Nov 2023 22:13:20", "Tue, 32 Nov 2023 22:13:20 GMT",
            "Tue, 14 Foo 2023 22:13:20 GMT", "Tue, 14 Nov 2023 25:13:20 GMT", "14",
            "Tue, 14 Nov 99999999999 22:13:20 GMT", ",", "GMT", "Tue, -1 Nov 2023 22:13:20 GMT",
        ])
    func noDates(value: String) throws {
        #expect(try code("hdr_date_check(\"10\")", for: adding("Date: \(value)")) == "-1")
    }

    @Test(
        "telephone numbers keep what is a number",
        arguments: [
            ("tel:112", "h", "1 sip:112@h;user=phone"),
            ("tel:+49.30.1", "h", "1 sip:+49301@h;user=phone"),
            ("tel:1;phone-context=X.Y", "h", "1 sip:1;phone-context=x.y@h;user=phone"),
            ("tel:112", "", "-1 0"), ("tel:()", "h", "-1 0"), ("tel", "h", "2 0"),
            ("TEL:1", "h", nil), ("tel:112", "[::1]:5060", "1 sip:112@[::1]:5060;user=phone"),
        ] as [(String, String, String?)])
    func telephone(uri: String, host: String, expected: String?) throws {
        let lines = try noted(
            "tel2sip(\"\(uri)\", \"\(host)\", \"$var(r)\"); note(\"$rc $var(r)\");")
        if let expected { #expect(lines == [expected]) }
    }

    @Test(
        "arguments that are none are refused when the script is loaded",
        arguments: [
            ("is_numeric();", "takes 1 arguments"), ("cmp_uri(\"a\");", "takes 2 arguments"),
            ("is_supported();", "takes 1 arguments"), ("is_supported($rU);", "is_supported"),
            ("is_supported(\"\");", "is no option tag"), ("has_totag(1);", "takes 0 arguments"),
            ("tel2sip(\"a\", \"b\");", "takes 3 arguments"),
            ("tel2sip(\"a\", \"b\", \"$ci\");", "cannot be written"),
            ("set_uri_user(\"x\", \"y\");", "expected a pseudo-variable"),
            ("set_uri_host(\"$ci\", \"y\");", "cannot be written"),
            ("get_uri_param(\"x\", \"$si\");", "cannot be written"),
            ("hdr_date_check(\"soon\");", "expected an integer"),
            ("hdr_date_check();", "takes 1 arguments"), ("is_gruu(\"a\", \"b\");", "takes 0 to 1"),
            ("encode_contact(\"a\");", "takes 2 arguments"),
            ("contact_param_encode(\"a\");", "takes 2 arguments"),
            ("options_reply(\"x\");", "takes 0 arguments"),
            ("is_alphanumex(\"a\");", "takes 2 arguments"),
            ("uri_param(\"a\", \"b\", \"c\");", "takes 1 to 2 arguments"),
            ("cmp_aor(\"a\");", "takes 2 arguments"), ("cmp_hdr_name(\"a\");", "takes 2 arguments"),
        ])
    func wrongArguments(statement: String, expected: String) {
        let error = scriptError(statement)
        #expect(error.contains(expected), "\(statement): \(error)")
    }

    @Test("parameters take texts, and the module has no others")
    func parameters() {
        for name in [
            "options_accept", "options_accept_encoding", "options_accept_language",
            "options_support", "contact_flds_separator",
        ] {
            let number = scriptError("exit;", before: "modparam(\"siputils\", \"\(name)\", 5)\n")
            #expect(number != "none", "\(name)")
            let text = "modparam(\"siputils\", \"\(name)\", \"x\")\n"
            #expect(scriptError("exit;", before: text) == "none", "\(name)")
        }
        #expect(
            scriptError("exit;", before: "modparam(\"siputils\", \"nothing\", 1)\n")
                == "module \"siputils\" has no parameter \"nothing\"")
    }
}

@Suite("Module siputils: parameters of URIs, further cases")
struct URIParameterEdgeTests {
    private func run(_ call: String, _ uri: String) throws -> String {
        let message = ScriptRig.request.replacing(
            "sip:carol@example.com:5080;transport=tcp", with: uri)
        return try noted("\(call); note(\"$rc $ru\");", for: message).joined()
    }

    @Test(
        "parameters are taken out of and added to any request URI",
        arguments: [
            ("uri_param_rm(\"lr\")", "sip:h;lr", "1 sip:h"),
            ("uri_param_rm(\"LR\")", "sip:h;lr;x", "1 sip:h;x"),
            ("uri_param_rm(\"a\")", "sip:h;a=1;a=2", "1 sip:h;a=2"),
            ("uri_param_rm(\"x\")", "sip:u;x=1@h", "1 sip:u;x=1@h"),
            ("uri_param_rm(\"\")", "sip:h;lr", "1 sip:h;lr"),
            ("add_uri_param(\"lr\")", "sip:[::1]:5060", "1 sip:[::1]:5060;lr"),
            ("add_uri_param(\"a=b;c\")", "sip:h?x=y", "1 sip:h;a=b;c?x=y"),
            ("add_uri_param(\"a?b\")", "sip:h", nil), ("add_uri_param(\"a@b\")", "sip:h", nil),
            ("add_uri_param(\"x\\r\\ny\")", "sip:h", "-1 sip:h"),
            ("add_uri_param(\";\")", "sip:h", nil), ("uri_param(\"lr\")", "sip:h;lr=", nil),
        ] as [(String, String, String?)])
    func changing(call: String, uri: String, expected: String?) throws {
        let result = try run(call, uri)
        if let expected { #expect(result == expected) }
        // Whatever was added, the request has a URI that can be read.
        #expect(!result.contains("\r") && !result.contains("\n"))
    }

    @Test("a parameter that is changed twice is what it was changed to last")
    func twice() throws {
        #expect(
            try run(
                "uri_param_rm(\"a\"); add_uri_param(\"a=2\"); add_uri_param(\"b\")", "sip:h;a=1")
                == "1 sip:h;a=2;b")
        #expect(try run("$ru = \"sip:x;y=z\"; uri_param_rm(\"y\")", "sip:h") == "1 sip:x")
        #expect(try run("uri_param(\"y\", \"z\")", "sip:h;y=z").hasPrefix("1 "))
        #expect(try run("uri_param(\"y\", \"Z\")", "sip:h;y=z").hasPrefix("-1 "))
    }

    @Test("contacts of every kind lose a parameter of their URI, and nothing else")
    func contacts() throws {
        for (value, expected) in [
            ("<sip:a@b;x=1>;x=2", "<sip:a@b>;x=2"), ("sip:a@b;x=1", "sip:a@b;x=1"),
            ("<sip:a;x>, \"q\" <sip:b;y;x;z>;q=1", "<sip:a>, \"q\" <sip:b;y;z>;q=1"),
            ("<sip:[::1]:5060;x=1?a=b>", "<sip:[::1]:5060?a=b>"), ("<sip:a;xx=1>", "<sip:a;xx=1>"),
        ] {
            let message = ScriptRig.request.replacing(
                "Contact: <sip:alice@127.0.0.9>", with: "m: \(value)")
            let rig = try ScriptRig("contact_param_rm(\"x\"); note(\"$rc\");")
            #expect(try rig.run(message) == ["1"], "\(value)")
            #expect(rig.rendered().contains("\nm: \(expected)\n"), "\(value)")
        }
    }

    @Test("OPTIONS for a user, and requests of other methods, are left to others")
    func options() throws {
        let own = ScriptRig.request.replacing("MESSAGE sip:carol@", with: "OPTIONS sip:")
            .replacing("61 MESSAGE", with: "61 OPTIONS")
        for (message, expected) in [
            (own, "1"), (own.replacing("OPTIONS sip:", with: "OPTIONS sip:u@"), "-1"),
            (ScriptRig.request, "-1"), (own.replacing("OPTIONS", with: "INFO"), "-1"),
            (own.replacing("sip:example.com:5080", with: "sip:@example.com"), nil),
        ] as [(String, String?)] {
            let rig = try ScriptRig("options_reply(); note(\"$rc\");")
            guard let lines = try? rig.run(message) else { continue }
            if let expected { #expect(lines == [expected]) }
            #expect(rig.replies.count == (lines == ["1"] ? 1 : 0))
        }
    }
}
