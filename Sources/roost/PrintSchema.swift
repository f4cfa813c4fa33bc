import ArgumentParser
import FoundationEssentials
import Server

/// Prints the OpenRPC document of all management commands.
///
/// It needs no configuration and no running server: the declarations of the modules are enough.
struct PrintSchema: ParsableCommand {
    /// How the command is called, and its line in the help.
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the OpenRPC document of the management commands.")

    /// A file to compare with instead of printing; continuous integration uses it.
    @Option(help: "Compare with this file instead; exit status 1 when it is out of date.")
    var check: String?

    /// Prints or compares.
    ///
    /// The text of the error is the command that puts the file right.
    func run() throws {
        let current = SchemaDocument.text
        guard let check else {
            print(current, terminator: "")
            return
        }
        let stored = try? String(contentsOfFile: check, encoding: .utf8)
        guard stored == current else {
            print("\(check) is out of date: run roost schema > \(check)")
            throw ExitCode.failure
        }
    }
}
