import Basics
import ModuleKit
import RouteScript
import SIPSyntax
import Testing

@testable import PV

@Suite("Transformations in scripts")
struct TransformationUseTests {
    @Test(
        "what is no transformation is refused when the script is loaded",
        arguments: [
            ("{s.lenn}", "unknown transformation {s.lenn}"),
            ("{x.len}", "unknown transformation {x.len}"),
            ("{}", "unknown transformation {}"),
            ("{s.len,1}", "{s.len,1}: {s.len} takes 0 parameters, found 1"),
            ("{s.substr,1}", "{s.substr,1}: {s.substr,offset,length} takes 2 parameters, found 1"),
            ("{s.substr,x,1}", "{s.substr,x,1}: offset is an integer, found \"x\""),
            ("{s.substr,1,-1}", "{s.substr,1,-1}: a length is not negative, found -1"),
            ("{s.strip,}", "{s.strip,}: len is an integer, found \"\""),
            ("{s.count,ab}", "{s.count,ab}: char is one character, found \"ab\""),
            ("{s.select,1,}", "{s.select,1,}: separator is one character, found \"\""),
            (
                "{s.prefixes,1,2}",
                "{s.prefixes,1,2}: {s.prefixes[,len]} takes 0 to 1 parameters, found 2"
            ),
            ("{s.ftime,}", "{s.ftime,}: a format has 1 to 255 characters"),
            ("{s.rm,$var(b)x}", "{s.rm,$var(b)x}: something stands behind a pseudo-variable"),
            (
                "{re.subst,/a/b}",
                "{re.subst,/a/b}: a substitution has the form /expression/replacement/flags"
            ),
            ("{re.subst,/a/b/q}", "{re.subst,/a/b/q}: \"q\" is no flag: i, g and s are"),
        ])
    func refusals(chain: String, message: String) {
        #expect(scriptError("$var(x) = $(var(y)\(chain));") == message)
    }

    @Test("a mistyped name gets the nearest one as a hint")
    func hints() {
        #expect(throws: ScriptErrors.self) { try ScriptRig("$var(x) = $(ru{s.lne});") }
        do {
            _ = try ScriptRig("$var(x) = $(ru{uri.usr});")
        } catch let error as ScriptErrors {
            #expect(error.errors[0].hint == "did you mean {uri.user}?")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test("an unknown variable or expression within a transformation is refused")
    func inner() {
        #expect(scriptError("$var(x) = $(var(y){s.rm,$nope});").contains("$nope"))
        #expect(scriptError("$var(x) = $(var(y){re.subst,/a[/b/});").contains("is no regular"))
        #expect(scriptError("$var(x) = $(var(y){re.subst,/a/$nope/});").contains("$nope"))
    }

    @Test("variables within variables are bounded in depth")
    func depth() {
        var variable = "$var(x)"
        for _ in 0..<30 { variable = "$(var(x){s.rm,\(variable)})" }
        #expect(scriptError("$var(x) = \(variable);").contains("deep"))
    }

    @Test(
        "in a template a transformation without a value shows as nothing",
        arguments: [
            ("<$(hdr(None){s.len})>", "<>"), ("$(hdr(None){s.len})", ""),
            ("$hdr(None)", "<null>"), ("$(ru{uri.port})/$(rU{s.toupper})", "5080/CAROL"),
            ("$(null{val.n0})", "0"), ("$(rc{s.len})", "1"),
            ("$(hdr(X-Multi)[-1]{s.strip,2}{s.toupper})", "REE"),
        ])
    func templates(template: String, expected: String) throws {
        #expect(try expanded(template) == expected)
    }

    @Test(
        "$_s is a string with variables in it",
        arguments: [
            ("$_s(sip:$rU@$rd)", "sip:carol@example.com"), ("$_s(plain)", "plain"),
            ("$_s($rU)", "carol"), ("$_s($hdr(None))", "<null>"), ("$_s(a$$b)", "a$b"),
            ("$_s(<$(rU{s.len})>)", "<5>"), ("$(_s($rU-$fU){s.toupper})", "CAROL-ALICE"),
        ])
    func dynamicStrings(expression: String, expected: String) throws {
        #expect(try ScriptRig("note(\(expression));").run() == [expected])
    }

    @Test("a variable with a transformation cannot be set")
    func readOnly() {
        #expect(
            scriptError("$(ru{s.len}) = 1;")
                == "a pseudo-variable with a transformation cannot be set")
    }

    @Test("a string that would grow too long fails the expression and keeps nothing")
    func bounds() throws {
        let rig = try ScriptRig(
            """
            $var(x) = $(mb{s.encode.hexa}{s.encode.hexa}{s.encode.hexa}{s.encode.hexa});
            $vn(r) = "kept"; $vn(r) = $(var(x){s.replace,3,$var(x)}); note("$vn(r)");
            $vn(p) = $(var(x){s.prefixes}); note("$vn(p)");
            """)
        #expect(try rig.run() == ["kept", "<null>"])
        #expect(rig.context.scratch.count <= Limits.scratchBytesMax)
    }
}

@Suite("Transformations and memory")
struct TransformationMemoryTests {
    /// Applies a transformation to a text of a context.
    private func apply(
        _ name: String, _ sources: [ArgumentSource] = [], to text: ScriptText,
        _ context: ScriptContext
    ) throws -> ScriptValue {
        let row = try #require(Transformations.all.first { $0.name == name })
        return try row.bind(sources, NoTemplates())(context, .text(text))
    }

    /// A context whose message is the one of the rig.
    private func context() throws -> ScriptContext {
        let rig = try ScriptRig("note(\"$rm\");")
        try rig.run()
        return rig.context
    }

    @Test("a part of the message stays where it is")
    func messageParts() throws {
        let context = try context()
        let range = context.message.requestURI
        let value = try apply("uri.host", to: .message(range), context)
        guard case .text(.message(let host)) = value else {
            Issue.record("a copy: \(value)")
            return
        }
        #expect(context.string(.message(host)) == "example.com")
        #expect(host.start == range.start + 10)
    }

    @Test("a part of what the script has built stays where it is")
    func scratchParts() throws {
        let context = try context()
        let text = context.compose { $0.append("  one two  ") }
        let before = context.scratch.count
        let value = try apply("s.trim", to: text, context)
        guard case .text(.scratch(let range)) = value else {
            Issue.record("a copy: \(value)")
            return
        }
        #expect(context.string(.scratch(range)) == "one two")
        #expect(context.scratch.count == before)
    }

    @Test("a text in the buffer may be read while the buffer grows")
    func growth() throws {
        let context = try context()
        let text = context.compose { writer in
            for _ in 0..<20_000 { writer.append("ab") }
        }
        guard case .null = try apply("s.encode.hexa", to: text, context) else {
            Issue.record("80000 bytes are too many")
            return
        }
        #expect(context.hasFailed)
        let half = context.part(of: text, ByteRange(offset: 0, count: 20_000))
        guard case .text(let part) = half else { return }
        guard case .text(let digits) = try apply("s.encode.hexa", to: part, context) else {
            Issue.record("no text")
            return
        }
        #expect(context.string(digits) == String(repeating: "6162", count: 10_000))
    }

    @Test("what fails leaves nothing behind")
    func failure() throws {
        let context = try context()
        let before = context.scratch.count
        let value = try apply("s.decode.hexa", to: .owned(Array("6162zz".utf8)), context)
        guard case .null = value else {
            Issue.record("a value")
            return
        }
        #expect(context.scratch.count == before)
    }

    @Test("every transformation survives hostile texts")
    func hostile() throws {
        let texts: [[UInt8]] = [
            [], [0], [0xff, 0xfe], Array("\"\"\"<<<>>>".utf8), Array("%%%%%".utf8),
            Array("sip:@@;;??".utf8), Array("\\\\\\'\"".utf8), Array(";;;===,,,".utf8),
            Array("\n\r\n\r".utf8), Array("~~~".utf8), Array("[[[:::".utf8), Array("a=\"\\".utf8),
            Array(repeating: 0x41, count: 70_000),
        ]
        let context = try context()
        for row in Transformations.all {
            let sources = row.parameters.map { parameter -> ArgumentSource in
                switch parameter.kind {
                case .text: .string("a")
                case .integer: .integer(-3)
                case .character: .string("=")
                case .rest: .string("/(a*)/\\1b/g")
                }
            }
            for sample in 0..<2 {
                // Once as they are, and once with a length that does no harm.
                let fitting = row.parameters.last?.kind == .integer && sample == 1
                let used = fitting ? sources.dropLast() + [.integer(3)] : sources
                guard let transformation = try? row.bind(used, NoTemplates()) else { continue }
                for text in texts {
                    context.scratch.removeAll()
                    _ = transformation(context, .text(.owned(text)))
                    #expect(context.scratch.count <= 2 * Limits.scriptTextBytesMax)
                }
                _ = transformation(context, .null)
                _ = transformation(context, .integer(Int.min))
            }
        }
    }
}

/// Compiles no templates.
private struct NoTemplates: TemplateCompiler {
    func template(
        _ text: String
    ) throws(ArgumentError) -> (@Sendable (ScriptContext) -> ScriptValue)? { nil }
}

@Suite("Transformations as modules declare them")
struct TransformationRowTests {
    @Test("every row has a sentence, and a name of class and function in lower case")
    func sentences() {
        for row in Transformations.all {
            #expect(row.summary.hasSuffix("."), "\(row.name)")
            #expect(row.name.contains("."), "\(row.name)")
            #expect(row.name == row.name.lowercased())
        }
    }

    @Test("no name is declared twice")
    func names() {
        let names = Transformations.all.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test(
        "the signature shows what may be left out",
        arguments: [
            ("s.len", "{s.len}"), ("s.prefixes", "{s.prefixes[,len]}"),
            ("param.value", "{param.value,name[,delimiter]}"),
            ("re.subst", "{re.subst,expression}"), ("s.replace", "{s.replace,match,repl}"),
        ])
    func signatures(name: String, expected: String) throws {
        let row = try #require(Transformations.all.first { $0.name == name })
        #expect(row.signature == expected)
    }

    @Test("the blueprint of pv holds them for the reference page")
    func blueprint() {
        let names = ModuleBlueprint(PVModule.self).transformations.map(\.name)
        #expect(names == Transformations.all.map(\.name))
    }
}
