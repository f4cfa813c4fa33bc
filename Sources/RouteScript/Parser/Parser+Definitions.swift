internal import ModuleKit

/// Expressions of the preprocessor.
extension Parser {
    /// The value of the whole text as an expression over definitions.
    mutating func definitionValue(
        _ definitions: Definitions
    ) throws(ScriptError) -> Constant {
        try advance()
        let whole = try expression()
        guard current.kind == .end else { throw unexpected("expected the end of the line") }
        let resolved = try resolved(whole, definitions)
        guard let value = ConstantFolding.constant(resolved) else {
            throw failure(
                .syntax, at: whole.position, "it has no value before the start",
                hint: "numbers, strings, names and operators have one")
        }
        return value
    }

    /// An expression with its names replaced: what is defined without a value is 1, others are 0.
    ///
    /// Names with a value do not come here, because the lexer has replaced them. The depth of the
    /// expression is bounded, as everywhere.
    private func resolved(
        _ expression: Expression, _ definitions: Definitions
    ) throws(ScriptError) -> Expression {
        let place = expression.position
        switch expression.kind {
        case .word(let name):
            return Expression(.integer(definitions.contains(name) ? 1 : 0), at: place)
        case .unary(let operation, let operand):
            return Expression(.unary(operation, try resolved(operand, definitions)), at: place)
        case .binary(let operation, let left, let right):
            return Expression(
                .binary(
                    operation, try resolved(left, definitions), try resolved(right, definitions)),
                at: place)
        default: return expression
        }
    }
}
