import Foundation
import JSONValue
import TestSupport
import Testing

/// Stock Kamailio as a registrar and presence server that publishes and follows registrations.
private final class StockServer {
    let port: UInt16
    let http: UInt16
    private let database: TestDatabase
    private let folder: TemporaryFolder
    private let program: StartedProgram

    static let isInstalled =
        ToolPath.installed("kamailio") != nil && MariaDBFixture.isInstalled
        && ["presence_reginfo", "pua_reginfo", "db_mysql"].allSatisfy { name in
            FileManager.default.fileExists(atPath: "\(modules)/\(name).so")
        }

    private static let modules = "/usr/lib/\(machine)-linux-gnu/kamailio/modules"
    #if arch(arm64)
        private static let machine = "aarch64"
    #else
        private static let machine = "x86_64"
    #endif

    /// It did not start.
    struct NoStart: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts it; it publishes to the presence server at `presence`, or to its own.
    init(presence: UInt16? = nil) throws {
        let ports = try FreePorts.take(2)
        port = ports[0]
        http = ports[1]
        let own = try MariaDBFixture.shared().database()
        database = try TestDatabase(own)
        folder = try TemporaryFolder()
        try folder.write(
            Self.text(own.plainURL, port: port, http: http, presence: presence ?? port),
            to: "kamailio.cfg")
        program = try StartedProgram(
            try #require(ToolPath.installed("kamailio")),
            ["-f", folder.file("kamailio.cfg"), "-DD", "-E", "-Y", folder.path, "-m", "32"],
            output: folder.file("log"))
        let isReady = eventually(within: 30) {
            guard let phone = try? SIPClient(port: port) else { return false }
            return (try? phone.options(seconds: 0.3)) != nil
        }
        guard isReady else {
            program.kill()
            throw NoStart(description: String(folder.text(of: "log").suffix(3_000)))
        }
    }

    deinit { program.kill() }

    /// The contacts that it has of a user; 5.6.3 files imported ones under the whole address.
    func knows(_ user: String) -> [String] {
        guard let dump = try? RPCClient(port: http).call("ul.dump") else { return ["no answer"] }
        var found: [String] = []
        for domain in dump["Domains"]?.items ?? [] {
            for record in domain["Domain"]?["AoRs"]?.items ?? [] {
                let aor = record["Info"]?["AoR"]?.text ?? ""
                guard aor == user || aor.hasPrefix("\(user)@") else { continue }
                for item in record["Info"]?["Contacts"]?.items ?? [] {
                    // What has ended lies there until the timer comes.
                    guard item["Contact"]?["Expires"]?.integer ?? 0 > 0 else { continue }
                    found.append(item["Contact"]?["Address"]?.text ?? "")
                }
            }
        }
        return found
    }

    /// Follows somebody at a port.
    func follow(_ user: String, port other: UInt16) throws {
        let phone = try SIPClient(port: port)
        let reply = try phone.request(
            phone.request("MESSAGE", "sip:\(user)@127.0.0.1:\(other)", callID: "f-\(user)@test"))
        #expect(reply.reason == "rc=1")
    }

    private static func text(
        _ url: String, port: UInt16, http: UInt16, presence: UInt16
    ) -> String {
        let names = [
            "kex", "corex", "tm", "sl", "rr", "pv", "textops", "siputils", "xlog", "db_mysql",
            "usrloc", "registrar", "presence", "presence_reginfo", "pua", "pua_reginfo",
            "xhttp", "jsonrpcs",
        ]
        return """
            #!KAMAILIO
            debug=1
            log_stderror=yes
            children=2
            listen=udp:127.0.0.1:\(port)
            listen=tcp:127.0.0.1:\(http)
            tcp_accept_no_cl=yes
            auto_aliases=no
            alias="example.com"
            mpath="\(modules)"
            \(names.map { "loadmodule \"\($0).so\"" }.joined(separator: "\n"))
            modparam("jsonrpcs", "transport", 1)
            modparam("usrloc|presence|pua", "db_url", "\(url)")
            modparam("usrloc", "timer_interval", 1)
            modparam("registrar", "min_expires", 1)
            modparam("presence", "server_address", "sip:127.0.0.1:\(port)")
            modparam("presence", "subs_db_mode", 2)
            modparam("pua", "outbound_proxy", "sip:127.0.0.1:\(presence)")
            modparam("pua_reginfo", "default_domain", "127.0.0.1")
            modparam("pua_reginfo", "publish_reginfo", 1)
            modparam("pua_reginfo", "server_address", "sip:reginfo@127.0.0.1:\(port)")
            request_route {
                if (is_method("REGISTER")) { save("location"); exit; }
                if (is_method("PUBLISH")) { handle_publish(); exit; }
                if (is_method("SUBSCRIBE")) { handle_subscribe(); exit; }
                if (is_method("NOTIFY")) {
                    reginfo_handle_notify("location");
                    sl_send_reply("200", "OK");
                    exit;
                }
                if (is_method("MESSAGE")) {
                    reginfo_subscribe("$ru", "600");
                    $var(code) = $rc;
                    sl_send_reply("200", "rc=$var(code)");
                    exit;
                }
                sl_send_reply("200", "OK");
            }
            event_route[xhttp:request] { jsonrpc_dispatch(); }
            """
    }
}

@Suite(
    "Roost and stock Kamailio tell each other of their registrations", .onThreads, .serialized,
    .enabled(if: StockServer.isInstalled, "kamailio and its presence modules are not installed"))
struct KamailioPeerTests {
    private static let contact = "sip:user0@192.0.2.1:5060"

    @Test("Roost follows Kamailio: a contact comes, is refreshed and goes")
    func followsKamailio() throws {
        let stock = try StockServer()
        let roost = try TravellingServer()
        try roost.follow(0..<1, at: stock.port)
        let phone = try SIPClient(port: stock.port)
        try phone.register(RegisterMessage("user0", Self.contact, expires: 600))
        #expect(eventually(within: Rig.limit(20)) { (try? roost.found("user0")) == Self.contact })
        try phone.register(RegisterMessage("user0", Self.contact, expires: 900, cseq: 2))
        #expect(
            try eventually(within: Rig.limit(20)) {
                try roost.server.contact(of: "user0")?["CSeq"]?.integer == 2
            })
        try phone.register(RegisterMessage("user0", Self.contact, expires: 0, cseq: 3))
        #expect(try eventually(within: Rig.limit(20)) { try roost.server.uris(of: "user0") == [] })
        #expect(try roost.figure("documents_published") == 0)
    }

    @Test("Kamailio follows Roost: a contact comes and goes")
    func followsRoost() throws {
        let stock = try StockServer()
        let roost = try TravellingServer()
        try stock.follow("user0", port: roost.server.sipPort)
        try roost.phone.register(RegisterMessage("user0", Self.contact, expires: 600))
        #expect(eventually(within: Rig.limit(20)) { stock.knows("user0") == [Self.contact] })
        try roost.phone.register(RegisterMessage("user0", Self.contact, expires: 0, cseq: 2))
        #expect(eventually(within: Rig.limit(20)) { stock.knows("user0") == [] })
    }

    @Test("Roost publishes to Kamailio's presence server, which tells a third who follows there")
    func publishesToKamailio() throws {
        let stock = try StockServer()
        let publisher = try TravellingServer(presence: stock.port)
        let follower = try TravellingServer(publishes: false)
        try follower.follow(0..<1, at: stock.port)
        try publisher.phone.register(RegisterMessage("user0", Self.contact, expires: 600))
        #expect(
            eventually(within: Rig.limit(20)) { (try? follower.found("user0")) == Self.contact })
        try publisher.phone.register(RegisterMessage("user0", Self.contact, expires: 0, cseq: 2))
        #expect(
            try eventually(within: Rig.limit(20)) { try follower.server.uris(of: "user0") == [] })
    }

    @Test("Kamailio publishes to Roost's presence server, which tells a third who follows there")
    func publishesToRoost() throws {
        let presence = try TravellingServer(publishes: false)
        let stock = try StockServer(presence: presence.server.sipPort)
        let follower = try TravellingServer(publishes: false)
        try follower.follow(0..<1, at: presence)
        let phone = try SIPClient(port: stock.port)
        try phone.register(RegisterMessage("user0", Self.contact, expires: 600))
        #expect(
            eventually(within: Rig.limit(20)) { (try? follower.found("user0")) == Self.contact })
    }

    @Test("both follow each other, and nothing goes round")
    func noLoop() throws {
        let stock = try StockServer()
        let roost = try TravellingServer()
        try stock.follow("user0", port: roost.server.sipPort)
        try roost.follow(0..<1, at: stock.port)
        try roost.phone.register(RegisterMessage("user0", Self.contact, callID: "a"))
        #expect(eventually(within: Rig.limit(20)) { stock.knows("user0").contains(Self.contact) })
        let phone = try SIPClient(port: stock.port)
        let other = "sip:user0@192.0.2.2:5060"
        // 5.6.3 publishes nothing of a registration that comes right after what it learnt, on the
        // same process; it does at the next refresh.
        var sequence = 0
        #expect(
            try eventually(within: Rig.limit(20)) {
                sequence += 1
                try phone.register(RegisterMessage("user0", other, callID: "b", cseq: sequence))
                return eventually(within: 2) {
                    (try? roost.server.uris(of: "user0").sorted()) == [Self.contact, other]
                }
            })
        pause(seconds: 2)
        #expect(try roost.figure("documents_published") == 1)
        #expect(try roost.server.uris(of: "user0").count == 2)
    }
}
