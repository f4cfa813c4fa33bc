import AppLua
import Basics
import ModuleKit
import RouteScript
import SIPSyntax
import Testing

/// The callbacks beside those of requests and replies.
@Suite("Further callbacks in Lua")
struct KEMISendTests {
    private static let hop = Origin(
        transport: .udp, socket: SocketIndex(0), source: PeerAddress(ipv4: 0x0102_0304, port: 99))

    /// Runs the request route, then asks whether the message may leave.
    private func send(_ rig: KEMIRig) throws -> (may: Bool, lines: [String]) {
        try rig.run()
        let before = rig.services.lines.all.count
        let may = rig.program.maySend(to: Self.hop, rig.context)
        return (may, Array(rig.services.lines.all.dropFirst(before)))
    }

    @Test("ksr_onsend_route sees the request and where it goes")
    func onsend() throws {
        let rig = try KEMIRig(
            KEMIRig.prelude + """
                function ksr_request_route() end
                function ksr_onsend_route()
                    out(KSR.pv.get('$rm'), KSR.pv.get('$sndto(ip)'), KSR.pv.get('$sndto(port)'),
                        KSR.pv.get('$snd(ip)'))
                end
                """)
        let (may, lines) = try send(rig)
        #expect(may)
        #expect(lines == ["info \"MESSAGE\" \"1.2.3.4\" 99 \"127.0.0.1\""])
        #expect(rig.context.sendingTo == nil)
    }

    @Test(
        "what the callback does decides whether the request leaves",
        arguments: [
            ("", true), ("return 1", true), ("KSR.x.exit()", true), ("KSR.x.drop()", false),
            ("KSR.set_drop()", false),
        ])
    func decision(body: String, expected: Bool) throws {
        let rig = try KEMIRig(
            "function ksr_request_route() end\nfunction ksr_onsend_route() \(body) end")
        #expect(try send(rig).may == expected)
    }

    @Test("without the callback, or with another name, everything leaves")
    func missing() throws {
        #expect(try send(KEMIRig("function ksr_request_route() end")).may)
        let named = try KEMIRig(
            "function ksr_request_route() end\nfunction out_going() KSR.x.drop() end",
            native: "cfgengine \"lua\"\nkemi.onsend_route_callback = \"out_going\"")
        #expect(try !send(named).may)
        let off = try KEMIRig(
            "function ksr_request_route() end\nfunction ksr_onsend_route() KSR.x.drop() end",
            native: "cfgengine \"lua\"\nkemi.onsend_route_callback = \"none\"")
        #expect(try send(off).may)
    }

    @Test("an error in the callback is one line of the log and no reply")
    func failing() throws {
        let rig = try KEMIRig(
            "function ksr_request_route() KSR.sl.send_reply(100, 'Trying') end\n"
                + "function ksr_onsend_route() error('oh') end")
        let (_, lines) = try send(rig)
        #expect(lines.count == 1 && lines[0].contains("oh"))
        #expect(rig.replies.count == 1)
    }

    @Test("a callback that does not end is stopped, and the next message runs")
    func endless() throws {
        let rig = try KEMIRig(
            "function ksr_request_route() KSR.info('on') end\n"
                + "function ksr_onsend_route() while true do end end")
        let (_, lines) = try send(rig)
        #expect(lines.last?.contains("runs too long") == true)
        #expect(try rig.run() == ["info on"])
    }

    @Test("functions under names of failure and branch routes are called by name alone")
    func named() throws {
        let rig = try KEMIRig(
            KEMIRig.prelude + """
                function ksr_request_route() end
                function ksr_failure_manage() out('failure', KSR.pv.get('$rm')) return 5 end
                function ksr_branch_manage() KSR.x.exit() end
                """)
        try rig.run()
        #expect(rig.module.call("ksr_failure_manage", nil, in: rig.context) == 5)
        #expect(rig.services.lines.all.last == "info \"failure\" \"MESSAGE\"")
        #expect(rig.module.call("ksr_branch_manage", nil, in: rig.context) == 1)
        #expect(rig.module.call("ksr_nothing", nil, in: rig.context) == nil)
        #expect(rig.module.call("", nil, in: rig.context) == nil)
        #expect(rig.module.call("table.concat", nil, in: rig.context) == nil)
    }

    @Test("the argument of a callback is a text of any bytes")
    func arguments() throws {
        let rig = try KEMIRig(
            KEMIRig.prelude + "function ksr_request_route() end\nfunction f(a) out(a) return #a end"
        )
        try rig.run()
        for text in ["", "x", "usrloc:contact-expired", "$ru", "a\"b", "\u{fc}"] {
            #expect(rig.module.call("f", text, in: rig.context) == text.utf8.count)
        }
    }
}
