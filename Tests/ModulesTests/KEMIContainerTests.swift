import AppLua
import Basics
import Htable
import ModuleKit
import Testing

/// `KSR.pvx`, `KSR.htable`, `KSR.hdr` and `KSR.x`, function by function.
@Suite("Containers in Lua")
struct KEMIContainerTests {
    /// Each class of variables whose names are arguments: what is read before anything was set.
    private static let classes = [
        ("var", "0"), ("shv", "0"), ("avp", "nil"), ("xavp", "nil"), ("xavi", "nil"),
        ("xavu", "nil"),
    ]

    @Test("reading what was never set: get, gete, getw, is_null", arguments: classes)
    func unset(name: String, initial: String) throws {
        let lines = try KEMIRig.output(
            """
            local p = KSR.pvx
            out(p.\(name)_get('x'), p.\(name)_gete('x'), p.\(name)_getw('x'),
                p.\(name)_is_null('x'))
            """)
        #expect(
            lines == [
                initial == "0" ? "0 0 0 -1" : "nil \"\" \"<null>\" 1"
            ])
    }

    @Test("sets, seti and rm, and what is read then", arguments: classes)
    func set(name: String, initial: String) throws {
        let lines = try KEMIRig.output(
            """
            local p = KSR.pvx
            out(p.\(name)_sets('x', 'text'), p.\(name)_get('x'), p.\(name)_gete('x'))
            out(p.\(name)_seti('x', -7), p.\(name)_get('x'), p.\(name)_is_null('x'))
            out(p.\(name)_sets('x', ''), p.\(name)_get('x'), p.\(name)_getw('x'))
            out(p.\(name)_rm('x'))
            """)
        #expect(
            lines == ["1 \"text\" \"text\"", "1 -7 -1", "1 \"\" \"\"", "1"])
    }

    @Test("a value that was pushed on a stack goes first")
    func stacks() throws {
        for name in ["avp", "xavp", "xavi"] {
            #expect(
                try KEMIRig.output(
                    """
                    local p = KSR.pvx
                    p.\(name)_sets('x', 'one') p.\(name)_sets('x', 'two')
                    out(p.\(name)_get('x')) p.\(name)_rm('x') out(p.\(name)_get('x'))
                    p.\(name)_rm('x') out(p.\(name)_get('x'))
                    """) == ["\"two\"", "\"one\"", "nil"], "\(name)")
        }
        #expect(
            try KEMIRig.output(
                "local p = KSR.pvx p.xavu_sets('x', 'one') p.xavu_sets('x', 'two') "
                    + "out(p.xavu_get('x')) p.xavu_rm('x') out(p.xavu_get('x'))")
                == ["\"two\"", "nil"])
    }

    @Test(
        "what one class holds is none of another's, and the pseudo-variable shows the same",
        arguments: ["var", "shv", "avp", "xavp", "xavi", "xavu"])
    func apart(name: String) throws {
        let others = Self.classes.map(\.0).filter { $0 != name }
        let reads = others.map { "KSR.pvx.\($0)_gete('x')" }.joined(separator: ", ")
        let lines = try KEMIRig.output(
            "KSR.pvx.\(name)_sets('x', 'mine') out(KSR.pv.get('$\(name)(x)')) out(\(reads))")
        #expect(lines.first == "\"mine\"")
        #expect(lines.last?.contains("mine") == false)
    }

    @Test(
        "attributes of structured classes",
        arguments: ["xavp", "xavi", "xavu"])
    func children(name: String) throws {
        let lines = try KEMIRig.output(
            """
            local p = KSR.pvx
            out(p.\(name)_child_get('r', 'k'), p.\(name)_child_gete('r', 'k'))
            out(p.\(name)_child_getw('r', 'k'), p.\(name)_child_is_null('r', 'k'))
            out(p.\(name)_child_sets('r', 'k', 'v'), p.\(name)_child_get('r', 'k'))
            out(KSR.pv.get('$\(name)(r=>k)'), p.\(name)_child_is_null('r', 'k'))
            out(p.\(name)_child_seti('r', 'n', 5), p.\(name)_child_rm('r', 'n'))
            """)
        #expect(
            lines == [
                "nil \"\"", "\"<null>\" 1", "1 \"v\"", "\"v\" -1", "1 1",
            ])
    }

    @Test(
        "a name that looks like a reference is a name",
        arguments: [
            "$ru", "$(hdr(Via)[0])", "a=>b", "a[0]", ")", "(", "", " ", "a b", "\\0", "{s.len}",
            "$var(x)", "i:5", "s:x",
        ])
    func hostileNames(name: String) throws {
        let lines = try KEMIRig.output(
            """
            local p = KSR.pvx
            p.var_sets('safe', 'untouched')
            p.var_sets('\(name)', 'v') p.avp_sets('\(name)', 'v') p.xavp_sets('\(name)', 'v')
            p.var_get('\(name)') p.avp_get('\(name)') p.xavp_child_get('\(name)', '\(name)')
            out(p.var_get('safe'), KSR.pv.get('$rU'))
            """)
        #expect(lines.last == "\"untouched\" \"carol\"")
    }

    @Test(
        "arguments of the wrong type or number are refused with a line of the log",
        arguments: [
            ("var_get()", "nil"), ("var_get(nil)", "nil"), ("var_get({})", "nil"),
            ("var_get(print)", "nil"), ("var_get(true)", "nil"), ("var_get('a', 'b')", "nil"),
            ("var_sets('a')", "-1"), ("var_sets('a', nil)", "-1"), ("var_sets('a', {})", "-1"),
            ("var_seti('a', 'x')", "-1"), ("var_seti('a', 1.5)", "-1"), ("var_seti('a', {})", "-1"),
            ("avp_rm()", "-1"), ("avp_is_null({})", "-1"), ("xavp_child_get('a')", "nil"),
            ("xavp_child_sets('a', 'b')", "-1"), ("xavp_child_seti('a', 'b', 'c')", "-1"),
            ("xavi_child_rm('a')", "-1"), ("xavu_child_is_null()", "-1"), ("shv_sets({}, 1)", "-1"),
        ])
    func wrongArguments(call: String, value: String) throws {
        let lines = try KEMIRig.output("out(KSR.pvx.\(call))")
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("error Lua: KSR.pvx.") == true, "\(lines)")
        #expect(lines.last == value)
    }

    @Test("numbers that are whole are taken in any form, texts of numbers too")
    func numbers() throws {
        #expect(
            try KEMIRig.output(
                """
                local p = KSR.pvx
                for _, v in ipairs({5, 5.0, '5', '0x10', -1, math.maxinteger, math.mininteger}) do
                    p.var_seti('n', v) out(p.var_get('n'))
                end
                """
            ).map { $0 } == [
                "5", "5", "5", "16", "-1", "9223372036854775807", "-9223372036854775808",
            ])
    }

    @Test(
        "functions of scripts on structured attributes are there under their names",
        arguments: [
            ("p.xavp_params_explode('a=b;c=d', 'x')", "KSR.pv.get('$xavp(x=>c)')", "1 \"d\""),
            ("p.xavu_params_explode('a=b', 'x')", "KSR.pv.get('$xavu(x=>a)')", "1 \"b\""),
            (
                "p.xavp_slist_explode('a,b', ',', 't', 'x')", "KSR.pv.get('$xavp(x=>v[1])')",
                "1 \"b\""
            ),
            ("p.pv_var_to_xavp('none', 'x')", "KSR.pv.get('$xavp(x)')", "-1 nil"),
            ("p.pv_xavp_to_var('none')", "1", "-1 1"), ("p.sbranch_reset()", "1", "1 1"),
            ("p.sbranch_append()", "KSR.pv.get('$branch(count)')", "-1 nil"),
            ("p.sbranch_set_ruri()", "KSR.pv.get('$rU')", "-1 \"carol\""),
        ])
    func functions(call: String, read: String, expected: String) throws {
        #expect(try KEMIRig.output("local p = KSR.pvx out(\(call), \(read))").last == expected)
    }

    @Test("sbranch in Lua: put together, appended, set")
    func staticBranch() throws {
        #expect(
            try KEMIRig.output(
                """
                KSR.pv.sets('$sbranch(uri)', 'sip:s@s') KSR.pv.seti('$sbranch(q)', 500)
                out(KSR.pvx.sbranch_append(), KSR.pv.get('$bR'))
                out(KSR.pvx.sbranch_set_ruri(), KSR.pv.get('$ru'))
                """) == ["1 \"<sip:s@s>;q=0.5\"", "1 \"sip:s@s\""])
    }
}

/// What Lua hands to functions of the server, and what it gets back.
@Suite("Values between Lua and the server")
struct KEMIValueTests {
    /// Every function of the core's own tables, called with everything that is wrong.
    private static let objects = ["pv", "pvx", "hdr", "x", ""]

    @Test(
        "no function of KSR traps or raises, whatever it is called with",
        arguments: objects)
    func everything(object: String) throws {
        let table = object.isEmpty ? "KSR" : "KSR.\(object)"
        let parts = 8
        let rig = try KEMIRig(
            KEMIRig.prelude + """
                local values = {
                    {}, {nil}, {nil, nil}, {true}, {{}}, {print}, {''}, {'x'}, {'$ru'}, {-1},
                    {1.5}, {math.huge}, {0/0}, {math.mininteger}, {'x', {}}, {'x', 'y'},
                    {'x', 'y', 'z'}, {'x', 'y', 'z', 'w'}, {1, 2, 3, 4}, {('x'):rep(70000)},
                    {('x'):rep(70000), ('y'):rep(70000)}, {'\\0'}, {'\\r\\n'},
                    {coroutine.create(print)},
                    {{}, {}, {}, {}}, {1, 2, 3, 4, 5, 6, 7, 8},
                }
                local names, calls, failed, part = {}, 0, 0, 0
                function ksr_request_route()
                    if part == 0 then
                        for name, f in pairs(\(table)) do
                            if type(f) == 'function' and name ~= 'exit' and name ~= 'drop' then
                                names[#names + 1] = name
                            end
                        end
                    end
                    part = part + 1
                    -- One message has a second of processor time, which a sanitizer uses up.
                    for i = part, #names, \(parts) do
                        local name = names[i]
                        for _, v in ipairs(values) do
                            calls = calls + 1
                            local ok, e = pcall(\(table)[name], table.unpack(v))
                            if not ok then
                                failed = failed + 1 KSR.err(name .. ': ' .. tostring(e))
                            end
                        end
                    end
                    KSR.info('calls ' .. (calls > 0 and 'made' or 'none') .. ' failed ' .. failed)
                end
                """)
        var lines: [String] = []
        for _ in 0..<parts { lines = try rig.run() }
        #expect(lines.last == "info calls made failed 0", "\(lines.suffix(2))")
    }

    @Test("a text of 65 535 bytes goes both ways, a longer one is refused or cut nowhere")
    func longTexts() throws {
        let lines = try KEMIRig.output(
            """
            for _, n in ipairs({65534, 65535}) do
                out(KSR.pv.sets('$var(a)', ('x'):rep(n)), #KSR.pv.get('$var(a)'))
            end
            """)
        #expect(lines == ["true 65534", "true 65535"])
    }

    @Test("integers, floats and texts of numbers")
    func numbers() throws {
        #expect(
            try KEMIRig.output(
                """
                KSR.pv.sets('$var(a)', 5) out(KSR.pv.get('$var(a)'))
                KSR.pv.sets('$var(a)', 2.5) out(KSR.pv.get('$var(a)'))
                KSR.pv.seti('$var(a)', 3.0) out(KSR.pv.get('$var(a)'))
                KSR.pv.seti('$var(a)', '12') out(KSR.pv.get('$var(a)'), KSR.pv.geti('$var(a)'))
                """) == ["\"5\"", "\"2.5\"", "3", "12 12"])
    }

    @Test("metamethods of arguments are never asked")
    func metamethods() throws {
        let lines = try KEMIRig.output(
            """
            local t = setmetatable({}, {
                __tostring = function() error('asked') end,
                __index = function() error('asked') end,
                __concat = function() error('asked') end,
            })
            out(KSR.pv.sets('$var(a)', t), KSR.hdr.get(t), KSR.info(t))
            """)
        #expect(lines.last == "false nil nil")
        #expect(!lines.contains { $0.contains("asked") })
    }

    @Test("a table with holes or more values than arguments is no argument list")
    func unpacked() throws {
        let lines = try KEMIRig.output(
            "out(pcall(KSR.probe.join, table.unpack({'a', nil, 'c'}, 1, 3))) "
                + "out(KSR.probe.join(table.unpack({'a', 'b'})))")
        #expect(lines.last == "1")
        #expect(lines.dropLast().last?.hasPrefix("true -1") == true, "\(lines)")
    }
}
