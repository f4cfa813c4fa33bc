internal import Glibc

/// A MariaDB of our own in a temporary directory, with Kamailio's tables.
///
/// Its settings are Debian's defaults: every transaction reaches the disk before it is confirmed,
/// which is what an operator has, and what makes writing row by row slow.
public final class PrivateMariaDB: Sendable {
    /// Name and password of the account, and name of the database.
    static let account = (user: "kamailio", password: "kamailiorw", database: "kamailio")

    /// Port on 127.0.0.1.
    public let port: UInt16
    /// Where its data are, gone with it.
    private let directory: ScratchDirectory
    /// The server itself.
    private let process: ChildProcess

    /// Installs and starts it, creates the database and Kamailio's tables of `schemas`.
    public init(
        schemas: [String] = ["standard", "usrloc", "presence"],
        schemaDirectory: String = "/usr/share/kamailio/mysql"
    ) throws(RigError) {
        let statements = try Self.statements(of: schemas, in: schemaDirectory)
        directory = try ScratchDirectory(prefix: "benchmark-db")
        let asRoot = getuid() == 0
        let user = asRoot ? ["--user=mysql"] : []
        if asRoot { try ChildProcess.run(["chown", "mysql", directory.path], secondsMax: 60) }
        let data = directory.file("data")
        try ChildProcess.run(
            [
                "mariadb-install-db", "--datadir=\(data)", "--skip-test-db",
                "--auth-root-authentication-method=normal",
            ] + user, secondsMax: 120)
        port = try FreePort.find(1)[0]
        process = try ChildProcess(
            ["mariadbd"] + user + [
                "--datadir=\(data)", "--socket=\(directory.file("socket"))", "--port=\(port)",
                "--bind-address=127.0.0.1", "--pid-file=\(directory.file("pid"))",
            ], output: directory.file("log"))
        try waitUntilReady()
        try sql(Self.accounts, database: "mysql")
        for text in statements { try sql(text) }
    }

    deinit { process.end(graceSeconds: 10) }

    /// URL of the database as a configuration file has it.
    public var url: String { Self.url(port: port) }

    /// URL of the database behind `port`.
    static func url(port: UInt16) -> String {
        let account = Self.account
        return "mysql://\(account.user):\(account.password)@127.0.0.1:\(port)/\(account.database)"
    }

    /// Runs statements and returns the rows: a line each, columns between tabs.
    @discardableResult
    public func sql(_ text: String, database: String = "kamailio") throws(RigError) -> String {
        let file = directory.file("statement.sql")
        try TextFile.write(text, to: file)
        return try ChildProcess.run(
            ["mariadb", "-uroot", "-N", "-S", directory.file("socket"), database], input: file,
            secondsMax: 300)
    }

    /// Rows of a table.
    public func rows(of table: String = "location") throws(RigError) -> Int {
        let text = try sql("select count(*) from \(table)")
        return Int(text.filter { $0.isNumber }) ?? -1
    }

    /// Removes all rows of the table `location`.
    public func clear() throws(RigError) { try sql("truncate table location") }

    /// Removes all rows of the tables of the presence server.
    public func clearPresence() throws(RigError) {
        for table in ["presentity", "active_watchers", "watchers", "pua"] {
            try sql("truncate table \(table)")
        }
    }

    /// The statements that create the tables.
    ///
    /// They are read first: an installation that lacks them is told before a server is installed.
    static func statements(
        of schemas: [String], in directory: String
    ) throws(RigError) -> [String] {
        var texts: [String] = []
        for schema in schemas {
            let path = "\(directory)/\(schema)-create.sql"
            guard let text = TextFile.read(path) else {
                throw RigError(.missing, "no \(path): install kamailio-mysql-modules")
            }
            texts.append(text)
        }
        return texts
    }

    /// Waits until it takes statements, or says why it does not.
    private func waitUntilReady() throws(RigError) {
        let isReady = Patience(seconds: 60, everyMilliseconds: 50).wait {
            !process.isRunning || (try? sql("select 1", database: "mysql")) != nil
        }
        guard isReady, process.isRunning else {
            throw RigError(
                .ended, "mariadbd did not start:\n\(TextFile.tail(directory.file("log")))")
        }
    }

    /// The account comes from both names of this machine: over TCP and over its socket.
    private static var accounts: String {
        let (user, password, database) = account
        let grants = ["127.0.0.1", "localhost"].map { host in
            "grant all on \(database).* to \(user)@'\(host)' identified by '\(password)';"
        }
        return "create database \(database);\n" + grants.joined(separator: "\n")
    }
}
