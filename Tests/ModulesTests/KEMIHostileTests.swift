import AppLua
import Basics
import ModuleKit
import RouteScript
import SIPSyntax
import Testing

/// Scripts that do what no script should: each must end as an error, with a 500, and leave the
/// state usable.
@Suite("Hostile scripts in Lua")
struct KEMIHostileTests {
    /// The log of a request whose script runs a body once, and a harmless one afterwards.
    private func run(_ body: String) throws -> [String] {
        let rig = try KEMIRig(
            KEMIRig.prelude + """
                local done = false
                function ksr_request_route()
                    if done then KSR.info("alive") return end
                    done = true
                    \(body)
                end
                """)
        let lines = try rig.run()
        if lines.last?.hasPrefix("error") ?? false {
            #expect(rig.status == "SIP/2.0 500 Server Internal Error")
        }
        #expect(try rig.run() == ["info alive"])
        return lines
    }

    @Test(
        "a script that does not end is stopped",
        arguments: [
            "while true do end", "repeat until false", "for i = 1, math.huge do end",
            "::a:: goto a",
            "while true do pcall(function() while true do end end) end",
            "while true do pcall(error) end",
            "xpcall(function() while true do end end, function() while true do end end)",
            "while true do xpcall(function() while true do end end, print) end",
            "local f f = function() return f() end f()",
            "while true do coroutine.wrap(function() while true do end end)() end",
            "while true do coroutine.resume(coroutine.create(function() "
                + "while true do end end)) end",
            "local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) "
                + "while true do pcall(function() return t[1] end) end",
            "table.sort({3, 2, 1, 5, 4}, function() while true do end end)",
            "string.gsub('aaa', 'a', function() while true do end end)",
            "local c <close> = setmetatable({}, {__close = function() while true do end end})",
            "while true do KSR.pv.get('$rU') end",
            "while true do KSR.probe.join('a', 'b') end",
        ])
    func endless(_ body: String) throws {
        let lines = try run(body)
        #expect(lines.last?.contains("the script runs too long: it was stopped") ?? false)
    }

    @Test(
        "a script that wants all memory gets an error",
        arguments: [
            "local s = 'x' while true do s = s .. s end",
            "local t = {} for i = 1, math.huge do t[i] = ('x'):rep(1000000) .. i end",
            "return ('x'):rep(1 << 30)", "return ('x'):rep(1 << 40)",
            "local t = {} while true do t[#t + 1] = {} end",
            "local t = {} while true do local ok, e = pcall(string.rep, 'x', 1 << 28) "
                + "if not ok then error(e) end end",
            "return table.concat({('x'):rep(30000000), ('y'):rep(30000000)})",
        ])
    func memory(_ body: String) throws {
        let lines = try run(body)
        let last = try #require(lines.last)
        #expect(
            last.contains("not enough memory") || last.contains("too large")
                || last.contains("runs too long"))
    }

    @Test(
        "deep recursion is an error",
        arguments: [
            "local function f() return 1 + f() end f()",
            "local function f() return pcall(f) and f() end error(tostring(f()))",
            "local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x",
            "local s = ('('):rep(10000) .. '1' .. (')'):rep(10000) "
                + "error((select(2, load('return ' .. s))))",
            "local function f() return string.gsub('a', 'a', f) end f()",
            "local co co = function() coroutine.wrap(co)() end co()",
        ])
    func recursion(_ body: String) throws {
        let lines = try run(body)
        #expect(lines.last?.hasPrefix("error Lua: ") ?? false)
    }

    @Test(
        "errors that are no strings",
        arguments: [
            ("error()", "(the error is a nil value)"),
            ("error({})", "(the error is a table value)"),
            ("error(5)", "5 | stack traceback"), ("error(true)", "(the error is a boolean value)"),
            (
                "error(setmetatable({}, {__tostring = function() error('x') end}))",
                "(the error is a table value)"
            ),
            (
                "error(setmetatable({}, {__tostring = function() while true do end end}))",
                "(the error is a table value)"
            ),
            ("error('')", "stack traceback"), ("error('a\\nb')", "a | b | stack traceback"),
            ("error(('x'):rep(100000))", "xxxx"),
        ])
    func oddErrors(_ body: String, _ words: String) throws {
        let lines = try run(body)
        #expect(lines.count == 1)
        #expect(lines[0].contains(words))
        #expect(lines[0].utf8.count < 8_192)
    }

    @Test("an error in an error handler is an error")
    func errorInHandler() throws {
        let lines = try KEMIRig.output(
            "out(xpcall(error, function() error('again') end)) "
                + "out(xpcall(error, function(e) return 'handled ' .. tostring(e) end, 'why'))")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("false"))
        #expect(lines[1] == "false \"handled why\"")
    }

    @Test("pcall and xpcall do what they do in Lua")
    func protectedCalls() throws {
        #expect(
            try KEMIRig.output(
                """
                out(pcall(function(...) return ... end, 1, nil, 'x'))
                out(pcall(error, 'e', 0))
                out(xpcall(function(...) return select('#', ...), ... end, print, 1, nil))
                out(pcall(pcall))
                out(pcall(xpcall, print, 5))
                local co = coroutine.wrap(function()
                    local ok, v = pcall(function() return coroutine.yield(1) + 1 end)
                    coroutine.yield(v)
                    out(pcall(function() coroutine.yield(2) error('late', 0) end))
                end)
                out(co(), co(41), co(), co())
                """) == [
                    "true 1 nil \"x\"", "false \"e\"", "true 2 1 nil",
                    "false \"bad argument #1 to 'pcall' (value expected)\"",
                    "false \"bad argument #2 to 'xpcall' (function expected, got number)\"",
                    "false \"late\"", "1 42 2",
                ])
    }

    @Test("exit goes through every pcall")
    func exit() throws {
        #expect(
            try KEMIRig.output(
                "out(1) pcall(function() xpcall(function() KSR.x.exit() end, print) end) out(2)")
                == ["1"])
        #expect(try KEMIRig.output("KSR.x.drop() out(2)") == [])
        #expect(
            try KEMIRig.output("coroutine.wrap(function() KSR.x.exit() end)() out(2)") == [])
    }

    @Test(
        "what would stop the server, or switch the limits off, is not there",
        arguments: [
            "os.exit", "os.setlocale", "debug.sethook", "debug.setmetatable", "debug.getregistry",
            "debug.setupvalue", "debug.upvaluejoin", "debug.debug", "package.loaded.debug.sethook",
            "require('debug').sethook",
        ])
    func removed(_ name: String) throws {
        #expect(try KEMIRig.output("out(\(name))") == ["nil"])
    }

    @Test("tables have no finalizers: they would run without limits")
    func finalizers() throws {
        let lines = try KEMIRig.output(
            "out(pcall(setmetatable, {}, {__gc = function() while true do end end})) "
                + "out(getmetatable(setmetatable({}, {__index = {x = 5}})).__index.x)")
        #expect(lines[0].contains("finalizers (__gc) are not supported"))
        #expect(lines[1] == "5")
    }

    @Test("bytecode is not loaded")
    func bytecode() throws {
        let lines = try KEMIRig.output(
            """
            local code = string.dump(function() end)
            out(load(code)) out(load(code, 'x', 'b')) out(load(code, 'x', 'bt', {}))
            out(load('return 7')(), load(function() return nil end) ~= nil)
            out(load('x = 5 return x', 'n', 't', {})())
            """)
        #expect(lines[0...2].allSatisfy { $0.contains("attempt to load a binary chunk") })
        #expect(lines.suffix(2) == ["7 true", "5"])
    }

    @Test("a long traceback is cut")
    func longTraceback() throws {
        let lines = try run(
            "local function f(n) if n == 0 then error('deep') end f(n - 1) return 1 end f(1000)")
        #expect(lines[0].contains("deep"))
        #expect(lines[0].utf8.count < 4_300)
    }

    @Test("many texts in one message do not run out of room")
    func manyTexts() throws {
        let lines = try KEMIRig.output(
            "local s = ('x'):rep(60000) for i = 1, 100 do KSR.pv.sets('$var(a)', s) end "
                + "out(#KSR.pv.get('$var(a)'))")
        #expect(lines == ["60000"])
    }

    @Test("texts of all bytes go through unchanged")
    func allBytes() throws {
        #expect(
            try KEMIRig.output(
                """
                local t = {} for i = 0, 255 do t[#t + 1] = string.char(i) end
                local s = table.concat(t)
                KSR.pv.sets('$var(a)', s) out(KSR.pv.get('$var(a)') == s)
                """) == ["true"])
    }

    @Test("globals of the server that a script has broken break that script only")
    func brokenGlobals() throws {
        let rig = try KEMIRig(
            KEMIRig.prelude
                + "function ksr_request_route() KSR = nil string = nil pcall = nil out(1) end")
        let lines = try rig.run()
        #expect(rig.status == "SIP/2.0 500 Server Internal Error")
        let other = ScriptContext(services: rig.services)
        rig.program.prepare(other)
        other.reset(origin: rig.context.origin, now: rig.now)
        rig.program.run(.request, in: other)
        #expect(rig.services.lines.all.last == lines.last)
        #expect(lines.last?.contains("attempt to index a nil value (global 'KSR')") ?? false)
    }

    @Test("a coroutine that was stopped runs again in the next message")
    func stoppedCoroutine() throws {
        let rig = try KEMIRig(
            KEMIRig.prelude + """
                function ksr_request_route()
                    if not co then
                        co = coroutine.wrap(function()
                            while true do coroutine.yield('turn') end
                        end)
                        co()
                        while true do end
                    end
                    for i = 1, 10000 do co() end
                    out(co())
                end
                """)
        #expect(try rig.run().last?.contains("runs too long") ?? false)
        #expect(try rig.run() == ["info \"turn\""])
    }
}
