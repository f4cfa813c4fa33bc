import Testing

@testable import Basics
@testable import EventDocuments

/// Registration information: reading what others write, writing what the schema wants.
@Suite("Registration information")
struct RegistrationInfoTests {
    private typealias Registration = RegistrationInfo.Registration
    private typealias Contact = RegistrationInfo.Contact

    /// What Kamailio's pua_reginfo writes.
    private static let kamailio = """
        <?xml version="1.0"?>
        <reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">
          <registration aor="sip:bob@example.com" id="0x7f01" state="active">
            <contact id="0x7f02" state="active" event="created" expires="3600" q="0.500" \
        callid="c1" cseq="7" received="sip:192.0.2.1:5060" path="" user_agent="Phone &amp; Co">
              <uri>sip:bob@10.0.0.1;x=1&amp;y</uri>
            </contact>
          </registration>
        </reginfo>
        """.bytes

    @Test("a document of Kamailio is read with the attributes that the schema does not have")
    func kamailio() throws {
        let info = try RegistrationInfo(parsing: Self.kamailio.span)
        #expect(info.isFull && info.version == 0)
        let registration = try #require(info.registrations.first)
        #expect(registration.aor == "sip:bob@example.com" && registration.state == .active)
        let contact = try #require(registration.contacts.first)
        #expect(contact.uri == "sip:bob@10.0.0.1;x=1&y" && contact.event == .created)
        #expect(contact.expiresSeconds == 3_600 && contact.q == "0.500" && contact.cseq == 7)
        #expect(contact.received == "sip:192.0.2.1:5060" && contact.path == nil)
        #expect(contact.userAgent == "Phone & Co" && contact.callID == "c1")
        #expect(!Schema.reginfo.isValid(Self.kamailio))
        #expect(Schema.reginfo.isValid(info.document().bytes), "\(info.document().bytes.text)")
    }

    @Test("everything that is written is valid and reads back the same")
    func roundTrip() throws {
        var contact = Contact(id: "c<1>", uri: "sip:bob@10.0.0.1;a=\"b\"&c", event: .shortened)
        contact.expiresSeconds = 60
        contact.registeredSeconds = 5
        contact.retryAfterSeconds = 9
        contact.q = "1.000"
        contact.callID = "call"
        contact.cseq = 3
        contact.displayName = "Bob <b>"
        contact.parameters = [.init("+sip.instance", "\"<urn:uuid:1>\""), .init("x")]
        contact.publicGRUU = "sip:bob@example.com;gr=urn:uuid:1"
        contact.temporaryGRUU = "sip:tgruu.1@example.com;gr"
        contact.firstCSeq = 2
        contact.received = "sip:192.0.2.1:5060;transport=tcp"
        contact.path = "<sip:edge.example.com;lr>"
        contact.userAgent = "Phone/1.0"
        let info = RegistrationInfo(
            version: 4, isFull: false,
            registrations: [
                Registration(aor: "sip:b@x", id: "r", state: .active, contacts: [contact]),
                Registration(aor: "sip:c@x", id: "s", state: .initial),
            ])
        let bytes = info.document().bytes
        #expect(Schema.reginfo.isValid(bytes), "\(bytes.text)")
        #expect(try RegistrationInfo(parsing: bytes.span) == info)
    }

    @Test(
        "every event of RFC 3680 is valid, and says whether the contact is left",
        arguments: RegistrationInfo.Contact.Event.allCases)
    func events(_ event: RegistrationInfo.Contact.Event) throws {
        let contact = Contact(id: "1", uri: "sip:a@b", event: event)
        let info = RegistrationInfo(registrations: [
            Registration(aor: "sip:a@x", id: "r", state: .active, contacts: [contact])
        ])
        #expect(Schema.reginfo.isValid(info.document().bytes))
        let ended: Set<Contact.Event> = [
            .expired, .deactivated, .probation, .unregistered, .rejected,
        ]
        #expect(contact.isActive != ended.contains(event))
    }

    @Test(
        "what says nothing is passed over",
        arguments: [
            "<registration id='1'><contact id='c'><uri>sip:a@b</uri></contact></registration>",
            "<registration aor='' id='1' state='active'/>",
            "<other aor='sip:a@b'/>",
        ])
    func nothing(_ inner: String) throws {
        let document = "<reginfo version='1' state='full'>\(inner)</reginfo>".bytes
        #expect(try RegistrationInfo(parsing: document.span).registrations.isEmpty)
    }

    @Test("contacts without a URI or any id, and parameters without a name, are passed over")
    func brokenContacts() throws {
        let document = """
            <reginfo version='x' state='PARTIAL'><registration aor='sip:a@b' state='odd'>
            <contact id='1' event='created'/><contact event='created'><uri>sip:a@1</uri></contact>
            <contact callid='c' event='what'><uri> sip:a@2 </uri><unknown-param>v</unknown-param>
            </contact><contact id='3' state='terminated' expires='-1'><uri>sip:a@3</uri></contact>
            </registration></reginfo>
            """.bytes
        let info = try RegistrationInfo(parsing: document.span)
        #expect(!info.isFull && info.version == 0)
        let registration = try #require(info.registrations.first)
        #expect(registration.id == "sip:a@b" && registration.state == nil)
        #expect(registration.contacts.map(\.uri) == ["sip:a@2", "sip:a@3"])
        #expect(registration.contacts.map(\.id) == ["c", "3"])
        #expect(registration.contacts[0].parameters.isEmpty)
        #expect(registration.contacts[0].event == nil && registration.contacts[0].isActive)
        #expect(!registration.contacts[1].isActive)
        #expect(registration.contacts[1].expiresSeconds == nil)
        #expect(Schema.reginfo.isValid(info.document().bytes))
    }

    @Test("another document is no registration information", arguments: ["<a/>", "junk"])
    func others(_ text: String) {
        let bytes = text.bytes
        #expect(failure { _ = try RegistrationInfo(parsing: bytes.span) }?.kind == .malformed)
    }

    @Test("what is well-formed may be published", arguments: [("<a/>", true), ("<a>", false)])
    func check(_ text: String, _ isTaken: Bool) {
        let bytes = text.bytes
        #expect((failure { try RegistrationInfo.check(bytes.span) } == nil) == isTaken)
    }
}

/// Several documents of one presentity become one.
@Suite("Merging registration information")
struct RegistrationMergeTests {
    private func document(
        _ aor: String, _ state: RegistrationInfo.Registration.State,
        _ contacts: [(id: String, uri: String, event: RegistrationInfo.Contact.Event)]
    ) -> [UInt8] {
        RegistrationInfo(registrations: [
            RegistrationInfo.Registration(
                aor: aor, id: "r-\(aor)", state: state,
                contacts: contacts.map {
                    RegistrationInfo.Contact(id: $0.id, uri: $0.uri, event: $0.event)
                })
        ]).document().bytes
    }

    private func compose(
        _ documents: [UInt8]..., withdrawn: [UInt8]? = nil
    ) throws -> [RegistrationInfo.Registration] {
        let whole = RegistrationInfo.compose(documents, withdrawn: withdrawn)
        let bytes = whole.bytes(version: 12)
        #expect(Schema.reginfo.isValid(bytes), "\(bytes.text)")
        let info = try RegistrationInfo(parsing: bytes.span)
        #expect(info.version == 12 && info.isFull)
        return info.registrations
    }

    @Test("registrations of one address-of-record become one")
    func sameAoR() throws {
        let merged = try compose(
            document("sip:a@x", .active, [("1", "sip:a@1", .created)]),
            document("sip:b@x", .active, [("1", "sip:b@1", .created)]),
            document("sip:a@x", .active, [("2", "sip:a@2", .registered)]))
        #expect(merged.map(\.aor) == ["sip:a@x", "sip:b@x"])
        #expect(merged[0].contacts.map(\.uri) == ["sip:a@1", "sip:a@2"])
    }

    @Test("of contacts with one id or one URI the later stays")
    func sameContact() throws {
        let merged = try compose(
            document("sip:a@x", .active, [("1", "sip:a@1", .created), ("2", "sip:a@2", .created)]),
            document(
                "sip:a@x", .active, [("1", "sip:a@9", .refreshed), ("7", "sip:a@2", .expired)]))
        #expect(merged[0].contacts.map(\.uri) == ["sip:a@9", "sip:a@2"])
        #expect(merged[0].contacts.map(\.event) == [.refreshed, .expired])
        #expect(merged[0].state == .active)
    }

    @Test("a registration is terminated once no document has an active contact")
    func terminated() throws {
        let alive = document("sip:a@x", .active, [("1", "sip:a@1", .created)])
        let dead = document("sip:a@x", .terminated, [("1", "sip:a@1", .unregistered)])
        #expect(try compose(alive, dead)[0].state == .terminated)
        #expect(try compose(dead, alive)[0].state == .active)
    }

    @Test("what was withdrawn is terminated, unless another document still has it")
    func withdrawn() throws {
        let gone = document("sip:a@x", .active, [("1", "sip:a@1", .created)])
        let other = document("sip:a@x", .active, [("2", "sip:a@2", .created)])
        let alone = try compose(withdrawn: gone)
        #expect(alone.map(\.state) == [.terminated] && alone[0].contacts.isEmpty)
        let both = try compose(other, withdrawn: gone)
        #expect(both[0].state == .active && both[0].contacts.map(\.id) == ["2"])
    }

    @Test("a document that cannot be read hides no other")
    func unreadable() throws {
        let good = document("sip:a@x", .active, [("1", "sip:a@1", .created)])
        #expect(try compose(good, "junk".bytes, "<a/>".bytes).count == 1)
        #expect(try compose("junk".bytes).isEmpty)
        #expect(try compose().isEmpty)
    }

    @Test("the document fits into a message")
    func size() throws {
        let contacts = (0..<300).map {
            (
                id: "\($0)", uri: "sip:a@\($0).example.com",
                event: RegistrationInfo.Contact.Event.created
            )
        }
        let documents = (0..<12).map { document("sip:\($0)@x", .active, contacts) }
        let whole = RegistrationInfo.compose(documents)
        #expect(whole.bytes.count <= Limits.composedBytesMax)
        #expect(
            try RegistrationInfo(parsing: whole.bytes.span).registrations.last?.aor == "sip:11@x")
    }
}
