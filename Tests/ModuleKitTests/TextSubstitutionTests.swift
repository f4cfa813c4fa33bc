import Basics
import ModuleKit
import Testing

/// Templates of a test: `$five` is the only variable.
private struct OneVariable: TemplateCompiler {
    func template(
        _ text: String
    ) throws(ArgumentError) -> (@Sendable (ScriptContext) -> ScriptValue)? {
        guard text.contains("$") else { return nil }
        guard text == "$five" else { throw ArgumentError("unknown variable in \(text)") }
        return { _ in .integer(5) }
    }
}

/// A text with a substitution made, nil when it does not match.
private func result(_ substitution: String, _ text: String) throws -> String? {
    let substitution = try TextSubstitution(substitution, OneVariable())
    let bytes = Array(text.utf8)
    return substitution.result(bytes.span, try kitContext()).map {
        String(decoding: $0, as: UTF8.self)
    }
}

@Suite("Substitutions")
struct TextSubstitutionTests {
    @Test(
        "matches are replaced by literal text, groups, the URI and variables",
        arguments: [
            ("/b/x/", "abab", "axab"), ("/b/x/g", "abab", "axax"), ("/B/x/", "abab", nil),
            ("/B/x/gi", "abab", "axax"), ("/(a)(b)/\\2\\1/", "abab", "baab"),
            ("/(a)(b)/\\2\\1/g", "abab", "baba"), ("/b/[\\0]/", "abab", "a[b]ab"),
            ("/b/\\9/", "ab", "a"), ("/b/$five/", "ab", "a5"), ("/b//", "ab", "a"),
            ("/b/\\n\\r\\t\\\\/", "ab", "a\n\r\t\\"), ("#b#/#", "ab", "a/"),
            ("/\\//x/", "a/b", "axb"), ("|a\\|b|x|", "a|b", "x|b"),
            ("/b/\\u/", "ab", "asip:bob:pw@example.com:5080;lr?x=y"),
            ("/^b/x/g", "b\nb", "x\nx"), ("/^b/x/gs", "b\nb", "x\nb"), ("/a.b/x/", "a\nb", nil),
            ("/a.b/x/s", "a\nb", "x"), ("/x*/-/g", "ab", "-a-b-"), ("/x*/-/", "", "-"),
            ("/$/!/", "ab", "ab!"),
        ] as [(String, String, String?)])
    func making(substitution: String, text: String, expected: String?) throws {
        #expect(try result(substitution, text) == expected)
    }

    @Test(
        "what is none is refused with a reason",
        arguments: [
            ("", "/expression/replacement/flags"), ("/a", "/expression/replacement/flags"),
            ("/a/b", "/expression/replacement/flags"), ("//b/", "/expression/replacement/flags"),
            ("/a/b/\\", "/expression/replacement/flags"), ("\\a\\b\\", "/expression/"),
            ("/a/b/q", "are no flags"), ("/(/b/", "is no regular expression"),
            ("/a/$six/", "unknown variable"), ("/a/b//", "are no flags"),
        ])
    func refusing(text: String, expected: String) {
        let error = #expect(throws: ArgumentError.self) {
            _ = try TextSubstitution(text, OneVariable())
        }
        #expect(error?.message.contains(expected) == true)
    }

    @Test("what is made is bounded in number and size")
    func bounds() throws {
        let text = String(repeating: "a", count: 1_000)
        let many = try TextSubstitution("/a/b/g", OneVariable())
        let bytes = Array(text.utf8)
        let found = many.replacements(bytes.span, try kitContext())
        #expect(found.count == Limits.messageEditsMax)
        let long = "/a/" + String(repeating: "x", count: 1_000) + "/g"
        #expect(try result(long, text)?.utf8.count ?? 0 <= Limits.scriptTextBytesMax)
    }

    @Test("regular expressions of functions work line by line and without case")
    func linewise() throws {
        let expression = try RegularExpression.linewise("^B$")
        let text = Array("a\nb\nc".utf8)
        let isFound = expression.matches(text.span)
        #expect(isFound)
        #expect(throws: ArgumentError.self) { _ = try RegularExpression.linewise("(") }
    }
}
