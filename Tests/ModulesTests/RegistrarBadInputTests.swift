import Basics
import Foundation
import JSONValue
import Locations
import ModuleKit
import Testing

@testable import Usrloc

@Suite("save: what is malformed stores nothing")
struct RegistrarBadInputTests {
    @Test(
        "a contact that is no URI is refused, and nothing of the request is stored",
        arguments: [
            "sip:alice@192.0.2.10:5060transport=udp", "<sip:alice@192.0.2.10:5060transport=udp>",
            "<sip:alice@>", "<sip:@192.0.2.1>", "<sip:>", "<>", "<sip:alice@192.0.2.1",
            "sip:alice@192.0.2.1>", "\"Al <sip:alice@192.0.2.1>", "<sip:alice@192.0.2.1:99999>",
            "<sip:alice@[2001:db8::1>", "<sip:alice@[2001:db8::g]>", "<sip:al%zzice@h>",
            "<sip:alice@h;>", "<sip:alice@h;transport=>", "<alice>", "<12:34>", "<tel:>",
            "<sip:alice@h> <sip:bob@h>", "<sip:alice@h>;q=\"0.5",
        ])
    func badContact(text: String) throws {
        for contact in [text, "<sip:good@192.0.2.2>, \(text)", "\(text), <sip:good@192.0.2.2>"] {
            let rig = try RegistrarRig()
            try rig.register("<sip:old@192.0.2.3>;expires=600")
            let reply = try rig.register(contact, expires: "600")
            #expect(reply.status == 400, "\(contact)")
            #expect(reply.failure != nil, "\(contact)")
            #expect(reply["Contact"] == nil, "\(contact)")
            #expect(reply.code == -1)
            #expect(try rig.bindings().map(\.uri) == ["sip:old@192.0.2.3"], "\(contact)")
        }
    }

    @Test("a malformed contact in a second Contact field undoes those of the first")
    func secondField() throws {
        let rig = try RegistrarRig()
        let reply = try rig.register(
            "<sip:good@h>", expires: nil, "Contact: <sip:alice@192.0.2.10:5060transport=udp>")
        #expect(reply.status == 400)
        #expect(reply.failure == "Contact parse error")
        #expect(try rig.bindings().isEmpty)
    }

    @Test("a contact that is to be removed must be well-formed, too")
    func badRemoval() throws {
        let rig = try RegistrarRig()
        try rig.register("<sip:old@h>")
        #expect(try rig.register("<sip:old@h>;expires=0, <sip:a@>;expires=0").status == 400)
        #expect(try rig.bindings().count == 1)
    }

    @Test("To of a scheme that names no user here gets 404")
    func unknownScheme() throws {
        let reply = try RegistrarRig().register("<sip:a@h>", to: "<mailto:alice@example.com>")
        #expect(reply.status == 404)
        #expect(reply.failure == "To names an address of an unknown scheme")
        #expect(reply.code == -1)
    }

    @Test("To with a telephone number is an AoR")
    func telephone() throws {
        let rig = try RegistrarRig()
        #expect(try rig.register("<sip:a@h>", to: "<tel:+15551234>").status == 200)
        #expect(try rig.bindings("+15551234").count == 1)
    }

    @Test(
        "an address that the script gives and that is none is refused",
        arguments: ["", "alice", "sip:", "sip:al%g0ice@h", "mailto:alice@example.com"])
    func badArgument(uri: String) throws {
        let rig = try RegistrarRig(
            "", "$var(u) = \"\(uri)\"; save(\"location\", \"0\", \"$var(u)\");")
        let reply = try rig.register("<sip:a@h>")
        #expect([400, 404].contains(reply.status))
        #expect(reply.failure != nil)
        #expect(reply.code == -1)
        #expect(try rig.bindings().isEmpty)
    }

    @Test("a refusal is told to the script and counted once")
    func scriptSees() throws {
        let rig = try RegistrarRig(
            "", "if (!save(\"location\")) { $var(x) = $rc; return($var(x)); } return(100);")
        #expect(try rig.register("<sip:a@h>").code == 100)
        let refused = try rig.register("<sip:a@>")
        #expect(refused.code == -1)
        #expect(refused.count == 1)
    }

    @Test("random bytes in Contact never store half of a request", arguments: 0..<20)
    func noise(seed: Int) throws {
        var generator = Noise(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1)
        let rig = try RegistrarRig()
        let alphabet = Array("<>\"\\;,=@:%*sip:alice.q0159 \t[]".utf8)
        for _ in 0..<50 {
            let length = Int(generator.next() % 40) + 1
            let bytes = (0..<length).map { _ in
                alphabet[Int(generator.next() % UInt64(alphabet.count))]
            }
            let text = "<sip:good@h>, " + (String(bytes: bytes, encoding: .utf8) ?? "")
            let before = try rig.bindings().map(\.uri)
            let reply = try rig.register(text, expires: "600")
            #expect([200, 400].contains(reply.status), "\(text)")
            if reply.status == 400 { #expect(try rig.bindings().map(\.uri) == before, "\(text)") }
            #expect(reply.fields.allSatisfy { $0.name != "malformed line" }, "\(text)")
        }
    }
}

/// Numbers that a seed decides.
private struct Noise {
    var state: UInt64
    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return (state &* 0x2545_F491_4F6C_DD1D) >> 33
    }
}
