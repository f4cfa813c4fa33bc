import Basics
import ModuleKit
import SIPSyntax
import Testing

/// A transformation that shows what its parameters have become.
private func row(_ parameters: [TransformationParameter]) -> TransformationRow {
    TransformationRow("t.show", parameters, "Shows its parameters.") {
        (arguments, _) throws(ArgumentError) in
        { context, _ in
            let parts = arguments.map { argument in
                let number = argument.number(context).map { "\($0)" } ?? "-"
                let text = argument.text(context).map { context.string($0) } ?? "-"
                return "\(number)/\(text)"
            }
            return .string(parts.joined(separator: " "))
        }
    }
}

/// What a use of a row shows, or why it was refused.
private func shown(
    _ parameters: [TransformationParameter], _ sources: ArgumentSource...
) throws -> String {
    let context = try kitContext()
    do throws(ArgumentError) {
        let apply = try row(parameters).bind(sources, SampleTemplates())
        guard case .text(let text) = apply(context, .null) else { return "no text" }
        return context.string(text)
    } catch {
        return error.message
    }
}

private let text = TransformationParameter("t", .text)
private let integer = TransformationParameter("n", .integer)
private let character = TransformationParameter("c", .character)
private let rest = TransformationParameter("r", .rest)
private let maybe = TransformationParameter("m", .integer, isOptional: true)

@Suite("Rows of transformations")
struct TransformationRowTests {
    @Test(
        "a parameter is converted when the script is loaded, or says what it is not",
        arguments: [
            (integer, ArgumentSource.string("12"), "12/12"), (integer, .string(" -3\t"), "-3/-3"),
            (integer, .integer(7), "7/7"), (integer, .string("x"), "n is an integer, found \"x\""),
            (integer, .string(""), "n is an integer, found \"\""),
            (
                integer, .string("99999999999999999999"),
                "n is an integer, found \"99999999999999999999\""
            ),
            (text, .string("a b"), "-/a b"), (text, .string(""), "-/"), (text, .integer(5), "5/5"),
            (rest, .string("a,b"), "-/a,b"),
            (character, .string("a"), "97/97"), (character, .string(","), "44/44"),
            (character, .string("\\n"), "10/10"), (character, .string("\\r"), "13/13"),
            (character, .string("\\t"), "9/9"), (character, .string("\\s"), "32/32"),
            (character, .string("\\w"), "32/32"), (character, .string("\\\\"), "92/92"),
            (character, .string("\\"), "c is one character, found \"\\\""),
            (character, .string("\\x"), "c is one character, found \"\\x\""),
            (character, .string(""), "c is one character, found \"\""),
            (character, .string("ab"), "c is one character, found \"ab\""),
            (character, .string("ä"), "c is one character, found \"ä\""),
        ])
    func constants(
        parameter: TransformationParameter, source: ArgumentSource, expected: String
    ) throws {
        #expect(try shown([parameter], source) == expected)
    }

    @Test(
        "a pseudo-variable is asked for at each call and may have no value of the kind",
        arguments: [
            (integer, ScriptValue.integer(4), "4/4"), (integer, .string("0x10"), "16/0x10"),
            (integer, .string("x"), "-/x"), (integer, .string(""), "0/"), (integer, .null, "-/-"),
            (text, .string("abc"), "-/abc"), (text, .integer(8), "8/8"), (text, .null, "-/-"),
            (character, .string("abc"), "97/97"), (character, .string(""), "-/-"),
            (character, .integer(42), "52/52"), (character, .null, "-/-"),
        ])
    func dynamic(
        parameter: TransformationParameter, value: ScriptValue, expected: String
    ) throws {
        #expect(try shown([parameter], .expression { _ in value }) == expected)
    }

    @Test(
        "the number of parameters is checked, and the error shows how it is written",
        arguments: [
            ([TransformationParameter](), 0, ""), ([], 1, "{t.show} takes 0 parameters, found 1"),
            ([integer], 0, "{t.show,n} takes 1 parameter, found 0"),
            ([integer], 2, "{t.show,n} takes 1 parameter, found 2"),
            ([text, integer], 1, "{t.show,t,n} takes 2 parameters, found 1"),
            ([integer, maybe], 0, "{t.show,n[,m]} takes 1 to 2 parameters, found 0"),
            ([integer, maybe], 1, "1/1"), ([integer, maybe], 2, "1/1 1/1"),
            ([integer, maybe], 3, "{t.show,n[,m]} takes 1 to 2 parameters, found 3"),
        ])
    func counts(parameters: [TransformationParameter], count: Int, expected: String) throws {
        let sources = Array(repeating: ArgumentSource.string("1"), count: count)
        let context = try kitContext()
        do throws(ArgumentError) {
            let apply = try row(parameters).bind(sources, SampleTemplates())
            guard case .text(let text) = apply(context, .null) else { return }
            #expect(context.string(text) == expected)
        } catch {
            #expect(error.message == expected)
        }
    }

    @Test("a row without parameters is its closure")
    func plain() throws {
        let double = TransformationRow("n.double", "Doubles.") { context, value in
            context.integer(value).map { .integer(2 * $0) } ?? .null
        }
        #expect(double.signature == "{n.double}" && double.parameters.isEmpty)
        let context = try kitContext()
        let apply = try double.bind([], SampleTemplates())
        #expect(context.integer(apply(context, .string("21"))) == 42)
        guard case .null = apply(context, .string("x")) else {
            Issue.record("what is no number has a double")
            return
        }
    }

    @Test("a row may refuse its parameters with words of its own")
    func refusing() {
        let picky = TransformationRow("t.picky", [text], "Takes nothing.") {
            (_, _) throws(ArgumentError) in throw ArgumentError("nothing is right")
        }
        #expect(throws: ArgumentError("nothing is right")) {
            _ = try picky.bind([.string("a")], SampleTemplates())
        }
    }

    @Test("what takes the rest stands last", .timeLimit(.minutes(10)))
    func restLast() async {
        await #expect(processExitsWith: .failure) {
            _ = TransformationRow(
                "t.bad",
                [TransformationParameter("r", .rest), TransformationParameter("n", .integer)],
                "Bad."
            ) { (_, _) throws(ArgumentError) in { _, value in value } }
        }
    }
}

@Suite("Making texts of other texts")
struct DerivingTests {
    /// A text in each of the three places, with the same letters.
    private func texts(_ context: ScriptContext) -> [ScriptText] {
        [
            .message(context.message.methodRange), context.compose { $0.append("OPTIONS") },
            .owned(Array("OPTIONS".utf8)),
        ]
    }

    private func string(_ value: ScriptValue, _ context: ScriptContext) -> String? {
        context.text(value).map { context.string($0) }
    }

    @Test("a part is the same wherever its text lies", arguments: [(0, 7), (1, 3), (6, 1), (3, 0)])
    func parts(start: Int, count: Int) throws {
        let context = try kitContext()
        let expected = String("OPTIONS".dropFirst(start).prefix(count))
        for text in texts(context) {
            let part = context.part(of: text, ByteRange(offset: start, count: count))
            #expect(string(part, context) == expected)
        }
    }

    @Test("a text is made of one in any place, also in the buffer that is written to")
    func deriving() throws {
        let context = try kitContext()
        for text in texts(context) {
            let value = context.derive(text) { bytes, writer in
                for _ in 0..<1_000 { writer.append(bytes) }
                return true
            }
            #expect(string(value, context) == String(repeating: "OPTIONS", count: 1_000))
            #expect(context.string(text) == "OPTIONS")
        }
    }

    @Test("a text is made of three, whichever places they have")
    func derivingOfThree() throws {
        let context = try kitContext()
        for one in texts(context) {
            for two in texts(context) {
                let value = context.derive(one, two, .owned(Array("x".utf8))) {
                    first, second, third, writer in
                    writer.append(third)
                    writer.append(second)
                    writer.append(first.extracting(0..<1))
                    return true
                }
                #expect(string(value, context) == "xOPTIONSO")
            }
        }
    }

    @Test("what is refused leaves nothing in the buffer")
    func refused() throws {
        let context = try kitContext()
        let before = context.scratch.count
        let value = context.derive(.owned([65])) { _, writer in
            writer.append("half of it")
            return false
        }
        guard case .null = value else {
            Issue.record("what is refused has a value")
            return
        }
        #expect(context.scratch.count == before && !context.hasFailed)
    }

    @Test("what grows too long has no value, and the expression fails")
    func tooLong() throws {
        let context = try kitContext()
        let big = [UInt8](repeating: 65, count: Limits.scriptTextBytesMax)
        let value = context.derive(.owned(big)) { bytes, writer in
            writer.append(bytes)
            writer.append("!")
            return true
        }
        guard case .null = value else {
            Issue.record("a text is longer than any may be")
            return
        }
        #expect(context.hasFailed)
        context.hasFailed = false
        #expect(context.mayBuild(Limits.scriptTextBytesMax) && !context.hasFailed)
        #expect(!context.mayBuild(Limits.scriptTextBytesMax + 1) && context.hasFailed)
    }

    @Test("what all texts of a message come to is bounded as well")
    func scratch() throws {
        let context = try kitContext()
        let big = ScriptText.owned([UInt8](repeating: 65, count: 60_000))
        var made = 0
        while made < 100 {
            let value = context.derive(big) { bytes, writer in
                writer.append(bytes)
                return true
            }
            if case .null = value { break }
            made += 1
        }
        #expect(made == Limits.scratchBytesMax / 60_000)
        #expect(context.hasFailed && context.scratch.count <= Limits.scratchBytesMax)
    }

    @Test("a range from before a change that ends behind the message is empty, and harms nothing")
    func stale() throws {
        let context = try kitContext()
        let whole = ByteRange(offset: 0, count: context.messageLength)
        let old = ScriptText.message(ByteRange(offset: whole.end - 4, count: 4))
        #expect(context.removeField(context.message.headerCount - 1))
        #expect(context.applyChanges())
        #expect(context.messageLength < whole.end)
        let one = context.derive(old) { bytes, writer in
            writer.append("<")
            writer.append(bytes)
            writer.append(">")
            return true
        }
        #expect(string(one, context) == "<>")
        let three = context.derive(old, old, .owned([66])) { first, second, third, writer in
            writer.append(first)
            writer.append(second)
            writer.append(third)
            return true
        }
        #expect(string(three, context) == "B")
    }

    @Test("a part beyond its text is a defect of the caller", .timeLimit(.minutes(10)))
    func beyond() async {
        await #expect(processExitsWith: .failure) {
            let context = try kitContext()
            _ = context.part(of: .owned([65]), ByteRange(offset: 1, count: 1))
        }
    }
}
