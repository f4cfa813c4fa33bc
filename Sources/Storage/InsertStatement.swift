/// What a bulk insert does about a row that stands in the way of a new one.
public enum InsertRule: Sendable, Hashable, CaseIterable {
    /// It is written over when its key is the same; any other is left alone, and the new row is not
    /// stored.
    case replacingSameKey
    /// It is written over whatever unique index it stands in the way by, and takes the new key.
    case replacingAny
    /// Nothing: the new row is refused.
    case refusing
}

/// A statement that inserts rows, one `?` a cell.
public struct InsertStatement: Sendable, Hashable {
    /// The table.
    public var table: String
    /// Its columns, in the order of a batch's cells.
    public var columns: [String]
    /// Those of them that name a row.
    public var key: [String]
    /// What becomes of a row that is in the way.
    public var rule: InsertRule
    /// Columns where NULL stands for the default of the column.
    ///
    /// SQLite has no word for that default, so there NULL is written.
    public var defaulting: Set<String> = []

    /// A statement.
    public init(into table: String, columns: [String], key: [String], _ rule: InsertRule) {
        precondition(key.allSatisfy { columns.contains($0) }, "the key is among the columns")
        precondition(!columns.isEmpty && !key.isEmpty, "a row has columns and a key")
        self.table = table
        self.columns = columns
        self.key = key
        self.rule = rule
    }

    /// Its text.
    public func text(_ dialect: Dialect) -> String {
        let insert =
            "INSERT INTO \(dialect.quoted(table)) (\(dialect.quoted(list: columns)))"
            + " VALUES (\(columns.map { place($0, dialect) }.joined(separator: ", ")))"
        switch (rule, dialect) {
        case (.refusing, _): return insert
        case (.replacingSameKey, .sqlite):
            return BulkStatement.upsert(into: table, columns: columns, key: key, dialect)
        case (.replacingAny, .sqlite):
            // Without a target the clause holds for every unique index.
            return insert + " ON CONFLICT DO UPDATE SET "
                + changes(columns, dialect) { "excluded.\($0)" }
        case (.replacingAny, .mariaDB):
            return insert + " ON DUPLICATE KEY UPDATE "
                + changes(columns, dialect) { "VALUES(\($0))" }
        case (.replacingSameKey, .mariaDB):
            let others = columns.filter { !key.contains($0) }
            let isSame = key.map { "\(dialect.quoted($0)) = VALUES(\(dialect.quoted($0)))" }
                .joined(separator: " AND ")
            return insert + " ON DUPLICATE KEY UPDATE "
                + changes(others.isEmpty ? key : others, dialect) {
                    "IF(\(isSame), VALUES(\($0)), \($0))"
                }
        }
    }

    /// What stands for one cell.
    private func place(_ column: String, _ dialect: Dialect) -> String {
        guard dialect == .mariaDB, defaulting.contains(column) else { return "?" }
        return "COALESCE(?, DEFAULT(\(dialect.quoted(column))))"
    }

    /// The assignments of an update; `value` is what a quoted column gets.
    private func changes(
        _ columns: [String], _ dialect: Dialect, _ value: (String) -> String
    ) -> String {
        columns.map { dialect.quoted($0) }.map { "\($0) = \(value($0))" }.joined(separator: ", ")
    }
}
