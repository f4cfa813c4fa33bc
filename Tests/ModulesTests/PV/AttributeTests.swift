import KEX
import ModuleKit
import Testing

/// What a template expands to after some statements.
func said(_ statements: String, _ template: String) throws -> String {
    try ScriptRig("\(statements) note(\"\(template)\");", further: [ModuleBlueprint(KEX.self)])
        .run().joined(separator: "\n")
}

@Suite("Attributes of a message")
struct AttributeTests {
    @Test(
        "$avp is a stack whose newest value comes first",
        arguments: [
            ("", "$avp(a)", "<null>"), ("", "$(avp(a)[*])", "<null>"),
            ("$avp(a) = 1;", "$avp(a)", "1"), ("$avp(s:a) = \"x\";", "$avp(a)", "x"),
            ("$avp(a) = \"x\";", "$avp(s:a)", "x"), ("$avp(a) = \"\";", "[$avp(a)]", "[]"),
            ("$avp(a) = 1; $avp(a) = 2;", "$avp(a) $(avp(a)[0]) $(avp(a)[1])", "2 2 1"),
            ("$avp(a) = 1; $avp(a) = \"two\"; $avp(a) = 3;", "$(avp(a)[*])", "3, two, 1"),
            ("$avp(a) = 1; $avp(a) = 2;", "$(avp(a)[-1]) $(avp(a)[-2])", "1 2"),
            ("$avp(a) = 1;", "$(avp(a)[1]) $(avp(a)[-2]) $(avp(a)[99])", "<null> <null> <null>"),
            ("$avp(a) = 1; $avp(A) = 2;", "$avp(a) $avp(A)", "1 2"),
            ("$avp(i:5) = \"i\"; $avp(5) = \"s\";", "$avp(i:5) $avp(5) $avp(s:5)", "i s s"),
            ("$avp(i:0x10) = 1;", "$avp(i:16)", "1"),
            ("$avp(a) = $ci;", "$avp(a)", "call-script"),
            ("$avp(a) = $hdr(None);", "$avp(a)", "<null>"),
            ("$avp(a) = -7;", "$avp(a)", "-7"),
        ])
    func reading(statements: String, template: String, expected: String) throws {
        #expect(try said(statements, template) == expected)
    }

    @Test(
        "an assignment of null takes values away, and [*] replaces all",
        arguments: [
            ("$avp(a) = $null;", "3, 2, 1 -> 2, 1"),
            ("$(avp(a)[0]) = $null;", "3, 2, 1 -> 2, 1"),
            ("$(avp(a)[1]) = $null;", "3, 2, 1 -> 3, 1"),
            ("$(avp(a)[-1]) = $null;", "3, 2, 1 -> 3, 2"),
            ("$(avp(a)[9]) = $null;", "3, 2, 1 -> 3, 2, 1"),
            ("$(avp(a)[*]) = $null;", "3, 2, 1 -> <null>"),
            ("$(avp(a)[*]) = \"x\";", "3, 2, 1 -> x"),
            ("$(avp(a)[1]) = \"x\";", "3, 2, 1 -> x, 3, 2, 1"),
            ("$avp(a) = $hdr(None);", "3, 2, 1 -> 2, 1"),
            ("$avp(b) = $null;", "3, 2, 1 -> 3, 2, 1"),
            ("pv_unset(\"$avp(a)\");", "3, 2, 1 -> 2, 1"),
            ("pv_unset(\"$(avp(a)[*])\");", "3, 2, 1 -> <null>"),
        ])
    func writing(statement: String, expected: String) throws {
        let before = "$avp(a) = 1; $avp(a) = 2; $avp(a) = 3; $avp(t) = $(avp(a)[*]);"
        #expect(try said(before + statement, "$avp(t) -> $(avp(a)[*])") == expected)
    }

    @Test(
        "names and indexes may be computed",
        arguments: [
            ("$var(n) = \"x\"; $avp($var(n)) = 1;", "$avp(x)", "1"),
            ("$avp(x) = 1; $var(n) = \"x\";", "$avp($var(n))", "1"),
            ("$avp(i:7) = 1; $var(n) = 7;", "$avp($var(n))", "1"),
            ("$avp(x) = 1; $var(n) = \"s:x\";", "$avp($var(n))", "1"),
            ("$avp(x) = 1; $avp(x) = 2; $var(i) = 1;", "$(avp(x)[$var(i)])", "1"),
            ("$avp(x) = 1; $var(i) = \"nonsense\";", "$(avp(x)[$var(i)])", "<null>"),
            ("$avp(x) = 1;", "$avp($vn(unset))", "<null>"),
            ("$avp($vn(unset)) = 1;", "$avp(x)", "<null>"),
            (
                "$avp(x) = 1; $avp(x) = 2; $var(i) = 1; $(avp(x)[$var(i)]) = $null;",
                "$(avp(x)[*])", "2"
            ),
        ])
    func computed(statements: String, template: String, expected: String) throws {
        #expect(try said(statements, template) == expected)
    }

    @Test("the cases of the recorded scenario")
    func recorded() throws {
        let rig = try ScriptRig(
            """
            $avp(a) = 1; $avp(a) = 2;
            pv_printf("$var(x)", "$avp(a) $(avp(a)[1]) $(avp(a)[0]) $(avp(a)[*])"); note("$var(x)");
            $avp(b) = 1; $avp(b) = 2; $avp(b) = $null;
            pv_printf("$var(x)", "$avp(b)"); note("$var(x)");
            $avp(c) = 1; $avp(c) = 2; $(avp(c)[*]) = 3;
            pv_printf("$var(x)", "$avp(c) $(avp(c)[1])");
            note("$var(x)");
            $xavp(y=>k) = "v"; $xavp(y[0]=>k2) = 2;
            pv_printf("$var(x)", "$xavp(y=>k) $xavp(y=>k2) $xavp(y=>none)"); note("$var(x)");
            $xavp(z=>k) = 1; $xavp(z=>k) = 2; pv_printf("$var(x)", "$xavp(z[0]=>k) $xavp(z[1]=>k)");
            note("$var(x)");
            if (defined $avp(q)) { note("t"); } else { note("f"); }
            """, further: [ModuleBlueprint(KEX.self)])
        #expect(
            try rig.run() == ["2 1 2 2, 1", "1", "3 <null>", "v 2 <null>", "2 1", "f"])
    }

    @Test("attributes end with their message")
    func life() throws {
        let rig = try ScriptRig("note(\"$avp(a) $xavp(r)\"); $avp(a) = $ci; $xavp(r) = 1;")
        #expect(try rig.run() == ["<null> <null>"])
        #expect(try rig.run() == ["<null> <null>"])
    }

    @Test("a text outlives a change of the message's URI")
    func kept() throws {
        #expect(
            try said("$avp(a) = $rU; $rU = \"other\";", "$avp(a) $rU") == "carol other")
    }

    @Test("a message has a bounded number of attributes")
    func bounded() throws {
        let rig = try ScriptRig(
            """
            while (1) { $avp(a) = 1; $var(i) = $var(i) + 1; if ($var(i) >= 100) break; }
            while (1) { $avp(a) = 1; $var(i) = $var(i) + 1; if ($var(i) >= 200) break; }
            while (1) { $avp(a) = 1; $var(i) = $var(i) + 1; if ($var(i) >= 300) break; }
            note("$cnt($avp(a))");
            """)
        #expect(try rig.run() == ["256"])
    }

    @Test(
        "what is no name is refused when the script is loaded",
        arguments: [
            ("$avp() = 1;", "name"), ("$avp(i:) = 1;", "no name of an attribute"),
            ("$avp(i:x) = 1;", "no name of an attribute"), ("$avp = 1;", "needs a name"),
            ("note(\"$cnt(avp)\");", "expected $avp"),
            ("note(\"$cnt($var(x))\");", "expected $avp"),
        ])
    func refused(body: String, expected: String) {
        #expect(scriptError(body).contains(expected))
    }

    @Test("aliases stand for names")
    func aliases() throws {
        let before = "modparam(\"pv\", \"avp_aliases\", \"email=s:addr;num=i:100\")"
        let rig = try ScriptRig(
            "$avp(email) = \"a\"; $avp(num) = 5;"
                + " note(\"$avp(addr) $avp(i:100) $cnt($avp(email))\");",
            before: before)
        #expect(try rig.run() == ["a 5 1"])
    }

    @Test("an alias without a name is refused", arguments: ["x", "x=", "x=i:y", "=s:a=b;x"])
    func wrongAliases(setting: String) {
        #expect(
            scriptError("", before: "modparam(\"pv\", \"avp_aliases\", \"\(setting)\")") != "none")
    }
}

@Suite("Structured attributes of a message")
struct StructuredAttributeTests {
    private static let two =
        "$xavp(r=>k) = \"v\"; $xavp(r[0]=>k2) = 2; $xavp(r=>k) = \"w\";"

    @Test(
        "$xavp is a stack of roots with attributes",
        arguments: [
            ("$xavp(r=>k)", "w"), ("$xavp(r[0]=>k)", "w"), ("$xavp(r[1]=>k)", "v"),
            ("$xavp(r[1]=>k2)", "2"), ("$xavp(r[-1]=>k)", "v"), ("$xavp(r[-2]=>k)", "w"),
            ("$xavp(r=>k2)", "<null>"), ("$xavp(r[2]=>k)", "<null>"), ("$xavp(R=>k)", "<null>"),
            ("$xavp(r=>K)", "<null>"), ("$xavp(r[*]=>k)", "w, v"), ("$xavp(r)", "<<xavp:r>>"),
            ("$cnt($xavp(r))", "2"), ("$cnt($xavp(r[*]))", "2"), ("$cnt($xavp(r[0]))", "1"),
            ("$cnt($xavp(r[5]))", "0"), ("$cnt($xavp(r[-1]))", "1"), ("$cnt($xavp(r=>k))", "2"),
            ("$cnt($xavp(r[0]=>k))", "1"), ("$cnt($xavp(r[1]=>k2[*]))", "1"),
            ("$cnt($xavp(none))", "0"), ("$cnt($xavp(r[*]=>k[0]))", "2"),
        ])
    func reading(template: String, expected: String) throws {
        #expect(try said(Self.two, template) == expected)
    }

    @Test(
        "an assignment with an index changes what is there, one without adds a root",
        arguments: [
            (
                "$xavp(r[0]=>m) = \"m1\"; $xavp(r[0]=>m) = \"m2\";",
                "$xavp(r[0]=>m) $xavp(r[0]=>m[1])",
                "m2 m1"
            ),
            (
                "$xavp(r[0]=>m) = 1; $xavp(r[0]=>m) = 2;", "$xavp(r[0]=>m[*]) $xavp(r[0]=>m[-1])",
                "2, 1 1"
            ),
            (
                "$xavp(r[0]=>m) = 1; $xavp(r[0]=>m) = 2; $xavp(r[0]=>m[0]) = 3;",
                "$xavp(r[0]=>m[*])", "3, 1"
            ),
            (
                "$xavp(r[0]=>m) = 1; $xavp(r[0]=>m) = 2; $xavp(r[0]=>m[*]) = 4;",
                "$xavp(r[0]=>m[*])", "4"
            ),
            ("$xavp(r[0]=>k) = $null;", "$xavp(r=>k) $xavp(r[1]=>k)", "<null> v"),
            ("$xavp(r[0]) = $null;", "$xavp(r=>k) $xavp(r[1]=>k)", "v <null>"),
            ("$xavp(r) = $null;", "$xavp(r=>k)", "v"),
            ("$xavp(r[*]) = $null;", "$xavp(r=>k) $cnt($xavp(r))", "<null> 0"),
            ("$xavp(r[-1]) = $null;", "$xavp(r=>k) $cnt($xavp(r))", "w 1"),
            ("$xavp(r[7]=>k) = 1;", "$xavp(r=>k) $cnt($xavp(r))", "w 2"),
            ("$xavp(q[0]=>k) = 1;", "$xavp(q=>k)", "<null>"),
            ("$xavp(r[0]=>none[0]) = 1;", "$xavp(r[0]=>none)", "<null>"),
            ("$xavp(p) = \"plain\";", "$xavp(p)", "plain"),
            ("$xavp(p) = 1; $xavp(p) = 2;", "$xavp(p) $xavp(p[1]) $xavp(p[*])", "2 1 2, 1"),
            ("$xavp(p) = 1; $xavp(p) = 2; $xavp(p[0]) = 9;", "$xavp(p) $xavp(p[1])", "9 1"),
            ("$xavp(p) = 1; $xavp(p) = 2; $xavp(p[*]) = 7;", "$xavp(p) $cnt($xavp(p))", "7 1"),
            ("$xavp(p) = 1; $xavp(p[0]=>k) = 2;", "$xavp(p) $xavp(p=>k)", "1 <null>"),
            ("$xavp(none=>k) = $null;", "$cnt($xavp(none))", "0"),
            ("$xavp(r[*]=>k) = $null;", "$xavp(r=>k) $xavp(r[1]=>k)", "<null> <null>"),
            ("$xavp(r[*]=>n) = 5;", "$xavp(r[0]=>n) $xavp(r[1]=>n)", "5 5"),
            ("$var(i) = 1;", "$xavp(r[$var(i)]=>k)", "v"),
            ("$var(k) = \"k2\";", "$xavp(r[1]=>$var(k))", "2"),
            ("$var(k) = \"new\"; $xavp(r[0]=>$var(k)) = 8;", "$xavp(r=>new)", "8"),
            ("$var(i) = \"x\";", "$xavp(r[$var(i)]=>k)", "<null>"),
        ])
    func writing(statements: String, template: String, expected: String) throws {
        #expect(try said(Self.two + statements, template) == expected)
    }

    @Test(
        "$xavu has one value of each name",
        arguments: [
            ("$xavu(u) = 1; $xavu(u) = 2;", "$xavu(u)", "2"),
            ("$xavu(u) = 1; $xavu(u) = $null;", "$xavu(u)", "<null>"),
            (
                "$xavu(v=>a) = 1; $xavu(v=>a) = 2; $xavu(v=>b) = 3;", "$xavu(v=>a) $xavu(v=>b)",
                "2 3"
            ),
            (
                "$xavu(v=>a) = 1; $xavu(v=>b) = 3; $xavu(v=>a) = $null;", "$xavu(v=>a) $xavu(v=>b)",
                "<null> 3"
            ),
            ("$xavu(v=>a) = 1; $xavu(v) = 5;", "$xavu(v) $xavu(v=>a)", "5 <null>"),
            ("$xavu(v) = 5; $xavu(v=>a) = 1;", "$xavu(v=>a)", "1"),
            ("$xavu(v=>a) = 1;", "$cnt($xavu(v)) $cnt($xavp(v))", "1 0"),
        ])
    func unique(statements: String, template: String, expected: String) throws {
        #expect(try said(statements, template) == expected)
    }

    @Test(
        "$xavi takes no notice of case",
        arguments: [
            (
                "$xavi(WhatEver=>FoO) = 123;", "$xavi(whatever=>foo) $xavi(WHATEVER[0]=>FOO)",
                "123 123"
            ),
            ("$xavi(a=>b) = 1; $xavi(A=>B) = 2;", "$xavi(a=>b) $xavi(a[1]=>b)", "2 1"),
            ("$xavi(a=>b) = 1; $xavi(A[0]=>B) = $null;", "$xavi(a=>b)", "<null>"),
            ("$xavi(a=>b) = 1; $xavi(A[0]=>B[*]) = 3;", "$xavi(a=>b[*])", "3"),
            ("$xavi(a) = 1; $xavi(A[*]) = $null;", "$xavi(a)", "<null>"),
        ])
    func caseless(statements: String, template: String, expected: String) throws {
        #expect(try said(statements, template) == expected)
    }

    @Test(
        "what is no name is refused when the script is loaded",
        arguments: [
            "$xavp(=>k) = 1;", "$xavp(r=>) = 1;", "$xavp(r[x]=>k) = 1;", "$xavp(r[0) = 1;",
            "$xavp([0]) = 1;", "$xavu(u[0]) = 1;", "$xavu(u=>k[0]) = 1;", "$(xavp(r)[0]) = 1;",
            "$xavp(r=>k=>j) = 1;", "$xavp() = 1;",
        ])
    func refused(body: String) { #expect(scriptError(body) != "none") }

    @Test("a root has a bounded number of attributes, a message of roots")
    func bounded() throws {
        let loop =
            "while ($var(i) < 90) { $xavp(r[0]=>k) = 1; $xavp(s) = 1; $var(i) = $var(i) + 1; }"
        let rig = try ScriptRig(
            "$xavp(r=>k) = 1; \(loop) $var(i) = 0; \(loop) $var(i) = 0; \(loop)"
                + " note(\"$cnt($xavp(r[0]=>k)) $cnt($xavp(s))\");")
        #expect(try rig.run() == ["256 255"])
    }
}
