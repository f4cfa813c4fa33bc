/// What an embedded language needs of the routing script: names that it learns while it runs.
///
/// RouteScript provides it.
public protocol ScriptAccess: TemplateCompiler, Sendable {
    /// Compiles a pseudo-variable as scripts write it, `$ru` or `$(hdr(Via)[1])`; `write` is nil
    /// where a script may not assign to it.
    func variable(_ text: String) throws(ArgumentError) -> VariableAccess
    /// What runs `route[name]` and returns its value; nil when there is no such block.
    func route(_ name: String) -> (@Sendable (ScriptContext) -> Int)?
}

/// What `cfgengine` and the parameters of group `kemi` choose: whose blocks messages run.
public struct EngineSettings: Sendable, Hashable {
    /// The language: `native` for route blocks.
    public var name = "native"
    /// The function that runs for each request.
    public var request: String? = "ksr_request_route"
    /// The function that runs for each reply.
    public var reply: String? = "ksr_reply_route"
    /// The function that runs for what is about to be sent.
    public var send: String? = "ksr_onsend_route"
    /// The function that runs for events of modules, with the event's name.
    public var event: String? = "ksr_event_route"

    /// The blocks of the configuration file.
    public init() {}

    /// Sets one of the parameters of group `kemi`; false when there is none of that name.
    ///
    /// An empty name and `none` switch a callback off.
    public mutating func set(_ parameter: String, to function: String) -> Bool {
        let name = function.isEmpty || function == "none" ? nil : function
        switch parameter {
        case "request_route_callback": request = name
        case "reply_route_callback": reply = name
        case "onsend_route_callback": send = name
        case "event_route_callback": event = name
        // Nothing would call them: they may only be switched off.
        case "received_route_callback", "pre_routing_callback": return name == nil
        default: return false
        }
        return true
    }
}

/// A module that runs scripts in another language.
///
/// With `cfgengine` naming it, messages run its functions instead of the blocks of the
/// configuration file.
public protocol ScriptEngine: AnyObject, Sendable {
    /// Its name in `cfgengine`.
    static var engineName: String { get }
    /// Lends the names of the routing script; called once, before the module starts.
    func connect(_ script: any ScriptAccess, _ settings: EngineSettings)
    /// Makes what a worker needs, before its first message.
    func prepare(_ context: ScriptContext)
    /// Runs a callback with a text as its argument, or without one.
    ///
    /// Returns what the function returned as a number, 1 when it returned none, and nil when there
    /// is no such function. Errors are logged and answered; they are worth -1.
    func call(_ function: String, _ argument: String?, in context: ScriptContext) -> Int?
    /// Whether the script has a function. True before the script is loaded: ask again later.
    func hasFunction(_ name: String) -> Bool
}

extension Services {
    /// The module that runs scripts in another language, nil when none is loaded.
    public var scriptEngine: (any ScriptEngine)? {
        for loaded in loadedModules {
            if let engine = loaded.instance as? any ScriptEngine { return engine }
        }
        return nil
    }

    /// Runs the function that a module's parameter `event_callback` names, with the name of the
    /// event as its argument, in a context of the control plane.
    ///
    /// False when there is no such function, or no language that could have it.
    @discardableResult
    public func runCallback(
        _ function: String, event: String, _ prepare: (ScriptContext) -> Void
    ) -> Bool {
        guard let engine = scriptEngine, engine.hasFunction(function) else { return false }
        var isCalled = false
        perform { context in
            prepare(context)
            isCalled = engine.call(function, event, in: context) != nil
        }
        return isCalled
    }
}

extension EngineSettings {
    /// The group of its parameters: `kemi.request_route_callback = "name"`.
    public static let group = "kemi"
    /// The names of its parameters, for hints.
    public static let parameters = [
        "request_route_callback", "reply_route_callback", "onsend_route_callback",
        "event_route_callback", "received_route_callback", "pre_routing_callback",
    ]
}
