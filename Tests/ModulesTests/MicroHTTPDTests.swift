import Core
import Digest
import JSONRPC
import JSONValue
import Management
import MicroHTTPD
import ModuleKit
import Testing

/// What the settings of module microhttpd come to.
@Suite("module microhttpd")
struct MicroHTTPDTests {
    private static let hash = SecretHash(token: Array("t0ken".utf8)).text

    private func load(
        _ parameters: [(String, String)]
    ) throws -> (services: StandInServices, module: MicroHTTPD) {
        let services = StandInServices()
        try services.load(Core.self)
        let all =
            [("listen_port", SettingValue.integer(0))]
            + parameters.map { ($0.0, SettingValue.string($0.1)) }
        return (services, try services.load(MicroHTTPD.self, all))
    }

    @Test(
        "an address beyond loopback is loopback of its family while nobody is asked",
        arguments: [
            ("0.0.0.0", "http://127.0.0.1:"), ("192.0.2.1", "http://127.0.0.1:"),
            ("::", "http://[::1]:"), ("", "http://127.0.0.1:"), ("127.0.0.2", "http://127.0.0.2:"),
            ("::1", "http://[::1]:"), ("localhost", "http://localhost:"),
        ])
    func address(_ given: String, _ url: String) throws {
        let (services, module) = try load([("listen_addr", given)])
        try module.start()
        defer { module.stop() }
        #expect(module.url?.hasPrefix(url) == true)
        let isMoved = services.lines.all.contains { $0.contains("would let everyone control") }
        #expect(isMoved == (given == "0.0.0.0" || given == "192.0.2.1" || given == "::"))
        #expect(services.lines.all.contains { $0.contains("microhttpd: ") })
    }

    @Test(
        "a setting that cannot work is refused with what to do",
        arguments: [
            ("user", "ann", "roost hash-password"), ("user", "ann:root:HASH", "no role \"root\""),
            ("token", "x:read:nothing", "roost hash-password"), ("role", "x", "expected NAME"),
            ("tls_certificate", "/nowhere", "together"), ("allowed_ips", "1.2.3.4/x", "no prefix"),
        ])
    func refused(_ name: String, _ value: String, _ words: String) {
        let failure = #expect(throws: StartFailure.self) {
            try load([(name, value.replacing("HASH", with: Self.hash))])
        }
        #expect(failure?.message.contains(words) == true)
    }

    @Test("an origin that is none, and a realm with a quote, are refused where they stand")
    func checked() {
        for (name, value) in [
            ("cors_origin", "*"), ("cors_origin", "noc.example"), ("cors_origin", "https://x/"),
            ("realm", "a\"b"), ("realm", ""),
        ] {
            #expect(throws: ParameterError.self) { try load([(name, value)]) }
        }
    }

    @Test("with accounts nothing is said of missing ones")
    func accounts() throws {
        let (services, module) = try load([("token", "board:read:\(Self.hash)")])
        try module.start()
        defer { module.stop() }
        #expect(!services.lines.all.contains { $0.contains("nobody is asked") })
    }

    @Test("a callback without a language to call is an error of the start")
    func callback() throws {
        let (_, module) = try load([("event_callback", "answer")])
        let failure = #expect(throws: StartFailure.self) { try module.start() }
        #expect(failure?.message.contains("app_lua") == true)
        #expect(module.callback(for: "microhttpd:request") == "answer")
        #expect(module.callback(for: "usrloc:contact-expired") == nil)
    }

    @Test("the record of changes is shown newest first, page by page")
    func audit() throws {
        let (services, _) = try load([])
        let caller = RPCCaller(channel: "test", address: "here")
        let runner = CommandRunner(services: services)
        for _ in 0..<3 { _ = runner.run("core.kill", nil, from: caller) }
        let page = try services.call("audit.list", 2)["result"]
        #expect(page?["count"] == 3)
        #expect(page?["entries"]?.items?.compactMap { $0["number"]?.integer } == [3, 2])
        let next = try services.call("audit.list", 2, 2)["result"]
        #expect(next?["entries"]?.items?.compactMap { $0["number"]?.integer } == [1])
        #expect(try services.call("audit.list", 0)["error"]?["code"] == -32602)
    }
}
