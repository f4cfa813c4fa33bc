public import Basics

/// Walks over all values of one header field of a message: over each field of the name in order,
/// and within it over the parts of a comma list.
///
/// Commas within quoted strings and within `< >` do not separate. Empty parts are passed over, as
/// the lists of RFC 2616 2.1 allow; a header field that is no list is one value.
public struct HeaderValues: ~Escapable {
    /// The bytes of the message.
    public let bytes: Span<UInt8>
    private let slots: Span<HeaderIndex.Slot>
    private var upcoming: UInt8
    private var cursor: Cursor
    private let isList: Bool

    /// A walk over the values of a name.
    @_lifetime(borrow message)
    init(_ message: borrowing SIPMessage, _ name: HeaderName) {
        let bytes = message.bytes
        self.bytes = bytes
        slots = message.slots
        upcoming = message.firstSlot(name)
        cursor = Cursor(bytes, in: .empty)
        isList = name.row.isList
    }

    /// The next value without white space around it, nil when there is no more.
    @_lifetime(self: copy self)
    public mutating func next() -> ByteRange? {
        while true {
            guard cursor.isAtEnd else {
                let part = isList ? cursor.listPart() : cursor.rest()
                if !part.isEmpty { return part }
                continue
            }
            guard upcoming != HeaderIndex.none else { return nil }
            let slot = slots[Int(upcoming)]
            upcoming = slot.next
            cursor = Cursor(bytes, in: slot.value)
        }
    }
}

extension SIPMessage {
    /// The slots that are in use.
    var slots: Span<HeaderIndex.Slot> {
        @_lifetime(borrow self)
        get { index.slots.span.extracting(0..<index.count) }
    }

    /// Number of the first slot of a name, `HeaderIndex.none` when there is none.
    func firstSlot(_ name: HeaderName) -> UInt8 {
        index.firsts[Int(name.rawValue)]
    }
}

extension Cursor {
    /// Moves over one part of a comma list and the comma behind it.
    ///
    /// A quote without end takes all that is left: whoever parses the part says what is wrong.
    @_lifetime(self: copy self)
    public mutating func listPart() -> ByteRange {
        skipSpace()
        let start = position
        var last = position
        var inAngles = false
        while let byte = current {
            if byte == UInt8(ascii: ","), !inAngles { break }
            if byte == UInt8(ascii: "\"") {
                do throws(SyntaxError) { _ = try quotedString() } catch { advance(remaining) }
                last = position
                continue
            }
            if byte == UInt8(ascii: "<") { inAngles = true }
            if byte == UInt8(ascii: ">") { inAngles = false }
            advance()
            // White space before the comma is not part of the value (RFC 3261 25.1 `COMMA`).
            if byte > 32 { last = position }
        }
        advance()
        assert(last >= start && last <= end)
        return ByteRange(offset: start, count: last - start)
    }

    /// All that is left, without white space in front of it.
    @_lifetime(self: copy self)
    mutating func rest() -> ByteRange {
        assert(position <= end)
        skipSpace()
        let part = ByteRange(offset: position, count: remaining)
        advance(remaining)
        return part
    }
}
