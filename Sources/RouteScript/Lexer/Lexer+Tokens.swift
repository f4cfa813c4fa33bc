internal import Basics
internal import ModuleKit

/// Names, numbers, strings, pseudo-variables and symbols.
extension Lexer {
    /// The token that begins here; nil for a name that expands to what is read next.
    mutating func token(isGlued: Bool) throws(ScriptError) -> Token? {
        let byte = peek()
        if Byte.continuesName(byte) { return try word(isGlued: isGlued) }
        switch byte {
        case Byte.quote: return try quoted(isGlued: isGlued)
        case Byte.apostrophe: return try raw(isGlued: isGlued)
        case Byte.dollar: return try variable(isGlued: isGlued)
        default: return try symbol(isGlued: isGlued)
        }
    }

    /// An operator or bracket; two bytes are tried before one.
    private mutating func symbol(isGlued: Bool) throws(ScriptError) -> Token {
        let start = position
        let byte = peek()
        if let pair = Symbol.pair(byte, peek(1)) {
            advance(to: input.offset + 2)
            return Token(kind: .symbol(pair), text: "", position: start, isGlued: isGlued)
        }
        advance(to: input.offset + 1)
        guard let single = Symbol.single(byte) else {
            let name =
                byte > 32 && byte < 127
                ? "\"\(Character(UnicodeScalar(byte)))\"" : "the byte \(byte)"
            throw failure(.lexical, at: start, "\(name) has no meaning here")
        }
        return Token(kind: .symbol(single), text: "", position: start, isGlued: isGlued)
    }

    /// A name or number; names that stand for something are replaced by it.
    ///
    /// Keywords can be defined like other names, and are then replaced: a name is looked up before
    /// anybody asks what it means. Within strings nothing is replaced, that is what `#!subst` is
    /// for.
    private mutating func word(isGlued: Bool) throws(ScriptError) -> Token? {
        let start = position
        var end = input.offset
        while end < input.bytes.count, Byte.continuesName(input.bytes[end]) { end += 1 }
        let bytes = input.bytes[input.offset..<end]
        let text = String(decoding: bytes, as: UTF8.self)
        advance(to: end)
        if let first = bytes.first, Byte.isDigit(first) {
            return try number(text, at: start, isGlued: isGlued)
        }
        if text == "include_file" || text == "import_file" {
            try include(text, at: start)
            return nil
        }
        if let value = definitions[text], !value.isEmpty {
            try expand(text, to: value, at: start)
            return nil
        }
        return Token(kind: .word, text: text, position: start, isGlued: isGlued)
    }

    /// Reads on in what a name stands for.
    ///
    /// A name with an empty value is not replaced: it exists for `#!ifdef` alone, and replacing it
    /// by nothing would make a word vanish from a statement.
    private mutating func expand(
        _ name: String, to value: [UInt8], at start: Position
    ) throws(ScriptError) {
        let depth = outer.count { $0.expansion != nil } + (input.expansion == nil ? 0 : 1)
        guard depth < Limits.expansionDepthMax else {
            throw failure(.limit, at: start, "the definition of \"\(name)\" leads back to itself")
        }
        expansions += 1
        bytesRead += value.count
        guard expansions <= Limits.expansionsMax, bytesRead <= Limits.configurationBytesMax else {
            stop()
            throw failure(
                .limit, at: start, "definitions are used too often or grow too large",
                hint: "do they name each other again and again?")
        }
        outer.append(input)
        input = Input(bytes: value, file: input.file, expansion: start)
    }

    /// A number: decimal, `0x` hexadecimal, leading `0` octal, zeros and ones with a `b` binary.
    ///
    /// Letters and digits that are no number are a word: part of a host name.
    ///
    /// Numbers have 64 bits, as in Kamailio 6; in 5.6 they have 32 and wrap around silently. One
    /// that does not fit is refused here.
    private func number(
        _ text: String, at start: Position, isGlued: Bool
    ) throws(ScriptError) -> Token {
        let value: Int?
        if text.utf8.allSatisfy(Byte.isDigit) || text.hasPrefix("0x") || text.hasPrefix("0X") {
            value = ScriptNumber.parse(text)
        } else if text.utf8.last == UInt8(ascii: "b"), let bits = Int(text.dropLast(), radix: 2) {
            value = bits
        } else {
            value = nil
        }
        guard let value else {
            if text.utf8.count > 18, text.utf8.allSatisfy(Byte.isDigit) {
                throw failure(.lexical, at: start, "the number \(text) does not fit 64 bits")
            }
            return Token(kind: .word, text: text, position: start, isGlued: isGlued)
        }
        return Token(kind: .number(value), text: text, position: start, isGlued: isGlued)
    }

    /// A pseudo-variable with all its parts, as one token.
    ///
    /// The token ends where the parentheses close. When they never do, the rest of the input is
    /// given up: what was meant to be inside cannot be told from what follows.
    private mutating func variable(isGlued: Bool) throws(ScriptError) -> Token {
        let start = position
        guard let end = VariableSyntax.end(in: input.bytes, from: input.offset) else {
            let opens =
                input.bytes[(input.offset + 1)...].prefix {
                    Byte.continuesName($0) || $0 == Byte.openParenthesis
                }
            let isOpen = opens.last == Byte.openParenthesis || opens.contains(Byte.openParenthesis)
            advance(to: isOpen ? input.bytes.count : input.offset + 1)
            throw failure(
                .lexical, at: start,
                isOpen
                    ? "the pseudo-variable has no closing parenthesis"
                    : "\"$\" begins no pseudo-variable here")
        }
        let bytes = Array(input.bytes[input.offset..<end])
        advance(to: end)
        let text = try text(substituted(bytes), of: "the pseudo-variable", at: start)
        return Token(kind: .variable, text: text, position: start, isGlued: isGlued)
    }

    /// A string between double quotes; strings that follow it directly are joined to it.
    ///
    /// Only white space may stand between strings that are joined, and only double quotes join:
    /// long values of `modparam` are written over several lines that way.
    private mutating func quoted(isGlued: Bool) throws(ScriptError) -> Token {
        let start = position
        var content: [UInt8] = []
        var place = input.offset
        while place < input.bytes.count, input.bytes[place] == Byte.quote {
            place += 1
            guard let close = scan(&content, from: place) else {
                throw unclosedString(at: start)
            }
            advance(to: close + 1)
            place = close + 1
            while place < input.bytes.count, Byte.isSpace(input.bytes[place]) { place += 1 }
        }
        return try string(content, at: start, isGlued: isGlued)
    }

    /// Copies up to the closing quote, whose offset it returns, and resolves escapes.
    private func scan(_ content: inout [UInt8], from start: Int) -> Int? {
        var place = start
        while place < input.bytes.count {
            let byte = input.bytes[place]
            if byte == Byte.quote { return place }
            if byte == Byte.backslash {
                place = Escape.resolve(input.bytes, at: place, into: &content)
            } else {
                content.append(byte)
                place += 1
            }
        }
        return nil
    }

    /// A string between single quotes: no escapes.
    ///
    /// Nothing can be escaped in them, not even the quote itself. They are what regular expressions
    /// with many backslashes are written in.
    private mutating func raw(isGlued: Bool) throws(ScriptError) -> Token {
        let start = position
        let rest = input.bytes[(input.offset + 1)...]
        guard let close = rest.firstIndex(of: Byte.apostrophe) else {
            throw unclosedString(at: start)
        }
        let content = Array(rest[..<close])
        advance(to: close + 1)
        return try string(content, at: start, isGlued: isGlued)
    }

    /// Gives up the input: where the string was meant to end cannot be known.
    private mutating func unclosedString(at start: Position) -> ScriptError {
        advance(to: input.bytes.count)
        return failure(.lexical, at: start, "the string is not closed")
    }

    /// A string token, after the substitutions in force.
    private func string(
        _ content: [UInt8], at start: Position, isGlued: Bool
    ) throws(ScriptError) -> Token {
        let text = try text(substituted(content), of: "the string", at: start)
        return Token(kind: .string, text: text, position: start, isGlued: isGlued)
    }

    /// Bytes of the configuration as text; an error when they are no UTF-8.
    ///
    /// Strings are text on their whole way into a module. Other bytes, written as they are or as
    /// escapes, would silently become the replacement character there, so they are refused here.
    private func text(
        _ bytes: [UInt8], of what: String, at start: Position
    ) throws(ScriptError) -> String {
        do throws(UTF8.ValidationError) {
            return String(copying: try UTF8Span(validating: bytes.span))
        } catch {
            let byte = String(bytes[error.byteOffsets.lowerBound], radix: 16)
            throw failure(
                .lexical, at: start, "\(what) holds the byte 0x\(byte), which is no UTF-8 there",
                hint: "a character beyond ASCII has several bytes, as in \"\\xc3\\xa9\"")
        }
    }

    /// Bytes after all substitutions in force.
    ///
    /// Expressions match bytes, as in Kamailio: one may cut a character in two.
    func substituted(_ bytes: [UInt8]) -> [UInt8] {
        substitutions.reduce(bytes) { bytes, rule in rule.apply(to: bytes) }
    }
}

/// The escapes of strings between double quotes.
///
/// The list is that of the reference (script.md 1): a single octal digit is no escape, and a
/// backslash before a newline joins the lines.
enum Escape {
    /// Appends what the escape at `start` stands for and returns the offset behind it.
    ///
    /// Unknown escapes stay as they are, both bytes of them.
    static func resolve(_ bytes: [UInt8], at start: Int, into content: inout [UInt8]) -> Int {
        let place = start + 1
        guard place < bytes.count else {
            content.append(Byte.backslash)
            return place
        }
        switch bytes[place] {
        case UInt8(ascii: "n"): content.append(Byte.newline)
        case UInt8(ascii: "r"): content.append(Byte.carriageReturn)
        case UInt8(ascii: "a"): content.append(7)
        case UInt8(ascii: "t"): content.append(Byte.tab)
        case Byte.quote: content.append(Byte.quote)
        case Byte.backslash: content.append(Byte.backslash)
        case Byte.newline: break
        case UInt8(ascii: "x"):
            if let value = digits(bytes, from: place + 1, radix: 16, count: 2...2) {
                content.append(UInt8(truncatingIfNeeded: value.number))
                return value.end
            }
            content += [Byte.backslash, bytes[place]]
        default:
            if let value = digits(bytes, from: place, radix: 8, count: 2...3) {
                content.append(UInt8(truncatingIfNeeded: value.number))
                return value.end
            }
            content += [Byte.backslash, bytes[place]]
        }
        return place + 1
    }

    /// The number that some digits stand for, nil when there are too few.
    private static func digits(
        _ bytes: [UInt8], from start: Int, radix: Int, count: ClosedRange<Int>
    ) -> (number: Int, end: Int)? {
        var number = 0
        var place = start
        while place < bytes.count, place - start < count.upperBound,
            let digit = Character(UnicodeScalar(bytes[place])).hexDigitValue, digit < radix
        {
            number = number * radix + digit
            place += 1
        }
        return count.contains(place - start) ? (number, place) : nil
    }
}
