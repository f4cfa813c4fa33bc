internal import Basics

/// Taking rows of the database in, while registrations may already be coming in.
extension Shard {
    /// Merges one row; the newer of row and binding wins, and nothing is bound twice.
    mutating func load(
        _ row: borrowing LoadedBinding, _ tag: UInt32, _ rules: RegistrationRules, now: WallTime
    ) -> LoadResult {
        guard row.text.fits, !row.ruid.isEmpty, row.ruid.count <= Limits.ruidBytesMax,
            !row.text.uri.isEmpty, row.aor.count <= Limits.aorBytesMax
        else { return .refused }
        // What is being erased was removed after the row was written.
        if isBeingErased(row.ruid) { return .superseded }
        if let address = find(row.aor, tag) {
            // The same row once more, after a load that broke off.
            if let twin = contact(of: address, named: row.ruid) {
                return reload(row, twin, rules, now: now)
            }
            // The same binding under another name: one of the two has to go.
            let same = contact(of: address, sameAs: row, rules)
            if let same, contacts[same].isValid(now) {
                guard isNewer(row, same) else { return supersede(row, now: now) }
                endContact(same, .removed, now: now)
            }
        }
        guard row.values.isValid(now) else {
            eraseRow(row.ruid, expiringBy: row.values.expiresSeconds, now: now)
            return persists ? .expired : .superseded
        }
        if loadingRemovals?.covers(row) ?? false { return supersede(row, now: now) }
        return bind(row, tag, rules)
    }

    /// Notes a removal of something the table does not have, in case it is still to be loaded.
    mutating func noteRemoval(
        _ work: borrowing RegistrationWork, _ text: borrowing BindingText, cseq: UInt32,
        regID: UInt32
    ) {
        assert(text.fits)
        loadingRemovals?.note(work.aor, text, cseq: cseq, regID: regID, now: work.now)
    }

    /// Makes a binding of a row, which stays unqueued: its row is what it says already.
    private mutating func bind(
        _ row: borrowing LoadedBinding, _ tag: UInt32, _ rules: RegistrationRules
    ) -> LoadResult {
        let address = find(row.aor, tag) ?? addAddress(row.aor, tag)
        guard Int(addresses[address].contactCount) < Limits.contactsPerAoRMax else {
            return .refused
        }
        let ruid = ruids.intern(row.ruid) ?? .foreign
        let contact = addContact(
            row.text, row.values, ruid: ruid, foreignRuid: ruid.isForeign ? row.ruid : Span(),
            to: address, newestFirst: rules.newestFirst)
        contacts[contact].state = [.attempted, .stored]
        assert(!contacts[contact].state.contains(.queued))
        return .loaded
    }

    /// Takes over a row that is bound already, if another server has refreshed it meanwhile.
    private mutating func reload(
        _ row: borrowing LoadedBinding, _ contact: UInt32, _ rules: RegistrationRules,
        now: WallTime
    ) -> LoadResult {
        // What was changed here and is not written yet is newer by definition.
        let isUnsaved = !contacts[contact].state.isDisjoint(with: [.queued, .inFlight])
        guard !isUnsaved, isNewer(row, contact), row.values.isValid(now) else {
            return .superseded
        }
        changeContact(
            contact, row.text, row.values, keepingURI: false, newestFirst: rules.newestFirst)
        contacts[contact].state.remove(.shortened)
        assert(contacts[contact].state.contains(.stored))
        return .loaded
    }

    /// Turns a row down, which then must not be found by the next load either.
    private mutating func supersede(_ row: borrowing LoadedBinding, now: WallTime) -> LoadResult {
        eraseRow(row.ruid, expiringBy: 0, now: now)
        return .superseded
    }

    /// Queues the deletion of a row that is no binding.
    ///
    /// It takes the slot of a contact that was removed, so that there is one queue and one life.
    private mutating func eraseRow(_ name: Span<UInt8>, expiringBy limit: Int64, now: WallTime) {
        guard persists else { return }
        let ruid = ruids.intern(name) ?? .foreign
        let nothing = Span<UInt8>()
        let text = BindingText(
            uri: nothing, callID: nothing, userAgent: nothing, received: nothing, path: nothing,
            instance: nothing)
        var record = ContactRecord(
            values: ContactValues(expiresSeconds: limit, lastModified: now),
            text: ContactText(ruid: ruid.isForeign ? name : Span(), text), ruid: ruid,
            address: Slab<AddressRecord>.none)
        record.state = [.attempted, .stored, .removed]
        record.dirtySince = UInt32(clamping: now.seconds)
        let contact = contacts.insert(record)
        changes.latest += 1
        queue.append(contact, in: &contacts)
        assert(contacts[contact].state.contains(.queued))
    }

    /// Whether the deletion of a row is queued or being written.
    private func isBeingErased(_ name: Span<UInt8>) -> Bool {
        let number = ruids.find(name)
        var contact = queue.first
        while contact != Slab<ContactRecord>.none {
            if contacts[contact].state.contains(.removed), hasRuid(contact, name, number) {
                return true
            }
            contact = contacts[contact].queueNext
        }
        for contact in flight where contacts[contact].state.contains(.removed) {
            if hasRuid(contact, name, number) { return true }
        }
        return false
    }

    /// The contact of an address record with a unique name.
    func contact(of address: UInt32, named name: Span<UInt8>) -> UInt32? {
        let number = ruids.find(name)
        var contact = addresses[address].firstContact
        while contact != Slab<ContactRecord>.none {
            if hasRuid(contact, name, number) { return contact }
            contact = contacts[contact].next
        }
        return nil
    }

    /// The contact of an address record that is the binding of a row.
    private func contact(
        of address: UInt32, sameAs row: borrowing LoadedBinding, _ rules: RegistrationRules
    ) -> UInt32? {
        var contact = addresses[address].firstContact
        while contact != Slab<ContactRecord>.none {
            if isSame(contact, row.text, regID: row.values.regID, rules.matching) {
                return contact
            }
            contact = contacts[contact].next
        }
        return nil
    }

    /// Whether a row is newer than a binding: by CSeq under one Call-ID, else by time.
    private func isNewer(_ row: borrowing LoadedBinding, _ contact: UInt32) -> Bool {
        let stored = contacts[contact].values
        if hasCallID(contact, row.text.callID), row.values.cseq != stored.cseq {
            return row.values.cseq > stored.cseq
        }
        return row.values.lastModifiedSeconds > stored.lastModifiedSeconds
    }
}
