public import Basics
internal import Synchronization

/// Figures of one table, as `stats.get_statistics` shows them.
public struct LocationStatistics: Sendable {
    /// Addresses-of-record with bindings.
    public let users = Counter()
    /// Bindings, including those that have expired but are not collected yet.
    public let contacts = Counter()
    /// Bindings that have expired since the start or the last reset.
    public let expired = Counter()

    /// All zero.
    public init() {}
}

/// What is decided about a table when it is made.
public struct LocationTableOptions: Sendable, Hashable {
    /// Slots for addresses-of-record that are set aside from the start, for all shards together.
    ///
    /// A table grows as it must; one that is set aside for its size need not do so under load.
    public var slots = 0
    /// Whether a removed binding keeps its text and its address-of-record until its row is gone,
    /// for a database whose rows are found by them and not by their unique names.
    public var keepsErased = false

    /// A table that starts small and erases rows by their unique names.
    public init() {}
}

/// One location table: the bindings of all addresses-of-record, in memory.
///
/// The table is cut into shards by a keyed hash of the address-of-record; each shard has one lock,
/// and no call holds two. A look-up is: hash, lock, one probe of an index of eight-byte slots, one
/// address record, its contacts. A refresh writes over the contact where it lies and allocates
/// nothing unless its text grew. Time comes in as an argument and must be the wall clock; the table
/// reads no clock, opens no file and logs nothing.
///
/// Closures that are passed in run under the lock of a shard. They copy what they need, make no
/// system call and do not call the table. What the world must know of a change leaves by two
/// queues that are read outside the locks: `handOut` for the database, `takeEvents` for listeners.
public final class LocationTable: Sendable {
    /// Number of shards: enough that dozens of workers hardly ever meet.
    public static let shardCount = 64

    /// A shard and its lock on cache lines of their own.
    private struct Cell: ~Copyable {
        let shard: Guarded<Shard>
        /// Keeps the neighbour's lock out of this one's last cache line.
        private let padding = InlineArray<8, UInt64>(repeating: 0)

        init(_ shard: consuming Shard) { self.shard = Guarded(shard) }
    }

    /// Its name: the argument of save() and the name of the table in the database.
    public let name: String
    /// Whether changes are queued for a database; see `handOut`.
    public let persists: Bool
    /// How many users and contacts there are.
    public let statistics: LocationStatistics
    private let hash: KeyedHash
    private let cells: [64 of Cell]

    /// An empty table.
    ///
    /// - Parameters:
    ///   - name: The name of the table.
    ///   - hash: The hash under a key that strangers do not know.
    ///   - seed: What makes unique names unique.
    ///   - persists: Whether changes are queued for a database. Then somebody must fetch them.
    ///   - options: What else is decided about it.
    ///   - now: The present time.
    public init(
        name: String, hash: KeyedHash, seed: RuidSeed, persists: Bool = false,
        options: LocationTableOptions = LocationTableOptions(), now: WallTime
    ) {
        precondition(Self.shardCount == 1 << RuidRegister.shardBits)
        precondition(options.slots >= 0 && options.slots <= Limits.tableSlotsMax)
        let figures = LocationStatistics()
        self.name = name
        self.hash = hash
        self.persists = persists
        statistics = figures
        cells = InlineArray { number in
            Cell(
                Shard(
                    number: number, seed: seed, persists: persists, options: options, now: now,
                    figures))
        }
    }

    // MARK: Registrations

    /// Carries out a registration: all of it or nothing.
    ///
    /// - Parameters:
    ///   - aor: The address-of-record, canonical (`AddressOfRecord`), at most
    ///     `Limits.aorBytesMax` bytes.
    ///   - request: The contacts and what goes for all of them.
    ///   - message: The bytes that `TextPlace.message` refers to.
    ///   - scratch: The bytes that `TextPlace.scratch` refers to.
    ///   - rules: The settings.
    ///   - now: The present time.
    ///   - each: Sees the bindings that are valid afterwards, in order; after a failure those that
    ///     were valid before.
    /// - Returns: What became of it.
    public func register(
        _ aor: Span<UInt8>, _ request: borrowing RegistrationRequest, message: Span<UInt8>,
        scratch: Span<UInt8> = Span(), rules: RegistrationRules, now: WallTime,
        each: (borrowing BindingView) -> Void = { _ in }
    ) -> RegistrationOutcome {
        let key = key(aor)
        let work = RegistrationWork(
            aor: aor, tag: key.tag, message: message, scratch: scratch, rules: rules, now: now)
        return cells[key.shard].shard.withLock { shard in
            shard.journal.origin = request.origin
            return shard.register(work, request, each)
        }
    }

    /// Carries out `Contact: *`: ends all bindings of an address-of-record, unless one was
    /// registered under the same Call-ID with a CSeq that is not lower (RFC 3261 10.3 step 6).
    ///
    /// - Parameters:
    ///   - aor: The address-of-record.
    ///   - callID: The Call-ID of the request.
    ///   - cseq: Its CSeq number.
    ///   - now: The present time.
    ///   - marks: What listeners are told of it.
    ///   - each: Sees the bindings that stay after a failure.
    /// - Returns: `removed` also when there was nothing to remove.
    public func removeAll(
        _ aor: Span<UInt8>, callID: Span<UInt8>, cseq: UInt32, now: WallTime,
        marks: BindingMarks = [], each: (borrowing BindingView) -> Void = { _ in }
    ) -> RegistrationOutcome {
        let key = key(aor)
        let work = RegistrationWork(
            aor: aor, tag: key.tag, message: Span(), scratch: Span(), rules: RegistrationRules(),
            now: now)
        return cells[key.shard].shard.withLock { shard in
            shard.journal.origin = ChangeOrigin(.registration, marks: marks)
            return shard.removeAll(work, callID: callID, cseq: cseq, each)
        }
    }

    // MARK: Commands

    /// Ends the bindings of an address-of-record for which `isMeant` is true, without asking for
    /// Call-ID or CSeq (`ul.rm`, `ul.rm_contact`, unregister()); returns how many.
    public func remove(
        _ aor: Span<UInt8>, now: WallTime, marks: BindingMarks = [],
        where isMeant: (borrowing BindingView) -> Bool = { _ in true }
    ) -> Int {
        let key = key(aor)
        return cells[key.shard].shard.withLock { shard in
            guard let address = shard.find(aor, key.tag) else { return 0 }
            shard.journal.origin = ChangeOrigin(.command, marks: marks)
            return shard.endContacts(of: address, now: now, where: isMeant)
        }
    }

    /// Drops an address-of-record as if it had never been there: no row is deleted, nobody is told.
    public func forget(_ aor: Span<UInt8>) {
        let key = key(aor)
        cells[key.shard].shard.withLock { shard in
            if let address = shard.find(aor, key.tag) { shard.forget(address) }
        }
    }

    // MARK: Looking

    /// Shows the bindings of an address-of-record in order: descending q, or newest first.
    ///
    /// - Parameters:
    ///   - aor: The address-of-record.
    ///   - now: The present time.
    ///   - includingExpired: Whether to show bindings that have expired and are not collected yet.
    ///   - each: Sees the bindings.
    /// - Returns: How many were shown.
    @discardableResult
    public func lookUp(
        _ aor: Span<UInt8>, now: WallTime, includingExpired: Bool = false,
        each: (borrowing BindingView) -> Void
    ) -> Int {
        let key = key(aor)
        return cells[key.shard].shard.withLock { shard in
            let address = shard.find(aor, key.tag)
            return shard.list(address, now: now, includingExpired: includingExpired, each)
        }
    }

    /// Shows the contact of a handle; false when it is gone.
    public func withContact(
        _ handle: ContactHandle, _ look: (borrowing BindingView) -> Void
    ) -> Bool {
        withShard(Int(handle.shard)) { shard in
            guard let contact = shard.contacts.index(of: handle.slab) else { return false }
            if shard.contacts[contact].state.contains(.removed) { return false }
            look(shard.view(contact))
            return true
        }
    }

    /// Notes that a contact answered a keepalive.
    ///
    /// - Parameters:
    ///   - handle: The contact.
    ///   - now: The present time.
    ///   - microseconds: How long the answer took.
    /// - Returns: False when the contact is gone.
    public func noteKeepalive(
        _ handle: ContactHandle, now: WallTime, microseconds: Int
    ) -> Bool {
        precondition(microseconds >= 0)
        return withShard(Int(handle.shard)) { shard in
            guard let contact = shard.contacts.index(of: handle.slab) else { return false }
            if shard.contacts[contact].state.contains(.removed) { return false }
            shard.contacts[contact].lastKeepalive = UInt32(clamping: now.seconds)
            shard.contacts[contact].keepaliveRoundTrip = UInt32(clamping: microseconds)
            return true
        }
    }

    /// The hash of an address-of-record: the same as long as the table lives.
    public func hashValue(of aor: Span<UInt8>) -> UInt64 { hash.hash(aor) }

    // MARK: Shards

    /// Runs `body` with a shard under its lock.
    func withShard<R: Sendable>(_ number: Int, _ body: (inout Shard) -> R) -> R {
        precondition(number >= 0 && number < Self.shardCount, "no such shard")
        return cells[number].shard.withLock { shard in body(&shard) }
    }

    /// The shard of a name and the hash it is filed under there.
    private func key(_ aor: Span<UInt8>) -> (shard: Int, tag: UInt32) {
        let value = hash.hash(aor)
        // Different bits, or all names of a shard would lie in one part of its index.
        return (Int(value >> 58), UInt32(truncatingIfNeeded: value))
    }
}
