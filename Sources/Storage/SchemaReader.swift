/// What a database says about one of its tables, in its own words.
struct FoundTable: Sendable, Hashable {
    /// One column as found.
    struct Column: Sendable, Hashable {
        /// Its name.
        var name: String
        /// The type in lower case.
        var type: String
        /// Whether it may be NULL.
        var isNullable: Bool
        /// Whether a row may be inserted without naming it.
        var hasInitial: Bool
    }
    /// One index as found, the primary key among them.
    struct Index: Sendable, Hashable {
        /// Whether its columns are unique together; an index of some rows only is not.
        var isUnique: Bool
        /// Its columns in order.
        var columns: [String]
    }
    /// Columns in order.
    var columns: [Column] = []
    /// Indexes in no particular order.
    var indexes: [Index] = []
    /// Whether there is such a table at all.
    var exists: Bool { !columns.isEmpty }
}

/// Asks a database for its tables; knows where each dialect keeps that.
struct SchemaReader {
    /// Whom it asks.
    let connection: any DatabaseConnection

    /// A table as it is now, without columns when there is none.
    func table(_ name: String) throws(StorageError) -> FoundTable {
        FoundTable(columns: try columns(of: name), indexes: try indexes(of: name))
    }

    /// Four columns in either dialect: name, type, may be NULL, has a default.
    private func columns(of table: String) throws(StorageError) -> [FoundTable.Column] {
        let sql =
            switch connection.dialect {
            case .mariaDB:
                "SELECT column_name, column_type, is_nullable = 'YES',"
                    + " column_default IS NOT NULL OR extra LIKE '%auto_increment%'"
                    + " FROM information_schema.columns"
                    + " WHERE table_schema = DATABASE() AND table_name = ?"
                    + " ORDER BY ordinal_position"
            case .sqlite:
                "SELECT name, type, \"notnull\" = 0 AND pk = 0, dflt_value IS NOT NULL OR pk > 0"
                    + " FROM pragma_table_info(?) ORDER BY cid"
            }
        var found: [FoundTable.Column] = []
        try connection.query(sql, [.text(table)]) { row in
            found.append(
                FoundTable.Column(
                    name: row.text(0) ?? "", type: (row.text(1) ?? "").lowercased(),
                    isNullable: row.integer(2) == 1, hasInitial: row.integer(3) == 1))
            return true
        }
        return found
    }

    /// One row for each column of each index, in order: index, is unique, column.
    private func indexes(of table: String) throws(StorageError) -> [FoundTable.Index] {
        let sql =
            switch connection.dialect {
            case .mariaDB:
                "SELECT index_name, non_unique = 0, column_name"
                    + " FROM information_schema.statistics"
                    + " WHERE table_schema = DATABASE() AND table_name = ?"
                    + " ORDER BY index_name, seq_in_index"
            case .sqlite:
                "SELECT l.name, l.\"unique\" AND NOT l.partial, c.name"
                    + " FROM pragma_index_list(?) AS l, pragma_index_info(l.name) AS c"
                    + " ORDER BY l.name, c.seqno"
            }
        var found: [(name: String, index: FoundTable.Index)] = []
        try connection.query(sql, [.text(table)]) { row in
            let name = row.text(0) ?? ""
            if found.last?.name != name {
                found.append((name, FoundTable.Index(isUnique: row.integer(1) == 1, columns: [])))
            }
            found[found.count - 1].index.columns.append(row.text(2) ?? "")
            return true
        }
        return found.map(\.index)
    }
}
