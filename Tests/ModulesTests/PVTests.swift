import Basics
import ModuleKit
import RouteScript
import Testing

@Suite("Module pv")
struct PVTests {
    @Test(
        "pseudo-variables of a request",
        arguments: [
            ("$rm", "MESSAGE"), ("$ru", "sip:carol@example.com:5080;transport=tcp"),
            ("$rU", "carol"), ("$rd", "example.com"), ("$rp", "5080"), ("$rP", "tcp"),
            ("$rz", "sip"), ("$rv", "SIP/2.0"), ("$mt", "1"), ("$rs", "<null>"), ("$rr", "<null>"),
            ("$fu", "sip:alice@example.org"), ("$fU", "alice"), ("$fd", "example.org"),
            ("$fn", "\"Al\""), ("$ft", "tag-a"),
            ("$tu", "sip:carol@example.com"), ("$tU", "carol"), ("$td", "example.com"),
            ("$tn", "\"Carol C\""), ("$tt", "<null>"),
            ("$ci", "call-script"), ("$cs", "61"), ("$csb", "61 MESSAGE"),
            ("$ct", "<sip:alice@127.0.0.9>"), ("$cT", "text/plain"), ("$cl", "5"), ("$ua", "t/6"),
            ("$rb", "hello"), ("$bs", "5"),
            ("$si", "10.1.2.3"), ("$sp", "5070"), ("$su", "sip:10.1.2.3:5070"),
            ("$Ri", "127.0.0.1"), ("$Rp", "5060"), ("$pr", "udp"), ("$proto", "udp"),
            ("$af", "2"), ("$conid", "<null>"),
            ("$ou", "sip:carol@example.com:5080;transport=tcp"), ("$oU", "carol"),
            ("$od", "example.com"), ("$du", "<null>"), ("$dd", "<null>"), ("$dp", "<null>"),
            ("$hdr(X-Multi)", "one"), ("$hdr(x-multi)", "one"), ("$hdr(None)", "<null>"),
            ("$(hdr(X-Multi)[0])", "one"), ("$(hdr(X-Multi)[1])", "two"),
            ("$(hdr(X-Multi)[-1])", "three"), ("$(hdr(X-Multi)[-3])", "one"),
            ("$(hdr(X-Multi)[3])", "<null>"), ("$(hdr(X-Multi)[-4])", "<null>"),
            ("$hdr(Subject)", "hello there"), ("$hdr(s)", "hello there"),
            ("$(hdr(Via)[0])", "SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1"),
            ("$hdrc(X-Multi)", "3"), ("$hdrc(Via)", "1"), ("$hdrc(None)", "0"),
            ("$null", "<null>"), ("$true", "1"), ("$mf", "0"), ("$bf", "0"),
            ("$Ts", "1700000000"), ("$var(x)", "0"), ("$vn(x)", "<null>"),
            ("$rU@$rd", "carol@example.com"), ("$$rU", "$rU"),
        ])
    func request(template: String, expected: String) throws {
        #expect(try expanded(template) == expected)
    }

    @Test(
        "pseudo-variables of a reply",
        arguments: [
            ("$rm", "INVITE"), ("$rs", "180"), ("$rr", "Ringing now"), ("$mt", "2"),
            ("$ru", "<null>"), ("$rU", "<null>"), ("$rp", "<null>"), ("$rP", "<null>"),
            ("$ou", "<null>"), ("$tt", "tag-c"), ("$fn", "<null>"), ("$rb", "<null>"),
            ("$bs", "0"), ("$cl", "0"), ("$ua", "<null>"),
        ])
    func reply(template: String, expected: String) throws {
        #expect(try expanded(template, ScriptRig.reply) == expected)
    }

    @Test("the size and the bytes of the message")
    func wholeMessage() throws {
        let rig = try ScriptRig("note(\"$ml\"); note(\"$mb\");")
        let lines = try rig.run()
        let sent = ScriptRig.request.replacing("\n", with: "\r\n")
        #expect(lines == ["\(sent.utf8.count)", sent])
    }

    @Test("the connection and the transport of a stream")
    func streams() throws {
        let rig = try ScriptRig("note(\"$proto $conid $su $Ri $Rp $af $si\");")
        let peer = PeerAddress(high: 0x2001_0db8_0000_0000, low: 1, port: 40_000)
        #expect(
            try rig.run(transport: .tcp, connection: 7, source: peer) == [
                "tcp 7 sip:[2001:db8::1]:40000;transport=tcp ::1 5060 10 2001:db8::1"
            ])
    }

    @Test("without a port and a transport in the URI, the usual ones are shown")
    func defaults() throws {
        let message = ScriptRig.request.replacing(
            "sip:carol@example.com:5080;transport=tcp SIP", with: "sips:example.com SIP")
        #expect(try expanded("$rU $rp $rP $rz", message) == "<null> 5061 UDP sips")
        let plain = message.replacing("sips:example.com SIP", with: "sip:example.com SIP")
        #expect(try expanded("$rp", plain) == "5060")
    }

    @Test("a telephone URI has a user and no host")
    func telephone() throws {
        let message = ScriptRig.request.replacing(
            "sip:carol@example.com:5080;transport=tcp SIP", with: "tel:+4912345 SIP")
        #expect(
            try expanded("$ru $rU $rd $rp $rz", message)
                == "tel:+4912345 +4912345 <null> <null> tel")
    }

    @Test(
        "the request URI and its parts can be set",
        arguments: [
            ("$ru = \"sip:new@host.example:5080;p=1\";", "sip:new@host.example:5080;p=1"),
            ("$rU = \"zed\";", "sip:zed@example.com:5080;transport=tcp"),
            ("$rU = $null;", "sip:example.com:5080;transport=tcp"),
            ("$rU = 42;", "sip:42@example.com:5080;transport=tcp"),
            ("$rd = \"other.example\";", "sip:carol@other.example:5080;transport=tcp"),
            ("$rp = 99;", "sip:carol@example.com:99;transport=tcp"),
            ("$rp = $null;", "sip:carol@example.com;transport=tcp"),
            ("$rd = $null;", "sip:carol@example.com:5080;transport=tcp"),
            ("$rd = \"a b\";", "sip:carol@example.com:5080;transport=tcp"),
            ("$rp = \"x\";", "sip:carol@example.com:5080;transport=tcp"),
            ("$ru = \"nonsense\";", "sip:carol@example.com:5080;transport=tcp"),
            ("$ru = $null;", "sip:carol@example.com:5080;transport=tcp"),
            ("$ru = 5;", "sip:carol@example.com:5080;transport=tcp"),
            ("$ru = \"sip:\" + $fU + \"@\" + $td;", "sip:alice@example.com"),
        ])
    func writing(statement: String, expected: String) throws {
        let rig = try ScriptRig("\(statement) note(\"$ru\"); note(\"$ou\");")
        #expect(try rig.run() == [expected, "sip:carol@example.com:5080;transport=tcp"])
    }

    @Test("a rewritten URI shows in its parts, and the next message has its own again")
    func rewrittenParts() throws {
        let rig = try ScriptRig(
            "note(\"$rU\"); $ru = \"sips:new@host.example\"; note(\"$rU $rd $rp $rP $rz\");")
        #expect(try rig.run() == ["carol", "new host.example 5061 UDP sips"])
        #expect(try rig.run().first == "carol")
    }

    @Test("the destination URI is set, shown in parts and reset")
    func destination() throws {
        let body = """
            $du = "sip:1.2.3.4:5099;transport=tcp"; note("$du $dd $dp");
            $du = "nonsense"; note("$du");
            $du = $null; note("$du");
            $du = 5; note("$du");
            """
        #expect(
            try ScriptRig(body).run() == [
                "sip:1.2.3.4:5099;transport=tcp 1.2.3.4 5099", "sip:1.2.3.4:5099;transport=tcp",
                "<null>", "<null>",
            ])
    }

    @Test("variables keep strings of one message for the next")
    func variablesOutliveMessages() throws {
        let rig = try ScriptRig(
            "note(\"$var(u) $vn(u)\"); $var(u) = $rU; $vn(u) = $rU + \"!\";")
        #expect(try rig.run() == ["0 <null>"])
        let other = ScriptRig.request.replacing("carol", with: "dave!")
        #expect(try rig.run(other) == ["carol carol!"])
        #expect(try rig.run() == ["dave! dave!!"])
    }

    @Test("null resets variables, each kind to its own beginning")
    func nullVariables() throws {
        let body =
            "$var(x) = 5; $vn(x) = 5; note(\"$var(x) $vn(x)\"); $var(x) = $null;"
            + " $vn(x) = $null; note(\"$var(x) $vn(x)\"); $var(y) = $hdr(None); note(\"$var(y)\");"
        #expect(try ScriptRig(body).run() == ["5 5", "0 <null>", "0"])
    }

    @Test("varset gives variables a first value")
    func varset() throws {
        let before = """
            modparam("pv", "varset", "a=i:7")
            modparam("pv", "varset", "b=s:text")
            """
        let rig = try ScriptRig("note(\"$var(a) $var(b) $var(c)\");", before: before)
        #expect(try rig.run() == ["7 text 0"])
        #expect(
            scriptError("", before: "modparam(\"pv\", \"varset\", \"nonsense\")")
                .contains("has not the form"))
        #expect(
            scriptError("", before: "modparam(\"pv\", \"varset\", \"a=i:x\")")
                .contains("has not the form"))
    }

    @Test("a header field's name is checked when the script is loaded")
    func headerNames() {
        #expect(scriptError("$var(x) = $hdr();") == "$hdr(): \"\" is no name of a header field")
        #expect(
            scriptError("$var(x) = $hdr(a b);") == "$hdr(a b): \"a b\" is no name of a header field"
        )
        #expect(scriptError("$rm = \"x\";") == "$rm is read-only")
    }

    @Test("malformed fields read as null")
    func malformed() throws {
        let message = ScriptRig.request.replacing(
            "From: \"Al\" <sip:alice@example.org>;tag=tag-a", with: "From: <<<")
        #expect(try expanded("$fu|$fU|$ft|$fn", message) == "<null>|<null>|<null>|<null>")
        let sequence = ScriptRig.request.replacing("CSeq: 61 MESSAGE", with: "CSeq: x")
        #expect(try expanded("$cs", sequence) == "<null>")
    }
}
