internal import Basics
internal import Glibc
internal import ModuleKit

/// `{s.…}`: parts of strings and strings put together anew.
extension Transformations {
    /// All of the class `s` that are no encodings.
    static var strings: [TransformationRow] {
        parts + trimming + searching + building
    }

    private static let blanks = ByteSet(" \t\r\n")

    /// Parts by place.
    private static var parts: [TransformationRow] {
        [
            .number("s.len", "Length in bytes.") { bytes, _, _ in bytes.count },
            TransformationRow("s.int", "The integer that a string holds; 0 for an empty one.") {
                context, value in integer(value, context)
            },
            TransformationRow(
                "s.substr",
                [
                    TransformationParameter("offset", .integer),
                    TransformationParameter("length", .integer),
                ], "A part by offset, negative from the end, and length, 0 for all that follows."
            ) { (arguments, _) throws(ArgumentError) in
                if case .number(let length) = arguments[1], length < 0 {
                    throw ArgumentError("a length is not negative, found \(length)")
                }
                return substring(arguments)
            },
            .part(
                "s.select",
                [
                    TransformationParameter("index", .integer),
                    TransformationParameter("separator", .character),
                ], "A field by its index from 0, negative from the end; empty when it is missing."
            ) { bytes, index, separator in field(bytes, index, separator) },
            .part(
                "s.strip", [TransformationParameter("len", .integer)],
                "All but the first characters."
            ) { bytes, length, _ in
                bytes.range(min(max(length, 0), bytes.count), bytes.count)
            },
            .part(
                "s.striptail", [TransformationParameter("len", .integer)],
                "All but the last characters."
            ) { bytes, length, _ in bytes.range(0, bytes.count - min(max(length, 0), bytes.count))
            },
            .part(
                "s.stripto", [TransformationParameter("char", .character)],
                "All from the first such character on; empty without one."
            ) { bytes, byte, _ in
                bytes.range(bytes.place(of: byte) ?? bytes.count, bytes.count)
            },
        ]
    }

    /// What stands around a value.
    private static var trimming: [TransformationRow] {
        [
            .part("s.trim", "Without whitespace around it.") { bytes, _, _ in
                trimmed(bytes, left: true, right: true)
            },
            .part("s.ltrim", "Without whitespace on its left.") { bytes, _, _ in
                trimmed(bytes, left: true, right: false)
            },
            .part("s.rtrim", "Without whitespace on its right.") { bytes, _, _ in
                trimmed(bytes, left: false, right: true)
            },
            .part("s.unquote", "Without the quotes around it, if it has any.") { bytes, _, _ in
                unwrapped(bytes, "\"\"''")
            },
            .part("s.unbracket", "Without the brackets around it, if it has any.") { bytes, _, _ in
                unwrapped(bytes, "()[]{}<>")
            },
        ]
    }

    /// Parts and counts by a character.
    private static var searching: [TransformationRow] {
        let character = [TransformationParameter("char", .character)]
        return [
            .number("s.count", character, "How often a character occurs.") { bytes, byte, _ in
                var count = 0
                for place in bytes.indices where Int(bytes[place]) == byte { count += 1 }
                return count
            },
            .part("s.before", character, "What stands before the first such character, or all.") {
                bytes, byte, _ in bytes.range(0, bytes.place(of: byte) ?? bytes.count)
            },
            .part("s.rbefore", character, "What stands before the last such character, or all.") {
                bytes, byte, _ in bytes.range(0, bytes.lastPlace(of: byte) ?? bytes.count)
            },
            .part("s.after", character, "What stands behind the first such character, or nothing.")
            {
                bytes, byte, _ in
                bytes.range((bytes.place(of: byte) ?? bytes.count - 1) + 1, bytes.count)
            },
            .part("s.rafter", character, "What stands behind the last such character, or nothing.")
            {
                bytes, byte, _ in
                bytes.range((bytes.lastPlace(of: byte) ?? bytes.count - 1) + 1, bytes.count)
            },
        ]
    }

    /// `{s.int}`: decimal with an optional sign, and nothing else.
    private static func integer(_ value: ScriptValue, _ context: ScriptContext) -> ScriptValue {
        guard case .text(let text) = value else { return value }
        let number = context.withBytes(of: text) { decimal($0) }
        return number.map { .integer($0) } ?? .null
    }

    /// The value of decimal digits with an optional sign; 0 for an empty text, nil for others.
    static func decimal(_ bytes: Span<UInt8>) -> Int? {
        guard !bytes.isEmpty else { return 0 }
        let isNegative = bytes[0] == UInt8(ascii: "-")
        let start = isNegative || bytes[0] == UInt8(ascii: "+") ? 1 : 0
        guard let number = bytes.extracting(start..<bytes.count).decimal(upTo: UInt64(Int.max))
        else { return nil }
        return isNegative ? -Int(number) : Int(number)
    }

    /// `{s.substr}`: an offset outside of the text has no value.
    private static func substring(_ arguments: [TransformationArgument]) -> Transformation {
        { context, value in
            guard let text = context.text(value),
                let numbers = TransformationRow.numbers(arguments, context)
            else { return .null }
            let count = context.length(of: text)
            let (offset, length) = numbers
            let start = offset < 0 ? count &+ offset : offset
            guard start >= 0, start < count, length >= 0 else { return .null }
            let end = length == 0 || length > count - start ? count : start + length
            return context.part(of: text, ByteRange(offset: start, count: end - start))
        }
    }

    /// The field of an index between separators; empty when there are fewer.
    private static func field(_ bytes: Span<UInt8>, _ index: Int, _ separator: Int) -> ByteRange {
        var wanted = index
        if index < 0 {
            var fields = 1
            for place in bytes.indices where Int(bytes[place]) == separator { fields += 1 }
            wanted = fields &+ index
        }
        guard wanted >= 0 else { return .empty }
        var start = 0
        while true {
            let end = bytes.place(of: separator, from: start) ?? bytes.count
            if wanted == 0 { return bytes.range(start, end) }
            guard end < bytes.count else { return .empty }
            start = end + 1
            wanted -= 1
        }
    }

    /// The text without whitespace on the sides that are named.
    static func trimmed(_ bytes: Span<UInt8>, left: Bool, right: Bool) -> ByteRange {
        var start = 0
        var end = bytes.count
        while left, start < end, blanks.contains(bytes[start]) { start += 1 }
        while right, end > start, blanks.contains(bytes[end - 1]) { end -= 1 }
        return bytes.range(start, end)
    }

    /// The text within a pair of characters; all of it when no pair surrounds it.
    private static func unwrapped(_ bytes: Span<UInt8>, _ pairs: StaticString) -> ByteRange {
        guard bytes.count >= 2 else { return bytes.wholeRange }
        let first = bytes[0]
        let last = bytes[bytes.count - 1]
        let characters = unsafe UnsafeBufferPointer(
            start: pairs.utf8Start, count: pairs.utf8CodeUnitCount)
        for place in stride(from: 0, to: characters.count, by: 2) {
            if unsafe characters[place] == first, unsafe characters[place + 1] == last {
                return bytes.range(1, bytes.count - 1)
            }
        }
        return bytes.wholeRange
    }
}

/// Strings that are written anew.
extension Transformations {
    private static var building: [TransformationRow] {
        [
            .plain("s.tolower", "With ASCII letters in lower case.") { bytes, writer in
                for place in bytes.indices {
                    let byte = bytes[place]
                    writer.append(byte &- 65 < 26 ? byte | 0x20 : byte)
                }
            },
            .plain("s.toupper", "With ASCII letters in upper case.") { bytes, writer in
                for place in bytes.indices {
                    let byte = bytes[place]
                    writer.append(byte &- 97 < 26 ? byte & ~0x20 : byte)
                }
            },
            .plain("s.numeric", "The digits alone.") { bytes, writer in
                for place in bytes.indices where bytes[place] &- 48 < 10 {
                    writer.append(bytes[place])
                }
            },
            .plain("s.rmws", "Without any whitespace.") { bytes, writer in
                for place in bytes.indices where !blanks.contains(bytes[place]) {
                    writer.append(bytes[place])
                }
            },
            replacing(
                "s.replace", [TransformationParameter("repl", .text)], "With a text replaced."),
            replacing("s.rm", [], "Without a text."),
            prefixes("s.prefixes", quote: false, "Its prefixes, joined by commas."),
            prefixes("s.prefixes.quoted", quote: true, "Its prefixes in quotes, joined by commas."),
            formatted("s.fmtlines", UInt8(ascii: " "), "In lines of n characters, m spaces ahead."),
            formatted("s.fmtlinet", UInt8(ascii: "\t"), "In lines of n characters, m tabs ahead."),
            TransformationRow(
                "s.ftime", [TransformationParameter("format", .text)],
                "A time in seconds since 1970 in words, as strftime has them.", compile: time),
        ]
    }

    /// `{s.replace,match,repl}` and `{s.rm,match}`.
    private static func replacing(
        _ name: String, _ others: [TransformationParameter], _ summary: String
    ) -> TransformationRow {
        TransformationRow(name, [TransformationParameter("match", .text)] + others, summary) {
            (arguments, _) in
            { context, value in
                guard let text = context.text(value), let match = arguments[0].text(context)
                else { return .null }
                var replacement = ScriptText.owned([])
                if arguments.count > 1 {
                    guard let found = arguments[1].text(context) else { return .null }
                    replacement = found
                }
                // Each byte may match, so the bound is found before anything is written.
                let room = context.length(of: replacement)
                let least = context.length(of: text) / max(1, context.length(of: match))
                guard context.mayBuild(min(least * room, Limits.scriptTextBytesMax)) else {
                    return .null
                }
                return context.derive(text, match, replacement) { bytes, match, new, writer in
                    replace(bytes, match, new, &writer)
                }
            }
        }
    }

    /// Replaces all occurrences; false when the result grows too long.
    private static func replace(
        _ bytes: Span<UInt8>, _ match: Span<UInt8>, _ new: Span<UInt8>, _ writer: inout ByteWriter
    ) -> Bool {
        let limit = writer.count + Limits.scriptTextBytesMax
        var place = 0
        while place < bytes.count {
            guard writer.count <= limit else { return false }
            let end = place + match.count
            if !match.isEmpty, end <= bytes.count, bytes[place] == match[0],
                bytes.extracting(place..<end).equals(match)
            {
                writer.append(new)
                place = end
            } else {
                writer.append(bytes[place])
                place += 1
            }
        }
        return true
    }

    /// `{s.prefixes[,len]}`: the result grows with the square of the text, so it is bounded first.
    private static func prefixes(
        _ name: String, quote: Bool, _ summary: String
    ) -> TransformationRow {
        let length = TransformationParameter("len", .integer, isOptional: true)
        return .built(name, [length], summary) { bytes, length, _, writer in
            let count = length > 0 ? min(length, bytes.count) : bytes.count
            guard count * (count + 7) / 2 <= Limits.scriptTextBytesMax else { return false }
            for end in 0..<count {
                if end > 0 { writer.append(",") }
                if quote { writer.append("'") }
                writer.append(bytes.extracting(0..<(end + 1)))
                if quote { writer.append("'") }
            }
            return true
        }
    }

    /// `{s.fmtlines,n,m}`: every line but the first is indented, every one but the last ended.
    private static func formatted(
        _ name: String, _ blank: UInt8, _ summary: String
    ) -> TransformationRow {
        let parameters = [
            TransformationParameter("n", .integer), TransformationParameter("m", .integer),
        ]
        return .built(name, parameters, summary) { bytes, width, indent, writer in
            guard width > 0, indent >= 0, indent <= Limits.scriptTextBytesMax else { return false }
            let lines = bytes.count / width + (bytes.count % width == 0 ? 0 : 1)
            guard lines * (indent + 2) <= Limits.scriptTextBytesMax else { return false }
            for line in 0..<lines {
                if line > 0 {
                    writer.append("\r\n")
                    for _ in 0..<indent { writer.append(blank) }
                }
                let start = line * width
                writer.append(bytes.extracting(start..<(start + min(width, bytes.count - start))))
            }
            return true
        }
    }

    /// `{s.ftime,format}` in local time.
    private static func time(
        _ arguments: [TransformationArgument], _ templates: any TemplateCompiler
    ) throws(ArgumentError) -> Transformation {
        if case .text(let format) = arguments[0], format.isEmpty || format.count > 255 {
            throw ArgumentError("a format has 1 to 255 characters")
        }
        return { context, value in
            let seconds: Int
            switch value {
            case .null: return .null
            case .integer(let number): seconds = number
            case .text(let text):
                guard let number = context.withBytes(of: text, { decimal($0) }) else {
                    return .null
                }
                seconds = number
            }
            guard let format = arguments[0].text(context) else { return .null }
            return context.derive(format) { bytes, writer in
                writeTime(seconds, format: bytes, &writer)
            }
        }
    }

    /// Writes a time; false when the format gives nothing or too much.
    private static func writeTime(
        _ seconds: Int, format: Span<UInt8>, _ writer: inout ByteWriter
    ) -> Bool {
        guard !format.isEmpty, format.count < 256 else { return false }
        var pattern = InlineArray<256, CChar>(repeating: 0)
        for place in format.indices { pattern[place] = CChar(bitPattern: format[place]) }
        var moment = time_t(seconds)
        var parts = unsafe tm()
        guard unsafe localtime_r(&moment, &parts) != nil else { return false }
        let start = writer.count
        unsafe writer.fill(1024) { room in
            var span = pattern.mutableSpan
            return unsafe span.withUnsafeMutableBufferPointer { words in
                guard let base = words.baseAddress,
                    let target = unsafe UnsafeMutableRawPointer(room.baseAddress)?
                        .assumingMemoryBound(to: CChar.self)
                else { return 0 }
                return unsafe strftime(target, room.count, base, &parts)
            }
        }
        return writer.count > start
    }
}
