import ArgumentParser

/// Puts load on a SIP server; every kind of load is a subcommand.
///
/// A further kind is a plan, a template and a run in the library, and one file here.
struct RoostLoad: ParsableCommand {
    /// Name and purpose, for `--help`.
    static let configuration = CommandConfiguration(
        commandName: "roost-load",
        abstract: "Puts load on a SIP server and reports rate, failures and latency.",
        subcommands: [Register.self, Presence.self, RPC.self, Echo.self])
}

RoostLoad.main()
