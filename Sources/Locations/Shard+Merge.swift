internal import Basics

/// Taking over what other servers tell of their registrations.
extension Shard {
    /// How a contact that is told of stands to what is known here.
    private enum Standing {
        /// Nothing is known of it.
        case unknown
        /// It is known, and what is told is nothing newer.
        case known(UInt32)
        /// It is known, and is to be changed in place.
        case newer(UInt32)
        /// It is known as this server's own or another one's, and belongs to the teller from now on.
        case moved(UInt32)
    }

    /// Takes over the contacts of one address-of-record.
    mutating func merge(
        _ aor: Span<UInt8>, _ tag: UInt32, _ registration: borrowing PeerRegistration,
        _ rules: RegistrationRules, now: WallTime
    ) -> PeerOutcome {
        var outcome = PeerOutcome()
        var address = find(aor, tag)
        // It forgets as well what an earlier plan or merge has claimed.
        if let found = address, dropExpired(found, now: now) { address = nil }
        for place in registration.contacts.indices {
            take(registration, place, aor, tag, &address, rules, now, &outcome)
        }
        if registration.isFull, let home = address {
            outcome.removed += endUnclaimed(home, of: registration.peer, now: now)
        }
        if let home = address, dropAddressIfEmpty(home) { address = nil }
        outcome.bindings = list(address, now: now) { _ in }
        outcome.shard = number
        outcome.changeNumber = changes.latest
        return outcome
    }

    /// The server that a contact was learnt from; nil for one that registered here.
    func peer(of contact: UInt32) -> UInt32? {
        let record = contacts[contact]
        guard record.ruid.isForeign else {
            let origin = ruids.origin(of: record.ruid)
            return origin.prefix == .reginfo ? origin.server : nil
        }
        let name = record.text.span().extracting(record.text.ruidPlace)
        guard RuidPrefix(nameBegins: name) == .reginfo else { return nil }
        return RuidOrigin.parse(name)?.origin.server ?? 0
    }

    // MARK: One contact

    /// Takes over one contact.
    private mutating func take(
        _ registration: borrowing PeerRegistration, _ place: Int, _ aor: Span<UInt8>,
        _ tag: UInt32, _ address: inout UInt32?, _ rules: RegistrationRules, _ now: WallTime,
        _ outcome: inout PeerOutcome
    ) {
        let peer = registration.peer
        let told = registration.contacts[place]
        let text = told.text
        guard text.fits, !told.uri.isEmpty, !told.callID.isEmpty else {
            outcome.refused += 1
            return
        }
        let found = address.flatMap { contact($0, sameAs: text, regID: told.regID, rules.matching) }
        guard let expires = told.expires, expires > now else {
            if let found, isEnded(found, told, by: peer) {
                endContact(found, .removed, now: now)
                outcome.removed += 1
            } else {
                outcome.passed += 1
            }
            return
        }
        let values = told.values(
            until: expires, registration.serverID, now, memoryOnly: rules.memoryOnly,
            cseq: found.map { contacts[$0].values.cseq } ?? 0)
        switch standing(found, told, values, from: peer) {
        case .known(let contact):
            contacts[contact].state.insert(.claimed)
            outcome.passed += 1
        case .newer(let contact):
            changeContact(
                contact, text, values, keepingURI: false, newestFirst: rules.newestFirst)
            markChanged(contact, memoryOnly: rules.memoryOnly, now: now)
            record(.updated, contact)
            contacts[contact].state.insert(.claimed)
            outcome.refreshed += 1
        case .moved(let contact):
            endContact(contact, .removed, now: now)
            _ = bind(text, values, peer, aor, tag, &address, rules, now)
            outcome.refreshed += 1
        case .unknown:
            if bind(text, values, peer, aor, tag, &address, rules, now) {
                outcome.added += 1
            } else {
                outcome.refused += 1
            }
        }
    }

    /// Binds a contact of another server; false when there is no room.
    private mutating func bind(
        _ text: borrowing BindingText, _ values: ContactValues, _ peer: UInt32,
        _ aor: Span<UInt8>, _ tag: UInt32, _ address: inout UInt32?, _ rules: RegistrationRules,
        _ now: WallTime
    ) -> Bool {
        let home = address ?? addAddress(aor, tag)
        address = home
        guard Int(addresses[home].contactCount) < Limits.contactsPerAoRMax else { return false }
        let contact = addContact(
            text, values, ruid: ruids.next(of: peer, now: now), to: home,
            newestFirst: rules.newestFirst)
        markChanged(contact, memoryOnly: rules.memoryOnly, now: now)
        record(.inserted, contact)
        contacts[contact].state.insert(.claimed)
        return true
    }

    /// Ends the contacts of a server that its full list has left out; returns how many.
    private mutating func endUnclaimed(_ home: UInt32, of peer: UInt32, now: WallTime) -> Int {
        var ended = 0
        var contact = addresses[home].firstContact
        while contact != Slab<ContactRecord>.none {
            let next = contacts[contact].next
            if !contacts[contact].state.contains(.claimed), self.peer(of: contact) == peer {
                endContact(contact, .removed, now: now)
                ended += 1
            }
            contact = next
        }
        return ended
    }

    // MARK: Rules

    /// The contact of an address record that is the binding told of.
    private func contact(
        _ address: UInt32, sameAs text: borrowing BindingText, regID: UInt32,
        _ matching: MatchingMode
    ) -> UInt32? {
        var contact = addresses[address].firstContact
        while contact != Slab<ContactRecord>.none {
            if isSame(contact, text, regID: regID, matching) { return contact }
            contact = contacts[contact].next
        }
        return nil
    }

    /// Whether a server may end a contact: it has told of it, and nothing newer is known.
    private func isEnded(_ contact: UInt32, _ told: PeerContact, by peer: UInt32) -> Bool {
        guard self.peer(of: contact) == peer else { return false }
        guard let cseq = told.cseq, hasCallID(contact, told.callID.span) else { return true }
        return cseq >= contacts[contact].values.cseq
    }

    /// How a living contact stands to the one that is known.
    private func standing(
        _ found: UInt32?, _ told: PeerContact, _ values: ContactValues, from peer: UInt32
    ) -> Standing {
        guard let found else { return .unknown }
        let stored = contacts[found].values
        let owner = self.peer(of: found)
        let isSameCall = hasCallID(found, told.callID.span)
        if owner == peer {
            if isSameCall, let cseq = told.cseq, cseq < stored.cseq { return .known(found) }
            return isDifferent(found, told, values) ? .newer(found) : .known(found)
        }
        // A server may tell of what it has learnt here: that is the same CSeq once more.
        if isSameCall {
            guard let cseq = told.cseq, cseq > stored.cseq else { return .known(found) }
            return .moved(found)
        }
        // Numbers of two calls cannot be compared: the later end is that of the later REGISTER.
        guard Self.isEarlier(stored.expiresSeconds, values.expiresSeconds) else {
            return .known(found)
        }
        return .moved(found)
    }

    /// Whether a contact of the same server has changed; a second more or less of its life is what
    /// the way has taken.
    private func isDifferent(
        _ contact: UInt32, _ told: PeerContact, _ values: ContactValues
    ) -> Bool {
        let stored = contacts[contact].values
        if stored.cseq != values.cseq || stored.qThousandths != values.qThousandths { return true }
        if abs(stored.expiresSeconds - values.expiresSeconds) > 2 { return true }
        let text = contacts[contact].text
        return !hasURI(contact, told.uri.span) || !hasCallID(contact, told.callID.span)
            || !text.has(told.received.span, at: text.receivedPlace)
            || !text.has(told.path.span, at: text.pathPlace)
            || !text.has(told.userAgent.span, at: text.userAgentPlace)
    }
}

extension PeerContact {
    /// Its text as the table takes it.
    fileprivate var text: BindingText {
        @_lifetime(borrow self)
        get {
            BindingText(
                uri: uri.span, callID: callID.span, userAgent: userAgent.span,
                received: received.span, path: path.span, instance: instance.span)
        }
    }

    /// Its numbers; `known` stands in for a CSeq that is not told.
    fileprivate func values(
        until expires: WallTime, _ serverID: UInt32, _ now: WallTime, memoryOnly: Bool,
        cseq known: UInt32
    ) -> ContactValues {
        var values = ContactValues(
            expiresSeconds: Int64(expires.seconds), lastModified: now)
        values.cseq = cseq ?? known
        values.methods = methods
        values.flags = memoryOnly ? 1 : 0
        values.regID = regID
        values.serverID = serverID
        values.qThousandths = Int16(clamping: q ?? -1)
        return values
    }
}
