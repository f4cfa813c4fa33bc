// The tables of resource list subscriptions. A dialog is known by `callid`, `to_tag` and
// `from_tag`.
extension KamailioTables {
    private typealias Column = TableDeclaration.Column
    private typealias Index = TableDeclaration.Index

    /// States of the members of resource lists (rls).
    public static let rlsPresentity = TableDeclaration(
        name: "rls_presentity", version: 1,
        columns: [
            .id,
            Column("rlsubs_did", .varchar(255)),
            Column("resource_uri", .varchar(255)),
            Column("content_type", .varchar(255)),
            Column("presence_state", .blob),
            Column("expires", .integer),
            Column("updated", .integer),
            Column("auth_state", .integer),
            Column("reason", .varchar(64)),
        ],
        indexes: [
            Index("rls_presentity_idx", ["rlsubs_did", "resource_uri"], isUnique: true),
            Index("rlsubs_idx", ["rlsubs_did"]),
            Index("updated_idx", ["updated"]),
            Index("expires_idx", ["expires"]),
        ])

    /// Subscriptions to resource lists (rls).
    public static let rlsWatchers = TableDeclaration(
        name: "rls_watchers", version: 3,
        columns: [
            .id,
            Column("presentity_uri", .varchar(255)),
            Column("to_user", .varchar(64)),
            Column("to_domain", .varchar(64)),
            Column("watcher_username", .varchar(64)),
            Column("watcher_domain", .varchar(64)),
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
            Column("reason", .varchar(64)),
            Column("version", .integer, initial: "0"),
            Column("socket_info", .varchar(64)),
            Column("local_contact", .varchar(255)),
            Column("from_user", .varchar(64)),
            Column("from_domain", .varchar(64)),
            Column("updated", .integer),
        ],
        indexes: [
            Index("rls_watcher_idx", ["callid", "to_tag", "from_tag"], isUnique: true),
            Index("rls_watchers_update", ["watcher_username", "watcher_domain", "event"]),
            Index("rls_watchers_expires", ["expires"]),
            Index("updated_idx", ["updated"]),
        ])
}
