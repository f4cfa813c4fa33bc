internal import Basics
public import ModuleKit

/// A configuration's route blocks, compiled: what runs for each message.
///
/// It is immutable and shared by all workers; each brings its own context.
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
    private let events: [String: Step]
    private let entries: Set<Entry>

    /// Compiles a checked configuration for the modules that were made from it.
    ///
    /// `loaded` holds the core as well. Errors are those that only a module itself can find.
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
        return Program(request: request, reply: reply, events: events, entries: entries)
    }

    private init(request: Step, reply: Step, events: [String: Step], entries: Set<Entry>) {
        self.request = request
        self.reply = reply
        self.events = events
        self.entries = entries
    }

    /// Whether the configuration has a block.
    public func has(_ entry: Entry) -> Bool { entries.contains(entry) }

    /// Runs a block on the context's message and returns its value: that of `return` or `exit`, or
    /// of the last action.
    ///
    /// `context.isDropped` tells whether `drop` was executed. Without such a block nothing happens,
    /// and the value is 1.
    @discardableResult
    public func run(_ entry: Entry, in context: ScriptContext) -> Int {
        Self.begin(context)
        let flow =
            switch entry {
            case .request: request(context)
            case .reply: reply(context)
            }
        return flow == .leave ? 0 : context.actionValue
    }

    /// Whether the configuration has an event route.
    public func hasEvent(_ name: String) -> Bool { events[name] != nil }

    /// Runs an event route; false when the configuration has none of that name.
    @discardableResult
    public func runEvent(_ name: String, in context: ScriptContext) -> Bool {
        guard let step = events[name] else { return false }
        Self.begin(context)
        _ = step(context)
        return true
    }

    /// Sets what each run starts with.
    private static func begin(_ context: ScriptContext) {
        context.returnCode = 0
        context.actionValue = 1
        context.hasFailed = false
        context.isStopped = false
        context.isDropped = false
        context.depth = 0
    }
}
