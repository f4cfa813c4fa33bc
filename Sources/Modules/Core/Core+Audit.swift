internal import Basics
internal import JSONValue
internal import Management
internal import ModuleKit

/// The command that shows the record of changes.
extension Core {
    /// Entries that `audit.list` shows when nobody says how many.
    private static let entriesShown = 100

    /// The rows about the record of changes.
    static let records: [MethodRow<Core>] = [
        MethodRow(
            "audit.list",
            [
                RPCParameter(
                    "limit", .integer, isOptional: true,
                    "Most entries, 1 to \(Limits.auditEntriesMax); \(entriesShown) without it"),
                RPCParameter(
                    "before", .integer, isOptional: true,
                    "Only entries with a lower number: the last one of the page before"),
            ],
            result: .object(
                [.init("count", .integer), .init("entries", .array(AuditEntry.schema))],
                others: nil),
            "Lists changes made by commands, the newest first: who, from where, what, old and new "
                + "value",
            example: RPCExample(
                [10],
                [
                    "count": 1,
                    "entries": [
                        [
                            "number": 1, "time": 1_795_274_284, "channel": "http",
                            "address": "127.0.0.1:40312", "user": "ann",
                            "method": "cfg.set_now_int", "parameters": "[\"core\",\"debug\",2]",
                            "changes": [["what": "core.debug", "old": 0, "new": 2]], "done": true,
                        ]
                    ],
                ])
        ) { (core, call) throws(RPCError) in .value(try core.changes(call)) }
    ]

    /// One page of the record.
    private func changes(_ call: RPCCall) throws(RPCError) -> JSONValue {
        let limit = call.integer(0) ?? Self.entriesShown
        guard (1...Limits.auditEntriesMax).contains(limit) else {
            throw RPCError(
                RPCError.invalidParameters,
                "audit.list: limit must be from 1 to \(Limits.auditEntriesMax), not \(limit)")
        }
        let before = call.integer(1).map { UInt64(clamping: $0) }
        return [
            "count": .integer(Int64(clamping: audit.count)),
            "entries": .array(audit.entries(limit: limit, before: before).map(\.json)),
        ]
    }
}
