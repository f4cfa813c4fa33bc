import Basics
import ModuleKit
import Testing

@testable import Htable

/// Definitions of tables, shards and keys, each by itself.
@Suite("Definitions of hash tables")
struct TableDefinitionTests {
    /// A definition in words, nil for one that is refused.
    private func words(_ text: String) -> String {
        do throws(ArgumentError) {
            let table = try TableDefinition(text)
            let initial = table.initialValue.map(String.init) ?? "-"
            return "\(table.name) \(table.slotCount) \(table.autoexpire) \(initial) "
                + "\(table.updatesExpiry)"
        } catch {
            return error.message
        }
    }

    @Test(
        "attributes and what they mean",
        arguments: [
            ("a=>", "a 8 0 - true"), ("a=>size=8", "a 256 0 - true"),
            ("a=>size=4;autoexpire=300", "a 16 300 - true"),
            ("a=>initval=0", "a 8 0 0 true"), ("a=>initval=-5", "a 8 0 -5 true"),
            ("a=>updateexpire=0", "a 8 0 - false"), ("a=>updateexpire=1", "a 8 0 - true"),
            ("a=>size=0", "a 8 0 - true"), ("a=>size=1", "a 8 0 - true"),
            ("a=>size=2", "a 4 0 - true"), ("a=>size=14", "a 16384 0 - true"),
            ("a=>size=15", "a 16384 0 - true"), ("a=>size=99999", "a 16384 0 - true"),
            ("a=>size=0x4", "a 16 0 - true"), (" a => size = 4 ; ", "a 16 0 - true"),
            ("a=>;;size=4;;", "a 16 0 - true"), ("a=>size=4;size=5", "a 32 0 - true"),
            ("A-b_9=>size=4", "A-b_9 16 0 - true"), ("a=>autoexpire=\"60\"", "a 8 60 - true"),
            ("a=>dbtable=;cols=;dbmode=0;dmqreplicate=0", "a 8 0 - true"),
        ])
    func attributes(text: String, expected: String) {
        #expect(words(text) == expected)
    }

    @Test(
        "what is refused",
        arguments: [
            ("", "name=>attributes"), ("a", "name=>attributes"), ("a=size=4", "name=>attributes"),
            ("=>", "no name of a table"), (" =>size=4", "no name of a table"),
            ("a.b=>", "no name of a table"), ("a/b=>", "no name of a table"),
            ("$a=>", "no name of a table"), ("a b=>", "no name of a table"),
            ("\u{e9}=>", "no name of a table"), ("a=>size", "size is a number from 0 on"),
            ("a=>size=", "size is a number"), ("a=>size=four", "size is a number"),
            ("a=>size=4.5", "size is a number"), ("a=>size=-4", "size is a number"),
            ("a=>autoexpire=-1", "autoexpire is a number"),
            ("a=>autoexpire=1h", "autoexpire is a number"),
            ("a=>autoexpire=99999999999999999999", "autoexpire is a number"),
            ("a=>updateexpire=yes", "updateexpire is a number"),
            ("a=>initval=x", "initval is a number"), ("a=>Size=4", "there is no \"Size\""),
            ("a=>color=red", "there is no \"color\""), ("a=>=4", "there is no \"\""),
            ("a=>dbtable=t", "kept in memory only"), ("a=>dbmode=1", "kept in memory only"),
            ("a=>cols='x'", "kept in memory only"), ("a=>dmqreplicate=1", "no replication"),
        ])
    func refused(text: String, expected: String) {
        #expect(words(text).contains(expected), "\(words(text))")
    }

    @Test(
        "a text is cut at its first arrow",
        arguments: [
            ("a=>b", "a", "b"), ("a=>b=>c", "a", "b=>c"), (" a =>b", "a", "b"),
            ("a=> b ", "a", " b "), ("a=>=", "a", "="),
        ])
    func split(text: String, table: String, rest: String) throws {
        let parts = try TableKey.split(text, "form")
        #expect(parts.table == table && parts.rest == rest)
    }

    @Test(
        "a text without table, arrow or rest is refused with the form that is wanted",
        arguments: ["", "a", "=>", "a=>", "=>b", "a=b", "a>b", "$x=>b", "a$x=>b"])
    func splitRefused(text: String) {
        let error = #expect(throws: ArgumentError.self) { try TableKey.split(text, "table=>key") }
        #expect(error?.message.contains("table=>key") == true, "\(error?.message ?? "none")")
    }
}

/// How keys and values are compared.
@Suite("Comparisons of hash tables")
struct TableMatchTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(
        "by an operator",
        arguments: [
            ("eq", "abc", "abc", true), ("eq", "abc", "abcd", false), ("eq", "", "", true),
            ("ne", "abc", "abc", false), ("ne", "abc", "x", true), ("ne", "", "x", true),
            ("sw", "ab", "abc", true), ("sw", "abc", "ab", false), ("sw", "", "x", true),
            ("re", "^a.c$", "abc", true), ("re", "b", "abc", true), ("re", "^b", "abc", false),
            ("re", "[0-9]+", "a1", true), ("re", "A", "a", false),
        ])
    func operators(word: String, pattern: String, text: String, expected: Bool) throws {
        let match = try #require(TableMatch(word, bytes(pattern)))
        #expect(match.holds(bytes(text)) == expected)
    }

    @Test(
        "what is no operator, or no pattern",
        arguments: [
            ("", "x"), ("EQ", "x"), ("lt", "x"), ("e", "x"), ("re", "("), ("re", "[a"),
            ("re", "*"),
        ])
    func none(word: String, pattern: String) {
        let match = TableMatch(word, bytes(pattern))
        // An asterisk alone is a pattern for some libraries; it must do no harm then.
        #expect(match == nil || pattern == "*")
    }

    @Test(
        "by the marks of $shtcn and $shtcv",
        arguments: [
            ("**", "anything", true), ("~~^a", "abc", true), ("~~^b", "abc", false),
            ("%~ab", "abc", true), ("%~bc", "abc", false), ("~%bc", "abc", true),
            ("~%ab", "abc", false), ("~%", "abc", true), ("==abc", "abc", true),
            ("==ab", "abc", false), ("==", "", true), ("a.c", "abc", true), ("eq", "req", true),
            ("eqx", "eqx", true), ("eq5", "eq5", false), ("***", "x", false),
        ])
    func counting(pattern: String, text: String, expected: Bool) {
        #expect((TableMatch(counting: bytes(pattern))?.holds(bytes(text)) ?? false) == expected)
    }

    @Test("values are compared by their type: numbers with eqNUMBER alone")
    func values() throws {
        let five = try #require(TableMatch(counting: bytes("eq5")))
        #expect(five.holds(.integer(5)))
        #expect(!five.holds(.integer(6)))
        #expect(!five.holds(.string("5")))
        let negative = try #require(TableMatch(counting: bytes("eq-5")))
        #expect(negative.holds(.integer(-5)))
        let text = try #require(TableMatch(counting: bytes("==5")))
        #expect(text.holds(.string("5")))
        #expect(!text.holds(.integer(5)))
        #expect(!text.holds(.null))
        let all = try #require(TableMatch(counting: bytes("**")))
        #expect(all.holds(.integer(1)) && all.holds(.string("")) && all.holds(.null))
    }
}

/// A shard whose changes can stand within an expectation.
private final class HeldShard {
    private var shard = TableShard()
    func put(_ key: [UInt8], end: Int, _ value: Int = 1) {
        shard.put(key, TableShard.Entry(value: .integer(value), expires: end))
    }
    func remove(_ key: [UInt8]) -> Bool { shard.remove(key) }
    func removeAll() -> Int { shard.removeAll() }
    func takeExpired(_ now: Int) -> [[UInt8]] { shard.takeExpired(now).map(\.key) }
    func live(_ key: [UInt8], _ now: Int) -> Bool { shard.live(key, now) != nil }
    func all(_ now: Int) -> Int { shard.all(now).count }
    func has(_ key: [UInt8]) -> Bool { shard.has(key) }
}

/// One shard: entries, and the seconds at which they are looked at.
@Suite("Shards of hash tables")
struct TableShardTests {
    private func key(_ number: Int) -> [UInt8] { Array("k\(number)".utf8) }

    @Test("an entry without an end is never taken, whatever the clock says")
    func endless() {
        let shard = HeldShard()
        shard.put(key(1), end: 0, 1)
        for now in [0, 1, 1_000_000, Int.max] {
            #expect(shard.takeExpired(now).isEmpty)
            #expect(shard.live(key(1), now))
        }
    }

    @Test("an entry lives up to the second before its end")
    func seconds() {
        let shard = HeldShard()
        shard.put(key(1), end: 100, 1)
        #expect(shard.live(key(1), 99))
        #expect(!shard.live(key(1), 100))
        #expect(shard.has(key(1)))
        #expect(shard.all(99) == 1 && shard.all(100) == 0)
        #expect(shard.takeExpired(100).count == 1)
        #expect(!shard.has(key(1)))
    }

    @Test("an entry that is put again lives by its last end, longer or shorter")
    func again() {
        for (first, last) in [(100, 200), (200, 100), (100, 0), (0, 100)] {
            let shard = HeldShard()
            shard.put(key(1), end: first, 1)
            shard.put(key(1), end: last, 2)
            let end = last == 0 ? 10_000 : last
            #expect(shard.takeExpired(end - 1).isEmpty, "\(first) \(last)")
            #expect(shard.takeExpired(end).count == (last == 0 ? 0 : 1), "\(first) \(last)")
        }
    }

    @Test("a key that is removed and put again is taken once, at its new end")
    func removed() {
        let shard = HeldShard()
        shard.put(key(1), end: 100, 1)
        #expect(shard.remove(key(1)))
        #expect(!shard.remove(key(1)))
        shard.put(key(1), end: 150, 2)
        #expect(shard.takeExpired(120).isEmpty)
        #expect(shard.takeExpired(150).count == 1)
        #expect(shard.takeExpired(300).isEmpty)
    }

    @Test("what is put with an end that is over goes with the next look")
    func late() {
        let shard = HeldShard()
        #expect(shard.takeExpired(1_000).isEmpty)
        shard.put(key(1), end: 10, 1)
        #expect(!shard.live(key(1), 1_000))
        #expect(shard.takeExpired(1_000).count == 1)
    }

    @Test("a seeded run of changes agrees with a list that is walked", arguments: [1, 2, 3, 4, 5])
    func seeded(seed: UInt64) {
        var state = seed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let shard = HeldShard()
        var model: [[UInt8]: Int] = [:]
        var now = 1_000
        for _ in 0..<5_000 {
            let key = key(random(40))
            switch random(5) {
            case 0, 1:
                let end = random(4) == 0 ? 0 : now + 1 + random(60)
                shard.put(key, end: end, end)
                model[key] = end
            case 2:
                #expect(shard.remove(key) == (model.removeValue(forKey: key) != nil))
            case 3: now += random(5)
            default:
                let taken = Set(shard.takeExpired(now))
                let due = model.filter { $0.value > 0 && $0.value <= now }
                #expect(taken == Set(due.keys))
                for key in due.keys { model[key] = nil }
            }
            let isLive = model[key].map { $0 == 0 || $0 > now } ?? false
            #expect(shard.live(key, now) == isLive)
        }
        #expect(shard.removeAll() == model.count)
    }
}
