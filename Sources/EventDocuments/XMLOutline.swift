internal import Basics

/// What a document is held to; depth and attributes have one bound for all (`Limits`).
struct XMLBounds {
    /// Most bytes.
    let bytesMax: Int
    /// Most elements.
    let elementsMax: Int

    /// For what arrives in a message.
    static let published = XMLBounds(
        bytesMax: Limits.xmlBytesMax, elementsMax: Limits.xmlElementsMax)
    /// For rules, which an operator's XCAP server stored.
    static let rules = XMLBounds(
        bytesMax: Limits.rulesBytesMax, elementsMax: Limits.rulesElementsMax)
}

/// What one pass over the bytes of a document tells before libxml2 sees them.
///
/// XML comes from strangers, and a parser's work may grow with the square of what they send: it
/// compares each attribute of an element with each other. So the bounds are held here, on the
/// bytes. The pass knows tags, quotes, comments, CDATA and processing instructions, and sees a
/// well-formed document exactly as the parser does; in one that is not well-formed both agree up to
/// the fault, where the parser stops.
///
/// That only holds where a byte below 128 means the ASCII character, so encodings in which it does
/// not (UTF-7, UTF-16, EBCDIC) are not accepted. RFC 3863 4.1 and its sisters say UTF-8.
struct XMLOutline {
    /// The name of the root element as it is written, with its prefix.
    private(set) var rootName = ByteRange.empty
    /// The root's start tag from its name up to the bracket that closes it.
    private(set) var rootTag = ByteRange.empty
    /// How many elements there are.
    private(set) var elements = 0
    /// Whether the document says that it is in an encoding other than UTF-8 and ASCII.
    private(set) var isForeign = false

    /// How many elements are open.
    private var depth = 0
    /// What the document is held to.
    private let bounds: XMLBounds

    /// Looks at a document.
    init(_ bytes: Span<UInt8>, _ bounds: XMLBounds = .published) throws(DocumentError) {
        self.bounds = bounds
        guard bytes.count <= bounds.bytesMax else {
            throw DocumentError(.tooLarge, "\(bytes.count) bytes")
        }
        var cursor = Cursor(bytes)
        // The library takes a NUL for the end of the document and would not see what follows.
        if cursor.seek(0) {
            throw DocumentError(.malformed, "a NUL", line: Self.line(of: cursor))
        }
        cursor = Cursor(bytes)
        do throws(DocumentError) {
            try readHead(&cursor)
            while cursor.seek(UInt8(ascii: "<")) { try readMarkup(&cursor) }
        } catch {
            throw DocumentError(error.kind, error.what, line: Self.line(of: cursor))
        }
        guard elements > 0 else { throw DocumentError(.malformed, "there is no element") }
    }

    // MARK: What stands before the root

    /// Encodings whose bytes below 128 are ASCII's, apart from UTF-8.
    private static let encodings = ["us-ascii", "ascii", "iso-8859-", "windows-125", "latin1"]

    /// Checks the first bytes, and the encoding if the XML declaration names one.
    @_lifetime(cursor: copy cursor)
    private mutating func readHead(_ cursor: inout Cursor) throws(DocumentError) {
        if cursor.peek(0) == 0xEF, cursor.peek(1) == 0xBB, cursor.peek(2) == 0xBF {
            cursor.advance(3)
        }
        cursor.skip(.xmlSpace)
        guard cursor.current == UInt8(ascii: "<") else {
            throw DocumentError(.malformed, "no XML, or none whose encoding is like ASCII")
        }
        guard Self.starts(cursor, "<?xml") else { return }
        var ahead = cursor
        guard Self.seek(&ahead, "?>") else {
            throw DocumentError(.malformed, "the XML declaration has no end")
        }
        let declaration = cursor.bytes.extracting(cursor.position..<ahead.position)
        try checkEncoding(declaration)
    }

    private mutating func checkEncoding(_ declaration: Span<UInt8>) throws(DocumentError) {
        var cursor = Cursor(declaration)
        while cursor.seek(UInt8(ascii: "e")) {
            if Self.starts(cursor, "encoding") { break }
            cursor.advance()
        }
        cursor.advance("encoding".utf8.count)
        cursor.skip(.xmlSpace)
        guard cursor.take(UInt8(ascii: "=")) else { return }
        cursor.skip(.xmlSpace)
        guard let quote = cursor.current else { return }
        cursor.advance()
        let start = cursor.position
        guard cursor.seek(quote) else { return }
        let name = String(copying: declaration.part(cursor.range(from: start))).lowercased()
        guard name != "utf-8" && name != "utf8" else { return }
        guard Self.encodings.contains(where: name.hasPrefix) else {
            throw DocumentError(.unsupported, "the encoding \(name.prefix(32))")
        }
        isForeign = true
    }

    // MARK: Markup

    /// Passes what begins with the bracket at the cursor.
    @_lifetime(cursor: copy cursor)
    private mutating func readMarkup(_ cursor: inout Cursor) throws(DocumentError) {
        switch cursor.peek(1) {
        case UInt8(ascii: "?"): try pass(&cursor, "?>")
        case UInt8(ascii: "!"): try readDeclaration(&cursor)
        case UInt8(ascii: "/"):
            depth -= 1
            cursor.advance(2)
        default: try readTag(&cursor)
        }
    }

    @_lifetime(cursor: copy cursor)
    private func readDeclaration(_ cursor: inout Cursor) throws(DocumentError) {
        if Self.starts(cursor, "<!--") {
            cursor.advance(4)
            return try pass(&cursor, "-->")
        }
        if Self.starts(cursor, "<![CDATA[") {
            cursor.advance(9)
            return try pass(&cursor, "]]>")
        }
        // A document type may declare entities that grow without bound or name files and hosts.
        throw DocumentError(.unsupported, "a document type declaration")
    }

    /// Passes a start tag; a bracket within quotes does not end it.
    @_lifetime(cursor: copy cursor)
    private mutating func readTag(_ cursor: inout Cursor) throws(DocumentError) {
        cursor.advance()
        let start = cursor.position
        let name = cursor.run(of: .xmlName)
        elements += 1
        depth += 1
        guard elements <= bounds.elementsMax else {
            throw DocumentError(.tooLarge, "more than \(bounds.elementsMax) elements")
        }
        guard depth <= Limits.xmlDepthMax else {
            throw DocumentError(.tooLarge, "nested deeper than \(Limits.xmlDepthMax)")
        }
        try readAttributes(&cursor)
        if elements == 1 {
            rootName = name
            rootTag = cursor.range(from: start)
        }
        if cursor.position > start, cursor.bytes[cursor.position - 1] == UInt8(ascii: "/") {
            depth -= 1
        }
    }

    /// Moves to the bracket that ends a tag and counts the values on the way.
    @_lifetime(cursor: copy cursor)
    private func readAttributes(_ cursor: inout Cursor) throws(DocumentError) {
        var attributes = 0
        while let byte = cursor.current, byte != UInt8(ascii: ">") {
            guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") else {
                cursor.advance()
                continue
            }
            attributes += 1
            guard attributes <= Limits.xmlAttributesMax else {
                let most = Limits.xmlAttributesMax
                throw DocumentError(.tooLarge, "an element with more than \(most) attributes")
            }
            cursor.advance()
            guard cursor.seek(byte) else {
                throw DocumentError(.malformed, "an attribute has no end")
            }
            cursor.advance()
        }
        guard !cursor.isAtEnd else { throw DocumentError(.malformed, "a tag has no end") }
    }

    /// Moves behind the next occurrence of a text.
    @_lifetime(cursor: copy cursor)
    private func pass(_ cursor: inout Cursor, _ text: StaticString) throws(DocumentError) {
        guard Self.seek(&cursor, text) else {
            throw DocumentError(.malformed, "something that was opened is never closed")
        }
        cursor.advance(text.utf8CodeUnitCount)
    }

    // MARK: Bytes

    private static func starts(_ cursor: borrowing Cursor, _ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard cursor.remaining >= length else { return false }
        return cursor.bytes.extracting(cursor.position..<cursor.position + length).equals(text)
    }

    /// Moves to the next occurrence of a text, or to the end, and says whether it occurs.
    @_lifetime(cursor: copy cursor)
    private static func seek(_ cursor: inout Cursor, _ text: StaticString) -> Bool {
        let first = unsafe text.utf8Start[0]
        while cursor.seek(first) {
            if starts(cursor, text) { return true }
            cursor.advance()
        }
        return false
    }

    private static func line(of cursor: borrowing Cursor) -> Int {
        var line = 1
        for place in 0..<cursor.position where cursor.bytes[place] == UInt8(ascii: "\n") {
            line += 1
        }
        return line
    }
}

extension ByteSet {
    /// White space of XML (XML 1.0 section 2.3).
    static let xmlSpace = ByteSet(" \t\r\n")
    /// What ends no name: all but white space, brackets, slash, quotes and the equals sign.
    static let xmlName = ByteSet(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:", beyond: true)
}
