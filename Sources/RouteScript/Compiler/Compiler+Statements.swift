internal import Basics
internal import ModuleKit

/// Statements.
extension Compiler {
    /// Statements one behind the other.
    ///
    /// What is wrong in one is noted, and the next is looked at.
    mutating func sequence(_ statements: [Statement]) -> Step {
        nesting += 1
        defer { nesting -= 1 }
        var steps: [Step] = []
        for statement in statements where !diagnostics.isFull {
            do {
                steps.append(try step(statement))
            } catch {
                report(error)
            }
        }
        return Self.chain(steps[...])
    }

    /// Joins steps two by two, so that running a block reads no array and counts no references, and
    /// needs no more stack than the logarithm of its length.
    static func chain(_ steps: ArraySlice<Step>) -> Step {
        guard let first = steps.first else { return .nothing }
        guard steps.count > 1 else { return first }
        let middle = steps.startIndex + steps.count / 2
        let before = chain(steps[..<middle])
        let behind = chain(steps[middle...])
        return Step { context in
            let flow = before(context)
            return flow == .next ? behind(context) : flow
        }
    }

    /// One statement.
    ///
    /// A `break` that no loop and no switch takes ends the route, whose value is then 0; that 0
    /// does not stop the script (script.md 5).
    private mutating func step(_ statement: Statement) throws(ScriptError) -> Step {
        switch statement.kind {
        case .block(let body): return sequence(body)
        case .conditional(let arms, let otherwise):
            return try conditional(arms, otherwise: otherwise)
        case .loop(let condition, let body): return try loop(condition, body)
        case .choice(let subject, let labels):
            return try choice(subject, labels, at: statement.position)
        case .expression(let expression): return try effect(expression)
        case .end(let end, let value): return try self.end(end, value)
        case .leave:
            return Step { context in
                context.actionValue = 0
                return .leave
            }
        }
    }

    // MARK: Expressions for their effect

    /// A statement that is an expression: its value becomes that of the action.
    ///
    /// Core commands and assignments are actions with a value too: a route that ends with one is
    /// worth that value, though `$rc` is left alone.
    private mutating func effect(_ expression: Expression) throws(ScriptError) -> Step {
        switch expression.kind {
        case .call, .route, .assignment: break
        case .word(let name): throw unknownFunction(name, at: expression.position)
        default:
            throw failure(
                .syntax, at: expression.position, "an expression alone does nothing",
                hint: "a statement is a call, an assignment or a keyword")
        }
        let compiled = try self.expression(expression)
        let mayStop = compiled.mayStop
        let run: IntegerStep
        if case .call(let call) = compiled.form { run = call } else { run = compiled.integer }
        guard mayStop || compiled.mayFail else {
            return Step { context in
                context.actionValue = run(context)
                return .next
            }
        }
        return Step { context in
            let value = run(context)
            context.actionValue = context.hasFailed ? -1 : value
            context.hasFailed = false
            return context.isStopped ? .stop : .next
        }
    }

    /// `exit`, `return` and `drop`.
    ///
    /// `exit` and `drop` are seen by all callers through the context, because the value of a route
    /// alone could not tell them from a `return`.
    private mutating func end(
        _ end: Statement.End, _ value: Expression?
    ) throws(ScriptError) -> Step {
        let compiled = try value.map { (value) throws(ScriptError) in try expression(value) }
        let number = Self.code(compiled)
        switch end {
        case .drop:
            return Step { context in
                _ = number(context)
                context.actionValue = 0
                context.isDropped = true
                context.isStopped = true
                return .stop
            }
        case .exit:
            return Step { context in
                let value = number(context)
                context.actionValue = value
                context.returnCode = value
                context.isStopped = true
                return .stop
            }
        case .return:
            return Step { context in
                let value = number(context)
                context.actionValue = value
                context.returnCode = value
                // `return 0` ends the script like `exit` (script.md 5).
                if value == 0 { context.isStopped = true }
                return context.isStopped ? .stop : .finish
            }
        }
    }

    /// The code that `exit` and `return` pass on: a function's own one, and 1 where none is given.
    ///
    /// A value that could not be had counts as -1: 0 would end the script, and the failure must not
    /// reach the caller, whose next assignment would be taken for the one that failed.
    private static func code(_ value: Compiled?) -> IntegerStep {
        guard let value else { return { _ in 1 } }
        let read: IntegerStep
        if case .call(let call) = value.form { read = call } else { read = value.integer }
        guard value.mayFail else { return read }
        return { context in
            let code = read(context)
            guard context.hasFailed else { return code }
            context.hasFailed = false
            return -1
        }
    }

    // MARK: if

    /// `if`: the arms are joined from the last to the first.
    private mutating func conditional(
        _ arms: [Statement.Arm], otherwise: Statement?
    ) throws(ScriptError) -> Step {
        var compiled: [(Compiled, Step)] = []
        for arm in arms {
            do {
                let condition = truth(try expression(arm.condition))
                compiled.append((condition, try branch(arm.body)))
            } catch {
                // The branch is looked at all the same: it may hold more errors.
                report(error)
                _ = try branch(arm.body)
            }
        }
        var rest = Step { context in
            context.actionValue = 1
            return .next
        }
        if let otherwise { rest = try branch(otherwise) }
        for (condition, body) in compiled.reversed() {
            rest = Self.choose(condition, body, otherwise: rest)
        }
        return rest
    }

    /// A condition that holds when it is above 0.
    ///
    /// With `return_mode = 1` every number but 0 holds, negative codes of functions too.
    private func truth(_ condition: Compiled) -> Compiled {
        guard rules.seesCodes else { return condition }
        let read = condition.integer
        return Compiled(.integer { read($0) == 0 ? 0 : 1 }, from: condition)
    }

    /// A statement that a condition guards: one level deeper.
    private mutating func branch(_ statement: Statement) throws(ScriptError) -> Step {
        if case .block = statement.kind { return try step(statement) }
        nesting += 1
        defer { nesting -= 1 }
        return try step(statement)
    }

    /// Runs one of two steps: the first when the condition is above 0.
    ///
    /// Of the three forms the first is for `if (f())`, the most frequent one, the second for
    /// conditions that can neither stop nor fail, and the last for all others.
    private static func choose(
        _ condition: Compiled, _ body: Step, otherwise: Step
    ) -> Step {
        if case .call(let call) = condition.form, !condition.mayFail {
            return Step { context in
                let code = call(context)
                if code > 0 { return context.isStopped ? .stop : body(context) }
                return context.isStopped ? .stop : otherwise(context)
            }
        }
        let test = condition.integer
        guard condition.mayStop || condition.mayFail else {
            return Step { context in test(context) > 0 ? body(context) : otherwise(context) }
        }
        return Step { context in
            let holds = test(context) > 0 && !context.hasFailed
            context.hasFailed = false
            if context.isStopped { return .stop }
            return holds ? body(context) : otherwise(context)
        }
    }

    // MARK: while

    /// `while`, within its bound.
    ///
    /// Kamailio's bound of 100 turns is kept by default: a loop over what a message brings would
    /// otherwise let its sender hold a worker for as long as he likes.
    private mutating func loop(
        _ condition: Expression, _ body: Statement
    ) throws(ScriptError) -> Step {
        let test = truth(try expression(condition))
        let run = try branch(body)
        let holds = test.integer
        let turnsMax = rules.loopsMax
        return Step { context in
            var turns = 0
            context.actionValue = 1
            while holds(context) > 0, !context.hasFailed {
                if context.isStopped { return .stop }
                if turnsMax > 0, turns >= turnsMax {
                    context.log(.error, "a while loop was ended after \(turns) turns")
                    context.actionValue = -1
                    return .next
                }
                turns += 1
                let flow = run(context)
                if flow == .leave { break }
                if flow != .next { return flow }
            }
            context.hasFailed = false
            return context.isStopped ? .stop : .next
        }
    }
}
