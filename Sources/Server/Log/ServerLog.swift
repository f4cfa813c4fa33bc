internal import Basics
internal import Core
internal import Glibc
public import Logging
internal import ModuleKit

/// Writes the log to standard error, to a file or to syslog, one line an entry.
public struct ServerLog: LogHandler {
    /// Where lines go.
    public enum Destination: Sendable {
        /// Standard error, with the time in front.
        case standardError
        /// A file, with the time in front.
        case file(LogFile)
        /// The system's log, under a facility such as `LOG_DAEMON`.
        case syslog(facility: Int32)
    }

    private let label: String
    private let destination: Destination
    private let format: LogFormat
    private let threshold: LogThreshold
    /// Values that every line carries.
    public var metadata: Logger.Metadata = [:]

    /// A log.
    public init(
        label: String, destination: Destination, format: LogFormat = .text,
        threshold: LogThreshold
    ) {
        self.label = label
        self.destination = destination
        self.format = format
        self.threshold = threshold
    }

    /// The level below which nothing is written; it follows core parameters `debug` and
    /// `log_levels`.
    public var logLevel: Logger.Level {
        get { threshold.level }
        set { _ = newValue }
    }

    /// One value that every line carries.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line, if the part of the server that it comes from is to be heard.
    public func log(event: LogEvent) {
        guard threshold.admits(event.level, from: event.source) else { return }
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        let line = LogLine(
            label: label, level: event.level, part: event.source,
            message: event.message.description,
            values: metadata.merging(event.metadata ?? [:]) { _, new in new }, time: now)
        emit(line)
    }

    private func emit(_ line: LogLine) {
        var text = ByteWriter(capacity: 256)
        switch destination {
        case .standardError:
            line.write(format, timed: true, into: &text)
            Self.write(text, to: STDERR_FILENO)
        case .file(let file):
            line.write(format, timed: true, into: &text)
            Self.write(text, to: file.descriptor)
        case .syslog(let facility):
            line.write(format, timed: false, into: &text)
            let priority = facility | Self.priority(line.level)
            unsafe text.text.withCString { text in
                unsafe withVaList([text]) { arguments in
                    unsafe vsyslog(priority, "%s", arguments)
                }
            }
        }
    }

    private static func write(_ text: borrowing ByteWriter, to descriptor: Int32) {
        unsafe text.span.withUnsafeBytes { bytes in
            _ = unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
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
}
