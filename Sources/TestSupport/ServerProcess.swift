internal import Basics
internal import Glibc
internal import Synchronization

/// A running `roost` with a folder, a configuration file and ports of its own.
///
/// It is killed when nobody holds it any more. `ROOST_BINARY` chooses the server of another build.
public final class ServerProcess: Sendable {
    /// A server that did not start.
    public struct StartFailure: Error, CustomStringConvertible {
        /// Exit status; nil when it was still starting.
        public let status: Int32?
        /// What it printed.
        public let log: String
        /// Status and the end of the log.
        public var description: String {
            let end = status.map { "status \($0)" } ?? "late"
            return "the server did not start: \(end)\n\(log.suffix(3_000))"
        }
    }

    /// Its folder: configuration, log, embedded database.
    public let folder: TemporaryFolder
    /// The port of SIP, for UDP and TCP.
    public let sipPort: UInt16
    /// The port of management.
    public let httpPort: UInt16
    /// Calls its commands.
    public let rpc: RPCClient
    private let configuration: ServerConfiguration
    private let program: Guarded<StartedProgram?>

    /// Starts a server and waits until it answers SIP and, where it is configured, RPC.
    public init(_ configuration: ServerConfiguration, folder: TemporaryFolder? = nil) throws {
        let ports = try FreePorts.take(2)
        self.configuration = configuration
        self.folder = if let folder { folder } else { try TemporaryFolder() }
        sipPort = ports[0]
        httpPort = ports[1]
        rpc = RPCClient(port: httpPort)
        program = Guarded(nil)
        try self.folder.write(
            configuration.text(sipPort: sipPort, httpPort: httpPort), to: "roost.cfg")
        try start()
    }

    /// Starts it again after it has ended, with the same file, folder and ports.
    public func start() throws {
        let started = try Self.launch(folder, configuration.options)
        program.withLock { $0 = started }
        let isReady = eventually(within: 30) { !started.isRunning || answers() }
        guard isReady, started.isRunning else {
            let status = started.exitStatus
            started.kill()
            throw StartFailure(status: status, log: log)
        }
    }

    /// What it has printed so far, of all its runs.
    public var log: String { folder.text(of: "log") }

    /// Its process number.
    public var number: Int32 { program.withLock { $0?.number ?? 0 } }

    /// Whether it runs.
    public var isRunning: Bool { program.withLock { $0?.isRunning ?? false } }

    /// Asks it to stop and returns its exit status; nil when it does not end in time.
    @discardableResult
    public func stop(signal: Int32 = 15, seconds: Double = 30) -> Int32? {
        let program = program.withLock { $0 }
        program?.signal(signal)
        return program?.wait(seconds: seconds)
    }

    /// Ends it as a crash does.
    public func kill() { program.withLock { $0 }?.kill() }

    /// A phone for it over UDP or TCP.
    public func phone(_ kind: ClientSocket.Kind = .datagrams) throws -> SIPClient {
        try SIPClient(kind, port: sipPort)
    }

    /// Starts a server that is expected to end by itself; returns how it ended and what it said.
    ///
    /// `text` is the whole file.
    public static func fail(
        _ text: String, options: [String] = [], folder: TemporaryFolder? = nil,
        seconds: Double = 30
    ) throws -> StartedProgram.Outcome {
        let folder = if let folder { folder } else { try TemporaryFolder() }
        try folder.write(text, to: "roost.cfg")
        let program = try launch(folder, options)
        guard let status = program.wait(seconds: seconds) else {
            program.kill()
            throw StartFailure(status: nil, log: "it runs:\n" + folder.text(of: "log"))
        }
        return StartedProgram.Outcome(status: status, output: folder.text(of: "log"))
    }

    /// Creates the tables of a database.
    public static func migrate(_ url: String) throws {
        let outcome = try StartedProgram.run(
            try ToolPath.built("roost"), ["migrate", "--database", url])
        guard outcome.status == 0 else {
            throw StartFailure(status: outcome.status, log: outcome.output)
        }
    }

    private static func launch(
        _ folder: TemporaryFolder, _ options: [String] = []
    ) throws -> StartedProgram {
        try StartedProgram(
            try ToolPath.built("roost"),
            ["-f", folder.file("roost.cfg"), "-DD", "-E", "-Y", folder.path] + options,
            output: folder.file("log"))
    }

    private func answers() -> Bool {
        let isIPv6 = configuration.listens.allSatisfy { $0.contains("[") }
        let hasUDP = configuration.listens.contains { $0.hasPrefix("udp") }
        guard
            let phone = try? SIPClient(
                hasUDP ? .datagrams : .stream, port: sipPort, isIPv6: isIPv6),
            (try? phone.options(seconds: 0.3)) != nil
        else { return false }
        guard configuration.modules.contains("jsonrpcs") else { return true }
        var rpc = rpc
        rpc.seconds = 1
        return (try? rpc.post(RPCClient.request("core.uptime", [])))?.status == 200
    }
}
