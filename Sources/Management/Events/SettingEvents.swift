internal import Basics
public import JSONValue
public import ModuleKit

/// Tells of settings that were changed while the server runs: events of kind `setting`.
public final class SettingEvents: EventSource {
    /// The one kind.
    public let eventKinds = ["setting"]
    private let listener = GuardedFunction<ServerEvent>()

    /// Follows a store for good; settings change so seldom that nothing is saved by looking away.
    public init(_ store: SettingsStore) {
        store.observe { [weak self] changes in self?.note(changes) }
    }

    /// Tells from now on, or no more.
    public func tell(_ kinds: Set<String>, _ listener: @escaping @Sendable (ServerEvent) -> Void) {
        self.listener.set(kinds.isEmpty ? nil : listener)
    }

    private func note(_ changes: [PendingChange]) {
        guard let listener = listener.function else { return }
        for change in changes {
            listener(
                ServerEvent(
                    "setting", at: SystemClock.wall(),
                    [
                        "group": .string(change.group), "name": .string(change.name),
                        "old": change.old.json, "new": change.new.json,
                    ]))
        }
    }
}

/// How settings are shown outside.
extension SettingValue {
    /// The value as JSON; a string that is not set is null.
    public var json: JSONValue {
        switch self {
        case .integer(let number): .integer(Int64(number))
        case .string(let text): .string(text)
        // Not "": a string that is set to nothing is another value.
        case .unset: .null
        }
    }
}
