internal import ModuleKit

extension Core {
    /// A global parameter that real configuration files have and that has no effect here.
    struct IgnoredParameter: Sendable {
        /// Its name.
        let name: String
        /// What it accepts, so that a typing error is still found.
        let kind: ParameterRow<Parameters>.Kind
        /// Why it has no effect, for the log and the reference page.
        let reason: String

        /// A parameter; integers are accepted within 32 bits unless it says otherwise.
        init(
            _ name: String, _ reason: String, isString: Bool = false,
            // Whether a file means a signed or an unsigned number does not matter here: both pass.
            bounds: ClosedRange<Int> = Int(Int32.min)...Int(UInt32.max)
        ) {
            self.name = name
            kind = isString ? .string : .integer(bounds)
            self.reason = reason
        }
    }

    /// Parameters of Kamailio's own allocators.
    private static let memory = "there is no allocator of its own to watch"
    /// Parameters of buffers that have a fixed size there.
    private static let buffers = "buffers grow as they are needed"
    /// Parameters that are handed through to the kernel there.
    private static let stack = "the operating system's default is used"
    /// Parameters of how answers of name servers are kept there.
    private static let kept = "answers of name servers are kept as their times to live say"
    /// Parameters of how destinations that have failed are kept there.
    private static let blocked = "the list is bounded by a number, and empties as times pass"
    /// Parameters that leave kinds of failures out there.
    private static let blockedMask = "every failure counts"
    /// Parameters of processes that workers are there.
    private static let threads = "workers are threads of one process"

    /// All of them; each that a file sets is named in the log at the start, with its reason.
    static let ignored: [IgnoredParameter] = [
        IgnoredParameter("memdbg", memory), IgnoredParameter("memlog", memory),
        IgnoredParameter("mem_join", memory), IgnoredParameter("mem_safety", memory),
        IgnoredParameter("mem_summary", memory), IgnoredParameter("mem_status_mode", memory),
        IgnoredParameter("mem_add_size", memory), IgnoredParameter("shm_mem_size", memory),
        IgnoredParameter("shm_force_alloc", memory), IgnoredParameter("mlock_pages", memory),
        IgnoredParameter("pv_buffer_size", buffers), IgnoredParameter("pv_buffer_slots", buffers),
        IgnoredParameter("sql_buffer_size", buffers), IgnoredParameter("pv_cache_limit", buffers),
        IgnoredParameter("pv_cache_action", buffers), IgnoredParameter("tcp_rd_buf_size", buffers),
        IgnoredParameter("tcp_wq_max", buffers), IgnoredParameter("tcp_conn_wq_max", buffers),
        IgnoredParameter("tcp_wq_blk_size", buffers), IgnoredParameter("tcp_fd_cache", buffers),
        IgnoredParameter("tcp_async", "sending on TCP never blocks a worker"),
        IgnoredParameter("tcp_connect_wait", "sending on TCP never blocks a worker"),
        IgnoredParameter("tcp_keepalive", stack), IgnoredParameter("tcp_keepidle", stack),
        IgnoredParameter("tcp_keepintvl", stack), IgnoredParameter("tcp_keepcnt", stack),
        IgnoredParameter("tcp_defer_accept", stack), IgnoredParameter("tcp_delayed_ack", stack),
        IgnoredParameter("tcp_syncnt", stack), IgnoredParameter("tcp_linger2", stack),
        IgnoredParameter("tcp_accept_aliases", "aliases of connections do not exist yet"),
        IgnoredParameter("tls_max_connections", "there is no TLS yet"),
        // 1 is refused: whoever asks for TLS must not be served without it in silence.
        IgnoredParameter("enable_tls", "there is no TLS yet", bounds: 0...0),
        IgnoredParameter("enable_sctp", "there is no SCTP"),
        IgnoredParameter("tos", stack), IgnoredParameter("udp4_raw", stack),
        IgnoredParameter("udp_mtu", "no request is forwarded yet"),
        IgnoredParameter("udp_mtu_try_proto", "no request is forwarded yet", isString: true),
        IgnoredParameter("mhomed", "replies leave through the socket that the request came on"),
        IgnoredParameter("dns", "addresses of this server are compared as addresses"),
        IgnoredParameter("rev_dns", "addresses of senders are not looked up"),
        IgnoredParameter("dns_sctp_pref", "there is no SCTP"),
        IgnoredParameter("dns_search_full_match", kept),
        IgnoredParameter("dns_cache_init", kept), IgnoredParameter("dns_cache_mem", kept),
        IgnoredParameter("dns_cache_gc_interval", kept),
        IgnoredParameter("dns_cache_del_nonexp", kept),
        IgnoredParameter("dns_cache_rec_pref", kept),
        // Another value is refused: whoever sets it wants some failures to count and others not.
        IgnoredParameter("dst_blocklist_udp_imask", blockedMask, bounds: 0...0),
        IgnoredParameter("dst_blocklist_tcp_imask", blockedMask, bounds: 0...0),
        IgnoredParameter("dst_blocklist_tls_imask", blockedMask, bounds: 0...0),
        IgnoredParameter("dst_blocklist_sctp_imask", blockedMask, bounds: 0...0),
        IgnoredParameter("dst_blocklist_init", blocked),
        IgnoredParameter("dst_blocklist_mem", blocked),
        IgnoredParameter("dst_blocklist_gc_interval", blocked),
        IgnoredParameter("fork", threads), IgnoredParameter("socket_workers", threads),
        IgnoredParameter("async_workers", threads),
        IgnoredParameter("chroot", "use a container or systemd's RootDirectory", isString: true),
        IgnoredParameter("sip_warning", "replies carry no Warning header field"),
        IgnoredParameter("phone2tel", "a telephone number in a SIP URI is a user like others"),
        IgnoredParameter("check_via", "replies are matched by their branch"),
        IgnoredParameter("log_prefix", "log lines carry their own fields", isString: true),
        IgnoredParameter("log_prefix_mode", "log lines carry their own fields"),
        IgnoredParameter("log_color", "log lines have no colours"),
        IgnoredParameter("corelog", "the log level holds for all lines"),
        IgnoredParameter("latency_log", "latencies are not logged"),
        IgnoredParameter("latency_cfg_log", "latencies are not logged"),
        IgnoredParameter("latency_limit_action", "latencies are not logged"),
        IgnoredParameter("latency_limit_db", "latencies are not logged"),
        IgnoredParameter("http_reply_parse", "SIP sockets do not read HTTP"),
        IgnoredParameter("syn_branch", "branches are always made afresh"),
        IgnoredParameter("max_branches", "no request is forwarded yet"),
        IgnoredParameter("onsend_route_reply", "onsend_route runs for requests"),
        IgnoredParameter("open_files_limit", "the service's own limit holds"),
        IgnoredParameter("pmtu_discovery", stack), IgnoredParameter("tcp_reuse_port", stack),
        IgnoredParameter("real_time", "workers run at the priority that the service has"),
        IgnoredParameter("rt_prio", "workers run at the priority that the service has"),
        IgnoredParameter("rpc_exec_delta", "commands are not held back"),
    ]
}
