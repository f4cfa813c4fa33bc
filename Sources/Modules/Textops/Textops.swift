internal import Basics
public import ModuleKit
internal import SIPSyntax

/// Module `textops`: tests on the text of messages, and changes of it.
///
/// Changes wait until the message is sent on, or until `msg_apply_changes` of module `textopsx`;
/// until then all functions look at the message as it was received.
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
        let text = try fieldName(name)
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

    /// The name of a header field, as bytes; anything that is no token is an error of the script.
    static func fieldName(_ name: String) throws(ArgumentError) -> [UInt8] {
        let text = Array(name.utf8)
        guard SIPToken.isToken(text) else {
            throw ArgumentError("\"\(name)\" is no name of a header field")
        }
        return text
    }

    /// The test of `search_hf("Name", "pattern", flags)`.
    static func headerSearch(
        _ name: String, _ expression: RegularExpression, _ flags: String?
    ) throws(ArgumentError) -> CompiledCall {
        let text = try fieldName(name)
        // A flag that meant nothing would hide a typing error.
        let choice = try FieldChoice(flag: flags)
        return { context in
            let numbers = choice.chosen(Fields.named(text, context))
            let isFound = context.withMessage { message in
                // The whole value of the field, which may be a list (RFC 3261 7.3.1).
                numbers.contains { expression.matches(message[message.field($0).value]) }
            }
            return isFound ? 1 : -1
        }
    }

    /// Collects header lines for the reply to come; each line ends with CRLF, or gets it.
    func appendToReply(_ context: ScriptContext, _ text: ScriptText) -> Int {
        guard let lines = HeaderText.lines(context.bytes(of: text)) else {
            context.log(.error, "append_to_reply: the text is no header field")
            return -1
        }
        return addToReply(context, lines)
    }

    /// Adds header lines to the next reply.
    ///
    /// Bounded, because a loop of the script may add to one reply again and again.
    func addToReply(_ context: ScriptContext, _ lines: [UInt8]) -> Int {
        guard context.replyHeaders.count + lines.count <= Limits.messageBytesMax else {
            context.log(.error, "append_to_reply: the reply would be too large")
            return -1
        }
        context.replyHeaders.append(lines)
        return 1
    }

    // MARK: Searching

    /// A regular expression for a text as a whole; a wrong one is an error of the script.
    static func expression(_ pattern: String) throws(ArgumentError) -> RegularExpression {
        do {
            // Compiled when the script is loaded; a call only matches. Case never matters.
            return try RegularExpression(pattern, ignoresCase: true)
        } catch {
            throw ArgumentError("\"\(pattern)\" is no regular expression: \(error.message)")
        }
    }

    /// The expression that a script passes at a call; nil, and a line in the log, for none.
    static func expression(
        _ pattern: ScriptText, _ context: ScriptContext
    ) -> RegularExpression? {
        do throws(ArgumentError) {
            return try RegularExpression.linewise(context.string(pattern))
        } catch {
            context.log(.error, "textops: \(error.message)")
            return nil
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
