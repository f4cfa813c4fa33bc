internal import Basics

/// Ending bindings: by time, by `Contact: *`, by command.
extension Shard {
    // MARK: Time

    /// Looks at up to `limit` contacts whose time in the wheel has come and ends those that have
    /// expired; returns whether more are due.
    mutating func expire(
        now: WallTime, limit: Int, ended: inout Int, _ each: (borrowing BindingView) -> Void
    ) -> Bool {
        precondition(limit > 0)
        for _ in 0..<limit {
            guard let contact = wheel.takeDue(now: Int64(now.seconds), in: &contacts) else {
                return false
            }
            let expires = contacts[contact].values.expiresSeconds
            // It became permanent since it was filed.
            if expires == 0 { continue }
            // It was refreshed since it was filed: this is where that costs its one move.
            guard !contacts[contact].isValid(now) else {
                wheel.file(contact, at: expires, in: &contacts)
                continue
            }
            // Shown while all of its text is still there.
            each(view(contact))
            let address = contacts[contact].address
            endContact(contact, .expired, now: now)
            dropAddressIfEmpty(address)
            ended += 1
        }
        return true
    }

    /// Ends the expired bindings of one address record; says whether the record went with them.
    ///
    /// A registration begins with this, so that an expired binding that the wheel has not reached
    /// yet never takes part in it. It also forgets what the last plan had claimed.
    mutating func dropExpired(_ address: UInt32, now: WallTime) -> Bool {
        var contact = addresses[address].firstContact
        var seen = 0
        while contact != Slab<ContactRecord>.none {
            let next = contacts[contact].next
            contacts[contact].state.remove(.claimed)
            if !contacts[contact].isValid(now) { endContact(contact, .expired, now: now) }
            contact = next
            seen += 1
        }
        assert(seen > 0, "an address record without contacts was left behind")
        return dropAddressIfEmpty(address)
    }

    // MARK: Requests and commands

    /// Carries `Contact: *` out: ends all bindings unless one was registered under the same Call-ID
    /// with a CSeq that is not lower (RFC 3261 10.3 step 6).
    mutating func removeAll(
        _ work: borrowing RegistrationWork, callID: Span<UInt8>, cseq: UInt32,
        _ each: (borrowing BindingView) -> Void
    ) -> RegistrationOutcome {
        var outcome = RegistrationOutcome(status: .accepted)
        outcome.change = .removed
        let address = find(work.aor, work.tag)
        if let address, isStale(address, callID, cseq, now: work.now) {
            outcome.status = .outOfOrder
            outcome.change = .none
            outcome.bindings = list(address, now: work.now, each)
        } else {
            loadingRemovals?.noteAll(work.aor, callID: callID, cseq: cseq, now: work.now)
            if let address { _ = endContacts(of: address, now: work.now) { _ in true } }
        }
        outcome.shard = number
        outcome.changeNumber = changes.latest
        return outcome
    }

    /// Ends the bindings of a record for which `isMeant` is true, and the record when none is left;
    /// returns how many.
    mutating func endContacts(
        of address: UInt32, now: WallTime, where isMeant: (borrowing BindingView) -> Bool
    ) -> Int {
        var contact = addresses[address].firstContact
        var ended = 0
        while contact != Slab<ContactRecord>.none {
            let next = contacts[contact].next
            if isMeant(view(contact)) {
                endContact(contact, contacts[contact].isValid(now) ? .removed : .expired, now: now)
                ended += 1
            }
            contact = next
        }
        dropAddressIfEmpty(address)
        return ended
    }

    /// Drops an address record and its contacts as if they had never been there.
    ///
    /// No row is deleted and nobody is told: for tables that are only a workplace (db_mode 3).
    mutating func forget(_ address: UInt32) {
        var contact = addresses[address].firstContact
        while contact != Slab<ContactRecord>.none {
            let next = contacts[contact].next
            precondition(!contacts[contact].state.contains(.inFlight), "it is being written")
            if contacts[contact].state.contains(.queued) {
                queue.remove(contact, in: &contacts)
            }
            wheel.remove(contact, in: &contacts)
            unfileName(contact)
            contacts[contact].text.free()
            contacts.remove(contact)
            addresses[address].contactCount -= 1
            statistics.contacts.add(-1)
            contact = next
        }
        addresses[address].firstContact = Slab<ContactRecord>.none
        dropAddressIfEmpty(address)
    }

    /// Whether a star with that Call-ID and CSeq is out of order for any valid binding.
    private func isStale(
        _ address: UInt32, _ callID: Span<UInt8>, _ cseq: UInt32, now: WallTime
    ) -> Bool {
        var contact = addresses[address].firstContact
        while contact != Slab<ContactRecord>.none {
            if contacts[contact].isValid(now), hasCallID(contact, callID),
                contacts[contact].values.cseq >= cseq
            {
                return true
            }
            contact = contacts[contact].next
        }
        return false
    }
}
