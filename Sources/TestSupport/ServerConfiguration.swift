/// A configuration file for a server of a test.
public struct ServerConfiguration: Sendable {
    /// Protocols and addresses to listen on; the server's port follows.
    public var listens = ["udp:127.0.0.1", "tcp:127.0.0.1"]
    /// Lines before the modules are loaded.
    public var globals = ["debug=2", "log_stderror=yes", "children=2", "alias=\"example.com\""]
    /// The modules, in the order of loading.
    public var modules = [
        "jsonrpcs", "microhttpd", "kex", "corex", "cfg_rpc", "pv", "sl", "textops", "siputils",
        "xlog", "db_sqlite", "db_mysql", "usrloc", "registrar",
    ]
    /// Lines behind them.
    public var parameters: [String] = []
    /// The routes.
    public var routes = """
        request_route {
            if (is_method("REGISTER")) {
                save("location");
                exit;
            }
            sl_send_reply("200", "OK");
        }
        """
    /// A whole file instead of all that, with `{sip}` and `{http}` where the ports go.
    public var file: String?
    /// Options of the command line.
    public var options: [String] = []

    /// A registrar that keeps its contacts in memory.
    public init() {}

    /// A registrar with a database.
    public init(databaseMode: Int, url: String, timerInterval: Int = 3_600) {
        set("usrloc", "db_mode", databaseMode)
        set("usrloc", "db_url", url)
        set("usrloc", "timer_interval", timerInterval)
    }

    /// A file of the folder `Config`, with ports of the server's own in the place of the two that
    /// stand in it.
    public init(shipped name: String, sipPort: UInt16 = 5060, httpPort: UInt16 = 8280) {
        file = TemporaryFolder.text(at: "\(ToolPath.package)/Config/\(name)")
            .replacing("127.0.0.1:\(sipPort)\n", with: "127.0.0.1:{sip}\n")
            .replacing("\"listen_port\", \(httpPort)", with: "\"listen_port\", {http}")
    }

    /// Sets a parameter of a module.
    public mutating func set(_ module: String, _ name: String, _ value: Int) {
        parameters.append("modparam(\"\(module)\", \"\(name)\", \(value))")
    }

    /// Sets a parameter of a module.
    public mutating func set(_ module: String, _ name: String, _ value: String) {
        parameters.append("modparam(\"\(module)\", \"\(name)\", \"\(value)\")")
    }

    /// The file for a server on these ports.
    public func text(sipPort: UInt16, httpPort: UInt16) -> String {
        if let file {
            return file.replacing("{sip}", with: "\(sipPort)")
                .replacing("{http}", with: "\(httpPort)")
        }
        var lines = ["#!KAMAILIO"] + globals
        lines += listens.map { "listen=\($0):\(sipPort)" }
        lines += modules.map { "loadmodule \"\($0).so\"" }
        if modules.contains("microhttpd") {
            lines += [
                "modparam(\"microhttpd\", \"listen_addr\", \"127.0.0.1\")",
                "modparam(\"microhttpd\", \"listen_port\", \(httpPort))",
            ]
        }
        if modules.contains("jsonrpcs") { lines.append("modparam(\"jsonrpcs\", \"transport\", 1)") }
        return (lines + parameters + ["", routes, ""]).joined(separator: "\n")
    }
}
