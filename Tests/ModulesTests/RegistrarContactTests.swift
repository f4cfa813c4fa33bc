import Basics
import JSONValue
import Locations
import ModuleKit
import SIPSyntax
import Testing

@testable import Usrloc

@Suite("save: what is kept of a contact and shown of it")
struct RegistrarContactTests {
    @Test(
        "q is read to three decimals and printed without needless zeros",
        arguments: [
            ("1", ";q=1"), ("1.0", ";q=1"), ("0", ";q=0"), ("0.0", ";q=0"), ("0.5", ";q=0.5"),
            ("0.50", ";q=0.5"), ("0.25", ";q=0.25"), ("0.123", ";q=0.123"), ("0.1239", ";q=0.123"),
            ("0.007", ";q=0.007"), ("0.050", ";q=0.05"), (".5", ";q=0.5"), ("0.101", ";q=0.101"),
        ])
    func preference(given: String, shown: String) throws {
        let reply = try RegistrarRig().register("<sip:a@h>;q=\(given);expires=600")
        #expect(reply.contact == "<sip:a@h>\(shown);expires=600")
    }

    @Test(
        "a q that is none is refused, and what is bound is listed",
        arguments: ["1.1", "2", "1.001", "abc", "0.5x", "-0.5", "0,5x"])
    func badPreference(given: String) throws {
        let rig = try RegistrarRig()
        try rig.register("<sip:old@h>;expires=600")
        let reply = try rig.register("<sip:new@h>;q=\(given);expires=600")
        #expect(reply.status == 400)
        #expect(reply.code == -1)
        #expect(try rig.bindings().map(\.uri) == ["sip:old@h"])
        guard reply.failure != "Contact parse error" else { return }
        #expect(reply.failure == "Invalid q param in contact")
        #expect(reply.contact == "<sip:old@h>;expires=600")
    }

    @Test("default_q goes for contacts that have none, and -1 leaves them without")
    func defaultPreference() throws {
        let set = try RegistrarRig("registrar default_q 300").register("<sip:a@h>;expires=600")
        #expect(set.contact == "<sip:a@h>;q=0.3;expires=600")
        let unset = try RegistrarRig("registrar default_q -1").register("<sip:a@h>;expires=600")
        #expect(unset.contact == "<sip:a@h>;expires=600")
    }

    @Test("an instance is kept with its brackets and shown again, reg-id behind it")
    func instance() throws {
        let rig = try RegistrarRig()
        let id = "+sip.instance=\"<urn:uuid:1>\""
        let reply = try rig.register("<sip:a@h>;\(id);reg-id=2;expires=600")
        #expect(reply.contact == "<sip:a@h>;expires=600;\(id);reg-id=2")
        #expect(try rig.bindings()[0].instance == "<urn:uuid:1>")
        #expect(try rig.bindings()[0].values.regID == 2)
    }

    @Test("a binding with an instance is found by it, whatever the URI is by now")
    func instanceMatches() throws {
        let rig = try RegistrarRig()
        let id = ";+sip.instance=\"<urn:uuid:1>\""
        try rig.register("<sip:a@h1>\(id)", callID: "one")
        let moved = try rig.register("<sip:a@h2>\(id)", callID: "two")
        #expect(moved.code == 2)
        #expect(try rig.bindings().map(\.uri) == ["sip:a@h2"])
        #expect(try rig.register("<sip:a@h2>\(id);reg-id=1").code == 1)
        #expect(try rig.bindings().count == 2)
    }

    @Test("a reg-id without an instance means nothing")
    func regIDAlone() throws {
        let rig = try RegistrarRig()
        #expect(try rig.register("<sip:a@h>;reg-id=0;expires=600").status == 200)
        #expect(try rig.bindings()[0].values.regID == 0)
    }

    @Test(
        "a reg-id that is none is refused",
        arguments: ["0", "x", "-1", "2147483648", "4294967295", "99999999999"])
    func badRegID(given: String) throws {
        let rig = try RegistrarRig()
        let reply = try rig.register("<sip:a@h>;+sip.instance=\"<urn:uuid:1>\";reg-id=\(given)")
        #expect(reply.status == 400)
        #expect(reply.failure == "Invalid Reg-Id number")
        #expect(try rig.bindings().isEmpty)
    }

    @Test(
        "methods come from the contact, else from Allow, else they are all",
        arguments: [
            (";methods=\"INVITE, BYE\"", "Allow: MESSAGE", UInt32(9)),
            (";methods=\"options\"", "Allow: MESSAGE", 512),
            ("", "Allow: INVITE, ACK, BYE", 13), ("", "X-Nothing: here", UInt32.max),
        ])
    func methods(parameter: String, field: String, mask: UInt32) throws {
        let rig = try RegistrarRig()
        try rig.register("<sip:a@h>\(parameter)", field)
        #expect(try rig.bindings()[0].values.methods == mask)
    }

    @Test("the received parameter is kept and shown under the name that received_param gives")
    func received() throws {
        let contact = "<sip:a@h>;received=\"sip:198.51.100.7:40001\""
        let shown = try RegistrarRig().register("\(contact);expires=600")
        #expect(shown.contact == "<sip:a@h>;expires=600;received=\"sip:198.51.100.7:40001\"")
        let renamed = try RegistrarRig("registrar received_param rcv")
        #expect(
            try renamed.register("\(contact);expires=600").contact
                == "<sip:a@h>;expires=600;rcv=\"sip:198.51.100.7:40001\"")
        #expect(try renamed.bindings()[0].received == "sip:198.51.100.7:40001")
    }

    @Test("a received address longer than its column is refused")
    func longReceived() throws {
        let rig = try RegistrarRig()
        let address = "sip:" + String(repeating: "9", count: Limits.receivedBytesMax)
        let reply = try rig.register("<sip:a@h>;received=\"\(address)\"")
        #expect(reply.status == 400)
        #expect(reply.failure == "Contact/received too long")
        #expect(try rig.bindings().isEmpty)
    }

    @Test("User-Agent is kept, and is n/a without one, empty or too long")
    func userAgent() throws {
        let rig = try RegistrarRig()
        try rig.register("<sip:a@h>", "User-Agent: phone/1.0")
        #expect(try rig.bindings()[0].userAgent == "phone/1.0")
        try rig.register("<sip:a@h>")
        #expect(try rig.bindings()[0].userAgent == "n/a")
        let long = String(repeating: "u", count: Limits.userAgentBytesMax + 1)
        try rig.register("<sip:a@h>", "User-Agent: \(long)")
        #expect(try rig.bindings()[0].userAgent == "n/a")
        let fitting = String(long.dropLast())
        try rig.register("<sip:a@h>", "User-Agent: \(fitting)")
        #expect(try rig.bindings()[0].userAgent == fitting)
    }

    @Test("socket, connection, server and time go with the binding")
    func circumstances() throws {
        let rig = try RegistrarRig(serverID: 42)
        rig.origin = Origin(
            transport: .tcp, socket: SocketIndex(1), source: PeerAddress(ipv4: 1, port: 2),
            connection: 77)
        try rig.register("<sip:a@h>")
        let values = try rig.bindings()[0].values
        #expect(values.socket == SocketIndex(1))
        #expect(values.connection == 77)
        #expect(values.serverID == 42)
        #expect(values.lastModified == rig.now)
    }

    @Test("the unique name of a binding outlives its refreshes")
    func uniqueName() throws {
        let rig = try RegistrarRig()
        try rig.register("<sip:a@h>, <sip:b@h>")
        let names = try rig.bindings().map(\.ruid)
        #expect(Set(names).count == 2)
        #expect(names.allSatisfy { $0.hasPrefix("uloc-") })
        try rig.register("<sip:b@h>, <sip:a@h>")
        #expect(try rig.bindings().map(\.ruid).sorted() == names.sorted())
    }

    @Test("URIs of other schemes and tel are bound as they are")
    func otherSchemes() throws {
        let rig = try RegistrarRig()
        let reply = try rig.register("<mailto:alice@example.com>, <tel:+15551234>", expires: "600")
        #expect(reply.status == 200)
        #expect(
            try rig.bindings().map(\.uri) == ["mailto:alice@example.com", "tel:+15551234"])
    }

    @Test("a contact named twice in a request is bound once, as it was named last")
    func twice() throws {
        let rig = try RegistrarRig()
        let reply = try rig.register("<sip:a@h>;expires=100, <sip:a@h>;expires=200")
        #expect(reply.contact == "<sip:a@h>;expires=200")
    }
}
