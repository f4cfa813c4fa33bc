import RouteScript
import Testing

/// The tree of a configuration, printed.
private func printed(_ text: String) throws -> String {
    TreePrinter.print(try parse(text).tree)
}

@Suite("Parser")
struct ParserTests {
    @Test(
        "settings are read in all their spellings",
        arguments: [
            ("debug=3", "debug = 3"), ("debug = -1", "debug = -1"), ("debug=0x10;", "debug = 16"),
            ("fork=yes", "fork = 1"), ("fork = off", "fork = 0"),
            ("log_name=\"a\" \"b\"", "log_name = \"ab\""),
            ("log_facility=LOG_LOCAL0", "log_facility = \"LOG_LOCAL0\""),
            ("user=sip-server", "user = \"sip-server\""),
            ("a=10.0.0.1", "a = \"10.0.0.1\""),
            ("pstn.gw_ip = \"\" desc \"gateway\"", "pstn.gw_ip = \"\" desc \"gateway\""),
            ("pstn.n = 5 descr \"x\"", "pstn.n = 5 desc \"x\""),
            ("pstn.n = -5", "pstn.n = -5"),
            ("port=5061", "port = 5061"),
            ("flags A:3", "flags A:3"),
            ("loadmodule \"sl.so\"", "loadmodule \"sl\""),
            ("loadmodule \"sl\"", "loadmodule \"sl\""),
            ("loadmodule(\"/usr/lib/x/sl.so\")", "loadmodule \"sl\""),
            ("modparam(\"a|b\", \"p\", 1)", "modparam(\"a|b\", \"p\", 1)"),
            ("modparam(\"a\", \"p\", yes)", "modparam(\"a\", \"p\", 1)"),
            ("modparam(\"a\", \"p\", -1)", "modparam(\"a\", \"p\", -1)"),
            ("modparam(\"a\", \"p\", \"x;\" \"y\")", "modparam(\"a\", \"p\", \"x;y\")"),
            ("mpath=\"/usr/lib\"", "mpath \"\""), ("loadpath \"/usr/lib\"", "loadpath \"\""),
        ])
    func settings(text: String, expected: String) throws {
        #expect(try printed(text) == expected + "\n")
    }

    @Test(
        "addresses to listen on are read in all their spellings",
        arguments: [
            ("listen=127.0.0.1", "listen = 127.0.0.1"),
            ("listen=udp:127.0.0.1:5060", "listen = udp:127.0.0.1:5060"),
            ("listen=tcp:[::1]:5060", "listen = tcp:[::1]:5060"),
            ("listen=TLS:10.0.0.1", "listen = tls:10.0.0.1"),
            ("listen=udp:eth0:5060", "listen = udp:eth0:5060"),
            ("listen=udp:sip-1.example.com:5070", "listen = udp:sip-1.example.com:5070"),
            ("listen=\"udp:127.0.0.1:5060\"", "listen = udp:127.0.0.1:5060"),
            ("listen=udp:*:5060", "listen = udp:*:5060"),
            (
                "listen=udp:10.0.0.1:5060 advertise 1.2.3.4:5070 name \"outer\"",
                "listen = udp:10.0.0.1:5060 advertise 1.2.3.4:5070 name \"outer\""
            ),
            ("alias=example.com", "alias = example.com"),
            ("alias=\"example.com\"", "alias = example.com"),
            ("alias=udp:example.com:5060", "alias = udp:example.com:5060"),
        ])
    func addresses(text: String, expected: String) throws {
        #expect(try printed(text) == expected + "\n")
    }

    @Test("lists of addresses end with their line")
    func lists() throws {
        let text = "listen=udp:a:1 tcp:b:2\nalias=x.org y.org\nport=5061\nflags A, B:2, C"
        #expect(
            try printed(text) == """
                listen = udp:a:1
                listen = tcp:b:2
                alias = x.org
                alias = y.org
                port = 5061
                flags A
                flags B:2
                flags C

                """)
    }

    @Test("definitions are put into addresses")
    func definedAddress() throws {
        let text = "#!define MY_IP 10.0.0.1\n#!define MY_PORT 5070\nlisten=udp:MY_IP:MY_PORT"
        #expect(try printed(text) == "listen = udp:10.0.0.1:5070\n")
    }

    @Test(
        "the heads of route blocks",
        arguments: [
            ("route {}", "request_route"), ("route[0] {}", "request_route"),
            ("request_route {}", "request_route"), ("route[A] {}", "route[A]"),
            ("route[\"my route\"] {}", "route[my route]"), ("route[7] {}", "route[7]"),
            ("reply_route {}", "reply_route"), ("onreply_route {}", "reply_route"),
            ("onreply_route[0] {}", "reply_route"), ("onreply_route[R] {}", "onreply_route[R]"),
            ("failure_route[F] {}", "failure_route[F]"),
            ("branch_route[B] {}", "branch_route[B]"), ("onsend_route {}", "onsend_route"),
            ("event_route[a:b-c] {}", "event_route[a:b-c]"),
            ("event_route[tm:branch-failure:x] {}", "event_route[tm:branch-failure:x]"),
        ])
    func heads(text: String, expected: String) throws {
        #expect(try printed(text) == expected + " {\n}\n")
    }

    @Test("statements are read in all their spellings")
    func statements() throws {
        let text = """
            request_route {
                ;
                if (1) exit; else drop;
                if $rU == "a" { return; } else if ($rU == "b") return 2; else { return(-1); }
                while ($var(i) < 3) { $var(i) = $var(i) + 1; break; }
                switch ($rU) {
                    case "a": exit;
                    case "b": case "c": break;
                    case /"^d": $var(x) = 1;
                    default: drop;
                }
                switch ($var(i)) { case 1: exit; case -2: exit(); }
                route(A); route("B"); route("C" + $rU);
                force_rport; setflag(3); f("a", 2, $rU);
            }
            """
        let expected = """
            request_route {
              if 1
                exit;
              else
                drop;
              if ($rU == "a")
                {
                  return;
                }
              else if ($rU == "b")
                return 2;
              else
                {
                  return (-1);
                }
              while ($var(i) < 3)
                {
                  $var(i) = ($var(i) + 1);
                  break;
                }
              switch $rU {
              case "a":
                exit;
              case "b":
              case "c":
                break;
              case /"^d":
                $var(x) = 1;
              default:
                drop;
              }
              switch $var(i) {
              case 1:
                exit;
              case -2:
                exit;
              }
              route("A");
              route("B");
              route(("C" + $rU));
              force_rport();
              setflag(3);
              f("a", 2, $rU);
            }

            """
        #expect(try printed(text) == expected)
    }

    @Test("printing a tree and reading it again changes nothing")
    func roundTrip() throws {
        let once = try printed(Samples.large)
        #expect(try printed(once) == once)
        #expect(once.contains("route(\"C_arith\")"))
    }

    @Test("positions are those of the first token, also behind definitions and in included files")
    func positions() throws {
        let file = try parse(
            "#!define LONG \"something long\"\ninclude_file \"b.cfg\"\nrequest_route {\n"
                + "\t$var(x) = LONG; exit;\n}",
            files: ["b.cfg": "debug=1\n\n  children=2\n"])
        let places = file.tree.settings.map { setting -> SourceMapPlace in
            guard case .global(_, _, let position) = setting else { return .init("?", 0, 0) }
            return SourceMapPlace(file.tree.sources.location(position))
        }
        #expect(places == [.init("b.cfg", 1, 1), .init("b.cfg", 3, 3)])
        let statements = try #require(file.tree.blocks.first?.body)
        #expect(
            statements.map { SourceMapPlace(file.tree.sources.location($0.position)) } == [
                .init("test.cfg", 4, 2), .init("test.cfg", 4, 18),
            ])
    }
}
