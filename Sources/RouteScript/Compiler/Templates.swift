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
        let pieces = try pieces(of: text)
        if pieces.count == 1, case .value(let read) = pieces[0] {
            return { context in
                let value = read(context)
                if case .null = value { return Self.missing }
                return value
            }
        }
        return Self.join(pieces)
    }

    /// Compiles a part of a variable's name; nil when it holds neither variables nor `$$`.
    ///
    /// It differs from a template in one thing: a variable that stands alone keeps its null.
    func part(
        _ text: String
    ) throws(ArgumentError) -> (@Sendable (ScriptContext) -> ScriptValue)? {
        guard text.utf8.contains(Byte.dollar) else { return nil }
        let pieces = try pieces(of: text)
        if pieces.count == 1, case .value(let read) = pieces[0] { return read }
        return Self.join(pieces)
    }

    /// Looks up the variables of a text.
    private func pieces(of text: String) throws(ArgumentError) -> [Piece] {
        try Self.split(text) { (variable) throws(ArgumentError) in
            do throws(VariableFailure) {
                return try scope.variable(variable).read
            } catch {
                throw ArgumentError(error.message + (error.hint.map { "; \($0)" } ?? ""))
            }
        }
    }

    /// Whether the script has a block of a kind.
    func has(_ route: NamedRoute, _ name: String) -> Bool {
        scope.blocks.contains(Self.block(route, name))
    }

    /// The nearest name of such a block.
    func suggestion(_ route: NamedRoute, _ name: String) -> String? {
        let names = scope.blocks.compactMap(\.name).sorted()
        return NearestName.find(name, among: names.filter { has(route, $0) })
    }

    /// The block that a function names.
    private static func block(_ route: NamedRoute, _ name: String) -> RouteBlockKind {
        switch route {
        case .failure: .failure(name)
        case .branch: .branch(name)
        case .reply: .transactionReply(name)
        case .event: .event(name)
        }
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
    private static let missing = ScriptValue.text(missingText)
    /// The same as a text.
    private static let missingText = ScriptText.owned(Array("<null>".utf8))

    /// Puts the pieces together in the scratch buffer.
    ///
    /// Bytes in that buffer never change once they are written, so what a piece has put there
    /// itself, right behind the pieces before it, is taken as it lies. Nothing is allocated.
    private static func join(_ pieces: [Piece]) -> @Sendable (ScriptContext) -> ScriptValue {
        { context in
            var whole = ByteRange(offset: context.scratch.count, count: 0)
            for place in pieces.indices {
                let text: ScriptText
                switch pieces[place] {
                case .text(let bytes): text = .owned(bytes)
                case .value(let read): text = context.text(read(context)) ?? Self.missingText
                }
                guard let joined = Concatenation.extend(whole, by: text, context) else {
                    return .null
                }
                whole = joined
            }
            return .text(.scratch(whole))
        }
    }
}
