internal import JSONValue

/// `roostctl watch`: repeats a command and marks what changed, or follows events.
struct WatchCommand {
    /// The server and the outputs.
    private let session: ControlSession
    /// What was asked for.
    private let options: WatchOptions

    /// A watch as the words behind `watch` ask for it.
    init(
        _ session: ControlSession, _ arguments: some Collection<String>
    ) throws(ControlError) {
        self.session = session
        options = try WatchOptions(arguments)
    }

    /// Runs until a key, the count or a failure of the first call ends it.
    func run() throws(ControlError) -> Int32 {
        if options.followsEvents { return try EventFollower(session, options).run() }
        let parameters = try ControlSession.parameters(options.words.dropFirst())
        // What cannot be asked at all is an error; what fails later is shown and tried again.
        let first = try session.server.result(options.words[0], parameters)
        guard let terminal = Terminal() else { return repeatPlainly(first, parameters) }
        let screen = LiveScreen(session.output)
        defer { screen.leave() }
        return terminal.withRawKeys { repeatLive(first, parameters, screen) }
    }

    /// The lines of an answer.
    private func lines(_ result: JSONValue, width: Int?) -> [String] {
        AnswerPrinter.text(result, session.options.format, width: width)
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    /// Frames one below the other, for files and pipes; lines with a change begin with a star.
    private func repeatPlainly(_ first: JSONValue, _ parameters: [JSONValue]) -> Int32 {
        var next: JSONValue? = first
        var before: [String]?
        var frames = 0
        while true {
            let lines = next.map { self.lines($0, width: nil) } ?? ["(no answer)"]
            let marked = lines.enumerated().map { place, line in
                guard let before, place >= before.count || before[place] != line else {
                    return "  " + line
                }
                return "* " + line
            }
            session.output.write(
                "-- \(Ticker.timeOfDay()) \(options.words.joined(separator: " "))\n")
            session.output.write(marked.map { $0 + "\n" }.joined())
            before = lines
            frames += 1
            if let count = options.count, frames >= count { return 0 }
            _ = Ticker.wait(seconds: options.interval, keys: false, shown: (0, 0))
            next = try? session.server.result(options.words[0], parameters)
        }
    }

    /// Frames on a screen, with changed words in reverse video.
    private func repeatLive(
        _ first: JSONValue, _ parameters: [JSONValue], _ screen: LiveScreen
    ) -> Int32 {
        var result = first
        var failure: String?
        var before: [String]?
        var frames = 0
        while true {
            let size = Terminal.size ?? (80, 24)
            let lines = self.lines(result, width: size.columns)
            let cut = lines.prefix(max(size.rows - 2, 1)).map {
                TextWidth.cut($0, to: size.columns)
            }
            let marked = ChangeMarks.mark(
                cut, since: before, begin: "\u{1B}[7m", end: "\u{1B}[27m")
            let words = SafeText.printable(options.words.joined(separator: " "))
            let head = failure ?? "every \(options.interval) s: \(words)   \(Ticker.timeOfDay())"
            screen.draw([TextWidth.cut(head, to: size.columns), ""] + marked)
            before = Array(cut)
            frames += 1
            if let count = options.count, frames >= count { return 0 }
            switch Ticker.wait(seconds: options.interval, keys: true, shown: size) {
            case .key(UInt8(ascii: "q")), .key(3), .key(4), .end: return 0
            case .key, .resized:
                before = nil
                continue
            case .time: break
            }
            do throws(ControlError) {
                result = try session.server.result(options.words[0], parameters)
                failure = nil
            } catch {
                failure = SafeText.printable(error.message)
            }
        }
    }
}
