import Basics
import Locations
import Testing

@Suite("Events for listeners")
struct EventTests {
    private let rig = Rig()

    /// All events since the last call, as short words.
    private func events() -> [String] {
        var words: [String] = []
        var box = LocationEvents()
        for shard in 0..<LocationTable.shardCount {
            rig.table.takeEvents(shard: shard, into: &box)
            box.forEach { event, view in
                let name = [1: "insert", 2: "update", 4: "remove", 8: "expire"][event.rawValue]
                words.append("\(name ?? "?") \(Seen(view).aor) \(Seen(view).uri)")
            }
        }
        return words
    }

    @Test("are not noted while nobody listens")
    func silence() {
        rig.register("alice", "sip:a@h")
        #expect(events().isEmpty)
    }

    @Test("tell of every change in its order, with the text of that moment")
    func sequence() {
        rig.table.listen(to: .all)
        rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h", expires: 50)], cseq: 1)
        rig.register("alice", "sip:a@h", cseq: 2)
        rig.register("alice", "sip:a@h", expires: 0, cseq: 3)
        rig.now += 50
        rig.expire()
        #expect(
            events() == [
                "insert alice sip:a@h", "insert alice sip:b@h", "update alice sip:a@h",
                "remove alice sip:a@h", "expire alice sip:b@h",
            ])
        #expect(events().isEmpty, "each is told once")
    }

    @Test("outlive the binding they tell of")
    func copies() {
        rig.table.listen(to: .inserted)
        rig.register("alice", [Offer("sip:a@h", instance: "<urn:1>")], userAgent: "phone")
        let ruid = rig.lookUp("alice")[0].ruid
        _ = rig.star("alice", cseq: 9)
        rig.register("alice", [Offer("sip:other@h")], cseq: 10, userAgent: "other")
        var box = LocationEvents()
        var seen: [Seen] = []
        for shard in 0..<LocationTable.shardCount {
            rig.table.takeEvents(shard: shard, into: &box)
            box.forEach { _, view in seen.append(Seen(view)) }
        }
        #expect(seen.map(\.userAgent) == ["phone", "other"])
        #expect(seen[0].ruid == ruid)
        #expect(seen[0].instance == "<urn:1>")
        #expect(!rig.table.withContact(seen[0].handle) { _ in })
        #expect(rig.table.withContact(seen[1].handle) { _ in })
    }

    @Test("are those that were asked for", arguments: [1, 2, 4, 8])
    func chosen(bit: UInt8) {
        rig.table.listen(to: BindingEvents(rawValue: bit))
        rig.register("alice", "sip:a@h", cseq: 1)
        rig.register("alice", "sip:a@h", cseq: 2)
        rig.register("alice", [Offer("sip:a@h", expires: 0), Offer("sip:b@h")], cseq: 3)
        rig.now += 600
        rig.expire()
        let told = events()
        #expect(told.count == (bit == 1 ? 2 : 1))
    }

    @Test("are not told of a retransmission, a failure or a listing")
    func nothingHappened() {
        rig.register("alice", "sip:a@h", cseq: 5)
        rig.table.listen(to: .all)
        rig.register("alice", "sip:a@h", cseq: 5)
        rig.register("alice", [Offer("sip:b@h"), Offer("sip:a@h")], cseq: 4)
        rig.register("alice", [])
        #expect(events().isEmpty)
    }

    @Test("tell of an expired binding that a registration meets")
    func expiredByRegistration() {
        rig.register("alice", "sip:a@h", expires: 10, cseq: 5)
        rig.table.listen(to: .all)
        rig.now += 10
        rig.register("alice", "sip:a@h", cseq: 6)
        #expect(events() == ["expire alice sip:a@h", "insert alice sip:a@h"])
    }

    @Test("beyond the limit are counted as lost")
    func overflow() {
        rig.table.listen(to: .updated)
        let limit = Limits.locationEventsMax
        for cseq in 0..<UInt32(limit + 10) { rig.register("alice", "sip:a@h", cseq: cseq) }
        var box = LocationEvents()
        var counts: [Int] = []
        var lost = 0
        for shard in 0..<LocationTable.shardCount {
            rig.table.takeEvents(shard: shard, into: &box)
            let count = box.count
            if count > 0 { counts.append(count) }
            lost += box.lost
        }
        #expect(counts == [limit])
        #expect(lost == 9)
        rig.register("alice", "sip:a@h", cseq: UInt32(limit + 20))
        #expect(events().count == 1)
    }
}
