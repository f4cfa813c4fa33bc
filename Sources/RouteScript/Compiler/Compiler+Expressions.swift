internal import Basics
internal import ModuleKit

/// Expressions.
extension Compiler {
    /// One expression.
    ///
    /// Constants are folded before anything else, but their types are checked all the same, so that
    /// `"a" - 1` is refused and not quietly worth -1.
    mutating func expression(_ expression: Expression) throws(ScriptError) -> Compiled {
        if let constant = ConstantFolding.constant(expression) {
            try checkTypes(expression)
            return Compiled(.constant(constant))
        }
        switch expression.kind {
        case .integer(let number): return Compiled(.constant(.integer(number)))
        case .string(let text): return Compiled(.constant(.string(text)))
        case .word(let word): throw bareWord(word, at: expression.position)
        case .variable(let variable):
            if variable == VariableSyntax(CoreVariable.null.rawValue) { return Compiled(.null) }
            return Compiled(.value(try access(variable, at: expression.position).read))
        case .attribute(let attribute): return Compiled(.value(attribute.read))
        case .select(let name): return try select(name, at: expression.position)
        case .block(let body): return try block(body)
        case .call(let call): return try self.call(call, at: expression.position)
        case .route(let target): return try route(target, at: expression.position)
        case .unary(let operation, let operand): return try unary(operation, operand)
        case .binary(let operation, let left, let right):
            return try binary(operation, left, right, at: expression.position)
        case .assignment(let variable, let value):
            return try assignment(variable, value, at: expression.position)
        }
    }

    /// A select: `@ruri.user`.
    private func select(_ name: String, at position: Position) throws(ScriptError) -> Compiled {
        do {
            return Compiled(.value(try scope.select(name)))
        } catch {
            throw failure(error.kind, at: position, error.message, hint: error.hint)
        }
    }

    /// A block as a value: that of its last action.
    ///
    /// `exit` and `drop` end the script as everywhere. A `return` or `break` would have to leave
    /// the expression half-way, so they are refused.
    private mutating func block(_ body: [Statement]) throws(ScriptError) -> Compiled {
        if let place = Self.escape(from: body, inLoop: false) {
            throw failure(
                .placement, at: place, "a block that is a value cannot be left half-way",
                hint: "give a variable the value, and test it behind the block")
        }
        let run = sequence(body)
        var result = Compiled(
            .integer { context in
                context.actionValue = 1
                _ = run(context)
                return context.actionValue
            })
        result.mayStop = true
        return result
    }

    /// Where statements leave the block that they stand in, nil where they do not.
    private static func escape(from body: [Statement], inLoop: Bool) -> Position? {
        for statement in body {
            let found: Position? =
                switch statement.kind {
                case .end(.return, _): statement.position
                case .leave: inLoop ? nil : statement.position
                case .block(let inner): escape(from: inner, inLoop: inLoop)
                case .loop(_, let inner): escape(from: [inner], inLoop: true)
                case .conditional(let arms, let otherwise):
                    escape(from: arms.map(\.body) + [otherwise].compactMap(\.self), inLoop: inLoop)
                case .choice(_, let labels):
                    escape(from: labels.flatMap(\.body), inLoop: true)
                case .expression, .end: nil
                }
            if let found { return found }
        }
        return nil
    }

    /// The error of a word that stands where a value belongs.
    private func bareWord(_ word: String, at position: Position) -> ScriptError {
        failure(
            .syntax, at: position, "\"\(word)\" is no value here",
            hint: word == "myself"
                ? "compare it: uri == myself"
                : "put it in quotes, or is a #!define missing?")
    }

    /// Looks a pseudo-variable up.
    private func access(
        _ variable: VariableSyntax, at position: Position
    ) throws(ScriptError) -> VariableAccess {
        do {
            return try scope(at: position).variable(variable)
        } catch {
            throw failure(error.kind, at: position, error.message, hint: error.hint)
        }
    }

    // MARK: Operators

    /// An operator before its operand.
    private mutating func unary(
        _ operation: UnaryOperator, _ operand: Expression
    ) throws(ScriptError) -> Compiled {
        let inner = try expression(operand)
        let read = inner.integer
        switch operation {
        case .not: return Compiled(.integer { read($0) == 0 ? 1 : 0 }, from: inner)
        case .negate: return Compiled(.integer { 0 &- read($0) }, from: inner)
        case .complement: return Compiled(.integer { ~read($0) }, from: inner)
        case .integer: return Compiled(.integer(read), from: inner)
        case .defined:
            let value = inner.value
            return Compiled(
                .integer { context in
                    if case .null = value(context) { return 0 }
                    return 1
                }, from: inner)
        case .string:
            let value = inner.value
            return Compiled(
                .value { context in context.text(value(context)).map { .text($0) } ?? .null },
                from: inner)
        }
    }

    /// An operator between its operands; the left one decides the type.
    ///
    /// The right operand of `||` and `&&` is compiled like any other and only run when the left one
    /// leaves the result open.
    private mutating func binary(
        _ operation: BinaryOperator, _ left: Expression, _ right: Expression,
        at position: Position
    ) throws(ScriptError) -> Compiled {
        if case .attribute(let attribute) = left.kind {
            return try compare(attribute, operation, right, at: position)
        }
        try checkOperands(operation, left, right)
        let a = try expression(left)
        let b = try expression(right)
        switch operation {
        case .or:
            let (first, second) = (a.integer, b.integer)
            return Compiled(
                .integer { first($0) != 0 || second($0) != 0 ? 1 : 0 }, from: a, b)
        case .and:
            let (first, second) = (a.integer, b.integer)
            return Compiled(
                .integer { first($0) != 0 && second($0) != 0 ? 1 : 0 }, from: a, b)
        case .equal, .notEqual:
            return Compiled(
                .integer(Comparison.equality(a, b, isEqual: operation == .equal)), from: a, b)
        case .textEqual, .textNotEqual:
            let (first, second, same) = (a.value, b.value, operation == .textEqual)
            return Compiled(
                .integer { context in
                    let one = first(context)
                    return Comparison.areEqualTexts(one, second(context), context) == same
                        ? 1 : 0
                }, from: a, b)
        case .match: return try match(a, b, at: position)
        case .add where !a.isInteger, .concatenate:
            return Self.concatenation(operation, a, b)
        default: return Self.arithmetic(operation, a, b)
        }
    }

    /// `=~`; a pattern that is constant is compiled now.
    private func match(
        _ left: Compiled, _ right: Compiled, at position: Position
    ) throws(ScriptError) -> Compiled {
        do {
            return Compiled(.integer(try Comparison.match(left, right)), from: left, right)
        } catch {
            throw failure(
                .value, at: position,
                "\"\(right.constantText ?? "")\" is no regular expression: \(error.message)")
        }
    }

    /// `.` always joins; `+` joins unless its left operand is an integer.
    ///
    /// Whether `+` adds is asked at run time, once a message, unless the left operand is known to
    /// be an integer.
    private static func concatenation(
        _ operation: BinaryOperator, _ left: Compiled, _ right: Compiled
    ) -> Compiled {
        let (first, second, joins) = (left.value, right.value, operation == .concatenate)
        return Compiled(
            .value { context in
                let one = first(context)
                let other = second(context)
                return joins
                    ? Concatenation.join(one, other, context)
                    : Concatenation.add(one, other, context)
            }, from: left, right, mayFail: true)
    }

    /// Operators on integers; only divisions can fail.
    ///
    /// They wrap around instead of trapping: a script must not be able to end the server with a
    /// sum. Operators that are common in conditions have closures of their own, without the switch
    /// in `apply`.
    private static func arithmetic(
        _ operation: BinaryOperator, _ left: Compiled, _ right: Compiled
    ) -> Compiled {
        let (a, b) = (left.integer, right.integer)
        switch operation {
        case .add: return Compiled(.integer { a($0) &+ b($0) }, from: left, right)
        case .subtract: return Compiled(.integer { a($0) &- b($0) }, from: left, right)
        case .less: return Compiled(.integer { a($0) < b($0) ? 1 : 0 }, from: left, right)
        case .greater: return Compiled(.integer { a($0) > b($0) ? 1 : 0 }, from: left, right)
        default:
            return Compiled(
                .integer { context in
                    let first = a(context)
                    if let result = Arithmetic.apply(operation, first, b(context)) {
                        return result
                    }
                    context.log(.error, "division by zero")
                    context.hasFailed = true
                    return 0
                }, from: left, right, mayFail: operation == .divide || operation == .remainder)
        }
    }

    // MARK: Types that are known before the script runs

    /// Refuses constants of the wrong type anywhere in a constant expression.
    private func checkTypes(_ expression: Expression) throws(ScriptError) {
        switch expression.kind {
        case .unary(_, let operand): try checkTypes(operand)
        case .binary(let operation, let left, let right):
            try checkOperands(operation, left, right)
            try checkTypes(left)
            try checkTypes(right)
        default: break
        }
    }

    /// Refuses a string where a number belongs, and a number where a pattern belongs.
    ///
    /// Kamailio checks types of constants at load as well (script.md 6). A string that holds a
    /// number is let pass: it is what definitions often expand to.
    private func checkOperands(
        _ operation: BinaryOperator, _ left: Expression, _ right: Expression
    ) throws(ScriptError) {
        switch operation {
        case .subtract, .multiply, .divide, .remainder, .bitAnd, .bitOr, .bitXor, .shiftLeft,
            .shiftRight, .less, .greater, .lessOrEqual, .greaterOrEqual:
            for operand in [left, right] {
                guard case .string(let text) = operand.kind,
                    ScriptNumber.convert(Array(text.utf8).span) == nil
                else { continue }
                throw failure(
                    .value, at: operand.position,
                    "\"\(operation.rawValue)\" needs integers, \"\(text)\" is none")
            }
        case .match:
            guard case .integer(let number) = right.kind else { return }
            throw failure(
                .value, at: right.position,
                "\"=~\" needs a regular expression, \(number) is none",
                hint: "put it in quotes")
        default: break
        }
    }

    // MARK: Assignment

    /// `$x = value`: nothing is set when the value could not be had.
    ///
    /// A right side that fails leaves the variable as it was, and the script goes on (script.md 6).
    /// So does a value that the variable refuses, such as a text that is no URI for `$ru`. One that
    /// was done is worth 1, whatever was assigned.
    ///
    /// A call that is the whole right side gives its code itself, as Kamailio 5.6.3 does: an
    /// operator around it sees 1 or 0.
    private mutating func assignment(
        _ variable: VariableSyntax, _ value: Expression, at position: Position
    ) throws(ScriptError) -> Compiled {
        guard variable.transformations.isEmpty else {
            throw failure(
                .value, at: position, "a pseudo-variable with a transformation cannot be set")
        }
        let access = try access(variable, at: position)
        guard let write = access.write, scope.isWritable(variable.name) ?? false else {
            throw failure(
                .value, at: position, "$\(variable.name) is read-only",
                hint: "store it in $var(name)")
        }
        let compiled = try expression(value)
        let read = Self.assigned(compiled)
        return Compiled(
            .integer { context in
                let value = read(context)
                guard !context.hasFailed else { return -1 }
                guard write(context, value) else {
                    context.hasFailed = true
                    return -1
                }
                return 1
            }, from: compiled, mayFail: true)
    }

    /// What an assignment takes from its right side.
    private static func assigned(_ value: Compiled) -> ValueStep {
        guard case .call(let call) = value.form else { return value.value }
        return { context in .integer(call(context)) }
    }
}
