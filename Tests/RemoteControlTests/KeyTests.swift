import RemoteControl
import Testing

/// Every byte and every sequence that the prompt knows.
@Suite("keys of a terminal")
struct KeyTests {
    /// The keys of the control characters, by their codes.
    static let controls: [(UInt8, KeyEvent)] = [
        (1, .home), (2, .left), (3, .cancel), (4, .endOfInput), (5, .end), (6, .right),
        (8, .backspace), (9, .tab), (10, .enter), (11, .cutToEnd), (12, .clear), (13, .enter),
        (14, .down), (16, .up), (21, .cutToStart), (23, .cutWord), (25, .paste), (127, .backspace),
    ]

    @Test("control characters are the keys of other shells", arguments: controls)
    func control(_ byte: UInt8, _ key: KeyEvent) {
        var decoder = KeyDecoder()
        #expect(decoder.take(byte) == key)
    }

    @Test("all other control characters are unknown, and letters are themselves")
    func others() {
        let known = Set(Self.controls.map(\.0))
        for byte in UInt8(0)..<128 where !known.contains(byte) && byte != 0x1B {
            var decoder = KeyDecoder()
            let key = decoder.take(byte)
            #expect(
                key == (byte < 0x20 ? .unknown : .character(Character(Unicode.Scalar(byte)))))
        }
    }

    static let sequences: [(String, KeyEvent)] = [
        ("[A", .up), ("[B", .down), ("[C", .right), ("[D", .left), ("OA", .up), ("OB", .down),
        ("OC", .right), ("OD", .left), ("[H", .home), ("OH", .home), ("[F", .end), ("OF", .end),
        ("[1~", .home), ("[7~", .home), ("[4~", .end), ("[8~", .end), ("[3~", .delete),
        ("[1;5C", .wordRight), ("[1;5D", .wordLeft), ("[1;2C", .right), ("b", .wordLeft),
        ("f", .wordRight), ("x", .unknown), ("[2~", .unknown), ("[5~", .unknown),
        ("[200~", .unknown), ("[Z", .unknown), ("OP", .unknown),
    ]

    @Test("escape sequences of xterm and its relatives", arguments: sequences)
    func sequence(_ text: String, _ key: KeyEvent) {
        var decoder = KeyDecoder()
        let bytes = [0x1B] + Array(text.utf8)
        for byte in bytes.dropLast() { #expect(decoder.take(byte) == nil) }
        #expect(bytes.last.flatMap { decoder.take($0) } == key)
        #expect(decoder.take(0x61) == .character("a"))
    }

    @Test(
        "characters of several bytes are one key",
        arguments: ["é", "ß", "€", "中", "😀", "\u{80}", "\u{7FF}", "\u{FFFD}", "\u{10FFFF}"])
    func characters(_ text: String) throws {
        var decoder = KeyDecoder()
        let bytes = Array(text.utf8)
        for byte in bytes.dropLast() { #expect(decoder.take(byte) == nil) }
        #expect(decoder.take(try #require(bytes.last)) == .character(Character(text)))
    }

    @Test(
        "bytes that are no character are one unknown key, and the next key is read",
        arguments: [
            [0x80], [0xBF], [0xC0], [0xC1], [0xF5], [0xFF], [0xC3, 0x41], [0xE2, 0x28, 0xA1],
            [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
        ] as [[UInt8]])
    func malformed(_ bytes: [UInt8]) {
        var decoder = KeyDecoder()
        #expect(bytes.compactMap { decoder.take($0) } == [.unknown])
        #expect(decoder.take(0x61) == .character("a"))
    }

    @Test("whatever arrives, a decoder takes letters again soon", arguments: 1...60)
    func recovery(_ seed: UInt64) {
        var state = seed
        var decoder = KeyDecoder()
        for _ in 0..<200 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            _ = decoder.take(UInt8(truncatingIfNeeded: state >> 40))
        }
        // At most an open sequence or character has to end first.
        for _ in 0..<4 { _ = decoder.take(UInt8(ascii: "z")) }
        #expect(decoder.take(UInt8(ascii: "z")) == .character("z"))
    }
}

/// The line editor against a plain model of a line with a cursor.
@Suite("line editor in detail")
struct LineEditorDetailTests {
    @Test("random keys keep line and cursor as a plain model has them", arguments: 1...40)
    func model(_ seed: UInt64) {
        var state = seed
        var editor = LineEditor()
        var text: [Character] = []
        var cursor = 0
        for _ in 0..<200 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            switch (state >> 33) % 9 {
            case 0: _ = editor.handle(.left); cursor = max(cursor - 1, 0)
            case 1: _ = editor.handle(.right); cursor = min(cursor + 1, text.count)
            case 2: _ = editor.handle(.home); cursor = 0
            case 3: _ = editor.handle(.end); cursor = text.count
            case 4:
                _ = editor.handle(.backspace)
                if cursor > 0 {
                    cursor -= 1
                    text.remove(at: cursor)
                }
            case 5:
                _ = editor.handle(.delete)
                if cursor < text.count { text.remove(at: cursor) }
            default:
                let letter: Character = state % 3 == 0 ? " " : "é"
                _ = editor.handle(.character(letter))
                text.insert(letter, at: cursor)
                cursor += 1
            }
            #expect(editor.text == text && editor.cursor == cursor)
        }
    }

    @Test("keys that change nothing ring the bell")
    func bells() {
        var editor = LineEditor()
        let idle: [KeyEvent] = [
            .left, .right, .backspace, .delete, .cutToEnd, .cutToStart, .cutWord, .paste, .up,
            .down, .tab, .unknown,
        ]
        for key in idle { #expect(editor.handle(key) == .bell) }
        #expect(editor.text.isEmpty && editor.cursor == 0)
        for key in [KeyEvent.home, .end, .wordLeft, .wordRight] {
            #expect(editor.handle(key) == .redraw)
        }
    }

    /// An editor with a line typed.
    private func typed(_ text: String, history: [String] = []) -> LineEditor {
        var editor = LineEditor(history: history)
        for character in text { _ = editor.handle(.character(character)) }
        return editor
    }

    @Test("what was cut last is put back as often as wanted")
    func cutAndPaste() {
        var editor = typed("one two three")
        #expect(editor.handle(.cutWord) == .redraw)
        #expect(editor.handle(.cutWord) == .redraw)
        #expect(String(editor.text) == "one ")
        #expect(editor.handle(.paste) == .redraw)
        #expect(editor.handle(.paste) == .redraw)
        #expect(String(editor.text) == "one two two ")
        #expect(editor.cursor == 12)
    }

    @Test("single characters that are removed are not put back")
    func removalIsNoCut() {
        var editor = typed("abc")
        _ = editor.handle(.backspace)
        #expect(editor.handle(.paste) == .bell)
        #expect(String(editor.text) == "ab")
    }

    @Test("a paste that would pass the limit changes nothing")
    func pasteLimit() {
        var editor = typed(String(repeating: "x", count: 3000))
        _ = editor.handle(.cutToStart)
        #expect(editor.handle(.paste) == .redraw)
        #expect(editor.handle(.paste) == .bell)
        #expect(editor.text.count == 3000)
    }

    @Test("the history is walked to its ends, and a changed line of it is forgotten")
    func history() {
        var editor = typed("draft", history: ["one", "two"])
        #expect(editor.handle(.up) == .redraw)
        #expect(editor.handle(.character("!")) == .redraw)
        #expect(String(editor.text) == "two!")
        _ = editor.handle(.up)
        #expect(editor.handle(.up) == .bell)
        #expect(String(editor.text) == "one")
        _ = editor.handle(.down)
        #expect(String(editor.text) == "two")
        _ = editor.handle(.down)
        #expect(String(editor.text) == "draft")
        #expect(editor.handle(.down) == .bell)
    }

    @Test("ctrl-D removes a character as long as there is a line")
    func endOfInput() {
        var editor = typed("a")
        #expect(editor.handle(.endOfInput) == .bell)
        _ = editor.handle(.home)
        #expect(editor.handle(.endOfInput) == .redraw)
        #expect(editor.handle(.endOfInput) == .finish)
    }

    @Test("completion works at the cursor and leaves what stands behind it")
    func completionInside() {
        var editor = typed("ul x")
        _ = editor.handle(.left)
        _ = editor.handle(.left)
        #expect(editor.handle(.tab) { _ in ["ul.dump"] } == .redraw)
        #expect(String(editor.text) == "ul.dump  x")
        #expect(editor.cursor == 8)
    }

    @Test("completion asks for the text before the cursor only")
    func completionQuestion() {
        var editor = typed("cfg.get reg")
        for _ in 0..<3 { _ = editor.handle(.left) }
        var asked = ""
        _ = editor.handle(.tab) { before in
            asked = before
            return []
        }
        #expect(asked == "cfg.get ")
    }

    static let completions: [(String, [String], LineEditor.Action, String)] = [
        ("", [], .bell, ""), ("x", [], .bell, "x"), ("ab", ["abc"], .redraw, "abc "),
        ("abc", ["abc"], .redraw, "abc "), ("a", ["abx", "aby"], .redraw, "ab"),
        ("ab", ["abx", "aby"], .list(["abx", "aby"]), "ab"),
        ("", ["a", "b"], .list(["a", "b"]), ""),
        ("z", ["abc"], .bell, "z"), ("p a", ["abc"], .redraw, "p abc "),
    ]

    @Test("a word becomes what its candidates share", arguments: completions)
    func complete(
        _ line: String, _ candidates: [String], _ action: LineEditor.Action, _ text: String
    ) {
        var editor = typed(line)
        #expect(editor.handle(.tab) { _ in candidates } == action)
        #expect(String(editor.text) == text)
    }
}
