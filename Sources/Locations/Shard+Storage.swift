public import Basics

/// What a database is asked to do about one binding.
public enum StorageChange: Sendable, Hashable {
    /// Write its row, replacing the one of the same unique name if there is one.
    ///
    /// `isNew` says that no write of it was confirmed yet. A row may exist all the same, when an
    /// earlier write failed after it had taken effect.
    case write(isNew: Bool)
    /// Delete the row of its unique name, provided that it expires at that time or earlier.
    ///
    /// The limit spares a row that another server has refreshed meanwhile; nil sets none.
    case erase(expiringBy: WallTime?)
}

/// The way of changes to the database.
///
/// A contact is queued by its first change and stays in its place by further ones, so that it is
/// written once with its latest values. A batch is handed out under the lock and written outside of
/// it; until it is confirmed or has failed, the shard hands out no other, which keeps the order of
/// writes to one row. The states of a contact and what leads from one to another:
///
///     new, queued ── handed out ──> in flight ── confirmed ──> stored ── changed ──> queued
///     in flight ── failed ──> queued again, in front      in flight ── changed ──> both
///     any ── removed: never handed out ──> gone at once; else removed and queued
///     removed, queued ── handed out ──> in flight ── confirmed ──> gone
extension Shard {
    /// Queues a contact after a change.
    mutating func markChanged(_ contact: UInt32, memoryOnly: Bool, now: WallTime) {
        assert(!contacts[contact].state.contains(.removed))
        guard persists else { return }
        if memoryOnly {
            contacts[contact].state.insert(.memoryOnly)
            return
        }
        contacts[contact].state.remove(.memoryOnly)
        enqueue(contact, now: now)
    }

    /// Lets go of a contact that is unlinked from everything but the queue.
    ///
    /// One that was never handed out is freed. Of one whose row may exist the unique name is kept,
    /// and in `expiresSeconds` the latest expiry that the row may have to be deleted, 0 for any.
    mutating func retire(_ contact: UInt32, _ cause: RemovalCause, now: WallTime) {
        guard persists, contacts[contact].mayBeStored else {
            if contacts[contact].state.contains(.queued) {
                queue.remove(contact, in: &contacts)
            }
            free(contact)
            return
        }
        // Somebody asked for the removal, or the row may say a later expiry than the contact did:
        // then the row goes whatever it says.
        let isGuarded = cause == .expired && !contacts[contact].state.contains(.shortened)
        if !isGuarded { contacts[contact].values.expiresSeconds = 0 }
        if keepsErased {
            contacts[contact].address = detachedCopy(of: contacts[contact].address)
        } else {
            contacts[contact].text.keepOnlyRuid()
        }
        contacts[contact].state.insert(.removed)
        enqueue(contact, now: now)
    }

    /// Hands out up to `limit` changes and returns how many; none while a batch is being written.
    mutating func handOut(
        limit: Int, _ each: (borrowing BindingView, StorageChange) -> Void
    ) -> Int {
        guard flight.isEmpty else { return 0 }
        while flight.count < limit, queue.count > 0 {
            let contact = queue.first
            queue.remove(contact, in: &contacts)
            contacts[contact].state.insert([.inFlight, .attempted])
            flight.append(contact)
            each(view(contact), change(contact))
        }
        if queue.count == 0 { changes.handedOut = changes.latest }
        return flight.count
    }

    /// Notes that the batch handed out last is in the database.
    mutating func confirm() {
        for contact in flight {
            contacts[contact].state.remove(.inFlight)
            let isQueued = contacts[contact].state.contains(.queued)
            if isQueued {
                // Its oldest change is now one after the batch; the last one is a safe guess.
                contacts[contact].dirtySince = contacts[contact].values.lastModifiedSeconds
            }
            if contacts[contact].state.contains(.removed) {
                if !isQueued { free(contact) }
            } else {
                contacts[contact].state.insert(.stored)
                if !isQueued { contacts[contact].state.remove(.shortened) }
            }
        }
        flight.removeAll(keepingCapacity: true)
        changes.confirmed = max(changes.confirmed, changes.handedOut)
        assert(changes.confirmed <= changes.latest)
    }

    /// Notes that the batch handed out last is not in the database, or only part of it: all of it
    /// waits again, in front and in its old order.
    mutating func fail() {
        for contact in flight.reversed() {
            contacts[contact].state.remove(.inFlight)
            if contacts[contact].state.contains(.queued) {
                queue.remove(contact, in: &contacts)
            }
            queue.prepend(contact, in: &contacts)
        }
        flight.removeAll(keepingCapacity: true)
        changes.handedOut = changes.confirmed
        assert(changes.confirmed <= changes.latest)
    }

    /// Number of contacts whose row is not up to date.
    var dirtyCount: Int {
        var both = 0
        for contact in flight where contacts[contact].state.contains(.queued) { both += 1 }
        return queue.count + flight.count - both
    }

    /// Since when the oldest change waits, or nil when all is in the database.
    var dirtySince: WallTime? {
        let waiting = queue.count > 0 ? queue.first : flight.first
        guard let waiting else { return nil }
        assert(contacts.isLive(waiting))
        let oldest = min(
            contacts[waiting].dirtySince, contacts[flight.first ?? waiting].dirtySince)
        return WallTime(seconds: Int(oldest))
    }

    private func change(_ contact: UInt32) -> StorageChange {
        let record = contacts[contact]
        assert(record.state.contains(.inFlight))
        if record.state.contains(.removed) { return .erase(expiringBy: record.values.expires) }
        return .write(isNew: !record.state.contains(.stored))
    }

    private mutating func enqueue(_ contact: UInt32, now: WallTime) {
        assert(persists)
        changes.latest += 1
        guard !contacts[contact].state.contains(.queued) else { return }
        if !contacts[contact].state.contains(.inFlight) {
            contacts[contact].dirtySince = UInt32(clamping: now.seconds)
        }
        queue.append(contact, in: &contacts)
    }

    private mutating func free(_ contact: UInt32) {
        assert(contacts[contact].state.isDisjoint(with: [.queued, .inFlight]))
        if contacts[contact].state.contains(.removed), keepsAddress(contact) {
            let name = contacts[contact].address
            addresses[name].free()
            addresses.remove(name)
        }
        contacts[contact].text.free()
        contacts.remove(contact)
    }

    /// A record with the name of another that no index leads to and that has no contacts: all that
    /// a removed contact needs of it once the other is gone.
    private mutating func detachedCopy(of address: UInt32) -> UInt32 {
        precondition(addresses.isLive(address))
        var copy = ByteWriter(capacity: Limits.aorBytesMax)
        copy.append(name(of: address))
        return addresses.insert(AddressRecord(copy.span, tag: addresses[address].tag))
    }
}
