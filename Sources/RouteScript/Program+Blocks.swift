public import ModuleKit

/// The blocks that modules have run: those of transactions, and events.
extension Program: ScriptBlocks {
    /// Whether the configuration has a block, or runs a language that has a function for it.
    public func hasBlock(_ block: ScriptBlock) -> Bool {
        switch block {
        case .route(let name): has(.named(name))
        case .failure(let name): has(.failure(name))
        case .branch(let name): has(.branch(name))
        case .reply(let name): has(.transactionReply(name))
        case .event(let name): hasEvent(name)
        }
    }

    /// Runs a block, also from within another one, whose course is put back behind it.
    public func runBlock(_ block: ScriptBlock, in context: ScriptContext) -> ScriptOutcome {
        let course = ScriptCourse(of: context)
        defer { course.restore(to: context) }
        let value: Int
        switch block {
        case .route(let name): value = run(.named(name), in: context)
        case .failure(let name): value = run(.failure(name), in: context)
        case .branch(let name): value = run(.branch(name), in: context)
        case .reply(let name): value = run(.transactionReply(name), in: context)
        case .event(let name):
            runEvent(name, in: context)
            value = context.actionValue
        }
        return ScriptOutcome(value: value, isDropped: context.isDropped)
    }
}

/// What a block knows of its own course: it goes on from here when another ran in between.
struct ScriptCourse {
    private let returnCode: Int
    private let actionValue: Int
    private let hasFailed: Bool
    private let isStopped: Bool
    private let isDropped: Bool
    private let depth: Int

    /// The course that a context is on.
    init(of context: ScriptContext) {
        returnCode = context.returnCode
        actionValue = context.actionValue
        hasFailed = context.hasFailed
        isStopped = context.isStopped
        isDropped = context.isDropped
        depth = context.depth
    }

    /// Puts it back.
    func restore(to context: ScriptContext) {
        context.returnCode = returnCode
        context.actionValue = actionValue
        context.hasFailed = hasFailed
        context.isStopped = isStopped
        context.isDropped = isDropped
        context.depth = depth
    }
}
