internal import Basics
public import JSONValue
public import ModuleKit

/// What is served under one path of the management port.
public protocol HTTPEndpoint: AnyObject, Sendable {
    /// The path, `/RPC`.
    var path: String { get }
    /// The HTTP method it answers; others get 405. Who answers GET is asked for HEAD as well.
    var method: String { get }
    /// Names of the header fields that it looks at.
    var fields: [String] { get }
    /// Whether it is served without credentials, where others are asked for them.
    var isOpen: Bool { get }
    /// Answers one request whose body has arrived; called on a thread of its own, which may wait.
    func answer(_ request: HTTPRequest) -> HTTPAnswer
    /// Answers a request at once, where that takes microseconds and waits for nothing; nil where it
    /// does not, and then `answer` is asked.
    ///
    /// It is called on the one thread that serves all connections.
    func briefAnswer(_ request: HTTPRequest) -> HTTPAnswer?
    /// The server stops: what goes on without end has to end.
    func close()
}

extension HTTPEndpoint {
    /// None.
    public var fields: [String] { [] }
    /// Not without credentials.
    public var isOpen: Bool { false }
    /// Nothing is answered at once.
    public func briefAnswer(_ request: HTTPRequest) -> HTTPAnswer? { nil }
    /// Nothing goes on without end.
    public func close() {}
}

/// A module that has something to serve over HTTP; the module `microhttpd` asks for it.
public protocol HTTPServing: AnyObject, Sendable {
    /// What it serves, asked once when all modules are made.
    func httpEndpoints() -> [any HTTPEndpoint]
}

/// One request, complete.
public struct HTTPRequest: Sendable {
    /// GET, POST and their like.
    public var method = "POST"
    /// The path, decoded, without the query.
    public var path = "/RPC"
    /// The query's names and values, decoded, in their order.
    public var query: [(name: String, value: String)] = []
    /// The header fields that the endpoint asked for, by the names it asked with.
    public var fields: [String: String] = [:]
    /// The body.
    public var body: [UInt8]
    /// Address and port of the client.
    public var client: String
    /// Who asks; nil where nobody is asked for credentials.
    public var account: Account?
    /// The version of HTTP, `HTTP/1.1`.
    public var version = "HTTP/1.1"

    /// A request.
    public init(body: [UInt8], client: String) {
        self.body = body
        self.client = client
    }

    /// Who asks, for commands.
    public var caller: RPCCaller {
        RPCCaller(channel: "http", address: client, user: account?.name)
    }
}

/// What an endpoint answers.
public enum HTTPAnswer {
    /// 204 without a body.
    case nothing
    /// 200, or what the content says, with content of a type, asked for piece by piece.
    case content(any HTTPContent, type: String)
    /// A short answer with a status and header fields.
    case reply(HTTPReply)
    /// Bytes without end; the connection is closed behind them.
    case feed(any HTTPFeed, type: String)
}

/// A short answer.
public struct HTTPReply: Sendable {
    /// The status.
    public var status: Int
    /// Content-Type; nil for none.
    public var type: String?
    /// Header fields beside Content-Type and Content-Length.
    public var fields: [(name: String, value: String)]
    /// The body.
    public var body: [UInt8]

    /// An answer.
    public init(
        _ status: Int, type: String? = nil, fields: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.status = status
        self.type = type
        self.fields = fields
        self.body = body
    }

    /// An answer with one line of text.
    public init(_ status: Int, text: String) {
        self.init(status, type: "text/plain; charset=utf-8", body: Array("\(text)\n".utf8))
    }

    /// An answer with a JSON document.
    public init(_ status: Int, json: JSONValue) {
        self.init(status, type: "application/json", body: Array(json.encoded().utf8))
    }
}

/// Content that is written while it is sent, in constant memory.
///
/// One thread at a time asks.
public protocol HTTPContent: AnyObject {
    /// Whether JSON in it stands on several lines.
    var isPretty: Bool { get }
    /// The status; asked when the first piece is there.
    var status: Int { get }
    /// Writes the next piece; false when it was the last.
    func produce(into writer: inout JSONWriter) -> Bool
    /// Nobody asks any more: the client has gone.
    func abandon()
}

extension HTTPContent {
    /// It went well.
    public var status: Int { 200 }
}

/// Bytes that come when something happens, until one side has enough.
///
/// It has a thread of its own, that of the connection, which waits in `next`.
public protocol HTTPFeed: AnyObject, Sendable {
    /// Waits for bytes; nil at the end.
    ///
    /// It also ends when `connection`, the client's socket, is closed from the other side.
    func next(connection: Int32) -> [UInt8]?
    /// Says how the connection is ended from another thread, by whoever drops a slow reader.
    func onDrop(_ drop: @escaping @Sendable () -> Void)
    /// Nobody reads any more.
    func close()
}
