internal import Basics
internal import Locations
public import ModuleKit
internal import Usrloc

extension PUAReginfoModule {
    /// The module's declaration.
    public static var manifest: Manifest<PUAReginfoModule> {
        Manifest(
            "pua_reginfo", "Registrations that travel: event reg, published and followed.",
            requires: ["usrloc", "pua"], parameters: PUAReginfoParameters.rows,
            functions: functionRows, methods: methodRows, statistics: ReginfoCounters.rows)
    }

    private static var functionRows: [FunctionRow<PUAReginfoModule>] {
        [
            FunctionRow(
                "reginfo_handle_notify", .constant("table"), routes: .request,
                returns: "1 taken over, someone is registered; 2 nobody is; -1 not taken over",
                "Takes over what the registration document of a NOTIFY tells; sends no reply.",
                compile: { (module, table) throws(ArgumentError) in
                    let table = try module.location(table)
                    return { context in module.takeNotify(context, into: table) }
                }),
            FunctionRow(
                "reginfo_subscribe", .string("uri"), Argument<Int>.integer("expires").optional,
                routes: [.request, .reply],
                returns: "1 the SUBSCRIBE waits for its turn, -1 it cannot be sent",
                "Follows the registrations of a URI for some seconds, 3600 if unsaid; 0 ends."
            ) { (module, context, uri: ScriptText, expires: Int?) in
                module.follow(context, uri, expires ?? PUAReginfoModule.subscriptionSeconds)
            },
            FunctionRow(
                "reginfo_disable_publish", routes: .request, returns: "1 always",
                "Has the changes of registrations that this message causes not published."
            ) { (_, context) in
                context.bindingMarks.insert(.keepQuiet)
                return 1
            },
        ]
    }

    /// The table that a constant names.
    private func location(_ name: Evaluator<String>) throws(ArgumentError) -> LocationTable {
        guard case .constant(let text) = name else {
            throw ArgumentError("the table must be a constant")
        }
        do throws(StartFailure) { return try usrloc.table(named: text) } catch {
            throw ArgumentError(error.message)
        }
    }
}
