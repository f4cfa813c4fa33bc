import Basics
import Storage
import Subscriptions

/// Reads rows of the tables back into the engine.
///
/// Rows come from this server before its restart, from Kamailio or from somebody's SQL client, so
/// nothing in them is trusted: numbers are cut to their width, and a row without what a record
/// needs is refused as a whole and left alone.
struct StorageReader: Sendable {
    /// What became of a row.
    enum Outcome: Sendable, CaseIterable {
        /// It is in memory now.
        case loaded
        /// Its time is over.
        case expired
        /// Memory has it, or had no room.
        case superseded
        /// It is of an event package that no module has declared.
        case foreign
        /// It cannot be understood.
        case refused
    }

    /// The engine that takes the rows up.
    let agent: StateAgent
    /// How they are to be seen.
    let settings: StorageSettings

    /// Takes up a row of a table, whose cells are `id` and then the table's columns.
    ///
    /// The draft is lent by the caller, who reads millions of rows with it.
    func read(
        _ table: StoredTable, _ row: borrowing DatabaseRow, now: WallTime,
        draft: inout DialogDraft
    ) -> Outcome {
        switch table {
        case .presentity: readPublication(row, now)
        case .activeWatchers: readSubscription(row, now, &draft)
        case .watchers: readWatcher(row, now)
        }
    }

    // MARK: presentity

    /// Takes up a document; one whose event package checks it and finds fault is superseded.
    private func readPublication(_ row: borrowing DatabaseRow, _ now: WallTime) -> Outcome {
        guard let package = agent.packages.named(row.bytes(3)) else { return .foreign }
        guard let stored = row.integer(5), let received = row.integer(6), !row.bytes(2).isEmpty,
            !row.bytes(4).isEmpty, row.bytes(4).count <= Limits.entityTagBytesMax,
            row.bytes(1).count <= Limits.presenceNameBytesMax,
            row.bytes(2).count <= Limits.presenceNameBytesMax,
            row.bytes(7).count <= Limits.documentBytesMax,
            row.bytes(8).count <= Limits.senderBytesMax,
            row.bytes(10).count <= Limits.ruidBytesMax
        else { return .refused }
        guard let expires = expires(stored, now) else { return .expired }
        let publication = PublicationRow(
            user: Array(copying: row.bytes(1)), host: Array(copying: row.bytes(2)),
            package: package, etag: Array(copying: row.bytes(4)), ruid: Self.ruid(row),
            body: EventBody(row.bytes(7)),
            sender: Array(copying: row.bytes(8)), expires: expires, received: received,
            priority: Int32(truncatingIfNeeded: row.integer(9) ?? 0))
        return agent.restore(publication, now: now) ? .loaded : .superseded
    }

    /// The unique name of a row; for one that has none the name that it is about to get.
    ///
    /// Kamailio before 5.2 knew no `ruid`. Without one the row would be left behind by the first
    /// refresh, which changes its entity tag.
    private static func ruid(_ row: borrowing DatabaseRow) -> [UInt8] {
        isNameless(row)
            ? Array(name(ofRow: row.integer(0) ?? 0).utf8) : Array(copying: row.bytes(10))
    }

    /// Whether a row of `presentity` has no unique name.
    static func isNameless(_ row: borrowing DatabaseRow) -> Bool { row.bytes(10).isEmpty }

    /// The unique name that a row of an `id` gets which has none.
    static func name(ofRow id: Int) -> String { "pres-row-\(id)" }

    /// The second at which a document is to expire; nil when it stays away.
    ///
    /// With `startup_mode` 0 a document whose time ran out while the server was down is shown until
    /// the first purge, which tells its watchers; with 1 nobody sees it again.
    private func expires(_ stored: Int, _ now: WallTime) -> Int? {
        if stored <= 0 { return -1 }
        if stored + settings.expiresOffsetSeconds > now.seconds { return stored }
        return settings.ignoresExpired ? nil : now.seconds + 1 - settings.expiresOffsetSeconds
    }

    // MARK: active_watchers

    /// The columns of text with their places in a row.
    private static let texts: [(field: DialogField, column: Int)] = [
        (.watcherUser, 2), (.watcherHost, 3), (.toUser, 4), (.toHost, 5), (.eventID, 7),
        (.toTag, 8), (.fromTag, 9), (.callID, 10), (.contact, 13), (.routeSet, 14),
        (.socket, 19), (.localContact, 20), (.fromUser, 21), (.fromHost, 22), (.userAgent, 26),
    ]

    /// Takes up a subscription; nobody is told of it.
    private func readSubscription(
        _ row: borrowing DatabaseRow, _ now: WallTime, _ draft: inout DialogDraft
    ) -> Outcome {
        guard let package = agent.packages.named(row.bytes(6)) else { return .foreign }
        guard let presentity = Presentity(row.bytes(1)), let values = values(row) else {
            return .refused
        }
        // Without these no NOTIFY can be sent in the dialog (RFC 3261 12.2.1.1).
        for column in [8, 9, 10, 13] where row.bytes(column).isEmpty { return .refused }
        guard values.expires + settings.expiresOffsetSeconds > now.seconds,
            values.status != .terminated
        else { return .expired }
        draft.reset()
        for text in Self.texts { draft.set(text.field, row.bytes(text.column)) }
        draft.set(.presentityUser, row.bytes(1).extracting(presentity.user))
        draft.set(.presentityHost, row.bytes(1).extracting(presentity.host))
        guard draft.fits else { return .refused }
        return agent.restore(draft, package: package, values: values, now: now)
            ? .loaded : .superseded
    }

    /// The numbers of a subscription; nil when one that must be there is missing or no number.
    ///
    /// `updated` and `updated_winfo` are marks for Kamailio's notifier processes and mean nothing
    /// here.
    private func values(_ row: borrowing DatabaseRow) -> SubscriptionValues? {
        guard let localCSeq = row.integer(11), let remoteCSeq = row.integer(12),
            let expires = row.integer(15), let status = Self.status(row.integer(16))
        else { return nil }
        var values = SubscriptionValues()
        values.localCSeq = UInt32(truncatingIfNeeded: localCSeq)
        values.remoteCSeq = UInt32(truncatingIfNeeded: remoteCSeq)
        values.expires = expires
        values.status = status
        values.reason = StatusReason(word: row.bytes(17))
        values.version = UInt32(truncatingIfNeeded: row.integer(18) ?? 0)
        values.flags = UInt32(truncatingIfNeeded: row.integer(25) ?? 0)
        return values
    }

    // MARK: watchers

    /// Takes up a decision about a watcher, unless it has been pending for too long.
    private func readWatcher(_ row: borrowing DatabaseRow, _ now: WallTime) -> Outcome {
        guard let package = agent.packages.named(row.bytes(4)) else { return .foreign }
        guard let presentity = Presentity(row.bytes(1)),
            let status = Self.status(row.integer(5)), let inserted = row.integer(7),
            !row.bytes(3).isEmpty, row.bytes(2).count <= Limits.presenceNameBytesMax,
            row.bytes(3).count <= Limits.presenceNameBytesMax
        else { return .refused }
        guard status != .pending || inserted > now.seconds - StorageCleaner.pendingSeconds else {
            return .expired
        }
        let watcher = WatcherRow(
            presentityUser: Array(copying: row.bytes(1).extracting(presentity.user)),
            presentityHost: Array(copying: row.bytes(1).extracting(presentity.host)),
            user: Array(copying: row.bytes(2)), host: Array(copying: row.bytes(3)),
            package: package, status: status, reason: StatusReason(word: row.bytes(6)),
            inserted: inserted)
        return agent.restore(watcher, now: now) ? .loaded : .superseded
    }

    /// The status of its number; nil for a number that means nothing.
    private static func status(_ number: Int?) -> SubscriptionStatus? {
        number.flatMap { UInt8(exactly: $0) }.flatMap { SubscriptionStatus(rawValue: $0) }
    }
}

/// Where user and host of a presentity lie within the column `presentity_uri`.
struct Presentity: Sendable, Equatable {
    /// The user part, empty without one.
    let user: Range<Int>
    /// The host part.
    let host: Range<Int>

    /// The parts of `sip:user@host`, whose scheme may be missing; nil for anything longer.
    ///
    /// A port or parameters are no part of a presentity, for this server as for Kamailio.
    init?(_ text: Span<UInt8>) {
        guard text.count <= Limits.presentityBytesMax else { return nil }
        var start = 0
        for scheme: StaticString in ["sips:", "sip:", "pres:"] {
            if Self.begins(text, with: scheme) {
                start = scheme.utf8CodeUnitCount
                break
            }
        }
        var at: Int?
        for place in start..<text.count where text[place] == UInt8(ascii: "@") { at = place }
        user = start..<(at ?? start)
        host = (at.map { $0 + 1 } ?? start)..<text.count
        guard !host.isEmpty, user.count <= Limits.presenceNameBytesMax,
            host.count <= Limits.presenceNameBytesMax
        else { return nil }
        for place in host {
            let byte = text[place]
            guard byte > 0x20, byte != UInt8(ascii: ";"), byte != UInt8(ascii: "?") else {
                return nil
            }
        }
    }

    /// Whether a text begins with a word, which is in lower case as all rows have it.
    private static func begins(_ text: Span<UInt8>, with word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard text.count >= count else { return false }
        return word.withUTF8Buffer { bytes in
            (0..<count).allSatisfy { unsafe text[$0] == bytes[$0] }
        }
    }
}
