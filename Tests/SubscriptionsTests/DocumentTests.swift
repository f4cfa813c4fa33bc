import Basics
import Foundation
import Synchronization
import Testing

@testable import Subscriptions

@Suite("Documents")
struct DocumentTests {
    /// An order with a document of these bytes and a version.
    private func order(_ composed: ComposedDocument?, version: UInt32) -> NotifyOrder {
        var package = EventPackage("x", contentType: "a/b")
        package.compose = { _ in composed }
        let composition = Composition(
            presentity: [], documents: [EventBody("last".utf8Span.span)])
        let document = EventDocument(.composition(composition), PackageIndex(0), of: [package])
        var draft = DialogDraft()
        let host = Array("example.com".utf8)
        draft.set(.toHost, host.span)
        return NotifyOrder(
            handle: nil, dialog: DialogText(draft, package: PackageIndex(0)), cseq: 1,
            status: .active, reason: .none, expiresSeconds: 1, document: document,
            version: version)
    }

    private func body(_ order: NotifyOrder) -> String {
        var writer = ByteWriter()
        writer.append("<")
        order.writeBody(into: &writer)
        #expect(writer.count == order.bodyCount + 1)
        return writer.text
    }

    @Test(
        "the version takes the placeholder's place, however long it is",
        arguments: [
            (0, "<v='0';"), (9, "<v='9';"), (10, "<v='10';"),
            (99_999, "<v='99999';"), (UInt32.max, "<v='4294967295';"),
        ] as [(UInt32, String)])
    func versions(_ version: UInt32, _ text: String) {
        let composed = ComposedDocument(bytes: Array("v='00000000000';".utf8), versionPlace: 3..<14)
        #expect(body(order(composed, version: version)) == text)
    }

    @Test("a placeholder at either end")
    func ends() {
        let first = ComposedDocument(bytes: Array("00x".utf8), versionPlace: 0..<2)
        #expect(body(order(first, version: 5)) == "<5x")
        let last = ComposedDocument(bytes: Array("x00".utf8), versionPlace: 1..<3)
        #expect(body(order(last, version: 5)) == "<x5")
        let nothing = ComposedDocument(bytes: Array("xy".utf8), versionPlace: 1..<1)
        #expect(body(order(nothing, version: 5)) == "<x5y")
    }

    @Test("without a composed document the last one goes out; its content type is the package's")
    func verbatim() {
        let order = order(nil, version: 5)
        #expect(body(order) == "<last" && order.hasBody && order.contentType == nil)
        let typed = ComposedDocument(bytes: [1], contentType: Array("c/d".utf8))
        #expect(self.order(typed, version: 0).contentType == Array("c/d".utf8))
    }

    @Test("an order without a document has no body")
    func none() {
        var empty = order(nil, version: 5)
        empty.document = nil
        #expect(!empty.hasBody && empty.bodyCount == 0 && body(empty) == "<")
    }

    @Test("a document is composed once, also when many ask at the same time")
    func once() {
        let made = Counter()
        var package = EventPackage("x", contentType: "a/b")
        package.compose = { _ in
            made.add(1)
            return ComposedDocument(bytes: [UInt8](repeating: UInt8(made.value & 255), count: 100))
        }
        let document = EventDocument(
            .composition(Composition(presentity: [], documents: [])), PackageIndex(0),
            of: [package])
        let seen = Guarded<Set<[UInt8]>>([])
        let threads = (0..<4).map { _ in
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                for _ in 0..<100 {
                    let bytes = document.made.composed?.bytes ?? []
                    seen.withLock { _ = $0.insert(bytes) }
                }
                done.signal()
            }
            return done
        }
        for thread in threads { thread.wait() }
        #expect(seen.withLock { $0.count } == 1)
        #expect(made.value >= 1 && made.value <= 4)
    }

    @Test("nothing is composed as long as nobody watches, and once for all who do")
    func lazily() {
        let made = Counter()
        var package = EventPackage("x", contentType: "a/b")
        package.compose = { composition in
            made.add(1)
            return ComposedDocument(bytes: Array("\(composition.documents.count)".utf8))
        }
        let agent = StateAgent(
            packages: PackageTable([package]), settings: AgentSettings(),
            seed: AgentSeed(time: 1, process: 2, secret: (3, 4)), now: WallTime(seconds: 10))
        let user = Array("alice".utf8)
        let host = Array("example.com".utf8)
        let body = Array("b".utf8)
        var orders: [NotifyOrder] = []
        func publish() {
            let request = PublishRequest(
                package: PackageIndex(0), user: user.span, host: host.span, ifMatch: Span(),
                body: body.span, sender: Span())
            _ = agent.publish(request, now: WallTime(seconds: 10), into: &orders)
        }
        publish()
        #expect(made.value == 0 && orders.isEmpty)
        let bench = Bench()
        var request = SubscribeRequest()
        for number in 0..<20 {
            bench.fill(&request, Dialog("w\(number)"), 600)
            _ = agent.subscribe(request, now: WallTime(seconds: 10), into: &orders)
        }
        for order in orders { _ = order.hasBody }
        #expect(made.value == 1 && orders.count == 20)
        for order in orders {
            guard let handle = order.handle else { continue }
            var more: [NotifyOrder] = []
            agent.completed(handle, .delivered, now: WallTime(seconds: 10), into: &more)
        }
        orders = []
        publish()
        for order in orders { #expect(Notice(order).body == "2") }
        #expect(made.value == 2 && orders.count == 20)
    }
}

@Suite("Whatever comes")
struct HostileTests {
    @Test("any bytes as an Event header or an entity tag are taken apart without harm")
    func anyBytes() {
        var dice = Dice(7)
        let table = TestPackage.table(RuleBook())
        let alphabet = Array("presencdialg.wf;=id \t\"sla,0123456789abcdef\u{0}\u{ff}".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<dice.roll(40)).map { _ in alphabet[dice.roll(alphabet.count)] }
            if let match = table.match(bytes.span) {
                #expect(match.id.end <= bytes.count)
            }
            if let tag = EntityTag(bytes.span) { #expect(tag.bytes == bytes) }
        }
    }

    @Test("a tag with one byte changed is another tag", arguments: 0..<40)
    func changedTag(_ place: Int) {
        let bench = Bench()
        var tag = Array(bench.tag(bench.publish("open")).utf8)
        guard place < tag.count else { return }
        tag[place] = tag[place] == 49 ? 50 : 49
        let text = String(decoding: tag, as: UTF8.self)
        #expect(bench.publish("x", ifMatch: text) == .conditionFailed)
    }

    @Test("empty names, long names and names of odd bytes do no harm")
    func oddNames() {
        let bench = Bench()
        for user in ["", "a b", "\u{0}", "%40", "ü", String(repeating: "u", count: 64)] {
            let tag = bench.tag(bench.publish("open", user: user))
            #expect(!tag.isEmpty)
            #expect(!bench.tag(bench.publish("", ifMatch: tag, user: user)).isEmpty)
        }
        #expect(bench.publications().count == 6)
        Audit.check(bench.agent)
    }

    @Test("user and host are not run together: a@b and c is not a and b@c")
    func splitNames() {
        let bench = Bench()
        let tag = bench.tag(bench.publish("open", user: "a"))
        #expect(bench.publish("x", ifMatch: tag, user: "a@example.com") == .conditionFailed)
    }

    @Test("made-up handles reach nothing")
    func madeUpHandles() {
        let bench = Bench()
        _ = bench.subscribed("bob")
        for shard: UInt8 in [0, 5, 63] {
            for index: UInt32 in [0, 1, 127, .max - 1] {
                let handle = SubscriptionHandle(shard: shard, index: index, generation: 99)
                bench.agent.completed(handle, .gone, now: bench.now, into: &bench.orders)
                #expect(bench.agent.subscription(handle) == nil)
                #expect(!bench.agent.end(handle, now: bench.now))
            }
        }
        #expect(bench.subscriptions().count == 1)
    }
}
