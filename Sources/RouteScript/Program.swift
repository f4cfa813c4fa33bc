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

    private let request: Step?
    private let reply: Step?
    private let events: [String: Step]

    /// Compiles a checked configuration for the modules that were made from it. `loaded` holds the
    /// core as well. Errors are those that only a module itself can find.
    public static func compile(
        _ checked: CheckedConfiguration, loaded: [LoadedModule]
    ) throws(ScriptErrors) -> Program {
        let scope = Scope(
            loaded: checked.loaded, catalogue: checked.catalogue, instances: loaded)
        let loopsMax = checked.integer("max_while_loops") ?? Limits.whileLoopsDefault
        var compiler = Compiler(checked.tree, scope: scope, loopsMax: loopsMax)
        compiler.compileRoutes()
        var request: Step?
        var reply: Step?
        var events: [String: Step] = [:]
        for block in checked.tree.blocks {
            switch block.kind {
            case .request: request = compiler.entry(block)
            case .reply: reply = compiler.entry(block)
            case .event(let name): events[name] = compiler.entry(block)
            case .named, .transactionReply, .failure, .branch, .send: break
            }
        }
        let errors = compiler.diagnostics.errors
        guard errors.isEmpty else { throw ScriptErrors(errors) }
        return Program(request: request, reply: reply, events: events)
    }

    private init(request: Step?, reply: Step?, events: [String: Step]) {
        self.request = request
        self.reply = reply
        self.events = events
    }

    /// Whether the configuration has a block.
    public func has(_ entry: Entry) -> Bool {
        switch entry {
        case .request: request != nil
        case .reply: reply != nil
        }
    }

    /// Runs a block on the context's message and returns its value: that of `return` or `exit`, or
    /// of the last action. `context.isDropped` tells whether `drop` was executed. Without such a
    /// block nothing happens, and the value is 1.
    @discardableResult
    public func run(_ entry: Entry, in context: ScriptContext) -> Int {
        switch entry {
        case .request: Self.run(request, in: context)
        case .reply: Self.run(reply, in: context)
        }
    }

    /// Whether the configuration has an event route.
    public func hasEvent(_ name: String) -> Bool { events[name] != nil }

    /// Runs an event route; false when the configuration has none of that name.
    @discardableResult
    public func runEvent(_ name: String, in context: ScriptContext) -> Bool {
        guard let step = events[name] else { return false }
        Self.run(step, in: context)
        return true
    }

    @discardableResult
    private static func run(_ step: Step?, in context: ScriptContext) -> Int {
        guard let step else { return 1 }
        context.returnCode = 0
        context.actionValue = 1
        context.hasFailed = false
        context.isStopped = false
        context.isDropped = false
        context.depth = 0
        let flow = step(context)
        return flow == .leave ? 0 : context.actionValue
    }
}
