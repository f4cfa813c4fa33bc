internal import ModuleKit

/// The parameters of module `tm`.
extension TMModule {
    private typealias Row = ParameterRow<TMParameters>

    /// How long things take.
    static var timerRows: [ParameterRow<TMParameters>] {
        let most = 86_400_000
        return [
            Row(
                "fr_timer", \.finalTimer, 1...most,
                "Milliseconds that a request waits for its "
                    + "first response, and one that is no INVITE for its final one",
                runtime: .changeable),
            Row(
                "fr_inv_timer", \.inviteTimer, 1...most,
                "Milliseconds that an INVITE waits for "
                    + "its final response after a provisional one", runtime: .changeable),
            Row(
                "fr_inv_timer_next", \.inviteTimerNext, 1...most,
                "Milliseconds that the further groups of a serial fork wait",
                runtime: .changeable),
            Row(
                "wt_timer", \.waitTimer, 0...most,
                "Milliseconds that a finished transaction is kept", runtime: .changeable),
            Row(
                "retr_timer1", \.firstInterval, 1...60_000,
                "Milliseconds before a request is sent again for the first time (T1)",
                runtime: .changeable),
            Row(
                "retr_timer2", \.longestInterval, 1...600_000,
                "Longest interval between two retransmissions, in milliseconds (T2)",
                runtime: .changeable),
            Row(
                "max_inv_lifetime", \.inviteLifetime, 0...most,
                "Milliseconds after which an INVITE without final response is given up; 0 never",
                runtime: .changeable),
            Row(
                "max_noninv_lifetime", \.otherLifetime, 0...most,
                "The same for other requests", runtime: .changeable),
            Row(
                "restart_fr_on_each_reply", \.restartsTimer,
                "Whether each provisional response starts fr_inv_timer anew",
                runtime: .changeable),
            Row(
                "exec_time_check", \.failureRouteLimit, 0...60_000_000,
                "Microseconds in a failure route that are worth a warning; 0 never"),
        ]
    }

    /// What is done in which case.
    static var choiceRows: [ParameterRow<TMParameters>] {
        replyRows1 + cancelRows
    }

    private static var replyRows1: [ParameterRow<TMParameters>] {
        [
            Row(
                "auto_inv_100", \.answersTrying, "Whether an INVITE that is sent on gets a 100",
                runtime: .changeable),
            Row(
                "auto_inv_100_reason", \.tryingReason, "The reason phrase of that 100",
                runtime: .changeable),
            Row(
                "noisy_ctimer", \.answersTimeouts,
                "Whether the caller gets 408 when no branch of an INVITE has answered",
                runtime: .changeable),
            Row(
                "aggregate_challenges", \.joinsChallenges,
                "Whether the challenges of several branches are joined in one reply",
                runtime: .changeable),
            Row(
                "default_code", \.defaultCode, 400...699,
                "The status of a reply whose own is none", runtime: .changeable),
            Row(
                "default_reason", \.defaultReason, "The reason phrase that goes with it",
                runtime: .changeable),
            Row(
                "disable_6xx_block", \.disables6xx, "Whether a 6xx does not end a fork",
                runtime: .changeable),
            Row(
                "failure_reply_mode", \.failureReplyMode, 0...3,
                "Which responses of earlier groups count: 0 all, 1 none, 2 not those of the last "
                    + "group, 3 those of the last group"),
            Row(
                "faked_reply_prio", \.localReplyPenalty, -10_000...10_000,
                "How much less a reply made here counts than one that was received"),
            Row("remap_503_500", \.remaps503, "Whether a 503 is passed on as 500"),
            Row(
                "failure_exec_mode", \.failsLocally,
                "Whether what could not be sent at all reaches the failure route"),
            Row(
                "relay_100", \.relays100, 0...1, "Whether a 100 is passed on",
                runtime: .changeable),
            Row(
                "failover_reply_codes", \.failoverCodes,
                "Statuses and classes (5xx), with commas, that lead to the next address of a "
                    + "name, beside 503"),
            Row("reply_408_code", \.timeoutCode, 400...699, "The status of a time-out"),
            Row("reply_408_reason", \.timeoutReason, "Its reason phrase"),
        ]
    }

    private static var cancelRows: [ParameterRow<TMParameters>] {
        [
            Row(
                "ac_extra_hdrs", \.copiedPrefix,
                "Names of header fields that are copied into CANCEL and ACK begin with this",
                runtime: .changeable),
            Row(
                "cancel_b_method", \.cancelMode, 0...1,
                "A branch to be cancelled that has not answered: 0 counts as answered with 487, "
                    + "1 is cancelled at its first response; 2, at once, is against RFC 3261 9.1",
                runtime: .changeable),
            Row(
                "unmatched_cancel", \.unmatchedCancel, 0...2,
                "A CANCEL whose INVITE is not known: 0 sent on with a transaction, 1 without, 2 "
                    + "dropped", runtime: .changeable),
            Row(
                "local_cancel_reason", \.addsReason, "Whether our CANCEL says why",
                runtime: .changeable),
            Row(
                "e2e_cancel_reason", \.copiesReason,
                "Whether the Reason of a CANCEL is copied into ours", runtime: .changeable),
        ]
    }

    /// Names of attributes.
    static var attributeRows: [ParameterRow<TMParameters>] {
        [
            Row(
                "contacts_avp", \.contactsRoot,
                "Root of the $xavp that t_load_contacts fills"),
            Row(
                "contact_flows_avp", \.flowsRoot,
                "Root of the $xavp with further flows of the same phones"),
            Row(
                "fr_timer_avp", \.finalTimerAttribute,
                "The $avp with fr_timer of one request, in seconds"),
            Row(
                "fr_inv_timer_avp", \.inviteTimerAttribute,
                "The $avp with fr_inv_timer of one request, in seconds"),
        ]
    }

    /// Choices of Kamailio's whose other side this server does not have.
    ///
    /// The one value that describes what is done here is accepted, since files set it; another one
    /// would change nothing, and nobody must believe that it does.
    static var matchingRows: [ParameterRow<TMParameters>] {
        (fixedOn.map { ($0, 1, $1) } + fixedOff.map { ($0, 0, $1) }).map { name, value, reason in
            Row(name, only: value, because: reason)
        }
    }

    private static let fixedOn = [
        ("ruri_matching", "requests are matched as RFC 3261 17.2.3 wants"),
        ("via1_matching", "requests are matched as RFC 3261 17.2.3 wants"),
        ("reply_matching", "replies are matched with open transactions only"),
        ("reparse_invite", "CANCEL and ACK are always made of the request that was sent"),
        (
            "reparse_on_dns_failover",
            "the next address gets the request with what the script has changed of the branch"
        ),
        ("dns_reuse_rcv_socket", "the receiving socket is used wherever it fits"),
        ("enable_uac_fr", "own requests have timers in any case"),
        ("e2e_cancel_hop_by_hop", "a CANCEL is always answered hop by hop (RFC 3261 16.10)"),
        ("delayed_reply", "the best reply is sent when all branches have ended"),
        ("reply_relay_mode", "a final reply is passed on once"),
    ]

    private static let fixedOff = [
        ("callid_matching", "replies are matched by 96 secret bits of their branch"),
        ("callid_cseq_matching", "replies are matched by 96 secret bits of their branch"),
        ("pass_provisional_replies", "modules are not called back for replies"),
        ("headers_mode", "messages are kept as bytes, with all their fields"),
        ("rich_redirect", "a redirection is passed on as it is"),
        ("local_ack_branch_mode", "own requests are no INVITEs"),
        ("local_ack_mode", "own requests are no INVITEs"),
        ("evlreq_mode", "tm:local-request runs for requests of transactions of their own"),
    ]

    /// When destinations are left alone for a while, if core's `use_dst_blocklist` wants that.
    static var avoidanceRows: [ParameterRow<TMParameters>] {
        let seconds = 0...86_400
        let methods = 0...Int(UInt32.max)
        return [
            Row(
                "blst_503", \.avoidsOverloaded,
                "Whether a destination that answers 503 is left alone for its Retry-After.",
                runtime: .changeable),
            Row(
                "blst_503_def_timeout", \.avoidedDefault, seconds,
                "Seconds for a 503 without Retry-After; 0 is none.", runtime: .changeable),
            Row(
                "blst_503_min_timeout", \.avoidedLeast, seconds,
                "Seconds for a 503 at least.", runtime: .changeable),
            Row(
                "blst_503_max_timeout", \.avoidedMost, seconds,
                "Seconds for a 503 at most.", runtime: .changeable),
            Row(
                "blst_methods_add", \.avoidingMethods, methods,
                "Mask of the methods whose time-out has a destination left alone.",
                runtime: .changeable),
            Row(
                "blst_methods_lookup", \.avoidableMethods, methods,
                "Mask of the methods that are not sent to a destination that is left alone.",
                runtime: .changeable),
        ]
    }

    /// What cannot be had.
    static var refusedRows: [ParameterRow<TMParameters>] {
        [
            ("on_sl_reply", "a reply that belongs to no transaction is dropped (RFC 6026 8.7)"),
            ("xavp_contact", "attributes of contacts are those of lookup"),
            ("tw_append", "there is no t_write_req"),
            ("unix_tx_timeout", "there is no t_write_unix"),
            ("event_callback", "functions of KEMI are not called by name for these events"),
            (
                "event_callback_lres_sent",
                "functions of KEMI are not called by name for these events"
            ),
            ("evcb_local_ack_sent", "functions of KEMI are not called by name for these events"),
        ].map { Row(refused: $0.0, because: $0.1) }
    }
}
