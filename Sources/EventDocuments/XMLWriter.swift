internal import Basics

/// Writes a document piece by piece; what must be escaped is.
///
/// The caller opens and closes in order. Characters that XML 1.0 does not have (section 2.2) are
/// left out: they come from header fields of strangers, and one of them would make the whole
/// document unreadable.
struct XMLWriter: ~Copyable {
    /// The text so far; a start tag may still wait for its bracket.
    var bytes: ByteWriter
    private var isTagOpen = false
    /// Where the version stands in the text.
    private var versionPlace: ByteRange?

    /// A writer of a document, which begins with the XML declaration.
    init(capacity: Int = 1_024) {
        bytes = ByteWriter(capacity: capacity)
        bytes.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    }

    /// The document, complete.
    consuming func finish() -> [UInt8] {
        assert(!isTagOpen, "the root was not closed")
        return Array(copying: bytes.span)
    }

    /// The document, complete, with the place of the version that `version` wrote.
    consuming func finishVersioned() -> VersionedDocument {
        assert(!isTagOpen, "the root was not closed")
        let whole = Array(copying: bytes.span)
        guard let versionPlace else { return VersionedDocument(whole) }
        return VersionedDocument(whole, version: versionPlace)
    }

    // MARK: Elements

    /// Opens an element.
    mutating func open(_ name: StaticString) {
        endTag()
        bytes.append(UInt8(ascii: "<"))
        bytes.append(name)
        isTagOpen = true
    }

    /// Closes the element opened last, whose name is given once more.
    mutating func close(_ name: StaticString) {
        guard !isTagOpen else { return closeEmpty() }
        bytes.append("</")
        bytes.append(name)
        bytes.append(UInt8(ascii: ">"))
    }

    /// Writes an element that holds text only.
    mutating func element(_ name: StaticString, _ text: String) {
        open(name)
        self.text(text)
        close(name)
    }

    /// Writes text into the open element.
    mutating func text(_ text: String) {
        guard !text.isEmpty else { return }
        endTag()
        escape(text.utf8.span, isQuoted: false)
    }

    // MARK: Attributes

    /// Writes an attribute of the element just opened.
    mutating func attribute(_ name: StaticString, _ value: String) {
        begin(name)
        escape(value.utf8.span, isQuoted: true)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes an attribute that may be absent.
    mutating func attribute(_ name: StaticString, optional value: String?) {
        if let value { attribute(name, value) }
    }

    /// Writes a number as an attribute, if there is one.
    mutating func attribute(_ name: StaticString, decimal value: (some BinaryInteger)?) {
        guard let value else { return }
        begin(name)
        bytes.append(decimal: value)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes the attribute `version` and remembers where its number stands.
    mutating func version(_ number: Int) {
        begin("version")
        let start = bytes.count
        bytes.append(decimal: max(number, 0))
        versionPlace = ByteRange(offset: start, count: bytes.count - start)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Declares a namespace at the element just opened; the empty prefix is the default one.
    mutating func declare(prefix: String, _ namespace: String) {
        assert(isTagOpen)
        bytes.append(" xmlns")
        if !prefix.isEmpty {
            bytes.append(UInt8(ascii: ":"))
            bytes.append(prefix)
        }
        bytes.append("=\"")
        escape(namespace.utf8.span, isQuoted: true)
        bytes.append(UInt8(ascii: "\""))
    }

    // MARK: Pieces

    /// Opens an element whose name is known at runtime only.
    mutating func open(prefix: Span<UInt8>, _ name: Span<UInt8>) {
        endTag()
        bytes.append(UInt8(ascii: "<"))
        append(prefix: prefix, name)
        isTagOpen = true
    }

    /// Closes such an element.
    mutating func close(prefix: Span<UInt8>, _ name: Span<UInt8>) {
        guard !isTagOpen else { return closeEmpty() }
        bytes.append("</")
        append(prefix: prefix, name)
        bytes.append(UInt8(ascii: ">"))
    }

    /// Opens an attribute of such an element; the value and a quote follow.
    mutating func begin(prefix: Span<UInt8>, _ name: Span<UInt8>) {
        assert(isTagOpen)
        bytes.append(UInt8(ascii: " "))
        append(prefix: prefix, name)
        bytes.append("=\"")
    }

    /// Ends the start tag that was begun last, if it still is.
    mutating func endTag() {
        guard isTagOpen else { return }
        bytes.append(UInt8(ascii: ">"))
        isTagOpen = false
    }

    /// Writes text, or the value of an attribute.
    mutating func escape(_ text: Span<UInt8>, isQuoted: Bool) {
        bytes.reserve(text.count)
        for place in text.indices {
            let byte = text[place]
            if byte >= 0x40 || Self.plain.contains(byte) {
                if byte >= 0xBE, Self.isNoCharacter(text, place) { continue }
                bytes.append(byte)
            } else {
                escape(byte, isQuoted: isQuoted)
            }
        }
    }

    private mutating func escape(_ byte: UInt8, isQuoted: Bool) {
        switch byte {
        case UInt8(ascii: "&"): bytes.append("&amp;")
        case UInt8(ascii: "<"): bytes.append("&lt;")
        case UInt8(ascii: ">"): bytes.append("&gt;")
        case UInt8(ascii: "\"") where isQuoted: bytes.append("&quot;")
        case UInt8(ascii: "\r"): bytes.append("&#13;")
        case UInt8(ascii: "\t") where isQuoted: bytes.append("&#9;")
        case UInt8(ascii: "\n") where isQuoted: bytes.append("&#10;")
        case UInt8(ascii: "\""), UInt8(ascii: "\t"), UInt8(ascii: "\n"): bytes.append(byte)
        default: break
        }
    }

    /// Bytes below 0x40 that stand for themselves everywhere.
    private static let plain = ByteSet(" !#$%'()*+,-./0123456789:;=?")

    /// Whether a byte belongs to U+FFFE or U+FFFF, which are no characters of XML.
    private static func isNoCharacter(_ text: Span<UInt8>, _ place: Int) -> Bool {
        func holds(from start: Int) -> Bool {
            start >= 0 && start + 2 < text.count && text[start] == 0xEF
                && text[start + 1] == 0xBF && text[start + 2] >= 0xBE
        }
        return holds(from: place) || holds(from: place - 1) || holds(from: place - 2)
    }

    private mutating func append(prefix: Span<UInt8>, _ name: Span<UInt8>) {
        if !prefix.isEmpty {
            bytes.append(prefix)
            bytes.append(UInt8(ascii: ":"))
        }
        bytes.append(name)
    }

    private mutating func begin(_ name: StaticString) {
        assert(isTagOpen, "an attribute stands in a start tag")
        bytes.append(UInt8(ascii: " "))
        bytes.append(name)
        bytes.append("=\"")
    }

    private mutating func closeEmpty() {
        bytes.append("/>")
        isTagOpen = false
    }
}
