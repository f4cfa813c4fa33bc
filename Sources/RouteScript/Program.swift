internal import Basics
public import ModuleKit

/// A configuration's route blocks, compiled: what runs for each message.
///
/// It is immutable and shared by all workers; each brings its own context.
///
/// The blocks are closures, not a tree that is walked: what can be decided when the configuration
/// is read (names, types, constants, regular expressions, who is called) is decided then, and a
/// message pays only for what depends on it.
public struct Program: Sendable {
    /// The blocks that messages run by themselves.
    public enum Entry: Sendable, Hashable {
        /// `request_route`.
        case request
        /// `reply_route`.
        case reply
    }

    private let request: Step
    private let reply: Step
    /// Looked up once an event, not once a message: a dictionary is fast enough here.
    private let events: [String: Step]
    private let entries: Set<Entry>
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
        let scope = Scope(
            loaded: checked.loaded, catalogue: checked.catalogue, instances: loaded)
        let loopsMax = checked.integer("max_while_loops") ?? Limits.whileLoopsDefault
        var compiler = Compiler(checked.tree, scope: scope, loopsMax: loopsMax)
        compiler.compileRoutes()
        var request = Step.nothing
        var reply = Step.nothing
        var entries: Set<Entry> = []
        var events: [String: Step] = [:]
        for block in checked.tree.blocks {
            switch block.kind {
            case .request:
                request = compiler.entry(block)
                entries.insert(.request)
            case .reply:
                reply = compiler.entry(block)
                entries.insert(.reply)
            case .event(let name): events[name] = compiler.entry(block)
            case .named, .transactionReply, .failure, .branch, .send: break
            }
        }
        let errors = compiler.diagnostics.errors
        guard errors.isEmpty else { throw ScriptErrors(errors) }
        let engine = EmbeddedEngine.connect(
            checked, loaded, ScriptNames(scope: scope, routes: compiler.namedRoutes))
        return Program(
            request: request, reply: reply, events: events, entries: entries, engine: engine)
    }

    private init(
        request: Step, reply: Step, events: [String: Step], entries: Set<Entry>,
        engine: EmbeddedEngine?
    ) {
        self.request = request
        self.reply = reply
        self.events = events
        self.entries = entries
        self.engine = engine
    }

    /// Whether the configuration has a block, or runs a language that has its own.
    public func has(_ entry: Entry) -> Bool { engine != nil || entries.contains(entry) }

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
            }
        return flow == .leave ? 0 : context.actionValue
    }

    /// Whether the configuration has an event route.
    ///
    /// A function of an embedded language that takes all events stands for those without a block.
    public func hasEvent(_ name: String) -> Bool {
        events[name] != nil || engine?.takesEvents ?? false
    }

    /// Runs an event route; false when the configuration has none of that name.
    ///
    /// The value of an event route has no meaning to its caller, except for `drop`, which
    /// `context.isDropped` tells.
    @discardableResult
    public func runEvent(_ name: String, in context: ScriptContext) -> Bool {
        Self.begin(context)
        guard let step = events[name] else {
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
