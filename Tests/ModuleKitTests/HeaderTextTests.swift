import ModuleKit
import Testing

/// The lines of a text with newlines, nil when it is refused.
private func lines(_ text: String) -> String? {
    HeaderText.lines(Array(text.utf8)).map {
        String(decoding: $0, as: UTF8.self).replacing("\r\n", with: "|")
    }
}

@Suite("Text of header fields")
struct HeaderTextTests {
    @Test(
        "lines get their ends, whichever they had",
        arguments: [
            ("A: 1", "A: 1|"), ("A: 1\n", "A: 1|"), ("A: 1\r\n", "A: 1|"),
            ("A: 1\nB: 2", "A: 1|B: 2|"), ("A: 1\r\n folded\r\n", "A: 1| folded|"),
            ("A:\n", "A:|"), ("A : 1", "A : 1|"), ("A\t: 1", "A\t: 1|"),
            ("X-a.b!%*_+`'~: 1", "X-a.b!%*_+`'~: 1|"), ("A: \u{fc}", "A: \u{fc}|"),
        ])
    func good(text: String, expected: String) {
        #expect(lines(text) == expected)
    }

    @Test(
        "what is no header field is refused as a whole",
        arguments: [
            "", "\n", "\r\n", "A", "A 1", ": 1", " A: 1", "\tA: 1", "A b: 1", "A: 1\rB: 2",
            "A: 1\u{0}", "A: 1\nB", "\u{fc}: 1", "A: 1\r\n\r\n\u{0}",
        ])
    func bad(text: String) {
        #expect(lines(text) == nil)
    }

    @Test(
        "a value becomes one line",
        arguments: [
            ("plain", "plain"), ("a\r\nb", "a  b"), ("a\tb", "a\tb"), ("a\u{0}b\u{7f}", "a b "),
            ("", ""),
        ])
    func oneLine(text: String, expected: String) {
        #expect(
            String(decoding: HeaderText.oneLine(Array(text.utf8)), as: UTF8.self) == expected)
    }
}
