internal import Basics
internal import ModuleKit
internal import Storage

/// Names, ranges and defaults of the parameters; the reference page is printed from these rows.
extension UsrlocModule {
    /// All of them.
    static var parameterRows: [ParameterRow<UsrlocParameters>] {
        tableRows + columnRows + databaseRows + statementRows + connectionRows + keepaliveRows
    }

    /// What a table is and how it is looked at.
    private static var tableRows: [ParameterRow<UsrlocParameters>] {
        [
            ParameterRow("use_domain", \.usesDomain, "Whether an AoR has a domain."),
            ParameterRow(
                "matching_mode", cases: \.matchingMode,
                "0 contact, 1 contact and Call-ID, 2 contact and Path, 3 Call-ID."),
            ParameterRow(
                "desc_time_order", \.newestFirst,
                "Whether the newest binding comes first, instead of the one with the highest q."),
            ParameterRow(
                "cseq_delay", \.cseqDelay, 0...3_600,
                "Seconds in which an equal CSeq is a retransmission."),
            ParameterRow(
                "preload", list: \.preload,
                "A table that exists from the start, although the script may not name it."),
            ParameterRow(
                "hash_size", \.hashSize, 0...20,
                "Slots that a table sets aside, as a power of two; it grows beyond as it must."),
            ParameterRow(
                "nat_bflag", \.natBranchFlag, -1...31,
                "Number of the branch flag that marks contacts behind a NAT; -1 for none."),
            ParameterRow(
                "xavp_contact", \.attributesRoot,
                "Name of the $xavp whose attributes are stored with a contact."),
            ParameterRow(
                "timer_interval", \.timerInterval, 0...86_400,
                "Seconds between two passes over what expired and what changed; 0 is never."),
            ParameterRow(
                "timer_procs", \.timerJobs, 0...64,
                "Jobs that share the work of the timer and of keepalives; 0 is one."),
        ]
    }

    /// What the columns of the location table are called.
    private static var columnRows: [ParameterRow<UsrlocParameters>] {
        [
            column("user_column", \.columns.user),
            column("domain_column", \.columns.domain),
            column("contact_column", \.columns.contact),
            column("expires_column", \.columns.expires),
            column("q_column", \.columns.q),
            column("callid_column", \.columns.callID),
            column("cseq_column", \.columns.cseq),
            column("methods_column", \.columns.methods),
            column("flags_column", \.columns.flags),
            column("cflags_column", \.columns.cflags),
            column("user_agent_column", \.columns.userAgent),
            column("received_column", \.columns.received),
            column("socket_column", \.columns.socket),
            column("path_column", \.columns.path),
            column("ruid_column", \.columns.ruid),
            column("instance_column", \.columns.instance),
            column("reg_id_column", \.columns.regID),
            column("server_id_column", \.columns.serverID),
            column("connection_id_column", \.columns.connectionID),
            column("keepalive_column", \.columns.keepalive),
            column("partition_column", \.columns.partition),
        ]
    }

    /// The name of a column: it stands in statements, so nothing but a name may be one.
    private static func column(
        _ name: String, _ path: any WritableKeyPath<UsrlocParameters, String> & Sendable
    ) -> ParameterRow<UsrlocParameters> {
        let words = name.dropLast("_column".count)
        return ParameterRow(name, path, "Name of the column for \(words).") { text in
            LocationColumnNames.isName(text)
                ? nil : "is a name of letters, digits and _, 1 to \(Limits.columnNameBytesMax)"
        }
    }

    /// Where bindings are kept and how they come back.
    private static var databaseRows: [ParameterRow<UsrlocParameters>] {
        [
            ParameterRow(
                "db_mode", cases: \.databaseMode,
                "0 memory, 1 write-through, 2 write-back, 3 database only, 4 read only."),
            ParameterRow("db_url", \.databaseURL, "The database of the location tables."),
            ParameterRow(
                "db_load", \.loadsAtStart,
                "Whether tables are loaded at the start (db_mode 1, 2)."),
            ParameterRow(
                "load_rank", \.loadRank, -127...127,
                "Up to 1, tables are loaded before the first message; above, meanwhile."),
            ParameterRow(
                "fetch_rows", \.fetchRows, 1...1_000_000,
                "Rows that one statement reads when a table is loaded."),
            ParameterRow(
                "db_raw_fetch_type", \.fetchType, 0...0,
                "SQL of a fetch: 0, that of the database at hand; there is no driver for another."),
            ParameterRow(
                "server_id_filter", \.filtersServerID,
                "Whether rows of other servers are neither loaded nor deleted nor counted."),
            ParameterRow(
                "skip_remote_socket", \.skipsRemoteSockets,
                "Whether rows of sockets that are not this server's are not loaded."),
            ParameterRow(
                "db_clean_tcp", \.cleansConnections,
                "Whether this server's rows of connections are deleted before a load."),
            ParameterRow(
                "version_table", \.checksVersion,
                "Whether the version of a table is checked at the start."),
        ]
    }

    /// How changes become statements.
    private static var statementRows: [ParameterRow<UsrlocParameters>] {
        [
            ParameterRow(
                "db_insert_update", \.insertsOver,
                "Whether a new row takes the place of one in its way under any unique index."),
            ParameterRow(
                "db_update_as_insert", \.insertsUpdates,
                "Whether a change of a stored binding is inserted as a row of its own."),
            ParameterRow(
                "db_check_update", \.checksUpdates,
                "Whether a row that an update does not find is inserted (db_ops_ruid 0)."),
            ParameterRow(
                "db_ops_ruid", \.findsByRuid,
                "Whether rows are found by ruid, or by AoR and what makes bindings the same."),
            ParameterRow(
                "db_insert_null", \.insertsNull,
                "Whether NULL is written for what is not set; 0 writes the column's default."),
            ParameterRow(
                "expires_type", cases: \.timeType,
                "Columns of time: 0 DATETIME, 1 BIGINT with seconds since 1970."),
            ParameterRow(
                "db_timer_clean", \.cleansByTimer,
                "Whether expired rows are deleted that memory does not know (db_mode 1, 2)."),
            ParameterRow(
                "rm_expired_delay", \.removalDelay, 0...31_536_000,
                "Seconds that a row outlives its expiry (db_mode 3 alone)."),
        ]
    }

    /// What connections and bindings have to do with each other.
    private static var connectionRows: [ParameterRow<UsrlocParameters>] {
        [
            ParameterRow(
                "handle_lost_tcp", \.dropsLostConnections,
                "Whether a binding ends with the connection that it was registered on."),
            ParameterRow(
                "close_expired_tcp", \.closesConnections,
                "Whether a connection is closed when the binding on it expires."),
        ]
    }

    /// How contacts are kept alive.
    private static var keepaliveRows: [ParameterRow<UsrlocParameters>] {
        [
            ParameterRow(
                "ka_mode", \.keepalive.modeBits, 0...7,
                "Contacts that get keepalives: 1 all, 2 those behind a NAT, 4 by UDP alone."),
            ParameterRow(
                "ka_method", \.keepalive.method, "Method of keepalives.", fault: methodFault),
            ParameterRow(
                "ka_from", \.keepalive.from, "URI in From of keepalives.", fault: uriFault),
            ParameterRow(
                "ka_domain", \.keepalive.domain,
                "Domain in To of keepalives for an AoR that has none.", fault: hostFault),
            ParameterRow(
                "ka_filter", \.keepalive.filter, 0...1,
                "1: only contacts that registered with this server."),
            ParameterRow(
                "ka_timeout", \.keepalive.timeoutSeconds, 0...86_400,
                "Seconds without an answer after which a contact ends; 0 is never."),
            ParameterRow(
                "ka_interval", \.keepalive.intervalSeconds, 1...86_400,
                "Seconds between two keepalives to a contact."),
            ParameterRow(
                "ka_randomize", \.keepalive.randomSeconds, 0...86_400,
                "Up to as many seconds more, by chance."),
            ParameterRow(
                "ka_loglevel", \.keepalive.logLevel, -5...255,
                "Level of the log line for an answer; above 3 there is none."),
            ParameterRow(
                "ka_logmsg", \.keepalive.logText,
                "The log line: text with $tu, $fu, $sas, $si, $sp, $rs, $ci."
            ) {
                KeepaliveLine($0) == nil ? "has a variable that is not known here" : nil
            },
            ParameterRow(
                "ka_reply_codes", \.keepalive.replyCodes,
                "Codes and classes of answers that count, with commas; 0 is all."
            ) {
                ReplyCodes($0) == nil ? "is a list of codes as 200,4" : nil
            },
        ]
    }
}
