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
    /// Unique names of rows that go if they have expired, with the time they must have expired by.
    private var guarded: RowBatch
    /// Unique names of rows that go in any case.
    private var erasures: RowBatch
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
        guarded = RowBatch(columns: 2)
        erasures = RowBatch(columns: 1)
    }

    /// Takes changes of a shard in; returns how many.
    ///
    /// The shard is locked while its bindings are copied into the batch, and for no longer: `limit`
    /// is what bounds the time that a SIP worker waits for that lock.
    mutating func take(_ table: LocationTable, shard: Int, limit: Int) -> Int {
        var ruid = ByteWriter(capacity: 64)
        let count = table.handOut(shard: shard, limit: limit) { binding, change in
            switch change {
            case .write: columns.append(binding, to: &writes, ruid: &ruid)
            case .erase(let expiringBy):
                ruid.removeAll()
                binding.writeRuid(into: &ruid)
                if let expiringBy {
                    guarded.append(ruid.span)
                    guarded.append(expiringBy)
                } else {
                    erasures.append(ruid.span)
                }
            }
        }
        if count > 0 { shards.append(shard) }
        changes += count
        return count
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
                if !guarded.isEmpty {
                    try connection.delete(
                        from: table, key: ["ruid"], guardColumn: "expires", guarded)
                }
                if !erasures.isEmpty {
                    try connection.delete(from: table, key: ["ruid"], guardColumn: nil, erasures)
                }
                if !writes.isEmpty {
                    refused = try connection.upsert(
                        into: table, columns: columns.written, key: ["ruid"], writes)
                    if isAllOrNothing, let row = refused.first { throw row.error }
                }
            }
        }
        return refused
    }

    /// Forgets everything and keeps the room.
    mutating func removeAll() {
        writes.removeAll()
        guarded.removeAll()
        erasures.removeAll()
        shards.removeAll(keepingCapacity: true)
        changes = 0
    }
}
