import Basics
import ModuleKit
import Testing

@testable import RouteScript

@Suite("Templates")
struct TemplateTests {
    /// The pieces of a template: text in quotes, variables as they are spelt.
    private func pieces(_ text: String) -> String {
        var spelt: [String] = []
        do {
            let pieces = try Templates.split(text) { (variable) throws(ArgumentError) in
                spelt.append(variable.text)
                return { _ in .null }
            }
            var variables = spelt.makeIterator()
            return pieces.map { piece in
                switch piece {
                case .text(let bytes): "'\(String(decoding: bytes, as: UTF8.self))'"
                case .value: variables.next() ?? "?"
                }
            }
            .joined(separator: " ")
        } catch {
            return "!" + error.message
        }
    }

    @Test(
        "text and variables are told apart",
        arguments: [
            ("", ""),
            ("abc", "'abc'"),
            ("$rU", "$rU"),
            ("a$rU", "'a' $rU"),
            ("$rU b", "$rU ' b'"),
            ("$rU$rd", "$rU $rd"),
            ("$rU@$rd", "$rU '@' $rd"),
            ("$rU.$rd", "$rU '.' $rd"),
            ("$rU:5060", "$rU ':5060'"),
            ("$var(x)y", "$var(x) 'y'"),
            ("$(rU)b", "$rU 'b'"),
            ("$(hdr(Via)[-1])", "$(hdr(Via)[-1])"),
            ("$(rU{s.len})!", "$(rU{s.len}) '!'"),
            ("$$", "'$'"),
            ("$$$$", "'$$'"),
            ("$$rU", "'$rU'"),
            ("$$$rU", "'$' $rU"),
            ("a$$b$rU$$", "'a$b' $rU '$'"),
            ("$?", "$?"),
            ("code $?.", "'code ' $? '.'"),
            ("$err.class", "$err.class"),
            ("$err.", "$err '.'"),
            ("$sht(a=>$si)", "$sht(a=>$si)"),
            ("é$rU", "'é' $rU"),
            ("a\n$rU", "'a\n' $rU"),
        ])
    func splitting(text: String, expected: String) {
        #expect(pieces(text) == expected)
    }

    @Test(
        "a dollar sign that begins nothing is refused with what to write",
        arguments: ["$", "a $", "$ a", "a$ b", "100$.", "$(", "$var(x", "$(rU", "$-", "$)"])
    func lonelyDollar(text: String) {
        #expect(
            pieces(text) == "!a \"$\" stands alone in \"\(text)\"; write $$ for the sign")
    }

    @Test(
        "variables whose parts are wrong are refused",
        arguments: ["$()", "$(rU[x])", "$(rU[)", "$(rU{)", "$(rU x)", "$((rU))"])
    func wrongParts(text: String) {
        #expect(pieces(text).hasPrefix("!"))
    }

    @Test(
        "functions see values in their argument",
        arguments: [
            ("$rm", "REGISTER"),
            ("<$rm>", "<REGISTER>"),
            ("$ru $ru", "sip:example.com sip:example.com"),
            ("$hdr(X-Number)", "42"),
            ("$(hdr(X-Number))", "42"),
            ("$hdr(x-number)", "42"),
            ("$hdr(X-None)", "<null>"),
            ("a$hdr(X-None)b", "a<null>b"),
            ("$hdr(X-Empty)", ""),
            ("[$hdr(X-Empty)]", "[]"),
            ("$null", "<null>"),
            ("a $null b", "a <null> b"),
            ("$rc", "0"),
            ("$rc/$retcode/$?", "0/0/0"),
            ("$var(n)", "0"),
            ("$$rm", "$rm"),
            ("cost 5$$", "cost 5$"),
            ("100%", "100%"),
            ("\\\\d", "\\d"),
            ("$rm\\t$rm", "REGISTER\tREGISTER"),
        ])
    func expansion(text: String, expected: String) throws {
        #expect(try notes("note(\"\(text)\");") == [expected])
    }

    @Test("a template in single quotes is expanded too, its backslashes stay")
    func singleQuotes() throws {
        #expect(try notes("note('$rm\\n');") == ["REGISTER\\n"])
    }

    @Test("an expression is evaluated and not expanded again")
    func expressions() throws {
        #expect(
            try notes("$var(x) = \"$rm\"; note($var(x)); note(\"$\" + \"rm\" + $var(x));")
                == ["$rm", "$rm$rm"])
    }

    @Test("a template without variables is no template")
    func plain() throws {
        let scope = Scope(
            loaded: [TestCatalogue.core] + TestCatalogue.modules,
            catalogue: TestCatalogue.modules, instances: nil)
        let templates = Templates(scope: scope)
        #expect(try templates.template("plain") == nil)
        #expect(try templates.template("") == nil)
        #expect(try templates.template("$$") != nil)
        #expect(try templates.template("$rm") != nil)
    }

    @Test("an unknown variable in a template carries its hint along")
    func unknown() {
        let scope = Scope(
            loaded: [TestCatalogue.core], catalogue: TestCatalogue.modules, instances: nil)
        let expected =
            "unknown pseudo-variable \"$rm\"; it belongs to module \"probe\": "
            + "loadmodule \"probe.so\""
        #expect(throws: ArgumentError(expected)) {
            _ = try Templates(scope: scope).template("a $rm")
        }
    }

    @Test(
        "the end of a variable is found behind its last part",
        arguments: [
            ("$rU", 3), ("$rU.x", 3), ("$rU ", 3), ("$var(x)y", 7), ("$var(a(b)c)", 11),
            ("$(rU)x", 5), ("$(hdr(A)[1]{s.len})", 19), ("$?x", 2), ("$err.class.", 10),
            ("$err.5", 4), ("$errs.x", 5), ("$_s(a)", 6), ("$9", 2), ("$rU(", nil), ("$", nil),
            ("$ ", nil), ("$(", nil), ("$(a", nil), ("$.", nil), ("$$", nil),
        ] as [(String, Int?)])
    func ends(text: String, expected: Int?) {
        #expect(VariableSyntax.end(in: Array(text.utf8), from: 0) == expected)
    }
}
