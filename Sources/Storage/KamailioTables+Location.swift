// The tables behind usrloc and registrar. `username` is the whole address-of-record unless
// `use_domain` is set; then `domain` holds its other half. Times are local (LocalCalendar).
extension KamailioTables {
    private typealias Column = TableDeclaration.Column
    private typealias Index = TableDeclaration.Index

    /// Where each address-of-record is reached, one row a contact (usrloc).
    ///
    /// Its name is the domain argument of `save()` and `lookup()`, `location` as a rule; its
    /// `version` row goes by that name.
    ///
    /// - Parameters:
    ///   - name: The name of the table.
    ///   - names: What its columns are called.
    ///   - countsSeconds: Whether `expires` and `last_modified` are seconds since 1970 and not
    ///     points in local time (usrloc's `expires_type` 1).
    /// - Returns: The declaration of the table.
    public static func location(
        named name: String, _ names: LocationColumnNames = LocationColumnNames(),
        countsSeconds: Bool = false
    ) -> TableDeclaration {
        let time = TableDeclaration.ColumnType.datetime
        let columns = locationColumns(names)
        return TableDeclaration(
            name: name, version: 9,
            columns: columns.map { column in
                guard countsSeconds, column.type == time else { return column }
                return Column(column.name, .seconds, initial: "0")
            },
            indexes: [
                Index("ruid_idx", [names.ruid], isUnique: true),
                Index("account_contact_idx", [names.user, names.domain, names.contact]),
                Index("expires_idx", [names.expires]),
                Index("tcpcon_idx", [names.connectionID]),
                Index("connection_idx", [names.serverID, names.connectionID]),
            ])
    }

    /// The columns in the order of Kamailio's own scripts.
    private static func locationColumns(_ names: LocationColumnNames) -> [Column] {
        [
            .id,
            Column(names.ruid, .varchar(64), initial: "''"),
            Column(names.user, .varchar(64), initial: "''"),
            Column(names.domain, .varchar(64), isNullable: true, initial: "NULL"),
            Column(names.contact, .varchar(512), initial: "''"),
            Column(names.received, .varchar(128), isNullable: true, initial: "NULL"),
            Column(names.path, .varchar(512), isNullable: true, initial: "NULL"),
            Column(names.expires, .datetime, initial: "'2030-05-28 21:32:15'"),
            Column(names.q, .decimal, initial: "1.0"),
            Column(names.callID, .varchar(255), initial: "'Default-Call-ID'"),
            Column(names.cseq, .integer, initial: "1"),
            Column("last_modified", .datetime, initial: "'2000-01-01 00:00:01'"),
            Column(names.flags, .integer, initial: "0"),
            Column(names.cflags, .integer, initial: "0"),
            Column(names.userAgent, .varchar(255), initial: "''"),
            Column(names.socket, .varchar(64), isNullable: true, initial: "NULL"),
            Column(names.methods, .integer, isNullable: true, initial: "NULL"),
            Column(names.instance, .varchar(255), isNullable: true, initial: "NULL"),
            Column(names.regID, .integer, initial: "0"),
            Column(names.serverID, .integer, initial: "0"),
            Column(names.connectionID, .integer, initial: "0"),
            Column(names.keepalive, .integer, initial: "0"),
            Column(names.partition, .integer, initial: "0"),
        ]
    }

    /// Attributes of contacts (usrloc's `xavp_contact`).
    ///
    /// Called as the location table it goes with, and `_attrs`; columns that both have are called
    /// alike.
    public static func locationAttrs(
        named name: String, _ names: LocationColumnNames = LocationColumnNames(),
        countsSeconds: Bool = false
    ) -> TableDeclaration {
        TableDeclaration(
            name: "\(name)_attrs", version: 1,
            columns: [
                .id,
                Column(names.ruid, .varchar(64), initial: "''"),
                Column(names.user, .varchar(64), initial: "''"),
                Column(names.domain, .varchar(64), isNullable: true, initial: "NULL"),
                Column("aname", .varchar(64), initial: "''"),
                Column("atype", .integer, initial: "0"),
                Column("avalue", .varchar(512), initial: "''"),
                countsSeconds
                    ? Column("last_modified", .seconds, initial: "0")
                    : Column("last_modified", .datetime, initial: "'2000-01-01 00:00:01'"),
            ],
            indexes: [
                Index("account_record_idx", [names.user, names.domain, names.ruid]),
                Index("last_modified_idx", ["last_modified"]),
            ])
    }

    /// Location-like table of aliases (registrar).
    public static let aliases = TableDeclaration(
        name: "aliases", version: 8,
        columns: [
            .id,
            Column("ruid", .varchar(64), initial: "''"),
            Column("username", .varchar(64), initial: "''"),
            Column("domain", .varchar(64), isNullable: true, initial: "NULL"),
            Column("contact", .varchar(255), initial: "''"),
            Column("received", .varchar(255), isNullable: true, initial: "NULL"),
            Column("path", .varchar(512), isNullable: true, initial: "NULL"),
            Column("expires", .datetime, initial: "'2030-05-28 21:32:15'"),
            Column("q", .decimal, initial: "1.0"),
            Column("callid", .varchar(255), initial: "'Default-Call-ID'"),
            Column("cseq", .integer, initial: "1"),
            Column("last_modified", .datetime, initial: "'2000-01-01 00:00:01'"),
            Column("flags", .integer, initial: "0"),
            Column("cflags", .integer, initial: "0"),
            Column("user_agent", .varchar(255), initial: "''"),
            Column("socket", .varchar(64), isNullable: true, initial: "NULL"),
            Column("methods", .integer, isNullable: true, initial: "NULL"),
            Column("instance", .varchar(255), isNullable: true, initial: "NULL"),
            Column("reg_id", .integer, initial: "0"),
            Column("server_id", .integer, initial: "0"),
            Column("connection_id", .integer, initial: "0"),
            Column("keepalive", .integer, initial: "0"),
            Column("partition", .integer, initial: "0"),
        ],
        indexes: [
            Index("ruid_idx", ["ruid"], isUnique: true),
            Index("account_contact_idx", ["username", "domain", "contact"]),
            Index("expires_idx", ["expires"]),
        ])
}
