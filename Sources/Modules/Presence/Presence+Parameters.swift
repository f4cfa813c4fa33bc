internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Subscriptions

/// Names, ranges and defaults of the parameters; the reference page is printed from these rows.
extension PresenceModule {
    /// All of them.
    static var parameterRows: [ParameterRow<PresenceParameters>] {
        databaseRows + publicationRows + subscriptionRows + notifierRows + ignoredRows
            + clusterRows
    }

    /// Longest period that a parameter may give, in seconds.
    private static let day = 86_400

    /// Where everything is kept.
    private static var databaseRows: [ParameterRow<PresenceParameters>] {
        [
            ParameterRow(
                "db_url", \.databaseURL,
                "The database; without one all modes keep everything in memory alone."),
            table("presentity_table", \.presentityTable, "published documents"),
            table("active_watchers_table", \.activeWatchersTable, "subscriptions"),
            table("watchers_table", \.watchersTable, "decisions about watchers"),
            ParameterRow(
                "clean_period", \.cleanPeriod, -1...day,
                "Seconds between two rounds that delete what has expired from tables; 0 is never."),
            ParameterRow(
                "db_update_period", \.updatePeriod, -1...day,
                "Seconds between two writes of subs_db_mode 2; 0 is never."),
            ParameterRow(
                "fetch_rows", \.fetchRows, 1...100_000,
                "Rows that are fetched from the database at a time."),
            ParameterRow(
                "subs_db_mode", cases: \.subscriptionMode,
                "Subscriptions: 0 memory, 1 and 3 also the database at once, 2 at intervals."),
            ParameterRow(
                "publ_cache", cases: \.publicationCache,
                "Documents: 0 and 1 memory and the database at once, 2 memory alone."),
        ]
    }

    /// The name of a table: it stands in statements, so nothing but a name may be one.
    private static func table(
        _ name: String, _ path: any WritableKeyPath<PresenceParameters, String> & Sendable,
        _ words: String
    ) -> ParameterRow<PresenceParameters> {
        ParameterRow(name, path, "The table of \(words).") { text in
            isName(text) ? nil : "is a name of letters, digits and _, 1 to 64"
        }
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
                    || (0x61...0x7a).contains(byte) || byte == UInt8(ascii: "_")
            }
    }

    /// How documents live.
    private static var publicationRows: [ParameterRow<PresenceParameters>] {
        [
            ParameterRow(
                "enable_sphere_check", \.checksSphere,
                "Whether rules may ask where a presentity says it is (RFC 4480 3.10)."),
            ParameterRow(
                "force_delete", \.deletesSilently,
                "Whether documents that have expired go without a NOTIFY."),
            ParameterRow(
                "expires_offset", \.expiresOffset, 0...3_600,
                "Seconds that PUBLISH's 200 says less than is granted, and that expiry waits."),
            ParameterRow(
                "max_expires", \.expiresMax, -1...Int(Int32.max),
                "Longest lifetime that is granted, in seconds; 0 is 3600."),
            ParameterRow(
                "min_expires", \.expiresMin, 0...Int(Int32.max),
                "Shortest lifetime of a subscription, in seconds."),
            ParameterRow(
                "min_expires_action", cases: \.briefExpires,
                "What a shorter SUBSCRIBE gets: 1 is 423, 2 the minimum."),
            ParameterRow(
                "retrieve_order", \.ordersByColumn,
                "The order of documents: 0 by time, 1 as retrieve_order_by says."),
            ParameterRow(
                "retrieve_order_by", \.orderBy,
                "priority or received_time, priority also with DESC."
            ) { text in
                RetrieveOrder(sql: text) == nil
                    ? "is priority or received_time, priority also with DESC" : nil
            },
            ParameterRow(
                "sip_uri_match", \.ignoresCase,
                "Whether the case of user and host parts does not count."),
            ParameterRow(
                "xavp_cfg", \.attributesRoot,
                "Name of the $xavp with priority (PUBLISH) and delete_subscription."),
        ]
    }

    /// How subscriptions live.
    private static var subscriptionRows: [ParameterRow<PresenceParameters>] {
        [
            serverAddressRow,
            ParameterRow(
                "cseq_offset", \.cseqOffset, 0...Int(Int32.max),
                "How far back CSeq may step within a dialog."),
            ParameterRow(
                "timeout_rm_subs", \.removesOnTimeout,
                "Whether a NOTIFY without answer ends the subscription."),
            ParameterRow(
                "send_fast_notify", \.notifiesAtOnce,
                "Whether the first NOTIFY leaves with the reply, not after the batch."),
            ParameterRow(
                "subs_remove_match", only: 1,
                because: "rows are found by their whole dialog, which is what has an index"),
            ParameterRow(
                "delete_same_subs", \.replacesSameSubscription,
                "Whether a new subscription ends an older one of the same watcher."),
            ParameterRow(
                "subs_respond_200", \.respondsOK,
                "Whether a SUBSCRIBE is answered with 200 and not with 202.",
                runtime: .changeable),
            ParameterRow(
                "pres_subs_mode", \.offersSubscription, "Whether $subs(name) has values."),
            ParameterRow(
                "local_log_level", \.notifyLogLevel, -3...3,
                "Level of the log line of each NOTIFY, in Kamailio's numbers.",
                runtime: .changeable),
        ]
    }

    /// What stands in Contact, unless it is the address of the socket.
    private static var serverAddressRow: ParameterRow<PresenceParameters> {
        ParameterRow(
            "server_address", \.serverAddress,
            "Contact URI of replies and NOTIFYs; unset, the address of the receiving socket.",
            runtime: .changeable)
    }

    /// What is done in turns after each batch here, and by processes there.
    private static var notifierRows: [ParameterRow<PresenceParameters>] {
        [
            ParameterRow(
                "waitn_time", \.combiningSeconds, -1...3_600,
                "Seconds in which subs_db_mode 3 combines the NOTIFYs of one watcher; 0 is 5."),
            ParameterRow(
                "notifier_processes", \.notifierProcesses, 0...1,
                "0 sends the NOTIFYs of subs_db_mode 3 at once, 1 combines; workers send them."),
            ignored(
                "notifier_poll_rate", 10...10, "nothing is polled: a timer knows what is due"),
        ]
    }

    /// What configurations set and what means nothing here.
    private static var ignoredRows: [ParameterRow<PresenceParameters>] {
        [
            ParameterRow(
                "startup_mode", \.ignoresExpired,
                "Whether documents that expired while the server was down are left out."),
            ignored("subs_htable_size", anyNumber, "tables grow as they must"),
            ignored("pres_htable_size", anyNumber, "tables grow as they must"),
            ignored(
                "db_table_lock_type", 0...1,
                "rows are locked, never tables: 0 and 1 are the same"),
            ParameterRow(
                refused: "local_log_facility", because: "all lines of the log go one way"),
            ignored("timer_mode", 1...1, "no timer holds up a message"),
        ]
    }

    /// What concerns other servers: there is no dmq.
    private static var clusterRows: [ParameterRow<PresenceParameters>] {
        let reason = "there is no dmq"
        let switches = ["enable_dmq", "enable_subs_dmq", "skip_notify_dmq"]
        // Their default is 1, which means nothing without enable_dmq.
        let parts = ["enable_pres_dmq", "enable_pres_sync_dmq", "enable_subs_sync_dmq"]
        return switches.map { zero($0, reason) } + parts.map { ignored($0, 0...1, reason) } + [
            ParameterRow("dmq_peer_id", \.peerName, "Only presence: \(reason).") { text in
                text == "presence" ? nil : "can only be presence: \(reason)"
            },
            ParameterRow(
                "default_socket", \.defaultSocket,
                "The socket of NOTIFYs whose subscription came on one that is no more."),
        ]
    }

    private static var anyNumber: ClosedRange<Int> { Int(Int32.min)...Int(Int32.max) }

    /// What is accepted within bounds in which it makes no difference; other values are refused.
    private static func ignored(
        _ name: String, _ bounds: ClosedRange<Int>, _ reason: String
    ) -> ParameterRow<PresenceParameters> {
        ParameterRow(ignored: name, .integer(bounds), \.ignored, because: reason)
    }

    /// A switch that can only be off; whoever switches it on is told why it stays so.
    private static func zero(
        _ name: String, _ reason: String
    ) -> ParameterRow<PresenceParameters> {
        ParameterRow(offOnly: name, because: reason)
    }
}
