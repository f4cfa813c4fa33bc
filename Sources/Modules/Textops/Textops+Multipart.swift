internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The functions on bodies of several parts (RFC 2046 5.1).
///
/// They work on the body that waits to be set, or else on that of the message; the boundary is
/// always the one of the message's Content-Type, so `msg_apply_changes` stands between making a
/// body and adding to it.
extension TextopsModule {
    /// The boundary that is written when the script gives none.
    private static let usualBoundary = Array("unique-boundary-1".utf8)
    private static let done = "1 done, -1 no body of several parts, or no such part"

    /// Making bodies of several parts, and taking them apart.
    static var multipart: [FunctionRow<TextopsModule>] { makingParts + readingParts }

    private static var makingParts: [FunctionRow<TextopsModule>] {
        [
            FunctionRow(
                "set_body_multipart", Argument.string("text").optional,
                Argument.string("type").optional, Argument.string("boundary").optional,
                returns: done, "Makes the body one of several parts, with the first of them."
            ) { (_, context, text: ScriptText?, type: ScriptText?, boundary: ScriptText?) in
                setParts(
                    context, text.map { context.bytes(of: $0) },
                    type.map { context.bytes(of: $0) },
                    boundary.map { context.bytes(of: $0) } ?? usualBoundary)
            },
            FunctionRow(
                "append_body_part", .string("text"), .string("type"),
                Argument.string("disposition").optional, returns: done,
                "Adds a part behind the others."
            ) { (_, context, text: ScriptText, type: ScriptText, disposition: ScriptText?) in
                addPart(
                    context, context.bytes(of: text), context.bytes(of: type),
                    disposition.map { context.bytes(of: $0) })
            },
            FunctionRow(
                "append_body_part_hex", .string("digits"), .string("type"),
                Argument.string("disposition").optional, returns: done,
                "The same with the content in hexadecimal digits."
            ) { (_, context, text: ScriptText, type: ScriptText, disposition: ScriptText?) in
                guard let content = hexadecimal(context.bytes(of: text)) else { return -1 }
                return addPart(
                    context, content, context.bytes(of: type),
                    disposition.map { context.bytes(of: $0) })
            },
            FunctionRow(
                "remove_body_part", .string("type"), returns: done,
                "Takes the first part of a media type out."
            ) { (_, context, type: ScriptText) in
                guard let found = part(context, type) else { return -1 }
                let body = found.body
                context.edits.body =
                    Array(body[..<found.part.whole.lowerBound])
                    + Array(body[found.part.whole.upperBound...])
                return 1
            },
        ]
    }

    private static var readingParts: [FunctionRow<TextopsModule>] {
        [("get_body_part", false), ("get_body_part_raw", true)].map { name, isRaw in
            FunctionRow(
                name, .string("type"), .variable("result"), returns: done,
                isRaw
                    ? "Stores the first part of a media type with its header lines in a variable."
                    : "Stores the content of the first part of a media type in a variable."
            ) { (_, context, type: ScriptText, result) in
                guard let found = part(context, type), let write = result.write else { return -1 }
                let range = isRaw ? found.part.inner : found.part.content
                return write(context, .text(.owned(Array(found.body[range])))) ? 1 : -1
            }
        }
    }

    /// The body as it will be.
    private static func body(_ context: ScriptContext) -> [UInt8] {
        // Several calls in one script work on one another's result.
        context.edits.body ?? context.bytes(of: .message(context.message.body))
    }

    /// The boundary of the message's Content-Type; nil when it is not of several parts.
    private static func boundary(_ context: ScriptContext) -> [UInt8]? {
        context.withMessage { message in
            message.header(.contentType).flatMap { MultipartBody.boundary(message[$0]) }
        }
    }

    /// The first part of a media type, and the body that it is in.
    private static func part(
        _ context: ScriptContext, _ type: ScriptText
    ) -> (part: MultipartBody.Part, body: [UInt8])? {
        guard let boundary = boundary(context) else { return nil }
        let wanted = context.bytes(of: type)
        let body = body(context)
        let part = MultipartBody.parts(body.span, boundary)
            .first { $0.isType(wanted, body.span) }
        return part.map { ($0, body) }
    }

    /// The header lines of a part; nil when the texts are none.
    ///
    /// A type may carry further lines behind it, as Kamailio's documentation shows.
    private static func partHeaders(_ type: [UInt8], _ disposition: [UInt8]?) -> [UInt8]? {
        guard !type.isEmpty else { return nil }
        var text = Array("Content-Type: ".utf8) + type + [13, 10]
        if let disposition { text += Array("Content-Disposition: ".utf8) + disposition }
        return HeaderText.lines(text)
    }

    private static func setParts(
        _ context: ScriptContext, _ text: [UInt8]?, _ type: [UInt8]?, _ boundary: [UInt8]
    ) -> Int {
        let own = context.message.header(.contentType)
        let content = text ?? body(context)
        let type = type ?? own.map { context.bytes(of: .message($0)) } ?? []
        guard !content.isEmpty, let headers = partHeaders(type, nil),
            (1...70).contains(boundary.count),
            boundary.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 34 })
        else { return -1 }
        let body =
            MultipartBody.written(boundary, headers, content) + MultipartBody.end(boundary)
        let value = Array("multipart/mixed;boundary=\"".utf8) + boundary + [34]
        guard context.replaceBody(body, contentType: value) else { return -1 }
        if !context.message.has(.mimeVersion) {
            guard context.addHeader(Array("Mime-Version: 1.0".utf8), .last) else { return -1 }
        }
        return 1
    }

    private static func addPart(
        _ context: ScriptContext, _ content: [UInt8], _ type: [UInt8], _ disposition: [UInt8]?
    ) -> Int {
        let body = body(context)
        guard let boundary = boundary(context), let headers = partHeaders(type, disposition),
            let place = MultipartBody.closing(body.span, boundary)
        else { return -1 }
        let result =
            Array(body[..<place]) + MultipartBody.written(boundary, headers, content)
            + MultipartBody.end(boundary)
        // A loop in a script must not make a body without end.
        guard result.count <= Limits.messageBytesMax else { return -1 }
        context.edits.body = result
        return 1
    }

    /// The bytes of pairs of digits, with blanks between them or not; nil for anything else.
    private static func hexadecimal(_ text: [UInt8]) -> [UInt8]? {
        let digits = text.filter { $0 > 32 }
        guard !digits.isEmpty, digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[place...(place + 1)], as: UTF8.self)
            // `UInt8(_:radix:)` takes a sign, which is no digit of a byte.
            guard digits[place] != 43, digits[place] != 45, let byte = UInt8(pair, radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}
