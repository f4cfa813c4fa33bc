import Basics
import Locations
import Storage

/// Changes that are written row by row: with `db_ops_ruid` 0 a row is found by what makes its
/// binding one, which no unique index covers, and so by a statement of its own.
struct SingleRowChanges: ~Copyable {
    /// One row, by the condition that finds it.
    private struct Change: Sendable {
        var condition: String
        var values: [DatabaseValue]
    }
    private let columns: LocationColumns
    /// The new values of the rows that are changed.
    private var rows: RowBatch
    /// What finds each of them, in the same order.
    private var updates: [Change] = []
    private var deletions: [Change] = []

    /// No changes.
    init(_ columns: LocationColumns) {
        self.columns = columns
        rows = RowBatch(columns: columns.written.count, rows: 1)
    }

    /// Copies a binding whose row is to be changed.
    mutating func update(
        _ binding: borrowing BindingView, ruid: inout ByteWriter, _ dialect: Dialect
    ) {
        columns.append(binding, to: &rows, ruid: &ruid)
        let (condition, values) = columns.condition(finding: binding, dialect)
        updates.append(Change(condition: condition, values: values))
    }

    /// Copies what finds the row of a binding that is gone.
    mutating func erase(
        _ binding: borrowing BindingView, _ expiringBy: WallTime?, _ dialect: Dialect
    ) {
        let (condition, values) = columns.condition(finding: binding, dialect)
        add(Change(condition: condition, values: values), expiringBy, dialect)
    }

    /// Notes a row that goes by its unique name if it has expired.
    mutating func erase(ruid: Span<UInt8>, _ expiringBy: WallTime, _ dialect: Dialect) {
        let change = Change(
            condition: "\(dialect.quoted(columns.names.ruid)) = ?",
            values: [.text(String(copying: ruid))])
        add(change, expiringBy, dialect)
    }

    /// A row that another server has refreshed meanwhile stays, and a permanent one does.
    private mutating func add(_ change: Change, _ expiringBy: WallTime?, _ dialect: Dialect) {
        var change = change
        if let expiringBy {
            let guarding = columns.expired(by: expiringBy, serverID: nil, dialect)
            change.condition += " AND \(guarding.sql)"
            change.values += guarding.values
        }
        deletions.append(change)
    }

    /// Deletes the rows of bindings that are gone.
    func deleteRows(
        of table: String, _ connection: any DatabaseConnection
    ) throws(StorageError) {
        let name = connection.dialect.quoted(table)
        for change in deletions {
            try connection.execute(
                "DELETE FROM \(name) WHERE \(change.condition)", change.values)
        }
    }

    /// Changes rows; one that is not there is inserted if `db_check_update` asks for it.
    func updateRows(
        of table: String, _ connection: any DatabaseConnection
    ) throws(StorageError) {
        let dialect = connection.dialect
        let changed = columns.written.map { "\(dialect.quoted($0)) = ?" }.joined(separator: ", ")
        let places = columns.written.map { _ in "?" }.joined(separator: ", ")
        for (row, change) in updates.enumerated() {
            let cells = columns.written.indices.map { rows.value(row: row, column: $0) }
            let found = try connection.execute(
                "UPDATE \(dialect.quoted(table)) SET \(changed) WHERE \(change.condition)",
                cells + change.values)
            guard found == 0, columns.rules.checksUpdates else { continue }
            try connection.execute(
                "INSERT INTO \(dialect.quoted(table)) (\(dialect.quoted(list: columns.written)))"
                    + " VALUES (\(places))", cells)
        }
    }

    /// Forgets everything.
    mutating func removeAll() {
        rows.removeAll()
        updates.removeAll()
        deletions.removeAll()
    }
}
