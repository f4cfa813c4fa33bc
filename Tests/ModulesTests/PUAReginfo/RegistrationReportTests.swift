import Basics
import EventDocuments
import Locations
import Testing

@testable import PUAReginfo

@Suite("The registration document of an address-of-record")
struct RegistrationReportTests {
    private typealias Event = RegistrationInfo.Contact.Event
    private let now = WallTime(seconds: 1_999_400)
    private let report = RegistrationReport(
        names: StableNames(key: 5), defaultDomain: Array("example.com".utf8), showsGRUUs: true)

    private func order(
        _ aor: String = "alice", _ notes: [(BindingCopy, Event)] = []
    ) -> PublicationBook.Order {
        PublicationBook.Order(
            key: PublicationBook.Key(table: "location", aor: Array(aor.utf8)),
            notes: notes.map {
                PublicationBook.Note(
                    ruid: $0.0.ruid, event: $0.1, ended: $0.1.leavesActive ? nil : $0.0)
            })
    }

    private func info(
        _ order: PublicationBook.Order, _ contacts: [BindingCopy]
    ) throws -> RegistrationInfo.Registration {
        let made = try #require(
            report.report(order, contacts, hash: 0x1234, version: 4, now: now))
        let bytes = made.info.document().bytes
        let read = try RegistrationInfo(parsing: bytes.span)
        #expect(read.version == 4 && read.isFull && read.registrations.count == 1)
        return try #require(read.registrations.first)
    }

    @Test("it lists what lives, with the word for what has happened to it")
    func living() throws {
        let one = BindingCopy.sample("sip:a@h", ruid: "1", q: 500)
        let two = BindingCopy.sample("sip:b@h", ruid: "2", maker: "ulcx", q: 1_000)
        let three = BindingCopy.sample("sip:c@h", ruid: "3", q: 7)
        let told = try info(order("alice", [(three, .refreshed)]), [one, two, three])
        #expect(told.aor == "sip:alice@example.com" && told.state == .active)
        #expect(told.contacts.map(\.event) == [.registered, .created, .refreshed])
        #expect(told.contacts.map(\.q) == ["0.500", "1.000", "0.007"])
        #expect(told.contacts.map(\.expiresSeconds) == [600, 600, 600])
        #expect(told.contacts[0].callID == "call-1" && told.contacts[0].cseq == 7)
        #expect(Set(told.contacts.map(\.id)).count == 3)
    }

    @Test("what has ended is listed as terminated in the document that tells of it")
    func ended() throws {
        let one = BindingCopy.sample("sip:a@h", ruid: "1")
        let old = BindingCopy.sample("sip:b@h", ruid: "2", expires: 1_999_399)
        let told = try info(order("alice", [(old, .expired)]), [one])
        #expect(told.state == .active)
        #expect(told.contacts.map(\.isActive) == [true, false])
        #expect(told.contacts[1].event == .expired && told.contacts[1].expiresSeconds == 0)
        let last = try info(order("alice", [(one, .unregistered)]), [])
        #expect(last.state == .terminated && last.contacts.map(\.event) == [.unregistered])
    }

    @Test("a contact that has come back lives, whatever was noted before")
    func returned() throws {
        let one = BindingCopy.sample("sip:a@h", ruid: "1")
        let told = try info(order("alice", [(one, .unregistered)]), [one])
        #expect(told.contacts.map(\.event) == [.registered])
    }

    @Test("what was learnt from other servers is theirs to tell")
    func learnt() throws {
        let own = BindingCopy.sample("sip:a@h", ruid: "1")
        let learnt = BindingCopy.sample("sip:b@h", ruid: "2", maker: "regi")
        #expect(try info(order(), [own, learnt]).contacts.map(\.uri) == ["sip:a@h"])
        #expect(report.report(order(), [learnt], hash: 0, version: 0, now: now) == nil)
    }

    @Test("received, Path and User-Agent travel, and so do instance and GRUUs")
    func extensions() throws {
        let one = BindingCopy.sample(
            "sip:a@h;x=\"<&>\"", ruid: "1", instance: "<urn:uuid:1 2>",
            received: "sip:192.0.2.9:4000", path: "<sip:edge;lr>,<sip:core;lr>", regID: 2)
        let contact = try #require(try info(order(), [one]).contacts.first)
        #expect(contact.uri == "sip:a@h;x=\"<&>\"")
        #expect(contact.received == "sip:192.0.2.9:4000")
        #expect(contact.path == "<sip:edge;lr>,<sip:core;lr>")
        #expect(contact.userAgent == "phone/1 & co")
        #expect(
            contact.parameters == [
                .init("+sip.instance", "\"<urn:uuid:1 2>\""), .init("reg-id", "2"),
            ])
        #expect(contact.publicGRUU == "sip:alice@example.com;gr=urn:uuid:1%202")
        #expect(contact.temporaryGRUU == "sip:uloc-1-1-1-4321@example.com;gr")
        #expect(contact.firstCSeq == 1)
    }

    @Test("without gruu_enabled there are no GRUUs")
    func withoutGRUU() throws {
        var report = report
        report = RegistrationReport(
            names: report.names, defaultDomain: report.defaultDomain, showsGRUUs: false)
        let one = BindingCopy.sample("sip:a@h", ruid: "1", instance: "<urn:uuid:1>")
        let made = try #require(report.report(order(), [one], hash: 0, version: 0, now: now))
        #expect(made.info.registrations[0].contacts[0].publicGRUU == nil)
    }

    @Test("it is good for as long as the contact that lives longest")
    func lifetime() throws {
        func seconds(_ contacts: [BindingCopy]) -> Int?? {
            report.report(
                order("alice", [(BindingCopy.sample("sip:z@h", ruid: "9"), .expired)]), contacts,
                hash: 0, version: 0, now: now
            ).map(\.lifetimeSeconds)
        }
        let short = BindingCopy.sample("sip:a@h", ruid: "1", expires: 1_999_430)
        let long = BindingCopy.sample("sip:b@h", ruid: "2", expires: 1_999_460)
        let ever = BindingCopy.sample("sip:c@h", ruid: "3", expires: 0)
        #expect(seconds([short, long]) == .some(60))
        #expect(seconds([short, ever]) == .some(nil))
        #expect(seconds([]) == .some(0))
    }

    @Test(
        "the presentity is the address-of-record as a URI",
        arguments: [
            ("alice", "sip:alice@example.com"), ("alice@other.org", "sip:alice@other.org"),
            ("a b@x.org", "sip:a%20b@x.org"), ("x@y@z.org", "sip:x%40y@z.org"),
            ("", "sip:example.com"),
        ])
    func presentity(_ aor: String, _ uri: String) {
        #expect(String(decoding: report.presentity(Array(aor.utf8)), as: UTF8.self) == uri)
    }
}

@Suite("What a registration document of another server tells")
struct RegistrationImportTests {
    private let now = WallTime(seconds: 1_000)

    private func items(
        _ inner: String, state: String = "full", usesDomain: Bool = false,
        presentity: String = "sip:alice@example.com"
    ) throws -> [RegistrationImport.Item] {
        let text = """
            <?xml version="1.0"?>
            <reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="\(state)">\(inner)\
            </reginfo>
            """
        let bytes = Array(text.utf8)
        var rules = AddressRules()
        rules.usesDomain = usesDomain
        let reader = RegistrationImport(rules: rules, peer: 3, serverID: 2, now: now)
        return reader.items(
            try RegistrationInfo(parsing: bytes.span), presentity: Array(presentity.utf8))
    }

    private func registration(_ contacts: String, state: String = "active") -> String {
        "<registration aor=\"sip:Alice@Example.com;x=1\" id=\"r\" state=\"\(state)\">\(contacts)"
            + "</registration>"
    }

    private func contact(_ attributes: String, _ inner: String = "<uri>sip:a@h</uri>") -> String {
        "<contact id=\"c\" state=\"active\" event=\"registered\" \(attributes)>\(inner)</contact>"
    }

    @Test("the address-of-record is made as the registrar makes it", arguments: [false, true])
    func address(_ usesDomain: Bool) throws {
        let told = try items(registration(""), usesDomain: usesDomain)
        let aor = told.map { String(decoding: $0.aor, as: UTF8.self) }
        #expect(aor == [usesDomain ? "alice@example.com" : "alice"])
        #expect(told[0].registration.isFull && told[0].registration.serverID == 2)
    }

    @Test("numbers and texts of a contact are carried")
    func fields() throws {
        let told = try items(
            registration(
                contact(
                    "expires=\"60\" q=\"0.5\" callid=\"x\" cseq=\"9\" received=\"sip:192.0.2.1\""
                        + " path=\"&lt;sip:e;lr&gt;\" user_agent=\"t/1\"")))
        let contact = try #require(told.first?.registration.contacts.first)
        #expect(contact.expires == WallTime(seconds: 1_060) && contact.q == 500)
        #expect(contact.callID == Array("x".utf8) && contact.cseq == 9)
        #expect(contact.received == Array("sip:192.0.2.1".utf8))
        #expect(contact.path == Array("<sip:e;lr>".utf8))
        #expect(contact.userAgent == Array("t/1".utf8))
    }

    @Test("unknown parameters: the instance is one, others go behind the URI if it can hold them")
    func parameters() throws {
        let told = try items(
            registration(
                contact(
                    "expires=\"60\"",
                    """
                    <uri>sip:a@h</uri><unknown-param name="+sip.instance">"&lt;urn:1&gt;"\
                    </unknown-param><unknown-param name="reg-id">3</unknown-param>\
                    <unknown-param name="audio"/><unknown-param name="x">1</unknown-param>\
                    <unknown-param name="bad name">1</unknown-param>\
                    <unknown-param name="y">"a b"</unknown-param>
                    """) + contact("expires=\"60\"", "<uri>sip:b@h</uri>")))
        let contacts = try #require(told.first?.registration.contacts)
        #expect(
            contacts.map { String(decoding: $0.uri, as: UTF8.self) }
                == ["sip:a@h;audio;x=1", "sip:b@h"])
        #expect(contacts[0].instance == Array("<urn:1>".utf8) && contacts[0].regID == 3)
        #expect(contacts[1].instance.isEmpty && contacts[1].regID == 0)
    }

    @Test(
        "a contact has ended when its state or its lifetime says so",
        arguments: [
            ("state=\"active\" event=\"created\" expires=\"9\"", true),
            ("state=\"active\" event=\"refreshed\"", true),
            ("state=\"terminated\" event=\"expired\" expires=\"9\"", false),
            ("state=\"active\" event=\"registered\" expires=\"0\"", false),
            ("event=\"unregistered\" expires=\"9\"", false), ("event=\"odd\" expires=\"9\"", true),
        ])
    func ends(_ attributes: String, _ isAlive: Bool) throws {
        let told = try items(
            registration("<contact id=\"c\" \(attributes)><uri>sip:a@h</uri></contact>"))
        let contact = try #require(told.first?.registration.contacts.first)
        #expect((contact.expires != nil) == isAlive)
    }

    @Test(
        "of a registration that is over nothing is left, full or partial",
        arguments: ["full", "partial"])
    func over(_ state: String) throws {
        let told = try items(
            registration(contact("expires=\"60\""), state: "terminated"), state: state)
        #expect(told.count == 1 && told[0].registration.isFull)
        #expect(told[0].registration.contacts.isEmpty)
    }

    @Test("a full document without registrations says that nobody is registered there")
    func nobody() throws {
        let told = try items("")
        #expect(told.map(\.aor) == [Array("alice".utf8)])
        #expect(told[0].registration.isFull && told[0].registration.contacts.isEmpty)
        #expect(try items("", state: "partial").isEmpty)
        #expect(try items("", presentity: "tel:1").isEmpty)
    }

    @Test(
        "what could add a line to a message, or is no URI, is left out",
        arguments: ["<uri>sip:a@h&#10;Evil: 1</uri>", "<uri>no uri</uri>", "<uri>&#1;</uri>"])
    func hostile(_ uri: String) throws {
        guard let told = try? items(registration(contact("expires=\"60\"", uri))) else { return }
        #expect(told.allSatisfy { $0.registration.contacts.isEmpty })
    }

    @Test("lines in other fields are left out")
    func hostileFields() throws {
        let told = try items(
            registration(contact("expires=\"60\" user_agent=\"a&#10;b\" path=\"&#13;\"")))
        let contact = try #require(told.first?.registration.contacts.first)
        #expect(contact.userAgent.isEmpty && contact.path.isEmpty)
    }

    @Test("a lifetime beyond all bounds is bounded")
    func forever() throws {
        let told = try items(registration(contact("expires=\"18446744073709551615\"")))
        let contact = try #require(told.first?.registration.contacts.first)
        #expect(contact.expires == WallTime(seconds: 1_000 + Int(Int32.max)))
    }

    @Test("a document names no more registrations than are taken over")
    func many() throws {
        let one = "<registration aor=\"sip:u@h\" id=\"r\" state=\"active\"/>"
        let count = Limits.registrationsPerDocumentMax
        let told = try items(String(repeating: one, count: count + 5))
        #expect(told.count == count)
    }
}
