import Basics
import Locations
import ModuleKit
import SIPSyntax
import Usrloc

/// The declarations of what reads the location table for a script.
extension RegistrarModule {
    /// All of those functions.
    static var lookupRows: [FunctionRow<RegistrarModule>] {
        targetRows + questionRows + profileRows
    }

    /// What changes the targets of the request.
    private static var targetRows: [FunctionRow<RegistrarModule>] {
        let codes = "1 found, -1 not registered, -2 method not allowed, -3 bad URI or no database"
        return [
            FunctionRow(
                "lookup", .constant("table"), Argument<ScriptText>.string("uri").optional,
                routes: [.request, .failure], returns: codes,
                "Replaces the request URI by the contacts of its AoR.",
                compile: { (module, table, uri) throws(ArgumentError) in
                    let table = try module.location(table)
                    return { context in
                        guard case .some(let target) = uri.value(context) else { return -3 }
                        return module.lookUp(context, table, uri: target)
                    }
                }),
            FunctionRow(
                "lookup_to_dset", .constant("table"), Argument<ScriptText>.string("uri").optional,
                routes: [.request, .failure], returns: codes,
                "Adds the contacts of an AoR as branches and leaves the request URI alone.",
                compile: { (module, table, uri) throws(ArgumentError) in
                    let table = try module.location(table)
                    return { context in
                        guard case .some(let target) = uri.value(context) else { return -3 }
                        return module.lookUp(context, table, uri: target, as: .branches)
                    }
                }),
            FunctionRow(
                "lookup_branches", .constant("table"), routes: [.request, .failure],
                returns: codes,
                "Looks up the request URI and every branch that has nothing but its URI.",
                compile: { (module, table) throws(ArgumentError) in
                    let table = try module.location(table)
                    return { context in module.lookUpBranches(context, table) }
                }),
        ]
    }

    /// What asks and leaves the request alone, and what ends bindings.
    private static var questionRows: [FunctionRow<RegistrarModule>] {
        [
            registeredRow,
            FunctionRow(
                "unregister", .constant("table"), .string("uri"),
                Argument<ScriptText>.string("ruid").optional,
                returns: "1 done, -1 bad URI, -2 no database, -3 no such binding",
                "Ends all bindings of an AoR, or the one of a unique name.",
                compile: { (module, table, uri, ruid) throws(ArgumentError) in
                    let table = try module.location(table)
                    return { context in
                        guard let target = uri.value(context),
                            case .some(let name) = ruid.value(context)
                        else { return -1 }
                        return module.unregister(context, table, uri: target, ruid: name)
                    }
                }),
        ]
    }

    private static var registeredRow: FunctionRow<RegistrarModule> {
        FunctionRow(
            "registered", .constant("table"), Argument<ScriptText>.string("uri").optional,
            Argument<Int>.integer("match_option").optional,
            Argument<Int>.integer("match_action").optional,
            returns: "1 registered, -1 not", "Whether an AoR has a binding.",
            compile: { (module, table, uri, match, action) throws(ArgumentError) in
                let table = try module.location(table)
                return { context in
                    guard case .some(let target) = uri.value(context),
                        case .some(let match) = match.value(context),
                        case .some(let action) = action.value(context)
                    else { return -1 }
                    let isRegistered = module.isRegistered(
                        context, table, uri: target,
                        match: RegisteredMatch(rawValue: match ?? 0),
                        action: RegisteredAction(rawValue: action ?? 0))
                    return isRegistered ? 1 : -1
                }
            })
    }

    /// What shows bindings to a script.
    private static var profileRows: [FunctionRow<RegistrarModule>] {
        [
            FunctionRow(
                "reg_fetch_contacts", .constant("table"), .string("uri"), .constant("profile"),
                routes: [.request, .failure], returns: "1 fetched, -1 none",
                "Copies the bindings of an AoR for `$ulc(profile=>attribute)`.",
                compile: { (module, table, uri, profile) throws(ArgumentError) in
                    let table = try module.location(table)
                    let number = try module.profileNumber(profile)
                    return { context in
                        guard let target = uri.value(context) else { return -1 }
                        return module.fetchContacts(context, table, uri: target, profile: number)
                    }
                }),
            FunctionRow(
                "reg_free_contacts", .constant("profile"), routes: [.request, .failure],
                returns: "1", "Releases what was fetched for a profile.",
                compile: { (module, profile) throws(ArgumentError) in
                    let number = try module.profileNumber(profile)
                    return { context in
                        module.profile(number, of: context).removeAll()
                        return 1
                    }
                }),
            FunctionRow(
                "lookup_xavp", .constant("table"), .string("uri"), .constant("record"),
                .constant("contacts"), returns: "1 found, -1 none",
                "Puts the bindings of an AoR into two structured attributes.",
                compile: { (module, table, uri, record, contacts) throws(ArgumentError) in
                    let table = try module.location(table)
                    guard case .constant(let root) = record, case .constant(let each) = contacts
                    else { throw ArgumentError("expected two names of structured attributes") }
                    let (first, second) = (Array(root.utf8), Array(each.utf8))
                    return { context in
                        guard let target = uri.value(context) else { return -1 }
                        return module.exportBindings(
                            context, table, uri: target, root: first, contactRoot: second)
                    }
                }),
        ]
    }

    /// The pseudo-variables of what was found.
    static var variableRows: [VariableRow<RegistrarModule>] {
        [
            VariableRow(
                "ulc", inner: .required, accepts: [.all, .dynamicIndex],
                "Attributes of the contacts of a profile.",
                check: { (reference) throws(ArgumentError) in _ = try contactReference(reference) },
                compile: { (module, reference) throws(ArgumentError) in
                    try module.contactAccess(reference)
                }),
            VariableRow("ruid", "Unique name of the binding that lookup has found.") { context in
                guard let ruid = context.target?.ruid, !ruid.isEmpty else { return .null }
                return .text(.owned(ruid))
            },
            VariableRow("location_ua", "User-Agent of the binding that lookup has found.") {
                context in
                guard let agent = context.target?.locationUserAgent, !agent.isEmpty else {
                    return .null
                }
                return .text(.owned(agent))
            },
        ]
    }

    private func profileNumber(_ name: Evaluator<String>) throws(ArgumentError) -> Int {
        guard case .constant(let text) = name, !text.isEmpty else {
            throw ArgumentError("the profile must be a constant")
        }
        return profileNumber(text)
    }
}
