internal import ModuleKit

/// A pseudo-variable as the script spells it, taken apart but not yet looked up.
///
/// The same syntax stands in expressions, in templates and in `#!substdef`; all three read it here,
/// so that what one of them accepts the others do not refuse.
public struct VariableSyntax: Sendable, Hashable {
    /// What stands in brackets behind the name.
    ///
    /// All three forms are read, although not every variable takes all of them: the scope refuses
    /// those it cannot serve, with a message that names the variable.
    public enum Index: Sendable, Hashable {
        /// One value, counted from 0, or from the end when negative.
        case number(Int)
        /// `[*]`: all values.
        case all
        /// `[$var(i)]`: known only when the script runs.
        case variable(String)
    }
    /// The name without `$`.
    public var name: String
    /// What stands in parentheses behind the name.
    public var inner: String?
    /// The index, which only the form `$(name[index])` has.
    public var index: Index?
    /// The transformations, without their braces, in the order they are applied.
    public var transformations: [String]

    /// A variable by its parts.
    public init(
        _ name: String, inner: String? = nil, index: Index? = nil, transformations: [String] = []
    ) {
        self.name = name
        self.inner = inner
        self.index = index
        self.transformations = transformations
    }

    /// The variable in the script's spelling.
    ///
    /// It is what `parse` reads again to an equal value: error messages and the printer of trees
    /// rely on it.
    public var text: String {
        var body = name + (inner.map { "(\($0))" } ?? "")
        guard index != nil || !transformations.isEmpty else { return "$" + body }
        switch index {
        case .number(let number): body += "[\(number)]"
        case .all: body += "[*]"
        case .variable(let name): body += "[\(name)]"
        case nil: break
        }
        return "$(" + body + transformations.map { "{\($0)}" }.joined() + ")"
    }
}

extension VariableSyntax {
    /// The offset just behind the variable that begins at `start`, where a `$` stands; nil when no
    /// variable begins there, or its parentheses are not closed.
    ///
    /// Only parentheses are counted, not braces, brackets or quotes: that is how far Kamailio's
    /// lexer looks (script.md 1), and a quote within a header's name is an ordinary byte.
    static func end(in bytes: [UInt8], from start: Int) -> Int? {
        assert(bytes[start] == Byte.dollar, "a variable begins with $")
        let next = start + 1
        guard next < bytes.count else { return nil }
        if bytes[next] == UInt8(ascii: "?") { return next + 1 }
        if bytes[next] == Byte.openParenthesis { return group(in: bytes, from: next) }
        let end = nameEnd(in: bytes, from: next)
        guard end > next else { return nil }
        guard end < bytes.count, bytes[end] == Byte.openParenthesis else { return end }
        return group(in: bytes, from: end)
    }

    /// Takes a variable apart; `text` is all of it, as `end` delimits it.
    static func parse(_ text: String) throws(ArgumentError) -> VariableSyntax {
        let bytes = Array(text.utf8)
        guard bytes.first == Byte.dollar, end(in: bytes, from: 0) == bytes.count else {
            throw ArgumentError("\"\(text)\" is no pseudo-variable")
        }
        if bytes[1] == UInt8(ascii: "?") { return VariableSyntax("?") }
        guard bytes[1] == Byte.openParenthesis else {
            let end = nameEnd(in: bytes, from: 1)
            let inner = end < bytes.count ? string(bytes[(end + 1)..<(bytes.count - 1)]) : nil
            return VariableSyntax(string(bytes[1..<end]), inner: inner)
        }
        return try parseParts(Array(bytes[2..<(bytes.count - 1)]), of: text)
    }

    /// Parses `name(inner)[index]{transformation}…`: the form in parentheses.
    private static func parseParts(
        _ bytes: [UInt8], of text: String
    ) throws(ArgumentError) -> VariableSyntax {
        var place = nameEnd(in: bytes, from: 0)
        if place == 0, bytes.first == UInt8(ascii: "?") { place = 1 }
        guard place > 0 else { throw ArgumentError("\"\(text)\" names no pseudo-variable") }
        var variable = VariableSyntax(string(bytes[..<place]))
        if place < bytes.count, bytes[place] == Byte.openParenthesis,
            let end = group(in: bytes, from: place)
        {
            variable.inner = string(bytes[(place + 1)..<(end - 1)])
            place = end
        }
        if place < bytes.count, bytes[place] == UInt8(ascii: "[") {
            guard let end = bracketEnd(in: bytes, from: place) else {
                throw ArgumentError("the index of \"\(text)\" has no closing bracket")
            }
            variable.index = try index(string(bytes[(place + 1)..<end]), of: text)
            place = end + 1
        }
        while place < bytes.count {
            let end = try braceEnd(in: bytes, from: place, of: text)
            variable.transformations.append(string(bytes[(place + 1)..<(end - 1)]))
            place = end
        }
        return variable
    }

    /// The bracket that closes the one at `start`; those of variables within it are counted.
    private static func bracketEnd(in bytes: [UInt8], from start: Int) -> Int? {
        var depth = 0
        for place in start..<bytes.count {
            if bytes[place] == UInt8(ascii: "[") { depth += 1 }
            if bytes[place] == UInt8(ascii: "]") { depth -= 1 }
            if depth == 0 { return place }
        }
        return nil
    }

    /// What stands in the brackets behind a name.
    private static func index(
        _ text: String, of variable: String
    ) throws(ArgumentError) -> Index {
        if text == "*" { return .all }
        if text.hasPrefix("$") { return .variable(text) }
        guard let number = Int(text) else {
            throw ArgumentError("\"\(text)\" is no index of \"\(variable)\"")
        }
        return .number(number)
    }

    /// The offset behind a transformation; braces of variables within it are counted.
    ///
    /// A transformation may take a variable with transformations of its own as its argument, as
    /// `{s.rm,$(var(y){s.len})}` does.
    private static func braceEnd(
        in bytes: [UInt8], from start: Int, of text: String
    ) throws(ArgumentError) -> Int {
        guard bytes[start] == UInt8(ascii: "{") else {
            throw ArgumentError("\"\(text)\" holds something that is no transformation")
        }
        var depth = 0
        for place in start..<bytes.count {
            if bytes[place] == UInt8(ascii: "{") { depth += 1 }
            if bytes[place] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return place + 1 }
        }
        throw ArgumentError("a transformation of \"\(text)\" has no closing brace")
    }

    /// The offset behind the parenthesis that closes the one at `start`.
    private static func group(in bytes: [UInt8], from start: Int) -> Int? {
        var depth = 0
        for place in start..<bytes.count {
            if bytes[place] == Byte.openParenthesis { depth += 1 }
            if bytes[place] == Byte.closeParenthesis { depth -= 1 }
            if depth == 0 { return place + 1 }
        }
        return nil
    }

    /// The end of a name; `err.class` and its siblings are the only names with a dot.
    ///
    /// Everywhere else a dot behind a name ends it, because it concatenates or ends a sentence:
    /// `"$rU.$rd"` holds two variables.
    private static func nameEnd(in bytes: [UInt8], from start: Int) -> Int {
        var end = start
        while end < bytes.count, Byte.continuesName(bytes[end]) { end += 1 }
        let isError = bytes[start..<end].elementsEqual("err".utf8)
        guard isError, end + 1 < bytes.count, bytes[end] == UInt8(ascii: "."),
            Byte.beginsName(bytes[end + 1])
        else { return end }
        end += 1
        while end < bytes.count, Byte.continuesName(bytes[end]) { end += 1 }
        return end
    }

    /// Bytes as text.
    private static func string(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
