internal import ModuleKit

/// Where the names of KEMI differ from those of scripts.
///
/// KEMI has one name for each number of arguments; scripts have one name with optional arguments.
/// So most rows say which function of scripts stands behind a second name; everything that is not
/// here has the same name in both.
enum KEMINames {
    /// Another name of a function.
    struct Alias {
        /// The name in KEMI.
        let name: String
        /// Arguments that follow those of the call.
        var extra: [ArgumentSource] = []
    }

    /// The modules whose functions expand pseudo-variables in their texts.
    static let expanding: Set<String> = ["xlog"]

    /// The table within `KSR` that holds a module's functions.
    ///
    /// `KSR.pv` is the core's, for pseudo-variables of all modules.
    static func object(of module: String) -> String { module == "pv" ? "pvx" : module }

    /// The further names of a function.
    static func aliases(of function: String, in module: String) -> [Alias] {
        let plain = (names["\(module).\(function)"] ?? "").split(separator: " ")
            .map { Alias(name: String($0)) }
        return plain + (fixed["\(module).\(function)"] ?? [])
    }

    /// Names by module and function, for calls with the same arguments in the same order.
    private static let names = [
        "cfgutils.lock": "lock_key2",
        "corex.append_branch": "append_branch_uri append_branch_uri_q",
        "counters.cnt_add": "add",
        "counters.cnt_inc": "inc",
        "counters.cnt_reset": "reset",
        "jsonrpcs.jsonrpc_dispatch": "dispatch",
        "jsonrpcs.jsonrpc_exec": "exec execx",
        "maxfwd.mf_process_maxfwd_header": "process_maxfwd",
        "nathelper.add_contact_alias": "add_contact_alias_addr",
        "nathelper.fix_nated_sdp": "fix_nated_sdp_ip",
        "nathelper.handle_ruri_alias": "handle_ruri_alias_mode",
        "path.add_path": "add_path_user add_path_user_params",
        "path.add_path_received": "add_path_received_user add_path_received_user_params",
        "registrar.lookup": "lookup_uri",
        "registrar.registered": "registered_uri registered_flags registered_action",
        "registrar.save": "save_uri",
        "registrar.unregister": "unregister_ruid",
        "rr.loose_route": "loose_route_mode",
        "rr.record_route": "record_route_params",
        "rr.record_route_preset": "record_route_preset_one",
        "sanity.sanity_check": "sanity_check_defaults",
        "siputils.is_first_hop": "is_first_hop_mode",
        "siputils.uri_param": "uri_param_value",
        "siputils.contact_param_decode_uri": "contact_param_decode_ruri",
        "siputils.is_alphanumex": "is_alphanumex",
        "sl.sl_reply": "sl_send_reply",
        "tm.t_load_contacts": "ki_t_load_contacts_mode",
        "tm.t_relay_to_proto": "t_relay_to_proto_addr",
        "tm.t_relay_to_proxy": "t_relay_to_proxy_flags",
        "tmx.t_cancel_callid": "t_cancel_callid_reason",
        "tmx.t_drop": "t_drop_rcode",
        "textops.append_body_part": "append_body_part_cd",
        "textops.append_body_part_hex": "append_body_part_hex_cd",
        "textops.has_body": "has_body_type",
        "textops.set_body_multipart":
            "set_body_multipart_mode set_body_multipart_content set_body_multipart_boundary",
        "textops.is_present_hf_re": "is_present_hf_re",
        "textopsx.change_reply_status": "change_reply_status_code",
        "textopsx.fnmatch": "fnmatch_ex",
        "textopsx.keep_hf": "keep_hf_re",
        "textopsx.assign_hf_value2": "assign_hf_value2",
        "tm.t_lookup_cancel": "t_lookup_cancel_flags",
        "tm.t_drop_replies": "t_drop_replies_all",
        "tm.t_relay_to": "t_relay_to_flags",
        "tm.t_set_fr": "t_set_fr_inv",
        "xhttp_prom.prom_check_uri": "check_uri",
        "xhttp_prom.prom_counter_inc":
            "counter_inc_l0 counter_inc_l1 counter_inc_l2 counter_inc_l3",
        "xhttp_prom.prom_counter_reset":
            "counter_reset_l0 counter_reset_l1 counter_reset_l2 counter_reset_l3",
        "xhttp_prom.prom_dispatch": "dispatch",
        "xhttp_prom.prom_gauge_inc": "gauge_inc_l0 gauge_inc_l1 gauge_inc_l2 gauge_inc_l3",
        "xhttp_prom.prom_gauge_reset":
            "gauge_reset_l0 gauge_reset_l1 gauge_reset_l2 gauge_reset_l3",
        "xhttp_prom.prom_gauge_set": "gauge_set_l0 gauge_set_l1 gauge_set_l2 gauge_set_l3",
        "xhttp_prom.prom_histogram_observe":
            "histogram_observe_l0 histogram_observe_l1 histogram_observe_l2 histogram_observe_l3",
        "xlog.xlog": "xlog_facility",
    ]

    /// Names that stand for certain arguments.
    private static let fixed: [String: [Alias]] = [
        "nathelper.set_contact_alias": [
            Alias(name: "set_contact_alias_trim", extra: [.integer(1)])
        ]
    ]
}
