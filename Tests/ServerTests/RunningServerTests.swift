import Basics
import Foundation
import ModuleKit
import RouteScript
import Testing

@testable import Server

@Suite("a server from its sockets to its stop")
final class RunningServerTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("roost-running-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// A server on ports that the system chooses; no alarm outlives its stop.
    private func start(
        _ text: String, _ change: (inout LaunchOptions) -> Void = { _ in }
    ) throws -> RunningServer {
        let head = "exit_timeout=0\nlog_stderror=yes\ndebug=-5\nchildren=1\n"
        let file = SourceFile(name: "running.cfg", bytes: Array((head + text).utf8))
        let checked = try ConfigurationFile.parse(file).check(
            catalogue: Catalogue.modules, core: Catalogue.core)
        var options = LaunchOptions()
        options.listens = ["udp:127.0.0.1:0"]
        change(&options)
        return try RunningServer(checked, options)
    }

    @Test("it binds what the command line names")
    func sockets() throws {
        let server = try start("") { $0.listens.append("tcp:127.0.0.1:0") }
        let names = server.services.sockets.map { "\($0.transport.name) \($0.address.isLoopback)" }
        #expect(names == ["udp true", "tcp true"])
        #expect(server.services.sockets.allSatisfy { $0.address.port > 0 })
        #expect(server.services.aliases.map(\.host).contains("localhost"))
    }

    @Test("an address without transport is heard on UDP and TCP, with -T on UDP alone")
    func transports() throws {
        let both = try start("") { $0.listens = ["127.0.0.1:0"] }
        #expect(both.services.sockets.map(\.transport) == [.udp, .tcp])
        let one = try start("") {
            $0.listens = ["127.0.0.1:0"]
            $0.disablesTCP = true
        }
        #expect(one.services.sockets.map(\.transport) == [.udp])
    }

    @Test("aliases are those of the configuration, and local names unless that is off")
    func aliases() throws {
        let named = try start("alias=\"example.com\"\nauto_aliases=no\n")
        #expect(named.services.aliases.map(\.host) == ["example.com"])
        let forced = try start("auto_aliases=no\n") { $0.autoAliases = true }
        #expect(forced.services.aliases.map(\.host) == ["localhost"])
    }

    @Test("an address that cannot be bound is named")
    func unbindable() {
        let failure = #expect(throws: StartFailure.self) {
            try start("listen=udp:192.0.2.1:5060\n")
        }
        #expect(failure?.message.contains("192.0.2.1") == true)
        let option = #expect(throws: StartFailure.self) {
            try start("") { $0.listens = ["carrier-pigeon:127.0.0.1:5060"] }
        }
        #expect(option?.message.contains("carrier-pigeon") == true)
    }

    @Test("a script that only its modules can refuse does not start")
    func refusedScript() {
        let failure = #expect(throws: StartFailure.self) {
            try start(
                """
                loadmodule "usrloc.so"
                loadmodule "registrar.so"
                request_route { save("loca-tion"); }
                """)
        }
        #expect(failure?.message.contains("cannot be compiled") == true)
        #expect(failure?.message.contains("loca-tion") == true)
    }

    @Test("a module that cannot start keeps the server from starting, and the pid file goes")
    func refusedModule() throws {
        let pidFile = folder.appendingPathComponent("pid").path
        let failure = #expect(throws: StartFailure.self) {
            try start(
                """
                loadmodule "db_sqlite.so"
                loadmodule "usrloc.so"
                modparam("usrloc", "db_mode", 1)
                modparam("usrloc", "db_url", "sqlite:///\(folder.path)/none/x.sqlite")
                """
            ) { $0.pidFile = pidFile }
        }
        #expect(failure?.message.contains("does not exist") == true)
        #expect(!FileManager.default.fileExists(atPath: pidFile))
    }

    @Test("a database whose module is not loaded is named with that module")
    func missingModule() {
        let failure = #expect(throws: StartFailure.self) {
            try start(
                """
                loadmodule "usrloc.so"
                modparam("usrloc", "db_mode", 2)
                modparam("usrloc", "db_url", "mysql://u:secret@127.0.0.1/d")
                """)
        }
        #expect(failure?.message.contains("add loadmodule \"db_mysql\" before") == true)
        #expect(failure?.message.contains("secret") == false)
    }

    @Test("an unknown user keeps the server from starting, and a pid file that cannot be written")
    func refusedOptions() {
        let user = #expect(throws: StartFailure.self) {
            try start("") { $0.user = "no-such-user-here" }
        }
        #expect(user?.message == "there is no user no-such-user-here")
        let file = #expect(throws: StartFailure.self) {
            try start("") { $0.pidFile = "\(self.folder.path)/none/pid" }
        }
        #expect(file?.message.contains("cannot write the pid file") == true)
    }

    @Test("what the configuration declares and what is told to change is there")
    func settings() throws {
        let server = try start(
            """
            server_id=12
            pstn.gateway = "10.0.0.1" desc "where calls leave"
            loadmodule "usrloc.so"
            loadmodule "registrar.so"
            modparam("registrar", "max_contacts", 3)
            """)
        #expect(server.services.serverID == 12)
        #expect(
            try server.services.settings.value(group: "pstn", name: "gateway")
                == .string("10.0.0.1"))
        #expect(
            try server.services.settings.value(group: "registrar", name: "max_contacts")
                == .integer(3))
        #expect(
            server.services.loadedModules.map(\.name) == ["core", "usrloc", "registrar"])
    }

    @Test("it serves until it is told to stop, and then the pid file is gone and the rows are in")
    func run() async throws {
        let pidFile = folder.appendingPathComponent("pid").path
        let server = try start(
            """
            loadmodule "db_sqlite.so"
            loadmodule "usrloc.so"
            loadmodule "registrar.so"
            modparam("usrloc", "db_mode", 2)
            modparam("usrloc", "db_url", "sqlite:///\(folder.path)/x.sqlite")
            request_route { save("location"); }
            """
        ) { $0.pidFile = pidFile }
        let number = try String(contentsOfFile: pidFile, encoding: .utf8)
        #expect(number == "\(ProcessInfo.processInfo.processIdentifier)\n")
        let serving = Task { try await server.run() }
        serving.cancel()
        try await serving.value
        #expect(server.status == 0)
        #expect(!FileManager.default.fileExists(atPath: pidFile))
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/x.sqlite"))
    }

    @Test("the worst exit status that was noted is the one that counts")
    func status() throws {
        let server = try start("")
        #expect(server.status == 0)
        server.note(status: 1)
        server.note(status: 0)
        #expect(server.status == 1)
    }
}
