internal import Basics
internal import EventDocuments
internal import Locations

/// What is to be told of which address-of-record: a value without clock and sender.
///
/// Of each address-of-record one document is on its way at most. What happens meanwhile is gathered
/// and goes into the next; what a document told that was not taken goes into the next too, so that
/// no end of a contact is ever left out.
struct PublicationBook: Sendable {
    /// Contacts that ended, of one address-of-record, that one document tells of at most.
    static let endingsMax = 64
    /// Seconds after which a document that was not taken is tried again, doubled each time.
    static let retrySeconds = 5
    /// Most seconds between two tries.
    static let retrySecondsMax = 300
    /// Tries after which an address-of-record without contacts is given up.
    static let triesMax = 8

    /// Documents that are on their way at most; further ones wait here, where they are small.
    static let inFlightMax = 4_096

    /// An address-of-record of a table.
    struct Key: Sendable, Hashable {
        /// The name of the table.
        var table: String
        /// The address-of-record.
        var aor: [UInt8]
    }

    /// What has happened to a contact.
    struct Note: Sendable {
        /// The unique name of the contact.
        var ruid: [UInt8]
        /// What happened last, in the words of RFC 3680.
        var event: RegistrationInfo.Contact.Event
        /// The contact as it was when it ended; nil while it lives, and can be looked up.
        var ended: BindingCopy?
    }

    /// What is to be told of an address-of-record now.
    struct Order: Sendable {
        /// Which it is.
        var key: Key
        /// What has happened to its contacts, in the order of their first change.
        var notes: [Note]
    }

    /// What is known of an address-of-record that has something to tell.
    private struct Entry: Sendable {
        /// What no document has told yet.
        var notes: [Note] = []
        /// What the document that is on its way tells; nil while none is.
        var sent: [Note]?
        /// Whether something may have happened that no note tells of.
        var isDoubtful = false
        /// Whether it stands in the list of those that may be told.
        var isListed = false
        /// Tries that have failed one behind the other.
        var failures = 0
        /// When it may be tried again.
        var notBefore = WallTime(seconds: 0)
    }

    private var entries: [Key: Entry] = [:]
    /// Those that may be told, in the order of their first change.
    private var ready: [Key] = []
    /// Documents that are on their way.
    private var inFlight = 0
    /// Those that wait until their next try.
    private var resting: [Key] = []

    /// Whether an address-of-record may be told now.
    var isReady: Bool { !ready.isEmpty && inFlight < Self.inFlightMax }

    /// Addresses-of-record with something to tell, or on its way.
    var waitingCount: Int { entries.count }

    // MARK: What happens

    /// Notes a change of a contact that registered here.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - cause: What made it happen.
    ///   - ruid: The unique name of the contact.
    ///   - ended: The contact, if it has ended.
    ///   - key: Whose it is.
    mutating func note(
        _ event: BindingEvents, _ cause: ChangeCause, _ ruid: [UInt8], ended: BindingCopy?,
        of key: Key
    ) {
        var entry = entries.removeValue(forKey: key) ?? Entry()
        let old = entry.notes.firstIndex { $0.ruid == ruid }
        let word = Self.word(event, cause, after: old.map { entry.notes[$0].event })
        let note = Note(ruid: ruid, event: word, ended: ended)
        if let old {
            entry.notes[old] = note
        } else {
            entry.notes.append(note)
            Self.drop(&entry.notes)
        }
        list(&entry, key)
        entries[key] = entry
    }

    /// Notes that something may have happened to an address-of-record, nobody knows what.
    mutating func noteUnknown(_ key: Key) {
        var entry = entries.removeValue(forKey: key) ?? Entry()
        entry.isDoubtful = true
        list(&entry, key)
        entries[key] = entry
    }

    // MARK: What is told

    /// Takes up to `limit` addresses-of-record that may be told now; each is on its way until
    /// `finish`.
    mutating func take(limit: Int, now: WallTime) -> [Order] {
        precondition(limit > 0)
        wake(now)
        let count = max(0, min(limit, ready.count, Self.inFlightMax - inFlight))
        var orders: [Order] = []
        orders.reserveCapacity(count)
        for key in ready.prefix(count) {
            guard var entry = entries.removeValue(forKey: key) else { continue }
            assert(entry.sent == nil)
            orders.append(Order(key: key, notes: entry.notes))
            entry.sent = entry.notes
            entry.notes = []
            entry.isDoubtful = false
            entry.isListed = false
            entries[key] = entry
        }
        ready.removeFirst(count)
        inFlight += orders.count
        return orders
    }

    /// What became of a document, or of the attempt to make one.
    ///
    /// - Parameters:
    ///   - key: Whose it was.
    ///   - isTold: Whether it was taken, or there was nothing to tell.
    ///   - isActive: Whether it named a contact that lives; others are given up some time.
    ///   - now: The present time.
    mutating func finish(_ key: Key, isTold: Bool, isActive: Bool, now: WallTime) {
        guard var entry = entries.removeValue(forKey: key), let sent = entry.sent else { return }
        entry.sent = nil
        inFlight -= 1
        assert(inFlight >= 0)
        if isTold {
            entry.failures = 0
            guard !entry.notes.isEmpty || entry.isDoubtful else { return }
            list(&entry, key)
        } else {
            entry.failures += 1
            guard isActive || entry.failures < Self.triesMax else { return }
            entry.notes = Self.merge(sent, entry.notes)
            let exponent = min(entry.failures - 1, 10)
            let seconds = min(Self.retrySeconds << exponent, Self.retrySecondsMax)
            entry.notBefore = WallTime(seconds: now.seconds + seconds)
            if !entry.isListed { resting.append(key) }
            entry.isListed = true
        }
        entries[key] = entry
    }

    // MARK: Help

    /// Puts an address-of-record into the list, unless it stands there or a document is on its way.
    private mutating func list(_ entry: inout Entry, _ key: Key) {
        guard !entry.isListed, entry.sent == nil else { return }
        entry.isListed = true
        ready.append(key)
    }

    /// Lists those again whose rest is over.
    private mutating func wake(_ now: WallTime) {
        guard !resting.isEmpty else { return }
        var left: [Key] = []
        for key in resting {
            guard let entry = entries[key] else { continue }
            if entry.notBefore <= now { ready.append(key) } else { left.append(key) }
        }
        resting = left
    }

    /// What an untold document said, followed by what came later.
    private static func merge(_ earlier: [Note], _ later: [Note]) -> [Note] {
        var all = earlier.filter { old in
            !later.contains { $0.ruid == old.ruid }
        }
        all += later
        drop(&all)
        return all
    }

    /// Forgets the oldest ends when there are more than one document is to tell of.
    private static func drop(_ notes: inout [Note]) {
        guard notes.count > endingsMax else { return }
        if let first = notes.firstIndex(where: { !$0.event.leavesActive }) {
            notes.remove(at: first)
        } else {
            notes.removeFirst()
        }
    }

    /// The event of RFC 3680 5.1 for a change.
    static func word(
        _ event: BindingEvents, _ cause: ChangeCause,
        after last: RegistrationInfo.Contact.Event?
    ) -> RegistrationInfo.Contact.Event {
        switch event {
        case .inserted:
            return cause == .command ? .created : .registered
        case .updated:
            if cause == .shortening { return .shortened }
            // Nobody has heard of it before: to the world it begins now.
            if last == .registered || last == .created { return last ?? .registered }
            return .refreshed
        case .removed:
            // Commands end what a telephone had no wish to end: it is to register again at once.
            return cause == .command ? .deactivated : .unregistered
        default:
            // Its connection went, and then its time was over: it is to register again.
            return last == .shortened ? .deactivated : .expired
        }
    }
}
