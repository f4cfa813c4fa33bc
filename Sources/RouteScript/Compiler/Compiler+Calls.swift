internal import Basics
internal import ModuleKit

/// Calls of functions and routes.
extension Compiler {
    /// A call of a function of the core or of a module.
    ///
    /// Commands of the language come before functions of modules: their names are reserved words in
    /// Kamailio, so no module can take them.
    mutating func call(_ call: Call, at position: Position) throws(ScriptError) -> Compiled {
        if let command = CoreCommand(rawValue: call.name) {
            var result = try self.command(command, call.arguments, at: position)
            // A command fails with -1, as a function does: `if (!forward())` is true then.
            if case .integer(let step) = result.form, !command.isValue {
                result.form = code(step).form
            }
            return result
        }
        if let reason = CoreCommand.later[call.name] {
            throw failure(
                .unsupported, at: position, "the command \"\(call.name)\" is not supported",
                hint: reason)
        }
        guard let function = scope.functions[call.name] else {
            throw unknownFunction(call.name, at: position)
        }
        guard !function.routes.isDisjoint(with: kinds) else {
            throw failure(
                .placement, at: position, "\"\(call.name)\" cannot be called in this block")
        }
        var sources: [ArgumentSource] = []
        var operands: [Compiled] = []
        for argument in call.arguments {
            let compiled = try expression(argument)
            operands.append(compiled)
            switch compiled.form {
            case .constant(.integer(let number)): sources.append(.integer(number))
            case .constant(.string(let text)): sources.append(.string(text))
            default: sources.append(.expression(compiled.value))
            }
        }
        let compiledCall: CompiledCall
        do {
            compiledCall = try scope(at: position).call(function, sources)
        } catch {
            throw failure(
                .value, at: position, "\(call.name)(): \(error.message)",
                hint: Self.signature(function))
        }
        var result = code(Self.noting(compiledCall))
        result.mayStop = true
        result.mayFail = operands.contains(where: \.mayFail)
        return result
    }

    /// A call, as expressions see its code: with `return_mode = 1` it is an integer like others.
    private func code(_ call: @escaping IntegerStep) -> Compiled {
        Compiled(rules.seesCodes ? .integer(call) : .call(call))
    }

    /// Notes a function's code in `$rc`; a code of 0 ends the script.
    ///
    /// A module's function that returns 0 stops the script, which is how `t_check_trans` or
    /// `jsonrpc_dispatch` end it (script.md 5).
    private static func noting(_ call: @escaping CompiledCall) -> IntegerStep {
        { context in
            let code = call(context)
            context.returnCode = code
            if code == 0 { context.isStopped = true }
            return code
        }
    }

    /// How a function is called: `save(domain, [flags], [uri])`.
    private static func signature(_ function: FunctionDescription) -> String {
        let arguments = function.arguments.map { $0.isOptional ? "[\($0.name)]" : $0.name }
        return "\(function.name)(\(arguments.joined(separator: ", ")))"
    }

    /// The error of a call that nobody answers.
    func unknownFunction(_ name: String, at position: Position) -> ScriptError {
        failure(
            .unknownFunction, at: position, "unknown function \"\(name)\"",
            hint: scope.hint(function: name))
    }

    // MARK: Routes

    /// `route(NAME)`, or `route(expression)`.
    ///
    /// A name that is constant must exist, and is found out now; one that is computed is looked up
    /// in the directory at each call and fails there (script.md 4).
    mutating func route(
        _ target: Expression, at position: Position
    ) throws(ScriptError) -> Compiled {
        let name = try expression(target)
        let body: Step
        if case .constant(let constant) = name.form {
            guard let route = route(constant.text) else {
                throw failure(
                    .unknownRoute, at: target.position, "there is no route[\(constant.text)]",
                    hint: NearestName.find(constant.text, among: routeNames).map {
                        "did you mean route(\($0))?"
                    })
            }
            body = route
        } else {
            body = dynamicRoute(name.value)
        }
        let cost = nesting + target.depth
        var result = code(Self.running(body, cost: cost, depthMax: rules.depthMax))
        result.mayStop = true
        return result
    }

    /// Runs a route and notes its value in `$rc`.
    ///
    /// The depth that it may add is known here: the blocks around the call, and the call itself.
    ///
    /// Routes may call themselves; the bound is `max_recursive_level` of Kamailio. It is checked at
    /// calls alone: blocks only nest as deep as they are written.
    private static func running(
        _ body: Step, cost: Int, depthMax: Int
    ) -> IntegerStep {
        { context in
            guard context.depth + cost <= depthMax else {
                context.log(
                    .error,
                    "routes and blocks nest more than \(depthMax) deep")
                context.returnCode = -1
                return -1
            }
            context.depth += cost
            context.actionValue = 1
            let flow = body(context)
            context.depth -= cost
            let value = flow == .leave ? 0 : context.actionValue
            context.returnCode = value
            return value
        }
    }
}
