internal import JSONValue
internal import ModuleKit

/// The declarations of the management commands.
extension PresenceModule {
    /// All of them.
    static var methodRows: [MethodRow<PresenceModule>] { changeRows + listRows }

    private static var changeRows: [MethodRow<PresenceModule>] {
        [
            MethodRow(
                "presence.cleanup", result: .string, isChange: true,
                "Ends what has expired now, in memory and in the tables.",
                example: RPCExample([], .string("Reload OK"))
            ) { (module, _) in module.cleanUp() },
            MethodRow(
                "presence.refreshWatchers",
                subject + [
                    RPCParameter(
                        "type", .integer, "0 applies rules, 1 sends NOTIFY again, 2 a document."),
                    RPCParameter(
                        "file_uri", .string, isOptional: true, "The document, for type 2."),
                    RPCParameter(
                        "filename", .string, isOptional: true, "Its name, for type 2."),
                ], result: .nothing, isChange: true, missingParameterCode: 500,
                "Tells the watchers of a presentity again, after a change made elsewhere.",
                example: RPCExample(
                    [.string("sip:alice@example.com"), .string("presence"), .integer(1)],
                    .object([]))
            ) { (module, call) throws(RPCError) in try module.refreshWatchers(call) },
            MethodRow(
                "presence.updateWatchers", subject, result: .nothing, isChange: true,
                missingParameterCode: 500, "Applies changed rules to the watchers of a presentity.",
                example: RPCExample(
                    [.string("sip:alice@example.com"), .string("presence")], .object([]))
            ) { (module, call) throws(RPCError) in try module.updateWatchers(call) },
        ]
    }

    private static var subject: [RPCParameter] {
        [
            RPCParameter("uri", .string, "The presentity."),
            RPCParameter("event", .string, "The event package."),
        ]
    }

    // MARK: Lists

    private static var listRows: [MethodRow<PresenceModule>] {
        [
            MethodRow(
                "presence.presentity_list", [mode(isOptional: true)] + about + page,
                result: listed(publication), missingParameterCode: 500,
                "The published documents that memory holds.",
                example: RPCExample(
                    [.string("basic"), .string("sip:alice@example.com")],
                    .array([publicationExample]))
            ) { (module, call) throws(RPCError) in try module.listPresentities(call) },
            MethodRow(
                "presence.presentity_show",
                [
                    mode(isOptional: false),
                    RPCParameter("user", .string, "User part of the presentity; * for any."),
                    RPCParameter("domain", .string, "Host part of the presentity; * for any."),
                    about[1],
                ] + page, result: listed(publication), missingParameterCode: 500,
                "The published documents of a presentity.",
                example: RPCExample(
                    [.string("basic"), .string("alice"), .string("*")],
                    .array([publicationExample]))
            ) { (module, call) throws(RPCError) in try module.showPresentities(call) },
            MethodRow(
                "presence.watcher_list", [mode(isOptional: true)] + about + page,
                result: listed(subscription), missingParameterCode: 500,
                "The subscriptions that memory holds.",
                example: RPCExample(
                    [.string("basic"), .string("sip:alice@example.com")],
                    .array([subscriptionExample]))
            ) { (module, call) throws(RPCError) in try module.listWatchers(call) },
        ]
    }

    private static func mode(isOptional: Bool) -> RPCParameter {
        RPCParameter("mode", .string, isOptional: isOptional, "basic or full.")
    }

    private static var about: [RPCParameter] {
        [
            RPCParameter(
                "presentity", .string, isOptional: true, "Its URI; * or nothing for all."),
            RPCParameter(
                "event", .string, isOptional: true, "The event package; * or nothing for all."),
        ]
    }

    private static var page: [RPCParameter] {
        [
            RPCParameter(
                "limit", .integer, isOptional: true, "Most records; then the result is a page."),
            RPCParameter(
                "after", .string, isOptional: true, "What the page before gave as after."),
        ]
    }

    /// An array of records, or a page of them.
    private static func listed(_ record: Schema) -> Schema {
        .oneOf([
            .array(record),
            .object(
                [.init("records", .array(record)), .init("after", .string, isRequired: false)],
                others: nil),
        ])
    }

    private static func texts(_ names: [String], isRequired: Bool) -> [Schema.Property] {
        names.map { .init($0, .string, isRequired: isRequired) }
    }

    private static func numbers(_ names: [String], isRequired: Bool) -> [Schema.Property] {
        names.map { .init($0, .integer, isRequired: isRequired) }
    }

    private static var publication: Schema {
        .object(
            texts(["user", "domain", "event", "etag", "sender"], isRequired: true)
                + numbers(["expires"], isRequired: true)
                + numbers(["received_time", "priority"], isRequired: false)
                + texts(["ruid", "body"], isRequired: false), others: nil)
    }

    private static var subscription: Schema {
        .object(
            texts(
                [
                    "pres_uri", "event", "to_user", "to_domain", "from_user", "from_domain",
                    "watcher_user", "watcher_domain", "contact", "event_id", "callid",
                    "user_agent",
                ], isRequired: true)
                + numbers(["expires", "status", "version", "flags"], isRequired: true)
                + texts(
                    [
                        "reason", "to_tag", "from_tag", "local_contact", "record_route", "socket",
                    ], isRequired: false)
                + numbers(["remote_cseq", "local_cseq"], isRequired: false), others: nil)
    }

    private static var publicationExample: JSONValue {
        .object([
            .init("user", .string("alice")), .init("domain", .string("example.com")),
            .init("event", .string("presence")),
            .init("etag", .string("a.1700000000.4711.0123456789abcdef.1")),
            .init("sender", .string("")), .init("expires", .integer(1_700_003_600)),
        ])
    }

    private static var subscriptionExample: JSONValue {
        let texts = [
            ("pres_uri", "sip:alice@example.com"), ("event", "presence"), ("to_user", "alice"),
            ("to_domain", "example.com"), ("from_user", "bob"), ("from_domain", "example.com"),
            ("watcher_user", "bob"), ("watcher_domain", "example.com"),
            ("contact", "sip:bob@192.0.2.10:5060"), ("event_id", ""), ("callid", "3c26700c1adb"),
            ("user_agent", "phone/1"),
        ]
        let numbers: [(String, Int64)] = [
            ("expires", 1_700_003_600), ("status", 1), ("version", 1), ("flags", 0),
        ]
        return .object(
            texts.map { .init($0, .string($1)) } + numbers.map { .init($0, .integer($1)) })
    }
}
