public import ModuleKit

/// The module that runs the script for HTTP requests: other modules ask it for the one at hand, and
/// answer through it.
public protocol HTTPConversing: AnyObject, Sendable {
    /// The request that a context works on; nil outside of the event route.
    func httpRequest(_ context: ScriptContext) -> HTTPRequest?
    /// Answers it; false outside of the event route, and when it was answered before.
    func answer(_ context: ScriptContext, with reply: HTTPReply) -> Bool
}
