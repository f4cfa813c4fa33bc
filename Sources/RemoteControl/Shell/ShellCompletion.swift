internal import JSONValue

/// What a word of a shell's command line could become; the scripts of the shells ask for it.
///
/// `roostctl --complete WORD...` prints a line for each candidate of the last word. The words are
/// those before the cursor, so that the options among them say which server is asked.
struct ShellCompletion {
    /// The candidate that stands for the names of files.
    static let files = ":files"
    /// Commands of roostctl itself.
    static let own = ["top", "watch", "config", "explain", "completion"]

    /// Answers what shells ask, and `completion SHELL`; nil when the words are none of that.
    ///
    /// What a shell asks stands first: options of roostctl belong to the words that it completes.
    static func run(
        _ arguments: [String], _ environment: [String: String], _ output: any TextOutput
    ) throws(ControlError) -> Int32? {
        switch arguments.first {
        case "--complete":
            let words = Array(arguments.dropFirst())
            let completion = ShellCompletion(environment: environment)
            for candidate in completion.candidates(words) { output.write(candidate + "\n") }
            return 0
        case "completion", "--generate-completion-script":
            try printScript(arguments.dropFirst(), output)
            return 0
        default: return nil
        }
    }

    /// Prints the script of the shell that the words name.
    static func printScript(
        _ words: some Collection<String>, _ output: any TextOutput
    ) throws(ControlError) {
        guard words.count == 1, let script = words.first.flatMap(CompletionScript.text) else {
            let shells = CompletionScript.shells.joined(separator: ", ")
            throw ControlError(.usage, "roostctl completion takes one of \(shells)")
        }
        output.write(script)
    }

    /// The kinds of events that servers of this version tell.
    private static let events = ["expiry", "presence", "refresh", "registration", "setting"]

    /// What the shell has told the program.
    private let environment: [String: String]

    /// A completion for a run with an environment.
    init(environment: [String: String]) { self.environment = environment }

    /// The candidates for the last of the words, in alphabetical order.
    func candidates(_ words: [String]) -> [String] {
        let current = words.last ?? ""
        let before = Array(words.dropLast())
        let pool = pool(before, current)
        if pool == [Self.files] { return pool }
        return Set(pool).filter { $0.hasPrefix(current) }.sorted()
    }

    /// Everything that could stand behind the words given.
    private func pool(_ before: [String], _ current: String) -> [String] {
        var rest = before[...]
        while let word = rest.first, word.hasPrefix("-") {
            rest = rest.dropFirst()
            let (name, given) = ControlOptions.divide(word)
            guard ControlOptions.valued.contains(name), given == nil else { continue }
            // The option's value is what is being typed.
            guard rest.popFirst() != nil else { return Self.values(of: name) }
        }
        guard let command = rest.first else {
            return current.hasPrefix("-")
                ? ControlOptions.flags + ControlOptions.valued : Self.own + methods(before)
        }
        let behind = Array(rest.dropFirst())
        switch command {
        case "completion": return behind.isEmpty ? CompletionScript.shells : []
        case "config": return behind.isEmpty ? ["check"] : [Self.files]
        case "explain": return behind.isEmpty ? explained(current) : []
        case "top": return TopOptions.words(behind)
        case "watch": return watched(behind, before)
        default: return self.behind(Array(rest), before)
        }
    }

    /// The values that an option takes.
    private static func values(of option: String) -> [String] {
        switch option {
        case "--format": PrintFormat.allCases.map(\.rawValue)
        case "--password-file", "--token-file", "--ca-file": [files]
        default: []
        }
    }

    /// Behind `watch`: its options, and then what a command takes.
    private func watched(_ words: [String], _ before: [String]) -> [String] {
        var rest = words[...]
        while let word = rest.first, word.hasPrefix("-") {
            rest = rest.dropFirst()
            if word == "--events" { return Self.events }
            guard WatchOptions.valued.contains(word) else { continue }
            guard rest.popFirst() != nil else { return [] }
        }
        if rest.isEmpty { return WatchOptions.valued + ["--events"] + methods(before) }
        return behind(Array(rest), before)
    }

    /// Behind a command of the server, as at the prompt.
    private func behind(_ words: [String], _ before: [String]) -> [String] {
        let completion = Completion(
            methods: methods(before),
            settings: words[0].hasPrefix("cfg.") ? strings("cfg.list", before) : [])
        return completion.candidates(words.joined(separator: " ") + " ")
    }

    /// The commands of the server that the line names.
    private func methods(_ before: [String]) -> [String] { strings("system.listMethods", before) }

    /// The strings that a command answers with; none when the server cannot be asked without
    /// asking a person, or does not answer soon: a shell waits for this.
    private func strings(_ method: String, _ before: [String]) -> [String] {
        guard var options = try? ControlOptions(before, environment: environment),
            let caller = try? options.caller(nil)
        else { return [] }
        options.timeoutSeconds = 2
        let server = RemoteServer(options.server, caller, timeoutSeconds: options.timeoutSeconds)
        let answer = try? server.result(method, [])
        // A name with a blank or a control character is no command that anyone could type.
        return answer?.items?.compactMap(\.text).filter { SafeText.printable($0) == $0 } ?? []
    }

    /// The names that `explain` knows, asked of the server's program.
    private func explained(_ current: String) -> [String] {
        ServerProgram.lines(["explain", "--list", current], environment)
    }
}
