internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The functions that change the message at hand.
extension TextopsModule {
    /// What functions answer that change something.
    private static let changed = "1 changed, -1 not"

    /// Everything that changes the message, one group after the other.
    static var editing: [FunctionRow<TextopsModule>] {
        searching + replacing + substituting + adding + removing + bodies
    }

    private static var searching: [FunctionRow<TextopsModule>] {
        [
            FunctionRow(
                "search_str", .string("text"), .string("pattern"), returns: "1 yes, -1 no",
                "Whether a string matches a regular expression."
            ) { (_, context, text: ScriptText, pattern: ScriptText) in
                guard let expression = expression(pattern, context) else { return -1 }
                return context.withBytes(of: text) { expression.matches($0) ? 1 : -1 }
            },
            FunctionRow(
                "search_append", .pattern("pattern"), .constant("text"), returns: changed,
                "Puts a text behind the first match in header fields and body."
            ) { (_, context, pattern, text) in
                MessageText.append(context, pattern, Array(text.utf8), .withoutFirstLine)
            },
            FunctionRow(
                "search_append_body", .pattern("pattern"), .constant("text"), returns: changed,
                "Puts a text behind the first match in the body."
            ) { (_, context, pattern, text) in
                MessageText.append(context, pattern, Array(text.utf8), .body)
            },
        ]
    }

    /// `replace` and its siblings, one row each: where they look, and whether at all matches.
    private static var replacing: [FunctionRow<TextopsModule>] {
        let byPattern: [(String, TextScope, Bool, String)] = [
            // Kamailio's own limit, and a good one: a request line that an expression has changed
            // by the way would send the request elsewhere.
            (
                "replace", .withoutFirstLine, false,
                "Replaces the first match behind the first line of the message."
            ),
            (
                "replace_all", .withoutFirstLine, true,
                "Replaces all matches behind the first line of the message."
            ),
            ("replace_hdrs", .headers, false, "Replaces the first match in the header fields."),
            ("replace_body", .body, false, "Replaces the first match in the body."),
            ("replace_body_all", .body, true, "Replaces all matches in the body, line by line."),
        ]
        let byText: [(String, TextScope, String)] = [
            ("replace_str", .withoutFirstLine, "Replaces a text in header fields and body."),
            ("replace_hdrs_str", .headers, "Replaces a text in the header fields."),
            ("replace_body_str", .body, "Replaces a text in the body."),
        ]
        let patternRows = byPattern.map { name, scope, all, summary in
            FunctionRow<TextopsModule>(
                name, .pattern("pattern"), .constant("text"), returns: changed, summary
            ) { (_, context, pattern, text) in
                MessageText.replace(context, pattern, Array(text.utf8), scope, all: all)
            }
        }
        let textRows = byText.map { name, scope, summary in
            FunctionRow<TextopsModule>(
                name, .string("text"), .string("replacement"), .constant("mode"),
                returns: changed, summary,
                compile: { (_, text, replacement, mode) throws(ArgumentError) in
                    let all = try isAll(mode: known(mode))
                    return { context in
                        guard let text = text.value(context),
                            let replacement = replacement.value(context)
                        else { return -1 }
                        return MessageText.replace(
                            context, text: context.bytes(of: text),
                            by: context.bytes(of: replacement), scope, all: all)
                    }
                })
        }
        return patternRows + textRows + [replacingAtOnce]
    }

    /// Matches over the whole body, so line ends are bytes like others.
    private static var replacingAtOnce: FunctionRow<TextopsModule> {
        FunctionRow(
            "replace_body_atonce", .constant("pattern"), .constant("text"), returns: changed,
            "Replaces all matches in the body, which is taken as one text.",
            compile: { (_, pattern, text) throws(ArgumentError) in
                let expression = try expression(known(pattern))
                let bytes = Array(try known(text).utf8)
                return { context in
                    MessageText.replace(context, expression, bytes, .body, all: true)
                }
            })
    }

    private static func isAll(mode: String) throws(ArgumentError) -> Bool {
        guard mode == "a" || mode == "f" else {
            throw ArgumentError("\"\(mode)\" is no mode: f (the first) and a (all) are")
        }
        return mode == "a"
    }

    private static var substituting: [FunctionRow<TextopsModule>] {
        [
            FunctionRow(
                "subst", .substitution("substitution"), returns: changed,
                "Makes a substitution in the message behind its first line."
            ) { (_, context, substitution) in
                MessageText.substitute(
                    context, substitution, TextScope.withoutFirstLine.range(context))
            },
            FunctionRow(
                "subst_body", .substitution("substitution"), returns: changed,
                "Makes a substitution in the body."
            ) { (_, context, substitution) in
                MessageText.substitute(context, substitution, TextScope.body.range(context))
            },
            FunctionRow(
                "subst_uri", .substitution("substitution"), returns: changed,
                "Makes a substitution in the request URI."
            ) { (_, context, substitution) in
                substituteURI(context, substitution)
            },
            FunctionRow(
                "subst_user", .substitution("substitution"), returns: changed,
                "Makes a substitution in the user of the request URI."
            ) { (_, context, substitution) in
                substituteUser(context, substitution)
            },
            FunctionRow(
                "subst_hf", .constant("name"), .substitution("substitution"),
                Argument.constant("flags").optional, returns: changed,
                "Makes a substitution in the values of a header field.",
                compile: { (_, name, substitution, flags) throws(ArgumentError) in
                    let name = try fieldName(known(name))
                    let choice = try FieldChoice(flag: known(flags))
                    let substitution = try known(substitution)
                    return { context in
                        substituteFields(context, name, substitution, choice)
                    }
                }),
        ]
    }

    private static func substituteURI(
        _ context: ScriptContext, _ substitution: TextSubstitution
    ) -> Int {
        let uri = context.requestURI
        let result = context.withBytes(of: uri) { substitution.result($0, context) }
        guard let result, context.setRequestURI(result) else { return -1 }
        return 1
    }

    private static func substituteUser(
        _ context: ScriptContext, _ substitution: TextSubstitution
    ) -> Int {
        guard let user = context.requestUser,
            let result = substitution.result(user.span, context)
        else { return -1 }
        return context.setRequestURI(.user, result.span) ? 1 : -1
    }

    private static func substituteFields(
        _ context: ScriptContext, _ name: [UInt8], _ substitution: TextSubstitution,
        _ choice: FieldChoice
    ) -> Int {
        var result = -1
        for number in choice.chosen(Fields.named(name, context)) {
            let value = context.message.field(number).value
            if MessageText.substitute(context, substitution, value) == 1 { result = 1 }
        }
        return result
    }
}
