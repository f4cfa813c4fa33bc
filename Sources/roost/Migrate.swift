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

    /// Other names for columns of the location table, for usrloc's `user_column` and its like.
    @Option(help: "Another name for a column of location: username=subscriber (repeatable).")
    var column: [String] = []

    /// Whether times of the location table are seconds, as usrloc's `expires_type` 1 has them.
    @Flag(help: "Store times of location as seconds (expires_type 1).")
    var seconds = false

    /// Does the work; the exit status is 1 when a table differs from what is needed.
    func run() throws {
        let status = DatabaseMigration.run(database, columns: column, countsSeconds: seconds)
        guard status == 0 else { throw ExitCode(status) }
    }
}
