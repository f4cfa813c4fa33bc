/// The functions that KEMI has in Kamailio 5.6, by the table within `KSR`, each with the number of
/// its arguments: a fact that the server is measured against.
let kemiFunctions: [String: String] = [
    "": """
    add_local_rport/0 add_tcp_alias/1 add_tcp_alias_via/0 crit/1 dbg/1 err/1 force_rport/0 \
    forward/0 forward_uri/1 get_debug/0 info/1 is_ACK/0 is_BYE/0 is_CANCEL/0 is_DELETE/0 \
    is_GET/0 is_INFO/0 is_INVITE/0 is_IPv4/0 is_IPv6/0 is_KDMQ/0 is_MESSAGE/0 is_NOTIFY/0 \
    is_OPTIONS/0 is_POST/0 is_PRACK/0 is_PUBLISH/0 is_PUT/0 is_REFER/0 is_REGISTER/0 \
    is_SCTP/0 is_SUBSCRIBE/0 is_TCP/0 is_TLS/0 is_UDP/0 is_UPDATE/0 is_WS/0 is_WSS/0 \
    is_WSX/0 is_dst_port/1 is_method/1 is_method_in/1 is_myself/1 is_myself_duri/0 \
    is_myself_furi/0 is_myself_nhuri/0 is_myself_ruri/0 is_myself_srcip/0 is_myself_suri/0 \
    is_myself_turi/0 is_proto/1 is_src_port/1 isbflagset/1 isbiflagset/2 isdsturiset/0 \
    isflagset/1 issflagset/1 log/2 notice/1 resetbflag/1 resetbiflag/2 resetdsturi/0 \
    resetflag/1 resetsflag/1 route/1 set_advertised_address/1 set_advertised_port/1 \
    set_drop/0 set_forward_close/0 set_forward_no_connect/0 set_reply_close/0 \
    set_reply_no_connect/0 setbflag/1 setbiflag/2 setdsturi/1 setflag/1 sethost/1 \
    setsflag/1 seturi/1 setuser/1 to_IPv4/0 to_IPv6/0 to_SCTP/0 to_TCP/0 to_TLS/0 to_UDP/0 \
    to_WS/0 to_WSS/0 to_WSX/0 warn/1
    """,
    "pv": """
    get/1 gete/1 geti/1 getvn/2 getvs/2 getw/1 is_null/1 seti/2 sets/2 unset/1
    """,
    "hdr": """
    append/1 append_after/2 append_to_reply/1 get/1 get_idx/2 gete/1 gete_idx/2 getw/1 \
    getw_idx/2 insert/1 insert_before/2 is_present/1 match_content/4 remove/1 rmappend/2 \
    rminsert/2
    """,
    "x": """
    exit/0 drop/0 modf/1
    """,
    "pvx": """
    avp_get/1 avp_gete/1 avp_getw/1 avp_is_null/1 avp_rm/1 avp_seti/2 avp_sets/2 evalx/2 \
    pv_var_to_xavp/2 pv_xavi_print/0 pv_xavp_print/0 pv_xavp_to_var/1 pv_xavu_print/0 \
    sbranch_append/0 sbranch_reset/0 sbranch_set_ruri/0 shv_get/1 shv_seti/2 shv_sets/2 \
    var_get/1 var_seti/2 var_sets/2 xavi_child_get/2 xavi_child_gete/2 xavi_child_getw/2 \
    xavi_child_is_null/2 xavi_child_rm/2 xavi_child_seti/3 xavi_child_sets/3 xavi_get/1 \
    xavi_get_keys/2 xavi_getd/1 xavi_getd_p1/2 xavi_gete/1 xavi_getw/1 xavi_is_null/1 \
    xavi_rm/1 xavi_seti/2 xavi_sets/2 xavp_child_get/2 xavp_child_gete/2 xavp_child_getw/2 \
    xavp_child_is_null/2 xavp_child_rm/2 xavp_child_seti/3 xavp_child_sets/3 xavp_copy/3 \
    xavp_copy_dst/4 xavp_get/1 xavp_get_keys/2 xavp_getd/1 xavp_getd_p1/2 xavp_gete/1 \
    xavp_getw/1 xavp_is_null/1 xavp_params_explode/2 xavp_params_implode/2 xavp_rm/1 \
    xavp_seti/2 xavp_sets/2 xavp_slist_explode/4 xavu_child_get/2 xavu_child_gete/2 \
    xavu_child_getw/2 xavu_child_is_null/2 xavu_child_rm/2 xavu_child_seti/3 \
    xavu_child_sets/3 xavu_get/1 xavu_gete/1 xavu_getw/1 xavu_is_null/1 \
    xavu_params_explode/2 xavu_params_implode/2 xavu_rm/1 xavu_seti/2 xavu_sets/2
    """,
    "registrar": """
    add_sock_hdr/1 lookup/1 lookup_branches/1 lookup_to_dset/2 lookup_uri/2 \
    reg_fetch_contacts/3 reg_free_contacts/1 reg_send_reply/0 registered/1 \
    registered_action/4 registered_flags/3 registered_uri/2 save/2 save_uri/3 \
    set_q_override/1 unregister/2 unregister_ruid/3
    """,
    "sl": """
    send_reply/2 send_reply_mode/3 sl_forward_reply/2 sl_reply_error/0 sl_send_reply/2
    """,
    "tm": """
    ki_t_load_contacts_mode/1 t_any_replied/0 t_any_timeout/0 t_branch_replied/0 \
    t_branch_timeout/0 t_check_status/1 t_check_trans/0 t_clean/0 t_drop_replies/1 \
    t_drop_replies_all/0 t_get_branch_index/0 t_get_status_code/0 t_grep_status/1 \
    t_is_canceled/0 t_is_expired/0 t_is_retr_async_reply/0 t_is_set/1 t_load_contacts/0 \
    t_lookup_cancel/0 t_lookup_cancel_flags/1 t_lookup_request/0 t_newtran/0 \
    t_next_contact_flow/0 t_next_contacts/0 t_on_branch/1 t_on_branch_failure/1 \
    t_on_failure/1 t_on_reply/1 t_relay/0 t_relay_to_flags/1 t_relay_to_proto/1 \
    t_relay_to_proto_addr/3 t_relay_to_proxy/1 t_relay_to_proxy_flags/2 t_release/0 \
    t_replicate/1 t_reply/2 t_reset_fr/0 t_reset_max_lifetime/0 t_reset_retr/0 \
    t_retransmit_reply/0 t_save_lumps/0 t_send_reply/2 t_set_auto_inv_100/1 \
    t_set_disable_6xx/1 t_set_disable_failover/1 t_set_disable_internal_reply/1 t_set_fr/2 \
    t_set_fr_inv/1 t_set_max_lifetime/2 t_set_no_e2e_cancel_reason/1 t_set_retr/2 \
    t_uac_send/6 t_use_uac_headers/0
    """,
    "rr": """
    add_rr_param/1 check_route_param/1 is_direction/1 loose_route/0 loose_route_mode/1 \
    loose_route_preloaded/0 next_hop_route/0 record_route/0 \
    record_route_advertised_address/1 record_route_params/1 record_route_preset/2 \
    record_route_preset_one/1 remove_record_route/0
    """,
    "path": """
    add_path/0 add_path_received/0 add_path_received_user/1 add_path_received_user_params/2 \
    add_path_user/1 add_path_user_params/2
    """,
    "nathelper": """
    add_contact_alias/0 add_contact_alias_addr/3 add_rcv_param/1 fix_nated_contact/0 \
    fix_nated_register/0 fix_nated_sdp/1 fix_nated_sdp_ip/2 handle_ruri_alias/0 \
    handle_ruri_alias_mode/1 is_rfc1918/1 nat_uac_test/1 set_alias_to_pv/1 \
    set_contact_alias/0 set_contact_alias_trim/0
    """,
    "maxfwd": """
    is_maxfwd_lt/1 process_maxfwd/1
    """,
    "sanity": """
    sanity_check/2 sanity_check_defaults/0 sanity_reply/0
    """,
    "siputils": """
    add_uri_param/1 cmp_aor/2 cmp_hdr_name/2 cmp_uri/2 contact_param_decode/1 \
    contact_param_decode_ruri/1 contact_param_encode/2 contact_param_rm/1 decode_contact/0 \
    decode_contact_header/0 encode_contact/2 has_totag/0 hdr_date_check/1 is_alphanum/1 \
    is_alphanumex/2 is_first_hop/0 is_first_hop_mode/1 is_gruu/0 is_numeric/1 is_reply/0 \
    is_request/0 is_tel_number/1 is_uri/1 is_user/1 options_reply/0 uri_param/1 \
    uri_param_any/1 uri_param_rm/1 uri_param_value/2
    """,
    "textops": """
    append_body_part/2 append_body_part_cd/3 append_body_part_hex/2 \
    append_body_part_hex_cd/3 cmp_istr/2 cmp_str/2 ends_with/2 filter_body/1 \
    get_body_part/2 get_body_part_raw/2 has_body/0 has_body_type/1 in_list/3 \
    in_list_prefix/3 is_audio_on_hold/0 is_present_hf/1 is_present_hf_re/1 is_privacy/1 \
    regex_substring/5 remove_body_part/1 remove_hf/1 remove_hf_exp/2 remove_hf_idx/2 \
    remove_hf_match/3 remove_hf_re/1 replace/2 replace_all/2 replace_body/2 \
    replace_body_all/2 replace_body_atonce/2 replace_body_str/3 replace_hdrs/2 \
    replace_hdrs_str/3 replace_str/3 search/1 search_append/2 search_append_body/2 \
    search_body/1 search_hf/3 search_str/2 set_body/2 set_body_multipart/3 \
    set_body_multipart_boundary/1 set_body_multipart_content/2 set_body_multipart_mode/0 \
    set_reply_body/2 starts_with/2 str_find/2 str_ifind/2 subst/1 subst_body/1 subst_hf/3 \
    subst_uri/1 subst_user/1
    """,
    "textopsx": """
    append_hf_value/2 assign_hf_value/2 assign_hf_value2/2 bl_iterator_append/2 \
    bl_iterator_end/1 bl_iterator_insert/2 bl_iterator_next/1 bl_iterator_rm/1 \
    bl_iterator_start/1 bl_iterator_value/1 change_reply_status/2 \
    change_reply_status_code/1 exclude_hf_value/2 fnmatch/2 fnmatch_ex/3 \
    hf_iterator_append/2 hf_iterator_end/1 hf_iterator_hbody/1 hf_iterator_hname/1 \
    hf_iterator_insert/2 hf_iterator_next/1 hf_iterator_prev/1 hf_iterator_rm/1 \
    hf_iterator_start/1 hf_value_exists/2 include_hf_value/2 insert_hf_value/2 keep_hf/0 \
    keep_hf_re/1 msg_apply_changes/0 msg_set_buffer/1 remove_body/0 remove_hf_value/1 \
    remove_hf_value2/2
    """,
    "xlog": """
    xalert/1 xcrit/1 xdbg/1 xerr/1 xinfo/1 xlog/2 xlog_facility/3 xnotice/1 xwarn/1
    """,
    "jsonrpcs": """
    dispatch/0 exec/1 execx/1 response/0
    """,
    "corex": """
    append_branch/0 append_branch_uri/1 append_branch_uri_q/2 file_read/1 file_write/2 \
    has_ruri_user/0 has_user_agent/0 is_faked_msg/0 is_socket_name/1 isxflagset/1 \
    resetxflag/1 send_data/2 sendx/3 set_recv_socket/1 set_recv_socket_name/1 \
    set_send_socket/1 set_send_socket_name/1 set_source_address/1 setxflag/1 \
    via_add_srvid/1 via_add_xavp_params/1 via_use_xavp_fields/1
    """,
    "kex": """
    resetdebug/0 setdebug/1
    """,
    "cfgutils": """
    abort/0 check_route_exists/1 core_hash/3 lock/1 pkg_status/0 pkg_summary/0 rand_event/0 \
    rand_get_prob/0 rand_reset_prob/0 rand_set_prob/1 route_if_exists/1 shm_status/0 \
    shm_summary/0 sleep/1 trylock/1 unlock/1 usleep/1
    """,
    "htable": """
    sht_dec/2 sht_get/2 sht_gete/2 sht_getw/2 sht_inc/2 sht_is_null/2 sht_iterator_end/1 \
    sht_iterator_next/1 sht_iterator_rm/1 sht_iterator_setex/2 sht_iterator_seti/2 \
    sht_iterator_sets/2 sht_iterator_start/2 sht_lock/2 sht_match_name/3 \
    sht_match_str_value/3 sht_reset/1 sht_rm/2 sht_rm_name/3 sht_rm_name_re/2 \
    sht_rm_value/3 sht_rm_value_re/2 sht_setex/3 sht_seti/3 sht_sets/3 sht_setxi/4 \
    sht_setxs/4 sht_unlock/2
    """,
]
