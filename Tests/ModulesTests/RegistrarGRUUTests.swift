import Basics
import Locations
import ModuleKit
import SIPSyntax
import Testing
import Usrloc

@testable import Registrar

@Suite("save: GRUU")
struct RegistrarGRUUTests {
    private let instance = "+sip.instance=\"<urn:uuid:0-1>\""
    private var phone: String { "<sip:alice@192.0.2.1>;expires=600;\(instance)" }

    /// The value of a parameter of Contact, without its quotes.
    private func parameter(_ name: String, _ reply: SIPReply) -> String? {
        let parts = reply.contact.split(separator: ";\(name)=\"", maxSplits: 1)
        return parts.count < 2 ? nil : String(parts[1].prefix { $0 != "\"" })
    }

    @Test("a client that supports GRUUs gets both, in front of its instance")
    func both() throws {
        let rig = try RegistrarRig()
        let reply = try rig.register(phone, "Supported: path, gruu")
        let ruid = try rig.bindings()[0].ruid
        let hash = UInt32(truncatingIfNeeded: try rig.table.hashValue(of: Array("alice".utf8).span))
        let digits = String(String(hash, radix: 16).reversed())
        #expect(
            reply.contact == "<sip:alice@192.0.2.1>;expires=600"
                + ";pub-gruu=\"sip:alice@example.com;gr=urn:uuid:0-1\""
                + ";temp-gruu=\"sip:\(ruid)-\(digits)@example.com;gr\";\(instance)")
    }

    @Test(
        "there are none without support, without an instance, and when they are switched off",
        arguments: [
            ("", true, false), ("registrar gruu_enabled 0", true, true), ("", false, true),
        ])
    func none(settings: String, hasInstance: Bool, supports: Bool) throws {
        let rig = try RegistrarRig(settings)
        let contact = hasInstance ? phone : "<sip:alice@192.0.2.1>;expires=600"
        let reply = try rig.register(contact, supports ? "Supported: gruu" : "Supported: path")
        #expect(reply.status == 200)
        #expect(!reply.contact.contains("gruu"))
    }

    @Test("Require: gruu is fine where there are GRUUs, and 420 where there are none")
    func required() throws {
        #expect(try RegistrarRig().register(phone, "Require: gruu").status == 200)
        let refused = try RegistrarRig("registrar gruu_enabled 0").register(phone, "Require: gruu")
        #expect(refused.status == 420)
        #expect(refused["Unsupported"] == "gruu")
    }

    @Test("a refresh keeps both, whatever the contact is now")
    func stable() throws {
        let rig = try RegistrarRig()
        let first = try rig.register(phone, "Supported: gruu")
        let second = try rig.register(
            "<sip:alice@198.51.100.7>;expires=600;\(instance)", "Supported: gruu")
        #expect(parameter("pub-gruu", first) == parameter("pub-gruu", second))
        #expect(parameter("temp-gruu", first) == parameter("temp-gruu", second))
    }

    @Test("a listing shows the GRUUs of all bindings that have an instance")
    func listing() throws {
        let rig = try RegistrarRig()
        try rig.register(phone)
        try rig.register("<sip:plain@h>;expires=600", callID: "other")
        let reply = try rig.register(nil, "Supported: gruu")
        #expect(reply.contacts.count == 2)
        #expect(reply.contacts[0].contains("pub-gruu"))
        #expect(!reply.contacts[1].contains("gruu"))
    }

    @Test(
        "the public one spells the AoR as the request does, without port and parameters",
        arguments: [
            ("<sip:Al%69ce@Example.COM:5070;x=y>", "sip:Al%69ce@Example.COM;gr=urn:uuid:0-1"),
            ("<sip:example.com>", "sip:example.com;gr=urn:uuid:0-1"),
            ("<sips:alice@example.com>", "sip:alice@example.com;gr=urn:uuid:0-1"),
        ])
    func spelling(to: String, gruu: String) throws {
        let reply = try RegistrarRig().register(phone, to: to, "Supported: gruu")
        #expect(parameter("pub-gruu", reply) == gruu)
    }

    @Test("the URI that the script gives is the one of the GRUUs")
    func givenURI() throws {
        let rig = try RegistrarRig(
            "", "save(\"location\", \"0\", \"sip:other@example.net\");")
        let reply = try rig.register(phone, "Supported: gruu")
        #expect(parameter("pub-gruu", reply) == "sip:other@example.net;gr=urn:uuid:0-1")
    }

    @Test("an instance that would end the URI or its quotes is escaped, and found again")
    func escaped() throws {
        let rig = try RegistrarRig()
        let odd = "+sip.instance=\"<urn:x:a;b>c\\\"d e>\""
        let reply = try rig.register("<sip:a@h>;expires=600;\(odd)", "Supported: gruu")
        let gruu = try #require(parameter("pub-gruu", reply))
        #expect(gruu.hasPrefix("sip:alice@example.com;gr=urn:x:a%3bb%3ec"))
        #expect(!gruu.contains(" "))
        #expect(try found(gruu, rig) == ["sip:a@h"])
    }

    @Test(
        "a GRUU of the domain is no contact: requests to it would come back",
        arguments: [
            ("sip:alice@example.com;gr=urn:uuid:1", 403), ("sip:xyz@EXAMPLE.com;gr", 403),
            ("sip:alice@example.com", 200), ("sip:alice@example.org;gr=urn:uuid:1", 200),
            ("sip:alice@example.com;grx=1", 200),
        ])
    func noContact(uri: String, status: Int) throws {
        let rig = try RegistrarRig()
        #expect(try rig.register("<\(uri)>;\(instance)").status == status)
        #expect(try rig.bindings().count == (status == 200 ? 1 : 0))
    }

    // MARK: Finding

    /// The contacts that a GRUU leads to, as lookup() asks for them.
    private func found(_ text: String, _ rig: RegistrarRig) throws -> [String] {
        let bytes = Array(text.utf8)
        let uri = try SIPURI(parsing: bytes.span)
        var contacts: [String] = []
        let now = rig.now
        switch GRUU(uri, in: bytes.span) {
        case .none, .malformed: return []
        case .publicOne(let instance):
            let aor = Array("alice".utf8)
            try rig.table.lookUp(aor.span, now: now) { binding in
                if GRUU.matches(bytes.span.part(instance), binding) {
                    contacts.append(String(copying: binding.uri))
                }
            }
        case .temporary(let ruid):
            try rig.usrloc.lookUp(in: rig.table, ruid: bytes.span.part(ruid), now: now) {
                contacts.append(String(copying: $0.uri))
            }
        }
        return contacts
    }

    @Test("both lead to the contact that they were given for, and to no other")
    func lookUp() throws {
        let rig = try RegistrarRig()
        try rig.register("<sip:other@h>;+sip.instance=\"<urn:uuid:other>\"", callID: "o")
        try rig.register("<sip:plain@h>", callID: "p")
        let reply = try rig.register(phone, "Supported: gruu")
        let mine = try #require(
            reply.contacts.first { $0.contains("urn:uuid:0-1") }.map { contact in
                var reply = SIPReply()
                reply.fields = [("Contact", contact)]
                return reply
            })
        for name in ["pub-gruu", "temp-gruu"] {
            let gruu = try #require(parameter(name, mine))
            #expect(try found(gruu, rig) == ["sip:alice@192.0.2.1"])
        }
    }

    @Test(
        "instances are compared without regard to case and escapes",
        arguments: [
            ("sip:alice@example.com;gr=urn:uuid:0-1", true),
            ("sip:alice@example.com;gr=URN:UUID:0-1", true),
            ("sip:alice@example.com;gr=urn:uuid:0%2d1", true),
            ("sip:alice@example.com;gr=urn:uuid:0-2", false),
            ("sip:alice@example.com;gr=urn:uuid:0-", false),
        ])
    func instances(uri: String, isFound: Bool) throws {
        let rig = try RegistrarRig()
        try rig.register(phone)
        #expect(try !found(uri, rig).isEmpty == isFound)
    }

    @Test(
        "a URI says what kind of GRUU it is",
        arguments: [
            ("sip:a@h", "none"), ("sip:a@h;transport=tcp", "none"), ("sip:a@h;gr=x", "public x"),
            ("sip:a@h;GR=x;lr", "public x"), ("sip:uloc-1-2-3-ff@h;gr", "temporary uloc-1-2-3"),
            ("sip:uloc-1-2-3-@h;gr", "temporary uloc-1-2-3"), ("sip:nodash@h;gr", "malformed"),
            ("sip:-ff@h;gr", "malformed"), ("sip:h;gr", "malformed"),
            ("tel:123;gr=1", "none"),
            ("sip:\(String(repeating: "x", count: 99))-1@h;gr", "malformed"),
        ])
    func kinds(text: String, kind: String) throws {
        let bytes = Array(text.utf8)
        let uri = try SIPURI(parsing: bytes.span)
        let said =
            switch GRUU(uri, in: bytes.span) {
            case .none: "none"
            case .malformed: "malformed"
            case .publicOne(let range): "public \(String(copying: bytes.span.part(range)))"
            case .temporary(let range): "temporary \(String(copying: bytes.span.part(range)))"
            }
        #expect(said == kind)
    }

    @Test("a temporary GRUU of a binding that is gone leads nowhere")
    func gone() throws {
        let rig = try RegistrarRig()
        let reply = try rig.register(phone, "Supported: gruu")
        let gruu = try #require(parameter("temp-gruu", reply))
        try rig.register(phone, expires: nil, "X: 1")
        #expect(try found(gruu, rig).count == 1)
        try rig.register("<sip:alice@192.0.2.1>;expires=0;\(instance)")
        #expect(try found(gruu, rig).isEmpty)
    }
}
