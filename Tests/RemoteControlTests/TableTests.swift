import JSONValue
import Testing

@testable import RemoteControl

@Suite("Text and the columns that it takes")
struct TextWidthTests {
    static let widths: [(String, Int)] = [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("한국", 4), ("😀", 2),
        ("ａ", 2), ("…", 1), ("a日b", 4), ("ß→", 2),
    ]

    @Test("East Asian characters take two (UAX 11)", arguments: widths)
    func columns(_ text: String, _ width: Int) {
        #expect(TextWidth.columns(text) == width)
    }

    static let cuts: [(String, Int, String)] = [
        ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("abcdef", 1, "…"), ("abcdef", 0, ""),
        ("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("日本語", 2, "…"),
        ("", 0, ""), ("a", 1, "a"),
    ]

    @Test("cut text is never wider than it may be", arguments: cuts)
    func cut(_ text: String, _ width: Int, _ result: String) {
        #expect(TextWidth.cut(text, to: width) == result)
        #expect(TextWidth.columns(TextWidth.cut(text, to: width)) <= width)
    }

    @Test("padding counts columns and not characters")
    func padded() {
        #expect(TextWidth.padded("日", to: 4) == "日  ")
        #expect(TextWidth.padded("7", to: 3, atStart: true) == "  7")
        #expect(TextWidth.padded("long", to: 2) == "long")
    }
}

@Suite("Tables for a terminal")
struct TextTableTests {
    private let table = TextTable(
        names: ["name", "n", "text"],
        rows: [["a", "1", "some words here"], ["bb", "-", "x"], ["c", "100", ""]])

    @Test("without a bound every cell is whole, numbers stand at the right")
    func whole() {
        #expect(
            table.lines(width: nil) == [
                "name    n  text", "a       1  some words here", "bb      -  x", "c     100",
            ])
    }

    @Test("the widest column is cut first")
    func narrow() {
        #expect(
            table.lines(width: 20) == [
                "name    n  text", "a       1  some wor…", "bb      -  x", "c     100",
            ])
    }

    @Test("columns that find no room are named")
    func leftOut() {
        let lines = table.lines(width: 10)
        #expect(lines[0] == "name    n")
        #expect(lines.last == "(no room …")
        #expect(table.lines(width: 60).last == "c     100")
        let wide = TextTable(
            names: (0..<8).map { "column-\($0)" }, rows: [(0..<8).map { "value-\($0)" }])
        #expect(wide.lines(width: 55).last?.hasPrefix("(no room for: column-5, ") == true)
    }

    @Test("no line is wider than the window, whatever the window", arguments: 1...70)
    func bound(_ width: Int) {
        for line in table.lines(width: width) {
            // One column is always shown: a table of nothing would say nothing.
            #expect(TextWidth.columns(line) <= max(width, 8))
        }
    }

    @Test("a table without rows is its names")
    func empty() {
        #expect(TextTable(names: ["a", "b"], rows: []).lines(width: 80) == ["a  b"])
    }
}

@Suite("Answers as tables")
struct RecordTableTests {
    static let layouts: [(String, [String])] = [
        (#""x""#, ["x"]), ("5", ["5"]), ("{}", []), ("[]", ["(none)"]), ("[1,2]", ["1", "2"]),
        (#"{"a":1,"long":"x"}"#, ["a     1", "long  x"]),
        (#"{"a":{"b":1,"c":"x"},"d":2}"#, ["a.b  1", "a.c  x", "d    2"]),
        (#"[{"a":1,"b":"x"},{"a":22,"b":"y"}]"#, [" a  b", " 1  x", "22  y"]),
        // Records that differ share one table.
        (#"[{"a":"x"},{"b":"y"}]"#, ["a  b", "x  -", "-  y"]),
        (#"[{"b":"y","a":"x"},{"a":"z","b":"w"}]"#, ["b  a", "y  x", "w  z"]),
        // What only wraps a record is taken off.
        (#"[{"Contact":{"A":"x","Q":1}},{"Contact":{"A":"y","Q":2}}]"#, ["A  Q", "x  1", "y  2"]),
        // A list within a record makes a row for each of its elements.
        (
            #"[{"AoR":"u","Contacts":[{"Contact":{"A":"x"}},{"Contact":{"A":"y"}}]},"#
                + #"{"AoR":"v","Contacts":[{"Contact":{"A":"z"}}]}]"#,
            ["AoR  A", "u    x", "u    y", "v    z"]
        ),
        // A list of plain values fits a cell; a second list of records is counted.
        (#"[{"a":"x","l":["p","q"]},{"a":"y","l":[]}]"#, ["a  l", "x  p, q", "y  (none)"]),
        // One record with lists reads as a record.
        (
            #"{"Domain":"d","AoRs":[{"a":"x"},{"a":"y"}]}"#,
            ["Domain  d", "", "AoRs:", "a", "x", "y"]
        ),
        (#"{"list":[{"a":"x"},{"a":"y"}]}"#, ["a", "x", "y"]),
        (#"[null,true]"#, ["null", "true"]),
    ]

    @Test("records become rows, whatever wraps them", arguments: layouts)
    func layout(_ json: String, _ lines: [String]) throws {
        #expect(RecordTables.lines(try JSONValue(parsing: json), width: nil) == lines)
    }

    @Test("what strangers sent cannot move the cursor, as a name or as a value")
    func safe() throws {
        let value = try JSONValue(parsing: #"[{"\u001b[2J":"\u009b1m"},{"\u001b[2J":"\n"}]"#)
        for line in RecordTables.lines(value, width: 40) {
            #expect(
                line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F ~= $0.value) })
        }
    }

    @Test("a table has at most 64 columns")
    func columns() {
        let members = (0..<100).map { JSONValue.Member("c\($0)", "x") }
        let lines = RecordTables.lines(
            .array([.object(members), .object(members)]), width: nil)
        #expect(lines[0].split(separator: " ").count == 64)
    }

    @Test("--format chooses the layout of a command's answer")
    func format() {
        let server = AnsweringServer { _ in
            #"{"jsonrpc":"2.0","result":[{"a":1,"b":"x"},{"a":2}],"id":1}"#
        }
        var texts: [String] = []
        for format in ["table", "outline", "json"] {
            let output = Memory()
            let status = ControlSession.main(
                ["--url", server.url, "--format", format, "x"], environment: [:], output: output,
                errors: Memory())
            #expect(status == 0)
            texts.append(output.text)
        }
        #expect(texts[0] == "a  b\n1  x\n2  -\n")
        #expect(texts[1] == "- a: 1\n  b: x\n- a: 2\n")
        #expect(texts[2].hasPrefix("[\n\t{"))
    }
}
