import Basics
import Locations
import ModuleKit
import SIPSyntax
import Usrloc

/// The functions that turn an AoR into the contacts it is bound to (RFC 3261 16.5): `lookup`,
/// `lookup_to_dset`, `lookup_branches`.
extension RegistrarModule {
    /// Where what is found goes.
    enum LookupPlace: Equatable {
        /// The first contact becomes the request URI, the others branches.
        case requestURI
        /// All contacts become branches.
        case branches
        /// The first contact takes the place of a branch, the others are added.
        case branch(Int)
    }

    /// Looks a URI up, or the request URI without one, and places what is found.
    ///
    /// Returns 1, -1 when there is no binding, -2 when none takes the method, -3 when the URI
    /// cannot be read or the database does not answer.
    func lookUp(
        _ context: ScriptContext, _ table: LocationTable, uri: ScriptText?,
        as place: LookupPlace = .requestURI
    ) -> Int {
        if let uri, context.length(of: uri) == 0 { return -1 }
        return context.with(settings) { parameters in
            let work = context.workspace(settings) { RegistrarWorkspace() }.lookup
            let rules = LookupRules(
                context, parameters, contactRoot: usrloc.parameters.attributesRootBytes)
            let target = uri ?? context.requestURI
            var isGRUU = false
            let code = search(context, table, target, rules, parameters, work, &isGRUU)
            guard code > 0 else { return code }
            settle(context, work, rules, place, firstOnly: isGRUU || !rules.appendsBranches)
            return 1
        }
    }

    /// Looks up the request URI, and then each branch of which nothing but its URI is known.
    ///
    /// Returns 1 when any of them is registered, else what the last look-up returned.
    func lookUpBranches(_ context: ScriptContext, _ table: LocationTable) -> Int {
        let count = context.branches.count
        var code = lookUp(context, table, uri: nil)
        var isFound = code == 1
        for place in 0..<count {
            let branch = context.branches[place]
            guard branch.destination == nil, branch.flags == 0, branch.target.path.isEmpty,
                branch.target.socket.isNone
            else { continue }
            code = lookUp(context, table, uri: .owned(branch.uri), as: .branch(place))
            isFound = isFound || code == 1
        }
        return isFound ? 1 : code
    }

    // MARK: Finding

    /// Copies the bindings of a URI into the workspace and chooses among them.
    private func search(
        _ context: ScriptContext, _ table: LocationTable, _ target: ScriptText,
        _ rules: LookupRules, _ parameters: borrowing RegistrarParameters,
        _ work: LookupWorkspace, _ isGRUU: inout Bool
    ) -> Int {
        work.found.removeAll()
        var isPublic = false
        do throws(RegistrarFailure) {
            isGRUU = try context.withBytes(of: target) { (bytes) throws(RegistrarFailure) in
                guard let uri = try? SIPURI(parsing: bytes) else { throw .toParse }
                switch rules.knowsGRUU ? GRUU(uri, in: bytes) : .none {
                case .none: return false
                case .malformed: throw .toParse
                case .temporary(let ruid):
                    try find(ruid: bytes.part(ruid), in: table, context.now, rules, work)
                    isPublic = true
                case .publicOne(let instance):
                    try write(target, bytes, parameters, &work.aor)
                    try find(table, context.now, rules, work) { binding in
                        GRUU.matches(bytes.part(instance), binding)
                    }
                    isPublic = true
                }
                return true
            }
            if !isPublic {
                try context.withBytes(of: target) { (bytes) throws(RegistrarFailure) in
                    try write(target, bytes, parameters, &work.aor)
                }
                try find(table, context.now, rules, work) { _ in true }
            }
        } catch {
            return -3
        }
        return work.choose(rules)
    }

    /// Writes the AoR of a URI.
    private func write(
        _ target: ScriptText, _ bytes: Span<UInt8>, _ parameters: borrowing RegistrarParameters,
        _ aor: inout ByteWriter
    ) throws(RegistrarFailure) {
        let whole = ByteRange(offset: 0, count: bytes.count)
        try Self.write(bytes, whole, addressRules(parameters), &aor)
    }

    /// Copies the bindings of the AoR in the workspace.
    private func find(
        _ table: LocationTable, _ now: WallTime, _ rules: LookupRules, _ work: LookupWorkspace,
        where isMeant: (borrowing BindingView) -> Bool
    ) throws(RegistrarFailure) {
        do throws(LocationsUnavailable) {
            var found = FoundBindings()
            swap(&found, &work.found)
            defer { swap(&found, &work.found) }
            try usrloc.lookUp(
                in: table, work.aor.span, now: now, includingExpired: rules.usesExpired
            ) { binding in
                if isMeant(binding) { found.append(binding) }
            }
        } catch {
            throw .unavailable
        }
    }

    /// Copies the binding of a unique name: what a temporary GRUU stands for (RFC 5627 3.2).
    private func find(
        ruid: Span<UInt8>, in table: LocationTable, _ now: WallTime, _ rules: LookupRules,
        _ work: LookupWorkspace
    ) throws(RegistrarFailure) {
        do throws(LocationsUnavailable) {
            try usrloc.lookUp(
                in: table, ruid: ruid, now: now, includingExpired: rules.usesExpired
            ) { work.found.append($0) }
        } catch {
            throw .unavailable
        }
    }

    // MARK: Placing

    /// Puts what was chosen where it belongs; at most as many branches as a message may fork into.
    private func settle(
        _ context: ScriptContext, _ work: LookupWorkspace, _ rules: LookupRules,
        _ place: LookupPlace, firstOnly: Bool
    ) {
        for (rank, number) in work.usable.enumerated() {
            let entry = work.found.entries[number]
            let branch = branch(entry, work, rules, context)
            if rank == 0, place == .requestURI {
                context.rewrittenURI = branch.uri
                context.destinationURI = branch.destination
                context.target = branch.target
                context.requestQ = branch.q
                context.branchFlags |= branch.flags
                record(entry, work.found, rules, context)
                restore(entry, work.found, rules, context)
            } else if rank == 0, case .branch(let taken) = place {
                context.branches[taken] = branch
            } else if context.branches.count < Limits.branchesMax {
                context.branches.append(branch)
            }
            if firstOnly { return }
        }
    }

    /// A binding as a branch, with the way to it.
    private func branch(
        _ entry: FoundBindings.Entry, _ work: LookupWorkspace, _ rules: LookupRules,
        _ context: ScriptContext
    ) -> ScriptBranch {
        var target = BranchTarget()
        target.socket = entry.values.socket
        target.connection = entry.values.connection
        target.ruid = work.found.owned(entry.ruid)
        target.instance = work.found.owned(entry.instance)
        target.regID = entry.values.regID
        target.locationUserAgent = work.found.owned(entry.userAgent)
        var destination: [UInt8]?
        if !entry.path.isEmpty {
            target.path = work.found.owned(entry.path)
            destination = firstHop(&target.path, rules, context)
        }
        // A proxy on the way knows where the phone is; without one, what was received from tells
        // how to reach a phone behind a NAT.
        if destination == nil, !entry.received.isEmpty {
            destination = work.found.owned(entry.received)
        }
        return ScriptBranch(
            uri: work.found.owned(entry.uri), destination: destination,
            q: entry.values.q ?? -1, flags: entry.values.cflags, target: target)
    }

    /// The first hop of a Path, which the request is sent to (RFC 3327 5.3).
    ///
    /// With `path_check_local` a hop that is this server is taken out first: the request would only
    /// come back.
    private func firstHop(
        _ path: inout [UInt8], _ rules: LookupRules, _ context: ScriptContext
    ) -> [UInt8]? {
        guard let vector = StoredPath(path.span) else {
            path = []
            return nil
        }
        let first = Array(path[vector.first.indices])
        guard rules.skipsLocalPath, context.isMyself(uri: .owned(first)) else { return first }
        path.removeFirst(vector.rest)
        guard !path.isEmpty else { return nil }
        return StoredPath(path.span).map { Array(path[$0.first.indices]) }
    }
}
