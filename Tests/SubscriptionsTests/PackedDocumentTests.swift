import Basics
import Testing

@testable import Subscriptions

@Suite("Packed documents")
struct PackedDocumentTests {
    private static let open = Crowd.document
    private static let closed = Crowd.document.replacing("open", with: "closed")

    /// For each publication whether it is packed.
    private static func packed(_ bench: Bench) -> [Bool] {
        var result: [Bool] = []
        for number in 0..<StateAgent.shardCount {
            bench.agent.withShard(number) { shard in
                for place in 0..<shard.publications.placesUsed
                where shard.publications.isLive(place) {
                    result.append(shard.publications[place].body == nil)
                }
            }
        }
        Audit.check(bench.agent)
        return result
    }

    private static func packing(_ text: String) -> [UInt8] {
        var writer = ByteWriter()
        writer.append("what was there before")
        PackedDocument.pack(Array(text.utf8).span, into: &writer)
        return Array(copying: writer.span)
    }

    @Test(
        "a document comes back as it was",
        arguments: [
            "x", "Messages-Waiting: yes\r\n", Crowd.document,
            String(repeating: "long ", count: 13_107),
        ])
    func roundTrip(_ text: String) {
        let packed = Self.packing(text)
        #expect(PackedDocument.unpacked(packed.span).text == text)
    }

    @Test("a usual document of 500 bytes is kept in less than 210, one of markup in less than 150")
    func sizes() {
        #expect(Self.packing(Self.open).count < 210)
        let markup = """
            <?xml version="1.0" encoding="UTF-8" standalone="no"?>
            <presence entity="sip:alice@example.org" xmlns="urn:ietf:params:xml:ns:pidf" \
            xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" \
            xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid">
              <tuple id="qoica8">
                <status>
                  <basic>open</basic>
                </status>
                <contact priority="0.8">sip:alice@192.0.2.17:5060;transport=tcp</contact>
                <timestamp>2026-11-20T09:12:33Z</timestamp>
              </tuple>
              <dm:person id="p8sg4h"><rpid:activities><rpid:on-the-phone/></rpid:activities>
              </dm:person>
            </presence>
            """
        #expect(Self.packing(markup).count < 150)
    }

    @Test("a document is packed while nobody watches, and as it came while somebody does")
    func watching() {
        let bench = Bench()
        let tag = bench.tag(bench.publish(Self.open))
        #expect(Self.packed(bench) == [true])
        var watcher = Dialog("bob", TestPackage.presence)
        bench.subscribe(&watcher)
        #expect(bench.answer().compactMap(\.body).contains { $0.contains("front office") })
        // What was packed stays so: only its document is unpacked for the watcher.
        #expect(Self.packed(bench) == [true])
        let next = bench.tag(bench.publish(Self.closed, ifMatch: tag))
        #expect(Self.packed(bench) == [false])
        #expect(bench.answer().compactMap(\.body).contains { $0.contains("closed") })
        bench.subscribe(&watcher, expires: 0)
        bench.answer()
        #expect(Self.packed(bench) == [true])
        #expect(bench.publications().map(\.body.text) == [Self.closed])
        bench.publish(Self.open, ifMatch: next)
        #expect(Self.packed(bench) == [true])
        #expect(bench.publications().map(\.body.text) == [Self.open])
    }

    @Test("a refresh, another sender and a removal leave a packed document whole")
    func changes() {
        let bench = Bench()
        var tag = bench.tag(bench.publish(Self.open, sender: "sip:a@example.com"))
        tag = bench.tag(bench.publish("", ifMatch: tag, sender: "sip:somebody.else@example.com"))
        #expect(bench.publications().map(\.body.text) == [Self.open])
        let row = bench.publications().first
        #expect(row.map { String(decoding: $0.sender, as: UTF8.self) }?.contains("else") == true)
        bench.publish("", ifMatch: tag, expires: 0)
        #expect(bench.publications().isEmpty)
        Audit.check(bench.agent)
    }

    @Test("the database gets documents as they came, packed or not, and gives them back")
    func rows() {
        let bench = Bench { $0.persistsPublications = true }
        bench.publish(Self.open)
        bench.publish(Self.closed, user: "carol")
        let batch = bench.agent.takeChanges(limit: 10)
        let bodies = batch.changes.compactMap { change -> String? in
            guard case .writePublication(let row, _, _) = change else { return nil }
            return row.body.text
        }
        #expect(Set(bodies) == [Self.open, Self.closed])
        bench.agent.settle(batch)
        let restored = Bench(run: 2)
        for case .writePublication(let row, _, _) in batch.changes {
            #expect(restored.agent.restore(row, now: restored.now))
        }
        #expect(Self.packed(restored) == [true, true])
        #expect(Set(restored.publications().map(\.body.text)) == [Self.open, Self.closed])
    }

    @Test("what packing would not shorten is kept as it is")
    func noise() {
        var dice = Dice(7)
        let text = String(decoding: (0..<300).map { _ in UInt8(33 + dice.roll(94)) }, as: UTF8.self)
        let bench = Bench()
        bench.publish(text)
        bench.publish("~", user: "carol")
        #expect(bench.publications().map(\.body.text).sorted() == [text, "~"].sorted())
        Audit.check(bench.agent)
    }
}
