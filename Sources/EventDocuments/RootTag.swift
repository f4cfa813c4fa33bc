internal import Basics

/// The start tag of a document's root, read from its bytes without a parser.
///
/// A document was checked when it was published. What must be known of it when it is sent to the
/// thousandth watcher, its name and where its version stands, is found in some hundred bytes.
struct RootTag {
    /// The name without its prefix.
    let name: ByteRange
    /// The tag from its name up to the closing bracket.
    let tag: ByteRange

    /// The root of a document, nil if the bytes are none that could be published.
    init?(_ bytes: Span<UInt8>) {
        var cursor = Cursor(bytes)
        if cursor.peek(0) == 0xEF { cursor.advance(3) }
        while true {
            guard cursor.seek(UInt8(ascii: "<")) else { return nil }
            cursor.advance()
            switch cursor.current {
            case UInt8(ascii: "?"): Self.pass(&cursor, "?>")
            case UInt8(ascii: "!"): Self.pass(&cursor, "-->")
            default:
                guard let tag = Self.read(&cursor) else { return nil }
                self = tag
                return
            }
        }
    }

    private init(name: ByteRange, tag: ByteRange) {
        self.name = name
        self.tag = tag
    }

    /// The start tag at an opening bracket; nil for anything else that begins with one.
    ///
    /// The cursor stands behind it afterwards, in a document that is well-formed.
    @_lifetime(cursor: copy cursor)
    static func next(_ cursor: inout Cursor) -> RootTag? {
        cursor.advance()
        switch cursor.current {
        case UInt8(ascii: "?"): pass(&cursor, "?>")
        case UInt8(ascii: "/"): break
        case UInt8(ascii: "!"):
            if cursor.peek(1) == UInt8(ascii: "[") {
                pass(&cursor, "]]>")
            } else {
                pass(&cursor, "-->")
            }
        default: return read(&cursor)
        }
        return nil
    }

    /// Where the value of an attribute stands, without its quotes; prefixes are part of the name.
    func value(of attribute: StaticString, in bytes: Span<UInt8>) -> ByteRange? {
        var cursor = Cursor(bytes, in: tag)
        cursor.skip(.xmlName)
        while true {
            cursor.skip(.xmlSpace)
            let name = cursor.run(of: .xmlName)
            cursor.skip(.xmlSpace)
            guard !name.isEmpty, cursor.take(UInt8(ascii: "=")) else { return nil }
            cursor.skip(.xmlSpace)
            guard let quote = cursor.current else { return nil }
            cursor.advance()
            let start = cursor.position
            guard cursor.seek(quote) else { return nil }
            if bytes.part(name).equals(attribute) { return cursor.range(from: start) }
            cursor.advance()
        }
    }

    /// Reads a start tag; the cursor stands behind its opening bracket.
    @_lifetime(cursor: copy cursor)
    private static func read(_ cursor: inout Cursor) -> RootTag? {
        let start = cursor.position
        var name = cursor.run(of: .xmlName)
        for place in name.indices where cursor.bytes[place] == UInt8(ascii: ":") {
            name = ByteRange(offset: place + 1, count: name.end - place - 1)
        }
        while let byte = cursor.current, byte != UInt8(ascii: ">") {
            cursor.advance()
            guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") else { continue }
            guard cursor.seek(byte) else { return nil }
            cursor.advance()
        }
        guard !cursor.isAtEnd, !name.isEmpty else { return nil }
        return RootTag(name: name, tag: cursor.range(from: start))
    }

    @_lifetime(cursor: copy cursor)
    private static func pass(_ cursor: inout Cursor, _ text: StaticString) {
        let length = text.utf8CodeUnitCount
        while cursor.remaining >= length {
            let here = cursor.position
            if cursor.bytes.extracting(here..<here + length).equals(text) { return }
            cursor.advance()
        }
    }
}
