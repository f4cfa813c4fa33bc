import Basics
import Testing

/// Whether an expression matches bytes; spans cannot stand in an expectation.
private func matches(_ expression: RegularExpression, _ bytes: [UInt8]) -> Bool {
    expression.matches(bytes.span)
}

/// What an expression captures.
private func captures(
    _ expression: RegularExpression, _ text: String, from start: Int = 0
) -> [Range<Int>?]? {
    let bytes = Array(text.utf8)
    return expression.captures(bytes.span, from: start)
}

@Suite("Regular expressions")
struct RegularExpressionTests {
    @Test(
        "an expression matches anywhere unless it is anchored",
        arguments: [
            ("abc", "xabcx", true), ("^abc", "xabc", false), ("abc$", "abcx", false),
            ("^(a|b)+$", "abba", true), ("[0-9]{2,3}", "a12", true), ("[0-9]{2,3}", "a1b2", false),
            ("", "anything", true), ("^$", "", true), (".", "", false), ("A", "a", false),
            ("a.c", "a\nc", true), ("\\.", "abc", false), ("(a)(b)?", "a", true),
        ])
    func matching(pattern: String, text: String, expected: Bool) throws {
        let expression = try RegularExpression(pattern, ignoresCase: false)
        #expect(matches(expression, Array(text.utf8)) == expected)
        #expect(expression.pattern == pattern)
    }

    @Test("case is ignored where that is asked for")
    func cases() throws {
        let expression = try RegularExpression("^sip:", ignoresCase: true)
        #expect(matches(expression, Array("SIP:alice".utf8)))
    }

    @Test("a part of a larger buffer is searched, and nothing behind it")
    func parts() throws {
        let expression = try RegularExpression("b$", ignoresCase: false)
        let bytes = Array("aabcc".utf8)
        let whole = expression.matches(bytes.span)
        let first = expression.matches(bytes.span.extracting(0..<3))
        let last = expression.matches(bytes.span.extracting(3..<5))
        #expect([whole, first, last] == [false, true, false])
    }

    @Test("bytes that are zero or no UTF-8 are searched like others")
    func binary() throws {
        let expression = try RegularExpression("end$", ignoresCase: false)
        let bytes: [UInt8] = [0, 255, 0] + Array("end".utf8)
        #expect(matches(expression, bytes))
    }

    @Test("captures are the whole match and its groups, from an offset on")
    func capturedGroups() throws {
        let expression = try RegularExpression("([a-z]+)([0-9]+)?", ignoresCase: false)
        let text = "ab12 cd"
        let first = try #require(captures(expression, text))
        #expect(first.count == RegularExpression.groupsMax)
        #expect(Array(first[..<4]) == [0..<4, 0..<2, 2..<4, nil])
        let second = try #require(captures(expression, text, from: 4))
        #expect(Array(second[..<3]) == [5..<7, 5..<7, nil])
        #expect(captures(expression, text, from: 7) == nil)
    }

    @Test("the beginning of the text is only at its beginning")
    func beginnings() throws {
        let expression = try RegularExpression("^a", ignoresCase: false)
        #expect(captures(expression, "aa", from: 0) != nil)
        #expect(captures(expression, "aa", from: 1) == nil)
    }

    @Test("what is no expression is refused in words", arguments: ["(", "[a", "a{2,1}", "*\\"])
    func refused(pattern: String) {
        do {
            _ = try RegularExpression(pattern, ignoresCase: false)
            Issue.record("\(pattern) was accepted")
        } catch {
            #expect(!error.message.isEmpty)
        }
    }

    @Test("patterns that are too long or hold a zero byte are refused")
    func limits() {
        let long = String(repeating: "a", count: Limits.patternBytesMax + 1)
        #expect(throws: PatternError.self) { _ = try RegularExpression(long, ignoresCase: false) }
        #expect(throws: PatternError.self) {
            _ = try RegularExpression("a\u{0}b", ignoresCase: false)
        }
    }

    @Test("one expression serves several threads")
    func threads() async throws {
        let expression = try RegularExpression("(x+x+)+y", ignoresCase: true)
        await withTaskGroup(of: Bool.self) { group in
            for turn in 0..<4 {
                group.addTask {
                    let last = turn % 2 == 0 ? "y" : "z"
                    let text = String(repeating: "x", count: 20) + last
                    return matches(expression, Array(text.utf8)) == (turn % 2 == 0)
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
