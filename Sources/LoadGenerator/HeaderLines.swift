internal import Basics
internal import Glibc

/// Walks over the header lines of a message, one call a line.
///
/// Lines that are folded (RFC 3261 7.3.1) are taken for lines of their own: no server folds what is
/// read here.
struct HeaderLines: Sendable {
    /// Where the next line begins.
    private(set) var offset = 0

    /// A walk that begins behind the start line.
    init(_ bytes: Span<UInt8>) { _ = next(bytes) }

    /// The next line, its end of line included; nil at the empty line or the end of the message.
    ///
    /// After nil `offset` is where the body begins.
    mutating func next(_ bytes: Span<UInt8>) -> ByteRange? {
        let start = offset
        guard start < bytes.count else { return nil }
        let found = unsafe bytes.withUnsafeBufferPointer { buffer -> Int? in
            guard let base = buffer.baseAddress,
                let place = unsafe memchr(base + start, 10, buffer.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(place) - UnsafeRawPointer(base)
        }
        offset = (found ?? bytes.count - 1) + 1
        let isEmpty = bytes[start] == 10 || (bytes[start] == 13 && offset == start + 2)
        return isEmpty ? nil : ByteRange(offset: start, count: offset - start)
    }

    /// The value behind the colon, without blanks at its ends.
    static func value(_ line: ByteRange, _ bytes: Span<UInt8>) -> ByteRange {
        var start = line.start
        while start < line.end, bytes[start] != UInt8(ascii: ":") { start += 1 }
        start = min(start + 1, line.end)
        var end = line.end
        while start < end, bytes[start] <= 32 { start += 1 }
        while end > start, bytes[end - 1] <= 32 { end -= 1 }
        return ByteRange(offset: start, count: end - start)
    }

    /// Whether a line has this name, which is given in lower case, in any case of letters.
    static func isNamed(_ name: StaticString, _ line: ByteRange, _ bytes: Span<UInt8>) -> Bool {
        let length = name.utf8CodeUnitCount
        guard line.count > length else { return false }
        for index in 0..<length
        where unsafe bytes[line.start + index] | 0x20 != name.utf8Start[index] | 0x20 {
            return false
        }
        let next = bytes[line.start + length]
        return next == UInt8(ascii: ":") || next == 32 || next == 9
    }

    /// The decimal number at the start of `range`; nil without a digit or beyond 32 bits.
    static func number(_ range: ByteRange, _ bytes: Span<UInt8>) -> UInt32? {
        var value: UInt64 = 0
        var index = range.start
        while index < range.end, bytes[index] >= 48, bytes[index] <= 57 {
            value = value * 10 + UInt64(bytes[index] - 48)
            guard value <= UInt64(UInt32.max) else { return nil }
            index += 1
        }
        return index > range.start ? UInt32(value) : nil
    }

    /// Eight hexadecimal digits at `start`, which must lie inside; nil when they are none.
    static func hexadecimal(_ start: Int, _ bytes: Span<UInt8>) -> UInt32? {
        guard start >= 0, start + 8 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for index in start..<(start + 8) {
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                value = value << 4 | UInt32(bytes[index] - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                value = value << 4 | UInt32(bytes[index] - 87)
            default: return nil
            }
        }
        return value
    }
}

/// Finds in a reply the tag that later requests must repeat.
enum TagFinder {
    /// The tag of To (RFC 3261 8.2.6.2), or nil.
    static func dialogTag(_ bytes: Span<UInt8>) -> ByteRange? {
        var lines = HeaderLines(bytes)
        while let line = lines.next(bytes) {
            guard HeaderLines.isNamed("to", line, bytes) || HeaderLines.isNamed("t", line, bytes)
            else { continue }
            return parameter(HeaderLines.value(line, bytes), bytes)
        }
        return nil
    }

    /// The value of SIP-ETag (RFC 3903 11.3.1), or nil.
    static func entityTag(_ bytes: Span<UInt8>) -> ByteRange? {
        var lines = HeaderLines(bytes)
        while let line = lines.next(bytes) {
            guard HeaderLines.isNamed("sip-etag", line, bytes) else { continue }
            let value = HeaderLines.value(line, bytes)
            return value.isEmpty ? nil : value
        }
        return nil
    }

    /// The value of the parameter `tag`, which ends at the next delimiter.
    private static func parameter(_ value: ByteRange, _ bytes: Span<UInt8>) -> ByteRange? {
        let name: StaticString = ";tag="
        var start = value.start
        while start + 5 < value.end {
            let isHere = (0..<5).allSatisfy {
                unsafe bytes[start + $0] | 0x20 == name.utf8Start[$0] | 0x20
            }
            guard isHere else {
                start += 1
                continue
            }
            var end = start + 5
            while end < value.end, bytes[end] > 32, bytes[end] != UInt8(ascii: ";") { end += 1 }
            return end > start + 5 ? ByteRange(offset: start + 5, count: end - start - 5) : nil
        }
        return nil
    }
}
