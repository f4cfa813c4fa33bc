/// Compares a declared table with the one a database has.
///
/// Wider than declared is right: an operator may have made a column longer. Columns that nobody
/// declared are left alone unless a row could not be inserted without them.
struct SchemaCheck {
    /// The table as it should be.
    let declared: TableDeclaration
    /// Whose types the found table has.
    let dialect: Dialect

    /// Every difference that would break a statement, one sentence each; empty when it fits.
    func differences(to found: FoundTable) -> [String] {
        var sentences: [String] = []
        for column in declared.columns {
            guard let match = found.columns.first(where: { same($0.name, column.name) }) else {
                sentences.append("column '\(column.name)' is missing")
                continue
            }
            sentences += differences(column, match)
        }
        for column in found.columns where !column.isNullable && !column.hasInitial {
            guard !declared.columns.contains(where: { same($0.name, column.name) }) else {
                continue
            }
            sentences.append(
                "column '\(column.name)' is unknown, and is NOT NULL without a default")
        }
        return sentences
    }

    /// The declared indexes that no index of the table makes up for.
    func missingIndexes(in found: FoundTable) -> [TableDeclaration.Index] {
        declared.indexes.filter { index in
            !found.indexes.contains { other in
                if index.isUnique { return other.isUnique && alike(other.columns, index.columns) }
                return other.columns.count >= index.columns.count
                    && alike(Array(other.columns.prefix(index.columns.count)), index.columns)
            }
        }
    }

    /// The differences of one column.
    private func differences(
        _ column: TableDeclaration.Column, _ found: FoundTable.Column
    ) -> [String] {
        var sentences: [String] = []
        if !accepts(column.type, found.type) {
            let expected = column.type.declaration(dialect).lowercased()
            sentences.append("column '\(column.name)' is \(found.type) instead of \(expected)")
        }
        if column.type != .identity, column.isNullable != found.isNullable {
            let words = found.isNullable ? "may be NULL and must not" : "must not be NULL and may"
            sentences.append("column '\(column.name)' \(words)")
        }
        return sentences
    }

    /// Whether a found type holds everything that the declared one does.
    private func accepts(_ type: TableDeclaration.ColumnType, _ found: String) -> Bool {
        dialect == .mariaDB ? acceptsMariaDB(type, found) : acceptsSQLite(type, found)
    }

    /// The same for types as information_schema writes them: `varchar(64)`, `int(10) unsigned`.
    private func acceptsMariaDB(
        _ type: TableDeclaration.ColumnType, _ found: String
    ) -> Bool {
        // Display widths mean nothing, and a server may leave them out.
        let base = found.prefix { $0 != "(" && $0 != " " }
        let isUnsigned = found.hasSuffix("unsigned")
        switch type {
        case .identity, .unsigned: return (base == "int" || base == "bigint") && isUnsigned
        case .integer: return (base == "int" && !isUnsigned) || base == "bigint"
        case .varchar(let length):
            return ["text", "mediumtext", "longtext"].contains(base)
                || (base == "varchar" && (Self.number(found) ?? 0) >= length)
        case .decimal: return base == "float" || base == "double"
        // usrloc's `expires_type` 1 keeps seconds since 1970 in the same columns.
        case .datetime: return base == "datetime" || base == "bigint"
        case .seconds: return base == "bigint" || (base == "int" && isUnsigned)
        case .text: return ["text", "mediumtext", "longtext"].contains(base)
        case .blob: return ["blob", "mediumblob", "longblob"].contains(base)
        case .mediumBlob: return base == "mediumblob" || base == "longblob"
        }
    }

    /// The same for types as they stand in CREATE TABLE.
    private func acceptsSQLite(_ type: TableDeclaration.ColumnType, _ found: String) -> Bool {
        // SQLite itself looks only at what the name of a type contains (its "affinity").
        switch type {
        case .identity: found == "integer"
        case .integer, .unsigned: found.contains("int")
        case .varchar, .text: found.contains("char") || found.contains("text")
        case .decimal: ["real", "floa", "doub"].contains { found.contains($0) }
        case .datetime: found.contains("timestamp") || found.contains("datetime")
        case .seconds: found.contains("int")
        case .blob, .mediumBlob: found.contains("blob")
        }
    }

    /// Column names do not differ by case alone in either dialect.
    private func same(_ left: String, _ right: String) -> Bool {
        left.lowercased() == right.lowercased()
    }

    /// The same for lists of names.
    private func alike(_ left: [String], _ right: [String]) -> Bool {
        left.map { $0.lowercased() } == right.map { $0.lowercased() }
    }

    /// The number in parentheses.
    private static func number(_ type: String) -> Int? {
        guard let open = type.firstIndex(of: "("), let close = type.firstIndex(of: ")") else {
            return nil
        }
        return Int(type[type.index(after: open)..<close])
    }
}
