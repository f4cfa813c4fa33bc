import Basics
import Locations
import Testing

/// Many threads on one table: under ThreadSanitizer this is the test that must stay silent.
@Suite("Several threads")
struct ConcurrencyTests {
    @Test("register, look up, expire, walk and write at once, and the sums are right")
    func everythingAtOnce() async {
        let table = LocationTable(
            name: "location", hash: KeyedHash(key0: 1, key1: 2),
            seed: RuidSeed(server: 0, time: 1, process: 1), persists: true,
            now: WallTime(seconds: 1000))
        table.listen(to: .all)
        let turns = 400
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<3 {
                group.addTask { Self.registerMany(table, worker: worker, turns: turns) }
            }
            group.addTask { Self.writeMany(table, turns: turns / 8) }
            group.addTask { Self.readMany(table, turns: turns / 8) }
        }
        // Worker w keeps the odd ones of its users; the even ones are removed again.
        #expect(table.statistics.users.value == 3 * 20)
        #expect(table.statistics.contacts.value == 3 * 20)
        var database = FakeDatabase()
        var cursor = LocationCursor()
        var seen: [Seen] = []
        while !cursor.isAtEnd { table.walk(&cursor, limit: 10) { seen.append(Seen($0)) } }
        #expect(seen.count == 3 * 20)
        #expect(Set(seen.map(\.ruid)).count == seen.count)
        database.flush(table)
        #expect(table.dirtyCount == 0)
    }

    private static func registerMany(_ table: LocationTable, worker: Int, turns: Int) {
        var request = RegistrationRequest()
        for turn in 0..<turns {
            let user = turn % 40
            let name = Array("user\(worker)-\(user)".utf8)
            let text = Array("sip:\(worker)@hcall".utf8)
            request.reset()
            request.cseq = UInt32(turn + 1)
            request.callID = .message(ByteRange(offset: text.count - 4, count: 4))
            let removes = user % 2 == 0 && turn / 40 % 2 == 1
            let lifetime: Lifetime = removes ? .removed : .until(WallTime(seconds: 100_000))
            let contact = ContactUpdate(
                uri: .message(ByteRange(offset: 0, count: text.count - 4)), lifetime: lifetime)
            _ = request.append(contact)
            _ = table.register(
                name.span, request, message: text.span, rules: RegistrationRules(),
                now: WallTime(seconds: 1000 + turn))
        }
    }

    private static func writeMany(_ table: LocationTable, turns: Int) {
        var box = LocationEvents()
        for turn in 0..<turns {
            for shard in 0..<LocationTable.shardCount {
                _ = table.handOut(shard: shard, limit: 5) { _, _ in }
                if turn % 3 == 0 { table.fail(shard: shard) } else { table.confirm(shard: shard) }
                table.takeEvents(shard: shard, into: &box)
                box.forEach { _, view in _ = Seen(view) }
            }
        }
    }

    private static func readMany(_ table: LocationTable, turns: Int) {
        for turn in 0..<turns {
            let now = WallTime(seconds: 1000 + turn)
            table.expire(now: now)
            var cursor = LocationCursor()
            while !cursor.isAtEnd { table.walk(&cursor, limit: 8) { _ = $0.uri.count } }
            _ = table.dirtyCount
            _ = table.dirtySince
            let name = Array("user0-1".utf8)
            table.lookUp(name.span, now: now) { _ = Seen($0) }
        }
    }
}
