internal import Basics

/// What the database does not know yet, in one shard.
///
/// A record is queued by its first change and stays in its place by further ones, so that it is
/// written once with its latest values. A record that is gone leaves an erasure behind, if there
/// may be a row of it. Writes and erasures of one row never overtake each other.
struct Journal {
    /// What an entry is about.
    enum Subject {
        /// The publication, if it is still there, and its row of before, where that has another
        /// entity tag than the publication.
        case publication(SlabHandle, rowBefore: Erasure?)
        /// The subscription, if it is still there.
        case subscription(SlabHandle)
        /// The decision about a watcher, if it is still there.
        case watcher(SlabHandle)
        /// A row that must go.
        case erasure(Erasure)
    }

    /// A row that must go.
    final class Erasure: Sendable {
        /// What is asked of the database.
        let change: PresenceChange
        /// A row that must go.
        init(_ change: PresenceChange) { self.change = change }

        /// The entity tag of a publication's row.
        var etag: [UInt8]? {
            if case .erasePublication(_, _, _, let etag) = change { return etag }
            return nil
        }
    }

    /// Something that the database does not know yet.
    struct Entry {
        /// What it is about.
        var subject: Subject
        /// Second of the change.
        var since: UInt32
    }

    /// What waits, oldest first from `head` on.
    private var entries: [Entry] = []
    private var head = 0
    /// What was put back, before all others; the last one is the oldest.
    private var returned: [Entry] = []
    /// What the batch that is being written has of this shard.
    private(set) var flight: [Entry] = []
    /// By publication: its row, where that has another entity tag than the publication by now.
    var rowsBefore: [UInt32: Erasure] = [:]

    /// Changes that wait or are being written.
    var count: Int { entries.count - head + returned.count + flight.count }

    /// Whether no batch has anything of it.
    var isLanded: Bool { flight.isEmpty }

    /// Adds what waits here to a status.
    func note(in status: inout JournalStatus) {
        status.waiting += count
        guard let oldest else { return }
        status.oldestSeconds = min(status.oldestSeconds ?? .max, Int(oldest))
    }

    /// Second of the oldest change that is not in the database.
    var oldest: UInt32? {
        var oldest: UInt32?
        for entry in [flight.first, returned.last, head < entries.count ? entries[head] : nil] {
            guard let since = entry?.since else { continue }
            oldest = min(oldest ?? since, since)
        }
        return oldest
    }

    /// Adds a change at the end.
    mutating func append(_ subject: Subject, since: UInt32) {
        entries.append(Entry(subject: subject, since: since))
        assert(count > 0)
    }

    /// Takes the oldest change that waits.
    mutating func popFirst() -> Entry? {
        if let entry = returned.popLast() { return entry }
        guard head < entries.count else { return nil }
        let entry = entries[head]
        head += 1
        if head == entries.count || (head >= 4_096 && head * 2 >= entries.count) {
            entries.removeFirst(head)
            head = 0
            if entries.isEmpty, entries.capacity > 256 { entries = [] }
        }
        return entry
    }

    /// Notes that a change is being written; returns its place within the flight.
    mutating func depart(_ entry: Entry) -> UInt32 {
        assert(flight.count < Limits.presenceChangesPerBatchMax)
        flight.append(entry)
        return UInt32(flight.count - 1)
    }

    /// Ends the flight and returns what it had.
    mutating func land() -> [Entry] {
        let landed = flight
        flight = []
        return landed
    }

    /// Puts a change back in front.
    mutating func putBack(_ entry: Entry) { returned.append(entry) }
}
