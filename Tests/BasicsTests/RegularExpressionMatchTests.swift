import Basics
import Testing

@Suite("Matches of regular expressions")
struct RegularExpressionMatchTests {
    /// The whole match and the first group of a text, nil without a match.
    private func match(
        _ pattern: String, _ text: String, from start: Int = 0, byLines: Bool = false
    ) throws -> [String]? {
        let expression = try RegularExpression(
            pattern, ignoresCase: false, byLines: byLines)
        let bytes = Array(text.utf8)
        guard let found = expression.match(bytes.span, from: start) else { return nil }
        return [
            String(copying: bytes.span.part(found[0])), String(copying: bytes.span.part(found[1])),
        ]
    }

    @Test("the whole match and its groups are ranges of the text")
    func groups() throws {
        #expect(try match("b(c+)", "abccd") == ["bcc", "cc"])
        #expect(try match("x", "abc") == nil)
        #expect(try match("(x)?b", "abc") == ["b", ""])
        #expect(try match("", "") == ["", ""])
    }

    @Test("a search may begin behind the start, which then is no beginning")
    func offsets() throws {
        #expect(try match("(b)", "abab", from: 2) == ["b", "b"])
        #expect(try match("^a", "aa", from: 1) == nil)
    }

    @Test("lines are matched each for itself when that is asked for")
    func lines() throws {
        #expect(try match("^b$", "a\nb\nc") == nil)
        #expect(try match("^b$", "a\nb\nc", byLines: true) == ["b", ""])
        #expect(try match("^b", "a\nb", from: 2, byLines: true) == ["b", ""])
        #expect(try match("a.b", "a\nb") == ["a\nb", ""])
        #expect(try match("a.b", "a\nb", byLines: true) == nil)
    }
}
