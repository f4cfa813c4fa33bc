internal import Basics
internal import Logging
public import Management
public import ModuleKit

/// Requests that the script answers: `event_route[microhttpd:request]`, or the function that
/// `event_callback` names.
///
/// A script that answers nothing leaves the request to the server, so that it may serve some paths
/// and leave `/RPC` and the others alone. Credentials are asked for before it runs.
extension MicroHTTPD: HTTPConversing {
    /// What `$mhttpd` shows.
    enum RequestPart: String, CaseIterable, Sendable {
        /// The path.
        case url
        /// The HTTP method.
        case method
        /// The body.
        case data
        /// The length of the body.
        case size
        /// The client's address.
        case srcip
        /// The version of HTTP.
        case version
        /// The client's port.
        case srcport
        /// Who asks; null where nobody is asked for credentials.
        case user
        /// The role of who asks.
        case role
    }

    /// The request that a context works on, and what the script has answered.
    final class Conversation {
        /// The request; nil outside of the event route.
        var request: HTTPRequest?
        /// The answer.
        var reply: HTTPReply?
    }

    /// Runs the script for requests.
    final class Script: HTTPScript {
        private let module: MicroHTTPD

        /// The script of a module's server.
        init(_ module: MicroHTTPD) { self.module = module }

        /// Offers a request to the script.
        func answer(_ request: HTTPRequest) -> HTTPReply? { module.offer(request) }
    }

    private func conversation(_ context: ScriptContext) -> Conversation {
        context.workspace(settings) { Conversation() }
    }

    /// Runs the script for a request; what it answered, nil when it did not.
    func offer(_ request: HTTPRequest) -> HTTPReply? {
        var used: Conversation?
        let prepare = { (context: ScriptContext) in
            let conversation = self.conversation(context)
            conversation.request = request
            conversation.reply = nil
            used = conversation
        }
        if let function = eventCallback {
            services.runCallback(function, event: Self.requestEvent, prepare)
        } else {
            services.runEventRoute(Self.requestEvent, prepare)
        }
        used?.request = nil
        return used?.reply
    }

    /// Answers the request that the context works on.
    func reply(
        _ context: ScriptContext, _ code: Int, reason: ScriptText, type: ScriptText,
        body: ScriptText
    ) -> Int {
        let conversation = conversation(context)
        guard conversation.request != nil else {
            services.logger.error("mhttpd_reply: there is no HTTP request here")
            return -1
        }
        guard conversation.reply == nil else {
            services.logger.error("mhttpd_reply: the request was answered before")
            return -1
        }
        guard (200...599).contains(code) else {
            services.logger.error("mhttpd_reply: code \(code) is not from 200 to 599")
            return -1
        }
        let type = context.string(type)
        guard type.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            services.logger.error("mhttpd_reply: the content type has a line end")
            return -1
        }
        let bytes = context.withBytes(of: body) { Array(copying: $0) }
        conversation.reply = HTTPReply(code, type: type.isEmpty ? nil : type, body: bytes)
        return 1
    }

    /// The request that a context works on, for other modules.
    public func httpRequest(_ context: ScriptContext) -> HTTPRequest? {
        conversation(context).request
    }

    /// Answers it for another module.
    public func answer(_ context: ScriptContext, with reply: HTTPReply) -> Bool {
        let conversation = conversation(context)
        guard conversation.request != nil, conversation.reply == nil else { return false }
        conversation.reply = reply
        return true
    }

    /// The value of `$mhttpd(...)`; null outside of the event route.
    func read(_ part: RequestPart, _ context: ScriptContext) -> ScriptValue {
        guard let request = conversation(context).request else { return .null }
        switch part {
        case .url: return .string(request.path)
        case .method: return .string(request.method)
        case .data: return .text(.owned(request.body))
        case .size: return .integer(request.body.count)
        case .version: return .string(request.version)
        case .srcip: return .string(Self.host(request.client))
        case .srcport: return .integer(Self.port(request.client))
        case .user: return request.account.map { .string($0.name) } ?? .null
        case .role: return request.account.map { .string($0.role.name) } ?? .null
        }
    }

    /// The address of `127.0.0.1:4711` and `[::1]:4711`, without brackets.
    private static func host(_ client: String) -> String {
        let end = client.lastIndex(of: ":") ?? client.endIndex
        let host = client[..<end]
        return host.first == "[" ? String(host.dropFirst().dropLast()) : String(host)
    }

    private static func port(_ client: String) -> Int {
        client.lastIndex(of: ":").flatMap { Int(client[client.index(after: $0)...]) } ?? 0
    }
}
