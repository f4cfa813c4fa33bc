import AppLua
import Basics
import JSONValue
import ModuleKit
import RouteScript
import SIPSyntax
import TestSupport
import Testing

@Suite("Lua as the engine of the routing script")
struct KEMIEngineTests {
    /// A script whose request route has a body.
    private func route(_ body: String) -> String {
        "\(KEMIRig.prelude)function ksr_request_route()\n\(body)\nend\n"
    }

    // MARK: Callbacks

    @Test("each request runs ksr_request_route")
    func requestRoute() throws {
        let rig = try KEMIRig(route("KSR.sl.send_reply(200, 'Fine')"))
        #expect(try rig.run() == [])
        #expect(rig.status == "SIP/2.0 200 Fine")
        try rig.run()
        #expect(rig.status == "SIP/2.0 200 Fine")
    }

    @Test("each reply runs ksr_reply_route, which may be missing")
    func replyRoute() throws {
        let script = route("") + "function ksr_reply_route() KSR.info(KSR.pv.get('$rr')) end"
        #expect(try KEMIRig(script).run(KEMIRig.reply, .reply) == ["info Ringing now"])
        let bare = try KEMIRig(route(""))
        #expect(try bare.run(KEMIRig.reply, .reply) == [])
        #expect(bare.value == 1)
    }

    @Test(
        "what a callback is worth",
        arguments: [
            ("", 1), ("return 7", 7), ("return -2", -2), ("return true", 1), ("return false", -1),
            ("return 'text'", 1), ("return 3.0", 3), ("KSR.x.exit()", 1), ("KSR.x.drop()", 0),
            ("KSR.set_drop()", 0),
        ])
    func value(_ body: String, _ expected: Int) throws {
        let rig = try KEMIRig(route(body))
        try rig.run()
        #expect(rig.value == expected)
    }

    @Test("the callbacks can have other names, and can be switched off")
    func otherNames() throws {
        let rig = try KEMIRig(
            "function main() KSR.info('main') end",
            native: """
                cfgengine "lua"
                kemi.request_route_callback = "main"
                kemi.reply_route_callback = "none"
                """)
        #expect(try rig.run() == ["info main"])
        #expect(try rig.run(KEMIRig.reply, .reply) == [])
    }

    @Test("globals of the script outlive messages")
    func globals() throws {
        let rig = try KEMIRig("n = 0\n" + route("n = n + 1; out(n)"))
        #expect(try rig.run() + rig.run() + rig.run() == ["info 1", "info 2", "info 3"])
    }

    @Test("each context has a state of its own")
    func ownStates() throws {
        let rig = try KEMIRig("n = 0\n" + route("n = n + 1; out(n)"))
        try rig.run()
        let other = ScriptContext(services: rig.services)
        rig.program.prepare(other)
        other.reset(origin: rig.context.origin, now: rig.now)
        rig.program.run(.request, in: other)
        #expect(rig.services.lines.all.suffix(2) == ["info 1", "info 1"])
    }

    @Test("the native language stays the engine unless the file says otherwise")
    func nativeEngine() throws {
        for engine in ["", "cfgengine \"native\"", "cfgengine = \"kamailio\""] {
            let rig = try KEMIRig(
                route("KSR.info('lua')"),
                native: "\(engine)\nrequest_route { xinfo(\"native\"); }")
            #expect(try rig.run() == ["info <script>: native"])
        }
    }

    @Test("a native route can be called by its name")
    func nativeRoute() throws {
        let rig = try KEMIRig(
            route("out(KSR.route('ONE'), KSR.route('EXIT'), KSR.route('NONE'))\nout('on')"),
            native: "cfgengine \"lua\"\nroute[ONE] { return 5; }\nroute[EXIT] { exit; }")
        let lines = try rig.run()
        #expect(lines.contains("error Lua: there is no route[NONE]"))
        #expect(lines.contains { $0.hasPrefix("info 5 ") })
        #expect(lines.last == "info \"on\"")
    }

    // MARK: Errors

    @Test("an error is one line of the log with its traceback, and a 500")
    func errorReply() throws {
        let rig = try KEMIRig(
            "function ksr_request_route()\n  inner()\nend\n"
                + "function inner()\n  local x = nil + 1\nend"
        )
        let lines = try rig.run()
        #expect(lines.count == 1)
        #expect(lines[0].hasPrefix("error Lua: \(rig.path):5: attempt to perform arithmetic"))
        #expect(lines[0].contains("| stack traceback: | "))
        #expect(lines[0].contains("script.lua:2: in function"))
        #expect(rig.status == "SIP/2.0 500 Server Internal Error")
        #expect(rig.value == -1)
    }

    @Test("an error after a reply sends no second one")
    func errorAfterReply() throws {
        let rig = try KEMIRig(route("KSR.sl.send_reply(404, 'Not Found') error('late')"))
        #expect(try rig.run().count == 1)
        #expect(rig.replies.count == 1)
        #expect(rig.status == "SIP/2.0 404 Not Found")
    }

    @Test("an error at an ACK or at a reply is not answered")
    func errorsWithoutReply() throws {
        let rig = try KEMIRig(route("error('x')") + "function ksr_reply_route() error('y') end")
        try rig.run(KEMIRig.request.replacing("MESSAGE", with: "ACK"))
        #expect(rig.replies.isEmpty)
        #expect(try rig.run(KEMIRig.reply, .reply).count == 1)
        #expect(rig.replies.isEmpty)
    }

    @Test("a script that loses its callback answers 1 and nothing else")
    func lostCallback() throws {
        let rig = try KEMIRig(route("ksr_request_route = nil"))
        try rig.run()
        #expect(try rig.run() == [])
        #expect(rig.value == 1)
    }

    // MARK: The start

    @Test(
        "what is wrong with a script ends the start and names its place",
        arguments: [
            ("function f(\nend", ".lua:2: <name> or '...' expected near 'end'"),
            ("x = nil + 1", ".lua:1: attempt to perform arithmetic on a nil value"),
            ("y = 1", "there is no function ksr_request_route()"),
            ("while true do end", "the script runs too long"),
            ("\u{1b}Lua", "attempt to load a binary chunk"),
        ])
    func badStart(_ script: String, _ words: String) throws {
        #expect {
            _ = try KEMIRig(script)
        } throws: { error in
            (error as? StartFailure)?.message.contains(words) ?? false
        }
    }

    @Test("a file that is not there ends the start")
    func missingFile() throws {
        let rig = try KEMIRig("", starts: false)
        let other = try KEMIRig.check(path: "/nowhere/x.lua", native: "cfgengine \"lua\"")
        let services = StandInServices()
        services.add(try other.core.make(services))
        for module in other.modules { services.add(try module.make(services)) }
        _ = try Program.compile(other, loaded: services.loadedModules)
        #expect(
            throws: StartFailure("app_lua: cannot read /nowhere/x.lua: No such file or directory")
        ) {
            try services.module(AppLuaModule.self)?.start()
        }
        _ = rig
    }

    @Test(
        "what the check refuses",
        arguments: [
            ("cfgengine \"python\"", "the engine \"python\" is not supported"),
            ("kemi.request_route_callback = 5", "is the name of a function"),
            ("kemi.request_callback = \"x\"", "unknown global parameter \"kemi.request_callback\""),
            ("kemi.pre_routing_callback = \"x\"", "kemi.pre_routing_callback is not supported"),
        ])
    func refusals(_ native: String, _ words: String) {
        #expect {
            _ = try KEMIRig.check(path: "x.lua", native: native)
        } throws: { error in
            (error as? ScriptErrors)?.errors.first?.message.contains(words) ?? false
        }
    }

    @Test("callbacks that nothing would call may be switched off")
    func switchedOff() throws {
        _ = try KEMIRig.check(path: "x.lua", native: "kemi.pre_routing_callback = \"none\"")
        _ = try KEMIRig.check(path: "x.lua", native: "kemi.received_route_callback = \"\"")
    }

    @Test("cfgengine lua without the module is an error that says what to add")
    func missingModule() throws {
        let file = SourceFile(name: "x.cfg", bytes: Array("\ncfgengine \"lua\"\n".utf8))
        let parsed = try ConfigurationFile.parse(file, fileSystem: MemoryFiles())
        #expect {
            _ = try parsed.check(catalogue: KEMIRig.modules, core: KEMIRig.modules[0])
        } throws: { error in
            let first = (error as? ScriptErrors)?.errors.first
            return first?.message == "cfgengine \"lua\" needs module \"app_lua\""
                && first?.location.line == 2 && first?.hint == "add loadmodule \"app_lua.so\""
        }
    }

    // MARK: Reload and the other commands

    @Test("a reload reaches each context with its next message, and globals begin anew")
    func reload() throws {
        let rig = try KEMIRig("n = 0\n" + route("n = n + 1; out('old', n)"))
        #expect(try rig.run() == ["info \"old\" 1"])
        try rig.folder.write("n = 10\n" + route("n = n + 1; out('new', n)"), to: "script.lua")
        #expect(try rig.run() == ["info \"old\" 2"])
        #expect(try rig.services.call("app_lua.reload")["result"] == [:])
        #expect(try rig.run() + rig.run() == ["info \"new\" 11", "info \"new\" 12"])
    }

    @Test(
        "a file that does not run leaves the old one in force",
        arguments: [
            ("function ksr_request_route( end", "script.lua:1:"),
            ("error('no')", "script.lua:1: no"),
            ("x = 1", "there is no function ksr_request_route()"),
        ])
    func badReload(_ script: String, _ words: String) throws {
        let rig = try KEMIRig(route("out('old')"))
        try rig.folder.write(script, to: "script.lua")
        let answer = try rig.services.call("app_lua.reload")
        #expect(answer["error"]?["code"] == 500)
        guard case .string(let message)? = answer["error"]?["message"] else {
            Issue.record("no message")
            return
        }
        #expect(message.contains(words))
        #expect(try rig.run() == ["info \"old\""])
        #expect(try rig.services.call("app_lua.list")["result"]?[0]?["version"] == 1)
    }

    @Test("app_lua.list shows the files with their version")
    func list() throws {
        let rig = try KEMIRig(route(""))
        let row = try rig.services.call("app_lua.list")["result"]?[0]
        #expect(row?["id"] == 0)
        #expect(row?["path"] == .string(rig.path))
        #expect(row?["version"] == 1)
        _ = try rig.services.call("app_lua.reload", 0)
        #expect(try rig.services.call("app_lua.list")["result"]?[0]?["version"] == 2)
        #expect(try rig.services.call("app_lua.reload", 5)["error"]?["code"] == 404)
    }

    @Test("reload can be switched off")
    func noReload() throws {
        let rig = try KEMIRig(
            route(""), native: "cfgengine \"lua\"\nmodparam(\"app_lua\", \"reload\", 0)")
        #expect(try rig.services.call("app_lua.reload")["error"]?["code"] == 500)
    }

    @Test("app_lua.api_list shows the functions of the core and of modules")
    func functions() throws {
        let rig = try KEMIRig(route(""))
        let result = try #require(try rig.services.call("app_lua.api_list")["result"])
        guard case .array(let rows)? = result["methods"] else {
            Issue.record("no list")
            return
        }
        #expect(result["msize"] == .integer(Int64(rows.count)))
        #expect(
            rows.contains([
                "ret": "xval", "module": "pv", "name": "get", "params": "str",
            ]))
        #expect(
            rows.contains {
                $0["module"] == "registrar" && $0["name"] == "save" && $0["ret"] == "int"
            })
    }

    // MARK: From native scripts

    @Test("lua_run calls a function with up to three texts")
    func runFunction() throws {
        let rig = try KEMIRig(
            KEMIRig.prelude + "function f(...) out(...) end",
            native: """
                request_route {
                    lua_run("f");
                    lua_run("f", "$rm", "2", "c");
                    if (!lua_run("nothing")) { xinfo("missing"); }
                }
                """)
        #expect(
            try rig.run() == [
                "info ", "info \"MESSAGE\" \"2\" \"c\"", "error Lua: there is no such function",
                "info <script>: missing",
            ])
    }

    @Test("lua_dostring, lua_runstring and lua_dofile run texts and files")
    func runTexts() throws {
        let rig = try KEMIRig("", native: "")
        try rig.folder.write("KSR.info('file')", to: "more.lua")
        let other = try KEMIRig(
            "",
            native: """
                request_route {
                    lua_dostring("KSR.info('one')");
                    lua_runstring("KSR.info('$rm')");
                    lua_dofile("\(rig.folder.file("more.lua"))");
                    if (!lua_dofile("/nowhere")) { xinfo("no file"); }
                    if (!lua_dostring("x =")) { xinfo("no text"); }
                }
                """)
        let lines = try other.run()
        try #require(lines.count == 7)
        #expect(lines[0...2] == ["info one", "info MESSAGE", "info file"])
        #expect(lines[3].hasPrefix("error Lua: cannot read /nowhere"))
        #expect(lines[4] == "info <script>: no file")
        #expect(lines[5].hasPrefix("error Lua: lua_dostring:1: unexpected symbol near <eof>"))
        #expect(lines[6] == "info <script>: no text")
        #expect(other.replies.isEmpty)
    }

    @Test("exit in Lua ends the Lua part, drop ends the native script too")
    func exitWithin() throws {
        let rig = try KEMIRig(
            "function e() KSR.x.exit() end\nfunction d() KSR.x.drop() end",
            native: "request_route { lua_run(\"e\"); xinfo(\"on\"); lua_run(\"d\"); xinfo(\"x\"); }"
        )
        #expect(try rig.run() == ["info <script>: on"])
        #expect(rig.context.isDropped)
    }

    // MARK: Events

    @Test("an event runs the function that a module's parameter names, with the event's name")
    func eventCallback() throws {
        let rig = try KEMIRig(
            KEMIRig.prelude + "function expired(name) out(name, KSR.pv.get('$rm')) end\n"
                + "function ksr_request_route() end")
        let bytes = Array(KEMIRig.request.replacing("\n", with: "\r\n").utf8)
        let ran = rig.services.runCallback("expired", event: "probe:event") { context in
            try? context.message.load(bytes.span)
        }
        #expect(ran)
        #expect(rig.services.lines.all.last == "info \"probe:event\" \"MESSAGE\"")
        #expect(!rig.services.runCallback("nothing", event: "probe:event") { _ in })
    }

    @Test("ksr_event_route takes the events that have no block of their own")
    func eventRoute() throws {
        let with = try KEMIRig(
            "function ksr_request_route() end\nfunction ksr_event_route(e) KSR.info(e) end")
        #expect(with.services.hasEventRoute("probe:event"))
        with.services.runEventRoute("probe:event") { _ in }
        #expect(with.services.lines.all.last == "info probe:event")
        let without = try KEMIRig("function ksr_request_route() end")
        #expect(!without.services.hasEventRoute("probe:event"))
        let block = try KEMIRig(
            "function ksr_request_route() end\nfunction ksr_event_route(e) KSR.info(e) end",
            native: "cfgengine \"lua\"\nevent_route[probe:event] { xinfo(\"block\"); }")
        block.services.runEventRoute("probe:event") { _ in }
        #expect(block.services.lines.all.last == "info <script>: block")
    }

    @Test("events take turns on the states of those before them")
    func eventStates() throws {
        let rig = try KEMIRig(
            KEMIRig.prelude + "n = 0\nfunction ksr_request_route() end\n"
                + "function count() n = n + 1; out(n) end")
        for _ in 0..<3 { rig.services.runCallback("count", event: "x") { _ in } }
        #expect(rig.services.lines.all.suffix(3) == ["info 1", "info 2", "info 3"])
    }

    @Test("an error in an event is logged and answers nobody")
    func eventError() throws {
        let rig = try KEMIRig(
            "function ksr_request_route() end\nfunction broken() error('oh') end")
        #expect(rig.services.runCallback("broken", event: "x") { _ in })
        #expect(rig.services.lines.all.last?.contains("script.lua:2: oh") ?? false)
    }
}
