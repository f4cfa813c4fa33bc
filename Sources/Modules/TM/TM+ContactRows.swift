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
                routes: [.request, .failure], returns: "1 loaded, -1 contacts_avp is not set",
                "Takes all targets of the request, to be tried group by group in the order of "
                    + "their q."
            ) { (module, context, _: Int?) in module.loadContacts(context) },
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

    private func wishes(_ context: ScriptContext) -> TransactionWishes {
        transaction(context)?.wishes ?? workspace(context).pendingWishes(context)
    }

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
        return edit(context) { $0.groups = groups }
    }

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
        return edit(context) {
            $0.groups = groups
            $0.flows = flows
        }
    }

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
