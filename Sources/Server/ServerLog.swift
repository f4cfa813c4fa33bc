internal import Basics
internal import Core
internal import Glibc
public import Logging
internal import ModuleKit
internal import Synchronization

/// How much the log shows: core parameter `debug`, which may change while the server runs.
public final class LogThreshold: Sendable {
    /// The level as Kamailio counts, read for each line.
    private let number = Atomic<Int>(0)
    /// The generation of the settings that `number` is from.
    private let seen = Atomic<UInt64>(0)
    /// Where the setting is read, nil before the modules are made.
    private let source = Guarded<(settings: SettingsStore, read: @Sendable () -> Int)?>(nil)

    /// A threshold at a level of Kamailio's: -5 alert to 3 debug.
    public init(debug: Int) { self.debug = debug }

    /// From now on follows the setting `core.debug`, raised by what the command line added.
    func follow(_ settings: SettingsStore, _ handle: SettingsHandle<Core.Parameters>, extra: Int) {
        source.withLock { source in
            source = (settings, { settings.current(handle).debug + extra })
        }
    }

    /// Takes up a changed setting: a lock and a comparison when there is none.
    private func refresh() {
        guard let source = source.withLock({ $0 }) else { return }
        let generation = source.settings.generation
        guard seen.exchange(generation, ordering: .relaxed) != generation else { return }
        debug = source.read()
    }

    /// The level of Kamailio's: -5 alert, -1 error, 0 warning, 1 notice, 2 info, 3 debug.
    public var debug: Int {
        get { number.load(ordering: .relaxed) }
        set { number.store(newValue, ordering: .relaxed) }
    }

    /// The same as a level of swift-log's.
    public var level: Logger.Level {
        refresh()
        return switch debug {
        case ...(-2): .critical
        case -1: .error
        case 0: .warning
        case 1: .notice
        case 2: .info
        default: .debug
        }
    }
}

/// Writes the log to standard error or to syslog, one line an entry.
///
/// What strangers sent may stand in a line: control characters are escaped, so that nobody forges
/// lines or colours of an operator's terminal.
public struct ServerLog: LogHandler {
    /// Where lines go.
    public enum Destination: Sendable {
        /// Standard error, with the time in front.
        case standardError
        /// The system's log, under a facility such as `LOG_DAEMON`.
        case syslog(facility: Int32)
    }

    private let label: String
    private let destination: Destination
    private let threshold: LogThreshold
    /// Values that every line carries.
    public var metadata: Logger.Metadata = [:]

    /// A log.
    public init(label: String, destination: Destination, threshold: LogThreshold) {
        self.label = label
        self.destination = destination
        self.threshold = threshold
    }

    /// The level below which nothing is written; it follows core parameter `debug`.
    public var logLevel: Logger.Level {
        get { threshold.level }
        set { _ = newValue }
    }

    /// One value that every line carries.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    public func log(event: LogEvent) {
        var line = ByteWriter(capacity: 256)
        if case .standardError = destination {
            Self.writeTime(into: &line)
            line.append(" ")
        }
        line.append(event.level.rawValue.uppercased())
        line.append(" ")
        line.append(label)
        line.append(": ")
        Self.write(event.message.description, into: &line)
        let values = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            line.append(" ")
            line.append(key)
            line.append("=")
            Self.write("\(value)", into: &line)
        }
        line.append("\n")
        emit(line, event.level)
    }

    private func emit(_ line: borrowing ByteWriter, _ level: Logger.Level) {
        switch destination {
        case .standardError:
            unsafe line.span.withUnsafeBytes { bytes in
                _ = unsafe Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            }
        case .syslog(let facility):
            let priority = facility | Self.priority(level)
            unsafe line.text.withCString { text in
                unsafe withVaList([text]) { arguments in
                    unsafe vsyslog(priority, "%s", arguments)
                }
            }
        }
    }

    /// The number of a facility such as `LOG_LOCAL0`; LOG_DAEMON for an unknown name.
    ///
    /// An unknown name is no error, because the log is where errors are told.
    static func facility(_ name: String) -> Int32 {
        let named: [String: Int32] = [
            "LOG_AUTH": LOG_AUTH, "LOG_AUTHPRIV": LOG_AUTHPRIV, "LOG_CRON": LOG_CRON,
            "LOG_DAEMON": LOG_DAEMON, "LOG_FTP": LOG_FTP, "LOG_KERN": LOG_KERN, "LOG_LPR": LOG_LPR,
            "LOG_MAIL": LOG_MAIL, "LOG_NEWS": LOG_NEWS, "LOG_SYSLOG": LOG_SYSLOG,
            "LOG_USER": LOG_USER, "LOG_UUCP": LOG_UUCP,
        ]
        if name.hasPrefix("LOG_LOCAL"), let number = Int32(name.dropFirst(9)),
            (0..<8).contains(number)
        {
            return LOG_LOCAL0 + (number << 3)
        }
        return named[name] ?? LOG_DAEMON
    }

    /// The level of a line as syslog counts (RFC 5424 6.2.1).
    private static func priority(_ level: Logger.Level) -> Int32 {
        switch level {
        case .trace, .debug: LOG_DEBUG
        case .info: LOG_INFO
        case .notice: LOG_NOTICE
        case .warning: LOG_WARNING
        case .error: LOG_ERR
        case .critical: LOG_CRIT
        }
    }

    /// Writes text with its control characters escaped, those from U+0080 on as well: U+009B opens
    /// a terminal's control sequence like ESC and a bracket.
    static func write(_ text: String, into line: inout ByteWriter) {
        for scalar in text.unicodeScalars {
            if scalar.properties.generalCategory == .control {
                line.append("\\x")
                line.append(hexadecimal: UInt64(scalar.value), width: 2)
            } else {
                for byte in scalar.utf8 { line.append(byte) }
            }
        }
    }

    /// Writes the local time to the second, as operators compare it with other logs of the machine.
    private static func writeTime(into line: inout ByteWriter) {
        var seconds = time(nil)
        var parts = unsafe tm()
        unsafe localtime_r(&seconds, &parts)
        let fields: [(Int32, String)] = [
            unsafe (parts.tm_year + 1900, "-"), unsafe (parts.tm_mon + 1, "-"),
            unsafe (parts.tm_mday, " "), unsafe (parts.tm_hour, ":"),
            unsafe (parts.tm_min, ":"), unsafe (parts.tm_sec, ""),
        ]
        for (number, separator) in fields {
            if number < 10 { line.append("0") }
            line.append(decimal: number)
            line.append(separator)
        }
    }
}
