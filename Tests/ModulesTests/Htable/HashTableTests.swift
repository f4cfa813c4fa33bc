import Basics
import JSONValue
import ModuleKit
import Synchronization
import Testing

@testable import Htable

/// A key.
private func key(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A value in words.
private func words(_ value: ScriptValue) -> String {
    switch value {
    case .null: "null"
    case .integer(let number): "\(number)"
    case .text(.owned(let bytes)): String(decoding: bytes, as: UTF8.self)
    case .text: "elsewhere"
    }
}

@Suite("Hash tables")
struct HashTableTests {
    private func table(_ text: String, entriesMax: Int = 100) throws -> HashTable {
        HashTable(try TableDefinition(text), entriesMax: entriesMax)
    }

    @Test("an entry expires at its second and is removed by the timer")
    func expiry() throws {
        let table = try table("t=>autoexpire=10")
        #expect(table.set(key("a"), .integer(1), now: 100))
        for (now, expected) in [(100, "1"), (109, "1"), (110, "null"), (500, "null")] {
            #expect(words(table.value(key("a"), now: now)) == expected)
        }
        #expect(table.count == 1)
        #expect(table.takeExpired(now: 109).isEmpty)
        #expect(table.takeExpired(now: 110).map(\.key) == [key("a")])
        #expect(table.count == 0)
        #expect(table.takeExpired(now: 111).isEmpty)
    }

    @Test("an entry that is updated lives on, unless the table says otherwise")
    func updates() throws {
        let renewing = try table("t=>autoexpire=10")
        let strict = try table("t=>autoexpire=10;updateexpire=0")
        for table in [renewing, strict] {
            _ = table.set(key("a"), .integer(1), now: 100)
            _ = table.set(key("a"), .integer(2), now: 105)
            _ = table.add(key("a"), 1, now: 105)
        }
        #expect(renewing.entry(key("a"), now: 105)?.expires == 115)
        #expect(strict.entry(key("a"), now: 105)?.expires == 110)
        #expect(renewing.takeExpired(now: 112).isEmpty)
        #expect(strict.takeExpired(now: 112).count == 1)
        #expect(renewing.takeExpired(now: 115).count == 1)
    }

    @Test("an expired entry is as good as none: it starts anew")
    func startsAnew() throws {
        let table = try table("t=>autoexpire=10;initval=7;updateexpire=0", entriesMax: 1)
        #expect(table.add(key("a"), 1, now: 100) == 8)
        #expect(table.add(key("a"), 1, now: 101) == 9)
        #expect(table.add(key("a"), 1, now: 110) == 8)
        #expect(table.entry(key("a"), now: 110)?.expires == 120)
        #expect(table.count == 1)
    }

    @Test("a table has a bounded number of entries, and takes more when some are gone")
    func bounded() throws {
        let table = try table("t=>size=2", entriesMax: 3)
        for name in ["a", "b", "c"] { #expect(table.set(key(name), .integer(1), now: 1)) }
        #expect(!table.set(key("d"), .integer(1), now: 1))
        #expect(table.set(key("a"), .integer(2), now: 1))
        #expect(table.add(key("d"), 1, now: 1) == nil)
        #expect(table.remove(key("b")))
        #expect(!table.remove(key("b")))
        #expect(table.set(key("d"), .integer(1), now: 1))
        table.removeAll()
        #expect(table.count == 0)
        #expect(table.set(key("e"), .integer(1), now: 1))
    }

    @Test("keys are bounded, and sums do not overflow")
    func odd() throws {
        let table = try table("t=>")
        let longest = [UInt8](repeating: 97, count: Limits.hashTableKeyBytesMax)
        #expect(table.set(longest, .integer(1), now: 1))
        #expect(!table.set(longest + [97], .integer(1), now: 1))
        #expect(!table.set([], .integer(1), now: 1))
        _ = table.set(key("a"), .integer(.max), now: 1)
        #expect(table.add(key("a"), 1, now: 1) == nil)
        #expect(words(table.value(key("a"), now: 1)) == "\(Int.max)")
        #expect(table.set(key("long"), .integer(1), life: .max, now: 1))
    }

    @Test("keys that come and go do not pile up where expiry is filed")
    func refiling() throws {
        let table = try table("t=>autoexpire=1000")
        for round in 0..<20_000 {
            _ = table.set(key("k\(round % 5)"), .integer(round), now: 100)
            table.remove(key("k\(round % 5)"))
        }
        _ = table.set(key("last"), .integer(1), now: 100)
        #expect(table.takeExpired(now: 1_100).map(\.key) == [key("last")])
        #expect(table.count == 0)
    }

    @Test("a clock that jumps takes nothing away too early or too late")
    func clock() throws {
        let table = try table("t=>autoexpire=10")
        _ = table.set(key("a"), .integer(1), now: 1_000)
        #expect(table.takeExpired(now: 1_005).isEmpty)
        #expect(table.takeExpired(now: 500).isEmpty)
        _ = table.set(key("b"), .integer(1), now: 500)
        #expect(table.takeExpired(now: 509).isEmpty)
        #expect(table.takeExpired(now: 600).map(\.key) == [key("b")])
        #expect(table.takeExpired(now: 9_999_999).map(\.key) == [key("a")])
    }

    @Test("a life that is cut short ends at its new second")
    func shortened() throws {
        let table = try table("t=>autoexpire=1000")
        _ = table.set(key("a"), .integer(1), now: 100)
        #expect(table.takeExpired(now: 150).isEmpty)
        table.setLife(key("a"), 10, now: 150)
        #expect(table.takeExpired(now: 160).count == 1)
        table.setLife(key("none"), 10, now: 150)
        #expect(table.count == 0)
    }

    @Test("counts of several threads at once are exact")
    func threads() async throws {
        let table = try table("t=>size=4;initval=0")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for round in 0..<500 {
                        _ = table.add(key("k\(round % 3)"), 1, now: 1)
                        _ = table.set(key("x\(round % 7)"), .integer(round), now: 1)
                        table.remove(key("x\(round % 7)"))
                    }
                }
            }
        }
        let sums = (0..<3).map { words(table.value(key("k\($0)"), now: 1)) }
        #expect(sums == ["1336", "1336", "1328"])
        table.removeAll(now: 1) { name, _ in name.starts(with: key("x")) }
        #expect(table.count == 3)
    }

    @Test("the slot of a key is the one that Kamailio shows")
    func slots() throws {
        let table = try table("t=>size=4")
        #expect(
            ["kcarol", "call-script::x", "init", "z2", "z3", "si", "z1", "sx"]
                .map { table.slot(key($0)) } == [1, 2, 3, 5, 6, 6, 8, 9])
    }
}

@Suite("Management of hash tables")
struct HtableCommandTests {
    private func services() throws -> StandInServices {
        let services = StandInServices()
        try services.load(
            HtableModule.self,
            [
                ("htable", .string("ipban=>size=8;autoexpire=300;")),
                ("htable", .string("b=>size=4;initval=5")), ("timer_procs", .integer(1)),
            ])
        return services
    }

    @Test(
        "commands and what they answer",
        arguments: [
            (["htable.sets", "ipban", "a", "b"], "\"Ok. Key set to new value.\""),
            (["htable.seti", "ipban", "a", "12"], "\"Ok. Key set to new value.\""),
            (["htable.setxs", "ipban", "a", "b", "20"], "\"Ok. Key set to new value.\""),
            (["htable.setxi", "ipban", "a", "5", "20"], "\"Ok. Key set to new value.\""),
            (["htable.setex", "ipban", "none", "20"], "\"Ok\""),
            (["htable.flush", "ipban"], "\"Ok. Htable flushed.\""),
            (["htable.delete", "ipban", "none"], "404 Key not found in htable."),
            (["htable.get", "ipban", "none"], "500 Key name doesn't exist in htable."),
            (["htable.get", "none", "x"], "500 No such htable"),
            (["htable.sets", "none", "x", "y"], "500 No such htable"),
            (["htable.dump", "none"], "500 No such htable"),
            (["htable.flush", "none"], "500 No such htable"),
            (["htable.dump", "ipban"], "[]"),
        ])
    func answers(call: [String], expected: String) throws {
        let answer = try services().exchange(
            call[0], .array(call.dropFirst().map { .string($0) }))
        if let result = answer["result"] {
            #expect(result.encoded() == expected)
        } else {
            let code = answer["error"]?["code"]?.encoded() ?? ""
            let message = answer["error"]?["message"] ?? .null
            #expect("\(code) \(message.encoded().filter { $0 != "\"" })" == expected)
        }
    }

    @Test(
        "a missing parameter has the code that callers know",
        arguments: [
            "htable.get", "htable.dump", "htable.sets", "htable.delete", "htable.setex",
        ])
    func missing(method: String) throws {
        #expect(try services().call(method)["error"]?["code"] == 500)
    }

    @Test("an entry, a dump, the list and the counts")
    func shapes() throws {
        let services = try services()
        _ = try services.call("htable.seti", "b", "no", 6)
        #expect(
            try services.call("htable.get", "b", "no")["result"] == [
                "item": ["name": "no", "value": 6, "flags": 0, "expire": "NEVER"]
            ])
        _ = try services.call("htable.sets", "ipban", "x", "text")
        let item = try services.call("htable.get", "ipban", "x")["result"]?["item"]
        #expect(item?["flags"] == 2 && item?["value"] == "text" && item?["expire"] != "NEVER")
        #expect(
            try services.call("htable.dump", "b")["result"] == [
                ["entry": 1, "size": 1, "slot": [["name": "no", "value": 6, "type": "int"]]]
            ])
        #expect(
            try services.call("htable.listTables")["result"]?[1] == [
                "name": "b", "dbtable": "", "dbmode": 0, "expire": 0, "updateexpire": 1,
                "size": 16, "dmqreplicate": 0,
            ])
        #expect(
            try services.call("htable.stats")["result"]?[1] == [
                "name": "b", "slots": 16, "all": 1, "min": 0, "max": 1,
            ])
        #expect(try services.call("htable.delete", "b", "no")["result"] == "Ok. Key deleted.")
        #expect(services.lines.all.contains { $0.contains("timer_procs means nothing") })
    }

    @Test("without tables there is nothing to list")
    func none() throws {
        let services = StandInServices()
        try services.load(HtableModule.self)
        #expect(try services.call("htable.listTables")["error"]?["message"] == "No htables")
        #expect(try services.call("htable.stats")["error"]?["code"] == 500)
        #expect(services.jobNames.isEmpty)
    }

    @Test("the timer runs as often as the configuration says")
    func timer() throws {
        let services = StandInServices()
        try services.load(
            HtableModule.self,
            [("htable", .string("a=>autoexpire=1")), ("timer_interval", .integer(7))])
        #expect(services.jobNames == ["htable expiry 7"])
        services.runJob("htable expiry 7")
    }
}
