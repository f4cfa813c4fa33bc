internal import Basics
public import Logging

/// How important a line of the log is, by Kamailio's numbers.
public enum ScriptLevel: Int, Sendable, Hashable, CaseIterable {
    /// Something must be done at once.
    case alert = -5
    /// A defect of the program.
    case bug = -4
    /// A condition that is critical.
    case critical = -2
    /// An error.
    case error = -1
    /// Something unusual.
    case warning = 0
    /// Something normal and significant.
    case notice = 1
    /// For information.
    case info = 2
    /// For debugging.
    case debug = 3

    /// The level of a number; numbers in between and beyond count as the nearest one above.
    public init(number: Int) {
        self = Self.allCases.first { $0.rawValue >= number } ?? .debug
    }

    /// The level of `L_ERR` and its siblings, nil for other words.
    public init?(name: String) {
        switch name {
        case "L_ALERT": self = .alert
        case "L_BUG": self = .bug
        case "L_CRIT2", "L_CRIT": self = .critical
        case "L_ERR": self = .error
        case "L_WARN": self = .warning
        case "L_NOTICE": self = .notice
        case "L_INFO": self = .info
        case "L_DBG": self = .debug
        default: return nil
        }
    }

    /// The same as a level of swift-log's.
    public var level: Logger.Level {
        switch self {
        case .alert, .bug, .critical: .critical
        case .error: .error
        case .warning: .warning
        case .notice: .notice
        case .info: .info
        case .debug: .debug
        }
    }
}

/// Writing to the log from within a script.
extension ScriptContext {
    /// Whether lines of a level are written: ask before a line is put together.
    public func isLogging(_ level: ScriptLevel) -> Bool {
        services.logger.logLevel <= level.level
    }

    /// Writes a line.
    ///
    /// Line ends behind it are left out; the log adds its own.
    public func log(_ level: ScriptLevel, _ text: Span<UInt8>) {
        var count = text.count
        while count > 0, text[count - 1] == 10 || text[count - 1] == 13 { count -= 1 }
        log(level, String(copying: text.extracting(0..<count)))
    }

    /// Writes a line.
    public func log(_ level: ScriptLevel, _ text: String) {
        services.logger.log(level: level.level, "\(text)")
    }
}
