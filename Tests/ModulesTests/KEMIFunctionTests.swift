import AppLua
import Basics
import ModuleKit
import RouteScript
import SIPSyntax
import Synchronization
import Testing

@Suite("Functions of the server in Lua")
struct KEMIFunctionTests {
    /// What the probe module noted while a body ran, and the log.
    private func probe(_ body: String) throws -> (notes: [String], log: [String], binds: Int) {
        let rig = try KEMIRig(
            KEMIRig.prelude + "function ksr_request_route()\n\(body)\nend")
        let log = try rig.run()
        return (rig.probe.notes.withLock { $0 }, log, rig.probe.binds.withLock { $0 })
    }

    // MARK: Functions of modules

    @Test("arguments are values, and the code comes back")
    func values() throws {
        let (notes, log, _) = try probe(
            "out(KSR.probe.join('a', 'b'), KSR.probe.join(1, 2.5), KSR.probe.number(-7), "
                + "KSR.probe.number('12'))")
        #expect(notes == ["a+b", "1+2.5", "-7", "12"])
        #expect(log == ["info 1 1 -7 12"])
    }

    @Test("a dollar in an argument is a dollar")
    func noExpansion() throws {
        let (notes, log, _) = try probe(
            "KSR.probe.join('$ru', '$(hdr(X){s.len})$$'); KSR.probe.fixed('$rm', 1)")
        #expect(notes == ["$ru+$(hdr(X){s.len})$$", "$rm/1"])
        #expect(log == [])
    }

    @Test("arguments that must be known at load are bound once for each value")
    func constants() throws {
        let (notes, _, binds) = try probe(
            "for i = 1, 100 do KSR.probe.fixed('a', i) KSR.probe.fixed('b', i) end")
        #expect(notes.count == 200)
        #expect(notes.prefix(4) == ["a/1", "b/1", "a/2", "b/2"])
        #expect(binds == 2)
    }

    @Test("more values than are kept are bound again, and nothing grows")
    func manyConstants() throws {
        let count = Limits.luaBindingsMax + 8
        let (notes, _, binds) = try probe(
            "for r = 1, 2 do for i = 1, \(count) do KSR.probe.fixed('n' .. i) end end")
        #expect(notes.count == 2 * count)
        #expect(notes.last == "n\(count)/-1")
        #expect(binds > count && binds <= 2 * count)
    }

    @Test("each number of arguments is bound by itself")
    func optionalArguments() throws {
        let (notes, _, _) = try probe("KSR.probe.fixed('a'); KSR.probe.fixed('a', 5)")
        #expect(notes == ["a/-1", "a/5"])
    }

    @Test("constants of different types and lengths are not mixed up")
    func keys() throws {
        let (notes, _, _) = try probe(
            "for _, v in ipairs({'1', 1, '', '11', 11, 'a\\0b'}) do KSR.probe.fixed(v) end")
        #expect(notes == ["1/-1", "1/-1", "/-1", "11/-1", "11/-1", "a\0b/-1"])
    }

    @Test(
        "what is wrong with a call is logged, and the call is worth -1",
        arguments: [
            ("KSR.probe.join('a')", "takes 2 arguments, found 1"),
            ("KSR.probe.join('a', 'b', 'c')", "takes 2 arguments, found 3"),
            ("KSR.probe.join(nil, 'b')", "argument 1 is nil"),
            ("KSR.probe.join('a', true)", "argument 2 is a Boolean"),
            ("KSR.probe.join('a', {})", "argument 2 is neither a string nor a number"),
            ("KSR.probe.fixed('bad')", "\"bad\" is no name"),
        ])
    func wrongCalls(_ call: String, _ words: String) throws {
        let (_, log, _) = try probe("out(\(call))")
        #expect(log.count == 2)
        #expect(log.first?.hasPrefix("error Lua: KSR.") ?? false)
        #expect(log.first?.contains(words) ?? false)
        #expect(log.last == "info -1")
    }

    @Test("an argument without a number in it makes the function return -1")
    func noNumber() throws {
        let (notes, log, _) = try probe("out(KSR.probe.number('five'))")
        #expect(notes == [])
        #expect(log == ["info -1"])
    }

    @Test("a call that failed does not spoil the next one")
    func recovery() throws {
        let (notes, _, _) = try probe(
            "KSR.probe.fixed('bad'); KSR.probe.fixed('good', 2); KSR.probe.fixed('bad', 1)")
        #expect(notes == ["good/2"])
    }

    @Test("a function that nobody has is an error in Lua with its name")
    func unknown() throws {
        let (_, log, _) = try probe("KSR.probe.nothing()")
        #expect(log[0].contains("attempt to call a nil value (field 'nothing')"))
        let (_, more, _) = try probe("KSR.nomodule.f()")
        #expect(more[0].contains("attempt to index a nil value (field 'nomodule')"))
    }

    @Test("too many arguments are an error in Lua")
    func tooMany() throws {
        let (_, log, _) = try probe("KSR.probe.join(1, 2, 3, 4, 5, 6, 7, 8, 9)")
        #expect(log[0].contains("too many arguments"))
    }

    @Test("functions can be kept in variables and called in coroutines")
    func firstClass() throws {
        let (notes, _, _) = try probe(
            "local f = KSR.probe.join; coroutine.wrap(function() f('in', 'side') end)()")
        #expect(notes == ["in+side"])
    }

    @Test("modf calls any function by its name and expands pseudo-variables")
    func byName() throws {
        let (notes, log, _) = try probe(
            """
            out(KSR.x.modf('join', '$rm', 'x'), KSR.x.modf('number', 4))
            out(KSR.x.modf('nothing'), KSR.x.modf(), KSR.x.modf({}), KSR.x.modf('join', '$nope', 1))
            """)
        #expect(notes == ["MESSAGE+x", "4"])
        #expect(log.first == "info 1 4")
        #expect(log.last == "info -1 -1 -1 -1")
        #expect(log.contains("error Lua: KSR.x.modf: there is no function \"nothing\""))
    }

    @Test("xlog expands pseudo-variables, and the log functions of KSR do not")
    func logging() throws {
        let (_, log, _) = try probe(
            """
            KSR.xlog.xinfo('$rm'); KSR.xlog.xerr('plain'); KSR.xlog.xlog('L_NOTICE', 'at $rm')
            KSR.info('$rm'); KSR.err('e'); KSR.warn('w'); KSR.notice('n'); KSR.crit('c')
            KSR.dbg('d'); KSR.log('info', 'i'); KSR.log('odd', 'o'); KSR.info(5)
            """)
        #expect(
            log == [
                "info <script>: MESSAGE", "error <script>: plain", "notice <script>: at MESSAGE",
                "info $rm", "error e", "warning w", "notice n", "critical c", "debug d", "info i",
                "error o", "info 5",
            ])
    }

    @Test("log_mode 1 shows where in the script a line was written")
    func logMode() throws {
        let rig = try KEMIRig(
            "function ksr_request_route()\n  KSR.info('one')\n\n  KSR.warn('two')\nend",
            native: "cfgengine \"lua\"\nmodparam(\"app_lua\", \"log_mode\", 1)")
        let lines = try rig.run()
        try #require(lines.count == 2)
        #expect(lines[0].hasPrefix("info ") && lines[0].hasSuffix("script.lua:2: one"))
        #expect(lines[1].hasSuffix("script.lua:4: two"))
    }

    @Test("sending replies")
    func replies() throws {
        let rig = try KEMIRig(
            """
            function ksr_request_route()
                KSR.hdr.append_to_reply("X-One: 1\\r\\n")
                KSR.sl.sl_send_reply(486, "Busy " .. KSR.pv.get("$rU"))
            end
            """)
        try rig.run()
        #expect(rig.status == "SIP/2.0 486 Busy carol")
        #expect(rig.replies[0].contains("\r\nX-One: 1\r\n"))
    }

    // MARK: KSR itself

    @Test(
        "tests on the message",
        arguments: [
            ("KSR.is_MESSAGE()", "true"), ("KSR.is_INVITE()", "false"),
            ("KSR.is_method('message')", "true"), ("KSR.is_method('INVITE')", "false"),
            ("KSR.is_method_in('IMB')", "true"), ("KSR.is_method_in('im')", "true"),
            ("KSR.is_method_in('ABC')", "false"), ("KSR.is_method_in('')", "false"),
            ("KSR.is_UDP()", "true"), ("KSR.is_TCP()", "false"), ("KSR.is_WSX()", "false"),
            ("KSR.is_IPv4()", "true"), ("KSR.is_IPv6()", "false"),
            ("KSR.is_proto('TU')", "true"), ("KSR.is_proto('T')", "false"),
            ("KSR.is_src_port(5070)", "true"), ("KSR.is_src_port(5060)", "false"),
            ("KSR.is_dst_port(5060)", "true"), ("KSR.is_dst_port(1)", "false"),
            ("KSR.is_myself('sip:a@127.0.0.1:5060')", "true"),
            ("KSR.is_myself('sip:a@192.0.2.1')", "false"), ("KSR.is_myself('rubbish')", "false"),
            ("KSR.is_myself_ruri()", "true"), ("KSR.is_myself_turi()", "true"),
            ("KSR.is_myself_furi()", "false"), ("KSR.is_myself_srcip()", "false"),
            ("KSR.is_myself_suri()", "false"), ("KSR.is_myself_duri()", "false"),
            ("KSR.is_myself_nhuri()", "true"), ("KSR.textops.has_body()", "1"),
            ("KSR.siputils.is_request()", "1"), ("KSR.siputils.has_totag()", "-1"),
            ("KSR.textops.is_present_hf('Contact')", "1"),
            ("KSR.textops.search('h.llo')", "1"), ("KSR.textops.search('(')", "-1"),
        ])
    func tests(_ call: String, _ expected: String) throws {
        #expect(try KEMIRig.output("out(\(call))").last == expected)
    }

    @Test("a reply has the method of its request")
    func replyMethod() throws {
        let rig = try KEMIRig(
            KEMIRig.prelude + "function ksr_request_route() end\n"
                + "function ksr_reply_route() out(KSR.is_INVITE(), KSR.is_method_in('I')) end")
        #expect(try rig.run(KEMIRig.reply, .reply) == ["info true true"])
    }

    @Test("the transport of the message")
    func transport() throws {
        let body = "out(KSR.is_UDP(), KSR.is_TCP(), KSR.is_WS(), KSR.is_WSX(), KSR.is_TLS())"
        #expect(try KEMIRig.output(body, transport: .tcp) == ["false true false false false"])
        #expect(try KEMIRig.output(body, transport: .ws) == ["false false true true false"])
        #expect(try KEMIRig.output(body, transport: .tls) == ["false false false false true"])
    }

    @Test("flags of the message and of branches")
    func flags() throws {
        #expect(
            try KEMIRig.output(
                """
                out(KSR.isflagset(3), KSR.setflag(3), KSR.isflagset(3), KSR.resetflag(3))
                out(KSR.isflagset(3), KSR.setflag(32), KSR.setflag(-1), KSR.isflagset(99))
                out(KSR.setbflag(6), KSR.isbflagset(6), KSR.isbiflagset(6, 0), KSR.resetbflag(6))
                out(KSR.setbiflag(1, 0), KSR.isbflagset(1))
                out(KSR.setbiflag(1, 1), KSR.isbiflagset(1, -1))
                """) == [
                    "false true true true", "false false false false", "true true true true",
                    "true true", "false false",
                ])
    }

    @Test("flags of a further branch")
    func branchFlags() throws {
        let rig = try KEMIRig(
            KEMIRig.prelude + """
                function ksr_request_route()
                    KSR.pv.sets('$du', '')
                    out(KSR.setbiflag(2, 1), KSR.isbiflagset(2, 1), KSR.resetbiflag(2, 1))
                end
                """)
        #expect(try rig.run().last == "info false false false")
    }

    @Test("the request URI and the destination")
    func uris() throws {
        #expect(
            try KEMIRig.output(
                """
                out(KSR.seturi('sip:x@y:5'), KSR.pv.get('$ru'), KSR.seturi('rubbish'))
                out(KSR.setuser('bob'), KSR.sethost('h.example'), KSR.pv.get('$ru'))
                out(KSR.isdsturiset(), KSR.setdsturi('sip:p'), KSR.isdsturiset(), KSR.pv.get('$du'))
                out(KSR.setdsturi('no uri'), KSR.is_myself_nhuri(), KSR.is_myself_duri())
                out(KSR.resetdsturi(), KSR.isdsturiset())
                """) == [
                    "true \"sip:x@y:5\" false", "true true \"sip:bob@h.example:5\"",
                    "false true true \"sip:p\"", "false false false", "true false",
                ])
    }

    @Test("rport and drop are set in the context")
    func marks() throws {
        let rig = try KEMIRig(
            "function ksr_request_route() KSR.force_rport() KSR.set_drop() KSR.info('on') end")
        #expect(try rig.run() == ["info on"])
        #expect(rig.context.forcesRport && rig.context.isDropped)
    }

    @Test(
        "natives refuse wrong arguments",
        arguments: [
            ("KSR.setflag('x')", "KSR.setflag: argument 1 must be a whole number", "false"),
            ("KSR.setflag()", "KSR.setflag: takes 1 arguments, found 0", "false"),
            ("KSR.setflag(1.5)", "KSR.setflag: argument 1 must be a whole number", "false"),
            ("KSR.info(nil)", "KSR.info: argument 1 is nil", "nil"),
            ("KSR.info({})", "KSR.info: argument 1 is neither a string nor a number", "nil"),
            ("KSR.hdr.remove(true)", "KSR.hdr.remove: argument 1 is a Boolean", "-1"),
            ("KSR.pv.get()", "KSR.pv.get: takes 1 arguments, found 0", "nil"),
            ("KSR.is_method(print)", "KSR.is_method: argument 1 is neither", "false"),
        ])
    func nativeFaults(_ call: String, _ words: String, _ value: String) throws {
        let lines = try KEMIRig.output("out(\(call))")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("error Lua: \(words)"))
        #expect(lines[1] == value)
    }

    @Test("the level of the log")
    func level() throws {
        #expect(try KEMIRig.output("out(KSR.get_debug())") == ["3"])
    }
}
