import ModuleKit
import Testing

/// What a string is worth while a script runs.
private func converted(_ text: String) -> Int? {
    let bytes = Array(text.utf8)
    return ScriptNumber.convert(bytes.span)
}

@Suite("Numbers of scripts")
struct ScriptNumberTests {
    @Test(
        "literals are decimal, hexadecimal or octal",
        arguments: [
            ("0", 0), ("7", 7), ("-7", -7), ("+7", 7), ("007", 7), ("010", 8), ("-010", -8),
            ("0x10", 16), ("0XfF", 255), ("-0x10", -16),
            ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
            ("0x7fffffffffffffff", Int.max), ("-0x8000000000000000", Int.min),
        ])
    func literals(text: String, expected: Int) {
        #expect(ScriptNumber.parse(text) == expected)
    }

    @Test(
        "what is no literal is none",
        arguments: [
            "", "-", "+", "0x", "-0x", "x", "12a", "1 2", " 1", "1 ", "08", "--1", "+-1", "0x-5",
            "-0x-8000000000000000", "9223372036854775808", "-9223372036854775809",
            "0x8000000000000000", "٣", "1.5", "1e3",
        ])
    func noLiterals(text: String) {
        #expect(ScriptNumber.parse(text) == nil)
    }

    @Test(
        "at run time a leading zero does not mean octal",
        arguments: [
            ("010", 10), ("08", 8), ("0x10", 16), ("-5", -5), ("", nil), ("12ab", nil),
            ("0x", nil), ("-", nil), ("99999999999999999999", nil),
        ])
    func conversion(text: String, expected: Int?) {
        #expect(converted(text) == expected)
    }
}

@Suite("Levels of the log")
struct ScriptLevelTests {
    @Test(
        "levels have names and numbers",
        arguments: [
            ("L_ALERT", -5), ("L_BUG", -4), ("L_CRIT", -2), ("L_ERR", -1), ("L_WARN", 0),
            ("L_NOTICE", 1), ("L_INFO", 2), ("L_DBG", 3),
        ])
    func names(name: String, number: Int) {
        #expect(ScriptLevel(name: name)?.rawValue == number)
        #expect(ScriptLevel(number: number).rawValue == number)
    }

    @Test(
        "numbers in between and beyond count as the nearest above",
        arguments: [(-9, -5), (-3, -2), (9, 3)])
    func otherNumbers(number: Int, expected: Int) {
        #expect(ScriptLevel(number: number).rawValue == expected)
        #expect(ScriptLevel(name: "L_LOUD") == nil)
    }

    @Test("more important levels are not below less important ones")
    func order() {
        let levels = ScriptLevel.allCases.map(\.level)
        #expect(levels == levels.sorted(by: >))
    }
}

@Suite("Tokens of SIP")
struct SIPTokenTests {
    @Test(
        "tokens have letters, digits and ten marks",
        arguments: [
            ("INVITE", true), ("X-Header.1", true), ("!%*_+`'~", true), ("", false), ("a b", false),
            ("a:b", false), ("a\r", false), ("é", false), ("a/b", false), ("\"a\"", false),
        ])
    func tokens(text: String, expected: Bool) {
        #expect(SIPToken.isToken(text.utf8) == expected)
    }
}
