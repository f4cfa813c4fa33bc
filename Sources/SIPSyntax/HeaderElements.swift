import Basics

/// Walks over the fields of one name with a cursor, for header fields whose values are parsed where
/// they stand instead of being cut at commas first.
struct HeaderElements: ~Escapable {
    /// Stands where the next value starts, once `advance` said that there is one.
    var cursor: Cursor
    private let slots: Span<HeaderIndex.Slot>
    private var upcoming: UInt8

    /// A walk that stands in front of the first value of a name.
    @_lifetime(borrow message)
    init(_ message: borrowing SIPMessage, _ name: HeaderName) {
        assert(name.row.isList)
        let bytes = message.bytes
        cursor = Cursor(bytes, in: .empty)
        slots = message.slots
        upcoming = message.firstSlot(name)
    }

    /// Moves to the next value: over a comma and empty parts of the list, else to the next field.
    @_lifetime(self: copy self)
    mutating func advance() -> Bool {
        assert(cursor.position <= cursor.end)
        while true {
            cursor.skipSpace()
            if !cursor.isAtEnd {
                guard cursor.take(UInt8(ascii: ",")) else { return true }
                continue
            }
            guard upcoming != HeaderIndex.none else { return false }
            let slot = slots[Int(upcoming)]
            upcoming = slot.next
            cursor = Cursor(cursor.bytes, in: slot.value)
        }
    }
}
