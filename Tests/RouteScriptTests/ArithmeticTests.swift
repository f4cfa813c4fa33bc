import ModuleKit
import TestSupport
import Testing

@testable import RouteScript

/// A row of a table of operators on integers.
struct ArithmeticRow: Sendable {
    let operation: BinaryOperator
    let left: Int
    let right: Int
    let expected: Int?

    init(_ left: Int, _ operation: BinaryOperator, _ right: Int, _ expected: Int?) {
        self.left = left
        self.operation = operation
        self.right = right
        self.expected = expected
    }
}

@Suite("Arithmetic")
struct ArithmeticTests {
    @Test(
        "operators on integers work in 64 bits",
        arguments: [
            ArithmeticRow(2, .add, 3, 5),
            ArithmeticRow(.max, .add, 1, .min),
            ArithmeticRow(2, .subtract, 3, -1),
            ArithmeticRow(.min, .subtract, 1, .max),
            ArithmeticRow(-4, .multiply, 3, -12),
            ArithmeticRow(1 << 62, .multiply, 2, .min),
            ArithmeticRow(7, .divide, 2, 3),
            ArithmeticRow(-7, .divide, 2, -3),
            ArithmeticRow(7, .divide, 0, nil),
            ArithmeticRow(.min, .divide, -1, .min),
            ArithmeticRow(17, .remainder, 5, 2),
            ArithmeticRow(-17, .remainder, 5, -2),
            ArithmeticRow(17, .remainder, 0, nil),
            ArithmeticRow(.min, .remainder, -1, 0),
            ArithmeticRow(6, .bitAnd, 3, 2),
            ArithmeticRow(6, .bitOr, 3, 7),
            ArithmeticRow(6, .bitXor, 3, 5),
            ArithmeticRow(-1, .bitAnd, 255, 255),
            ArithmeticRow(1, .shiftLeft, 5, 32),
            ArithmeticRow(1, .shiftLeft, 0, 1),
            ArithmeticRow(1, .shiftLeft, 63, .min),
            ArithmeticRow(1, .shiftLeft, 64, 0),
            ArithmeticRow(1, .shiftLeft, .max, 0),
            ArithmeticRow(256, .shiftLeft, -4, 16),
            ArithmeticRow(256, .shiftRight, 4, 16),
            ArithmeticRow(-256, .shiftRight, 4, -16),
            ArithmeticRow(256, .shiftRight, 64, 0),
            ArithmeticRow(-1, .shiftRight, 64, -1),
            ArithmeticRow(-1, .shiftRight, .max, -1),
            ArithmeticRow(4, .shiftRight, -2, 16),
            ArithmeticRow(3, .less, 4, 1),
            ArithmeticRow(4, .less, 4, 0),
            ArithmeticRow(4, .lessOrEqual, 4, 1),
            ArithmeticRow(5, .lessOrEqual, 4, 0),
            ArithmeticRow(5, .greater, 4, 1),
            ArithmeticRow(4, .greater, 4, 0),
            ArithmeticRow(4, .greaterOrEqual, 4, 1),
            ArithmeticRow(3, .greaterOrEqual, 4, 0),
            ArithmeticRow(-1, .less, 0, 1),
            ArithmeticRow(3, .equal, 3, 1),
            ArithmeticRow(3, .equal, 4, 0),
            ArithmeticRow(3, .notEqual, 4, 1),
            ArithmeticRow(3, .integerEqual, 3, 1),
            ArithmeticRow(3, .integerNotEqual, 3, 0),
            ArithmeticRow(-1, .and, 1, 1),
            ArithmeticRow(1, .and, 0, 0),
            ArithmeticRow(0, .or, -1, 1),
            ArithmeticRow(0, .or, 0, 0),
            ArithmeticRow(1, .match, 1, nil),
            ArithmeticRow(1, .concatenate, 1, nil),
            ArithmeticRow(1, .textEqual, 1, nil),
            ArithmeticRow(1, .textNotEqual, 1, nil),
        ])
    func table(row: ArithmeticRow) {
        #expect(Arithmetic.apply(row.operation, row.left, row.right) == row.expected)
    }

    @Test(
        "constants convert to integers and strings as values do when the script runs",
        arguments: [
            ("", 0), ("0", 0), ("12", 12), ("-12", -12), ("+12", 12), ("0x1f", 31), ("0X1F", 31),
            ("010", 10), ("abc", 0), ("12abc", 0), (" 12", 0), ("0x", 0), ("-", 0),
            ("9223372036854775807", 9_223_372_036_854_775_807), ("9223372036854775808", 0),
            ("-9223372036854775808", -9_223_372_036_854_775_808),
        ])
    func conversions(text: String, expected: Int) throws {
        #expect(Constant.string(text).number == expected)
        #expect(Constant.integer(expected).text == String(expected))
        #expect(try value(of: "(int)\"\(text)\"") == String(expected))
        let later = try notes("$var(t) = \"\(text)\"; $var(x) = (int)$var(t); note(\"$var(x)\");")
        #expect(later == [String(expected)])
    }

    /// A random expression over the names `A`, `B` and `C`.
    private func expression(_ depth: Int, _ generator: inout SeededNumbers) -> String {
        guard depth > 0 else {
            return ["A", "B", "C", "7", "0"].randomElement(using: &generator) ?? "A"
        }
        let left = expression(depth - 1, &generator)
        let operators = [
            "+", "-", "*", "|", "&", "^", "<<", ">>", "==", "!=", "<", ">", "<=", ">=", "&&", "||",
            "ieq", "ine", "eq", "ne", "or", "and",
        ]
        switch Int.random(in: 0...9, using: &generator) {
        case 0: return "!(\(left))"
        case 1: return "-(\(left))"
        case 2: return "~(\(left))"
        case 3: return "(\(left))"
        default:
            let operation = operators.randomElement(using: &generator) ?? "+"
            return "\(left) \(operation) \(expression(depth - 1, &generator))"
        }
    }

    @Test("folding gives what the run gives, for random expressions", arguments: 1...12)
    func folding(seed: Int) throws {
        var generator = SeededNumbers(seed: UInt64(seed) &* 0x9e37_79b9_7f4a)
        var body = "$var(a) = 5; $var(b) = 0 - 3; $var(c) = 1000000007;\n"
        var written: [String] = []
        for _ in 0..<25 {
            let text = expression(Int.random(in: 1...4, using: &generator), &generator)
            written.append(text)
            let constant = text.replacing("A", with: "5").replacing("B", with: "(-3)")
                .replacing("C", with: "1000000007")
            let variable = text.replacing("A", with: "$var(a)").replacing("B", with: "$var(b)")
                .replacing("C", with: "$var(c)")
            body += "$var(x) = \(constant); $var(y) = \(variable); note(\"$var(x) $var(y)\");\n"
        }
        for (text, line) in zip(written, try notes(body)) {
            let values = line.split(separator: " ")
            #expect(values.count == 2 && values[0] == values[1], "\(text) gave \(line)")
        }
    }

    @Test(
        "what is constant is folded, what is not or has no value is left to the run",
        arguments: [
            ("1 + 2", "3"), ("\"a\" + 1", "a1"), ("1 . 2", "12"), ("\"a\" == \"a\"", "1"),
            ("\"a\" != \"a\"", "0"), ("1 eq \"1\"", "1"), ("1 ne \"1\"", "0"), ("!\"\"", "1"),
            ("!\"x\"", "1"), ("!\"5\"", "0"), ("-\"5\"", "-5"), ("~1", "-2"), ("defined 0", "1"),
            ("(str)5", "5"), ("(int)\"5x\"", "0"), ("1 / 0", "none"), ("1 mod 0", "none"),
            ("\"a\" =~ \"a\"", "none"), ("$rm", "none"), ("1 + $rm", "none"), ("f()", "none"),
            ("method", "none"), ("WORD", "none"), ("route(A)", "none"), ("($x = 1)", "none"),
            ("!(1 / 0)", "none"), ("(1 / 0) + 1", "none"), ("strlen(\"a\")", "none"),
        ])
    func constants(text: String, expected: String) throws {
        let file = try parse("request_route { $v = \(text); }")
        let statement = try #require(file.tree.blocks.first?.body.first)
        guard case .expression(let whole) = statement.kind,
            case .assignment(_, let value) = whole.kind
        else {
            Issue.record("no assignment")
            return
        }
        #expect((ConstantFolding.constant(value)?.text ?? "none") == expected)
    }
}
