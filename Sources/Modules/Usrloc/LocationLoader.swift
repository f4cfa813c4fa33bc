import Basics
import Locations
import Logging
import Storage

/// Loads whole tables at the start, page by page in the order of `id`.
///
/// Pages keep each statement short, so that a load that the database interrupts is taken up again
/// by the next attempt: rows that are there already are merged, not doubled.
///
/// The order of `id` is that of insertion, so rows that are written while a load is under way come
/// last and are seen, too. Skipping with OFFSET instead would read each page from the start of the
/// table again and miss rows when others are deleted meanwhile.
struct LocationLoader: Sendable {
    /// Turns rows into bindings.
    let reader: LocationReader
    /// Rows of one page, 1 or more.
    let fetchRows: Int
    /// Only rows of this server, when set.
    ///
    /// Several servers may share a table without sharing their phones: parameter
    /// `server_id_filter`.
    let serverID: Int?
    /// Whether the row in table `version` is looked at.
    let checksVersion: Bool
    /// What is counted.
    let counters: UsrlocCounters
    /// The layout of the tables.
    let columns: LocationColumns
    /// Where rows are named that cannot be understood.
    let logger: Logger

    /// Loads all tables.
    ///
    /// While a table is loading, memory keeps note of what is removed, so that an old row does not
    /// bring a binding back that its phone has just ended.
    func load(
        _ tables: [LocationTable], _ connection: any DatabaseConnection
    ) throws(StorageError) {
        for table in tables {
            table.beginLoading()
            let start = SystemClock.monotonic()
            let report = try load(table, connection)
            if columns.rules.storesAttributes {
                try AttributeReader(columns: columns).load(into: table, where: nil, connection)
            }
            table.endLoading()
            counters.rowsLoaded.add(report.loaded)
            counters.rowsSkipped.add(report.refused)
            logger.notice(
                "location table loaded",
                metadata: [
                    "table": "\(table.name)", "loaded": "\(report.loaded)",
                    "expired": "\(report.expired)", "superseded": "\(report.superseded)",
                    "refused": "\(report.refused)", "remote": "\(report.remote)",
                    "ms": "\(SystemClock.monotonic().since(start) / 1_000_000)",
                ])
        }
    }

    /// Gives an embedded database the tables that it lacks.
    ///
    /// So a new installation starts without a step before. A database server has an administrator
    /// who decides about tables, with `roost migrate`.
    func createMissing(
        _ tables: [LocationTable], _ connection: any DatabaseConnection
    ) throws(StorageError) {
        guard connection.dialect == .sqlite else { return }
        let declared = tables.flatMap { table in
            let rows = columns.declaration(of: table.name)
            guard columns.rules.storesAttributes else { return [rows] }
            return [
                rows,
                KamailioTables.locationAttrs(
                    named: table.name, columns.names, countsSeconds: columns.countsSeconds),
            ]
        }
        let report = try Migration(tables: declared).run(on: connection)
        for entry in report.entries where entry.outcome != .verified {
            logger.notice("\(MigrationReport(entry).description)")
        }
    }

    /// Checks that a table is of the version that this server writes.
    ///
    /// Kamailio refuses to start with a table of another version, for its columns may mean
    /// something else; so does this server, and it says which command helps.
    func check(
        _ table: LocationTable, _ connection: any DatabaseConnection
    ) throws(StorageError) {
        guard checksVersion else { return }
        try columns.declaration(of: table.name).checkVersion(on: connection)
    }

    /// Deletes the rows of this server that were registered on a connection (`db_clean_tcp`): none
    /// of those survives a restart.
    func deleteConnections(
        _ table: LocationTable, ofServer serverID: Int, _ connection: any DatabaseConnection
    ) throws(StorageError) {
        let dialect = connection.dialect
        let count = try connection.execute(
            "DELETE FROM \(dialect.quoted(table.name)) WHERE"
                + " \(dialect.quoted(columns.names.connectionID)) > ?"
                + " AND \(dialect.quoted(columns.names.serverID)) = ?",
            [.integer(0), .integer(serverID)])
        logger.notice(
            "rows of lost connections deleted",
            metadata: ["table": "\(table.name)", "rows": "\(count)"])
    }

    /// Reads one table to its end; a page with fewer rows than were asked for is the last.
    private func load(
        _ table: LocationTable, _ connection: any DatabaseConnection
    ) throws(StorageError) -> LocationReader.Report {
        var report = LocationReader.Report()
        var aor = ByteWriter(capacity: 256)
        var last = -1
        let server = connection.dialect.quoted(columns.names.serverID)
        let own = serverID == nil ? "" : " AND \(server) = ?"
        let sql =
            reader.select(table.name, connection.dialect)
            + " WHERE id > ?\(own) ORDER BY id LIMIT \(fetchRows)"
        while true {
            var count = 0
            let now = SystemClock.wall()
            var values: [DatabaseValue] = [.integer(last)]
            if let serverID { values.append(.integer(serverID)) }
            try connection.query(sql, values) { row in
                count += 1
                last = row.integer(0) ?? last
                guard !reader.isRemote(row) else {
                    report.remote += 1
                    return true
                }
                note(reader.load(row, into: table, now: now, aor: &aor), row, &report)
                return true
            }
            if count < fetchRows { return report }
        }
    }

    /// Counts what became of a row, and names the first few that are broken.
    private func note(
        _ result: LoadResult, _ row: borrowing DatabaseRow,
        _ report: inout LocationReader.Report
    ) {
        switch result {
        case .loaded: report.loaded += 1
        case .superseded: report.superseded += 1
        case .expired: report.expired += 1
        case .refused:
            report.refused += 1
            // One line a row would let a broken table fill the disk.
            if report.refused <= 20 {
                logger.warning(
                    "a row cannot be understood and is left alone",
                    metadata: [
                        "id": "\(row.text(0) ?? "NULL")", "ruid": "\(row.text(1) ?? "NULL")",
                    ])
            }
        }
    }
}
