import Basics
import Locations
import Testing

@Suite("An address-of-record")
struct AddressOfRecordTests {
    private func canonical(
        _ user: String, _ host: String = "Example.COM", domain: Bool = false,
        caseSensitive: Bool = false, prefix: String = ""
    ) -> String? {
        var rules = AddressRules()
        rules.usesDomain = domain
        rules.isCaseSensitive = caseSensitive
        rules.realmPrefix = Array(prefix.utf8)
        var writer = ByteWriter()
        writer.append("kept:")
        let left = Array(user.utf8)
        let right = Array(host.utf8)
        let isWritten = AddressOfRecord.write(
            user: left.span, host: right.span, rules: rules, into: &writer)
        guard isWritten else {
            #expect(writer.text == "kept:", "nothing is left behind by a failure")
            return nil
        }
        return String(writer.text.dropFirst(5))
    }

    @Test("is the user part alone without use_domain")
    func userOnly() {
        #expect(canonical("Alice") == "alice")
        #expect(canonical("") == "")
    }

    @Test("has the domain with use_domain, and no @ without a user")
    func withDomain() {
        #expect(canonical("Alice", domain: true) == "alice@example.com")
        #expect(canonical("", domain: true) == "example.com")
    }

    @Test("keeps the case of the user part where it counts")
    func caseSensitive() {
        #expect(canonical("AliCe", domain: true, caseSensitive: true) == "AliCe@example.com")
        #expect(canonical("AliCe", caseSensitive: true) == "AliCe")
        #expect(canonical("", domain: true, caseSensitive: true) == "example.com")
    }

    @Test(
        "has its escapes resolved",
        arguments: [
            ("%41lice", "alice"), ("a%6Cice", "alice"), ("a%2flice", "a/lice"),
            ("%25", "%"), ("a%40b", "a@b"), ("%c3%a4", "ä"), ("%00", "\0"),
        ])
    func escapes(user: String, expected: String) {
        #expect(canonical(user) == expected)
    }

    @Test(
        "cannot be read with a broken escape", arguments: ["%", "%4", "a%", "%zz", "%4g", "%%41"])
    func brokenEscapes(user: String) {
        #expect(canonical(user) == nil)
    }

    @Test(
        "loses the realm prefix of its domain, if something is left",
        arguments: [
            ("sip.example.com", "sip.", "example.com"), ("example.com", "sip.", "example.com"),
            ("SIP.example.com", "sip.", "example.com"), ("sip.", "sip.", "sip."),
            ("sip.sip.x", "sip.", "sip.x"), ("si", "sip.", "si"), ("x.sip.y", "sip.", "x.sip.y"),
        ])
    func realmPrefix(host: String, prefix: String, expected: String) {
        #expect(canonical("a", host, domain: true, prefix: prefix) == "a@" + expected)
        #expect(canonical("a", host, prefix: prefix) == "a")
    }

    @Test("is at most as long as its limit", arguments: [true, false])
    func length(domain: Bool) {
        let longest = String(repeating: "x", count: Limits.aorBytesMax - (domain ? 2 : 0))
        #expect(canonical(longest, "h", domain: domain) != nil)
        #expect(canonical(longest + "x", "h", domain: domain) == nil)
        #expect(canonical(String(repeating: "%", count: 70_000)) == nil)
    }
}
