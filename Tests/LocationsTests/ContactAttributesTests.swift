import Basics
import Testing

@testable import Locations

@Suite("Attributes of contacts")
struct ContactAttributesTests {
    private let now = WallTime(seconds: 1_000_000)

    /// Packs attributes; integers are given as such.
    private func packed(_ attributes: [(String, String, Bool)]) -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        for (name, value, isInteger) in attributes {
            _ = ContactAttributes.append(
                name: Array(name.utf8).span, value: Array(value.utf8).span, isInteger: isInteger,
                from: 0, to: &writer)
        }
        return Array(copying: writer.span)
    }

    /// Reads attributes back, as `name=value`, with `#` before integers.
    private func read(_ bytes: Span<UInt8>) -> [String] {
        var all = ContactAttributes(bytes)
        var found: [String] = []
        while let one = all.next() {
            let name = String(copying: bytes.part(one.name))
            let value = String(copying: bytes.part(one.value))
            found.append("\(name)=\(one.isInteger ? "#" : "")\(value)")
        }
        return found
    }

    private func read(_ bytes: [UInt8]) -> [String] { read(bytes.span) }

    private func table() -> LocationTable {
        LocationTable(
            name: "location", hash: KeyedHash(key0: 1, key1: 2),
            seed: RuidSeed(server: 0, time: 1, process: 1), now: now)
    }

    /// Registers `sip:a@h` with attributes, and returns what the table then shows of them.
    private func register(
        _ table: LocationTable, _ attributes: [UInt8], cseq: UInt32, uri: String = "sip:a@h"
    ) -> [[String]] {
        let text = Array("\(uri)call".utf8)
        let scratch = attributes
        var request = RegistrationRequest()
        let end = text.count - 4
        request.callID = .message(ByteRange(offset: end, count: 4))
        request.cseq = cseq
        request.attributes = .scratch(ByteRange(offset: 0, count: attributes.count))
        _ = request.append(
            ContactUpdate(
                uri: .message(ByteRange(offset: 0, count: end)),
                lifetime: .until(WallTime(seconds: now.seconds + 600))))
        var shown: [[String]] = []
        _ = table.register(
            Array("a".utf8).span, request, message: text.span, scratch: scratch.span,
            rules: RegistrationRules(), now: now
        ) { shown.append(read($0.attributes)) }
        return shown
    }

    @Test(
        "what is packed comes back in its order",
        arguments: [
            [], [("a", "one", false)], [("a", "one", false), ("b", "2", true)],
            [("a", "", false), ("a", "again", false)], [("n", "-17", true)],
        ] as [[(String, String, Bool)]])
    func roundTrip(attributes: [(String, String, Bool)]) {
        let expected = attributes.map { "\($0.0)=\($0.2 ? "#" : "")\($0.1)" }
        #expect(read(packed(attributes)) == expected)
    }

    @Test("a name or value that is too long for its column is not packed")
    func tooLong() {
        let long = String(repeating: "x", count: 600)
        #expect(packed([(long, "v", false)]).isEmpty)
        #expect(packed([("n", long, false)]).isEmpty)
        #expect(packed([("", "v", false)]).isEmpty)
    }

    @Test("all attributes of a contact together are bounded")
    func bounded() {
        let value = String(repeating: "v", count: Limits.attributeValueBytesMax)
        let many = (0..<100).map { ("name\($0)", value, false) }
        let bytes = packed(many)
        #expect(bytes.count <= Limits.contactAttributesBytesMax)
        #expect(read(bytes).count == bytes.count / (4 + 5 + value.utf8.count))
    }

    @Test("bytes that are cut short end the walk", arguments: [1, 3, 4, 6])
    func truncated(count: Int) {
        let bytes = packed([("ab", "cd", false)])
        #expect(read(Array(bytes.prefix(count))).isEmpty)
    }

    @Test("a binding keeps its attributes, and a refresh replaces them")
    func replaced() {
        let table = table()
        let first = packed([("a", "one", false), ("b", "2", true)])
        #expect(register(table, first, cseq: 1) == [["a=one", "b=#2"]])
        #expect(register(table, packed([("c", "x", false)]), cseq: 2) == [["c=x"]])
        #expect(register(table, [], cseq: 3) == [[]])
    }

    @Test("each binding of an address-of-record has attributes of its own")
    func apart() {
        let table = table()
        _ = register(table, packed([("a", "1", false)]), cseq: 1)
        let shown = register(table, packed([("b", "2", false)]), cseq: 2, uri: "sip:b@h")
        #expect(shown == [["a=1"], ["b=2"]])
    }

    /// Whether a binding takes attributes that come later.
    private func isGiven(
        _ table: LocationTable, _ aor: String, _ ruid: [UInt8], _ bytes: [UInt8]
    ) -> Bool {
        let name = Array(aor.utf8)
        return table.setAttributes(name.span, ruid: ruid.span, bytes.span)
    }

    @Test("attributes that were loaded apart are given to the binding of a unique name")
    func loaded() {
        let table = table()
        _ = register(table, [], cseq: 1)
        var ruid: [UInt8] = []
        table.lookUp(Array("a".utf8).span, now: now) { binding in
            var name = ByteWriter(capacity: 64)
            binding.writeRuid(into: &name)
            ruid = Array(copying: name.span)
        }
        let bytes = packed([("late", "v", false)])
        #expect(isGiven(table, "a", ruid, bytes))
        #expect(!isGiven(table, "b", ruid, bytes))
        #expect(!isGiven(table, "a", bytes, bytes))
        var shown: [[String]] = []
        var uri = ""
        table.lookUp(Array("a".utf8).span, now: now) {
            shown.append(read($0.attributes))
            uri = String(copying: $0.uri)
        }
        #expect(shown == [["late=v"]])
        #expect(uri == "sip:a@h")
    }

    @Test("an event carries the attributes that the binding had")
    func event() {
        let table = table()
        table.listen(to: .all)
        _ = register(table, packed([("a", "one", false)]), cseq: 1)
        _ = register(table, [], cseq: 2)
        var seen: [[String]] = []
        var box = LocationEvents()
        for shard in 0..<LocationTable.shardCount {
            table.takeEvents(shard: shard, into: &box)
            box.forEach { _, binding in seen.append(read(binding.attributes)) }
        }
        #expect(seen == [["a=one"], []])
    }

    @Test("attributes take no room in the record: it stays at two cache lines")
    func size() {
        #expect(MemoryLayout<ContactText>.size <= 24)
        #expect(MemoryLayout<ContactRecord>.stride <= 120)
    }
}
