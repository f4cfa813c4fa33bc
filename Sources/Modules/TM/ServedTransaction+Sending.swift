internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Transactions

/// Sending the request on: branches, the way of each, and what goes wrong on it.
extension ServedTransaction {
    /// Sends the request at hand on to all targets that the script has set, in parallel (RFC 3261
    /// 16.6).
    ///
    /// Nil when at least one branch is under way; else the status that says why none is.
    func relay(_ forced: ForcedHop, in context: ScriptContext) -> Int? {
        let targets = takeTargets(context)
        let relay = relay ?? open(context)
        // Later blocks of the transaction find the attributes as the script has them now.
        relay.request.keepState(of: context)
        var indices: [Int] = []
        for target in targets {
            // More branches than may be are left out: a fork that a stranger can make grow costs
            // each
            // of its targets a request (RFC 5393).
            guard let index = try? relay.forks.add() else { break }
            var branch = RelayBranch(target, forced)
            branch.failureRoute = wishes.branchFailureRoute
            relay.branches.append(branch)
            indices.append(index)
        }
        guard !indices.isEmpty else { return 500 }
        let actions = relay.forks.begin(isParallel: true)
        guard !actions.start.isEmpty else { return relay.forks.isCancelled ? 487 : 500 }
        hasActed = true
        var failure = 500
        var isUnderWay = false
        for index in actions.start {
            if let status = start(index, in: context) {
                failure = status
                failures.append((index: index, status: status))
            } else {
                isUnderWay = true
            }
        }
        if isUnderWay {
            reportFailures(in: context)
            return nil
        }
        // Nothing is under way: whoever asked says so to the client.
        for failed in failures { _ = relay.forks.failed(failed.index, status: failed.status) }
        failures = []
        return failure
    }

    /// The targets of the request: its URI and the branches that the script has added.
    ///
    /// In a failure route the URI counts when the route has changed it, or when there is nothing
    /// else.
    private func takeTargets(_ context: ScriptContext) -> [ScriptBranch] {
        var targets = context.branches
        context.branches = []
        let isChanged =
            relay.map {
                context.rewrittenURI != $0.request.rewrittenURI
                    || context.destinationURI != $0.request.destinationURI
            } ?? true
        if isChanged || stage == .request || targets.isEmpty {
            let uri = context.withRequestURI { Array(copying: $0) }
            targets.insert(
                ScriptBranch(
                    uri: uri, destination: context.destinationURI, q: context.requestQ,
                    flags: context.branchFlags, target: context.target ?? BranchTarget()),
                at: 0)
        }
        return targets
    }

    /// Keeps the request for what comes later, from the moment when it is first sent on.
    ///
    /// Before, a transaction needs no copy: most requests of a registrar are answered at once.
    private func open(_ context: ScriptContext) -> Relay {
        module.showLeaving(context)
        responseObserver = context.responseObserver
        var fork = context.with(module.settings) { $0.fork }
        fork.isInvite = method == .invite
        if let wish = wishes.disables6xx { fork.disables6xxBlock = wish }
        let relay = Relay(RequestSnapshot(of: context), fork)
        self.relay = relay
        module.servers.attach(self, to: handle)
        return relay
    }

    // MARK: One branch

    /// Runs `branch_route` for a branch and sends it.
    ///
    /// Nil when it is under way, else the status that says why not. The context's message is the
    /// request, and is left as it was.
    func start(_ index: Int, in context: ScriptContext) -> Int? {
        guard let relay else { return 500 }
        // What one branch route changes must not show in the next branch.
        let course = Course(of: context)
        defer { course.restore(to: context) }
        relay.branches[index].target.apply(to: context)
        if let name = wishes.branchRoute {
            guard runBranchRoute(name, index, in: context) else { return 503 }
            relay.branches[index].target = ScriptBranch(
                uri: context.withRequestURI { Array(copying: $0) },
                destination: context.destinationURI, q: relay.branches[index].target.q,
                flags: context.branchFlags, target: context.target ?? BranchTarget())
        }
        relay.branches[index].edits = context.edits
        do throws(ForwardFailure) {
            if let known = try candidates(index, in: context) {
                relay.branches[index].candidates = known
                return send(index, in: context)
            }
            return nil
        } catch {
            return Self.status(of: error)
        }
    }

    /// Runs the branch route; false when it drops the branch.
    private func runBranchRoute(_ name: String, _ index: Int, in context: ScriptContext) -> Bool {
        let work = module.workspace(context)
        let (current, branch, was) = (work.current, work.currentBranch, stage)
        work.current = self
        work.currentBranch = index
        stage = .branch
        defer {
            work.current = current
            work.currentBranch = branch
            stage = was
        }
        return !module.services.blocks.runBlock(.branch(name), in: context).isDropped
    }

    /// Where a branch may go, the best address first; nil while a name is looked up.
    private func candidates(
        _ index: Int, in context: ScriptContext
    ) throws(ForwardFailure) -> [Origin]? {
        guard let relay else { return [] }
        let branch = relay.branches[index]
        let uri = branch.forced.uri ?? branch.target.destination ?? branch.target.uri
        if let known = try module.services.resolver.known(uri.span) {
            return adjusted(known, for: branch)
        }
        let module = module
        // A worker never waits for a name server. The answer comes in a thread of the resolver's,
        // which must not run scripts, so the module's own thread goes on with it.
        module.services.resolver.resolve(uri) { [weak self] result in
            module.perform(later: { [weak self] context in
                self?.post(.resolved(index, result), in: context)
            })
        }
        return nil
    }

    /// What the script and the binding say about the way goes before what the URI says.
    private func adjusted(_ known: [Origin], for branch: RelayBranch) -> [Origin] {
        var known = known
        for place in known.indices {
            if let transport = branch.forced.transport, transport != known[place].transport {
                known[place] = Origin(
                    transport: transport, socket: .none, source: known[place].source)
            }
            guard branch.forced.uri == nil else { continue }
            // A phone behind a NAT is reached over the connection that it has opened, and no other
            // (RFC 5626 5.3).
            if place == 0, known[0].transport.isStream, branch.target.target.connection >= 0 {
                known[0].connection = branch.target.target.connection
            }
            known[place].socket = branch.target.target.socket
        }
        return wishes.disablesFailover ? Array(known.prefix(1)) : known
    }

    /// A name was looked up.
    func resolved(
        _ index: Int, _ result: Result<[Origin], ForwardFailure>, in context: ScriptContext
    ) {
        // The caller may have hung up while the name was looked up.
        guard let relay, relay.forks.branches[index].isOpen, relay.branches[index].client == nil,
            beginRequest(in: context)
        else { return }
        var status: Int?
        switch result {
        case .success(let known):
            relay.branches[index].candidates = adjusted(known, for: relay.branches[index])
            relay.branches[index].target.apply(to: context)
            context.edits = relay.branches[index].edits
            status = send(index, in: context)
        case .failure(let failure): status = Self.status(of: failure)
        }
        if let status { carryOut(relay.forks.failed(index, status: status), in: context) }
    }

    /// Sends a branch to the first of its addresses that it can be sent to; nil when it is under
    /// way, else the status that says why not.
    func send(_ index: Int, in context: ScriptContext) -> Int? {
        guard let relay else { return 500 }
        var status = 478
        while !relay.branches[index].candidates.isEmpty {
            let hop = relay.branches[index].candidates.removeFirst()
            do throws(ForwardFailure) {
                try write(index, to: hop, in: context)
                return nil
            } catch {
                status = Self.status(of: error)
            }
        }
        return status
    }

    /// Writes one branch and opens its client transaction.
    ///
    /// The place in the store is taken first, as its number is the branch of the Via (RFC 3261
    /// 16.6 step 8); whatever fails behind that gives it back, so that nothing leaks.
    private func write(
        _ index: Int, to hop: Origin, in context: ScriptContext
    ) throws(ForwardFailure) {
        guard let relay else { throw .wrongKind }
        let work = module.workspace(context)
        let hop = try context.leaving(to: hop)
        try module.refuseAvoided(hop, method, context)
        let opening = ClientOpening(
            method: method, destination: hop,
            owner: TransactionOwner(kind: OwnerKind.branch.rawValue, number: UInt32(index)),
            attachment: self, timers: context.with(module.settings) { $0.timers(wishes) })
        let client: ClientBranch
        do throws(TransactionError) {
            client = try module.clients.reserve(
                opening, lane: work.lane, secret: work.secret())
        } catch {
            throw .tooManyTransactions
        }
        do throws(ForwardFailure) {
            try context.beginForwarding(to: hop, branch: work.text(client))
            let now = module.now
            do throws(TransactionError) {
                try context.withBegun { (message) throws(TransactionError) in
                    try module.clients.start(client, message: message, now: now)
                }
            } catch {
                context.outbox.abandon()
                throw error.kind == .size ? .tooLarge : .tooManyTransactions
            }
        } catch {
            module.clients.forget(client)
            throw error
        }
        relay.branches[index].client = client
        relay.branches[index].hop = hop
        // A connection that breaks ends the branch at once instead of after fr_timer.
        module.watch(client, hop)
        context.outbox.commit(to: hop)
        context.forwardedRequests += 1
    }

    /// The status that a failure to send is worth, as Kamailio's error codes have it.
    static func status(of failure: ForwardFailure) -> Int {
        switch failure {
        case .badURI, .unresolvedHost: 478
        case .tooManyHops: 483
        case .tooLarge: 513
        case .noSocket, .wrongKind, .notOurs: 500
        case .noConnection, .dropped: 477
        case .tooManyTransactions: 503
        case .avoided: 473
        }
    }

    /// Tells of the branches that could not be sent while others are under way.
    private func reportFailures(in context: ScriptContext) {
        let failed = failures
        failures = []
        for (index, status) in failed {
            guard let relay else { return }
            carryOut(relay.forks.failed(index, status: status), in: context)
        }
    }
}

/// What the branches of a request change of the context, and what is put back behind them.
private struct Course {
    private let rewrittenURI: [UInt8]?
    private let destinationURI: [UInt8]?
    private let target: BranchTarget?
    private let branchFlags: UInt32
    private let edits: MessageEdits

    init(of context: ScriptContext) {
        rewrittenURI = context.rewrittenURI
        destinationURI = context.destinationURI
        target = context.target
        branchFlags = context.branchFlags
        edits = context.edits
    }

    func restore(to context: ScriptContext) {
        context.rewrittenURI = rewrittenURI
        context.destinationURI = destinationURI
        context.target = target
        context.branchFlags = branchFlags
        context.edits = edits
    }
}

extension ScriptBranch {
    /// Makes it the target of the request at hand.
    func apply(to context: ScriptContext) {
        context.rewrittenURI = uri
        context.destinationURI = destination
        context.target = target
        context.branchFlags = flags
    }
}
