import Basics
import JSONValue
import Locations
import ModuleKit
import Testing

@testable import Usrloc

@Suite("save and lookup: which AoR a URI names")
struct RegistrarAddressTests {
    @Test(
        "the AoR is the user in lower case; port, parameters and domain do not count",
        arguments: [
            ("<sip:alice@example.com>", "alice"), ("<sip:ALICE@example.com>", "alice"),
            ("<sips:alice@example.com:5071;transport=tls>", "alice"),
            ("<sip:%61lice@example.org>", "alice"), ("\"Al\" <sip:alice@h>;tag=1", "alice"),
            ("sip:alice@example.com;tag=1", "alice"), ("<sip:example.com>", ""),
            ("<sip:alice:secret@example.com>", "alice"),
        ])
    func plain(to: String, aor: String) throws {
        let rig = try RegistrarRig()
        #expect(try rig.register("<sip:a@h>", to: to).status == 200)
        #expect(try rig.bindings(aor).map(\.uri) == ["sip:a@h"])
    }

    @Test(
        "with use_domain the host takes part, in lower case and without its port",
        arguments: [
            ("<sip:Alice@Example.COM:5070>", "alice@example.com"),
            ("<sip:example.com>", "example.com"),
        ])
    func domain(to: String, aor: String) throws {
        let rig = try RegistrarRig("usrloc use_domain 1")
        try rig.register("<sip:a@h>", to: to)
        #expect(try rig.bindings(aor).count == 1)
        #expect(try rig.register(to: "<sip:alice@example.org>")["Contact"] == nil)
    }

    @Test("realm_prefix is cut from the front of a domain, and changes at runtime as realm_pref")
    func prefix() throws {
        let rig = try RegistrarRig("usrloc use_domain 1; registrar realm_prefix sip.")
        try rig.register("<sip:a@h>", to: "<sip:alice@sip.example.com>")
        #expect(try rig.bindings("alice@example.com").count == 1)
        #expect(try rig.register(to: "<sip:alice@example.com>").contacts.count == 1)
        try rig.services.settings.set(
            group: "registrar", name: "realm_pref", to: .string("voip."))
        #expect(try rig.register(to: "<sip:alice@sip.example.com>")["Contact"] == nil)
        #expect(try rig.register(to: "<sip:alice@voip.example.com>").contacts.count == 1)
    }

    @Test("case_sensitive keeps the case of the user and not of the domain")
    func caseSensitive() throws {
        let rig = try RegistrarRig("usrloc use_domain 1; registrar case_sensitive 1")
        try rig.register("<sip:a@h>", to: "<sip:Alice@EXAMPLE.com>")
        #expect(try rig.bindings("Alice@example.com").count == 1)
        #expect(try rig.register(to: "<sip:alice@example.com>")["Contact"] == nil)
    }

    @Test("the URI that save is given comes before To")
    func argument() throws {
        let rig = try RegistrarRig(
            "", "save(\"location\", \"0\", \"sip:bob@example.com\");")
        try rig.register("<sip:a@h>")
        #expect(try rig.bindings("bob").count == 1)
        #expect(try rig.bindings("alice").isEmpty)
        let variable = try RegistrarRig("", "save(\"location\", \"0\", \"$fu\");")
        try variable.register("<sip:a@h>", to: "<sip:carol@example.com>")
        #expect(try variable.bindings("alice").count == 1)
    }

    @Test("a refreshed AoR of one user leaves those of others alone")
    func apart() throws {
        let rig = try RegistrarRig()
        for user in ["alice", "bob", "carol"] {
            try rig.register("<sip:\(user)@h>", callID: user, to: "<sip:\(user)@example.com>")
        }
        try rig.register("*", expires: "0", to: "<sip:bob@example.com>")
        #expect(try rig.bindings("alice").count == 1)
        #expect(try rig.bindings("bob").isEmpty)
        #expect(try rig.bindings("carol").count == 1)
    }

    // MARK: lookup and registered

    private func message(_ uri: String) -> String {
        [
            "MESSAGE \(uri) SIP/2.0", "Via: SIP/2.0/UDP 10.1.2.3;branch=z9hG4bK1",
            "From: <sip:x@example.com>;tag=1", "To: <\(uri)>", "Call-ID: m", "CSeq: 1 MESSAGE",
            "Content-Length: 0", "", "",
        ].joined(separator: "\r\n")
    }

    private static let route = """
        if ($rm == "REGISTER") { save("location"); exit; }
        lookup("location");
        """

    @Test("lookup makes the best contact the request URI and the others branches")
    func lookup() throws {
        let rig = try RegistrarRig("", Self.route)
        try rig.register("<sip:a@h1>;q=0.3, <sip:a@h2>;q=0.9;received=\"sip:192.0.2.9\"")
        #expect(try rig.send(message("sip:alice@example.com")).code == 1)
        #expect(rig.context.rewrittenURI == Array("sip:a@h2".utf8))
        #expect(rig.context.destinationURI == Array("sip:192.0.2.9".utf8))
        #expect(rig.context.branches.map(\.uri) == [Array("sip:a@h1".utf8)])
        #expect(rig.context.branches.map(\.q) == [300])
        #expect(rig.context.branches[0].destination == nil)
    }

    @Test("with append_branches 0 lookup takes the first contact alone")
    func first() throws {
        let rig = try RegistrarRig("registrar append_branches 0", Self.route)
        try rig.register("<sip:a@h1>, <sip:a@h2>")
        #expect(try rig.send(message("sip:alice@example.com")).code == 1)
        #expect(rig.context.branches.isEmpty)
    }

    @Test("lookup of nobody returns -1, and of what names nobody -3")
    func nobody() throws {
        let rig = try RegistrarRig("", Self.route)
        #expect(try rig.send(message("sip:nobody@example.com")).code == -1)
        #expect(rig.context.rewrittenURI == nil)
        let given = try RegistrarRig("", "lookup(\"location\", \"mailto:a@h\");")
        #expect(try given.send(message("sip:nobody@example.com")).code == -3)
    }

    @Test("expired contacts are used only where use_expired_contacts says so")
    func expired() throws {
        let rig = try RegistrarRig("", Self.route)
        try rig.register("<sip:a@h>;expires=60")
        rig.now.seconds += 60
        #expect(try rig.send(message("sip:alice@example.com")).code == -1)
        try rig.services.settings.set(
            group: "registrar", name: "use_expired_contacts", to: .integer(1))
        #expect(try rig.send(message("sip:alice@example.com")).code == 1)
    }

    @Test("registered tells whether an AoR has a binding")
    func registered() throws {
        let rig = try RegistrarRig(
            "",
            "if ($rm == \"REGISTER\") { save(\"location\"); exit; } registered(\"location\");")
        #expect(try rig.send(message("sip:alice@example.com")).code == -1)
        try rig.register("<sip:a@h>")
        #expect(try rig.send(message("sip:alice@example.com")).code == 1)
        #expect(rig.context.rewrittenURI == nil)
    }
}
