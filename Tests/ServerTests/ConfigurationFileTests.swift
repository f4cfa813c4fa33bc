import Foundation
import ModuleKit
import RouteScript
import Testing

@testable import Server

/// The errors that the real catalogue finds in a configuration; none when it is right.
private func faults(_ text: String, defines: [Definition] = []) -> [ScriptError] {
    do {
        _ = try ConfigurationFile.parse(
            SourceFile(name: "test.cfg", bytes: Array(text.utf8)), defines: defines
        ).check(catalogue: Catalogue.modules, core: Catalogue.core)
        return []
    } catch {
        return error.errors
    }
}

/// A file of the repository.
private func stored(_ path: String) throws -> String {
    try String(contentsOf: repository.appendingPathComponent(path), encoding: .utf8)
}

/// The names of the files in a folder of the repository that end in a certain way.
private func files(in folder: String, ending end: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
        atPath: repository.appendingPathComponent(folder).path
    ).filter { $0.hasSuffix(end) }.sorted()
}

@Suite("The project's configurations")
struct ProjectConfigurationTests {
    @Test("every file in Config is right, with and without what it may be given")
    func configurations() throws {
        let names = try files(in: "Config", ending: ".cfg")
        #expect(names.count >= 5)
        for name in names {
            let path = repository.appendingPathComponent("Config/\(name)").path
            #expect(throws: Never.self, "\(name)") {
                _ = try ConfigurationFile.parse(path: path).check(
                    catalogue: Catalogue.modules, core: Catalogue.core)
            }
        }
    }

    /// What stands for a value, in place of a name that is only asked for.
    private static let values = [
        "DBURL": "\"sqlite:///tmp/none.sqlite\"", "SCRIPT": "\"/tmp/none.lua\"",
        "REGISTRAR": "\"sip:10.0.0.9:5060\"",
        "VOICEMAIL": "\"sip:voicemail@10.0.0.9\"",
    ]

    @Test("every name that a file in Config asks for can be defined")
    func definitions() throws {
        let conditional = try Regex("#!ifn?def +([A-Za-z0-9_]+)")
        for name in try files(in: "Config", ending: ".cfg") {
            let found = try stored("Config/\(name)").matches(of: conditional)
            for word in Set(found.compactMap { $0.output[1].substring.map(String.init) }) {
                let path = repository.appendingPathComponent("Config/\(name)").path
                let define = Definition(word, Self.values[word] ?? "")
                #expect(throws: Never.self, "\(name) with \(word)") {
                    _ = try ConfigurationFile.parse(path: path, defines: [define]).check(
                        catalogue: Catalogue.modules, core: Catalogue.core)
                }
            }
        }
    }

    @Test("every file in Config has a request route, a socket, and comments")
    func contents() throws {
        for name in try files(in: "Config", ending: ".cfg") {
            let file = try ConfigurationFile.parse(
                path: repository.appendingPathComponent("Config/\(name)").path)
            let checked = try file.check(catalogue: Catalogue.modules, core: Catalogue.core)
            #expect(!checked.listens.isEmpty, "\(name)")
            let hasRoute = file.tree.blocks.contains { $0.kind == .request }
            #expect(hasRoute || checked.engine.name != "native", "\(name)")
            #expect(try stored("Config/\(name)").contains("\n# "), "\(name)")
        }
    }

    @Test("every configuration that a page of docs shows is right")
    func documents() throws {
        var blocks = 0
        for name in try files(in: "docs", ending: ".md") {
            for block in Self.blocks(in: try stored("docs/\(name)")) {
                blocks += 1
                let found = faults(block)
                #expect(found.isEmpty, "docs/\(name): \(found.map(\.rendered))")
            }
        }
        #expect(blocks >= 2)
    }

    @Test("blocks are taken out of a page without their fences")
    func fences() {
        let page = "a\n```cfg\nx=1\ny=2\n```\nb\n```sh\nz\n```\n```cfg\n```\n"
        #expect(Self.blocks(in: page) == ["x=1\ny=2", ""])
    }

    /// The text between fences that say `cfg`.
    private static func blocks(in page: String) -> [String] {
        var blocks: [String] = []
        var lines: [Substring]?
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if let open = lines {
                lines = line == "```" ? nil : open + [line]
                if line == "```" { blocks.append(open.joined(separator: "\n")) }
            } else if line == "```cfg" {
                lines = []
            }
        }
        return blocks
    }
}

/// What the configuration that comes with Kamailio uses, item by item: each is accepted, or refused
/// with an error that names it and its place.
@Suite("What a stock configuration uses")
struct StockConfigurationTests {
    private static let load = [
        "jsonrpcs", "kex", "corex", "tm", "tmx", "sl", "rr", "pv", "maxfwd", "usrloc", "registrar",
        "textops", "textopsx", "siputils", "xlog", "sanity", "ctl", "cfg_rpc", "nathelper",
        "htable",
    ]
    private static let head = load.map { "loadmodule \"\($0).so\"\n" }.joined()

    /// The message of the first error, nil when there is none; the line must be that of `place`.
    private func refusal(_ text: String, line: Int? = nil) -> String? {
        guard let first = faults(text).first else { return nil }
        if let line { #expect(first.location.line == line, "\(first.rendered)") }
        #expect(first.rendered.contains("^"))
        return first.message
    }

    @Test("the modules of a registrar are there", arguments: load)
    func modules(name: String) {
        #expect(Catalogue.modules.contains { $0.name == name })
    }

    @Test(
        "modules that are not there are refused by their names",
        arguments: [
            "acc", "cdp", "dlgs", "auth", "auth_db", "permissions",
            "xcap_server", "rtpproxy", "rtpengine", "tls", "pike", "xhttp", "debugger", "domain",
            "alias_db", "speeddial", "drouting", "dispatcher",
        ])
    func missingModules(name: String) {
        let text = "loadmodule \"\(name).so\"\nmodparam(\"\(name)\", \"any\", 1)\n"
        // The parameters of a module that is not there are no errors of their own.
        let found = faults(text)
        #expect(found.map(\.message) == ["unknown module \"\(name)\""])
        #expect(found.map(\.kind) == [.unknownModule])
        #expect(found.map(\.location.column) == [12])
    }

    @Test(
        "global parameters",
        arguments: [
            "debug=2", "log_stderror=no", "memdbg=5", "memlog=5", "log_facility=LOG_LOCAL0",
            "log_prefix=\"{$mt $hdr(CSeq) $ci} \"", "children=8", "tcp_connection_lifetime=3605",
            "tcp_max_connections=2048", "enable_sctp=no", "disable_tcp=yes", "tcp_children=8",
            "auto_aliases=no", "alias=\"sip.mydomain.com\"", "listen=udp:10.0.0.10:5060",
            "tcp_accept_iplimit=0", "tcp_accept_no_cl=yes", "fork=yes", "mhomed=1", "user=\"sip\"",
            "group=\"sip\"", "workdir=\"/\"", "dns=no", "rev_dns=no", "server_signature=yes",
            "server_header=\"Server: x\"", "user_agent_header=\"User-Agent: x\"", "sip_warning=0",
            "max_branches=12", "pv_buffer_size=8192", "pv_buffer_slots=40", "server_id=5",
            "version_table=\"version\"", "use_dns_cache=no", "phone2tel=1", "maxbuffer=262144",
            "sql_buffer_size=65535", "async_workers=4", "onsend_route_reply=yes",
            "exit_timeout=60", "port=5080", "force_rport=yes", "tcp_rd_buf_size=16384",
            "tcp_crlf_ping=yes", "http_reply_parse=yes", "log_name=\"x\"", "socket_workers=2",
            "return_mode=0", "max_while_loops=100", "max_recursive_level=256",
        ])
    func globals(setting: String) {
        #expect(refusal("#!KAMAILIO\n" + setting) == nil)
    }

    @Test(
        "global parameters that cannot be served, or do not exist",
        arguments: [
            ("enable_tls=yes", "enable_tls must be from 0 to 0, not 1"),
            ("udp_receiver_mode=1", "unknown global parameter \"udp_receiver_mode\""),
            ("async_workers_group=\"a\"", "unknown global parameter \"async_workers_group\""),
            ("debgu=2", "unknown global parameter \"debgu\""),
            ("debug=\"2\"", "parameter \"debug\" is an integer, found the string \"2\""),
            ("children=many", "parameter \"children\" is an integer, found the string \"many\""),
            ("listen=udp:10.0.0.10:70000", "\"udp:10.0.0.10:70000\" is no address"),
            ("socket={ bind=udp:10.0.0.1:5060; }", "\"socket\" is not supported"),
            ("avpflags x", "\"avpflags\" is not supported"),
        ])
    func wrongGlobals(setting: String, expected: String) {
        let found = refusal("#!KAMAILIO\n" + setting, line: 2)
        #expect(found?.hasPrefix(expected) == true, "\(found ?? "accepted")")
    }

    @Test(
        "parameters of modules",
        arguments: [
            ("jsonrpcs", "pretty_format", "1"), ("sanity", "autodrop", "0"),
            ("rr", "enable_full_lr", "0"), ("rr", "append_fromtag", "0"),
            ("registrar", "method_filtering", "1"), ("registrar", "max_expires", "3600"),
            ("registrar", "gruu_enabled", "0"), ("registrar", "use_path", "1"),
            ("registrar", "path_mode", "0"), ("usrloc", "timer_interval", "60"),
            ("usrloc", "timer_procs", "1"), ("usrloc", "use_domain", "0"),
            ("usrloc", "db_url", "\"mysql://kamailio:kamailiorw@localhost/kamailio\""),
            ("usrloc", "db_mode", "2"), ("nathelper", "natping_interval", "30"),
            ("nathelper", "ping_nated_only", "1"), ("nathelper", "sipping_bflag", "7"),
            ("nathelper", "sipping_from", "\"sip:pinger@kamailio.org\""),
            ("nathelper|registrar", "received_avp", "\"$avp(RECEIVED)\""),
            ("usrloc", "nat_bflag", "6"), ("htable", "htable", "\"ipban=>size=8;autoexpire=300;\""),
        ])
    func parameters(module: String, name: String, value: String) {
        let text = Self.head + "modparam(\"\(module)\", \"\(name)\", \(value))\n"
        #expect(refusal(text) == nil)
    }

    @Test(
        "parameters that are mistyped or of the wrong type",
        arguments: [
            ("registrar", "max_expire", "3600", "module \"registrar\" has no parameter"),
            ("registrar", "max_expires", "\"3600\"", "parameter \"max_expires\" is an integer"),
            ("usrloc", "db_url", "5", "parameter \"db_url\" is a string"),
            ("usrloc", "db_mode", "9", "db_mode must be from 0 to"),
            ("usrlok", "db_mode", "1", "no loaded module is named \"usrlok\""),
            ("acc", "log_flag", "1", "no loaded module is named \"acc\""),
        ])
    func wrongParameters(module: String, name: String, value: String, expected: String) {
        let text = Self.head + "modparam(\"\(module)\", \"\(name)\", \(value))\n"
        let found = refusal(text, line: Self.load.count + 1)
        #expect(found?.hasPrefix(expected) == true, "\(found ?? "accepted")")
    }

    @Test(
        "functions and statements of the request route",
        arguments: [
            "if (!mf_process_maxfwd_header(\"10\")) { sl_send_reply(\"483\", \"Many\"); exit; }",
            "if (!sanity_check(\"17895\", \"7\")) { xlog(\"from $si:$sp\\n\"); exit; }",
            "if (is_method(\"INVITE|SUBSCRIBE\")) record_route();",
            "remove_hf(\"Route\");", "if (has_totag()) loose_route();",
            "if (!save(\"location\")) sl_reply_error();",
            "if (!lookup(\"location\")) { $var(rc) = $rc; switch ($var(rc)) { case -1: case -3: "
                + "send_reply(\"404\", \"Not Found\"); exit; case -2: "
                + "send_reply(\"405\", \"Not Allowed\"); exit; } }",
            "append_hf(\"P-Hint: outbound\\r\\n\");", "force_rport();", "setflag(1);",
            "if (isflagset(5)) setbflag(6);", "if (nat_uac_test(\"19\")) fix_nated_register();",
            "set_contact_alias();", "if (!isbflagset(6)) resetbflag(6);",
            "if (is_first_hop()) set_contact_alias();", "if (check_route_param(\"nat=yes\")) ;",
            "add_rr_param(\";nat=yes\");", "handle_ruri_alias();", "set_forward_no_connect();",
            "set_reply_no_connect();", "if (isdsturiset()) xdbg(\"$du\\n\");",
            "if (from_uri != myself && uri != myself) { sl_send_reply(\"403\", \"No\"); exit; }",
            "if (src_ip != myself) { if ($sht(ipban=>$si) != $null) exit; }",
            "if ($ua =~ \"friendly|scanner|sipcli|sipvicious\") { exit; }",
            "if ($rU == $null) { sl_send_reply(\"484\", \"Address Incomplete\"); exit; }",
            "$ru = \"sip:\" + $rU + \"@\" + $fd;", "if ($rU =~ \"^(\\\\+|00)[1-9][0-9]{3,20}$\") ;",
            "if (starts_with(\"$rU\", \"00\")) { strip(2); } else prefix(\"+\");", "$du = $null;",
            "if (is_request() || is_reply()) ;", "msg_apply_changes();", "$var(x) = $hdr(Event);",
            "xlog(\"L_INFO\", \"$ci $mt $fU $fd $fu $tU $tu $rd $ru $rm\\n\");",
            "if (status =~ \"^2\" || method == \"INVITE\") ;", "$avp(oexten) = $rU;",
            "$var(x) = $(ru{s.len});", "if ($msg(len) > 16384) ;", "exit;", "drop;", "return;",
        ])
    func statements(body: String) {
        let text = Self.head + "request_route {\n\(body)\n}\n"
        #expect(faults(text).map(\.message) == [])
    }

    @Test(
        "functions that belong to modules which are not there",
        arguments: [
            "consume_credentials()", "auth_check(\"$fd\", \"subscriber\", \"1\")",
            "auth_challenge(\"$fd\", \"0\")", "allow_source_address()", "handle_publish()",
            "handle_subscribe()", "rtpproxy_manage(\"co\")", "rtpengine_manage(\"x\")",
            "pike_check_req()", "xhttp_reply(\"403\", \"F\", \"t\", \"b\")",
            "alias_db_lookup(\"dbaliases\")", "sd_lookup(\"speed_dial\")",
            "dlgs_init(\"$fu\", \"$tu\", \"x\")", "acc_log_request(\"x\")",
        ])
    func missingFunctions(call: String) {
        let name = String(call.prefix { $0 != "(" })
        let text = Self.head + "request_route {\n\tif (!\(call)) exit;\n}\n"
        let found = refusal(text, line: Self.load.count + 2)
        #expect(found?.contains("\"\(name)\"") == true, "\(found ?? "accepted")")
    }

    @Test(
        "blocks of the stock routing logic",
        arguments: [
            "route[NATDETECT] {\n force_rport();\n if (nat_uac_test(\"19\")) "
                + "{ if (is_method(\"REGISTER\")) { fix_nated_register(); } setflag(5); } }",
            "route[DLGURI] {\n if (!isdsturiset()) { handle_ruri_alias(); }\n return;\n}",
            "reply_route {\n if (!sanity_check(\"17604\", \"6\")) { xlog(\"bad\\n\"); drop; }\n}",
            "reply_route {\n if (status =~ \"[12][0-9][0-9]\") xlog(\"$rs\\n\");\n}",
            "route[REGISTRAR] { if (!is_method(\"REGISTER\")) return; "
                + "if (!save(\"location\")) { sl_reply_error(); } exit; }",
            "route[PRESENCE] { if (!is_method(\"PUBLISH|SUBSCRIBE\")) return; if "
                + "(is_method(\"SUBSCRIBE\") && $hdr(Event) == \"message-summary\") exit; }",
            "onsend_route { if ($rm == \"OPTIONS\") xlog(\"out\\n\"); }",
            "event_route[usrloc:contact-expired] { xlog(\"$ulc(exp=>aor)\\n\"); }",
            "event_route[htable:mod-init] { xlog(\"ready\\n\"); }",
        ])
    func blocks(text: String) {
        #expect(faults(Self.head + text).map(\.message) == [])
    }

    @Test(
        "runtime variables of the stock configuration, read and tested",
        arguments: [
            "pstn.gw_ip = \"\" desc \"PSTN GW Address\"\npstn.gw_port = \"\" desc \"Port\"\n"
                + "request_route { if (strempty($sel(cfg_get.pstn.gw_ip))) exit; "
                + "$ru = \"sip:\" + $rU + \"@\" + $sel(cfg_get.pstn.gw_ip) + \":\" "
                + "+ $sel(cfg_get.pstn.gw_port); }",
            "voicemail.srv_ip = \"\" desc \"VM\"\nvoicemail.srv_port = \"5060\" desc \"Port\"\n"
                + "request_route { if ($sel(cfg_get.voicemail.srv_ip) == $null) exit; }",
        ])
    func runtimeVariables(text: String) {
        #expect(faults(Self.head + text).map(\.message) == [])
    }

    @Test("definitions and imports of the stock configuration", arguments: [[], ["WITH_NAT"]])
    func definitions(names: [String]) {
        let text = """
            #!KAMAILIO
            import_file "kamailio-local.cfg"
            #!ifdef WITH_DEBUG
            #!define DBGLEVEL 3
            #!else
            #!define DBGLEVEL 2
            #!endif
            #!ifdef WITH_MULTIDOMAIN
            #!define MULTIDOMAIN 1
            #!else
            #!define MULTIDOMAIN 0
            #!endif
            #!define FLT_ACC 1
            #!define FLT_NATS 5
            #!define FLB_NATB 6
            #!ifndef DBURL
            #!define DBURL "mysql://kamailio:kamailiorw@localhost/kamailio"
            #!endif
            debug=DBGLEVEL
            loadmodule "pv.so"
            loadmodule "usrloc.so"
            modparam("usrloc", "use_domain", MULTIDOMAIN)
            #!ifdef WITH_USRLOCDB
            modparam("usrloc", "db_url", DBURL)
            #!endif
            #!ifdef WITH_NAT
            modparam("usrloc", "nat_bflag", FLB_NATB)
            #!endif
            request_route {
                setflag(FLT_ACC);
                if (isflagset(FLT_NATS)) { exit; }
            }
            """
        #expect(faults(text, defines: names.map { Definition($0) }).isEmpty)
    }
}
