internal import JSONValue
public import ModuleKit

/// `/metrics`: the figures of the server in the text format of Prometheus.
///
/// Where credentials are asked for, it takes a role that may call commands which only read, or one
/// with the word `metrics`: a token for the monitor need not be one that sees who is registered.
public final class MetricsEndpoint: HTTPEndpoint {
    /// `/metrics`.
    public let path = "/metrics"
    /// The only method; HEAD comes with it.
    public let method = "GET"
    /// The type of the format.
    public static let type = "text/plain; version=0.0.4; charset=utf-8"
    private let services: any Services

    /// The figures of a server.
    public init(services: any Services) { self.services = services }

    /// The page, or 403 for a role that may not see it.
    public func answer(_ request: HTTPRequest) -> HTTPAnswer {
        guard request.account?.role.allows(Self.command) ?? true else {
            return .reply(
                HTTPReply(403, text: "The role may not read metrics: give it the word metrics."))
        }
        let page = MetricsCollector.page(of: services)
        return .reply(HTTPReply(200, type: Self.type, body: Array(page.text.utf8)))
    }

    /// What roles are asked about: reading the page is a command that changes nothing.
    private static let command = BoundMethod(
        "metrics", module: "core", result: .string, "The figures of the server",
        example: RPCExample([], "")
    ) { (_) throws(RPCError) in .done }.description
}
