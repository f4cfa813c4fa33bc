internal import Basics
internal import JSONValue
internal import ModuleKit
internal import Synchronization

/// Calls as operators see them.
struct DialogText: Sendable {
    private let services: any Services
    private let now = SystemClock.wall().seconds

    /// The text of a server's calls.
    init(_ services: any Services) { self.services = services }

    /// All of a call, in Kamailio's order.
    func full(_ dialog: TrackedDialog) -> JSONValue {
        let record = dialog.snapshot
        let isActive = record.state.isActive
        return .object([
            .init("h_entry", .integer(Int64(dialog.entry))),
            .init("h_id", .integer(Int64(dialog.number))), .init("ref", 1),
            .init("call-id", Self.text(dialog.callID)),
            .init("from_uri", Self.text(record.caller.uri)),
            .init("to_uri", Self.text(record.callee.uri)),
            .init("state", .integer(Int64(record.state.rawValue))),
            .init("start_ts", .integer(Int64(record.answeredAt))),
            .init("init_ts", .integer(Int64(record.createdAt))),
            .init("end_ts", .integer(Int64(record.endedAt))),
            .init("duration", .integer(Int64(record.duration(now: now)))),
            .init("timeout", .integer(isActive ? Int64(record.deadline) : 0)),
            .init("lifetime", .integer(Int64(record.lifetimeSeconds))),
            .init("dflags", .integer(Int64(record.internalFlags))),
            .init("sflags", .integer(Int64(record.flags))),
            .init("iflags", .integer(record.sendsBye ? 1 : 0)),
            .init("caller", side(record.caller, isKnown: true)),
            .init("callee", side(record.callee, isKnown: record.answeredAt > 0)),
            .init("profiles", .array(record.profiles.map(Self.profile))),
            .init(
                "variables",
                .array(
                    record.variables.map { variable in
                        .object([
                            .init(
                                String(decoding: variable.name, as: UTF8.self),
                                Self.text(variable.value))
                        ])
                    })),
        ])
    }

    private func side(_ side: DialogSide, isKnown: Bool) -> JSONValue {
        let values: [(String, JSONValue)] = [
            ("tag", Self.text(side.tag)), ("contact", Self.text(side.contact)),
            ("cseq", .string(String(side.cSeq))), ("route_set", Self.text(side.routes)),
            ("socket", side.socketText(services).map { .string($0) } ?? .null),
        ]
        // Who rings is not yet a side of the call.
        return .object(values.map { .init($0.0, isKnown ? $0.1 : .null) })
    }

    private static func profile(_ entry: ProfileEntry) -> JSONValue {
        guard let value = entry.value else { return .string(entry.profile) }
        return .object([.init(entry.profile, text(value))])
    }

    private static func text(_ bytes: [UInt8]) -> JSONValue {
        .string(String(decoding: bytes, as: UTF8.self))
    }

    /// The attributes of a call that letters name.
    func brief(_ dialog: TrackedDialog, _ letters: [UInt8]) -> JSONValue {
        let record = dialog.snapshot
        let all: [(UInt8, String, JSONValue)] = [
            (UInt8(ascii: "f"), "from_uri", Self.text(record.caller.uri)),
            (UInt8(ascii: "t"), "to_uri", Self.text(record.callee.uri)),
            (UInt8(ascii: "c"), "call-id", Self.text(dialog.callID)),
            (UInt8(ascii: "F"), "from_tag", Self.text(record.caller.tag)),
            (UInt8(ascii: "T"), "to_tag", Self.text(record.callee.tag)),
            (UInt8(ascii: "I"), "init_ts", .integer(Int64(record.createdAt))),
            (UInt8(ascii: "S"), "start_ts", .integer(Int64(record.answeredAt))),
            (UInt8(ascii: "E"), "end_ts", .integer(Int64(record.endedAt))),
            (UInt8(ascii: "s"), "state", .integer(Int64(record.state.rawValue))),
        ]
        let named = all.filter { letters.contains($0.0) }.map {
            JSONValue.Member($0.1, $0.2)
        }
        return .object(
            [
                .init("h_entry", .integer(Int64(dialog.entry))),
                .init("h_id", .integer(Int64(dialog.number))),
            ] + named)
    }

    // MARK: Shapes

    private static let textOrNull = Schema.oneOf([.string, .null])
    private static let sideSchema = Schema.object(
        ["tag", "contact", "cseq", "route_set", "socket"].map { .init($0, textOrNull) },
        others: nil)

    /// The shape of a call.
    static let schema = Schema.object(
        ["h_entry", "h_id", "ref"].map { .init($0, .integer) }
            + ["call-id", "from_uri", "to_uri"].map { .init($0, .string) }
            + [
                "state", "start_ts", "init_ts", "end_ts", "duration", "timeout", "lifetime",
                "dflags", "sflags", "iflags",
            ].map { .init($0, .integer) }
            + [
                .init("caller", sideSchema), .init("callee", sideSchema),
                .init("profiles", .array(.any)),
                .init("variables", .array(.object([], others: .string))),
            ],
        others: nil)

    /// A call that rings.
    static let example: JSONValue = [
        "h_entry": 342, "h_id": 56, "ref": 1, "call-id": "a84b4c76e66710",
        "from_uri": "sip:alice@example.com", "to_uri": "sip:bob@example.com", "state": 2,
        "start_ts": 0, "init_ts": 1_700_000_000, "end_ts": 0, "duration": 0, "timeout": 0,
        "lifetime": 43_200, "dflags": 640, "sflags": 0, "iflags": 0,
        "caller": [
            "tag": "1928301774", "contact": "sip:alice@192.0.2.1:5060", "cseq": "1",
            "route_set": "", "socket": "udp:192.0.2.10:5060",
        ],
        "callee": [
            "tag": .null, "contact": .null, "cseq": .null, "route_set": .null,
            "socket": .null,
        ],
        "profiles": [], "variables": [["queue": "sales"]],
    ]
}

/// The result of a listing, one part of the table after the other.
final class DialogListing: ResultStream {
    /// How far the listing has come.
    private struct State: Sendable {
        var part = 0
        var left: Int
    }

    private let table: DialogTable
    private let text: DialogText
    private let show: @Sendable (DialogText, TrackedDialog) -> JSONValue?
    private let state: Guarded<State>

    /// A listing of the calls that `show` has a value for.
    init(
        _ module: DialogModule, limit: Int? = nil,
        _ show: @escaping @Sendable (DialogText, TrackedDialog) -> JSONValue?
    ) {
        table = module.table
        text = DialogText(module.services)
        self.show = show
        let limit = limit.map { $0 > 0 ? $0 : Int.max } ?? Int.max
        state = Guarded(State(left: limit))
    }

    /// Writes the next part; false when it was the last.
    func produce(into writer: inout JSONWriter) -> Bool {
        var state = state.withLock { $0 }
        defer { self.state.withLock { $0 = state } }
        if state.part == 0 { writer.beginArray() }
        for dialog in table.dialogs(inPart: state.part) where state.left > 0 {
            guard let value = show(text, dialog) else { continue }
            writer.value(value)
            state.left -= 1
        }
        state.part += 1
        guard state.part < DialogTable.partCount, state.left > 0 else {
            writer.endArray()
            return false
        }
        return true
    }
}

/// What `dlg.list_match` looks for.
struct DialogMatch: Sendable {
    /// What of a call is compared.
    private enum Key: String { case ruri, furi, turi, callid, start = "start_ts" }
    /// How it is compared: equal, regular expression, beginning, greater, less.
    private enum Operator: String { case eq, re, sw, gt, lt }

    private let key: Key
    private let comparison: Operator
    private let value: [UInt8]
    private let number: Int
    private let pattern: RegularExpression?

    /// The match of a call of the command; errors are Kamailio's.
    init(_ call: RPCCall) throws(RPCError) {
        guard let key = Key(rawValue: call.string(0) ?? "") else {
            throw RPCError(500, "Invalid matching key parameter")
        }
        guard let comparison = Operator(rawValue: call.string(1) ?? "") else {
            throw RPCError(500, "Invalid matching operator parameter")
        }
        let isNumeric = comparison == .gt || comparison == .lt
        guard isNumeric == (key == .start) || (key == .start && comparison == .eq) else {
            throw RPCError(500, "Matching operator not supported for the key")
        }
        self.key = key
        self.comparison = comparison
        var text = call.string(2) ?? ""
        // Tools write numbers as "s:123" to have them sent as text.
        if key == .start, text.hasPrefix("s:") { text.removeFirst(2) }
        value = Array(text.utf8)
        number = Int(text) ?? 0
        if key == .start, Int(text) == nil { throw RPCError(500, "Invalid matching value") }
        pattern =
            comparison == .re ? try? RegularExpression.linewise(text) : nil
        if comparison == .re, pattern == nil { throw RPCError(500, "Invalid regular expression") }
    }

    /// Whether a call is one of those.
    func holds(_ dialog: TrackedDialog) -> Bool {
        let record = dialog.snapshot
        guard key != .start else {
            return switch comparison {
            case .gt: record.answeredAt > number
            case .lt: record.answeredAt < number
            default: record.answeredAt == number
            }
        }
        let text = text(of: dialog, record)
        switch comparison {
        case .eq: return text == value
        case .sw: return text.starts(with: value)
        case .re:
            guard let pattern else { return false }
            return pattern.matches(text.span)
        case .gt, .lt: return false
        }
    }
    private func text(of dialog: TrackedDialog, _ record: DialogRecord) -> [UInt8] {
        switch key {
        case .ruri: record.requestURI
        case .furi: record.caller.uri
        case .turi: record.callee.uri
        case .callid: dialog.callID
        case .start: []
        }
    }
}
