internal import Basics

/// The parts of a result as lines of text, for ctl's old FIFO protocol: a line for each value; the
/// members of a structure stand on its line as `name:value`, with commas between them.
///
/// A colon, a comma, a brace or a line end within a value is spelled `\o`, `\c`, `\b`, `\e` or
/// `\n`, and a backslash is doubled; structures within structures stand in braces.
struct TextParts: ~Copyable, JSONParts {
    /// One object or array that is open.
    private struct Frame {
        let isObject: Bool
        var needsComma = false
    }

    /// The text so far; it may be taken out between two parts.
    var bytes = ByteWriter(capacity: 1_024)
    private var stack: [Frame] = []
    private var follows = false

    /// No text.
    init() {}

    /// It takes all there is.
    let isFull = false
    /// Whether a string is a member's name now.
    var expectsName: Bool { stack.last.map { $0.isObject && !follows } ?? false }

    /// Whether what is begun or written now stands on a line of its own.
    private var isLine: Bool {
        stack.isEmpty || stack.count == 1 && !stack[0].isObject
    }

    /// A member's name; its value follows.
    mutating func member(_ name: Span<UInt8>) {
        separate()
        append(name)
        bytes.append(UInt8(ascii: ":"))
        follows = true
    }

    /// A string.
    mutating func string(_ text: Span<UInt8>) {
        begin()
        append(text)
        finish()
    }

    /// An integer.
    mutating func integer(_ value: Int64) {
        begin()
        bytes.append(decimal: value)
        finish()
    }

    /// Another number.
    mutating func double(_ value: Double) {
        begin()
        bytes.append("\(value)")
        finish()
    }

    /// The start of an object.
    mutating func beginObject() {
        let isInner = !isLine
        begin()
        if isInner { bytes.append(UInt8(ascii: "{")) }
        stack.append(Frame(isObject: true))
        follows = false
    }

    /// The start of an array.
    mutating func beginArray() {
        let isOuter = stack.isEmpty
        begin()
        if !isOuter { bytes.append(UInt8(ascii: "{")) }
        stack.append(Frame(isObject: false))
        follows = false
    }

    /// The end of the object or array that was begun last.
    mutating func end() {
        let frame = stack.popLast()
        let wasOuter = stack.isEmpty && frame?.isObject == false
        if wasOuter { return }
        if !isLine { bytes.append(UInt8(ascii: "}")) }
        finish()
    }

    private mutating func begin() {
        if follows || isLine { return }
        separate()
    }

    private mutating func finish() {
        follows = false
        if isLine { bytes.append(UInt8(ascii: "\n")) }
    }

    private mutating func separate() {
        guard let top = stack.indices.last else { return }
        if stack[top].needsComma { bytes.append(UInt8(ascii: ",")) }
        stack[top].needsComma = true
    }

    private mutating func append(_ text: Span<UInt8>) {
        for place in text.indices {
            switch text[place] {
            case UInt8(ascii: "\\"): bytes.append("\\\\")
            case UInt8(ascii: "\n"): bytes.append("\\n")
            case UInt8(ascii: ":") where !stack.isEmpty && !isLine: bytes.append("\\o")
            case UInt8(ascii: ",") where !stack.isEmpty && !isLine: bytes.append("\\c")
            case UInt8(ascii: "{") where !stack.isEmpty && !isLine: bytes.append("\\b")
            case UInt8(ascii: "}") where !stack.isEmpty && !isLine: bytes.append("\\e")
            case let byte: bytes.append(byte)
            }
        }
    }
}
