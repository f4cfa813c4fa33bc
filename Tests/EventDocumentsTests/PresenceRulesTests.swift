import Testing

@testable import Basics
@testable import EventDocuments

/// Who may see a presentity (RFC 5025, RFC 4745).
@Suite("Presence rules")
struct PresenceRulesTests {
    private func permission(
        _ watcher: String, _ rules: String..., sphere: String? = nil, now: Int64 = 1_800_000_000
    ) throws -> PresenceRules.Permission? {
        let document = Samples.rules(rules.joined())
        return try PresenceRules(parsing: document.span)
            .permission(of: watcher, sphere: sphere, now: now)
    }

    private func one(_ ids: String..., handling: String = "allow") -> String {
        let people = ids.map { "<cr:one id=\"\($0)\"/>" }.joined()
        return Samples.rule("<cr:identity>\(people)</cr:identity>", handling)
    }

    private func condition(_ conditions: String, _ handling: String = "allow") -> String {
        Samples.rule(conditions, handling)
    }

    @Test(
        "each handling is read",
        arguments: [
            ("allow", PresenceRules.Permission.allow), ("confirm", .confirm), ("block", .block),
            ("polite-block", .politeBlock), (" Allow ", .allow),
        ])
    func handlings(_ text: String, _ expected: PresenceRules.Permission) throws {
        #expect(try permission("sip:bob@b", one("sip:bob@b", handling: text)) == expected)
    }

    @Test("a handling that is none, and a rule without one, say nothing")
    func noHandling() throws {
        #expect(try permission("sip:bob@b", one("sip:bob@b", handling: "maybe")) == nil)
        #expect(try permission("sip:bob@b", "<cr:rule id='x'><cr:conditions/></cr:rule>") == nil)
        #expect(try permission("sip:bob@b") == nil)
    }

    @Test(
        "a person is meant whatever scheme, port and parameters",
        arguments: [
            ("sip:bob@example.com", true), ("sips:bob@EXAMPLE.com;transport=tls", true),
            ("pres:bob@example.com", true), ("bob@example.com", true),
            ("sip:bob@example.com:5070", true),
            ("sip:%62ob@example.com", true), ("sip:Bob@example.com", false), ("sip:bob@b", false),
            ("sip:example.com", false), ("tel:bob", false), ("", false), ("sip:", false),
        ])
    func people(_ watcher: String, _ isMeant: Bool) throws {
        let rule = one("sip:carol@example.com", "sip:bob@example.com")
        #expect((try permission(watcher, rule) == .allow) == isMeant)
    }

    @Test(
        "a crowd is everybody or a domain, but for some",
        arguments: [
            ("<cr:many/>", "sip:x@y", true), ("<cr:many domain='Y'/>", "sip:x@y", true),
            ("<cr:many domain='z'/>", "sip:x@y", false),
            ("<cr:many><cr:except id='sip:x@y'/></cr:many>", "sip:x@y", false),
            ("<cr:many><cr:except id='sip:x@y'/></cr:many>", "sip:q@y", true),
            ("<cr:many><cr:except domain='Y'/></cr:many>", "sip:x@y", false),
            ("<cr:many domain='y'><cr:except id='sip:x@y'/></cr:many>", "sip:z@y", true),
            ("<cr:many/>", "sip:anonymous@anonymous.invalid", false),
            ("<cr:one/><cr:two id='sip:x@y'/>", "sip:x@y", false), ("", "sip:x@y", false),
        ])
    func crowds(_ identity: String, _ watcher: String, _ isMeant: Bool) throws {
        let rule = condition("<cr:identity>\(identity)</cr:identity>")
        #expect((try permission(watcher, rule) == .allow) == isMeant)
    }

    @Test("of all rules that match, the most generous counts")
    func combination() throws {
        let bob = "sip:bob@b"
        #expect(
            try permission(bob, one(bob, handling: "block"), one(bob, handling: "confirm"))
                == .confirm)
        #expect(
            try permission(
                bob, one(bob), one(bob, handling: "block"), one(bob, handling: "polite-block"))
                == .allow)
        #expect(
            try permission(bob, one(bob, handling: "polite-block"), one(bob, handling: "confirm"))
                == .politeBlock)
        #expect(try permission("sip:x@y", one(bob), one(bob, handling: "block")) == nil)
    }

    @Test("all conditions of a rule must hold; a rule without any holds")
    func conjunction() throws {
        let both = condition(
            "<cr:identity><cr:many/></cr:identity><cr:sphere value='work'/>", "allow")
        #expect(try permission("sip:a@b", both, sphere: "work") == .allow)
        #expect(try permission("sip:a@b", both, sphere: "home") == nil)
        #expect(try permission("sip:a@b", both) == nil)
        #expect(try permission("sip:a@b", condition("", "confirm")) == .confirm)
    }

    @Test(
        "what is not understood never holds",
        arguments: [
            "<cr:false/>", "<x:moon xmlns:x='urn:x'/>", "<ocp:external-list/>", "<cr:sphere/>",
        ])
    func unknown(_ text: String) throws {
        #expect(try permission("sip:a@b", condition(text)) == nil)
        #expect(
            try permission("sip:a@b", condition(text + "<cr:identity><cr:many/></cr:identity>"))
                == nil)
    }

    @Test("those who do not say who they are have a condition of their own")
    func anonymous() throws {
        let rule = condition("<ocp:anonymous-request/>", "polite-block")
        #expect(try permission("sip:anonymous@anonymous.invalid", rule) == .politeBlock)
        #expect(try permission("sip:bob@b", rule) == nil)
    }

    @Test("others are those whom no rule names")
    func others() throws {
        let rule = condition("<ocp:other-identity/>", "confirm")
        let bob = one("sip:bob@b", handling: "block")
        #expect(try permission("sip:bob@b", rule, bob) == .block)
        #expect(try permission("sip:carol@b", rule, bob) == .confirm)
        #expect(try permission("sip:anonymous@anonymous.invalid", rule, bob) == nil)
    }

    @Test(
        "a rule holds from a time until another",
        arguments: [
            (1_800_000_000 as Int64, true), (1_799_999_999, false), (1_800_003_599, true),
            (1_800_003_600, false), (1_900_000_000, true),
        ])
    func validity(_ now: Int64, _ holds: Bool) throws {
        let rule = condition(
            """
            <cr:validity><cr:from>2027-01-15T08:00:00Z</cr:from>
            <cr:until>2027-01-15T10:00:00+01:00</cr:until>
            <cr:from>2030-01-01T00:00:00Z</cr:from><cr:until>2031-01-01T00:00:00Z</cr:until>
            </cr:validity>
            """)
        #expect((try permission("sip:a@b", rule, now: now) == .allow) == holds)
    }

    @Test(
        "an interval that cannot be read never holds",
        arguments: [
            "<cr:from>soon</cr:from><cr:until>2031-01-01T00:00:00Z</cr:until>",
            "<cr:until>2031-01-01T00:00:00Z</cr:until>",
            "<cr:from>2031-01-01T00:00:00Z</cr:from><cr:until>2020-01-01T00:00:00Z</cr:until>",
        ])
    func noInterval(_ text: String) throws {
        #expect(try permission("sip:a@b", condition("<cr:validity>\(text)</cr:validity>")) == nil)
    }

    @Test("rules say whether they ask where the presentity is")
    func spheres() throws {
        let asks = Samples.rules(condition("<cr:sphere value='work'/>"))
        let asksNot = Samples.rules(one("sip:a@b"))
        #expect(try PresenceRules(parsing: asks.span).asksForSphere)
        #expect(try !PresenceRules(parsing: asksNot.span).asksForSphere)
    }

    @Test("another document is no ruleset, and too many rules are too many")
    func refused() {
        let other = "<presence/>".bytes
        let many = Samples.rules(String(repeating: "<cr:rule/>", count: Limits.rulesMax + 1))
        #expect(failure { _ = try PresenceRules(parsing: other.span) }?.kind == .malformed)
        #expect(failure { _ = try PresenceRules(parsing: many.span) }?.kind == .tooLarge)
    }

    @Test("ten thousand people in one rule are found")
    func large() throws {
        let people = (0..<10_000).map { "<cr:one id='sip:u\($0)@b'/>" }.joined()
        let rule = condition("<cr:identity>\(people)</cr:identity>")
        #expect(try permission("sip:u9999@b", rule) == .allow)
        #expect(try permission("sip:u10000@b", rule) == nil)
    }
}

/// What rules compare: people and times.
@Suite("Identities and times of rules")
struct PolicyValueTests {
    @Test(
        "an identity is user and host",
        arguments: [
            ("sip:a@b", "a", "b"), ("sip:a;x@B:5060;y=z?h=1", "a;x", "b"),
            ("SIP:a@[2001:DB8::1]:5060", "a", "[2001:db8::1]"),
            ("tel:+1-2;ext=3", "+1-2", ""), ("b", "", "b"), ("sip:a%40c@b", "a@c", "b"),
            ("sip:a%zz@b", "a%zz", "b"), ("sip:%ff@b", "%ff", "b"), ("mailto:a@b", "mailto:a", "b"),
        ])
    func identities(_ uri: String, _ user: String, _ host: String) {
        let identity = PolicyIdentity(uri)
        #expect(identity.user == user && identity.host == host)
    }

    @Test(
        "a time is seconds since 1970",
        arguments: [
            ("1970-01-01T00:00:00Z", 0 as Int64?), ("2026-11-21T14:30:00Z", 1_795_271_400),
            ("2026-11-21T14:30:00.999Z", 1_795_271_400),
            ("2026-11-21T15:30:00+01:00", 1_795_271_400),
            ("2026-11-21T14:30:00", 1_795_271_400), ("2024-02-29T00:00:00Z", 1_709_164_800),
            ("1969-12-31T23:59:59Z", -1), ("2000-03-01T00:00:00-00:30", 951_870_600),
            ("2026-11-21", nil), ("2026-13-01T00:00:00Z", nil), ("2026-11-21T14:30:00X", nil),
            ("26-11-21T14:30:00Z", nil), ("2026-11-21T14:30:00+15:00", nil), ("", nil),
            ("2026-11-21T14:61:00Z", nil), ("2026-11-21T14:30:00Z ", nil),
        ])
    func times(_ text: String, _ expected: Int64?) {
        #expect(PolicyTime.seconds(text) == expected)
    }
}
