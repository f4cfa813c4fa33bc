import ArgumentParser
import Server

/// Creates or checks the tables of a database.
///
/// A database server has an administrator who runs this once; the embedded database gets its tables
/// when the server starts.
struct Migrate: ParsableCommand {
    /// How the command is called, and its line in the help.
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Create or check the tables of a database.")

    /// The database whose tables are meant.
    @Option(help: "The database: mysql://user:password@host/name or sqlite:///path.")
    var database: String

    /// Does the work; the exit status is 1 when a table differs from what is needed.
    func run() throws {
        let status = DatabaseMigration.run(database)
        guard status == 0 else { throw ExitCode(status) }
    }
}
