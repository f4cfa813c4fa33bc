import ArgumentParser
import Basics
import Server

/// The program: `roost` serves; `roost migrate`, `roost schema`, `roost hash-password`, `roost
/// check` and `roost explain` do what their names say.
@main
struct Roost: AsyncParsableCommand {
    /// Without a subcommand it serves, so that kamailio's command lines work as they are.
    static let configuration = CommandConfiguration(
        commandName: "roost",
        abstract: "A SIP registrar and location server that reads a Kamailio configuration.",
        version: ProductVersion.banner,
        subcommands: [
            Serve.self, Migrate.self, PrintSchema.self, HashPassword.self, CheckConfiguration.self,
            ExplainName.self,
        ],
        defaultSubcommand: Serve.self)
}
