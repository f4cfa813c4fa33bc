import Basics
import Testing

@testable import Subscriptions

@Suite("Event packages")
struct PackageTests {
    let table = TestPackage.table(RuleBook())

    private func match(_ header: String) -> (UInt8, String)? {
        let bytes = Array(header.utf8)
        guard let match = table.match(bytes.span) else { return nil }
        return (match.package.number, String(copying: bytes.span.part(match.id)))
    }

    @Test(
        "an Event header names a package",
        arguments: [
            ("presence", 0, ""), ("PRESENCE", 0, ""), ("presence.winfo", 1, ""),
            ("presence;id=5", 0, "5"), (" reg ; ID = a.b ", 2, "a.b"), ("dialog", 3, ""),
            ("dialog;sla", 4, ""), ("dialog;SLA;id=x", 4, "x"), ("dialog;id=x;sla", 4, "x"),
        ] as [(String, UInt8, String)])
    func named(_ header: String, _ number: UInt8, _ id: String) {
        let found = match(header)
        #expect(found?.0 == number && found?.1 == id)
    }

    @Test(
        "an Event header that is malformed or names nothing is refused",
        arguments: [
            "", " ", ";", "presence;", "presence;;id=5", "presence;id=", "presence;x=1", "weather",
            "presence,reg", "pres ence", "dialog;sla=1", "dialog;sla;sla", "presence;id=5 x",
            "reg;=5", "\u{0}", "presence;id=" + String(repeating: "x", count: 65),
            String(repeating: "p", count: 65), "a;b;c;d;e;f;g;h;i;j",
        ])
    func refused(_ header: String) {
        #expect(match(header) == nil)
    }

    @Test("the column event reads back what is written to it")
    func column() {
        for number in 0..<table.count {
            let index = PackageIndex(number)
            let text = table[index].eventText
            #expect(table.named(text.span) == index)
        }
        #expect(String(decoding: table[TestPackage.sla].eventText, as: UTF8.self) == "dialog;sla")
    }

    @Test("watcher information and what it is about know each other")
    func watcherInfo() {
        #expect(table.watcherInfo(of: TestPackage.presence) == TestPackage.winfo)
        #expect(table.watched(by: TestPackage.winfo) == TestPackage.presence)
        #expect(table.watcherInfo(of: TestPackage.reg) == nil)
        #expect(table.watched(by: TestPackage.presence) == nil)
        #expect(table.watcherInfo(of: TestPackage.winfo) == nil)
    }

    @Test(
        "a content type is compared without its parameters",
        arguments: [
            ("application/pidf+xml", true), ("Application/PIDF+XML", true),
            ("application/pidf+xml;charset=utf-8", true), ("application/pidf+xml ; x", true),
            ("application/pidf", false), ("text/plain", false), ("", false),
        ])
    func contentTypes(_ type: String, _ accepted: Bool) {
        let bytes = Array(type.utf8)
        #expect(table[TestPackage.presence].accepts(contentType: bytes.span) == accepted)
    }

    @Test("a package may take several content types")
    func severalTypes() {
        var package = EventPackage("x", contentType: "a/b")
        package.acceptedTypes = [Array("c/d".utf8), Array("e/f".utf8)]
        let taken = ["a/b", "c/d", "E/F"].map { text in
            let bytes = Array(text.utf8)
            return package.accepts(contentType: bytes.span)
        }
        #expect(taken == [false, true, true])
    }

    @Test("words of states and reasons are those of the RFC")
    func words() {
        for reason in StatusReason.allCases {
            let word = Array("\(reason.word)".utf8)
            #expect(StatusReason(word: word.span) == reason)
        }
        let other = Array("somewhat".utf8)
        #expect(StatusReason(word: other.span) == .none)
        #expect(
            SubscriptionStatus.allCases.map { "\($0.word)" } == [
                "active", "pending", "terminated", "waiting",
            ])
        #expect(SubscriptionStatus.allCases.map(\.rawValue) == [1, 2, 3, 4])
    }
}

@Suite("Texts and tags")
struct TextTests {
    @Test("a dialog gives back every text that was set, shared or not")
    func dialogTexts() {
        for shares in [false, true] {
            var draft = DialogDraft()
            for field in DialogField.allCases {
                let text = Array((shares ? "same" : "text \(field)").utf8)
                draft.set(field, text.span)
            }
            let dialog = DialogText(draft, package: PackageIndex(3))
            for field in DialogField.allCases {
                #expect(dialog.text(field) == (shares ? "same" : "text \(field)"))
            }
            #expect(dialog.package == PackageIndex(3))
            var copy = DialogDraft()
            dialog.copy(into: &copy)
            #expect(String(copying: copy[.routeSet]) == String(copying: draft[.routeSet]))
        }
    }

    @Test("texts that are the same take room once")
    func twins() {
        var draft = DialogDraft()
        let user = Array("alice".utf8)
        for field in [DialogField.toUser, .presentityUser, .fromUser, .watcherUser] {
            draft.set(field, user.span)
        }
        #expect(DialogText(draft, package: PackageIndex(0)).textBytes == 10)
    }

    @Test("a text beyond its column is left out and said so", arguments: DialogField.allCases)
    func limits(_ field: DialogField) {
        var draft = DialogDraft()
        let most = [UInt8](repeating: 120, count: field.bytesMax)
        draft.set(field, most.span)
        #expect(draft.fits && draft[field].count == field.bytesMax)
        let more = most + [120]
        draft.set(field, more.span)
        #expect(!draft.fits && draft[field].count == field.bytesMax)
        draft.reset()
        #expect(draft.fits && draft[field].isEmpty)
    }

    @Test("an entity tag reads back what it writes, and nothing else")
    func entityTags() {
        let tag = EntityTag(time: .max, process: .max, random: .max, number: .max)
        #expect(tag.bytes.count == 2 + 10 + 1 + 10 + 1 + 16 + 1 + 10)
        for tag in [tag, EntityTag(time: 0, process: 0, random: 0, number: 0)] {
            #expect(EntityTag(tag.bytes.span) == tag)
        }
        for text in [
            "a.0.0.0000000000000000.", "a.0.0.000000000000000.00", "a.00.0.0000000000000000.0",
            "b.0.0.0000000000000000.0", "a.0.0.000000000000000G.0", "a.0.0.000000000000000A.0",
            "a.4294967296.0.0000000000000000.0", "a.0.0.0000000000000000.0x",
            "a-0.0.0000000000000000.0", "a.0.0.00000000000000000.0",
        ] {
            let bytes = Array(text.utf8)
            #expect(EntityTag(bytes.span) == nil, "\(text)")
        }
    }

    @Test("a queue of handles is first in first out and gives its room back")
    func handleQueue() {
        var queue = HandleQueue()
        for round in 0..<3 {
            for index in 0..<5_000 {
                queue.append(SlabHandle(index: UInt32(index), generation: UInt32(round)))
            }
            #expect(queue.count == 5_000)
            for index in 0..<5_000 { #expect(queue.popFirst()?.index == UInt32(index)) }
            #expect(queue.popFirst() == nil && queue.isEmpty)
        }
    }

    @Test("names of presentities as URIs")
    func uris() {
        let user = Array("alice".utf8)
        let host = Array("example.com".utf8)
        #expect(
            SIPName.uri(user: user.span, host: host.span) == Array("sip:alice@example.com".utf8))
        #expect(SIPName.uri(user: Span(), host: host.span) == Array("sip:example.com".utf8))
    }
}

@Suite("Lists")
struct ListTests {
    @Test("pages show every record once, filtered by presentity and package")
    func pages() {
        let bench = Bench()
        for number in 0..<30 {
            bench.publish("b", user: "user\(number)")
            bench.publish("b", TestPackage.reg, user: "user\(number % 3)")
        }
        #expect(bench.publications().count == 60)
        var filter = ListFilter()
        filter.package = TestPackage.reg
        #expect(bench.publications(filter).count == 30)
        filter.user = Array("user1".utf8)
        #expect(bench.publications(filter).count == 10)
        filter.host = Array("example.com".utf8)
        #expect(bench.publications(filter).count == 10)
        filter.package = nil
        #expect(bench.publications(filter).count == 11)
        filter.host = Array("elsewhere".utf8)
        #expect(bench.publications(filter).isEmpty)
        filter.host = Array(repeating: 120, count: 65)
        #expect(bench.publications(filter).isEmpty)
    }

    @Test("a page has at most as many rows as asked for, and its cursor travels as a number")
    func cursor() {
        let bench = Bench()
        for number in 0..<25 { _ = bench.subscribed("w\(number)") }
        var seen = Set<String>()
        var cursor: ListCursor? = ListCursor()
        while let place = cursor {
            var next: ListCursor? = ListCursor(number: place.number)
            let rows = bench.agent.subscriptions(ListFilter(), limit: 4, from: &next)
            #expect(rows.count <= 4)
            for row in rows { #expect(seen.insert(row.dialog.text(.fromUser)).inserted) }
            cursor = next
        }
        #expect(seen.count == 25)
        var done: ListCursor?
        #expect(bench.agent.subscriptions(ListFilter(), limit: 4, from: &done).isEmpty)
        var wild: ListCursor? = ListCursor(number: .max)
        #expect(bench.agent.subscriptions(ListFilter(), limit: 4, from: &wild).isEmpty)
        #expect(wild == nil)
    }

    @Test("a subscription can be looked up and ended by its handle")
    func handles() {
        let bench = Bench()
        let bob = bench.subscribed("bob")
        guard let handle = bob.handle else { return }
        #expect(bench.agent.subscription(handle)?.dialog.text(.callID) == bob.callID)
        #expect(bench.agent.end(handle, now: bench.now))
        #expect(!bench.agent.end(handle, now: bench.now))
        #expect(bench.agent.subscription(handle) == nil && bench.recordCount == 0)
    }
}
