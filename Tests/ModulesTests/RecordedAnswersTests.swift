import CfgRPC
import Core
import Corex
import JSONRPC
import JSONValue
import KEX
import Management
import ModuleKit
import Testing

/// The registrar's settings as `cfg.*` shows them, for dialogues that were recorded with it.
final class RegistrarSettings: ServerModule {
    struct Parameters: Sendable {
        var realmPrefix: String?
        var defaultExpires = 3600
        var defaultExpiresRange = 0
        var expiresRange = 0
        var minExpires = 60
        var maxExpires = 0
        var maxContacts = 0
        var retryAfter = 0
        var caseSensitive = false
        var defaultQ = -1
        var appendBranches = true
        var useExpiredContacts = false
    }
    static let defaults = Parameters()
    static let manifest = Manifest<RegistrarSettings>(
        "registrar", "Settings for tests",
        parameters: [
            ParameterRow("realm_prefix", \.realmPrefix, "Prefix", runtime: .named("realm_pref")),
            ParameterRow(
                "default_expires", \.defaultExpires, 0...Int(Int32.max), "Seconds",
                runtime: .changeable),
            ParameterRow(
                "default_expires_range", \.defaultExpiresRange, 0...100, "Percent",
                runtime: .changeable),
            ParameterRow("expires_range", \.expiresRange, 0...100, "Percent", runtime: .changeable),
            ParameterRow(
                "min_expires", \.minExpires, 0...Int(Int32.max), "Seconds", runtime: .changeable),
            ParameterRow(
                "max_expires", \.maxExpires, 0...Int(Int32.max), "Seconds", runtime: .changeable),
            ParameterRow(
                "max_contacts", \.maxContacts, 0...Int(Int32.max), "Contacts",
                runtime: .changeable),
            ParameterRow(
                "retry_after", \.retryAfter, 0...Int(Int32.max), "Seconds", runtime: .changeable),
            ParameterRow("case_sensitive", \.caseSensitive, "Case", runtime: .changeable),
            ParameterRow("default_q", \.defaultQ, -1...1000, "Preference", runtime: .changeable),
            ParameterRow("append_branches", \.appendBranches, "Branches", runtime: .changeable),
            ParameterRow(
                "use_expired_contacts", \.useExpiredContacts, "Expired", runtime: .changeable),
        ])
    init(_ setup: ModuleSetup<Parameters>) {}
}

/// Dialogues that were recorded with Kamailio 5.6.3, and what is answered here.
@Suite("recorded answers")
struct RecordedAnswersTests {
    /// One call and the result, or the code of the error.
    enum Step: Sendable {
        case gets(String, JSONValue, JSONValue)
        case fails(String, JSONValue, Int)
    }

    private func play(_ steps: [Step]) throws {
        let services = StandInServices()
        try services.load(Core.self)
        try services.load(RegistrarSettings.self)
        try services.load(CfgRPC.self)
        try services.load(KEX.self)
        try services.load(Corex.self)
        try services.load(JSONRPC.self)
        for step in steps {
            switch step {
            case .gets(let method, let parameters, let result):
                let answer = try services.exchange(method, parameters)
                #expect(answer["result"] == result, "\(method) \(parameters.encoded())")
            case .fails(let method, let parameters, let code):
                let answer = try services.exchange(method, parameters)
                #expect(answer["error"]?["code"]?.integer == code, "\(method)")
            }
        }
    }

    @Test("settings: at once, delayed, committed, rolled back, refused")
    func settings() throws {
        try play([
            .gets("cfg.get", ["registrar", "default_expires"], 3600),
            .gets("cfg.set_now_int", ["registrar", "default_expires", 120], [:]),
            .gets("cfg.set_delayed_int", ["registrar", "default_expires", 240], [:]),
            .gets("cfg.get", ["registrar", "default_expires"], 120),
            .gets("cfg.commit", [], [:]),
            .gets("cfg.get", ["registrar", "default_expires"], 240),
            .gets("cfg.set_delayed_int", ["registrar", "default_expires", 480], [:]),
            .gets("cfg.rollback", [], [:]),
            .gets("cfg.get", ["registrar", "default_expires"], 240),
            .fails("cfg.get", ["registrar", "no_such"], 400),
            .fails("cfg.get", ["nogroup", "x"], 400),
            .fails("cfg.set_now_string", ["registrar", "default_expires", "abc"], 400),
            .fails("cfg.set_now_int", ["registrar", "default_expires_range", 101], 400),
            .fails("cfg.set_now_int", ["registrar", "default_q", 2000], 400),
            .gets("cfg.seti", ["registrar", "max_contacts", 5], [:]),
            .gets("cfg.get", ["registrar", "max_contacts"], 5),
            .gets("cfg.sets", ["registrar", "realm_pref", "sip."], [:]),
            .gets("cfg.get", ["registrar", "realm_pref"], "sip."),
        ])
    }

    @Test("settings: lists, groups and values that are not set")
    func lists() throws {
        let names = [
            "realm_pref", "default_expires", "default_expires_range", "expires_range",
            "min_expires", "max_expires", "max_contacts", "retry_after", "case_sensitive",
            "default_q", "append_branches", "use_expired_contacts",
        ]
        try play([
            .gets(
                "cfg.list", ["registrar"], .array(names.map { .string("registrar: \($0)") })),
            .gets("cfg.get", ["registrar", "realm_pref"], nil),
            .gets(
                "cfg.get", ["registrar"],
                [
                    "realm_pref": nil, "default_expires": 3600, "default_expires_range": 0,
                    "expires_range": 0, "min_expires": 60, "max_expires": 0, "max_contacts": 0,
                    "retry_after": 0, "case_sensitive": 0, "default_q": -1, "append_branches": 1,
                    "use_expired_contacts": 0,
                ]),
            .gets("cfg.set", ["registrar", "default_expires", "100"], [:]),
            .gets("cfg.get", ["registrar", "default_expires"], 100),
            .fails("cfg.del", ["registrar", "default_expires"], 400),
            .gets("cfg.diff", [], []),
        ])
    }

    @Test("echoes, help and statistics")
    func others() throws {
        try play([
            .gets("core.echo", [], []), .gets("jsonrpc.echo", [], []),
            .gets("core.prints", ["a", "b"], ["a", "b"]),
            .fails("system.methodHelp", ["nope"], 400), .fails("system.methodHelp", [], 400),
            .fails("stats.get_statistics", [], 400),
            .gets("stats.reset_statistics", ["rcv_requests"], [:]),
            .gets("stats.fetch", ["nothing:"], [:]), .gets("corex.debug", [], ["debug": 0]),
            .fails("cfg.get", [], 500),
        ])
    }

    @Test("the commands that a registrar is steered with exist")
    func names() throws {
        let services = StandInServices()
        try services.load(Core.self)
        try services.load(CfgRPC.self)
        try services.load(KEX.self)
        let registry = CommandRegistry(modules: services.loadedModules)
        let wanted = [
            "cfg.get", "cfg.list", "cfg.help", "cfg.set_now_int", "cfg.set_now_string",
            "cfg.seti", "cfg.sets", "cfg.set", "cfg.set_delayed_int", "cfg.set_delayed_string",
            "cfg.commit", "cfg.rollback", "cfg.diff", "cfg.reset", "cfg.del", "core.version",
            "core.info", "core.uptime", "core.echo", "core.psx", "core.sockets_list",
            "core.modules", "core.arg", "stats.get_statistics", "stats.fetch", "stats.fetchn",
            "stats.reset_statistics", "stats.clear_statistics", "system.listMethods",
            "system.methodHelp", "system.methodSignature", "rpc.discover",
        ]
        for name in wanted { #expect(registry[name] != nil, "\(name)") }
    }

    @Test("parameters may come by name, in any order")
    func named() throws {
        let services = StandInServices()
        try services.load(RegistrarSettings.self)
        try services.load(CfgRPC.self)
        let set: JSONValue = ["value": 5, "name": "max_contacts", "group": "registrar"]
        #expect(try services.exchange("cfg.set_now_int", set)["result"] == [:])
        let get: JSONValue = ["name": "max_contacts", "group": "registrar"]
        #expect(try services.exchange("cfg.get", get)["result"] == 5)
        let wrong = try services.exchange("cfg.get", ["group": "registrar", "nam": "x"])["error"]
        #expect(wrong?["code"] == -32602)
        #expect(wrong?["data"]?["parameter"] == "nam")
        #expect(wrong?["data"]?["expected"] == ["group", "name"])
    }
}
