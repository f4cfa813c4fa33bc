internal import ModuleKit

/// The names of a compiled script, for languages that look them up while they run.
struct ScriptNames: ScriptAccess {
    /// What variables and functions there are.
    let scope: Scope
    /// What named routes there are.
    let routes: RouteDirectory

    /// Compiles a pseudo-variable.
    func variable(_ text: String) throws(ArgumentError) -> VariableAccess {
        let syntax = try VariableSyntax.parse(text)
        do throws(VariableFailure) {
            var access = try scope.variable(syntax)
            // What can be read in parts only is not written whole.
            if !syntax.transformations.isEmpty || !(scope.isWritable(syntax.name) ?? false) {
                access.write = nil
            }
            return access
        } catch {
            throw ArgumentError(error.message + (error.hint.map { "; \($0)" } ?? ""))
        }
    }

    /// Compiles a text with pseudo-variables in it.
    func template(
        _ text: String
    ) throws(ArgumentError) -> (@Sendable (ScriptContext) -> ScriptValue)? {
        try Templates(scope: scope).template(text)
    }

    /// Whether the script has a block of a kind.
    func has(_ route: NamedRoute, _ name: String) -> Bool {
        Templates(scope: scope).has(route, name)
    }

    /// The name of such a block that is nearest to one that none has.
    func suggestion(_ route: NamedRoute, _ name: String) -> String? {
        Templates(scope: scope).suggestion(route, name)
    }

    /// A named route; its value is that of its `return`, or of its last action.
    func route(_ name: String) -> (@Sendable (ScriptContext) -> Int)? {
        let bytes = Array(name.utf8)
        guard let step = routes.route(bytes.span) else { return nil }
        return { context in
            // `exit` ends the native part only: the caller is no block that it could end.
            let wasStopped = context.isStopped
            context.isStopped = false
            defer { context.isStopped = wasStopped }
            _ = step(context)
            return context.actionValue
        }
    }
}

/// The language that messages run instead of the blocks of the configuration.
struct EmbeddedEngine: Sendable {
    private let module: any ScriptEngine
    private let settings: EngineSettings

    /// Lends the names to all languages that are loaded, for native scripts call their functions
    /// too, and returns the one that `cfgengine` names.
    static func connect(
        _ checked: CheckedConfiguration, _ loaded: [LoadedModule], _ names: ScriptNames
    ) -> EmbeddedEngine? {
        var chosen: EmbeddedEngine?
        for module in loaded {
            guard let engine = module.instance as? any ScriptEngine else { continue }
            engine.connect(names, checked.engine)
            if type(of: engine).engineName == checked.engine.name {
                chosen = EmbeddedEngine(module: engine, settings: checked.engine)
            }
        }
        return chosen
    }

    /// Makes what a worker needs.
    func prepare(_ context: ScriptContext) { module.prepare(context) }

    /// The function that runs for a block; nil for one that is switched off.
    ///
    /// What a script arms by a name, as `t_on_failure("name")`, is a function of that name.
    private func function(of entry: Program.Entry) -> String? {
        switch entry {
        case .request: settings.request
        case .reply: settings.reply
        case .send: settings.send
        case .named(let name), .failure(let name), .branch(let name), .transactionReply(let name):
            name
        }
    }

    /// Whether the language has a function for a block.
    func has(_ entry: Program.Entry) -> Bool {
        function(of: entry).map { module.hasFunction($0) } ?? false
    }

    /// Runs the function for a message; one that is switched off or missing is worth 1.
    func run(_ entry: Program.Entry, in context: ScriptContext) -> Int {
        guard let function = function(of: entry) else { return 1 }
        let value = module.call(function, nil, in: context)
        // A reply that was dropped is not forwarded: 0 says so.
        if context.isDropped { return 0 }
        return value ?? 1
    }

    /// Whether there is a function for events.
    var takesEvents: Bool { settings.event.map { module.hasFunction($0) } ?? false }

    /// Runs the function for events; false when there is none.
    func runEvent(_ name: String, in context: ScriptContext) -> Bool {
        guard takesEvents, let function = settings.event else { return false }
        return module.call(function, name, in: context) != nil
    }
}
