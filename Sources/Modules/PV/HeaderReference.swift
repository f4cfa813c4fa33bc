internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// A header field that the script names: `$hdr(Event)`, `$(hdr(Via)[-1])`.
struct HeaderReference: Sendable {
    /// The name as one of those that the scanner indexes, `.other` for the rest; both the long and
    /// the
    /// compact form (RFC 3261 7.3.3) lead here.
    private let name: HeaderName
    /// The name as the script has it, for fields that the index does not know.
    private let text: [UInt8]
    /// Which of several fields: from 0, or from the end with -1; nil for the first.
    private let index: Int?

    /// A field by its name, which is looked up once.
    init(_ reference: VariableReference) throws(ArgumentError) {
        try Self.check(reference)
        let written = Array((reference.inner ?? "").utf8)
        text = written
        name = HeaderName(name: written.span)
        index = reference.index?.constant
    }

    /// Refuses what is no name of a header field.
    static func check(_ reference: VariableReference) throws(ArgumentError) {
        let name = reference.inner ?? ""
        // No field could ever have such a name, so the script has a typing error.
        guard SIPToken.isToken(name.utf8) else {
            throw ArgumentError("\"\(name)\" is no name of a header field")
        }
    }

    /// The value, null when there is no such field.
    func read(_ context: ScriptContext) -> ScriptValue {
        range(context).map { .text(.message($0)) } ?? .null
    }

    /// How many fields have the name.
    func count(_ context: ScriptContext) -> Int {
        context.withMessage { Self.count(name, text, $0) }
    }

    private func range(_ context: ScriptContext) -> ByteRange? {
        // The usual case reads the index of the scanner and walks over nothing.
        guard let index else {
            if name != .other { return context.message.header(name) }
            return context.message.header(named: text.span)
        }
        return context.withMessage { message in
            // An index beyond either end is null, not an error: messages differ.
            let place = index < 0 ? Self.count(name, text, message) + index : index
            return place < 0 ? nil : message.header(named: text.span, occurrence: place)
        }
    }

    private static func count(
        _ name: HeaderName, _ text: [UInt8], _ message: borrowing SIPMessage
    ) -> Int {
        if name != .other { return message.fieldCount(name) }
        var count = 0
        var number = message.firstField(named: text.span)
        while let found = number {
            count += 1
            number = message.nextField(named: text.span, after: found)
        }
        return count
    }
}
