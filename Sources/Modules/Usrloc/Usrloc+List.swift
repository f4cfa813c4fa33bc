internal import Basics
internal import JSONValue
internal import Locations
internal import ModuleKit

/// `ul.list`, ours: the bindings of a table page by page, for who shows them to people.
///
/// `ul.dump` answers with everything, which a browser with a hundred thousand contacts before it
/// does not want.
extension UsrlocModule {
    /// Its declaration.
    static var listRow: MethodRow<UsrlocModule> {
        MethodRow(
            "ul.list",
            [
                RPCParameter("table", .string, "The table, as location."),
                RPCParameter(
                    "limit", .integer, isOptional: true,
                    "Contacts after which a page ends, 1 to 1000; 50 without it."),
                RPCParameter(
                    "filter", .string, isOptional: true,
                    "Text that AoR, contact, User-Agent or received address holds, whatever its "
                        + "case."),
                RPCParameter(
                    "after", .string, isOptional: true,
                    "What the page before gave as after; a page without it is the last."),
            ], result: listSchema, missingParameterCode: 500,
            "Show a page of the bindings, in no particular order; with a filter a page may be "
                + "empty and still not the last.",
            example: RPCExample(
                [.string("location"), .integer(2), .string("alice")],
                .object([
                    .init(
                        "records",
                        .array([
                            .object([
                                .init("AoR", .string("alice")),
                                .init("Contacts", .array([ContactResult.example])),
                            ])
                        ])), .init("users", .integer(1)), .init("contacts", .integer(1)),
                ]))
        ) { (module, call) throws(RPCError) in try module.listPage(call) }
    }

    private static let listSchema = Schema.object(
        [
            .init(
                "records",
                .array(
                    .object(
                        [.init("AoR", .string), .init("Contacts", .array(ContactResult.schema))],
                        others: nil))), .init("users", .integer), .init("contacts", .integer),
            .init("after", .string, isRequired: false),
        ], others: nil)

    /// Checks the parameters and writes the page.
    private func listPage(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let table = try table(call)
        guard parameters.databaseMode != .databaseOnly else {
            throw RPCError(
                500, "db_mode 3 holds no bindings in memory: use ul.lookup, or ask the database")
        }
        let limit = call.integer(1) ?? 50
        guard (1...Limits.listedBindingsMax).contains(limit) else {
            throw RPCError(500, "limit must be from 1 to \(Limits.listedBindingsMax)")
        }
        let filter = call.string(2) ?? ""
        guard filter.utf8.count <= Limits.searchTextBytesMax else {
            throw RPCError(500, "filter must have at most \(Limits.searchTextBytesMax) bytes")
        }
        let cursor = try Self.cursor(call.string(3) ?? "")
        var writer = JSONWriter()
        LocationPage(table: table, filter: SearchText(filter), limit: limit, result: shownNow)
            .write(from: cursor, into: &writer)
        return .stream(WrittenResult(writer))
    }

    private static func cursor(_ text: String) throws(RPCError) -> LocationCursor {
        if text.isEmpty { return LocationCursor() }
        guard let cursor = UInt64(text).flatMap({ LocationCursor(number: $0) }) else {
            throw RPCError(500, "after is what the page before gave as after")
        }
        return cursor
    }
}
