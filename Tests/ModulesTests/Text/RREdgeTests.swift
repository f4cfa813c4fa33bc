import Basics
import ModuleKit
import RR
import Testing

/// The Record-Route lines of a request that a script has changed.
private func recorded(
    _ statements: String, _ settings: String = "", message: String = ScriptRig.request,
    outgoing: Int? = nil
) throws -> [String] {
    let before = settings.split(separator: ";").map { setting in
        let words = setting.split(separator: " ", maxSplits: 1)
        let value = Int(words[1]) == nil ? "\"\(words[1])\"" : String(words[1])
        return "modparam(\"rr\", \"\(words[0])\", \(value))\n"
    }.joined()
    let rig = try ScriptRig(statements, before: before)
    try rig.run(message)
    return rig.rendered(outgoing: outgoing.map { rig.services.sockets[$0] })
        .split(separator: "\n").filter { $0.hasPrefix("Record-Route: ") }
        .map { String($0.dropFirst(14)) }
}

/// The rig's request within a dialog, with Route fields.
private func routed(_ fields: String..., uri: String = "sip:carol@192.0.2.1") -> String {
    ScriptRig.request
        .replacing("sip:carol@example.com:5080;transport=tcp", with: uri)
        .replacing("<sip:carol@example.com>\n", with: "<sip:carol@example.com>;tag=tag-c\n")
        .replacing("User-Agent:", with: fields.map { $0 + "\n" }.joined() + "User-Agent:")
}

private let own = "sip:127.0.0.1:5060;lr"

@Suite("Module rr: Record-Route, further cases")
struct RecordRouteEdgeTests {
    @Test(
        "settings work together",
        arguments: [
            (
                "enable_full_lr 1;append_fromtag 0;add_username 1",
                "<sip:carol@sip.example.com:5060;lr=on>"
            ),
            ("enable_full_lr 1;append_fromtag 1", "<sip:sip.example.com:5060;lr=on;ftag=tag-a>"),
            ("add_username 0;append_fromtag 0", "<sip:sip.example.com:5060;lr>"),
            (
                "custom_user_avp $avp(u);append_fromtag 0",
                "<sip:who@sip.example.com:5060;lr>"
            ),
            (
                "custom_user_avp $avp(s:u);append_fromtag 0",
                "<sip:who@sip.example.com:5060;lr>"
            ),
            (
                "custom_user_avp $avp(u);append_fromtag 0;add_username 1",
                "<sip:who@sip.example.com:5060;lr>"
            ),
            (
                "custom_user_avp $avp(other);append_fromtag 0;add_username 1",
                "<sip:carol@sip.example.com:5060;lr>"
            ),
            ("custom_user_avp $avp(other);append_fromtag 0", "<sip:sip.example.com:5060;lr>"),
        ])
    func settings(settings: String, expected: String) throws {
        #expect(try recorded("$avp(u) = \"who\"; record_route();", settings) == [expected])
    }

    @Test("a user that would end the URI is not written")
    func unsafeUser() throws {
        for user in ["a>b", "a b", "a\\\"b", "a\\r\\nb"] {
            let lines = try recorded(
                "$avp(u) = \"\(user)\"; record_route();",
                "custom_user_avp $avp(u);append_fromtag 0")
            #expect(lines == ["<sip:sip.example.com:5060;lr>"], "\(user)")
        }
    }

    @Test("without a tag of From none is written, and a user that is not there neither")
    func nothingToWrite() throws {
        let untagged = ScriptRig.request.replacing(";tag=tag-a", with: "")
        #expect(
            try recorded("record_route();", message: untagged) == ["<sip:sip.example.com:5060;lr>"])
        let userless = ScriptRig.request.replacing("sip:carol@example.com:5080", with: "sip:h")
        #expect(
            try recorded("record_route();", "add_username 1;append_fromtag 0", message: userless)
                == ["<sip:sip.example.com:5060;lr>"])
    }

    @Test(
        "parameters are added before and after the field, and to none of the next message",
        arguments: [
            ("add_rr_param(\";a\"); record_route();", ";lr;a>"),
            ("record_route(); add_rr_param(\";a\");", ";lr;a>"),
            ("record_route(\";a\"); add_rr_param(\";b=$rU\");", ";lr;a;b=carol>"),
            ("add_rr_param(\";a\"); add_rr_param(\";b\"); record_route();", ";lr;a;b>"),
            ("add_rr_param(\"x\"); record_route();", ";lr>"),
            ("add_rr_param(\";a>\"); record_route();", ";lr>"),
            ("record_route(); remove_record_route(); record_route();", ";lr>"),
        ])
    func parameters(statements: String, end: String) throws {
        #expect(
            try recorded(statements, "append_fromtag 0") == ["<sip:sip.example.com:5060\(end)"])
    }

    @Test("what waits for one message is forgotten with it")
    func forgotten() throws {
        let rig = try ScriptRig(
            "if (is_method(\"MESSAGE\")) { add_rr_param(\";left\"); } else { record_route(); }")
        try rig.run()
        try rig.run(ScriptRig.request.replacing("MESSAGE", with: "INFO"))
        #expect(!rig.rendered().contains("left"))
        #expect(rig.rendered().contains("Record-Route: <sip:sip.example.com"))
    }

    @Test("the text of a route is bounded, in one call and in many")
    func bounded() throws {
        let long = String(repeating: "x", count: Limits.pathBytesMax)
        #expect(try code("add_rr_param(\";\(long)\")") == "-1")
        #expect(try code("record_route(\";\(long)\")") == "-1")
        #expect(try code("record_route_preset(\"h;\(long)\")") == "-1")
        #expect(try code("record_route_advertised_address(\"h\(long)\")") == "-1")
        let rig = try ScriptRig(
            """
            $var(i) = 0; record_route();
            while ($var(i) < 99 && add_rr_param(";\(String(repeating: "y", count: 999))")) {
                $var(i) = $var(i) + 1;
            }
            note("$var(i)");
            """)
        let lines = try rig.run()
        #expect(lines == ["\(Limits.pathBytesMax / 1000)"])
    }

    @Test("every function records once, whichever was first")
    func once() throws {
        let calls = [
            "record_route()", "record_route_preset(\"127.0.0.1:5060\")",
            "record_route_advertised_address(\"1.2.3.4\")",
        ]
        for first in calls {
            for second in calls {
                #expect(try code("\(first); \(second)") == "-1", "\(first) \(second)")
                #expect(try recorded("\(first); \(second);").count == 1)
                #expect(try code("\(first); remove_record_route(); \(second)") == "1")
            }
        }
        #expect(try code("remove_record_route()") == "1")
    }

    @Test(
        "two fields are written by the sockets and the setting",
        arguments: [
            (0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 2), (2, 0, 2), (2, 1, 2),
        ])
    func doubling(setting: Int, outgoing: Int, count: Int) throws {
        let lines = try recorded(
            "record_route();", "enable_double_rr \(setting)", outgoing: outgoing)
        #expect(lines.count == count)
        #expect(lines.allSatisfy { $0.contains(";r2=on") == (count == 2) })
    }

    @Test("a route over TCP names its transport")
    func stream() throws {
        let rig = try ScriptRig("record_route();")
        try rig.run(transport: .tcp, connection: 4)
        #expect(
            rig.rendered(outgoing: rig.services.sockets[1]).contains(
                "Record-Route: <sip:[::1]:5060;transport=tcp;lr;ftag=tag-a>\n")
                || rig.rendered(outgoing: rig.services.sockets[1]).contains(
                    "Record-Route: <sip:[::1];transport=tcp;lr;ftag=tag-a>\n")
        )
    }

    @Test(
        "arguments and settings that are none are refused when the script is loaded",
        arguments: [
            ("add_rr_param();", "", "takes 1 arguments"),
            ("record_route_preset();", "", "takes 1 to 2 arguments"),
            ("record_route(\"a\", \"b\");", "", "takes 0 to 1 arguments"),
            ("remove_record_route(1);", "", "takes 0 arguments"),
            ("is_direction(\"sideways\");", "", "expected \"upstream\" or \"downstream\""),
            ("is_direction($rU);", "", "is_direction"),
            ("check_route_param(\"(\");", "", "is no regular expression"),
            ("note(\"$rdir\");", "", "rdir"),
            ("note(\"$rdir(x)\");", "", "expected $rdir(id) or $rdir(name)"),
            ("exit;", "\"enable_full_lr\", 2", "must be from 0 to 1"),
            ("exit;", "\"append_fromtag\", -1", "must be from 0 to 1"),
            ("exit;", "\"ignore_sips\", \"yes\"", "ignore_sips"),
            ("exit;", "\"add_username\", \"x\"", "add_username"),
            ("exit;", "\"custom_user_avp\", 1", "custom_user_avp"),
        ])
    func wrong(statement: String, setting: String, expected: String) {
        let before = setting.isEmpty ? "" : "modparam(\"rr\", \(setting))\n"
        let error = scriptError(statement, before: before)
        #expect(error.contains(expected), "\(error)")
    }

    @Test(
        "an attribute for the user must be spelled as one",
        arguments: ["u", "$var(u)", "$avp(u", "avp(u)", ""])
    func wrongAttribute(text: String) {
        #expect(throws: StartFailure.self) {
            _ = try ScriptRig(
                "exit;", before: "modparam(\"rr\", \"custom_user_avp\", \"\(text)\")\n")
        }
    }
}

@Suite("Module rr: Route, further cases")
struct RouteEdgeTests {
    @Test(
        "routes that cannot be read change nothing",
        arguments: [
            "Route: ", "Route: <>", "Route: <sip:127.0.0.1;lr", "Route: ,", "Route: <sip:@>;lr",
            "Route: <sip:127.0.0.1:5060;lr>, <broken", "Route: \"x", "Route: <mailto:a@b>",
        ])
    func unreadable(field: String) throws {
        let rig = try ScriptRig("loose_route(); note(\"$rc $ru $du\");")
        #expect(try rig.run(routed(field)) == ["-1 sip:carol@192.0.2.1 <null>"])
        #expect(rig.context.edits.isEmpty)
    }

    @Test("more routes than anybody writes are not looked at")
    func many() throws {
        let all = (0..<80).map { "<sip:10.0.0.\($0);lr>" }.joined(separator: ", ")
        #expect(try code("loose_route()", for: routed("Route: <\(own)>, \(all)")) == "-1")
    }

    @Test(
        "our own routes are known by each of our names",
        arguments: [
            ("<sip:127.0.0.1;lr>", "<null>"), ("<sip:example.com;lr>", "<null>"),
            ("<sip:EXAMPLE.COM:5060;lr>", "<null>"), ("<sip:[::1];lr;transport=tcp>", "<null>"),
            ("<sip:localhost:5060;lr>", "<null>"),
            ("<sip:localhost:5061;lr>", "sip:localhost:5061;lr"),
            ("<sip:127.0.0.1:5099;lr>", "sip:127.0.0.1:5099;lr"),
            ("\"Proxy\" <sip:127.0.0.1;lr>;x=y", "<null>"),
        ])
    func names(route: String, destination: String) throws {
        let message = routed("Route: \(route)")
        #expect(
            try noted("loose_route(); note(\"$rc $du\");", for: message) == ["1 \(destination)"])
    }

    @Test(
        "the parameters of the route are tested, without regard to case, when it was ours",
        arguments: [
            ("nat=yes", "check_route_param(\"nat=yes\")", true),
            ("nat=yes", "check_route_param(\"NAT=Y\")", true),
            ("nat=yes", "check_route_param(\"^lr;nat\")", true),
            ("nat=yes", "check_route_param(\"nat=no\")", false),
            ("nat", "check_route_param(\"nat$\")", true),
            ("ftag=tag-a", "is_direction(\"downstream\")", true),
            ("ftag=tag-a", "is_direction(\"upstream\")", false),
            ("ftag=tag-c", "is_direction(\"upstream\")", true),
            ("FTAG=tag-a", "is_direction(\"downstream\")", true),
            ("xftag=tag-c", "is_direction(\"upstream\")", false),
        ])
    func parameters(parameter: String, condition: String, expected: Bool) throws {
        let message = routed("Route: <\(own);\(parameter)>")
        let body = "loose_route(); if (\(condition)) { note(\"yes\"); } else { note(\"no\"); }"
        #expect(try noted(body, for: message) == [expected ? "yes" : "no"])
    }

    @Test("before loose_route, and when the route was another's, nothing is known")
    func unknown() throws {
        let body = """
            if (check_route_param(".")) { note("check"); } rr_next_hop_route(); note("$rc");
            note("$rdir(id) $rdir(name) $fti $tti");
            """
        let expected = ["-1", "1 downstream tag-a tag-c"]
        #expect(try noted(body, for: routed("Route: <\(own);ftag=tag-c>")) == expected)
        #expect(
            try noted("loose_route(); " + body, for: routed("Route: <sip:9.9.9.9;lr;ftag=tag-c>"))
                == expected)
        #expect(try noted("note(\"$fti $tti\");") == ["tag-a <null>"])
    }

    @Test("what is known of a route ends with its message")
    func ends() throws {
        let rig = try ScriptRig(
            """
            if (has_totag()) { loose_route(); }
            if (check_route_param("lr")) { note("known"); } note("$rdir(name)");
            """)
        #expect(try rig.run(routed("Route: <\(own);ftag=zz>")) == ["known", "upstream"])
        #expect(try rig.run() == ["downstream"])
    }

    @Test("the next hop is told after ours was taken out, not otherwise")
    func nextHop() throws {
        for (fields, expected) in [
            (["Route: <\(own)>", "Route: <sip:9.9.9.9;lr>"], "1"),
            (["Route: <\(own)>, <sip:9.9.9.9;lr>"], "1"), (["Route: <\(own)>"], "-1"),
        ] {
            let message = routed(fields.joined(separator: "\n"))
            #expect(
                try noted("loose_route(); rr_next_hop_route(); note(\"$rc\");", for: message)
                    == [expected])
        }
    }

    @Test("a secure target and an IPv6 next hop are kept as they are")
    func schemes() throws {
        let message = routed(
            "Route: <\(own)>", "Route: <sips:[2001:db8::1]:5061;lr;x=y>", uri: "sips:carol@a.b")
        #expect(
            try noted("loose_route(); note(\"$rc $ru $du\");", for: message) == [
                "1 sips:carol@a.b sips:[2001:db8::1]:5061;lr;x=y"
            ])
    }

    @Test("replies have no route to follow")
    func reply() throws {
        let rig = try ScriptRig(
            "exit;",
            before:
                "reply_route { note(\"$rdir(id) $fti $tti\"); rr_next_hop_route(); "
                + "note(\"$rc\"); }\n"
        )
        #expect(try rig.runReply() == ["1 tag-a tag-c", "-1"])
        #expect(
            scriptError("exit;", before: "reply_route { loose_route(); }\n")
                .contains("cannot be called"))
        #expect(
            scriptError("exit;", before: "reply_route { record_route(); }\n")
                .contains("cannot be called"))
    }
}
