import Glibc
import JSONValue
import TestSupport
import Testing

/// The server's own options and subcommands.
@Suite("the command line", .onThreads)
struct CommandLineTests {
    private func roost(_ arguments: String...) throws -> StartedProgram.Outcome {
        try StartedProgram.run(try ToolPath.built("roost"), arguments)
    }

    @Test(
        "migrate creates the tables, and doing it again changes nothing",
        arguments: TestDatabase.Kind.installed)
    func migrate(kind: TestDatabase.Kind) throws {
        // Made by `migrate` already.
        let database = try TestDatabase(kind)
        try database.sql("INSERT INTO location (ruid, username) VALUES ('uloc-1-2-3', 'kept');")
        let again = try roost("migrate", "--database", database.url)
        #expect(again.status == 0, "\(again.output)")
        #expect(try database.count() == 1)
        #expect(
            try database.sql("SELECT table_version FROM version WHERE table_name = 'location';")
                == [["9"]])
    }

    @Test("migrate says what is wrong with a table, and changes nothing")
    func migrateWrong() throws {
        let database = try TestDatabase(.sqlite)
        try database.sql("DROP TABLE location; CREATE TABLE location (id INTEGER, x TEXT);")
        let outcome = try roost("migrate", "--database", database.url)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("location"))
        for column in ["ruid", "contact"] { #expect(outcome.output.contains(column)) }
        #expect(try database.sql("SELECT COUNT(*) FROM location;") == [["0"]])
    }

    @Test("migrate without a database says so, without the password")
    func migrateNowhere() throws {
        let port = try FreePorts.take(1)[0]
        let outcome = try roost(
            "migrate", "--database", "mysql://roost:s3cret@127.0.0.1:\(port)/x")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("127.0.0.1"))
        #expect(!outcome.output.contains("s3cret"))
    }

    @Test("-v and --version print the version, --help-module a page of every module")
    func printing() throws {
        for option in ["-v", "--version"] {
            let outcome = try roost(option)
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("roost"))
        }
        for module in ServerConfiguration().modules + ["tm", "ctl"] {
            let page = try roost("--help-module", module)
            #expect(page.status == 0, "\(module)")
            #expect(page.output.contains(module))
        }
        #expect(try roost("--help-module", "nosuch").status != 0)
        #expect(try roost("--no-such-option").status != 0)
    }

    @Test("-l, -n, -P, -w and -A do what they say, and kamailio's other options are taken")
    func options() throws {
        let ports = try FreePorts.take(3)
        let folder = try TemporaryFolder()
        var configuration = ServerConfiguration()
        configuration.listens = []
        configuration.globals.append("#!ifdef EXTRA\nalias=EXTRA\n#!endif")
        let file = try folder.write(
            configuration.text(sipPort: ports[0], httpPort: ports[1]), to: "roost.cfg")
        let program = try StartedProgram(
            try ToolPath.built("roost"),
            [
                "-f", file, "-DD", "-E", "-e", "-l", "udp:127.0.0.1:\(ports[0])", "-l",
                "tcp:127.0.0.1:\(ports[2])", "-n", "3", "-P", folder.file("pid"), "-w",
                folder.path, "-A", "EXTRA=\"extra.example\"", "-A", "FLAG", "-m", "64", "-M", "8",
                "-x", "tlsf", "-X", "tlsf", "-L", "/usr/lib", "-N", "4", "-a", "no", "-Y",
                folder.path,
            ], output: folder.file("log"))
        let phone = try SIPClient(port: ports[0])
        #expect(try phone.options(seconds: 20).status == 200, "\(folder.text(of: "log"))")
        #expect(try SIPClient(.stream, port: ports[2]).options().status == 200)
        #expect(folder.text(of: "pid").contains("\(program.number)"))
        let rpc = RPCClient(port: ports[1])
        #expect(try rpc.call("core.pwd") == [.string(folder.path)])
        let aliases = try rpc.call("core.aliases_list")["aliases"]?.items ?? []
        #expect(aliases.contains { $0["alias"]?["address"] == "extra.example" })
        let defines = try rpc.call("core.ppdefines").items ?? []
        for name in ["ROOST", "KAMAILIO_5", "FLAG"] {
            #expect(defines.contains { $0.text == name }, "\(name)")
        }
        #expect(try rpc.call("core.psx").items?.count ?? 0 >= 3)
        #expect(folder.text(of: "log").contains("no effect"))
        program.signal(SIGTERM)
        #expect(program.wait(seconds: 20) == 0)
        #expect(folder.text(of: "pid").isEmpty)
    }

    /// A registrar in the foreground; it logs to `log` in its folder.
    private struct Foreground {
        let program: StartedProgram
        /// Of SIP and of HTTP.
        let ports: [UInt16]
        let folder: TemporaryFolder
    }

    /// Starts one with further options, which may open so many files.
    private func foreground(_ options: [String] = [], files: Int = 1_024) throws -> Foreground {
        let ports = try FreePorts.take(2)
        let folder = try TemporaryFolder()
        let file = try folder.write(
            ServerConfiguration().text(sipPort: ports[0], httpPort: ports[1]), to: "roost.cfg")
        let command = [try ToolPath.built("roost"), "-f", file, "-DD", "-E", "-Y", folder.path]
        let program = try StartedProgram(
            "/bin/sh",
            ["-c", "ulimit -n \(files); exec \"$@\"", "sh"] + command + options,
            output: folder.file("log"))
        return Foreground(program: program, ports: ports, folder: folder)
    }

    @Test("-T leaves TCP out")
    func withoutTCP() throws {
        let server = try foreground(["-T"])
        let (program, ports) = (server.program, server.ports)
        #expect(try SIPClient(port: ports[0]).options(seconds: 20).status == 200)
        #expect(throws: (any Error).self) { try SIPClient(.stream, port: ports[0]) }
        program.kill()
    }

    @Test("a server that may open few files serves on when strangers take them all")
    func fewFiles() throws {
        let server = try foreground(files: 60)
        let (program, ports) = (server.program, server.ports)
        let phone = try SIPClient(port: ports[0])
        #expect(try phone.options(seconds: 20).status == 200)
        var strangers = (0..<150).compactMap { _ in try? ClientSocket(.stream, port: ports[0]) }
        strangers += (0..<150).compactMap { _ in try? ClientSocket(.stream, port: ports[1]) }
        for cseq in 1...5 {
            let reply = try phone.register("alice", "sip:alice@192.0.2.1", cseq: cseq)
            #expect(reply.status == 200)
        }
        strangers.removeAll()
        #expect(
            eventually(within: 15) {
                (try? RPCClient(port: ports[1]).call("core.version")) != nil
            })
        #expect(
            eventually(within: 15) {
                (try? SIPClient(.stream, port: ports[0]).options(seconds: 1))?.status == 200
            })
        #expect(program.isRunning)
    }

    @Test("strangers who are there before the server neither end it nor keep it from ending")
    func earlyStrangers() throws {
        let server = try foreground(files: 60)
        let (program, ports) = (server.program, server.ports)
        defer { program.kill() }
        var strangers: [ClientSocket] = []
        // They try again and again, so that some come as soon as a port is open.
        let isCrowded = eventually(within: 60) {
            for port in (0..<10).map({ ports[$0 % 2] }) {
                if let stranger = try? ClientSocket(.stream, port: port) {
                    strangers.append(stranger)
                }
            }
            return strangers.count >= 100 || !program.isRunning
        }
        #expect(isCrowded && program.isRunning, "\(server.folder.text(of: "log").suffix(2_500))")
        strangers.removeAll()
        let phone = try SIPClient(port: ports[0])
        #expect(try phone.options(seconds: 20).status == 200)
        program.signal(SIGTERM)
        let status = program.wait(seconds: 30)
        #expect(status == 0, "\(server.folder.text(of: "log").suffix(2_500))")
    }

    @Test(
        "SIGTERM ends it at any moment of its start", arguments: [0, 0.05, 0.1, 0.15, 0.2, 0.3])
    func earlyEnd(delay: Double) throws {
        let server = try foreground()
        let program = server.program
        defer { program.kill() }
        pause(seconds: delay)
        program.signal(SIGTERM)
        let status = program.wait(seconds: 30)
        // 128 and the number: the signal's own way to end a program.
        #expect(
            status == 0 || status == 128 + SIGTERM, "\(server.folder.text(of: "log").suffix(2_500))"
        )
    }
}
