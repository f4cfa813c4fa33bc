internal import Basics
internal import JSONValue
internal import Locations
internal import ModuleKit

/// The `ul.*` commands.
///
/// Names, order and number of the parameters are Kamailio's. The error for one that is missing is
/// 500 and not that of JSON-RPC, because recorded answers have it so.
extension UsrlocModule {
    /// Their declarations.
    static var methodRows: [MethodRow<UsrlocModule>] {
        reading + [listRow] + changing + counting
    }

    /// The first parameter of nearly all of them.
    private static let table = RPCParameter("table", .string, "The table, as location.")
    /// The second; see `address` for what becomes of it.
    private static let aor = RPCParameter(
        "aor", .string, "The AoR; its domain counts only with use_domain.")
    /// The URI as it was registered, without brackets.
    private static let contact = RPCParameter("contact", .string, "The contact URI.")

    /// The shape of what `ul.lookup` answers.
    private static let aorSchema = Schema.object(
        [.init("AoR", .string), .init("Contacts", .array(ContactResult.schema))], others: nil)

    /// Those that change nothing and may be called by anyone who may read.
    private static var reading: [MethodRow<UsrlocModule>] {
        [
            MethodRow(
                "ul.dump",
                [
                    RPCParameter(
                        "mode", .string, isOptional: true, "brief shows names of AoRs only.")
                ],
                result: LocationDump.schema, "Show all bindings.",
                example: RPCExample([.string("brief")], LocationDump.example)
            ) { (module, call) throws(RPCError) in
                .stream(module.dump(isBrief: call.string(0) == "brief"))
            },
            MethodRow(
                "ul.lookup", [table, aor], result: aorSchema, missingParameterCode: 500,
                "Show the bindings of one AoR.",
                example: RPCExample(
                    [.string("location"), .string("alice")],
                    .object([
                        .init("AoR", .string("alice")),
                        .init("Contacts", .array([ContactResult.example])),
                    ]))
            ) { (module, call) throws(RPCError) in try module.lookUp(call) },
            MethodRow(
                "ul.status", result: statusSchema,
                "Show how the location service and its database get along.",
                example: RPCExample([], statusExample)
            ) { (module, _) throws(RPCError) in .value(module.status()) },
        ]
    }

    /// Those that change bindings, and are logged with their caller.
    private static var changing: [MethodRow<UsrlocModule>] {
        [
            MethodRow(
                "ul.add",
                [
                    table, aor, contact,
                    RPCParameter("expires", .integer, "Seconds to live; 0 is for ever."),
                    RPCParameter("q", .number, "Priority, 0 to 1; negative is unset."),
                    RPCParameter("path", .string, "Path vector; empty, 0 or . for none."),
                    RPCParameter("flags", .integer, "Flags; 1 keeps it out of the database."),
                    RPCParameter("cflags", .integer, "Branch flags."),
                    RPCParameter("methods", .integer, "Bit mask of methods; -1 is all."),
                    RPCParameter(
                        "received", .string, isOptional: true, "Address it is reached at."),
                    RPCParameter("socket", .string, isOptional: true, "Socket it is reached from."),
                ], result: .nothing, isChange: true, missingParameterCode: 500,
                "Add or refresh a binding.",
                example: RPCExample(
                    [
                        .string("location"), .string("alice"), .string("sip:alice@127.0.0.1"),
                        .integer(300), .double(0.5), .string(""), .integer(0), .integer(0),
                        .integer(-1),
                    ], .object([]))
            ) { (module, call) throws(RPCError) in try module.add(call) },
            MethodRow(
                "ul.rm", [table, aor], result: .nothing, isChange: true,
                missingParameterCode: 500,
                "Remove all bindings of an AoR.",
                example: RPCExample([.string("location"), .string("alice")], .object([]))
            ) { (module, call) throws(RPCError) in try module.removeAll(call) },
            MethodRow(
                "ul.rm_contact", [table, aor, contact], result: .nothing, isChange: true,
                missingParameterCode: 500,
                "Remove one binding.",
                example: RPCExample(
                    [.string("location"), .string("alice"), .string("sip:alice@127.0.0.1")],
                    .object([]))
            ) { (module, call) throws(RPCError) in try module.removeContact(call) },
            MethodRow(
                "ul.flush", result: .nothing, isChange: true,
                "Write all changes to the database now.", example: RPCExample([], .object([]))
            ) { (module, _) throws(RPCError) in
                guard case .writer(let writer) = module.place,
                    module.parameters.databaseMode != .readOnly
                else { return .done }
                guard writer.flush() else {
                    throw RPCError(500, "Operation failed: \(writer.status.lastError)")
                }
                return .done
            },
        ]
    }

    /// Those that ask the database itself.
    ///
    /// They are here for monitoring: what memory and the database say should agree after a
    /// write-back.
    private static var counting: [MethodRow<UsrlocModule>] {
        let kinds: [(String, String, String)] = [
            ("ul.db_users", "Count the AoRs in the database.", "users"),
            ("ul.db_contacts", "Count the bindings in the database.", "contacts"),
            ("ul.db_expired_contacts", "Count the expired bindings in the database.", "expired"),
        ]
        return kinds.map { name, summary, kind in
            MethodRow(
                name, [table], result: .integer, missingParameterCode: 500, summary,
                example: RPCExample([.string("location")], .integer(0))
            ) { (module, call) throws(RPCError) in
                .value(.integer(Int64(try module.count(call, kind))))
            }
        }
    }

    // MARK: Parameters

    /// The table that a call names.
    ///
    /// Only tables that exist already: a command that misspells a name must not make a table of it.
    func table(_ call: RPCCall) throws(RPCError) -> LocationTable {
        guard let table = existingTable(named: call.string(0) ?? "") else {
            throw RPCError(500, "Domain table not found")
        }
        return table
    }

    /// The AoR that a call names, in its canonical form.
    ///
    /// The same rules as for a phone's To hold, `case_sensitive` as of now included, or a command
    /// would not find what a phone has registered. The module `registrar` may not be loaded; then
    /// its default holds.
    func address(_ call: RPCCall) throws(RPCError) -> [UInt8] {
        let text = Array((call.string(1) ?? "").utf8)
        let at = text.lastIndex(of: UInt8(ascii: "@"))
        if at == nil, parameters.usesDomain { throw RPCError(500, "Domain missing in AOR") }
        var rules = AddressRules()
        rules.usesDomain = parameters.usesDomain
        if case .integer(1)? = try? services.settings.value(
            group: "registrar", name: "case_sensitive")
        {
            rules.isCaseSensitive = true
        }
        var writer = ByteWriter(capacity: 128)
        let user = text.span.extracting(first: at ?? text.count)
        let host = text.span.extracting(last: at.map { text.count - $0 - 1 } ?? 0)
        guard AddressOfRecord.write(user: user, host: host, rules: rules, into: &writer) else {
            throw RPCError(500, "the AoR is malformed or too long")
        }
        return Array(copying: writer.span)
    }

    /// Runs `body`; a database that is away becomes the error of a command.
    func removing(_ body: () throws(LocationsUnavailable) -> Void) throws(RPCError) {
        do throws(LocationsUnavailable) { try body() } catch {
            throw RPCError(500, "Operation failed: \(error.message)")
        }
    }
}
