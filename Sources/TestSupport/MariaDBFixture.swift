internal import Basics
internal import Foundation
internal import Glibc
internal import Synchronization

/// A private MariaDB server in a temporary folder, on a port of its own and a Unix socket.
///
/// Tests that only need a database share one server per process (`MariaDBFixture.shared()`) and
/// take a fresh database each; a test that freezes or kills the server starts its own. The server
/// and its folder end with the process, see `ProgramWatch`.
public final class MariaDBFixture: Sendable {
    /// Something that kept the server from starting or a statement from running.
    public struct Failure: Error, CustomStringConvertible {
        /// What went wrong, with the server's or client's own words.
        public let description: String
    }

    /// A database of its own for one test, with a user who may do everything in it.
    public struct Database: Sendable {
        /// The `mysql://` URL over TCP.
        public let url: String
        /// The `mysql://` URL over the Unix socket.
        public let socketURL: String
        /// The same for programs that do not decode what a URL has escaped, with a user of its own.
        public var plainURL: String {
            "mysql://plain\(name):plain@127.0.0.1:\(server.port)/\(name)"
        }
        /// Its name, which is also the user's.
        public let name: String
        /// The user's password.
        public let password: String
        /// The server that it is on.
        public let server: MariaDBFixture

        /// Runs statements in it as the administrator; returns a line a row, cells divided by
        /// tabs.
        @discardableResult
        public func sql(_ text: String) throws -> String { try server.sql(text, in: name) }
    }

    /// Whether MariaDB's server is installed; tests that need it are skipped where it is not.
    public static let isInstalled: Bool =
        ["mariadbd", "mariadb-install-db", "mariadb"].allSatisfy {
            ToolPath.installed($0) != nil
        }

    /// The folder of data, socket and log.
    public var folder: String { place.path }
    /// The same, which is removed with the last who holds it.
    private let place: TemporaryFolder
    /// The TCP port on 127.0.0.1.
    public let port: Int
    /// Path of the Unix socket.
    public var socket: String { "\(folder)/s" }
    /// The running server's process number, 0 while there is none.
    public var processNumber: Int32 { program.withLock { $0?.number ?? 0 } }
    /// The running server, changed by starts and kills.
    private let program = Guarded<StartedProgram?>(nil)
    /// How many databases there have been.
    private let serial = Guarded(0)

    // MARK: Life

    /// Installs and starts a server; takes about two seconds.
    public init() throws {
        place = try TemporaryFolder()
        port = try Int(FreePorts.take(1)[0])
        if getuid() == 0 { _ = try Self.run("chown", ["mysql", folder]) }
        _ = try Self.run(
            "mariadb-install-db",
            [
                "--no-defaults", "--datadir=\(folder)/d", "--tmpdir=\(folder)", "--skip-test-db",
                "--auth-root-authentication-method=normal",
            ] + Self.user)
        try start()
    }

    /// The server that the tests of this process share.
    public static func shared() throws -> MariaDBFixture {
        try common.withLock { kept in
            if let kept { return kept }
            let fresh = try MariaDBFixture()
            kept = fresh
            return fresh
        }
    }

    /// Creates a fresh database on this server.
    public func database() throws -> Database {
        let number = serial.withLock { value in
            value += 1
            return value
        }
        let name = "test\(number)"
        let password = "p@ss/\(number)"
        try sql(
            """
            CREATE DATABASE \(name);
            CREATE USER \(name)@'%' IDENTIFIED BY '\(password)';
            CREATE USER \(name)@'localhost' IDENTIFIED BY '\(password)';
            GRANT ALL ON \(name).* TO \(name)@'%';
            GRANT ALL ON \(name).* TO \(name)@'localhost';
            CREATE USER plain\(name)@'%' IDENTIFIED BY 'plain';
            CREATE USER plain\(name)@'localhost' IDENTIFIED BY 'plain';
            GRANT ALL ON \(name).* TO plain\(name)@'%';
            GRANT ALL ON \(name).* TO plain\(name)@'localhost';
            """)
        let secret = "p%40ss%2F\(number)"
        return Database(
            url: "mysql://\(name):\(secret)@127.0.0.1:\(port)/\(name)",
            socketURL: "mysql://\(name):\(secret)@localhost/\(name)?socket=\(socket)",
            name: name, password: password, server: self)
    }

    /// Runs statements as the administrator; returns rows as lines, cells divided by tabs.
    @discardableResult
    public func sql(_ text: String, in database: String? = nil) throws -> String {
        try Self.run(
            "mariadb",
            [
                "--no-defaults", "--default-character-set=utf8mb4", "-uroot", "-N", "-S", socket,
            ] + (database.map { [$0] } ?? []),
            input: text)
    }

    // MARK: What happens to servers

    /// Stops the server in its tracks: it accepts connections and answers nothing.
    ///
    /// It has stopped when this returns: the signal alone lets a busy thread answer once more.
    public func freeze() {
        signal(SIGSTOP)
        let folder = "/proc/\(processNumber)/task"
        _ = eventually(within: 10) {
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return threads.allSatisfy { thread in
                let stat = TemporaryFolder.text(at: "\(folder)/\(thread)/stat")
                return stat.isEmpty || stat.contains(") T ")
            }
        }
    }

    /// Lets a frozen server go on.
    public func thaw() { signal(SIGCONT) }

    /// Ends the server at once, as a crash does.
    public func kill() {
        let ended = program.withLock { program in
            defer { program = nil }
            return program
        }
        ended?.kill()
    }

    /// Starts the server again on the same data and port.
    public func restart() throws {
        kill()
        try start()
    }

    /// Sends the server a signal, when there is one.
    private func signal(_ number: Int32) { program.withLock { $0?.signal(number) } }

    /// Starts the server and waits until it answers, 20 seconds at most.
    private func start() throws {
        let server = try StartedProgram(
            ToolPath.installed("mariadbd") ?? "mariadbd",
            [
                "--no-defaults", "--datadir=\(folder)/d", "--socket=\(socket)",
                "--port=\(port)", "--bind-address=127.0.0.1", "--pid-file=\(folder)/pid",
                "--log-error=\(folder)/log", "--character-set-server=utf8mb4",
                "--skip-name-resolve", "--tmpdir=\(folder)",
            ] + Self.user)
        program.withLock { $0 = server }
        let isReady = eventually(within: 20) {
            !server.isRunning || (try? sql("SELECT 1")) != nil
        }
        guard isReady, server.isRunning else {
            let log = place.text(of: "log").suffix(2_000)
            throw Failure(description: "mariadbd did not start:\n\(log)")
        }
    }

    // MARK: The process

    /// The server that is shared, once somebody has asked for it.
    private static let common = Guarded<MariaDBFixture?>(nil)
    /// The account that the server runs as, which must not be root.
    private static let user = getuid() == 0 ? ["--user=mysql"] : []

    /// Runs a program to its end; what it writes, or throws when it fails.
    private static func run(
        _ name: String, _ arguments: [String], input: String = ""
    ) throws -> String {
        guard let path = ToolPath.installed(name) else {
            throw Failure(description: "\(name) is missing")
        }
        let outcome = try StartedProgram.run(path, arguments, input: input)
        guard outcome.status == 0 else {
            throw Failure(description: "\(name): \(outcome.output)")
        }
        return outcome.output
    }
}
