public import Basics

/// Changes of a message that wait to be made: they show when it is sent on, or when
/// `msg_apply_changes` makes them at once.
///
/// Ranges are those of the message as it was received, so the order in which functions ask for
/// changes does not matter. What is removed twice is removed once.
public struct MessageEdits: Sendable {
    /// One change.
    public struct Edit: Sendable, Hashable {
        /// What is taken out; empty for an insertion.
        public var range: ByteRange
        /// What stands in its place, as a range of `text`.
        public var replacement: ByteRange
    }

    /// The changes in the order of the message; those at one place in the order of asking.
    public private(set) var edits: [Edit] = []
    /// The texts that are put in, one behind the other.
    public private(set) var text: [UInt8] = []
    /// The body that takes the place of the message's; nil while it is unchanged.
    public var body: [UInt8]?

    /// No changes.
    public init() {}

    /// Whether the message goes on as it came.
    public var isEmpty: Bool { edits.isEmpty && body == nil }

    /// Puts bytes in front of the byte at `offset`.
    @discardableResult
    public mutating func insert(_ bytes: [UInt8], at offset: Int) -> Bool {
        replace(ByteRange(offset: offset, count: 0), with: bytes)
    }

    /// Takes a range out.
    @discardableResult
    public mutating func remove(_ range: ByteRange) -> Bool { replace(range, with: []) }

    /// Puts bytes in the place of a range.
    ///
    /// False when there are too many changes, or when the range overlaps one that is already
    /// replaced: the earlier change stays.
    @discardableResult
    public mutating func replace(_ range: ByteRange, with bytes: [UInt8]) -> Bool {
        guard edits.count < Limits.messageEditsMax,
            text.count + bytes.count <= Limits.messageBytesMax
        else { return false }
        let start = Int(range.start)
        let end = start + Int(range.count)
        for edit in edits where !range.isEmpty && !edit.range.isEmpty {
            let taken = Int(edit.range.start)
            if start < taken + Int(edit.range.count), taken < end { return false }
        }
        let replacement = ByteRange(offset: text.count, count: bytes.count)
        text.append(contentsOf: bytes)
        // Behind all that begins earlier, and behind insertions at the same place; an insertion
        // stands in front of what is replaced there.
        let place =
            edits.firstIndex { edit in
                let other = Int(edit.range.start)
                if other != start { return other > start }
                return range.isEmpty && !edit.range.isEmpty
            } ?? edits.count
        edits.insert(Edit(range: range, replacement: replacement), at: place)
        return true
    }

    /// Gives up the changes that a condition holds for; their texts stay where they are.
    mutating func drop(where condition: (Edit) -> Bool) { edits.removeAll(where: condition) }

    /// Forgets all changes and keeps the room.
    public mutating func removeAll() {
        guard !isEmpty else { return }
        edits.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
        body = nil
    }

    /// Writes `bytes` from `start` to `end` with the changes that begin there.
    ///
    /// What is put in just at `end` belongs to it unless `includingEnd` is false: then whoever
    /// writes the bytes behind `end` writes it.
    public func write(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, includingEnd: Bool = true,
        into writer: inout ByteWriter
    ) {
        precondition(start <= end && end <= bytes.count)
        var place = start
        for edit in edits {
            let begin = Int(edit.range.start)
            guard begin >= place, begin < end || (includingEnd && begin == end) else { continue }
            writer.append(bytes.extracting(place..<begin))
            writer.append(text.span.extracting(edit.replacement.indices))
            place = min(begin + Int(edit.range.count), end)
        }
        writer.append(bytes.extracting(place..<end))
    }
}
