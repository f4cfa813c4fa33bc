internal import Basics

/// A server that has been started for a figure, and what is asked of it.
///
/// It runs on ports and in a directory of its own, so that several rigs, and a server that the
/// machine runs anyway, do not meet.
final class RunningServer: Sendable {
    /// Which server it is.
    let contestant: Contestant
    /// Its ports.
    let configuration: ServerConfiguration
    /// Seconds from its start to the moment when it answered SIP and held the wanted contacts.
    let readySeconds: Double
    /// The server itself.
    private let process: ChildProcess
    /// Where its configuration is, gone with it.
    private let directory: ScratchDirectory

    /// Starts `contestant` and waits until it answers SIP and RPC and holds `contacts` contacts.
    ///
    /// With `isStored` what it holds is kept in the database, and not in memory beside it;
    /// `peerPort` is the SIP port of the server that it learns from.
    init(
        _ contestant: Contestant, database: PrivateMariaDB? = nil, isStored: Bool = true,
        defines: [String] = [], contacts: Int = 0, timerSeconds: Int = 3_600,
        peerPort: UInt16 = 0, readySecondsMax: Double = 120
    ) throws(RigError) {
        self.contestant = contestant
        let ports = try FreePort.find(2)
        var configuration = ServerConfiguration(
            sipPort: ports[0], httpPort: ports[1], databasePort: database?.port ?? 0)
        configuration.timerSeconds = timerSeconds
        configuration.peerPort = peerPort
        self.configuration = configuration
        directory = try ScratchDirectory(prefix: "benchmark")
        let file = directory.file("server.cfg")
        let log = directory.file("log")
        try TextFile.write(configuration.text, to: file)
        let defines = defines + (database == nil || !isStored ? [] : ["WITH_DB"])
        let start = SystemClock.monotonic()
        process = try ChildProcess(
            contestant.command(configuration: file, directory: directory.path, defines: defines),
            output: log)
        let probe = SIPProbe(port: configuration.sipPort)
        let rpc = RPCClient(
            port: contestant.kind == .kamailio ? configuration.sipPort : configuration.httpPort)
        let process = process
        let isReady = Patience(seconds: readySecondsMax, everyMilliseconds: 2).wait {
            guard process.isRunning else { return true }
            guard probe.isAnswered() else { return false }
            return contacts == 0 || Self.contacts(rpc) >= contacts
        }
        readySeconds = Double(SystemClock.monotonic().since(start)) / 1e9
        guard isReady, process.isRunning else {
            let reason =
                isReady
                ? "ended by itself"
                : "was not ready within \(BenchmarkTable.number(readySecondsMax)) s"
            throw RigError(
                .ended, "\(contestant.name) \(reason):\n\(TextFile.tail(directory.file("log")))")
        }
    }

    /// Its RPC interface.
    var rpc: RPCClient {
        RPCClient(
            port: contestant.kind == .kamailio ? configuration.sipPort : configuration.httpPort)
    }

    /// CPU time of all its processes and threads in nanoseconds.
    var cpuNanoseconds: UInt64 { ProcessTable().cpuNanoseconds(of: process.pid) }

    /// Resident bytes of all its processes.
    var residentBytes: Int { ProcessTable().residentBytes(of: process.pid) }

    /// CPU time of each thread of each of its processes.
    var threads: [ProcessTable.ThreadCost] {
        let table = ProcessTable()
        return table.family(of: process.pid).flatMap { table.threads(of: $0) }
    }

    /// Contacts that it holds, by its own statistics; -1 when it does not say.
    func contacts() -> Int { Self.contacts(rpc) }

    /// Ends it at once, so that no pending write falls into the next figure.
    func kill() { process.end(graceSeconds: 0) }

    /// Ends it as an operator does, so that everything is written; at once after a minute.
    func stop() { process.end(graceSeconds: 60) }

    /// Both servers name the statistic alike, up to the sign between its words.
    private static func contacts(_ rpc: RPCClient) -> Int {
        guard let answer = try? rpc.call("stats.get_statistics", ["usrloc:"], waitSeconds: 5) else {
            return -1
        }
        return RPCClient.number("location_contacts", in: answer.text)
            ?? RPCClient.number("location-contacts", in: answer.text) ?? -1
    }
}
