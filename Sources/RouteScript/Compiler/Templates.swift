internal import Basics
internal import ModuleKit

/// Strings with pseudo-variables in them, as functions take them: `"user $rU of $rd"`.
///
/// A variable without a value becomes `<null>`, and `$$` becomes one `$`.
struct Templates: TemplateCompiler {
    /// The names that may stand in a template.
    let scope: Scope

    /// One piece of a template.
    enum Piece: Sendable {
        /// Text that stands for itself.
        case text([UInt8])
        /// A variable's value.
        case value(@Sendable (ScriptContext) -> ScriptValue)
    }

    /// Compiles a template; nil when the text holds neither variables nor `$$`.
    func template(
        _ text: String
    ) throws(ArgumentError) -> (@Sendable (ScriptContext) -> ScriptValue)? {
        guard text.utf8.contains(Byte.dollar) else { return nil }
        let pieces = try Self.split(text) { (variable) throws(ArgumentError) in
            do throws(VariableFailure) {
                return try scope.variable(variable).read
            } catch {
                throw ArgumentError(error.message + (error.hint.map { "; \($0)" } ?? ""))
            }
        }
        if pieces.count == 1, case .value(let read) = pieces[0] {
            return { context in
                let value = read(context)
                if case .null = value { return Self.missing }
                return value
            }
        }
        return Self.join(pieces)
    }

    /// The pseudo-variable that a text is as a whole.
    func variable(_ text: String) throws(ArgumentError) -> VariableAccess {
        let bytes = Array(text.utf8)
        guard bytes.first == Byte.dollar, VariableSyntax.end(in: bytes, from: 0) == bytes.count
        else { throw ArgumentError("expected a pseudo-variable, found \"\(text)\"") }
        let syntax = try VariableSyntax.parse(text)
        do throws(VariableFailure) {
            return try scope.variable(syntax)
        } catch {
            throw ArgumentError(error.message + (error.hint.map { "; \($0)" } ?? ""))
        }
    }

    /// Takes a template apart.
    static func split(
        _ text: String,
        _ compile: (VariableSyntax) throws(ArgumentError) ->
            @Sendable (ScriptContext) ->
            ScriptValue
    ) throws(ArgumentError) -> [Piece] {
        let bytes = Array(text.utf8)
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var place = 0
        while place < bytes.count {
            guard bytes[place] == Byte.dollar else {
                literal.append(bytes[place])
                place += 1
                continue
            }
            if place + 1 < bytes.count, bytes[place + 1] == Byte.dollar {
                literal.append(Byte.dollar)
                place += 2
                continue
            }
            guard let end = VariableSyntax.end(in: bytes, from: place) else {
                throw ArgumentError("a \"$\" stands alone in \"\(text)\"; write $$ for the sign")
            }
            let name = String(decoding: bytes[place..<end], as: UTF8.self)
            if !literal.isEmpty { pieces.append(.text(literal)) }
            literal = []
            pieces.append(.value(try compile(try VariableSyntax.parse(name))))
            place = end
        }
        if !literal.isEmpty { pieces.append(.text(literal)) }
        return pieces
    }

    /// What stands for a variable without a value.
    private static let missing = ScriptValue.string("<null>")

    /// Writes the pieces one behind the other into the scratch buffer.
    ///
    /// Values are read first: a variable may need the buffer itself.
    private static func join(_ pieces: [Piece]) -> @Sendable (ScriptContext) -> ScriptValue {
        { context in
            var values: [ScriptValue] = []
            values.reserveCapacity(pieces.count)
            var length = 0
            for piece in pieces {
                let value: ScriptValue =
                    switch piece {
                    case .text(let bytes): .text(.owned(bytes))
                    case .value(let read): read(context)
                    }
                if case .text(let text) = value { length += context.length(of: text) }
                values.append(value)
            }
            guard context.mayBuild(length + 20 * pieces.count) else { return .null }
            let start = context.scratch.count
            for value in values {
                switch value {
                case .null: context.scratch.append("<null>")
                case .integer(let number): context.scratch.append(decimal: number)
                case .text(let text): context.appendToScratch(text)
                }
            }
            return .text(
                .scratch(ByteRange(offset: start, count: context.scratch.count - start)))
        }
    }
}
