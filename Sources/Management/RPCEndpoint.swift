internal import ModuleKit

/// JSON-RPC 2.0 over HTTP: POST /RPC.
///
/// Errors of JSON-RPC are answers like others, with status 200; a command that the caller's role
/// does not have is 403.
///
/// Kamailio turns the code of a command's error into the status of HTTP; here the status speaks of
/// HTTP only. A client that looks at both sees either no JSON-RPC at all, or all of it.
public final class RPCEndpoint: HTTPEndpoint {
    /// Where commands are served.
    public let path = "/RPC"
    /// The only method.
    public let method = "POST"
    private let dispatcher: JSONRPCDispatcher

    /// An endpoint for the commands of a dispatcher.
    public init(_ dispatcher: JSONRPCDispatcher) { self.dispatcher = dispatcher }

    /// Runs a single call of a command that is brief.
    public func briefAnswer(_ request: HTTPRequest) -> HTTPAnswer? {
        let answer = dispatcher.briefAnswer(
            request.body.span, from: request.caller, as: request.account?.role)
        return answer.map { .content($0, type: "application/json") }
    }

    /// Runs what the body asks for.
    ///
    /// Nothing but notifications is 204: JSON-RPC forbids an answer, HTTP demands one (RFC 9110
    /// 15.3.5).
    public func answer(_ request: HTTPRequest) -> HTTPAnswer {
        let role = request.account?.role
        guard let answer = dispatcher.answer(request.body.span, from: request.caller, as: role)
        else { return .nothing }
        return .content(answer, type: "application/json")
    }
}
