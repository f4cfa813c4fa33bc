import Basics
import TestSupport
import Testing

@testable import Locations

@Suite("Unique names")
struct RuidTests {
    private func text(_ origin: RuidOrigin, _ counter: UInt32) -> String {
        var writer = ByteWriter()
        origin.write(counter: counter, into: &writer)
        return writer.text
    }

    @Test("have the least significant digit first")
    func form() {
        let origin = RuidOrigin(prefix: .registration, server: 0, time: 0x1234, process: 0xab)
        #expect(text(origin, 0) == "uloc-4321-ba-0")
        #expect(text(origin, 0x10) == "uloc-4321-ba-01")
    }

    @Test("carry the server's number when there is one")
    func server() {
        let origin = RuidOrigin(prefix: .management, server: 7, time: 1, process: 2)
        #expect(text(origin, 3) == "ulcx-7-1-2-3")
    }

    @Test("fit into their column at their longest")
    func longest() {
        let most = UInt32.max
        let origin = RuidOrigin(prefix: .reginfo, server: most, time: most, process: most)
        #expect(text(origin, most).utf8.count <= Limits.ruidBytesMax)
    }

    @Test("are read back as they were written", arguments: [1, 2, 3])
    func roundTrip(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        for _ in 0..<300 {
            let numbers = (0..<4).map { _ in
                UInt32(truncatingIfNeeded: random.next() >> (32 + random.next() % 32))
            }
            let prefix = RuidPrefix.allCases[random.below(3)]
            let origin = RuidOrigin(
                prefix: prefix, server: numbers[0], time: numbers[1], process: numbers[2])
            let bytes = Array(text(origin, numbers[3]).utf8)
            let parsed = RuidOrigin.parse(bytes.span)
            #expect(parsed?.origin == origin)
            #expect(parsed?.counter == numbers[3])
        }
    }

    @Test(
        "of another shape are not taken for numbers",
        arguments: [
            "", "uloc", "uloc-", "uloc-1", "uloc-1-2", "uloc-1-2-", "uloc-1-2-3-4-5", "uloc-1--3",
            "uloc-10-2-3", "uloc-A-2-3", "uloc-123456789-2-3", "ulox-1-2-3", "uloc-0-1-2-3",
            "uloc 1-2-3", "uloc-1-2-3 ", "uloc-1-2-00",
        ])
    func foreign(name: String) {
        let bytes = Array(name.utf8)
        let parsed = RuidOrigin.parse(bytes.span)
        #expect(parsed == nil)
    }

    @Test("of one run are all different, over all shards")
    func unique() {
        var seen: Set<String> = []
        for shard in 0..<LocationTable.shardCount {
            let seed = RuidSeed(server: 1, time: 2, process: 3)
            var register = RuidRegister(seed: seed, shard: shard)
            for _ in 0..<100 {
                for prefix in RuidPrefix.allCases {
                    let ruid = register.next(prefix, now: WallTime(seconds: 5))
                    seen.insert(text(register.origin(of: ruid), ruid.counter))
                }
            }
        }
        #expect(seen.count == LocationTable.shardCount * 300)
    }

    @Test("go on under a new time when the counters of a shard are used up")
    func renewal() {
        let seed = RuidSeed(server: 0, time: 100, process: 1)
        var register = RuidRegister(seed: seed, shard: 5)
        register.skip(to: 1 << 26 - 1)
        let last = register.next(.registration, now: WallTime(seconds: 100))
        let first = register.next(.registration, now: WallTime(seconds: 100))
        #expect(register.origin(of: last).time == 100)
        #expect(register.origin(of: first).time == 101, "later than any time used before")
        #expect(first.counter == 5)
        #expect(register.origin(of: last) != register.origin(of: first))
        let command = register.next(.management, now: WallTime(seconds: 100))
        #expect(register.origin(of: command).prefix == .management)
    }

    @Test("that were loaded are found again, and beyond many origins stay text")
    func interning() {
        var register = RuidRegister(seed: RuidSeed(server: 0, time: 1, process: 1), shard: 0)
        for time in 0..<RuidRegister.originsMax * 2 {
            let origin = RuidOrigin(
                prefix: .registration, server: 9, time: UInt32(time), process: 1)
            let bytes = Array(text(origin, 77).utf8)
            let before = register.find(bytes.span)
            #expect(before == nil)
            let ruid = register.intern(bytes.span)
            #expect((ruid == nil) == (time + 3 >= RuidRegister.originsMax))
            if let ruid {
                let found = register.find(bytes.span)
                #expect(found == ruid)
                #expect(register.origin(of: ruid) == origin)
            }
        }
        #expect(register.origins.count == RuidRegister.originsMax)
    }
}
