internal import Basics

/// One part of a location table: everything that one lock guards.
///
/// It owns the index from hashes to address records, the slabs of address records and contacts,
/// the timer wheel, the queue of changes for the database and the journal of events for listeners.
/// Nothing in it is reached from outside but through its methods, under the lock.
///
/// A contact that is bound stands in the list of its address record, in descending order of q, and
/// in the timer wheel unless it is permanent. A contact that was removed while the database may
/// still hold its row stands in the queue of changes only; see `Shard+Storage.swift`.
struct Shard: ~Copyable {
    /// Its number within the table.
    let number: Int
    /// Whether changes are queued for a database.
    let persists: Bool
    /// From the hash of a name to its address record.
    var index = HashIndex()
    /// From the hash of a unique name to its contact, for contacts with an instance.
    var names = HashIndex()
    /// The addresses-of-record.
    var addresses = Slab<AddressRecord>()
    /// The contacts, and those removed ones whose rows are to be deleted.
    var contacts = Slab<ContactRecord>()
    /// When to look at which contact.
    var wheel: TimerWheel
    /// Draws unique names.
    var ruids: RuidRegister
    /// Changes that are not in the database yet.
    var queue = ChangeQueue()
    /// The contacts of the batch being written, in the order they were handed out.
    var flight: [UInt32] = []
    /// Number of the last change, of the last one handed out and of the last one confirmed.
    var changes = ChangeNumbers()
    /// What listeners have not read yet.
    var journal = EventJournal()
    /// Removals that a row still to be loaded must not undo; nil when nothing is being loaded.
    var loadingRemovals: LoadingRemovals?
    /// The plan of the registration at hand; kept for its room.
    var steps: [RegistrationStep] = []
    /// The table's statistics.
    let statistics: LocationStatistics

    /// An empty shard.
    init(number: Int, seed: RuidSeed, persists: Bool, now: WallTime, _ figures: LocationStatistics)
    {
        precondition(number >= 0 && number < LocationTable.shardCount)
        self.number = number
        self.persists = persists
        wheel = TimerWheel(now: Int64(now.seconds))
        ruids = RuidRegister(seed: seed, shard: number)
        statistics = figures
    }

    deinit {
        for place in 0..<contacts.placesUsed where contacts.isLive(place) {
            contacts[place].text.free()
        }
        for place in 0..<addresses.placesUsed where addresses.isLive(place) {
            addresses[place].free()
        }
        assert(contacts.count >= queue.count)
    }

    // MARK: Addresses-of-record

    /// The record of a name, or nil.
    func find(_ aor: Span<UInt8>, _ tag: UInt32) -> UInt32? {
        index.find(tag) { candidate in
            assert(addresses[candidate].tag == tag)
            return sameBytes(name(of: candidate), aor)
        }
    }

    /// The name of an address record.
    @_lifetime(borrow self)
    func name(of address: UInt32) -> Span<UInt8> {
        precondition(addresses.isLive(address))
        let span = unsafe Span(
            _unsafeElements: AddressRecord.name(UnsafePointer(addresses.address(of: address))))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Makes a record for a name that has none.
    mutating func addAddress(_ aor: Span<UInt8>, _ tag: UInt32) -> UInt32 {
        assert(find(aor, tag) == nil, "a name has one record")
        let address = addresses.insert(AddressRecord(aor, tag: tag))
        index.insert(tag, address)
        statistics.users.add(1)
        return address
    }

    /// Drops a record without contacts; says whether it did.
    @discardableResult
    mutating func dropAddressIfEmpty(_ address: UInt32) -> Bool {
        guard addresses[address].contactCount == 0 else { return false }
        assert(addresses[address].firstContact == Slab<ContactRecord>.none)
        index.remove(addresses[address].tag, address)
        addresses[address].free()
        addresses.remove(address)
        statistics.users.add(-1)
        return true
    }

    // MARK: Looking

    /// A view of a contact; of a removed one only its unique name and expiry mean something.
    @_lifetime(borrow self)
    func view(_ contact: UInt32) -> BindingView {
        let record = unsafe UnsafePointer(contacts.address(of: contact))
        let handle = ContactHandle(shard: number, slab: contacts.handle(contact))
        let origin = unsafe ruids.origin(of: record.pointee.ruid)
        let text = unsafe record.pointee.text.span()
        if unsafe record.pointee.state.contains(.removed) {
            let view = unsafe BindingView(
                record: record, text: text, aor: Span(), origin: origin, handle: handle)
            return unsafe _overrideLifetime(view, borrowing: self)
        }
        let aor = unsafe name(of: record.pointee.address)
        let view = unsafe BindingView(
            record: record, text: text, aor: aor, origin: origin, handle: handle)
        return unsafe _overrideLifetime(view, borrowing: self)
    }

    /// Shows the bindings of an address record in order, and returns how many.
    func list(
        _ address: UInt32?, now: WallTime, includingExpired: Bool = false,
        _ each: (borrowing BindingView) -> Void
    ) -> Int {
        guard let address else { return 0 }
        var shown = 0
        var contact = addresses[address].firstContact
        while contact != Slab<ContactRecord>.none {
            if includingExpired || contacts[contact].isValid(now) {
                each(view(contact))
                shown += 1
            }
            contact = contacts[contact].next
        }
        assert(shown <= Int(addresses[address].contactCount))
        return shown
    }
}

/// It owns all memory that it points to, and `LocationTable` only touches it under its lock.
extension Shard: @unchecked Sendable {}
