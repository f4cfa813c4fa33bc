internal import Basics

/// Why a binding ends.
enum RemovalCause: Sendable {
    /// Somebody asked for it.
    case removed
    /// Its time has come.
    case expired
}

/// Adding, changing, ordering and removing single contacts.
extension Shard {
    private static var none: UInt32 { Slab<ContactRecord>.none }

    /// Binds a contact to an address record and returns its index.
    mutating func addContact(
        _ text: borrowing BindingText, _ values: ContactValues, ruid: Ruid,
        foreignRuid: Span<UInt8> = Span(), to address: UInt32, newestFirst: Bool
    ) -> UInt32 {
        precondition(ruid.isForeign == !foreignRuid.isEmpty)
        let record = ContactRecord(
            values: values, text: ContactText(ruid: foreignRuid, text), ruid: ruid,
            address: address)
        let contact = contacts.insert(record)
        addresses[address].contactCount += 1
        fileName(contact)
        link(contact, newestFirst: newestFirst)
        if values.expiresSeconds != 0 {
            wheel.file(contact, at: values.expiresSeconds, in: &contacts)
        }
        statistics.contacts.add(1)
        return contact
    }

    /// Gives a contact other text and numbers; the unique name stays.
    mutating func changeContact(
        _ contact: UInt32, _ text: borrowing BindingText, _ values: ContactValues,
        keepingURI: Bool, newestFirst: Bool
    ) {
        assert(!contacts[contact].state.contains(.removed))
        let old = contacts[contact].values
        // A contact of the same URI may come without the instance that the last one had.
        let isRenamed = (contacts[contact].text.instanceCount > 0) == text.instance.isEmpty
        if isRenamed { unfileName(contact) }
        _ = contacts[contact].text.replace(text, keepingURI: keepingURI)
        if isRenamed { fileName(contact) }
        contacts[contact].values = values
        contacts[contact].lastKeepalive = values.lastModifiedSeconds
        if Self.isEarlier(values.expiresSeconds, old.expiresSeconds) {
            if contacts[contact].mayBeStored { contacts[contact].state.insert(.shortened) }
        }
        refile(contact)
        // A refresh that leaves q alone, which is nearly every one, need not look at the list.
        if newestFirst || values.qThousandths != old.qThousandths {
            reposition(contact, newestFirst: newestFirst)
        }
    }

    /// Ends a binding; the address record stays, even without contacts.
    mutating func endContact(_ contact: UInt32, _ cause: RemovalCause, now: WallTime) {
        precondition(!contacts[contact].state.contains(.removed), "removed already")
        record(cause == .expired ? .expired : .removed, contact)
        unfileName(contact)
        wheel.remove(contact, in: &contacts)
        // The record goes on existing for a moment even if this was its last contact.
        unlink(contact)
        addresses[contacts[contact].address].contactCount -= 1
        statistics.contacts.add(-1)
        if cause == .expired { statistics.expired.add(1) }
        retire(contact, cause, now: now)
    }

    // MARK: Time

    /// Whether the first expiry lies before the second; 0 means never.
    static func isEarlier(_ first: Int64, _ second: Int64) -> Bool {
        assert(first >= 0 && second >= 0)
        return first != 0 && (second == 0 || first < second)
    }

    /// Files a contact again when it would come out of the wheel too late.
    ///
    /// A later expiry moves nothing: the contact comes out at its old time and is filed again then.
    private mutating func refile(_ contact: UInt32) {
        let expires = contacts[contact].values.expiresSeconds
        guard expires != 0 else { return }
        let link = contacts[contact].timerLink
        if link.isFiled {
            guard wheel.dueTime(link) > expires else { return }
            wheel.remove(contact, in: &contacts)
        }
        wheel.file(contact, at: expires, in: &contacts)
        assert(contacts[contact].timerLink.isFiled)
    }

    // MARK: Order

    /// Puts a contact into its list: before the first with a smaller q, so that equal ones keep
    /// the order of their arrival; or at the head.
    private mutating func link(_ contact: UInt32, newestFirst: Bool) {
        let address = contacts[contact].address
        let q = contacts[contact].values.qThousandths
        var previous = Self.none
        var next = addresses[address].firstContact
        while !newestFirst, next != Self.none, contacts[next].values.qThousandths >= q {
            previous = next
            next = contacts[next].next
        }
        assert(next != contact)
        contacts[contact].next = next
        if previous == Self.none {
            addresses[address].firstContact = contact
        } else {
            contacts[previous].next = contact
        }
    }

    /// Takes a contact out of its list.
    private mutating func unlink(_ contact: UInt32) {
        let address = contacts[contact].address
        let previous = predecessor(of: contact)
        if previous == Self.none {
            precondition(addresses[address].firstContact == contact)
            addresses[address].firstContact = contacts[contact].next
        } else {
            contacts[previous].next = contacts[contact].next
        }
        contacts[contact].next = Self.none
    }

    /// Moves a contact when its place is wrong for its q, or to the head.
    private mutating func reposition(_ contact: UInt32, newestFirst: Bool) {
        let previous = predecessor(of: contact)
        let next = contacts[contact].next
        let q = contacts[contact].values.qThousandths
        if newestFirst {
            if previous == Self.none { return }
        } else {
            let fitsBefore = previous == Self.none || contacts[previous].values.qThousandths >= q
            let fitsBehind = next == Self.none || contacts[next].values.qThousandths <= q
            if fitsBefore && fitsBehind { return }
        }
        unlink(contact)
        link(contact, newestFirst: newestFirst)
    }

    /// The contact before another in its list, or none; lists are short.
    private func predecessor(of contact: UInt32) -> UInt32 {
        var previous = Self.none
        var place = addresses[contacts[contact].address].firstContact
        while place != contact {
            precondition(place != Self.none, "the contact is not in its list")
            previous = place
            place = contacts[place].next
        }
        return previous
    }
}
