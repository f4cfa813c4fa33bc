internal import Basics
internal import JSONValue

/// One run of roostctl: a command, or a prompt that asks for many.
///
/// The way of a command: words become parameters (`CommandArgument`), one HTTP request carries them
/// (`RemoteServer`, `HTTPConnection`, `HTTPResponseReader`), and the answer is printed while it
/// arrives (`AnswerPrinter`). Nothing of it needs to know a command by name; what exists is asked
/// of the server.
public struct ControlSession {
    /// What the command line asked for.
    let options: ControlOptions
    /// The server that is called.
    let server: RemoteServer
    /// Where answers go.
    let output: any TextOutput
    /// Where faults are told.
    private let errors: any TextOutput

    /// A run with its options and its caller; answers go to `output`, complaints to `errors`.
    public init(
        _ options: ControlOptions, _ caller: Caller, output: any TextOutput,
        errors: any TextOutput
    ) {
        self.options = options
        self.output = output
        self.errors = errors
        server = RemoteServer(options.server, caller, timeoutSeconds: options.timeoutSeconds)
    }

    /// The whole program: reads the command line, does what it says, returns the exit status.
    ///
    /// Of the environment, `ROOST_URL` names the server, `ROOST_TOKEN` and `ROOST_CA_FILE` what a
    /// call needs, `ROOST_PROGRAM` the server's program and `HOME` the folder of the history;
    /// nothing else is looked at.
    public static func main(
        _ arguments: [String], environment: [String: String],
        output: any TextOutput = StandardOutput(),
        errors: any TextOutput = StandardOutput(error: true)
    ) -> Int32 {
        do throws(ControlError) {
            return try run(arguments, environment, output, errors)
        } catch {
            errors.write("roostctl: \(SafeText.printable(error.message))\n")
            return error.status
        }
    }

    /// Runs what the words ask for.
    private static func run(
        _ arguments: [String], _ environment: [String: String], _ output: any TextOutput,
        _ errors: any TextOutput
    ) throws(ControlError) -> Int32 {
        if let status = try ShellCompletion.run(arguments, environment, output) { return status }
        let options = try ControlOptions(arguments, environment: environment)
        if options.wantsHelp {
            output.write(ControlOptions.usage + "\n")
            return 0
        }
        if options.wantsVersion {
            output.write("roostctl of \(ProductVersion.banner)\n")
            return 0
        }
        if options.words.first == "completion" {
            try ShellCompletion.printScript(options.words.dropFirst(), output)
            return 0
        }
        if let status = try ServerProgram.run(options, environment, output) { return status }
        let caller = try options.caller(Terminal.ask)
        let session = ControlSession(options, caller, output: output, errors: errors)
        switch options.words.first {
        case nil:
            let home = environment["HOME"].map { $0 + "/.roostctl_history" }
            var prompt = Prompt(session, output, historyPath: home)
            return prompt.run()
        case "top": return try TopCommand(session, options.words.dropFirst()).run()
        case "watch": return try WatchCommand(session, options.words.dropFirst()).run()
        default: return session.run(options.words)
        }
    }

    /// Calls one command, prints what it answers and returns the exit status.
    ///
    /// Parameters are read before a connection is made: a mistyped word must not reach the server.
    public func run(_ words: [String]) -> Int32 {
        do throws(ControlError) {
            guard let method = words.first else { return 0 }
            let parameters = try Self.parameters(words.dropFirst())
            var printer = AnswerPrinter(output, options.format, width: Terminal.outputWidth)
            try server.call(method, parameters) { (bytes) throws(ControlError) in
                try printer.take(bytes)
            }
            try printer.end()
            output.flush()
            return 0
        } catch {
            output.flush()
            return complain(error)
        }
    }

    /// Words behind a command as its parameters.
    static func parameters(
        _ words: some Sequence<String>
    ) throws(ControlError) -> [JSONValue] {
        var parameters: [JSONValue] = []
        for word in words { parameters.append(try CommandArgument.value(of: word)) }
        return parameters
    }

    /// Says what went wrong and returns the status for it.
    func complain(_ error: ControlError) -> Int32 {
        let word = error.kind == .refused ? "error" : "roostctl"
        errors.write("\(word): \(SafeText.printable(error.message))\n")
        return error.status
    }

    /// What words at the prompt could become; a server that does not say leaves it empty.
    func completion() -> Completion {
        Completion(methods: strings("system.listMethods"), settings: strings("cfg.list"))
    }

    /// The strings that a command answers with, none when it fails: completion is a courtesy.
    private func strings(_ method: String) -> [String] {
        let answer = try? server.result(method, [])
        return answer?.items?.compactMap(\.text) ?? []
    }
}
