import JSONValue
import TestSupport

/// A registrar and presence server in one, which publishes its registrations and follows others.
struct TravellingServer {
    let server: ServerProcess
    let phone: SIPClient

    /// A server whose contacts live in memory.
    ///
    /// It publishes to the presence server at `presence`, or to its own.
    init(publishes: Bool = true, presence: UInt16? = nil) throws {
        let folder = try TemporaryFolder()
        var configuration = ServerConfiguration()
        configuration.file = Self.text(
            folder.file("pua.sqlite"), publishes: publishes,
            presence: presence.map { "\($0)" } ?? "{sip}")
        server = try ServerProcess(configuration, folder: folder)
        phone = try server.phone()
    }

    private static func text(
        _ database: String, publishes: Bool, presence: String
    ) -> String {
        let modules = [
            "jsonrpcs", "microhttpd", "kex", "corex", "cfg_rpc", "pv", "sl", "tm", "rr", "textops",
            "siputils", "xlog", "db_sqlite", "usrloc", "registrar", "presence", "presence_reginfo",
            "pua", "pua_reginfo",
        ]
        return """
            #!KAMAILIO
            debug=2
            log_stderror=yes
            children=2
            listen=udp:127.0.0.1:{sip}
            listen=tcp:127.0.0.1:{sip}
            alias="example.com"
            \(modules.map { "loadmodule \"\($0).so\"" }.joined(separator: "\n"))
            modparam("microhttpd", "listen_addr", "127.0.0.1")
            modparam("microhttpd", "listen_port", {http})
            modparam("jsonrpcs", "transport", 1)
            modparam("usrloc", "timer_interval", 1)
            modparam("registrar", "min_expires", 1)
            modparam("presence", "subs_db_mode", 0)
            modparam("presence", "publ_cache", 2)
            modparam("presence", "clean_period", 5)
            modparam("pua", "db_url", "sqlite:///\(database)")
            modparam("pua", "outbound_proxy", "sip:127.0.0.1:\(presence)")
            modparam("pua_reginfo", "publish_reginfo", \(publishes ? 1 : 0))
            modparam("pua_reginfo", "default_domain", "127.0.0.1")
            modparam("pua_reginfo", "server_address", "sip:reginfo@127.0.0.1:{sip}")
            request_route {
                if (is_method("REGISTER")) {
                    if ($hdr(X-Quiet) != $null) reginfo_disable_publish();
                    save("location");
                    exit;
                }
                if (is_method("PUBLISH")) {
                    handle_publish();
                    exit;
                }
                if (is_method("SUBSCRIBE")) {
                    handle_subscribe();
                    exit;
                }
                if (is_method("NOTIFY")) {
                    reginfo_handle_notify("location");
                    $var(code) = $rc;
                    sl_send_reply("200", "rc=$var(code)");
                    exit;
                }
                if (is_method("MESSAGE")) {
                    reginfo_subscribe("$ru", "$hdr(Expires)");
                    $var(code) = $rc;
                    sl_send_reply("200", "rc=$var(code)");
                    exit;
                }
                if (is_method("INFO")) {
                    if (lookup("location")) {
                        sl_send_reply("200", "$ru");
                    } else {
                        sl_send_reply("404", "Not Found");
                    }
                    exit;
                }
                sl_send_reply("200", "OK");
            }
            """
    }

    /// Follows some users of another server.
    func follow(_ users: Range<Int>, at other: TravellingServer, seconds: Int = 600) throws {
        try follow(users, at: other.server.sipPort, seconds: seconds)
    }

    /// Follows some users at a port.
    func follow(_ users: Range<Int>, at port: UInt16, seconds: Int = 600) throws {
        try follow(users.map { "user\($0)" }, port: port, seconds: seconds)
    }

    /// Follows some users at a port.
    func follow(_ users: [String], port: UInt16, seconds: Int = 600) throws {
        for user in users {
            let uri = "sip:\(user)@127.0.0.1:\(port)"
            _ = try server.rpc.call("reginfo.subscribe", .string(uri), .integer(Int64(seconds)))
        }
    }

    /// Registers many phones, one each.
    func register(_ users: Range<Int>, expires: Int = 600, cseq: Int = 1) throws
        -> RegisterBurst.Report
    {
        var burst = RegisterBurst(port: server.sipPort, users: users)
        burst.expires = expires
        burst.cseq = cseq
        return try burst.run()
    }

    /// Addresses-of-record that it knows.
    var users: Int? { (try? server.statistic("usrloc:registered_users")) ?? nil }

    /// A figure of module pua_reginfo.
    func figure(_ name: String) throws -> Int? { try server.statistic("pua_reginfo:\(name)") }

    /// The first contact that its script finds for a user; nil for none.
    func found(_ user: String, _ number: Int = 0) throws -> String? {
        let reply = try phone.request(
            phone.request(
                "INFO", "sip:\(user)@example.com", callID: "look-\(user)-\(number)@test"))
        return reply.status == 200 ? reply.reason : nil
    }
}
