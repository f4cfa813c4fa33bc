internal import Basics
internal import ModuleKit

/// How a statement ended.
///
/// One byte that is returned and tested, instead of an error that is thrown: every statement of
/// every message goes through here.
enum Flow: UInt8, Sendable {
    /// The next statement runs.
    case next
    /// `break`: the loop, the switch or the route ends.
    case leave
    /// `return`: the route ends.
    case finish
    /// The script ends.
    case stop
}

/// A compiled statement.
///
/// The closure sits in a struct because the compiler wraps bare closures once more where they are
/// kept in arrays, dictionaries and optionals, and each wrapping costs a call.
struct Step: Sendable {
    private let body: @Sendable (ScriptContext) -> Flow

    /// A step that does what a closure does.
    init(_ body: @escaping @Sendable (ScriptContext) -> Flow) { self.body = body }

    /// Runs it.
    func callAsFunction(_ context: ScriptContext) -> Flow { body(context) }

    /// Does nothing.
    static let nothing = Step { _ in .next }
}

/// A compiled expression whose value is an integer.
typealias IntegerStep = @Sendable (ScriptContext) -> Int
/// A compiled expression.
typealias ValueStep = @Sendable (ScriptContext) -> ScriptValue

/// An expression after compilation.
struct Compiled: Sendable {
    /// What it compiled to: the more is known, the less is left to do at run time.
    enum Form: Sendable {
        /// Known before the script runs.
        case constant(Constant)
        /// `$null`.
        case null
        /// A call whose code is not yet turned into 1 or 0.
        case call(IntegerStep)
        /// An integer.
        case integer(IntegerStep)
        /// A value whose type shows at run time.
        case value(ValueStep)
    }
    /// What it compiled to.
    var form: Form
    /// Whether it may end the script: it calls something.
    ///
    /// Only such statements pay for the test whether the script has ended.
    var mayStop = false
    /// Whether it may have no value: it divides or concatenates.
    ///
    /// Failures are a flag in the context and no error that is thrown: the value that comes with
    /// one is never used.
    var mayFail = false

    /// A compiled expression.
    init(_ form: Form) { self.form = form }

    /// One that inherits what may happen from its operands.
    init(_ form: Form, from operands: Compiled..., mayFail: Bool = false) {
        self.form = form
        mayStop = operands.contains(where: \.mayStop)
        self.mayFail = mayFail || operands.contains(where: \.mayFail)
    }

    /// The value as an integer.
    ///
    /// Strings that are no number count as 0, as in Kamailio 5.6; Kamailio 6 makes the whole
    /// expression fail (script.md 6).
    var integer: IntegerStep {
        switch form {
        case .constant(let constant):
            let number = constant.number
            return { _ in number }
        case .null: return { _ in 0 }
        case .call(let call): return Self.truth(of: call)
        case .integer(let step): return step
        case .value(let step): return { context in context.number(step(context)) }
        }
    }

    /// The value with its type.
    var value: ValueStep {
        switch form {
        case .constant(.integer(let number)): return { _ in .integer(number) }
        case .constant(.string(let text)):
            let value = ScriptValue.string(text)
            return { _ in value }
        case .null: return { _ in .null }
        case .call(let call):
            let truth = Self.truth(of: call)
            return { context in .integer(truth(context)) }
        case .integer(let step): return { context in .integer(step(context)) }
        case .value(let step): return step
        }
    }

    /// Whether the value is an integer whatever happens.
    var isInteger: Bool {
        switch form {
        case .constant(.integer), .call, .integer: true
        case .constant(.string), .null, .value: false
        }
    }

    /// The string of a constant one.
    var constantText: String? {
        if case .constant(let constant) = form { return constant.text }
        return nil
    }

    /// A function's code within an expression: 1 if it is above 0, else 0.
    ///
    /// `$rc` has the code itself, and a code of 0 ends the script.
    ///
    /// That holds for return_mode 0, which is the default and the only one here: `if(f() == -1)` is
    /// never true (script.md 5).
    private static func truth(of call: @escaping IntegerStep) -> IntegerStep {
        { context in call(context) > 0 ? 1 : 0 }
    }
}
