import Foundation
import TestSupport

/// A database of one test, read by the database's own client program: what the server's code reads
/// is not what proves what it wrote.
struct TestDatabase: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case mariaDB, sqlite

        /// Those whose programs are installed.
        static let installed = allCases.filter { kind in
            switch kind {
            case .mariaDB: MariaDBFixture.isInstalled
            case .sqlite: ToolPath.installed("sqlite3") != nil
            }
        }
    }

    private enum Place: Sendable {
        case mariaDB(MariaDBFixture.Database)
        case sqlite(TemporaryFolder, String)
    }

    let url: String
    private let place: Place

    /// A database with the server's tables in it.
    init(_ kind: Kind) throws {
        switch kind {
        case .mariaDB: try self.init(MariaDBFixture.shared().database())
        case .sqlite:
            let folder = try TemporaryFolder()
            let path = folder.file("test.sqlite")
            try self.init("sqlite:///\(path)", .sqlite(folder, path))
        }
    }

    init(_ database: MariaDBFixture.Database) throws {
        try self.init(database.url, .mariaDB(database))
    }

    private init(_ url: String, _ place: Place) throws {
        self.url = url
        self.place = place
        try ServerProcess.migrate(url)
    }

    /// Runs statements; returns rows as lists of cells, NULL as "NULL".
    @discardableResult
    func sql(_ text: String) throws -> [[String]] {
        let output: String
        switch place {
        case .mariaDB(let database): output = try database.sql(text)
        case .sqlite(_, let path):
            let options = ["-batch", "-separator", "\t", "-nullvalue", "NULL", path]
            let outcome = try StartedProgram.run(
                ToolPath.installed("sqlite3") ?? "", options + [".timeout 5000", text])
            guard outcome.status == 0 else {
                throw StartedProgram.Failure(description: outcome.output)
            }
            output = outcome.output
        }
        return output.split(separator: "\n").map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// Rows of `location` as dictionaries by column, in the order of `username`, then `id`.
    func rows(where condition: String = "1=1") throws -> [[String: String]] {
        let times = ["expires", "last_modified"]
        let list = Self.columns.map { times.contains($0) ? seconds($0) : quoted($0) }
        let sql = "SELECT \(list.joined(separator: ", ")) FROM location WHERE \(condition)"
        return try self.sql("\(sql) ORDER BY username, id;").map { row in
            Dictionary(zip(Self.columns, row)) { first, _ in first }
        }
    }

    /// How many rows `location` has.
    func count(where condition: String = "1=1") throws -> Int {
        Int(try sql("SELECT COUNT(*) FROM location WHERE \(condition);").first?.first ?? "") ?? -1
    }

    /// Adds a row of SQL values; what is not named has its default.
    func insert(_ values: [String: String]) throws {
        let names = values.keys.sorted()
        let columns = names.map(quoted).joined(separator: ", ")
        let cells = names.map { values[$0] ?? "NULL" }.joined(separator: ", ")
        try sql("INSERT INTO location (\(columns)) VALUES (\(cells));")
    }

    /// A moment, in seconds from now, as the SQL of a value.
    func moment(_ seconds: Int) -> String {
        switch place {
        case .mariaDB: "FROM_UNIXTIME(UNIX_TIMESTAMP() + (\(seconds)))"
        case .sqlite: "(strftime('%s', 'now') + (\(seconds)) - 0.5) / 86400.0 + 2440587.5"
        }
    }

    static let columns = [
        "ruid", "username", "domain", "contact", "received", "path", "expires", "q", "callid",
        "cseq", "last_modified", "flags", "cflags", "user_agent", "socket", "methods", "instance",
        "reg_id", "server_id", "connection_id", "keepalive", "partition",
    ]

    /// A time column in seconds since 1970.
    private func seconds(_ column: String) -> String {
        switch place {
        case .mariaDB: "UNIX_TIMESTAMP(\(column))"
        case .sqlite: "CAST(round((\(column) - 2440587.5) * 86400.0 + 0.5) AS INTEGER)"
        }
    }

    private func quoted(_ name: String) -> String {
        if case .mariaDB = place { "`\(name)`" } else { "\"\(name)\"" }
    }
}

/// Seconds since 1970.
func wallSeconds() -> Int { Int(Date().timeIntervalSince1970) }
