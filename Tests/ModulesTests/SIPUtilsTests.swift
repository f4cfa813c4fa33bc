import Testing

@Suite("Module siputils")
struct SIPUtilsTests {
    @Test(
        "tests on a request",
        arguments: [
            ("has_totag()", false), ("is_request()", true), ("is_reply()", false),
            ("is_first_hop()", true), ("is_supported(\"path\")", true),
            ("is_supported(\"GRUU\")", true), ("is_supported(\"outbound\")", false),
        ])
    func request(condition: String, expected: Bool) throws {
        #expect(try holds(condition) == expected)
    }

    @Test(
        "tests on a reply",
        arguments: [
            ("has_totag()", true), ("is_request()", false), ("is_reply()", true),
            ("is_first_hop()", true),
        ])
    func reply(condition: String, expected: Bool) throws {
        #expect(try holds(condition, for: ScriptRig.reply) == expected)
    }

    @Test("a request with a second Via, or a route recorded, comes from another hop")
    func otherHops() throws {
        let via = "Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1\n"
        let second = ScriptRig.request.replacing(via, with: via + "Via: SIP/2.0/UDP 9.9.9.9\n")
        #expect(try !holds("is_first_hop()", for: second))
        let recorded = ScriptRig.request.replacing(via, with: via + "Record-Route: <sip:p;lr>\n")
        #expect(try !holds("is_first_hop()", for: recorded))
        let answered = ScriptRig.reply.replacing(via, with: via + "Record-Route: <sip:p;lr>\n")
        #expect(try !holds("is_first_hop()", for: answered))
    }

    @Test("a tag that is empty or in a malformed field is none")
    func tags() throws {
        let to = "To: \"Carol C\" <sip:carol@example.com>"
        #expect(try holds("has_totag()", for: ScriptRig.request.replacing(to, with: to + ";tag=x")))
        #expect(try !holds("has_totag()", for: ScriptRig.request.replacing(to, with: "To: <<<")))
    }

    @Test(
        "tests on strings",
        arguments: [
            ("is_numeric(\"123\")", true), ("is_numeric(\"12a\")", false),
            ("is_numeric(\"\")", false), ("is_numeric(\"$rp\")", true),
            ("is_alphanum(\"aZ09\")", true), ("is_alphanum(\"a-b\")", false),
            ("is_alphanum(\"\")", false),
            ("is_tel_number(\"123\")", true), ("is_tel_number(\"+123\")", true),
            ("is_tel_number(\"+\")", false), ("is_tel_number(\"1+2\")", false),
            ("is_e164(\"+4912345\")", true), ("is_e164(\"4912345\")", false),
            ("is_e164(\"+0123\")", false), ("is_e164(\"+1\")", false),
            ("is_e164(\"+1234567890123456\")", false),
            ("is_uri(\"sip:a@b\")", true), ("is_uri(\"tel:+123\")", true), ("is_uri(\"x\")", false),
            ("is_uri(\"http://x\")", false), ("is_uri($ru)", true), ("is_uri($hdr(None))", false),
            ("cmp_uri(\"sip:a@B.org\", \"sip:a@b.ORG\")", true),
            ("cmp_uri(\"sip:a@b.org\", \"sip:A@b.org\")", false),
            ("cmp_uri(\"sip:a@b.org;x=1\", \"sip:a@b.org;x=2\")", false),
            ("cmp_uri(\"x\", \"sip:a@b\")", false),
        ])
    func strings(condition: String, expected: Bool) throws {
        #expect(try holds(condition) == expected)
    }

    @Test("an option that is no token is refused")
    func wrongOption() {
        #expect(scriptError("is_supported(\"a b\");") == "is_supported(): \"a b\" is no option tag")
        #expect(scriptError("is_user(\"x\");") == "unknown function \"is_user\"")
    }
}
