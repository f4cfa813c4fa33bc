import Glibc
import JSONValue
import TestSupport
import Testing

/// What an operator's supervisor and log rotation do to a running server.
@Suite("supervision", .onThreads)
struct SupervisionTests {
    /// A server without `-E`, so that its log goes where the file says.
    private func start(
        _ folder: TemporaryFolder, _ globals: String = "", environment: [String] = []
    ) throws -> StartedProgram {
        let port = try FreePorts.take(1)[0]
        try folder.write(
            """
            debug=2
            log_name="registrar-1"
            \(globals)
            children=1
            listen=udp:127.0.0.1:\(port)
            loadmodule "sl"
            request_route { sl_send_reply("200", "OK"); }
            """, to: "roost.cfg")
        return try StartedProgram(
            "/usr/bin/env",
            environment + [
                try ToolPath.built("roost"), "-f", folder.file("roost.cfg"), "-Y", folder.path,
            ], output: folder.file("output"))
    }

    @Test("a supervisor hears of the start, of life, of a reload and of the stop")
    func tells() throws {
        let folder = try TemporaryFolder()
        let post = try #require(NotificationSocket(folder.file("notify")))
        let program = try start(
            folder, "log_file=\"\(folder.file("log"))\"",
            environment: [
                "NOTIFY_SOCKET=\(folder.file("notify"))", "WATCHDOG_USEC=2000000",
            ])
        #expect(post.hears("READY=1", within: 30), "\(folder.text(of: "output"))")
        #expect(post.hears("WATCHDOG=1", within: 30))
        program.signal(SIGHUP)
        #expect(post.hears("RELOADING=1", within: 30))
        #expect(post.hears("READY=1", within: 30))
        program.signal(SIGTERM)
        #expect(post.hears("STOPPING=1", within: 30))
        #expect(program.wait(seconds: 30) == 0)
    }

    @Test("log lines are JSON objects if asked for, and SIGHUP opens the file again")
    func rotates() throws {
        let folder = try TemporaryFolder()
        let program = try start(
            folder, "log_file=\"\(folder.file("log"))\"\nlog_format=\"json\"")
        defer { program.kill() }
        #expect(eventually(within: 30) { folder.text(of: "output").contains("listening on") })
        program.signal(SIGHUP)
        #expect(eventually(within: 30) { folder.text(of: "log").contains("reloaded") })
        #expect(unsafe rename(folder.file("log"), folder.file("log.1")) == 0)
        program.signal(SIGHUP)
        #expect(eventually(within: 30) { folder.text(of: "log").contains("reloaded") })
        program.signal(SIGTERM)
        #expect(program.wait(seconds: 30) == 0)
        let lines = (folder.text(of: "log.1") + folder.text(of: "log")).split(separator: "\n")
        #expect(lines.count >= 3)
        for line in lines {
            let value = try JSONValue(parsing: String(line))
            #expect(value["server"]?.text == "registrar-1")
            #expect(value["time"]?.text?.hasSuffix("Z") == true)
        }
        #expect(lines.last?.contains("stopped") == true)
    }

    @Test("a log file in a folder that is not there stops the start with its path")
    func wrongFile() throws {
        let folder = try TemporaryFolder()
        let program = try start(folder, "log_file=\"\(folder.path)/none/log\"")
        #expect(program.wait(seconds: 30) == 1)
        #expect(folder.text(of: "output").contains("none/log"))
    }
}
