import Storage
import Subscriptions

/// What is stored of a presence server, where and when; the words in brackets are the parameters.
struct StorageSettings: Sendable, Equatable {
    /// Where published documents are (`publ_cache`).
    var publications = PresenceParameters.PublicationCache.hybrid
    /// Where subscriptions are (`subs_db_mode`).
    var subscriptions = PresenceParameters.SubscriptionMode.writeBack
    /// The table of documents (`presentity_table`).
    var presentityTable = "presentity"
    /// The table of subscriptions (`active_watchers_table`).
    var activeWatchersTable = "active_watchers"
    /// The table of decisions about watchers (`watchers_table`).
    var watchersTable = "watchers"
    /// Seconds between two purges; 0 or less for none (`clean_period`).
    var cleanSeconds = 100
    /// Seconds between two writes of subscriptions; 0 or less for none (`db_update_period`).
    var updateSeconds = 100
    /// Seconds that expiry waits (`expires_offset`).
    var expiresOffsetSeconds = 0
    /// Rows of one page (`fetch_rows`).
    var fetchRows = 500
    /// Whether documents that expired while the server was down stay away (`startup_mode` 1).
    var ignoresExpired = true

    /// The defaults of the module.
    init() {}

    /// Whether there is a database at all.
    var usesDatabase: Bool { publications != .memory || subscriptions != .memory }
    /// Whether rows of documents are written.
    var writesPublications: Bool { publications != .memory }
    /// Whether rows of subscriptions are written.
    var writesSubscriptions: Bool { subscriptions != .memory }
    /// Whether a SUBSCRIBE waits until its row is written.
    var subscriptionsWait: Bool {
        subscriptions == .writeThrough || subscriptions == .databaseOnly
    }
    /// Whether a PUBLISH waits until its row is written.
    var publicationsWait: Bool { publications == .database }
    /// Whether a promise was given that only a database which answers can keep.
    var needsDatabaseAtStart: Bool { subscriptionsWait || publicationsWait }

    /// The changes that are written within a tenth of a second, not with `db_update_period`.
    var promptKinds: JournalKinds {
        var kinds: JournalKinds = [.watchers]
        if writesPublications { kinds.insert(.publications) }
        if subscriptionsWait { kinds.insert(.subscriptions) }
        return kinds
    }

    /// The tables that are used, as they have to be.
    var tables: [TableDeclaration] {
        var tables: [TableDeclaration] = []
        if writesPublications { tables.append(Self.named(.presentity, presentityTable)) }
        if writesSubscriptions { tables.append(Self.named(.activeWatchers, activeWatchersTable)) }
        return tables + [Self.named(.watchers, watchersTable)]
    }

    /// A table under a name of the configuration's.
    static func named(_ kind: StoredTable, _ name: String) -> TableDeclaration {
        var table =
            switch kind {
            case .presentity: KamailioTables.presentity
            case .activeWatchers: KamailioTables.activeWatchers
            case .watchers: KamailioTables.watchers
            }
        table.name = name
        return table
    }

    /// The name of a table.
    func name(_ table: StoredTable) -> String {
        switch table {
        case .presentity: presentityTable
        case .activeWatchers: activeWatchersTable
        case .watchers: watchersTable
        }
    }
}

/// The tables of a presence server, in the order in which a transaction touches them: two servers
/// that share them lock in the same order.
enum StoredTable: Int, Sendable, CaseIterable {
    /// Published documents.
    case presentity
    /// Subscriptions.
    case activeWatchers
    /// Decisions about watchers.
    case watchers

    /// The columns that are written and read, in order; `id` is missing.
    var columns: [String] {
        switch self {
        case .presentity:
            [
                "username", "domain", "event", "etag", "expires", "received_time", "body",
                "sender", "priority", "ruid",
            ]
        case .activeWatchers:
            [
                "presentity_uri", "watcher_username", "watcher_domain", "to_user", "to_domain",
                "event", "event_id", "to_tag", "from_tag", "callid", "local_cseq", "remote_cseq",
                "contact", "record_route", "expires", "status", "reason", "version",
                "socket_info", "local_contact", "from_user", "from_domain", "updated",
                "updated_winfo", "flags", "user_agent",
            ]
        case .watchers:
            [
                "presentity_uri", "watcher_username", "watcher_domain", "event", "status",
                "reason", "inserted_time",
            ]
        }
    }

    /// The columns by which a row is deleted, under a unique index; they begin no other row.
    var key: [String] {
        switch self {
        case .presentity: ["username", "domain", "event", "etag"]
        case .activeWatchers: ["callid", "to_tag", "from_tag"]
        case .watchers: ["presentity_uri", "watcher_username", "watcher_domain", "event"]
        }
    }

    /// The statement that writes a row.
    ///
    /// A publication keeps its row by `ruid` while each refresh gives it another entity tag, so
    /// its row is in the way under the one unique index or the other.
    func insert(into name: String) -> InsertStatement {
        self == .presentity
            ? InsertStatement(into: name, columns: columns, key: ["ruid"], .replacingAny)
            : InsertStatement(into: name, columns: columns, key: key, .replacingSameKey)
    }

    /// The statement that reads a page: what is behind an `id`, in the order of `id`.
    func page(of name: String, rows: Int, _ dialect: Dialect) -> String {
        precondition(rows > 0, "a page has rows")
        return select(from: name, dialect) + " WHERE id > ? ORDER BY id LIMIT \(rows)"
    }

    /// The statement that reads rows, without a condition: `id`, then `columns`.
    func select(from name: String, _ dialect: Dialect) -> String {
        "SELECT \(dialect.quoted(list: ["id"] + columns)) FROM \(dialect.quoted(name))"
    }
}
