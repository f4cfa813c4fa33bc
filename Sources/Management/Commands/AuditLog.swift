public import Basics
public import JSONValue
public import Logging
public import ModuleKit
internal import Synchronization

/// The record of changes: every call of a command that changes something, whoever made it and over
/// whichever channel.
///
/// There is one for a server, whose core module keeps it. It holds the last
/// `Limits.auditEntriesMax` entries for `audit.list`; the server's log has all of them.
///
/// Calls that were refused are in it as well: a series of them is what an attack looks like.
public final class AuditLog: Sendable {
    /// What the lock guards.
    private struct State {
        var entries: [AuditEntry] = []
        /// Place of the oldest entry, once the ring is full.
        var oldest = 0
        var count: UInt64 = 0
    }

    private let capacity: Int
    private let state = Guarded(State())

    /// An empty record.
    public init(capacity: Int = Limits.auditEntriesMax) {
        precondition(capacity > 0, "a record without room")
        self.capacity = capacity
    }

    /// Entries so far, those included that have made room for newer ones.
    public var count: UInt64 { state.withLock { $0.count } }

    /// The newest entries first, at most `limit`; with `before` only those with lower numbers.
    public func entries(limit: Int, before: UInt64? = nil) -> [AuditEntry] {
        state.withLock { state in
            var found: [AuditEntry] = []
            for place in stride(from: state.entries.count - 1, through: 0, by: -1) {
                guard found.count < limit else { break }
                let entry = state.entries[(state.oldest + place) % state.entries.count]
                if let before, entry.number >= before { continue }
                found.append(entry)
            }
            return found
        }
    }

    /// Adds a call that has ended, and writes it into the log.
    ///
    /// Texts are written as JSON, so a line end in them cannot forge a line of the log.
    public func add(
        _ method: String, _ parameters: JSONValue?, by caller: RPCCaller, changes: [ChangeNote],
        error: RPCError?, at time: WallTime, to logger: Logger
    ) {
        let text = String(
            (parameters ?? []).encoded().prefix(Limits.loggedParametersBytesMax))
        let changes = changes.map(\.bounded)
        let refused = error.map { " refused: \($0.code) \($0.message.oneLine)" } ?? ""
        logger.notice("\(method.oneLine) \(text) by \(caller.text)\(refused)")
        for change in changes {
            let values = "from \(change.old.encoded()) to \(change.new.encoded())"
            logger.notice("\(change.what.oneLine) changed \(values) by \(caller.text)")
        }
        state.withLock { state in
            state.count += 1
            let entry = AuditEntry(
                number: state.count, time: time, caller: caller, method: method, parameters: text,
                changes: changes, error: error)
            if state.entries.count < capacity {
                state.entries.append(entry)
            } else {
                state.entries[state.oldest] = entry
                state.oldest = (state.oldest + 1) % capacity
            }
        }
    }
}

/// The module that keeps the server's record of changes: core.
public protocol AuditKeeping: AnyObject, Sendable {
    /// The record.
    var audit: AuditLog { get }
}

extension Services {
    /// The server's record of changes; one of its own where no module keeps any.
    public var audit: AuditLog {
        for loaded in loadedModules {
            if let keeper = loaded.instance as? any AuditKeeping { return keeper.audit }
        }
        return AuditLog()
    }
}

extension RPCCaller {
    /// Channel, address and user in one word each: "http 127.0.0.1:40312 admin".
    public var text: String {
        "\(channel) \(address)" + (user.map { " \($0.oneLine)" } ?? "")
    }
}

extension String {
    /// The text without what could begin another line of the log.
    var oneLine: String {
        guard utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return self }
        return String(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
    }
}
