internal import Basics

/// One step of a registration that was found to be in order.
struct RegistrationStep: Sendable {
    /// What is to be done.
    enum Kind: Sendable {
        /// Add a binding.
        case insert
        /// Refresh the binding `contact`.
        case update
        /// End the binding `contact`.
        case remove
        /// Leave the binding `contact` as it is: the request is a repetition.
        case keep
        /// Nothing; a later contact of the same request took its place, or there is nothing to end.
        case nothing
    }

    /// What is to be done.
    var kind: Kind
    /// The stored contact it is about.
    var contact = Slab<ContactRecord>.none
    /// Which contact of the request asks for it, -1 for what follows from another step.
    var update: Int

    /// The step for one contact of a request.
    init(_ kind: Kind, _ contact: UInt32 = Slab<ContactRecord>.none, for update: Int) {
        assert(kind != .insert || contact == Slab<ContactRecord>.none)
        self.kind = kind
        self.contact = contact
        self.update = update
    }
}

/// A registration: first all of it is checked, then all of it is done (RFC 3261 10.3 step 7: "if
/// the update fails, all bindings stay as they were").
extension Shard {
    /// Carries a registration out and shows the bindings that then are valid, also when it failed.
    mutating func register(
        _ work: borrowing RegistrationWork, _ request: borrowing RegistrationRequest,
        _ each: (borrowing BindingView) -> Void
    ) -> RegistrationOutcome {
        // Expired bindings go first: they neither count nor match nor compare CSeq numbers.
        var address = find(work.aor, work.tag)
        if let found = address, dropExpired(found, now: work.now) { address = nil }
        var outcome = RegistrationOutcome(status: plan(work, request, address))
        if outcome.status == .accepted {
            outcome.change = carryOut(work, request, &address)
        }
        outcome.bindings = list(address, now: work.now, each)
        outcome.shard = number
        outcome.changeNumber = changes.latest
        return outcome
    }

    // MARK: Planning

    /// Finds the steps of a request, or why it cannot be carried out; changes no binding.
    private mutating func plan(
        _ work: borrowing RegistrationWork, _ request: borrowing RegistrationRequest,
        _ address: UInt32?
    ) -> RegistrationOutcome.Status {
        steps.removeAll(keepingCapacity: true)
        for update in request.contacts.indices {
            let text = work.text(request, update)
            guard text.fits else { return .textTooLong }
            guard let step = planStep(work, request, update, text, address) else {
                return .outOfOrder
            }
            if work.rules.singleContact, isKeeper(step) {
                planRemovalOfOthers(address)
                break
            }
        }
        return exceedsLimit(work.rules, address) ? .tooManyContacts : .accepted
    }

    /// Finds the step for one contact of the request; nil when it is out of order.
    private mutating func planStep(
        _ work: borrowing RegistrationWork, _ request: borrowing RegistrationRequest,
        _ update: Int, _ text: borrowing BindingText, _ address: UInt32?
    ) -> Int? {
        let contact = request.contacts[update]
        let isRemoval = contact.lifetime.stored(work.now) == nil
        if let earlier = earlierStep(work, request, update) {
            planRepetition(of: earlier, update, isRemoval: isRemoval)
            return earlier
        }
        guard let address,
            let found = match(address, text, regID: contact.regID, work.rules.matching)
        else {
            if isRemoval { noteRemoval(work, text, cseq: request.cseq, regID: contact.regID) }
            steps.append(RegistrationStep(isRemoval ? .nothing : .insert, for: update))
            return steps.count - 1
        }
        let order: Sequence =
            isAdopted(found, by: request)
            ? .newer
            : sequence(found, callID: text.callID, cseq: request.cseq, work.rules, work.now)
        guard order != .stale else { return nil }
        // Another contact of the request must not be matched with the same binding.
        contacts[found].state.insert(.claimed)
        let kind: RegistrationStep.Kind = isRemoval ? .remove : .update
        steps.append(RegistrationStep(order == .repeated ? .keep : kind, found, for: update))
        return steps.count - 1
    }

    /// Whether a binding that another server has told of becomes this server's own: who registers
    /// here is here, whatever that server knows of CSeq numbers.
    private func isAdopted(
        _ contact: UInt32, by request: borrowing RegistrationRequest
    ) -> Bool {
        request.ruidPrefix != .reginfo && peer(of: contact) != nil
    }

    /// The step about the binding that a contact of the request names, when an earlier contact of
    /// the request named it already; of several the one that was named last.
    private func earlierStep(
        _ work: borrowing RegistrationWork, _ request: borrowing RegistrationRequest,
        _ update: Int
    ) -> Int? {
        var found: Int?
        var latest = -1
        for step in steps.indices where steps[step].kind != .nothing {
            let other = steps[step].update
            assert(other < update)
            if other > latest, names(work, request, update, theSameAs: other) {
                found = step
                latest = other
            }
        }
        return found
    }

    /// Whether a contact of the request names the binding that an earlier one leaves behind.
    private func names(
        _ work: borrowing RegistrationWork, _ request: borrowing RegistrationRequest,
        _ update: Int, theSameAs earlier: Int
    ) -> Bool {
        let one = request.contacts[update]
        let two = request.contacts[earlier]
        let instance = work.bytes(one.instance)
        if !instance.isEmpty {
            let other = work.bytes(two.instance)
            return one.regID == two.regID
                && sameBytes(withoutBrackets(instance), withoutBrackets(other))
        }
        // Call-ID and Path are those of the request, so they are equal anyway.
        return work.rules.matching == .callID || sameBytes(work.bytes(one.uri), work.bytes(two.uri))
    }

    /// Plans a contact that was named before in the same request: the last naming counts, at the
    /// place of the first.
    private mutating func planRepetition(of earlier: Int, _ update: Int, isRemoval: Bool) {
        switch steps[earlier].kind {
        case .keep: return
        case .insert: steps[earlier].kind = isRemoval ? .nothing : .insert
        case .update, .remove: steps[earlier].kind = isRemoval ? .remove : .update
        case .nothing: preconditionFailure("a step without effect is not repeated")
        }
        steps[earlier].update = update
    }

    /// Whether a step leaves a binding behind that the request asked for.
    private func isKeeper(_ step: Int) -> Bool {
        assert(step < steps.count)
        return steps[step].kind == .insert || steps[step].kind == .update
    }

    /// Plans the end of all bindings that no step is about.
    private mutating func planRemovalOfOthers(_ address: UInt32?) {
        guard let address else { return }
        var contact = addresses[address].firstContact
        while contact != Slab<ContactRecord>.none {
            claimForRemoval(contact)
            contact = contacts[contact].next
        }
        assert(steps.count <= Int(addresses[address].contactCount) + Limits.contactsPerRequestMax)
    }

    /// Plans the end of a binding, unless a step is about it already.
    private mutating func claimForRemoval(_ contact: UInt32) {
        assert(!contacts[contact].state.contains(.removed))
        guard !contacts[contact].state.contains(.claimed) else { return }
        contacts[contact].state.insert(.claimed)
        steps.append(RegistrationStep(.remove, contact, for: -1))
    }

    /// Whether the steps would leave more bindings than are allowed.
    ///
    /// A request that adds none is never refused, even when the limit was lowered meanwhile.
    private func exceedsLimit(_ rules: RegistrationRules, _ address: UInt32?) -> Bool {
        // Expired ones were dropped, so all contacts of the record are valid.
        let before = address.map { Int(addresses[$0].contactCount) } ?? 0
        var after = before
        for step in steps {
            if step.kind == .insert { after += 1 }
            if step.kind == .remove { after -= 1 }
        }
        assert(after >= 0)
        let hardLimit = Limits.contactsPerAoRMax
        let limit = rules.contactsMax > 0 ? min(rules.contactsMax, hardLimit) : hardLimit
        return after > limit && after > before
    }

    // MARK: Carrying out

    /// Does all steps and returns the last change.
    private mutating func carryOut(
        _ work: borrowing RegistrationWork, _ request: borrowing RegistrationRequest,
        _ address: inout UInt32?
    ) -> RegistrationOutcome.Change {
        var change = RegistrationOutcome.Change.none
        for place in steps.indices {
            let step = steps[place]
            switch step.kind {
            case .insert:
                let home = address ?? addAddress(work.aor, work.tag)
                address = home
                insert(work, request, step.update, into: home)
                change = .inserted
            case .update where isAdopted(step.contact, by: request):
                // Its unique name says whose it is, so it gets another one.
                endContact(step.contact, .removed, now: work.now)
                if let home = address { insert(work, request, step.update, into: home) }
                change = .updated
            case .update:
                update(work, request, step.update, step.contact)
                change = .updated
            case .remove:
                endContact(step.contact, .removed, now: work.now)
                if step.update >= 0 { change = .removed }
            case .keep, .nothing: break
            }
        }
        // Only now: a removal may be followed by an insertion.
        if let left = address, dropAddressIfEmpty(left) { address = nil }
        return change
    }

    /// Adds the binding that a contact of the request asks for.
    private mutating func insert(
        _ work: borrowing RegistrationWork, _ request: borrowing RegistrationRequest,
        _ update: Int, into address: UInt32
    ) {
        guard let values = work.values(request, update) else {
            preconditionFailure("a removal was planned as an insertion")
        }
        let contact = addContact(
            work.text(request, update), values,
            ruid: ruids.next(request.ruidPrefix, now: work.now), to: address,
            newestFirst: work.rules.newestFirst)
        markChanged(contact, memoryOnly: work.rules.memoryOnly, now: work.now)
        record(.inserted, contact)
    }

    /// Refreshes a binding as a contact of the request asks.
    ///
    /// The unique name, the handle and the place in the timer wheel stay.
    private mutating func update(
        _ work: borrowing RegistrationWork, _ request: borrowing RegistrationRequest,
        _ update: Int, _ contact: UInt32
    ) {
        guard let values = work.values(request, update) else {
            preconditionFailure("a removal was planned as an update")
        }
        let text = work.text(request, update)
        // Matching by Call-ID alone keeps the URI that was registered first.
        let keepsURI = work.rules.matching == .callID && text.instance.isEmpty
        changeContact(
            contact, text, values, keepingURI: keepsURI, newestFirst: work.rules.newestFirst)
        markChanged(contact, memoryOnly: work.rules.memoryOnly, now: work.now)
        record(.updated, contact)
    }
}
