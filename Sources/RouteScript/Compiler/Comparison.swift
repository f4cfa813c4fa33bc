internal import Basics
internal import ModuleKit

/// `==` and `!=`, where the left operand decides the type.
enum Comparison {
    /// Compiles a comparison; `isEqual` is false for `!=`.
    ///
    /// The frequent cases get a closure of their own: a test for `$null`, integers, and a constant
    /// on the right. Only what is left compares two values whose types both show at run time.
    static func equality(_ left: Compiled, _ right: Compiled, isEqual: Bool) -> IntegerStep {
        if case .null = right.form {
            let read = left.value
            return { context in
                if case .null = read(context) { return isEqual ? 1 : 0 }
                return isEqual ? 0 : 1
            }
        }
        if left.isInteger {
            let (a, b) = (left.integer, right.integer)
            return { context in (a(context) == b(context)) == isEqual ? 1 : 0 }
        }
        if case .constant(let constant) = right.form {
            return withConstant(left.value, constant, isEqual: isEqual)
        }
        let (a, b) = (left.value, right.value)
        return { context in
            let first = a(context)
            return areEqual(first, b(context), context) == isEqual ? 1 : 0
        }
    }

    /// Compares in place with bytes that are known.
    ///
    /// The bytes of the constant and its number are both made once, here: which of them is needed
    /// depends on the message.
    private static func withConstant(
        _ read: @escaping ValueStep, _ constant: Constant, isEqual: Bool
    ) -> IntegerStep {
        let bytes = Array(constant.text.utf8)
        let number = constant.number
        let equalsNothing = constant == .integer(0) || constant == .string("")
        return { context in
            let isSame: Bool
            switch read(context) {
            case .text(let text): isSame = context.withBytes(of: text) { $0.equals(bytes.span) }
            case .integer(let value): isSame = value == number
            case .null: isSame = equalsNothing
            }
            return isSame == isEqual ? 1 : 0
        }
    }

    /// Compares two values; an undefined left one takes the type of the right one.
    ///
    /// A value that is undefined counts as "" against strings and as 0 against integers (script.md
    /// 6).
    static func areEqual(
        _ left: ScriptValue, _ right: ScriptValue, _ context: ScriptContext
    ) -> Bool {
        switch (left, right) {
        case (.integer(let number), _): number == context.number(right)
        case (.text(let a), .text(let b)): haveSameBytes(a, b, context)
        case (.text(let a), .integer(let number)):
            haveSameBytes(a, .owned(Array(String(number).utf8)), context)
        case (.text(let a), .null): context.length(of: a) == 0
        case (.null, .integer(let number)): number == 0
        case (.null, .text(let b)): context.length(of: b) == 0
        case (.null, .null): true
        }
    }

    /// Compares as strings, whatever the types are.
    static func areEqualTexts(
        _ left: ScriptValue, _ right: ScriptValue, _ context: ScriptContext
    ) -> Bool {
        areEqual(text(left), text(right), context)
    }

    /// An integer as text; other values as they are.
    private static func text(_ value: ScriptValue) -> ScriptValue {
        if case .integer(let number) = value { return .string(String(number)) }
        return value
    }

    /// Whether two texts are the same, with regard to case.
    private static func haveSameBytes(
        _ left: ScriptText, _ right: ScriptText, _ context: ScriptContext
    ) -> Bool {
        guard context.length(of: left) == context.length(of: right) else { return false }
        return context.withBytes(of: left) { a in
            context.withBytes(of: right) { b in a.equals(b) }
        }
    }

    // MARK: Regular expressions

    /// Compiles `=~`; a constant pattern is compiled here.
    ///
    /// Sub-matches are not kept: nothing in the language can ask for them.
    static func match(_ left: Compiled, _ right: Compiled) throws(PatternError) -> IntegerStep {
        let read = left.value
        guard let pattern = right.constantText else {
            let pattern = right.value
            return { context in
                let subject = read(context)
                return matches(subject, pattern(context), context) ? 1 : 0
            }
        }
        let expression = try RegularExpression(pattern, ignoresCase: true)
        return { context in search(read(context), expression, context) ? 1 : 0 }
    }

    /// Whether a value matches; null is searched like an empty string.
    private static func search(
        _ value: ScriptValue, _ expression: RegularExpression, _ context: ScriptContext
    ) -> Bool {
        guard let text = context.text(value) else {
            let nothing: [UInt8] = []
            return expression.matches(nothing.span)
        }
        return context.withBytes(of: text) { expression.matches($0) }
    }

    /// A pattern that shows at run time; one that is none matches nothing and is logged.
    ///
    /// Such a pattern is compiled for each message. That is slow, and it is what the script asked
    /// for; a cache would have to be bounded and shared.
    private static func matches(
        _ value: ScriptValue, _ pattern: ScriptValue, _ context: ScriptContext
    ) -> Bool {
        guard let text = context.text(pattern) else { return false }
        let written = context.string(text)
        do {
            return search(value, try RegularExpression(written, ignoresCase: true), context)
        } catch {
            context.log(.error, "\"\(written)\" is no regular expression: \(error.message)")
            return false
        }
    }
}

/// `+` and `.`: strings put together at run time.
enum Concatenation {
    /// The sum of two values, by the type of the left one.
    static func add(
        _ left: ScriptValue, _ right: ScriptValue, _ context: ScriptContext
    ) -> ScriptValue {
        if case .integer(let number) = left { return .integer(number &+ context.number(right)) }
        return join(left, right, context)
    }

    /// Both values as one string in the scratch buffer; fails when it would grow too long.
    ///
    /// The result lies in the scratch buffer, which is emptied between messages: putting strings
    /// together costs no allocation once the buffer has grown. Null adds nothing.
    static func join(
        _ left: ScriptValue, _ right: ScriptValue, _ context: ScriptContext
    ) -> ScriptValue {
        let nothing = ByteRange(offset: context.scratch.count, count: 0)
        var whole = nothing
        if let first = context.text(left) {
            guard let range = extend(nothing, by: first, context) else { return .null }
            whole = range
        }
        guard let second = context.text(right) else { return .text(.scratch(whole)) }
        return extend(whole, by: second, context).map { .text(.scratch($0)) } ?? .null
    }

    /// A string in the scratch buffer with a text behind it; nil when it would grow too long.
    ///
    /// Bytes in the buffer are written once. So a string that ends where the buffer ends is made
    /// longer where it lies, and a text that lies right behind it already is not copied: a chain
    /// of `+` copies each operand once. Whoever holds the shorter string does not notice.
    static func extend(
        _ range: ByteRange, by text: ScriptText, _ context: ScriptContext
    ) -> ByteRange? {
        let added = context.length(of: text)
        let end = Int(range.offset) + Int(range.count)
        if case .scratch(let other) = text {
            if range.count == 0 { return other }
            if Int(other.offset) == end, end - Int(range.offset) + added <= textMax {
                return ByteRange(offset: Int(range.offset), count: Int(range.count) + added)
            }
        }
        let isLast = end == context.scratch.count
        guard context.mayBuild(Int(range.count) + added) else { return nil }
        var start = Int(range.offset)
        if !isLast {
            start = context.scratch.count
            context.scratch.append(copying: range)
        }
        context.appendToScratch(text)
        return ByteRange(offset: start, count: context.scratch.count - start)
    }

    /// Longest string that a script builds, in bytes.
    private static let textMax = Limits.scriptTextBytesMax
}
