public import Basics

/// Writes a JSON document piece by piece, in constant memory apart from what is written.
///
/// The caller opens and closes in order; separators and escapes are the writer's work. What is
/// written so far may be taken out of `bytes` at any time between two calls.
public struct JSONWriter: ~Copyable, Sendable {
    /// The text so far.
    public var bytes: ByteWriter
    /// Whether members stand on lines of their own, indented by tabs.
    public let isPretty: Bool
    private var depth = 0
    private var needsComma = false
    private var follows = false

    /// A writer with room for `capacity` bytes.
    public init(capacity: Int = 4096, isPretty: Bool = false) {
        bytes = ByteWriter(capacity: capacity)
        self.isPretty = isPretty
    }

    /// Opens an object.
    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    /// Closes the object opened last.
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    /// Opens an array.
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    /// Closes the array opened last.
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Writes a member's name; its value must follow.
    public mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(name)
        bytes.append(UInt8(ascii: "\""))
        finishKey()
    }

    /// Writes a member's name that is not known when the program is built.
    public mutating func key(_ name: String) {
        separate()
        quote(name.utf8.span)
        finishKey()
    }

    /// Writes `null`.
    public mutating func null() {
        separate()
        bytes.append("null")
    }

    /// Writes a Boolean.
    public mutating func bool(_ value: Bool) {
        separate()
        if value { bytes.append("true") } else { bytes.append("false") }
    }

    /// Writes an integer.
    public mutating func integer(_ value: some BinaryInteger) {
        separate()
        bytes.append(decimal: value)
    }

    /// Writes a number; what JSON cannot hold (NaN, infinity) becomes `null`.
    ///
    /// Whole numbers below 1e15 have no point: they look like the integers that they are, and
    /// within that bound every one of them is exact in a double.
    public mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        if value == value.rounded(), value.magnitude < 1e15 {
            bytes.append(decimal: Int64(value))
        } else {
            bytes.append("\(value)")
        }
    }

    /// Writes a string; bytes that are no UTF-8 become U+FFFD.
    public mutating func string(_ text: Span<UInt8>) {
        separate()
        quote(text)
    }

    /// Writes a string.
    public mutating func string(_ text: String) {
        separate()
        quote(text.utf8.span)
    }

    /// Writes a literal, which must hold nothing that JSON escapes.
    ///
    /// The literals of a program are known to be clean, so nothing is looked at.
    public mutating func string(_ text: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(text)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a value that is JSON already, as it is: a document that was rendered before.
    public mutating func rendered(_ text: Span<UInt8>) {
        separate()
        bytes.append(text)
    }

    /// Forgets everything, also what is open, and keeps the room.
    ///
    /// For a writer that serves one answer after the other.
    public mutating func reset() {
        bytes.removeAll()
        depth = 0
        needsComma = false
        follows = false
    }

    /// Writes a whole document.
    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let flag): bool(flag)
        case .integer(let number): integer(number)
        case .double(let number): double(number)
        case .string(let text): string(text)
        case .array(let items):
            beginArray()
            for item in items { self.value(item) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members {
                key(member.name)
                self.value(member.value)
            }
            endObject()
        }
    }

    /// Opens a container; its first element gets no comma.
    private mutating func open(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        depth += 1
        needsComma = false
    }

    /// Closes a container; one that stayed empty is closed on the same line.
    private mutating func close(_ byte: UInt8) {
        precondition(depth > 0, "closed more than was opened")
        depth -= 1
        if isPretty, needsComma { newline() }
        bytes.append(byte)
        needsComma = true
    }

    /// Writes what must stand before a value or a name: nothing, a comma, or a new line.
    private mutating func separate() {
        if follows {
            follows = false
            needsComma = true
            return
        }
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        if isPretty, depth > 0 { newline() }
        needsComma = true
    }

    /// Ends a name and remembers that its value follows without a comma.
    private mutating func finishKey() {
        bytes.append(UInt8(ascii: ":"))
        if isPretty { bytes.append(UInt8(ascii: " ")) }
        follows = true
    }

    /// Begins a line at the depth of now.
    private mutating func newline() {
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<depth { bytes.append(UInt8(ascii: "\t")) }
    }

    /// Writes a string with its quotes; the room for a clean one is made at once.
    private mutating func quote(_ text: Span<UInt8>) {
        bytes.reserve(text.count + 2)
        bytes.append(UInt8(ascii: "\""))
        if JSONText.isClean(text) {
            bytes.append(text)
        } else {
            JSONText.escape(text, into: &bytes)
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
