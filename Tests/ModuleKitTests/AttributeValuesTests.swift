import Basics
import ModuleKit
import Testing

@Suite("Attributes of a message")
struct AttributeValuesTests {
    /// For calls that change what they are asked of, which `#expect` cannot take apart.
    private func holds(_ value: Bool, _ location: Testing.SourceLocation = #_sourceLocation) {
        #expect(value, sourceLocation: location)
    }

    private func number(_ value: ScriptValue?) -> Int? {
        if case .integer(let number) = value { return number }
        return nil
    }

    @Test("the newest value of a name comes first, and a negative place counts from the oldest")
    func order() {
        var list = AttributeList()
        for value in 1...3 { holds(list.add(Array("a".utf8), .integer(value))) }
        holds(list.add(Array("b".utf8), .integer(9)))
        #expect(
            [0, 1, 2, 3].map { number(list.value(Array("a".utf8), at: $0)) } == [3, 2, 1, nil])
        #expect(
            [-1, -2, -3, -4].map { number(list.value(Array("a".utf8), at: $0)) } == [1, 2, 3, nil])
        #expect(list.count(Array("a".utf8)) == 3)
    }

    @Test("a value is replaced or removed at its place and nowhere else")
    func replacement() {
        var list = AttributeList()
        for value in 1...3 { _ = list.add(Array("a".utf8), .integer(value)) }
        holds(list.replace(Array("a".utf8), at: 1, .integer(7)))
        holds(!list.replace(Array("a".utf8), at: 3, .integer(7)))
        holds(list.remove(Array("a".utf8), at: 0))
        #expect([0, 1].map { number(list.value(Array("a".utf8), at: $0)) } == [7, 1])
        list.removeAll(Array("a".utf8))
        #expect(list.entries.isEmpty)
    }

    @Test("a message has no more attributes than the limit")
    func bound() {
        var list = AttributeList()
        for value in 0..<Limits.attributesPerMessageMax {
            holds(list.add(Array("a".utf8), .integer(value)))
        }
        holds(!list.add(Array("a".utf8), .integer(0)))
        list.removeAll()
        holds(list.add(Array("a".utf8), .integer(0)))
    }

    @Test("a root is a stack, and only its newest value is read without an index")
    func roots() {
        var values = StructuredAttributes()
        let key = Array("k".utf8)
        holds(values.push(key, [AttributeValue(name: key, value: .integer(1))]))
        holds(values.push(key, [AttributeValue(name: key, value: .integer(2))]))
        #expect(number(values.value(key, key)) == 2)
        #expect(number(values.value(key, at: 1, key)) == 1)
        #expect(values.count(key) == 2)
        holds(values.remove(key, at: 0))
        #expect(number(values.value(key, key)) == 1)
        values.edit(at: 0) { $0.attributes.append(AttributeValue(name: key, value: .integer(5))) }
        #expect(number(values.value(key, key)) == 5)
    }

    @Test("only $xavi takes no notice of case")
    func letters() {
        var plain = StructuredAttributes()
        var caseless = StructuredAttributes(ignoresCase: true)
        let attributes = [AttributeValue(name: Array("Name".utf8), value: .integer(1))]
        _ = plain.push(Array("Root".utf8), attributes)
        _ = caseless.push(Array("Root".utf8), attributes)
        #expect(plain.value(Array("root".utf8), Array("name".utf8)) == nil)
        #expect(number(caseless.value(Array("rOOT".utf8), Array("NAME".utf8))) == 1)
    }
}
