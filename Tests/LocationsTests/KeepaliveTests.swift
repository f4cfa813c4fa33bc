import Basics
import Testing

@testable import Locations

@Suite("what keepalives do to bindings")
struct KeepaliveTests {
    private func ruid(_ rig: Rig, _ aor: String) -> [UInt8] {
        var name: [UInt8] = []
        let bytes = Array(aor.utf8)
        rig.table.lookUp(bytes.span, now: rig.time, includingExpired: true) { view in
            var writer = ByteWriter()
            view.writeRuid(into: &writer)
            name = Array(copying: writer.span)
        }
        return name
    }

    private func seen(_ rig: Rig, _ aor: String, _ look: (borrowing BindingView) -> Void) -> Int {
        let bytes = Array(aor.utf8)
        return rig.table.lookUp(bytes.span, now: rig.time, includingExpired: true, each: look)
    }

    private func handle(_ rig: Rig, _ aor: String) throws -> ContactHandle {
        var handle: ContactHandle?
        _ = seen(rig, aor) { handle = $0.handle }
        return try #require(handle)
    }

    @Test("an answer is noted by hash and unique name, with its time and its way")
    func answer() throws {
        let rig = Rig()
        rig.register("alice", "sip:a@h")
        let handle = try handle(rig, "alice")
        #expect(rig.table.noteKeepaliveSent(handle))
        _ = seen(rig, "alice") {
            #expect($0.values.flags == LocationTable.keepaliveSentFlag)
            #expect($0.keepaliveRoundTrip == 0)
        }
        let name = ruid(rig, "alice")
        let aor = Array("alice".utf8)
        let later = WallTime(seconds: rig.now + 30)
        let isNoted = rig.table.noteKeepalive(
            hash: rig.table.hashValue(of: aor.span), ruid: name.span, now: later,
            microseconds: 1_234)
        #expect(isNoted)
        _ = seen(rig, "alice") {
            #expect($0.lastKeepalive == later)
            #expect($0.keepaliveRoundTrip == 1_234)
            #expect($0.values.flags == 0)
        }
    }

    @Test("an answer with another hash or another name is nobody's")
    func strangers() {
        let rig = Rig()
        rig.register("alice", "sip:a@h")
        let name = ruid(rig, "alice")
        let aor = Array("alice".utf8)
        let hash = rig.table.hashValue(of: aor.span)
        let long = [UInt8](repeating: 65, count: 200)
        let none: [UInt8] = []
        let other = Array("uloc-1-2-3".utf8)
        for (value, text) in [
            (hash ^ 1, name), (hash ^ (1 << 60), name), (hash, other), (hash, long), (hash, none),
        ] {
            let isNoted = rig.table.noteKeepalive(
                hash: value, ruid: text.span, now: rig.time, microseconds: 1)
            #expect(!isNoted)
        }
    }

    @Test("a handle of a contact that is gone changes nothing")
    func gone() throws {
        let rig = Rig(persists: true)
        rig.register("alice", "sip:a@h")
        let handle = try handle(rig, "alice")
        let aor = Array("alice".utf8)
        let removed = rig.table.remove(aor.span, now: rig.time)
        #expect(removed == 1)
        #expect(!rig.table.noteKeepaliveSent(handle))
        #expect(!rig.table.shorten(handle, to: rig.time))
    }

    @Test("a contact is given less time, never more")
    func shorten() throws {
        let rig = Rig()
        rig.register("alice", "sip:a@h", expires: 600)
        let handle = try handle(rig, "alice")
        #expect(!rig.table.shorten(handle, to: WallTime(seconds: rig.now + 601)))
        #expect(rig.table.shorten(handle, to: WallTime(seconds: rig.now + 10)))
        #expect(!rig.table.shorten(handle, to: WallTime(seconds: rig.now + 10)))
        #expect(rig.table.expire(now: WallTime(seconds: rig.now + 9)) == 0)
        #expect(rig.table.expire(now: WallTime(seconds: rig.now + 10)) == 1)
    }

    @Test("a permanent contact can be ended, and its row goes whatever it says")
    func permanent() throws {
        let rig = Rig(persists: true)
        rig.register("alice", [.permanent("sip:a@h")])
        for shard in 0..<LocationTable.shardCount {
            _ = rig.table.handOut(shard: shard, limit: 9) { _, _ in }
            rig.table.confirm(shard: shard)
        }
        #expect(rig.table.shorten(try handle(rig, "alice"), to: rig.time))
        #expect(rig.table.expire(now: rig.time) == 1)
        var changes: [StorageChange] = []
        for shard in 0..<LocationTable.shardCount {
            _ = rig.table.handOut(shard: shard, limit: 9) { changes.append($1) }
        }
        #expect(changes == [.erase(expiringBy: nil)])
    }

    @Test("the connection and the silence are those that were seen, or nothing happens")
    func conditions() throws {
        let rig = Rig()
        rig.register("alice", "sip:a@h")
        let handle = try handle(rig, "alice")
        let before = WallTime(seconds: rig.now - 1)
        #expect(!rig.table.shorten(handle, to: rig.time, connection: 7))
        #expect(!rig.table.shorten(handle, to: rig.time, silentSince: before))
        #expect(rig.table.shorten(handle, to: rig.time, connection: -1, silentSince: rig.time))
    }

    @Test("a refresh gives the time back")
    func refresh() throws {
        let rig = Rig()
        rig.register("alice", "sip:a@h", cseq: 1)
        #expect(
            rig.table.shorten(try handle(rig, "alice"), to: WallTime(seconds: rig.now + 10)))
        rig.register("alice", "sip:a@h", cseq: 2)
        #expect(rig.table.expire(now: WallTime(seconds: rig.now + 20)) == 0)
        #expect(rig.table.statistics.contacts.value == 1)
    }
}

@Suite("tables that keep what is erased")
struct KeptErasureTests {
    private func table(keeps: Bool) -> LocationTable {
        var options = LocationTableOptions()
        options.keepsErased = keeps
        options.slots = 1 << 12
        return LocationTable(
            name: "location", hash: KeyedHash(key0: 3, key1: 4),
            seed: RuidSeed(server: 0, time: 5, process: 6), persists: true, options: options,
            now: WallTime(seconds: 1_000))
    }

    private func add(_ table: LocationTable, _ aor: String, ruid: String, expires: Int64) {
        let name = Array(aor.utf8)
        let unique = Array(ruid.utf8)
        let uri = Array("sip:\(aor)@h".utf8)
        let call = Array("call".utf8)
        let none: [UInt8] = []
        let text = BindingText(
            uri: uri.span, callID: call.span, userAgent: none.span, received: none.span,
            path: none.span, instance: none.span)
        let values = ContactValues(expiresSeconds: expires, lastModified: WallTime(seconds: 900))
        let row = LoadedBinding(aor: name.span, ruid: unique.span, text: text, values: values)
        table.load(row, rules: RegistrationRules(), now: WallTime(seconds: 1_000))
    }

    private func erased(_ table: LocationTable) -> [String] {
        var found: [String] = []
        for shard in 0..<LocationTable.shardCount {
            _ = table.handOut(shard: shard, limit: 100) { binding, _ in
                var ruid = ByteWriter()
                binding.writeRuid(into: &ruid)
                let aor = String(copying: binding.aor)
                found.append("\(aor) \(String(copying: binding.uri)) \(ruid.text)")
            }
            table.confirm(shard: shard)
        }
        return found.sorted()
    }

    @Test("the address and the text stay until the row is gone", arguments: [true, false])
    func erase(keeps: Bool) {
        let table = table(keeps: keeps)
        let long = String(repeating: "x", count: 200)
        add(table, "alice", ruid: "r1", expires: 2_000)
        add(table, long, ruid: "r2", expires: 2_000)
        for name in ["alice", long] {
            let bytes = Array(name.utf8)
            let removed = table.remove(bytes.span, now: WallTime(seconds: 1_001))
            #expect(removed == 1)
        }
        let expected =
            keeps ? ["alice sip:alice@h r1", "\(long) sip:\(long)@h r2"] : ["  r1", "  r2"]
        #expect(erased(table) == expected)
        #expect(erased(table) == [])
        #expect(table.statistics.users.value == 0)
    }

    @Test("a row that was never bound is erased by its unique name alone")
    func rowOnly() {
        let table = table(keeps: true)
        add(table, "alice", ruid: "r1", expires: 999)
        #expect(erased(table) == ["  r1"])
    }

    @Test("an erasure that failed waits with its address, and is shown again")
    func failure() {
        let table = table(keeps: true)
        add(table, "alice", ruid: "r1", expires: 2_000)
        let name = Array("alice".utf8)
        _ = table.remove(name.span, now: WallTime(seconds: 1_001))
        for shard in 0..<LocationTable.shardCount {
            _ = table.handOut(shard: shard, limit: 1) { _, _ in }
            table.fail(shard: shard)
        }
        var cursor = LocationCursor()
        var walked = 0
        while !cursor.isAtEnd { table.walk(&cursor, limit: 8) { _ in walked += 1 } }
        #expect(walked == 0)
        #expect(erased(table) == ["alice sip:alice@h r1"])
    }
}
