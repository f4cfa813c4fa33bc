import TestSupport
import Testing

/// A configuration that is wrong never starts: it says where and what instead.
@Suite("a wrong configuration", .onThreads)
struct WrongConfigurationTests {
    /// A file with one mistake, the line it is on, and words of the message.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let name: String
        let line: String
        let words: [String]
        var testDescription: String { name }
    }

    static let mistakes = [
        Mistake(
            name: "an unknown module", line: "loadmodule \"registrarr.so\"",
            words: ["registrarr", "registrar"]),
        Mistake(
            name: "a parameter of an unknown module",
            line: "modparam(\"usrlok\", \"timer_interval\", 5)", words: ["usrlok", "usrloc"]),
        Mistake(
            name: "an unknown parameter", line: "modparam(\"usrloc\", \"timer_intervall\", 5)",
            words: ["timer_intervall", "timer_interval"]),
        Mistake(
            name: "a value out of bounds", line: "modparam(\"registrar\", \"default_q\", 5000)",
            words: ["default_q", "1000"]),
        Mistake(
            name: "a value of another type",
            line: "modparam(\"registrar\", \"max_expires\", \"soon\")", words: ["max_expires"]),
        Mistake(
            name: "an unknown case", line: "modparam(\"usrloc\", \"db_mode\", 9)",
            words: ["db_mode"]),
        Mistake(name: "an unknown global parameter", line: "childern=4", words: ["children"]),
        Mistake(name: "a global value out of bounds", line: "port=70000", words: ["port"]),
        Mistake(
            name: "an unknown function", line: "route[x] { sav(\"location\"); }",
            words: ["sav", "save"]),
        Mistake(
            name: "too many arguments",
            line: "route[x] { save(\"location\", \"0\", \"sip:a@b\", \"4\"); }", words: ["save"]),
        Mistake(name: "too few arguments", line: "route[x] { save(); }", words: ["save"]),
        Mistake(
            name: "an unknown route", line: "route[x] { route(WITHINDLG); }",
            words: ["WITHINDLG"]),
        Mistake(
            name: "an unknown variable", line: "route[x] { if ($nosuch == 1) { exit; } }",
            words: ["nosuch"]),
        Mistake(name: "a missing semicolon", line: "route[x] { exit }", words: []),
        Mistake(name: "an open string", line: "alias=\"example.org", words: []),
        Mistake(name: "an open block", line: "route[x] { if (is_method(\"ACK\")) {", words: []),
        Mistake(name: "an open condition", line: "#!ifdef SOMETHING", words: []),
        Mistake(name: "an endif too many", line: "#!endif", words: []),
        Mistake(
            name: "a file that is not there", line: "include_file \"missing.cfg\"",
            words: ["missing.cfg"]),
        Mistake(name: "rubbish", line: "%&/()=?", words: []),
        Mistake(
            name: "a listen line that is none", line: "listen=udp:127.0.0.1:notaport", words: []),
    ]

    /// The file, and the number of the line that is wrong; it stands behind the modules.
    private func file(_ line: String) throws -> (text: String, number: Int) {
        let ports = try FreePorts.take(2)
        var configuration = ServerConfiguration()
        configuration.parameters = ["# the next line is wrong", line]
        let text = configuration.text(sipPort: ports[0], httpPort: ports[1])
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return (text, (lines.firstIndex { $0 == line } ?? 0) + 1)
    }

    @Test("ends with status 1, the place and a hint", arguments: mistakes)
    func mistake(mistake: Mistake) throws {
        let (text, number) = try file(mistake.line)
        let folder = try TemporaryFolder()
        let outcome = try ServerProcess.fail(text, folder: folder)
        #expect(outcome.status == 1)
        // What is not closed is found where something else begins to make no sense.
        let atEnd = mistake.name.hasPrefix("an open")
        let place = "\(folder.file("roost.cfg")):\(atEnd ? "" : "\(number):")"
        let found = try #require(outcome.output.firstRange(of: place), "\(outcome.output)")
        #expect(outcome.output[found.upperBound...].first?.isNumber == true, "no column")
        for word in mistake.words { #expect(outcome.output.contains(word), "\(outcome.output)") }
        if !atEnd { #expect(outcome.output.contains(mistake.line), "\(outcome.output)") }
    }

    @Test("-c says the same without starting", arguments: mistakes)
    func checked(mistake: Mistake) throws {
        let (text, _) = try file(mistake.line)
        let folder = try TemporaryFolder()
        let outcome = try ServerProcess.fail(text, options: ["-c"], folder: folder)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("roost.cfg:"))
    }

    @Test("-c says that a right file is right, and starts nothing")
    func right() throws {
        let ports = try FreePorts.take(2)
        let text = ServerConfiguration().text(sipPort: ports[0], httpPort: ports[1])
        let outcome = try ServerProcess.fail(text, options: ["-c"])
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(!outcome.output.contains("listening on"))
    }

    @Test("the configuration that comes with the server is right, for each database")
    func shipped() throws {
        for url in ["sqlite:////tmp/x.sqlite", "mysql://roost:pw@127.0.0.1/roost"] {
            let outcome = try StartedProgram.run(
                try ToolPath.built("roost"),
                ["-c", "-f", "\(ToolPath.package)/Config/roost.cfg", "-A", "DBURL=\"\(url)\""])
            #expect(outcome.status == 0, "\(outcome.output)")
        }
    }

    @Test("a file that cannot be read is named")
    func noFile() throws {
        let outcome = try StartedProgram.run(
            try ToolPath.built("roost"), ["-f", "/nonexistent/roost.cfg"])
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("/nonexistent/roost.cfg"))
    }

    @Test(
        "an address that cannot be bound is named with the reason",
        arguments: ["udp:192.0.2.77", "tcp:192.0.2.77", "udp:no-such-host.invalid"])
    func address(listen: String) throws {
        let ports = try FreePorts.take(2)
        var configuration = ServerConfiguration()
        configuration.listens.append(listen)
        let outcome = try ServerProcess.fail(
            configuration.text(sipPort: ports[0], httpPort: ports[1]))
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("\(listen):\(ports[0])"), "\(outcome.output)")
    }

    @Test("a second server on the same address does not start", arguments: ["udp", "tcp"])
    func inUse(transport: String) throws {
        let first = try ServerProcess()
        let ports = try FreePorts.take(1)
        var configuration = ServerConfiguration()
        configuration.listens = ["\(transport):127.0.0.1"]
        let outcome = try ServerProcess.fail(
            configuration.text(sipPort: first.sipPort, httpPort: ports[0]))
        #expect(outcome.status == 1)
        let place = "\(transport):127.0.0.1:\(first.sipPort)"
        #expect(outcome.output.contains(place), "\(outcome.output)")
        #expect(try first.phone().options().status == 200)
    }

    @Test("a management port that is in use is named, and the server does not start")
    func managementInUse() throws {
        let first = try ServerProcess()
        let ports = try FreePorts.take(1)
        let outcome = try ServerProcess.fail(
            ServerConfiguration().text(sipPort: ports[0], httpPort: first.httpPort))
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("\(first.httpPort)"), "\(outcome.output)")
    }
}
