public import ArgumentParser
public import LoadGenerator

/// The scenarios are named on the command line as in the report.
extension PresenceScenario: ExpressibleByArgument {}

/// `roost-load presence`: publications, subscriptions, and watchers that answer every NOTIFY.
///
/// The options are the fields of `PresencePlan`, under the names that their ranges are checked
/// with. The report goes to standard output and nothing else does.
struct Presence: ParsableCommand {
    /// Name and purpose, for `--help`.
    static let configuration = CommandConfiguration(
        abstract: "Publishes, subscribes and answers NOTIFYs at a presence server, over UDP.",
        discussion: "Ends with status 1 when an operation failed or a NOTIFY was not as it must be."
    )

    /// `PresencePlan.server` as it was typed.
    @Option(help: "Presence server, for instance 127.0.0.1:5060 or [::1]:5060.")
    var server: String
    /// `PresencePlan.scenario`.
    @Option(help: "What is measured: subscribe, publish, refresh, initial or register.")
    var scenario = PresenceScenario.publish
    /// `PresencePlan.presentities`.
    @Option(help: "Presentities.")
    var presentities = 100
    /// `PresencePlan.watchersEach`.
    @Option(help: "Watchers of each presentity.")
    var watchers = 1
    /// `PresencePlan.count`.
    @Option(help: "Operations; one for each subject, or what the seconds allow, when absent.")
    var count: Int?
    /// `PresencePlan.seconds`.
    @Option(help: "Seconds after which nothing more is started.")
    var seconds: Int?
    /// `PresencePlan.window`.
    @Option(help: "Most operations that are not complete at one time.")
    var window = 32
    /// `PresencePlan.rate`.
    @Option(help: "Most operations a second; as fast as the window allows when absent.")
    var rate: Int?
    /// `PresencePlan.sockets`.
    @Option(help: "UDP sockets of the watchers; the publishers share one more.")
    var sockets = 1
    /// `PresencePlan.expires`.
    @Option(help: "Life of publications and subscriptions in seconds.")
    var expires = 3_600
    /// `PresencePlan.bodyBytes`.
    @Option(help: "Length of a document in bytes, 400 to 1200.")
    var body = 500
    /// `PresencePlan.isPublished`.
    @Flag(help: "Publish a document for each presentity before subscribing.")
    var published = false
    /// `PresencePlan.keeps`.
    @Flag(help: "Leave subscriptions and publications as they are at the end.")
    var keep = false
    /// Whether a program reads the report and not a person.
    @Flag(help: "Report as one line of JSON.")
    var json = false
    /// `PresencePlan.domain`.
    @Option(help: "Domain of the users.")
    var domain = "example.com"
    /// `PresencePlan.userPrefix`.
    @Option(name: .customLong("user-prefix"), help: "What stands before a user's seven digits.")
    var userPrefix = "user"
    /// `PresencePlan.seed`; the same seed repeats a run exactly.
    @Option(help: "Chooses the order of the presentities; 0 keeps them in order.")
    var seed: UInt64 = 1
    /// `PresencePlan.giveUpSeconds`.
    @Option(name: .customLong("give-up"), help: "Seconds after which an operation has failed.")
    var giveUp = 32

    /// The plan that the options describe.
    func plan() throws -> PresencePlan {
        var plan = PresencePlan(server: try ServerName(server))
        plan.scenario = scenario
        plan.presentities = presentities
        plan.watchersEach = watchers
        plan.count = count
        plan.seconds = seconds
        plan.window = window
        plan.rate = rate
        plan.sockets = sockets
        plan.expires = expires
        plan.bodyBytes = body
        plan.isPublished = published
        plan.keeps = keep
        plan.domain = domain
        plan.userPrefix = userPrefix
        plan.seed = seed
        plan.giveUpSeconds = giveUp
        return plan
    }

    /// Runs the load and reports; the status tells a script whether everything went well.
    func run() throws {
        let terminal = Terminal()
        let report = try PresenceLoad(plan()).run { terminal.show($0) }
        terminal.clear()
        print(json ? report.json : report.text)
        if report.failures + report.faults + report.asideFailures > 0 { throw ExitCode.failure }
    }
}
