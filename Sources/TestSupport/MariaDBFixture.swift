internal import Basics
internal import Foundation
internal import Glibc
internal import Synchronization

/// A private MariaDB server in a temporary folder, on a port of its own and a Unix socket.
///
/// Tests that only need a database share one server per process (`MariaDBFixture.shared()`) and
/// take a fresh database each; a test that freezes or kills the server starts its own. The server
/// ends with the process: at a normal end by `atexit`, after a crash by a shell that looks every
/// second whether the process is still there. (The kernel's parent-death signal is no use: it comes
/// when the thread ends that started the server.)
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
        tool("mariadbd") != nil && tool("mariadb-install-db") != nil && tool("mariadb") != nil

    /// The folder of data, socket and log.
    public let folder: String
    /// The TCP port on 127.0.0.1.
    public let port: Int
    /// Path of the Unix socket.
    public var socket: String { "\(folder)/s" }
    /// The running server's process number, 0 while there is none.
    public var processNumber: Int32 { process.withLock { $0 } }
    /// The same, changed by starts and kills.
    private let process = Guarded<Int32>(0)
    /// How many databases there have been.
    private let serial = Guarded(0)

    // MARK: Life

    /// Installs and starts a server; takes about two seconds.
    public init() throws {
        folder = "/tmp/roost-db-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        port = try Self.freePort()
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o755])
        if getuid() == 0 { _ = try Self.run("chown", ["mysql", folder]) }
        Self.endings.withLock { $0.append(folder) }
        _ = try Self.run(
            "mariadb-install-db",
            [
                "--no-defaults", "--datadir=\(folder)/d", "--tmpdir=\(folder)", "--skip-test-db",
                "--auth-root-authentication-method=normal",
            ] + Self.user)
        try start()
    }

    deinit { remove() }

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
    public func freeze() { signal(SIGSTOP) }

    /// Lets a frozen server go on.
    public func thaw() { signal(SIGCONT) }

    /// Ends the server at once, as a crash does.
    public func kill() {
        let number = process.withLock { value in
            defer { value = 0 }
            return value
        }
        guard number > 0 else { return }
        Glibc.kill(number, SIGKILL)
        // Until its parent, which is this process, has taken note: 5 seconds at most.
        for _ in 0..<2_500 where Glibc.kill(number, 0) == 0 { usleep(2_000) }
    }

    /// Starts the server again on the same data and port.
    public func restart() throws {
        kill()
        try start()
    }

    /// Sends the server a signal, when there is one.
    private func signal(_ number: Int32) {
        process.withLock { if $0 > 0 { _ = Glibc.kill($0, number) } }
    }

    /// Starts the server and waits until it answers, 20 seconds at most.
    private func start() throws {
        let server = Process()
        let daemon =
            [
                "mariadbd", "--no-defaults", "--datadir=\(folder)/d", "--socket=\(socket)",
                "--port=\(port)", "--bind-address=127.0.0.1", "--pid-file=\(folder)/pid",
                "--log-error=\(folder)/log", "--character-set-server=utf8mb4",
                "--skip-name-resolve", "--tmpdir=\(folder)",
            ] + Self.user
        server.executableURL = URL(fileURLWithPath: Self.tool(daemon[0]) ?? daemon[0])
        server.arguments = Array(daemon.dropFirst())
        try Self.launch(server)
        process.withLock { $0 = server.processIdentifier }
        try watch(server.processIdentifier)
        for _ in 0..<400 {
            if (try? sql("SELECT 1")) != nil { return }
            guard server.isRunning else { break }
            usleep(50_000)
        }
        let log = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
        throw Failure(description: "mariadbd did not start:\n\(log.suffix(2_000))")
    }

    /// Leaves a shell behind that ends the server when this process is gone.
    private func watch(_ number: Int32) throws {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = [
            "-c",
            """
            while kill -0 \(getpid()) && kill -0 \(number); do sleep 1; done
            kill -0 \(getpid()) || { kill -KILL \(number); sleep 1; rm -rf '\(folder)'; }
            """,
        ]
        try Self.launch(shell)
    }

    /// Starts a process that reads and writes nothing.
    private static func launch(_ process: Process) throws {
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// Ends the server and removes its folder.
    private func remove() {
        thaw()
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: The process

    /// The server that is shared, once somebody has asked for it.
    private static let common = Guarded<MariaDBFixture?>(nil)
    /// The account that the server runs as, which must not be root.
    private static let user = getuid() == 0 ? ["--user=mysql"] : []

    /// The folders that are removed when the process ends, for servers that are still there.
    private static let endings: Guarded<[String]> = {
        atexit { MariaDBFixture.endAll() }
        return Guarded([])
    }()

    /// What is done when the process ends.
    private static func endAll() {
        common.withLock { $0?.remove() }
        for folder in endings.withLock({ $0 }) {
            try? FileManager.default.removeItem(atPath: folder)
        }
    }

    /// The path of a program; /usr/sbin is not in everybody's PATH.
    private static func tool(_ name: String) -> String? {
        ["/usr/sbin", "/usr/bin", "/usr/local/bin", "/usr/local/sbin", "/bin", "/sbin"]
            .map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs a program to its end; what it writes, or throws when it fails.
    private static func run(
        _ name: String, _ arguments: [String], input: String = ""
    ) throws -> String {
        guard let path = tool(name) else { throw Failure(description: "\(name) is missing") }
        // A client that gives up before it has read its input is an error, not the tests' end.
        Glibc.signal(SIGPIPE, SIG_IGN)
        let process = Process()
        let (into, out, words) = (Pipe(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = into
        process.standardOutput = out
        process.standardError = words
        try process.run()
        // Written beside the reading, or two full pipes would wait for each other.
        let writer = Thread {
            try? into.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try? into.fileHandleForWriting.close()
        }
        writer.start()
        let text = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let errors = words.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(name): \(String(decoding: errors, as: UTF8.self))")
        }
        return text
    }

    /// A port of 127.0.0.1 that nobody uses at the moment.
    private static func freePort() throws -> Int {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { Glibc.close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
                unsafe bind(descriptor, plain, length) == 0
                    && getsockname(descriptor, plain, &length) == 0
            }
        }
        guard isBound else { throw Failure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
