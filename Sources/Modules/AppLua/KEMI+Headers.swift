internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The functions of `KSR.hdr`.
///
/// Changes wait in the context's edits, as those of `append_hf` do; what is read is the message as
/// it was received.
enum HeaderFunctions {
    /// All of them.
    static let all = reading + writing

    private static func hdr(
        _ name: String, _ parameters: StaticString, _ result: KEMIFunction.Result,
        _ body: @escaping @Sendable (KEMICall) -> KEMIResult
    ) -> KEMIFunction { .native("hdr", name, parameters, result, body) }

    // MARK: Reading

    private static let reading =
        VariableFunctions.reads.flatMap { name, missing in
            [
                hdr(name, "s", .xval) { value($0, at: 0) ?? missing },
                hdr("\(name)_idx", "si", .xval) { value($0, at: $0.number(1)) ?? missing },
            ]
        } + [
            hdr("is_present", "s", .int) { .code(!fields($0, 0).isEmpty) },
            hdr("match_content", "ssss", .bool) { .boolean(matches($0)) },
        ]

    /// The value of a field by its place; a negative one counts from the last.
    private static func value(_ call: KEMICall, at place: Int) -> KEMIResult? {
        let fields = fields(call, 0)
        let index = place < 0 ? fields.count + place : place
        guard fields.indices.contains(index) else { return nil }
        return .text(.message(fields[index].value))
    }

    /// The fields of the name that an argument holds, in long or compact form.
    private static func fields(_ call: KEMICall, _ place: Int) -> [HeaderField] {
        call.withText(place) { name in
            call.context.withMessage { message in
                var fields: [HeaderField] = []
                var number = message.firstField(named: name)
                while let found = number {
                    fields.append(message.field(found))
                    number = message.nextField(named: name, after: found)
                }
                return fields
            }
        }
    }

    /// `match_content(name, operator, text, which)`: `eq`, `ne`, `sw`, `in` or `re`; `f` the first
    /// field, `l` the last, `a` any of them.
    private static func matches(_ call: KEMICall) -> Bool {
        let all = fields(call, 0)
        let chosen: [HeaderField]
        switch call.string(3) {
        case "f", "F": chosen = Array(all.prefix(1))
        case "l", "L": chosen = Array(all.suffix(1))
        default: chosen = all
        }
        let operation = call.string(1)
        let pattern = operation == "re" ? expression(call) : nil
        return chosen.contains { field in
            call.context.withBytes(of: .message(field.value)) { value in
                call.withText(2) { text in
                    switch operation {
                    case "eq": value.equals(text)
                    case "ne": !value.equals(text)
                    case "sw":
                        value.count >= text.count
                            && value.extracting(0..<text.count).equals(text)
                    case "in": contains(value, text)
                    case "re": pattern?.matches(value) ?? false
                    default: false
                    }
                }
            }
        }
    }

    private static func expression(_ call: KEMICall) -> RegularExpression? {
        do { return try RegularExpression(call.string(2), ignoresCase: false) } catch {
            call.context.log(
                .error, "Lua: KSR.hdr.match_content: \"\(call.string(2))\": \(error.message)")
            return nil
        }
    }

    private static func contains(_ text: Span<UInt8>, _ part: Span<UInt8>) -> Bool {
        guard text.count >= part.count else { return false }
        return (0...(text.count - part.count)).contains { start in
            text.extracting(start..<(start + part.count)).equals(part)
        }
    }

    // MARK: Writing

    private static let writing = [
        hdr("append", "s", .int) { call in insert(call, 0, at: endOfHeaders(call.context)) },
        hdr("insert", "s", .int) { call in insert(call, 0, at: startOfHeaders(call.context)) },
        hdr("append_after", "ss", .int) { call in
            let place = fields(call, 1).first.map { Int($0.line.end) }
            return insert(call, 0, at: place ?? endOfHeaders(call.context))
        },
        hdr("insert_before", "ss", .int) { call in
            let place = fields(call, 1).first.map { Int($0.line.start) }
            return insert(call, 0, at: place ?? startOfHeaders(call.context))
        },
        hdr("remove", "s", .int) { call in .code(remove(call)) },
        hdr("rmappend", "ss", .int) { call in
            remove(call) ? insert(call, 1, at: endOfHeaders(call.context)) : .code(false)
        },
        hdr("rminsert", "ss", .int) { call in
            remove(call) ? insert(call, 1, at: startOfHeaders(call.context)) : .code(false)
        },
        hdr("append_to_reply", "s", .int) { call in
            guard let line = lines(call, 0),
                call.context.replyHeaders.count + line.count <= Limits.messageBytesMax
            else { return .code(false) }
            call.context.replyHeaders.append(line)
            return .code(true)
        },
    ]

    private static func startOfHeaders(_ context: ScriptContext) -> Int? {
        context.withMessage { $0.headerCount > 0 ? Int($0.field(0).line.start) : nil }
    }

    private static func endOfHeaders(_ context: ScriptContext) -> Int? {
        context.withMessage { message in
            let count = message.headerCount
            return count > 0 ? Int(message.field(count - 1).line.end) : nil
        }
    }

    private static func insert(_ call: KEMICall, _ place: Int, at offset: Int?) -> KEMIResult {
        guard let offset, let line = lines(call, place) else { return .code(false) }
        return .code(call.context.edits.insert(line, at: offset))
    }

    /// Takes all fields of a name out; there need not be any.
    private static func remove(_ call: KEMICall) -> Bool {
        // Twice is once: an edit that overlaps is refused, and the field is gone all the same.
        for field in fields(call, 0) { call.context.edits.remove(field.line) }
        return true
    }

    /// Whole header lines with their line ends; nil for what is none, which is logged.
    ///
    /// A text that comes from elsewhere must not end the header section.
    private static func lines(_ call: KEMICall, _ place: Int) -> [UInt8]? {
        var text = call.bytes(place)
        if !text.hasSuffix(13, 10) { text += [13, 10] }
        let isWhole = text.dropLast(2).split(separator: 10, omittingEmptySubsequences: false)
            .allSatisfy { line in
                // A line that begins with a space goes on with the one before it.
                if let first = line.first, first == 32 || first == 9 { return line.count > 1 }
                guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return false }
                var name = line[..<colon]
                while let last = name.last, last == 32 || last == 9 { name.removeLast() }
                return SIPToken.isToken(name)
            }
        guard isWhole, text.count <= Limits.messageBytesMax else {
            call.context.log(.error, "Lua: KSR.hdr: the text is no header field")
            return nil
        }
        return text
    }
}

extension [UInt8] {
    /// Whether the last two bytes are these.
    fileprivate func hasSuffix(_ first: UInt8, _ second: UInt8) -> Bool {
        count >= 2 && self[count - 2] == first && self[count - 1] == second
    }
}
