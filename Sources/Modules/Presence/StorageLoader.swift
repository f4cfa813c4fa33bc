import Basics
import Logging
import Storage
import Subscriptions

/// Loads whole tables at the start, page by page in the order of `id`, and single rows later.
///
/// Pages keep each statement short, so that a load that the database interrupts is taken up again
/// by the next attempt: rows that memory has already are not doubled.
struct StorageLoader: Sendable {
    /// What became of the rows of one table.
    struct Report: Sendable, Equatable {
        /// How many rows met which end.
        private(set) var counts: [StorageReader.Outcome: Int] = [:]
        /// How many rows met one end.
        subscript(outcome: StorageReader.Outcome) -> Int { counts[outcome] ?? 0 }
        /// Counts a row.
        mutating func note(_ outcome: StorageReader.Outcome) { counts[outcome, default: 0] += 1 }
    }

    /// How rows become records.
    let reader: StorageReader
    /// Where rows are named that cannot be understood.
    let logger: Logger

    /// What is stored where.
    private var settings: StorageSettings { reader.settings }

    /// Gives an embedded database the tables that it lacks, and checks the versions of all.
    ///
    /// A database server has an administrator who decides about tables, with `roost migrate`.
    func prepare(_ connection: any DatabaseConnection) throws(StorageError) {
        if connection.dialect == .sqlite {
            let report = try Migration(tables: settings.tables).run(on: connection)
            for entry in report.entries where entry.outcome != .verified {
                logger.notice("\(MigrationReport(entry).description)")
            }
        }
        for table in settings.tables { try table.checkVersion(on: connection) }
    }

    /// Loads all tables.
    ///
    /// Decisions about watchers come first, for a subscription stands as they say; documents come
    /// last, so that nobody is told of half of them.
    func load(_ connection: any DatabaseConnection) throws(StorageError) {
        try load(.watchers, connection)
        if settings.writesSubscriptions {
            try load(.activeWatchers, connection)
        } else {
            try takeOver(connection)
        }
        if settings.writesPublications { try load(.presentity, connection) }
    }

    /// Reads one table to its end; a page with fewer rows than were asked for is the last.
    @discardableResult
    func load(
        _ table: StoredTable, _ connection: any DatabaseConnection
    ) throws(StorageError) -> Report {
        let start = SystemClock.monotonic()
        var report = Report()
        var last = -1
        let rows = max(1, settings.fetchRows)
        let sql = table.page(of: settings.name(table), rows: rows, connection.dialect)
        while true {
            let count = try read(table, sql, [.integer(last)], connection, &report) { id in
                last = id
            }
            guard count == rows else { break }
        }
        logger.notice(
            "presence table loaded",
            metadata: [
                "table": "\(settings.name(table))", "loaded": "\(report[.loaded])",
                "expired": "\(report[.expired])", "superseded": "\(report[.superseded])",
                "foreign": "\(report[.foreign])", "refused": "\(report[.refused])",
                "ms": "\(SystemClock.monotonic().since(start) / 1_000_000)",
            ])
        return report
    }

    /// Loads what an earlier run in another mode left of subscriptions, and empties the table
    /// (`subs_db_mode` 0).
    ///
    /// A table that is missing or of another version is left alone.
    private func takeOver(_ connection: any DatabaseConnection) throws(StorageError) {
        let table = StorageSettings.named(.activeWatchers, settings.activeWatchersTable)
        do throws(StorageError) {
            try table.checkVersion(on: connection)
            try load(.activeWatchers, connection)
            try connection.execute("DELETE FROM \(connection.dialect.quoted(table.name))")
        } catch {
            guard error.kind == .refused || error.kind == .configuration else { throw error }
            logger.notice(
                "no subscriptions are taken over", metadata: ["reason": "\(error.message)"])
        }
    }

    /// Takes up the documents of a presentity that somebody else may have written.
    func loadPublications(
        user: [UInt8], host: [UInt8], _ connection: any DatabaseConnection
    ) throws(StorageError) -> Report {
        try load(.presentity, where: ["username", "domain"], [user, host], connection)
    }

    /// Takes up the subscription of a dialog that memory does not know.
    func loadSubscription(
        callID: [UInt8], toTag: [UInt8], fromTag: [UInt8],
        _ connection: any DatabaseConnection
    ) throws(StorageError) -> Report {
        try load(
            .activeWatchers, where: StoredTable.activeWatchers.key, [callID, toTag, fromTag],
            connection)
    }

    /// Takes up the rows that have certain texts in some columns, which an index covers.
    private func load(
        _ table: StoredTable, where columns: [String], _ values: [[UInt8]],
        _ connection: any DatabaseConnection
    ) throws(StorageError) -> Report {
        var report = Report()
        let dialect = connection.dialect
        let sql =
            table.select(from: settings.name(table), dialect) + " WHERE "
            + columns.map { "\(dialect.quoted($0)) = ?" }.joined(separator: " AND ")
        let texts = values.map { DatabaseValue.text(String(copying: $0.span)) }
        _ = try read(table, sql, texts, connection, &report) { _ in }
        return report
    }

    /// Runs a statement and takes its rows up; returns how many there were.
    ///
    /// Rows are taken up one by one as they come, so the memory that a load needs does not depend
    /// on the size of the table.
    private func read(
        _ table: StoredTable, _ sql: String, _ values: [DatabaseValue],
        _ connection: any DatabaseConnection, _ report: inout Report, _ seen: (Int) -> Void
    ) throws(StorageError) -> Int {
        var count = 0
        var nameless: [Int] = []
        var draft = DialogDraft()
        let now = SystemClock.wall()
        try connection.query(sql, values) { row in
            count += 1
            if let id = row.integer(0) {
                seen(id)
                if table == .presentity, StorageReader.isNameless(row) { nameless.append(id) }
            }
            let outcome = reader.read(table, row, now: now, draft: &draft)
            report.note(outcome)
            // One line a row would let a broken table fill the disk.
            if outcome == .refused, report[.refused] <= 20 {
                logger.warning(
                    "a row cannot be understood and is left alone",
                    metadata: [
                        "table": "\(settings.name(table))", "id": "\(row.text(0) ?? "NULL")",
                    ])
            }
            return true
        }
        for id in nameless {
            let name = connection.dialect.quoted(settings.presentityTable)
            try connection.execute(
                "UPDATE \(name) SET ruid = ? WHERE id = ?",
                [.text(StorageReader.name(ofRow: id)), .integer(id)])
        }
        return count
    }
}
