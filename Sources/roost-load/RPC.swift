import ArgumentParser
import LoadGenerator

/// `roost-load rpc`: JSON-RPC calls over HTTP connections that stay open.
struct RPC: ParsableCommand {
    /// Name and purpose, for `--help`.
    static let configuration = CommandConfiguration(
        abstract: "Calls a management command again and again over HTTP.",
        discussion: "Ends with status 1 when a call failed or was answered with an error.")

    /// `CommandPlan.server` and `.path`; Kamailio answers on its SIP port.
    @Option(help: "Where commands are served, for instance http://127.0.0.1:8280/RPC.")
    var url: String
    /// `CommandPlan.method`.
    @Option(help: "The command.")
    var method = "core.uptime"
    /// `CommandPlan.parameters`.
    @Option(help: "Its parameters as JSON, for instance '[\"core\"]'.")
    var params = ""
    /// `CommandPlan.connections`.
    @Option(help: "Connections; each has one call under way at a time.")
    var connections = 4
    /// `CommandPlan.count`.
    @Option(help: "Calls in all.")
    var count = 100_000
    /// `CommandPlan.rate`.
    @Option(help: "Most calls a second; as fast as the connections go when absent.")
    var rate: Int?
    /// Becomes `CommandPlan.authorization`.
    @Option(help: "Bearer token.")
    var token: String?
    /// `CommandPlan.giveUpSeconds`.
    @Option(name: .customLong("give-up"), help: "Seconds of silence that end the load.")
    var giveUp = 10
    /// Whether a program reads the report and not a person.
    @Flag(help: "Report as one line of JSON.")
    var json = false

    /// Runs the load and reports; the status tells a script whether every call succeeded.
    func run() throws {
        var plan = try CommandPlan(url: url)
        plan.method = method
        plan.parameters = params
        plan.connections = connections
        plan.count = count
        plan.rate = rate
        plan.authorization = token.map { "Bearer \($0)" }
        plan.giveUpSeconds = giveUp
        let report = try CommandLoad(plan).run()
        print(json ? report.json : report.text)
        if report.failures > 0 { throw ExitCode.failure }
    }
}
