import ArgumentParser
import BenchmarkRig
import Glibc

/// `roost-benchmark`: the table that compares stock Kamailio with this project's server.
///
/// What is going on is told on standard error, the table alone stands on standard output. It ends
/// with status 0 whatever the numbers are, unless `--strict` asks for a verdict: on a noisy machine
/// a number is to be read by a person first.
struct RoostBenchmark: ParsableCommand {
    /// Name and purpose, for `--help`.
    static let configuration = CommandConfiguration(
        commandName: "roost-benchmark",
        abstract: "Runs stock Kamailio and Roost side by side and prints a table of ratios.",
        discussion: "Figures: \(Figure.allCases.map(\.rawValue).joined(separator: ", ")).")

    /// The opponent's program.
    @Option(help: "Kamailio's program; 'none' leaves its column empty.")
    var kamailio = "kamailio"
    /// Our program; the default is the one that was built together with this.
    @Option(help: "Roost's program; beside this one when absent, 'none' leaves its column empty.")
    var roost: String?
    /// Names of `Figure`.
    @Option(help: "Rows to take, separated by commas; all but the large ones when absent.")
    var figures: String?
    /// 1 to 100; more of them narrow the spread and take as much longer.
    @Option(help: "Rounds; the medians are shown.")
    var rounds: Int?
    /// 1 to 1,000,000.
    @Option(help: "Addresses-of-record, one contact each.")
    var users: Int?
    /// Whether to take the large rows too, which need minutes and gigabytes.
    @Flag(help: "Take the rows with ten times the users as well.")
    var million = false
    /// Whether only the rig itself is to be tried out.
    @Flag(help: "Small sizes: shows that everything works, the numbers mean nothing.")
    var quick = false
    /// A file for the table, to be kept with the documentation.
    @Option(help: "Write the table to this file as Markdown.")
    var markdown: String?
    /// Whether a program reads the table and not a person.
    @Flag(help: "Print JSON and no table.")
    var json = false
    /// Whether a missed bound is an error, for a gate in continuous integration.
    @Flag(help: "End with status 1 when a row misses what it must reach.")
    var strict = false

    /// Measures, prints and, when asked to, judges.
    func run() throws {
        let options = try options()
        ChildRegistry.endChildrenOnSignal()
        var run = BenchmarkRun(options, tools: GeneratorTools.tools) { Self.show("\($0)\n") }
        let table = run.run()
        if json {
            print(table.jsonText)
        } else {
            print(table.text)
        }
        if let markdown { try table.writeMarkdown(to: markdown) }
        if strict, !table.isReached { throw ExitCode.failure }
    }

    /// What the arguments ask for.
    private func options() throws -> BenchmarkOptions {
        let beside = (CommandLine.arguments.first ?? "").split(
            separator: "/", omittingEmptySubsequences: false
        ).dropLast().joined(separator: "/")
        let ours = roost ?? (beside.isEmpty ? "roost" : "\(beside)/roost")
        var options = BenchmarkOptions(
            kamailio: kamailio == "none" ? nil : Contestant(binary: kamailio),
            roost: ours == "none" ? nil : Contestant(binary: ours))
        if quick { options.makeQuick() }
        if let figures {
            options.figures = try figures.split(separator: ",").map { name in
                guard let figure = Figure(rawValue: String(name)) else {
                    throw ValidationError("there is no figure '\(name)'")
                }
                return figure
            }
        }
        if million { options.figures += Figure.allCases.filter(\.isMillion) }
        options.rounds = try positive("rounds", rounds ?? options.rounds, 100)
        options.users = try positive("users", users ?? options.users, 1_000_000)
        options.millionUsers = quick ? options.millionUsers : options.users * 10
        return options
    }

    /// Refuses a number that is not between 1 and `most`.
    private func positive(_ name: String, _ value: Int, _ most: Int) throws -> Int {
        guard (1...most).contains(value) else {
            throw ValidationError("--\(name) is \(value), must be 1 to \(most)")
        }
        return value
    }

    /// Writes to standard error, where it does not mix with the table.
    private static func show(_ text: String) {
        var text = text
        text.withUTF8 { unsafe _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
