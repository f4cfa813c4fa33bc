/// The configuration file that both servers run, with ports of its own.
///
/// It is the plain registrar; what differs between the two is the HTTP module, and the size of the
/// hash table that an expert sets in Kamailio. `WITH_DB` and `TWO_WORKERS` are chosen on the
/// command line, so that one file serves all figures.
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

    /// A configuration with these ports.
    public init(sipPort: UInt16, httpPort: UInt16, databasePort: UInt16) {
        self.sipPort = sipPort
        self.httpPort = httpPort
        self.databasePort = databasePort
    }

    /// The text of the file.
    public var text: String {
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
        tcp_accept_no_cl=yes
        auto_aliases=no
        alias="example.com"
        loadmodule "jsonrpcs.so"
        loadmodule "kex.so"
        loadmodule "corex.so"
        loadmodule "tm.so"
        loadmodule "sl.so"
        loadmodule "pv.so"
        loadmodule "textops.so"
        loadmodule "siputils.so"
        loadmodule "xlog.so"
        loadmodule "usrloc.so"
        loadmodule "registrar.so"
        loadmodule "cfg_rpc.so"
        loadmodule "ctl.so"
        #!ifdef ROOST
        loadmodule "microhttpd.so"
        modparam("microhttpd", "listen_addr", "127.0.0.1")
        modparam("microhttpd", "listen_port", \(httpPort))
        #!else
        loadmodule "xhttp.so"
        modparam("usrloc", "hash_size", \(hashSize))
        #!endif
        modparam("jsonrpcs", "transport", 1)
        modparam("usrloc", "timer_interval", \(timerSeconds))
        modparam("usrloc", "use_domain", 0)
        #!ifdef WITH_DB
        loadmodule "db_mysql.so"
        modparam("usrloc", "db_url", "\(PrivateMariaDB.url(port: databasePort))")
        modparam("usrloc", "db_mode", 2)
        #!else
        modparam("usrloc", "db_mode", 0)
        #!endif
        modparam("registrar", "max_expires", 7200)

        request_route {
        \tif (is_method("REGISTER")) {
        \t\tsave("location");
        \t\texit;
        \t}
        \tsl_send_reply("404", "Not here");
        }

        #!ifndef ROOST
        event_route[xhttp:request] {
        \tjsonrpc_dispatch();
        }
        #!endif

        """
    }
}
