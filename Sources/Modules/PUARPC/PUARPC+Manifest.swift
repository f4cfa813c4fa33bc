internal import JSONValue
public import ModuleKit

extension PUARPCModule {
    private typealias Row = MethodRow<PUARPCModule>

    /// The module's declaration.
    public static var manifest: Manifest<PUARPCModule> {
        Manifest(
            "pua_rpc", "Commands that publish and subscribe.", requires: ["pua"],
            methods: [publishRow, sendPublishRow, subscribeRow])
    }

    /// What `pua.publish` and `pua.send_publish` take; a dot stands for nothing.
    private static let publishParameters = [
        RPCParameter("pres_uri", .string, "URI of the presentity"),
        RPCParameter(
            "expires", .string, "Seconds; 0 removes, below 0 refreshes until it is removed"),
        RPCParameter("event", .string, "Event package: presence, dialog, reg ..."),
        RPCParameter(
            "content_type", .string, isOptional: true,
            "Type of the body; without one that of the package"),
        RPCParameter(
            "id", .string, isOptional: true, "Name of the publication, to find it again by"),
        RPCParameter(
            "etag", .string, isOptional: true, "Entity tag of the publication that is meant"),
        RPCParameter("outbound_proxy", .string, isOptional: true, "URI of the next hop"),
        RPCParameter("extra_headers", .string, isOptional: true, "Further header lines"),
        RPCParameter("body", .string, isOptional: true, "The document; none refreshes"),
    ]

    /// A publication that any presence server takes.
    private static let publishExample: [JSONValue] = [
        .string("sip:alice@example.com"), .string("600"), .string("message-summary"),
        .string("application/simple-message-summary"), .string("."), .string("."),
        .string("."), .string("."), .string("Messages-Waiting: yes\r\n"),
    ]

    /// `pua.publish`: beside what Kamailio answers with, the status and the reason.
    private static var publishRow: MethodRow<PUARPCModule> {
        Row(
            "pua.publish", publishParameters,
            result: .object(
                [
                    .init("SIP-ETag", .string, isRequired: false),
                    .init("Expires", .integer, isRequired: false),
                    .init("code", .integer), .init("reason", .string),
                ], others: nil),
            isChange: true, missingParameterCode: 400,
            "Publishes, waits for the reply, and answers with what it says.",
            example: RPCExample(
                publishExample,
                .object([
                    .init("SIP-ETag", .string("a.1764000000.1.1.0")),
                    .init("Expires", .integer(601)), .init("code", .integer(200)),
                    .init("reason", .string("OK")),
                ]))
        ) { (module, call) throws(RPCError) in try module.publish(call) }
    }

    /// `pua.send_publish`.
    private static var sendPublishRow: MethodRow<PUARPCModule> {
        Row(
            "pua.send_publish", publishParameters, result: .nothing, isChange: true,
            missingParameterCode: 400, "Publishes, and does not wait for the reply.",
            example: RPCExample(publishExample, .object([]))
        ) { (module, call) throws(RPCError) in try module.sendPublish(call) }
    }

    /// `pua.subscribe`.
    private static var subscribeRow: MethodRow<PUARPCModule> {
        Row(
            "pua.subscribe",
            [
                RPCParameter("pres_uri", .string, "URI of the presentity"),
                RPCParameter(
                    "watcher_uri", .string, "URI of the watcher, where its notifications go"),
                RPCParameter("event", .string, "Event package: presence, dialog, reg ..."),
                RPCParameter(
                    "expires", .string, "Seconds; 0 ends it, below 0 refreshes until it is ended"),
            ], result: .nothing, isChange: true, missingParameterCode: 500,
            "Subscribes on behalf of a watcher, and does not wait for the reply.",
            example: RPCExample(
                [
                    .string("sip:alice@example.com"), .string("sip:watcher@example.com"),
                    .string("presence"), .string("600"),
                ], .object([]))
        ) { (module, call) throws(RPCError) in try module.subscribe(call) }
    }
}
