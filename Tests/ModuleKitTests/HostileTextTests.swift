import Basics
import ModuleKit
import SIPSyntax
import TestSupport
import Testing

/// Templates without variables.
private struct NoVariables: TemplateCompiler {
    func template(
        _ text: String
    ) throws(ArgumentError) -> (@Sendable (ScriptContext) -> ScriptValue)? { nil }
}

@Suite("Header text from strangers")
struct HostileHeaderTextTests {
    /// Random bytes of those that matter to the framing of a message.
    private func bytes(_ numbers: inout SeededNumbers) -> [UInt8] {
        let alphabet = Array("aB-: \t\r\n,\u{0}\u{7f}ä".utf8)
        let count = Int.random(in: 0...24, using: &numbers)
        return (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &numbers)]
        }
    }

    @Test("whatever is accepted is lines of fields: names, colons, CRLF, and nothing else")
    func lines() {
        var numbers = SeededNumbers(seed: 11)
        var accepted = 0
        for round in 0..<20_000 {
            let text = bytes(&numbers)
            guard let lines = HeaderText.lines(text) else { continue }
            accepted += 1
            var rest = lines[...]
            var isFirst = true
            while let end = rest.firstIndex(of: 10) {
                let line = rest[rest.startIndex..<end]
                rest = rest[(end + 1)...]
                let isFolded = line.first == 32 || line.first == 9
                let name = line.prefix { $0 != 58 && $0 != 32 && $0 != 9 }
                let isSound =
                    line.last == 13 && !line.dropLast().contains(13) && !line.contains(0)
                    && line.count > 1 && (isFolded ? !isFirst : SIPToken.isToken(name))
                guard isSound else {
                    Issue.record("round \(round): \(text)")
                    return
                }
                isFirst = false
            }
            #expect(rest.isEmpty)
        }
        #expect(accepted > 100, "the alphabet makes some good lines")
    }

    @Test("what is added is read back as the same fields, and never ends the header section")
    func roundTrip() throws {
        var numbers = SeededNumbers(seed: 12)
        for round in 0..<600 {
            let text = Array("X-A: 1\n".utf8) + bytes(&numbers)
            guard let lines = HeaderText.lines(text) else { continue }
            let context = try kitContext()
            let before = context.message.headerCount
            #expect(context.addHeader(text, .first))
            guard context.applyChanges() else { continue }
            let added = context.message.headerCount - before
            let starts = lines.split(separator: 10).count { $0.first != 32 && $0.first != 9 }
            guard added == starts else {
                Issue.record("round \(round): \(added) fields of \(text)")
                return
            }
            let callID = context.message.header(.callID)
            #expect(callID.map { context.string(.message($0)) } == "c")
        }
    }

    @Test("a value in one line has no control bytes but tabs, and keeps its length")
    func oneLine() {
        for byte in UInt8.min...UInt8.max {
            let line = HeaderText.oneLine([65, byte, 66])
            #expect(line.count == 3 && line[0] == 65 && line[2] == 66)
            let isControl = (byte < 32 && byte != 9) || byte == 127
            #expect(line[1] == (isControl ? 32 : byte))
        }
    }

    @Test("a token is one or more bytes of RFC 3261's alphabet")
    func tokens() {
        let alphabet = Set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(SIPToken.contains(byte) == alphabet.contains(byte), "\(byte)")
            #expect(SIPToken.isToken([65, byte]) == alphabet.contains(byte))
        }
        #expect(!SIPToken.isToken([UInt8]()))
    }
}

@Suite("Substitutions beside a naive one")
struct SubstitutionPropertyTests {
    /// Replaces a literal text by another, once or everywhere, in the plainest way.
    private func naive(_ text: String, _ old: String, _ new: String, _ isGlobal: Bool) -> String? {
        guard let first = text.firstRange(of: old) else { return nil }
        let head = String(text[..<first.lowerBound]) + new
        let tail = String(text[first.upperBound...])
        return head + (isGlobal ? naive(tail, old, new, true) ?? tail : tail)
    }

    @Test("literal texts are replaced as a naive search replaces them", arguments: ["", "g"])
    func literals(flags: String) throws {
        var numbers = SeededNumbers(seed: 21)
        func word(_ most: Int) -> String {
            let count = Int.random(in: 1...most, using: &numbers)
            return String((0..<count).map { _ in "abc".randomElement(using: &numbers) ?? "a" })
        }
        let context = try kitContext()
        for round in 0..<400 {
            let (text, old, new) = (word(20), word(3), word(4))
            let made = try TextSubstitution("/\(old)/\(new)/\(flags)", NoVariables())
            let bytes = Array(text.utf8)
            let result = made.result(bytes.span, context).map {
                String(decoding: $0, as: UTF8.self)
            }
            guard result == naive(text, old, new, flags == "g") else {
                Issue.record("round \(round): \(text), \(old) by \(new) is \(result ?? "nil")")
                return
            }
        }
    }

    @Test("what is found lies in the text in order, and never overlaps")
    func ranges() throws {
        let context = try kitContext()
        let patterns = ["/a*/x/g", "/(a|ab)(c|bcd)?/\\2\\1/g", "/^/>/g", "/$/</g", "/./\\0\\0/g"]
        for pattern in patterns {
            let made = try TextSubstitution(pattern, NoVariables())
            for text in ["", "a", "abcd", "aab\nab\n", "xaxbxc", "\n\n"] {
                let bytes = Array(text.utf8)
                var place = 0
                for found in made.replacements(bytes.span, context) {
                    #expect(found.range.start >= place && found.range.end <= bytes.count)
                    place = found.range.end
                }
            }
        }
    }

    @Test(
        "any character may separate the parts, and is itself with a backslash in front",
        arguments: ["/", "#", "|", ",", "a", "0", "!"])
    func separators(mark: String) throws {
        let made = try TextSubstitution("\(mark)x\(mark)<\\\(mark)>\(mark)g", NoVariables())
        let bytes = Array("1x2x".utf8)
        let result = made.result(bytes.span, try kitContext())
        #expect(result == Array("1<\(mark)>2<\(mark)>".utf8))
    }

    @Test("a group that took no part in the match is nothing, and so is one that is not there")
    func groups() throws {
        let context = try kitContext()
        let made = try TextSubstitution("/(a)|(b)/[\\1\\2\\3]/g", NoVariables())
        let bytes = Array("ab".utf8)
        let result = made.result(bytes.span, context)
        #expect(result == Array("[a][b]".utf8))
    }

    @Test("the URI that is put in is the one that the script has set")
    func requestURI() throws {
        let context = try kitContext()
        #expect(context.setRequestURI(Array("sip:new@host".utf8)))
        let made = try TextSubstitution("/x/<\\u>/", NoVariables())
        let bytes = Array("x".utf8)
        let result = made.result(bytes.span, context)
        #expect(result == Array("<sip:new@host>".utf8))
    }

    @Test("bytes that are no UTF-8 are matched and kept as bytes")
    func bytes() throws {
        let made = try TextSubstitution("/b/X/g", NoVariables())
        let bytes: [UInt8] = [0xff, 98, 0xc3, 98, 0x80]
        let result = made.result(bytes.span, try kitContext())
        #expect(result == [0xff, 88, 0xc3, 88, 0x80])
    }
}

@Suite("Values that share a header field")
struct ListedValuePropertyTests {
    /// A context with fields of one name that hold values in all kinds of groups.
    private func context(_ fields: [[String]]) throws -> ScriptContext {
        let context = try kitContext()
        for values in fields {
            let line = "X-List: " + values.joined(separator: " , ")
            #expect(context.addHeader(Array(line.utf8), .last))
        }
        #expect(context.applyChanges())
        return context
    }

    private func values(_ context: ScriptContext) -> [String] {
        context.listedValues(Array("x-list".utf8)).map { context.string(.message($0.range)) }
    }

    @Test("any of the values may be taken out; the others stay in their order")
    func subsets() throws {
        let fields = [["a", "\"b, c\" <sip:b,b@h>;x=\"y,z\""], ["d"], ["e", "f", "<sip:g,g>"]]
        let all = fields.flatMap { $0 }
        for mask in 0..<(1 << all.count) {
            let context = try context(fields)
            let listed = context.listedValues(Array("X-LIST".utf8))
            #expect(listed.map { context.string(.message($0.range)) } == all)
            #expect(context.removeValues(listed) { mask & (1 << $0) != 0 })
            #expect(context.applyChanges())
            let expected = all.indices.filter { mask & (1 << $0) == 0 }.map { all[$0] }
            guard values(context) == expected else {
                Issue.record("mask \(mask): \(values(context))")
                return
            }
            let empty = context.message.headerCount - 7
            #expect(empty >= 0 || expected.isEmpty)
        }
    }

    @Test("a field whose values all go is gone with its line")
    func wholeFields() throws {
        let context = try context([["a", "b"], ["c"]])
        let before = context.message.headerCount
        let listed = context.listedValues(Array("X-List".utf8))
        #expect(context.removeValues(listed) { $0 < 2 })
        #expect(context.applyChanges())
        #expect(context.message.headerCount == before - 1)
        #expect(values(context) == ["c"])
    }

    @Test("empty values are none, and with whole fields commas do not matter")
    func empties() throws {
        let context = try context([["", "a", ""], ["", ""], ["b,c"]])
        #expect(values(context) == ["a", "b", "c"])
        let whole = context.listedValues(Array("X-List".utf8), isWhole: true)
        #expect(whole.count == 3)
        #expect(whole.map(\.field) == whole.map(\.field).sorted())
        #expect(context.listedValues(Array("none".utf8)).isEmpty)
    }
}
