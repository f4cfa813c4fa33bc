/// The configuration file that both servers run, with ports of its own.
///
/// It is the plain registrar; what differs between the two is the HTTP module, and the size of the
/// hash table that an expert sets in Kamailio. `WITH_DB`, `TWO_WORKERS`, `WITH_SCRIPT`,
/// `WITH_PRESENCE`, `WITH_REGINFO` and `WITH_LEARNER` are chosen on the command line, so that one
/// file serves all figures.
public struct ServerConfiguration: Sendable, Equatable {
    /// Port for SIP over UDP and TCP.
    public var sipPort: UInt16
    /// Port for HTTP; Kamailio answers HTTP on its SIP port.
    public var httpPort: UInt16
    /// Port of the private MariaDB; 0 without one.
    public var databasePort: UInt16
    /// Bits of the hash table of usrloc in Kamailio: 2 to this power are its slots.
    ///
    /// With the default of 10 it walks lists of a hundred at 100,000 contacts and pays twice the
    /// CPU time; that would be no honest opponent. Roost's table grows by itself.
    public var hashSize = 16
    /// Seconds between two passes of usrloc's timer, which writes what is dirty.
    ///
    /// Usually beyond the length of a run, so that no server pays for writing while another figure
    /// is taken.
    public var timerSeconds = 3_600

    /// Port of the server whose registrations are learnt (`WITH_LEARNER`); 0 for the own one.
    public var peerPort: UInt16 = 0

    /// Receive buffer of the presence server, in bytes.
    ///
    /// A thousand watchers answer a thousand NOTIFYs while the server is still sending; with the
    /// usual buffer Kamailio loses half of the replies and sends as many NOTIFYs again.
    static let receiveBufferBytes = 4_194_304

    /// A configuration with these ports.
    public init(sipPort: UInt16, httpPort: UInt16, databasePort: UInt16) {
        self.sipPort = sipPort
        self.httpPort = httpPort
        self.databasePort = databasePort
    }

    /// Where kamcmd finds the server.
    var controlSocket: String { "unixs:/tmp/roost-benchmark-\(sipPort).ctl" }

    /// The text of the file.
    public var text: String {
        [globals, modules, parameters, Self.routes].joined(separator: "\n")
    }

    /// What the core is told: processes and sockets.
    private var globals: String {
        """
        #!KAMAILIO
        debug=0
        log_stderror=yes
        #!ifdef TWO_WORKERS
        children=2
        #!else
        children=1
        #!endif
        listen=udp:127.0.0.1:\(sipPort)
        listen=tcp:127.0.0.1:\(sipPort)
        #!ifdef WITH_PRESENCE
        maxbuffer=\(Self.receiveBufferBytes)
        #!endif
        tcp_accept_no_cl=yes
        auto_aliases=no
        alias="example.com"
        """
    }

    /// The modules, in an order that both servers take.
    private var modules: String {
        """
        loadmodule "jsonrpcs.so"
        loadmodule "kex.so"
        loadmodule "corex.so"
        loadmodule "tm.so"
        loadmodule "sl.so"
        loadmodule "pv.so"
        loadmodule "textops.so"
        loadmodule "siputils.so"
        loadmodule "xlog.so"
        #!ifdef WITH_SCRIPT
        loadmodule "maxfwd.so"
        loadmodule "sanity.so"
        #!endif
        loadmodule "usrloc.so"
        loadmodule "registrar.so"
        loadmodule "cfg_rpc.so"
        loadmodule "ctl.so"
        modparam("ctl", "binrpc", "\(controlSocket)")
        #!ifdef WITH_DB
        loadmodule "db_mysql.so"
        #!endif
        #!ifdef WITH_PRESENCE
        loadmodule "presence.so"
        loadmodule "presence_xml.so"
        #!endif
        #!ifdef WITH_REGINFO
        #!ifndef WITH_DB
        loadmodule "db_mysql.so"
        #!endif
        loadmodule "presence_reginfo.so"
        loadmodule "pua.so"
        loadmodule "pua_reginfo.so"
        #!endif
        #!ifdef ROOST
        loadmodule "microhttpd.so"
        modparam("microhttpd", "listen_addr", "127.0.0.1")
        modparam("microhttpd", "listen_port", \(httpPort))
        #!else
        loadmodule "xhttp.so"
        modparam("usrloc", "hash_size", \(hashSize))
        #!ifdef WITH_PRESENCE
        modparam("presence", "subs_htable_size", \(hashSize))
        modparam("presence", "pres_htable_size", \(hashSize))
        #!endif
        #!ifdef WITH_REGINFO
        modparam("pua", "hash_size", \(hashSize))
        #!endif
        #!endif
        """
    }

    /// The parameters that both share.
    private var parameters: String {
        """
        modparam("jsonrpcs", "transport", 1)
        modparam("usrloc", "timer_interval", \(timerSeconds))
        modparam("usrloc", "use_domain", 0)
        #!ifdef WITH_DB
        modparam("usrloc", "db_url", "\(PrivateMariaDB.url(port: databasePort))")
        modparam("usrloc", "db_mode", 2)
        #!else
        modparam("usrloc", "db_mode", 0)
        #!endif
        modparam("registrar", "max_expires", 7200)
        #!ifdef WITH_PRESENCE
        \(presence)
        #!endif
        #!ifdef WITH_REGINFO
        \(reginfo)
        #!endif

        """
    }

    /// The parameters of the presence server: its defaults with a database, and memory only
    /// without.
    private var presence: String {
        """
        modparam("presence_xml", "force_active", 1)
        modparam("presence", "server_address", "sip:127.0.0.1:\(sipPort)")
        #!ifdef WITH_DB
        modparam("presence|presence_xml", "db_url", "\(PrivateMariaDB.url(port: databasePort))")
        #!else
        modparam("presence", "subs_db_mode", 0)
        modparam("presence", "publ_cache", 2)
        #!endif
        """
    }

    /// The parameters of the presence user agent: in memory, or in the table alone with a database.
    ///
    /// Kamailio's needs a database in memory too, which it reads at the start and writes by a
    /// timer. A server publishes to itself, or learns what another one has published.
    private var reginfo: String {
        """
        modparam("pua", "db_url", "\(PrivateMariaDB.url(port: databasePort))")
        #!ifdef WITH_DB
        modparam("pua", "db_mode", 2)
        #!endif
        modparam("pua_reginfo", "default_domain", "example.com")
        modparam("pua_reginfo", "server_address", "sip:reginfo@127.0.0.1:\(sipPort)")
        #!ifdef WITH_LEARNER
        modparam("pua_reginfo", "publish_reginfo", 0)
        modparam("pua_reginfo", "outbound_proxy", "sip:127.0.0.1:\(peerPort)")
        #!else
        modparam("pua_reginfo", "publish_reginfo", 1)
        modparam("pua_reginfo", "outbound_proxy", "sip:127.0.0.1:\(sipPort)")
        #!endif
        """
    }

    /// The routes: the long script, or the plain registrar.
    private static let routes = """
        #!ifdef WITH_SCRIPT
        \(script)
        #!else
        request_route {
        #!ifdef WITH_PRESENCE
        \tif (is_method("PUBLISH")) {
        \t\thandle_publish();
        \t\texit;
        \t}
        \tif (is_method("SUBSCRIBE")) {
        \t\thandle_subscribe();
        \t\texit;
        \t}
        #!endif
        #!ifdef WITH_REGINFO
        \tif (is_method("NOTIFY")) {
        \t\treginfo_handle_notify("location");
        \t\tsl_send_reply("200", "OK");
        \t\texit;
        \t}
        #!endif
        #!ifdef WITH_LEARNER
        \tif (is_method("REGISTER")) {
        \t\treginfo_subscribe("sip:$tU@example.com", "3600");
        \t\tsl_send_reply("200", "OK");
        \t\texit;
        \t}
        #!endif
        \tif (is_method("REGISTER")) {
        \t\tsave("location");
        \t\texit;
        \t}
        \tsl_send_reply("404", "Not here");
        }
        #!endif

        #!ifndef ROOST
        event_route[xhttp:request] {
        \tjsonrpc_dispatch();
        }
        #!endif

        """

    /// What operators put in front of `save`: forty statements of checks, flags, regular
    /// expressions, attributes and string work.
    private static let script = """
        request_route {
        \tif (!mf_process_maxfwd_header("10")) {
        \t\tsl_send_reply("483", "Too Many Hops");
        \t\texit;
        \t}
        \tif (!sanity_check("17895", "7")) {
        \t\txlog("L_WARN", "malformed $rm from $si:$sp\\n");
        \t\texit;
        \t}
        \tif ($ua =~ "friendly-scanner|sipcli|sipvicious") exit;
        \tforce_rport();
        \tsetflag(1);
        \tsetflag(5);
        \tresetflag(2);
        \tif (isflagset(3)) setflag(4);
        \tif (msg:len > 4096) {
        \t\tsl_send_reply("513", "Message Too Large");
        \t\texit;
        \t}
        \tif (!is_method("REGISTER")) {
        \t\tsl_send_reply("404", "Not here");
        \t\texit;
        \t}
        \tif (has_totag()) {
        \t\tsl_send_reply("481", "No Such Dialog");
        \t\texit;
        \t}
        \t$var(user) = $tU;
        \t$var(domain) = $td;
        \tif (strempty($var(user)) || strlen($var(user)) > 64) {
        \t\tsl_send_reply("400", "Bad User");
        \t\texit;
        \t}
        \tif ($fU != $tU && !isflagset(7)) {
        \t\tsl_send_reply("403", "Not Yours");
        \t\texit;
        \t}
        \tif ($var(user) =~ "[^a-z0-9._-]") setflag(6);
        \t$var(aor) = "sip:" + $var(user) + "@" + $var(domain);
        \t$xavp(reg=>user) = $var(user);
        \t$xavp(reg[0]=>domain) = $var(domain);
        \t$xavp(reg[0]=>agent) = $ua;
        \t$xavp(reg[0]=>source) = $si;
        \t$avp(aor) = $var(aor);
        \t$avp(port) = $sp;
        \t$var(contact) = $(ct{nameaddr.uri});
        \t$var(host) = $(var(contact){uri.host});
        \t$var(port) = $(var(contact){uri.port});
        \t$var(tail) = $(tU{s.substr,-4,0});
        \t$var(name) = $(fU{s.tolower});
        \tif ($var(host) != $si) setflag(8);
        \tif ($var(port) > 0 && $var(port) < 1024) setflag(9);
        \tif (src_ip == 10.0.0.0/8 || src_ip == 192.168.0.0/16) setflag(10);
        \tif (proto == UDP) setflag(11);
        \tif ($hdr(Expires) != $null && $(hdr(Expires){s.int}) > 86400) setflag(12);
        \tswitch ($var(tail)) {
        \t\tcase "0000": setflag(13); break;
        \t\tcase "9999": setflag(14); break;
        \t\tdefault: resetflag(13);
        \t}
        \troute(SOURCE);
        \tif ($xavp(reg=>user) != $var(name)) setflag(16);
        \tif (is_present_hf("Authorization")) remove_hf("Authorization");
        \tappend_to_reply("X-Served-By: roost\\r\\n");
        \tsave("location");
        \texit;
        }

        route[SOURCE] {
        \t$var(tries) = 0;
        \twhile ($var(tries) < 3) {
        \t\t$var(tries) = $var(tries) + 1;
        \t\tif ($var(tries) == 2) break;
        \t}
        \tif (is_present_hf("X-Trunk")) return -1;
        \treturn 1;
        }
        """
}
