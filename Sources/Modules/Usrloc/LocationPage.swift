import Basics
import JSONValue
import Locations

/// One page of a location table, as `ul.list` answers it.
///
/// A page costs what it shows and not what the table holds: it goes on where the page before has
/// ended. A filter makes it look at more than it shows, so a page also ends after
/// `Limits.listedLooksMax` bindings, perhaps with nothing found yet and a place to go on.
///
/// Bindings come in no particular order, since keeping one would cost every REGISTER. An AoR that
/// is there from the first page to the last is shown once, with all its contacts in one page.
struct LocationPage {
    /// Bindings that are looked at under one lock: some microseconds for a SIP worker that meets
    /// the page in a shard.
    static let contactsPerLock = 32

    /// The table.
    let table: LocationTable
    /// What an AoR, a contact, a User-Agent or a received address has to hold.
    let filter: SearchText
    /// After how many contacts the page ends; the AoR that is begun is shown whole.
    let limit: Int
    /// How a contact is shown.
    let result: ContactResult

    /// Writes the page that begins at `cursor`.
    func write(from cursor: LocationCursor, into writer: inout JSONWriter) {
        precondition(limit > 0)
        var cursor = cursor
        var shown = 0
        // Each step looks at a lock's worth of bindings, or at the end of a shard.
        var steps = Limits.listedLooksMax / Self.contactsPerLock
        writer.beginObject()
        writer.key("records")
        writer.beginArray()
        while !cursor.isAtEnd, shown < limit, steps > 0 {
            shown += step(&cursor, limit - shown, &writer)
            steps -= 1
        }
        writer.endArray()
        writer.key("users")
        writer.integer(table.statistics.users.value)
        writer.key("contacts")
        writer.integer(table.statistics.contacts.value)
        if !cursor.isAtEnd {
            writer.key("after")
            writer.string("\(cursor.number)")
        }
        writer.endObject()
    }

    /// Shows what fits of the next bindings; returns how many contacts were shown.
    private func step(
        _ cursor: inout LocationCursor, _ left: Int, _ writer: inout JSONWriter
    ) -> Int {
        var shown = 0
        var isInside = false
        var last = ByteWriter(capacity: 128)
        table.walk(&cursor, limit: min(left, Self.contactsPerLock)) { binding in
            guard accepts(binding) else { return }
            // The contacts of an AoR come one behind the other within one call.
            if !isInside || !binding.aor.equals(last.span) {
                if isInside { Self.endRecord(&writer) }
                isInside = true
                last.removeAll()
                last.append(binding.aor)
                writer.beginObject()
                writer.key("AoR")
                writer.string(binding.aor)
                writer.key("Contacts")
                writer.beginArray()
            }
            result.write(binding, into: &writer)
            shown += 1
        }
        if isInside { Self.endRecord(&writer) }
        return shown
    }

    private static func endRecord(_ writer: inout JSONWriter) {
        writer.endArray()
        writer.endObject()
    }

    /// Whether the filter finds a binding; one that fits by its AoR is shown with all contacts.
    private func accepts(_ binding: borrowing BindingView) -> Bool {
        filter.isEmpty || filter.stands(in: binding.aor) || filter.stands(in: binding.uri)
            || filter.stands(in: binding.userAgent) || filter.stands(in: binding.received)
    }
}
