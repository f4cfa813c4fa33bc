import RouteScript
import Testing

/// The expression with all its parentheses.
private func grouped(_ expression: String) throws -> String {
    let file = try parse("request_route { $var(x) = \(expression); }")
    let statement = try #require(file.tree.blocks.first?.body.first)
    guard case .expression(let assignment) = statement.kind,
        case .assignment(_, let value) = assignment.kind
    else { return "no assignment" }
    return TreePrinter.text(value)
}

@Suite("Precedence of operators")
struct PrecedenceTests {
    @Test(
        "operators bind as the language says, not as C does",
        arguments: [
            // From the weakest to the strongest, neighbours side by side.
            ("1 || 2 && 3", "(1 || (2 && 3))"),
            ("1 && 2 || 3", "((1 && 2) || 3)"),
            ("1 or 2 and 3", "(1 || (2 && 3))"),
            ("1 && 2 | 3", "(1 && (2 | 3))"),
            ("1 | 2 & 3", "(1 | (2 & 3))"),
            ("1 & 2 ^ 3", "(1 & (2 ^ 3))"),
            ("1 ^ 2 & 3", "((1 ^ 2) & 3)"),
            ("1 ^ 2 << 3", "(1 ^ (2 << 3))"),
            ("1 << 2 >> 3", "(1 << (2 >> 3))"),
            ("1 >> 2 << 3", "((1 >> 2) << 3)"),
            ("1 >> 2 == 3", "(1 >> (2 == 3))"),
            ("1 & 2 == 3", "(1 & (2 == 3))"),
            ("1 == 2 < 3", "(1 == (2 < 3))"),
            ("1 < 2 == 3", "((1 < 2) == 3)"),
            ("1 < 2 + 3", "(1 < (2 + 3))"),
            ("1 + 2 * 3", "(1 + (2 * 3))"),
            ("1 * 2 + 3", "((1 * 2) + 3)"),
            ("1 mod 2 + 3", "((1 mod 2) + 3)"),
            ("!1 * 2", "((!1) * 2)"),
            ("!1 == 2", "((!1) == 2)"),
            ("not 1 == 2", "((!1) == 2)"),
            ("-1 + 2", "((-1) + 2)"),
            ("1 - -1", "(1 - (-1))"),
            ("~1 & 2", "((~1) & 2)"),
            ("!defined $x", "(!(defined $x))"),
            ("defined $x == 1", "((defined $x) == 1)"),
            ("defined $x && defined $y", "((defined $x) && (defined $y))"),
            ("(int)$x + 1", "(((int)$x) + 1)"),
            ("(str)1 . 2", "((str)(1 . 2))"),
            ("1 + 2 . 3", "(1 + (2 . 3))"),
            // All of them lean to the left.
            ("1 - 2 - 3", "((1 - 2) - 3)"),
            ("1 / 2 * 3", "((1 / 2) * 3)"),
            ("1 == 2 == 3", "((1 == 2) == 3)"),
            ("1 eq 2 ne 3", "((1 eq 2) ne 3)"),
            ("1 ieq 2 ine 3", "((1 ieq 2) ine 3)"),
            ("$a =~ \"x\" == 1", "(($a =~ \"x\") == 1)"),
            ("1 || 2 || 3", "((1 || 2) || 3)"),
            // Parentheses, calls and assignments.
            ("(1 || 2) && 3", "((1 || 2) && 3)"),
            ("1 + (2 - (3 - 4))", "(1 + (2 - (3 - 4)))"),
            ("f(1, 2 + 3) + 4", "(f(1, (2 + 3)) + 4)"),
            ("($y = 1 + 2) + 3", "(($y = (1 + 2)) + 3)"),
            ("($y = $z = 1)", "($y = ($z = 1))"),
            ("route(A) && !route(\"B\")", "(route(\"A\") && (!route(\"B\")))"),
            ("f() == -1", "(f() == (-1))"),
        ])
    func precedence(expression: String, expected: String) throws {
        #expect(try grouped(expression) == expected)
    }

    @Test("printing an expression and reading it again changes nothing")
    func roundTrip() throws {
        let expressions = [
            "1 + 2 * 3 - $x . \"a\" & 7", "!f($a, \"b\") || uri == myself && method == INVITE",
            "src_ip == 10.0.0.0/8 or src_ip == [2001:db8::1]", "msg:len > 1000",
            "$(hdr(Via)[-1]) =~ \"x\" and not defined $hdr(Y)",
        ]
        for expression in expressions {
            let once = try grouped(expression)
            #expect(try grouped(once) == once)
        }
    }
}
