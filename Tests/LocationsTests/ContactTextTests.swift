import Basics
import TestSupport
import Testing

@testable import Locations

@Suite("The text of a contact")
struct ContactTextTests {
    /// Six fields and the name before them, as strings.
    struct Fields: Equatable {
        var ruid = ""
        var uri = ""
        var callID = ""
        var userAgent = ""
        var received = ""
        var path = ""
        var instance = ""
    }

    /// Calls `body` with the fields as spans.
    private func with<R>(
        _ fields: Fields, _ body: (Span<UInt8>, borrowing BindingText) -> R
    ) -> R {
        let ruid = Array(fields.ruid.utf8)
        let uri = Array(fields.uri.utf8)
        let callID = Array(fields.callID.utf8)
        let userAgent = Array(fields.userAgent.utf8)
        let received = Array(fields.received.utf8)
        let path = Array(fields.path.utf8)
        let instance = Array(fields.instance.utf8)
        let text = BindingText(
            uri: uri.span, callID: callID.span, userAgent: userAgent.span,
            received: received.span, path: path.span, instance: instance.span)
        return body(ruid.span, text)
    }

    private func read(_ text: ContactText) -> Fields {
        let bytes = Array(copying: text.span())
        func field(_ place: Range<Int>) -> String { String(decoding: bytes[place], as: UTF8.self) }
        return Fields(
            ruid: field(text.ruidPlace), uri: field(text.uriPlace),
            callID: field(text.callIDPlace), userAgent: field(text.userAgentPlace),
            received: field(text.receivedPlace), path: field(text.pathPlace),
            instance: field(text.instancePlace))
    }

    private func random(_ random: inout SeededNumbers) -> Fields {
        func text(_ limit: Int) -> String {
            String(repeating: "\(random.below(10))", count: random.below(limit + 1))
        }
        return Fields(
            uri: text(90), callID: text(60), userAgent: text(60), received: text(40),
            path: text(80), instance: text(50))
    }

    @Test("without any is no block at all")
    func empty() {
        let text = with(Fields()) { ContactText(ruid: $0, $1) }
        #expect(text.capacity == 0)
        #expect(text.count == 0)
        #expect(read(text) == Fields())
        text.free()
    }

    @Test("is read as it was written, through any number of changes", arguments: 1...10)
    func changes(seed: UInt64) {
        var generator = SeededNumbers(seed: seed)
        var fields = random(&generator)
        fields.ruid = seed % 2 == 0 ? "a foreign name" : ""
        var text = with(fields) { ContactText(ruid: $0, $1) }
        for _ in 0..<200 {
            #expect(read(text) == fields)
            var next = random(&generator)
            let keepsURI = generator.below(3) == 0
            let isChanged = with(next) { text.replace($1, keepingURI: keepsURI) }
            next.ruid = fields.ruid
            if keepsURI { next.uri = fields.uri }
            #expect(isChanged == (next != fields))
            fields = next
        }
        #expect(read(text) == fields)
        text.keepOnlyRuid()
        #expect(read(text) == Fields(ruid: fields.ruid))
        text.free()
    }

    @Test("stays in its block while it fits, and gives up a block far too large")
    func blocks() {
        let short = Fields(uri: "sip:a@h", callID: "x")
        let long = Fields(uri: "sip:a@h", callID: String(repeating: "x", count: 250))
        let longest = Fields(
            uri: String(repeating: "u", count: 500), path: String(repeating: "p", count: 500))
        var text = with(short) { ContactText(ruid: $0, $1) }
        let small = unsafe text.block
        #expect(with(Fields(uri: "sip:b@h", callID: "y")) { text.replace($1, keepingURI: false) })
        #expect(unsafe text.block == small)
        #expect(with(long) { text.replace($1, keepingURI: false) })
        let large = unsafe text.block
        #expect(with(short) { text.replace($1, keepingURI: false) })
        #expect(unsafe text.block == large)
        #expect(with(longest) { text.replace($1, keepingURI: false) })
        #expect(with(short) { text.replace($1, keepingURI: false) })
        #expect(text.capacity < 300)
        #expect(read(text) == short)
        text.free()
    }

    @Test("wastes nothing of what the allocator hands out", arguments: [1, 24, 25, 40, 41, 137])
    func capacity(bytes: Int) {
        let fields = Fields(uri: String(repeating: "u", count: bytes))
        let text = with(fields) { ContactText(ruid: $0, $1) }
        #expect(Int(text.capacity) >= bytes)
        #expect(text.capacity % 16 == 8)
        #expect(Int(text.capacity) < max(bytes + 16, 25))
        text.free()
    }
}

@Suite("The queue of changes")
struct ChangeQueueTests {
    /// A queue over contacts without text.
    final class Fixture {
        var queue = ChangeQueue()
        var contacts = Slab<ContactRecord>()

        func add() -> UInt32 {
            let nothing = Span<UInt8>()
            let text = BindingText(
                uri: nothing, callID: nothing, userAgent: nothing, received: nothing,
                path: nothing, instance: nothing)
            let values = ContactValues(expiresSeconds: 0, lastModified: WallTime(seconds: 1))
            return contacts.insert(
                ContactRecord(
                    values: values, text: ContactText(ruid: nothing, text), ruid: .foreign,
                    address: 0))
        }

        func append(_ contact: UInt32) { queue.append(contact, in: &contacts) }
        func prepend(_ contact: UInt32) { queue.prepend(contact, in: &contacts) }
        func remove(_ contact: UInt32) { queue.remove(contact, in: &contacts) }

        /// From first to last, checked against the way back.
        var order: [UInt32] {
            var forward: [UInt32] = []
            var place = queue.first
            while place != .max {
                forward.append(place)
                place = contacts[place].queueNext
            }
            var backward: [UInt32] = []
            place = queue.last
            while place != .max {
                backward.append(place)
                place = contacts[place].queuePrevious
            }
            return forward == backward.reversed() && forward.count == queue.count
                ? forward : [.max]
        }
    }

    @Test("agrees with an array over a long random life", arguments: 1...5)
    func randomLife(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        let fixture = Fixture()
        let contacts = (0..<12).map { _ in fixture.add() }
        var model: [UInt32] = []
        for _ in 0..<1_000 {
            let contact = contacts[random.below(12)]
            if let place = model.firstIndex(of: contact) {
                model.remove(at: place)
                fixture.remove(contact)
            } else if random.below(2) == 0 {
                model.append(contact)
                fixture.append(contact)
            } else {
                model.insert(contact, at: 0)
                fixture.prepend(contact)
            }
            #expect(fixture.order == model)
            let queued = contacts.filter { fixture.contacts[$0].state.contains(.queued) }
            #expect(Set(queued) == Set(model))
        }
    }

    @Test("does not take a contact twice")
    func twice() async {
        await #expect(processExitsWith: .failure) {
            let fixture = Fixture()
            let contact = fixture.add()
            fixture.append(contact)
            fixture.append(contact)
        }
    }
}
