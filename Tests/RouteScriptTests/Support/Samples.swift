import ModuleKit

/// A location that tests can write down.
struct SourceMapPlace: Equatable {
    let file: String
    let line: Int
    let column: Int

    init(_ file: String, _ line: Int, _ column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    init(_ location: SourceLocation) {
        self.init(location.file, location.line, location.column)
    }
}

/// Configurations that are like real ones.
enum Samples {
    /// A plain registrar.
    static let registrar = """
        #!KAMAILIO
        # A plain registrar: every REGISTER is saved.
        debug=1
        log_stderror=yes
        children=1
        listen=udp:127.0.0.1:15060
        listen=tcp:127.0.0.1:15061
        tcp_accept_no_cl=yes
        auto_aliases=no
        alias="example.com"
        loadmodule "probe.so"
        loadmodule "usrloc.so"
        loadmodule "registrar.so"
        #!ifdef ROOST
        modparam("probe", "size", 7)
        #!else
        loadmodule "xhttp.so"
        #!endif
        modparam("usrloc", "timer_interval", 2)
        modparam("usrloc", "use_domain", 0)
        #!ifdef WITH_DB
        modparam("usrloc", "db_url", "mysql://kamailio:kamailiorw@127.0.0.1:15306/kamailio")
        modparam("usrloc", "db_mode", 2)
        #!else
        modparam("usrloc", "db_mode", 0)
        #!endif
        modparam("registrar", "max_expires", 7200)

        request_route {
        \tif (method == "REGISTER") {
        \t\tsave("location");
        \t\tnote("saved");
        \t\texit;
        \t}
        \tnote("404");
        }

        #!ifndef ROOST
        event_route[xhttp:request] {
        \tjsonrpc_dispatch();
        }
        #!endif
        """

    /// Many kinds of statements in one file.
    static let large = """
        #!KAMAILIO
        #!define ANSWER_N 41
        #!substdef "!SUBSTME!substituted!g"
        debug=1
        children=1
        listen=udp:127.0.0.1:15060 advertise 10.0.0.1:5060 name "inner"
        alias="example.com"
        flags FLT_ACC:1, FLT_NAT
        pstn.gw_ip = "10.0.0.1" desc "the \\"gateway\\""
        loadmodule "pv.so"
        modparam("a|b", "db_url", "x\\ty")
        request_route {
            $var(x) = "-";
            switch ($hdr(X-Case)) {
                case "arith": route(C_arith); break;
                case /"^mod": route(C_mod);
                default: drop;
            }
            sl_send_reply("299", "$var(x)");
            exit;
        }
        route[SUB] { return 5; }
        route[C_arith] { $var(x) = 7 + 3 * 2 - 10 / 5; return 1; }
        route[C_mod] { $var(x) = 17 mod 5 + ANSWER_N; }
        route[C_while] {
            $var(i) = 0; $var(x) = "";
            while ($var(i) < 5) {
                $var(x) = $var(x) + $var(i); $var(i) = $var(i) + 1; if ($var(i) == 4) break;
            }
        }
        route[C_not] {
            if (!(1 == 2) and not (3 == 4)) { $var(x) = "t"; } else { $var(x) = "SUBSTME"; }
            if (uri == myself || src_ip == 10.0.0.0/8 && proto == UDP) exit;
            else if (msg:len >= 100) { force_rport(); } else setflag(FLT_ACC);
            if (defined $avp(q) && $(hdr(Via)[-1]) =~ "x") { ; }
        }
        event_route[usrloc:contact-expired] { xlog("L_INFO", "expired $ulc(exp=>aor)\\n"); }
        reply_route { return; }
        """
}
