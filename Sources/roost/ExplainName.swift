import ArgumentParser
import JSONValue
import Server

/// Explains a name: of a parameter, function, variable, transformation, event route, management
/// command, statistic or module.
///
/// It needs no configuration and no running server: the declarations of the modules are enough.
struct ExplainName: ParsableCommand {
    /// How the command is called, and its line in the help.
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain a parameter, function, variable, command, statistic or module.",
        discussion: "roost explain registrar.max_expires; roost explain save; roost explain '$ru'")

    /// What is explained.
    @Argument(help: "The name, with its module or without.")
    var name: String = ""

    /// How it is printed.
    @Option(help: "How to print: text or json.")
    var format = ReportFormat.text

    /// For shells that complete a name.
    @Flag(help: "List the names that begin with NAME.")
    var list = false

    /// Prints everything of that name; the exit status is 1 when there is nothing.
    func run() throws {
        if list {
            for name in Explanation.names(beginning: name) { print(name) }
            return
        }
        let found = Explanation.find(name)
        guard !found.isEmpty else {
            let hint = Explanation.suggestion(name).map { "; did you mean \($0)?" } ?? ""
            throw ValidationError("nothing is named \"\(name)\"\(hint)")
        }
        switch format {
        case .text: print(found.map(\.text).joined(separator: "\n"), terminator: "")
        case .json: print(JSONValue.array(found.map(\.json)).encoded(isPretty: true))
        }
    }
}
