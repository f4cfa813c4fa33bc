import TestSupport
import Testing

@testable import EventDocuments

/// Laws of merging, tried on documents drawn by lot.
@Suite("Laws of merging")
struct MergePropertyTests {
    private static let presentity = "sip:alice@example.com"

    /// What a presence document shows: tuples by id.
    private static func tuples(_ document: [UInt8]) throws -> [String: String] {
        let root = try XMLDocument(document.span).root
        var found: [String: String] = [:]
        for tuple in root.children where tuple.isNamed("tuple") {
            let id = try #require(tuple.attribute("id"))
            #expect(found[id] == nil, "tuple \(id) is there twice")
            found[id] = tuple.child("status")?.child("basic")?.text ?? ""
        }
        return found
    }

    private static func presence(_ tuples: [String: String], notes: Int) -> [UInt8] {
        let inner = tuples.sorted { $0.key < $1.key }.map { Samples.tuple($0.key, $0.value) }
        let notes = (0..<notes).map { "<note>note \($0)</note>" }
        return Samples.presence(inner.joined() + notes.joined())
    }

    @Test(
        "each tuple is the newest document's that has it; a withdrawn one is closed",
        arguments: 0..<60)
    func presence(_ seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        var expected: [String: String] = [:]
        var documents: [[UInt8]] = []
        var notes = 0
        for _ in 0..<Int.random(in: 2...6, using: &random) {
            var tuples: [String: String] = [:]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let id = "t\(Int.random(in: 0..<5, using: &random))"
                tuples[id] = Bool.random(using: &random) ? "open" : "closed"
            }
            expected.merge(tuples) { $1 }
            notes += 1
            documents.append(Self.presence(tuples, notes: 1))
        }
        var gone: [String: String] = [:]
        for number in 0..<Int.random(in: 0...3, using: &random) { gone["t\(number)"] = "open" }
        let withdrawn = gone.isEmpty ? nil : Self.presence(gone, notes: 3)
        for id in gone.keys where expected[id] == nil { expected[id] = "closed" }
        let whole = PIDF.compose(documents, withdrawn: withdrawn, presentity: Self.presentity)
        #expect(try Self.tuples(whole) == expected)
        #expect(Schema.pidf.isValid(whole))
        let root = try XMLDocument(whole.span).root
        #expect(root.children.filter { $0.isNamed("note") }.count == notes)
        // What was merged once changes no more.
        let again = PIDF.compose([whole, Samples.presence("")], presentity: Self.presentity)
        #expect(try Self.tuples(again) == expected)
    }

    @Test("each dialog is the newest document's that has it", arguments: 0..<60)
    func dialogs(_ seed: UInt64) throws {
        var random = SeededNumbers(seed: seed &+ 1_000)
        let states = ["trying", "proceeding", "early", "confirmed", "terminated"]
        var expected: [String: String] = [:]
        var documents: [[UInt8]] = []
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let id = "d\(Int.random(in: 0..<4, using: &random))"
            let state = states.randomElement(using: &random) ?? "early"
            expected[id] = state
            documents.append(Samples.dialogs((id: id, state: state)))
        }
        let whole = DialogInfo.compose(documents, presentity: Self.presentity)
        let bytes = whole.bytes(version: Int(seed))
        #expect(Schema.dialogInfo.isValid(bytes))
        var found: [String: String] = [:]
        for dialog in try XMLDocument(bytes.span).root.children {
            found[dialog.attribute("id") ?? ""] = dialog.child("state")?.text
        }
        #expect(found == expected)
        let single = DialogInfo.compose(documents, presentity: Self.presentity, isSingle: true)
        let shown = try XMLDocument(single.bytes.span).root.children.map { $0.child("state")?.text }
        let order = ["terminated", "trying", "proceeding", "confirmed", "early"]
        let most = expected.values.compactMap { order.firstIndex(of: $0) }.max() ?? 0
        #expect(shown == [order[most]])
    }

    @Test("each contact is the newest document's that has it", arguments: 0..<60)
    func registrations(_ seed: UInt64) throws {
        var random = SeededNumbers(seed: seed &+ 2_000)
        var expected: [String: [String: RegistrationInfo.Contact.Event]] = [:]
        var documents: [[UInt8]] = []
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let aor = "sip:u\(Int.random(in: 0..<2, using: &random))@x"
            var contacts: [RegistrationInfo.Contact] = []
            for number in Set((0..<3).map { _ in Int.random(in: 0..<4, using: &random) }).sorted() {
                let event = RegistrationInfo.Contact.Event.allCases.randomElement(using: &random)
                contacts.append(
                    RegistrationInfo.Contact(
                        id: "c\(number)", uri: "sip:c\(number)@h", event: event ?? .created))
            }
            for contact in contacts { expected[aor, default: [:]][contact.id] = contact.event }
            let state: RegistrationInfo.Registration.State =
                contacts.contains { $0.isActive } ? .active : .terminated
            let registration = RegistrationInfo.Registration(
                aor: aor, id: aor, state: state, contacts: contacts)
            documents.append(
                RegistrationInfo(registrations: [registration]).document().bytes)
        }
        let bytes = RegistrationInfo.compose(documents).bytes(version: 3)
        #expect(Schema.reginfo.isValid(bytes))
        let info = try RegistrationInfo(parsing: bytes.span)
        #expect(Set(info.registrations.map(\.aor)) == Set(expected.keys))
        for registration in info.registrations {
            var found: [String: RegistrationInfo.Contact.Event] = [:]
            for contact in registration.contacts { found[contact.id] = contact.event }
            #expect(found == expected[registration.aor])
            let isActive = found.values.contains { $0.leavesActive }
            #expect(registration.state == (isActive ? .active : .terminated))
        }
    }

    @Test("a permission is the greatest of the rules that match", arguments: 0..<60)
    func permissions(_ seed: UInt64) throws {
        var random = SeededNumbers(seed: seed &+ 3_000)
        let handlings = ["block", "confirm", "polite-block", "allow"]
        var rules: [(people: Set<Int>, everybody: Bool, handling: Int)] = []
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            rules.append(
                (
                    Set((0..<3).map { _ in Int.random(in: 0..<6, using: &random) }),
                    Int.random(in: 0..<5, using: &random) == 0,
                    Int.random(in: 0..<4, using: &random)
                ))
        }
        let text = rules.map { rule in
            let ones = rule.people.map { "<cr:one id='sip:w\($0)@b'/>" }.joined()
            let identity = rule.everybody ? "<cr:many/>" : ones
            return Samples.rule("<cr:identity>\(identity)</cr:identity>", handlings[rule.handling])
        }
        let document = Samples.rules(text.joined())
        let parsed = try PresenceRules(parsing: document.span)
        for watcher in 0..<7 {
            let most = rules.filter { $0.everybody || $0.people.contains(watcher) }
                .map(\.handling).max()
            let found = parsed.permission(of: "sip:w\(watcher)@b", now: 0)
            #expect(found?.rawValue == most)
        }
        // In which document a rule stands does not matter.
        let split = try text.reduce(PresenceRules()) { merged, rule in
            let document = Samples.rules(rule)
            return merged.merged(with: try PresenceRules(parsing: document.span))
        }
        for watcher in 0..<7 {
            #expect(
                split.permission(of: "sip:w\(watcher)@b", now: 0)
                    == parsed.permission(of: "sip:w\(watcher)@b", now: 0))
        }
    }
}
