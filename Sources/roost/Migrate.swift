import ArgumentParser
import Server

/// Creates or checks the tables of a database.
struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Create or check the tables of a database.")

    @Option(help: "The database: mysql://user:password@host/name or sqlite:///path.")
    var database: String

    func run() throws {
        let status = DatabaseMigration.run(database)
        guard status == 0 else { throw ExitCode(status) }
    }
}
