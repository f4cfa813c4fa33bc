internal import Glibc
internal import JSONValue

/// Asks for commands until the operator ends it: with editing at a terminal, plainly otherwise.
///
/// Commands run between two lines, with the terminal as it was: an answer needs no `\r\n`, and
/// ctrl-C ends a command that takes too long together with the program.
struct Prompt {
    /// What asks for a line.
    private static let mark = "roost> "
    /// The server and the outputs.
    private let session: ControlSession
    /// Where lines are edited and shown.
    private let output: any TextOutput
    /// Earlier lines, also of earlier runs.
    private var history: PromptHistory
    /// What Tab completes to.
    private var completion = Completion(methods: [], settings: [])

    /// A prompt for one session; the history lives in a file.
    init(_ session: ControlSession, _ output: any TextOutput, historyPath: String?) {
        self.session = session
        self.output = output
        history = PromptHistory(path: historyPath)
    }

    /// Runs until the end of input; the status is that of the worst command when nobody watches.
    mutating func run() -> Int32 {
        guard let terminal = Terminal() else { return runPlainly() }
        completion = session.completion()
        while let line = ask(terminal) {
            history.add(line)
            guard run(line) != nil else { break }
        }
        history.save()
        return 0
    }

    /// Runs the lines of a pipe or a file.
    ///
    /// A command that fails does not end the run: what follows may well put things right again.
    private func runPlainly() -> Int32 {
        var worst: Int32 = 0
        while let line = readLine() {
            guard let status = run(line) else { break }
            worst = max(worst, status)
        }
        return worst
    }

    /// Runs one line; nil when it ends the session.
    ///
    /// `help` asks the server, so it is never older than the commands. Lines that begin with `#`
    /// are comments, for files that are piped in.
    private func run(_ line: String) -> Int32? {
        let words: [String]
        do throws(ControlError) {
            words = try CommandLineWords.split(line)
        } catch {
            return session.complain(error)
        }
        switch words.first {
        case nil: return 0
        case "exit", "quit": return nil
        case "help", "?":
            let topic = words.dropFirst().first
            return session.run(topic.map { ["system.methodHelp", $0] } ?? ["system.listMethods"])
        default:
            return words[0].hasPrefix("#") ? 0 : session.run(words)
        }
    }

    /// Lets the operator type a line; nil at the end.
    private func ask(_ terminal: Terminal) -> String? {
        var editor = LineEditor(history: history.lines)
        var decoder = KeyDecoder()
        return terminal.withRawKeys {
            draw(editor)
            while let byte = Terminal.readByte() {
                guard let key = decoder.take(byte) else { continue }
                switch editor.handle(key, complete: completion.candidates) {
                case .redraw: break
                case .submit(let line):
                    output.write("\r\n")
                    return line
                case .list(let candidates): output.write("\r\n" + columns(candidates))
                case .cancel:
                    output.write("^C\r\n")
                    editor = LineEditor(history: history.lines)
                case .finish:
                    output.write("\r\n")
                    return nil
                case .clear: output.write("\u{1B}[H\u{1B}[2J")
                case .bell: output.write("\u{7}")
                }
                draw(editor)
            }
            return nil
        }
    }

    /// Draws the part of the line around the cursor that fits the window.
    ///
    /// A line is never wrapped: it scrolls sideways, which needs no knowledge of the terminal but
    /// its width. The mark, the text and one column for the cursor must fit, in at least eight
    /// columns.
    private func draw(_ editor: LineEditor) {
        let room = max(Terminal.width - Self.mark.count - 1, 8)
        let start = editor.cursor > room ? editor.cursor - room : 0
        let shown = String(editor.text[start...].prefix(room))
        let back = min(editor.text.count - start, room) - (editor.cursor - start)
        let left = back > 0 ? "\u{1B}[\(back)D" : ""
        output.write("\r\(Self.mark)\(shown)\u{1B}[K\(left)")
    }

    /// Candidates side by side, as many as the window is wide.
    private func columns(_ candidates: [String]) -> String {
        let width = (candidates.map(\.count).max() ?? 0) + 2
        let perLine = max(Terminal.width / width, 1)
        var text = ""
        for (index, candidate) in candidates.enumerated() {
            text += candidate + String(repeating: " ", count: width - candidate.count)
            if index % perLine == perLine - 1 { text += "\r\n" }
        }
        return candidates.count % perLine == 0 ? text : text + "\r\n"
    }
}
