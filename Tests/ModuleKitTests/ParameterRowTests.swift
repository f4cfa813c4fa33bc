import ModuleKit
import Testing

/// What the rows below write to.
private struct Fields: Sendable {
    /// A choice with a gap, as flags of configuration files often are.
    enum Mode: Int, CaseIterable, Sendable {
        case none = -1
        case first = 1
        case last = 4
    }
    var number = 5
    var isOn = true
    var text = "abc"
    var maybe: String?
    var list: [String] = []
    var mode = Mode.first
    var ignored: [String] = []
}

private let rows: [ParameterRow<Fields>] = [
    ParameterRow("number", \.number, -10...10, "A number."),
    ParameterRow("on", \.isOn, "A switch.", runtime: .changeable),
    ParameterRow("text", \.text, "A text.", runtime: .named("other")),
    ParameterRow("maybe", \.maybe, "A text that may be absent."),
    ParameterRow("list", list: \.list, "A list."),
    ParameterRow("mode", cases: \.mode, "A mode."),
    ParameterRow(ignored: "old_number", .integer(0...7), \.ignored, because: "it is old"),
    ParameterRow(ignored: "old_text", .string, \.ignored, because: "it is old"),
]

/// A row by its name.
private func row(_ name: String) throws -> ParameterRow<Fields> {
    try #require(rows.first { $0.name == name })
}

/// What a row reads back after values were given, or the error of the first that it refuses.
private func result(_ name: String, _ values: SettingValue...) throws -> String {
    let row = try row(name)
    var fields = Fields()
    do throws(ParameterError) {
        for value in values { try row.apply(value, to: &fields) }
        return "\(row.value(in: fields))"
    } catch {
        return "\(error.kind): \(error.message)"
    }
}

@Suite("Rows of parameters")
struct ParameterRowTests {
    @Test(
        "a value is stored, converted or refused",
        arguments: [
            ("number", SettingValue.integer(-10), "integer(-10)"),
            ("number", .integer(10), "integer(10)"),
            ("number", .integer(11), "range: number must be from -10 to 10, not 11"),
            ("number", .integer(-11), "range: number must be from -10 to 10, not -11"),
            ("number", .string("0x0a"), "integer(10)"), ("number", .string("-7"), "integer(-7)"),
            ("number", .string("07"), "integer(7)"),
            ("number", .string("08"), "type: number is an integer, \"08\" is none"),
            ("number", .string(" 7"), "type: number is an integer, \" 7\" is none"),
            ("number", .unset, "type: number needs a value"),
            ("on", .integer(0), "integer(0)"), ("on", .integer(1), "integer(1)"),
            ("on", .string("1"), "integer(1)"),
            ("on", .integer(-1), "range: on must be from 0 to 1, not -1"),
            ("on", .string("yes"), "type: on is an integer, \"yes\" is none"),
            ("on", .unset, "type: on needs a value"),
            ("text", .string(""), "string(\"\")"), ("text", .integer(5), "string(\"5\")"),
            ("text", .unset, "type: text needs a value"),
            ("maybe", .string("x"), "string(\"x\")"), ("maybe", .unset, "unset"),
            ("maybe", .integer(1), "string(\"1\")"),
            ("list", .string("a"), "string(\"a\")"), ("list", .unset, "type: list needs a value"),
            ("mode", .integer(-1), "integer(-1)"), ("mode", .integer(4), "integer(4)"),
            ("mode", .string("4"), "integer(4)"),
            ("mode", .integer(0), "range: mode has no case 0; cases: [-1, 1, 4]"),
            ("mode", .integer(5), "range: mode must be from -1 to 4, not 5"),
            ("mode", .integer(-2), "range: mode must be from -1 to 4, not -2"),
            ("mode", .string("last"), "type: mode is an integer, \"last\" is none"),
            ("old_number", .integer(7), "unset"),
            ("old_number", .integer(8), "range: old_number must be from 0 to 7, not 8"),
            ("old_number", .string("x"), "type: old_number is an integer, \"x\" is none"),
            ("old_text", .string("anything"), "unset"), ("old_text", .integer(1), "unset"),
        ])
    func values(name: String, value: SettingValue, expected: String) throws {
        #expect(try result(name, value) == expected)
    }

    @Test("a list grows with each value, and shows them with commas")
    func lists() throws {
        #expect(try result("list", .string("a"), .string("b"), .integer(3)) == "string(\"a,b,3\")")
        let list = try row("list")
        #expect(list.isRepeatable && list.runtimeName == nil)
    }

    @Test("a string that may be absent can be taken back")
    func optional() throws {
        #expect(try result("maybe", .string("x"), .unset) == "unset")
    }

    @Test("what is ignored is noted once by its name, however often it is given")
    func ignored() throws {
        var fields = Fields()
        for name in ["old_number", "old_text", "old_number"] {
            try row(name).apply(.integer(1), to: &fields)
        }
        #expect(fields.ignored == ["old_number", "old_text"])
        #expect(try row("old_text").summary == "Ignored: it is old")
        #expect(try row("old_text").isRepeatable)
    }

    @Test("a refused value leaves the field as it was")
    func refused() throws {
        var fields = Fields()
        #expect(throws: ParameterError.self) {
            try row("number").apply(.integer(99), to: &fields)
        }
        #expect(throws: ParameterError.self) { try row("mode").apply(.integer(0), to: &fields) }
        #expect(throws: ParameterError.self) { try row("on").apply(.integer(2), to: &fields) }
        #expect(fields.number == 5 && fields.mode == .first && fields.isOn)
    }

    @Test("a row says whether and under which name it can change at run time")
    func runtime() throws {
        #expect(try row("number").runtimeName == nil)
        #expect(try row("on").runtimeName == "on")
        #expect(try row("text").runtimeName == "other")
        #expect(rows.filter(\.isRepeatable).map(\.name) == ["list", "old_number", "old_text"])
    }

    @Test("a row's kind has the bounds that are checked")
    func kinds() throws {
        #expect(try row("number").kind == .integer(-10...10))
        #expect(try row("on").kind == .integer(0...1))
        #expect(try row("mode").kind == .integer(-1...4))
        #expect(try row("text").kind == .string)
        #expect(try row("list").kind == .string)
        #expect(try row("old_number").kind == .integer(0...7))
    }

    @Test("every row reads the default before something is given")
    func defaults() {
        let values = rows.map { $0.value(in: Fields()) }
        #expect(
            values == [
                .integer(5), .integer(1), .string("abc"), .unset, .string(""), .integer(1), .unset,
                .unset,
            ])
    }

    @Test("every number within small bounds is stored and read back")
    func exhaustive() throws {
        let number = try row("number")
        for value in -12...12 {
            var fields = Fields()
            let isAccepted = (try? number.apply(.integer(value), to: &fields)) != nil
            #expect(isAccepted == (-10...10).contains(value))
            #expect(number.value(in: fields) == .integer(isAccepted ? value : 5))
        }
    }
}
