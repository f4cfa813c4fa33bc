internal import Basics
internal import JSONValue

/// Prints the result within an answer while it arrives: as an outline, or as JSON again.
///
/// It knows the envelope of JSON-RPC: of the outer object's members only `result` is printed.
///
/// Tables would need to know the widest cell first; an outline needs nothing but the token at hand.
/// That is the difference between the two ways in which roostctl prints.
struct OutlinePrinter: ~Copyable {
    /// Where lines go.
    private let output: any TextOutput
    /// Whether the document is passed on as it is.
    private let asJSON: Bool
    /// Takes the answer apart.
    private var reader = JSONTokenReader()
    /// Writes what is passed on.
    private var writer: JSONWriter
    /// How deep the present value is.
    private var depth = 0
    /// Whether it belongs to the result.
    private var isResult = false
    /// Whether the answer is an error.
    private var hasError = false
    /// Lines that are not written yet.
    private var lines = ""
    /// What stands in front of the next line.
    private var prefix = ""

    /// A printer at the start of an answer.
    init(_ output: any TextOutput, asJSON: Bool) {
        self.output = output
        self.asJSON = asJSON
        writer = JSONWriter(isPretty: true)
    }

    /// Takes bytes of the answer in and prints what they complete.
    mutating func take(_ bytes: [UInt8]) throws(ControlError) {
        var tokens: [JSONTokenReader.Token] = []
        try reader.take(bytes) { tokens.append($0) }
        for token in tokens { take(token) }
        flush()
    }

    /// Ends the print; an answer that is cut off, or an error, is one.
    mutating func end() throws(ControlError) {
        guard reader.isBalanced else {
            throw ControlError(.unreachable, "the server's answer is cut off")
        }
        if asJSON { output.write("\n") }
        if hasError { throw ControlError(.refused, "the server answers with a very long error") }
    }

    /// Sorts out what belongs to the result.
    ///
    /// Depth 1 is the envelope. An error is printed like a result although `end` refuses it then:
    /// it is longer than what could be held, and an operator wants to see it all the same.
    private mutating func take(_ token: JSONTokenReader.Token) {
        let isClosing = token == .endObject || token == .endArray
        if isClosing { depth -= 1 }
        defer { if token == .beginObject || token == .beginArray { depth += 1 } }
        if depth == 1, case .name(let name) = token {
            isResult = name == "result" || name == "error"
            hasError = hasError || name == "error"
            return
        }
        guard isResult, depth > 0 else { return }
        if asJSON { repeatJSON(token) } else { outline(token) }
    }

    /// Writes the token again as JSON.
    private mutating func repeatJSON(_ token: JSONTokenReader.Token) {
        switch token {
        case .beginObject: writer.beginObject()
        case .endObject: writer.endObject()
        case .beginArray: writer.beginArray()
        case .endArray: writer.endArray()
        case .name(let name): writer.key(name)
        case .scalar(let value): writer.value(value)
        }
    }

    /// Writes a line for each value, under the name that it has.
    ///
    /// A container gets a line only for its name; a list within a list has none, and its elements
    /// differ from their neighbours by depth alone.
    private mutating func outline(_ token: JSONTokenReader.Token) {
        switch token {
        case .beginObject, .beginArray:
            if !prefix.isEmpty { line("") }
        case .endObject, .endArray: prefix = ""
        case .name(let name): prefix = SafeText.printable(name) + ":"
        case .scalar(let value): line(ReadableText.scalar(value) ?? "")
        }
    }

    /// Writes one line at the depth of now; the envelope and the result itself do not indent.
    private mutating func line(_ text: String) {
        let space = prefix.isEmpty || text.isEmpty ? "" : " "
        let indentation = String(repeating: "  ", count: max(depth - 2, 0))
        lines += "\(indentation)\(prefix)\(space)\(text)\n"
        prefix = ""
    }

    /// Hands on what the last bytes completed.
    ///
    /// Once for the bytes of one read, so that a dump costs one write for many lines.
    private mutating func flush() {
        if asJSON {
            output.write(writer.bytes.text)
            writer.bytes.removeAll()
        } else {
            output.write(lines)
            lines = ""
        }
    }
}
