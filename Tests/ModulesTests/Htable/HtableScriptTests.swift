import Basics
@testable import Htable
import ModuleKit
import Testing

/// A script with three tables: `a` expires, `b` has an initial value, `e` expires soon.
func tableRig(_ body: String, before: String = "") throws -> ScriptRig {
    try ScriptRig(
        body,
        before: """
            modparam("htable", "htable", "a=>size=4;autoexpire=100;")
            modparam("htable", "htable", "b=>size=4;initval=5;")
            modparam("htable", "htable", "e=>size=4;autoexpire=1;updateexpire=0")
            \(before)
            """, further: [ModuleBlueprint(HtableModule.self)])
}

/// What a template expands to after some statements.
func tabled(_ statements: String, _ template: String) throws -> String {
    try tableRig("\(statements) note(\"\(template)\");").run().joined(separator: "\n")
}

@Suite("Module htable in scripts")
struct HtableScriptTests {
    @Test(
        "entries are set, read, counted up and removed",
        arguments: [
            ("", "$sht(a=>x)", "<null>"), ("", "$sht(b=>x)", "5"),
            ("$sht(a=>x) = 1;", "$sht(a=>x)", "1"),
            ("$sht(a=>x) = \"text\";", "$sht(a=>x)", "text"),
            ("$sht(a=>x) = 1; $sht(a=>x) = 2;", "$sht(a=>x)", "2"),
            ("$sht(a=>x) = 1; $sht(a=>x) = $null;", "$sht(a=>x)", "<null>"),
            ("$sht(b=>x) = 1; $sht(b=>x) = $null;", "$sht(b=>x)", "5"),
            ("$sht(a=>k$rU) = 5;", "$sht(a=>kcarol) $sht(a=>k$rU)", "5 5"),
            ("$sht(a=>$ci::x) = \"c\";", "$sht(a=>call-script::x)", "c"),
            ("$sht(a=>x) = 1;", "$sht(a=>X) $sht(e=>x)", "<null> <null>"),
            ("$sht(a=>x) = 1;", "$shtinc(a=>x) $shtinc(a=>x) $shtdec(a=>x) $sht(a=>x)", "2 3 2 2"),
            ("", "$shtinc(b=>x) $sht(b=>x) $shtdec(b=>y)", "6 6 4"),
            ("", "$shtinc(a=>x) $shtdec(a=>x) $sht(a=>x)", "<null> <null> <null>"),
            ("$sht(a=>x) = \"t\";", "$shtinc(a=>x) $sht(a=>x)", "<null> t"),
            ("$sht(a=>$vn(none)) = 1;", "$sht(a=>$vn(none))", "<null>"),
            ("$sht(a=>x) = $rU; $rU = \"other\";", "$sht(a=>x)", "carol"),
            ("$sht(a=>a=>b) = 1;", "$sht(a=>a=>b)", "1"),
        ])
    func entries(statements: String, template: String, expected: String) throws {
        #expect(try tabled(statements, template) == expected)
    }

    @Test(
        "how long an entry lives",
        arguments: [
            ("", "$shtex(a=>x)", "0"), ("$sht(a=>x) = 1;", "$shtex(a=>x)", "100"),
            ("$sht(a=>x) = 1; $shtex(a=>x) = 10;", "$shtex(a=>x)", "10"),
            ("$shtex(a=>x) = 10;", "$sht(a=>x) $shtex(a=>x)", "<null> 0"),
            ("$sht(b=>x) = 1; $shtex(b=>x) = 10;", "$shtex(b=>x)", "0"),
            ("$sht(a=>x) = 1; $shtex(a=>x) = 10; $sht(a=>x) = 2;", "$shtex(a=>x)", "100"),
            ("$sht(e=>x) = 1; $shtex(e=>x) = 10; $sht(e=>x) = 2;", "$shtex(e=>x)", "10"),
            ("$sht(a=>x) = 1; $shtex(a=>x) = 0;", "$sht(a=>x)", "<null>"),
            ("$sht(a=>x) = 1; $shtex(a=>x) = -5;", "$sht(a=>x)", "<null>"),
            ("$sht(a=>x) = 1; $shtex(a=>x) = \"x\";", "$shtex(a=>x)", "100"),
            ("sht_setxs(\"a\", \"x\", \"v\", 33);", "$rc $sht(a=>x) $shtex(a=>x)", "1 v 33"),
            ("sht_setxi(\"a\", \"x\", \"44\", \"34\");", "$rc $sht(a=>x) $shtex(a=>x)", "1 44 34"),
            ("sht_setxs(\"b\", \"x\", \"v\", 33);", "$rc $shtex(b=>x)", "1 0"),
            ("sht_setxs(\"none\", \"x\", \"v\", 33);", "$rc", "-1"),
            ("sht_setxs(\"a\", \"\", \"v\", 33);", "$rc", "-1"),
        ])
    func lives(statements: String, template: String, expected: String) throws {
        #expect(try tabled(statements, template) == expected)
    }

    private static let three =
        "$sht(a=>init) = 1; $sht(a=>kcarol) = 5; $sht(a=>call::x) = \"ci\";"

    @Test(
        "keys and values are counted by what they match",
        arguments: [
            ("$shtcn(a=>k.*)", "1"), ("$shtcn(a=>~~k)", "1"), ("$shtcn(a=>~%k)", "0"),
            ("$shtcn(a=>~%l)", "1"), ("$shtcn(a=>%~k)", "1"), ("$shtcn(a=>%~l)", "0"),
            ("$shtcn(a=>==init)", "1"), ("$shtcn(a=>==ini)", "0"), ("$shtcn(a=>eqinit)", "0"),
            ("$shtcn(a=>**)", "3"), ("$shtcn(a=>zzz)", "0"),
            ("$shtcn(a=>k$rU)", "1"), ("$shtcn(b=>**)", "0"),
            ("$shtcv(a=>ci)", "1"), ("$shtcv(a=>==ci)", "1"), ("$shtcv(a=>eq5)", "1"),
            ("$shtcv(a=>eq1)", "1"), ("$shtcv(a=>eq7)", "0"), ("$shtcv(a=>~%i)", "1"),
            ("$shtcv(a=>%~c)", "1"), ("$shtcv(a=>**)", "3"), ("$shtcv(a=>1)", "0"),
            ("$shtcv(a=>==5)", "0"),
        ])
    func counts(template: String, expected: String) throws {
        #expect(try tabled(Self.three, template) == expected)
    }

    @Test(
        "functions that match",
        arguments: [
            ("sht_match_name(\"a\", \"eq\", \"init\")", "1"),
            ("sht_match_name(\"a\", \"ne\", \"init\")", "1"),
            ("sht_match_name(\"a\", \"re\", \"^in\")", "1"),
            ("sht_match_name(\"a\", \"sw\", \"ini\")", "1"),
            ("sht_match_name(\"a\", \"eq\", \"zz\")", "-1"),
            ("sht_has_name(\"a\", \"xx\", \"zz\")", "-1"),
            ("sht_has_name(\"none\", \"eq\", \"zz\")", "-1"),
            ("sht_has_name(\"a\", \"re\", \"(\")", "-1"),
            ("sht_match_str_value(\"a\", \"eq\", \"ci\")", "1"),
            ("sht_has_str_value(\"a\", \"sw\", \"c\")", "1"),
            ("sht_match_str_value(\"a\", \"eq\", \"5\")", "-1"),
            ("sht_is_null(\"a\", \"zz\")", "1"), ("sht_is_null(\"a\", \"init\")", "-1"),
            ("sht_is_null(\"b\", \"zz\")", "-1"), ("sht_is_null(\"none\", \"zz\")", "1"),
            ("sht_rm(\"a\", \"init\")", "1"), ("sht_rm(\"a\", \"none\")", "1"),
            ("sht_rm(\"none\", \"x\")", "-1"),
            ("sht_reset(\"none\")", "-1"), ("sht_rm_name(\"a\", \"zz\", \"q\")", "-1"),
            ("sht_rm_name(\"none\", \"re\", \"q\")", "-1"),
            ("sht_rm_name(\"a\", \"re\", \"q(\")", "-1"),
            ("sht_lock(\"a=>x\")", "1"), ("sht_lock(\"none=>x\")", "-1"), ("sht_lock(\"a\")", "-1"),
            ("sht_unlock(\"a=>never\")", "1"), ("sht_print()", "1"),
        ])
    func codes(call: String, expected: String) throws {
        #expect(try tabled("\(Self.three) \(call);", "$rc") == expected)
    }

    @Test(
        "entries are removed by what they match",
        arguments: [
            ("sht_rm_name_re(\"a=>^k\");", "2 1 <null>"), ("sht_rm_value_re(\"a=>^c\");", "2 1 5"),
            ("sht_rm_name(\"a\", \"sw\", \"k\");", "2 1 <null>"),
            ("sht_rm_name(\"a\", \"re\", \"^(k|c)\");", "1 1 <null>"),
            ("sht_rm_value(\"a\", \"re\", \"c.\");", "2 1 5"),
            ("sht_rm_value(\"a\", \"sw\", \"c\");", "2 1 5"),
            ("sht_rm(\"a\", \"init\");", "2 <null> 5"), ("sht_reset(\"a\");", "0 <null> <null>"),
            ("$var(t) = \"a\"; sht_reset(\"$var(t)\");", "0 <null> <null>"),
            ("sht_rm_name_re(\"a=>nothing\");", "3 1 5"), ("sht_reset(\"b\");", "3 1 5"),
        ])
    func removals(statement: String, expected: String) throws {
        #expect(
            try tabled(Self.three + statement, "$shtcn(a=>**) $sht(a=>init) $sht(a=>kcarol)")
                == expected)
    }

    @Test("a walk meets every entry once, and may change the table")
    func walks() throws {
        let rig = try tableRig(
            """
            \(Self.three)
            sht_iterator_start("i1", "a");
            note("$rc $shtitkey(i1) $shtitval(i1)");
            while (sht_iterator_next("i1")) {
                $var(n) = $var(n) + 1; $avp(k) = $shtitkey(i1); $sht(a=>$shtitkey(i1)) = "new";
            }
            note("$rc $var(n) $cnt($avp(k)) $shtitkey(i1) $shtcv(a=>==new)");
            sht_iterator_end("i1"); note("$rc");
            sht_iterator_end("i1"); note("$rc");
            sht_iterator_next("i9"); note("$rc");
            sht_iterator_start("i2", "none"); note("$rc");
            """)
        #expect(
            try rig.run() == ["1 <null> <null>", "-1 3 3 <null> 3", "1", "-1", "-1", "-1"])
    }

    @Test("the entry at which a walk stands is changed and removed")
    func changes() throws {
        let rig = try tableRig(
            """
            \(Self.three)
            sht_iterator_start("i", "a"); sht_iterator_sets("i", "x"); note("$rc");
            sht_iterator_next("i");
            sht_iterator_sets("i", "NEW"); note("$rc $shtitval(i)");
            sht_iterator_seti("i", "77"); note("$rc $shtitval(i)");
            sht_iterator_setex("i", 12); note("$rc $shtex(a=>$shtitkey(i))");
            sht_iterator_rm("i"); note("$rc $shtcn(a=>**)");
            sht_iterator_rm("i"); note("$rc $shtcn(a=>**)");
            sht_iterator_rm("i"); note("$rc $shtcn(a=>**)");
            sht_iterator_rm("i"); note("$rc");
            """)
        #expect(
            try rig.run() == ["-1", "1 NEW", "1 77", "1 12", "1 2", "1 1", "-2 0", "-1"])
    }

    @Test("a worker has four walks at most; one that is begun again starts anew")
    func walkLimit() throws {
        let starts = (1...5).map { "sht_iterator_start(\"i\($0)\", \"a\"); note(\"$rc\");" }
        let rig = try tableRig(
            starts.joined() + "sht_iterator_start(\"i1\", \"b\"); note(\"$rc\");")
        #expect(try rig.run() == ["1", "1", "1", "1", "-1", "1"])
    }

    @Test("a lock may be taken again by the worker that has it")
    func locks() throws {
        let rig = try tableRig(
            """
            sht_lock("a=>x"); note("$rc"); sht_lock("a=>x"); note("$rc");
            $sht(a=>x) = 1; sht_unlock("a=>x"); sht_unlock("a=>x"); note("$rc $sht(a=>x)");
            """)
        #expect(try rig.run() == ["1", "1", "1 1"])
    }

    @Test("the event route of the start fills a table before the first message")
    func startEvent() throws {
        let rig = try tableRig(
            "note(\"$sht(a=>init)\");",
            before: "event_route[htable:mod-init] { $sht(a=>init) = $rm; }")
        #expect(try rig.run() == ["OPTIONS"])
    }

    @Test("what has expired is not seen, and the event route learns of it once")
    func expiry() throws {
        let rig = try tableRig(
            "$sht(e=>t1) = \"gone\"; $sht(e=>t2) = 2; $shtex(e=>t2) = 1000; note(\"$sht(e=>t1)\");",
            before: """
                event_route[htable:expired:e] { note("$shtrecord(key) $shtrecord(value) $rm"); }
                """)
        #expect(try rig.run() == ["gone"])
        let module = try #require(rig.services.module(HtableModule.self))
        #expect(rig.services.jobNames == ["htable expiry 20"])
        module.removeExpired(now: 1_700_000_000)
        #expect(rig.notes == [])
        module.removeExpired(now: 1_700_000_001)
        #expect(rig.notes == ["t1 gone OPTIONS"])
        module.removeExpired(now: 1_700_000_100)
        #expect(rig.notes == ["t1 gone OPTIONS"])
        module.removeExpired(now: 1_700_001_000)
        #expect(rig.notes == ["t1 gone OPTIONS", "t2 2 OPTIONS"])
    }

    @Test(
        "a wrong definition is refused where it stands",
        arguments: [
            ("a", "name=>attributes"), ("=>size=4", "no name of a table"),
            ("a b=>size=4", "no name of a table"), ("x=>size=y", "size is a number"),
            ("x=>size=-1", "size is a number"), ("x=>autoexpire=", "autoexpire is a number"),
            ("x=>color=red", "there is no \"color\""), ("x=>dbtable=t", "kept in memory"),
            ("x=>dbmode=1", "kept in memory"), ("x=>cols='a,b'", "kept in memory"),
            ("x=>dmqreplicate=1", "no replication"), ("x=>initval=abc", "initval is a number"),
        ])
    func definitions(definition: String, expected: String) {
        let error = scriptError(
            "", before: "modparam(\"htable\", \"htable\", \"\(definition)\")",
            further: [ModuleBlueprint(HtableModule.self)])
        #expect(error.contains(expected), "\(error)")
    }

    @Test(
        "definitions that Kamailio takes",
        arguments: [
            "x=>", "x=>size=8;", "x=>size=8;autoexpire=300;initval=-1;updateexpire=0;",
            "x => size = 8 ; autoexpire = 5", "x=>dbtable=;dbmode=0;dmqreplicate=0",
            "a-b_1=>size=31",
            "x=>size=0",
        ])
    func goodDefinitions(definition: String) {
        #expect(
            scriptError(
                "", before: "modparam(\"htable\", \"htable\", \"\(definition)\")",
                further: [ModuleBlueprint(HtableModule.self)]) == "none")
    }

    @Test(
        "a table that is not defined is refused when the script is loaded",
        arguments: [
            "$sht(none=>x) = 1;", "note(\"$shtcn(none=>x)\");", "sht_rm_name_re(\"none=>x\");",
            "$sht(a) = 1;", "$sht($rU=>x) = 1;", "$sht(a=>) = 1;", "$(sht(a=>x)[0]) = 1;",
            "note(\"$shtrecord(x)\");",
        ])
    func unknownTable(body: String) {
        #expect(throws: (any Error).self) { try tableRig(body) }
    }

    @Test("a table is defined once")
    func twice() {
        #expect(throws: StartFailure.self) {
            try tableRig("", before: "modparam(\"htable\", \"htable\", \"a=>size=4\")")
        }
    }

    @Test("other event routes of the module are refused")
    func events() {
        #expect(
            scriptError(
                "", before: "event_route[htable:other] { exit; }",
                further: [ModuleBlueprint(HtableModule.self)]
            ).contains("no loaded module raises"))
    }
}
