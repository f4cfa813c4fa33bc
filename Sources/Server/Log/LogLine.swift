internal import Basics
internal import Glibc
internal import JSONValue
internal import Logging

/// The forms that a line of the log may have: core parameter `log_format`.
public enum LogFormat: String, Sendable, CaseIterable {
    /// For people: level, text, and values as `name=value`.
    case text
    /// For programs: one JSON object a line.
    case json
}

/// What is logged once, and how it is written.
///
/// What strangers sent may stand in it: control characters are escaped in both forms, so that
/// nobody forges lines or colours of an operator's terminal.
struct LogLine {
    /// The server's name.
    let label: String
    /// How serious it is.
    let level: Logger.Level
    /// The Swift module that wrote it.
    let part: String
    /// The text.
    let message: String
    /// Values by their names.
    let values: Logger.Metadata
    /// When it was, in seconds since 1970 and nanoseconds.
    let time: timespec

    /// Writes the line with its end.
    func write(_ format: LogFormat, timed: Bool, into line: inout ByteWriter) {
        switch format {
        case .text: writeText(timed: timed, into: &line)
        case .json: writeJSON(into: &line)
        }
        line.append("\n")
    }

    private func writeText(timed: Bool, into line: inout ByteWriter) {
        if timed {
            writeTime(into: &line)
            line.append(" ")
        }
        line.append(level.rawValue.uppercased())
        line.append(" ")
        line.append(label)
        line.append(": ")
        Self.write(message, into: &line)
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            line.append(" ")
            line.append(key)
            line.append("=")
            Self.write("\(value)", into: &line)
        }
    }

    /// Members of our own come first; a value of the same name is put under `values`, where no
    /// name clashes.
    private func writeJSON(into line: inout ByteWriter) {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.key("time")
        json.string(universalTime)
        json.key("level")
        json.string(level.rawValue)
        json.key("server")
        json.string(label)
        json.key("module")
        json.string(part)
        json.key("message")
        json.string(message)
        if !values.isEmpty {
            json.key("values")
            json.beginObject()
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                json.key(key)
                json.string("\(value)")
            }
            json.endObject()
        }
        json.endObject()
        line.append(json.bytes.span)
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

    // MARK: Time

    /// Writes the local time to the second, as operators compare it with other logs of the machine.
    private func writeTime(into line: inout ByteWriter) {
        var seconds = time.tv_sec
        var parts = unsafe tm()
        unsafe localtime_r(&seconds, &parts)
        unsafe Self.write(parts, between: " ", into: &line)
    }

    /// The time in UTC to the millisecond (RFC 3339), by which programs put lines of several
    /// machines in order.
    private var universalTime: String {
        var seconds = time.tv_sec
        var parts = unsafe tm()
        unsafe gmtime_r(&seconds, &parts)
        var text = ByteWriter(capacity: 32)
        unsafe Self.write(parts, between: "T", into: &text)
        text.append(".")
        let milliseconds = time.tv_nsec / 1_000_000
        if milliseconds < 100 { text.append("0") }
        if milliseconds < 10 { text.append("0") }
        text.append(decimal: milliseconds)
        text.append("Z")
        return text.text
    }

    private static func write(
        _ parts: tm, between separator: String, into line: inout ByteWriter
    ) {
        let fields: [(Int32, String)] = [
            unsafe (parts.tm_year + 1900, "-"), unsafe (parts.tm_mon + 1, "-"),
            unsafe (parts.tm_mday, separator), unsafe (parts.tm_hour, ":"),
            unsafe (parts.tm_min, ":"), unsafe (parts.tm_sec, ""),
        ]
        for (number, separator) in fields {
            if number < 10 { line.append("0") }
            line.append(decimal: number)
            line.append(separator)
        }
    }
}
