internal import ModuleKit

/// The rows of the registrar's parameters: names, ranges and defaults of its documentation.
extension RegistrarModule {
    /// All of them.
    static var parameterRows: [ParameterRow<RegistrarParameters>] {
        expiryRows + contactRows + reachRows + extensionRows + scriptRows + lookupParameterRows
    }

    /// How long bindings live.
    private static var expiryRows: [ParameterRow<RegistrarParameters>] {
        let seconds = 0...Int(Int32.max)
        return [
            ParameterRow(
                "default_expires", \.defaultExpires, 1...Int(Int32.max),
                "Seconds a binding lives when the request says nothing.", runtime: .changeable),
            ParameterRow(
                "default_expires_range", \.defaultExpiresRange, 0...100,
                "Percent by which default_expires is shortened at random.", runtime: .changeable),
            ParameterRow(
                "expires_range", \.expiresRange, 0...100,
                "Percent by which a lifetime that was asked for is shortened at random.",
                runtime: .changeable),
            ParameterRow(
                "min_expires", \.minExpires, seconds,
                "Shortest lifetime in seconds; 0 is none.", runtime: .changeable),
            ParameterRow(
                "min_expires_mode", cases: \.minExpiresMode,
                "What a shorter lifetime gets: 0 it is raised, 1 it is refused with 423."),
            ParameterRow(
                "max_expires", \.maxExpires, seconds,
                "Longest lifetime in seconds; 0 is none.", runtime: .changeable),
            ParameterRow(
                "retry_after", \.retryAfter, seconds,
                "Seconds in the Retry-After of 5xx replies; 0 is none.", runtime: .changeable),
        ]
    }

    /// What a contact may be, and how an AoR is made.
    private static var contactRows: [ParameterRow<RegistrarParameters>] {
        [
            ParameterRow(
                "default_q", \.defaultQ, -1...1000,
                "q in thousandths of a contact that has none; -1 leaves it without.",
                runtime: .changeable),
            ParameterRow(
                "max_contacts", \.maxContacts, 0...1_024,
                "Most bindings of one AoR; 0 is no limit but that of the server.",
                runtime: .changeable),
            ParameterRow(
                "contact_max_size", \.contactMaxSize, 1...512, "Longest contact URI in bytes."),
            ParameterRow(
                "case_sensitive", \.isCaseSensitive,
                "Whether the user part of an AoR keeps its case.", runtime: .changeable),
            ParameterRow(
                "realm_prefix", \.realmPrefix, "A prefix that is cut from the domain of an AoR.",
                runtime: .named("realm_pref")),
        ]
    }

    /// Where a contact is reached.
    private static var reachRows: [ParameterRow<RegistrarParameters>] {
        [
            ParameterRow(
                "received_param", \.receivedParameter,
                "Name of the parameter that shows the received address in the reply's Contact."),
            ParameterRow(
                "received_avp", \.receivedVariable,
                "The $avp(name) that holds the address a request came from."),
            ParameterRow(
                "sock_mode", \.socketMode, 0...1,
                "1 stores sockets under the address that they advertise."),
            ParameterRow(
                "sock_flag", \.socketFlag, -1...31,
                "The message flag with which a request names the socket to store; -1 is none."),
            ParameterRow(
                "sock_hdr_name", \.socketHeader,
                "The header field that names the socket, as add_sock_hdr writes it."),
        ]
    }

    /// Path, GRUU and flows.
    private static var extensionRows: [ParameterRow<RegistrarParameters>] {
        [
            ParameterRow(
                "use_path", \.usesPath, "Whether Path is looked at.", runtime: .changeable),
            ParameterRow(
                "path_mode", cases: \.pathMode,
                "0 stores Path, 1 shows it to clients that support it, 2 refuses the others.",
                runtime: .changeable),
            ParameterRow(
                "path_use_received", \.usesPathReceived,
                "Whether the first Path URI tells where a client was seen.", runtime: .changeable),
            ParameterRow(
                "path_check_local", \.checksPathLocally,
                "Whether lookup skips a first hop of the Path that is this server.",
                runtime: .changeable),
            ParameterRow(
                "gruu_enabled", \.isGRUUEnabled, "Whether contacts with an instance get GRUUs.",
                runtime: .changeable),
            ParameterRow(
                "outbound_mode", cases: \.outboundMode,
                "0 knows no flows, 1 has them for clients that support them, 2 requires them."),
            ParameterRow(
                "regid_mode", cases: \.regIDMode,
                "0 counts a reg-id when the first hop supports flows, 1 always."),
            ParameterRow(
                "flow_timer", \.flowTimer, 0...999,
                "Seconds in Flow-Timer; 0 is none. It needs outbound_mode 1 or 2."),
        ]
    }

    /// What scripts say and are told.
    private static var scriptRows: [ParameterRow<RegistrarParameters>] {
        [
            ParameterRow(
                "xavp_cfg", \.overrideRoot,
                "Name of the $xavp with max_contacts, expires, q, socket, tcpconn_id for save."),
            ParameterRow(
                "xavp_rcd", \.recordRoot,
                "Name of the $xavp that gets details of the bindings that a function has seen."),
            ParameterRow(
                "xavp_rcd_mask", \.recordMask, 0...31,
                "Details to leave out: 1 ruid, 2 contact, 4 expires, 8 received, 16 path.",
                runtime: .changeable),
            ParameterRow(
                "event_callback", \.eventCallback,
                "Name of the Lua function that is told of expired contacts; it needs app_lua."),
            ParameterRow(
                refused: "reg_callid_avp",
                because: "registrar has no such parameter, although old pages name it"),
        ]
    }

    /// What `lookup` and `registered` do.
    private static var lookupParameterRows: [ParameterRow<RegistrarParameters>] {
        [
            ParameterRow(
                "method_filtering", \.filtersMethods,
                "Whether lookup leaves out contacts that do not allow the request's method."),
            ParameterRow(
                "append_branches", \.appendsBranches,
                "Whether lookup adds all contacts as branches, or takes the first alone.",
                runtime: .changeable),
            ParameterRow(
                "use_expired_contacts", \.usesExpiredContacts,
                "Whether lookup and registered take expired bindings for usable.",
                runtime: .changeable),
        ]
    }
}
