internal import Basics
internal import ModuleKit

/// Tests on strings that a script passes.
///
/// All of them take spans: a text of a script may stand in the message, in the scratch buffer or
/// in an array, and none is copied for a comparison.
enum StringTests {
    /// A test on two texts; both live until the message is done.
    ///
    /// It answers 1 or -1, because 0 would end the script: a function's 0 means `exit`.
    typealias Test = @Sendable (Span<UInt8>, Span<UInt8>) -> Int

    /// Runs a test on the bytes of two texts.
    static func run(
        _ context: ScriptContext, _ first: ScriptText, _ second: ScriptText, _ test: Test
    ) -> Int {
        // Lent, not copied: neither text is written while both are read.
        context.withBytes(of: first) { a in
            context.withBytes(of: second) { b in test(a, b) }
        }
    }

    // The letters of ASCII are the only ones that have two cases here: SIP compares tokens so
    // (RFC 3261 7.3.1), and other bytes may be any encoding.
    /// Answers `cmp_str`.
    static func same(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Int { a.equals(b) ? 1 : -1 }

    /// Answers `cmp_istr`.
    static func sameLetters(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Int { a.matches(b) ? 1 : -1 }

    /// Answers `starts_with`.
    static func starts(_ text: Span<UInt8>, _ part: Span<UInt8>) -> Int {
        // A longer part cannot be there; the empty one begins every text.
        guard text.count >= part.count else { return -1 }
        return text.extracting(0..<part.count).equals(part) ? 1 : -1
    }

    /// Answers `ends_with`.
    static func ends(_ text: Span<UInt8>, _ part: Span<UInt8>) -> Int {
        guard text.count >= part.count else { return -1 }
        return text.extracting((text.count - part.count)..<text.count).equals(part) ? 1 : -1
    }

    /// Answers `str_find`.
    static func find(_ text: Span<UInt8>, _ part: Span<UInt8>) -> Int {
        contains(text, part) { $0.equals($1) }
    }

    /// Answers `str_ifind`.
    static func findLetters(_ text: Span<UInt8>, _ part: Span<UInt8>) -> Int {
        contains(text, part) { $0.matches($1) }
    }

    /// Tries each place in turn.
    ///
    /// Both texts are short, bounded by `Limits.scriptTextBytesMax`; a table of skips would cost
    /// more than it saves. An empty part is not found.
    private static func contains(
        _ text: Span<UInt8>, _ part: Span<UInt8>, _ same: (Span<UInt8>, Span<UInt8>) -> Bool
    ) -> Int {
        guard !part.isEmpty, text.count >= part.count else { return -1 }
        for start in 0...(text.count - part.count)
        where same(text.extracting(start..<(start + part.count)), part) {
            return 1
        }
        return -1
    }

    /// `in_list` and `in_list_prefix`: whether a text is one of the items, or begins with one.
    ///
    /// Blanks around an item are none of it, so that lists can be written "a, b". An empty text is
    /// no item of any list: `in_list("$var(x)", "a,,b", ",")` with an unset variable is false.
    static func listed(
        _ text: Span<UInt8>, in list: Span<UInt8>, separator: UInt8, asPrefix: Bool
    ) -> Bool {
        guard !text.isEmpty else { return false }
        var start = 0
        while start < list.count {
            var end = start
            while end < list.count, list[end] != separator { end += 1 }
            let item = trimmed(list.extracting(start..<end))
            if asPrefix {
                // An empty item would be a prefix of every text, which nobody means who writes
                // "a,,b".
                if !item.isEmpty, starts(text, item) == 1 { return true }
            } else if item.equals(text) {
                return true
            }
            start = end + 1
        }
        return false
    }

    /// An item without the blanks around it.
    @_lifetime(copy item)
    private static func trimmed(_ item: Span<UInt8>) -> Span<UInt8> {
        var (start, end) = (0, item.count)
        while start < end, isBlank(item[start]) { start += 1 }
        while end > start, isBlank(item[end - 1]) { end -= 1 }
        return item.extracting(start..<end)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 32 || byte == 9 || byte == 13 || byte == 10
    }
}
