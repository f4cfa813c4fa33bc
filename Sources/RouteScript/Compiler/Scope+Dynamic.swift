internal import Basics
internal import ModuleKit

/// Parts of a pseudo-variable that are pseudo-variables themselves.
///
/// A variable takes them only if its row says so; `$hdr($var(name))` for one that does not is an
/// error at load, since the name would otherwise be looked up as it is written.
extension Scope {
    /// The index of a reference, as far as the variable takes its form.
    func index(
        _ syntax: VariableSyntax, _ description: VariableDescription
    ) throws(VariableFailure) -> VariableReference.Index? {
        switch syntax.index {
        case nil: return nil
        case .number(let number): return .number(number)
        case .all:
            guard description.accepts.contains(.all) else {
                throw VariableFailure(
                    .value, "$\(syntax.name) has no index [*]",
                    "write a number: $(\(syntax.name)[0])")
            }
            return .all
        case .variable(let text):
            guard description.accepts.contains(.dynamicIndex) else {
                throw VariableFailure(
                    .value, "$\(syntax.name) takes no pseudo-variable as an index",
                    "write a number: $(\(syntax.name)[0])")
            }
            let read = try inner(text)
            return .dynamic { context in context.integer(read(context)) }
        }
    }

    /// The name in parentheses, when it holds pseudo-variables.
    ///
    /// `$$` is none of them: it stands for the sign in a name that is constant, as everywhere.
    func dynamicInner(
        _ syntax: VariableSyntax, _ description: VariableDescription
    ) throws(VariableFailure) -> (@Sendable (ScriptContext) -> ScriptValue)? {
        guard let text = syntax.inner, text.utf8.contains(Byte.dollar) else { return nil }
        guard description.accepts.contains(.dynamicInner) else {
            throw VariableFailure(
                .value, "$\(syntax.name) takes no pseudo-variable within its parentheses",
                "write a constant name: $\(syntax.name)(name)")
        }
        do {
            return try part(text)
        } catch {
            throw VariableFailure(.value, error.message, nil)
        }
    }

    /// Compiles a part of a name; nil when it holds no pseudo-variable.
    ///
    /// A part that is one variable alone keeps its value as it is, so that a module sees the
    /// difference between null and a text.
    @Sendable func part(
        _ text: String
    ) throws(ArgumentError) -> (@Sendable (ScriptContext) -> ScriptValue)? {
        try Templates(scope: nestedScope()).part(text)
    }

    /// Compiles a text with variables in it, which stands within another variable.
    func template(
        _ text: String
    ) throws(ArgumentError) -> (@Sendable (ScriptContext) -> ScriptValue)? {
        try Templates(scope: nestedScope()).template(text)
    }

    /// The value of a variable that stands within another one.
    private func inner(
        _ text: String
    ) throws(VariableFailure) -> @Sendable (ScriptContext) -> ScriptValue {
        let syntax: VariableSyntax
        let scope: Scope
        do {
            syntax = try VariableSyntax.parse(text)
            scope = try nestedScope()
        } catch {
            throw VariableFailure(.syntax, error.message, nil)
        }
        return try scope.variable(syntax).read
    }

    /// A scope for what stands one level deeper.
    ///
    /// Each level is compiled by a call within a call, so their number bounds the stack.
    private func nestedScope() throws(ArgumentError) -> Scope {
        guard level < Limits.variableDepthMax else {
            throw ArgumentError(
                "pseudo-variables stand more than \(Limits.variableDepthMax) deep in each other")
        }
        var scope = self
        scope.level += 1
        return scope
    }
}
