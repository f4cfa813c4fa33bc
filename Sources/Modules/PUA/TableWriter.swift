internal import Basics
internal import Publications
internal import Storage

/// Carries changes of records out in the table `pua`, many in one transaction.
///
/// A row is changed only if it is still the record that it was when it was read: the statement
/// names its `id` and its identity, and what it does not find was changed by another server, or by
/// an earlier attempt whose end nobody saw. Such records are looked up once more and stored in any
/// case, so that carrying a batch out twice is the same as once.
struct TableWriter: Sendable {
    /// What became of a batch.
    struct Report: Sendable {
        /// The number of the row of each change's record, as far as it is known, else 0.
        var rows: [Int64]
        /// Changes that the table does not take, and why; the others are carried out.
        var refused: [(change: Int, reason: String)] = []
        /// Changes whose row another server had changed meanwhile.
        var overtaken = 0
    }

    /// A record to be stored and its place in the batch.
    private struct Item {
        var place: Int
        var record: PUARecord
        var replaced: PUAIdentity?
    }

    /// Reads rows where that is needed.
    let reader: TableReader
    /// The table's name.
    private var table: String { reader.table.name }

    /// Carries changes out in their order, all in one transaction.
    func write(
        _ changes: [PUAChange], _ connection: any DatabaseConnection
    ) throws(StorageError) -> Report {
        let rounds = Self.rounds(changes)
        var report = Report(rows: [])
        try connection.transaction(RetryPolicy()) { () throws(StorageError) in
            report = Report(rows: [Int64](repeating: 0, count: changes.count))
            for round in rounds { try write(changes, round, &report, connection) }
        }
        return report
    }

    /// Cuts a batch so that no record is changed twice in a piece: within one, the order of the
    /// changes does not matter.
    static func rounds(_ changes: [PUAChange]) -> [Range<Int>] {
        var rounds: [Range<Int>] = []
        var touched: Set<PUAIdentity> = []
        var start = 0
        for (place, change) in changes.enumerated() {
            let names = Self.names(change)
            if names.contains(where: { touched.contains($0) }) {
                rounds.append(start..<place)
                touched.removeAll(keepingCapacity: true)
                start = place
            }
            touched.formUnion(names)
        }
        if start < changes.count { rounds.append(start..<changes.count) }
        return rounds
    }

    /// The identities that a change is about.
    private static func names(_ change: PUAChange) -> [PUAIdentity] {
        switch change {
        case .save(let record, let replaced):
            let own = record.identity
            return replaced == nil || replaced == own ? [own] : [own, replaced ?? own]
        case .remove(let identity): return [identity]
        }
    }

    // MARK: A round

    /// Carries a round out: what goes first, then what is known to have a row, then the rest.
    private func write(
        _ changes: [PUAChange], _ round: Range<Int>, _ report: inout Report,
        _ connection: any DatabaseConnection
    ) throws(StorageError) {
        var gone: [PUAIdentity] = []
        var known: [Item] = []
        var others: [Item] = []
        for place in round {
            switch changes[place] {
            case .remove(let identity): gone.append(identity)
            case .save(let record, let replaced):
                if let reason = PUATable.misfit(record) {
                    report.refused.append((place, reason))
                    continue
                }
                let item = Item(place: place, record: record, replaced: replaced)
                if record.row > 0 { known.append(item) } else { others.append(item) }
            }
        }
        try remove(gone, connection)
        let lost = try update(known, isFirst: true, &report, connection)
        report.overtaken += lost.count
        try store(others + lost, &report, connection)
    }

    /// Removes records by their identity.
    private func remove(
        _ identities: [PUAIdentity], _ connection: any DatabaseConnection
    ) throws(StorageError) {
        var publications = RowBatch(columns: TableStatements.publicationKey.count, rows: 64)
        var subscriptions = RowBatch(columns: TableStatements.subscriptionKey.count, rows: 64)
        for identity in identities {
            switch identity {
            case .publication(let presentity, let id, let event, let source, let etag):
                publications.append(id.span)
                publications.append(presentity.span)
                publications.append(etag.span)
                publications.append(Int(event.rawValue))
                publications.append(Int(source.rawValue))
            case .subscription(let callID, let fromTag):
                subscriptions.append(callID.span)
                subscriptions.append(fromTag.span)
            }
        }
        try connection.delete(
            from: table, key: TableStatements.publicationKey, guardColumn: nil, publications)
        try connection.delete(
            from: table, key: TableStatements.subscriptionKey, guardColumn: nil, subscriptions)
    }

    /// Writes records to the rows that they were read from; returns those whose row is no longer
    /// theirs.
    ///
    /// With `isFirst`, nobody has looked for rows that are in the way: then a record that is
    /// refused is returned too.
    private func update(
        _ items: [Item], isFirst: Bool = false, _ report: inout Report,
        _ connection: any DatabaseConnection
    ) throws(StorageError) -> [Item] {
        guard !items.isEmpty else { return [] }
        for item in items { report.rows[item.place] = item.record.row }
        // In the order in which another server locks the same rows.
        var wanted = items.sorted { $0.record.row < $1.record.row }
        var found = 0
        var refused: Set<Int> = []
        for isAgain in [false, true] where !wanted.isEmpty {
            let outcome = try update(wanted, hasNoTuple: isAgain, connection)
            found += outcome.found
            var again: [Item] = []
            for row in outcome.refused {
                let item = wanted[row.row]
                if isFirst { continue }
                if !isAgain, item.record.isEmpty(.tupleID) {
                    again.append(item)
                } else {
                    refused.insert(item.place)
                    report.refused.append((item.place, row.error.message))
                }
            }
            wanted = again
        }
        guard found + refused.count < items.count else { return [] }
        return try missing(items.filter { !refused.contains($0.place) }, connection)
    }

    /// Writes records to the rows that they were read from, in one statement.
    private func update(
        _ items: [Item], hasNoTuple: Bool, _ connection: any DatabaseConnection
    ) throws(StorageError) -> BulkUpdate {
        var batch = RowBatch(
            columns: PUATable.columns.count + TableStatements.rowKey.count, rows: items.count)
        for item in items {
            PUATable.append(item.record, hasNoTuple: hasNoTuple, to: &batch)
            Self.appendKey(of: item, to: &batch)
        }
        return try connection.update(
            table, columns: PUATable.columns, key: TableStatements.rowKey, batch)
    }

    /// The cells by which a row is found if it is still that of the record which is replaced.
    private static func appendKey(of item: Item, to batch: inout RowBatch) {
        batch.append(Int(item.record.row))
        switch item.replaced {
        case .publication(_, _, _, _, let etag):
            batch.append(etag.span)
            batch.append("")
            batch.append("")
        case .subscription(let callID, let fromTag):
            batch.append("")
            batch.append(callID.span)
            batch.append(fromTag.span)
        case nil:
            batch.append(item.record[span: .etag])
            batch.append(item.record[span: .callID])
            batch.append(item.record[span: .fromTag])
        }
    }

    /// Those of some records that are not in the rows that they were written to.
    private func missing(
        _ items: [Item], _ connection: any DatabaseConnection
    ) throws(StorageError) -> [Item] {
        let stored = try stored(items, connection)
        return items.compactMap { item in
            let rows = stored[item.record.identity] ?? []
            guard !rows.contains(item.record.row) else { return nil }
            var item = item
            item.record.row = 0
            return item
        }
    }

    // MARK: Records without a row

    /// Stores records whose row nobody knows: in the row that has their identity, or that of the
    /// record which they replace, or in a new one.
    private func store(
        _ items: [Item], _ report: inout Report, _ connection: any DatabaseConnection
    ) throws(StorageError) {
        guard !items.isEmpty else { return }
        let stored = try stored(items, connection)
        var updates: [Item] = []
        var inserts: [Item] = []
        var surplus = RowBatch(columns: 1, rows: 16)
        for item in items {
            let own = stored[item.record.identity] ?? []
            let old = item.replaced.flatMap { stored[$0] } ?? []
            let rows = own + old.filter { !own.contains($0) }
            guard let row = rows.first else {
                inserts.append(item)
                continue
            }
            var item = item
            item.record.row = row
            // The row is looked up under the identity that it has.
            item.replaced = own.isEmpty ? item.replaced : nil
            updates.append(item)
            for row in rows.dropFirst() { surplus.append(Int(row)) }
        }
        try connection.delete(from: table, key: ["id"], guardColumn: nil, surplus)
        let lost = try update(updates, &report, connection)
        try insert(inserts + lost, &report, connection)
    }

    /// The rows that have the identities of some records, or of those that they replace.
    private func stored(
        _ items: [Item], _ connection: any DatabaseConnection
    ) throws(StorageError) -> [PUAIdentity: [Int64]] {
        var dialogs: Set<PUAIdentity> = []
        var publications: Set<PUAIdentity> = []
        for item in items {
            for identity in [item.record.identity, item.replaced].compactMap({ $0 }) {
                if case .subscription = identity {
                    dialogs.insert(identity)
                } else {
                    publications.insert(identity)
                }
            }
        }
        var rows: [PUAIdentity: [Int64]] = [:]
        for (lookup, names) in [
            (TableStatements.Lookup.dialog, dialogs), (.publication, publications),
        ] {
            for record in try records(lookup, Array(names), connection) {
                let identity = record.identity
                if names.contains(identity) { rows[identity, default: []].append(record.row) }
            }
        }
        return rows
    }

    /// The records that may have some identities, all of one kind.
    private func records(
        _ lookup: TableStatements.Lookup, _ names: [PUAIdentity],
        _ connection: any DatabaseConnection
    ) throws(StorageError) -> [PUARecord] {
        var found: [PUARecord] = []
        var seen: Set<Int64> = []
        for start in stride(from: 0, to: names.count, by: TableStatements.keysMax) {
            let end = min(start + TableStatements.keysMax, names.count)
            let pairs = names[start..<end].map { name in
                switch name {
                case .publication(let presentity, let id, _, _, _): (id, presentity)
                case .subscription(let callID, let fromTag): (callID, fromTag)
                }
            }
            // A presentity with two publications is asked for twice.
            for record in try reader.records(lookup, pairs, connection)
            where seen.insert(record.row).inserted {
                found.append(record)
            }
        }
        return found
    }

    /// Adds rows.
    ///
    /// What the unique index of entity tag and tuple refuses is tried again without a tuple.
    private func insert(
        _ items: [Item], _ report: inout Report, _ connection: any DatabaseConnection
    ) throws(StorageError) {
        guard !items.isEmpty else { return }
        let statement = InsertStatement(
            into: table, columns: PUATable.columns, key: ["etag"], .refusing)
        var again: [Item] = []
        for isAgain in [false, true] {
            let wanted = isAgain ? again : items
            guard !wanted.isEmpty else { return }
            var batch = RowBatch(columns: PUATable.columns.count, rows: wanted.count)
            for item in wanted { PUATable.append(item.record, hasNoTuple: isAgain, to: &batch) }
            for row in try connection.insert(statement, batch) {
                let item = wanted[row.row]
                if !isAgain, item.record.isEmpty(.tupleID) {
                    again.append(item)
                } else {
                    report.refused.append((item.place, row.error.message))
                }
            }
        }
    }
}
