public import Basics
public import JSONValue
public import ModuleKit

/// One call of a command that changes something, as the record of changes keeps it.
public struct AuditEntry: Sendable {
    /// Rises by one with each entry, from 1.
    public var number: UInt64
    /// When the command had run.
    public var time: WallTime
    /// Who called, and from where.
    public var caller: RPCCaller
    /// The command.
    public var method: String
    /// Its parameters as JSON, cut to `Limits.loggedParametersBytesMax`.
    public var parameters: String
    /// Old and new values, where the command tells them.
    public var changes: [ChangeNote]
    /// Why it was refused; nil when it was not.
    public var error: RPCError?

    /// The entry as `audit.list` shows it.
    public var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("number", .integer(Int64(clamping: number))),
            .init("time", .integer(Int64(time.seconds))),
            .init("channel", .string(caller.channel)), .init("address", .string(caller.address)),
            .init("user", caller.user.map { .string($0) } ?? .null),
            .init("method", .string(method)), .init("parameters", .string(parameters)),
            .init("changes", .array(changes.map(\.json))), .init("done", .bool(error == nil)),
        ]
        if let error {
            members.append(.init("code", .integer(Int64(error.code))))
            members.append(.init("message", .string(error.message)))
        }
        return .object(members)
    }

    /// The shape of `json`.
    public static let schema = Schema.object(
        [
            .init("number", .integer), .init("time", .integer), .init("channel", .string),
            .init("address", .string), .init("user", .oneOf([.string, .null])),
            .init("method", .string), .init("parameters", .string),
            .init(
                "changes",
                .array(
                    .object(
                        [.init("what", .string), .init("old", .any), .init("new", .any)],
                        others: nil))), .init("done", .bool),
            .init("code", .integer, isRequired: false),
            .init("message", .string, isRequired: false),
        ], others: nil)
}

extension ChangeNote {
    /// The change as JSON.
    public var json: JSONValue { ["what": .string(what), "old": old, "new": new] }

    /// The change with values that are no longer than the record keeps.
    ///
    /// A value that is too long becomes the beginning of its text.
    var bounded: ChangeNote {
        ChangeNote(
            String(what.prefix(Limits.loggedParametersBytesMax)), old: Self.bounded(old),
            new: Self.bounded(new))
    }

    private static func bounded(_ value: JSONValue) -> JSONValue {
        let text = value.encoded()
        guard text.utf8.count > Limits.loggedParametersBytesMax else { return value }
        return .string(String(text.prefix(Limits.loggedParametersBytesMax)))
    }
}
