import Basics
import ModuleKit
import Testing

@Suite("Branches and sockets in scripts")
struct BranchTests {
    private static let two = "$br = \"sip:b0@h0\"; $br = \"sip:b1@h1\"; $(branch(q)[1]) = 500;"

    @Test(
        "attributes of branches",
        arguments: [
            ("", "$branch(count) $branch(uri) $br $bR $ds", "<null> <null> <null> <null> <null>"),
            (two, "$branch(count) $branch(uri) $(branch(uri)[1])", "2 sip:b0@h0 sip:b1@h1"),
            (two, "$(branch(uri)[-1]) $(branch(uri)[-2])", "sip:b1@h1 sip:b0@h0"),
            (two, "$(branch(uri)[2]) $(branch(uri)[-3])", "<null> <null>"),
            (two, "$branch(q) $(branch(q)[1])", "<null> 500"),
            (
                two, "$branch(dst_uri) $branch(path) $branch(send_socket) $branch(ruid)",
                "<null> <null> <null> <null>"
            ),
            (
                two, "$branch(flags) $branch(otcpid) $branch(location_ua) $branch(instance)",
                "0 0 <null> <null>"
            ),
            (two, "$bR", "<sip:b0@h0>, <sip:b1@h1>;q=0.5"),
            (two, "$ds", "Contact: <sip:b0@h0>, <sip:b1@h1>;q=0.5"),
            (two + "$var(i) = 1;", "$(branch(uri)[$var(i)])", "sip:b1@h1"),
            (two + "$branch(uri) = \"sip:new@n\";", "$br", "sip:new@n"),
            (two + "$(branch(uri)[0]) = $null;", "$branch(count) $br", "1 sip:b1@h1"),
            (two + "$branch(uri) = \"nonsense\";", "$br", "sip:b0@h0"),
            (two + "$branch(uri) = 5;", "$br", "sip:b0@h0"),
            (two + "$(branch(uri)[7]) = \"sip:x@x\";", "$branch(count)", "2"),
            (two + "$(branch(dst_uri)[-1]) = \"sip:d@d\";", "$(branch(dst_uri)[1])", "sip:d@d"),
            (
                two + "$branch(dst_uri) = \"sip:d@d\"; $branch(dst_uri) = $null;",
                "$branch(dst_uri)",
                "<null>"
            ),
            (two + "$branch(q) = \"0.7\";", "$branch(q)", "<null>"),
            (two + "$branch(q) = 1001;", "$branch(q)", "<null>"),
            (two + "$branch(q) = 0;", "$bR", "<sip:b0@h0>;q=0, <sip:b1@h1>;q=0.5"),
            (two + "$branch(q) = 1000;", "$bR", "<sip:b0@h0>;q=1, <sip:b1@h1>;q=0.5"),
            (two + "$branch(q) = 305;", "$bR", "<sip:b0@h0>;q=0.305, <sip:b1@h1>;q=0.5"),
            (two + "$branch(q) = 5;", "$bR", "<sip:b0@h0>;q=0.005, <sip:b1@h1>;q=0.5"),
            (two + "$branch(q) = 50;", "$bR", "<sip:b0@h0>;q=0.05, <sip:b1@h1>;q=0.5"),
            (
                two + "$branch(flags) = 5; $branch(otcpid) = 9;", "$branch(flags) $branch(otcpid)",
                "5 9"
            ),
            (
                two + "$branch(path) = \"<sip:p;lr>\"; $branch(ruid) = \"r\";",
                "$branch(path) $branch(ruid)", "<sip:p;lr> r"
            ),
            (
                two + "$branch(send_socket) = \"udp:127.0.0.1:5060\";", "$branch(send_socket)",
                "udp:127.0.0.1:5060"
            ),
            (two + "$branch(send_socket) = \"udp:10.9.9.9:1\";", "$branch(send_socket)", "<null>"),
            (two + "$branch(count) = 1;", "$branch(count)", "2"),
            ("$br = \"nonsense\";", "$branch(count)", "<null>"),
        ])
    func branches(statements: String, template: String, expected: String) throws {
        #expect(try said(statements, template) == expected)
    }

    @Test("a request has a bounded number of branches")
    func bounded() throws {
        let loop = "while ($var(i) < 90) { $br = \"sip:a@b\"; $var(i) = $var(i) + 1; }"
        #expect(try said(loop, "$branch(count)") == "\(Limits.branchesMax)")
    }

    @Test(
        "a branch is put together and used",
        arguments: [
            ("", "$sbranch(uri) $sbranch(flags) $sbranch(q)", "<null> <null> <null>"),
            (
                "$sbranch(uri) = \"sip:s@s\"; $sbranch(q) = 500; $sbranch(flags) = 3;",
                "$sbranch(uri) $sbranch(q) $sbranch(flags)", "sip:s@s 500 3"
            ),
            ("sbranch_append();", "$rc $branch(count)", "-1 <null>"),
            ("sbranch_set_ruri();", "$rc $rU", "-1 carol"),
            (
                "$sbranch(uri) = \"sip:s@s\"; $sbranch(dst_uri) = \"sip:d@d\"; sbranch_append();",
                "$rc $(branch(uri)[-1]) $(branch(dst_uri)[-1])", "1 sip:s@s sip:d@d"
            ),
            (
                "$sbranch(uri) = \"sip:s@s\"; $sbranch(dst_uri) = \"sip:d@d\"; $sbranch(flags) = 3;"
                    + "$sbranch(send_socket) = \"udp:127.0.0.1:5060\"; sbranch_set_ruri();",
                "$rc $ru $du $bf $fs $fsp", "1 sip:s@s sip:d@d 3 udp:127.0.0.1:5060 5060"
            ),
            ("$sbranch(uri) = \"sip:s@s\"; sbranch_reset();", "$rc $sbranch(uri)", "1 <null>"),
            (
                "$sbranch(uri) = \"sip:s@s\"; $sbranch(uri) = $null; sbranch_append();",
                "$rc $sbranch(uri)", "-1 <null>"
            ),
            ("$sbranch(q) = \"x\";", "$sbranch(q)", "<null>"),
        ])
    func staticBranch(statements: String, template: String, expected: String) throws {
        #expect(try said(statements, template) == expected)
    }

    @Test("the branch that is put together outlives the message")
    func outlives() throws {
        let rig = try ScriptRig("note(\"$sbranch(uri)\"); $sbranch(uri) = \"sip:s@s\";")
        #expect(try rig.run() == ["<null>"])
        #expect(try rig.run() == ["sip:s@s"])
    }

    @Test(
        "what a branch has not is refused",
        arguments: ["$branch(x) = 1;", "$sbranch(count) = 1;", "$sbranch(y) = 1;", "$branch = 1;"])
    func refused(body: String) { #expect(scriptError(body) != "none") }

    @Test(
        "sockets and sources",
        arguments: [
            ("$RAi $RAp $RAu", "sip.example.com 5060 sip:sip.example.com:5060"),
            ("$RAut", "sip:sip.example.com:5060;transport=udp"),
            ("$Ru $Rut", "sip:127.0.0.1:5060 sip:127.0.0.1:5060;transport=udp"),
            ("$sut $sas $siz", "sip:10.1.2.3:5070;transport=udp udp:10.1.2.3:5070 10.1.2.3"),
            ("$prid $fs $fsp", "1 <null> 0"),
            ("$rcv(srcip) $rcv(srcport) $rcv(rcvip) $rcv(rcvport)", "10.1.2.3 5070 127.0.0.1 5060"),
            ("$rcv(proto) $rcv(sproto) $rcv(af)", "1 udp 2"),
            ("$snd(ip) $sndto(port) $sndfrom(proto)", "<null> <null> <null>"),
            (
                "$K(IPv4) $K(IPv6) $K(UDP) $K(TCP) $K(TLS) $K(SCTP) $K(WS) $K(WSS)",
                "2 10 1 2 3 4 5 6"
            ),
        ])
    func sockets(template: String, expected: String) throws {
        #expect(try expanded(template) == expected)
    }

    @Test("a stream over IPv6 without an advertised address")
    func stream() throws {
        let rig = try ScriptRig("note(\"$RAi $RAp $RAu $sas $siz $prid $sut\");")
        let peer = PeerAddress(high: 0x2001_0db8_0000_0000, low: 1, port: 40_000)
        #expect(
            try rig.run(transport: .tcp, connection: 7, source: peer) == [
                "::1 5060 sip:[::1]:5060;transport=tcp tcp:[2001:db8::1]:40000 [2001:db8::1] 2"
                    + " sip:[2001:db8::1]:40000;transport=tcp"
            ])
    }

    @Test(
        "the socket to send from is one of those that are listened on",
        arguments: [
            ("$fs = \"udp:127.0.0.1:5060\";", "udp:127.0.0.1:5060"),
            ("$fs = \"127.0.0.1:5060\";", "udp:127.0.0.1:5060"),
            ("$fs = \"udp:1.2.3.4:1\";", "<null>"), ("$fs = 5;", "<null>"),
            ("$fs = \"udp:127.0.0.1:5060\"; $fs = \"x\";", "udp:127.0.0.1:5060"),
            ("$fs = \"udp:127.0.0.1:5060\"; $fs = $null;", "<null>"),
        ])
    func sendSocket(statements: String, expected: String) throws {
        #expect(try said(statements, "$fs") == expected)
    }
}
