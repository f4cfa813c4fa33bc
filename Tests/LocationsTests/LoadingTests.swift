import Basics
import Locations
import TestSupport
import Testing

/// A row as a test writes it.
struct StoredRow {
    var aor = "alice"
    var ruid = "uloc-1-2-3"
    var uri = "sip:a@h"
    var callID = "call-1"
    var cseq: UInt32 = 1
    /// Seconds from now at which it expires and at which it was changed.
    var expires = 600
    var age = 10
    var instance = ""
    var received = ""

    /// Loads it into the table of a rig.
    @discardableResult
    func load(into rig: Rig) -> LoadResult {
        var values = ContactValues(
            expiresSeconds: expires == .max ? 0 : Int64(rig.now + expires),
            lastModified: WallTime(seconds: rig.now - age))
        values.cseq = cseq
        let name = Array(aor.utf8)
        let unique = Array(ruid.utf8)
        let contact = Array(uri.utf8)
        let call = Array(callID.utf8)
        let urn = Array(instance.utf8)
        let source = Array(received.utf8)
        let nothing = Span<UInt8>()
        let text = BindingText(
            uri: contact.span, callID: call.span, userAgent: nothing, received: source.span,
            path: nothing, instance: urn.span)
        let row = LoadedBinding(aor: name.span, ruid: unique.span, text: text, values: values)
        return rig.table.load(row, rules: rig.rules, now: rig.time)
    }
}

@Suite("Loading rows")
struct LoadingTests {
    private let rig = Rig(persists: true)

    /// The unique names whose rows are to be erased.
    private func erased(_ rig: Rig) -> [String] {
        var names: [String] = []
        for shard in 0..<LocationTable.shardCount {
            _ = rig.table.handOut(shard: shard, limit: 100) { view, change in
                if case .erase = change { names.append(Seen(view).ruid) }
            }
        }
        return names
    }

    @Test("binds them, and they are in the database already")
    func plain() {
        #expect(StoredRow().load(into: rig) == .loaded)
        let seen = rig.lookUp("alice")
        #expect(seen.map(\.uri) == ["sip:a@h"])
        #expect(seen[0].state == .sync)
        #expect(rig.table.dirtyCount == 0)
        #expect(rig.table.statistics.contacts.value == 1)
    }

    @Test(
        "keeps unique names of every shape",
        arguments: [
            "uloc-1-2-3", "uloc-5-1-2-3", "ulcx-abcdef-01-9", "regx-1-2-3", "uloc-0-0-0",
            "uloc-10-2-3", "uloc-1-2", "uloc-1-2-3-4-5", "uloc--2-3", "uloc-G-2-3", "ULOC-1-2-3",
            "uloc-123456789-2-3", "pres-1-2-3", "x", "a name with spaces", "uloc-0-1-2-3",
            "0123456789012345678901234567890123456789012345678901234567890123",
        ])
    func names(ruid: String) {
        #expect(StoredRow(ruid: ruid).load(into: rig) == .loaded)
        #expect(rig.lookUp("alice")[0].ruid == ruid)
        rig.register("alice", "sip:a@h", callID: "new", cseq: 1)
        #expect(rig.lookUp("alice")[0].ruid == ruid, "also when its text is replaced")
        rig.register("alice", "sip:a@h", expires: 0, callID: "new", cseq: 2)
        #expect(erased(rig) == [ruid])
    }

    @Test("refuses what cannot be kept and leaves its row alone")
    func refused() {
        let long = String(repeating: "x", count: 600)
        #expect(StoredRow(ruid: "").load(into: rig) == .refused)
        #expect(StoredRow(ruid: long).load(into: rig) == .refused)
        #expect(StoredRow(uri: "").load(into: rig) == .refused)
        #expect(StoredRow(uri: long).load(into: rig) == .refused)
        #expect(StoredRow(aor: long).load(into: rig) == .refused)
        #expect(rig.table.dirtyCount == 0)
    }

    @Test("erases rows that have expired, unless they have been prolonged since")
    func expired() {
        #expect(StoredRow(ruid: "old", expires: -5).load(into: rig) == .expired)
        #expect(rig.uris("alice").isEmpty)
        #expect(erased(rig) == ["old"])
        let readOnly = Rig()
        #expect(StoredRow(expires: -5).load(into: readOnly) == .superseded)
    }

    @Test("keeps permanent rows")
    func permanent() {
        #expect(StoredRow(expires: .max).load(into: rig) == .loaded)
        rig.now += 1_000_000
        rig.expire()
        #expect(rig.uris("alice") == ["sip:a@h"])
    }

    @Test("orders them by q like registrations, and expires them on time")
    func expiresLater() {
        StoredRow(expires: 60).load(into: rig)
        rig.now += 60
        #expect(rig.expire() == ["sip:a@h"])
        #expect(erased(rig) == ["uloc-1-2-3"])
    }

    @Test("is repeated without harm")
    func twice() {
        #expect(StoredRow().load(into: rig) == .loaded)
        #expect(StoredRow().load(into: rig) == .superseded)
        #expect(rig.uris("alice") == ["sip:a@h"])
        #expect(rig.table.dirtyCount == 0)
    }

    @Test("takes over a row that another server has refreshed meanwhile")
    func refreshedElsewhere() {
        StoredRow(expires: 60, age: 10).load(into: rig)
        #expect(StoredRow(cseq: 2, expires: 900, age: 1).load(into: rig) == .loaded)
        #expect(rig.lookUp("alice")[0].values.expires == WallTime(seconds: rig.now + 900))
        #expect(rig.table.dirtyCount == 0)
    }

    /// What registered before its row was loaded, against what wins.
    @Test(
        "lets the newer of row and registration win",
        arguments: [
            // The same Call-ID: the CSeq decides.
            ("call-1", 5, 4, 100, "registration"), ("call-1", 5, 6, 100, "row"),
            ("call-1", 5, 5, 100, "registration"),
            // Another Call-ID: the time decides.
            ("other", 1, 9, 100, "registration"), ("other", 1, 9, -100, "row"),
            ("other", 1, 9, 0, "registration"),
        ] as [(String, UInt32, UInt32, Int, String)])
    func newer(callID: String, cseq: UInt32, rowCSeq: UInt32, age: Int, winner: String) {
        rig.register("alice", "sip:a@h", callID: callID, cseq: cseq)
        let mine = rig.lookUp("alice")[0].ruid
        let result = StoredRow(ruid: "row", cseq: rowCSeq, age: age).load(into: rig)
        #expect(result == (winner == "row" ? .loaded : .superseded))
        #expect(rig.lookUp("alice").map(\.ruid) == [winner == "row" ? "row" : mine])
        #expect(rig.table.statistics.contacts.value == 1)
        #expect(erased(rig) == (winner == "row" ? [] : ["row"]))
    }

    @Test("does not bring back what was removed before it came", arguments: [false, true])
    func removedMeanwhile(withStar: Bool) {
        rig.table.beginLoading()
        if withStar {
            _ = rig.star("alice", callID: "new", cseq: 1)
        } else {
            rig.register("alice", "sip:a@h", expires: 0, callID: "new", cseq: 1)
        }
        #expect(StoredRow().load(into: rig) == .superseded)
        #expect(StoredRow(aor: "bob", ruid: "other").load(into: rig) == .loaded)
        rig.table.endLoading()
        #expect(rig.uris("alice").isEmpty)
        #expect(rig.uris("bob") == ["sip:a@h"])
        #expect(erased(rig) == ["uloc-1-2-3"])
    }

    @Test("brings back what is newer than its removal")
    func removedLongAgo() {
        rig.table.beginLoading()
        rig.register("alice", "sip:a@h", expires: 0, callID: "new", cseq: 1)
        rig.register("bob", "sip:a@h", expires: 0, callID: "call-1", cseq: 5)
        #expect(StoredRow(age: -1).load(into: rig) == .loaded)
        #expect(StoredRow(aor: "bob", ruid: "b", cseq: 6).load(into: rig) == .loaded)
        #expect(StoredRow(aor: "bob", ruid: "c", uri: "sip:b@h").load(into: rig) == .loaded)
        rig.table.endLoading()
    }

    @Test("tells removals by instance from those by URI")
    func removedInstance() {
        rig.table.beginLoading()
        rig.register("alice", [Offer("sip:z@h", expires: 0, instance: "<urn:1>")], callID: "n")
        let other = StoredRow(ruid: "two", uri: "sip:z@h", instance: "<urn:2>")
        #expect(StoredRow(ruid: "one", instance: "urn:1").load(into: rig) == .superseded)
        #expect(other.load(into: rig) == .loaded)
    }

    @Test("does not bring back a row whose erasure is queued or being written")
    func beingErased() {
        StoredRow().load(into: rig)
        rig.register("alice", "sip:a@h", expires: 0, callID: "new", cseq: 1)
        #expect(StoredRow().load(into: rig) == .superseded)
        #expect(erased(rig) == ["uloc-1-2-3"])
        #expect(StoredRow().load(into: rig) == .superseded)
        #expect(rig.uris("alice").isEmpty)
        for shard in 0..<LocationTable.shardCount { rig.table.confirm(shard: shard) }
        #expect(erased(rig).isEmpty)
    }

    /// A database is loaded in pieces while its users register: afterwards both are the same.
    @Test("in the midst of registrations ends with memory and database alike", arguments: 1...20)
    func merge(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var database = FakeDatabase()
        let old = Rig(persists: true)
        for step in 1...60 {
            old.now += random.below(3)
            old.register(
                "user\(random.below(6))", "sip:\(random.below(3))@h",
                expires: 30 + random.below(900), callID: "c\(random.below(3))",
                cseq: UInt32(step))
        }
        database.flush(old.table)
        let rig = Rig(persists: true, run: 0x7000_0000)
        rig.now = old.now + 20
        rig.table.beginLoading()
        for (ruid, row) in database.rows.sorted(by: { $0.key < $1.key }) {
            if random.below(2) == 0 {
                rig.register(
                    "user\(random.below(6))", "sip:\(random.below(3))@h",
                    expires: random.below(3) * 300, callID: "c\(random.below(4))",
                    cseq: UInt32(40 + random.below(50)))
            }
            let stored = StoredRow(
                aor: row.aor, ruid: ruid, uri: row.uri, callID: row.callID,
                cseq: row.values.cseq, expires: Int(row.values.expiresSeconds) - rig.now,
                age: rig.now - row.values.lastModified.seconds)
            #expect(stored.load(into: rig) != .refused)
        }
        rig.table.endLoading()
        database.flush(rig.table)
        let rows = database.rows.mapValues { [$0.aor, $0.uri, $0.callID] }
        let seen = rig.everything()
        let expected = seen.map { ($0.ruid, [$0.aor, $0.uri, $0.callID]) }
        #expect(rows == Dictionary(expected) { first, _ in first })
        #expect(Set(seen.map { [$0.aor, $0.uri] }).count == seen.count, "nothing is bound twice")
    }
}
