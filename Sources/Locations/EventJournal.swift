internal import Basics

/// What happened to a binding, with the numbers of usrloc's callbacks.
public struct BindingEvents: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: UInt8
    /// A set of its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It was added.
    public static let inserted = BindingEvents(rawValue: 1)
    /// It was refreshed.
    public static let updated = BindingEvents(rawValue: 2)
    /// It was removed.
    public static let removed = BindingEvents(rawValue: 4)
    /// Its time was up.
    public static let expired = BindingEvents(rawValue: 8)
    /// All of them.
    public static let all: BindingEvents = [.inserted, .updated, .removed, .expired]
}

/// Events taken out of a shard, to be read without its lock.
///
/// Keep one and use it again: it keeps its room.
public struct LocationEvents: ~Copyable, Sendable {
    /// One event: copies of the record and of all text.
    struct Entry: Sendable {
        /// What happened.
        var event: BindingEvents
        /// The numbers of the binding then.
        var values: ContactRecordCopy
        /// What its unique name has in common with others.
        var origin: RuidOrigin
        /// What to reach the contact by, if it is still there.
        var handle: ContactHandle
        /// Its text within `bytes`.
        var text: ByteRange
        /// The address-of-record.
        var aor: ByteRange
    }

    /// The events, oldest first.
    var entries: [Entry] = []
    /// The text of all events.
    var bytes = ByteWriter()
    /// Events that were lost because nobody read them for too long: look at the whole table again.
    public internal(set) var lost = 0

    /// No events.
    public init() {}

    /// Number of events.
    public var count: Int { entries.count }

    /// Goes through the events in the order in which they happened.
    public func forEach(_ each: (BindingEvents, borrowing BindingView) -> Void) {
        for place in entries.indices {
            let entry = entries[place]
            assert(entry.text.end <= bytes.count)
            unsafe withUnsafePointer(to: entry.values.record) { record in
                let view = unsafe BindingView(
                    record: record, text: bytes.span(entry.text), aor: bytes.span(entry.aor),
                    origin: entry.origin, handle: entry.handle)
                each(entry.event, view)
            }
        }
    }

    /// Forgets all events and keeps the room.
    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        bytes.removeAll()
        lost = 0
        assert(count == 0)
    }
}

/// The numbers of a record without the life of its text.
///
/// Sharing it between threads is safe because the pointer in it is never followed.
struct ContactRecordCopy: @unchecked Sendable {
    /// A copy of the record.
    let record: ContactRecord
}

/// What happened in a shard and was not read by a listener yet.
struct EventJournal: ~Copyable, Sendable {
    /// The events that somebody listens to.
    var wanted: BindingEvents = []
    private var events = LocationEvents()

    /// Notes an event.
    mutating func append(
        _ event: BindingEvents, _ record: ContactRecord, _ origin: RuidOrigin,
        _ handle: ContactHandle, aor: Span<UInt8>
    ) {
        assert(wanted.contains(event))
        guard events.count < Limits.locationEventsMax else {
            events.lost += 1
            return
        }
        let start = events.bytes.count
        events.bytes.append(record.text.span())
        let middle = events.bytes.count
        events.bytes.append(aor)
        events.entries.append(
            LocationEvents.Entry(
                event: event, values: ContactRecordCopy(record: record), origin: origin,
                handle: handle, text: ByteRange(offset: start, count: middle - start),
                aor: ByteRange(offset: middle, count: aor.count)))
    }

    /// Hands all events over and takes an empty box back.
    mutating func take(into box: inout LocationEvents) {
        box.removeAll()
        swap(&events, &box)
        assert(events.count == 0)
    }
}

extension Shard {
    /// Notes an event about a contact, if somebody listens.
    mutating func record(_ event: BindingEvents, _ contact: UInt32) {
        guard journal.wanted.contains(event) else { return }
        let record = contacts[contact]
        let handle = ContactHandle(shard: number, slab: contacts.handle(contact))
        let name = unsafe AddressRecord.name(UnsafePointer(addresses.address(of: record.address)))
        // The name lies in a slab that does not move; the journal copies it.
        journal.append(
            event, record, ruids.origin(of: record.ruid), handle,
            aor: unsafe Span(_unsafeElements: name))
        assert(!record.state.contains(.removed))
    }
}
