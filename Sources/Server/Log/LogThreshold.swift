internal import Basics
internal import Core
public import Logging
internal import ModuleKit
internal import Synchronization

/// How much the log shows: core parameters `debug` and `log_levels`, which may change while the
/// server runs.
public final class LogThreshold: Sendable {
    /// Where both settings are read.
    private struct Source {
        let settings: SettingsStore
        let read: @Sendable () -> (debug: Int, levels: LogLevels)
    }

    /// The level as Kamailio counts, read for each line.
    private let number = Atomic<Int>(0)
    /// The most that any part of the server shows: what is below is dropped before its part is
    /// looked up.
    private let loudest = Atomic<Int>(0)
    /// The generation of the settings that `number` is from.
    private let seen = Atomic<UInt64>(0)
    /// Where the settings are read, nil before the modules are made.
    private let source = Guarded<Source?>(nil)
    /// The levels of single parts.
    private let parts = Guarded(LogLevels())

    /// A threshold at a level of Kamailio's: -5 alert to 3 debug.
    public init(debug: Int) { self.debug = debug }

    /// From now on follows the settings of core; the command line raises `debug` by `extra`.
    func follow(_ settings: SettingsStore, _ handle: SettingsHandle<Core.Parameters>, extra: Int) {
        source.withLock { source in
            source = Source(settings: settings) {
                let now = settings.current(handle)
                return (now.debug + extra, LogLevels(now.logLevels))
            }
        }
    }

    /// Takes up a changed setting: a lock and a comparison when there is none.
    private func refresh() {
        guard let source = source.withLock({ $0 }) else { return }
        let generation = source.settings.generation
        guard seen.exchange(generation, ordering: .relaxed) != generation else { return }
        let now = source.read()
        parts.withLock { $0 = now.levels }
        debug = now.debug
    }

    /// The level of Kamailio's: -5 alert, -1 error, 0 warning, 1 notice, 2 info, 3 debug.
    public var debug: Int {
        get { number.load(ordering: .relaxed) }
        set {
            number.store(newValue, ordering: .relaxed)
            let most = parts.withLock { $0.most }
            loudest.store(max(newValue, most ?? newValue), ordering: .relaxed)
        }
    }

    /// The level of which any part of the server shows something, as swift-log counts.
    public var level: Logger.Level {
        refresh()
        return Self.level(loudest.load(ordering: .relaxed))
    }

    /// Whether a line of this level shows that comes from `part`: the Swift module that wrote it.
    func admits(_ level: Logger.Level, from part: String) -> Bool {
        let own = parts.withLock { $0.isEmpty ? nil : $0.level(of: part) }
        return level >= Self.level(own ?? debug)
    }

    /// A level of Kamailio's as one of swift-log's.
    private static func level(_ debug: Int) -> Logger.Level {
        switch debug {
        case ...(-2): .critical
        case -1: .error
        case 0: .warning
        case 1: .notice
        case 2: .info
        default: .debug
        }
    }
}
