internal import Basics
internal import ModuleKit

/// Tests on strings that a script passes.
enum StringTests {
    /// A test on two texts; both live until the message is done.
    typealias Test = @Sendable (Span<UInt8>, Span<UInt8>) -> Int

    /// Runs a test on the bytes of two texts.
    static func run(
        _ context: ScriptContext, _ first: ScriptText, _ second: ScriptText, _ test: Test
    ) -> Int {
        context.withBytes(of: first) { a in
            context.withBytes(of: second) { b in test(a, b) }
        }
    }

    /// Answers `cmp_str`.
    static func same(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Int { a.equals(b) ? 1 : -1 }

    /// Answers `cmp_istr`.
    static func sameLetters(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Int { a.matches(b) ? 1 : -1 }

    /// Answers `starts_with`.
    static func starts(_ text: Span<UInt8>, _ part: Span<UInt8>) -> Int {
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
    static func listed(
        _ text: Span<UInt8>, in list: Span<UInt8>, separator: UInt8, asPrefix: Bool
    ) -> Bool {
        var start = 0
        while start <= list.count {
            var end = start
            while end < list.count, list[end] != separator { end += 1 }
            let item = list.extracting(start..<end)
            if asPrefix {
                if !item.isEmpty, starts(text, item) == 1 { return true }
            } else if item.equals(text) {
                return true
            }
            start = end + 1
        }
        return false
    }
}
