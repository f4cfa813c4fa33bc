import Basics
import Locations
import Storage

/// Attributes of contacts on their way to table `location_attrs` (parameter `xavp_contact`).
///
/// They are written with their contact: all rows of its unique name go, and those of now come.
struct AttributeRows: ~Copyable {
    private let columns: LocationColumns
    /// The columns that are written, in order.
    private let written: [String]
    private var rows: RowBatch
    /// Unique names of contacts whose rows go before others come.
    private var replaced: RowBatch
    /// Unique names of contacts that are gone.
    private var erased: [DatabaseValue] = []

    /// No attributes.
    init(_ columns: LocationColumns) {
        self.columns = columns
        let names = columns.names
        let head =
            columns.usesDomain
            ? [names.ruid, names.user, names.domain]
            : [names.ruid, names.user]
        written = head + ["aname", "atype", "avalue", "last_modified"]
        rows = RowBatch(columns: written.count, rows: 1)
        replaced = RowBatch(columns: 1, rows: 1)
    }

    /// Copies the attributes of a binding that is written.
    mutating func replace(_ binding: borrowing BindingView, ruid: Span<UInt8>) {
        replaced.append(ruid)
        let bytes = binding.attributes
        var walk = ContactAttributes(bytes)
        while let attribute = walk.next() {
            rows.append(ruid)
            columns.appendName(binding.aor, to: &rows)
            rows.append(bytes.extracting(attribute.name.indices))
            rows.append(attribute.isInteger ? 1 : 0)
            rows.append(bytes.extracting(attribute.value.indices))
            rows.append(columns.time(binding.values.lastModified))
        }
    }

    /// Notes a contact that is gone.
    mutating func erase(ruid: Span<UInt8>) { erased.append(.text(String(copying: ruid))) }

    /// Writes everything; returns the rows that the database refuses.
    ///
    /// It runs behind the rows of the contacts, whose transaction it is part of: what is left of
    /// a contact that has expired here and was refreshed by another server stays with its row.
    func write(
        to table: String, _ connection: any DatabaseConnection
    ) throws(StorageError) -> [RefusedRow] {
        let name = "\(table)_attrs"
        try columns.deleteAttributes(of: erased, in: table, connection)
        if !replaced.isEmpty {
            try connection.delete(
                from: name, key: [columns.names.ruid], guardColumn: nil, replaced)
        }
        guard !rows.isEmpty else { return [] }
        let statement = InsertStatement(
            into: name, columns: written, key: [columns.names.ruid], .refusing)
        return try connection.insert(statement, rows)
    }

    /// Forgets everything.
    mutating func removeAll() {
        rows.removeAll()
        replaced.removeAll()
        erased.removeAll()
    }
}

extension LocationColumns {
    /// Deletes the attributes of contacts that are gone, by their unique names.
    ///
    /// Those whose row is there again, or still, keep theirs: another server refreshed it.
    func deleteAttributes(
        of ruids: [DatabaseValue], in table: String, _ connection: any DatabaseConnection
    ) throws(StorageError) {
        let dialect = connection.dialect
        let ruid = dialect.quoted(names.ruid)
        for value in ruids {
            try connection.execute(
                "DELETE FROM \(dialect.quoted("\(table)_attrs")) WHERE \(ruid) = ? AND NOT EXISTS"
                    + " (SELECT 1 FROM \(dialect.quoted(table)) WHERE \(ruid) = ?)",
                [value, value])
        }
    }
}

/// Reads attributes of contacts back.
struct AttributeReader: Sendable {
    /// The layout of the tables.
    let columns: LocationColumns

    /// Gives the bindings of a table their attributes; `condition` names the rows that are meant.
    ///
    /// Rows come in the order of the bindings, so that those of one are together. What is too much
    /// for one contact is left out, and what no binding has is left alone.
    func load(
        into table: LocationTable, where condition: (sql: String, values: [DatabaseValue])?,
        _ connection: any DatabaseConnection
    ) throws(StorageError) {
        let names = columns.names
        let dialect = connection.dialect
        let list = dialect.quoted(
            list: ["id", names.ruid, names.user, names.domain, "aname", "atype", "avalue"])
        let order = dialect.quoted(list: [names.user, names.domain, names.ruid, "id"])
        let sql =
            "SELECT \(list) FROM \(dialect.quoted("\(table.name)_attrs"))"
            + (condition.map { " WHERE \($0.sql)" } ?? "") + " ORDER BY \(order)"
        var packed = PackedRows(usesDomain: columns.usesDomain)
        try connection.query(sql, condition?.values ?? []) { row in
            packed.take(row, into: table)
            return true
        }
        packed.finish(into: table)
    }

    /// The attributes of one contact as they come together.
    private struct PackedRows: ~Copyable {
        let usesDomain: Bool
        var ruid = ByteWriter(capacity: 64)
        var aor = ByteWriter(capacity: 256)
        var bytes = ByteWriter(capacity: 512)

        init(usesDomain: Bool) { self.usesDomain = usesDomain }

        /// Takes a row in; the attributes of the contact before it are complete if it is another's.
        mutating func take(_ row: borrowing DatabaseRow, into table: LocationTable) {
            if String(copying: ruid.span) != String(copying: row.bytes(1)) {
                finish(into: table)
                ruid.append(row.bytes(1))
                aor.append(row.bytes(2))
                if usesDomain {
                    if !row.bytes(2).isEmpty { aor.append(UInt8(ascii: "@")) }
                    aor.append(row.bytes(3))
                }
            }
            _ = ContactAttributes.append(
                name: row.bytes(4), value: row.bytes(6), isInteger: row.integer(5) == 1, from: 0,
                to: &bytes)
        }

        /// Gives the contact what has come together for it.
        mutating func finish(into table: LocationTable) {
            if ruid.count > 0, ruid.count <= Limits.ruidBytesMax, aor.count <= Limits.aorBytesMax {
                table.setAttributes(aor.span, ruid: ruid.span, bytes.span)
            }
            ruid.removeAll()
            aor.removeAll()
            bytes.removeAll()
        }
    }
}
