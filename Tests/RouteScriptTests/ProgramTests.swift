import Basics
import ModuleKit
import RouteScript
import SIPSyntax
import Testing

@Suite("Programs")
struct ProgramTests {
    @Test("a plain registrar checks and runs")
    func registrar() throws {
        let harness = try Harness(Samples.registrar)
        try harness.run()
        #expect(harness.notes == ["saved"])
        try harness.run(Harness.register.replacing("REGISTER", with: "OPTIONS"))
        #expect(harness.notes == ["404"])
    }

    @Test("the check hands over what the server needs")
    func checked() throws {
        let checked = try check(Samples.registrar)
        #expect(checked.modules.map(\.name) == ["probe", "usrloc", "registrar"])
        #expect(checked.listens.map(\.address.address.port) == [15060, 15061])
        #expect(checked.listens.map(\.address.address.transport) == [.udp, .tcp])
        #expect(checked.listens[0].location.line == 6)
        #expect(checked.aliases.map(\.address.host) == ["example.com"])
        #expect(
            checked.globals.map(\.name) == [
                "debug", "log_stderror", "children", "tcp_accept_no_cl", "auto_aliases",
            ])
        #expect(checked.integer("children") == 1)
        #expect(checked.integer("log_name") == nil)
        #expect(checked.core.name == "core")
        #expect(checked.notes.isEmpty)
        #expect(checked.port == nil)
    }

    @Test("custom variables, ports and ignored statements are kept apart")
    func others() throws {
        let checked = try check(
            "port=5070\npstn.ip = \"x\" desc \"gateway\"\npstn.n=5\nloadpath \"/x\"\n")
        #expect(checked.port == 5070)
        #expect(checked.customVariables.map(\.group) == ["pstn", "pstn"])
        #expect(checked.customVariables.map(\.summary) == ["gateway", ""])
        #expect(checked.customVariables.map(\.value) == [.string("x"), .integer(5)])
        #expect(checked.notes == ["test.cfg:4: loadpath is ignored"])
    }

    @Test("modparam sets parameters in all modules that its list names")
    func parameters() throws {
        let checked = try check(
            "loadmodule \"usrloc.so\"\nloadmodule \"registrar.so\"\n"
                + "modparam(\"usrloc|registrar\", \"db_url\", \"sqlite:///x\")\n"
                + "modparam(\"USR.*\", \"db_mode\", 3)\n")
        let services = TestServices()
        for module in checked.modules { _ = try module.make(services) }
        #expect(services.settings.boxes.count == 2)
    }

    @Test("a module that refuses its parameters keeps the server from starting")
    func refusingModule() throws {
        let checked = try check(head + "modparam(\"probe\", \"name\", \"refuse\")")
        #expect(throws: StartFailure("refused")) {
            _ = try checked.modules[0].make(TestServices())
        }
    }

    @Test("event routes run by name")
    func events() throws {
        let harness = try Harness(
            head + "request_route { }\nevent_route[probe:rang] { note(\"rang\"); }")
        #expect(harness.program.hasEvent("probe:rang"))
        #expect(!harness.program.hasEvent("probe:none"))
        #expect(harness.program.runEvent("probe:rang", in: harness.context))
        #expect(!harness.program.runEvent("probe:none", in: harness.context))
        #expect(harness.notes == ["rang"])
    }

    @Test("reply routes run for replies, and say what became of them")
    func replies() throws {
        let harness = try Harness(
            head + "reply_route { note(\"$rm\"); if (status == 200) drop; return 5; }")
        #expect(harness.program.has(.reply) && !harness.program.has(.request))
        let reply = Harness.register.replacing(
            "REGISTER sip:example.com SIP/2.0", with: "SIP/2.0 200 OK")
        let bytes = Array(reply.replacing("\n", with: "\r\n").utf8)
        try harness.context.message.load(bytes.span)
        #expect(harness.program.run(.reply, in: harness.context) == 0)
        #expect(harness.context.isDropped)
        #expect(harness.notes == ["REGISTER"])
        let ringing = Array(
            reply.replacing("200 OK", with: "180 R").replacing("\n", with: "\r\n").utf8)
        try harness.context.message.load(ringing.span)
        #expect(harness.program.run(.reply, in: harness.context) == 5)
        #expect(!harness.context.isDropped)
        #expect(harness.program.run(.request, in: harness.context) == 1)
    }

    @Test(
        "the value of the request route",
        arguments: [
            ("exit;", 1), ("exit 7;", 7), ("return -2;", -2), ("drop;", 0), ("break;", 0), ("", 1),
            ("code(-3);", -3),
        ])
    func values(body: String, expected: Int) throws {
        let harness = try Harness(head + "request_route { \(body) }")
        #expect(try harness.run() == expected)
        #expect(harness.context.isDropped == (body == "drop;"))
    }

    @Test("$rc starts at 0 for every message, $var keeps its value")
    func stateBetweenMessages() throws {
        let harness = try Harness(
            head + "request_route { note(\"$rc $var(n)\"); $var(n) = $rm + \"!\"; code(5); }")
        try harness.run()
        try harness.run()
        #expect(harness.notes == ["0 0", "0 REGISTER!"])
    }

    @Test("a function is not called when an argument has no value of its type")
    func missingArgument() throws {
        #expect(
            try notes(
                "code($hdr(X-None)); note(\"$rc\"); $var(x) = note($hdr(X-None)); note(\"$rc\");")
                == ["-1", "-1"])
    }
}

@Suite("Shared programs")
struct SharedProgramTests {
    @Test("one program serves several contexts, each with variables of its own")
    func severalContexts() throws {
        let harness = try Harness(
            head + "request_route { $var(n) = $var(n) + 1; note(\"$var(n)\"); }")
        try harness.run()
        let other = ScriptContext(services: harness.services)
        let bytes = Array(Harness.register.replacing("\n", with: "\r\n").utf8)
        try other.message.load(bytes.span)
        harness.program.run(.request, in: other)
        try harness.run()
        #expect(harness.notes == ["1", "1", "2"])
    }

    @Test("programs run on several threads at once")
    func threads() async throws {
        let harness = try Harness(
            head + "request_route { if (method == \"REGISTER\") { route(A); return 7; } }\n"
                + "route[A] { $var(n) = $var(n) + strlen($ru + $rm); }")
        let program = harness.program
        let services = harness.services
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let context = ScriptContext(services: services)
                    let bytes = Array(Harness.register.replacing("\n", with: "\r\n").utf8)
                    guard (try? context.message.load(bytes.span)) != nil else { return false }
                    var isRight = true
                    for _ in 0..<200 {
                        context.scratch.removeAll()
                        isRight = isRight && program.run(.request, in: context) == 7
                    }
                    return isRight
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
