import Basics
import ModuleKit
import Testing

@testable import PV

/// The names of structured attributes, taken apart without a script.
@Suite("Names of structured attributes")
struct StructuredPathTests {
    /// A path in words: `root[place]=>key[place]`, places only where they are written.
    private func words(_ text: String) -> String? {
        guard let path = StructuredPath(Array(text.utf8)) else { return nil }
        return ([path.root] + (path.key.map { [$0] } ?? [])).map { part in
            let name = String(decoding: part.name, as: UTF8.self)
            return switch part.place {
            case .unsaid: name
            case .number(let number): "\(name)[\(number)]"
            case .all: "\(name)[*]"
            }
        }.joined(separator: "=>")
    }

    @Test(
        "what is a name",
        arguments: [
            ("r", "r"), ("root", "root"), ("r[0]", "r[0]"), ("r[12]", "r[12]"), ("r[-1]", "r[-1]"),
            ("r[*]", "r[*]"), ("r=>k", "r=>k"), ("r[0]=>k", "r[0]=>k"), ("r=>k[1]", "r=>k[1]"),
            ("r[*]=>k[*]", "r[*]=>k[*]"), ("r[0x10]=>k", "r[16]=>k"), ("r[010]", "r[10]"),
            (" r => k ", "r=>k"), ("r[0] =>  k[1]", "r[0]=>k[1]"), ("a b=>c d", "a b=>c d"),
            ("a.b-c_d", "a.b-c_d"), ("r[+2]", "r[2]"), ("\u{e9}=>\u{fc}", "\u{e9}=>\u{fc}"),
            ("s:r=>i:5", "s:r=>i:5"),
        ])
    func names(text: String, expected: String) {
        #expect(words(text) == expected)
    }

    @Test(
        "what is none",
        arguments: [
            "", " ", "=>", "=>k", "r=>", "r=> ", "[0]", "[0]=>k", "r[]", "r[x]", "r[1", "r1]",
            "r[1]x", "r[1][2]", "r=>k[", "r=>k]", "r=>[1]", "r=>k=>j", "r=k", "r>k", "$r", "r=>$k",
            "r[*", "r[**]", "r[1.5]", "r[99999999999999999999]", "r[ 1]", "r=>k[1]x", "]", "[",
        ])
    func notNames(text: String) {
        #expect(words(text) == nil, "\(text)")
    }

    @Test("every text of five of the marks is either taken apart or refused, never a trap")
    func exhausted() {
        let marks: [Character] = ["r", "[", "]", "=", ">", "1", "*", " ", "$", "-"]
        var taken = 0
        for number in 0..<100_000 {
            var rest = number
            var text = ""
            for _ in 0..<5 {
                text.append(marks[rest % 10])
                rest /= 10
            }
            guard let path = StructuredPath(Array(text.utf8)) else { continue }
            taken += 1
            #expect(!path.root.name.isEmpty && path.key?.name.isEmpty != true, "\(text)")
        }
        #expect(taken > 100 && taken < 20_000)
    }

    @Test("the place that is looked at is the newest where none is written")
    func places() {
        #expect(StructuredPath.Place.unsaid.number == 0)
        #expect(StructuredPath.Place.all.number == 0)
        #expect(StructuredPath.Place.number(-3).number == -3)
    }

    @Test("each class reads and changes its own attributes of a message")
    func classes() {
        let context = ScriptContext(services: StandInServices())
        for kind in StructuredClass.allCases {
            let isPushed = kind.edit(context) {
                $0.push(Array("r".utf8), value: .string(kind.rawValue))
            }
            #expect(isPushed)
        }
        for kind in StructuredClass.allCases {
            let roots = kind.values(context).roots
            #expect(roots.count == 1)
            guard case .text(let text)? = roots.first?.value else {
                Issue.record("\(kind) holds no text")
                continue
            }
            #expect(context.string(text) == kind.rawValue)
        }
        #expect(StructuredClass.xavi.values(context).ignoresCase)
        #expect(!StructuredClass.xavp.values(context).ignoresCase)
    }
}
