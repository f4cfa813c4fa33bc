import Basics
import Locations
import ModuleKit
import RouteScript
import Testing

@testable import Registrar

@Suite("save: flows")
struct RegistrarOutboundTests {
    private let instance = "+sip.instance=\"<urn:uuid:0-1>\""
    private var phone: String { "<sip:alice@192.0.2.1>;expires=600;reg-id=1;\(instance)" }

    private func rig(_ mode: Int, _ more: String = "") throws -> RegistrarRig {
        try RegistrarRig(
            "registrar use_path 1;registrar path_mode 1;registrar outbound_mode \(mode)" + more)
    }

    /// Registers over a proxy: below the Via that the rig writes stands a second one.
    private func registerOverProxy(_ rig: RegistrarRig, _ more: [String]) throws -> SIPReply {
        let via = "<sip:alice@example.com>\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKp"
        return try rig.register(
            phone, to: via, more.first ?? "X: 1", more.count > 1 ? more[1] : "X: 2")
    }

    @Test(
        "what is asked of the client in each mode, and what the answer says",
        arguments: [
            (0, "", 200, nil, nil), (0, "Supported: outbound", 200, nil, nil),
            (0, "Require: outbound", 420, nil, nil), (1, "", 200, "outbound", nil),
            (1, "Supported: path", 200, "outbound", nil),
            (1, "Supported: path, outbound", 200, "outbound", "outbound"),
            (1, "Require: outbound", 200, "outbound", "outbound"),
            (2, "", 421, "outbound", "outbound"),
            (2, "Supported: path", 421, "outbound", "outbound"),
            (2, "Supported: outbound", 200, "outbound", "outbound"),
            (2, "Require: outbound", 200, "outbound", "outbound"),
        ] as [(Int, String, Int, String?, String?)])
    func modes(
        mode: Int, line: String, status: Int, supported: String?, required: String?
    ) throws {
        let rig = try rig(mode)
        let reply = try rig.register(phone, line.isEmpty ? "X-None: 1" : line)
        #expect(reply.status == status)
        #expect(reply["Supported"] == supported)
        #expect(reply["Require"] == required)
        #expect(try rig.bindings().count == (status == 200 ? 1 : 0))
    }

    @Test("the refusals say what is missing")
    func words() throws {
        let refused = try rig(0).register(phone, "Require: outbound")
        #expect(refused["Unsupported"] == "outbound")
        #expect(refused.failure == "No support for Outbound on server")
        let required = try rig(2).register(phone)
        #expect(required.reason == "Extension Required")
        #expect(required.failure == "No support for Outbound indicated")
        let both = try rig(0, ";registrar gruu_enabled 0").register(
            phone, "Require: gruu, outbound")
        #expect(both["Unsupported"] == "gruu, outbound")
    }

    @Test(
        "Flow-Timer is for clients that support flows",
        arguments: [
            (1, "Supported: outbound", "120"), (1, "X: 1", nil), (2, "Supported: outbound", "120"),
        ] as [(Int, String, String?)])
    func flowTimer(mode: Int, line: String, value: String?) throws {
        let reply = try rig(mode, ";registrar flow_timer 120").register(phone, line)
        #expect(reply["Flow-Timer"] == value)
        #expect(reply.occurrences(of: "malformed line") == 0)
    }

    @Test("Flow-Timer is left out when it is 0")
    func noFlowTimer() throws {
        #expect(try rig(1).register(phone, "Supported: outbound")["Flow-Timer"] == nil)
    }

    @Test(
        "over a proxy a reg-id counts when the proxy's Path says `ob`",
        arguments: [
            ("Path: <sip:p;lr;ob>", "Supported: outbound", 200, 1),
            ("Path: <sip:p;lr;ob>", "X: 1", 200, 1),
            ("Path: <sip:p;lr>", "Supported: outbound", 439, -1),
            ("Path: <sip:p;lr>", "X: 1", 200, 0),
            ("X: 2", "Supported: outbound", 439, -1), ("X: 2", "X: 1", 200, 0),
            ("Path: <sip:p;lr>, <sip:q;lr;ob>", "Supported: outbound", 439, -1),
            ("Path: <sip:p;lr;obx>", "Supported: outbound", 439, -1),
        ])
    func overProxy(path: String, supported: String, status: Int, regID: Int) throws {
        let rig = try rig(1)
        let reply = try registerOverProxy(rig, [path, supported])
        #expect(reply.status == status)
        if status == 439 {
            #expect(reply.reason == "First Hop Lacks Outbound Support")
            #expect(reply.failure == "No support for Outbound on edge proxy")
        }
        #expect(try rig.bindings().map { Int($0.values.regID) } == (regID < 0 ? [] : [regID]))
        #expect(reply.contact.contains("reg-id") == (regID > 0))
    }

    @Test("regid_mode 1 counts a reg-id whatever the way was")
    func always() throws {
        let rig = try rig(1, ";registrar regid_mode 1")
        let reply = try registerOverProxy(rig, ["Supported: outbound"])
        #expect(reply.status == 200)
        #expect(try rig.bindings()[0].values.regID == 1)
    }

    @Test("a Path that cannot be read is no proof of anything: 400")
    func malformedPath() throws {
        let rig = try rig(1)
        let reply = try registerOverProxy(rig, ["Path: <sip:p;ob", "Supported: outbound"])
        #expect(reply.status == 400)
        #expect(reply.failure == "Path parse error")
    }

    @Test("without flows a reg-id counts over proxies as well")
    func modeNone() throws {
        let rig = try rig(0)
        _ = try registerOverProxy(rig, [])
        #expect(try rig.bindings()[0].values.regID == 1)
    }

    @Test("each flow of an instance is a binding of its own, and a new one replaces its like")
    func flows() throws {
        let rig = try rig(1)
        for (uri, flow) in [("sip:a@h1", 1), ("sip:a@h2", 2), ("sip:a@h3", 1)] {
            let reply = try rig.register(
                "<\(uri)>;expires=600;reg-id=\(flow);\(instance)", "Supported: outbound")
            #expect(reply.status == 200)
        }
        #expect(try rig.bindings().map(\.uri) == ["sip:a@h3", "sip:a@h2"])
        #expect(try rig.bindings().map(\.values.regID) == [1, 2])
    }

    @Test(
        "a reg-id that is no number from 1 to 2^31 - 1 is refused on any contact",
        arguments: ["0", "-1", "x", "2147483648", "99999999999", "1x", "\"1\""], [false, true])
    func badRegID(text: String, isSecond: Bool) throws {
        let rig = try rig(1)
        let bad = "<sip:b@h>;reg-id=\(text);+sip.instance=\"<urn:uuid:2>\""
        let reply = try rig.register(isSecond ? "\(phone), \(bad)" : bad, "Supported: outbound")
        #expect(reply.status == 400)
        #expect(try rig.bindings().isEmpty)
    }

    @Test("without an instance a reg-id means nothing")
    func withoutInstance() throws {
        let rig = try rig(1)
        let reply = try rig.register("<sip:a@h>;reg-id=5;expires=60", "Supported: outbound")
        #expect(reply.status == 200)
        #expect(reply.contact == "<sip:a@h>;expires=60")
    }

    @Test("a listing and a removal tell a client of flows as well")
    func others() throws {
        let rig = try rig(1)
        #expect(try rig.register(nil, "Supported: outbound")["Require"] == "outbound")
        let removal = try rig.register("*", expires: "0", "Supported: outbound")
        #expect(removal["Require"] == "outbound")
    }
}

@Suite("Parameters of registrar")
struct RegistrarParameterTests {
    /// Names and defaults as the documentation has them; `-` is unset.
    private static let documented = """
        default_expires 3600;default_expires_range 0;expires_range 0;min_expires 60
        min_expires_mode 0;max_expires 0;default_q -1;realm_prefix ;append_branches 1
        case_sensitive 0;received_avp -;received_param received;max_contacts 0;retry_after 0
        sock_flag -1;sock_hdr_name -;sock_mode 0;method_filtering 0;use_path 0;path_mode 2
        path_use_received 0;path_check_local 0;reg_callid_avp -;xavp_cfg -;xavp_rcd -
        xavp_rcd_mask 0;gruu_enabled 1;outbound_mode 0;regid_mode 0;flow_timer 0
        contact_max_size 512;event_callback -;use_expired_contacts 0
        """.split { $0 == ";" || $0 == "\n" }

    @Test("each has the default of its documentation, but default_q that of the program")
    func defaults() throws {
        let rows = RegistrarModule.manifest.parameters
        for line in Self.documented {
            let words = line.split(separator: " ").map(String.init)
            let row = try #require(rows.first { $0.name == words[0] }, "\(words[0])")
            let value: SettingValue =
                if words.count == 1 {
                    .string("")
                } else if words[1] == "-" {
                    .unset
                } else {
                    Int(words[1]).map { .integer($0) } ?? .string(words[1])
                }
            #expect(row.value(in: RegistrarParameters()) == value, "\(words[0])")
        }
    }

    @Test(
        "values out of range, and settings that contradict each other, are refused",
        arguments: [
            ("registrar path_mode 3", "path_mode"), ("registrar outbound_mode 4", "outbound_mode"),
            ("registrar regid_mode 2", "regid_mode"), ("registrar flow_timer 1000", "flow_timer"),
            ("registrar sock_flag 32", "sock_flag"),
            ("registrar xavp_rcd_mask 32", "xavp_rcd_mask"),
            ("registrar reg_callid_avp $avp(x)", "no such parameter"),
            ("registrar aor_avp $avp(x)", "aor_avp"),
        ])
    func refused(setting: String, word: String) {
        let error = #expect(throws: ScriptErrors.self) { try RegistrarRig(setting) }
        #expect(error?.rendered.contains(word) == true, "\(error?.rendered ?? "nothing")")
    }

    @Test(
        "what cannot work together stops the start",
        arguments: [
            ("registrar flow_timer 30", "outbound_mode"),
            ("registrar received_avp RECEIVED", "$avp(name)"),
            ("registrar event_callback ksr_expired", "app_lua"),
        ])
    func stopsStart(setting: String, word: String) {
        let error = #expect(throws: StartFailure.self) { try RegistrarRig(setting) }
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "nothing")")
    }

    @Test("the callback of an expired contact can be read by whoever calls it")
    func callback() throws {
        let rig = try RegistrarRig("registrar event_callback ksr_expired", starts: false)
        #expect(rig.services.module(RegistrarModule.self)?.eventCallback == "ksr_expired")
        #expect(try RegistrarRig().services.module(RegistrarModule.self)?.eventCallback == nil)
        #expect(rig.services.callback(for: "usrloc:contact-expired") == "ksr_expired")
        #expect(rig.services.callback(for: "xhttp:request") == nil)
        #expect(try RegistrarRig().services.callback(for: "usrloc:contact-expired") == nil)
    }
}
