import Basics
import Locations
import ModuleKit
import RouteScript
import SIPSyntax
import Testing
import Usrloc

@testable import Registrar

/// What a script says to `save` beside its arguments, and what it is told.
@Suite("save: variables of the script")
struct RegistrarScriptTests {
    private let phone = "<sip:alice@192.0.2.1>;expires=600"

    /// A rig whose script has set attributes of `$xavp(reg)`.
    private func rig(
        _ attributes: [(String, ScriptValue)], _ settings: String = "registrar xavp_cfg reg"
    ) throws -> RegistrarRig {
        let rig = try RegistrarRig(settings)
        rig.prepare = { Self.push("reg", attributes, $0) }
        return rig
    }

    private static func push(
        _ root: String, _ attributes: [(String, ScriptValue)], _ context: ScriptContext
    ) {
        let list = attributes.map { AttributeValue(name: Array($0.0.utf8), value: $0.1) }
        _ = context.structured.push(Array(root.utf8), list)
    }

    // MARK: xavp_cfg

    @Test(
        "expires of the script comes before what the request asks for",
        arguments: [(1234, 1234), (5, 60), (99_999, 7_200)])
    func expires(given: Int, granted: Int) throws {
        let rig = try rig(
            [("expires", .integer(given))],
            "registrar xavp_cfg reg;registrar max_expires 7200;registrar expires_range 50")
        let reply = try rig.register(phone)
        #expect(reply.contact == "<sip:alice@192.0.2.1>;expires=\(granted)")
    }

    @Test("expires 0 of the script removes")
    func expiresZero() throws {
        let rig = try rig([("expires", .integer(0))])
        rig.prepare = { _ in }
        try rig.register(phone)
        rig.prepare = { Self.push("reg", [("expires", .integer(0))], $0) }
        #expect(try rig.register(phone).code == 3)
        #expect(try rig.bindings().isEmpty)
    }

    @Test(
        "q of the script comes before the contact's, and must be one",
        arguments: [(0, 200), (700, 200), (1_000, 200), (1_001, 400), (-1, 400)])
    func q(given: Int, status: Int) throws {
        let rig = try rig([("q", .integer(given))])
        let reply = try rig.register("<sip:a@h>;q=0.2")
        #expect(reply.status == status)
        if status == 200 { #expect(try rig.bindings()[0].values.q == given) }
    }

    @Test("max_contacts of the script comes before the parameter, in both directions")
    func maxContacts() throws {
        let rig = try rig([], "registrar xavp_cfg reg;registrar max_contacts 1")
        try rig.register("<sip:a@h>")
        #expect(try rig.register("<sip:b@h>").code == -2)
        rig.prepare = { Self.push("reg", [("max_contacts", .integer(3))], $0) }
        #expect(try rig.register("<sip:b@h>").code == 1)
        rig.prepare = { Self.push("reg", [("max_contacts", .integer(2))], $0) }
        #expect(try rig.register("<sip:c@h>").code == -2)
    }

    @Test(
        "what is no number of its kind is passed over",
        arguments: [
            ("expires", .string("1234")), ("expires", .integer(-5)), ("max_contacts", .integer(-1)),
            ("q", .null), ("tcpconn_id", .integer(0)), ("unknown", .integer(7)),
        ] as [(String, ScriptValue)])
    func passedOver(name: String, value: ScriptValue) throws {
        let rig = try rig([(name, value)])
        #expect(try rig.register(phone).contact == phone)
        #expect(try rig.bindings()[0].values.connection == -1)
    }

    @Test("tcpconn_id of the script is stored")
    func connection() throws {
        let rig = try rig([("tcpconn_id", .integer(77))])
        try rig.register(phone)
        #expect(try rig.bindings()[0].values.connection == 77)
    }

    @Test("another root, or none in the settings, decides nothing")
    func otherRoot() throws {
        for settings in ["registrar xavp_cfg other", ""] {
            let rig = try rig([("expires", .integer(1234))], settings)
            #expect(try rig.register(phone).contact == phone)
        }
    }

    // MARK: Sockets

    @Test(
        "a request with the flag names its socket in a header field",
        arguments: [
            ("tcp:[::1]:5060", 1), ("TCP:[::1]:5060", 1), ("tcp:[::1]", 1),
            ("udp:127.0.0.1:5060", 0), ("127.0.0.1:5060", 0), ("udp:127.0.0.1:5999", 7),
            ("udp:[::1]:5060", 7), ("tls:127.0.0.1:5060", 7), ("udp:host:5060", 7), ("udp:", 7),
            ("udp:127.0.0.1:99999", 7), ("udp:127.0.0.1:", 7), (":", 7), ("tcp:", 7),
        ])
    func socketHeader(value: String, index: Int) throws {
        let rig = try RegistrarRig("registrar sock_flag 5;registrar sock_hdr_name Sock-Info")
        rig.origin.socket = SocketIndex(7)
        try rig.register(phone, "Sock-Info: \(value)")
        #expect(try rig.bindings()[0].values.socket == SocketIndex(7))
        rig.prepare = { $0.flags = 1 << 5 }
        try rig.register(phone, "Sock-Info: \(value)")
        #expect(try rig.bindings()[0].values.socket == SocketIndex(index))
    }

    @Test("the script names it by an attribute, and the header field comes first")
    func socketAttribute() throws {
        let rig = try RegistrarRig(
            "registrar sock_flag 0;registrar sock_hdr_name Sock;registrar xavp_cfg reg")
        rig.prepare = { context in
            context.flags = 1
            Self.push("reg", [("socket", .string("tcp:[::1]:5060"))], context)
        }
        try rig.register(phone)
        #expect(try rig.bindings()[0].values.socket == SocketIndex(1))
        try rig.register(phone, "Sock: udp:127.0.0.1:5060")
        #expect(try rig.bindings()[0].values.socket == SocketIndex(0))
    }

    // MARK: xavp_rcd

    /// The attributes of `$xavp(rcd)` after a message, as `name=value`.
    private func recorded(_ rig: RegistrarRig) -> [String] {
        guard let root = rig.context.structured.position(Array("rcd".utf8)) else { return [] }
        return rig.context.structured.roots[root].attributes.map { attribute in
            let value = rig.context.text(attribute.value).map { rig.context.string($0) } ?? "null"
            return "\(String(decoding: attribute.name, as: UTF8.self))=\(value)"
        }
    }

    @Test("the script is told of each binding that the reply lists")
    func told() throws {
        let rig = try RegistrarRig(
            "registrar xavp_rcd rcd;registrar use_path 1;registrar path_mode 0")
        try rig.register("<sip:a@h>;expires=600;received=\"sip:9.9.9.9\"", "Path: <sip:p;lr>")
        let first = try rig.bindings()[0].ruid
        #expect(
            recorded(rig) == [
                "ruid=\(first)", "received=sip:9.9.9.9", "contact=sip:a@h", "expires=600",
                "path=<sip:p;lr>",
            ])
        try rig.register("<sip:b@h>;expires=700")
        let second = try rig.bindings()[1].ruid
        #expect(
            recorded(rig).suffix(3) == ["ruid=\(second)", "contact=sip:b@h", "expires=700"])
        #expect(recorded(rig).count == 8)
    }

    @Test(
        "the mask leaves details out",
        arguments: [
            (1, ["received", "contact", "expires", "path"]),
            (2, ["ruid", "received", "expires", "path"]),
            (4, ["ruid", "received", "contact", "path"]),
            (8, ["ruid", "contact", "expires", "path"]),
            (16, ["ruid", "received", "contact", "expires"]), (31, []),
        ])
    func mask(mask: Int, names: [String]) throws {
        let rig = try RegistrarRig(
            "registrar xavp_rcd rcd;registrar use_path 1;registrar path_mode 0;"
                + "registrar xavp_rcd_mask \(mask)")
        try rig.register("<sip:a@h>;received=\"sip:9.9.9.9\"", "Path: <sip:p;lr>")
        #expect(recorded(rig).map { String($0.prefix { $0 != "=" }) } == names)
    }

    @Test("an AoR with more bindings than attributes have room for is no trouble")
    func manyBindings() throws {
        let rig = try RegistrarRig("registrar xavp_rcd rcd")
        for round in 0..<2 {
            let contacts = (0..<60).map { "<sip:\(round)-\($0)@h>" }.joined(separator: ", ")
            #expect(try rig.register(contacts, callID: "c\(round)").status == 200)
        }
        #expect(recorded(rig).count <= Limits.attributesPerMessageMax)
        #expect(recorded(rig).count > 200)
    }

    // MARK: xavp_contact

    /// The attributes of the first binding, as a lookup restores them.
    private func stored(_ rig: RegistrarRig) throws -> [String] {
        var found: [String] = []
        let context = rig.context
        let name = Array("alice".utf8)
        try rig.table.lookUp(name.span, now: rig.now) { binding in
            found = StoredAttributes.unpack(binding.attributes, context).map { attribute in
                let isNumber = if case .integer = attribute.value { true } else { false }
                let text = context.text(attribute.value).map { context.string($0) } ?? "null"
                return "\(String(decoding: attribute.name, as: UTF8.self))"
                    + "\(isNumber ? "#" : "=")\(text)"
            }
        }
        return found
    }

    @Test("attributes of the script are stored with the contact, and each refresh replaces them")
    func attributes() throws {
        let rig = try RegistrarRig("usrloc xavp_contact ul")
        rig.prepare = {
            Self.push("ul", [("a", .string("one")), ("b", .integer(-2)), ("n", .null)], $0)
        }
        try rig.register(phone)
        #expect(try stored(rig) == ["a=one", "b#-2"])
        rig.prepare = { Self.push("ul", [("c", .string(""))], $0) }
        try rig.register(phone)
        #expect(try stored(rig) == ["c="])
        rig.prepare = { _ in }
        try rig.register(phone)
        #expect(try stored(rig).isEmpty)
    }

    @Test("attributes that no column would hold are left out")
    func attributesTooLong() throws {
        let rig = try RegistrarRig("usrloc xavp_contact ul")
        let long = String(repeating: "x", count: 600)
        rig.prepare = {
            Self.push("ul", [(long, .integer(1)), ("a", .string(long)), ("b", .string("y"))], $0)
        }
        #expect(try rig.register(phone).status == 200)
        #expect(try stored(rig) == ["b=y"])
    }

    @Test("without xavp_contact nothing is stored")
    func noAttributes() throws {
        let rig = try RegistrarRig()
        rig.prepare = { Self.push("ul", [("a", .string("one"))], $0) }
        try rig.register(phone)
        #expect(try stored(rig).isEmpty)
    }

    // MARK: Arguments

    @Test(
        "table and flags may come from variables",
        arguments: [
            ("\"location\"", "2", 0), ("\"location\"", "0", 1), ("\"location\"", "\"0x02\"", 0),
        ])
    func dynamic(table: String, flags: String, replies: Int) throws {
        let rig = try RegistrarRig(
            "usrloc preload location",
            "$var(t) = \(table); $var(f) = \(flags); save(\"$var(t)\", $var(f));")
        let reply = try rig.register(phone)
        #expect(reply.code == 1)
        #expect(reply.count == replies)
        #expect(try rig.bindings().count == 1)
    }

    @Test(
        "a variable that names no table or no flags makes save fail, and nothing else",
        arguments: [
            ("\"other\"", "0"), ("\"\"", "0"), ("\"location\"", "32"), ("\"location\"", "-1"),
            ("\"location\"", "\"many\""),
        ])
    func dynamicRefused(table: String, flags: String) throws {
        let rig = try RegistrarRig(
            "usrloc preload location",
            "$var(t) = \(table); $var(f) = \(flags); save(\"$var(t)\", $var(f));")
        let reply = try rig.register(phone)
        #expect(reply.code == -1)
        #expect(reply.count == 0)
        #expect(rig.usrloc.tables.map(\.name) == ["location"])
    }

    // MARK: reg_send_reply

    @Test(
        "the reply that save did not send is sent later, success or refusal",
        arguments: ["0x02", "0x12"])
    func later(flags: String) throws {
        let rig = try RegistrarRig(
            "", "save(\"location\", \"\(flags)\"); reg_send_reply();")
        let fine = try rig.register(phone)
        #expect(fine.count == 1 && fine.code == 1)
        #expect(fine.status == 200)
        #expect(fine.contact == phone)
        #expect(fine.occurrences(of: "Contact") == 1)
        let refused = try rig.register("<sip:b@h>;q=7")
        #expect(refused.status == 400)
        #expect(refused.failure == "Invalid q param in contact")
        #expect(refused.contact == phone)
        #expect(refused.occurrences(of: "P-Registrar-Error") == 1)
    }

    @Test("without a save for this message there is nothing to send")
    func nothingToSend() throws {
        let rig = try RegistrarRig(
            "",
            "if ($hdr(X-Save) != $null) { save(\"location\", \"2\"); } else { reg_send_reply(); }")
        #expect(try rig.register(phone, "X-Save: 1").count == 0)
        let reply = try rig.register(phone)
        #expect(reply.code == -1)
        #expect(reply.count == 0)
    }

    // MARK: reg_from_user

    @Test(
        "a request comes from a user when a binding of his is reached there",
        arguments: [
            ("sip:a@10.1.2.3:5070", "", 0, 1), ("sip:a@10.1.2.3:5999", "", 0, 1),
            ("sip:a@10.1.2.3:5999", "", 1, -1), ("sip:a@10.1.2.3:5070", "", 1, 1),
            ("sip:a@10.1.2.3", "", 1, -1), ("sip:a@10.1.2.4:5070", "", 0, -1),
            ("sip:a@10.1.2.3:5070;transport=tcp", "", 2, -1), ("sip:a@10.1.2.3:5070", "", 3, 1),
            ("sip:a@phone.example.com", "", 0, -1), ("sip:a@9.9.9.9", "sip:10.1.2.3:5070", 3, 1),
            ("sip:a@10.1.2.3:5070", "sip:9.9.9.9", 0, -1), ("sip:a@[::1]", "", 0, -1),
        ])
    func fromUser(uri: String, received: String, mode: Int, code: Int) throws {
        let rig = try RegistrarRig(
            "",
            """
            if ($hdr(X-Ask) != $null) {
                reg_from_user("location", "sip:alice@example.com", \(mode));
            } else { save("location"); }
            """)
        let parameter = received.isEmpty ? "" : ";received=\"\(received)\""
        try rig.register("<\(uri)>;expires=600\(parameter)")
        #expect(try rig.register(nil, "X-Ask: 1").code == code)
    }

    @Test("nobody comes from a user who is not registered, or whose URI is none")
    func fromNobody() throws {
        for uri in ["sip:bob@example.com", "nonsense", ""] {
            let rig = try RegistrarRig("", "reg_from_user(\"location\", \"\(uri)\", 0);")
            #expect(try rig.register(phone).code == -1)
        }
    }

    // MARK: add_sock_hdr

    @Test("the socket that received a request is written as save reads it")
    func addSocketHeader() throws {
        let rig = try RegistrarRig("", "add_sock_hdr(\"Sock-Info\");")
        rig.origin.socket = SocketIndex(1)
        #expect(try rig.register(phone).code == 1)
        let edit = try #require(rig.context.edits.edits.first)
        #expect(edit.range.isEmpty)
        #expect(Int(edit.range.start) == rig.context.message.headers.end)
        #expect(
            String(decoding: rig.context.edits.text, as: UTF8.self)
                == "Sock-Info: tcp:[::1]:5060\r\n")
    }

    @Test(
        "what is no name of a header field is not added", arguments: ["", "a b", "a:", "a\\r\\nb"])
    func badHeaderName(name: String) throws {
        let rig = try RegistrarRig("", "add_sock_hdr(\"\(name)\");")
        #expect(try rig.register(phone).code == -1)
        #expect(rig.context.edits.isEmpty)
    }
}
