import ModuleKit
import TestSupport
import Testing

@testable import RouteScript

/// Operators by level, the weakest first, as the reference lists them: written down here once more
/// so that a change of the parser's own table is noticed.
private let levels: [[String]] = [
    ["||", "or"], ["&&", "and"], ["|"], ["&"], ["^"], ["<<"], [">>"],
    ["==", "!=", "=~", "eq", "ne", "ieq", "ine"], ["<", ">", "<=", ">="], ["+", "-"],
    ["*", "/", "mod"], ["."],
]

/// All operators with their level.
private let operators = levels.enumerated().flatMap { level, names in
    names.map { (name: $0, level: level) }
}

/// An expression with all its parentheses, as the parser understands it.
private func grouped(_ expression: String) throws -> String {
    let tree = try parse("route { $x = \(expression); }").tree
    guard case .expression(let statement) = tree.blocks[0].body[0].kind,
        case .assignment(_, let value) = statement.kind
    else { return "no assignment" }
    return TreePrinter.text(value)
}

/// The spelling that the printer gives to an operator with two.
private func canonical(_ name: String) -> String {
    switch name {
    case "or": "||"
    case "and": "&&"
    default: name
    }
}

@Suite("Order of operators")
struct OperatorOrderTests {
    @Test("every pair of operators groups by level, and to the left within one")
    func pairs() throws {
        for first in operators {
            for second in operators {
                let (a, b) = (canonical(first.name), canonical(second.name))
                let isLeft = first.level >= second.level
                let expected =
                    isLeft ? "(($a \(a) $b) \(b) $c)" : "($a \(a) ($b \(b) $c))"
                let found = try grouped("$a \(first.name) $b \(second.name) $c")
                #expect(found == expected, "\(first.name) \(second.name)")
            }
        }
    }

    @Test(
        "an operator before its operand binds tighter than all but the dot and its own kind",
        arguments: ["!", "not ", "-", "~"])
    func prefixes(prefix: String) throws {
        let sign = prefix == "not " ? "!" : prefix
        for other in operators {
            let name = canonical(other.name)
            let expected =
                other.name == "." ? "(\(sign)($a . $b))" : "((\(sign)$a) \(name) $b)"
            #expect(try grouped("\(prefix)$a \(other.name) $b") == expected)
            let right = "($a \(name) (\(sign)$b))"
            #expect(try grouped("$a \(other.name) \(prefix)$b") == right)
        }
    }

    @Test(
        "defined and casts bind tighter than other operators, parentheses tighter than those",
        arguments: [
            ("defined $a == $b", "((defined $a) == $b)"), ("!defined $a", "(!(defined $a))"),
            ("defined $a && defined $b", "((defined $a) && (defined $b))"),
            ("not defined $a or $b", "((!(defined $a)) || $b)"),
            ("(int)$a + $b", "(((int)$a) + $b)"), ("(int)($a + $b)", "((int)($a + $b))"),
            ("(str)$a . $b", "((str)($a . $b))"), ("-(int)$a", "(-((int)$a))"),
            ("(int)-$a", "((int)(-$a))"), ("(int)(str)$a", "((int)((str)$a))"),
            ("defined (int)$a", "(defined ((int)$a))"), ("!(-$a)", "(!(-$a))"),
            ("($a)", "$a"), ("(($a + $b)) * $c", "(($a + $b) * $c)"),
            ("$a * ($b + $c)", "($a * ($b + $c))"), ("-($a)", "(-$a)"), ("- -$a", "(-(-$a))"),
            ("!!$a", "(!(!$a))"), ("! ! $a", "(!(!$a))"), ("~~$a", "(~(~$a))"),
            ("$a - -$b", "($a - (-$b))"), ("$a--$b", "($a - (-$b))"),
        ])
    func unary(expression: String, expected: String) throws {
        #expect(try grouped(expression) == expected)
    }

    @Test("what was printed with all parentheses is read again as the same")
    func roundTrip() throws {
        for first in operators {
            for second in operators {
                let once = try grouped("$a \(first.name) $b \(second.name) !$c")
                #expect(try grouped(once) == once)
            }
        }
    }

    @Test("assignments lean to the right, and stand in parentheses within expressions")
    func assignments() throws {
        #expect(try grouped("$y = $z = 5") == "($y = ($z = 5))")
        #expect(try grouped("1 + ($y = 2 + 3)") == "(1 + ($y = (2 + 3)))")
        #expect(errors(of: head + "route { $var(x) = 1 + $var(y) = 2; }").count == 1)
    }
}

/// A random expression over integers together with the value it must have.
private struct Sum {
    var text: String
    var value: Int
    /// The level of its weakest operator; operands alone are stronger than all.
    var level: Int

    /// An integer from 0 to 20.
    static func leaf(_ generator: inout SeededNumbers) -> Sum {
        let number = Int.random(in: 0...20, using: &generator)
        return Sum(text: "\(number)", value: number, level: 99)
    }

    /// The text, in parentheses where an operator of `other` would take it apart.
    func within(_ other: Int, isRight: Bool) -> String {
        level < other || (isRight && level == other) ? "(\(text))" : text
    }

    /// An expression of at most `depth` operators above each other.
    static func random(_ depth: Int, _ generator: inout SeededNumbers) -> Sum {
        guard depth > 0, Int.random(in: 0..<8, using: &generator) > 0 else {
            return leaf(&generator)
        }
        let left = random(depth - 1, &generator)
        let right = random(depth - 1, &generator)
        let choice = Int.random(in: 0..<rows.count, using: &generator)
        let row = rows[choice]
        guard let value = row.apply(left.value, right.value) else { return left }
        let text =
            left.within(row.level, isRight: false) + " \(row.name) "
            + right.within(row.level, isRight: true)
        return Sum(text: text, value: value, level: row.level)
    }

    /// An operator with its level and its meaning, nil where it has no result.
    struct Row: Sendable {
        let name: String
        let level: Int
        let apply: @Sendable (Int, Int) -> Int?

        init(_ name: String, _ level: Int, _ apply: @escaping @Sendable (Int, Int) -> Int?) {
            self.name = name
            self.level = level
            self.apply = apply
        }
    }

    static let rows: [Row] = [
        Row("||", 0) { $0 != 0 || $1 != 0 ? 1 : 0 }, Row("&&", 1) { $0 != 0 && $1 != 0 ? 1 : 0 },
        Row("|", 2) { $0 | $1 }, Row("&", 3) { $0 & $1 }, Row("^", 4) { $0 ^ $1 },
        Row("<<", 5) { (0...8).contains($1) && abs($0) < 1 << 20 ? $0 << $1 : nil },
        Row(">>", 6) { (0...8).contains($1) ? $0 >> $1 : nil },
        Row("==", 7) { $0 == $1 ? 1 : 0 }, Row("!=", 7) { $0 != $1 ? 1 : 0 },
        Row("ieq", 7) { $0 == $1 ? 1 : 0 }, Row("ine", 7) { $0 != $1 ? 1 : 0 },
        Row("<", 8) { $0 < $1 ? 1 : 0 }, Row(">", 8) { $0 > $1 ? 1 : 0 },
        Row("<=", 8) { $0 <= $1 ? 1 : 0 }, Row(">=", 8) { $0 >= $1 ? 1 : 0 },
        Row("+", 9) { $0 &+ $1 }, Row("-", 9) { $0 &- $1 },
        Row("*", 10) { abs($0) < 1 << 20 && abs($1) < 1 << 20 ? $0 * $1 : nil },
        Row("/", 10) { $1 == 0 ? nil : $0 / $1 }, Row("mod", 10) { $1 == 0 ? nil : $0 % $1 },
    ]
}

@Suite("Random expressions")
struct RandomExpressionTests {
    @Test("constants and variables come to what the operators mean", arguments: 1...12)
    func values(seed: Int) throws {
        var generator = SeededNumbers(seed: UInt64(seed) &* 0x9e37_79b9_7f4a)
        var body = ""
        var expected: [String] = []
        for _ in 0..<20 {
            let sum = Sum.random(5, &generator)
            expected += ["\(sum.value)", "\(sum.value)"]
            // Once folded before the script runs, once worked out by it.
            let variable = sum.text.replacing(#/\b\d+\b/#) { "$(var(n\($0.output)))" }
            body += "$var(x) = \(sum.text); note(\"$var(x)\");\n"
            body += "$var(x) = \(variable); note(\"$var(x)\");\n"
        }
        let numbers = (0...20).map { "$var(n\($0)) = \($0);" }.joined(separator: " ")
        #expect(try notes(numbers + "\n" + body) == expected)
    }

    @Test("conditions hold exactly when the value is above 0", arguments: 1...6)
    func conditions(seed: Int) throws {
        var generator = SeededNumbers(seed: UInt64(seed) &* 0x1234_5677)
        var body = ""
        var expected: [String] = []
        for _ in 0..<20 {
            let sum = Sum.random(4, &generator)
            expected.append(sum.value > 0 ? "yes" : "no")
            body += "if (\(sum.text)) note(\"yes\"); else note(\"no\");\n"
        }
        #expect(try notes(body) == expected)
    }
}
