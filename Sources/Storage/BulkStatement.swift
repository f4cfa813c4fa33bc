import Basics

/// The statements behind `DatabaseConnection.upsert` and `.delete`, one `?` a cell.
///
/// Their shapes are made in one place so that a test can ask each database for its plan of them:
/// a bulk statement that scans the table is a thousand times slower and looks the same.
public enum BulkStatement {
    /// Inserts a row, or replaces its columns where its key exists.
    public static func upsert(
        into table: String, columns: [String], key: [String], _ dialect: Dialect
    ) -> String {
        precondition(key.allSatisfy { columns.contains($0) }, "the key is among the columns")
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        let insert =
            "INSERT INTO \(dialect.quoted(table)) (\(dialect.quoted(list: columns)))"
            + " VALUES (\(places))"
        let others = columns.filter { !key.contains($0) }
        switch dialect {
        case .mariaDB:
            // Without another column the key is set to itself, which changes nothing.
            let changed = others.isEmpty ? key : others
            let values = changed.map { "\(dialect.quoted($0)) = VALUES(\(dialect.quoted($0)))" }
            return "\(insert) ON DUPLICATE KEY UPDATE \(values.joined(separator: ", "))"
        case .sqlite:
            let conflict = " ON CONFLICT (\(dialect.quoted(list: key))) DO "
            if others.isEmpty { return insert + conflict + "NOTHING" }
            let values = others.map { "\(dialect.quoted($0)) = excluded.\(dialect.quoted($0))" }
            return insert + conflict + "UPDATE SET \(values.joined(separator: ", "))"
        }
    }

    /// Sets columns of the row of a key; the key's values follow those that are set.
    public static func update(
        _ table: String, columns: [String], key: [String], _ dialect: Dialect
    ) -> String {
        precondition(!key.isEmpty && !columns.isEmpty, "an update names its rows and its columns")
        let values = columns.map { "\(dialect.quoted($0)) = ?" }.joined(separator: ", ")
        let condition = key.map { "\(dialect.quoted($0)) = ?" }.joined(separator: " AND ")
        return "UPDATE \(dialect.quoted(table)) SET \(values) WHERE \(condition)"
    }

    /// Deletes the row of a key, with a guard only where it lies between two values.
    ///
    /// The guard's column is wrapped so that it can serve no index: MariaDB, whose statistics lag
    /// behind bulk writes, otherwise likes to read half the index of `expires` for each row (80 s
    /// instead of 2 for 100,000).
    public static func delete(
        from table: String, key: [String], guardColumn: String?, _ dialect: Dialect
    ) -> String {
        precondition(!key.isEmpty, "a bulk delete names its rows by a key")
        var text = "DELETE FROM \(dialect.quoted(table)) WHERE "
        text += key.map { "\(dialect.quoted($0)) = ?" }.joined(separator: " AND ")
        if let guardColumn {
            let wrapped = "COALESCE(\(dialect.quoted(guardColumn)), NULL)"
            text += " AND \(wrapped) BETWEEN ? AND ?"
        }
        return text
    }

    /// The lower end that goes with a guard: a permanent row, which has time 0, only falls to a
    /// guard of time 0.
    public static func lowerEnd(of guardCell: RowBatch.Cell) -> RowBatch.Cell {
        switch guardCell {
        case .time(let time) where time.seconds > 0: .time(WallTime(seconds: 1))
        case .time: .time(WallTime(seconds: CivilDate.secondsMin))
        case .integer, .double: .integer(Int(Int32.min))
        case .text, .blob, .null: .null
        }
    }
}
