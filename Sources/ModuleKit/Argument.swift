/// One argument of a script call as the script has it, compiled but not yet typed.
public enum ArgumentSource: Sendable {
    /// An integer literal.
    case integer(Int)
    /// A string literal, escapes resolved; pseudo-variables in it are not yet looked at.
    case string(String)
    /// Anything else: evaluated at each call.
    case expression(@Sendable (ScriptContext) -> ScriptValue)
}

/// Why an argument does not fit, in words for the author of the script.
public struct ArgumentError: Error, Sendable, Hashable {
    /// What was expected, and what was found: "expected an integer, found \"abc\"".
    public var message: String
    /// An error.
    public init(_ message: String) { self.message = message }
}

/// What an argument compiles to: a constant, or a closure that is asked at each call.
public enum Evaluator<Value: Sendable>: Sendable {
    /// Known when the script was loaded.
    case constant(Value)
    /// Found out at each call; nil when the value has not the type asked for.
    case dynamic(@Sendable (ScriptContext) -> Value?)

    /// The value for this call.
    public func value(_ context: ScriptContext) -> Value? {
        switch self {
        case .constant(let value): value
        case .dynamic(let evaluate): evaluate(context)
        }
    }
}

/// Turns string literals with pseudo-variables into expressions; RouteScript provides it.
public protocol TemplateCompiler {
    /// The compiled template, or nil when the text holds no pseudo-variable.
    func template(
        _ text: String
    ) throws(ArgumentError) -> (@Sendable (ScriptContext) -> ScriptValue)?
    /// Whether the script has a block of a kind.
    func has(_ route: NamedRoute, _ name: String) -> Bool
    /// The name of such a block that is nearest to a name that none has.
    func suggestion(_ route: NamedRoute, _ name: String) -> String?
    /// The one pseudo-variable that a text is: what a function reads and writes by its name.
    func variable(_ text: String) throws(ArgumentError) -> VariableAccess
}

extension TemplateCompiler {
    /// No variables.
    public func variable(_ text: String) throws(ArgumentError) -> VariableAccess {
        throw ArgumentError("expected a pseudo-variable, found \"\(text)\"")
    }
}

/// The type of one argument of a script function: its name, what it accepts, how it is converted.
public struct Argument<Value: Sendable>: Sendable {
    /// The name that documentation and errors use.
    public let name: String
    /// "string", "integer", "table name": what is expected.
    public let expects: String
    /// Whether it may be left out.
    public let isOptional: Bool
    /// Converts a source, nil when the argument is left out.
    public let prepare:
        @Sendable (ArgumentSource?, any TemplateCompiler) throws(ArgumentError) -> Evaluator<Value>

    /// An argument type.
    public init(
        _ name: String, expects: String, isOptional: Bool,
        prepare:
            @escaping @Sendable (ArgumentSource?, any TemplateCompiler) throws(ArgumentError)
            -> Evaluator<Value>
    ) {
        self.name = name
        self.expects = expects
        self.isOptional = isOptional
        self.prepare = prepare
    }

    /// The same argument, which may be left out; then its value is nil.
    public var optional: Argument<Value?> {
        Argument<Value?>(name, expects: expects, isOptional: true) {
            (source, templates) throws(ArgumentError) in
            guard let source else { return .constant(nil) }
            switch try prepare(source, templates) {
            case .constant(let value): return .constant(.some(value))
            case .dynamic(let evaluate): return .dynamic { context in evaluate(context).map { $0 } }
            }
        }
    }
}

extension Argument where Value == Int {
    /// An integer: a literal, a string that holds one ("0x04"), or an expression.
    public static func integer(_ name: String) -> Argument<Int> {
        Argument(name, expects: "integer", isOptional: false) {
            (source, templates) throws(ArgumentError) in
            switch source {
            case .integer(let number): return .constant(number)
            case .string(let text):
                if let number = ScriptNumber.parse(text) { return .constant(number) }
                if let evaluate = try templates.template(text) {
                    return .dynamic { context in context.integer(evaluate(context)) }
                }
                throw ArgumentError("expected an integer, found \"\(text)\"")
            case .expression(let evaluate):
                return .dynamic { context in context.integer(evaluate(context)) }
            case nil: throw ArgumentError("expected an integer")
            }
        }
    }
}

extension Argument where Value == ScriptText {
    /// A string; pseudo-variables in a literal are expanded at each call.
    public static func string(_ name: String) -> Argument<ScriptText> {
        Argument(name, expects: "string", isOptional: false) {
            (source, templates) throws(ArgumentError) in
            switch source {
            case .integer(let number): return .constant(.owned(Array(String(number).utf8)))
            case .string(let text):
                if let evaluate = try templates.template(text) {
                    return .dynamic { context in context.text(evaluate(context)) }
                }
                return .constant(.owned(Array(text.utf8)))
            case .expression(let evaluate):
                return .dynamic { context in context.text(evaluate(context)) }
            case nil: throw ArgumentError("expected a string")
            }
        }
    }
}

extension Argument where Value == String {
    /// A string that must be known when the script is loaded: a table, a method list.
    public static func constant(_ name: String) -> Argument<String> {
        Argument(name, expects: "constant string", isOptional: false) {
            (source, _) throws(ArgumentError) in
            switch source {
            case .integer(let number): return .constant(String(number))
            case .string(let text): return .constant(text)
            case .expression: throw ArgumentError("expected a constant string, found an expression")
            case nil: throw ArgumentError("expected a constant string")
            }
        }
    }
}
