import Basics
import KEX
import ModuleKit
import PV
import RouteScript
import Testing

/// The first error of a request route with this body, with its place in the body.
///
/// `2:5 message`: lines and columns count from 1.
func scriptErrorPlace(
    _ body: String, before: String = "", further: [ModuleBlueprint] = []
) -> String {
    do {
        _ = try ScriptRig(body, before: before, further: further)
        return "none"
    } catch let error as ScriptErrors {
        let first = error.errors[0]
        // The modules, what stands before, an empty line and the first line of the route.
        let lines =
            ScriptRig.modules.count + further.count + 2
            + before.split(separator: "\n", omittingEmptySubsequences: false).count - 1
        return "\(first.location.line - lines):\(first.location.column) \(first.message)"
    } catch {
        return "\(error)"
    }
}

/// What module `pv` refuses when a script is loaded, and where it says that the fault is.
@Suite("What module pv refuses")
struct PVRefusalTests {
    @Test(
        "a variable that is wrong is refused at its own place",
        arguments: [
            ("$var(x) = $nonsense;", "1:11", "unknown pseudo-variable"),
            ("xlog(\"a\");\n  $var(x) = $msg(x);", "2:13", "\"x\""),
            ("$var(x) = $time(week);", "1:11", "\"week\""),
            ("if ($rU == $nh(x)) { exit; }", "1:12", "\"x\""),
            ("\n\n$hdr(a b) = 1;", "3:1", "no name of a header field"),
            ("$var(x) = 1 + $K(XMPP);", "1:15", "\"XMPP\""),
            ("$avp(i:x) = 5;", "1:1", "no name of an attribute"),
            ("$xavp(r=>) = 5;", "1:1", "is no name"),
            ("$xavu(u[1]) = 5;", "1:1", "takes no index"),
            ("$(xavi(r)[1]) = 5;", "1:1", "within the parentheses"),
            ("$branch(x) = 5;", "1:1", "\"x\""), ("$sbranch(count) = 5;", "1:1", "no count"),
            ("$Mf(32) = 1;", "1:1", "0 to 31"), ("$Bf(-1) = 1;", "1:1", "0 to 31"),
            ("$rm = \"x\";", "1:1", "$rm is read-only"), ("$TS = 1;", "1:1", "$TS is read-only"),
            ("$var(x) = $expires(mid);", "1:11", "\"mid\""),
            ("$var(x) = $rcv(x);", "1:11", "\"x\""), ("$var(x) = $snd(host);", "1:11", "\"host\""),
            ("$var(x) = $TV(ms);", "1:11", "\"ms\""),
            ("$var(x) = $cnt(x);", "1:11", "expected $avp(name)"),
            ("$var(x) = $cnt($xavp(a=>));", "1:11", "is no name"),
            ("$var(x) = $cnt($rU);", "1:11", "expected $avp(name)"),
        ])
    func variables(body: String, place: String, words: String) {
        let error = scriptErrorPlace(body)
        #expect(error.hasPrefix("\(place) "), "\(error)")
        #expect(error.contains(words), "\(error)")
    }

    @Test(
        "a function with wrong arguments is refused at its call or at the argument",
        arguments: [
            ("pv_isset();", "takes 1"), ("pv_isset(\"$rU\", \"x\");", "takes 1"),
            ("pv_isset(\"rU\");", "expected a pseudo-variable"),
            ("pv_unset(\"x\");", "expected a pseudo-variable"),
            ("is_int(\"$nope\");", "unknown pseudo-variable"),
            ("not_empty(5);", "expected a pseudo-variable"),
            ("typeof(\"$rU\");", "takes 2"), ("typeof(\"$rU\", \"vec\");", "int, str or null"),
            ("typeof(\"rU\", \"int\");", "expected a pseudo-variable"),
            ("xavp_params_explode(\"a=b\");", "takes 2"),
            ("xavp_params_implode(\"a\", \"b\");", "expected a pseudo-variable"),
            ("xavu_params_explode();", "takes 2"),
            ("xavu_params_implode(\"a\", \"$nope\");", "unknown pseudo-variable"),
            ("xavp_copy(\"a\", \"x\", \"b\");", "integer"), ("xavp_copy(\"a\", 0);", "takes"),
            ("xavp_copy(\"a\", 0, \"b\", \"x\");", "integer"),
            ("xavp_slist_explode(\"a\", \",\", \"t\");", "takes 4"),
            ("xavp_child_seti(\"a\", \"b\", \"x\");", "integer"),
            ("xavi_child_seti(\"a\", \"b\", \"x\");", "integer"),
            ("xavp_child_sets(\"a\", \"b\");", "takes 3"),
            ("xavi_child_sets(\"a\");", "takes 3"), ("xavp_rm();", "takes 1"),
            ("xavi_rm();", "takes 1"), ("xavp_child_rm(\"a\");", "takes 2"),
            ("xavi_child_rm(\"a\");", "takes 2"), ("pv_xavp_print(\"x\");", "takes 0"),
            ("pv_xavu_print(1);", "takes 0"), ("pv_xavi_print(1);", "takes 0"),
            ("pv_var_to_xavp(\"a\");", "takes 2"), ("pv_xavp_to_var();", "takes 1"),
            ("sbranch_append(1);", "takes 0"), ("sbranch_reset(1);", "takes 0"),
            ("sbranch_set_ruri(1);", "takes 0"),
        ])
    func functions(call: String, words: String) {
        let error = scriptErrorPlace("\n  \(call)")
        #expect(error.hasPrefix("2:"), "\(error)")
        #expect(error.contains(words) || error.contains("takes no arguments"), "\(error)")
    }

    @Test("every function of the module stands in the table of refusals or in that of effects")
    func complete() {
        let tested = [
            "pv_isset", "pv_unset", "is_int", "not_empty", "typeof", "xavp_params_explode",
            "xavp_params_implode", "xavu_params_explode", "xavu_params_implode", "xavp_copy",
            "xavp_slist_explode", "xavp_child_seti", "xavp_child_sets", "xavp_rm",
            "xavp_child_rm", "xavi_child_seti", "xavi_child_sets", "xavi_rm", "xavi_child_rm",
            "pv_xavp_print", "pv_xavu_print", "pv_xavi_print", "pv_var_to_xavp", "pv_xavp_to_var",
            "sbranch_append", "sbranch_reset", "sbranch_set_ruri",
        ]
        let declared = ModuleBlueprint(PVModule.self).functions.map(\.name)
        #expect(Set(declared) == Set(tested), "\(Set(declared).symmetricDifference(tested))")
    }

    @Test(
        "functions of branches are refused where a request has none",
        arguments: ["sbranch_append", "sbranch_reset", "sbranch_set_ruri"])
    func routes(function: String) {
        let error = scriptErrorPlace("exit;", before: "reply_route { \(function)(); }")
        #expect(error.contains(function), "\(error)")
        #expect(scriptErrorPlace("\(function)();") == "none")
    }

    @Test(
        "a parameter of another type, or one that nobody has, is refused",
        arguments: [
            ("\"varset\", 5", "string"), ("\"shvset\", 5", "string"),
            ("\"avp_aliases\", 5", "string"), ("\"vars\", \"a=i:1\"", "vars"),
            ("\"varset\", \"a\"", "form name=s:text"),
            ("\"shvset\", \"a=f:1\"", "form name=s:text"),
            ("\"avp_aliases\", \"a=i:b\"", "form alias=s:name"),
        ])
    func parameters(setting: String, words: String) {
        let error = scriptError("exit;", before: "modparam(\"pv\", \(setting))")
        #expect(error.contains(words), "\(error)")
    }

    @Test("several errors of one script are all told, each with its place")
    func several() {
        do {
            _ = try ScriptRig("$rm = 1;\n$nope = 2;\npv_isset();\n")
            Issue.record("the script was taken")
        } catch let error as ScriptErrors {
            let first = ScriptRig.modules.count + 3
            #expect(error.errors.map(\.location.line) == [first, first + 1, first + 2])
            #expect(error.errors.map(\.kind).contains(.unknownVariable))
            #expect(error.rendered.contains("rig.cfg:\(first):1: error: $rm is read-only"))
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test(
        "names at their longest are taken, and hold what they are given",
        arguments: [1, 31, 64, 250])
    func longNames(length: Int) throws {
        let name = String(repeating: "n", count: length)
        let rig = try ScriptRig(
            "$var(\(name)) = 1; $avp(\(name)) = 2; $xavp(\(name)=>\(name)) = 3; $shv(\(name)) = 4;"
                + "note(\"$var(\(name)) $avp(\(name)) $xavp(\(name)=>\(name)) $shv(\(name))\");")
        #expect(try rig.run() == ["1 2 3 4"])
    }
}
