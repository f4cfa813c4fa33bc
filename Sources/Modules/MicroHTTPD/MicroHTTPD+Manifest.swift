internal import Basics
public import ModuleKit

extension MicroHTTPD {
    /// The settings without `modparam`.
    public static var defaults: Parameters { Parameters() }

    /// The event route that is run for each request.
    static let requestEvent = "microhttpd:request"

    /// The declaration.
    public static let manifest = Manifest<MicroHTTPD>(
        "microhttpd",
        "HTTP port for management: JSON-RPC under /RPC when jsonrpcs is loaded, events under "
            + "/events, /health and /ready, a page at /, and what the script answers",
        parameters: stockParameters + accessParameters + limitParameters,
        functions: [
            FunctionRow(
                "mhttpd_reply", .integer("code"), .string("reason"), .string("ctype"),
                .string("body"), routes: [.event, .request],
                returns: "1, -1 outside of the event route, for a second answer and for a code "
                    + "beyond 200 to 599",
                "Answers the HTTP request; the words of the reason are those of the code, as they "
                    + "are in Kamailio."
            ) { (module, context, code, reason, type, body) in
                module.reply(context, code, reason: reason, type: type, body: body)
            }
        ],
        variables: [
            VariableRow(
                "mhttpd", inner: .required,
                "The HTTP request: url, method, data, size, srcip, version; ours: srcport, user, "
                    + "role.",
                check: { (reference) throws(ArgumentError) in
                    try reference.refuseIndex()
                    _ = try reference.word(RequestPart.self)
                },
                compile: { (module, reference) throws(ArgumentError) in
                    try reference.refuseIndex()
                    let part = try reference.word(RequestPart.self)
                    return VariableAccess(read: { module.read(part, $0) })
                })
        ],
        statistics: [
            StatisticRow("event_readers", "Readers of the event stream.") { $0.eventReaders },
            StatisticRow(
                "event_readers_dropped", "Readers of the event stream that did not keep up."
            ) { $0.eventReadersDropped },
        ],
        eventRoutes: [
            EventRouteRow(
                requestEvent,
                "For each HTTP request, with $mhttpd(...); what it does not answer by "
                    + "mhttpd_reply() is answered by the server")
        ])
}
