import Basics
import Testing

@testable import Subscriptions

@Suite("PUBLISH (RFC 3903)")
struct PublishTests {
    @Test("an initial PUBLISH is accepted with a tag and its lifetime")
    func initial() {
        let bench = Bench()
        guard case .accepted(let tag?, let expires) = bench.publish("open") else {
            Issue.record("not accepted")
            return
        }
        #expect(expires == 600)
        let text = String(decoding: tag.bytes, as: UTF8.self)
        #expect(text.hasPrefix("a.1700000000.77.") && text.hasSuffix(".0"))
        #expect(text.utf8.count <= 64)
        #expect(bench.publications().map { $0.body.text } == ["open"])
        #expect(bench.publications()[0].expires == bench.now.seconds + 600)
    }

    @Test("a refresh without a body keeps the document and changes the tag")
    func refresh() {
        let bench = Bench()
        let first = bench.tag(bench.publish("open"))
        let second = bench.tag(bench.publish("", ifMatch: first, expires: 700))
        #expect(second != first && second.hasSuffix(".1"))
        #expect(second.dropLast(2) == first.dropLast(2))
        let rows = bench.publications()
        #expect(rows.count == 1 && rows[0].expires == bench.now.seconds + 700)
        #expect(String(decoding: rows[0].etag, as: UTF8.self) == second)
        #expect(rows[0].body.text == "open")
    }

    @Test("a change replaces the document")
    func modify() {
        let bench = Bench()
        let first = bench.tag(bench.publish("open"))
        let second = bench.tag(bench.publish("closed", ifMatch: first))
        #expect(!second.isEmpty)
        #expect(bench.publications().map { $0.body.text } == ["closed"])
    }

    @Test(
        "a tag that is not current is refused with 412",
        arguments: [
            "nonsense", "a.1.2.3.0", "a.1700000000.77.0123456789abcdef.0", "a.", "OLD", "UPPER",
            "ZERO", String(repeating: "x", count: 128),
        ])
    func unknownTag(_ given: String) {
        let bench = Bench()
        let old = bench.tag(bench.publish("open"))
        let current = bench.tag(bench.publish("closed", ifMatch: old))
        let tag =
            switch given {
            case "OLD": old
            case "UPPER": current.uppercased()
            case "ZERO": current.replacing(".77.", with: ".077.")
            default: given
            }
        #expect(bench.publish("open", ifMatch: tag) == .conditionFailed)
        #expect(bench.publish("", ifMatch: tag, expires: 0) == .conditionFailed)
        #expect(bench.publications().map { $0.body.text } == ["closed"])
    }

    @Test("a removal takes the document away, and a second one is refused")
    func remove() {
        let bench = Bench()
        let tag = bench.tag(bench.publish("open"))
        #expect(
            bench.publish("", ifMatch: tag, expires: 0) == .accepted(tag: nil, expiresSeconds: 0))
        #expect(bench.publications().isEmpty)
        #expect(bench.publish("", ifMatch: tag, expires: 0) == .conditionFailed)
        #expect(bench.recordCount == 0)
    }

    @Test("a tag of one presentity or package means nothing for another")
    func foreignTopic() {
        let bench = Bench()
        let tag = bench.tag(bench.publish("open"))
        bench.publish("open", user: "bob")
        bench.publish("open", TestPackage.reg)
        #expect(bench.publish("x", ifMatch: tag, user: "bob") == .conditionFailed)
        #expect(bench.publish("x", ifMatch: tag, TestPackage.reg) == .conditionFailed)
    }

    @Test(
        "bad documents are refused and not stored",
        arguments: [
            ("", PublishOutcome.empty), ("bad", .malformed), ("odd", .unsupported),
            (String(repeating: "x", count: 65_536), .tooLarge),
        ])
    func refused(_ body: String, _ outcome: PublishOutcome) {
        let bench = Bench()
        #expect(bench.publish(body) == outcome)
        #expect(bench.recordCount == 0)
    }

    @Test("a name or sender that the table cannot hold is refused")
    func unusable() {
        let bench = Bench()
        let long = String(repeating: "u", count: 65)
        #expect(bench.publish("open", user: long) == .unusable)
        let sender = "sip:" + String(repeating: "s", count: 252)
        #expect(bench.publish("open", sender: sender) == .unusable)
        let tag = String(repeating: "t", count: 129)
        #expect(bench.publish("open", ifMatch: tag) == .unusable)
        #expect(bench.recordCount == 0)
    }

    @Test(
        "Expires is cut to the maximum and told without the offset",
        arguments: [
            (nil, 0, 3_600, 3_600), (999_999, 0, 3_600, 3_600), (60, 0, 60, 60),
            (60, 10, 60, 50), (5, 10, 5, 0), (-7, 0, 0, 0),
        ] as [(Int?, Int, Int, Int)])
    func lifetimes(_ asked: Int?, _ offset: Int, _ granted: Int, _ told: Int) {
        let bench = Bench { $0.expiresOffsetSeconds = offset }
        guard case .accepted(_, let seconds) = bench.publish("open", expires: asked) else {
            Issue.record("not accepted")
            return
        }
        #expect(seconds == told)
        let rows = bench.publications()
        #expect(rows.map { $0.expires - bench.now.seconds } == (granted == 0 ? [] : [granted]))
    }

    @Test("the package's own lifetime counts without Expires")
    func packageLifetime() {
        let bench = Bench { $0.expiresSecondsMax = 10_000 }
        bench.publish("open", expires: nil, TestPackage.reg)
        #expect(bench.publications()[0].expires == bench.now.seconds + 3_761)
    }

    @Test("an initial PUBLISH with Expires 0 gets a tag and leaves nothing behind")
    func initiallyOver() {
        let bench = Bench()
        let outcome = bench.publish("open", expires: 0)
        #expect(!bench.tag(outcome).isEmpty)
        #expect(bench.recordCount == 0)
        #expect(bench.publish("", ifMatch: bench.tag(outcome)) == .conditionFailed)
    }

    @Test("no two publications ever have the same tag, in two runs neither")
    func uniqueTags() {
        var seen = Set<String>()
        for run in 0..<2 {
            let agent = StateAgent(
                packages: TestPackage.table(RuleBook()), settings: AgentSettings(),
                seed: AgentSeed(time: 1, process: 2, secret: (UInt64(run), 9)),
                now: WallTime(seconds: 100))
            var orders: [NotifyOrder] = []
            for number in 0..<500 {
                let user = Array("user\(number % 50)".utf8)
                let host = Array("example.com".utf8)
                let body = Array("b".utf8)
                let request = PublishRequest(
                    package: TestPackage.reg, user: user.span, host: host.span, ifMatch: Span(),
                    body: body.span, sender: Span())
                guard
                    case .accepted(let tag?, _) = agent.publish(
                        request, now: WallTime(seconds: 100), into: &orders)
                else { continue }
                seen.insert(String(decoding: tag.bytes, as: UTF8.self))
            }
        }
        #expect(seen.count == 1_000)
    }

    @Test("a presentity has only so many publications, and the server too")
    func bounded() {
        let bench = Bench {
            $0.publicationsPerPresentityMax = 3
            $0.publicationsMax = 5
        }
        for _ in 0..<3 { #expect(!bench.tag(bench.publish("open")).isEmpty) }
        #expect(bench.publish("open") == .full)
        #expect(!bench.tag(bench.publish("open", user: "bob")).isEmpty)
        #expect(!bench.tag(bench.publish("open", user: "carol")).isEmpty)
        #expect(bench.publish("open", user: "dave") == .full)
        #expect(bench.publications().count == 5)
        #expect(bench.agent.counters[0].publications.value == 5)
    }

    @Test("names of users are compared by case unless the settings say otherwise")
    func nameCase() {
        for ignores in [false, true] {
            let bench = Bench { $0.ignoresCase = ignores }
            let tag = bench.tag(bench.publish("open", user: "Alice"))
            let outcome = bench.publish("closed", ifMatch: tag, user: "aLICE")
            #expect((outcome == .conditionFailed) == !ignores)
        }
    }

    // MARK: Hard state

    @Test("hard state never expires, and is replaced and removed by its name")
    func hardState() {
        let bench = Bench()
        _ = bench.subscribed("bob")
        #expect(bench.hardState("file.xml", "") == .conditionFailed)
        #expect(bench.hardState("file.xml", "away") == .accepted(tag: nil, expiresSeconds: 0))
        #expect(bench.answer().map(\.body) == ["away"])
        #expect(bench.publications()[0].expires == -1)
        bench.pass(500)
        #expect(bench.hardState("file.xml", "back") == .accepted(tag: nil, expiresSeconds: 0))
        #expect(bench.answer().map(\.body) == ["back"])
        #expect(bench.publish("x", ifMatch: "file.xml") == .conditionFailed)
        #expect(bench.hardState("file.xml", "") == .accepted(tag: nil, expiresSeconds: 0))
        #expect(bench.answer().map(\.body) == ["(back)"])
        #expect(bench.publications().isEmpty)
    }

    // MARK: Dialogs

    @Test("a new document about the same dialog takes the place of the old one")
    func sameDialog() {
        let bench = Bench()
        bench.publish("d1:early", TestPackage.dialog)
        bench.publish("d2:early", TestPackage.dialog)
        bench.publish("d1:confirmed", TestPackage.dialog)
        #expect(
            bench.publications().map { $0.body.text }.sorted()
                == ["d1:confirmed", "d2:early"])
    }

    @Test("a dialog that has ended is not brought back: a new tag, no change, no NOTIFY")
    func endedDialog() {
        let bench = Bench()
        _ = bench.subscribed("bob", TestPackage.dialog)
        let first = bench.tag(bench.publish("d1:terminated", TestPackage.dialog))
        #expect(bench.answer().count == 1)
        let second = bench.tag(
            bench.publish("d1:early", ifMatch: first, TestPackage.dialog))
        #expect(!second.isEmpty && second != first)
        #expect(bench.answer().isEmpty)
        #expect(
            bench.publications().map { $0.body.text } == ["d1:terminated"])
        #expect(!bench.tag(bench.publish("", ifMatch: second, TestPackage.dialog)).isEmpty)
    }

    @Test("shared line appearance keeps the tag, and its dialog against other senders")
    func sharedLine() {
        let bench = Bench()
        let tag = bench.tag(bench.publish("d1:early", sender: "sip:one", TestPackage.sla))
        #expect(
            bench.publish("d1:confirmed", ifMatch: tag, sender: "sip:one", TestPackage.sla)
                == .accepted(tag: nil, expiresSeconds: 600))
        #expect(
            bench.publish("-:idle", ifMatch: tag, sender: "sip:two", TestPackage.sla)
                == .accepted(tag: nil, expiresSeconds: 600))
        #expect(
            bench.publications().map { $0.body.text } == ["d1:confirmed"])
        bench.publish("-:idle", ifMatch: tag, sender: "sip:one", TestPackage.sla)
        #expect(bench.publications().map { $0.body.text } == ["-:idle"])
    }

    // MARK: Order

    @Test("documents come in the order of their last PUBLISH, also when the clock is set back")
    func receivedOrder() {
        let bench = Bench()
        _ = bench.subscribed("bob")
        let first = bench.tag(bench.publish("one"))
        bench.now.seconds -= 100
        bench.publish("two")
        #expect(bench.answer().last?.body == "one+two")
        bench.publish("", ifMatch: first)
        #expect(bench.answer().last?.body == "two+one")
    }

    @Test("documents come by priority, the highest last, equals by time")
    func priorityOrder() {
        for descending in [false, true] {
            let bench = Bench { $0.order = .priority(descending: descending) }
            _ = bench.subscribed("bob")
            bench.publish("m1", priority: 5)
            bench.publish("hi", priority: 9)
            bench.publish("lo", priority: 1)
            bench.publish("m2", priority: 5)
            let expected = descending ? "hi+m1+m2+lo" : "lo+m1+m2+hi"
            #expect(bench.answer().last?.body == expected)
        }
    }
}
