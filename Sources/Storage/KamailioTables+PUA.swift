// The table of the presence user agent. Publications leave the columns of a dialog empty,
// subscriptions leave `etag` and `tuple_id` empty, so both share one unique index.
extension KamailioTables {
    private typealias Column = TableDeclaration.Column
    private typealias Index = TableDeclaration.Index

    /// Publications and subscriptions that this server made (pua).
    public static let pua = TableDeclaration(
        name: "pua", version: 7,
        columns: [
            .id,
            Column("pres_uri", .varchar(255)),
            Column("pres_id", .varchar(255)),
            Column("event", .integer),
            Column("expires", .integer),
            Column("desired_expires", .integer),
            Column("flag", .integer),
            Column("etag", .varchar(128)),
            Column("tuple_id", .varchar(64), isNullable: true),
            Column("watcher_uri", .varchar(255)),
            Column("call_id", .varchar(255)),
            Column("to_tag", .varchar(128)),
            Column("from_tag", .varchar(128)),
            Column("cseq", .integer),
            Column("record_route", .text, isNullable: true),
            Column("contact", .varchar(255)),
            Column("remote_contact", .varchar(255)),
            Column("version", .integer),
            Column("extra_headers", .text),
        ],
        indexes: [
            Index("pua_idx", ["etag", "tuple_id", "call_id", "from_tag"], isUnique: true),
            Index("expires_idx", ["expires"]),
            Index("dialog1_idx", ["pres_id", "pres_uri"]),
            Index("dialog2_idx", ["call_id", "from_tag"]),
            Index("record_idx", ["pres_id"]),
        ])
}
