// The tables of the presence server. Their times are seconds since 1970, and `body` and `doc`
// are bytes: documents are stored as they came.
extension KamailioTables {
    private typealias Column = TableDeclaration.Column
    private typealias Index = TableDeclaration.Index

    /// Published documents (presence).
    public static let presentity = TableDeclaration(
        name: "presentity", version: 5,
        columns: [
            .id,
            Column("username", .varchar(64)),
            Column("domain", .varchar(64)),
            Column("event", .varchar(64)),
            Column("etag", .varchar(128)),
            Column("expires", .integer),
            Column("received_time", .integer),
            Column("body", .blob),
            Column("sender", .varchar(255)),
            Column("priority", .integer, initial: "0"),
            Column("ruid", .varchar(64), isNullable: true),
        ],
        indexes: [
            Index("presentity_idx", ["username", "domain", "event", "etag"], isUnique: true),
            Index("ruid_idx", ["ruid"], isUnique: true),
            Index("presentity_expires", ["expires"]),
            Index("account_idx", ["username", "domain", "event"]),
        ])

    /// Subscriptions (presence).
    public static let activeWatchers = TableDeclaration(
        name: "active_watchers", version: 12,
        columns: [
            .id,
            Column("presentity_uri", .varchar(255)),
            Column("watcher_username", .varchar(64)),
            Column("watcher_domain", .varchar(64)),
            Column("to_user", .varchar(64)),
            Column("to_domain", .varchar(64)),
            Column("event", .varchar(64), initial: "'presence'"),
            Column("event_id", .varchar(64), isNullable: true),
            Column("to_tag", .varchar(128)),
            Column("from_tag", .varchar(128)),
            Column("callid", .varchar(255)),
            Column("local_cseq", .integer),
            Column("remote_cseq", .integer),
            Column("contact", .varchar(255)),
            Column("record_route", .text, isNullable: true),
            Column("expires", .integer),
            Column("status", .integer, initial: "2"),
            Column("reason", .varchar(64), isNullable: true),
            Column("version", .integer, initial: "0"),
            Column("socket_info", .varchar(64)),
            Column("local_contact", .varchar(255)),
            Column("from_user", .varchar(64)),
            Column("from_domain", .varchar(64)),
            Column("updated", .integer),
            Column("updated_winfo", .integer),
            Column("flags", .integer, initial: "0"),
            Column("user_agent", .varchar(255), isNullable: true, initial: "''"),
        ],
        indexes: [
            Index("active_watchers_idx", ["callid", "to_tag", "from_tag"], isUnique: true),
            Index("active_watchers_expires", ["expires"]),
            Index("active_watchers_pres", ["presentity_uri", "event"]),
            Index("updated_idx", ["updated"]),
            Index("updated_winfo_idx", ["updated_winfo", "presentity_uri"]),
        ])

    /// Who may watch whom (presence).
    public static let watchers = TableDeclaration(
        name: "watchers", version: 3,
        columns: [
            .id,
            Column("presentity_uri", .varchar(255)),
            Column("watcher_username", .varchar(64)),
            Column("watcher_domain", .varchar(64)),
            Column("event", .varchar(64), initial: "'presence'"),
            Column("status", .integer),
            Column("reason", .varchar(64), isNullable: true),
            Column("inserted_time", .integer),
        ],
        indexes: [
            Index(
                "watcher_idx", ["presentity_uri", "watcher_username", "watcher_domain", "event"],
                isUnique: true)
        ])

    /// Documents of XCAP clients (presence_xml, xcap_server).
    public static let xcap = TableDeclaration(
        name: "xcap", version: 4,
        columns: [
            .id,
            Column("username", .varchar(64)),
            Column("domain", .varchar(64)),
            Column("doc", .mediumBlob),
            Column("doc_type", .integer),
            Column("etag", .varchar(128)),
            Column("source", .integer),
            Column("doc_uri", .varchar(255)),
            Column("port", .integer),
        ],
        indexes: [
            Index("doc_uri_idx", ["doc_uri"], isUnique: true),
            Index("account_doc_type_idx", ["username", "domain", "doc_type"]),
            Index("account_doc_type_uri_idx", ["username", "domain", "doc_type", "doc_uri"]),
            Index("account_doc_uri_idx", ["username", "domain", "doc_uri"]),
        ])
}
