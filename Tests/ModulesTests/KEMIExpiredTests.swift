import AppLua
import Basics
import ModuleKit
import Testing

@testable import Usrloc

/// `event_callback` of module registrar: a function in Lua for contacts that have expired.
@Suite("Expired contacts in Lua")
struct KEMIExpiredTests {
    /// A registrar in Lua with a function for contacts that expire.
    private func rig(
        _ function: String,
        settings: String = "modparam(\"registrar\", \"event_callback\", \"gone\")",
        events: String = ""
    ) throws -> KEMIRig {
        try KEMIRig(
            KEMIRig.prelude + "function ksr_request_route() KSR.registrar.save('location', 0) end\n"
                + function,
            native: "cfgengine \"lua\"\n\(settings)\n\(events)")
    }

    /// Registers a contact for ten minutes of a time that is long gone.
    private func register(_ rig: KEMIRig, _ contact: String, cseq: Int = 1) throws {
        try rig.run(
            """
            REGISTER sip:example.com SIP/2.0
            Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK\(cseq)
            From: <sip:alice@example.com>;tag=a1
            To: <sip:alice@example.com>
            Call-ID: call-register
            CSeq: \(cseq) REGISTER
            User-Agent: phone/1
            Contact: \(contact);expires=600
            Content-Length: 0


            """)
        try #require(rig.status == "SIP/2.0 200 OK")
    }

    /// What was logged while the timer ran.
    private func tick(_ rig: KEMIRig) throws -> [String] {
        let before = rig.services.lines.all.count
        try #require(rig.services.module(UsrlocModule.self)).tick()
        return Array(rig.services.lines.all.dropFirst(before))
    }

    @Test("the function runs once for each contact, with the name of the event")
    func callback() throws {
        let rig = try rig("function gone(event) out(event, KSR.pv.get('$ru')) end")
        try register(rig, "<sip:a@10.0.0.1>", cseq: 1)
        try register(rig, "<sip:b@10.0.0.2>", cseq: 2)
        let lines = try tick(rig).filter { $0.contains("contact-expired") }
        #expect(
            lines.sorted() == [
                "info \"usrloc:contact-expired\" \"sip:a@10.0.0.1\"",
                "info \"usrloc:contact-expired\" \"sip:b@10.0.0.2\"",
            ])
        #expect(try tick(rig).isEmpty)
    }

    @Test(
        "the contact is shown by $ulc(exp=>...)",
        arguments: [
            ("aor", "\"alice\""), ("addr", "\"sip:a@10.0.0.1\""), ("user_agent", "\"phone/1\""),
            ("callid", "\"call-register\""), ("domain", "\"location\""),
        ])
    func contact(field: String, expected: String) throws {
        let rig = try rig("function gone(e) out(KSR.pv.get('$ulc(exp=>\(field))')) end")
        try register(rig, "<sip:a@10.0.0.1>")
        #expect(try tick(rig).contains("info \(expected)"))
    }

    @Test("the function takes the place of the event route")
    func insteadOfRoute() throws {
        let route = "event_route[usrloc:contact-expired] { xinfo(\"route\"); }"
        let both = try rig("function gone(e) out(e) end", events: route)
        try register(both, "<sip:a@10.0.0.1>")
        #expect(try tick(both) == ["info \"usrloc:contact-expired\""])
        let routeOnly = try rig("", settings: "", events: route)
        try register(routeOnly, "<sip:a@10.0.0.1>")
        #expect(try tick(routeOnly) == ["info <script>: route"])
    }

    @Test("a function that the script has not is told once for all contacts of a round")
    func missing() throws {
        let rig = try rig("")
        for number in 1...5 { try register(rig, "<sip:a\(number)@10.0.0.1>", cseq: number) }
        let lines = try tick(rig)
        #expect(
            lines == ["warning registrar: event_callback: the script has no function gone()"])
    }

    @Test("an error in the function is logged, and the next contact is told all the same")
    func failing() throws {
        let rig = try rig("n = 0\nfunction gone(e) n = n + 1 out(n) error('oh') end")
        try register(rig, "<sip:a@10.0.0.1>", cseq: 1)
        try register(rig, "<sip:b@10.0.0.2>", cseq: 2)
        let lines = try tick(rig)
        #expect(lines.count { $0.hasPrefix("info ") } == 2)
        #expect(lines.count { $0.contains("oh") } == 2)
    }

    @Test("a function that ends with exit or drop harms nobody")
    func exits() throws {
        for call in ["KSR.x.exit()", "KSR.x.drop()", "KSR.set_drop()"] {
            let rig = try rig("function gone(e) out('in') \(call) end")
            try register(rig, "<sip:a@10.0.0.1>")
            #expect(try tick(rig) == ["info \"in\""])
        }
    }

    @Test("a contact that lives is none of the function's concern")
    func alive() throws {
        let rig = try rig("function gone(e) out(KSR.pv.get('$ru')) end")
        rig.now = SystemClock.wall()
        try register(rig, "<sip:a@10.0.0.1>")
        #expect(try tick(rig) == [])
    }

    @Test("whoever raises the event can ask for the function")
    func asked() throws {
        let rig = try rig("function gone(e) end")
        #expect(rig.services.callback(for: "usrloc:contact-expired") == "gone")
        #expect(rig.services.callback(for: "usrloc:other") == nil)
    }
}
