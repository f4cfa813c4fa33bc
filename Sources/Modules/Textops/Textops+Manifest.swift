internal import Basics
public import ModuleKit

extension TextopsModule {
    /// What the module declares.
    public static let manifest = Manifest<TextopsModule>(
        "textops", "Tests on the text of messages, and changes of it.",
        functions: messageTests + [appending] + stringTests + listTests + editing)

    /// What the tests return, in words.
    ///
    /// There is no 0: it would end the script.
    private static let truth = "1 yes, -1 no"

    /// Tests on the message.
    ///
    /// Their arguments are constants, so that lists of methods are turned into masks and patterns
    /// into automata once, when the script is loaded.
    private static var messageTests: [FunctionRow<TextopsModule>] {
        [
            FunctionRow(
                "is_method", .constant("methods"), returns: truth,
                "Whether the method is one of a list; of a reply, the method in CSeq.",
                compile: { (_, list) throws(ArgumentError) in
                    try methodTest(try known(list))
                }),
            FunctionRow(
                "is_present_hf", .constant("name"), returns: truth,
                "Whether the message has a header field.",
                compile: { (_, name) throws(ArgumentError) in
                    try presenceTest(try known(name))
                }),
            FunctionRow(
                "search_hf", .constant("name"), .pattern("pattern"),
                Argument.constant("flags").optional, returns: truth,
                "Whether a header field matches a regular expression.",
                compile: { (_, name, pattern, flags) throws(ArgumentError) in
                    try headerSearch(try known(name), try known(pattern), try known(flags))
                }),
            FunctionRow(
                "search", .pattern("pattern"), returns: truth,
                "Whether the message matches a regular expression."
            ) { (_, context, pattern) in MessageText.search(context, pattern, .message) },
            FunctionRow(
                "search_body", .pattern("pattern"), returns: truth,
                "Whether the body matches a regular expression."
            ) { (_, context, pattern) in MessageText.search(context, pattern, .body) },
            FunctionRow(
                "has_body", Argument.constant("type").optional, returns: truth,
                "Whether there is a body, and of a media type if one is given.",
                compile: { (_, type) throws(ArgumentError) in
                    try bodyTest(try known(type))
                }),
        ]
    }

    /// Writes into the reply to come, never into the message at hand.
    private static var appending: FunctionRow<TextopsModule> {
        FunctionRow(
            "append_to_reply", .string("lines"),
            routes: [.request, .failure, .reply, .event],
            returns: "1, -1 no header field",
            "Adds header lines to the next reply to the request at hand.",
            compile: { (module, text) throws(ArgumentError) in
                // A constant is taken apart once, when the script is loaded.
                if case .constant(.owned(let bytes)) = text, let lines = HeaderText.lines(bytes) {
                    return { module.addToReply($0, lines) }
                }
                return { context in
                    text.value(context).map { module.appendToReply(context, $0) } ?? -1
                }
            })
    }

    /// Tests on two strings that the script passes, one row each.
    private static var stringTests: [FunctionRow<TextopsModule>] {
        let rows: [(String, String, StringTests.Test)] = [
            ("cmp_str", "Whether two strings are the same.", StringTests.same),
            ("cmp_istr", "The same without regard to case.", StringTests.sameLetters),
            ("starts_with", "Whether a string begins with another.", StringTests.starts),
            ("ends_with", "Whether a string ends with another.", StringTests.ends),
            ("str_find", "Whether a string holds another.", StringTests.find),
            ("str_ifind", "The same without regard to case.", StringTests.findLetters),
        ]
        return rows.map { name, summary, test in
            FunctionRow(name, .string("text"), .string("other"), returns: truth, summary) {
                (_, context, text: ScriptText, other: ScriptText) in
                StringTests.run(context, text, other, test)
            }
        }
    }

    /// Tests whether a string is in a list that a script holds in one string.
    private static var listTests: [FunctionRow<TextopsModule>] {
        [("in_list", false), ("in_list_prefix", true)].map { name, asPrefix in
            FunctionRow(
                name, .string("text"), .string("list"), .constant("separator"), returns: truth,
                asPrefix
                    ? "Whether a string begins with an item of a list."
                    : "Whether a string is an item of a list.",
                compile: { (_, text, list, separator) throws(ArgumentError) in
                    // One byte separates; of a longer text the first counts.
                    guard let byte = try known(separator).utf8.first else {
                        throw ArgumentError("the separator is one character")
                    }
                    return { context in
                        guard let text = text.value(context), let list = list.value(context) else {
                            return -1
                        }
                        return StringTests.run(context, text, list) { text, list in
                            let isListed = StringTests.listed(
                                text, in: list, separator: byte, asPrefix: asPrefix)
                            return isListed ? 1 : -1
                        }
                    }
                })
        }
    }

    /// The value of an argument that only constants are accepted for.
    static func known<T>(_ evaluator: Evaluator<T>) throws(ArgumentError) -> T {
        // `Argument.constant` has refused expressions by now; this is for the type checker.
        guard case .constant(let value) = evaluator else {
            throw ArgumentError("expected a constant")
        }
        return value
    }
}
