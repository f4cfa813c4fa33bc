import Foundation
import Testing

/// One test that shows what parameters do: turned one way and another, something else happens.
private struct Shown: Sendable {
    /// The module whose parameters these are.
    let module: String
    /// The parameters.
    let parameters: [String]
    /// The file of the test, in this folder and without its ending.
    let file: String
    /// The test's sentence.
    let sentence: String

    init(_ module: String, _ parameters: String, in file: String, by sentence: String) {
        self.module = module
        self.parameters = parameters.split(whereSeparator: \.isWhitespace).map(String.init)
        self.file = file
        self.sentence = sentence
    }

    /// What the folder of these tests holds under a name.
    static func text(_ name: String) throws -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    /// What is wrong with the row; nil when its test exists and speaks of what it is said to show.
    ///
    /// The parameter must stand in the file, or the stem of a column's name, which the test of
    /// columns puts together.
    func fault() throws -> String? {
        let source = try Self.text("\(file).swift")
        guard source.contains("\"\(sentence)\"") else {
            return "no test \"\(sentence)\" in \(file)"
        }
        let unnamed = parameters.filter { name in
            !source.contains(name)
                && !(name.hasSuffix("_column") && source.contains("\"\(name.dropLast(7))\""))
        }
        return unnamed.isEmpty ? nil : "\(file) does not name \(unnamed.joined(separator: ", "))"
    }
}

/// Which test shows the effect of which parameter of `registrar` and `usrloc`.
///
/// A parameter that is declared and does nothing is a defect that no check of declarations finds.
/// So whoever adds a parameter names the test that shows what it does. Two of them have no effect
/// but their refusal: `reg_callid_avp`, which no Kamailio 5.6 has, and `db_raw_fetch_type`, which
/// chooses between drivers that are not here.
@Suite("The effect of each parameter")
struct ParameterEffectTests {
    private static let shown: [Shown] = [
        Shown(
            "registrar", "default_expires", in: "RegistrarLimitsTests",
            by: "without Expires a binding lives for default_expires"),
        Shown(
            "registrar", "default_expires_range", in: "RegistrarLimitsTests",
            by: "default_expires_range shortens what the request does not say, and nothing else"),
        Shown(
            "registrar", "expires_range", in: "RegistrarLimitsTests",
            by: "ranges shorten at random, and flag 0x08 keeps what was asked for"),
        Shown(
            "registrar", "min_expires max_expires", in: "RegistrarLimitsTests",
            by: "below the minimum it is raised, above the maximum cut"),
        Shown(
            "registrar", "min_expires_mode", in: "RegistrarLimitsTests",
            by: "with min_expires_mode 1 it is refused with 423 and the minimum"),
        Shown(
            "registrar", "max_contacts retry_after", in: "RegistrarLimitsTests",
            by: "max_contacts refuses one too many with 503, Retry-After and the list"),
        Shown(
            "registrar", "contact_max_size", in: "RegistrarLimitsTests",
            by: "a contact URI longer than contact_max_size is refused"),
        Shown(
            "registrar", "default_q", in: "RegistrarContactTests",
            by: "default_q goes for contacts that have none, and -1 leaves them without"),
        Shown(
            "registrar", "received_param", in: "RegistrarContactTests",
            by: "the received parameter is kept and shown under the name "
                + "that received_param gives"),
        Shown(
            "registrar", "realm_prefix", in: "RegistrarAddressTests",
            by:
                "realm_prefix is cut from the front of a domain, and changes "
                + "at runtime as realm_pref"
        ),
        Shown(
            "registrar", "append_branches", in: "RegistrarAddressTests",
            by: "with append_branches 0 lookup takes the first contact alone"),
        Shown(
            "registrar", "case_sensitive", in: "RegistrarAddressTests",
            by: "case_sensitive keeps the case of the user and not of the domain"),
        Shown(
            "registrar", "use_expired_contacts", in: "RegistrarAddressTests",
            by: "expired contacts are used only where use_expired_contacts says so"),
        Shown(
            "registrar", "received_avp", in: "Finding/NATRewritingTests",
            by: "fix_nated_register notes the source, and save stores it"),
        Shown(
            "registrar", "sock_flag sock_hdr_name", in: "RegistrarScriptTests",
            by: "a request with the flag names its socket in a header field"),
        Shown(
            "registrar", "xavp_cfg", in: "RegistrarScriptTests",
            by: "max_contacts of the script comes before the parameter, in both directions"),
        Shown(
            "registrar", "xavp_rcd", in: "RegistrarScriptTests",
            by: "the script is told of each binding that the reply lists"),
        Shown(
            "registrar", "xavp_rcd_mask", in: "RegistrarScriptTests",
            by: "the mask leaves details out"),
        Shown(
            "registrar", "sock_mode", in: "RegistrarStoredTests",
            by: "sock_mode stores the address that the socket advertises"),
        Shown(
            "registrar", "method_filtering", in: "Finding/LookupTests",
            by: "a method that no contact allows is -2, one that some allow picks those"),
        Shown(
            "registrar", "path_check_local", in: "Finding/LookupTests",
            by: "with path_check_local a first hop that is this server is taken out"),
        Shown(
            "registrar", "lookup_filter_mode", in: "Finding/LookupTests",
            by: "lookup_filter_mode 1 wants one of the branch flags that the script names"),
        Shown(
            "registrar", "use_path", in: "RegistrarPathTests",
            by: "without use_path a Path is neither stored nor shown"),
        Shown(
            "registrar", "path_mode", in: "RegistrarPathTests",
            by: "the mode decides what a client that supports Path, and one "
                + "that does not, is told"),
        Shown(
            "registrar", "path_use_received", in: "RegistrarPathTests",
            by: "without path_use_received the Path says nothing of it"),
        Shown(
            "registrar", "reg_callid_avp", in: "RegistrarOutboundTests",
            by: "values out of range, and settings that contradict each other, are refused"),
        Shown(
            "registrar", "regid_mode", in: "RegistrarOutboundTests",
            by: "regid_mode 1 counts a reg-id whatever the way was"),
        Shown(
            "registrar", "outbound_mode", in: "RegistrarOutboundTests",
            by: "what is asked of the client in each mode, and what the answer says"),
        Shown(
            "registrar", "flow_timer", in: "RegistrarOutboundTests",
            by: "Flow-Timer is for clients that support flows"),
        Shown(
            "registrar", "gruu_enabled", in: "RegistrarGRUUTests",
            by:
                "there are none without support, without an instance, and "
                + "when they are switched off"
        ),
        Shown(
            "registrar", "event_callback", in: "KEMIExpiredTests",
            by: "the function runs once for each contact, with the name of the event"),
        Shown(
            "usrloc", "ka_mode nat_bflag", in: "KeepaliveTests",
            by: "ka_mode names the contacts"),
        Shown(
            "usrloc", "ka_method ka_from ka_domain", in: "KeepaliveTests",
            by: "ka_method, ka_from and ka_domain stand in the request"),
        Shown(
            "usrloc", "ka_filter", in: "KeepaliveTests",
            by: "ka_filter 1 leaves out what registered with another server"),
        Shown(
            "usrloc", "ka_timeout", in: "KeepaliveTests",
            by: "a contact that was silent for ka_timeout expires ten seconds later"),
        Shown(
            "usrloc", "ka_interval", in: "KeepaliveTests",
            by: "ka_interval is how many seconds a round takes"),
        Shown(
            "usrloc", "ka_randomize", in: "KeepaliveTests",
            by: "ka_randomize makes a round longer"),
        Shown(
            "usrloc", "ka_loglevel ka_logmsg", in: "KeepaliveTests",
            by: "ka_loglevel and ka_logmsg say what is logged of an answer"),
        Shown(
            "usrloc", "ka_reply_codes", in: "KeepaliveTests",
            by: "ka_reply_codes names the answers that count"),
        Shown(
            "usrloc",
            """
            user_column domain_column contact_column expires_column q_column callid_column
            cseq_column methods_column flags_column cflags_column user_agent_column
            received_column socket_column path_column ruid_column instance_column
            reg_id_column server_id_column connection_id_column keepalive_column
            partition_column
            """, in: "UsrlocStatementTests",
            by: "a column goes by the name that it is given, in every statement"),
        Shown(
            "usrloc", "db_raw_fetch_type", in: "UsrlocStatementTests",
            by: "what nothing here can do is refused where it stands"),
        Shown(
            "usrloc", "expires_type", in: "UsrlocStatementTests",
            by: "expires_type 1 stores seconds, reads them back and deletes by them"),
        Shown(
            "usrloc", "db_insert_update", in: "UsrlocStatementTests",
            by: "db_insert_update says whether a new row takes the place of another in its way"),
        Shown(
            "usrloc", "db_update_as_insert", in: "UsrlocStatementTests",
            by: "db_update_as_insert writes a row for each change, where the table lets it"),
        Shown(
            "usrloc", "db_ops_ruid", in: "UsrlocStatementTests",
            by: "db_ops_ruid 0 finds a row by what makes its binding one"),
        Shown(
            "usrloc", "db_check_update", in: "UsrlocStatementTests",
            by: "db_check_update says whether a row that is not found comes back"),
        Shown(
            "usrloc", "db_insert_null", in: "UsrlocStatementTests",
            by: "db_insert_null says whether NULL is written or the column's default"),
        Shown(
            "usrloc", "skip_remote_socket", in: "UsrlocStatementTests",
            by: "skip_remote_socket leaves out rows of sockets that are not ours"),
        Shown(
            "usrloc", "db_clean_tcp", in: "UsrlocStatementTests",
            by: "db_clean_tcp deletes this server's rows of connections before it loads"),
        Shown(
            "usrloc", "db_timer_clean", in: "UsrlocStatementTests",
            by: "db_timer_clean deletes expired rows that memory does not know"),
        Shown(
            "usrloc", "rm_expired_delay", in: "UsrlocStatementTests",
            by: "rm_expired_delay keeps rows of db_mode 3 longer, and needs that mode"),
        Shown(
            "usrloc", "load_rank", in: "UsrlocStatementTests",
            by: "load_rank above 1 loads while messages come, and merges"),
        Shown(
            "usrloc", "hash_size", in: "UsrlocStatementTests",
            by: "hash_size sets slots aside, and ul.dump shows how many"),
        Shown(
            "usrloc", "timer_procs", in: "UsrlocStatementTests",
            by: "timer_procs jobs share the work, and together they do all of it"),
        Shown(
            "usrloc", "use_domain", in: "RegistrarAddressTests",
            by: "with use_domain the host takes part, in lower case and without its port"),
        Shown(
            "usrloc", "desc_time_order", in: "RegistrarSaveTests",
            by: "desc_time_order puts the newest contact in front, whatever its q"),
        Shown(
            "usrloc", "matching_mode", in: "RegistrarSaveTests",
            by: "contacts match by URI, by URI and Call-ID, or by Call-ID alone"),
        Shown(
            "usrloc", "cseq_delay", in: "RegistrarSaveTests",
            by: "an equal CSeq is a retransmission for cseq_delay seconds only"),
        Shown(
            "usrloc", "timer_interval", in: "UsrlocWriteTests",
            by: "timer_interval is the period of the pass over what changed"),
        Shown(
            "usrloc", "db_url", in: "UsrlocWriteTests",
            by: "db_url says which database is asked, its default included"),
        Shown(
            "usrloc", "preload", in: "UsrlocSQLiteTests",
            by: "a new database gets its tables at the start"),
        Shown(
            "usrloc", "db_mode", in: "UsrlocSQLiteTests",
            by: "bindings are the same after a restart"),
        Shown(
            "usrloc", "db_load", in: "UsrlocLoadTests",
            by: "db_load 0 leaves the rows where they are"),
        Shown(
            "usrloc", "fetch_rows", in: "UsrlocLoadTests",
            by: "rows are fetched page by page, whatever gaps their numbers have"),
        Shown(
            "usrloc", "server_id_filter", in: "UsrlocLoadTests",
            by: "server_id_filter loads, counts and deletes the rows of this server alone"),
        Shown(
            "usrloc", "version_table", in: "UsrlocLoadTests",
            by: "a table of another version keeps every mode from starting"),
        Shown(
            "usrloc", "xavp_contact", in: "RegistrarScriptTests",
            by:
                "attributes of the script are stored with the contact, and "
                + "each refresh replaces them"
        ),
        Shown(
            "usrloc", "handle_lost_tcp", in: "UsrlocConnectionTests",
            by: "handle_lost_tcp ends the bindings whose connection is gone"),
        Shown(
            "usrloc", "close_expired_tcp", in: "UsrlocConnectionTests",
            by: "close_expired_tcp closes the connection of what expires"),
    ]

    @Test(
        "each parameter of the documentation is shown by one test, and nothing else is",
        arguments: [("registrar", 34), ("usrloc", 62)])
    func complete(module: String, count: Int) throws {
        var documented: [String] = []
        for line in try Shown.text("parameters.tsv").split(separator: "\n") {
            let words = line.split(separator: "\t", omittingEmptySubsequences: false)
            if words.count == 4, words[0] == module { documented.append(String(words[1])) }
        }
        #expect(documented.count == count)
        let shown = Self.shown.filter { $0.module == module }.flatMap(\.parameters)
        #expect(shown.sorted() == documented.sorted())
    }

    @Test("the tests that are named exist, and name the parameters that they show")
    func named() throws {
        let faults = try Self.shown.compactMap { try $0.fault() }
        #expect(faults == [])
    }

    @Test("a row without a test, and one whose test speaks of something else, are found")
    func faults() throws {
        let file = "RegistrarLimitsTests"
        let missing = Shown("registrar", "max_expires", in: file, by: "nobody wrote this")
        #expect(try missing.fault()?.hasPrefix("no test") == true)
        let other = Shown(
            "registrar", "ka_logmsg", in: file,
            by: "below the minimum it is raised, above the maximum cut")
        #expect(try other.fault() == "\(file) does not name ka_logmsg")
    }
}
