import Basics
import ModuleKit
import Testing

/// What the rows below write to.
private struct Fields: Sendable {
    var list: [String] = []
    var text = "abc"
}

/// What a row reads back after values were given, or the error of the first that it refuses.
private func result(
    _ row: ParameterRow<Fields>, _ values: SettingValue...
) -> String {
    var fields = Fields()
    do throws(ParameterError) {
        for value in values { try row.apply(value, to: &fields) }
        return "\(row.value(in: fields))"
    } catch {
        return "\(error.kind): \(error.message)"
    }
}

@Suite("Parameters with a form of their own")
struct CheckedParameterTests {
    private let list = ParameterRow<Fields>("pair", list: \.list, "Pairs.") {
        (text) throws(ArgumentError) in
        if !text.contains("=") { throw ArgumentError("has no =") }
    }
    private let text = ParameterRow<Fields>("word", \.text, "A word.") { text in
        text.contains(" ") ? "is one word" : nil
    }
    private let refused = ParameterRow<Fields>(refused: "old", because: "it is gone")

    @Test("each value of a list is checked, and the error names it")
    func lists() {
        #expect(result(list, .string("a=1"), .string("b=2")) == "string(\"a=1,b=2\")")
        #expect(result(list, .string("a=1"), .string("b")) == "range: pair \"b\": has no =")
        #expect(result(list, .integer(1)) == "type: pair is a string")
        #expect(result(list, .unset) == "type: pair is a string")
        #expect(list.isRepeatable && list.runtimeName == nil && list.kind == .string)
    }

    @Test("a refused value of a list adds nothing")
    func listUnchanged() {
        var fields = Fields()
        #expect(throws: ParameterError.self) { try list.apply(.string("x"), to: &fields) }
        #expect(fields.list.isEmpty)
    }

    @Test(
        "a text with a form of its own is stored or refused in its own words",
        arguments: [
            (SettingValue.string("x"), "string(\"x\")"), (.integer(5), "string(\"5\")"),
            (.unset, "string(\"\")"), (.string(""), "string(\"\")"),
            (.string("a b"), "type: word is one word, not \"a b\""),
        ])
    func texts(value: SettingValue, expected: String) {
        #expect(result(text, value) == expected)
    }

    @Test("a parameter that cannot be had says why, whatever it is given")
    func refusal() {
        for value in [SettingValue.string("x"), .integer(1), .unset] {
            #expect(result(refused, value) == "type: old is refused: it is gone")
        }
        #expect(refused.summary == "Refused: it is gone")
        #expect(refused.value(in: Fields()) == .unset && !refused.isRepeatable)
    }
}

/// A script with two blocks and two variables.
private struct Blocks: TemplateCompiler {
    func template(
        _ text: String
    ) throws(ArgumentError) -> (@Sendable (ScriptContext) -> ScriptValue)? {
        guard text.hasPrefix("$") else { return nil }
        return { _ in .string("dynamic") }
    }
    func has(_ route: NamedRoute, _ name: String) -> Bool {
        (route == .failure && name == "F") || (route == .event && name == "tm:x")
    }
    func suggestion(_ route: NamedRoute, _ name: String) -> String? { name == "f" ? "F" : nil }
    func variable(_ text: String) throws(ArgumentError) -> VariableAccess {
        switch text {
        case "$var(x)":
            return VariableAccess(read: { _ in .integer(1) }, write: { _, _ in true })
        case "$ci": return VariableAccess(read: { _ in .string("c") })
        default: throw ArgumentError("\"\(text)\" is no variable")
        }
    }
}

/// The message of an error, or "none".
private func fault(_ body: () throws(ArgumentError) -> Void) -> String {
    do throws(ArgumentError) {
        try body()
        return "none"
    } catch {
        return error.message
    }
}

@Suite("Arguments that name something of the script")
struct NamingArgumentTests {
    @Test("a constant name of a block must be that of one, and the nearest is suggested")
    func routes() throws {
        let argument = Argument<ScriptText>.route("route", .failure)
        #expect(argument.expects == "name of failure_route[]" && !argument.isOptional)
        func fault(_ source: ArgumentSource?) -> String {
            ModuleKitTests.fault { () throws(ArgumentError) in
                _ = try argument.prepare(source, Blocks())
            }
        }
        #expect(fault(.string("F")) == "none")
        #expect(fault(.string("f")) == "there is no failure_route[f]; did you mean \"F\"?")
        #expect(fault(.string("tm:x")) == "there is no failure_route[tm:x]")
        #expect(fault(.integer(5)) == "there is no failure_route[5]")
        #expect(fault(nil) == "expected a string")
        #expect(fault(.string("$var(x)")) == "none", "what is computed is looked up at each call")
        #expect(fault(.expression { _ in .null }) == "none")
    }

    @Test("every kind of block is written as scripts write it", arguments: NamedRoute.allCases)
    func kinds(kind: NamedRoute) {
        let argument = Argument<ScriptText>.route("r", kind)
        #expect(argument.expects == "name of \(kind.rawValue)[]")
        #expect(kind.rawValue.hasSuffix("_route"))
        #expect(SampleTemplates().has(kind, "anything"), "whoever knows no blocks refuses none")
        #expect(SampleTemplates().suggestion(kind, "x") == nil)
    }

    @Test(
        "a variable to write must be one in quotes that can be written",
        arguments: [
            (ArgumentSource.string("$var(x)"), "none", "none"),
            (.string("$ci"), "\"$ci\" cannot be written", "none"),
            (.string("x"), "\"x\" is no variable", "\"x\" is no variable"),
            (
                .integer(1), "expected a pseudo-variable in quotes, such as \"$var(x)\"",
                "expected a pseudo-variable in quotes, such as \"$var(x)\""
            ),
            (
                .expression { _ in .null },
                "expected a pseudo-variable in quotes, such as \"$var(x)\"",
                "expected a pseudo-variable in quotes, such as \"$var(x)\""
            ),
        ])
    func variables(source: ArgumentSource, toWrite: String, toRead: String) {
        let written = fault { () throws(ArgumentError) in
            _ = try Argument<VariableAccess>.variable("v").prepare(source, Blocks())
        }
        let read = fault { () throws(ArgumentError) in
            _ = try Argument<VariableAccess>.pseudoVariable("v").prepare(source, Blocks())
        }
        #expect(written == toWrite && read == toRead)
    }

    @Test("a script without variables has none to name")
    func noVariables() {
        let text = fault { () throws(ArgumentError) in _ = try SampleTemplates().variable("$x") }
        #expect(text == "expected a pseudo-variable, found \"$x\"")
    }

    @Test("an expression and a substitution are compiled when the script is loaded")
    func patterns() throws {
        let pattern = Argument<RegularExpression>.pattern("re")
        let compiled = try pattern.prepare(.string("^B.$"), Blocks())
        guard case .constant(let expression) = compiled else {
            Issue.record("a pattern is compiled at each call")
            return
        }
        let text = Array("a\nbc".utf8)
        let isFound = expression.matches(text.span)
        #expect(isFound)
        for source in [ArgumentSource.string("("), .integer(1), .expression { _ in .null }] {
            let words = fault { () throws(ArgumentError) in
                _ = try pattern.prepare(source, Blocks())
            }
            #expect(words != "none")
        }
        let substitution = Argument<TextSubstitution>.substitution("s")
        #expect(substitution.expects == "substitution")
        for source in [ArgumentSource.string("/a"), .integer(1), .expression { _ in .null }] {
            let words = fault { () throws(ArgumentError) in
                _ = try substitution.prepare(source, Blocks())
            }
            #expect(words.contains("/expression/replacement/flags"))
        }
        let made = try substitution.prepare(.string("/a/b/"), Blocks())
        guard case .constant(let ready) = made else {
            Issue.record("a substitution is compiled at each call")
            return
        }
        let bytes = Array("xa".utf8)
        let result = ready.result(bytes.span, try kitContext())
        #expect(result == Array("xb".utf8))
    }
}

/// Words of a variable.
private enum Word: String, CaseIterable {
    case one, two
}

@Suite("References to variables")
struct VariableReferenceTests {
    @Test("an index is constant, known at each call, or all")
    func indexes() throws {
        let context = try kitContext()
        context.returnCode = 4
        let constant = VariableReference.Index.number(-2)
        #expect(constant.constant == -2 && constant.number(context) == -2)
        let dynamic = VariableReference.Index.dynamic { $0.returnCode }
        #expect(dynamic.constant == nil && dynamic.number(context) == 4)
        let all = VariableReference.Index.all
        #expect(all.constant == nil && all.number(context) == nil)
        #expect(VariableReference.Index.dynamic { _ in nil }.number(context) == nil)
    }

    @Test("a variable of one value refuses every index by its name")
    func refusing() {
        for index in [VariableReference.Index.number(0), .all, .dynamic { _ in 0 }] {
            let reference = VariableReference(name: "x", index: index)
            let text = fault { () throws(ArgumentError) in try reference.refuseIndex() }
            #expect(text == "$x takes no index behind its name")
        }
        let plain = VariableReference(name: "x")
        #expect(fault { () throws(ArgumentError) in try plain.refuseIndex() } == "none")
    }

    @Test("a word in parentheses is one of a list, or the list is told")
    func words() {
        #expect((try? VariableReference(name: "x", inner: "two").word(Word.self)) == .two)
        for inner in ["Two", "", nil] as [String?] {
            let reference = VariableReference(name: "x", inner: inner)
            let text = fault { () throws(ArgumentError) in _ = try reference.word(Word.self) }
            #expect(text == "there is no \"\(inner ?? "")\"; there are one, two")
        }
    }

    @Test("the forms that a variable takes are told apart")
    func forms() {
        #expect(VariableForms.every == [.all, .dynamicIndex, .dynamicInner])
        #expect(VariableForms().isDisjoint(with: .every))
        #expect(VariableForms.all.isDisjoint(with: .dynamicIndex))
        #expect(VariableForms.dynamicInner.isDisjoint(with: [.all, .dynamicIndex]))
    }
}

@Suite("Settings that scripts read by their names")
struct RuntimeSettingTests {
    @Test("a slot is the same for all who ask, and others have others")
    func slots() {
        let one = RuntimeSetting.slot(group: "slots", name: "a")
        #expect(RuntimeSetting.slot(group: "slots", name: "a") == one)
        #expect(RuntimeSetting.slot(group: "slots", name: "b") != one)
        #expect(RuntimeSetting.slot(group: "other", name: "a") != one)
    }

    @Test("a value is that of the message, and the next message sees the change")
    func values() throws {
        let context = try kitContext()
        let store = context.services.settings
        store.declare(group: "g", name: "n", value: .integer(1), summary: "")
        store.declare(group: "g", name: "t", value: .string("x"), summary: "")
        context.reset(origin: context.origin, now: context.now)
        let number = RuntimeSetting.slot(group: "g", name: "n")
        let text = RuntimeSetting.slot(group: "g", name: "t")
        let none = RuntimeSetting.slot(group: "g", name: "none")
        #expect(context.integer(context.runtimeSetting(number)) == 1)
        try store.set(group: "g", name: "n", to: .integer(2))
        #expect(context.integer(context.runtimeSetting(number)) == 1)
        context.reset(origin: context.origin, now: context.now)
        #expect(context.integer(context.runtimeSetting(number)) == 2)
        #expect(context.text(context.runtimeSetting(text)).map { context.string($0) } == "x")
        guard case .null = context.runtimeSetting(none) else {
            Issue.record("a setting that is not there has a value")
            return
        }
    }

    @Test("an unset string is null, and a setting of a module is read by its runtime name")
    func modules() throws {
        let context = try kitContext()
        _ = try ModuleBlueprint(SampleModule.self).configure().make(context.services)
        context.reset(origin: context.origin, now: context.now)
        let size = RuntimeSetting.slot(group: "sample", name: "size")
        #expect(context.integer(context.runtimeSetting(size)) == 5)
        let isOn = RuntimeSetting.slot(group: "sample", name: "is_on")
        #expect(context.integer(context.runtimeSetting(isOn)) == 0)
        let fixed = RuntimeSetting.slot(group: "sample", name: "path")
        guard case .null = context.runtimeSetting(fixed) else {
            Issue.record("a setting that cannot change at run time is read")
            return
        }
    }
}
