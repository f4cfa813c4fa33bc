internal import Basics

/// Hands the parts of JSON text over to another form of the same result, as the text comes.
///
/// The text is our own: `JSONWriter` wrote it, piece by piece, and no piece ends within a name, a
/// string or a number. So nothing is checked here that the writer cannot get wrong; what makes no
/// sense ends the reading, which the caller sees.
struct JSONPartsReader: ~Copyable {
    private var scratch = ByteWriter(capacity: 256)

    /// A reader.
    init() {}

    /// Reads from `place` to the end of the text, or until `body` is full; returns where it
    /// stopped, nil when the text is no JSON.
    mutating func read(
        _ text: Span<UInt8>, from place: Int, into body: inout some JSONParts & ~Copyable
    ) -> Int? {
        var place = place
        while place < text.count, !body.isFull {
            let byte = text[place]
            switch byte {
            case UInt8(ascii: "{"): body.beginObject()
            case UInt8(ascii: "["): body.beginArray()
            case UInt8(ascii: "}"), UInt8(ascii: "]"): body.end()
            case UInt8(ascii: "\""):
                guard let end = string(text, place + 1, &body) else { return nil }
                place = end
                continue
            case UInt8(ascii: ","), UInt8(ascii: ":"), 9, 10, 13, 32: break
            default:
                guard let end = word(text, place, &body) else { return nil }
                place = end
                continue
            }
            place += 1
        }
        return place
    }

    /// A string or a name whose first byte is at `start`; returns the place behind its quote.
    private mutating func string(
        _ text: Span<UInt8>, _ start: Int, _ body: inout some JSONParts & ~Copyable
    ) -> Int? {
        guard var end = text.firstIndex(of: UInt8(ascii: "\""), from: start) else { return nil }
        let isPlain =
            text.extracting(start..<end).firstIndex(of: UInt8(ascii: "\\")) == nil
        if !isPlain {
            end = start
            while end < text.count, text[end] != UInt8(ascii: "\"") {
                end += text[end] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard end < text.count else { return nil }
        }
        let raw = text.extracting(start..<end)
        if isPlain {
            Self.hand(raw, to: &body)
        } else {
            scratch.removeAll()
            unescape(raw)
            Self.hand(scratch.span, to: &body)
        }
        return end + 1
    }

    private static func hand(_ text: Span<UInt8>, to body: inout some JSONParts & ~Copyable) {
        if body.expectsName { body.member(text) } else { body.string(text) }
    }

    /// Undoes what `JSONText.escape` and other writers do (RFC 8259 section 7).
    private mutating func unescape(_ raw: Span<UInt8>) {
        var place = 0
        while place < raw.count {
            guard raw[place] == UInt8(ascii: "\\"), place + 1 < raw.count else {
                scratch.append(raw[place])
                place += 1
                continue
            }
            let letter = raw[place + 1]
            place += 2
            switch letter {
            case UInt8(ascii: "b"): scratch.append(8)
            case UInt8(ascii: "t"): scratch.append(9)
            case UInt8(ascii: "n"): scratch.append(10)
            case UInt8(ascii: "f"): scratch.append(12)
            case UInt8(ascii: "r"): scratch.append(13)
            case UInt8(ascii: "u"): place = character(raw, place)
            default: scratch.append(letter)
            }
        }
    }

    /// Writes the character of four hexadecimal digits and returns the place behind them.
    ///
    /// Control characters are all that our writer spells so.
    private mutating func character(_ raw: Span<UInt8>, _ place: Int) -> Int {
        let end = min(place + 4, raw.count)
        var number: UInt32 = 0
        for digit in place..<end { number = number << 4 | UInt32(hexadecimal(raw[digit]) ?? 0) }
        let scalar = Unicode.Scalar(number) ?? "\u{FFFD}"
        scratch.append(String(Character(scalar)))
        return end
    }

    /// A number or one of the three words; returns the place behind it.
    private func word(
        _ text: Span<UInt8>, _ start: Int, _ body: inout some JSONParts & ~Copyable
    ) -> Int? {
        var end = start
        while end < text.count, Self.isWord(text[end]) { end += 1 }
        let word = text.extracting(start..<end)
        // BINRPC has no truth values and nothing for "nothing": Kamailio sends these.
        if word.equals("true") {
            body.integer(1)
        } else if word.equals("false") {
            body.integer(0)
        } else if word.equals("null") {
            let text: StaticString = "<null string>"
            var writer = ByteWriter(capacity: 16)
            writer.append(text)
            body.string(writer.span)
        } else if let number = Self.integer(word) {
            body.integer(number)
        } else if let number = Double(String(copying: word)) {
            body.double(number)
        } else {
            return nil
        }
        return end
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// The number of digits with or without a minus; nil for others.
    private static func integer(_ word: Span<UInt8>) -> Int64? {
        let isNegative = word.count > 1 && word[0] == UInt8(ascii: "-")
        let digits = isNegative ? word.extracting(1..<word.count) : word
        guard let magnitude = digits.decimal(upTo: UInt64(Int64.max)) else { return nil }
        return isNegative ? -Int64(magnitude) : Int64(magnitude)
    }
}
