public import JSONValue

/// What is served under one path of the management port.
public protocol HTTPEndpoint: AnyObject, Sendable {
    /// The path, `/RPC`.
    var path: String { get }
    /// The HTTP method it answers; others get 405.
    var method: String { get }
    /// Answers one request whose body has arrived; called on the connection's own thread.
    func answer(_ request: HTTPRequest) -> HTTPAnswer
}

/// A module that has something to serve over HTTP; the module `microhttpd` asks for it.
public protocol HTTPServing: AnyObject, Sendable {
    /// What it serves, asked once when all modules are made.
    func httpEndpoints() -> [any HTTPEndpoint]
}

/// One request, complete.
public struct HTTPRequest: Sendable {
    /// The body.
    public var body: [UInt8]
    /// Address and port of the client.
    public var client: String
    /// A request.
    public init(body: [UInt8], client: String) {
        self.body = body
        self.client = client
    }
}

/// What an endpoint answers.
public enum HTTPAnswer {
    /// 204 without a body.
    case nothing
    /// 200 with content of a type, asked for piece by piece.
    case content(any HTTPContent, type: String)
}

/// Content that is written while it is sent, in constant memory.
///
/// One thread at a time asks.
public protocol HTTPContent: AnyObject {
    /// Whether JSON in it stands on several lines.
    var isPretty: Bool { get }
    /// Writes the next piece; false when it was the last.
    func produce(into writer: inout JSONWriter) -> Bool
    /// Nobody asks any more: the client has gone.
    func abandon()
}
