import Basics
import Glibc
import ModuleKit
import Testing

/// The message of the rig with one line replaced by others.
private func message(_ line: String, _ lines: String...) -> String {
    ScriptRig.request.replacing(line + "\n", with: lines.map { $0 + "\n" }.joined())
}

/// The message with another request URI.
private func message(to uri: String) -> String {
    ScriptRig.request.replacing("sip:carol@example.com:5080;transport=tcp SIP", with: "\(uri) SIP")
}

@Suite("Module pv: parts of URIs")
struct PVURITests {
    /// A request URI, then what `$rz $rU $rd $rp $rP` show of it.
    static let requests: [(String, String)] = [
        ("sip:example.com", "sip <null> example.com 5060 UDP"),
        ("sip:bob@example.com", "sip bob example.com 5060 UDP"),
        ("sip:bob:secret@example.com", "sip bob example.com 5060 UDP"),
        ("sip:bob@example.com:5099", "sip bob example.com 5099 UDP"),
        ("sip:bob@[2001:db8::1]", "sip bob [2001:db8::1] 5060 UDP"),
        ("sip:bob@[2001:db8::1]:5099", "sip bob [2001:db8::1] 5099 UDP"),
        ("sip:bob@10.0.0.1;transport=udp", "sip bob 10.0.0.1 5060 udp"),
        ("sip:bob@10.0.0.1;transport=TCP", "sip bob 10.0.0.1 5060 TCP"),
        ("sip:bob@10.0.0.1;lr;transport=tcp", "sip bob 10.0.0.1 5060 tcp"),
        ("sip:bob@10.0.0.1;lr", "sip bob 10.0.0.1 5060 UDP"),
        ("sip:bob%40home@example.com", "sip bob%40home example.com 5060 UDP"),
        ("sip:+4912@example.com;user=phone", "sip +4912 example.com 5060 UDP"),
        ("sips:bob@example.com", "sips bob example.com 5061 UDP"),
        ("sips:bob@example.com:5099", "sips bob example.com 5099 UDP"),
        ("sip:bob@example.com?subject=x", "sip bob example.com 5060 UDP"),
    ]

    @Test("parts of the request URI", arguments: requests)
    func requestParts(uri: String, expected: String) throws {
        #expect(try expanded("$rz $rU $rd $rp $rP", message(to: uri)) == expected)
    }

    @Test("the same parts are read from the URI that the script set", arguments: requests)
    func rewritten(uri: String, expected: String) throws {
        let rig = try ScriptRig("$ru = \"\(uri)\"; note(\"$rz $rU $rd $rp $rP\");")
        #expect(try rig.run() == [expected])
    }

    @Test("the URI as it was received keeps its parts when another is set", arguments: requests)
    func original(uri: String, expected: String) throws {
        let rig = try ScriptRig(
            "$ru = \"sip:new@host.example\"; note(\"$ou\"); note(\"$oU $od\");")
        let parts = expected.split(separator: " ")
        #expect(try rig.run(message(to: uri)) == [uri, "\(parts[1]) \(parts[2])"])
    }

    @Test(
        "the destination URI shows host and port, or the default port",
        arguments: [
            ("sip:10.0.0.1", "10.0.0.1 5060"), ("sip:10.0.0.1:5099", "10.0.0.1 5099"),
            ("sips:proxy.example", "proxy.example 5061"), ("sip:[::1]:5070", "[::1] 5070"),
            ("tel:+491", "<null> <null>"),
        ])
    func destination(uri: String, expected: String) throws {
        let rig = try ScriptRig("$du = \"\(uri)\"; note(\"$dd $dp\");")
        #expect(try rig.run() == [expected])
    }

    @Test("a destination of one message is not that of the next")
    func destinationOfOneMessage() throws {
        let rig = try ScriptRig("note(\"$du\"); $du = \"sip:10.0.0.1\";")
        #expect(try rig.run() == ["<null>"])
        #expect(try rig.run() == ["<null>"])
    }

    @Test(
        "parts cannot be set in a reply, which has no request URI",
        arguments: [
            "$rU = \"x\";", "$rd = \"x\";", "$rp = 5;", "$ru = \"sip:a@b\";", "$rU = $null;",
        ])
    func replies(statement: String) throws {
        let rig = try ScriptRig("\(statement) note(\"$ru $rU\");")
        #expect(try rig.run(ScriptRig.reply) == ["<null> <null>"])
    }

    @Test("several parts are set one after the other")
    func chain() throws {
        let rig = try ScriptRig(
            "$rU = \"zed\"; $rd = \"h.example\"; $rp = 7; note(\"$ru\"); $rp = $null;"
                + " $rU = $null; note(\"$ru\");")
        #expect(
            try rig.run() == [
                "sip:zed@h.example:7;transport=tcp", "sip:h.example;transport=tcp",
            ])
    }

    @Test(
        "a text that would add header fields to a URI is refused",
        arguments: ["a\\r\\nX: 1", "a b", "<a>", "a@b@c"])
    func injection(user: String) throws {
        let rig = try ScriptRig("$rU = \"\(user)\"; note(\"$ru\");")
        #expect(try rig.run() == ["sip:carol@example.com:5080;transport=tcp"])
    }
}

@Suite("Module pv: header fields")
struct PVHeaderTests {
    /// A From field, then what `$fu $fU $fd $fn $ft` show of it.
    static let addresses: [(String, String)] = [
        ("<sip:al@h>;tag=1", "sip:al@h|al|h|<null>|1"),
        ("\"A B\" <sip:al@h>;tag=1", "sip:al@h|al|h|\"A B\"|1"),
        ("Al <sip:al@h>;tag=1", "sip:al@h|al|h|Al|1"),
        ("<sip:h>;tag=1", "sip:h|<null>|h|<null>|1"),
        ("<sip:al@h>", "sip:al@h|al|h|<null>|<null>"),
        ("sip:al@h;tag=1", "sip:al@h|al|h|<null>|1"),
        ("<sip:al@h:5099;lr>;tag=abc.def", "sip:al@h:5099;lr|al|h|<null>|abc.def"),
        ("<sips:al@[::1]>;tag=1", "sips:al@[::1]|al|[::1]|<null>|1"),
        ("<sip:al@h>;x=y;tag=z", "sip:al@h|al|h|<null>|z"),
    ]

    @Test("From and its parts", arguments: addresses)
    func from(value: String, expected: String) throws {
        let changed = message(
            "From: \"Al\" <sip:alice@example.org>;tag=tag-a", "From: \(value)")
        #expect(try expanded("$fu|$fU|$fd|$fn|$ft", changed) == expected)
    }

    @Test("To and its parts", arguments: addresses)
    func to(value: String, expected: String) throws {
        let changed = message("To: \"Carol C\" <sip:carol@example.com>", "To: \(value)")
        #expect(try expanded("$tu|$tU|$td|$tn|$tt", changed) == expected)
    }

    @Test("compact names are the fields they stand for (RFC 3261 7.3.3)")
    func compact() throws {
        let short = ScriptRig.request
            .replacing("From:", with: "f:").replacing("To:", with: "t:")
            .replacing("Call-ID:", with: "i:").replacing("Contact:", with: "m:")
            .replacing("Content-Type:", with: "c:").replacing("Content-Length:", with: "l:")
        #expect(
            try expanded("$fU $tU $ci $ct $cT $cl $hdr(From)", short)
                == "alice carol call-script <sip:alice@127.0.0.9> text/plain 5 "
                + "\"Al\" <sip:alice@example.org>;tag=tag-a")
    }

    @Test(
        "a field that is not there reads as null",
        arguments: [
            ("Contact: <sip:alice@127.0.0.9>", "$ct"), ("User-Agent: t/6", "$ua"),
            ("Content-Type: text/plain", "$cT"), ("Supported: path, gruu", "$hdr(Supported)"),
        ])
    func absent(line: String, variable: String) throws {
        #expect(try expanded("<\(variable)>", message(line)) == "<<null>>")
    }

    @Test("an empty field reads as null where it stands for a value")
    func empty() throws {
        #expect(try expanded("$ua", message("User-Agent: t/6", "User-Agent:")) == "<null>")
    }

    @Test(
        "CSeq is shown as a number and in whole",
        arguments: [
            ("CSeq: 0 MESSAGE", "0"), ("CSeq: 2147483647 MESSAGE", "2147483647"),
            ("CSeq: 4294967295 MESSAGE", "<null>"), ("CSeq:  7   MESSAGE", "7"),
        ])
    func cSeq(line: String, expected: String) throws {
        #expect(try expanded("$cs", message("CSeq: 61 MESSAGE", line)) == expected)
    }

    @Test("fields are counted and indexed from both ends")
    func indexes() throws {
        let many = message("X-Multi: one", "X-Multi: zero", "x-multi: half", "X-Multi: one")
        #expect(try expanded("$hdrc(X-Multi)", many) == "5")
        #expect(
            try expanded("$(hdr(X-Multi)[0]) $(hdr(X-Multi)[1]) $(hdr(X-Multi)[4])", many)
                == "zero half three")
        #expect(
            try expanded("$(hdr(X-Multi)[-1]) $(hdr(X-Multi)[-5]) $(hdr(X-Multi)[-6])", many)
                == "three zero <null>")
        #expect(try expanded("$(hdr(X-Multi)[5])", many) == "<null>")
    }

    @Test("well-known fields are counted and indexed like others")
    func knownFields() throws {
        let two = message(
            "Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1",
            "Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1", "v: SIP/2.0/UDP 9.9.9.9")
        #expect(try expanded("$hdrc(Via) $hdrc(v)", two) == "2 2")
        #expect(
            try expanded("$(hdr(Via)[1])|$(hdr(v)[-1])", two)
                == "SIP/2.0/UDP 9.9.9.9|SIP/2.0/UDP 9.9.9.9")
    }

    @Test(
        "what is no name of a field is refused when the script is loaded",
        arguments: ["$hdr(a:b)", "$hdr(a@b)", "$hdrc(a b)", "$hdrc()"])
    func names(variable: String) {
        #expect(scriptError("$var(x) = \(variable);").contains("is no name of a header field"))
    }

    @Test(
        "variables that show the message cannot be set",
        arguments: [
            "rm", "rs", "rr", "rv", "mt", "rP", "rz", "ou", "oU", "od", "dd", "dp", "fu", "fU",
            "fd", "fn", "ft", "tu", "tU", "td", "tn", "tt", "ci", "cs", "csb", "ct", "cT", "cl",
            "ua", "rb", "bs", "ml", "mb", "si", "sp", "su", "Ri", "Rp", "pr", "proto", "af",
            "conid", "true", "Ts", "pp",
        ])
    func readOnly(name: String) {
        #expect(scriptError("$\(name) = 1;") == "$\(name) is read-only")
    }
}

@Suite("Module pv: the process and the script's own variables")
struct PVOwnTests {
    @Test("the process has a number")
    func process() throws {
        #expect(try expanded("$pp") == "\(getpid())")
    }

    @Test("flags show as a number, and end with the message")
    func flags() throws {
        let rig = try ScriptRig(
            "note(\"$mf $bf\"); setflag(3); setflag(0); note(\"$mf $bf\");")
        #expect(try rig.run() == ["0 0", "9 0"])
        #expect(try rig.run() == ["0 0", "9 0"])
    }

    @Test("variables of the two kinds with one name are two variables")
    func kinds() throws {
        let rig = try ScriptRig("$var(x) = 1; $vn(x) = \"a\"; note(\"$var(x) $vn(x)\");")
        #expect(try rig.run() == ["1 a"])
    }

    @Test("names of variables differ by case")
    func names() throws {
        let rig = try ScriptRig("$var(x) = 1; $var(X) = 2; note(\"$var(x) $var(X)\");")
        #expect(try rig.run() == ["1 2"])
    }

    @Test("a variable takes integers and strings in turns")
    func turns() throws {
        let rig = try ScriptRig(
            "$var(x) = 5; $var(x) = $var(x) + 1; note(\"$var(x)\"); $var(x) = \"s\" + $rU;"
                + " note(\"$var(x)\"); $var(x) = \"\"; note(\"<$var(x)>\");")
        #expect(try rig.run() == ["6", "scarol", "<>"])
    }

    @Test("varset's first value comes back when the variable is set to null only as 0")
    func varsetNull() throws {
        let before = "modparam(\"pv\", \"varset\", \"a=i:7\")"
        let rig = try ScriptRig(
            "note(\"$var(a)\"); $var(a) = 8; note(\"$var(a)\"); $var(a) = $null;"
                + " note(\"$var(a)\");", before: before)
        #expect(try rig.run() == ["7", "8", "0"])
    }

    @Test(
        "varset takes strings with any bytes and integers in any base",
        arguments: [
            ("a=s:", ""), ("a=s:x=y", "x=y"), ("a=s:i:5", "i:5"), ("a=i:0x10", "16"),
            ("a=i:-3", "-3"), ("a=i:010", "8"),
        ])
    func varset(setting: String, expected: String) throws {
        let rig = try ScriptRig(
            "note(\"$var(a)\");", before: "modparam(\"pv\", \"varset\", \"\(setting)\")")
        #expect(try rig.run() == [expected])
    }

    @Test(
        "a varset of another form is refused, and shown",
        arguments: ["", "a", "=i:5", "a=5", "a=x:5", "a=i:", "a=i:5x", "a=S:x"])
    func wrongVarset(setting: String) {
        let error = scriptError("", before: "modparam(\"pv\", \"varset\", \"\(setting)\")")
        #expect(
            error.contains(
                "has not the form name=s:text or name=i:number"))
    }

    @Test("a name that varset gives twice has the last value")
    func twice() throws {
        let before = """
            modparam("pv", "varset", "a=i:1")
            modparam("pv", "varset", "a=i:2")
            """
        #expect(try ScriptRig("note(\"$var(a)\");", before: before).run() == ["2"])
    }

    @Test("a body of any size and kind is shown as it came")
    func bodies() throws {
        let empty = ScriptRig.request.replacing(
            "Content-Length: 5\n\nhello", with: "Content-Length: 0\n\n")
        #expect(try expanded("$rb|$bs|$cl", empty) == "<null>|0|0")
        let long = String(repeating: "x", count: 3_000)
        let large = ScriptRig.request.replacing(
            "Content-Length: 5\n\nhello", with: "Content-Length: 3000\n\n\(long)")
        #expect(try expanded("$bs $rb", large) == "3000 \(long)")
    }
}
