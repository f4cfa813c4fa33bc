internal import Basics
internal import JSONValue
internal import ModuleKit
internal import Subscriptions
internal import Synchronization

/// The result of a listing, written piece by piece while requests go on.
///
/// Without a limit it is the array of all records, as Kamailio gives it. With one it is an object
/// of `records` and, while there are more, `after`: the place where the next page begins. What
/// comes or goes meanwhile may be shown or not.
final class PresenceListing: ResultStream {
    /// What is listed.
    enum Kind: Sendable {
        /// Published documents.
        case publications
        /// Subscriptions.
        case subscriptions
    }

    /// How far it has come.
    private struct State: Sendable {
        var cursor: ListCursor?
        var hasBegun = false
        var left: Int?
    }

    /// Records that are asked for at a time: what a SIP worker may have to wait for.
    private static let recordsPerStep = 64
    /// Bytes after which a piece ends.
    private static let pieceBytes = 48 * 1024

    private let agent: StateAgent
    private let kind: Kind
    private let filter: ListFilter
    private let isFull: Bool
    private let isPage: Bool
    private let state: Guarded<State>

    /// A listing from a place on.
    init(
        _ agent: StateAgent, _ kind: Kind, _ filter: ListFilter, isFull: Bool, limit: Int?,
        from cursor: ListCursor
    ) {
        self.agent = agent
        self.kind = kind
        self.filter = filter
        self.isFull = isFull
        isPage = limit != nil
        state = Guarded(State(cursor: cursor, left: limit))
    }

    /// Writes the next piece; false when it was the last.
    func produce(into writer: inout JSONWriter) -> Bool {
        var state = state.withLock { $0 }
        defer { self.state.withLock { $0 = state } }
        let enough = writer.bytes.count + Self.pieceBytes
        if !state.hasBegun {
            state.hasBegun = true
            if isPage {
                writer.beginObject()
                writer.key("records")
            }
            writer.beginArray()
        }
        while state.cursor != nil, state.left != 0 {
            step(&state, &writer)
            if writer.bytes.count >= enough { return true }
        }
        finish(state, &writer)
        return false
    }

    private func step(_ state: inout State, _ writer: inout JSONWriter) {
        let limit = min(state.left ?? .max, Self.recordsPerStep)
        var count = 0
        switch kind {
        case .publications:
            let rows = agent.publications(filter, limit: limit, from: &state.cursor)
            count = rows.count
            for row in rows { write(row, &writer) }
        case .subscriptions:
            let rows = agent.subscriptions(filter, limit: limit, from: &state.cursor)
            count = rows.count
            for row in rows { write(row, &writer) }
        }
        if let left = state.left { state.left = left - count }
    }

    private func finish(_ state: State, _ writer: inout JSONWriter) {
        writer.endArray()
        guard isPage else { return }
        if let cursor = state.cursor {
            writer.key("after")
            writer.string("\(cursor.number)")
        }
        writer.endObject()
    }

    // MARK: Records

    private func event(_ package: PackageIndex) -> [UInt8] {
        agent.packages.packages[Int(package.number)].eventText
    }

    private func write(_ row: PublicationRow, _ writer: inout JSONWriter) {
        writer.beginObject()
        Self.member("user", row.user.span, &writer)
        Self.member("domain", row.host.span, &writer)
        Self.member("event", event(row.package).span, &writer)
        Self.member("etag", row.etag.span, &writer)
        Self.member("sender", row.sender.span, &writer)
        Self.member("expires", row.expires, &writer)
        if isFull {
            Self.member("received_time", row.received, &writer)
            Self.member("priority", Int(row.priority), &writer)
            Self.member("ruid", row.ruid.span, &writer)
            Self.member("body", row.body.span, &writer)
        }
        writer.endObject()
    }

    private static let texts: [(StaticString, DialogField)] = [
        ("to_user", .toUser), ("to_domain", .toHost), ("from_user", .fromUser),
        ("from_domain", .fromHost), ("watcher_user", .watcherUser),
        ("watcher_domain", .watcherHost), ("contact", .contact), ("event_id", .eventID),
        ("callid", .callID), ("user_agent", .userAgent),
    ]
    private static let furtherTexts: [(StaticString, DialogField)] = [
        ("to_tag", .toTag), ("from_tag", .fromTag), ("local_contact", .localContact),
        ("record_route", .routeSet),
    ]

    private func write(_ row: SubscriptionRow, _ writer: inout JSONWriter) {
        let dialog = row.dialog
        writer.beginObject()
        var uri = ByteWriter(capacity: 128)
        uri.append("sip:")
        uri.append(dialog[.presentityUser])
        if !dialog[.presentityUser].isEmpty { uri.append(64) }
        uri.append(dialog[.presentityHost])
        Self.member("pres_uri", uri.span, &writer)
        Self.member("event", event(dialog.package).span, &writer)
        for (name, field) in Self.texts { Self.member(name, dialog[field], &writer) }
        Self.member("expires", row.values.expires, &writer)
        Self.member("status", Int(row.values.status.rawValue), &writer)
        Self.member("version", Int(row.values.version), &writer)
        Self.member("flags", Int(row.values.flags), &writer)
        if isFull { writeRest(row, &writer) }
        writer.endObject()
    }

    private func writeRest(_ row: SubscriptionRow, _ writer: inout JSONWriter) {
        let dialog = row.dialog
        writer.key("reason")
        writer.string("\(row.values.reason.word)")
        for (name, field) in Self.furtherTexts { Self.member(name, dialog[field], &writer) }
        Self.member("socket", SocketText.name(of: dialog[.socket]), &writer)
        Self.member("remote_cseq", Int(row.values.remoteCSeq), &writer)
        Self.member("local_cseq", Int(row.values.localCSeq), &writer)
    }

    private static func member(
        _ name: StaticString, _ text: Span<UInt8>, _ writer: inout JSONWriter
    ) {
        writer.key(name)
        writer.string(text)
    }

    private static func member(_ name: StaticString, _ number: Int, _ writer: inout JSONWriter) {
        writer.key(name)
        writer.integer(number)
    }
}
