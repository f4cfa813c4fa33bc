internal import Basics
internal import JSONValue
public import ModuleKit
internal import SIPSyntax
internal import Synchronization

extension NATHelperModule {
    /// The module's declaration.
    public static var manifest: Manifest<NATHelperModule> {
        Manifest(
            "nathelper",
            "Clients behind NATs: finding them, reaching them, keeping them reachable.",
            parameters: rewritingRows + pingRows, functions: testRows + contactRows + aliasRows,
            variables: variableRows, methods: [pingMethod], statistics: statisticRows)
    }

    /// How messages are rewritten.
    private static var rewritingRows: [ParameterRow<NATHelperParameters>] {
        [
            ParameterRow(
                "received_avp", \.receivedVariable,
                "The $avp that fix_nated_register fills; registrar has one of the same name."),
            ParameterRow(
                "nortpproxy_str", \.marker,
                "The SDP line, with its line end, that says that a body was rewritten."),
            ParameterRow(
                "append_sdp_oldmediaip", \.keepsOldAddress,
                "Whether the address that was replaced in SDP is noted in the body."),
            ParameterRow(
                "nat_addr_mode", \.countsReserved,
                "Whether 192.0.0.0/24 counts as private as well."),
            ParameterRow(
                "alias_name", \.aliasName,
                "Name of the URI parameter of an alias; empty is alias."),
        ]
    }

    /// Who is pinged, and how.
    private static var pingRows: [ParameterRow<NATHelperParameters>] {
        [
            ParameterRow(
                "natping_interval", \.interval, 0...86_400,
                "Seconds in which each contact is pinged once; 0 is never."),
            ParameterRow(
                "ping_nated_only", \.pingsNATOnly,
                "Whether contacts without usrloc's nat_bflag are left alone."),
            ParameterRow(
                ignored: "natping_processes", .integer(0...1_024), \.ignored,
                because: "one thread sends all pings, evenly over the interval"),
            ParameterRow(
                "natping_socket", \.sourceSocket,
                "The socket that pings leave by, when force_socket names none."),
            ParameterRow(
                "force_socket", \.forcedSocket,
                "The socket that pings leave by: address:port of one that is listened on."),
            ParameterRow(
                "sipping_bflag", \.requestFlag, -1...31,
                "Number of the branch flag with which a contact gets a request; -1 for none."),
            ParameterRow(
                "sipping_from", \.requestFrom, "URI of From in such requests; without it, none."),
            ParameterRow("sipping_method", \.requestMethod, "Method of such requests."),
            ParameterRow(
                "natping_disable_bflag", \.disablingFlag, -1...31,
                "Number of the branch flag with which a contact is never pinged; -1 for none."),
            ParameterRow(
                "keepalive_timeout", \.timeout, 0...Int(Int32.max),
                "Seconds without an answer to a request after which a binding ends; 0 is never."),
            ParameterRow(
                "udpping_from_path", \.pingsThroughPath,
                "Whether contacts behind a proxy get packets through its Path."),
            ParameterRow(
                "filter_server_id", \.filtersServerID,
                "Whether contacts that servers with another server_id took are left alone."),
        ]
    }

    private static let messageRoutes: RouteKinds = [
        .request, .reply, .failure, .branch, .coreReply,
    ]

    /// Tests.
    private static var testRows: [FunctionRow<NATHelperModule>] {
        [
            FunctionRow(
                "nat_uac_test", .integer("tests"), routes: messageRoutes, returns: "1 yes, -1 no",
                "Whether any of the tests says that the sender is behind a NAT.",
                compile: { (module, tests) throws(ArgumentError) in
                    if case .constant(let bits) = tests { try check(bits, NATTests.all.rawValue) }
                    return { context in
                        guard let bits = tests.value(context) else { return -1 }
                        let reserved = context.with(module.settings) { $0.countsReserved }
                        let tests = NATTests(rawValue: bits)
                        return tests.suspect(context, countsReserved: reserved) ? 1 : -1
                    }
                }),
            FunctionRow(
                "is_rfc1918", .string("address"), returns: "1 yes, -1 no, -2 empty",
                "Whether an address is private.",
                call: { (module, context, text: ScriptText) in
                    guard context.length(of: text) > 0 else { return -2 }
                    let reserved = context.with(module.settings) { $0.countsReserved }
                    let isPrivate = context.withBytes(of: text) {
                        PrivateAddresses.contain($0, countsReserved: reserved)
                    }
                    return isPrivate ? 1 : -1
                }),
        ]
    }

    /// What rewrites the message.
    private static var contactRows: [FunctionRow<NATHelperModule>] {
        [
            FunctionRow(
                "fix_nated_contact", routes: messageRoutes, returns: "1, -1 no contact",
                "Puts the source address in the place of host and port of each Contact.",
                call: { (module, context) in module.fixContact(context) }),
            FunctionRow(
                "fix_nated_register", routes: .request, returns: "1, -1 too many attributes",
                "Notes the source address for save().",
                call: { (module, context) in module.fixRegister(context) }),
            FunctionRow(
                "add_rcv_param", Argument<Int>.integer("flag").optional, routes: .request,
                returns: "1, -1 no contact",
                "Adds the source address as `received` to each Contact, or to its URI.",
                call: { (module, context, flag: Int?) in
                    module.addReceived(context, toURI: (flag ?? 0) != 0)
                }),
            FunctionRow(
                "fix_nated_sdp", .integer("changes"), Argument<ScriptText>.string("ip").optional,
                routes: messageRoutes, returns: "1 replaced, 2 nothing replaced, -1 no SDP",
                "Rewrites a session description to where the message came from.",
                compile: { (module, changes, address) throws(ArgumentError) in
                    if case .constant(let bits) = changes {
                        try check(bits, SDPChanges.all.rawValue)
                    }
                    return { context in
                        guard let bits = changes.value(context),
                            case .some(let text) = address.value(context)
                        else { return -1 }
                        return module.fixSDP(context, SDPChanges(rawValue: bits), address: text)
                    }
                }),
        ]
    }

    /// Aliases.
    private static var aliasRows: [FunctionRow<NATHelperModule>] {
        [
            FunctionRow(
                "add_contact_alias", Argument<ScriptText>.string("ip").optional,
                Argument<Int>.integer("port").optional,
                Argument<ScriptText>.string("proto").optional, routes: messageRoutes,
                returns: "1 added, 2 not needed, -1 no contact or no address",
                "Adds an alias of an address, or of the source address, to each Contact.",
                call: { (module, context, host: ScriptText?, port: Int?, proto: ScriptText?) in
                    guard let host else { return module.addAlias(context) }
                    guard let alias = alias(context, host, port, proto) else { return -1 }
                    return module.addAlias(context, alias, trims: false)
                }),
            FunctionRow(
                "set_contact_alias", Argument<Int>.integer("trim").optional,
                routes: messageRoutes, returns: "1, -1 no contact",
                "Adds an alias of the source address to each Contact, also for save().",
                call: { (module, context, trim: Int?) in
                    module.setAlias(context, trims: (trim ?? 0) != 0)
                }),
            FunctionRow(
                "handle_ruri_alias", Argument<Int>.integer("mode").optional,
                routes: [.request, .branch, .failure],
                returns: "1 done, 2 no alias, -1 malformed",
                "Makes the alias of the request URI the destination URI.",
                call: { (module, context, mode: Int?) in
                    module.handleAlias(context, last: (mode ?? 0) != 0)
                }),
            FunctionRow(
                "handle_ruri_alias_mode", .integer("mode"), routes: [.request, .branch, .failure],
                returns: "1 done, 2 no alias, -1 malformed",
                "The same with a mode: 0 takes the first alias, others the last.",
                call: { (module, context, mode: Int) in
                    module.handleAlias(context, last: mode != 0)
                }),
            FunctionRow(
                "set_alias_to_pv", .variable("target"), routes: messageRoutes,
                returns: "1, -1 no alias", "Writes the URI of the alias of the first Contact.",
                call: { (module, context, target: VariableAccess) in
                    module.readAlias(context, target)
                }),
        ]
    }

    /// The alias that the arguments of `add_contact_alias` make.
    private static func alias(
        _ context: ScriptContext, _ host: ScriptText, _ port: Int?, _ proto: ScriptText?
    ) -> NumberedAddress? {
        guard let port, port > 0, port <= 65_535, let proto else { return nil }
        let address = context.withBytes(of: host) {
            PeerAddress(literal: $0, port: UInt16(truncatingIfNeeded: port))
        }
        let transport = context.withBytes(of: proto) { name in
            TransportProtocol.allCases.first { name.matches($0.name) }
        }
        guard let address, let transport else { return nil }
        return NumberedAddress(address, transport)
    }

    private static func check(_ bits: Int, _ known: Int) throws(ArgumentError) {
        guard bits >= 0, bits & ~known == 0 else {
            throw ArgumentError("expected a sum of the bits of \(known), found \(bits)")
        }
    }

    /// How the message was routed.
    private static var variableRows: [VariableRow<NATHelperModule>] {
        [
            VariableRow("rr_count", "Number of Record-Route values.") { context in
                .integer(recordRoutes(context).count)
            },
            VariableRow("rr_top_count", "2 when the top Record-Route is double, 1, or 0.") {
                context in
                let routes = recordRoutes(context)
                return .integer(min(routes.count, routes.isDouble ? 2 : 1))
            },
        ]
    }

    /// Counts Record-Route values and looks whether the first two belong together (`r2=on`).
    private static func recordRoutes(_ context: ScriptContext) -> (count: Int, isDouble: Bool) {
        context.withMessage { message in
            var routes = message.routes(.recordRoute)
            var count = 0
            var doubles = 0
            while let route = try? routes.next() {
                if count < 2, let uri = try? SIPURI(parsing: message.bytes, in: route.uri),
                    uri.parameter("r2", in: message.bytes) != nil
                {
                    doubles += 1
                }
                count += 1
            }
            return (count, doubles == 2)
        }
    }

    /// The switch of pings.
    private static var pingMethod: MethodRow<NATHelperModule> {
        MethodRow(
            "nathelper.enable_ping",
            [RPCParameter("enable", .integer, "0 stops the pings, others let them go on.")],
            result: .nothing, isChange: true, missingParameterCode: 500,
            "Stops the pings, or lets them go on.",
            example: RPCExample([.integer(1)], .object([])),
            call: { (module, call) throws(RPCError) in
                guard let pinger = module.pinger else {
                    throw RPCError(500, "NATping disabled: natping_interval is 0")
                }
                guard let number = call.integer(0) else {
                    throw RPCError(RPCError.invalidParameters, "enable is an integer")
                }
                pinger.isEnabled.store(number != 0, ordering: .relaxed)
                return .done
            })
    }

    /// What is counted of pings.
    private static var statisticRows: [StatisticRow<NATHelperModule>] {
        [
            StatisticRow("pings_sent", "Packets and requests that were sent.") {
                $0.pinger?.counters.sent.value ?? 0
            },
            StatisticRow("pings_answered", "Requests that were answered.") {
                $0.pinger?.counters.answered.value ?? 0
            },
            StatisticRow("pings_unreachable", "Contacts without an address to send to.") {
                $0.pinger?.counters.unreachable.value ?? 0
            },
            StatisticRow("contacts_ended", "Bindings that ended because nobody answered.") {
                $0.pinger?.counters.ended.value ?? 0
            },
        ]
    }
}
