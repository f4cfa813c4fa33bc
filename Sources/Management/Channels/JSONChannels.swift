internal import Basics
internal import JSONValue
public import Logging
public import ModuleKit

/// JSON-RPC 2.0 over what is not HTTP: named pipes, datagrams, and plain TCP.
///
/// kamctl and kamcli speak these. A request is one JSON document; its answer goes into the pipe
/// that the request names, back to the sender of the datagram, or down the connection, which is
/// closed then.
public final class JSONChannels: Sendable {
    private let dispatcher: JSONRPCDispatcher
    private let logger: Logger
    private let answers = AnswerThreads(max: Limits.fifoAnswersMax)
    private let signal = StopSignal()

    /// Channels to the commands of a dispatcher.
    public init(_ dispatcher: JSONRPCDispatcher, logger: Logger) {
        self.dispatcher = dispatcher
        self.logger = logger
    }

    /// Waits for what is being answered over named pipes; called when the pipes are closed.
    public func stop() {
        signal.raise()
        answers.wait()
    }

    // MARK: Named pipes

    /// Takes the requests out of what has come through the pipe at `path`, and answers them in the
    /// folder given.
    public func take(_ waiting: inout [UInt8], from path: String, repliesIn folder: String) {
        while let document = JSONFrames.next(&waiting) {
            let isTaken = answers.run { [self] in
                answerPipe(document, RPCCaller(channel: "fifo", address: path), folder)
            }
            if !isTaken {
                logger.warning(
                    """
                    \(path): \(Limits.fifoAnswersMax) answers wait for their readers; \
                    a request is dropped
                    """
                )
            }
        }
    }

    /// Answers one request that came through a pipe.
    ///
    /// The way back is opened first: a change that nobody hears about is not made. A request that
    /// names none is run without an answer.
    private func answerPipe(_ document: [UInt8], _ caller: RPCCaller, _ folder: String) {
        guard let request = try? JSONValue(parsing: document.span), case .object = request else {
            logger.notice("\(caller.address): what came is no JSON object")
            return
        }
        let prepared = Self.answerable(request)
        guard let name = request["reply_name"] else {
            dispatcher.answer(prepared.span, from: caller)?.abandon()
            return
        }
        do throws(ReplyPipe.Fault) {
            let pipe = try ReplyPipe(name.text ?? "", in: folder, until: signal)
            if request["store_path"] != nil {
                _ = pipe.write(Self.storeRefusal(request).span, until: signal)
                return
            }
            guard let answer = dispatcher.answer(prepared.span, from: caller) else { return }
            var writer = JSONWriter(
                capacity: Limits.httpPieceBytes, isPretty: answer.isPretty)
            var goesOn = true
            while goesOn {
                goesOn = answer.produce(into: &writer)
                guard pipe.write(writer.bytes.span, until: signal) else {
                    answer.abandon()
                    logger.notice("\(caller.address): the reader of an answer has gone")
                    return
                }
                writer.bytes.removeAll()
            }
        } catch {
            // The name is a stranger's: it is shown as JSON, which no line end gets through.
            logger.notice(
                "\(caller.address): no answer to \(name.encoded().prefix(80)): \(error.message)")
        }
    }

    /// The request with an id: whoever says where the answer goes wants one.
    private static func answerable(_ request: JSONValue) -> [UInt8] {
        guard case .object(var members) = request else { return [] }
        if request["id"] == nil, request["reply_name"] != nil {
            members.append(JSONValue.Member("id", .null))
        }
        return Array(JSONValue.object(members).encoded().utf8)
    }

    /// The answer to a request that wants its result in a file of the server.
    private static func storeRefusal(_ request: JSONValue) -> [UInt8] {
        let answer: JSONValue = [
            "jsonrpc": "2.0",
            "error": [
                "code": .integer(Int64(RPCError.invalidRequest)),
                "message": "store_path is refused: the server writes no files for its callers",
            ], "id": request["id"] ?? .null,
        ]
        return Array(answer.encoded().utf8)
    }

    // MARK: Datagrams

    /// The answer to a datagram; nil for notifications.
    public func answer(_ datagram: Span<UInt8>, from caller: RPCCaller) -> [UInt8]? {
        if let request = try? JSONValue(parsing: datagram), request["store_path"] != nil {
            return Self.storeRefusal(request)
        }
        guard let answer = dispatcher.answer(datagram, from: caller) else { return nil }
        var writer = JSONWriter(capacity: Limits.httpPieceBytes, isPretty: answer.isPretty)
        while answer.produce(into: &writer) {
            guard writer.bytes.count > Limits.controlDatagramBytesMax else { continue }
            answer.abandon()
            break
        }
        guard writer.bytes.count > Limits.controlDatagramBytesMax else {
            return Array(copying: writer.bytes.span)
        }
        let id = (try? JSONValue(parsing: datagram))?["id"] ?? .null
        let refusal: JSONValue = [
            "jsonrpc": "2.0",
            "error": [
                "code": 500,
                "message": "the answer is larger than a datagram; ask over HTTP, TCP or the FIFO",
            ], "id": id,
        ]
        return Array(refusal.encoded().utf8)
    }

    // MARK: TCP

    /// Answers the request that comes down a connection.
    public func serve(_ connection: ChannelConnection) {
        var waiting: [UInt8] = []
        var buffer = ByteWriter(capacity: 4_096)
        let began = SystemClock.monotonic()
        while true {
            if let document = JSONFrames.next(&waiting) {
                answer(document, connection)
                return
            }
            let waited = Int(SystemClock.monotonic().since(began) / 1_000_000_000)
            guard waiting.count <= Limits.requestBodyBytesMax,
                waited < Limits.channelStallSecondsMax
            else { return }
            buffer.removeAll()
            let seconds = Limits.channelStallSecondsMax - waited
            guard connection.receive(16_384, into: &buffer, seconds: seconds) == .bytes else {
                return
            }
            waiting += Array(copying: buffer.span)
        }
    }

    private func answer(_ document: [UInt8], _ connection: ChannelConnection) {
        let patience = Limits.channelStallSecondsMax
        if let request = try? JSONValue(parsing: document.span), request["store_path"] != nil {
            _ = connection.send(Self.storeRefusal(request).span, stallSeconds: patience)
            return
        }
        guard let answer = dispatcher.answer(document.span, from: connection.caller) else {
            return
        }
        var writer = JSONWriter(capacity: Limits.httpPieceBytes, isPretty: answer.isPretty)
        var goesOn = true
        while goesOn {
            goesOn = answer.produce(into: &writer)
            guard connection.send(writer.bytes.span, stallSeconds: patience) else {
                answer.abandon()
                return
            }
            writer.bytes.removeAll()
        }
    }
}
