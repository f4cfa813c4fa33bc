internal import Basics

/// A block of the routing script that a module has run.
public enum ScriptBlock: Sendable, Hashable {
    /// `route[NAME]`.
    case route(String)
    /// `failure_route[NAME]`.
    case failure(String)
    /// `branch_route[NAME]`.
    case branch(String)
    /// `onreply_route[NAME]`.
    case reply(String)
    /// `event_route[NAME]`.
    case event(String)
}

/// How a block of the script ended.
public struct ScriptOutcome: Sendable, Hashable {
    /// What it returned, or the value of its last action.
    public var value: Int
    /// Whether it executed `drop`.
    public var isDropped: Bool
    /// An outcome.
    public init(value: Int, isDropped: Bool) {
        self.value = value
        self.isDropped = isDropped
    }
    /// That of a block which does not exist.
    public static let nothing = ScriptOutcome(value: 1, isDropped: false)
}

/// The blocks of the routing script, as modules run them.
public protocol ScriptBlocks: Sendable {
    /// Whether the script has a block.
    func hasBlock(_ block: ScriptBlock) -> Bool
    /// Runs a block on the context's message, also from within another block, which then goes on
    /// where it was.
    func runBlock(_ block: ScriptBlock, in context: ScriptContext) -> ScriptOutcome
}

/// A script without blocks.
public struct NoBlocks: ScriptBlocks {
    /// The script.
    public init() {}
    /// It has none.
    public func hasBlock(_ block: ScriptBlock) -> Bool { false }
    /// Nothing is run.
    public func runBlock(
        _ block: ScriptBlock, in context: ScriptContext
    ) -> ScriptOutcome { .nothing }
}

extension Services {
    /// No script.
    public var blocks: any ScriptBlocks { NoBlocks() }
    /// Runs `body` with a fresh context; what it wrote to the outbox goes to the network.
    public func perform(_ body: (ScriptContext) -> Void) {
        let context = ScriptContext(services: self)
        body(context)
        context.sendOutbox()
    }
}

extension ScriptContext {
    /// Sends what waits in the outbox at once, message by message, and empties it.
    ///
    /// The transport does so for the contexts of its workers, and with fewer system calls; this is
    /// for the control plane.
    public func sendOutbox() {
        for entry in outbox.entries {
            services.network.send(outbox.bytes(entry), to: entry.destination)
        }
        outbox.removeAll()
    }
}
