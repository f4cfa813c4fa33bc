import Basics
import Logging
import Synchronization

/// The lines that a writer has logged.
final class LogTally: Sendable {
    private let lines = Guarded<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

/// A log that keeps its lines with what belongs to them.
struct TallyLog: LogHandler {
    let lines: LogTally
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .debug
    init(_ lines: LogTally) { self.lines = lines }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
        let more = (event.metadata ?? [:]).sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }
        lines.add("\(event.level) \(event.message) \(more.joined(separator: " "))")
    }
}
