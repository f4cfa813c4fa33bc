import Foundation
import RemoteControl
import Testing

@Suite("line editor")
struct LineEditorTests {
    /// Keys as they are written in tests: letters, and names in angle brackets.
    private func keys(_ text: String) -> [KeyEvent] {
        let names: [String: KeyEvent] = [
            "left": .left, "right": .right, "home": .home, "end": .end, "up": .up, "down": .down,
            "bs": .backspace, "del": .delete, "tab": .tab, "enter": .enter, "k": .cutToEnd,
            "u": .cutToStart, "w": .cutWord, "y": .paste, "wl": .wordLeft, "wr": .wordRight,
            "d": .endOfInput, "c": .cancel, "l": .clear,
        ]
        var result: [KeyEvent] = []
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "<", let end = rest.firstIndex(of: ">") else {
                result.append(.character(character))
                continue
            }
            result.append(names[String(rest[..<end])] ?? .unknown)
            rest = rest[rest.index(after: end)...]
        }
        return result
    }

    static let lines: [(String, String, Int)] = [
        ("abc", "abc", 3), ("ac<left>b", "abc", 2), ("bc<home>a", "abc", 1),
        ("abc<left><left><del>", "ac", 1), ("abc<bs><bs>", "a", 1), ("abc<home><bs>", "abc", 0),
        ("abc<del>", "abc", 3), ("abc<left><end>d", "abcd", 4), ("<left>a<right>", "a", 1),
        ("one two<w>", "one ", 4), ("one two  <w>", "one ", 4), ("one two<u>", "", 0),
        ("one two<home><k>", "", 0), ("one two<w><home><y>", "twoone ", 3),
        ("one two<wl>x", "one xtwo", 5), ("one two<home><wr>x", "onex two", 4),
        ("äö<left>ü", "äüö", 2), ("ab<home><d>", "b", 0), ("<y>", "", 0),
        ("<up>", "second", 6), ("<up><up>", "first", 5), ("<up><up><up>", "first", 5),
        ("dra<up><down>ft", "draft", 5), ("<down>x", "x", 1), ("<up><bs><enter>", "secon", 5),
    ]

    @Test("keys change the line and move the cursor", arguments: lines)
    func edit(_ typed: String, _ text: String, _ cursor: Int) {
        var editor = LineEditor(history: ["first", "second"])
        for key in keys(typed) { _ = editor.handle(key) }
        #expect(String(editor.text) == text)
        #expect(editor.cursor == cursor)
    }

    @Test("some keys end the line or the session")
    func ends() {
        var editor = LineEditor()
        #expect(editor.handle(.endOfInput) == .finish)
        _ = editor.handle(.character("x"))
        #expect(editor.handle(.enter) == .submit("x"))
        #expect(editor.handle(.cancel) == .cancel)
        #expect(editor.handle(.clear) == .clear)
        #expect(editor.handle(.unknown) == .bell)
        #expect(editor.handle(.left) == .redraw)
        #expect(editor.handle(.left) == .bell)
    }

    @Test("a word is completed as far as its candidates agree, then they are listed")
    func complete() {
        let completion = Completion(
            methods: ["ul.dump", "ul.lookup", "core.version"], settings: ["core: debug"])
        var editor = LineEditor()
        func press(_ text: String) -> LineEditor.Action? {
            keys(text).map { editor.handle($0, complete: completion.candidates) }.last
        }
        #expect(press("u<tab>") == .redraw)
        #expect(String(editor.text) == "ul.")
        #expect(press("<tab>") == .list(["ul.dump", "ul.lookup"]))
        #expect(press("d<tab>") == .redraw)
        #expect(String(editor.text) == "ul.dump ")
        #expect(press("<tab>") == .bell)
    }

    @Test("a line has a limit")
    func limit() {
        var editor = LineEditor()
        for _ in 0..<5000 { _ = editor.handle(.character("x")) }
        #expect(editor.text.count == 4096)
        #expect(editor.handle(.character("x")) == .bell)
    }
}

@Suite("completion, keys and history")
struct PromptPartsTests {
    static let candidates: [(String, [String])] = [
        ("", ["cfg.get", "cfg.list", "core.version", "exit", "help", "quit"]),
        ("c", ["cfg.get", "cfg.list", "core.version"]), ("cfg.g", ["cfg.get"]), ("x", []),
        ("cfg.get ", ["core", "registrar"]), ("cfg.get reg", ["registrar"]),
        ("cfg.get registrar ", ["default_q", "max_expires"]),
        ("cfg.get registrar max", ["max_expires"]), ("cfg.get registrar max_expires ", []),
        ("cfg.get nothing ", []), ("core.version ", []), ("help co", ["core.version"]),
        ("system.methodHelp cfg.l", ["cfg.list"]),
    ]

    @Test("candidates are commands, groups, and names of settings", arguments: candidates)
    func completion(_ line: String, _ found: [String]) {
        let completion = Completion(
            methods: ["core.version", "cfg.get", "cfg.list"],
            settings: [
                "registrar: max_expires", "registrar: default_q", "core: debug", "no setting",
            ])
        #expect(completion.candidates(line) == found)
    }

    static let sequences: [([UInt8], [KeyEvent])] = [
        ([0x61], [.character("a")]), ([0xC3, 0xA4], [.character("ä")]),
        ([0xF0, 0x9F, 0x98, 0x80], [.character("😀")]), ([0x0D], [.enter]), ([0x7F], [.backspace]),
        ([0x1B, 0x5B, 0x41], [.up]), ([0x1B, 0x4F, 0x42], [.down]), ([0x1B, 0x5B, 0x43], [.right]),
        ([0x1B, 0x5B, 0x33, 0x7E], [.delete]), ([0x1B, 0x5B, 0x31, 0x7E], [.home]),
        ([0x1B, 0x5B, 0x31, 0x3B, 0x35, 0x44], [.wordLeft]), ([0x1B, 0x62], [.wordLeft]),
        ([0x1B, 0x5B, 0x48, 0x61], [.home, .character("a")]), ([0x01, 0x05], [.home, .end]),
        ([0x03], [.cancel]), ([0x04], [.endOfInput]), ([0x00], [.unknown]), ([0xFF], [.unknown]),
        ([0xC3, 0x28], [.unknown]), ([0x1B, 0x5B, 0x39, 0x39, 0x7E], [.unknown]),
        ([0x1B, 0x5B] + [UInt8](repeating: 0x30, count: 15), [.unknown]),
    ]

    @Test("bytes of a terminal become keys", arguments: sequences)
    func decode(_ bytes: [UInt8], _ keys: [KeyEvent]) {
        var decoder = KeyDecoder()
        #expect(bytes.compactMap { decoder.take($0) } == keys)
    }

    @Test("the history is kept in a file of its owner, without repetitions, and bounded")
    func history() throws {
        let path = NSTemporaryDirectory() + "history-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var history = PromptHistory(path: path)
        #expect(history.lines == [])
        for line in ["a", "a", " ", "", "b", "x\ny", "a"] { history.add(line) }
        #expect(history.lines == ["a", "b", "a"])
        history.save()
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        var again = PromptHistory(path: path)
        #expect(again.lines == ["a", "b", "a"])
        for number in 0..<2000 { again.add("\(number)") }
        #expect(again.lines.count == 1000)
        #expect(again.lines.last == "1999")
        again.save()
        #expect(PromptHistory(path: path).lines.count == 1000)
        PromptHistory(path: "/nowhere/at/all").save()
    }
}
