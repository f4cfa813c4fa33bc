import Testing

private let own = "<sip:127.0.0.1:5060;lr;nat=yes;ftag=tag-a>"
private let next = "<sip:127.0.0.2:5080;lr>"
private let strict = "<sip:127.0.0.2:5080>"

/// A request of a dialog with Route fields.
private func dialog(_ routes: String..., uri: String = "sip:carol@192.0.2.1:5080") -> String {
    request(routes, uri: uri).replacing(
        "<sip:carol@example.com>\n", with: "<sip:carol@example.com>;tag=tag-c\n")
}

/// A new request with Route fields.
private func request(_ routes: [String], uri: String = "sip:carol@example.com") -> String {
    let lines = routes.map { "Route: \($0)\n" }.joined()
    return ScriptRig.request
        .replacing("sip:carol@example.com:5080;transport=tcp", with: uri)
        .replacing("User-Agent:", with: lines + "User-Agent:")
}

/// What `loose_route` returns and sets, and the Route fields that are left.
private func routed(_ message: String) throws -> [String] {
    let rig = try ScriptRig("loose_route(); note(\"$rc\"); note(\"$ru\"); note(\"$du\");")
    let notes = try rig.run(message)
    let left = rig.rendered().split(separator: "\n").filter { $0.hasPrefix("Route: ") }
        .map { String($0.dropFirst(7)) }
    return notes + left
}

@Suite("Module rr: Route")
struct LooseRouteTests {
    private let target = "sip:carol@192.0.2.1:5080"

    @Test("without a Route that can be read there is nothing to do")
    func nothing() throws {
        #expect(try code("loose_route()") == "-1")
        #expect(try code("loose_route()", for: dialog()) == "-1")
        #expect(try code("loose_route()", for: dialog("garbage")) == "-1")
        #expect(try code("loose_route()", for: dialog(own, "<tel:+1>")) == "-1")
        #expect(try code("loose_route()", for: dialog(own, "<sip:>")) == "-1")
    }

    @Test("our own Route is taken out, and the target is in the request line")
    func ownOnly() throws {
        #expect(try routed(dialog(own)) == ["1", target, "<null>"])
    }

    @Test("a new request with our Route only is routed as if it had none")
    func newRequest() throws {
        #expect(try routed(request([own])) == ["-1", "sip:carol@example.com", "<null>"])
    }

    @Test("the next loose router is the destination")
    func nextLoose() throws {
        let expected = ["1", target, "sip:127.0.0.2:5080;lr", next]
        #expect(try routed(dialog(own, next)) == expected)
        #expect(try routed(dialog(next)) == expected)
        #expect(try routed(request([own, next])).prefix(1) == ["1"])
    }

    @Test("entries within one field are taken out with their comma")
    func commaList() throws {
        #expect(
            try routed(dialog("\(own), \(next), <sip:127.0.0.3;lr>")) == [
                "1", target, "sip:127.0.0.2:5080;lr", "\(next), <sip:127.0.0.3;lr>",
            ])
        #expect(
            try routed(dialog("\(own),\(next)")) == [
                "1", target, "sip:127.0.0.2:5080;lr", next,
            ])
    }

    @Test("a strict router gets into the request line, and the target behind all entries")
    func nextStrict() throws {
        #expect(
            try routed(dialog(own, strict)) == [
                "1", "sip:127.0.0.2:5080", "<null>", "<\(target)>",
            ])
        #expect(
            try routed(dialog(strict)) == [
                "1", "sip:127.0.0.2:5080", "<null>", "<\(target)>",
            ])
        #expect(
            try routed(dialog(own, strict, "<sip:127.0.0.3;lr>")) == [
                "1", "sip:127.0.0.2:5080", "<null>", "<sip:127.0.0.3;lr>", "<\(target)>",
            ])
    }

    @Test("both entries of a passage between two sockets are taken out")
    func double() throws {
        let one = "<sip:127.0.0.1:5060;r2=on;nat=yes;lr>"
        let two = "<sip:[::1]:5060;transport=tcp;r2=on;lr>"
        #expect(
            try routed(dialog(one, two, next)) == ["1", target, "sip:127.0.0.2:5080;lr", next])
        #expect(try routed(dialog(one, two)) == ["1", target, "<null>"])
        #expect(try routed(dialog(one, next)).last == next)
        let rig = try ScriptRig(
            "loose_route(); note(\"$du\");",
            before: "modparam(\"rr\", \"enable_double_rr\", 0)\n")
        #expect(try rig.run(dialog(one, two)) == ["sip:[::1]:5060;transport=tcp;r2=on;lr"])
    }

    @Test("after a strict router the target is the last Route (RFC 3261 16.4)")
    func afterStrict() throws {
        let uri = "sip:127.0.0.1:5060;lr;nat=yes;ftag=tag-a"
        #expect(
            try routed(dialog(next, "<sip:bob@192.0.2.7>", uri: uri)) == [
                "1", "sip:bob@192.0.2.7", "sip:127.0.0.2:5080;lr", next,
            ])
        #expect(
            try routed(dialog("<sip:bob@192.0.2.7>", uri: uri)) == [
                "1", "sip:bob@192.0.2.7", "sip:bob@192.0.2.7",
            ])
        #expect(try routed(dialog(uri: uri)) == ["-1", uri, "<null>"])
    }

    @Test("a target at this server that is no Record-Route of ours stays the target")
    func targetHere() throws {
        let uri = "sip:carol@127.0.0.1:5060"
        #expect(try routed(dialog(own, uri: uri)) == ["1", uri, "<null>"])
        #expect(try routed(dialog(next, uri: uri)) == ["1", uri, "sip:127.0.0.2:5080;lr", next])
    }

    @Test(
        "the direction follows from the tag in the Route",
        arguments: [
            ("ftag=tag-a", "downstream", "1", "tag-a", "tag-c"),
            ("ftag=tag-c", "upstream", "2", "tag-c", "tag-a"),
            ("ftag=zzz", "upstream", "2", "tag-c", "tag-a"),
            ("x=y", "downstream", "1", "tag-a", "tag-c"),
        ])
    func direction(
        parameter: String, name: String, number: String, caller: String, callee: String
    ) throws {
        let lines = try noted(
            """
            loose_route(); note("$rdir(name) $rdir(id) $fti $tti");
            if (is_direction("upstream")) { note("up"); }
            if (is_direction("downstream")) { note("down"); }
            """, for: dialog("<sip:127.0.0.1:5060;lr;\(parameter)>"))
        #expect(
            lines == [
                "\(name) \(number) \(caller) \(callee)", name == "upstream" ? "up" : "down",
            ])
    }

    @Test("the parameters of our Route can be tested once it is taken out")
    func parameters() throws {
        let body = """
            note("$route_uri"); if (check_route_param("nat=yes")) { note("early"); }
            loose_route(); if (check_route_param("NAT=yes")) { note("nat"); }
            if (check_route_param("none")) { note("none"); }
            rr_next_hop_route(); note("$rc");
            """
        let uri = "sip:127.0.0.1:5060;lr;nat=yes;ftag=tag-a"
        #expect(try noted(body, for: dialog(own)) == [uri, "nat", "-1"])
        #expect(try noted(body, for: dialog(own, next)) == [uri, "nat", "1"])
        #expect(try noted(body, for: dialog(next)) == ["sip:127.0.0.2:5080;lr", "-1"])
        #expect(try noted(body) == ["<null>", "-1"])
    }

    @Test("what one request has is not known of the next")
    func nextMessage() throws {
        let rig = try ScriptRig(
            "if (has_totag()) { loose_route(); } if (check_route_param(\"nat\")) { note(\"nat\"); }"
        )
        #expect(try rig.run(dialog(own)) == ["nat"])
        #expect(try rig.run().isEmpty)
    }

    @Test(
        "wrong words are refused when the script is loaded",
        arguments: [
            ("is_direction(\"left\");", "expected \"upstream\" or \"downstream\""),
            ("note(\"$rdir(x)\");", "expected $rdir(id) or $rdir(name)"),
            ("check_route_param(\"(\");", "\"(\" is no regular expression: Unmatched ( or \\("),
        ])
    func wrongWords(statement: String, expected: String) {
        #expect(scriptError(statement).contains(expected))
    }

    @Test("more entries than a message may have are refused without work")
    func many() throws {
        let routes = Array(repeating: next, count: 70).joined(separator: ", ")
        #expect(try code("loose_route()", for: dialog(routes)) == "-1")
    }
}
