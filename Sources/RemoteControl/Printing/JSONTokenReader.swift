internal import Basics
public import JSONValue

/// JSON taken apart while it arrives, in constant memory: for answers too large to be held.
///
/// It trusts the nesting only as far as `Limits.jsonDepthMax`, and no string beyond
/// `Limits.printedStringBytesMax`. What stands within one token is checked by the JSON parser.
public struct JSONTokenReader: Sendable {
    /// One token.
    public enum Token: Sendable, Equatable {
        /// `{`
        case beginObject
        /// `}`
        case endObject
        /// `[`
        case beginArray
        /// `]`
        case endArray
        /// A member's name; its value follows.
        case name(String)
        /// A value that is neither array nor object.
        case scalar(JSONValue)
    }

    /// The token as far as it has come.
    private var pending: [UInt8] = []
    /// Whether it is a string.
    private var isString = false
    /// Whether the next character is escaped.
    private var isEscaped = false
    /// The brackets that are open.
    private var containers: [UInt8] = []
    /// Whether a string is the name of a member.
    private var expectsName = false

    /// A reader for one document.
    public init() {}

    /// Whether every bracket that was opened is closed again.
    public var isBalanced: Bool { containers.isEmpty && pending.isEmpty && !isString }

    /// Takes bytes in and hands the tokens that they complete to `body`.
    ///
    /// A number or a word is complete only with the byte behind it, so a document that is a single
    /// number never completes: an answer of JSON-RPC is an object.
    public mutating func take(
        _ bytes: [UInt8], _ body: (Token) throws(ControlError) -> Void
    ) throws(ControlError) {
        var place = 0
        while place < bytes.count {
            if isString {
                place = try takeString(bytes, place, body)
            } else {
                try take(bytes[place], body)
                place += 1
            }
        }
    }

    /// Takes the part of a string that has arrived, and returns where it ends.
    ///
    /// Whole stretches are taken over at once, since most of a dump's bytes stand within strings.
    private mutating func takeString(
        _ bytes: [UInt8], _ start: Int, _ body: (Token) throws(ControlError) -> Void
    ) throws(ControlError) -> Int {
        var place = start
        while place < bytes.count, isString {
            let byte = bytes[place]
            place += 1
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isString = false
            }
        }
        pending.append(contentsOf: bytes[start..<place])
        guard pending.count <= Limits.printedStringBytesMax else {
            throw Self.malformed("a string is too long")
        }
        if !isString { try finish(body) }
        return place
    }

    /// Takes a byte outside of strings.
    ///
    /// Commas and colons are not checked against the grammar: the server's writer puts them right,
    /// and what matters here is that hostile bytes cannot use up memory or forge a bracket.
    private mutating func take(
        _ byte: UInt8, _ body: (Token) throws(ControlError) -> Void
    ) throws(ControlError) {
        switch byte {
        case UInt8(ascii: "\""):
            pending.append(byte)
            isString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard containers.count < Limits.jsonDepthMax else {
                throw Self.malformed("it nests too deep")
            }
            containers.append(byte)
            expectsName = byte == UInt8(ascii: "{")
            try body(expectsName ? .beginObject : .beginArray)
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            try finish(body)
            guard let open = containers.popLast(), open + 2 == byte else {
                throw Self.malformed("a bracket does not match")
            }
            expectsName = false
            try body(byte == UInt8(ascii: "}") ? .endObject : .endArray)
        case UInt8(ascii: ","):
            try finish(body)
            expectsName = containers.last == UInt8(ascii: "{")
        case UInt8(ascii: ":"): break
        case 0x20, 0x09, 0x0A, 0x0D: try finish(body)
        default:
            pending.append(byte)
            guard pending.count <= 64 else { throw Self.malformed("a number is too long") }
        }
    }

    /// Ends the string, number or word that was collected.
    ///
    /// The strict parser judges it, so that escapes and numbers mean the same in both ways of
    /// printing.
    private mutating func finish(
        _ body: (Token) throws(ControlError) -> Void
    ) throws(ControlError) {
        guard !pending.isEmpty else { return }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: pending.span)
        } catch {
            throw Self.malformed(error.message)
        }
        pending.removeAll(keepingCapacity: true)
        if expectsName, case .string(let name) = value {
            expectsName = false
            try body(.name(name))
        } else {
            try body(.scalar(value))
        }
    }

    /// The error for bytes that are no JSON.
    private static func malformed(_ what: String) -> ControlError {
        ControlError(.unreachable, "the server's answer is no JSON: \(what)")
    }
}
