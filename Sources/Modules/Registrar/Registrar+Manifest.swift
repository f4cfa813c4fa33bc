internal import Locations
public import ModuleKit
internal import Usrloc

extension RegistrarModule {
    /// The module's declaration.
    public static var manifest: Manifest<RegistrarModule> {
        Manifest(
            "registrar", "Answers REGISTER and binds contacts to addresses-of-record.",
            requires: ["usrloc"], parameters: parameterRows,
            functions: functionRows, variables: variableRows, statistics: statisticRows,
            eventRoutes: [
                EventRouteRow(
                    ExpiredContacts.route,
                    "Runs for each binding that expires: $ulc(exp=>...) shows it, $ru its contact."
                )
            ])
    }

    /// The functions of scripts; `save` is put together when the script is loaded, so that nothing
    /// of its arguments is read for each message.
    private static var functionRows: [FunctionRow<RegistrarModule>] {
        [
            FunctionRow(
                "save", .string("table"), Argument<Int>.integer("flags").optional,
                Argument<ScriptText>.string("uri").optional,
                routes: [.request, .failure, .reply],
                returns: "1 added, 2 refreshed, 3 removed, 4 listed, -1 refused, -2 too many",
                "Carries a REGISTER out and answers it.",
                compile: { (module, table, flags, uri) throws(ArgumentError) in
                    let call = try module.saveCall(table, flags)
                    return { context in
                        guard case .some(let target) = uri.value(context),
                            let call = call(context)
                        else { return -1 }
                        return module.save(context, call, uri: target)
                    }
                }),
            FunctionRow(
                "reg_send_reply", routes: [.request, .failure],
                returns: "1 sent, -1 there is nothing to send",
                "Sends the reply of a save that was told with 0x02 to send none."
            ) { (module, context) in module.sendReply(context) },
        ] + sourceRows + lookupRows
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

    /// The table that a constant names.
    func location(_ name: Evaluator<String>) throws(ArgumentError) -> LocationTable {
        guard case .constant(let text) = name else {
            throw ArgumentError("the table must be a constant")
        }
        do throws(StartFailure) { return try usrloc.table(named: text) } catch {
            throw ArgumentError(error.message)
        }
    }
}
