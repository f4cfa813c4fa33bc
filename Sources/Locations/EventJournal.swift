public import Basics

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

/// What made a binding change.
public enum ChangeCause: UInt8, Sendable, Hashable, CaseIterable {
    /// A REGISTER.
    case registration
    /// A command of the management interface, or a function of the script.
    case command
    /// A registration document of another server.
    case document
    /// Its time was up.
    case time
    /// It gave no sign of life, or its connection is gone: it is to end earlier.
    case shortening
}

/// Who made a change, and what the script wants of it.
public struct ChangeOrigin: Sendable, Hashable {
    /// What made the binding change.
    public var cause: ChangeCause
    /// What the script has said of the message behind it.
    public var marks: BindingMarks

    /// An origin.
    public init(_ cause: ChangeCause, marks: BindingMarks = []) {
        self.cause = cause
        self.marks = marks
    }
}

/// Events taken out of a shard, to be read without its lock.
///
/// Keep one and use it again: it keeps its room.
public struct LocationEvents: ~Copyable, Sendable {
    /// One event: copies of the record and of all text.
    struct Entry: Sendable {
        /// What happened.
        var event: BindingEvents
        /// Who made it happen.
        var change: ChangeOrigin
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
        forEach { event, _, view in each(event, view) }
    }

    /// Goes through the events in the order in which they happened, with who made them.
    public func forEach(_ each: (BindingEvents, ChangeOrigin, borrowing BindingView) -> Void) {
        for place in entries.indices {
            let entry = entries[place]
            assert(entry.text.end <= bytes.count)
            unsafe withUnsafePointer(to: entry.values.record) { record in
                let view = unsafe BindingView(
                    record: record, text: bytes.span(entry.text), aor: bytes.span(entry.aor),
                    origin: entry.origin, handle: entry.handle)
                each(entry.event, entry.change, view)
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
    /// Who makes the changes of the operation at hand.
    var origin = ChangeOrigin(.registration)
    private var events = LocationEvents()
    /// How much there was when changes on trial began; nil while there are none.
    private var settled: (events: Int, bytes: Int)?

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
                event: event,
                change: event == .expired ? ChangeOrigin(.time) : self.origin,
                values: ContactRecordCopy(record: record), origin: origin, handle: handle,
                text: ByteRange(offset: start, count: middle - start),
                aor: ByteRange(offset: middle, count: aor.count)))
    }

    /// Begins changes that may be taken back (`endTrial`); meanwhile nothing is handed over.
    mutating func beginTrial() {
        precondition(settled == nil, "one trial at a time")
        settled = (events.count, events.bytes.count)
    }

    /// Ends changes on trial: what was noted meanwhile stands, or has never happened.
    mutating func endTrial(isKept: Bool) {
        guard let before = settled else { preconditionFailure("no trial has begun") }
        settled = nil
        guard !isKept else { return }
        events.entries.removeLast(events.count - before.events)
        events.bytes.truncate(to: before.bytes)
    }

    /// Hands all events over and takes an empty box back; nothing while changes are on trial.
    mutating func take(into box: inout LocationEvents) {
        box.removeAll()
        guard settled == nil else { return }
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
