public import JSONValue

/// A running server, as roostctl sees it: commands go in, answers come out.
public struct RemoteServer: Sendable {
    private let address: ServerAddress
    private let timeoutSeconds: Int

    /// The server at an address.
    public init(_ address: ServerAddress, timeoutSeconds: Int) {
        self.address = address
        self.timeoutSeconds = timeoutSeconds
    }

    /// Calls a command and hands the answer's JSON to `body` piece by piece.
    ///
    /// Parameters are sent by position, since that is what a command line has. The id is always 1:
    /// a connection carries one call, so there is nothing to tell apart.
    ///
    /// An answer with a status other than 200 comes from the server's HTTP, or from a proxy before
    /// it, and not from a command; its first line is repeated for the operator.
    public func call(
        _ method: String, _ parameters: [JSONValue],
        _ body: ([UInt8]) throws(ControlError) -> Void
    ) throws(ControlError) {
        let request: JSONValue = [
            "jsonrpc": "2.0", "method": .string(method), "params": .array(parameters), "id": 1,
        ]
        let connection = try HTTPConnection(address, timeoutSeconds: timeoutSeconds)
        defer { connection.close() }
        var refusal: [UInt8] = []
        let status = try connection.post(Array(request.encoded().utf8)) {
            (bytes) throws(ControlError) in
            if refusal.count < 4096 { refusal += bytes.prefix(4096 - refusal.count) }
            try body(bytes)
        }
        guard status == 200 else {
            let text =
                String(decoding: refusal, as: UTF8.self)
                .split(separator: "\n").first.map { ": \($0)" } ?? ""
            throw ControlError(.unreachable, "\(address.authority) answers HTTP \(status)\(text)")
        }
    }

    /// Calls a command whose answer is small, and returns its result.
    ///
    /// The whole answer is held; use `call` for anything that may be a dump.
    public func result(
        _ method: String, _ parameters: [JSONValue]
    ) throws(ControlError) -> JSONValue {
        var bytes: [UInt8] = []
        try call(method, parameters) { bytes += $0 }
        return try RPCReply(bytes).get()
    }
}

/// What a server answered: a result, or an error with its code.
///
/// An answer with both is an error (JSON-RPC 2.0 section 5 forbids it): what went wrong must not be
/// hidden behind something that looks like a result.
struct RPCReply {
    private let document: JSONValue

    /// Reads an answer.
    init(_ bytes: [UInt8]) throws(ControlError) {
        do {
            document = try JSONValue(parsing: bytes.span)
        } catch {
            throw ControlError(.unreachable, "the server's answer is no JSON: \(error.message)")
        }
    }

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
