import Basics
import Storage
import Subscriptions

/// Changes of the journal on their way to the database, in one transaction.
///
/// Rows are written and deleted in the order of their keys and table after table, so that two
/// servers that share the tables lock rows in the same order. Deletions come first: a row that was
/// deleted and made again in the same batch is there afterwards, which is what memory says.
struct StorageBatch: ~Copyable {
    /// The rows of one table.
    private struct Rows: ~Copyable {
        /// Rows that are inserted or overwritten.
        var writes: RowBatch
        /// Keys of rows that go.
        var erasures: RowBatch
        /// No rows.
        init(_ table: StoredTable) {
            writes = RowBatch(columns: table.columns.count, rows: 256)
            erasures = RowBatch(columns: table.key.count, rows: 64)
        }
    }

    /// A row that the database refuses for what is in it, with its table.
    struct Refused: Sendable {
        /// The table.
        var table: StoredTable
        /// What the database said.
        var error: StorageError
    }

    private let settings: StorageSettings
    /// The column `event` of each package.
    private let events: [[UInt8]]
    private var presentity = Rows(.presentity)
    private var activeWatchers = Rows(.activeWatchers)
    private var watchers = Rows(.watchers)
    /// How many rows are written or deleted.
    private(set) var count = 0

    /// An empty batch for the tables of these settings.
    init(_ settings: StorageSettings, packages: PackageTable) {
        self.settings = settings
        events = packages.packages.map(\.eventText)
    }

    /// Takes changes in, in the order of their keys.
    mutating func take(_ changes: [PresenceChange]) {
        let keys = changes.map { key(of: $0) }
        let order = changes.indices.sorted { left, right in
            keys[left].lexicographicallyPrecedes(keys[right])
        }
        for place in order { append(changes[place]) }
        count += changes.count
    }

    /// Forgets everything and keeps the room.
    mutating func removeAll() {
        presentity.writes.removeAll()
        presentity.erasures.removeAll()
        activeWatchers.writes.removeAll()
        activeWatchers.erasures.removeAll()
        watchers.writes.removeAll()
        watchers.erasures.removeAll()
        count = 0
    }

    /// Writes everything in one transaction; returns the rows that the database refuses.
    ///
    /// A transaction that lost a race for its locks is run again as a whole, which is right because
    /// every statement in it gives the same result the second time.
    func write(_ connection: any DatabaseConnection) throws(StorageError) -> [Refused] {
        var refused: [Refused] = []
        try RetryPolicy().run { () throws(StorageError) in
            refused = []
            try connection.transaction { () throws(StorageError) in
                refused += try write(.presentity, presentity, connection)
                refused += try write(.activeWatchers, activeWatchers, connection)
                refused += try write(.watchers, watchers, connection)
            }
        }
        return refused
    }

    /// Deletes and writes the rows of one table.
    ///
    /// A deletion that finds no row is as good as one that does: the row may have gone with an
    /// earlier attempt that was confirmed too late.
    private func write(
        _ table: StoredTable, _ rows: borrowing Rows, _ connection: any DatabaseConnection
    ) throws(StorageError) -> [Refused] {
        let name = settings.name(table)
        if !rows.erasures.isEmpty {
            try connection.delete(
                from: name, key: table.key, guardColumn: nil, rows.erasures)
        }
        guard !rows.writes.isEmpty else { return [] }
        let refused = try connection.insert(table.insert(into: name), rows.writes)
        return refused.map { Refused(table: table, error: $0.error) }
    }

    // MARK: Rows

    /// What a change is put in order by: the columns of its row's key, with a zero behind each.
    private func key(of change: PresenceChange) -> [UInt8] {
        switch change {
        case .writePublication(let row, _, _):
            Self.joined([row.user, row.host, event(row.package), row.etag])
        case .erasePublication(let user, let host, let package, let etag):
            Self.joined([user, host, event(package), etag])
        case .writeSubscription(let row, _): Self.key(of: row.dialog)
        case .eraseSubscription(let dialog): Self.key(of: dialog)
        case .writeWatcher(let row, _), .eraseWatcher(let row):
            Self.joined(
                [row.presentityUser, row.presentityHost, row.user, row.host, event(row.package)])
        }
    }

    /// The key of a subscription's row.
    private static func key(of dialog: DialogText) -> [UInt8] {
        joined([
            Array(copying: dialog[.callID]), Array(copying: dialog[.toTag]),
            Array(copying: dialog[.fromTag]),
        ])
    }

    /// Several columns as one text; a zero byte is in no column that a SIP message fills.
    private static func joined(_ parts: [[UInt8]]) -> [UInt8] {
        var key: [UInt8] = []
        for part in parts { key += part + [0] }
        return key
    }

    /// The column `event` of a package.
    private func event(_ package: PackageIndex) -> [UInt8] { events[Int(package.number)] }

    /// Copies one change to where it belongs.
    private mutating func append(_ change: PresenceChange) {
        switch change {
        case .writePublication(let row, _, _): write(row)
        case .erasePublication(let user, let host, let package, let etag):
            erasePublication(user, host, package, etag)
        case .writeSubscription(let row, _): write(row)
        case .eraseSubscription(let dialog):
            activeWatchers.erasures.append(dialog[.callID])
            activeWatchers.erasures.append(dialog[.toTag])
            activeWatchers.erasures.append(dialog[.fromTag])
        case .writeWatcher(let row, _): write(row)
        case .eraseWatcher(let row): erase(row)
        }
    }

    /// The row is found by its unique name, whatever its entity tag has been before.
    private mutating func write(_ row: PublicationRow) {
        let event = event(row.package)
        presentity.writes.append(row.user.span)
        presentity.writes.append(row.host.span)
        presentity.writes.append(event.span)
        presentity.writes.append(row.etag.span)
        presentity.writes.append(row.expires)
        presentity.writes.append(row.received)
        presentity.writes.append(blob: row.body.span)
        presentity.writes.append(row.sender.span)
        presentity.writes.append(Int(row.priority))
        presentity.writes.appendOrNull(row.ruid.span)
    }

    /// Copies what finds the row of a document that is gone.
    ///
    /// Its entity tag is that of the row, which may be older than the last one that its publisher
    /// was told.
    private mutating func erasePublication(
        _ user: [UInt8], _ host: [UInt8], _ package: PackageIndex, _ etag: [UInt8]
    ) {
        let event = event(package)
        presentity.erasures.append(user.span)
        presentity.erasures.append(host.span)
        presentity.erasures.append(event.span)
        presentity.erasures.append(etag.span)
    }

    /// What is not set is empty text, as Kamailio writes it; both servers read NULL as well.
    private mutating func write(_ row: SubscriptionRow) {
        let dialog = row.dialog
        let event = event(dialog.package)
        let uri = Self.uri(dialog[.presentityUser], dialog[.presentityHost])
        activeWatchers.writes.append(uri.span)
        activeWatchers.writes.append(dialog[.watcherUser])
        activeWatchers.writes.append(dialog[.watcherHost])
        activeWatchers.writes.append(dialog[.toUser])
        activeWatchers.writes.append(dialog[.toHost])
        activeWatchers.writes.append(event.span)
        activeWatchers.writes.append(dialog[.eventID])
        activeWatchers.writes.append(dialog[.toTag])
        activeWatchers.writes.append(dialog[.fromTag])
        activeWatchers.writes.append(dialog[.callID])
        activeWatchers.writes.append(Self.signed(row.values.localCSeq))
        activeWatchers.writes.append(Self.signed(row.values.remoteCSeq))
        activeWatchers.writes.append(dialog[.contact])
        activeWatchers.writes.append(dialog[.routeSet])
        activeWatchers.writes.append(row.values.expires)
        activeWatchers.writes.append(Int(row.values.status.rawValue))
        activeWatchers.writes.append(row.values.reason.text)
        activeWatchers.writes.append(Self.signed(row.values.version))
        activeWatchers.writes.append(SocketText.name(of: dialog[.socket]))
        activeWatchers.writes.append(dialog[.localContact])
        activeWatchers.writes.append(dialog[.fromUser])
        activeWatchers.writes.append(dialog[.fromHost])
        // No notifier process has anything to do with the row.
        activeWatchers.writes.append(-1)
        activeWatchers.writes.append(-1)
        activeWatchers.writes.append(Self.signed(row.values.flags))
        activeWatchers.writes.append(dialog[.userAgent])
    }

    /// Copies a decision about a watcher into its row.
    private mutating func write(_ row: WatcherRow) {
        let event = event(row.package)
        let uri = Self.uri(row.presentityUser.span, row.presentityHost.span)
        watchers.writes.append(uri.span)
        watchers.writes.append(row.user.span)
        watchers.writes.append(row.host.span)
        watchers.writes.append(event.span)
        watchers.writes.append(Int(row.status.rawValue))
        watchers.writes.append(row.reason.text)
        watchers.writes.append(row.inserted)
    }

    /// Copies what finds the row of a decision that is forgotten.
    private mutating func erase(_ row: WatcherRow) {
        let event = event(row.package)
        let uri = Self.uri(row.presentityUser.span, row.presentityHost.span)
        watchers.erasures.append(uri.span)
        watchers.erasures.append(row.user.span)
        watchers.erasures.append(row.host.span)
        watchers.erasures.append(event.span)
    }

    /// A presentity as its column holds it.
    private static func uri(_ user: Span<UInt8>, _ host: Span<UInt8>) -> [UInt8] {
        var uri = Array("sip:".utf8)
        uri.reserveCapacity(user.count + host.count + 5)
        if !user.isEmpty { uri += Array(copying: user) + [UInt8(ascii: "@")] }
        return uri + Array(copying: host)
    }

    /// The columns are signed; a number beyond their middle is stored with the same bits.
    private static func signed(_ value: UInt32) -> Int { Int(Int32(bitPattern: value)) }
}

extension StatusReason {
    /// The word as text.
    var text: String { "\(word)" }
}
