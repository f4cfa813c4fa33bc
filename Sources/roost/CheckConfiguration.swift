import ArgumentParser
import JSONValue
import Server

/// How a report is printed.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
    /// For people.
    case text
    /// For programs.
    case json
}

/// Checks a configuration and says everything that is wrong with it, at once.
///
/// `-c` is for service files and stops at the first kind of trouble, as a start would; this goes on
/// as far as it can, for whoever moves a configuration here.
struct CheckConfiguration: ParsableCommand {
    /// How the command is called, and its line in the help.
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration: all errors and warnings, and what is not supported.",
        discussion: "The exit status is 0 when the server would take it, 1 otherwise.")

    /// The configuration.
    @Argument(help: "The configuration file.", completion: .file())
    var file: String

    /// How the report is printed.
    @Option(help: "How to print: text or json.")
    var format = ReportFormat.text

    /// Definitions, as at the start.
    @Option(
        name: .customShort("A", allowingJoined: true),
        help: "Define NAME or NAME=VALUE before the configuration is read.")
    var defines: [String] = []

    /// Prints the report; nothing is started.
    func run() throws {
        var options = LaunchOptions()
        options.file = file
        for define in defines { options.define(define) }
        let report = ConfigurationReport(options)
        switch format {
        case .text: print(report.text, terminator: "")
        case .json: print(report.json.encoded(isPretty: true))
        }
        guard report.isRight else { throw ExitCode.failure }
    }
}
