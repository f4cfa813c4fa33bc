import Basics
import Core
import Foundation
import ModuleKit
import RouteScript
import Transport
import Testing

@testable import Server

@Suite("what the command line asks for")
struct LaunchOptionsTests {
    @Test(
        "a definition is a name, or a name and a value behind the first =",
        arguments: [
            ("NAME", "NAME", nil), ("NAME=", "NAME", ""), ("NAME=value", "NAME", "value"),
            ("URL=\"mysql://u:p@h/d?a=b\"", "URL", "\"mysql://u:p@h/d?a=b\""),
            ("A=b c", "A", "b c"),
        ] as [(String, String, String?)])
    func define(text: String, name: String, value: String?) throws {
        var options = LaunchOptions()
        options.define(text)
        let definition = try #require(options.defines.first)
        #expect(definition.name == name)
        #expect(definition.value == value)
    }

    @Test("definitions keep their order")
    func order() {
        var options = LaunchOptions()
        for name in ["B", "A", "B=2"] { options.define(name) }
        #expect(options.defines.map(\.name) == ["B", "A", "B"])
    }

    @Test("options of nothing change nothing")
    func nothing() {
        let options = LaunchOptions()
        #expect(options.defines.isEmpty)
        #expect(options.listens.isEmpty)
        #expect(options.children == 0)
        #expect(options.autoAliases == nil)
        #expect(!options.disablesTCP)
    }
}

@Suite("checking a configuration without starting")
final class LauncherTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("roost-launch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func check(_ text: String, defines: [String] = []) throws -> Int32 {
        let file = folder.appendingPathComponent("roost.cfg")
        try text.write(to: file, atomically: true, encoding: .utf8)
        var options = LaunchOptions()
        options.file = file.path
        for define in defines { options.define(define) }
        return Launcher.check(options)
    }

    @Test("the configuration that comes with the server is right")
    func delivered() {
        var options = LaunchOptions()
        options.file = repository.appendingPathComponent("Config/roost.cfg").path
        #expect(Launcher.check(options) == 0)
    }

    @Test(
        "a right file gets status 0, a wrong one 1",
        arguments: [
            ("request_route { exit; }", 0), ("", 0),
            ("debug=2\nloadmodule \"sl.so\"\nrequest_route { sl_send_reply(\"200\",\"OK\"); }", 0),
            ("request_route { exit; ", 1), ("loadmodule \"nobody\"", 1),
            ("debug=99", 1), ("modparam(\"usrloc\", \"db_mode\", 2)", 1),
            ("loadmodule \"usrloc\"\nmodparam(\"usrloc\", \"db_mode\", 7)", 1),
            ("loadmodule \"usrloc\"\nmodparam(\"usrloc\", \"db_mod\", 2)", 1),
            ("loadmodule \"registrar\"", 1), ("request_route { save(\"location\"); }", 1),
            ("request_route { route(NOWHERE); }", 1),
        ] as [(String, Int32)])
    func status(text: String, status: Int32) throws {
        #expect(try check(text) == status, "\(text)")
    }

    @Test("a file that is not there gets status 1")
    func missing() {
        var options = LaunchOptions()
        options.file = folder.appendingPathComponent("none.cfg").path
        #expect(Launcher.check(options) == 1)
    }

    @Test("the server's own names are defined, and those of the command line")
    func defines() throws {
        for name in ["ROOST", "KAMAILIO_5", "KAMAILIO_5_6", "KAMAILIO_5_6_3"] {
            #expect(try check("#!ifndef \(name)\nnonsense\n#!endif\n") == 0, "\(name)")
        }
        #expect(try check("#!ifdef MINE\nnonsense\n#!endif\n") == 0)
        #expect(try check("#!ifdef MINE\nnonsense\n#!endif\n", defines: ["MINE"]) == 1)
        #expect(try check("debug=LEVEL\n", defines: ["LEVEL=2"]) == 0)
    }

    // MARK: Migration

    @Test("migrate creates the tables, finds them the second time, and reports what differs")
    func migrate() {
        let url = "sqlite:///\(folder.path)/new.sqlite"
        #expect(DatabaseMigration.run(url) == 0)
        #expect(DatabaseMigration.run(url) == 0)
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/new.sqlite"))
    }

    @Test(
        "migrate refuses what is no database",
        arguments: ["", "nonsense", "oracle://h/d", "sqlite:////nowhere/at/all/x.sqlite"])
    func migrateNothing(url: String) {
        #expect(DatabaseMigration.run(url) == 1)
    }
}

@Suite("giving up rights")
struct IdentityTests {
    @Test("empty names change nothing")
    func nothing() throws {
        try Identity.assume(user: "", group: "")
    }

    @Test("unknown names are named in the error")
    func unknown() {
        let user = #expect(throws: StartFailure.self) {
            try Identity.assume(user: "no-such-user-here", group: "")
        }
        #expect(user?.message == "there is no user no-such-user-here")
        let group = #expect(throws: StartFailure.self) {
            try Identity.assume(user: "", group: "no-such-group-here")
        }
        #expect(group?.message == "there is no group no-such-group-here")
    }

    @Test("an unknown group is found out before the user changes")
    func order() {
        let failure = #expect(throws: StartFailure.self) {
            try Identity.assume(user: "no-such-user-here", group: "no-such-group-here")
        }
        #expect(failure?.message.contains("group") == true)
    }

    @Test("there is a processor to work with")
    func processors() { #expect(Processors.count >= 1) }
}

@Suite("settings in the words of the layers below")
struct TransportSettingsTests {
    @Test("workers come from the command line, else from children, else from the processors")
    func workers() {
        var parameters = Core.Parameters()
        var options = LaunchOptions()
        func udp() -> Int { RunningServer.transportSettings(parameters, options).udpWorkers }
        #expect(udp() == min(Processors.count, Limits.workersMax))
        parameters.children = 3
        #expect(udp() == 3)
        options.children = 5
        #expect(udp() == 5)
        options.children = 10_000
        #expect(udp() == Limits.workersMax)
    }

    @Test("event loops are as many as tcp_children, or as there are workers")
    func loops() {
        var parameters = Core.Parameters()
        parameters.children = 4
        func tcp() -> Int {
            RunningServer.transportSettings(parameters, LaunchOptions()).tcpWorkers
        }
        #expect(tcp() == 4)
        parameters.tcpChildren = 2
        #expect(tcp() == 2)
    }

    @Test("TCP's limits are those of the configuration")
    func streams() {
        var parameters = Core.Parameters()
        parameters.tcpMaxConnections = 17
        parameters.tcpConnectionLifetime = 33
        parameters.tcpCRLFPing = false
        let settings = RunningServer.transportSettings(parameters, LaunchOptions())
        #expect(settings.connectionsMax == 17)
        #expect(settings.connectionLifetime == .seconds(33))
        #expect(!settings.answersPing)
    }

    @Test("the log goes where the configuration says, and with -E to standard error")
    func destination() throws {
        var parameters = Core.Parameters()
        parameters.logFacility = "LOG_LOCAL1"
        var options = LaunchOptions()
        guard case .syslog(let facility) = try RunningServer.destination(parameters, options) else {
            Issue.record("not to syslog")
            return
        }
        #expect(facility == 17 << 3)
        options.logsToStandardError = true
        guard case .standardError = try RunningServer.destination(parameters, options) else {
            Issue.record("not to standard error")
            return
        }
    }
}

/// The top folder of the repository.
let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
