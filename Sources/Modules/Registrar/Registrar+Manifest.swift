internal import Locations
public import ModuleKit
internal import Usrloc

extension RegistrarModule {
    /// The module's declaration.
    public static var manifest: Manifest<RegistrarModule> {
        Manifest(
            "registrar", "Answers REGISTER and binds contacts to addresses-of-record.",
            requires: ["usrloc"],
            parameters: expiryRows + contactRows + lookupParameterRows + pendingRows,
            functions: functionRows, variables: variableRows, statistics: statisticRows,
            eventRoutes: [
                EventRouteRow(
                    ExpiredContacts.route,
                    "Runs for each binding that expires: $ulc(exp=>...) shows it, $ru is the contact.")
            ])
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
            ParameterRow(
                "received_param", \.receivedParameter,
                "Name of the parameter that shows the received address in the reply's Contact."),
        ]
    }

    /// The functions of scripts; `save` is put together when the script is loaded, so that nothing
    /// of its arguments is read for each message.
    private static var functionRows: [FunctionRow<RegistrarModule>] {
        [
            FunctionRow(
                "save", .constant("table"), Argument<Int>.integer("flags").optional,
                Argument<ScriptText>.string("uri").optional,
                routes: [.request, .failure, .reply],
                returns: "1 added, 2 refreshed, 3 removed, 4 listed, -1 refused, -2 too many",
                "Carries a REGISTER out and answers it.",
                compile: { (module, table, flags, uri) throws(ArgumentError) in
                    let call = try module.saveCall(table, flags)
                    return { context in
                        guard case .some(let target) = uri.value(context) else { return -1 }
                        return module.save(context, call, uri: target)
                    }
                })
        ] + lookupRows
    }

    /// The figures of group `registrar`, with the settings that Kamailio shows among them.
    private static var statisticRows: [StatisticRow<RegistrarModule>] {
        [
            StatisticRow("accepted_regs", "REGISTER requests that were carried out.") {
                $0.accepted
            },
            StatisticRow("rejected_regs", "REGISTER requests that were refused.") { $0.rejected },
            StatisticRow("max_expires", "The parameter of that name.") { $0.current.maxExpires },
            StatisticRow("max_contacts", "The parameter of that name.") { $0.current.maxContacts },
            StatisticRow("default_expire", "The parameter default_expires.") {
                $0.current.defaultExpires
            },
            StatisticRow("default_expires_range", "The parameter of that name.") {
                $0.current.defaultExpiresRange
            },
            StatisticRow("expires_range", "The parameter of that name.") {
                $0.current.expiresRange
            },
        ]
    }

    /// The settings as of now, for statistics; a message uses those that its context holds.
    private var current: RegistrarParameters { services.settings.current(settings) }

    /// Checks the arguments of `save` once, when the script is loaded.
    ///
    /// A flag that is unknown is a mistake in the script, and better told at the start than ignored
    /// for each phone.
    private func saveCall(
        _ table: Evaluator<String>, _ flags: Evaluator<Int?>
    ) throws(ArgumentError) -> SaveCall {
        guard case .constant(let number) = flags else {
            throw ArgumentError("the flags of save must be a constant")
        }
        let given = SaveFlags(rawValue: number ?? 0)
        guard SaveFlags.all.isSuperset(of: given) else {
            throw ArgumentError("save knows the flags 0x01 to 0x1f, found \(given.rawValue)")
        }
        if given.contains(.memoryOnly), usrloc.parameters.databaseMode == .databaseOnly {
            throw ArgumentError(
                "save flag 0x01 keeps bindings in memory, which db_mode 3 has none of")
        }
        return SaveCall(table: try location(table), flags: given)
    }

    /// The table that a constant names.
    func location(_ name: Evaluator<String>) throws(ArgumentError) -> LocationTable {
        guard case .constant(let text) = name else {
            throw ArgumentError("the table must be a constant")
        }
        do throws(StartFailure) { return try usrloc.table(named: text) } catch {
            throw ArgumentError(error.message)
        }
    }

    /// Pending.
    private static var pendingRows: [ParameterRow<RegistrarParameters>] {
        [
            ParameterRow("method_filtering", \.filtersMethods, "Pending."),
            ParameterRow("path_check_local", \.checksPathLocally, "Pending."),
            ParameterRow("gruu_enabled", \.isGRUUEnabled, "Pending."),
            ParameterRow("xavp_cfg", \.overrideRoot, "Pending."),
            ParameterRow("xavp_rcd", \.recordRoot, "Pending."),
            ParameterRow("xavp_rcd_mask", \.recordMask, 0...31, "Pending."),
            ParameterRow("received_avp", \.receivedVariable, "Pending."),
        ]
    }
}
