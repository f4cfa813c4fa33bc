import Basics
import EventDocuments
import ModuleKit
import Presence
import Storage
import Subscriptions
import Testing

@testable import PresenceXML

/// Who may watch whom, from the table of XCAP documents.
@Suite("Presence rules from the table")
struct PresenceRuleTests {
    private func alice(_ text: String, type: Int = 2) -> RulesDatabase.Document {
        RulesDatabase.Document(user: "alice", host: "example.com", type: type, text: text)
    }

    @Test(
        "what the rules say is what the engine is told",
        arguments: [
            ("allow", Authorisation.allow), ("confirm", .confirm), ("block", .block),
            ("polite-block", .politeBlock),
        ])
    func permissions(_ handling: String, _ expected: Authorisation) throws {
        let rig = try PackageRig(documents: [alice(RuleText.document(handling, to: "bob"))])
        #expect(rig.authorise("bob") == expected)
        #expect(rig.authorise("carol") == .noRule)
        #expect(rig.services.jobNames == ["presence_xml.moving 10", "presence_xml.rules 1"])
    }

    @Test("with force_active nobody is asked about, and no database is opened")
    func forceActive() throws {
        let rig = try PackageRig([("force_active", .integer(1))])
        #expect(!rig.module.packages[0].needsAuthorisation)
        #expect(rig.database.change { $0.connects } == 0)
        #expect(rig.services.jobNames.isEmpty)
    }

    @Test("who is not known yet is unknown once, and read behind the worker's back")
    func unknown() throws {
        let rig = try PackageRig()
        rig.database.set("alice", RuleText.document("allow", to: "bob"))
        #expect(rig.authorise("bob") == .unknown)
        try rig.reader().drain()
        #expect(rig.authorise("bob") == .allow)
    }

    @Test("a presentity without rules leaves its watchers pending")
    func none() throws {
        let rig = try PackageRig()
        #expect(rig.authorise("bob") == .unknown)
        try rig.reader().drain()
        #expect(rig.authorise("bob") == .confirm)
    }

    @Test("all documents of a presentity count; other types and broken ones do not")
    func several() throws {
        let rig = try PackageRig(documents: [
            alice(RuleText.document("block", to: "bob", "carol")),
            alice(RuleText.document("allow", to: "bob")), alice("junk"),
            alice(RuleText.document("allow", to: "carol"), type: 4),
        ])
        #expect(rig.authorise("bob") == .allow)
        #expect(rig.authorise("carol") == .block)
        #expect(rig.services.lines.all.contains { $0.contains("left out") })
    }

    @Test("the documents of many presentities are loaded at the start")
    func preload() throws {
        let documents = (0..<50).map {
            RulesDatabase.Document(
                user: "u\($0)", host: "example.com", text: RuleText.document("allow", to: "bob"))
        }
        let rig = try PackageRig(documents: documents)
        #expect(rig.module.book.count == 50)
        #expect((0..<50).allSatisfy { rig.authorise("bob", of: "u\($0)") == .allow })
        #expect(rig.database.change { $0.queries.count } == 2)
    }

    @Test("a command has the rules of a presentity read anew")
    func changed() throws {
        let rig = try PackageRig(documents: [alice(RuleText.document("allow", to: "bob"))])
        rig.database.set("alice", RuleText.document("block", to: "bob"))
        #expect(rig.authorise("bob") == .allow)
        let key = RuleKey(uri: "sip:alice@example.com".utf8.span)
        try rig.reader().read(key)
        #expect(rig.authorise("bob") == .block)
        rig.database.set("alice", nil)
        try rig.reader().read(key)
        #expect(rig.authorise("bob") == .confirm)
    }

    @Test("while the database is away, the rules known before hold, and unknown ones wait")
    func away() throws {
        let rig = try PackageRig(documents: [alice(RuleText.document("allow", to: "bob"))])
        rig.database.set("dave", RuleText.document("allow", to: "bob"))
        rig.database.change { $0.isAway = true }
        let reader = try rig.reader()
        reader.read(RuleKey(uri: "sip:alice@example.com".utf8.span))
        #expect(rig.authorise("bob") == .allow)
        #expect(rig.authorise("bob", of: "dave") == .unknown)
        reader.drain()
        #expect(rig.authorise("bob", of: "dave") == .unknown)
        #expect(rig.module.book.failures > 0)
        #expect(rig.services.lines.all.filter { $0.contains("cannot be read") }.count == 1)
        rig.database.change { $0.isAway = false }
        reader.read(RuleKey(uri: "sip:dave@example.com".utf8.span))
        #expect(rig.authorise("bob", of: "dave") == .allow)
    }

    @Test("a database that is away at the start is no reason not to start")
    func awayAtStart() throws {
        let rig = try PackageRig(
            documents: [alice(RuleText.document("allow", to: "bob"))], starts: false)
        rig.database.change { $0.isAway = true }
        try rig.module.start()
        #expect(rig.authorise("bob") == .unknown)
        #expect(rig.services.lines.all.contains { $0.contains("new watchers are pending") })
        rig.database.change { $0.isAway = false }
        rig.module.stop()
    }

    @Test("a table of another version, and no database at all, are")
    func wrongTable() throws {
        let rig = try PackageRig(starts: false)
        rig.database.change { $0.version = 3 }
        #expect(throws: StartFailure.self) { try rig.module.start() }
        let services = StandInServices()
        try services.load(PresenceModule.self)
        let module = try services.load(PresenceXMLModule.self)
        #expect(throws: StartFailure.self) { try module.start() }
    }

    @Test("through the engine: pending until the rules say otherwise, then active or refused")
    func engine() throws {
        let rig = try PackageRig()
        try rig.publish(Published.presence("a", "open"))
        _ = rig.notices()
        #expect(try rig.subscribe("bob") == ["pending "])
        #expect(try rig.subscribe("eve") == ["pending "])
        rig.database.set("alice", RuleText.document("allow", to: "bob"))
        let reader = try rig.reader()
        reader.drain()
        reader.read(RuleKey(uri: "sip:alice@example.com".utf8.span))
        let (user, host) = (Array("alice".utf8), Array("example.com".utf8))
        let changed = rig.agent.reauthorise(
            package: try rig.package("presence"), user: user.span, host: host.span, now: rig.now,
            into: &rig.orders)
        #expect(changed == 1)
        #expect(rig.notices() == ["active \(Published.presence("a", "open"))"])
    }

    @Test(
        "settings that make no sense are refused",
        arguments: [
            ("xcap_table", SettingValue.string("a b")), ("xcap_table", .string("")),
            ("xcap_server", .string("192.0.2.1:8000")), ("default_expires", .integer(0)),
            ("xcapauth_userdel_reason", .string("because")), ("force_active", .integer(2)),
            ("xcapauth_userdel_reason", .string("polite-block")),
        ])
    func refused(_ name: String, _ value: SettingValue) {
        #expect(throws: (any Error).self) { try PackageRig([(name, value)], starts: false) }
    }

    @Test("a document of the XCAP tree is found by its place")
    func hardState() throws {
        let rig = try PackageRig(documents: [alice("<presence/>", type: 16)])
        let key = RuleKey(uri: "sip:alice@example.com".utf8.span)
        let place = Array("pidf-manipulation/users/alice/index".utf8)
        let found = StoredDocument.found(Array("<presence/>".utf8))
        #expect(try rig.reader().document(of: key, at: place) == found)
        rig.database.set("alice", nil)
        #expect(try rig.reader().document(of: key, at: place) == .missing)
        rig.database.change { $0.isAway = true }
        #expect(try rig.reader().document(of: key, at: place) == .unavailable)
    }

    @Test("watchers are asked about again where rules depend on time or place")
    func moving() throws {
        let validity = """
            <cr:validity><cr:from>2020-01-01T00:00:00Z</cr:from>\
            <cr:until>2120-01-01T00:00:00Z</cr:until></cr:validity>
            """
        let rig = try PackageRig(documents: [
            alice(RuleText.document("allow", to: "bob", conditions: validity))
        ])
        #expect(rig.authorise("bob") == .allow)
        #expect(rig.module.book.moving.map(\.user) == ["alice"])
        let before = rig.database.change { $0.queries.count }
        rig.services.runJob("presence_xml.moving 10")
        try rig.reader().drain()
        #expect(rig.database.change { $0.queries.count } == before)
    }

    @Test("without enable_sphere_check a rule that asks for a sphere never matches")
    func sphere() throws {
        let rig = try PackageRig(documents: [
            alice(RuleText.document("allow", conditions: "<cr:sphere value=\"work\"/>"))
        ])
        #expect(rig.authorise("bob") == .noRule)
    }

    @Test("the table's name is a parameter")
    func tableName() throws {
        let rig = try PackageRig([
            ("xcap_table", .string("rules_of_ours")), ("integrated_xcap_server", .integer(1)),
            ("xcapauth_userdel_reason", .string("deactivated")),
        ])
        #expect(rig.database.change { $0.queries }.contains { $0.contains("`rules_of_ours`") })
    }
}

/// The book of rules in memory.
@Suite("The book of rules")
struct RuleBookTests {
    private func time(_ seconds: UInt64) -> MonotonicTime {
        MonotonicTime(nanoseconds: seconds * 1_000_000_000)
    }

    private func key(_ user: String) -> RuleKey { RuleKey(uri: "sip:\(user)@b".utf8.span) }

    private func rules(_ handling: String, conditions: String = "") throws -> PresenceRules {
        let bytes = Array(RuleText.document(handling, to: "x", conditions: conditions).utf8)
        return try PresenceRules(parsing: bytes.span)
    }

    @Test("one asker is told to have rules read, the others wait")
    func asking() {
        let book = RuleBook()
        #expect(book.rules(of: key("a"), at: time(0)).isWanted)
        #expect(!book.rules(of: key("a"), at: time(1)).isWanted)
        book.giveUp(key("a"))
        #expect(book.rules(of: key("a"), at: time(2)).isWanted)
        #expect(book.count == 1)
    }

    @Test("what is read is known; what is known for long is read again")
    func freshness() throws {
        let book = RuleBook()
        let rules = try rules("allow")
        #expect(book.learn(key("a"), .rules(rules), at: time(10)))
        #expect(!book.learn(key("a"), .rules(rules), at: time(11)))
        let answer = book.rules(of: key("a"), at: time(12))
        #expect(answer.knowledge == .rules(rules) && !answer.isWanted)
        let late = book.rules(of: key("a"), at: time(11 + RuleBook.freshSeconds + 1))
        #expect(late.knowledge == .rules(rules) && late.isWanted)
        #expect(!book.rules(of: key("a"), at: time(100)).isWanted)
        #expect(book.learn(key("a"), .none, at: time(101)))
        #expect(book.reads == 3)
    }

    @Test("rules that depend on the time are known")
    func timed() throws {
        let book = RuleBook()
        let validity = """
            <cr:validity><cr:from>2026-01-01T00:00:00Z</cr:from>\
            <cr:until>2027-01-01T00:00:00Z</cr:until></cr:validity>
            """
        book.learn(key("a"), .rules(try rules("allow", conditions: validity)), at: time(0))
        book.learn(key("b"), .rules(try rules("allow")), at: time(0))
        #expect(book.moving == [key("a")])
        book.learn(key("a"), .none, at: time(1))
        #expect(book.moving.isEmpty)
    }

    @Test("a full book forgets who came first")
    func bounded() {
        let book = RuleBook(entriesMax: 64)
        for number in 0..<10_000 { book.learn(key("u\(number)"), .none, at: time(0)) }
        #expect(book.count <= 64 && book.count > 32)
        #expect(book.rules(of: key("u9999"), at: time(0)).knowledge == .none)
        let known = (0..<10_000).filter {
            book.rules(of: key("u\($0)"), at: time(0)).knowledge == .none
        }
        #expect(known.count <= 64)
    }

    @Test(
        "a presentity is its user and host, however its URI is written",
        arguments: [
            ("sip:alice@example.com", "alice", "example.com"),
            ("alice@EXAMPLE.com", "alice", "example.com"),
            ("sips:alice@b;user=phone", "alice", "b"), ("sip:alice@b:5070", "alice", "b"),
            ("sip:example.com", "", "example.com"), ("example.com:5060", "", "example.com"),
            ("sip:a:secret@b", "a:secret", "b"), ("", "", ""), ("sip:", "", ""), ("@", "", ""),
            ("pres:alice@b", "alice", "b"),
        ])
    func keys(_ uri: String, _ user: String, _ host: String) {
        let key = RuleKey(uri: uri.utf8.span)
        #expect(key.user == user && key.host == host)
    }
}
