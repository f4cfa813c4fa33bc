import Basics
import Core
import Logging
import ModuleKit
import Testing

@testable import Server

@Suite("the server's log")
struct ServerLogTests {
    private func escaped(_ text: String) -> String {
        var line = ByteWriter(capacity: 64)
        LogLine.write(text, into: &line)
        return line.text
    }

    @Test(
        "control characters are escaped, so that nobody forges lines or a terminal's colours",
        arguments: [
            ("plain text", "plain text"), ("", ""), ("a\nb", "a\\x0ab"),
            ("a\r\nERROR roost: forged", "a\\x0d\\x0aERROR roost: forged"),
            ("\u{1b}[31mred", "\\x1b[31mred"), ("\u{9b}31mred", "\\x9b31mred"),
            ("tab\there", "tab\\x09here"), ("nul\0", "nul\\x00"), ("\u{7f}", "\\x7f"),
            ("\u{85}next", "\\x85next"), ("caf\u{e9} \u{1f600}", "caf\u{e9} \u{1f600}"),
        ])
    func escapes(text: String, shown: String) {
        #expect(escaped(text) == shown)
    }

    @Test(
        "Kamailio's levels are those of the log",
        arguments: [
            (-5, Logger.Level.critical), (-3, .critical), (-2, .critical), (-1, .error),
            (0, .warning), (1, .notice), (2, .info), (3, .debug), (9, .debug),
        ])
    func levels(debug: Int, level: Logger.Level) {
        let threshold = LogThreshold(debug: debug)
        #expect(threshold.level == level)
        let log = ServerLog(label: "x", destination: .standardError, threshold: threshold)
        #expect(log.logLevel == level)
    }

    @Test("all handlers of one threshold follow it, and none sets a level of its own")
    func shared() {
        let threshold = LogThreshold(debug: 0)
        var log = ServerLog(label: "x", destination: .standardError, threshold: threshold)
        log.logLevel = .trace
        #expect(log.logLevel == .warning)
        threshold.debug = 3
        #expect(log.logLevel == .debug)
    }

    @Test("the threshold follows core.debug as it changes, raised by the command line")
    func follows() throws {
        let services = ServerServices(
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            startedAt: SystemClock.wall(), commandLine: [])
        let loaded = try ModuleBlueprint(Core.self).configure().make(services)
        let core = try #require(loaded.instance as? Core)
        let threshold = LogThreshold(debug: -5)
        threshold.follow(services.settings, core.settings, extra: 1)
        #expect(threshold.level == .notice)
        try services.settings.set(group: "core", name: "debug", to: .integer(2))
        #expect(threshold.level == .debug)
        try services.settings.set(group: "core", name: "debug", to: .integer(-2))
        #expect(threshold.level == .error)
        try services.settings.setDelayed(group: "core", name: "debug", to: .integer(0))
        #expect(threshold.level == .error)
        try services.settings.commit()
        #expect(threshold.level == .notice)
    }

    @Test("values that every line carries can be read and set")
    func metadata() {
        var log = ServerLog(
            label: "x", destination: .standardError, threshold: LogThreshold(debug: 0))
        #expect(log[metadataKey: "id"] == nil)
        log[metadataKey: "id"] = "7"
        #expect(log[metadataKey: "id"] == "7")
        #expect(log.metadata == ["id": "7"])
    }

    /// Facilities as syslog numbers them (RFC 5424 6.2.1).
    private static let numbers: [(name: String, number: Int32)] = [
        ("LOG_DAEMON", 3), ("LOG_KERN", 0), ("LOG_USER", 1), ("LOG_AUTH", 4), ("LOG_LOCAL0", 16),
        ("LOG_LOCAL7", 23), ("LOG_LOCAL8", 3), ("LOG_LOCALx", 3), ("LOG_LOCAL-1", 3),
        ("nonsense", 3), ("", 3),
    ]

    @Test("facilities have their numbers, and an unknown one is LOG_DAEMON", arguments: numbers)
    func facilities(name: String, number: Int32) {
        #expect(ServerLog.facility(name) == number << 3)
    }
}
