import ArgumentParser
import LoadGenerator

/// `roost-load echo`: the bare echo that shows what the kernel alone costs.
///
/// It runs until it is ended by a signal; the CPU time that it took is what one looks at.
struct Echo: ParsableCommand {
    /// Name and purpose, for `--help`.
    static let configuration = CommandConfiguration(
        abstract: "Sends every datagram back, in batches: the limit for any server.",
        discussion: "Put load on it with: roost-load register --echo --server 127.0.0.1:PORT")

    /// Where it listens; a script that starts it reads the chosen port from standard output.
    @Option(help: "Port on 127.0.0.1; 0 lets the system choose.")
    var port: UInt16 = 0

    /// Echoes until a signal ends the process.
    func run() throws {
        let server = try EchoServer(port: port)
        // The port is told before the first datagram can come, for whoever starts it from a script.
        print("echo on 127.0.0.1:\(server.port)")
        server.run { true }
    }
}
