public import Basics
public import ModuleKit

/// A configuration's route blocks, compiled: what runs for each message.
///
/// It is immutable and shared by all workers; each brings its own context.
///
/// The blocks are closures, not a tree that is walked: what can be decided when the configuration
/// is read (names, types, constants, regular expressions, who is called) is decided then, and a
/// message pays only for what depends on it.
public struct Program: Sendable {
    /// The blocks that the server runs, event routes apart.
    public enum Entry: Sendable, Hashable {
        /// `request_route`: every request.
        case request
        /// `reply_route`: every reply, before any transaction sees it.
        case reply
        /// `onsend_route`: a request about to be sent.
        case send
        /// `route[NAME]`, which a module runs by its name.
        case named(String)
        /// `failure_route[NAME]`: the failure of a transaction that was armed with its name.
        case failure(String)
        /// `branch_route[NAME]`: a branch about to be sent.
        case branch(String)
        /// `onreply_route[NAME]`: a reply of a transaction that was armed with its name.
        case transactionReply(String)
    }

    private let request: Step
    private let reply: Step
    /// Blocks that are looked up once a failure or a branch, and events: a dictionary is fast
    /// enough for them.
    private let others: [RouteBlockKind: Step]
    private let entries: Set<RouteBlockKind>
    /// The language that messages run instead of the blocks, nil for the blocks.
    private let engine: EmbeddedEngine?

    /// Compiles a checked configuration for the modules that were made from it.
    ///
    /// `loaded` holds the core as well. Errors are those that only a module itself can find.
    ///
    /// It compiles the same tree a second time, now with the instances of the modules at hand; the
    /// check before it has compiled it without them. So an error here is a defect of a module, or a
    /// parameter that only a running module can judge.
    public static func compile(
        _ checked: CheckedConfiguration, loaded: [LoadedModule]
    ) throws(ScriptErrors) -> Program {
        let scope = Scope(checked, instances: loaded)
        var compiler = Compiler(checked.tree, scope: scope, rules: ScriptRules(checked))
        compiler.compileRoutes()
        var compiled: [RouteBlockKind: Step] = [:]
        for block in checked.tree.blocks {
            if case .named(let name) = block.kind {
                compiled[block.kind] = compiler.route(name)
                continue
            }
            compiled[block.kind] = compiler.entry(block)
        }
        let errors = compiler.diagnostics.errors
        guard errors.isEmpty else { throw ScriptErrors(errors) }
        let engine = EmbeddedEngine.connect(
            checked, loaded, ScriptNames(scope: scope, routes: compiler.namedRoutes))
        return Program(compiled, engine)
    }

    private init(_ compiled: [RouteBlockKind: Step], _ engine: EmbeddedEngine?) {
        request = compiled[.request] ?? .nothing
        reply = compiled[.reply] ?? .nothing
        others = compiled
        entries = Set(compiled.keys)
        self.engine = engine
    }

    /// Whether the configuration has a block, or runs a language that has a function for it.
    public func has(_ entry: Entry) -> Bool {
        if let engine { return engine.has(entry) }
        return entries.contains(entry.kind)
    }

    /// Makes what an embedded language needs for a worker's context, before its first message.
    public func prepare(_ context: ScriptContext) { engine?.prepare(context) }

    /// Runs a block on the context's message and returns its value: that of `return` or `exit`, or
    /// of the last action.
    ///
    /// `context.isDropped` tells whether `drop` was executed. Without such a block nothing happens,
    /// and the value is 1.
    ///
    /// A request route that ends with `break` is worth 0, as in Kamailio: the caller of a reply
    /// route takes 0 for "do not forward". The value of a block that ends by itself is that of its
    /// last action (script.md 5).
    @discardableResult
    public func run(_ entry: Entry, in context: ScriptContext) -> Int {
        Self.begin(context)
        if let engine { return engine.run(entry, in: context) }
        let flow =
            switch entry {
            case .request: request(context)
            case .reply: reply(context)
            default: (others[entry.kind] ?? .nothing)(context)
            }
        return flow == .leave ? 0 : context.actionValue
    }

    /// Runs `onsend_route` for a request that another block is sending on; false when it drops it.
    ///
    /// That block goes on where it was: what it knows of its own course is put back.
    public func maySend(to hop: Origin, _ context: ScriptContext) -> Bool {
        let course = ScriptCourse(of: context)
        context.sendingTo = hop
        run(.send, in: context)
        let isDropped = context.isDropped
        context.sendingTo = nil
        course.restore(to: context)
        return !isDropped
    }

    /// Whether the configuration has an event route.
    ///
    /// A function of an embedded language that takes all events stands for those without a block.
    public func hasEvent(_ name: String) -> Bool {
        entries.contains(.event(name)) || engine?.takesEvents ?? false
    }

    /// Runs an event route; false when the configuration has none of that name.
    ///
    /// The value of an event route has no meaning to its caller, except for `drop`, which
    /// `context.isDropped` tells.
    @discardableResult
    public func runEvent(_ name: String, in context: ScriptContext) -> Bool {
        Self.begin(context)
        guard let step = others[.event(name)] else {
            return engine?.runEvent(name, in: context) ?? false
        }
        _ = step(context)
        return true
    }

    /// Sets what each run starts with.
    ///
    /// `$rc` starts at 0 for every top route and `$var` keeps its value (script.md 5 and 7): so the
    /// code is set here and the variables are left alone. What an earlier message left behind would
    /// otherwise decide about this one.
    private static func begin(_ context: ScriptContext) {
        context.returnCode = 0
        context.actionValue = 1
        context.hasFailed = false
        context.isStopped = false
        context.isDropped = false
        context.depth = 0
    }
}

extension Program.Entry {
    /// The block that it names.
    var kind: RouteBlockKind {
        switch self {
        case .request: .request
        case .reply: .reply
        case .send: .send
        case .named(let name): .named(name)
        case .failure(let name): .failure(name)
        case .branch(let name): .branch(name)
        case .transactionReply(let name): .transactionReply(name)
        }
    }
}

/// What global parameters say about how scripts run.
struct ScriptRules: Sendable {
    /// Most turns of a `while` loop, 0 for no bound (`max_while_loops`).
    var loopsMax = Limits.whileLoopsDefault
    /// Deepest nesting of blocks and routes (`max_recursive_level`).
    var depthMax = Limits.scriptDepthMax
    /// Whether an expression sees the code of a function itself, and every code but 0 holds
    /// (`return_mode = 1`); otherwise it sees 1 or 0, and codes above 0 hold.
    var seesCodes = false

    /// What holds when the configuration says nothing.
    init() {}

    /// The rules of a configuration; the core has checked the bounds of its parameters.
    init(_ checked: CheckedConfiguration) {
        if let loops = checked.integer("max_while_loops") { loopsMax = loops }
        if let depth = checked.integer("max_recursive_level") { depthMax = depth }
        seesCodes = checked.integer("return_mode") == 1
    }
}
