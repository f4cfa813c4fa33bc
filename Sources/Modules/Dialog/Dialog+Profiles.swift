internal import Basics
internal import ModuleKit

/// Counting calls in groups.
extension DialogModule {
    private typealias Row = FunctionRow<DialogModule>
    private static let blocks: RouteKinds = [.request, .branch, .failure, .reply, .event]
    private static let codes = "1 done, -1 there is no call, or no such profile"

    /// The functions of groups.
    static var grouping: [FunctionRow<DialogModule>] {
        [
            member("set_dlg_profile", "Counts the call in a profile.") { module, dialog, entry in
                module.count(dialog, in: entry)
            },
            member("unset_dlg_profile", "Counts the call in a profile no more.") {
                module, dialog, entry in module.discount(dialog, in: entry)
            },
            member("is_in_profile", "Whether the call is counted in a profile.") {
                _, dialog, entry in dialog.snapshot.profiles.contains(entry)
            },
            Row(
                "get_profile_size", .constant("profile"), ProfileSizeTarget.argument,
                Argument<VariableAccess>.variable("size").optional, routes: blocks,
                returns: "1 counted, -1 there is no such profile",
                "Counts the calls of a profile, with a value or all, into a pseudo-variable.",
                compile: { (module, name, value, size) throws(ArgumentError) in
                    try sizeCall(module, name, value, size)
                }),
        ]
    }

    private static func member(
        _ name: String, _ summary: String,
        _ act: @escaping @Sendable (DialogModule, TrackedDialog, ProfileEntry) -> Bool
    ) -> FunctionRow<DialogModule> {
        Row(
            name, .constant("profile"), Argument<ScriptText>.string("value").optional,
            routes: blocks, returns: codes, summary,
            compile: { (module, profile, value) throws(ArgumentError) in
                let profile = try module.known(profile)
                if module.profiles.names[profile] == true, case .constant(nil) = value {
                    throw ArgumentError("profile \"\(profile)\" counts by values: name one")
                }
                return { context in
                    let text = value.value(context).flatMap { $0 }
                    let bytes = text.map { context.bytes(of: $0) }
                    guard let dialog = module.current(context),
                        let entry = module.profiles.entry(profile, bytes)
                    else { return -1 }
                    return act(module, dialog, entry) ? 1 : -1
                }
            })
    }

    /// The name of a profile that the configuration declares.
    private func known(_ name: Evaluator<String>) throws(ArgumentError) -> String {
        guard case .constant(let name) = name else {
            throw ArgumentError("expected the name of a profile")
        }
        guard profiles.names[name] != nil else {
            throw ArgumentError(
                "there is no profile \"\(name)\": declare it with profiles_with_value or "
                    + "profiles_no_value")
        }
        return name
    }

    private static func sizeCall(
        _ module: DialogModule, _ name: Evaluator<String>,
        _ value: Evaluator<ProfileSizeTarget>, _ size: Evaluator<VariableAccess?>
    ) throws(ArgumentError) -> CompiledCall {
        let profile = try module.known(name)
        guard case .constant(let second) = value, case .constant(let third) = size else {
            throw ArgumentError("expected a pseudo-variable for the size")
        }
        guard let write = (third ?? second.access)?.write else {
            throw ArgumentError("expected a pseudo-variable for the size")
        }
        let hasValue = third != nil
        return { context in
            let text = hasValue ? context.text(second.read(context)) : nil
            let bytes = text.map { context.bytes(of: $0) }
            guard let count = module.profiles.size(profile, bytes) else { return -1 }
            return write(context, .integer(count)) ? 1 : -1
        }
    }

    /// Counts a call in a group, once.
    private func count(_ dialog: TrackedDialog, in entry: ProfileEntry) -> Bool {
        let isNew = dialog.update { record -> Bool? in
            guard record.state != .ended else { return nil }
            if record.profiles.contains(entry) { return false }
            guard record.profiles.count < Limits.dialogProfilesMax else { return nil }
            record.profiles.append(entry)
            return true
        }
        if isNew == true { profiles.add(entry) }
        return isNew != nil
    }

    private func discount(_ dialog: TrackedDialog, in entry: ProfileEntry) -> Bool {
        let wasIn = dialog.update { record in
            guard record.state != .ended,
                let place = record.profiles.firstIndex(of: entry)
            else { return false }
            record.profiles.remove(at: place)
            return true
        }
        if wasIn { profiles.remove([entry]) }
        return wasIn
    }
}

/// The second argument of `get_profile_size`: a value, or the variable for the size.
struct ProfileSizeTarget: Sendable {
    /// Reads it as a value.
    var read: @Sendable (ScriptContext) -> ScriptValue
    /// It as a variable; nil when it is none.
    var access: VariableAccess?

    /// The argument.
    static var argument: Argument<ProfileSizeTarget> {
        Argument(
            "value", expects: "string, or pseudo-variable for the size", isOptional: false
        ) { (source, templates) throws(ArgumentError) in
            switch source {
            case .string(let text):
                let template = try templates.template(text)
                let constant = ScriptValue.string(text)
                let access = template == nil ? nil : try? templates.variable(text)
                return .constant(
                    ProfileSizeTarget(read: template ?? { _ in constant }, access: access))
            case .integer(let number):
                let constant = ScriptValue.integer(number)
                return .constant(ProfileSizeTarget(read: { _ in constant }, access: nil))
            case .expression(let evaluate):
                return .constant(ProfileSizeTarget(read: evaluate, access: nil))
            case nil: throw ArgumentError("expected a value or a pseudo-variable")
            }
        }
    }
}
