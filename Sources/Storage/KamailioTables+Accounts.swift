// The tables that every server of a site shares: versions and who may register.
extension KamailioTables {
    private typealias Column = TableDeclaration.Column
    private typealias Index = TableDeclaration.Index

    /// Which version each of the other tables has; every server checks its own at the start.
    public static let version = TableDeclaration(
        name: "version", version: 1,
        columns: [
            .id,
            Column("table_name", .varchar(32)),
            Column("table_version", .unsigned, initial: "0"),
        ],
        indexes: [
            Index("table_name_idx", ["table_name"], isUnique: true)
        ])

    /// Who may register, with what password (auth_db).
    public static let subscriber = TableDeclaration(
        name: "subscriber", version: 7,
        columns: [
            .id,
            Column("username", .varchar(64), initial: "''"),
            Column("domain", .varchar(64), initial: "''"),
            Column("password", .varchar(64), initial: "''"),
            Column("ha1", .varchar(128), initial: "''"),
            Column("ha1b", .varchar(128), initial: "''"),
        ],
        indexes: [
            Index("account_idx", ["username", "domain"], isUnique: true),
            Index("username_idx", ["username"]),
        ])
}
