import Basics
import ModuleKit
import SIPSyntax
import Testing

/// What an argument is worth at a call, or why it was refused when the script was loaded.
private func integer(
    _ source: ArgumentSource?, _ argument: Argument<Int> = .integer("n")
) throws -> String {
    let context = try kitContext()
    do throws(ArgumentError) {
        let evaluator = try argument.prepare(source, SampleTemplates())
        let value = evaluator.value(context)
        return value.map { "\($0)" } ?? "no value"
    } catch {
        return error.message
    }
}

/// The same for a string.
private func string(_ source: ArgumentSource?) throws -> String {
    let context = try kitContext()
    do throws(ArgumentError) {
        let evaluator = try Argument<ScriptText>.string("s").prepare(source, SampleTemplates())
        return evaluator.value(context).map { "<\(context.string($0))>" } ?? "no value"
    } catch {
        return error.message
    }
}

/// The same for a constant.
private func constant(_ source: ArgumentSource?) -> String {
    do throws(ArgumentError) {
        let evaluator = try Argument<String>.constant("c").prepare(source, SampleTemplates())
        guard case .constant(let text) = evaluator else { return "not constant" }
        return "<\(text)>"
    } catch {
        return error.message
    }
}

@Suite("Arguments of script functions")
struct ArgumentTests {
    @Test(
        "an integer is a literal, a string that holds one, or what an expression is worth",
        arguments: [
            (ArgumentSource.integer(5), "5"), (.integer(.min), "\(Int.min)"),
            (.string("12"), "12"), (.string("0x04"), "4"), (.string("010"), "8"),
            (.string("-3"), "-3"), (.string("$five"), "5"), (.string("$null"), "no value"),
            (.string(""), "expected an integer, found \"\""),
            (.string("abc"), "expected an integer, found \"abc\""),
            (.string("$x"), "unknown variable in $x"),
            (.expression { _ in .integer(8) }, "8"), (.expression { _ in .string("9") }, "9"),
            (.expression { _ in .string("010") }, "10"), (.expression { _ in .string("") }, "0"),
            (.expression { _ in .string("x") }, "no value"),
            (.expression { _ in .null }, "no value"),
        ])
    func integers(source: ArgumentSource, expected: String) throws {
        #expect(try integer(source) == expected)
    }

    @Test(
        "a string is a literal, a number, or what an expression is worth",
        arguments: [
            (ArgumentSource.string("abc"), "<abc>"), (.string(""), "<>"), (.integer(-5), "<-5>"),
            (.string("$five"), "<5>"), (.string("$null"), "no value"),
            (.string("$x y"), "unknown variable in $x y"),
            (.expression { _ in .string("e") }, "<e>"), (.expression { _ in .integer(3) }, "<3>"),
            (.expression { .text(.message($0.message.methodRange)) }, "<OPTIONS>"),
            (.expression { _ in .null }, "no value"),
        ])
    func strings(source: ArgumentSource, expected: String) throws {
        #expect(try string(source) == expected)
    }

    @Test(
        "a constant is known when the script is loaded; pseudo-variables in it are letters",
        arguments: [
            (ArgumentSource.string("location"), "<location>"), (.string(""), "<>"),
            (.integer(7), "<7>"), (.string("$five"), "<$five>"),
            (
                .expression { _ in .string("x") },
                "expected a constant string, found an expression"
            ),
        ])
    func constants(source: ArgumentSource, expected: String) {
        #expect(constant(source) == expected)
    }

    @Test("a mandatory argument that is left out says what it expects")
    func missing() throws {
        #expect(try integer(nil) == "expected an integer")
        #expect(try string(nil) == "expected a string")
        #expect(constant(nil) == "expected a constant string")
    }

    @Test("literals are constants: nothing is left to do at a call")
    func constantEvaluators() throws {
        guard
            case .constant(16) = try Argument<Int>.integer("n")
                .prepare(.string("0x10"), SampleTemplates())
        else {
            Issue.record("a literal integer is evaluated at each call")
            return
        }
        guard
            case .constant(.owned(let bytes)) = try Argument<ScriptText>.string("s")
                .prepare(.string("ab"), SampleTemplates())
        else {
            Issue.record("a literal string is evaluated at each call")
            return
        }
        #expect(bytes == [97, 98])
    }

    @Test("an optional argument keeps name and expectation, and is nil when it is left out")
    func optional() throws {
        let argument = Argument<Int>.integer("n").optional
        #expect(argument.name == "n" && argument.expects == "integer" && argument.isOptional)
        let context = try kitContext()
        func value(_ source: ArgumentSource?) throws -> Int?? {
            try argument.prepare(source, SampleTemplates()).value(context)
        }
        #expect(try value(nil) == .some(.none))
        #expect(try value(.integer(5)) == .some(5))
        #expect(try value(.string("$five")) == .some(5))
        #expect(try value(.string("$null")) == nil, "given, but without a value: no call")
        #expect(throws: ArgumentError("expected an integer, found \"x\"")) {
            _ = try argument.prepare(.string("x"), SampleTemplates())
        }
    }

    @Test("the three types say what they expect")
    func expectations() {
        #expect(Argument<Int>.integer("a").expects == "integer")
        #expect(Argument<ScriptText>.string("a").expects == "string")
        #expect(Argument<String>.constant("a").expects == "constant string")
        #expect(!Argument<Int>.integer("a").isOptional)
    }

    @Test("a dynamic argument is asked at each call")
    func eachCall() throws {
        let context = try kitContext()
        let evaluator = try Argument<Int>.integer("n")
            .prepare(.expression { .integer($0.returnCode) }, SampleTemplates())
        for code in [3, -1, 0] {
            context.returnCode = code
            #expect(evaluator.value(context) == code)
        }
    }
}
