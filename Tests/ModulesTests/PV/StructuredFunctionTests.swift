import ModuleKit
import Testing

@Suite("Functions of module pv")
struct StructuredFunctionTests {
    /// Runs statements and shows the last code, then a template.
    private func result(_ statements: String, _ template: String = "") throws -> String {
        try ScriptRig("\(statements) note(\"$rc \(template)\");").run().joined()
            .trimmingSuffix(" ")
    }

    @Test(
        "what a pseudo-variable holds",
        arguments: [
            ("pv_isset(\"$avp(a)\");", "-1"), ("$avp(a) = 1; pv_isset(\"$avp(a)\");", "1"),
            ("pv_isset(\"$var(x)\");", "1"), ("pv_isset(\"$hdr(None)\");", "-1"),
            ("pv_isset(\"$du\");", "-1"), ("$du = \"sip:a@b\"; pv_isset(\"$du\");", "1"),
            ("$avp(a) = 1; pv_unset(\"$avp(a)\");", "1"), ("pv_unset(\"$rm\");", "1"),
            ("$var(a) = 5; is_int(\"$var(a)\");", "1"),
            ("$var(a) = \"5\"; is_int(\"$var(a)\");", "-1"),
            ("is_int(\"$avp(a)\");", "-1"), ("is_int(\"$sp\");", "1"),
            ("$var(a) = 5; typeof(\"$var(a)\", \"int\");", "1"),
            ("$var(a) = 5; typeof(\"$var(a)\", \"str\");", "-1"),
            ("typeof(\"$ci\", \"str\");", "1"), ("typeof(\"$ci\", \"null\");", "-1"),
            ("typeof(\"$avp(a)\", \"null\");", "1"), ("typeof(\"$avp(a)\", \"int\");", "-1"),
            ("$xavp(r=>k) = 1; typeof(\"$xavp(r=>k)\", \"int\");", "1"),
            ("$var(a) = 5; not_empty(\"$var(a)\");", "-1"),
            ("$var(a) = \"5\"; not_empty(\"$var(a)\");", "1"),
            ("$var(a) = \"\"; not_empty(\"$var(a)\");", "-1"), ("not_empty(\"$avp(a)\");", "-1"),
            ("not_empty(\"$ci\");", "1"),
        ])
    func types(statements: String, expected: String) throws {
        #expect(try result(statements) == expected)
    }

    @Test(
        "a function that takes a pseudo-variable refuses anything else",
        arguments: [
            ("pv_isset(\"x\");", "expected a pseudo-variable"),
            ("pv_isset(5);", "expected a pseudo-variable"),
            ("pv_isset(\"$rU$rd\");", "expected a pseudo-variable"),
            ("pv_isset(\"$nonsense\");", "unknown pseudo-variable"),
            ("typeof(\"$rU\", \"vec\");", "int, str or null"),
            ("pv_evalx(\"$var(x)\", \"y\");", "no function"),
        ])
    func refused(statement: String, expected: String) {
        let error = scriptError(statement)
        #expect(error.contains(expected) || error.contains("pv_evalx"), "\(error)")
    }

    @Test(
        "parameters are taken apart and put together",
        arguments: [
            (
                "xavp_params_explode(\"a=b;c=d;e=\\\"q q\\\";f\", \"x\");",
                "$xavp(x=>a)|$xavp(x=>c)|$xavp(x=>e)|$xavp(x=>f)|", "1 b|d|q q||"
            ),
            (
                "xavp_params_explode(\"a=1;c=d\", \"x\"); xavp_params_explode(\"a=2\", \"x\");",
                "$xavp(x=>a) $xavp(x=>c) $xavp(x[1]=>c) $cnt($xavp(x))", "1 2 <null> d 2"
            ),
            ("xavp_params_explode(\"\", \"x\");", "$cnt($xavp(x))", "-1 0"),
            ("xavp_params_explode(\"a=1;=5\", \"x\");", "$cnt($xavp(x))", "-1 0"),
            ("xavp_params_explode(\"a=1\", \"\");", "", "-1"),
            ("xavp_params_explode(\"a=$rU\", \"x\");", "$xavp(x=>a)", "1 carol"),
            (
                "xavu_params_explode(\"a=b\", \"x\"); xavu_params_explode(\"c=d\", \"x\");",
                "$xavu(x=>a) $xavu(x=>c)", "1 <null> d"
            ),
            (
                "$xavp(m=>e) = \"f\"; $xavp(m[0]=>c) = 7; $xavp(m[0]=>a) = \"b\";"
                    + " xavp_params_implode(\"m\", \"$var(o)\");", "$var(o)", "1 a=b;c=7;e=f;"
            ),
            ("$var(o) = \"old\"; xavp_params_implode(\"none\", \"$var(o)\");", "$var(o)", "-1 old"),
            ("$xavp(m) = 1; xavp_params_implode(\"m\", \"$var(o)\");", "", "-1"),
            (
                "xavu_params_explode(\"a=b;c=d\", \"x\"); xavu_params_implode(\"x\", \"$var(o)\");",
                "$var(o)", "1 c=d;a=b;"
            ),
            ("$xavp(m=>e) = 1; xavp_params_implode(\"m\", \"$rm\");", "$rm", "-1 MESSAGE"),
        ])
    func parameters(statements: String, template: String, expected: String) throws {
        #expect(try result(statements, template) == expected)
    }

    @Test(
        "lists are taken apart in their order, without empty values",
        arguments: [
            ("a=b; c=d;;", "=;", "t", "1 a b c d <null>"), ("a , b", ",", "", "1 a | b|"),
            ("a , b", ",", "t", "1 a b <null>"), ("", ",", "t", "-1"), (",,,", ",", "t", "-1"),
            (" , ", ",", "t", "-1"), ("one", ",", "t", "1 one <null>"),
        ])
    func lists(list: String, separators: String, mode: String, expected: String) throws {
        let bars = expected.contains("|")
        let count = expected.split(separator: bars ? "|" : " ").count - (bars ? 0 : 1)
        let shown = (0..<count).map { "$xavp(s[0]=>v[\($0)])" }
        let template = bars ? shown.map { $0 + "|" }.joined() : shown.joined(separator: " ")
        let call = "xavp_slist_explode(\"\(list)\", \"\(separators)\", \"\(mode)\", \"s\");"
        #expect(try result(call, template) == expected.trimmingSuffix(" "))
    }

    @Test(
        "single attributes are set and removed",
        arguments: [
            ("xavp_child_seti(\"c\", \"y\", \"10\");", "$xavp(c=>y)", "1 10"),
            (
                "xavp_child_seti(\"c\", \"y\", 1); xavp_child_seti(\"c\", \"y\", 2);",
                "$xavp(c=>y[*]) $cnt($xavp(c))", "1 2 1"
            ),
            ("xavp_child_sets(\"c\", \"z\", \"t $rU\");", "$xavp(c=>z)", "1 t carol"),
            ("xavp_child_seti(\"c\", \"y\", \"x\");", "$cnt($xavp(c))", "none"),
            ("$xavp(c) = 1; xavp_child_seti(\"c\", \"y\", 1);", "$xavp(c)", "-1 1"),
            ("xavp_child_seti(\"\", \"y\", 1);", "", "-1"),
            (
                "xavp_child_seti(\"c\", \"y\", 1); xavp_child_rm(\"c\", \"y\");",
                "$xavp(c=>y) $cnt($xavp(c))", "1 <null> 1"
            ),
            ("xavp_child_rm(\"none\", \"y\");", "", "1"),
            ("$xavp(c) = 1; $xavp(c) = 2; xavp_rm(\"c\");", "$xavp(c)", "1 1"),
            ("xavp_rm(\"none\");", "", "1"),
            (
                "xavi_child_seti(\"Ch\", \"Y\", 10); xavi_child_sets(\"cH\", \"z\", \"t\");",
                "$xavi(ch=>y) $xavi(CH=>Z)", "1 10 t"
            ),
            (
                "xavi_child_seti(\"Ch\", \"Y\", 10); xavi_child_rm(\"CH\", \"y\");", "$xavi(ch=>y)",
                "1 <null>"
            ),
            ("$xavi(A) = 1; xavi_rm(\"a\");", "$xavi(a)", "1 <null>"),
        ])
    func children(statements: String, template: String, expected: String) throws {
        guard expected != "none" else {
            #expect(scriptError(statements).contains("expected an integer"))
            return
        }
        #expect(try result(statements, template) == expected)
    }

    private static let stack = "$xavp(a=>x) = \"a0\"; $xavp(a=>x) = \"a1\"; $xavp(a=>x) = \"a2\";"

    @Test(
        "roots are copied below others, or over one of them",
        arguments: [
            (
                "xavp_copy(\"a\", \"2\", \"b\"); xavp_copy(\"a\", 1, \"b\");"
                    + " xavp_copy(\"a\", 0, \"b\");",
                "$xavp(b[*]=>x)", "1 a0, a1, a2"
            ),
            ("xavp_copy(\"a\", 0, \"a\", 2);", "$xavp(a[*]=>x)", "1 a2, a1, a2"),
            ("xavp_copy(\"a\", 9, \"c\");", "$cnt($xavp(c))", "-1 0"),
            ("xavp_copy(\"a\", 0, \"none\", 0);", "$cnt($xavp(none))", "-1 0"),
            ("xavp_copy(\"a\", 0, \"a\", 7);", "$xavp(a[*]=>x)", "-1 a2, a1, a0"),
            ("xavp_copy(\"a\", -1, \"b\");", "$xavp(b=>x)", "1 a0"),
            ("$xavp(p) = 5; xavp_copy(\"p\", 0, \"q\");", "$xavp(q)", "1 5"),
            ("$var(d) = \"dd\"; xavp_copy(\"a\", 0, \"$var(d)\");", "$xavp(dd=>x)", "1 a2"),
        ])
    func copies(statement: String, template: String, expected: String) throws {
        #expect(try result(Self.stack + statement, template) == expected)
    }

    @Test("variables are copied into attributes and back")
    func variables() throws {
        let rig = try ScriptRig(
            """
            $var(temp) = 3; $var(foo) = "f";
            pv_var_to_xavp("temp", "ok"); note("$rc $xavp(ok=>temp) $xavp(ok=>foo)");
            pv_var_to_xavp("*", "ok"); note("$rc $xavp(ok=>temp) $xavp(ok=>foo) $cnt($xavp(ok))");
            pv_var_to_xavp("none", "ok"); note("$rc");
            $xavp(bar=>temp) = 33; $xavp(bar[0]=>foo) = "x"; $xavp(bar[0]=>other) = 1;
            pv_xavp_to_var("bar"); note("$rc $var(temp) $var(foo)");
            pv_xavp_to_var("none"); note("$rc $var(temp)");
            """)
        #expect(
            try rig.run() == ["1 3 <null>", "1 3 f 1", "-1", "1 33 x", "-1 33"])
    }

    @Test("all attributes can be printed to the log")
    func printing() throws {
        let rig = try ScriptRig(
            "$xavp(a) = 5; $xavp(b=>k) = $rU; $xavu(u) = 1; $xavi(I=>J) = 2;"
                + " pv_xavp_print(); pv_xavu_print(); pv_xavi_print();")
        try rig.run()
        let lines = rig.services.lines.all
        for line in [
            "$xavp(a) = 5", "$xavp(b=>k) = \"carol\"", "$xavu(u) = 1", "$xavi(I=>J) = 2",
        ] {
            #expect(lines.contains { $0.hasSuffix(line) }, "\(line)")
        }
    }
}

extension String {
    /// The text without a suffix, if it has it.
    func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
