internal import Basics
public import JSONValue

/// A running server, as roostctl sees it: commands go in, answers come out.
public struct RemoteServer: Sendable {
    /// Where it is.
    let address: ServerAddress
    /// Who calls.
    private let caller: Caller
    /// Seconds that the server may be silent.
    private let timeoutSeconds: Int

    /// The server at an address.
    public init(_ address: ServerAddress, _ caller: Caller = Caller(), timeoutSeconds: Int) {
        self.address = address
        self.caller = caller
        self.timeoutSeconds = timeoutSeconds
    }

    /// Calls a command and hands the answer's JSON to `body` piece by piece.
    ///
    /// Parameters are sent by position, since that is what a command line has. The id is always 1:
    /// a connection carries one call, so there is nothing to tell apart.
    public func call(
        _ method: String, _ parameters: [JSONValue],
        _ body: ([UInt8]) throws(ControlError) -> Void
    ) throws(ControlError) {
        try post(Self.request(method, parameters, id: 1), body)
    }

    /// Calls a command whose answer is small, and returns its result.
    ///
    /// The whole answer is held, up to `Limits.frameBytesMax`; use `call` for anything that may be
    /// a dump.
    public func result(
        _ method: String, _ parameters: [JSONValue]
    ) throws(ControlError) -> JSONValue {
        try RPCReply(held(Self.request(method, parameters, id: 1))).get()
    }

    /// Calls several commands at once; nil for those that are refused.
    ///
    /// One request carries all (JSON-RPC 2.0 section 6), so what they tell belongs to one moment.
    func results(
        _ calls: [(method: String, parameters: [JSONValue])]
    ) throws(ControlError) -> [JSONValue?] {
        let requests = calls.enumerated().map { place, call in
            Self.request(call.method, call.parameters, id: place)
        }
        let bytes = try held(.array(requests))
        let document: JSONValue
        do {
            document = try JSONValue(parsing: bytes.span)
        } catch {
            throw ControlError(.unreachable, "the server's answer is no JSON: \(error.message)")
        }
        guard let replies = document.items else {
            _ = try RPCReply(document).get()
            throw ControlError(.unreachable, "the server's answer is no list")
        }
        var results = [JSONValue?](repeating: nil, count: calls.count)
        for reply in replies {
            guard let id = reply["id"]?.integer, results.indices.contains(Int(id)) else { continue }
            results[Int(id)] = reply["result"]
        }
        return results
    }

    /// The text under a path beside that of the commands; nil where there is none.
    func text(of name: String) throws(ControlError) -> String? {
        let connection = try HTTPConnection(address, caller, timeoutSeconds: timeoutSeconds)
        defer { connection.close() }
        var bytes: [UInt8] = []
        let status = try connection.get(address.path(of: name)) {
            (piece, _) throws(ControlError) in
            try Self.hold(piece, &bytes)
            return true
        }
        return status == 200 ? String(decoding: bytes, as: UTF8.self) : nil
    }

    /// Follows what comes under a path beside that of the commands until `body` returns false or
    /// the server ends it.
    func follow(
        _ name: String, _ body: ([UInt8]) throws(ControlError) -> Bool
    ) throws(ControlError) {
        let connection = try HTTPConnection(address, caller, timeoutSeconds: timeoutSeconds)
        defer { connection.close() }
        var refusal: [UInt8] = []
        let status = try connection.get(address.path(of: name)) {
            (bytes, status) throws(ControlError) in
            guard status == 200 else {
                refusal += bytes.prefix(4096 - min(refusal.count, 4096))
                return true
            }
            return try body(bytes)
        }
        if status != 200 { throw refused(status, refusal) }
    }

    /// The document that asks for one command.
    private static func request(
        _ method: String, _ parameters: [JSONValue], id: Int
    ) -> JSONValue {
        [
            "jsonrpc": "2.0", "method": .string(method), "params": .array(parameters),
            "id": .integer(Int64(id)),
        ]
    }

    /// Sends a request and hands its answer to `body`.
    private func post(
        _ request: JSONValue, _ body: ([UInt8]) throws(ControlError) -> Void
    ) throws(ControlError) {
        let connection = try HTTPConnection(address, caller, timeoutSeconds: timeoutSeconds)
        defer { connection.close() }
        var refusal: [UInt8] = []
        let status = try connection.post(Array(request.encoded().utf8)) {
            (bytes) throws(ControlError) in
            if refusal.count < 4096 { refusal += bytes.prefix(4096 - refusal.count) }
            try body(bytes)
        }
        if status != 200 { throw refused(status, refusal) }
    }

    /// The whole answer to a request.
    private func held(_ request: JSONValue) throws(ControlError) -> [UInt8] {
        var bytes: [UInt8] = []
        try post(request) { (piece) throws(ControlError) in try Self.hold(piece, &bytes) }
        return bytes
    }

    /// Keeps a piece of an answer, as long as it is not too large.
    private static func hold(_ piece: [UInt8], _ bytes: inout [UInt8]) throws(ControlError) {
        guard bytes.count + piece.count <= Limits.frameBytesMax else {
            throw ControlError(.unreachable, "the server's answer is too large to be held")
        }
        bytes += piece
    }

    /// The error of an answer with a status other than 200.
    ///
    /// It comes from the server's HTTP, or from a proxy before it, and not from a command; its
    /// first line is repeated for the operator. 401 and 403 are about who calls, and say what to
    /// do.
    private func refused(_ status: Int, _ body: [UInt8]) -> ControlError {
        let line = String(decoding: body, as: UTF8.self).split(separator: "\n").first
        switch (status, caller.credentials) {
        case (401, .none):
            return ControlError(
                .refused,
                "\(address.authority) asks who calls: use --user NAME or --token-file FILE")
        case (401, _):
            return ControlError(.refused, "\(address.authority) does not take these credentials")
        case (403, _):
            let said = (try? RPCReply(body))?.error?["message"]?.text
            let why = said ?? line.map(String.init) ?? "no reason given"
            return ControlError(.refused, "403 - \(why)")
        default:
            return ControlError(
                .unreachable,
                "\(address.authority) answers HTTP \(status)\(line.map { ": \($0)" } ?? "")")
        }
    }
}

/// What a server answered: a result, or an error with its code.
///
/// An answer with both is an error (JSON-RPC 2.0 section 5 forbids it): what went wrong must not be
/// hidden behind something that looks like a result.
struct RPCReply {
    /// What the server says of itself.
    private let document: JSONValue

    /// Reads an answer.
    init(_ bytes: [UInt8]) throws(ControlError) {
        do {
            document = try JSONValue(parsing: bytes.span)
        } catch {
            throw ControlError(.unreachable, "the server's answer is no JSON: \(error.message)")
        }
    }

    /// An answer that was read.
    init(_ document: JSONValue) { self.document = document }

    /// The error object, when it is one.
    var error: JSONValue? { document["error"] }

    /// The result; an error is thrown in words.
    func get() throws(ControlError) -> JSONValue {
        if let error {
            throw ControlError(.refused, Self.text(error))
        }
        guard let result = document["result"] else {
            throw ControlError(.unreachable, "the server's answer is no JSON-RPC")
        }
        return result
    }

    /// An error in one line: `error: 500 - AOR not found`, and its details.
    ///
    /// Code and text come first and in the form that kamcmd has, because scripts look for them
    /// there.
    private static func text(_ error: JSONValue) -> String {
        let code = error["code"]?.integer ?? 0
        let message = error["message"]?.text ?? "no message"
        let data = error["data"].map { " \($0.encoded())" } ?? ""
        return "\(code) - \(message)\(data)"
    }
}
