internal import Basics
internal import Logging
internal import Publications
internal import Storage
internal import Synchronization

/// Reads records from the table `pua`.
struct TableReader: Sendable {
    /// What a load has found.
    struct Report: Sendable, Equatable {
        /// Rows that became records.
        var loaded = 0
        /// Rows that were left alone.
        var skipped = 0
    }

    /// The table.
    let table: PUATable
    /// Where rows are named that cannot be understood.
    let logger: Logger
    /// The rows that are known to be broken, each of which was named once.
    let broken = BrokenRows()

    // MARK: Look-ups

    /// Answers keys with the best record of each, in their order.
    func find(
        _ keys: [PUAKey], _ connection: any DatabaseConnection
    ) throws(StorageError) -> [PUARecord?] {
        var best = [PUARecord?](repeating: nil, count: keys.count)
        for lookup in TableStatements.Lookup.allCases {
            let places = keys.indices.filter { Self.lookup(of: keys[$0]) == lookup }
            var start = 0
            while start < places.count {
                let end = min(start + TableStatements.keysMax, places.count)
                try find(lookup, places[start..<end].map { $0 }, keys, &best, connection)
                start = end
            }
        }
        return best
    }

    /// Reads the rows of some keys and gives each key the record that expires last.
    private func find(
        _ lookup: TableStatements.Lookup, _ places: [Int], _ keys: [PUAKey],
        _ best: inout [PUARecord?], _ connection: any DatabaseConnection
    ) throws(StorageError) {
        var asked: [[UInt8]: [Int]] = [:]
        var pairs: [([UInt8], [UInt8])] = []
        for place in places {
            let pair = Self.columns(of: keys[place])
            pairs.append(pair)
            asked[lookup == .dialog ? pair.0 : pair.1, default: []].append(place)
        }
        for record in try records(lookup, pairs, connection) {
            let name = record[lookup == .dialog ? .callID : .presentity]
            for place in asked[name] ?? [] where Self.matches(keys[place], record) {
                if let old = best[place], old.expires >= record.expires { continue }
                best[place] = record
            }
        }
    }

    /// The rows of some pairs of values, each row once.
    ///
    /// A database compares texts as its collation says, without regard to case as a rule: whoever
    /// asks compares once more.
    func records(
        _ lookup: TableStatements.Lookup, _ pairs: [([UInt8], [UInt8])],
        _ connection: any DatabaseConnection
    ) throws(StorageError) -> [PUARecord] {
        guard let last = pairs.last else { return [] }
        let size = TableStatements.size(for: pairs.count)
        let statements = TableStatements(table: table.name, dialect: connection.dialect)
        var values: [DatabaseValue] = []
        values.reserveCapacity(size * 2)
        for place in 0..<size {
            let pair = place < pairs.count ? pairs[place] : last
            values.append(.text(String(copying: pair.0.span)))
            values.append(.text(String(copying: pair.1.span)))
        }
        return try read(statements.find(lookup, keys: size), values, connection)
    }

    /// Whether a key means a record.
    ///
    /// An id that is not given means the record that has none, except where an entity tag names the
    /// publication: no index finds a presentity by its URI alone, and what a module published under
    /// a name of its own is not for somebody who gives none. It is the same in memory.
    static func matches(_ key: PUAKey, _ record: PUARecord) -> Bool {
        guard key.matches(record) else { return false }
        switch key {
        case .publication(_, let id, _, _, let etag):
            return !id.isEmpty || !etag.isEmpty || record.isEmpty(.id)
        case .subscription(_, _, let id, _, _, _): return !id.isEmpty || record.isEmpty(.id)
        case .dialog: return true
        }
    }

    /// The index that serves a key.
    static func lookup(of key: PUAKey) -> TableStatements.Lookup {
        switch key {
        case .publication(_, let id, _, _, let etag):
            id.isEmpty && !etag.isEmpty ? .tag : .publication
        case .subscription: .publication
        case .dialog: .dialog
        }
    }

    /// The values of the columns by which a key is looked up.
    private static func columns(of key: PUAKey) -> ([UInt8], [UInt8]) {
        switch key {
        case .publication(let presentity, let id, _, _, let etag):
            (id.isEmpty && !etag.isEmpty ? etag : id, presentity)
        case .subscription(let presentity, _, let id, _, _, _): (id, presentity)
        case .dialog(let callID, let localTag, _): (callID, localTag)
        }
    }

    // MARK: Everything

    /// Reads the whole table, page by page, so that no statement takes long and memory does not
    /// depend on its size.
    func load(
        rows: Int, _ connection: any DatabaseConnection, _ body: (PUARecord) -> Void
    ) throws(StorageError) -> Report {
        var report = Report()
        var last = -1
        let sql = TableStatements(table: table.name, dialect: connection.dialect).page(rows: rows)
        while true {
            var count = 0
            try connection.query(sql, [.integer(last)]) { row in
                count += 1
                last = row.integer(0) ?? last
                if let record = understand(row) {
                    report.loaded += 1
                    body(record)
                } else {
                    report.skipped += 1
                }
                return true
            }
            guard count == rows else { return report }
        }
    }

    // MARK: Rows

    /// The records of a statement's rows.
    func read(
        _ sql: String, _ values: [DatabaseValue], _ connection: any DatabaseConnection
    ) throws(StorageError) -> [PUARecord] {
        var records: [PUARecord] = []
        try connection.query(sql, values) { row in
            if let record = understand(row) { records.append(record) }
            return true
        }
        return records
    }

    /// The record of a row; nil, and a line in the log for the first time, when it is none.
    private func understand(_ row: borrowing DatabaseRow) -> PUARecord? {
        let reason: String
        switch table.read(row) {
        case .record(let record): return record
        case .foreign: reason = "no module here knows its event package"
        case .broken(let words): reason = words
        }
        if broken.add(row.integer(0) ?? 0) {
            logger.warning(
                "a row is left alone",
                metadata: [
                    "table": "\(table.name)", "id": "\(row.text(0) ?? "NULL")",
                    "reason": "\(reason)",
                ])
        }
        return nil
    }
}

/// The numbers of rows that are left alone, so that each is named once and passed over when rows
/// are due.
final class BrokenRows: Sendable {
    private let rows = Guarded<Set<Int>>([])

    /// Adds a row; true when it is to be named: it is new, and not one of very many.
    func add(_ row: Int) -> Bool {
        rows.withLock { rows in
            rows.count < Limits.puaBrokenRowsMax && rows.insert(row).inserted
        }
    }

    /// Whether a row is among them.
    func contains(_ row: Int) -> Bool { rows.withLock { $0.contains(row) } }

    /// How many there are.
    var count: Int { rows.withLock { $0.count } }
}
