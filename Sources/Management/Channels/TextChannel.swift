internal import Basics
internal import JSONValue
public import Logging
internal import ModuleKit

/// The old FIFO protocol of ctl: `:method:reply_pipe`, a parameter a line, an empty line.
///
/// The answer is `200 OK` and the values, or a code and a text, in a pipe of the client's in /tmp.
public final class TextChannel: Sendable {
    /// A request as it was written.
    struct Request: Sendable, Hashable {
        /// The command.
        var method: String
        /// The pipe for the answer, empty for none.
        var pipe: String
        /// The parameters.
        var parameters: [String]
    }

    private let runner: CommandRunner
    private let logger: Logger
    private let folder: String
    private let answers = AnswerThreads(max: Limits.fifoAnswersMax)
    private let signal = StopSignal()

    /// A channel to the commands of a runner that answers in a folder.
    public init(_ runner: CommandRunner, logger: Logger, repliesIn folder: String = "/tmp") {
        self.runner = runner
        self.logger = logger
        self.folder = folder
    }

    /// Waits for what is being answered; called when the pipe is closed.
    public func stop() {
        signal.raise()
        answers.wait()
    }

    /// Takes the requests out of what has come through the pipe at `path`.
    public func take(_ waiting: inout [UInt8], from path: String) {
        while let lines = Self.lines(&waiting) {
            guard let request = Request(lines) else {
                logger.notice("\(path): what came is no request \":method:reply_pipe\"")
                continue
            }
            let isTaken = answers.run { [self] in
                answer(request, RPCCaller(channel: "fifo", address: path))
            }
            if !isTaken { logger.warning("\(path): too many answers wait; a request is dropped") }
        }
    }

    /// The lines up to an empty one, which is taken too; nil while there is none.
    static func lines(_ waiting: inout [UInt8]) -> [String]? {
        // Empty lines between two requests mean nothing.
        if let start = waiting.firstIndex(where: { $0 != 10 && $0 != 13 }) {
            waiting.removeFirst(start)
        } else {
            waiting.removeAll()
        }
        var lines: [String] = []
        var rest = waiting[...]
        while let end = rest.firstIndex(of: 10) {
            var line = rest[..<end]
            if line.last == 13 { line.removeLast() }
            rest = rest[(end + 1)...]
            if line.isEmpty {
                waiting = Array(rest)
                return lines
            }
            lines.append(String(decoding: line, as: UTF8.self))
        }
        return nil
    }

    private func answer(_ request: Request, _ caller: RPCCaller) {
        do throws(ReplyPipe.Fault) {
            if request.pipe.isEmpty {
                _ = runner.run(request.method, request.values, from: caller)
                return
            }
            let pipe = try ReplyPipe(request.pipe, in: folder, until: signal)
            switch runner.run(request.method, request.values, from: caller) {
            case .failure(let error):
                let isUnknown = error.code == RPCError.methodNotFound
                let text = isUnknown ? "Command '\(request.method)' not found" : error.message
                let line = "\(error.code < 0 ? 500 : error.code) \(text)\n"
                _ = pipe.write(line.utf8.span, until: signal)
            case .success(let outcome): write(outcome, to: pipe, caller)
            }
        } catch {
            logger.notice(
                "\(caller.address): no answer to \(request.pipe.prefix(80)): \(error.message)")
        }
    }

    private func write(
        _ outcome: RPCOutcome, to pipe: borrowing ReplyPipe, _ caller: RPCCaller
    ) {
        var parts = TextParts()
        parts.bytes.append("200 OK\n")
        var reader = JSONPartsReader()
        var writer = JSONWriter(capacity: Limits.httpPieceBytes)
        var stream: (any ResultStream)?
        switch outcome {
        case .done: break
        case .value(let value): writer.value(value)
        case .stream(let given): stream = given
        }
        while true {
            if let open = stream, !open.produce(into: &writer) { stream = nil }
            _ = reader.read(writer.bytes.span, from: 0, into: &parts)
            writer.bytes.removeAll()
            guard pipe.write(parts.bytes.span, until: signal) else { return }
            parts.bytes.removeAll()
            if stream == nil { return }
        }
    }
}

extension TextChannel.Request {
    /// Reads the lines of a request; nil when the first is not `:method:pipe`.
    init?(_ lines: [String]) {
        guard let first = lines.first, first.hasPrefix(":") else { return nil }
        let parts = first.dropFirst().split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard !parts[0].isEmpty else { return nil }
        method = String(parts[0])
        // Clients may name the pipe with the folder that all pipes are in.
        let name = parts.count == 2 ? String(parts[1]) : ""
        pipe = name.hasPrefix("/tmp/") ? String(name.dropFirst(5)) : name
        parameters = lines.dropFirst().map { line in
            let isQuoted = line.count >= 2 && line.hasPrefix("\"") && line.hasSuffix("\"")
            return isQuoted ? String(line.dropFirst().dropLast()) : line
        }
    }

    /// The parameters as a command takes them: numbers among them are known by what it declares.
    var values: JSONValue { .array(parameters.map { .string($0) }) }
}
