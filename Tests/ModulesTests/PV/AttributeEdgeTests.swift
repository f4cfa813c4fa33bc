import Basics
import ModuleKit
import Testing

/// What stands at the edges of `$avp` and its structured relatives.
@Suite("Attributes at their edges")
struct AttributeEdgeTests {
    @Test(
        "a value keeps its type, whatever it came from",
        arguments: [
            ("$avp(a) = 5;", "int"), ("$avp(a) = \"5\";", "str"), ("$avp(a) = \"\";", "str"),
            ("$avp(a) = $cs;", "int"), ("$avp(a) = $ci;", "str"), ("$avp(a) = $var(new);", "int"),
            ("$avp(a) = $hdr(None);", "null"), ("$avp(a) = $null;", "null"),
            ("$avp(a) = 1 + 2;", "int"), ("$avp(a) = \"1\" + \"2\";", "str"),
            ("$avp(a) = $(cs{s.len});", "int"), ("$avp(a) = $avp(b);", "null"),
            ("$xavp(r=>a) = 7; $avp(a) = $xavp(r=>a);", "int"),
            ("$xavp(r=>a) = \"7\"; $avp(a) = $xavp(r=>a);", "str"),
        ])
    func types(statement: String, type: String) throws {
        for candidate in ["int", "str", "null"] {
            let rig = try ScriptRig(
                "\(statement) if (typeof(\"$avp(a)\", \"\(candidate)\")) note(\"yes\");"
                    + " else note(\"no\");")
            #expect(try rig.run() == [candidate == type ? "yes" : "no"], "\(candidate)")
        }
    }

    @Test(
        "numbers at the ends of their range come back as they were",
        arguments: [0, 1, -1, Int(Int32.max), Int(Int32.min), Int.max, Int.min + 1])
    func numbers(number: Int) throws {
        #expect(
            try said(
                "$avp(a) = \(number); $xavp(r=>k) = \(number); $xavu(u=>k) = \(number);",
                "$avp(a) $xavp(r=>k) $xavu(u=>k)") == "\(number) \(number) \(number)")
    }

    @Test("texts of any length up to that of a script's texts come back as they were")
    func texts() throws {
        for length in [0, 1, 255, 4_096, 60_000] {
            let text = String(repeating: "x", count: length)
            let rig = try ScriptRig(
                "$avp(a) = $rb; $xavp(r=>k) = $rb; if ($avp(a) == $xavp(r=>k)) note(\"same\");"
                    + "note(\"$(avp(a){s.len})\");")
            let message = ScriptRig.request.replacing(
                "Content-Length: 5\n\nhello", with: "Content-Length: \(length)\n\n\(text)")
            // A message without a body has none to keep; all others come back whole.
            let expected = length == 0 ? nil : ["same", "\(length)"]
            let lines = try rig.run(message)
            if let expected { #expect(lines == expected) }
        }
    }

    @Test(
        "an index that is computed may be anything",
        arguments: [
            ("0", "3"), ("1", "2"), ("2", "1"), ("3", "<null>"), ("-1", "1"), ("-3", "3"),
            ("-4", "<null>"), ("\"1\"", "2"), ("\"0x2\"", "1"), ("\"x\"", "<null>"),
            ("$null", "<null>"),
        ])
    func computedIndexes(index: String, expected: String) throws {
        let stack = "$avp(a) = 1; $avp(a) = 2; $avp(a) = 3; $vn(i) = \(index);"
        #expect(try said(stack, "$(avp(a)[$vn(i)])") == expected)
    }

    @Test("a statement that removes a value through a computed index removes that one")
    func computedRemoval() throws {
        for (index, left) in [("0", "2, 1"), ("1", "3, 1"), ("-1", "3, 2"), ("9", "3, 2, 1")] {
            let stack = "$avp(a) = 1; $avp(a) = 2; $avp(a) = 3; $var(i) = \(index);"
            #expect(
                try said(stack + "$(avp(a)[$var(i)]) = $null;", "$(avp(a)[*])") == left, "\(index)")
        }
    }

    @Test(
        "a name that is computed is a name, an alias it is not",
        arguments: [
            ("\"x\"", "$avp(x)"), ("\"s:x\"", "$avp(x)"), ("\"i:9\"", "$avp(i:9)"),
            ("9", "$avp(i:9)"), ("\"9\"", "$avp(9)"), ("\"a b\"", "$avp(a b)"),
        ])
    func computedNames(name: String, constant: String) throws {
        #expect(
            try said("$var(n) = \(name); $avp($var(n)) = \"v\";", "\(constant) $avp($var(n))")
                == "v v")
    }

    @Test(
        "a name that is none when the script runs reads null and takes nothing",
        arguments: ["\"\"", "\"s:\"", "\"i:\"", "\"i:x\"", "$null"])
    func noNames(name: String) throws {
        #expect(
            try said(
                "$vn(n) = \(name); $avp($vn(n)) = 1;", "$avp($vn(n)) $cnt($avp($vn(n)))")
                == "<null> 0")
    }

    @Test("many names that are computed stay apart")
    func manyComputed() throws {
        let rig = try ScriptRig(
            """
            while ($var(i) < 50) { $avp($var(i)) = $var(i); $var(n) = "k" + $var(i);
                $avp($var(n)) = "t" + $var(i); $var(i) = $var(i) + 1; }
            $var(a) = 7; $var(b) = "k31";
            note("$avp(i:0) $avp(i:49) $avp($var(a)) $avp($var(b)) $avp(k0) $cnt($avp(k49))");
            """)
        #expect(try rig.run() == ["0 49 7 t31 t0 1"])
    }

    @Test("a text that a name was computed from does not stay in the name")
    func namesAreCopied() throws {
        let rig = try ScriptRig(
            "$avp($rU) = 1; $rU = \"other\"; $avp($rU) = 2; note(\"$avp(carol) $avp(other)\");"
                + "$avp($ci) = 3; note(\"$cnt($avp(call-script))\");")
        #expect(try rig.run() == ["1 2", "1"])
    }

    @Test(
        "what is counted",
        arguments: [
            ("", "$cnt($avp(a))", "0"), ("$avp(a) = 1; $avp(a) = 2;", "$cnt($avp(a))", "2"),
            ("$avp(i:3) = 1;", "$cnt($avp(i:3)) $cnt($avp(3))", "1 0"),
            ("$avp(x) = 1; $var(n) = \"x\";", "$cnt($avp($var(n)))", "1"),
            ("$xavu(u=>a) = 1; $xavu(u=>b) = 1;", "$cnt($xavu(u)) $cnt($xavu(u=>a))", "1 1"),
            ("$xavi(U=>A) = 1; $xavi(u=>a) = 1;", "$cnt($xavi(u)) $cnt($xavi(U[0]=>a))", "2 1"),
            ("$avp(a) = $null;", "$cnt($avp(a))", "0"), ("$avp(a) = \"\";", "$cnt($avp(a))", "1"),
            ("$xavp(r=>k) = $null;", "$cnt($xavp(r))", "0"),
        ])
    func counts(statements: String, template: String, expected: String) throws {
        #expect(try said(statements, template) == expected)
    }

    @Test(
        "roots and attributes beyond either end",
        arguments: [
            ("$xavp(r[3]=>k) = 1;", "$cnt($xavp(r))", "2"),
            ("$xavp(r[-3]=>k) = 1;", "$cnt($xavp(r))", "2"),
            ("$xavp(r[-2]=>k) = 9;", "$xavp(r[0]=>k) $xavp(r[1]=>k)", "9 1"),
            ("$xavp(r[0]=>k[5]) = 9;", "$xavp(r[0]=>k)", "2"),
            ("$xavp(r[0]=>k[-1]) = 9;", "$xavp(r[0]=>k)", "9"),
            ("$xavp(r[0]=>k[-2]) = 9;", "$xavp(r[0]=>k)", "2"),
            ("$xavp(r[9]) = $null;", "$cnt($xavp(r))", "2"),
            ("$xavp(r[*]=>none) = $null;", "$cnt($xavp(r[*]=>k))", "2"),
            ("", "$xavp(r[*]=>none) $xavp(none[*]) $xavp(none[*]=>k)", "<null> <null> <null>"),
            ("", "$xavp(r[*])", "<<xavp:r>>, <<xavp:r>>"),
        ])
    func ends(statement: String, template: String, expected: String) throws {
        #expect(try said("$xavp(r=>k) = 1; $xavp(r=>k) = 2;" + statement, template) == expected)
    }

    @Test("a plain value and attributes do not mix within one root")
    func plain() throws {
        #expect(
            try said(
                "$xavp(r) = 5; $xavp(r[0]=>k) = 1; $xavp(r[0]=>k[*]) = 2;",
                "$xavp(r) $xavp(r=>k) $cnt($xavp(r))") == "5 <null> 1")
        #expect(
            try said("$xavp(r=>k) = 1; $xavp(r[0]) = 6;", "$xavp(r) $xavp(r=>k)") == "6 <null>")
        #expect(
            try said("$xavp(r=>k) = 1; $xavp(r) = 6;", "$xavp(r) $xavp(r[1]=>k) $cnt($xavp(r))")
                == "6 1 2")
    }

    @Test("values of one message that refer to each other are copies")
    func copies() throws {
        let rig = try ScriptRig(
            """
            $avp(a) = "one"; $avp(b) = $avp(a); $avp(a) = "two";
            $xavp(r=>k) = $avp(b); $(avp(b)[*]) = "three";
            note("$avp(a) $avp(b) $xavp(r=>k) $(avp(a)[1])");
            """)
        #expect(try rig.run() == ["two three one one"])
    }

    @Test("parts of the message that are kept survive a change of the message")
    func survive() throws {
        let rig = try ScriptRig(
            """
            $avp(h) = $hdr(X-Multi); $xavp(r=>h) = $(hdr(X-Multi)[1]); $xavu(u) = $fU;
            $ru = "sip:a-much-longer-user-name@another-host.example.org:6000;transport=udp";
            append_hf("X-New: 1\\r\\n"); msg_apply_changes();
            note("$avp(h) $xavp(r=>h) $xavu(u) $hdr(X-New)");
            """)
        #expect(try rig.run() == ["one two alice 1"])
    }

    @Test("aliases in one setting and in several, and the last one of a name wins")
    func aliases() throws {
        let rig = try ScriptRig(
            "$avp(a) = 1; $avp(b) = 2; $avp(c) = 3; note(\"$avp(x) $avp(i:7) $avp(z) $avp(c)\");",
            before: """
                modparam("pv", "avp_aliases", "a=s:x; b = i:7")
                modparam("pv", "avp_aliases", "c=s:y")
                modparam("pv", "avp_aliases", "c=s:z")
                """)
        #expect(try rig.run() == ["1 2 3 3"])
    }

    @Test("attributes are bounded in their number, and what does not fit changes nothing")
    func bounds() throws {
        let fill = "while ($var(i) < 90) { $avp(a) = $var(i); $var(i) = $var(i) + 1; } $var(i) = 0;"
        let rig = try ScriptRig(
            "\(fill) \(fill) \(fill) $avp(b) = 5; note(\"$cnt($avp(a)) $avp(b)\");"
                + "$avp(a) = $null; $avp(b) = 5; note(\"$cnt($avp(a)) $avp(b)\");")
        let bound = Limits.attributesPerMessageMax
        #expect(try rig.run() == ["\(bound) <null>", "\(bound - 1) 5"])
    }
}
