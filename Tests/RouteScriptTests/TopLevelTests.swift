import Basics
import ModuleKit
import Testing

@testable import RouteScript

/// The tree of a configuration, printed; the first error where it has one.
private func printed(_ text: String) -> String {
    do {
        return TreePrinter.print(try parse(text).tree).trimmed
    } catch {
        return "!" + error.errors[0].message
    }
}

extension String {
    /// The text without the line end behind it.
    fileprivate var trimmed: String { hasSuffix("\n") ? String(dropLast()) : self }
}

@Suite("Statements outside of blocks")
struct TopLevelTests {
    @Test(
        "the words for 1 and 0 are numbers wherever a value stands",
        arguments: [
            ("yes", 1), ("true", 1), ("on", 1), ("enable", 1),
            ("no", 0), ("false", 0), ("off", 0), ("disable", 0),
        ])
    func switchWords(word: String, expected: Int) throws {
        #expect(printed("a=\(word)") == "a = \(expected)")
        #expect(printed("g.a = \(word)") == "g.a = \(expected)")
        #expect(
            printed("modparam(\"m\", \"p\", \(word))") == "modparam(\"m\", \"p\", \(expected))")
        #expect(try value(of: word) == "\(expected)")
        #expect(printed("a=\"\(word)\"") == "a = \"\(word)\"")
    }

    @Test(
        "settings need no semicolon and take one",
        arguments: [
            ("a=1", "a = 1"), ("a=1;", "a = 1"), ("a = 1 ;", "a = 1"), ("a\n=\n1", "a = 1"),
            ("a=1 b=2", "a = 1\nb = 2"), ("a=1;b=2;", "a = 1\nb = 2"), (";;a=1;;", "a = 1"),
            ("a=1\n\n\nb=2", "a = 1\nb = 2"), ("a=-5", "a = -5"), ("a=- 5", "a = -5"),
            ("a=0x1F", "a = 31"), ("a=017", "a = 15"), ("a=101b", "a = 5"), ("a=08", "a = \"08\""),
            ("a=\"x\" \"y\"", "a = \"xy\""), ("a='x y'", "a = \"x y\""), ("a=\"\"", "a = \"\""),
            ("a=word", "a = \"word\""), ("a=w-x.y:z", "a = \"w-x.y:z\""),
            ("a=10.0.0.0/8", "a = \"10.0.0.0/8\""), ("a=[::1]", "a = \"[::1]\""),
            ("a=*", "a = \"*\""), ("a=/var/run", "a = \"/var/run\""),
            ("a=5060-5070", "a = \"5060-5070\""),
        ])
    func settings(text: String, expected: String) {
        #expect(printed(text) == expected)
    }

    @Test(
        "values that are none",
        arguments: [
            ("a=", "!expected a string or an integer, found the end of the file"),
            ("a=;", "!expected a value, found \";\""),
            ("a=-", "!expected a string or an integer, found the end of the file"),
            ("a=-x", "!expected a string or an integer, found \"x\""),
            ("a=-\"x\"", "!expected a string or an integer, found the string \"x\""),
            ("a=$rU", "!expected a value, found \"$rU\""),
            ("a=(1)", "!expected a value, found \"(\""),
            ("a={", "!expected a value, found \"{\""),
        ])
    func wrongSettings(text: String, expected: String) {
        #expect(printed(text) == expected)
    }

    @Test(
        "loadmodule takes names with and without path, suffix and parentheses",
        arguments: [
            ("loadmodule \"tm\"", "tm"), ("loadmodule \"tm.so\"", "tm"),
            ("loadmodule \"tm.so\";", "tm"), ("loadmodule 'tm.so'", "tm"),
            ("loadmodule(\"tm.so\")", "tm"), ("loadmodule (\"tm.so\");", "tm"),
            ("loadmodule \"/usr/lib/kamailio/tm.so\"", "tm"), ("loadmodule \"lib/tm\"", "tm"),
            ("loadmodule \"db\" \"_mysql.so\"", "db_mysql"), ("loadmodule \"tm.so.so\"", "tm.so"),
        ])
    func loading(text: String, expected: String) throws {
        #expect(printed(text) == "loadmodule \"\(expected)\"")
        let definitions = try parse(text).definitions.map(\.name)
        #expect(definitions.contains("MOD_\(expected)"))
    }

    @Test("options of loadmodule are noted and mean nothing")
    func options() throws {
        let checked = try check("loadmodule(\"probe.so\", \"gn\")")
        #expect(checked.modules.map(\.name) == ["probe"])
        #expect(checked.notes == ["test.cfg:1: options of loadmodule is ignored"])
    }

    @Test("a module that is loaded twice is loaded once")
    func twice() throws {
        let checked = try check("loadmodule \"probe\"\nloadmodule \"probe.so\"")
        #expect(checked.modules.map(\.name) == ["probe"])
    }

    @Test(
        "modparam needs its three arguments",
        arguments: [
            ("modparam", "!expected \"(\" behind \"modparam\", found the end of the file"),
            ("modparam()", "!expected the modules' names in quotes, found \")\""),
            ("modparam(a, \"b\", 1)", "!expected the modules' names in quotes, found \"a\""),
            ("modparam(\"a\", b, 1)", "!expected the parameter's name in quotes, found \"b\""),
            ("modparam(\"a\" \"b\", 1)", "!expected the parameter's name in quotes, found \"1\""),
            ("modparam(\"a\", \"b\")", "!expected \",\" between arguments, found \")\""),
            (
                "modparam(\"a\", \"b\", )",
                "!expected a string or an integer, found \")\""
            ),
            (
                "modparam(\"a\", \"b\", 1, 2)",
                "!expected \")\" behind the value, found \",\""
            ),
            (
                "modparam(\"a\", \"b\", 1",
                "!expected \")\" behind the value, found the end of the file"
            ),
        ])
    func wrongParameters(text: String, expected: String) {
        #expect(printed(text) == expected)
    }

    @Test(
        "modparam finds modules by a pattern over whole names, without regard to case",
        arguments: [
            ("probe", true), ("PROBE", true), ("pro", false), ("robe", false), ("pro.*", true),
            ("x|probe", true), ("probe|x", true), ("p[a-z]+e", true), (".", false), (".*", true),
            ("(probe)", true), ("prob", false), ("", false),
        ])
    func modulePatterns(pattern: String, matches: Bool) {
        let found = errors(of: head + "modparam(\"\(pattern)\", \"size\", 7)")
        #expect(found.isEmpty == matches)
        #expect(found.allSatisfy { $0.kind == .unknownModule })
    }

    @Test("a pattern that matches several modules must fit all of them")
    func severalModules() {
        let load = "loadmodule \"probe\"\nloadmodule \"usrloc\"\nloadmodule \"registrar\"\n"
        #expect(errors(of: load + "modparam(\"usrloc|registrar\", \"db_url\", \"x\")").isEmpty)
        let found = errors(of: load + "modparam(\"usrloc|registrar\", \"db_mode\", 1)")
        #expect(found.map(\.message) == ["module \"registrar\" has no parameter \"db_mode\""])
        #expect(errors(of: load + "modparam(\".*\", \"nothing\", 1)").count == 3)
    }

    @Test(
        "bounds and types of parameters",
        arguments: [
            ("1", nil), ("10", nil), ("0", "size must be from 1 to 10, not 0"),
            ("11", "size must be from 1 to 10, not 11"),
            ("-1", "size must be from 1 to 10, not -1"),
            ("\"5\"", "parameter \"size\" is an integer, found the string \"5\""), ("yes", nil),
            ("no", "size must be from 1 to 10, not 0"), ("0x0a", nil),
        ] as [(String, String?)])
    func parameterBounds(value: String, expected: String?) {
        let found = errors(of: head + "modparam(\"probe\", \"size\", \(value))")
        #expect(found.first?.message == expected)
    }

    @Test("the last value of a parameter and of a setting counts")
    func lastValue() throws {
        let checked = try check("children=2\nchildren=5\nlog_name=\"x\"\nchildren=3")
        #expect(checked.integer("children") == 3)
        #expect(checked.globals.count == 4)
        #expect(checked.integer("log_name") == nil)
        #expect(checked.globals.map(\.location.line) == [1, 2, 3, 4])
    }

    @Test(
        "addresses by their parts",
        arguments: [
            ("a", nil, "a", nil), ("a:5060", nil, "a", 5060), ("udp:a", "udp", "a", nil),
            ("udp:a:5060", "udp", "a", 5060), ("UDP:a", "udp", "a", nil),
            ("tcp:a:1", "tcp", "a", 1), ("tls:a:65535", "tls", "a", 65535),
            ("[::1]", nil, "::1", nil), ("[::1]:5060", nil, "::1", 5060),
            ("tcp:[2001:db8::1]:5061", "tcp", "2001:db8::1", 5061), ("*", nil, "*", nil),
            ("udp:*:5060", "udp", "*", 5060), ("sip-1.example.com", nil, "sip-1.example.com", nil),
            ("eth0:5060", nil, "eth0", 5060), ("10.0.0.1", nil, "10.0.0.1", nil),
        ] as [(String, String?, String, Int?)])
    func addresses(text: String, transport: String?, host: String, port: Int?) throws {
        let address = try #require(HostAddress(text))
        #expect(address.transport.map { "\($0.name)" } == transport)
        #expect(address.host == host)
        #expect(address.port == port)
    }

    @Test(
        "what is no address",
        arguments: [
            "", ":", "udp:", "a:", "a:x", "a:0", "a:-1", "a:65536", "a:5060:1", ":5060", "::1",
            "udp::5060", "[::1", "[]", "[]:5060", "[::1]5060", "[::1]:", "[::1]:x", "10.0.0.0/8",
        ])
    func wrongAddresses(text: String) {
        #expect(HostAddress(text) == nil)
    }

    @Test(
        "listen in all its forms",
        arguments: [
            ("listen=udp:a:1 tcp:b:2", "listen = udp:a:1\nlisten = tcp:b:2"),
            ("listen=a\nlisten=b", "listen = a\nlisten = b"),
            ("listen=a b c\nd=1", "listen = a\nlisten = b\nlisten = c\nd = 1"),
            ("listen=a:1 advertise b:2", "listen = a:1 advertise b:2"),
            ("listen=a:1 advertise tcp:b:2", "listen = a:1 advertise tcp:b:2"),
            ("listen=a:1 name \"n\"", "listen = a:1 name \"n\""),
            ("listen=a:1 name \"n\" advertise b", "listen = a:1 advertise b name \"n\""),
            ("listen=a:1 advertise b c:3", "listen = a:1 advertise b\nlisten = c:3"),
            ("listen=\"udp:a:1\" \"tcp\"", "!\"udp:a:1tcp\" is no address"),
            ("listen=a:1 name x", "!expected the socket's name in quotes, found \"x\""),
            ("listen=a:1 advertise", "!expected an address, found the end of the file"),
            ("listen a", "!expected \"=\" behind \"listen\", found \"a\""),
            ("alias=a b:5060", "alias = a\nalias = b:5060"),
            ("alias=udp:a:5060", "alias = udp:a:5060"),
            ("alias", "!expected \"=\" behind \"alias\", found the end of the file"),
            ("port 5", "!expected \"=\" behind \"port\", found \"5\""),
            ("port=\"5060\"", "!expected a port from 1 to 65535, found the string \"5060\""),
        ])
    func listening(text: String, expected: String) {
        #expect(printed(text) == expected)
    }

    @Test(
        "runtime variables with their descriptions",
        arguments: [
            ("g.a = 5", "g.a = 5"), ("g.a = \"x\"", "g.a = \"x\""), ("g.a = -5;", "g.a = -5"),
            ("g.a = 5 desc \"d\"", "g.a = 5 desc \"d\""),
            ("g.a = 5 descr \"d\"", "g.a = 5 desc \"d\""),
            ("g.a = 5 description \"d\"", "g.a = 5 desc \"d\""),
            ("g . a = 5", "g.a = 5"), ("g.a = 5\ng.b = 6", "g.a = 5\ng.b = 6"),
            ("g.a = 5 desc", "!expected the description in quotes, found the end of the file"),
            ("g.a = x", "!expected a string or an integer, found \"x\""),
            ("g.a", "!expected \"=\" behind the variable's name, found the end of the file"),
            ("g. = 5", "!expected the variable's name, found \"=\""),
        ])
    func customVariables(text: String, expected: String) {
        #expect(printed(text) == expected)
    }

    @Test(
        "declared flags",
        arguments: [
            ("flags A", "flags A"), ("flags A;", "flags A"), ("flags A:0", "flags A:0"),
            ("flags A:31", "flags A:31"), ("flags A , B", "flags A\nflags B"),
            ("flags A:1,B:2,C", "flags A:1\nflags B:2\nflags C"),
            ("flags A:", "!expected a flag's number from 0 to 31, found the end of the file"),
            ("flags A:x", "!expected a flag's number from 0 to 31, found \"x\""),
            ("flags", "!expected the flag's name, found the end of the file"),
            ("flags \"A\"", "!expected the flag's name, found the string \"A\""),
        ])
    func flags(text: String, expected: String) {
        #expect(printed(text) == expected)
    }

    @Test("flags without a number get the lowest that is free, wherever the others stand")
    func flagNumbers() throws {
        let harness = try Harness(
            "flags A, B:0, C, D:2\n" + head
                + "request_route { setflag(A); setflag(C); note(\"x\"); }")
        try harness.run()
        #expect(harness.context.flags == 1 << 1 | 1 << 3)
    }

    @Test(
        "engines and search paths",
        arguments: [
            ("cfgengine \"native\"", ""), ("cfgengine \"kamailio\"", ""),
            ("cfgengine=\"native\"", ""),
            ("cfgengine \"lua\"", ""),
            ("cfgengine \"python\"", "!the engine \"python\" is not supported"),
            ("cfgengine native", "!expected the engine's name in quotes, found \"native\""),
            ("loadpath \"/usr/lib\"", "loadpath \"\""), ("mpath=\"/a:/b\"", "mpath \"\""),
            ("mpath /a", "!expected a folder in quotes, found \"/\""),
        ])
    func engines(text: String, expected: String) {
        #expect(printed(text) == expected)
    }

    @Test(
        "one block has several names",
        arguments: [
            ("route {}", "request_route {}"), ("route[0] {}", "route {}"),
            ("onreply_route {}", "reply_route {}"), ("onreply_route[0] {}", "reply_route {}"),
            ("route[A] {}", "route[\"A\"] {}"), ("route[7] {}", "route[\"7\"] {}"),
            ("route[a-b] {}", "route[\"a-b\"] {}"), ("route[a.b] {}", "route[\"a.b\"] {}"),
        ])
    func names(one: String, other: String) throws {
        #expect(printed(one) == printed(other))
        let found = errors(of: one + "\n" + other)
        #expect(found.map(\.kind) == [.placement])
        #expect(found.first?.hint == "the first one stands on line 1")
    }
}
