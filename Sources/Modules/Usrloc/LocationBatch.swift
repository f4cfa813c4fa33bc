import Basics
import Locations
import Storage

/// The changes of some shards on their way to the database, in one transaction.
struct LocationBatch: ~Copyable {
    private let columns: LocationColumns
    private var writes: RowBatch
    private var guarded: RowBatch
    private var erasures: RowBatch
    /// The shards whose changes are in it.
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
