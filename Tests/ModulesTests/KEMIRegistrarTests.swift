import AppLua
import Basics
import ModuleKit
import SIPSyntax
import TestSupport
import Testing

/// A registrar that is written in Lua.
@Suite("A registrar in Lua")
struct KEMIRegistrarTests {
    private static let script = """
        function ksr_request_route()
            if KSR.is_REGISTER() then
                local rc = KSR.registrar.save("location", 0)
                KSR.info("save " .. rc)
                return 1
            end
            if KSR.registrar.lookup("location") > 0 then
                KSR.info("found " .. KSR.pv.get("$ru"))
                KSR.sl.send_reply(302, "Moved")
                return 1
            end
            KSR.sl.send_reply(404, "Not Found")
            return 1
        end
        """

    private func register(_ contact: String, cseq: Int, user: String = "alice") -> String {
        """
        REGISTER sip:example.com SIP/2.0
        Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK\(cseq)
        From: <sip:\(user)@example.com>;tag=a1
        To: <sip:\(user)@example.com>
        Call-ID: call-register
        CSeq: \(cseq) REGISTER
        Contact: \(contact)
        Content-Length: 0


        """
    }

    private func invite(_ user: String) -> String {
        KEMIRig.request.replacing(
            "sip:carol@example.com:5080;transport=tcp", with: "sip:\(user)@example.com")
    }

    @Test("a phone registers, is found, and leaves")
    func life() throws {
        let rig = try KEMIRig(Self.script)
        let first = try rig.run(register("<sip:alice@10.1.2.3:5070>", cseq: 1))
        #expect(first == ["info save 1"])
        try #require(rig.status == "SIP/2.0 200 OK")
        #expect(rig.replies[0].contains("Contact: <sip:alice@10.1.2.3:5070>;expires="))
        #expect(try rig.run(register("<sip:alice@10.1.2.3:5070>", cseq: 2)) == ["info save 2"])
        #expect(try rig.run(invite("alice")) == ["info found sip:alice@10.1.2.3:5070"])
        #expect(rig.status == "SIP/2.0 302 Moved")
        try rig.run(register("<sip:alice@10.1.2.3:5070>;expires=0", cseq: 3))
        try rig.run(invite("alice"))
        #expect(rig.status == "SIP/2.0 404 Not Found")
    }

    @Test("the example in Config is a registrar")
    func example() throws {
        let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let rig = try KEMIRig(TemporaryFolder.text(at: "/\(here)/Config/roost.lua"))
        #expect(try rig.run(register("<sip:alice@10.1.2.3:5070>", cseq: 1)) == [])
        #expect(rig.status == "SIP/2.0 200 OK")
        for (method, status) in [
            ("OPTIONS", "200 OK"), ("INVITE", "404 Not Found"), ("MESSAGE", "404 Not Found"),
            ("BYE", "405 Method Not Allowed"),
        ] {
            try rig.run(KEMIRig.request.replacing("MESSAGE", with: method))
            #expect(rig.status == "SIP/2.0 \(status)")
        }
        try rig.run(KEMIRig.request.replacing("MESSAGE", with: "ACK"))
        #expect(rig.replies.isEmpty)
        let refused = try rig.run(register("rubbish", cseq: 2))
        #expect(refused == ["warning refused sip:alice@example.com from 10.1.2.3"])
    }

    @Test("users do not share what is bound for one of them")
    func users() throws {
        let rig = try KEMIRig(Self.script)
        for (number, user) in ["alice", "bob", "carol"].enumerated() {
            try rig.run(register("<sip:\(user)@10.0.0.\(number)>", cseq: 1, user: user))
        }
        #expect(try rig.run(invite("bob")) == ["info found sip:bob@10.0.0.1"])
        #expect(try rig.run(invite("carol")) == ["info found sip:carol@10.0.0.2"])
        try rig.run(invite("dave"))
        #expect(rig.status == "SIP/2.0 404 Not Found")
    }

    @Test("a request that is refused is refused from Lua as well")
    func refusal() throws {
        let rig = try KEMIRig(Self.script)
        #expect(try rig.run(register("rubbish", cseq: 1)) == ["info save -1"])
        #expect(rig.status.hasPrefix("SIP/2.0 400"))
    }

    @Test("further names: save_uri takes the address-of-record from its argument")
    func furtherNames() throws {
        let rig = try KEMIRig(
            """
            local r = KSR.registrar
            function ksr_request_route()
                KSR.info("save " .. r.save_uri("location", 0, "sip:other@example.com"))
                KSR.info("here " .. r.registered_uri("location", "sip:other@example.com"))
                KSR.info("not " .. r.registered_uri("location", "sip:alice@example.com"))
            end
            """)
        let lines = try rig.run(register("<sip:alice@10.1.2.3:5070>", cseq: 1))
        #expect(lines == ["info save 1", "info here 1", "info not -1"])
    }
}
