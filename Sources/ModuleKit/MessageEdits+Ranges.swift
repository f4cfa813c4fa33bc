public import Basics

/// What edits do to ranges of the message.
extension MessageEdits {
    /// Puts bytes in the place of a range and gives up the changes that lie within it.
    ///
    /// What is put in just in front of the range stays. False, and nothing changes, when a change
    /// reaches out of the range or there are too many.
    @discardableResult
    public mutating func override(_ range: ByteRange, with bytes: [UInt8]) -> Bool {
        // Nearly always nothing was changed there yet, and nothing needs to be copied.
        if replace(range, with: bytes) {
            if edits.contains(where: { $0.isInserted(within: range) }) {
                drop(where: { $0.isInserted(within: range) })
            }
            return true
        }
        var copy = self
        copy.drop(where: { edit in
            edit.range.isEmpty
                ? edit.isInserted(within: range)
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
        // What begins within bytes that are taken out is not written either.
        var place = range.start
        for edit in edits where edit.range.start >= place && edit.range.start <= range.end {
            place = min(edit.range.end, range.end)
            length += Int(edit.replacement.count)
            length -= place - edit.range.start
        }
        assert(length >= 0)
        return length
    }

    /// Whether a change puts in a header field of a name, at the start of one of its lines.
    func adds(field name: StaticString) -> Bool {
        edits.contains { edit in
            let added = text[edit.replacement.indices]
            return added.split(separator: 10).contains { line in
                var found = Array(line.prefix { $0 != UInt8(ascii: ":") })
                guard found.count < line.count else { return false }
                while let last = found.last, last == 32 || last == 9 { found.removeLast() }
                return found.span.matches(name)
            }
        }
    }

    /// Whether the bytes of a body differ from what they were.
    public func changes(body range: ByteRange) -> Bool {
        body != nil
            || edits.contains { $0.range.start >= range.start && $0.range.start <= range.end }
    }
}

extension MessageEdits.Edit {
    /// Whether it puts something in between the first and the last byte of a range.
    fileprivate func isInserted(within other: ByteRange) -> Bool {
        range.isEmpty && range.start > other.start && range.start < other.end
    }
}
