import Basics
import ModuleKit
import RouteScript
import SIPSyntax
import Synchronization
import Testing

@testable import AppLua

/// The parts behind scripts in Lua, each by itself.
@Suite("Parts of the Lua engine")
struct KEMIPartTests {
    // MARK: Names

    private func access(_ number: Int) -> VariableAccess {
        VariableAccess(read: { _ in .integer(number) })
    }

    private func read(_ access: VariableAccess?) -> Int? {
        let context = ScriptContext(services: StandInServices())
        guard case .integer(let number)? = access?.read(context) else { return nil }
        return number
    }

    @Test("a cache finds what was added under the same bytes")
    func cache() {
        let cache = NameCache()
        #expect(cache.count == 0 && !cache.isFull)
        for number in 0..<100 { cache.add(Array("$name\(number)".utf8), access(number)) }
        #expect(cache.count == 100)
        for number in 0..<100 {
            let name = Array("$name\(number)".utf8)
            #expect(read(cache.find(name.span)) == number)
        }
        for other in ["", "$name", "$name100", "$NAME1", "$name1 "] {
            let name = Array(other.utf8)
            #expect(cache.find(name.span) == nil)
        }
    }

    @Test("a full cache keeps what it has and takes no more")
    func fullCache() {
        let cache = NameCache()
        for number in 0..<Limits.luaNamesMax {
            #expect(cache.add(Array("\(number)".utf8), access(number)))
        }
        #expect(cache.isFull)
        #expect(!cache.add(Array("more".utf8), access(1)))
        let (first, more) = (Array("0".utf8), Array("more".utf8))
        #expect(read(cache.find(first.span)) == 0)
        #expect(cache.find(more.span) == nil)
    }

    @Test(
        "a text in one line",
        arguments: [
            ("", ""), ("one", "one"), ("a\nb", "a | b"), ("a\n\tb\n\t\tc\n", "a | b | c"),
            ("\n\n", ""), ("a\tb", "a\tb"),
        ])
    func oneLine(_ text: String, _ expected: String) {
        #expect(LuaFailure.oneLine(text) == expected)
        #expect(LuaFailure(text).message == expected)
    }

    // MARK: The naming table

    @Test(
        "names of KEMI for functions of scripts",
        arguments: [
            ("registrar", "save", ["save_uri"]), ("registrar", "lookup", ["lookup_uri"]),
            (
                "registrar", "registered",
                ["registered_uri", "registered_flags", "registered_action"]
            ),
            ("path", "add_path", ["add_path_user", "add_path_user_params"]),
            ("maxfwd", "mf_process_maxfwd_header", ["process_maxfwd"]),
            ("jsonrpcs", "jsonrpc_exec", ["exec", "execx"]), ("sl", "nothing", []),
        ])
    func aliases(_ module: String, _ function: String, _ expected: [String]) {
        #expect(KEMINames.aliases(of: function, in: module).map(\.name) == expected)
    }

    @Test("an alias can stand for a certain argument")
    func fixedArgument() throws {
        let alias = try #require(
            KEMINames.aliases(of: "set_contact_alias", in: "nathelper").first)
        #expect(alias.name == "set_contact_alias_trim")
        guard case .integer(1)? = alias.extra.first else {
            Issue.record("the argument is missing")
            return
        }
    }

    @Test("functions of module pv stand in pvx, all others under their module's name")
    func objects() {
        #expect(KEMINames.object(of: "pv") == "pvx")
        #expect(KEMINames.object(of: "registrar") == "registrar")
    }

    @Test("a name is in the catalogue once, and the core's own wins")
    func catalogue() throws {
        let rig = try KEMIRig("function ksr_request_route() end")
        let catalogue = KEMICatalogue(rig.services.loadedModules)
        let names = catalogue.functions.map(\.fullName)
        #expect(Set(names).count == names.count)
        #expect(names.contains("KSR.is_INVITE") && names.contains("KSR.pv.get"))
        #expect(catalogue.scriptFunctions["save"]?.module.name == "registrar")
        let save = try #require(catalogue.functions.first { $0.fullName == "KSR.registrar.save" })
        #expect(save.parameters == "table, [flags], [uri]")
        let get = try #require(catalogue.functions.first { $0.fullName == "KSR.pv.getvn" })
        #expect(get.parameters == "str, int")
    }

    // MARK: States

    private func state(_ rig: KEMIRig) throws -> LuaState {
        try rig.module.takeState(rig.context)
    }

    @Test("a state runs texts and functions, and tells how that ended")
    func outcomes() throws {
        let rig = try KEMIRig("function ksr_request_route() end")
        let state = try state(rig)
        func execute(_ text: String) -> LuaOutcome {
            state.execute(Array(text.utf8), "=t", in: rig.context)
        }
        #expect(execute("function f(a, b) return #(a or '') end") == .done(nil))
        #expect(state.run("f", [], in: rig.context) == .done(0))
        #expect(state.run("f", [.owned([1, 0, 2])], in: rig.context) == .done(3))
        #expect(state.run("f", [.owned([]), .owned([1])], in: rig.context) == .done(0))
        #expect(state.run("g", [], in: rig.context) == .missing)
        #expect(state.run("", [], in: rig.context) == .missing)
        #expect(execute("KSR.x.exit()") == .stopped)
        guard case .failed(let words) = execute("x =") else {
            Issue.record("a wrong text ran")
            return
        }
        #expect(words.hasPrefix("t:1: unexpected symbol near <eof>"))
        #expect(!state.isRunning)
        #expect(state.memory > 10_000 && state.memory < Limits.luaMemoryBytesMax)
    }

    @Test("a state knows its functions, and nothing else is one")
    func functions() throws {
        let rig = try KEMIRig(
            "function ksr_request_route() end\nt = {}\nn = 5\nt.f = ksr_request_route")
        let state = try state(rig)
        #expect(state.hasFunction("ksr_request_route") && state.hasFunction("print"))
        for name in ["t", "n", "f", "t.f", "nothing", ""] {
            #expect(!state.hasFunction(name))
        }
    }

    @Test("memory that a message used is given back")
    func memory() throws {
        let rig = try KEMIRig(
            "function ksr_request_route() local t = {} for i = 1, 1000 do t[i] = {i} end end")
        let state = try state(rig)
        for _ in 0..<10 { _ = state.run("ksr_request_route", [], in: rig.context) }
        _ = state.execute(Array("collectgarbage()".utf8), "=t", in: rig.context)
        let before = state.memory
        for _ in 0..<200 { _ = state.run("ksr_request_route", [], in: rig.context) }
        _ = state.execute(Array("collectgarbage()".utf8), "=t", in: rig.context)
        #expect(state.memory < before + 10_000)
    }

    @Test("a pool gives states of the version asked for, and keeps only so many")
    func pool() throws {
        let rig = try KEMIRig("function ksr_request_route() end")
        let pool = LuaPool()
        #expect(pool.take(1) == nil)
        let one = try state(rig)
        pool.give(one)
        #expect(pool.take(2) == nil)
        #expect(pool.take(1) === one)
        #expect(pool.count == 0)
        for _ in 0..<(Limits.luaStatesIdleMax + 3) { pool.give(try state(rig)) }
        #expect(pool.count == Limits.luaStatesIdleMax)
        pool.discard(before: 1)
        #expect(pool.count == Limits.luaStatesIdleMax)
        pool.discard(before: 2)
        #expect(pool.count == 0)
    }

    @Test("the context of an event gives its state back")
    func seats() throws {
        let rig = try KEMIRig("function ksr_request_route() end")
        #expect(rig.module.pool.count == 0)
        do {
            let context = ScriptContext(services: rig.services)
            rig.module.prepare(context)
            #expect(rig.module.pool.count == 0)
        }
        #expect(rig.module.pool.count == 1)
    }

    @Test("contexts on several threads run while the script is reloaded again and again")
    func threads() async throws {
        let rig = try KEMIRig("function ksr_request_route() return 7 end")
        let program = rig.program
        let services = rig.services
        let module = rig.module
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    let context = ScriptContext(services: services)
                    var right = 0
                    for _ in 0..<300 {
                        context.reset(
                            origin: Origin(
                                transport: .udp, socket: .none,
                                source: PeerAddress(ipv4: 1, port: 1)),
                            now: WallTime(seconds: 0))
                        if program.run(.request, in: context) == 7 { right += 1 }
                    }
                    return right
                }
            }
            group.addTask {
                for _ in 0..<20 { try? module.putInForce() }
                return 300
            }
            for await right in group { #expect(right == 300) }
        }
        #expect(module.currentVersion == 21)
    }

    // MARK: The settings of the engine

    @Test(
        "the parameters of group kemi",
        arguments: [
            ("request_route_callback", "f", true), ("reply_route_callback", "none", true),
            ("onsend_route_callback", "", true), ("event_route_callback", "e", true),
            ("pre_routing_callback", "none", true), ("pre_routing_callback", "f", false),
            ("received_route_callback", "f", false), ("nothing", "f", false), ("", "", false),
        ])
    func settings(_ name: String, _ value: String, _ isKnown: Bool) {
        var settings = EngineSettings()
        #expect(settings.set(name, to: value) == isKnown)
    }

    @Test("none and an empty name switch a callback off")
    func callbacks() {
        var settings = EngineSettings()
        #expect(settings.request == "ksr_request_route" && settings.reply == "ksr_reply_route")
        #expect(settings.send == "ksr_onsend_route" && settings.event == "ksr_event_route")
        _ = settings.set("request_route_callback", to: "main")
        _ = settings.set("reply_route_callback", to: "none")
        _ = settings.set("onsend_route_callback", to: "")
        #expect(settings.request == "main" && settings.reply == nil && settings.send == nil)
    }

    @Test("a server without a language runs no callbacks")
    func noEngine() {
        let services = StandInServices()
        #expect(services.scriptEngine == nil)
        #expect(!services.runCallback("f", event: "e") { _ in Issue.record("nothing runs") })
    }
}
