public import Basics

/// What edits do to ranges of the message.
extension MessageEdits {
    /// Puts bytes in the place of a range and gives up the changes that lie within it.
    ///
    /// What is put in just in front of the range stays. False, and nothing changes, when a change
    /// reaches out of the range or there are too many.
    @discardableResult
    public mutating func override(_ range: ByteRange, with bytes: [UInt8]) -> Bool {
        var copy = self
        copy.drop(where: { edit in
            edit.range.isEmpty
                ? edit.range.start > range.start && edit.range.start < range.end
                : edit.range.start >= range.start && edit.range.end <= range.end
        })
        guard copy.replace(range, with: bytes) else { return false }
        self = copy
        return true
    }

    /// Whether a part of a range is taken out or replaced.
    public func touches(_ range: ByteRange) -> Bool {
        edits.contains { edit in
            !edit.range.isEmpty && edit.range.start < range.end && range.start < edit.range.end
        }
    }

    /// Number of bytes that `write` writes for a range, its end included.
    public func length(of range: ByteRange) -> Int {
        var length = Int(range.count)
        for edit in edits where edit.range.start >= range.start && edit.range.start <= range.end {
            length += Int(edit.replacement.count)
            length -= min(edit.range.end, range.end) - edit.range.start
        }
        assert(length >= 0)
        return length
    }

    /// Whether the bytes of a body differ from what they were.
    public func changes(body range: ByteRange) -> Bool {
        body != nil
            || edits.contains { $0.range.start >= range.start && $0.range.start <= range.end }
    }
}
