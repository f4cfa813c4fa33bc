import AppLua
import Basics
import Synchronization
import Testing

@Suite("Pseudo-variables in Lua")
struct KEMIVariableTests {
    @Test(
        "reading",
        arguments: [
            ("KSR.pv.get('$rm')", "\"MESSAGE\""), ("KSR.pv.get('$rU')", "\"carol\""),
            ("KSR.pv.get('$cs')", "61"), ("KSR.pv.get('$hdr(X-Multi)')", "\"one\""),
            ("KSR.pv.get('$(hdr(X-Multi)[1])')", "\"two\""),
            ("KSR.pv.get('$(hdr(X-Multi)[-1])')", "\"three\""),
            ("KSR.pv.get('$hdr(Nothing)')", "nil"), ("KSR.pv.gete('$hdr(Nothing)')", "\"\""),
            ("KSR.pv.getw('$hdr(Nothing)')", "\"<null>\""), ("KSR.pv.gete('$rm')", "\"MESSAGE\""),
            ("KSR.pv.geti('$cs')", "61"), ("KSR.pv.geti('$rm')", "0"),
            ("KSR.pv.geti('$hdr(Nothing)')", "0"),
            ("KSR.pv.getvn('$cs', 5)", "61"), ("KSR.pv.getvn('$hdr(Nothing)', 5)", "5"),
            ("KSR.pv.getvs('$hdr(Nothing)', 'x')", "\"x\""),
            ("KSR.pv.is_null('$hdr(Nothing)')", "true"), ("KSR.pv.is_null('$rm')", "false"),
            ("KSR.pv.get('$var(never)')", "0"), ("#KSR.pv.get('$mb') > 300", "true"),
        ])
    func reading(_ call: String, _ expected: String) throws {
        #expect(try KEMIRig.output("out(\(call))").last == expected)
    }

    @Test("reading again gives what is there now")
    func rereading() throws {
        let rig = try KEMIRig(
            KEMIRig.prelude + "function ksr_request_route() out(KSR.pv.get('$rU')) end")
        #expect(try rig.run() == ["info \"carol\""])
        let other = KEMIRig.request.replacing("sip:carol@example.com:5080", with: "sip:dave@x.org")
        #expect(try rig.run(other) == ["info \"dave\""])
    }

    @Test("writing")
    func writing() throws {
        #expect(
            try KEMIRig.output(
                """
                out(KSR.pv.sets('$var(a)', 'text'), KSR.pv.get('$var(a)'))
                out(KSR.pv.seti('$var(a)', 42), KSR.pv.get('$var(a)'))
                out(KSR.pv.sets('$var(a)', 7), KSR.pv.get('$var(a)'))
                out(KSR.pv.unset('$var(a)'), KSR.pv.get('$var(a)'))
                out(KSR.pv.sets('$ru', 'sip:x@y'), KSR.pv.get('$rU'))
                out(KSR.pv.sets('$var(b)', 'a\\0b'), #KSR.pv.get('$var(b)'))
                """) == [
                    "true \"text\"", "true 42", "true \"7\"", "true 0", "true \"x\"", "true 3",
                ])
    }

    @Test(
        "what cannot be done is logged and is false",
        arguments: [
            ("KSR.pv.sets('$rm', 'x')", "$rm is read-only", "false"),
            ("KSR.pv.get('$nothing')", "unknown pseudo-variable \"$nothing\"", "nil"),
            ("KSR.pv.gete('rm')", "\"rm\" is no pseudo-variable", "\"\""),
            ("KSR.pv.getw('')", "\"\" is no pseudo-variable", "\"<null>\""),
            ("KSR.pv.get('$rm$rm')", "is no pseudo-variable", "nil"),
            ("KSR.pv.get('$hdr(')", "is no pseudo-variable", "nil"),
            ("KSR.pv.is_null('$')", "is no pseudo-variable", "true"),
            ("KSR.pv.seti('$nothing', 1)", "unknown pseudo-variable", "false"),
        ])
    func refusals(_ call: String, _ words: String, _ value: String) throws {
        let lines = try KEMIRig.output("out(\(call))")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("error Lua: ") && lines[0].contains(words))
        #expect(lines[1] == value)
    }

    @Test("a text that is no URI leaves the request URI as it was")
    func badURI() throws {
        #expect(
            try KEMIRig.output("out(KSR.pv.sets('$ru', 'rubbish'), KSR.pv.get('$rU'))")
                == ["false \"carol\""])
    }

    @Test("a name in an argument is a value and is not taken apart")
    func containers() throws {
        #expect(
            try KEMIRig.output(
                """
                out(KSR.pvx.var_sets('a', 'x'), KSR.pvx.var_get('a'), KSR.pv.get('$var(a)'))
                out(KSR.pvx.var_seti('b', 3), KSR.pvx.var_get('b'), KSR.pvx.var_is_null('b'))
                out(KSR.pvx.var_sets('o)dd $(', 'y'), KSR.pvx.var_get('o)dd $('))
                """) == [
                    "1 \"x\" \"x\"", "1 3 -1", "1 \"y\"",
                ])
    }

    @Test("hash tables: values, lifetimes and counters")
    func tables() throws {
        let rig = try KEMIRig(
            KEMIRig.prelude + """
                local h = KSR.htable
                function ksr_request_route()
                    out(h.sht_is_null('t', 'k'), h.sht_get('t', 'k'), h.sht_gete('t', 'k'))
                    out(h.sht_sets('t', 'k', 'text'), h.sht_get('t', 'k'), h.sht_is_null('t', 'k'))
                    out(h.sht_seti('t', 'k', 5), h.sht_inc('t', 'k'), h.sht_dec('t', 'k'))
                    out(h.sht_getw('t', 'other'), h.sht_rm('t', 'k'), h.sht_get('t', 'k'))
                    out(h.sht_setex('t', 'k', 60), h.sht_setxs('t', 'x', 'v', 7))
                    out(h.sht_setxi('t', 'y', 8, 9), h.sht_get('t', 'x'), h.sht_get('t', 'y'))
                    out(h.sht_sets('t', '$ru)=>', 'odd'), h.sht_get('t', '$ru)=>'))
                end
                """)
        #expect(
            try rig.run() == [
                "info 1 nil \"\"", "info 1 \"text\" -1", "info 1 6 5", "info \"<null>\" 1 nil",
                "info 1 1", "info 1 \"v\" 8", "info 1 \"odd\"",
            ])
        #expect(
            rig.probe.notes.withLock { $0 }
                == ["t=>k lives 60", "t=>x lives 7", "t=>y lives 9"])
    }

    @Test("keys of hash tables come from messages and are not kept")
    func tableKeys() throws {
        let lines = try KEMIRig.output(
            """
            for i = 1, \(2 * Limits.luaNamesMax) do KSR.htable.sht_seti('t', 'k' .. i, i) end
            out(KSR.htable.sht_get('t', 'k7'), KSR.pv.sets('$var(new)', 'x'))
            """)
        #expect(lines == ["7 true"])
    }

    @Test("names beyond the bound work, but new $var are refused")
    func manyNames() throws {
        let lines = try KEMIRig.output(
            """
            for i = 1, \(Limits.luaNamesMax) do KSR.pv.get('$hdr(X-' .. i .. ')') end
            out(KSR.pv.get('$hdr(X-Multi)'), KSR.pv.get('$hdr(X-1)'), KSR.pv.get('$rm'))
            out(KSR.pv.get('$var(late)'), KSR.pvx.var_sets('later', 'x'))
            """)
        #expect(lines.first == "\"one\" nil \"MESSAGE\"")
        #expect(lines.last == "nil -1")
        #expect(lines.filter { $0.contains("too many names of variables") }.count == 2)
    }

    @Test("values live as long as Lua holds them")
    func lifetime() throws {
        let rig = try KEMIRig(
            KEMIRig.prelude + """
                function ksr_request_route()
                    if kept then out(kept) end
                    kept = KSR.pv.get('$rU') .. KSR.pv.get('$hdr(X-Multi)')
                end
                """)
        try rig.run()
        #expect(try rig.run(KEMIRig.request.replacing("one", with: "ONE")) == ["info \"carolone\""])
    }
}
