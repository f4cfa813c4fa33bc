import Basics

/// One line of a session description (RFC 8866 5): a letter, `=`, a value.
struct SDPLine {
    /// The letter.
    let kind: UInt8
    /// The line without its end.
    let range: ByteRange
    /// Where the next line begins.
    let next: Int
    /// The address in `c=`, in `o=` and in `a=rtcp:`; nil in other lines.
    let address: ByteRange?
}

/// Walks over the lines of a session description; what is no line of one is passed over.
struct SDPLines: ~Escapable {
    private let bytes: Span<UInt8>
    private var place = 0

    /// A walk over a body.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    /// The next line, nil behind the last.
    @_lifetime(self: copy self)
    mutating func next() -> SDPLine? {
        while place < bytes.count {
            let start = place
            while place < bytes.count, bytes[place] != 10 { place += 1 }
            var end = place
            if end > start, bytes[end - 1] == 13 { end -= 1 }
            place = min(place + 1, bytes.count)
            guard end - start >= 2, bytes[start + 1] == UInt8(ascii: "=") else { continue }
            let range = ByteRange(offset: start, count: end - start)
            return SDPLine(
                kind: bytes[start], range: range, next: place,
                address: address(range, bytes[start]))
        }
        return nil
    }

    /// The word behind `IN IP4` or `IN IP6`, as far as it is an address: multicast adds a time to
    /// live behind `/`.
    private func address(_ line: ByteRange, _ kind: UInt8) -> ByteRange? {
        let isRTCP =
            kind == UInt8(ascii: "a") && bytes.part(line).hasPrefix(matching: "a=rtcp:")
        guard kind == UInt8(ascii: "c") || kind == UInt8(ascii: "o") || isRTCP else { return nil }
        var words = 0
        var start = line.start
        var place = line.start
        while place <= line.end {
            if place == line.end || bytes[place] == 32 {
                if words == 2 {
                    var end = start
                    while end < place, bytes[end] != UInt8(ascii: "/") { end += 1 }
                    return end > start ? ByteRange(offset: start, count: end - start) : nil
                }
                if words > 0 {
                    let word = bytes.extracting(start..<place)
                    words = word.equals("IP4") || word.equals("IP6") ? 2 : 0
                }
                let opened = bytes.extracting(start..<place)
                if words == 0, opened.equals("IN") || opened.equals("c=IN") { words = 1 }
                start = place + 1
            }
            place += 1
        }
        return nil
    }
}
