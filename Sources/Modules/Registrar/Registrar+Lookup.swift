import Basics
import Locations
import ModuleKit
import SIPSyntax
import Usrloc

/// The functions that read the location table for a script: `lookup` and `registered`.
///
/// A script calls them for requests to its users. This server forwards nothing yet; the functions
/// are there so that a script can ask who is registered and answer accordingly.
extension RegistrarModule {
    /// Their declarations.
    static var lookupRows: [FunctionRow<RegistrarModule>] {
        [
            FunctionRow(
                "lookup", .constant("table"), Argument<ScriptText>.string("uri").optional,
                routes: [.request, .failure], returns: "1 found, -1 not registered, -3 bad URI",
                "Replaces the request URI by the contacts of its AoR.",
                compile: { (module, table, uri) throws(ArgumentError) in
                    let table = try module.location(table)
                    return { context in
                        guard case .some(let target) = uri.value(context) else { return -3 }
                        return module.lookUp(context, table, uri: target)
                    }
                }),
            FunctionRow(
                "registered", .constant("table"), Argument<ScriptText>.string("uri").optional,
                returns: "1 registered, -1 not", "Whether an AoR has a binding.",
                compile: { (module, table, uri) throws(ArgumentError) in
                    let table = try module.location(table)
                    return { context in
                        guard case .some(let target) = uri.value(context) else { return -1 }
                        return module.isRegistered(context, table, uri: target) ? 1 : -1
                    }
                }),
        ]
    }

    /// Makes the best contact the request URI and adds the others as branches.
    ///
    /// The bindings come in their order, the best first. It becomes the request URI and the rest
    /// become branches, at most as many as a message may fork into; what was received from tells
    /// where a phone behind a NAT is reached.
    private func lookUp(
        _ context: ScriptContext, _ table: LocationTable, uri: ScriptText?
    ) -> Int {
        context.with(settings) { parameters in
            let work = context.workspace(settings) { RegistrarWorkspace() }
            guard writeTarget(context, uri, parameters, &work.input.aor) else { return -3 }
            var found = 0
            let takesAll = parameters.appendsBranches
            do throws(LocationsUnavailable) {
                try find(table, work.input, parameters, context.now) { binding in
                    found += 1
                    let target = Array(copying: binding.uri)
                    let destination =
                        binding.received.isEmpty ? nil : Array(copying: binding.received)
                    if found == 1 {
                        context.rewrittenURI = target
                        context.destinationURI = destination
                        context.branchFlags |= binding.values.cflags
                    } else if takesAll, context.branches.count < Limits.branchesMax {
                        context.branches.append(
                            ScriptBranch(
                                uri: target, destination: destination,
                                q: binding.values.q ?? -1, flags: binding.values.cflags))
                    }
                }
            } catch {
                return -3
            }
            return found > 0 ? 1 : -1
        }
    }

    /// Whether the AoR has a binding; false as well when the database cannot say, because a script
    /// that takes a user for unregistered does less harm than one that stops.
    private func isRegistered(
        _ context: ScriptContext, _ table: LocationTable, uri: ScriptText?
    ) -> Bool {
        context.with(settings) { parameters in
            let work = context.workspace(settings) { RegistrarWorkspace() }
            guard writeTarget(context, uri, parameters, &work.input.aor) else { return false }
            do throws(LocationsUnavailable) {
                return try find(table, work.input, parameters, context.now) { _ in } > 0
            } catch {
                return false
            }
        }
    }

    /// Looks the AoR up under the settings of this message.
    @discardableResult
    private func find(
        _ table: LocationTable, _ input: borrowing RegistrarInput,
        _ parameters: borrowing RegistrarParameters, _ now: WallTime,
        _ each: (borrowing BindingView) -> Void
    ) throws(LocationsUnavailable) -> Int {
        try usrloc.lookUp(
            in: table, input.aor.span, now: now,
            includingExpired: parameters.usesExpiredContacts, each: each)
    }

    /// Writes the AoR of the URI given, or of the request URI as it is now.
    private func writeTarget(
        _ context: ScriptContext, _ uri: ScriptText?, _ parameters: borrowing RegistrarParameters,
        _ aor: inout ByteWriter
    ) -> Bool {
        let rules = addressRules(parameters)
        let text: ScriptText
        if let uri {
            text = uri
        } else if let rewritten = context.rewrittenURI {
            text = .owned(rewritten)
        } else {
            text = .message(context.message.requestURI)
        }
        do throws(RegistrarFailure) {
            try context.withBytes(of: text) { (bytes) throws(RegistrarFailure) in
                let whole = ByteRange(offset: 0, count: bytes.count)
                try Self.write(bytes, whole, rules, &aor)
            }
            return true
        } catch {
            return false
        }
    }
}
