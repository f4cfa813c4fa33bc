internal import Basics
internal import JSONValue
internal import ModuleKit

/// Finding the servers that names lead to (RFC 3263): parameters and commands.
extension Core {
    /// Whom to ask, and in which order what is found is tried.
    static let names: [ParameterRow<Parameters>] = [
        ParameterRow(
            "dns_servers", \.nameServers,
            "Name servers to ask in place of those of /etc/resolv.conf, as 192.0.2.1:53"),
        ParameterRow(
            "dns_retr_time", \.nameServerSeconds, 0...60,
            "Seconds that the first attempt to ask a name server waits; 0 for 1.5"),
        ParameterRow(
            "dns_retr_no", \.nameServerAttempts, 0...10,
            "How often each name server is asked; 0 for 3 times"),
        ParameterRow(
            "dns_servers_no", \.nameServersMax, 0...Limits.nameServersMax,
            "Most name servers of /etc/resolv.conf that are asked; 0 for all"),
        ParameterRow(
            "dns_use_search_list", \.usesSearchList,
            "Whether the domains of /etc/resolv.conf are tried behind a name"),
        ParameterRow(
            "dns_try_ipv6", \.triesIPv6,
            "Whether IPv6 addresses are asked for where IPv4 would do", runtime: .changeable),
        ParameterRow(
            "dns_try_naptr", \.triesPointers, "Whether NAPTR records are asked for",
            runtime: .changeable),
        ParameterRow(
            "dns_naptr_ignore_rfc", \.ignoresPointerOrder,
            "Whether dns_udp_pref and its like go before the order of NAPTR records",
            runtime: .changeable),
        ParameterRow(
            "dns_srv_lb", \.balancesServices,
            "Whether SRV records of one priority share the load by weight", runtime: .changeable),
        ParameterRow(
            "dns_udp_pref", \.udpLiking, liking, "How well UDP is liked; below 0 not",
            runtime: .changeable),
        ParameterRow(
            "dns_tcp_pref", \.tcpLiking, liking, "How well TCP is liked; below 0 not",
            runtime: .changeable),
        ParameterRow(
            "dns_tls_pref", \.tlsLiking, liking, "How well TLS is liked; below 0 not",
            runtime: .changeable),
        ParameterRow(
            "use_dns_failover", \.followsFurtherPlaces,
            "Whether the further places of a name are tried when the first fails",
            runtime: .changeable),
    ]

    /// How the answers of name servers are kept.
    static let answers: [ParameterRow<Parameters>] = [
        ParameterRow(
            "use_dns_cache", \.keepsAnswers, "Whether answers of name servers are kept",
            runtime: .changeable),
        ParameterRow(
            "dns_cache_flags", \.answerFlags, 0...7,
            "1: IPv4 addresses only, 2: IPv6 addresses only, 4: IPv6 addresses first",
            runtime: .changeable),
        ParameterRow(
            "dns_cache_negative_ttl", \.negativeSecondsMax, 0...86_400,
            "Seconds for which it is kept at most that a name has no records",
            runtime: .changeable),
        ParameterRow(
            "dns_cache_min_ttl", \.answerSecondsMin, 0...86_400,
            "Seconds for which records are kept at least", runtime: .changeable),
        ParameterRow(
            "dns_cache_max_ttl", \.answerSecondsMax, 1...Int(Int32.max),
            "Seconds for which records are kept at most", runtime: .changeable),
    ]

    /// What a transport may be liked.
    private static let liking = -1_000...1_000

    // MARK: Commands

    /// One name with its records.
    private static let name = Schema.object(
        [
            .init("name", .string), .init("type", .string), .init("expires", .integer),
            .init("records", .array(.object([], others: .oneOf([.integer, .string])))),
        ], others: nil)

    /// The name that a command is about.
    static let host = RPCParameter("name", .string, "A host or domain name")

    /// The rows of commands about names.
    static let nameRecords: [MethodRow<Core>] =
        [
            MethodRow(
                "dns.view", result: .array(name),
                "Lists the answers of name servers that are kept",
                example: RPCExample([], [example])
            ) { (core, _) throws(RPCError) in
                .value(.array(try core.records().keptNames.map(describe)))
            },
            MethodRow(
                "dns.mem_info", result: .array(.integer),
                "Shows how many answers of name servers are kept, and how many may be",
                example: RPCExample([], [2, 8_192])
            ) { (core, _) throws(RPCError) in
                let count = try core.records().keptCount
                return .value([.integer(Int64(count.used)), .integer(Int64(count.most))])
            },
            MethodRow(
                "dns.lookup",
                [RPCParameter("type", .string, "A, AAAA, SRV, NAPTR or CNAME"), host],
                result: name, "Shows the records of a name, asking a name server if need be",
                example: RPCExample(["A", "sip.example.com"], example)
            ) { (core, call) throws(RPCError) in
                do throws(NameRecordsFailure) {
                    let records = core.services.resolver as? any NameRecords
                    guard let records else { throw .notFound }
                    return .value(
                        describe(
                            try records.lookUp(call.string(1) ?? "", type: call.string(0) ?? "")))
                } catch {
                    throw RPCError(400, error == .unknownType ? "Invalid type" : "Not found")
                }
            },
        ] + ["dns.delete_all", "dns.delete_all_force"].map(deleteAll)
        // Records of the last three types are never asked for, so none is ever there.
        + ["A", "AAAA", "SRV", "NAPTR", "CNAME", "TXT", "EBL", "PTR"].map(delete)
        + [listing("dns.debug", withRecords: false), listing("dns.debug_all", withRecords: true)]
        + additions

    private static let example: JSONValue = [
        "name": "sip.example.com", "type": "A", "expires": 60,
        "records": [["address": "192.0.2.1"]],
    ]

    /// A command that forgets everything, or all but what was put here to stay.
    private static func deleteAll(_ command: String) -> MethodRow<Core> {
        MethodRow(
            command, result: .object([.init("status", .string)], others: nil), isChange: true,
            "Forgets all answers of name servers",
            example: RPCExample([], ["status": "ok"])
        ) { (core, _) throws(RPCError) in
            try core.records().forgetAll(evenPermanent: command == "dns.delete_all_force")
            return .value(["status": "ok"])
        }
    }

    /// A command that forgets one answer.
    private static func delete(_ type: String) -> MethodRow<Core> {
        MethodRow(
            "dns.delete_\(type.lowercased())", [host], result: .nothing, isChange: true,
            "Forgets the \(type) records of a name",
            example: RPCExample(["sip.example.com"], [:])
        ) { (core, call) throws(RPCError) in
            let records = try core.records()
            let name = call.string(0) ?? ""
            guard !records.isPermanent(name, type: type) else {
                throw RPCError(400, "Permanent entries cannot be deleted")
            }
            guard records.forget(name, type: type) else { throw RPCError(400, "Not found") }
            return .value([:])
        }
    }

    /// Who keeps answers; an error where nothing is kept, with the words that callers know.
    func records() throws(RPCError) -> any NameRecords {
        guard services.settings.current(settings).keepsAnswers,
            let records = services.resolver as? any NameRecords
        else {
            throw RPCError(500, "dns cache support disabled (see use_dns_cache)")
        }
        return records
    }

    /// One answer as JSON.
    static func describe(_ kept: KeptName) -> JSONValue {
        [
            "name": .string(kept.name), "type": .string(kept.type),
            "expires": .integer(Int64(kept.secondsLeft)),
            "records": .array(
                kept.records.map { fields in
                    .object(
                        fields.map { field in
                            switch field.value {
                            case .number(let number): .init(field.name, .integer(Int64(number)))
                            case .text(let text): .init(field.name, .string(text))
                            }
                        })
                }),
        ]
    }
}
