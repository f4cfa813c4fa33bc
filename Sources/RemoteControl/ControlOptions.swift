/// What the command line of roostctl asks for.
public struct ControlOptions: Sendable, Hashable {
    /// Where the server is.
    public var server: ServerAddress
    /// How answers are printed.
    public var format = PrintFormat.outline
    /// Seconds without progress after which a call is given up.
    public var timeoutSeconds = 30
    /// The command and its arguments; empty for the prompt.
    public var words: [String] = []
    /// Whether only the usage is wanted.
    public var wantsHelp = false
    /// Whether only the version is wanted.
    public var wantsVersion = false
    /// The user who calls, nil for nobody in particular.
    public var user: String?
    /// The file of the user's password; without it the terminal is asked.
    public var passwordFile: String?
    /// The file of a token.
    public var tokenFile: String?
    /// Which certificates are taken.
    public var trust = Trust.system
    /// The token of the environment: what the command line says comes before it.
    private var environmentToken: String?

    /// The usage, for `--help`.
    public static let usage = """
        roostctl [OPTION...] [METHOD ARGUMENT...]
        roostctl [OPTION...] top | watch METHOD [ARGUMENT...] | watch --events [KIND...]
        roostctl config check FILE | explain NAME | completion bash|zsh|fish

        Calls a management command of a running server and prints the answer. Without a METHOD it
        asks for commands at a prompt.

          --url URL             where the server is, \(ServerAddress.standard) if neither
                                this nor the environment variable ROOST_URL says; https: is TLS
          --user NAME           who calls; asks for the password unless there is a file
          --password-file FILE  the password is the first line of a file that others cannot read
          --token-file FILE     calls with the token in a file; ROOST_TOKEN may hold one, too
          --ca-file FILE        trusts the certificates in a file (ROOST_CA_FILE)
          --insecure            takes any certificate of a server on this machine
          --format FORMAT       outline, table or json
          --json                the same as --format json
          --timeout SECONDS     give up when nothing arrives for so long (30)
          --version             print the version
          --help                print this

          top                   shows rates, registrations, transactions and memory live
          watch                 repeats a command, or follows events, and marks what changes
          config check FILE     checks a configuration without a server: roost check --help
          explain NAME          explains a parameter, function, command or variable
          completion SHELL      prints the completion of a shell

        An ARGUMENT that reads as a number is sent as one; s:5 is the string "5", i:5 the integer.
        Exit status: 0 done, 1 the server refused, 2 wrong usage, 3 the server cannot be reached.

        roostctl system.listMethods
        roostctl cfg.set_now_int registrar max_expires 3600
        roostctl --format table ul.dump
        roostctl watch -n 5 stats.get_statistics registrar:
        """

    /// Options without a value.
    static let flags = ["--json", "--insecure", "--help", "--version"]
    /// Options with a value.
    static let valued = [
        "--url", "--user", "--password-file", "--token-file", "--ca-file", "--format", "--timeout",
    ]

    /// Reads the words of a command line, without the program's name.
    ///
    /// Options end at the first word that is none, or behind `--`: everything after it belongs to
    /// the command, whose arguments may well begin with a dash (`-1`).
    public init(
        _ arguments: [String], environment: [String: String]
    ) throws(ControlError) {
        server = try ServerAddress(environment["ROOST_URL"] ?? ServerAddress.standard)
        environmentToken = environment["ROOST_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        if let file = environment["ROOST_CA_FILE"], !file.isEmpty {
            trust = .authorities(file: file)
        }
        var rest = arguments[...]
        while let word = rest.first, word.hasPrefix("-"), word != "-" {
            rest = rest.dropFirst()
            if word == "--" { break }
            let (name, given) = Self.divide(word)
            if Self.valued.contains(name) {
                guard let value = given ?? rest.popFirst() else {
                    throw ControlError(.usage, "\(name) needs a value")
                }
                try set(name, value)
            } else if given != nil || !set(name) {
                throw ControlError(.usage, "unknown option \"\(word)\"; see roostctl --help")
            }
        }
        words = Array(rest)
        try checkCaller()
    }

    /// An option and the value that follows it after `=`.
    static func divide(_ word: String) -> (name: String, value: String?) {
        guard let place = word.firstIndex(of: "=") else { return (word, nil) }
        return (String(word[..<place]), String(word[word.index(after: place)...]))
    }

    /// Takes up an option without a value; false when there is none of that name.
    private mutating func set(_ name: String) -> Bool {
        switch name {
        case "--json": format = .json
        case "--insecure": trust = .anything
        case "--help", "-h": wantsHelp = true
        case "--version": wantsVersion = true
        default: return false
        }
        return true
    }

    /// Takes up an option that has a value.
    private mutating func set(_ name: String, _ value: String) throws(ControlError) {
        switch name {
        case "--url": server = try ServerAddress(value)
        case "--user": user = try Credentials.checked(name: value)
        case "--password-file": passwordFile = value
        case "--token-file": tokenFile = value
        case "--ca-file": trust = .authorities(file: value)
        case "--format":
            guard let format = PrintFormat(rawValue: value) else {
                throw ControlError(
                    .usage, "--format takes outline, table or json, not \"\(value)\"")
            }
            self.format = format
        default:
            guard let seconds = Int(value), (1...86_400).contains(seconds) else {
                throw ControlError(.usage, "--timeout takes 1 to 86400 seconds, not \"\(value)\"")
            }
            timeoutSeconds = seconds
        }
    }

    /// Refuses options that contradict each other: guessing which one was meant could send a
    /// secret to whom it was not meant for.
    private func checkCaller() throws(ControlError) {
        if tokenFile != nil, user != nil || passwordFile != nil {
            throw ControlError(.usage, "a call is made with a token or by a user, not with both")
        }
        if passwordFile != nil, user == nil {
            throw ControlError(.usage, "--password-file needs --user NAME")
        }
        if trust == .anything, !server.isSecure {
            throw ControlError(.usage, "--insecure is about certificates: the URL is not https:")
        }
    }

    /// Reads the secrets that the options name; `ask` asks a person for a password and is nil
    /// where nobody may be asked.
    func caller(
        _ ask: ((_ question: String) -> String?)?
    ) throws(ControlError) -> Caller {
        if let tokenFile {
            let token = try Credentials.checked(token: SecretFile.read(tokenFile))
            return Caller(credentials: token, trust: trust)
        }
        if let user {
            let password: String
            if let passwordFile {
                password = try SecretFile.read(passwordFile)
            } else if let answer = ask?("Password of \(user): ") {
                password = answer
            } else {
                throw ControlError(
                    .usage, "there is no terminal to ask for the password: use --password-file")
            }
            return Caller(credentials: .user(name: user, password: password), trust: trust)
        }
        guard let environmentToken else { return Caller(trust: trust) }
        return Caller(
            credentials: try Credentials.checked(token: environmentToken), trust: trust)
    }
}
