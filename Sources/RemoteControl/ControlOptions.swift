/// What the command line of roostctl asks for.
public struct ControlOptions: Sendable, Hashable {
    /// Where the server is.
    public var server: ServerAddress
    /// Whether to print JSON.
    public var printsJSON = false
    /// Seconds without progress after which a call is given up.
    public var timeoutSeconds = 30
    /// The command and its arguments; empty for the prompt.
    public var words: [String] = []
    /// Whether only the usage is wanted.
    public var wantsHelp = false
    /// Whether only the version is wanted.
    public var wantsVersion = false

    /// The usage, for `--help`.
    public static let usage = """
        roostctl [--url URL] [--json] [--timeout SECONDS] [METHOD ARGUMENT...]

        Calls a management command of a running server and prints the answer. Without a METHOD it
        asks for commands at a prompt.

          --url URL          where the server is, \(ServerAddress.standard) if neither this nor the
                             environment variable ROOST_URL says
          --json             print the result as JSON
          --timeout SECONDS  give up when nothing arrives for so long (30)
          --version          print the version
          --help             print this

        An ARGUMENT that reads as a number is sent as one; s:5 is the string "5", i:5 the integer.
        Exit status: 0 done, 1 the server refused, 2 wrong usage, 3 the server cannot be reached.

        roostctl system.listMethods
        roostctl cfg.set_now_int registrar max_expires 3600
        roostctl ul.lookup location alice
        """

    /// Reads the words of a command line, without the program's name.
    ///
    /// Options end at the first word that is none, or behind `--`: everything after it belongs to
    /// the command, whose arguments may well begin with a dash (`-1`).
    public init(
        _ arguments: [String], environment: [String: String]
    ) throws(ControlError) {
        server = try ServerAddress(environment["ROOST_URL"] ?? ServerAddress.standard)
        var rest = arguments[...]
        while let word = rest.first, word.hasPrefix("-"), word != "-" {
            rest = rest.dropFirst()
            if word == "--" { break }
            let (name, given) = Self.divide(word)
            switch name {
            case "--json" where given == nil: printsJSON = true
            case "--help" where given == nil, "-h" where given == nil: wantsHelp = true
            case "--version" where given == nil: wantsVersion = true
            case "--url", "--timeout":
                guard let value = given ?? rest.popFirst() else {
                    throw ControlError(.usage, "\(name) needs a value")
                }
                try set(name, value)
            default: throw ControlError(.usage, "unknown option \"\(word)\"; see roostctl --help")
            }
        }
        words = Array(rest)
    }

    /// An option and the value that follows it after `=`.
    private static func divide(_ word: String) -> (name: String, value: String?) {
        guard let place = word.firstIndex(of: "=") else { return (word, nil) }
        return (String(word[..<place]), String(word[word.index(after: place)...]))
    }

    /// Takes up an option that has a value.
    private mutating func set(_ name: String, _ value: String) throws(ControlError) {
        if name == "--url" {
            server = try ServerAddress(value)
            return
        }
        guard let seconds = Int(value), (1...86_400).contains(seconds) else {
            throw ControlError(.usage, "--timeout takes 1 to 86400 seconds, not \"\(value)\"")
        }
        timeoutSeconds = seconds
    }
}
