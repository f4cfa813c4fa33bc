internal import Basics
public import ModuleKit

extension DialogModule {
    /// What the module declares.
    public static let manifest = Manifest<DialogModule>(
        "dialog", "The calls that pass: how far each is, and who talks to whom.",
        requires: ["tm", "rr"], parameters: parameterRows, functions: functions,
        variables: variables, methods: methods, statistics: statistics,
        eventRoutes: [
            EventRouteRow("dialog:start", "A call was answered."),
            EventRouteRow("dialog:end", "A call that was answered is over, or has expired."),
            EventRouteRow("dialog:failed", "A call was never answered."),
        ])

    private typealias Parameter = ParameterRow<DialogParameters>

    private static var parameterRows: [ParameterRow<DialogParameters>] {
        following + times + texts + refusals
    }

    private static var following: [ParameterRow<DialogParameters>] {
        [
            Parameter(
                "hash_size", \.hashSize, 1...Limits.tableSlotsMax,
                "Slots that Call-IDs are spread over: a power of two."),
            Parameter(
                "rr_param", \.cookieName,
                "The parameter of Record-Route that carries the number of a call."),
            Parameter(
                "dlg_flag", \.flag, -1...31,
                "The message flag that has an INVITE followed when it is sent on; -1 for none."),
            Parameter(
                "dlg_match_mode", cases: \.matchMode,
                "How requests are matched: 0 with the number of our Record-Route, 1 also without, "
                    + "2 without writing any."),
            Parameter(
                "detect_spirals", \.detectsSpirals,
                "Whether an INVITE that comes by twice begins one call only."),
            Parameter(
                "h_id_start", \.numberStart, -1...Int(Int32.max),
                "What the numbers of calls begin with; -1 for the server's id."),
            Parameter(
                "h_id_step", \.numberStep, 1...1_000_000,
                "What a number is larger by than the one before."),
        ]
    }

    private static var times: [ParameterRow<DialogParameters>] {
        [
            Parameter(
                "timeout_avp", \.timeoutAttribute,
                "The $avp that holds the lifetime of a call in seconds; within the call it is read "
                    + "by loose_route()."),
            Parameter(
                "default_timeout", \.lifetimeSeconds, 1...Int(Int32.max),
                "Seconds that a call lasts without a request within it."),
            Parameter(
                "early_timeout", \.earlySeconds, 1...86_400, "Seconds that a call may ring."),
            Parameter(
                "noack_timeout", \.unacknowledgedSeconds, 1...86_400,
                "Seconds within which an answered call must be acknowledged."),
            Parameter(
                "end_timeout", \.endedSeconds, 1...86_400,
                "Seconds that a call is kept behind its end, for requests that are late."),
            Parameter(
                "timeout_noreset", \.keepsLifetime,
                "Whether requests within a call leave its lifetime as it is."),
            Parameter(
                "send_bye", \.sendsBye, "Whether both sides of a call that expires get a BYE."),
        ]
    }

    private static var texts: [ParameterRow<DialogParameters>] {
        [
            Parameter(
                "dlg_extra_hdrs", \.extraHeaders,
                "Header lines of the BYEs of this server, each with its CRLF."),
            Parameter(
                "lreq_callee_headers", \.calleeHeaders,
                "Further header lines of those that go to the callee."),
            Parameter(
                "profiles_with_value", \.valueProfiles,
                "Groups that count calls by a value, separated by semicolons."),
            Parameter(
                "profiles_no_value", \.plainProfiles,
                "Groups that count calls, separated by semicolons."),
            Parameter(
                "event_callback", \.eventCallback,
                "The function of an embedded language that takes events in place of event routes."
            ),
        ]
    }

    private static var refusals: [ParameterRow<DialogParameters>] {
        let memory = "calls are kept in memory only"
        let columns = [
            "db_url", "table_name", "call_id_column", "from_uri_column", "from_tag_column",
            "to_uri_column", "to_tag_column", "from_cseq_column", "to_cseq_column",
            "from_route_column", "to_route_column", "from_contact_column", "to_contact_column",
            "from_sock_column", "to_sock_column", "h_id_column", "h_entry_column",
            "state_column", "start_time_column", "timeout_column", "sflags_column",
            "toroute_name_column", "vars_table_name", "vars_h_id_column", "vars_h_entry_column",
            "vars_key_column", "vars_value_column",
        ]
        return [
            Parameter(offOnly: "db_mode", because: memory),
            Parameter(offOnly: "db_skip_load", because: memory),
            Parameter(
                ignored: "db_update_period", .integer(0...86_400), \.ignored, because: memory),
            Parameter(
                ignored: "db_fetch_rows", .integer(0...1_000_000), \.ignored, because: memory),
            Parameter("enable_stats", only: 1, because: "statistics cost next to nothing"),
            Parameter(
                "initial_cbs_inscript", only: 1,
                because: "those who follow calls are told at once"),
            Parameter(
                offOnly: "dlg_filter_mode",
                because: "all calls that are followed came by sockets of this server"),
            Parameter(
                ignored: "wait_ack", .integer(0...1), \.ignored,
                because: "module tm absorbs the ACK of a failure"),
            Parameter(
                offOnly: "ka_timer", because: "calls are not asked whether they still last"),
            Parameter(
                offOnly: "ka_interval", because: "calls are not asked whether they still last"),
            Parameter(
                ignored: "ka_failed_limit", .integer(0...1_000), \.ignored,
                because: "calls are not asked whether they still last"),
            Parameter(
                ignored: "timer_procs", .integer(0...1), \.ignored,
                because: "timers have a thread of their own"),
            Parameter(
                offOnly: "enable_dmq", because: "servers do not share calls"),
            Parameter(
                offOnly: "track_cseq_updates",
                because: "no function of this server changes CSeq"),
            Parameter(
                offOnly: "keep_proxy_rr",
                because: "requests of this server's own never pass through it again"),
            Parameter(
                refused: "bridge_controller", because: "this server makes no calls of its own"),
            Parameter(
                refused: "bridge_contact", because: "this server makes no calls of its own"),
        ] + columns.map { Parameter(refused: $0, because: memory) }
    }

    private static var statistics: [StatisticRow<DialogModule>] {
        [
            StatisticRow("active_dialogs", "Calls that are answered and not over.") {
                $0.activeCount
            },
            StatisticRow("early_dialogs", "Calls that ring.") { module in
                module.table.count { $0.state == .early }
            },
            StatisticRow("processed_dialogs", "Calls that were followed.") { $0.processed },
            StatisticRow("expired_dialogs", "Calls that lasted too long.") { $0.expired },
            StatisticRow("failed_dialogs", "Calls that were never answered.") { $0.failed },
        ]
    }
}
