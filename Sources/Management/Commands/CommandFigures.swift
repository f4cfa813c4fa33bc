public import Basics
public import ModuleKit

/// What is counted of management commands: how many over which channel, and how long they took.
public final class CommandFigures: Sendable {
    /// The channels that are counted by themselves, and what stands for all others.
    public static let channels = ["http", "ctl", "fifo", "datagram", "tcp", "script", "other"]

    /// Commands that were carried out, by channel.
    public let done: [Counter] = channels.map { _ in Counter() }
    /// Commands that were refused or failed, by channel.
    public let failed: [Counter] = channels.map { _ in Counter() }
    /// How long they took; for an answer that comes in pieces until the first.
    public let durations = LatencyHistogram()

    /// Nothing counted.
    public init() {}

    /// Notes a command that has ended.
    func note(channel: String, isDone: Bool, nanoseconds: UInt64) {
        let place = Self.channels.firstIndex(of: channel) ?? Self.channels.count - 1
        (isDone ? done : failed)[place].add()
        durations.note(nanoseconds: nanoseconds)
    }

    /// Adds them to a page of metrics.
    public func write(to page: inout MetricPage) {
        for (place, channel) in Self.channels.enumerated() {
            for (result, counters) in [("done", done), ("failed", failed)] {
                page.counter(
                    "roost_commands_total", "Management commands, by channel and result.",
                    counters[place].value, labels: [("channel", channel), ("result", result)])
            }
        }
        page.histogram(
            "roost_command_duration_seconds",
            "How long management commands took; for an answer that comes in pieces until the "
                + "first.", durations)
    }
}

/// The module that keeps the figures of management commands: core.
public protocol CommandFiguresKeeping: AnyObject, Sendable {
    /// The figures.
    var commandFigures: CommandFigures { get }
}

extension Services {
    /// The server's figures of commands; some of their own where no module keeps any.
    public var commandFigures: CommandFigures {
        for loaded in loadedModules {
            if let keeper = loaded.instance as? any CommandFiguresKeeping {
                return keeper.commandFigures
            }
        }
        return CommandFigures()
    }
}
