import ArgumentParser
import LoadGenerator

/// `roost-load register`: REGISTER requests of many users.
///
/// The options are the fields of `RegisterPlan`, under the names that their ranges are checked
/// with, so that an error names the option. The report goes to standard output and nothing else
/// does.
struct Register: ParsableCommand {
    /// Name and purpose, for `--help`.
    static let configuration = CommandConfiguration(
        abstract: "Registers users at a registrar; a second run refreshes them.",
        discussion: "Ends with status 1 when a request failed or was not answered with 2xx.")

    /// `RegisterPlan.server` as it was typed; required, because a load on a guess would be rude.
    @Option(help: "Registrar, for instance 127.0.0.1:5060 or [::1]:5060.")
    var server: String
    /// `RegisterPlan.users`.
    @Option(help: "Addresses-of-record.")
    var users = 1_000
    /// `RegisterPlan.count`; more than there are bindings means refreshes (RFC 3261 10.2.4).
    @Option(help: "Requests in all; registers every binding once when absent.")
    var count: Int?
    /// `RegisterPlan.window`.
    @Option(help: "Most requests that wait for a reply at one time.")
    var window = 100
    /// `RegisterPlan.contactsEach`.
    @Option(name: .customLong("contacts-each"), help: "Devices of each user.")
    var contactsEach = 1
    /// `RegisterPlan.rate`.
    @Option(help: "Most requests a second; as fast as the window allows when absent.")
    var rate: Int?
    /// `RegisterPlan.isTCP`.
    @Flag(help: "Use TCP connections.")
    var tcp = false
    /// Whether a program reads the report and not a person.
    @Flag(help: "Report as one line of JSON.")
    var json = false
    /// `RegisterPlan.expires`.
    @Option(help: "Life of the bindings in seconds.")
    var expires = 3_600
    /// `RegisterPlan.sockets`.
    @Option(help: "UDP sockets or TCP connections.")
    var sockets = 16
    /// Whether to remove, as a phone does that signs off (RFC 3261 10.2.2).
    @Flag(help: "Remove the bindings: the same as --expires 0.")
    var unregister = false
    /// `RegisterPlan.domain`.
    @Option(help: "Domain of the users.")
    var domain = "example.com"
    /// `RegisterPlan.userPrefix`.
    @Option(name: .customLong("user-prefix"), help: "What stands before a user's seven digits.")
    var userPrefix = "user"
    /// `RegisterPlan.seed`; the same seed repeats a run exactly.
    @Option(help: "Chooses the order of the users; 0 keeps them in order.")
    var seed: UInt64 = 1
    /// `RegisterPlan.giveUpSeconds`.
    @Option(name: .customLong("give-up"), help: "Seconds after which a request has failed.")
    var giveUp = 32
    /// `RegisterPlan.acceptsEcho`.
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

    /// Runs the load and reports; the status tells a script whether every request succeeded.
    func run() throws {
        let terminal = Terminal()
        let report = try RegisterLoad(plan()).run { terminal.show($0) }
        terminal.clear()
        print(json ? report.json : report.text)
        if report.failures > 0 { throw ExitCode.failure }
    }
}
