import Basics
import Locations
import ModuleKit
import Testing

@testable import Registrar

@Suite("save: Path")
struct RegistrarPathTests {
    private let phone = "<sip:alice@192.0.2.1>;expires=600"
    private let path = "Path: <sip:p1.example.com;lr>"
    private let vector = "<sip:p1.example.com;lr>"

    private func rig(_ settings: String = "path_mode 1") throws -> RegistrarRig {
        let words = settings.split(separator: ";").map { "registrar \($0)" }
        return try RegistrarRig((["registrar use_path 1"] + words).joined(separator: ";"))
    }

    @Test("without use_path a Path is neither stored nor shown")
    func off() throws {
        let rig = try RegistrarRig()
        let reply = try rig.register(phone, path, "Supported: path")
        #expect(reply.status == 200)
        #expect(reply["Path"] == nil)
        #expect(try rig.bindings()[0].path == "")
    }

    @Test(
        "the mode decides what a client that supports Path, and one that does not, is told",
        arguments: [
            (0, true, 200, false), (0, false, 200, false), (1, true, 200, true),
            (1, false, 200, false), (2, true, 200, true), (2, false, 420, false),
        ])
    func modes(mode: Int, supports: Bool, status: Int, isShown: Bool) throws {
        let rig = try rig("path_mode \(mode)")
        let reply = try rig.register(phone, path, supports ? "Supported: path" : "X-None: 1")
        #expect(reply.status == status)
        #expect(reply["Path"] == (isShown ? vector : nil))
        #expect(try rig.bindings().map(\.path) == (status == 200 ? [vector] : []))
    }

    @Test("a client that must support Path and does not is told so, and nothing is stored")
    func strict() throws {
        let rig = try rig("path_mode 2")
        try rig.register("<sip:first@h>;expires=600")
        let reply = try rig.register(phone, path)
        #expect(reply.status == 420)
        #expect(reply.reason == "Bad Extension")
        #expect(reply["Unsupported"] == "path")
        #expect(reply.failure == "No support for found Path indicated")
        #expect(reply.contact == "<sip:first@h>;expires=600")
        #expect(reply.code == -1)
        #expect(try rig.bindings().map(\.uri) == ["sip:first@h"])
    }

    @Test("Require: path shows support as well as Supported does")
    func required() throws {
        #expect(try rig("path_mode 2").register(phone, path, "Require: path").status == 200)
    }

    @Test("Require: path where Path is not looked at is refused")
    func requiredAndOff() throws {
        let reply = try RegistrarRig().register(phone, "Require: path")
        #expect(reply.status == 420)
        #expect(reply["Unsupported"] == "path")
    }

    @Test("several fields are stored as one vector, in their order")
    func joined() throws {
        let rig = try rig()
        let reply = try rig.register(
            phone, path, "Path: <sip:p2;lr>, <sip:p3;lr>", "Supported: path")
        let all = "\(vector),<sip:p2;lr>, <sip:p3;lr>"
        #expect(try rig.bindings()[0].path == all)
        #expect(reply["Path"] == all)
    }

    @Test("a folded field is stored in one line")
    func folded() throws {
        let rig = try rig()
        let reply = try rig.register(phone, "Path: <sip:p1;lr>,\r\n <sip:p2;lr>", "Supported: path")
        #expect(try rig.bindings()[0].path == "<sip:p1;lr>, <sip:p2;lr>")
        #expect(reply["Path"] == "<sip:p1;lr>, <sip:p2;lr>")
    }

    @Test(
        "a Path that cannot be a route is refused",
        arguments: [
            "<sip:p1>", "<sip:p1", "sip:p1;lr", "<sip:;lr>", "<mailto:a@b;lr>", ",", "nonsense",
            "<sip:p1;lr>, <sip:p2", "<sip:p1;lr>, <tel:123>", "<sip:p1;lr> <sip:p2;lr>",
        ])
    func malformed(value: String) throws {
        let rig = try rig()
        let reply = try rig.register(phone, "Path: \(value)", "Supported: path")
        #expect(reply.status == 400)
        #expect(reply.failure == "Path parse error")
        #expect(try rig.bindings().isEmpty)
    }

    @Test("only the first hop has to be a loose router")
    func strictSecond() throws {
        #expect(try rig().register(phone, "Path: <sip:p1;lr>, <sip:p2>").status == 200)
    }

    @Test("a vector up to the width of its column is stored, a longer one is refused")
    func length() throws {
        let rig = try rig()
        for (count, status) in [
            (Limits.pathBytesMax, 200), (Limits.pathBytesMax + 1, 400), (3_000, 400),
        ] {
            let user = String(repeating: "u", count: count - "<sip:@p1;lr>".utf8.count)
            let reply = try rig.register(phone, "Path: <sip:\(user)@p1;lr>")
            #expect(reply.status == status)
            if status == 400 { #expect(reply.failure == "Path too long") }
        }
    }

    @Test("a listing and the removal of all say nothing of Path")
    func listing() throws {
        let rig = try rig()
        try rig.register(phone, path, "Supported: path")
        #expect(try rig.register(nil, path, "Supported: path")["Path"] == nil)
        #expect(try rig.register("*", expires: "0", path, "Supported: path")["Path"] == nil)
    }

    @Test("a refresh takes the new Path over, also none")
    func refreshed() throws {
        let rig = try rig()
        try rig.register(phone, path)
        try rig.register(phone, "Path: <sip:p9;lr>")
        #expect(try rig.bindings()[0].path == "<sip:p9;lr>")
        try rig.register(phone)
        #expect(try rig.bindings()[0].path == "")
    }

    @Test("use_path and its like change while the server runs")
    func runtime() throws {
        let rig = try RegistrarRig()
        try rig.register(phone, path)
        let store = rig.services.settings
        try store.set(group: "registrar", name: "use_path", to: .integer(1))
        try store.set(group: "registrar", name: "path_mode", to: .integer(0))
        #expect(try rig.register(phone, path).status == 200)
        #expect(try rig.bindings()[0].path == vector)
    }
}

@Suite("save: where a client was seen")
struct RegistrarReceivedTests {
    private func rig(_ settings: String = "") throws -> RegistrarRig {
        try RegistrarRig(
            "registrar use_path 1;registrar path_mode 0;registrar path_use_received 1;"
                + "usrloc nat_bflag 6;registrar received_avp $avp(RCV)" + settings)
    }

    @Test(
        "the first Path URI tells it, in either form",
        arguments: [
            ("sip:10.1.1.1:4000", "sip:10.1.1.1:4000"),
            ("sip:10.1.1.1:4000%3Btransport%3Dtcp", "sip:10.1.1.1:4000;transport=tcp"),
            ("10.1.1.1~4000~1", "sip:10.1.1.1:4000"),
            ("10.1.1.1~4000~2", "sip:10.1.1.1:4000;transport=tcp"),
            ("10.1.1.1~4000~5", "sip:10.1.1.1:4000;transport=ws"),
        ])
    func fromPath(value: String, received: String) throws {
        let rig = try rig()
        let reply = try rig.register(
            "<sip:a@h>;expires=600;received=\"sip:9.9.9.9\"",
            "Path: <sip:p1;lr;received=\(value)>, <sip:p2;lr;received=sip:1.1.1.1>")
        #expect(reply.status == 200)
        #expect(try rig.bindings()[0].received == received)
        #expect(try rig.bindings()[0].values.cflags == 1 << 6)
        #expect(reply.contact == "<sip:a@h>;expires=600;received=\"\(received)\"")
    }

    @Test(
        "what is no URI is refused: it is shown to phones and used as a destination",
        arguments: [
            "nonsense", "sip:%0d%0aX-Evil:%201", "sip:a%22b@h", "10.1.1.1~4000", "10.1.1.1~x~1",
            "10.1.1.1~99999~1", "10.1.1.1~4000~77", "~~", "mailto:a@b", "sip:",
        ])
    func malformed(value: String) throws {
        let rig = try rig()
        let reply = try rig.register("<sip:a@h>", "Path: <sip:p1;lr;received=\(value)>")
        #expect(reply.status == 400)
        #expect(try rig.bindings().isEmpty)
    }

    @Test("one that does not fit its column is refused")
    func tooLong() throws {
        let host = String(repeating: "a", count: Limits.receivedBytesMax)
        let reply = try rig().register("<sip:a@h>", "Path: <sip:p1;lr;received=sip:\(host)>")
        #expect(reply.status == 400)
    }

    @Test("without path_use_received the Path says nothing of it")
    func notUsed() throws {
        let rig = try RegistrarRig("registrar use_path 1;registrar path_mode 0")
        try rig.register("<sip:a@h>", "Path: <sip:p1;lr;received=sip:1.2.3.4>")
        #expect(try rig.bindings()[0].received == "")
    }

    @Test("the contact's own parameter comes before the script's, and the Path before both")
    func order() throws {
        let rig = try rig()
        rig.prepare = { context in
            _ = context.attributes.add(Array("RCV".utf8), .string("sip:3.3.3.3:33"))
        }
        try rig.register("<sip:a@h>")
        #expect(try rig.bindings()[0].received == "sip:3.3.3.3:33")
        try rig.register("<sip:a@h>;received=\"sip:2.2.2.2\"")
        #expect(try rig.bindings()[0].received == "sip:2.2.2.2")
        try rig.register(
            "<sip:a@h>;received=\"sip:2.2.2.2\"", "Path: <sip:p;lr;received=sip:1.1.1.1>")
        #expect(try rig.bindings()[0].received == "sip:1.1.1.1")
    }

    @Test("an attribute of another name, or one that is a number, says nothing")
    func otherAttribute() throws {
        let rig = try rig()
        rig.prepare = { context in
            _ = context.attributes.add(Array("OTHER".utf8), .string("sip:3.3.3.3"))
            _ = context.attributes.add(Array("RCV".utf8), .integer(7))
        }
        try rig.register("<sip:a@h>")
        #expect(try rig.bindings()[0].received == "")
    }

    @Test(
        "received_avp is the name of an attribute",
        arguments: [
            ("$avp(RECEIVED)", "RECEIVED"), ("$avp(s:rcv)", "rcv"), ("$avp(i:5)", "i:5"),
            ("RECEIVED", nil), ("$var(x)", nil), ("$avp()", nil), ("$avp(x", nil),
            ("$avp($var(x))", nil), ("", nil),
        ] as [(String, String?)])
    func attributeName(text: String, name: String?) {
        #expect(AttributeName.bytes(text) == name.map { Array($0.utf8) })
    }
}
