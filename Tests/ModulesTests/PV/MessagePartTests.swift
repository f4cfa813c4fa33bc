import Basics
import JSONValue
import ModuleKit
import PV
import Testing

@Suite("Parts of messages, times and shared variables")
struct MessagePartTests {
    private static let rich = """
        INVITE sip:carol@example.com:5080;transport=tcp SIP/2.0
        Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1, SIP/2.0/TCP 10.0.0.9;branch=z9hG4bK0
        Via: SIP/2.0/UDP 10.1.2.4:5070;branch=z9hG4bK2
        From: "Al" <sip:alice@example.org>;tag=tag-a
        To: "Carol C" <sip:carol@example.com>
        Call-ID: call-script
        CSeq: 61 INVITE
        Contact: <sip:alice@127.0.0.9>;expires=30, <sip:al@10.0.0.2>;expires=90
        X-Multi: one
        X-Multi: two, and
        Route: <sip:r1@10.9.9.9;lr>, <sip:r2@10.9.9.8;lr>
        P-Asserted-Identity: "PA, I" <sip:pai@example.net>, <tel:+49>
        P-Preferred-Identity: "PP I" <sip:ppi@example.net;a=b>
        Diversion: <sip:div@example.net>;reason="busy";privacy=full;counter=2
        Remote-Party-ID: "R" <sip:rpid@example.net>;party=calling
        Refer-To: <sip:refer@example.net>
        Expires: 60
        Content-Length: 5

        hello
        """

    @Test(
        "identities, lists and lives",
        arguments: [
            ("$ai", "sip:pai@example.net"),
            ("$pu $pU $pd", "sip:ppi@example.net;a=b ppi example.net"),
            ("$pn", "\"PP I\""), ("$di $dir $dip $dic", "sip:div@example.net busy full 2"),
            ("$re $rt", "sip:rpid@example.net sip:refer@example.net"),
            ("$hfl(Via)", "SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1"),
            ("$(hfl(Via)[1])", "SIP/2.0/TCP 10.0.0.9;branch=z9hG4bK0"),
            ("$(hfl(v)[2])", "SIP/2.0/UDP 10.1.2.4:5070;branch=z9hG4bK2"),
            ("$(hfl(Via)[-1])", "SIP/2.0/UDP 10.1.2.4:5070;branch=z9hG4bK2"),
            ("$(hfl(Via)[3]) $(hfl(Via)[-4])", "<null> <null>"),
            ("$hflc(Via) $hflc(Contact) $hflc(Route) $hflc(X-Multi) $hflc(None)", "3 2 2 2 0"),
            ("$hfl(Contact)", "<sip:alice@127.0.0.9>;expires=30"),
            ("$(hfl(Route)[1])", "<sip:r2@10.9.9.8;lr>"), ("$(hfl(X-Multi)[1])", "two, and"),
            ("$(hdr(X-Multi)[*])", "one,two, and"), ("$hdrc(Via)", "2"),
            ("$(hdr(None)[*])", "<null>"),
            ("$expires(min) $expires(max)", "30 90"), ("$route_uri", "sip:r1@10.9.9.9;lr"),
            ("$rmid $rsi $mts", "1 0 rq"), ("$op $oP", "5080 tcp"),
            ("$rUl $oUl $fUl $tUl", "5 5 5 5"),
            ("$nh(u)", "sip:carol@example.com:5080;transport=tcp"),
            ("$nh(U) $nh(d) $nh(p) $nh(P)", "carol example.com 5080 tcp"),
            ("$msg(fline)", "INVITE sip:carol@example.com:5080;transport=tcp SIP/2.0"),
            ("$msg(body) $msg(body_len) $msg(hdrc)", "hello 5 17"),
            ("$mf $mF $bf $bF $Mf(1) $Bf(1)", "0 00000000 0 00000000 0 0"),
        ])
    func parts(template: String, expected: String) throws {
        #expect(try expanded(template, Self.rich) == expected)
    }

    @Test("absent fields are null")
    func absent() throws {
        #expect(
            try expanded("$ai $pu $pU $pd $pn $di $dir $re $rt $expires(min) $route_uri $dP")
                == Array(repeating: "<null>", count: 12).joined(separator: " "))
    }

    @Test("the pieces of a message fit together")
    func pieces() throws {
        let rig = try ScriptRig(
            "note(\"$msg(fline)\"); note(\"$msg(hdrs)\");"
                + " note(\"$msg(fpart)\"); note(\"$msg(lpart)\");"
                + " note(\"$msg(len) $msg(hdrs_len) $ml\"); note(\"$msg(buf)\");")
        let lines = try rig.run()
        let sent = ScriptRig.request.replacing("\n", with: "\r\n")
        #expect(lines[5] == sent)
        #expect(lines[2] == "\(lines[0])\r\n\(lines[1])")
        #expect(sent == "\(lines[2])\r\n\r\nhello")
        #expect(sent == "\(lines[0])\r\n\(lines[3])")
        #expect(lines[4] == "\(sent.utf8.count) \(lines[1].utf8.count) \(sent.utf8.count)")
    }

    @Test("a reply has its own values")
    func reply() throws {
        #expect(
            try expanded("$rsi $mts $nh(u) $rmid $expires(max) $msg(body)", ScriptRig.reply)
                == "180 rp <null> 1 <null> <null>")
    }

    @Test(
        "the next hop is the destination where one is set",
        arguments: [
            ("sip:u@1.2.3.4:99;transport=tls", "u 1.2.3.4 99 tls tls"),
            ("sip:1.2.3.4", "<null> 1.2.3.4 5060 UDP UDP"),
            ("sips:u@1.2.3.4", "u 1.2.3.4 5061 UDP UDP"),
        ])
    func nextHop(uri: String, expected: String) throws {
        #expect(try said("$du = \"\(uri)\";", "$nh(U) $nh(d) $nh(p) $nh(P) $dP") == expected)
    }

    @Test(
        "flags are set as a whole and one by one",
        arguments: [
            ("$mf = 5;", "$mf $mF $Mf(0) $Mf(1)", "5 00000005 1 0"),
            ("$bf = 6;", "$bf $bF $Bf(1)", "6 00000006 1"), ("$mF = 9;", "$mf", "9"),
            ("$mf = 9; $Mf(1) = 1;", "$mf", "11"), ("$mf = 9; $Mf(0) = 0;", "$mf", "8"),
            ("$Bf(31) = 1;", "$bF", "80000000"), ("$mf = \"x\";", "$mf", "0"),
            ("$mf = -1;", "$mf", "0"), ("$bF = 4294967296;", "$bf", "0"),
        ])
    func flags(statement: String, template: String, expected: String) throws {
        #expect(try said(statement, template) == expected)
    }

    @Test(
        "times of the message",
        arguments: [
            ("$utime(year) $utime(mon) $utime(mday)", "2023 11 14"),
            ("$utime(hour) $utime(min) $utime(sec)", "22 13 20"),
            ("$utime(wday) $utime(yday) $utime(isdst)", "3 318 0"),
            ("$utimef(%Y-%m-%dT%H:%M:%S)", "2023-11-14T22:13:20"), ("$utimef(%%)", "%"),
            ("$K(UDP) $sid", "1 0"),
        ])
    func times(template: String, expected: String) throws {
        #expect(try expanded(template) == expected)
    }

    @Test("times of now lie close together, and those of a message do not change")
    func now() throws {
        let rig = try ScriptRig(
            """
            $var(a) = $TV(s) + "." + $TV(u); $var(b) = $TV(s) + "." + $TV(u);
            if ($var(a) == $var(b)) note("cached");
            if ($TS >= $TV(s) and $TV(sn) - $TV(s) < 9 and $TV(un) >= 0) note("now");
            if ($TV(Sn) =~ "^[0-9]+[.][0-9][0-9][0-9][0-9][0-9][0-9]$") note("text");
            if ($Tb <= $TS) note("started"); if ($Tf =~ "2023$" and $TF != $Tf) note("readable");
            if ($time(year) == 2023 and $timef(%Y) == "2023") note("local"); note("$mi");
            """)
        #expect(try rig.run() == ["cached", "now", "text", "started", "readable", "local", "1"])
        #expect(try rig.run().last == "2")
    }

    @Test(
        "what does not exist is refused when the script is loaded",
        arguments: [
            "$msg(x)", "$time(x)", "$TV(x)", "$nh(x)", "$K(x)", "$expires(x)", "$rcv(x)", "$snd(x)",
            "$Mf(32)", "$Mf(x)", "$hfl(a b)", "$(msg(len)[0])", "$shv", "$(shv(x)[1])",
        ])
    func refused(variable: String) { #expect(scriptError("$var(x) = \(variable);") != "none") }

    @Test("header names may be computed")
    func computed() throws {
        #expect(
            try said(
                "$var(n) = \"X-Multi\"; $var(i) = -1;",
                "$hdr($var(n)) $(hdr($var(n))[1]) $(hdr(X-Multi)[$var(i)]) $hdrc($var(n))")
                == "one two three 3")
        #expect(try said("$var(n) = \"no name\";", "$hdr($var(n)) $hdrc($var(n))") == "<null> 0")
    }

    @Test("shared variables are seen by all scripts and by management")
    func shared() throws {
        let before =
            "modparam(\"pv\", \"shvset\", \"deb=i:7\")\nmodparam(\"pv\", \"shvset\", \"gw=s:abc\")"
        let rig = try ScriptRig(
            "note(\"$shv(deb) $shv(gw) $shv(none)\"); $shv(deb) = $rU; $shv(gw) = $null;",
            before: before)
        #expect(try rig.run() == ["7 abc 0"])
        #expect(try rig.run() == ["carol 0 0"])
        let services = rig.services
        #expect(
            try services.call("pv.shvGet", "deb")["result"]
                == ["name": "deb", "type": "string", "value": "carol"])
        #expect(
            try services.call("pv.shvSet", "gw", "int", 3)["result"]
                == "Ok. Variable set to new value.")
        #expect(
            try services.call("pv.shvGet", "gw")["result"]
                == ["name": "gw", "type": "int", "value": 3])
        #expect(try services.call("pv.shvGet")["result"]?["items"]?[2]?["name"] == "none")
        #expect(try services.call("pv.shvGet", "nothing")["error"]?["code"] == 404)
        #expect(try services.call("pv.shvSet", "nothing", "int", 1)["error"]?["code"] == 404)
        #expect(try services.call("pv.shvSet", "gw", "foo", 1)["error"]?["code"] == 500)
        #expect(try services.call("pv.shvSet", "gw", "int", "x")["error"]?["code"] == 500)
        #expect(try services.call("pv.shvSet", "gw")["error"]?["code"] == 500)
    }

    @Test("a shared variable needs a type", arguments: ["x", "x=5", "x=i:y", "=i:1"])
    func wrongShared(setting: String) {
        #expect(scriptError("", before: "modparam(\"pv\", \"shvset\", \"\(setting)\")") != "none")
    }
}
