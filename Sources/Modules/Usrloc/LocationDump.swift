import Basics
import JSONValue
import Locations
import ModuleKit
import Synchronization

/// The result of `ul.dump`, written piece by piece while the tables go on changing.
///
/// Each piece locks one shard for as long as it takes to write a few bindings; a million of them
/// take no more memory than one piece.
///
/// What it shows is not a snapshot. A binding that is there from the beginning to the end is shown
/// once; one that comes or goes meanwhile may be shown or not. That is what allows a dump of a
/// million bindings while phones go on registering.
final class LocationDump: ResultStream {
    /// Bindings that are written under one lock.
    ///
    /// A SIP worker that meets the dump in a shard waits for this many bindings at most, some tens
    /// of microseconds.
    static let contactsPerLock = 32
    /// Bytes after which a piece ends.
    ///
    /// It fits into the piece that the HTTP server sends at a time, with room for one more round.
    static let pieceBytes = 48 * 1024

    /// How far it has come.
    private struct State: Sendable {
        /// The table that is being written, by its place in the list.
        var table = 0
        /// How far its shards have been walked.
        var cursor = LocationCursor()
        /// Whether the head of that table is written and its end is not.
        var isOpen = false
        /// Whether anything is written at all.
        var hasBegun = false
        /// AoRs of that table so far, for its figures at the end.
        var records = 0
    }

    private let tables: [LocationTable]
    private let isBrief: Bool
    private let result: ContactResult
    /// The slots of a table (`hash_size`).
    private let slots: Int
    /// The transport of RPC calls `produce` from one thread at a time, but from changing ones.
    private let state = Guarded(State())

    /// A dump from its beginning.
    init(tables: [LocationTable], isBrief: Bool, result: ContactResult, slots: Int = 1_024) {
        precondition(slots > 0)
        self.slots = slots
        self.tables = tables
        self.isBrief = isBrief
        self.result = result
    }

    /// Writes the next piece; false when it was the last.
    ///
    /// A piece may end within a table and within a shard, never within an AoR: the next one goes on
    /// where the cursor stands.
    func produce(into writer: inout JSONWriter) -> Bool {
        var state = state.withLock { $0 }
        defer { self.state.withLock { $0 = state } }
        // The writer may hold the head of the answer already: a piece is counted from here.
        let enough = writer.bytes.count + Self.pieceBytes
        if !state.hasBegun {
            writer.beginObject()
            writer.key("Domains")
            writer.beginArray()
            state.hasBegun = true
        }
        while state.table < tables.count {
            let table = tables[state.table]
            if !state.isOpen { open(table, &state, &writer) }
            write(table, &state, &writer, until: enough)
            if state.cursor.isAtEnd { close(&state, &writer) }
            if writer.bytes.count >= enough { return true }
        }
        writer.endArray()
        writer.endObject()
        return false
    }

    /// Writes the head of a table.
    ///
    /// `Size` is the number of slots that `hash_size` sets aside.
    private func open(_ table: LocationTable, _ state: inout State, _ writer: inout JSONWriter) {
        state.isOpen = true
        state.records = 0
        state.cursor = LocationCursor()
        writer.beginObject()
        writer.key("Domain")
        writer.beginObject()
        writer.key("Domain")
        writer.string(table.name)
        writer.key("Size")
        writer.integer(slots)
        writer.key("AoRs")
        writer.beginArray()
    }

    /// Writes the figures of a table and moves on to the next.
    private func close(_ state: inout State, _ writer: inout JSONWriter) {
        writer.endArray()
        writer.key("Stats")
        writer.beginObject()
        writer.key("Records")
        writer.integer(state.records)
        // The most AoRs in one slot cannot be known without a second walk; an even spread is shown
        // instead.
        writer.key("Max-Slots")
        writer.integer((state.records + slots - 1) / slots)
        writer.endObject()
        writer.endObject()
        writer.endObject()
        state.isOpen = false
        state.table += 1
    }

    /// Writes bindings until the piece is full or the table is at its end.
    ///
    /// The contacts of an AoR come one behind the other within one call of `walk`.
    private func write(
        _ table: LocationTable, _ state: inout State, _ writer: inout JSONWriter,
        until enough: Int
    ) {
        var last = ByteWriter(capacity: 256)
        while !state.cursor.isAtEnd, writer.bytes.count < enough {
            var isInside = false
            var records = 0
            last.removeAll()
            table.walk(&state.cursor, limit: Self.contactsPerLock) { binding in
                if !isInside || !Self.isSame(binding.aor, last.span) {
                    if isInside, !isBrief { Self.endRecord(&writer) }
                    isInside = true
                    records += 1
                    last.removeAll()
                    last.append(binding.aor)
                    beginRecord(binding.aor, table, &writer)
                }
                if !isBrief { result.write(binding, into: &writer) }
            }
            if isInside, !isBrief { Self.endRecord(&writer) }
            state.records += records
        }
    }

    /// Opens the record of an AoR; in a brief dump it is complete with its name.
    private func beginRecord(
        _ aor: Span<UInt8>, _ table: LocationTable, _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        if isBrief {
            writer.key("AoR")
            writer.string(aor)
            writer.endObject()
            return
        }
        writer.key("Info")
        writer.beginObject()
        writer.key("AoR")
        writer.string(aor)
        writer.key("HashID")
        // A pure function of the name: it takes no lock.
        writer.integer(UInt32(truncatingIfNeeded: table.hashValue(of: aor)))
        writer.key("Contacts")
        writer.beginArray()
    }

    /// Closes what `beginRecord` opened in a full dump.
    private static func endRecord(_ writer: inout JSONWriter) {
        writer.endArray()
        writer.endObject()
        writer.endObject()
    }

    /// Whether two names are equal, byte for byte: both are in their canonical form.
    private static func isSame(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        return one.indices.allSatisfy { one[$0] == other[$0] }
    }

    /// The shape of the result.
    ///
    /// An AoR is an object of its own in a full dump and a name in a brief one, as recorded answers
    /// of Kamailio have it.
    static let schema = Schema.object(
        [
            .init(
                "Domains",
                .array(
                    .object(
                        [
                            .init(
                                "Domain",
                                .object(
                                    [
                                        .init("Domain", .string), .init("Size", .integer),
                                        .init("AoRs", .array(recordSchema)),
                                        .init(
                                            "Stats",
                                            .object(
                                                [
                                                    .init("Records", .integer),
                                                    .init("Max-Slots", .integer),
                                                ], others: nil)),
                                    ], others: nil))
                        ], others: nil)))
        ], others: nil)

    /// One AoR, brief or in full.
    private static let recordSchema = Schema.oneOf([
        .object([.init("AoR", .string)], others: nil),
        .object(
            [
                .init(
                    "Info",
                    .object(
                        [
                            .init("AoR", .string), .init("HashID", .integer),
                            .init("Contacts", .array(ContactResult.schema)),
                        ], others: nil))
            ], others: nil),
    ])

    /// What `ul.dump brief` answers when nobody is registered.
    static let example = JSONValue.object([
        .init(
            "Domains",
            .array([
                .object([
                    .init(
                        "Domain",
                        .object([
                            .init("Domain", .string("location")),
                            .init("Size", .integer(1_024)), .init("AoRs", .array([])),
                            .init(
                                "Stats",
                                .object([
                                    .init("Records", .integer(0)),
                                    .init("Max-Slots", .integer(0)),
                                ])),
                        ]))
                ])
            ]))
    ])
}

/// A result that was written already, as a stream of one piece.
///
/// For results that are written under the lock of a shard: they are complete before the first byte
/// leaves, so that a slow reader holds no lock.
final class WrittenResult: ResultStream {
    private let text: [UInt8]

    /// A stream of what was written.
    init(_ writer: borrowing JSONWriter) { text = Array(copying: writer.bytes.span) }

    /// Writes it all.
    func produce(into writer: inout JSONWriter) -> Bool {
        let text = text
        writer.rendered(text.span)
        return false
    }
}
