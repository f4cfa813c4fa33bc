internal import Basics
internal import JSONValue

/// One run of roostctl: a command, or a prompt that asks for many.
///
/// The way of a command: words become parameters (`CommandArgument`), one HTTP request carries them
/// (`RemoteServer`, `HTTPConnection`, `HTTPResponseReader`), and the answer is printed while it
/// arrives (`AnswerPrinter`). Nothing of it needs to know a command by name; what exists is asked
/// of the server.
public struct ControlSession {
    private let options: ControlOptions
    private let server: RemoteServer
    private let output: any TextOutput
    private let errors: any TextOutput

    /// A run with its options; answers go to `output`, complaints to `errors`.
    public init(_ options: ControlOptions, output: any TextOutput, errors: any TextOutput) {
        self.options = options
        self.output = output
        self.errors = errors
        server = RemoteServer(options.server, timeoutSeconds: options.timeoutSeconds)
    }

    /// The whole program: reads the command line, does what it says, returns the exit status.
    ///
    /// Of the environment, `ROOST_URL` names the server and `HOME` the folder of the history;
    /// nothing else is looked at.
    public static func main(
        _ arguments: [String], environment: [String: String],
        output: any TextOutput = StandardOutput(),
        errors: any TextOutput = StandardOutput(error: true)
    ) -> Int32 {
        let options: ControlOptions
        do throws(ControlError) {
            options = try ControlOptions(arguments, environment: environment)
        } catch {
            errors.write("roostctl: \(error.message)\n")
            return error.status
        }
        if options.wantsHelp {
            output.write(ControlOptions.usage + "\n")
            return 0
        }
        if options.wantsVersion {
            output.write("roostctl of \(ProductVersion.banner)\n")
            return 0
        }
        let session = ControlSession(options, output: output, errors: errors)
        guard options.words.isEmpty else { return session.run(options.words) }
        let home = environment["HOME"].map { $0 + "/.roostctl_history" }
        var prompt = Prompt(session, output, historyPath: home)
        return prompt.run()
    }

    /// Calls one command, prints what it answers and returns the exit status.
    ///
    /// Parameters are read before a connection is made: a mistyped word must not reach the server.
    public func run(_ words: [String]) -> Int32 {
        do throws(ControlError) {
            guard let method = words.first else { return 0 }
            var parameters: [JSONValue] = []
            for word in words.dropFirst() { parameters.append(try CommandArgument.value(of: word)) }
            var printer = AnswerPrinter(output, asJSON: options.printsJSON)
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
