import Basics
import Synchronization
import Foundation
import Glibc
import JSONValue
import RemoteControl
import Testing

/// A server of several answers, one a connection, chosen by the method that is called.
final class ScriptedServer: Sendable {
    private let descriptor: Int32
    private let port: UInt16
    private let answers: [String: String]
    private let methods = Guarded<[String]>([])

    init(_ answers: [String: String]) {
        self.answers = answers
        let place = LoopbackListener()
        descriptor = place.descriptor
        port = place.port
        Thread.detachNewThread { [self] in while serveOne() {} }
    }

    /// Ends the thread that serves.
    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    var url: String { "http://127.0.0.1:\(port)/RPC" }
    var called: [String] { methods.withLock { $0 } }

    private func serveOne() -> Bool {
        let client = accept(descriptor, nil, nil)
        guard client >= 0 else { return false }
        defer { close(client) }
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var request: JSONValue?
        while request == nil {
            let count = unsafe recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return true }
            text += String(decoding: buffer[..<count], as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            request = try? JSONValue(parsing: String(text[end.upperBound...]))
        }
        let method = request?["method"]?.text ?? ""
        methods.withLock { $0.append(method) }
        let body =
            answers[method].map { #"{"jsonrpc":"2.0","result":\#($0),"id":1}"# }
            ?? #"{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}"#
        let answer = Array(
            "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
        _ = unsafe answer.withUnsafeBytes {
            unsafe Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        return true
    }
}

/// The program itself, as people and scripts run it.
@Suite("roostctl as a program")
struct DialogueTests {
    /// Where the build has put the programs: beside the tests.
    private static var program: URL? {
        var folder = Bundle.main.executableURL?.deletingLastPathComponent()
        for _ in 0..<4 {
            guard let here = folder else { return nil }
            let found = here.appendingPathComponent("roostctl")
            if FileManager.default.isExecutableFile(atPath: found.path) { return found }
            folder = here.deletingLastPathComponent()
        }
        return nil
    }

    private static let answers = [
        "system.listMethods": #"["cfg.get","cfg.set_now_int","core.version"]"#,
        "cfg.list": #"["registrar: max_expires","registrar: max_contacts"]"#,
        "core.version": #""roost 0.2.0""#, "cfg.get": "7200",
        "system.methodHelp": #""Shows something""#,
    ]

    /// Runs the program on lines of a pipe.
    private func run(
        _ program: URL, _ arguments: [String], _ server: ScriptedServer, input: String
    ) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = ["ROOST_URL": server.url, "HOME": NSTemporaryDirectory()]
        let (input:feed, output:output, errors:errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = feed
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        try feed.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try feed.fileHandleForWriting.close()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: text, as: UTF8.self),
            String(decoding: complaint, as: UTF8.self)
        )
    }

    @Test("one command, its answer, its status")
    func once() throws {
        let program = try #require(Self.program, "roostctl is not built")
        let server = ScriptedServer(Self.answers)
        defer { server.stop() }
        let good = try run(program, ["core.version"], server, input: "")
        #expect(good.status == 0 && good.output == "roost 0.2.0\n" && good.errors == "")
        let bad = try run(program, ["core.verzion"], server, input: "")
        #expect(bad.status == 1 && bad.output == "")
        #expect(bad.errors == "error: -32601 - Method not found\n")
        #expect(try run(program, ["--bogus"], server, input: "").status == 2)
        #expect(
            try run(program, ["--url", "http://127.0.0.1:1", "x"], server, input: "").status == 3)
    }

    @Test("lines of a pipe are commands; the status is the worst")
    func pipe() throws {
        let program = try #require(Self.program, "roostctl is not built")
        let server = ScriptedServer(Self.answers)
        defer { server.stop() }
        let input = "core.version\n\n# a comment\ncfg.get registrar \"max_expires\"\nhelp cfg.get\n"
        let good = try run(program, [], server, input: input)
        #expect(good.status == 0)
        #expect(good.output == "roost 0.2.0\n7200\nShows something\n")
        let bad = try run(program, [], server, input: "nothing\ncore.version\n'open\nquit\nx\n")
        #expect(bad.status == 2)
        #expect(bad.output == "roost 0.2.0\n")
        #expect(server.called.last == "core.version")
    }

    @Test("at a terminal there is a prompt with completion and history")
    func terminal() throws {
        let program = try #require(Self.program, "roostctl is not built")
        let server = ScriptedServer(Self.answers)
        defer { server.stop() }
        let home = NSTemporaryDirectory() + "home-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }
        let screen = try Screen(program, ["ROOST_URL": server.url, "HOME": home])
        #expect(screen.waits(for: "roost> "))
        screen.type("core.v\t")
        #expect(screen.waits(for: "core.version "))
        screen.type("\r")
        #expect(screen.waits(for: "roost 0.2.0"))
        screen.type("cfg.get reg\tmax_e\t\r")
        #expect(screen.waits(for: "7200"))
        screen.type("\u{1B}[A\u{1B}[A")
        #expect(screen.waits(for: "core.version "))
        screen.type("\u{3}")
        #expect(screen.waits(for: "^C"))
        screen.type("\u{4}")
        #expect(screen.ends() == 0)
        let history = try String(contentsOfFile: home + "/.roostctl_history", encoding: .utf8)
        #expect(history == "core.version \ncfg.get registrar max_expires \n")
    }
}

/// A program at a terminal of its own.
private final class Screen {
    private let control: Int32
    private let process = Process()
    private var shown = ""

    init(_ program: URL, _ environment: [String: String]) throws {
        control = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var lock: Int32 = 0
        var number: Int32 = 0
        // TIOCSPTLCK and TIOCGPTN: what unlockpt(3) and ptsname(3) do, which Glibc's module hides.
        _ = unsafe ioctl(control, 0x4004_5431, &lock)
        _ = unsafe ioctl(control, 0x8004_5430, &number)
        let terminal = FileHandle(
            fileDescriptor: unsafe open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC))
        process.executableURL = program
        process.environment = environment
        process.standardInput = terminal
        process.standardOutput = terminal
        process.standardError = terminal
        try process.run()
        try terminal.close()
    }

    deinit {
        if process.isRunning { process.terminate() }
        close(control)
    }

    func type(_ text: String) {
        var text = text
        text.withUTF8 { _ = unsafe write(control, $0.baseAddress, $0.count) }
    }

    /// Whether a text appears within ten seconds; what was shown before it is forgotten.
    func waits(for text: String) -> Bool {
        for _ in 0..<100 {
            if let found = shown.range(of: text) {
                shown = String(shown[found.upperBound...])
                return true
            }
            read(100)
        }
        return false
    }

    /// The exit status, once the program ends.
    func ends() -> Int32? {
        for _ in 0..<100 where process.isRunning { read(100) }
        return process.isRunning ? nil : process.terminationStatus
    }

    private func read(_ milliseconds: Int32) {
        var entry = pollfd(fd: control, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&entry, 1, milliseconds) > 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe Glibc.read(control, &buffer, buffer.count)
        guard count > 0 else {
            usleep(10_000)
            return
        }
        shown += String(decoding: buffer[..<count], as: UTF8.self)
    }
}
