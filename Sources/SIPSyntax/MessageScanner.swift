import Basics

/// Finds the parts of a message in one pass over its bytes.
///
/// A fault does not stop it: the first one is kept and the rest of the header section is still
/// indexed, because a malformed request is answered, and the answer needs its Via.
struct MessageScanner {
    /// The first fault.
    private(set) var fault: SyntaxError?
    /// The first line.
    private(set) var start = StartLine()
    /// Offset of the body.
    private(set) var bodyStart = 0

    /// Scans a message that does not begin with a line end.
    mutating func scan(_ bytes: Span<UInt8>, into index: inout HeaderIndex) {
        precondition(bytes.count <= Limits.messageBytesMax)
        index.removeAll()
        let line = endOfLine(bytes, from: 0)
        var cursor = Cursor(bytes, in: ByteRange(offset: 0, count: line.end))
        do throws(SyntaxError) {
            try start.parse(&cursor)
        } catch {
            note(error)
        }
        bodyStart = scanHeaders(bytes, from: line.next, into: &index)
        assert(bodyStart <= bytes.count && index.headersEnd <= bodyStart)
    }

    /// Where a line ends and the next one begins.
    private struct Line {
        var end: Int
        var next: Int
    }

    /// Indexes header fields up to the empty line and returns where the body starts.
    private mutating func scanHeaders(
        _ bytes: Span<UInt8>, from begin: Int, into index: inout HeaderIndex
    ) -> Int {
        assert(begin >= 0 && begin <= bytes.count)
        var place = begin
        while place < bytes.count {
            let first = bytes[place]
            if first == 13 || first == 10 {
                index.headersEnd = place
                let crlf = first == 13 && place + 1 < bytes.count && bytes[place + 1] == 10
                if first == 13, !crlf { note(malformed(place, "A lone carriage return")) }
                return place + (crlf ? 2 : 1)
            }
            place = scanField(bytes, from: place, into: &index)
        }
        index.headersEnd = bytes.count
        note(malformed(bytes.count, "No empty line behind the header fields"))
        return bytes.count
    }

    /// Indexes one header field, folded or not, and returns where the next line starts.
    private mutating func scanField(
        _ bytes: Span<UInt8>, from begin: Int, into index: inout HeaderIndex
    ) -> Int {
        assert(begin < bytes.count && bytes[begin] != 10)
        var cursor = Cursor(bytes)
        cursor.move(to: begin)
        var name = HeaderName.other
        let nameRange: ByteRange
        if let known = HeaderNameTable.shared.known(bytes, at: begin) {
            name = known.name
            cursor.advance(known.count)
            nameRange = cursor.range(from: begin)
        } else {
            nameRange = cursor.run(of: .token)
            name = HeaderNameTable.shared.find(bytes, nameRange)
            cursor.skip(.blank)
        }
        let valid = !nameRange.isEmpty && cursor.take(UInt8(ascii: ":"))
        if !valid { note(malformed(begin, "Malformed header field")) }
        // A line that starts with white space continues the field before it (RFC 3261 7.3.1).
        // It is joined here, so that nothing in a fold can pass for a field of its own.
        var line = endOfLine(bytes, from: cursor.position)
        let firstEnd = line.end
        while line.next < bytes.count, bytes[line.next] == 32 || bytes[line.next] == 9 {
            line = endOfLine(bytes, from: line.next + 1)
        }
        // The folds of a line that is no field go with it: they must not turn into fields.
        guard valid else { return line.next }
        cursor.skipSpace()
        let valueStart = min(cursor.position, line.end)
        var valueEnd = line.end
        while valueEnd > valueStart, isSpace(bytes[valueEnd - 1]) { valueEnd -= 1 }
        var slot = HeaderIndex.Slot()
        // Nothing is cut off: `scan` has checked that offsets fit in 16 bits.
        slot.start = UInt16(truncatingIfNeeded: begin)
        slot.nameEnd = UInt16(truncatingIfNeeded: nameRange.end)
        slot.valueStart = UInt16(truncatingIfNeeded: valueStart)
        slot.valueEnd = UInt16(truncatingIfNeeded: valueEnd)
        slot.name = name
        slot.isFolded = line.end != firstEnd
        if !index.append(slot) {
            note(SyntaxError(.tooLarge, offset: begin, "Too many header fields"))
        }
        return line.next
    }

    /// The end of the line that holds `from`: CR LF, or LF alone, which is tolerated.
    ///
    /// A CR elsewhere is part of the line; no header field that is parsed may hold one.
    private func endOfLine(_ bytes: Span<UInt8>, from: Int) -> Line {
        let place = lineFeed(bytes, from: from)
        guard place < bytes.count else { return Line(end: place, next: place) }
        let crlf = place > from && bytes[place - 1] == 13
        return Line(end: crlf ? place - 1 : place, next: place + 1)
    }

    /// Offset of the first LF from an offset on, looking at eight bytes at once.
    private func lineFeed(_ bytes: Span<UInt8>, from: Int) -> Int {
        assert(from >= 0 && from <= bytes.count)
        let raw = unsafe bytes.bytes
        var place = from
        while place &+ 8 <= bytes.count {
            // Within the bounds by the condition above.
            let word = unsafe raw.unsafeLoadUnaligned(
                fromUncheckedByteOffset: place, as: UInt64.self)
            let hits = zeroBytes(word ^ 0x0a0a_0a0a_0a0a_0a0a)
            if hits != 0 { return place &+ UInt64(littleEndian: hits).trailingZeroBitCount / 8 }
            place &+= 8
        }
        while place < bytes.count, bytes[place] != 10 { place &+= 1 }
        return place
    }

    /// Keeps the first fault: what follows is often only its consequence.
    private mutating func note(_ error: SyntaxError) {
        if fault == nil { fault = error }
    }

    /// A fault that a 400 answers; its offset is the one that the log shows.
    private func malformed(_ offset: Int, _ reason: StaticString) -> SyntaxError {
        SyntaxError(.malformed, offset: offset, reason)
    }
}

/// Bit 7 of the lowest byte that is zero, and perhaps of bytes above it (the classic of Mycroft).
func zeroBytes(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
}

/// Whether a byte is trimmed from the end of a value: linear white space (RFC 3261 25.1 `LWS`).
private func isSpace(_ byte: UInt8) -> Bool {
    byte == 32 || byte == 9 || byte == 13 || byte == 10
}
