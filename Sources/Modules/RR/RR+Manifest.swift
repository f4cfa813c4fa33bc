internal import Basics
public import ModuleKit
internal import SIPSyntax

extension RRModule {
    /// What the module declares.
    public static let manifest = Manifest<RRModule>(
        "rr", "Record-Route and Route.",
        parameters: [
            ParameterRow("enable_full_lr", \.enableFullLR, "Whether lr=on is written for lr."),
            ParameterRow(
                "append_fromtag", \.appendFromTag, "Whether the tag of From is written."),
            ParameterRow(
                "enable_double_rr", \.enableDoubleRR, 0...2,
                "Whether two fields are written: 0 never, 1 when the sockets differ, 2 always."),
            ParameterRow(
                "add_username", \.addUsername, "Whether the user of the request URI is written."),
            ParameterRow(
                "enable_socket_mismatch_warning", \.enableSocketMismatchWarning,
                "Whether a preset address that is not the server's own is noted in the log."),
            ParameterRow(
                "custom_user_avp", \.customUserAVP, "The $avp that holds the user to write."),
            ParameterRow(
                "ignore_sips", \.ignoreSIPS,
                "Whether sip is written although the request URI is a sips one."),
        ],
        functions: recording + routing, variables: directions)

    private static let requests: RouteKinds = [.request, .branch, .failure, .event]
    private static let recorded = "1 added, -1 not"

    private static var recording: [FunctionRow<RRModule>] {
        [
            FunctionRow(
                "record_route", Argument.string("parameters").optional, routes: requests,
                returns: recorded, "Adds a Record-Route to the request when it is sent on."
            ) { (module, context, parameters: ScriptText?) in
                module.record(
                    context, .sockets, parameters.map { context.bytes(of: $0) } ?? [])
            },
            FunctionRow(
                "record_route_preset", .string("address"), Argument.string("inbound").optional,
                routes: requests, returns: recorded, "Adds a Record-Route with a given address."
            ) { (module, context, address: ScriptText, inbound: ScriptText?) in
                module.recordPreset(
                    context, context.bytes(of: address), inbound.map { context.bytes(of: $0) })
            },
            FunctionRow(
                "record_route_advertised_address", .string("address"), routes: requests,
                returns: recorded, "Adds a Record-Route with a given address and our transports."
            ) { (module, context, address: ScriptText) in
                module.record(context, .advertised(context.bytes(of: address)))
            },
            FunctionRow(
                "add_rr_param", .string("parameter"), routes: requests, returns: recorded,
                "Adds a parameter to the Record-Route, before or after it is added."
            ) { (module, context, parameter: ScriptText) in
                module.addParameter(context, context.bytes(of: parameter))
            },
            FunctionRow(
                "remove_record_route", routes: [.request, .failure, .event], returns: "1",
                "Takes back what the functions of this module have added."
            ) { (_, context) in
                context.recordRoute = nil
                return 1
            },
        ]
    }

    private static var routing: [FunctionRow<RRModule>] {
        [
            FunctionRow(
                "loose_route", routes: [.request, .event],
                returns: "1 routed, -1 no Route, or only our own in a new request",
                "Takes our own Route out and sends the request where the next one says."
            ) { (module, context) in module.looseRoute(context) },
            FunctionRow(
                "rr_next_hop_route", returns: "1 yes, -1 no",
                "Whether a Route followed the one that loose_route has taken out."
            ) { (module, context) in module.state(context).hasNext ? 1 : -1 },
            FunctionRow(
                "check_route_param", .pattern("pattern"), routes: [.request, .event],
                returns: "1 yes, -1 no",
                "Whether the parameters of the Route that was taken out match an expression."
            ) { (module, context, pattern) in
                guard let consumed = module.state(context).consumed else { return -1 }
                return pattern.matches(consumed.span) ? 1 : -1
            },
            FunctionRow(
                "is_direction", .constant("direction"), routes: [.request, .event],
                returns: "1 yes, -1 no",
                "Whether the request goes downstream, from caller to callee, or upstream.",
                compile: { (module, direction) throws(ArgumentError) in
                    guard case .constant(let word) = direction,
                        word == "upstream" || word == "downstream"
                    else { throw ArgumentError("expected \"upstream\" or \"downstream\"") }
                    let wanted = word == "upstream"
                    return { module.isUpstream($0) == wanted ? 1 : -1 }
                }),
        ]
    }

    private static var directions: [VariableRow<RRModule>] {
        [
            VariableRow(
                "rdir", inner: .required,
                "Direction of the request: $rdir(id) 1 or 2, $rdir(name).",
                check: { (reference) throws(ArgumentError) in
                    guard reference.inner == "id" || reference.inner == "name" else {
                        throw ArgumentError("expected $rdir(id) or $rdir(name)")
                    }
                },
                compile: { (module, reference) throws(ArgumentError) in
                    let isNumber = reference.inner == "id"
                    return VariableAccess(read: { context in
                        let isUpstream = module.isUpstream(context)
                        if isNumber { return .integer(isUpstream ? 2 : 1) }
                        return .string(isUpstream ? "upstream" : "downstream")
                    })
                }),
            tag("fti", "Tag of the caller, whoever sends the request.", isCaller: true),
            tag("tti", "Tag of the callee, whoever sends the request.", isCaller: false),
        ]
    }

    private static func tag(
        _ name: String, _ summary: String, isCaller: Bool
    ) -> VariableRow<RRModule> {
        VariableRow(name, summary) { (module, _) throws(ArgumentError) in
            VariableAccess(read: { context in
                let isFrom = module.isUpstream(context) != isCaller
                return Self.tag(context, isFrom ? .from : .to).map { .text(.owned($0)) } ?? .null
            })
        }
    }
}
