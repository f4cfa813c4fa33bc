internal import ModuleKit

/// The branch that a script puts together with `$sbranch(name)`, one for each worker.
///
/// It outlives messages, as in Kamailio: `sbranch_reset()` empties it.
final class StaticBranch {
    /// The branch, nil while nothing is set.
    var branch: ScriptBranch?
}

extension PVModule {
    /// The branch of a worker.
    func staticBranch(_ context: ScriptContext) -> StaticBranch {
        workspace(context).staticBranch
    }

    /// `$sbranch(name)`.
    func staticBranchVariable(
        _ reference: VariableReference
    ) throws(ArgumentError) -> VariableAccess {
        let field = try Self.staticField(reference)
        return VariableAccess(
            read: { context in
                guard let branch = self.staticBranch(context).branch else { return .null }
                if field == .uri, branch.uri.isEmpty { return .null }
                return field.read(branch, context)
            },
            write: { context, value in
                let kept = self.staticBranch(context)
                var branch =
                    kept.branch ?? ScriptBranch(uri: [], destination: nil, q: -1, flags: 0)
                if field == .uri, case .null = value {
                    branch.uri = []
                } else if !field.write(&branch, value, context) {
                    return false
                }
                kept.branch = branch
                return true
            })
    }

    /// The attribute that a reference names; there is no number of static branches.
    static func staticField(
        _ reference: VariableReference
    ) throws(ArgumentError) -> BranchField {
        let field = try reference.word(BranchField.self)
        if field == .count { throw ArgumentError("there is one static branch: it has no count") }
        try reference.refuseIndex()
        return field
    }

    /// `sbranch_set_ruri()`: the static branch becomes the request's own.
    func setRequestURI(_ context: ScriptContext) -> Int {
        guard let branch = staticBranch(context).branch, context.setRequestURI(branch.uri) else {
            return -1
        }
        context.destinationURI = branch.destination
        context.branchFlags = branch.flags
        context.requestQ = branch.q
        context.target = branch.target
        return 1
    }

    /// `sbranch_append()`: the static branch becomes a further one.
    func appendStaticBranch(_ context: ScriptContext) -> Int {
        guard let branch = staticBranch(context).branch, !branch.uri.isEmpty else { return -1 }
        return context.append(branch) ? 1 : -1
    }

    /// `sbranch_reset()`.
    func resetStaticBranch(_ context: ScriptContext) -> Int {
        staticBranch(context).branch = nil
        return 1
    }
}
