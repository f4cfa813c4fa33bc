import Basics
import ModuleKit
import SIPSyntax
import TestSupport
import Testing

private func name(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The number of a value, nil for all others.
private func number(_ value: ScriptValue?) -> Int? {
    if case .integer(let number) = value { return number }
    return nil
}

/// A stack of roots kept in the simplest way: names and numbers, the newest in front.
private struct NaiveRoots {
    struct Root {
        var name: String
        var value: Int?
        var attributes: [(name: String, value: Int)] = []
    }
    var roots: [Root] = []
    let ignoresCase: Bool

    func same(_ one: String, _ other: String) -> Bool {
        ignoresCase ? one.lowercased() == other.lowercased() : one == other
    }

    func places(_ root: String) -> [Int] { roots.indices.filter { same(roots[$0].name, root) } }

    func place(_ root: String, _ index: Int) -> Int? {
        let places = places(root)
        let wanted = index < 0 ? places.count + index : index
        return places.indices.contains(wanted) ? places[wanted] : nil
    }
}

@Suite("Structured attributes of a message")
struct StructuredAttributesTests {
    /// For calls that change what they are asked of, which `#expect` cannot take apart.
    private func holds(_ value: Bool, _ location: Testing.SourceLocation = #_sourceLocation) {
        #expect(value, sourceLocation: location)
    }

    private func sample(ignoresCase: Bool = false) -> StructuredAttributes {
        var values = StructuredAttributes(ignoresCase: ignoresCase)
        holds(values.push(name("a"), [AttributeValue(name: name("x"), value: .integer(1))]))
        holds(values.push(name("b"), value: .integer(2)))
        holds(values.push(name("A"), [AttributeValue(name: name("X"), value: .integer(3))]))
        return values
    }

    @Test(
        "a root is found at its place from the newest or from the oldest",
        arguments: [
            (0, 2), (1, 1), (2, 0), (3, nil), (-1, 0), (-2, 1), (-3, 2), (-4, nil),
            (.max, nil), (.min, nil),
        ] as [(Int, Int?)])
    func places(place: Int, expected: Int?) {
        var values = StructuredAttributes()
        for value in 0..<3 { holds(values.push(name("r"), value: .integer(value))) }
        holds(values.push(name("other")))
        #expect(values.position(name("r"), at: place) == expected)
        #expect(values.position(name("none"), at: place) == nil)
    }

    @Test("case makes two names of one where the class says so", arguments: [false, true])
    func letters(ignoresCase: Bool) {
        let values = sample(ignoresCase: ignoresCase)
        #expect(values.count(name("a")) == (ignoresCase ? 2 : 1))
        #expect(values.positions(name("a")) == (ignoresCase ? [2, 0] : [0]))
        #expect(number(values.value(name("a"), name("x"))) == (ignoresCase ? 3 : 1))
        #expect(values.isSame(name("AbC"), name("aBc")) == ignoresCase)
        #expect(values.isSame([0xc3, 0x84], [0xc3, 0xa4]) == false, "case is that of ASCII")
    }

    @Test("a root with a plain value takes no attributes")
    func plain() {
        var values = sample()
        holds(!values.addChild(of: 1, name("x"), .integer(1)))
        holds(!values.setChild(of: 1, name("x"), .integer(1)))
        #expect(values.roots[1].attributes.isEmpty)
        #expect(values.childCount(of: 1, name("x")) == 0)
        #expect(values.value(name("b"), name("x")) == nil)
    }

    @Test("attributes of one name are a stack within their root")
    func children() {
        var values = sample()
        for value in 10...12 { holds(values.addChild(of: 0, name("x"), .integer(value))) }
        holds(values.addChild(of: 0, name("y"), .integer(99)))
        #expect(values.childCount(of: 0, name("x")) == 4)
        let found = (0..<5).map { place in
            values.child(of: 0, name("x"), at: place)
                .map { number(values.roots[0].attributes[$0].value) }
        }
        #expect(found == [12, 11, 10, 1, nil])
        #expect(values.child(of: 0, name("x"), at: -1) == 0)
        #expect(values.child(of: 0, name("x"), at: -5) == nil)
        #expect(values.child(of: 0, name("z")) == nil)
    }

    @Test("setting replaces the newest attribute of a name, or adds the first")
    func setting() {
        var values = sample()
        holds(values.addChild(of: 0, name("x"), .integer(5)))
        holds(values.setChild(of: 0, name("x"), .integer(6)))
        #expect(values.roots[0].attributes.map { number($0.value) } == [1, 6])
        holds(values.setChild(of: 0, name("new"), .integer(7)))
        #expect(values.roots[0].attributes.map { number($0.value) } == [1, 6, 7])
    }

    @Test("all attributes of a name go, whatever their letters where case means nothing")
    func removingChildren() {
        for ignoresCase in [false, true] {
            var values = StructuredAttributes(ignoresCase: ignoresCase)
            holds(values.push(name("r")))
            for text in ["x", "X", "y", "x"] {
                holds(values.addChild(of: 0, name(text), .integer(0)))
            }
            values.removeChildren(of: 0, name("x"))
            let left = values.roots[0].attributes.map { String(decoding: $0.name, as: UTF8.self) }
            #expect(left == (ignoresCase ? ["y"] : ["X", "y"]))
            values.removeChildren(of: 0, name("none"))
            #expect(values.roots[0].attributes.count == left.count)
        }
    }

    @Test("every value of a root goes, and those of others stay in order")
    func removingRoots() {
        var values = StructuredAttributes()
        for text in ["a", "b", "a", "c", "a", "b"] { holds(values.push(name(text))) }
        values.removeAll(name("a"))
        #expect(values.roots.map { String(decoding: $0.name, as: UTF8.self) } == ["b", "c", "b"])
        values.removeAll(name("none"))
        holds(values.remove(name("b"), at: -1))
        #expect(values.roots.map { String(decoding: $0.name, as: UTF8.self) } == ["c", "b"])
        holds(!values.remove(name("b"), at: 1))
        values.remove(at: 0)
        values.removeAll()
        #expect(values.roots.isEmpty)
        values.removeAll()
    }

    @Test("roots and attributes are bounded, and room counts again")
    func bounds() {
        var values = StructuredAttributes()
        let many = Array(
            repeating: AttributeValue(name: [], value: .null),
            count: Limits.attributesPerMessageMax)
        holds(values.push(name("full"), many))
        holds(!values.push(name("more"), many + [AttributeValue(name: [], value: .null)]))
        holds(!values.addChild(of: 0, name("x"), .null))
        values.edit(at: 0) { $0.attributes.removeLast() }
        holds(values.addChild(of: 0, name("x"), .null))
        for _ in 1..<Limits.attributesPerMessageMax { holds(values.push(name("r"))) }
        holds(!values.push(name("r")))
        holds(values.remove(name("r"), at: 0))
        holds(values.push(name("r")))
    }

    @Test("an edit changes one root and no other")
    func editing() {
        var values = sample()
        values.edit(at: 1) { $0.value = nil }
        holds(values.addChild(of: 1, name("x"), .integer(8)))
        #expect(values.roots.map { $0.attributes.count } == [1, 1, 1])
        #expect(number(values.value(name("b"), name("x"))) == 8)
        #expect(number(values.value(name("a"), name("x"))) == 1)
    }

    @Test("random changes leave what a naive stack has", arguments: [false, true])
    func random(ignoresCase: Bool) {
        var numbers = SeededNumbers(seed: ignoresCase ? 2 : 1)
        var values = StructuredAttributes(ignoresCase: ignoresCase)
        var naive = NaiveRoots(ignoresCase: ignoresCase)
        let names = ["a", "A", "b"]
        for step in 0..<4_000 {
            let root = names[Int.random(in: 0..<3, using: &numbers)]
            let child = names[Int.random(in: 0..<3, using: &numbers)]
            let place = Int.random(in: -3...3, using: &numbers)
            switch Int.random(in: 0..<6, using: &numbers) {
            case 0 where values.roots.count < 30:
                holds(values.push(name(root)))
                naive.roots.insert(NaiveRoots.Root(name: root), at: 0)
            case 1:
                let isRemoved = values.remove(name(root), at: place)
                let expected = naive.place(root, place)
                #expect(isRemoved == (expected != nil))
                if let expected { naive.roots.remove(at: expected) }
            case 2:
                guard let position = values.position(name(root), at: place),
                    let expected = naive.place(root, place)
                else { continue }
                holds(values.addChild(of: position, name(child), .integer(step)))
                naive.roots[expected].attributes.insert((child, step), at: 0)
            case 3:
                guard let position = values.position(name(root), at: place),
                    let expected = naive.place(root, place)
                else { continue }
                values.removeChildren(of: position, name(child))
                let kept = naive.roots[expected].attributes.filter { !naive.same($0.name, child) }
                naive.roots[expected].attributes = kept
            case 4 where step % 50 == 0:
                values.removeAll(name(root))
                let doomed = Set(naive.places(root))
                naive.roots = naive.roots.indices.filter { !doomed.contains($0) }
                    .map { naive.roots[$0] }
            default:
                let expected = naive.place(root, place).flatMap { place in
                    naive.roots[place].attributes.first { naive.same($0.name, child) }?.value
                }
                guard number(values.value(name(root), at: place, name(child))) == expected else {
                    Issue.record("step \(step): \(root)[\(place)]=>\(child)")
                    return
                }
            }
            #expect(values.count(name(root)) == naive.places(root).count)
        }
    }
}

@Suite("Attributes beside a naive list")
struct AttributePropertyTests {
    @Test("random additions, replacements and removals leave what a naive list has")
    func random() {
        for seed in UInt64(0)..<20 {
            var numbers = SeededNumbers(seed: seed)
            var list = AttributeList()
            var naive: [(name: String, value: Int)] = []
            for step in 0..<300 {
                let text = ["a", "b", "i:1"][Int.random(in: 0..<3, using: &numbers)]
                let place = Int.random(in: -4...4, using: &numbers)
                let places = naive.indices.filter { naive[$0].name == text }
                let wanted = place < 0 ? places.count + place : place
                let position = places.indices.contains(wanted) ? places[wanted] : nil
                switch Int.random(in: 0..<5, using: &numbers) {
                case 0, 1:
                    let isAdded = list.add(name(text), .integer(step))
                    #expect(isAdded == (naive.count < Limits.attributesPerMessageMax))
                    if isAdded { naive.insert((text, step), at: 0) }
                case 2:
                    let isReplaced = list.replace(name(text), at: place, .integer(-step))
                    #expect(isReplaced == (position != nil))
                    if let position { naive[position].value = -step }
                case 3:
                    let isRemoved = list.remove(name(text), at: place)
                    #expect(isRemoved == (position != nil))
                    if let position { naive.remove(at: position) }
                default:
                    let found = number(list.value(name(text), at: place))
                    #expect(found == position.map { naive[$0].value }, "seed \(seed)")
                }
                #expect(list.count(name(text)) == naive.count { $0.name == text })
            }
            list.removeAll(name("a"))
            #expect(list.entries.count == naive.count { $0.name != "a" })
        }
    }

    @Test(
        "names of attributes are texts, or numbers with their own prefix",
        arguments: [
            ("name", "name"), ("s:name", "name"), ("i:5", "i:5"), ("i:0x10", "i:16"),
            ("i:-3", "i:-3"), ("i:007", "i:7"), ("s:5", "5"), ("5", "5"), ("x:5", "x:5"),
            ("s:", nil), ("i:", nil), ("i:x", nil), ("", nil), (":", ":"), ("s", "s"),
            ("a:b", "a:b"),
            ("s:i:5", "i:5"), ("i:99999999999999999999", nil),
        ] as [(String, String?)])
    func names(text: String, expected: String?) {
        let parsed = AttributeName.parse(name(text)).map { String(decoding: $0, as: UTF8.self) }
        #expect(parsed == expected)
    }

    @Test("a number's name is the same however it is written", arguments: [0, 5, -1, Int.max])
    func numbers(number: Int) {
        #expect(AttributeName.number(number) == AttributeName.parse(name("i:\(number)")))
    }

    @Test("what is kept of the message outlives a change of the message")
    func kept() throws {
        let context = try kitContext()
        let method = ScriptValue.text(.message(context.message.methodRange))
        let kept = context.kept(method)
        guard case .text(.scratch) = kept, case .text(let text) = kept else {
            Issue.record("a part of the message was kept in place")
            return
        }
        let changed =
            Array(
                ("INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
                    + "From: <sip:a>;tag=1\r\n").utf8)
            + Array("To: <sip:b>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n".utf8)
        let isReplaced = context.replaceMessage(changed.span)
        #expect(isReplaced)
        #expect(context.string(text) == "OPTIONS")
        guard case .integer(4) = context.kept(.integer(4)), case .null = context.kept(.null) else {
            Issue.record("numbers and null are kept as they are")
            return
        }
    }
}
