/// Brings a database to the tables that a server needs, and says what it found.
///
/// Missing tables, indexes and `version` rows are created; what exists is compared column by
/// column and never changed, because a table that differs belongs to someone who must decide.
/// Running it again changes nothing.
public struct Migration: Sendable {
    /// Whether anything is written.
    public enum Mode: Sendable, Hashable {
        /// Creates what is missing.
        case create
        /// Only looks; what is missing counts as a mismatch.
        case check
    }

    /// The tables, in the order in which they are created.
    public let tables: [TableDeclaration]

    /// A migration to the given tables; `version` is added in front when it is not among them.
    public init(tables: [TableDeclaration]) {
        let hasVersion = tables.contains { $0.name == KamailioTables.version.name }
        self.tables = (hasVersion ? [] : [KamailioTables.version]) + tables
    }

    /// Looks at each table and creates what is missing.
    ///
    /// Differences are in the report. It throws only when the database cannot be asked, or refuses
    /// to create something.
    public func run(
        on connection: any DatabaseConnection, mode: Mode = .create
    ) throws(StorageError) -> MigrationReport {
        var report = MigrationReport()
        // `version` comes first, because the others write into it.
        let ordered = tables.filter(isVersion) + tables.filter { !isVersion($0) }
        for table in ordered {
            report.entries.append(try migrate(table, connection, mode))
        }
        return report
    }

    /// Whether it is the table of versions.
    private func isVersion(_ table: TableDeclaration) -> Bool {
        table.name == KamailioTables.version.name
    }

    /// Looks at one table and creates what is missing of it.
    private func migrate(
        _ table: TableDeclaration, _ connection: any DatabaseConnection, _ mode: Mode
    ) throws(StorageError) -> MigrationReport.Entry {
        let found = try SchemaReader(connection: connection).table(table.name)
        var entry = MigrationReport.Entry(table: table.name, outcome: .verified, additions: [])
        guard found.exists else {
            guard mode == .create else {
                entry.outcome = .mismatch(["the table is missing"])
                return entry
            }
            for statement in table.createStatements(connection.dialect) {
                try connection.execute(statement)
            }
            entry.outcome = .created
            try addVersion(table, connection, mode, &entry)
            return entry
        }
        let check = SchemaCheck(declared: table, dialect: connection.dialect)
        entry.note(check.differences(to: found))
        if entry.isSound {
            try add(check.missingIndexes(in: found), to: table, connection, mode, &entry)
            try addVersion(table, connection, mode, &entry)
        }
        return entry
    }

    /// Creates indexes, in one step each: a large table is locked for that long.
    private func add(
        _ indexes: [TableDeclaration.Index], to table: TableDeclaration,
        _ connection: any DatabaseConnection, _ mode: Mode, _ entry: inout MigrationReport.Entry
    ) throws(StorageError) {
        for index in indexes {
            let columns = index.columns.joined(separator: ", ")
            guard mode == .create else {
                entry.note(["the index on \(columns) is missing"])
                continue
            }
            do throws(StorageError) {
                try connection.execute(table.createStatement(index, connection.dialect))
                entry.additions.append("index on \(columns)")
            } catch {
                // Rows that are not unique, or an index of that name on other columns.
                guard error.kind == .refused else { throw error }
                entry.note(["the index on \(columns) cannot be created: \(error)"])
            }
        }
    }

    /// Compares the row of table `version`, and inserts a missing one.
    private func addVersion(
        _ table: TableDeclaration, _ connection: any DatabaseConnection, _ mode: Mode,
        _ entry: inout MigrationReport.Entry
    ) throws(StorageError) {
        let found = try Self.version(of: table.name, on: connection)
        if found == table.version { return }
        if let found {
            entry.note([
                "table 'version' says version \(found) and this server needs \(table.version)"
            ])
            return
        }
        guard mode == .create else {
            entry.note(["table 'version' has no row for it"])
            return
        }
        let dialect = connection.dialect
        try connection.execute(
            "INSERT INTO \(dialect.quoted(KamailioTables.version.name))"
                + " (table_name, table_version) VALUES (?, ?)",
            [.text(table.name), .integer(table.version)])
        entry.additions.append("version row")
    }

    /// The version that table `version` holds for a table, nil without a row.
    public static func version(
        of table: String, on connection: any DatabaseConnection
    ) throws(StorageError) -> Int? {
        var version: Int?
        let name = connection.dialect.quoted(KamailioTables.version.name)
        try connection.query(
            "SELECT table_version FROM \(name) WHERE table_name = ?", [.text(table)]
        ) { row in
            version = row.integer(0)
            return false
        }
        return version
    }
}

/// What a migration found and did, table by table.
public struct MigrationReport: Sendable, Hashable, CustomStringConvertible {
    /// How a table was left.
    public enum Outcome: Sendable, Hashable {
        /// It was missing and is there now.
        case created
        /// It was there and fits.
        case verified
        /// It differs, in these ways; nothing was changed in it.
        case mismatch([String])
    }

    /// One table.
    public struct Entry: Sendable, Hashable {
        /// Name of the table.
        public var table: String
        /// How it was left.
        public var outcome: Outcome
        /// What was added beside the table itself: indexes, its `version` row.
        public var additions: [String]
        /// Whether the server can use it.
        public var isSound: Bool {
            if case .mismatch = outcome { false } else { true }
        }

        /// Adds differences, which makes it a mismatch.
        mutating func note(_ differences: [String]) {
            guard !differences.isEmpty else { return }
            if case .mismatch(let earlier) = outcome {
                outcome = .mismatch(earlier + differences)
            } else {
                outcome = .mismatch(differences)
            }
        }
    }

    /// The tables in order.
    public var entries: [Entry] = []

    /// An empty report.
    public init() {}

    /// A report of one table.
    public init(_ entry: Entry) { entries = [entry] }

    /// Whether the server can use every table.
    public var isSound: Bool { entries.allSatisfy(\.isSound) }

    /// One line a table, differences indented below it.
    public var description: String {
        entries.map { entry in
            let added =
                entry.additions.isEmpty
                ? "" : " (added: \(entry.additions.joined(separator: "; ")))"
            return switch entry.outcome {
            case .created: "\(entry.table): created"
            case .verified: "\(entry.table): verified\(added)"
            case .mismatch(let differences):
                "\(entry.table): does not fit\(added)\n"
                    + differences.map { "    \($0)" }.joined(separator: "\n")
            }
        }.joined(separator: "\n")
    }
}
