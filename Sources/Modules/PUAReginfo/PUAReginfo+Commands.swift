internal import Basics
internal import JSONValue
internal import ModuleKit
internal import SIPSyntax

/// What an operator asks for: following whom no script knows of yet.
extension PUAReginfoModule {
    /// The commands.
    static var methodRows: [MethodRow<PUAReginfoModule>] {
        [
            MethodRow(
                "reginfo.subscribe",
                [
                    RPCParameter("uri", .string, "Whom to follow, at the server to follow."),
                    RPCParameter(
                        "expires", .integer, isOptional: true, "Seconds, 3600 if unsaid; 0 ends."),
                ], result: .nothing, isChange: true, missingParameterCode: 400,
                "Follows the registrations of a URI, as reginfo_subscribe() does.",
                example: RPCExample(
                    [.string("sip:alice@other.example.com"), .integer(7_200)], .object([]))
            ) { (module, call) throws(RPCError) in
                let seconds = call.integer(1) ?? subscriptionSeconds
                guard module.follow(Array((call.string(0) ?? "").utf8), seconds) else {
                    throw RPCError(400, "uri must be a SIP URI, and expires not below 0")
                }
                return .done
            }
        ]
    }
}
