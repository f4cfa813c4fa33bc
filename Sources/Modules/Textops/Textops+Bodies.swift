internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The functions that set and look at bodies, and those that take texts apart.
extension TextopsModule {
    /// `set_body` and its siblings.
    static var bodies: [FunctionRow<TextopsModule>] { settingBodies + bodyTests + multipart }

    private static var settingBodies: [FunctionRow<TextopsModule>] {
        [
            FunctionRow(
                "set_body", .string("text"), .string("type"), returns: "1, -1 no text or no type",
                "Gives the message another body."
            ) { (_, context, text: ScriptText, type: ScriptText) in
                let (text, type) = (context.bytes(of: text), context.bytes(of: type))
                // A body without type, or a type without body, is what RFC 3261 20.15 forbids.
                guard !text.isEmpty, !type.isEmpty else { return -1 }
                return context.replaceBody(text, contentType: type) ? 1 : -1
            },
            FunctionRow(
                "set_reply_body", .string("text"), .string("type"),
                returns: "1, -1 no text or no type", "Gives the next reply a body."
            ) { (_, context, text: ScriptText, type: ScriptText) in
                let (text, type) = (context.bytes(of: text), context.bytes(of: type))
                guard !text.isEmpty, !type.isEmpty, text.count <= Limits.messageBytesMax else {
                    return -1
                }
                context.replyBody = ReplyBody(
                    contentType: HeaderText.oneLine(type), bytes: text)
                return 1
            },
            FunctionRow(
                "filter_body", .constant("type"), returns: "1, -1 no such part",
                "Leaves of a body of several parts only the first one of a media type."
            ) { (_, context, type) in filterBody(context, type) },
        ]
    }

    private static var bodyTests: [FunctionRow<TextopsModule>] {
        [
            FunctionRow(
                "is_privacy", .constant("type"), returns: "1 yes, -1 no",
                "Whether Privacy lists a value (RFC 3323 4.2)."
            ) { (_, context, type) in
                isPrivacy(context, type) ? 1 : -1
            },
            FunctionRow(
                "is_audio_on_hold",
                returns: "1 null address (RFC 2543), 2 inactive or sendonly (RFC 3264), -1 no",
                "Whether an audio stream of the SDP body is on hold."
            ) { (_, context) in
                context.withMessage { SessionDescription.holdType($0[$0.body]) }
            },
            FunctionRow(
                "regex_substring", .string("text"), .string("pattern"), .integer("index"),
                .integer("count"), .variable("result"),
                returns: "1, -1 no match or no such group",
                "Stores a group of a match in a variable; group 0 is the whole match."
            ) { (_, context, text: ScriptText, pattern: ScriptText, index, count, result) in
                regexSubstring(context, text, pattern, index, count, result)
            },
        ]
    }

    private static func isPrivacy(_ context: ScriptContext, _ type: String) -> Bool {
        let wanted = Array(type.utf8)
        return context.withMessage { message in
            guard let value = message.header(.privacy) else { return false }
            // RFC 3323 4.2: values stand between semicolons.
            return Array(copying: message[value]).split { $0 == 59 || $0 == 32 || $0 == 9 }
                .contains { Array($0).span.matches(wanted.span) }
        }
    }

    private static func regexSubstring(
        _ context: ScriptContext, _ text: ScriptText, _ pattern: ScriptText, _ index: Int,
        _ count: Int, _ result: VariableAccess
    ) -> Int {
        // The count is Kamailio's own bound of the index; it is checked and else not needed.
        guard index >= 0, index < count, count <= RegularExpression.groupsMax,
            let expression = expression(pattern, context)
        else { return -1 }
        let bytes = context.bytes(of: text)
        guard let groups = expression.captures(bytes.span), index < groups.count,
            let range = groups[index], let write = result.write
        else { return -1 }
        return write(context, .text(.owned(Array(bytes[range])))) ? 1 : -1
    }

    /// Keeps of a multipart body (RFC 2046 5.1) the first part of a type.
    private static func filterBody(_ context: ScriptContext, _ type: String) -> Int {
        let wanted = Array(type.utf8)
        let found = context.withMessage { message -> [UInt8]? in
            guard let value = message.header(.contentType),
                let boundary = MultipartBody.boundary(message[value])
            else { return nil }
            let body = message[message.body]
            let part = MultipartBody.parts(body, boundary).first { part in
                part.isType(wanted, body)
            }
            return part.map { Array(copying: body.extracting($0.content)) }
        }
        guard let found else { return -1 }
        context.edits.body = found
        return 1
    }
}
