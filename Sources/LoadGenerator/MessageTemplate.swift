internal import Basics

/// A message with places of fixed width, so that the next one is a copy and a few digits.
///
/// One place may take text of any length, because tags are the server's to choose: what stands
/// behind it moves.
struct MessageTemplate: Sendable {
    /// What a place holds.
    enum Field: Sendable {
        /// Number of the presentity, seven digits.
        case presentity
        /// Number of the watcher, seven digits.
        case watcher
        /// Number of the dialog, eight hexadecimal digits.
        case dialog
        /// Number of the presentity, eight hexadecimal digits.
        case subject
        /// Number of the published state, eight hexadecimal digits.
        case version
        /// CSeq number, ten digits (RFC 3261 8.1.1.5).
        case sequence
        /// Slot and generation, sixteen hexadecimal digits.
        case ticket
    }

    /// What the places of one message are filled with.
    struct Values: Equatable, Sendable {
        /// Number of the presentity.
        var presentity: Int
        /// Number of the dialog, which is also that of its watcher; 0 where there is none.
        var dialog = 0
        /// Number of the published state.
        var version: UInt32 = 0
        /// CSeq number.
        var sequence: UInt32
        /// What the reply is recognised by.
        var ticket: Ticket
    }

    /// One place.
    private struct Place: Sendable {
        var offset: Int
        var field: Field
    }

    /// Digits of a user's number.
    static let userDigits = 7

    private var bytes: [UInt8] = []
    private var places: [Place] = []
    /// Number of places in front of the insertion, and where that is.
    private var insertion = (places: 0, offset: 0)

    /// An empty template, to be written from front to back.
    init() {}

    /// Length without what is inserted, in bytes.
    var count: Int { bytes.count }

    /// Appends text.
    mutating func text(_ text: String) { bytes += Array(text.utf8) }

    /// Appends a place.
    mutating func place(_ field: Field) {
        let width =
            switch field {
            case .presentity, .watcher: Self.userDigits
            case .sequence: 10
            case .ticket: 16
            case .dialog, .subject, .version: 8
            }
        places.append(Place(offset: bytes.count, field: field))
        bytes += Array(repeating: UInt8(ascii: "0"), count: width)
    }

    /// Says that the inserted text belongs here.
    mutating func insertHere() { insertion = (places.count, bytes.count) }

    /// Appends one message to `writer`, with `inserted` at its place.
    func append(_ values: Values, inserting inserted: Span<UInt8>, to writer: inout ByteWriter) {
        let start = writer.count
        writer.append(bytes.span.extracting(0..<insertion.offset))
        writer.append(inserted)
        writer.append(bytes.span.extracting(insertion.offset..<bytes.count))
        var target = writer.mutableSpan
        for index in places.indices {
            let moved = index >= insertion.places ? inserted.count : 0
            let offset = start + moved + places[index].offset
            Self.fill(places[index].field, values, offset, &target)
        }
    }

    /// Writes the digits of one place.
    private static func fill(
        _ field: Field, _ values: Values, _ offset: Int, _ target: inout MutableSpan<UInt8>
    ) {
        switch field {
        case .presentity:
            RequestTemplate.patch(values.presentity, userDigits, offset, &target)
        case .watcher: RequestTemplate.patch(values.dialog, userDigits, offset, &target)
        case .dialog: patch(UInt32(values.dialog), offset, &target)
        case .subject: patch(UInt32(values.presentity), offset, &target)
        case .version: patch(values.version, offset, &target)
        case .sequence: RequestTemplate.patch(Int(values.sequence), 10, offset, &target)
        case .ticket:
            let ticket = UInt64(values.ticket.slot) << 32 | UInt64(values.ticket.generation)
            RequestTemplate.patch(hexadecimal: ticket, offset, &target)
        }
    }

    /// Writes `value` as eight hexadecimal digits.
    private static func patch(_ value: UInt32, _ offset: Int, _ target: inout MutableSpan<UInt8>) {
        for index in 0..<8 {
            let nibble = UInt8(truncatingIfNeeded: value >> UInt32(28 - index * 4) & 15)
            target[offset + index] = nibble < 10 ? 48 &+ nibble : 87 &+ nibble
        }
    }
}
