internal import Basics
internal import ModuleKit

/// Serial forking by q (RFC 3261 16.6), and the flows of phones that have several (RFC 5626).
extension TMModule {
    private typealias Row = FunctionRow<TMModule>

    /// The declarations.
    static var contactRows: [FunctionRow<TMModule>] {
        [
            Row(
                "t_load_contacts", Argument<Int>.integer("mode").optional,
                routes: [.request, .failure],
                returns: "1 loaded, -1 contacts_avp is not set or the mode is not 0",
                "Takes all targets of the request, to be tried group by group in the order of "
                    + "their q; mode can only be 0."
            ) { (module, context, mode: Int?) in
                guard (mode ?? 0) == 0 else {
                    context.log(.error, "t_load_contacts: contacts are ordered by q, mode 0 only")
                    return -1
                }
                return module.loadContacts(context)
            },
            Row(
                "t_next_contacts", routes: [.request, .failure],
                returns: "1 set, -1 not loaded, -2 none is left",
                "Makes the next group of targets those of the request."
            ) { (module, context) in module.nextContacts(context) },
            Row(
                "t_next_contact_flow", routes: [.failure, .event],
                returns: "1 added, -1 contact_flows_avp is not set, -2 none is left",
                "Adds the next flow of the phone whose branch has failed."
            ) { (module, context) in module.nextFlow(context) },
        ]
    }

    /// What the script wants of the transaction at hand, or of the one to come.
    private func wishes(_ context: ScriptContext) -> TransactionWishes {
        transaction(context)?.wishes ?? workspace(context).pendingWishes(context)
    }

    /// Sorts the targets of the request into groups of the same q, the highest first (RFC 3261
    /// 20.10
    /// calls q the relative preference); what has none comes last.
    private func loadContacts(_ context: ScriptContext) -> Int {
        guard context.with(settings, { $0.contactsRoot }) != nil else {
            context.log(.error, "t_load_contacts: contacts_avp is not set")
            return -1
        }
        var targets = context.branches
        context.branches = []
        targets.insert(
            ScriptBranch(
                uri: context.withRequestURI { Array(copying: $0) },
                destination: context.destinationURI, q: context.requestQ,
                flags: context.branchFlags, target: context.target ?? BranchTarget()), at: 0)
        let groups = Set(targets.map(\.q)).sorted(by: >).map { q in
            targets.filter { $0.q == q }
        }
        show(groups, in: context)
        return edit(context) {
            $0.groups = groups
            $0.isFurtherGroup = false
        }
    }

    /// Shows the contacts that are left in `$xavp(contacts_avp)`, the next one at place 0.
    ///
    /// The groups themselves stay with the transaction: what a script does to the attributes must
    /// not make targets that nobody has registered.
    private func show(_ groups: [[ScriptBranch]], in context: ScriptContext) {
        guard let name = context.with(settings, { $0.contactsRoot }) else { return }
        let root = Array(name.utf8)
        context.structured.removeAll(root)
        for target in groups.joined().reversed() {
            var fields: [(StaticString, ScriptValue)] = [
                ("uri", .text(.owned(target.uri))), ("flags", .integer(Int(target.flags))),
            ]
            if let way = target.destination { fields.append(("dst_uri", .text(.owned(way)))) }
            if target.q >= 0 { fields.append(("q", .integer(target.q))) }
            if !target.target.instance.isEmpty {
                fields.append(("instance", .text(.owned(target.target.instance))))
            }
            if !target.target.ruid.isEmpty {
                fields.append(("ruid", .text(.owned(target.target.ruid))))
            }
            let attributes = fields.map { AttributeValue(name: Array("\($0.0)".utf8), value: $0.1) }
            guard context.structured.push(root, attributes) else { return }
        }
    }

    /// Makes the next group the targets of the request.
    private func nextContacts(_ context: ScriptContext) -> Int {
        guard var groups = wishes(context).groups else { return -1 }
        guard !groups.isEmpty else { return -2 }
        var group = groups.removeFirst()
        var flows: [ScriptBranch] = []
        if context.with(settings, { $0.flowsRoot }) != nil {
            // One flow of each phone at a time; the others are for when it fails.
            var seen: Set<[UInt8]> = []
            let all = group
            group = all.filter {
                $0.target.instance.isEmpty || seen.insert($0.target.instance).inserted
            }
            seen = []
            flows = all.filter {
                !$0.target.instance.isEmpty && !seen.insert($0.target.instance).inserted
            }
        }
        let first = group.removeFirst()
        first.apply(to: context)
        context.requestQ = first.q
        context.branches = group
        show(groups, in: context)
        let isFurther = !(transaction(context)?.relay?.branches ?? []).isEmpty
        return edit(context) {
            $0.groups = groups
            $0.flows = flows
            $0.isFurtherGroup = isFurther
        }
    }

    /// Adds another flow of the phone whose branch has failed (RFC 5626 5.3): all flows of one
    /// instance lead to the same phone, so they are tried one after the other, never in parallel.
    private func nextFlow(_ context: ScriptContext) -> Int {
        guard context.with(settings, { $0.flowsRoot }) != nil else { return -1 }
        let index = workspace(context).currentBranch
        guard let transaction = transaction(context), let relay = transaction.relay,
            relay.branches.indices.contains(index)
        else { return -1 }
        let instance = relay.branches[index].target.target.instance
        guard !instance.isEmpty,
            let place = transaction.wishes.flows.firstIndex(where: {
                $0.target.instance == instance
            }), context.branches.count < Limits.branchesMax
        else { return -2 }
        context.branches.append(transaction.wishes.flows.remove(at: place))
        return 1
    }
}
