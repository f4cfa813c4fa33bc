import Basics
import Digest
import JSONValue
import ModuleKit
import Testing

@testable import Management

/// Roles: which commands they have.
@Suite("roles")
struct AccessRoleTests {
    private func method(_ name: String, isChange: Bool) -> ModuleBlueprint.MethodDescription {
        BoundMethod(
            name, module: "sample", result: .nothing, isChange: isChange, "Sample",
            example: RPCExample([], [:])
        ) { _ in .done }.description
    }

    @Test(
        "the last word that fits a command decides, and what none fits is refused",
        arguments: [
            ("read", "ul.dump", false, true), ("read", "ul.rm", true, false),
            ("*", "ul.rm", true, true), ("*, !ul.rm", "ul.rm", true, false),
            ("!ul.rm, *", "ul.rm", true, true), ("ul.*", "ul.rm", true, true),
            ("ul.*", "ulx.rm", true, false), ("ul.*", "cfg.get", false, false),
            ("read ul.rm", "ul.rm", true, true), ("read ul.rm", "ul.rm_contact", true, false),
            ("read, !core.ppdefines", "core.ppdefines", false, false),
            ("* !read", "ul.dump", false, false), ("* !read", "ul.rm", true, true),
        ])
    func rules(_ words: String, _ name: String, _ isChange: Bool, _ isAllowed: Bool) throws {
        let role = try #require(AccessRole(name: "r", words: words))
        #expect(role.allows(method(name, isChange: isChange)) == isAllowed)
    }

    @Test("the built-in roles are all that changes nothing, and all")
    func builtIn() {
        #expect(AccessRole.read.allows(method("x", isChange: false)))
        #expect(!AccessRole.read.allows(method("x", isChange: true)))
        #expect(AccessRole.control.allows(method("x", isChange: true)))
    }

    @Test("what is no word is no role", arguments: ["", " , ", "a*b", "!", "**", "!!x"])
    func refuses(_ words: String) { #expect(AccessRole(name: "r", words: words) == nil) }
}

/// Users and tokens.
@Suite("accounts")
struct AccountBookTests {
    static let password = SecretHash(password: Array("correct horse".utf8)).text
    static let token = SecretHash(token: Array("t0ken".utf8)).text

    private func book() throws -> AccountBook {
        try AccountBook(
            users: ["ann:control:\(Self.password)", "bob:support:\(Self.password)"],
            tokens: ["grafana:read:\(Self.token)"], roles: ["support: read, ul.*"])
    }

    /// Base64 of a name and a password.
    private func basic(_ text: String) -> String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            var bits =
                part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - part.count))
            bits <<= 8
            for place in 0..<4 {
                out.append(
                    place <= part.count
                        ? alphabet[Int(bits >> 26)] : UInt8(ascii: "="))
                bits <<= 6
            }
        }
        return "Basic " + String(decoding: out, as: UTF8.self)
    }

    @Test("a user with the right password has an account with its role, over and over")
    func users() throws {
        let book = try book()
        for _ in 0..<3 {
            let ann = book.account(authorization: basic("ann:correct horse"))
            #expect(ann == Account(name: "ann", role: .control))
        }
        #expect(book.account(authorization: basic("bob:correct horse"))?.role.name == "support")
        #expect(!book.isEmpty)
    }

    @Test("another password, user, scheme or form has none")
    func wrong() throws {
        let book = try book()
        let wrong = [
            basic("ann:correct hors"), basic("ann:"), basic("eve:correct horse"), basic("ann"),
            "Basic", "Basic !", "Basic YW5u", "Digest x", "", "Bearer", "Bearer T0ken",
            "Bearer " + String(repeating: "x", count: 600), String(repeating: "x", count: 9_000),
        ]
        for field in wrong { #expect(book.account(authorization: field) == nil, "\(field)") }
    }

    @Test(
        "a token is its bytes; the scheme's case does not matter", arguments: ["Bearer", "bearer"])
    func tokens(_ scheme: String) throws {
        #expect(
            try book().account(authorization: "\(scheme) t0ken")
                == Account(name: "grafana", role: .read))
    }

    @Test(
        "a line that is wrong is told without the hash",
        arguments: [
            ("ann", "NAME:ROLE:HASH"), ("ann:root:HASH", "no role \"root\""),
            ("ann:read:secret", "no hash"), (":read:HASH", "NAME:ROLE:HASH"),
        ])
    func lines(_ line: String, _ words: String) {
        let line = line.replacing("HASH", with: Self.password)
        let error = #expect(throws: AccountError.self) {
            try AccountBook(users: [line], tokens: [], roles: [])
        }
        #expect(error?.message.contains(words) == true)
        #expect(error?.message.contains("scrypt$") == false)
    }

    @Test("a name twice, a password's hash as a token, and a role that is none are refused")
    func refusals() {
        let user = "ann:read:\(Self.password)"
        #expect(throws: AccountError.self) {
            try AccountBook(users: [user, user], tokens: [], roles: [])
        }
        #expect(throws: AccountError.self) {
            try AccountBook(users: [], tokens: ["x:read:\(Self.password)"], roles: [])
        }
        for role in ["x", "x:", ":read", "x: a*b", "read: *"] {
            #expect(throws: AccountError.self) {
                try AccountBook(users: [], tokens: [], roles: [role])
            }
        }
    }

    @Test(
        "base64 is read strictly (RFC 4648 10)",
        arguments: [
            ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"), ("Zm9vYmFy", "foobar"),
        ])
    func base64(_ text: String, _ plain: String) {
        #expect(Credentials.decode(Array(text.utf8)) == Array(plain.utf8))
    }

    @Test(
        "what is no base64 is refused", arguments: ["Z", "Zg=", "Zg", "Z===", "Zg==Zg==", "Z-__"])
    func noBase64(_ text: String) { #expect(Credentials.decode(Array(text.utf8)) == nil) }
}

/// Requests a second of one address.
@Suite("rates")
struct RateLimitTests {
    private func time(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: UInt64(seconds * 1e9))
    }
    private func host(_ number: UInt32) -> PeerAddress { PeerAddress(ipv4: number, port: 5) }

    @Test("a burst passes, then one at a time, and the wait is told in seconds")
    func burst() {
        var limit = RateLimit(rate: 0.5, burst: 3)
        for _ in 0..<3 {
            let wait = limit.take(host(1), at: time(10))
            #expect(wait == nil)
        }
        let refused = limit.take(host(1), at: time(10))
        #expect(refused == 2)
        let other = limit.take(host(2), at: time(10))
        #expect(other == nil)
        let early = limit.take(host(1), at: time(11))
        #expect(early == 1)
        let late = limit.take(host(1), at: time(12.1))
        #expect(late == nil)
    }

    @Test("asking for the wait takes nothing")
    func waiting() {
        var limit = RateLimit(rate: 1, burst: 1)
        for _ in 0..<5 {
            let wait = limit.wait(host(1), at: time(1))
            #expect(wait == nil)
        }
    }

    @Test("the clients of one IPv6 network are one")
    func networks() {
        var limit = RateLimit(rate: 1, burst: 1)
        let first = limit.take(PeerAddress(high: 7, low: 1, port: 1), at: time(1))
        let second = limit.take(PeerAddress(high: 7, low: 2, port: 1), at: time(1))
        let third = limit.take(PeerAddress(high: 8, low: 2, port: 1), at: time(1))
        #expect(first == nil && second != nil && third == nil)
    }

    @Test("a crowd of addresses does not take more memory than its limit")
    func crowd() {
        var limit = RateLimit(rate: 1, burst: 1)
        for number in 0..<UInt32(Limits.countedClientsMax * 2 + 10) {
            let wait = limit.take(host(number), at: time(1))
            #expect(wait == nil)
        }
    }
}

/// Pages of browsers.
@Suite("origins")
struct OriginRulesTests {
    @Test(
        "a page of this server may call, others only when they are listed",
        arguments: [
            (nil, "x", OriginRules.Verdict.own), ("http://127.0.0.1:8280", "127.0.0.1:8280", .own),
            ("http://LOCALHOST:1", "localhost:1", .own), ("http://[::1]:1", "[::1]:1", .own),
            ("http://evil.example", "127.0.0.1:8280", .foreign),
            ("http://evil.example", "evil.example", .foreign), ("null", "127.0.0.1", .foreign),
            ("http://127.0.0.1:1", "127.0.0.1:2", .foreign), ("http://x", nil, .foreign),
            ("HTTPS://noc.example", "x", .listed("https://noc.example")),
        ] as [(String?, String?, OriginRules.Verdict)])
    func open(_ origin: String?, _ host: String?, _ verdict: OriginRules.Verdict) {
        let rules = OriginRules(["https://NOC.example"])
        #expect(rules.verdict(origin: origin, host: host, isOpen: true) == verdict)
    }

    @Test(
        "without an origin and without credentials, a name of the public DNS must be listed",
        arguments: [
            ("evil.example", OriginRules.Verdict.foreign), ("Evil.Example:8280", .foreign),
            ("evil.", .foreign), ("127.0.0.1.evil.example", .foreign), ("noc.example", .own),
            ("NOC.example", .own), ("noc.example:1", .foreign), ("127.0.0.1:8280", .own),
            ("[::1]:8280", .own), ("localhost", .own), ("roost:8280", .own), ("", .own),
        ] as [(String, OriginRules.Verdict)])
    func hosts(_ host: String, _ verdict: OriginRules.Verdict) {
        let rules = OriginRules(["https://NOC.example"])
        #expect(rules.verdict(origin: nil, host: host, isOpen: true) == verdict)
        #expect(rules.verdict(origin: nil, host: host, isOpen: false) == .own)
    }

    @Test("a server with credentials may have a name")
    func named() {
        let rules = OriginRules([])
        let verdict = rules.verdict(
            origin: "https://sip.example", host: "sip.example", isOpen: false)
        #expect(verdict == .own)
    }
}
