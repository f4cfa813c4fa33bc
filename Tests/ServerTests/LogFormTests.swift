import Basics
import Core
import Glibc
import JSONValue
import Logging
import ModuleKit
import TestSupport
import Testing

@testable import Server

@Suite("lines of the log, their parts and their file")
struct LogFormTests {
    private func line(_ message: String, _ values: Logger.Metadata = [:]) -> LogLine {
        LogLine(
            label: "roost", level: .warning, part: "Usrloc", message: message, values: values,
            time: timespec(tv_sec: 1_789_003_607, tv_nsec: 45_900_000))
    }

    private func written(_ line: LogLine, _ format: LogFormat, timed: Bool = true) -> String {
        var text = ByteWriter(capacity: 64)
        line.write(format, timed: timed, into: &text)
        return text.text
    }

    @Test("a line for people has its values in the order of their names")
    func text() {
        let line = line("row left\nalone", ["table": "location", "row": "7\u{1b}"])
        #expect(
            written(line, .text, timed: false)
                == "WARNING roost: row left\\x0aalone row=7\\x1b table=location\n")
        #expect(
            written(line, .text).hasSuffix(
                " WARNING roost: row left\\x0aalone row=7\\x1b "
                    + "table=location\n"))
    }

    @Test("a line for programs is one JSON object, whatever strangers sent")
    func json() throws {
        let text = written(
            line("a \"quoted\"\nline", ["time": "\u{9b}31m", "module": "x"]), .json)
        #expect(text.filter { $0 == "\n" }.count == 1)
        let value = try JSONValue(parsing: text)
        #expect(value["time"]?.text == "2026-09-10T01:26:47.045Z")
        #expect(value["level"]?.text == "warning")
        #expect(value["server"]?.text == "roost")
        #expect(value["module"]?.text == "Usrloc")
        #expect(value["message"]?.text == "a \"quoted\"\nline")
        #expect(value["values"]?["time"]?.text == "\u{9b}31m")
        #expect(value["values"]?["module"]?.text == "x")
    }

    @Test("without values a line has no member for them")
    func bare() throws {
        let text = written(line("x"), .json)
        #expect(try JSONValue(parsing: text)["values"] == nil)
    }

    // MARK: Levels of parts

    @Test(
        "log_levels names modules as loadmodule does, and parts of the server",
        arguments: [
            ("usrloc=3", "Usrloc", 3), ("cfg_rpc=-1", "CfgRPC", -1),
            (" tm = 2 , registrar=0", "Registrar", 0), ("transport=9", "Transport", 9),
            ("Presence_XML=1", "PresenceXML", 1),
        ])
    func parts(text: String, part: String, level: Int) {
        #expect(LogLevels.fault(text) == nil)
        #expect(LogLevels(text).level(of: part) == level)
        #expect(LogLevels(text).level(of: "Somebody") == nil)
    }

    @Test(
        "what is no list of levels is refused",
        arguments: ["usrloc", "usrloc=", "=3", "usrloc=10", "usrloc=-6", "a=1=2", "a=b"])
    func wrongParts(text: String) {
        #expect(LogLevels.fault(text) != nil)
        #expect(LogLevels(text).isEmpty)
    }

    @Test("an empty list is right and changes nothing")
    func noParts() {
        #expect(LogLevels.fault("") == nil)
        #expect(LogLevels("").isEmpty)
        #expect(LogLevels("").most == nil)
    }

    @Test("one module is heard while the others are silent, and the other way round")
    func admits() throws {
        let services = ServerServices(
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            startedAt: SystemClock.wall(), commandLine: [])
        let loaded = try ModuleBlueprint(Core.self).configure().make(services)
        let core = try #require(loaded.instance as? Core)
        let threshold = LogThreshold(debug: 0)
        threshold.follow(services.settings, core.settings, extra: 0)
        #expect(threshold.level == .warning)
        try services.settings.set(
            group: "core", name: "log_levels", to: .string("usrloc=3,tm=-2"))
        #expect(threshold.level == .debug)
        #expect(threshold.admits(.debug, from: "Usrloc"))
        #expect(!threshold.admits(.info, from: "Registrar"))
        #expect(threshold.admits(.warning, from: "Registrar"))
        #expect(!threshold.admits(.error, from: "TM"))
        #expect(threshold.admits(.critical, from: "TM"))
        try services.settings.set(group: "core", name: "log_levels", to: .string(""))
        #expect(threshold.level == .warning)
        #expect(!threshold.admits(.info, from: "Usrloc"))
    }

    // MARK: The file

    @Test("a renamed file is left at SIGHUP, and the lines go on in a new one")
    func reopens() throws {
        let folder = try TemporaryFolder()
        let file = try LogFile(folder.file("log"))
        let logger = Logger(label: "x") {
            ServerLog(label: $0, destination: .file(file), threshold: LogThreshold(debug: 3))
        }
        logger.notice("first")
        #expect(unsafe rename(folder.file("log"), folder.file("log.1")) == 0)
        logger.notice("second")
        #expect(file.reopen() == nil)
        logger.notice("third")
        let old = folder.text(of: "log.1")
        #expect(old.contains("first") && old.contains("second") && !old.contains("third"))
        #expect(folder.text(of: "log").contains("third"))
        var status = stat()
        #expect(unsafe stat(folder.file("log"), &status) == 0)
        #expect(status.st_mode & 0o007 == 0, "strangers may not read it")
    }

    @Test("a file that cannot be opened is an error with its path, and the old one is kept")
    func cannotReopen() throws {
        let folder = try TemporaryFolder()
        #expect(throws: StartFailure.self) { try LogFile(folder.file("none/log")) }
        #expect(unsafe mkdir(folder.file("a"), 0o755) == 0)
        let file = try LogFile(folder.file("a/log"))
        #expect(unsafe rename(folder.file("a"), folder.file("b")) == 0)
        let fault = try #require(file.reopen())
        #expect(fault.contains("a/log"))
        let logger = Logger(label: "x") {
            ServerLog(label: $0, destination: .file(file), threshold: LogThreshold(debug: 3))
        }
        logger.notice("still")
        #expect(folder.text(of: "b/log").contains("still"))
    }
}
