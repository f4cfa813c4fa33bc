internal import ModuleKit

/// A value that is known before the script runs.
enum Constant: Sendable, Hashable {
    /// An integer.
    case integer(Int)
    /// A string.
    case string(String)
}

/// Works out expressions of constants, so that nothing is left to do at run time.
enum ConstantFolding {
    /// The value of an expression, nil when it is only known at run time, or has none.
    static func constant(_ expression: Expression) -> Constant? {
        switch expression.kind {
        case .integer(let number): .integer(number)
        case .string(let text): .string(text)
        case .unary(let operation, let operand):
            constant(operand).flatMap { unary(operation, $0) }
        case .binary(let operation, let left, let right):
            constant(left).flatMap { left in
                constant(right).flatMap { binary(operation, left, $0) }
            }
        default: nil
        }
    }

    /// An operator before a constant.
    private static func unary(_ operation: UnaryOperator, _ operand: Constant) -> Constant? {
        switch operation {
        case .not: .integer(operand.number == 0 ? 1 : 0)
        case .negate: .integer(0 &- operand.number)
        case .complement: .integer(~operand.number)
        case .integer: .integer(operand.number)
        case .string: .string(operand.text)
        case .defined: .integer(1)
        }
    }

    /// An operator between constants; nil where only the run can tell.
    private static func binary(
        _ operation: BinaryOperator, _ left: Constant, _ right: Constant
    ) -> Constant? {
        switch (operation, left) {
        case (.concatenate, _), (.add, .string): .string(left.text + right.text)
        case (.textEqual, _), (.equal, .string):
            .integer(left.text.utf8.elementsEqual(right.text.utf8) ? 1 : 0)
        case (.textNotEqual, _), (.notEqual, .string):
            .integer(left.text.utf8.elementsEqual(right.text.utf8) ? 0 : 1)
        case (.match, _): nil
        default: Arithmetic.apply(operation, left.number, right.number).map { .integer($0) }
        }
    }
}

extension Constant {
    /// The value as an integer; a string that is none counts as 0.
    var number: Int {
        switch self {
        case .integer(let number): number
        case .string(let text): ScriptNumber.convert(Array(text.utf8).span) ?? 0
        }
    }

    /// The value as a string.
    var text: String {
        switch self {
        case .integer(let number): String(number)
        case .string(let text): text
        }
    }
}

/// The operators on integers; they wrap around where 64 bits do not suffice.
enum Arithmetic {
    /// The result, nil for a division by zero and for what is no operator on integers.
    static func apply(_ operation: BinaryOperator, _ left: Int, _ right: Int) -> Int? {
        switch operation {
        case .or: left != 0 || right != 0 ? 1 : 0
        case .and: left != 0 && right != 0 ? 1 : 0
        case .bitOr: left | right
        case .bitAnd: left & right
        case .bitXor: left ^ right
        case .shiftLeft: shift(left, by: right)
        case .shiftRight: shift(left, by: 0 &- right)
        case .equal, .integerEqual: left == right ? 1 : 0
        case .notEqual, .integerNotEqual: left != right ? 1 : 0
        case .less: left < right ? 1 : 0
        case .greater: left > right ? 1 : 0
        case .lessOrEqual: left <= right ? 1 : 0
        case .greaterOrEqual: left >= right ? 1 : 0
        case .add: left &+ right
        case .subtract: left &- right
        case .multiply: left &* right
        case .divide: right == 0 ? nil : left.dividedReportingOverflow(by: right).partialValue
        case .remainder:
            right == 0 ? nil : left.remainderReportingOverflow(dividingBy: right).partialValue
        case .match, .textEqual, .textNotEqual, .concatenate: nil
        }
    }

    /// Shifts left, or right by a negative number, by any number of places.
    private static func shift(_ value: Int, by places: Int) -> Int {
        switch places {
        case 64...: 0
        case ..<(-63): value < 0 ? -1 : 0
        case 0...: value << places
        default: value >> (0 &- places)
        }
    }
}
