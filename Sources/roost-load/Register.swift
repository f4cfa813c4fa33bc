import ArgumentParser
import Glibc
import LoadGenerator

/// `roost-load register`: REGISTER requests of many users.
///
/// The options are the fields of `RegisterPlan`, under the names that their ranges are checked with,
/// so that an error names the option. The report goes to standard output and nothing else does.
struct Register: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Registers users at a registrar; a second run refreshes them.",
        discussion: "Ends with status 1 when a request failed or was not answered with 2xx.")

    @Option(help: "Registrar, for instance 127.0.0.1:5060 or [::1]:5060.")
    var server: String
    @Option(help: "Addresses-of-record.")
    var users = 1_000
    @Option(help: "Requests in all; registers every binding once when absent.")
    var count: Int?
    @Option(help: "Most requests that wait for a reply at one time.")
    var window = 100
    @Option(name: .customLong("contacts-each"), help: "Devices of each user.")
    var contactsEach = 1
    @Option(help: "Most requests a second; as fast as the window allows when absent.")
    var rate: Int?
    @Flag(help: "Use TCP connections.")
    var tcp = false
    @Flag(help: "Report as one line of JSON.")
    var json = false
    @Option(help: "Life of the bindings in seconds.")
    var expires = 3_600
    @Option(help: "UDP sockets or TCP connections.")
    var sockets = 16
    @Flag(help: "Remove the bindings: the same as --expires 0.")
    var unregister = false
    @Option(help: "Domain of the users.")
    var domain = "example.com"
    @Option(name: .customLong("user-prefix"), help: "What stands before a user's seven digits.")
    var userPrefix = "user"
    @Option(help: "Chooses the order of the users; 0 keeps them in order.")
    var seed: UInt64 = 1
    @Option(name: .customLong("give-up"), help: "Seconds after which a request has failed.")
    var giveUp = 32
    @Flag(help: "Accept an echo of the request as its reply.")
    var echo = false

    /// The plan that the options describe.
    func plan() throws -> RegisterPlan {
        var plan = RegisterPlan(server: try ServerName(server))
        plan.users = users
        plan.count = count
        plan.window = window
        plan.contactsEach = contactsEach
        plan.rate = rate
        plan.isTCP = tcp
        plan.expires = unregister ? 0 : expires
        plan.sockets = sockets
        plan.domain = domain
        plan.userPrefix = userPrefix
        plan.seed = seed
        plan.giveUpSeconds = giveUp
        plan.acceptsEcho = echo
        return plan
    }

    func run() throws {
        // A line that writes over itself would only fill a log.
        let isTerminal = isatty(STDERR_FILENO) == 1
        let report = try RegisterLoad(plan()).run { progress in
            if isTerminal { Self.show("\r\u{1b}[K\(progress.line)") }
        }
        if isTerminal { Self.show("\r\u{1b}[K") }
        print(json ? report.json : report.text)
        if report.failures > 0 { throw ExitCode.failure }
    }

    /// Writes to standard error, where it does not mix with the report.
    private static func show(_ text: String) {
        var text = text
        text.withUTF8 { unsafe _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
