import Basics
import EventDocuments
import Locations
import Testing

@testable import PUAReginfo

extension BindingCopy {
    /// A binding as a test writes it.
    static func sample(
        _ uri: String, ruid: String, maker: String = "uloc", expires: Int = 2_000_000, q: Int = -1,
        instance: String = "", received: String = "", path: String = "", regID: UInt32 = 0
    ) -> BindingCopy {
        let table = LocationTable(
            name: "location", hash: KeyedHash(key0: 1, key1: 2),
            seed: RuidSeed(server: 0, time: 1, process: 1), now: WallTime(seconds: 1))
        let (uri, callID) = (Array(uri.utf8), Array("call-\(ruid)".utf8))
        let agent = Array("phone/1 & co".utf8)
        let (received, path) = (Array(received.utf8), Array(path.utf8))
        let instance = Array(instance.utf8)
        var values = ContactValues(
            expiresSeconds: Int64(expires), lastModified: WallTime(seconds: 1_000_000))
        values.cseq = 7
        values.qThousandths = Int16(q)
        values.regID = regID
        let aor = Array("alice".utf8)
        let name = Array("\(maker)-1-1-\(ruid)".utf8)
        let text = BindingText(
            uri: uri.span, callID: callID.span, userAgent: agent.span,
            received: received.span, path: path.span, instance: instance.span)
        let binding = LoadedBinding(aor: aor.span, ruid: name.span, text: text, values: values)
        _ = table.load(binding, rules: RegistrationRules(), now: WallTime(seconds: 1))
        var copy: BindingCopy?
        table.lookUp(aor.span, now: WallTime(seconds: 1)) { copy = BindingCopy($0) }
        guard let copy else { preconditionFailure("the sample is no binding") }
        return copy
    }
}

extension PublicationBook {
    /// Notes a change as a test writes it.
    fileprivate mutating func note(
        _ event: BindingEvents, _ cause: ChangeCause, _ contact: BindingCopy, of key: Key,
        now: WallTime
    ) {
        let hasEnded = event == .removed || event == .expired
        note(event, cause, contact.ruid, ended: hasEnded ? contact : nil, of: key)
    }
}

@Suite("What is to be published of which address-of-record")
struct PublicationBookTests {
    private typealias Event = RegistrationInfo.Contact.Event
    private let alice = PublicationBook.Key(table: "location", aor: Array("alice".utf8))
    private let bob = PublicationBook.Key(table: "location", aor: Array("bob".utf8))
    private let one = BindingCopy.sample("sip:a@h", ruid: "1")
    private let two = BindingCopy.sample("sip:b@h", ruid: "2")
    private let now = WallTime(seconds: 1_000)

    private func words(_ orders: [PublicationBook.Order]) -> [[Event]] {
        orders.map { $0.notes.map(\.event) }
    }

    @Test(
        "each change has the word that RFC 3680 has for it",
        arguments: [
            (BindingEvents.inserted, ChangeCause.registration, "registered"),
            (.inserted, .command, "created"), (.updated, .registration, "refreshed"),
            (.updated, .command, "refreshed"), (.updated, .shortening, "shortened"),
            (.removed, .registration, "unregistered"), (.removed, .command, "deactivated"),
            (.removed, .document, "unregistered"), (.expired, .time, "expired"),
        ])
    func words(_ event: BindingEvents, _ cause: ChangeCause, _ word: String) {
        var book = PublicationBook()
        book.note(event, cause, one, of: alice, now: now)
        let wanted = [Event(rawValue: word)].compactMap(\.self)
        #expect(words(book.take(limit: 9, now: now)) == [wanted])
    }

    @Test(
        "changes of one contact become one",
        arguments: [
            (["inserted", "updated"], "registered"), (["inserted", "removed"], "unregistered"),
            (["updated", "expired"], "expired"), (["updated", "updated"], "refreshed"),
        ])
    func coalesced(_ events: [String], _ word: String) {
        let bits: [String: BindingEvents] = [
            "inserted": .inserted, "updated": .updated, "removed": .removed, "expired": .expired,
        ]
        var book = PublicationBook()
        for event in events {
            book.note(bits[event] ?? [], .registration, one, of: alice, now: now)
        }
        let wanted = [Event(rawValue: word)].compactMap(\.self)
        #expect(words(book.take(limit: 9, now: now)) == [wanted])
    }

    @Test("a contact whose connection is gone is to come back at once")
    func lost() {
        var book = PublicationBook()
        book.note(.updated, .shortening, one, of: alice, now: now)
        book.note(.expired, .time, one, of: alice, now: now)
        #expect(words(book.take(limit: 9, now: now)) == [[.deactivated]])
    }

    @Test("one document of an address-of-record is on its way; what happens meanwhile is gathered")
    func single() {
        var book = PublicationBook()
        book.note(.inserted, .registration, one, of: alice, now: now)
        book.note(.inserted, .registration, two, of: bob, now: now)
        #expect(book.take(limit: 9, now: now).map(\.key) == [alice, bob])
        book.note(.updated, .registration, one, of: alice, now: now)
        book.note(.removed, .registration, one, of: alice, now: now)
        #expect(book.take(limit: 9, now: now).isEmpty)
        book.finish(alice, isTold: true, isActive: true, now: now)
        book.finish(bob, isTold: true, isActive: true, now: now)
        #expect(book.isReady)
        #expect(words(book.take(limit: 9, now: now)) == [[.unregistered]])
        book.finish(alice, isTold: true, isActive: false, now: now)
        #expect(book.waitingCount == 0)
    }

    @Test("what a document told that was not taken goes into the next, after a rest")
    func retried() {
        var book = PublicationBook()
        book.note(.removed, .registration, one, of: alice, now: now)
        _ = book.take(limit: 9, now: now)
        book.note(.inserted, .registration, two, of: alice, now: now)
        book.finish(alice, isTold: false, isActive: true, now: now)
        #expect(book.take(limit: 9, now: now).isEmpty)
        let later = WallTime(seconds: now.seconds + PublicationBook.retrySeconds)
        let orders = book.take(limit: 9, now: later)
        #expect(words(orders) == [[.unregistered, .registered]])
        book.finish(alice, isTold: false, isActive: true, now: later)
        let soon = WallTime(seconds: later.seconds + PublicationBook.retrySeconds)
        #expect(book.take(limit: 9, now: soon).isEmpty, "each rest is twice as long")
        #expect(book.waitingCount == 1)
    }

    @Test("an address-of-record without contacts is given up some time")
    func givenUp() {
        var book = PublicationBook()
        book.note(.expired, .time, one, of: alice, now: now)
        var time = now
        var tries = 0
        while book.waitingCount > 0, tries < 100 {
            #expect(book.take(limit: 9, now: time).count == 1)
            book.finish(alice, isTold: false, isActive: false, now: time)
            time = WallTime(seconds: time.seconds + PublicationBook.retrySecondsMax)
            tries += 1
        }
        #expect(tries == PublicationBook.triesMax)
    }

    @Test("the documents on their way are bounded, and none is forgotten")
    func window() {
        var book = PublicationBook()
        let count = PublicationBook.inFlightMax + 10
        for number in 0..<count {
            let key = PublicationBook.Key(table: "t", aor: Array("\(number)".utf8))
            book.note(.inserted, .registration, one, of: key, now: now)
        }
        let first = book.take(limit: count, now: now)
        #expect(first.count == PublicationBook.inFlightMax)
        #expect(!book.isReady && book.take(limit: 9, now: now).isEmpty)
        for order in first { book.finish(order.key, isTold: true, isActive: true, now: now) }
        #expect(book.take(limit: count, now: now).count == 10)
    }

    @Test("an address-of-record of which something was lost is told of once more")
    func doubtful() {
        var book = PublicationBook()
        book.noteUnknown(alice)
        #expect(words(book.take(limit: 9, now: now)) == [[]])
        book.noteUnknown(alice)
        book.finish(alice, isTold: true, isActive: true, now: now)
        #expect(words(book.take(limit: 9, now: now)) == [[]])
    }

    @Test("one document tells of as many ends as there is room for, the newest")
    func manyEnds() {
        var book = PublicationBook()
        for number in 0..<PublicationBook.endingsMax + 9 {
            let contact = BindingCopy.sample("sip:\(number)@h", ruid: String(number, radix: 16))
            book.note(.removed, .registration, contact, of: alice, now: now)
        }
        let notes = book.take(limit: 9, now: now)[0].notes
        #expect(notes.count == PublicationBook.endingsMax)
        #expect(notes[0].ended?.uri == Array("sip:9@h".utf8))
    }
}

@Suite("Small parts of module pua_reginfo")
struct ReginfoPartTests {
    @Test("versions count up one by one, and go on above those of an earlier run")
    func versions() {
        var versions = DocumentVersions()
        let start = WallTime(seconds: DocumentVersions.firstSecond + 500)
        #expect((0..<3).map { _ in versions.next(of: 1, now: start) } == [500, 501, 502])
        #expect(versions.next(of: 2, now: start) == 500)
        var restarted = DocumentVersions()
        #expect(restarted.next(of: 1, now: WallTime(seconds: start.seconds + 3)) == 503)
    }

    @Test("SUBSCRIBEs leave in the order of the script, as many at a time as may")
    func lane() {
        var lane = SubscriptionLane()
        let count = SubscriptionLane.windowMax + 2
        for number in 0..<count {
            let isTaken = lane.add(.init(uri: Array("sip:\(number)@h".utf8), seconds: 60))
            #expect(isTaken)
        }
        var left: [SubscriptionLane.Wish] = []
        while let wish = lane.next() { left.append(wish) }
        #expect(left.count == SubscriptionLane.windowMax && lane.waitingCount == 2)
        #expect(left.first?.uri == Array("sip:0@h".utf8))
        lane.finish()
        #expect(lane.next() != nil && lane.next() == nil)
    }

    @Test("a URI that waits already gets the later wish")
    func latest() {
        var lane = SubscriptionLane()
        _ = lane.add(.init(uri: [1], seconds: 60))
        _ = lane.add(.init(uri: [1], seconds: 0))
        #expect(lane.next() == SubscriptionLane.Wish(uri: [1], seconds: 0))
        #expect(lane.next() == nil && lane.waitingCount == 0)
    }

    @Test("a NOTIFY is current once, and older ones never; what was refused is welcome once more")
    func order() {
        var order = NotifyOrder()
        var answers: [Bool] = []
        for (dialog, cseq) in [(1, 5), (1, 5), (1, 4), (2, 1), (1, 6)] as [(UInt64, UInt32)] {
            let isCurrent = order.isCurrent(dialog, cseq)
            answers.append(isCurrent)
        }
        #expect(answers == [true, false, false, true, true])
        order.forget(1)
        let isWelcome = order.isCurrent(1, 6)
        #expect(isWelcome)
    }

    @Test("names stay the same under one key and tell nothing under another")
    func names() {
        let aor = Array("alice".utf8)
        let ruid = Array("uloc-1-1-1".utf8)
        let names = StableNames(key: 1)
        #expect(
            names.contact(aor: aor, ruid: ruid) == StableNames(key: 1).contact(aor: aor, ruid: ruid)
        )
        #expect(
            names.contact(aor: aor, ruid: ruid) != StableNames(key: 2).contact(aor: aor, ruid: ruid)
        )
        #expect(names.registration(table: "location", aor: aor).utf8.count == 17)
        #expect(
            names.registration(table: "a", aor: [98]) != names.registration(table: "ab", aor: []))
        #expect(names.peer(host: aor, serverID: 1) != names.peer(host: aor, serverID: 2))
    }

    @Test("with a database the names outlive the process, in memory they do not")
    func restart() {
        func name(_ database: String?) -> String {
            StableNames(database: database, server: "sip:a@b").contact(aor: [1], ruid: [2])
        }
        #expect(name(nil) != name(nil))
        // A machine without a number of its own has nothing to make a lasting key of.
        let isStable = name("mysql://u:p@h/d") == name("mysql://u:p@h/d")
        #expect(isStable || name("x") != name("x"))
        #expect(name("mysql://u:p@h/d") != name("mysql://u:q@h/d"))
    }
}
