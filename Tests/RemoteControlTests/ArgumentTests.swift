import JSONValue
import RemoteControl
import Testing

@Suite("arguments of commands")
struct ArgumentTests {
    static let words: [(String, JSONValue)] = [
        ("alice", "alice"), ("", ""), ("3600", 3600), ("-1", -1), ("0", 0), ("1.5", 1.5),
        ("1.0", .double(1)), ("-0.25", -0.25), ("s:5", "5"), ("s:", ""), ("s:s:x", "s:x"),
        ("i:5", 5), ("i:-7", -7), ("i:007", 7), ("0049301", "0049301"), ("+49", "+49"),
        ("-", "-"), ("1e5", "1e5"), ("0x10", "0x10"), (".5", ".5"), ("5.", "5."),
        ("1.2.3", "1.2.3"),
        ("00.5", "00.5"), ("nan", "nan"), ("inf", "inf"), ("٣", "٣"),
        ("9223372036854775807", .integer(.max)), ("9223372036854775808", "9223372036854775808"),
        ("sip:a@b;q=0.5", "sip:a@b;q=0.5"), ("s", "s"), ("true", "true"), ("null", "null"),
    ]

    @Test("a word that reads as a number is one, prefixes force a type", arguments: words)
    func value(_ word: String, _ value: JSONValue) throws {
        #expect(try CommandArgument.value(of: word) == value)
    }

    @Test(
        "what i: marks must be an integer",
        arguments: ["i:", "i:x", "i:1.5", "i:99999999999999999999"])
    func refused(_ word: String) {
        #expect(throws: ControlError.self) { try CommandArgument.value(of: word) }
    }

    static let lines: [(String, [String])] = [
        ("", []), ("  ", []), ("a", ["a"]), (" a  b\tc ", ["a", "b", "c"]),
        (#"a "b c" d"#, ["a", "b c", "d"]), (#"a 'b "c"' "#, ["a", #"b "c""#]),
        (#"a "" b"#, ["a", "", "b"]), (#"a\ b"#, ["a b"]), (#""a\"b""#, [#"a"b"#]),
        (#"'a\b'"#, [#"a\b"#]), (#"x"y z"w"#, ["xy zw"]),
    ]

    @Test("a line is split like in a shell", arguments: lines)
    func split(_ line: String, _ words: [String]) throws {
        #expect(try CommandLineWords.split(line) == words)
    }

    @Test("an open quotation is an error", arguments: [#"a "b"#, "a 'b", #"a\"#])
    func open(_ line: String) {
        #expect(throws: ControlError.self) { try CommandLineWords.split(line) }
    }
}

@Suite("options of roostctl")
struct OptionTests {
    private func options(
        _ words: [String], _ environment: [String: String] = [:]
    ) throws -> ControlOptions {
        try ControlOptions(words, environment: environment)
    }

    @Test("options come before the command, everything behind it belongs to it")
    func order() throws {
        let found = try options([
            "--json", "--timeout", "5", "--url=http://h:1/x", "core.echo", "--json", "-1",
        ])
        #expect(found.format == .json && found.timeoutSeconds == 5)
        #expect(found.server == (try ServerAddress("http://h:1/x")))
        #expect(found.words == ["core.echo", "--json", "-1"])
        #expect(try options(["--", "-x"]).words == ["-x"])
        #expect(try options([]).words == [])
        #expect(try options(["--help"]).wantsHelp)
        #expect(try options(["-h"]).wantsHelp)
        #expect(try options(["--version"]).wantsVersion)
    }

    @Test("the server is the one of --url, of ROOST_URL, or the standard one")
    func server() throws {
        #expect(try options([]).server == ServerAddress("http://127.0.0.1:8280/RPC"))
        #expect(try options([], ["ROOST_URL": "http://e:2"]).server.host == "e")
        #expect(try options(["--url", "http://o:3"], ["ROOST_URL": "http://e:2"]).server.port == 3)
    }

    @Test(
        "what is no option is refused",
        arguments: [
            ["--bogus"], ["-x"], ["--url"], ["--timeout", "0"], ["--timeout", "soon"],
            ["--timeout=86401"], ["--json=1"], ["--url", "ftp://x"], ["--url", ""],
        ])
    func refused(_ words: [String]) {
        let error = #expect(throws: ControlError.self) { try options(words) }
        #expect(error?.status == 2)
    }

    static let addresses: [(String, String, UInt16, String)] = [
        ("http://h", "h", 8280, "/RPC"), ("http://h/", "h", 8280, "/RPC"),
        ("http://h:99", "h", 99, "/RPC"), ("h:99/x/y", "h", 99, "/x/y"),
        ("http://[::1]:99/RPC", "::1", 99, "/RPC"), ("http://[::1]", "::1", 8280, "/RPC"),
        ("127.0.0.1", "127.0.0.1", 8280, "/RPC"),
    ]

    @Test("port and path of an address may be left out", arguments: addresses)
    func address(_ url: String, _ host: String, _ port: UInt16, _ path: String) throws {
        let address = try ServerAddress(url)
        #expect(address.host == host && address.port == port && address.path == path)
    }

    @Test(
        "what is no address is refused",
        arguments: ["", "http://", "ftp://h", "http://h:0", "http://h:99999", "http://h:x", "h h"])
    func noAddress(_ url: String) {
        #expect(throws: ControlError.self) { try ServerAddress(url) }
    }
}
