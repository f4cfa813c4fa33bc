internal import Basics
public import ModuleKit
internal import SIPSyntax

/// Module `textops`: tests on the text of messages, and header fields for replies.
///
/// Functions that change the message at hand are not declared: the server sends no such message on.
public final class TextopsModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}

    // MARK: Methods

    /// The test of `is_method("INVITE|ACK")`: one mask for the known methods, names for the others.
    static func methodTest(_ list: String) throws(ArgumentError) -> CompiledCall {
        // Lists of known methods cost one `and` a message; only others are compared by name.
        var mask: UInt32 = 0
        var others: [[UInt8]] = []
        for word in list.split(separator: "|", omittingEmptySubsequences: false) {
            let name = Array(word.trimmed.utf8)
            guard SIPToken.isToken(name) else {
                throw ArgumentError("\"\(list)\" is no list of methods: \"INVITE|ACK\" is one")
            }
            // Methods are case-sensitive in messages (RFC 3261 7.1), but scripts write them as they
            // like, and no two methods differ by case only.
            switch SIPMethod(anyCase: name.span) {
            case .other: others.append(name)
            case let method: mask |= method.rawValue
            }
        }
        let known = mask
        guard !others.isEmpty else {
            return { context in method(of: context).rawValue & known != 0 ? 1 : -1 }
        }
        let names = others
        return { context in
            // An unknown method has no bit, so the names are only asked when the mask says no.
            if method(of: context).rawValue & known != 0 { return 1 }
            let text = ScriptText.message(context.methodName)
            let isNamed = context.withBytes(of: text) { bytes in
                names.contains { bytes.matches($0.span) }
            }
            return isNamed ? 1 : -1
        }
    }

    /// The method of a request, or the one in CSeq of a reply.
    private static func method(of context: ScriptContext) -> SIPMethod {
        // RFC 3261 8.1.1.5: the method in CSeq is that of the request, also in its replies.
        if context.message.kind == .request { return context.message.method }
        return (try? context.message.cSeq)?.method ?? .other
    }

    // MARK: Header fields

    /// The test of `is_present_hf("Name")`.
    static func presenceTest(_ name: String) throws(ArgumentError) -> CompiledCall {
        let text = Array(name.utf8)
        guard SIPToken.isToken(text) else {
            throw ArgumentError("\"\(name)\" is no name of a header field")
        }
        let known = HeaderName(name: text.span)
        return { context in
            let isThere =
                // A known field has a place in the scanner's index; others are looked for by name.
                known == .other
                ? context.message.firstField(named: text.span) != nil
                : context.message.has(known)
            return isThere ? 1 : -1
        }
    }

    /// The test of `search_hf("Name", "pattern", flags)`; flag `f` looks at the first field only.
    static func headerSearch(
        _ name: String, _ pattern: String, _ flags: String?
    ) throws(ArgumentError) -> CompiledCall {
        // For its error only: a name that is no token.
        _ = try presenceTest(name)
        let text = Array(name.utf8)
        let expression = try Self.expression(pattern)
        // A flag that meant nothing would hide a typing error.
        if let flags, flags != "a", flags != "f" {
            throw ArgumentError("\"\(flags)\" is no flag: a (all fields) and f (the first) are")
        }
        let firstOnly = flags == "f"
        return { context in
            context.withMessage { message in
                var number = message.firstField(named: text.span)
                while let found = number {
                    // The whole value of the field, which may be a list (RFC 3261 7.3.1).
                    if expression.matches(message[message.field(found).value]) { return 1 }
                    if firstOnly { return -1 }
                    number = message.nextField(named: text.span, after: found)
                }
                return -1
            }
        }
    }

    /// Collects header lines for the reply to come; each line ends with CRLF, or gets it.
    func appendToReply(_ context: ScriptContext, _ text: ScriptText) -> Int {
        let bytes = context.bytes(of: text)
        // Bounded, because a loop of the script may add to one reply again and again.
        guard let lines = Self.headerLines(bytes),
            context.replyHeaders.count + lines.count <= Limits.messageBytesMax
        else {
            context.log(.error, "append_to_reply: the text is no header field")
            return -1
        }
        context.replyHeaders.append(lines)
        return 1
    }

    /// Text as header lines: each has a name and a colon or continues the one before; the last one
    /// ends with CRLF.
    ///
    /// Nil for anything else: a reply must stay one reply.
    static func headerLines(_ bytes: [UInt8]) -> [UInt8]? {
        var lines: [UInt8] = []
        // Lines may end with LF alone, as strings of scripts often do; the reply gets CRLF.
        for line in bytes.split(separator: 10, omittingEmptySubsequences: true) {
            var line = line
            if line.last == 13 { line.removeLast() }
            // A CR within a line ends it for some parsers: the way to smuggle in a header field.
            guard let first = line.first, !line.contains(13), !line.contains(0) else { return nil }
            // RFC 3261 7.3.1: a line that begins with a blank continues the one before, so the
            // first
            // line cannot.
            let isFolded = (first == 32 || first == 9) && !lines.isEmpty
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            let isField =
                name.count < line.count && SIPToken.isToken(name)
            guard isFolded || isField else { return nil }
            lines += line
            lines += [13, 10]
        }
        return lines.isEmpty ? nil : lines
    }

    // MARK: Searching

    /// A regular expression; a wrong one is an error of the script.
    static func expression(_ pattern: String) throws(ArgumentError) -> RegularExpression {
        do {
            // Compiled when the script is loaded; a call only matches. Case never matters.
            return try RegularExpression(pattern, ignoresCase: true)
        } catch {
            throw ArgumentError("\"\(pattern)\" is no regular expression: \(error.message)")
        }
    }

    /// The test of `search("pattern")` and `search_body("pattern")`.
    static func search(
        _ pattern: String, bodyOnly: Bool
    ) throws(ArgumentError) -> CompiledCall {
        let expression = try expression(pattern)
        return { context in
            context.withMessage { message in
                let isFound =
                    // `^` and `$` are the ends of what is searched, not of its lines.
                    bodyOnly
                    ? expression.matches(message[message.body])
                    : expression.matches(message.bytes)
                return isFound ? 1 : -1
            }
        }
    }

    /// The test of `has_body()` and `has_body("type/subtype")`.
    static func bodyTest(_ type: String?) throws(ArgumentError) -> CompiledCall {
        guard let type else {
            return { context in context.message.body.isEmpty ? -1 : 1 }
        }
        let expected = Array(type.lowercased().utf8)
        // Type and subtype (RFC 3261 20.15); parameters cannot be asked for.
        guard expected.split(separator: UInt8(ascii: "/")).count == 2 else {
            throw ArgumentError("\"\(type)\" is no media type: \"application/sdp\" is one")
        }
        return { context in
            guard !context.message.body.isEmpty else { return -1 }
            let isOfType = context.withMessage { message in
                // A body without a type is of no type: RFC 3261 20.15 makes the field mandatory
                // then.
                guard let value = message.header(.contentType) else { return false }
                let field = message[value]
                guard field.count >= expected.count else { return false }
                let type = field.extracting(0..<expected.count)
                guard type.matches(expected.span) else { return false }
                // What follows must not continue the subtype: "text/plain" is not "text/plainer".
                return field.count == expected.count
                    || !SIPToken.contains(field[expected.count])
            }
            return isOfType ? 1 : -1
        }
    }
}

extension Substring {
    /// Without the spaces around.
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
