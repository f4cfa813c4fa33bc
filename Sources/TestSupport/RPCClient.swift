internal import Basics
public import JSONValue

/// An error that a command answered with.
public struct RPCFault: Error, Equatable, CustomStringConvertible {
    /// The code of JSON-RPC, or Kamailio's.
    public let code: Int
    /// The words.
    public let message: String
    /// What was expected instead, where the server says so.
    public let data: JSONValue?
    /// All of it.
    public var description: String { "\(code) \(message) \(data?.encoded() ?? "")" }
}

/// Calls management commands over HTTP (JSON-RPC 2.0), one connection a call.
///
/// Every result is compared with the published schema of its command, so that each test of a
/// command is one of its schema too.
public struct RPCClient: Sendable {
    /// A call that got no proper reply.
    public struct Failure: Error, CustomStringConvertible {
        /// What came instead.
        public let description: String
    }

    /// Port on 127.0.0.1.
    public let port: UInt16
    /// How long to wait for a reply, in seconds.
    public var seconds = 30.0

    /// A client for the server on a port.
    public init(port: UInt16) { self.port = port }

    /// Calls a command and returns its result; throws `RPCFault` when it refuses.
    @discardableResult
    public func call(_ method: String, _ parameters: JSONValue...) throws -> JSONValue {
        try call(method, parameters)
    }

    /// Calls a command and returns its result; throws `RPCFault` when it refuses.
    public func call(_ method: String, _ parameters: [JSONValue]) throws -> JSONValue {
        let reply = try post(Self.request(method, parameters))
        guard reply.status == 200 else {
            throw Failure(description: "\(method): HTTP status \(reply.status): \(reply.text)")
        }
        let document = try JSONValue(parsing: reply.body.span)
        guard document["jsonrpc"] == "2.0", document["id"] == 1 else {
            throw Failure(description: "\(method): no reply of JSON-RPC 2.0: \(reply.text)")
        }
        if let error = document["error"] {
            guard let code = error["code"]?.integer, let message = error["message"]?.text else {
                throw Failure(description: "\(method): a malformed error: \(reply.text)")
            }
            throw RPCFault(code: code, message: message, data: error["data"])
        }
        guard let result = document["result"] else {
            throw Failure(description: "\(method): neither a result nor an error: \(reply.text)")
        }
        if let finding = try ReplySchema.published().check(result, of: method) {
            throw Failure(description: "\(method): \(finding): \(reply.text.prefix(500))")
        }
        return result
    }

    /// The fault that a command answers with; nil when it succeeds.
    public func fault(_ method: String, _ parameters: JSONValue...) throws -> RPCFault? {
        do {
            _ = try call(method, parameters)
            return nil
        } catch let fault as RPCFault {
            return fault
        }
    }

    /// Sends a body to `/RPC` and returns the reply.
    public func post(_ body: String) throws -> HTTPReply {
        let socket = try ClientSocket(.stream, port: port)
        let head =
            "POST /RPC HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
        socket.send(Array((head + body).utf8))
        guard let reply = HTTPReply(from: socket, seconds: seconds) else {
            throw Failure(description: "no HTTP reply to \(body.prefix(200))")
        }
        return reply
    }

    /// The text of a request with the id 1.
    public static func request(_ method: String, _ parameters: [JSONValue]) -> String {
        var members: [JSONValue.Member] = [
            .init("jsonrpc", "2.0"), .init("method", .string(method)),
        ]
        if !parameters.isEmpty { members.append(.init("params", .array(parameters))) }
        return JSONValue.object(members + [.init("id", 1)]).encoded()
    }
}
