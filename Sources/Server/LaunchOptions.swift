/// What the command line asks for, as kamailio's options have it.
///
/// It knows nothing of how arguments are spelled: the program parses them, tests fill it in by
/// hand.
package struct LaunchOptions: Sendable {
    /// The configuration file (`-f`).
    package var file = "Config/roost.cfg"
    /// Preprocessor definitions (`-A NAME[=VALUE]`).
    package var defines: [(name: String, value: String?)] = []
    /// Further addresses to listen on (`-l`), as `listen` has them.
    package var listens: [String] = []
    /// UDP workers a socket (`-n`); 0 leaves it to the configuration.
    package var children = 0
    /// How often `-d` was given: each raises `debug` by one.
    package var debug = 0
    /// Log to standard error whatever the configuration says (`-E`).
    package var logsToStandardError = false
    /// A file that the process number is written to (`-P`).
    package var pidFile: String?
    /// The working directory (`-w`).
    package var workingDirectory: String?
    /// The directory of sockets and of embedded data without a path (`-Y`).
    package var runtimeDirectory: String?
    /// The user to become once sockets are bound (`-u`).
    package var user: String?
    /// The group to become once sockets are bound (`-g`).
    package var group: String?
    /// Whether TCP is switched off (`-T`).
    package var disablesTCP = false
    /// Whether local names are aliases of the server (`-a`): 1 yes, 0 no, nil as configured.
    package var autoAliases: Bool?
    /// Options that mean nothing here; the log says so once.
    package var ignored: [String] = []
    /// The command line as it was, for `core.arg`.
    package var commandLine: [String] = []

    /// Options as they are when the command line says nothing.
    package init() {}

    /// Adds a definition as `-A` has it: `NAME` or `NAME=VALUE`.
    ///
    /// The value is all behind the first `=`, further ones included: database URLs have them.
    package mutating func define(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? String(parts[1]) : nil
        defines.append((name: String(parts[0]), value: value))
    }
}
