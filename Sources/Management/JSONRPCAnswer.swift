internal import Basics
public import JSONValue
internal import ModuleKit

/// The answer to one JSON-RPC document, written piece by piece in constant memory.
///
/// Whoever sends it asks for pieces as the client takes them, from one thread at a time. The calls
/// of a batch run one after the other, each when its answer is due.
///
/// Rejected: running a batch first and writing its answers then. A batch of a thousand dumps would
/// have to be held somewhere, and the first answer would wait for the last command.
public final class JSONRPCAnswer: HTTPContent {
    private let dispatcher: JSONRPCDispatcher
    private let caller: RPCCaller
    private let role: AccessRole?
    private let isBatch: Bool
    private var requests: ArraySlice<JSONRPCRequest>
    private var refusal: RPCError?
    private var open: (stream: any ResultStream, id: JSONValue)?
    private var hasBegun = false

    /// The answer to requests that can be run.
    init(
        _ dispatcher: JSONRPCDispatcher, _ caller: RPCCaller, _ role: AccessRole?,
        _ requests: [JSONRPCRequest], isBatch: Bool
    ) {
        self.dispatcher = dispatcher
        self.caller = caller
        self.role = role
        self.requests = requests[...]
        self.isBatch = isBatch
    }

    /// The answer to a document that cannot be read or is no request.
    init(_ dispatcher: JSONRPCDispatcher, _ caller: RPCCaller, refusing error: RPCError) {
        self.dispatcher = dispatcher
        self.caller = caller
        role = nil
        requests = []
        isBatch = false
        refusal = error
    }

    /// Whether the answer stands on several lines.
    public var isPretty: Bool { dispatcher.isPretty }

    /// Writes the next piece; false when it was the last.
    ///
    /// A piece ends once it holds `Limits.httpPieceBytes`, so it exceeds them by at most one answer
    /// or one step of a stream.
    public func produce(into writer: inout JSONWriter) -> Bool {
        if let refusal {
            write(refusal, .null, &writer)
            return false
        }
        if isBatch, !hasBegun { writer.beginArray() }
        hasBegun = true
        let enough = writer.bytes.count + Limits.httpPieceBytes
        while writer.bytes.count < enough {
            if let (stream, id) = open {
                if stream.produce(into: &writer) { continue }
                open = nil
                close(id, &writer)
            } else if let request = requests.popFirst() {
                run(request, &writer)
            } else {
                if isBatch { writer.endArray() }
                return false
            }
        }
        return true
    }

    /// Runs what is left of a batch although nobody waits for the answer any more: half a batch
    /// would be worse for whoever sent it.
    public func abandon() {
        open = nil
        while let request = requests.popFirst() { _ = dispatcher.run(request, caller, role) }
    }

    /// Runs one call and writes its answer, or opens the stream that the next pieces come from.
    private func run(_ request: JSONRPCRequest, _ writer: inout JSONWriter) {
        let outcome = dispatcher.run(request, caller, role)
        guard let id = request.id else { return }
        switch outcome {
        case .failure(let error): write(error, id, &writer)
        case .success(.stream(let stream)):
            begin(&writer)
            writer.key("result")
            open = (stream, id)
        case .success(.value(let value)):
            begin(&writer)
            writer.key("result")
            writer.value(value)
            close(id, &writer)
        case .success(.done):
            begin(&writer)
            writer.key("result")
            writer.value(.object([]))
            close(id, &writer)
        }
    }

    /// Writes what every answer begins with (section 5).
    private func begin(_ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("jsonrpc")
        writer.string("2.0")
    }

    /// Writes the id that the answer belongs to, and ends it.
    ///
    /// It comes last because a stream may stand before it; the order of members has no meaning in
    /// JSON (RFC 8259 section 4).
    private func close(_ id: JSONValue, _ writer: inout JSONWriter) {
        writer.key("id")
        writer.value(id)
        writer.endObject()
    }

    /// Writes an answer that is an error (section 5.1).
    private func write(_ error: RPCError, _ id: JSONValue, _ writer: inout JSONWriter) {
        begin(&writer)
        writer.key("error")
        writer.beginObject()
        writer.key("code")
        writer.integer(error.code)
        writer.key("message")
        writer.string(error.message)
        if let data = error.data {
            writer.key("data")
            writer.value(data)
        }
        writer.endObject()
        close(id, &writer)
    }
}
