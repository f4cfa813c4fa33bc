import Basics
import Locations

/// The table `location` as far as the writer is concerned: rows by unique name.
struct FakeDatabase {
    /// A row.
    struct Row: Hashable {
        var aor: String
        var uri: String
        var callID: String
        var userAgent: String
        var values: ContactValues
    }

    /// A batch between being handed out and being written.
    struct Batch {
        var shard: Int
        var operations: [(ruid: String, row: Row?, limit: WallTime?)]
    }

    var rows: [String: Row] = [:]

    /// Takes changes of one shard out of a table.
    static func fetch(_ table: LocationTable, shard: Int, limit: Int) -> Batch? {
        var batch = Batch(shard: shard, operations: [])
        let count = table.handOut(shard: shard, limit: limit) { view, change in
            let seen = Seen(view)
            switch change {
            case .write:
                let row = Row(
                    aor: seen.aor, uri: seen.uri, callID: seen.callID,
                    userAgent: seen.userAgent, values: seen.values)
                batch.operations.append((seen.ruid, row, nil))
            case .erase(let limit):
                batch.operations.append((seen.ruid, nil, limit))
            }
        }
        return count == 0 ? nil : batch
    }

    /// Writes the first operations of a batch, as many as are said; all when unsaid.
    mutating func apply(_ batch: Batch, first count: Int? = nil) {
        for operation in batch.operations.prefix(count ?? batch.operations.count) {
            if let row = operation.row {
                rows[operation.ruid] = row
            } else if let limit = operation.limit {
                // DELETE ... WHERE ruid = ? AND expires <= ?
                let old = rows[operation.ruid]
                if let old, old.values.expiresSeconds <= Int64(limit.seconds) {
                    rows[operation.ruid] = nil
                }
            } else {
                rows[operation.ruid] = nil
            }
        }
    }

    /// Writes until nothing waits any more.
    mutating func flush(_ table: LocationTable, limit: Int = 3) {
        for shard in 0..<LocationTable.shardCount {
            while let batch = Self.fetch(table, shard: shard, limit: limit) {
                apply(batch)
                table.confirm(shard: shard)
            }
        }
    }

    /// What the table should have in the database.
    static func expected(_ everything: [Seen]) -> [String: Row] {
        var rows: [String: Row] = [:]
        for seen in everything where seen.values.flags & 1 == 0 {
            rows[seen.ruid] = Row(
                aor: seen.aor, uri: seen.uri, callID: seen.callID, userAgent: seen.userAgent,
                values: seen.values)
        }
        return rows
    }
}
