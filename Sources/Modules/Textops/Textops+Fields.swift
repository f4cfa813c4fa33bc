internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The functions that add and remove header fields.
extension TextopsModule {
    private static let added = "1 added, -1 not"
    private static let removed = "1 removed, -1 not"

    /// `append_hf` and `insert_hf` with their anchors, and what builds fields of its own.
    static var adding: [FunctionRow<TextopsModule>] {
        [
            FunctionRow(
                "append_hf", .string("text"), Argument.constant("name").optional, returns: added,
                "Adds header fields behind the last one, or behind the last one of a name.",
                compile: { (_, text, name) throws(ArgumentError) in
                    let name = try known(name)
                    let anchor: HeaderAnchor =
                        name == nil ? .last : .after(try fieldName(name ?? ""))
                    return { context in add(context, text, anchor, "append_hf") }
                }),
            FunctionRow(
                "insert_hf", .string("text"), Argument.constant("name").optional, returns: added,
                "Adds header fields before the first one, or before the first one of a name.",
                compile: { (_, text, name) throws(ArgumentError) in
                    let name = try known(name)
                    let anchor: HeaderAnchor =
                        name == nil ? .first : .before(try fieldName(name ?? ""))
                    return { context in add(context, text, anchor, "insert_hf") }
                }),
            FunctionRow(
                "append_urihf", .string("prefix"), .string("suffix"), returns: added,
                "Adds a header field that has the request URI as it was received in it."
            ) { (_, context, prefix: ScriptText, suffix: ScriptText) in
                // As it was received: what the script did to it since is not what came.
                let uri = context.bytes(of: .message(context.message.requestURI))
                let text = context.bytes(of: prefix) + uri + context.bytes(of: suffix)
                return context.addHeader(text, .last) ? 1 : -1
            },
            FunctionRow(
                "append_time", returns: added, "Adds a Date to the next reply."
            ) { (_, context) in
                writeDate(context.now, into: &context.replyHeaders)
                return 1
            },
            FunctionRow(
                "append_time_to_request", returns: added,
                "Adds a Date to the message, behind its Via fields."
            ) { (_, context) in
                var line = ByteWriter(capacity: 64)
                writeDate(context.now, into: &line)
                return context.addHeader(Array(copying: line.span), .after(Array("Via".utf8)))
                    ? 1 : -1
            },
        ]
    }

    private static func add(
        _ context: ScriptContext, _ text: Evaluator<ScriptText>, _ anchor: HeaderAnchor,
        _ function: String
    ) -> Int {
        guard let text = text.value(context) else { return -1 }
        guard context.addHeader(context.bytes(of: text), anchor) else {
            context.log(.error, "\(function): the text is no header field, or there are too many")
            return -1
        }
        return 1
    }

    /// RFC 3261 20.17: always in GMT.
    private static func writeDate(_ now: WallTime, into writer: inout ByteWriter) {
        writer.append("Date: ")
        SIPDate.write(now, into: &writer)
        writer.append("\r\n")
    }

    /// `remove_hf` and its siblings, and `is_present_hf` in its other forms.
    static var removing: [FunctionRow<TextopsModule>] { removingByName + removingByPattern }

    private static var removingByName: [FunctionRow<TextopsModule>] {
        [
            FunctionRow(
                "remove_hf", .constant("name"), returns: removed,
                "Takes out all header fields of a name, in its long and its compact form.",
                compile: { (_, name) throws(ArgumentError) in
                    let name = try fieldName(known(name))
                    return { context in Fields.remove(Fields.named(name, context), context) }
                }),
            FunctionRow(
                "remove_hf_pv", .string("name"), returns: removed,
                "The same with pseudo-variables in the name."
            ) { (_, context, name: ScriptText) in
                Fields.remove(Fields.named(context.bytes(of: name), context), context)
            },
            FunctionRow(
                "remove_hf_idx", .string("name"), .integer("index"), returns: removed,
                "Takes out one header field of a name, from 0; -1 is the last."
            ) { (_, context, name: ScriptText, index: Int) in
                let numbers = Fields.named(context.bytes(of: name), context)
                // The sum cannot overflow: one is small, the other negative.
                let place = index < 0 ? numbers.count + index : index
                guard numbers.indices.contains(place) else { return -1 }
                return Fields.remove([numbers[place]], context)
            },
            FunctionRow(
                "remove_hf_match", .string("name"), .constant("operator"), .string("text"),
                returns: removed,
                "Takes out the header fields whose value is (eq), is not (ne), holds (in) a text"
                    + " or matches it as an expression (re).",
                compile: { (_, name, comparison, text) throws(ArgumentError) in
                    let word = try known(comparison)
                    guard let comparison = Fields.Comparison(rawValue: word) else {
                        throw ArgumentError(
                            "\"\(word)\" is no operator: eq, ne, in and re are")
                    }
                    return { context in
                        guard let name = name.value(context), let text = text.value(context) else {
                            return -1
                        }
                        let numbers = Fields.named(
                            context.bytes(of: name), comparison, context.bytes(of: text), context)
                        return Fields.remove(numbers, context)
                    }
                }),
            FunctionRow(
                "is_present_hf_pv", .string("name"), returns: "1 yes, -1 no",
                "Whether the message has a header field; the name may hold pseudo-variables."
            ) { (_, context, name: ScriptText) in
                let bytes = context.bytes(of: name)
                return context.message.firstField(named: bytes.span) == nil ? -1 : 1
            },
        ]
    }

    private static var removingByPattern: [FunctionRow<TextopsModule>] {
        [
            FunctionRow(
                "remove_hf_re", .pattern("pattern"), returns: removed,
                "Takes out the header fields whose name matches an expression."
            ) { (_, context, pattern) in
                Fields.remove(Fields.matching(pattern, context), context)
            },
            FunctionRow(
                "remove_hf_re_pv", .string("pattern"), returns: removed,
                "The same with pseudo-variables in the expression."
            ) { (_, context, pattern: ScriptText) in
                guard let pattern = expression(pattern, context) else { return -1 }
                return Fields.remove(Fields.matching(pattern, context), context)
            },
            FunctionRow(
                "remove_hf_exp", .pattern("pattern"), .pattern("except"), returns: removed,
                "Takes out the header fields whose name matches one expression and not another."
            ) { (_, context, pattern, except) in
                Fields.remove(Fields.matching(pattern, butNot: except, context), context)
            },
            FunctionRow(
                "remove_hf_exp_pv", .string("pattern"), .string("except"), returns: removed,
                "The same with pseudo-variables in the expressions."
            ) { (_, context, pattern: ScriptText, except: ScriptText) in
                guard let pattern = expression(pattern, context),
                    let except = expression(except, context)
                else { return -1 }
                return Fields.remove(Fields.matching(pattern, butNot: except, context), context)
            },
            FunctionRow(
                "is_present_hf_re", .pattern("pattern"), returns: "1 yes, -1 no",
                "Whether a header field has a name that matches an expression."
            ) { (_, context, pattern) in
                Fields.matching(pattern, context).isEmpty ? -1 : 1
            },
            FunctionRow(
                "is_present_hf_re_pv", .string("pattern"), returns: "1 yes, -1 no",
                "The same with pseudo-variables in the expression."
            ) { (_, context, pattern: ScriptText) in
                guard let pattern = expression(pattern, context) else { return -1 }
                return Fields.matching(pattern, context).isEmpty ? -1 : 1
            },
        ]
    }
}
