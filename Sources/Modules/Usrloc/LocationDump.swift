import Basics
import JSONValue
import Locations
import ModuleKit
import Synchronization

/// The result of `ul.dump`, written piece by piece while the tables go on changing.
///
/// Each piece locks one shard for as long as it takes to write a few bindings; a million of them
/// take no more memory than one piece.
final class LocationDump: ResultStream {
    /// Bindings that are written under one lock.
    static let contactsPerLock = 32
    /// Bytes after which a piece ends.
    static let pieceBytes = 48 * 1024

    /// How far it has come.
    private struct State: Sendable {
        var table = 0
        var cursor = LocationCursor()
        var isOpen = false
        var hasBegun = false
        var records = 0
    }

    private let tables: [LocationTable]
    private let isBrief: Bool
    private let result: ContactResult
    private let state = Guarded(State())

    /// A dump from its beginning.
    init(tables: [LocationTable], isBrief: Bool, result: ContactResult) {
        self.tables = tables
        self.isBrief = isBrief
        self.result = result
    }

    /// Writes the next piece; false when it was the last.
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
        writer.integer(LocationTable.shardCount)
        writer.key("AoRs")
        writer.beginArray()
    }

    private func close(_ state: inout State, _ writer: inout JSONWriter) {
        writer.endArray()
        writer.key("Stats")
        writer.beginObject()
        writer.key("Records")
        writer.integer(state.records)
        writer.key("Max-Slots")
        writer.integer((state.records + LocationTable.shardCount - 1) / LocationTable.shardCount)
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

    private static func endRecord(_ writer: inout JSONWriter) {
        writer.endArray()
        writer.endObject()
        writer.endObject()
    }

    private static func isSame(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        return one.indices.allSatisfy { one[$0] == other[$0] }
    }

    /// The shape of the result.
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
                            .init("Size", .integer(64)), .init("AoRs", .array([])),
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
