internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// Which fields of one name a function means: flags `a`, `f` and `l`.
enum FieldChoice: Sendable {
    /// Every field of the name.
    case all
    /// The first one.
    case first
    /// The last one.
    case last

    /// The choice that a flag stands for; without one it is all fields.
    init(flag: String?) throws(ArgumentError) {
        switch flag {
        case nil, "a": self = .all
        case "f": self = .first
        case "l": self = .last
        default:
            throw ArgumentError(
                "\"\(flag ?? "")\" is no flag: a (all fields), f (the first) and l (the last) are")
        }
    }

    /// Those of a list of fields that are meant.
    func chosen(_ numbers: [Int]) -> ArraySlice<Int> {
        switch self {
        case .all: numbers[...]
        case .first: numbers.prefix(1)
        case .last: numbers.suffix(1)
        }
    }
}

/// Finding and taking out header fields.
enum Fields {
    /// The numbers of the fields of a name, long or compact, in the order of the message.
    static func named(_ name: [UInt8], _ context: ScriptContext) -> [Int] {
        var numbers: [Int] = []
        var number = context.message.firstField(named: name.span)
        while let found = number {
            numbers.append(found)
            number = context.message.nextField(named: name.span, after: found)
        }
        return numbers
    }

    /// The numbers of the fields whose name matches an expression and not another one.
    static func matching(
        _ expression: RegularExpression, butNot skipped: RegularExpression? = nil,
        _ context: ScriptContext
    ) -> [Int] {
        context.withMessage { message in
            var numbers: [Int] = []
            for number in 0..<message.headerCount {
                let name = message[message.field(number).nameRange]
                if expression.matches(name), !(skipped?.matches(name) ?? false) {
                    numbers.append(number)
                }
            }
            return numbers
        }
    }

    /// Takes fields out; -1 when there is none to take out.
    static func remove(_ numbers: [Int], _ context: ScriptContext) -> Int {
        var isRemoved = false
        // One that is removed already is no fault, if another one was there to remove.
        for number in numbers where context.removeField(number) { isRemoved = true }
        return isRemoved ? 1 : -1
    }

    /// How `remove_hf_match` compares a value with an expression.
    enum Comparison: String, CaseIterable, Sendable {
        /// The same text.
        case equal = "eq"
        /// Another text.
        case different = "ne"
        /// A text that holds it.
        case contains = "in"
        /// A text that a regular expression matches.
        case expression = "re"
    }

    /// The fields of a name whose value passes a comparison.
    static func named(
        _ name: [UInt8], _ comparison: Comparison, _ text: [UInt8], _ context: ScriptContext
    ) -> [Int] {
        var expression: RegularExpression?
        if comparison == .expression {
            expression = try? RegularExpression.linewise(String(decoding: text, as: UTF8.self))
            // Computed expressions may be wrong; then no field passes, and nothing is removed.
            if expression == nil { return [] }
        }
        return named(name, context).filter { number in
            context.withMessage { message in
                let value = message[message.field(number).value]
                switch comparison {
                case .equal: return value.equals(text.span)
                case .different: return !value.equals(text.span)
                case .contains: return StringTests.find(value, text.span) == 1
                case .expression: return expression?.matches(value) ?? false
                }
            }
        }
    }
}
