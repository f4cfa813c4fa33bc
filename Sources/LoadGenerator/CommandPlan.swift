/// A load of commands over HTTP: JSON-RPC calls on connections that stay open.
public struct CommandPlan: Sendable {
    /// Host and port.
    public var server: ServerName
    /// Path.
    public var path = "/RPC"
    /// The command.
    public var method = "core.uptime"
    /// Its parameters, a JSON document; empty for none.
    public var parameters = ""
    /// Connections; each has one call under way at a time.
    public var connections = 4
    /// Calls in all.
    public var count = 100_000
    /// Most calls a second; nil for as fast as the connections go.
    public var rate: Int?
    /// Value of the Authorization field; nil for none.
    public var authorization: String?
    /// Seconds without any answer after which the load is given up.
    public var giveUpSeconds = 10

    /// The usual load for a server.
    public init(server: ServerName) { self.server = server }

    /// A load for `http://HOST:PORT/PATH`.
    public init(url: String) throws(LoadError) {
        let wanted = LoadError(.badPlan, "'\(url)' is no http://HOST:PORT/PATH")
        let scheme = "http://"
        guard url.hasPrefix(scheme) else { throw wanted }
        let rest = url.dropFirst(scheme.count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        server = try ServerName(String(rest[..<slash]))
        path = slash == rest.endIndex ? "/RPC" : String(rest[slash...])
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw wanted }
    }

    /// Refuses numbers outside of their ranges, and text that would break the head.
    func check() throws(LoadError) {
        try PlanCheck.number("connections", connections, 1...1_024)
        try PlanCheck.number("count", count, 1...1_000_000_000)
        if let rate { try PlanCheck.number("rate", rate, 1...10_000_000) }
        try PlanCheck.number("give-up", giveUpSeconds, 1...3_600)
        for text in [method, parameters, authorization ?? "", path] {
            guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw LoadError(.badPlan, "'\(text)' must be one line")
            }
        }
    }

    /// The bytes of one call.
    var request: [UInt8] {
        let params = parameters.isEmpty ? "" : ",\"params\":\(parameters)"
        let body = "{\"jsonrpc\":\"2.0\",\"method\":\"\(method)\"\(params),\"id\":1}"
        let fields = authorization.map { "Authorization: \($0)\r\n" } ?? ""
        return Array(
            ("POST \(path) HTTP/1.1\r\nHost: \(server)\r\n\(fields)"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                + body).utf8)
    }
}
