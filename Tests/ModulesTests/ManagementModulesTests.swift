import CTL
import CfgRPC
import Core
import Corex
import JSONRPC
import JSONValue
import KEX
import Management
import MicroHTTPD
import ModuleKit
import Testing

@Suite("modules of management")
struct ManagementModulesTests {
    private func everything() throws -> StandInServices {
        let services = StandInServices()
        try services.load(Core.self)
        try services.load(JSONRPC.self, [("transport", .integer(1))])
        try services.load(KEX.self)
        try services.load(Corex.self)
        try services.load(CfgRPC.self)
        try services.load(CTL.self)
        try services.load(MicroHTTPD.self, [("listen_port", .integer(0))])
        return services
    }

    @Test("every declared example runs, and fits its schema like the answer does")
    func examples() throws {
        let methods = try everything().loadedModules.flatMap(\.methods)
        #expect(methods.count > 40)
        for method in methods {
            let services = try everything()
            _ = try services.call("cfg.set_delayed_int", "core", "debug", 1)
            if method.name.hasPrefix("cfg.del") {
                _ = try services.call("cfg.add_group_inst", "core[1]")
                _ = try services.call("cfg.set", "core[1]", "debug", 2)
            }
            let answer = try services.exchange(
                method.name, .array(method.example.parameters))
            if method.name == "ctl.more" {
                #expect(answer["error"]?["code"] == 404)
            } else if method.name.hasPrefix("dst_blocklist.") {
                // The list is off by default, and its commands say so.
                #expect(answer["error"]?["code"] == 500)
            } else {
                #expect(answer["error"] == nil, "\(method.name): \(answer.encoded())")
            }
            let violation = SchemaValidator.check(method.example.result, against: method.result)
            #expect(violation == nil, "\(method.name): the example has another shape")
        }
    }

    @Test("every command says what it does, and names its parameters once")
    func documentation() throws {
        for method in try everything().loadedModules.flatMap(\.methods) {
            #expect(method.summary.count > 5)
            #expect(Set(method.parameters.map(\.name)).count == method.parameters.count)
            let optional = method.parameters.map(\.isOptional)
            #expect(optional == optional.sorted { !$0 && $1 }, "\(method.name): optional first")
            #expect(method.parameters.dropLast().allSatisfy { !$0.isRest })
        }
    }

    @Test("the port is opened, what is served is logged, and it is closed at the stop")
    func port() throws {
        let services = try everything()
        for module in services.loadedModules { try module.instance.start() }
        let http = try #require(services.module(MicroHTTPD.self))
        let url = try #require(http.url)
        #expect(services.lines.all.contains("info /RPC is served on \(url)"))
        for module in services.loadedModules.reversed() { module.instance.stop() }
        #expect(http.url == nil)
    }

    @Test(
        "HTTP is served when its bit is set, or none is",
        arguments: [(0, true), (1, true), (2, false), (6, false), (7, true)])
    func transport(_ bits: Int, _ isServed: Bool) throws {
        let services = StandInServices()
        let module = try services.load(JSONRPC.self, [("transport", .integer(bits))])
        try module.start()
        #expect(module.httpEndpoints().isEmpty == !isServed)
    }

    @Test("answers stand on several lines unless pretty_format is 0")
    func pretty() throws {
        for (value, pretty) in [(0, false), (1, true)] {
            let services = StandInServices()
            let module = try services.load(
                JSONRPC.self, [("transport", .integer(1)), ("pretty_format", .integer(value))])
            let endpoint = try #require(module.httpEndpoints().first)
            let request = HTTPRequest(body: Array("{}".utf8), client: "here")
            guard case .content(let content, let type) = endpoint.answer(request) else {
                Issue.record("no answer")
                continue
            }
            #expect(type == "application/json")
            #expect(content.isPretty == pretty)
        }
    }

    @Test("settings that cannot work are refused with what is expected")
    func refused() {
        let failure = #expect(throws: StartFailure.self) {
            try StandInServices().load(MicroHTTPD.self, [("allowed_ips", .string("everyone"))])
        }
        #expect(failure?.message.contains("\"everyone\"") == true)
        #expect(throws: ParameterError.self) {
            try StandInServices().load(MicroHTTPD.self, [("listen_port", .integer(65_536))])
        }
        #expect(throws: ParameterError.self) {
            try StandInServices().load(JSONRPC.self, [("transport", .integer(16))])
        }
    }

    @Test("jsonrpc.echo gives back what came")
    func echo() throws {
        let services = try everything()
        #expect(try services.call("jsonrpc.echo", "a", 5)["result"] == ["a", 5])
        #expect(try services.call("jsonrpc.echo")["result"] == [])
    }

    @Test("corex shows sockets and aliases and changes the log level")
    func corex() throws {
        let services = try everything()
        let sockets = try services.call("corex.list_sockets")["result"]
        #expect(sockets?[0]?["ADVERTISE"] == "sip.example.com:5060")
        #expect(sockets?[1]?["ADDRLIST"]?["ADDR"] == "::1")
        #expect(
            try services.call("corex.list_aliases")["result"]?[0]
                == ["PROTO": "*", "ADDR": "example.com", "PORT": 0])
        #expect(try services.call("corex.debug")["result"] == ["debug": 0])
        #expect(try services.call("corex.debug", 3)["result"] == ["old": 0, "new": 3])
        #expect(try services.call("cfg.get", "core", "debug")["result"] == 3)
        #expect(try services.call("corex.debug", 77)["error"]?["code"] == 500)
    }
}
