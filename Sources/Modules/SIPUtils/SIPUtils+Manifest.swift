internal import Basics
public import ModuleKit
internal import SIPSyntax

extension SIPUtilsModule {
    /// What the module declares.
    public static let manifest = Manifest<SIPUtilsModule>(
        "siputils", "Tests on messages and on strings that have to do with SIP.",
        parameters: [
            ParameterRow(
                "options_accept", \.optionsAccept, "What Accept of options_reply() says."),
            ParameterRow(
                "options_accept_encoding", \.optionsAcceptEncoding,
                "What Accept-Encoding of options_reply() says."),
            ParameterRow(
                "options_accept_language", \.optionsAcceptLanguage,
                "What Accept-Language of options_reply() says."),
            ParameterRow(
                "options_support", \.optionsSupport, "What Supported of options_reply() says."),
            ParameterRow(
                "contact_flds_separator", \.contactSeparator,
                "What stands between the parts of an encoded contact."),
        ],
        functions: messageTests + stringTests + comparisons + parameterFunctions
            + addressFunctions + contactFunctions + requestFunctions)

    /// What the tests return, in words.
    ///
    /// There is no 0: it would end the script.
    private static let truth = "1 yes, -1 no"

    /// Tests on the message at hand; none of them changes it.
    private static var messageTests: [FunctionRow<SIPUtilsModule>] {
        [
            FunctionRow("has_totag", returns: truth, "Whether To has a tag.") { (_, context) in
                hasToTag(context) ? 1 : -1
            },
            FunctionRow("is_request", returns: truth, "Whether the message is a request.") {
                (_, context) in context.message.kind == .request ? 1 : -1
            },
            FunctionRow("is_reply", returns: truth, "Whether the message is a reply.") {
                (_, context) in context.message.kind == .response ? 1 : -1
            },
            FunctionRow(
                "is_first_hop", returns: truth, "Whether the message comes from the phone itself."
            ) { (_, context) in isFirstHop(context) ? 1 : -1 },
            FunctionRow(
                "is_supported", .constant("option"), returns: truth,
                "Whether Supported lists an option.",
                compile: { (_, tag) throws(ArgumentError) in
                    // `Argument.constant` has refused expressions by now; this is for the type
                    // checker.
                    guard case .constant(let tag) = tag else {
                        throw ArgumentError("expected a constant")
                    }
                    return try supportTest(tag)
                }),
        ]
    }

    /// Tests on one string.
    ///
    /// A string without a value makes the function fail before it is called.
    private static var stringTests: [FunctionRow<SIPUtilsModule>] {
        // One row a function: name, sentence, test on bytes.
        let rows: [(String, String, @Sendable (Span<UInt8>) -> Bool)] = [
            ("is_numeric", "Whether a string has digits only.", { isNumeric($0) }),
            (
                "is_alphanum", "Whether a string has letters and digits only.",
                {
                    isAlphanumeric($0)
                }
            ),
            (
                "is_tel_number", "Whether a string has digits only, a plus before them.",
                {
                    isTelephoneNumber($0)
                }
            ),
            ("is_e164", "Whether a string is a number in international form.", { isE164($0) }),
            ("is_uri", "Whether a string is a SIP or telephone URI.", { isURI($0) }),
        ]
        return rows.map { name, summary, test in
            FunctionRow(name, .string("text"), returns: truth, summary) {
                (_, context, text: ScriptText) in
                context.withBytes(of: text) { test($0) ? 1 : -1 }
            }
        }
    }

    /// Comparisons of URIs, which are more than comparisons of bytes.
    private static var comparisons: [FunctionRow<SIPUtilsModule>] {
        [
            FunctionRow(
                "cmp_uri", .string("uri"), .string("other"), returns: truth,
                "Whether two URIs are equivalent (RFC 3261 19.1.4)."
            ) { (_, context, one: ScriptText, two: ScriptText) in
                // Both are lent at once; neither is copied to be parsed.
                context.withBytes(of: one) { one in
                    context.withBytes(of: two) { areEquivalent(one, $0) ? 1 : -1 }
                }
            }
        ]
    }
}
