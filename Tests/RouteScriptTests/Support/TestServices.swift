import Basics
import Synchronization
import Logging
import ModuleKit
import Storage

/// What was written to a log, by level.
final class LogRecorder: Sendable {
    private let lines = Guarded<[String]>([])

    var written: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

/// Hands what is logged to a recorder.
struct RecordingHandler: LogHandler {
    let recorder: LogRecorder
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { recorder.add("\(event.level) \(event.message)") }
}

/// A server without sockets, databases and threads.
final class TestServices: Services {
    let settings = SettingsStore()
    let log: LogRecorder
    let logger: Logger
    let serverID = 0
    let startedAt = WallTime(seconds: 1_700_000_000)
    let sockets: [ListeningSocket]
    let commandLine = ["roost"]
    let loadedModules: [LoadedModule] = []
    let threads: [(id: Int, description: String)] = []

    init(level: Logger.Level = .info) {
        let recorder = LogRecorder()
        log = recorder
        logger = Logger(label: "test") { _ in
            RecordingHandler(recorder: recorder, logLevel: level)
        }
        sockets = [
            ListeningSocket(
                transport: .udp, address: PeerAddress(ipv4: 0x7f00_0001, port: 5060))
        ]
    }

    func database(_ url: String) throws(StorageError) -> any DatabaseDriver {
        throw StorageError(.configuration, "no database here")
    }

    func every(_ seconds: Int, _ name: String, _ body: @escaping @Sendable () -> Void) {}

    func runEventRoute(_ name: String, _ prepare: (ScriptContext) -> Void) {}

    func announceThread(_ description: String) {}

    func requestStop(status: Int32) {}
}
