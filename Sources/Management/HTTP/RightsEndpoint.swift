internal import JSONValue
public import ModuleKit

/// `GET /rights`: who asks, and which commands that caller may use.
///
/// A page shows no control that would be refused; which ones those are follows from the role, whose
/// words only the server knows. It asks for credentials like everything else, so its 401 is how a
/// page learns that it has to ask for a login.
public final class RightsEndpoint: HTTPEndpoint {
    /// Where it is served.
    public let path = "/rights"
    /// The only method; HEAD comes with it.
    public let method = "GET"
    private let registry: CommandRegistry

    /// The rights to the commands of all modules that are loaded.
    ///
    /// Make it in `start`: all modules are made by then.
    public init(services: any Services) {
        registry = CommandRegistry(modules: services.loadedModules)
    }

    /// User and role, null where nobody is asked for credentials, and names of commands.
    public func answer(_ request: HTTPRequest) -> HTTPAnswer {
        let role = request.account?.role
        let allowed = registry.methods.filter { role?.allows($0.description) ?? true }
        let body: JSONValue = [
            "user": request.account.map { .string($0.name) } ?? .null,
            "role": role.map { .string($0.name) } ?? .null,
            "commands": .array(allowed.map { .string($0.name) }),
        ]
        return .reply(HTTPReply(200, json: body))
    }
}
