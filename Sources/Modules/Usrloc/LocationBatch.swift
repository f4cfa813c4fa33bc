import Basics
import Locations
import Storage

/// The changes of some shards on their way to the database, in one transaction.
///
/// Deletions come in two kinds. An unregistered binding goes whatever its row says. One that
/// expired here goes only if its row has not been given a later time meanwhile by another server
/// that shares the database: a phone that moved there must not lose its registration to our clock.
struct LocationBatch: ~Copyable {
    /// How a binding becomes a row.
    private let columns: LocationColumns
    /// Rows that are inserted or overwritten.
    private var writes: RowBatch
    /// Rows of stored bindings that are inserted once more (`db_update_as_insert`).
    private var repeats: RowBatch
    /// Unique names of rows that go if they have expired, with the time they must have expired by.
    private var guarded: RowBatch
    /// Unique names of rows that go in any case.
    private var erasures: RowBatch
    /// What is done row by row, because rows are found by their addresses.
    private var singles: SingleRowChanges
    /// Attributes of the contacts that are written.
    private var attributes: AttributeRows
    /// The shards whose changes are in it.
    ///
    /// The caller confirms or fails each of them when the transaction has ended; a shard may be
    /// named twice, and confirming it twice is harmless.
    private(set) var shards: [Int] = []
    /// How many changes are in it.
    private(set) var changes = 0

    /// An empty batch of rows with these columns.
    init(columns: LocationColumns) {
        self.columns = columns
        writes = RowBatch(columns: columns.written.count, rows: LocationWriter.batchRows)
        repeats = RowBatch(columns: columns.written.count, rows: 1)
        guarded = RowBatch(columns: 2)
        erasures = RowBatch(columns: 1)
        singles = SingleRowChanges(columns)
        attributes = AttributeRows(columns)
    }

    /// Takes changes of a shard in; returns how many.
    ///
    /// The shard is locked while its bindings are copied into the batch, and for no longer: `limit`
    /// is what bounds the time that a SIP worker waits for that lock.
    mutating func take(
        _ table: LocationTable, shard: Int, limit: Int, _ dialect: Dialect = .mariaDB
    ) -> Int {
        var ruid = ByteWriter(capacity: 64)
        let count = table.handOut(shard: shard, limit: limit) { binding, change in
            switch change {
            case .write(let isNew): write(binding, isNew: isNew, &ruid, dialect)
            case .erase(let expiringBy): erase(binding, expiringBy, &ruid, dialect)
            }
        }
        if count > 0 { shards.append(shard) }
        changes += count
        return count
    }

    /// Copies a binding that is to be written.
    private mutating func write(
        _ binding: borrowing BindingView, isNew: Bool, _ ruid: inout ByteWriter, _ dialect: Dialect
    ) {
        if isNew || (columns.rules.findsByRuid && !columns.rules.insertsUpdates) {
            columns.append(binding, to: &writes, ruid: &ruid)
        } else if columns.rules.insertsUpdates {
            columns.append(binding, to: &repeats, ruid: &ruid)
        } else {
            singles.update(binding, ruid: &ruid, dialect)
        }
        if columns.rules.storesAttributes { attributes.replace(binding, ruid: ruid.span) }
    }

    /// Copies what finds the row of a binding that is gone.
    ///
    /// What was never more than a row has no address here, and is found by its unique name always.
    private mutating func erase(
        _ binding: borrowing BindingView, _ expiringBy: WallTime?, _ ruid: inout ByteWriter,
        _ dialect: Dialect
    ) {
        ruid.removeAll()
        binding.writeRuid(into: &ruid)
        if !columns.rules.findsByRuid, !binding.uri.isEmpty {
            singles.erase(binding, expiringBy, dialect)
        } else if let expiringBy, columns.countsSeconds {
            // A guard of the bulk statement would take a permanent row for one that has expired.
            singles.erase(ruid: ruid.span, expiringBy, dialect)
        } else if let expiringBy {
            guarded.append(ruid.span)
            guarded.append(expiringBy)
        } else {
            erasures.append(ruid.span)
        }
        if columns.rules.storesAttributes { attributes.erase(ruid: ruid.span) }
    }

    /// Writes everything in one transaction; returns the rows that the database refuses.
    ///
    /// With `isAllOrNothing` a refused row undoes the transaction and its error is thrown.
    ///
    /// A transaction that lost a race for its locks is run again as a whole, which is right because
    /// every statement in it gives the same result the second time. Deletions come first, so that a
    /// contact that was removed and bound again under a new unique name does not meet its own old
    /// row.
    func write(
        to table: String, _ connection: any DatabaseConnection, isAllOrNothing: Bool = false
    ) throws(StorageError) -> [RefusedRow] {
        var refused: [RefusedRow] = []
        try RetryPolicy().run { () throws(StorageError) in
            refused = []
            try connection.transaction { () throws(StorageError) in
                try deleteRows(of: table, connection)
                refused = try insertRows(into: table, connection)
                refused += try attributes.write(to: table, connection)
                if isAllOrNothing, let row = refused.first { throw row.error }
            }
        }
        return refused
    }

    /// Deletes the rows of bindings that are gone.
    private func deleteRows(
        of table: String, _ connection: any DatabaseConnection
    ) throws(StorageError) {
        let key = [columns.names.ruid]
        if !guarded.isEmpty {
            try connection.delete(
                from: table, key: key, guardColumn: columns.names.expires, guarded)
        }
        if !erasures.isEmpty {
            try connection.delete(from: table, key: key, guardColumn: nil, erasures)
        }
        try singles.deleteRows(of: table, connection)
    }

    /// Writes the rows of bindings; returns those that are refused.
    private func insertRows(
        into table: String, _ connection: any DatabaseConnection
    ) throws(StorageError) -> [RefusedRow] {
        var refused: [RefusedRow] = []
        var statement = InsertStatement(
            into: table, columns: columns.written, key: [columns.names.ruid], columns.rules.insert)
        if !columns.rules.insertsNull { statement.defaulting = columns.optional }
        // A table that is to have a row for each change has no unique index to name.
        if columns.rules.insertsUpdates, statement.rule == .replacingSameKey {
            statement.rule = .refusing
        }
        if !writes.isEmpty { refused = try connection.insert(statement, writes) }
        if !repeats.isEmpty { refused += try connection.insert(statement, repeats) }
        try singles.updateRows(of: table, connection)
        return refused
    }

    /// Forgets everything and keeps the room.
    mutating func removeAll() {
        writes.removeAll()
        repeats.removeAll()
        guarded.removeAll()
        erasures.removeAll()
        singles.removeAll()
        attributes.removeAll()
        shards.removeAll(keepingCapacity: true)
        changes = 0
    }
}
