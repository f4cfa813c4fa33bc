internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// A header field that the script names: `$hdr(Event)`, `$(hdr(Via)[-1])`, `$hdr($var(name))`.
struct HeaderReference: Sendable {
    /// A name that is known when the script is loaded.
    private struct Field: Sendable {
        /// The name as one of those that the scanner indexes, `.other` for the rest; both the long
        /// and the compact form (RFC 3261 7.3.3) lead here.
        let name: HeaderName
        /// The name as the script has it, for fields that the index does not know.
        let text: [UInt8]

        /// A field by its name; nil for what no field could be called.
        init?(_ text: [UInt8]) {
            guard SIPToken.isToken(text) else { return nil }
            self.text = text
            name = HeaderName(name: text.span)
        }
    }
    private let field: Field?
    /// The name where it is known only when the script runs.
    private let dynamic: (@Sendable (ScriptContext) -> ScriptValue)?
    /// Which of several fields: from 0, or from the end with -1; nil for the first.
    private let index: VariableReference.Index?

    /// A field by its name, which is looked up once if it is constant.
    init(_ reference: VariableReference) throws(ArgumentError) {
        index = reference.index
        dynamic = reference.dynamicInner
        guard dynamic == nil else {
            field = nil
            return
        }
        let name = reference.inner ?? ""
        // No field could ever have such a name, so the script has a typing error.
        guard let field = Field(Array(name.utf8)) else {
            throw ArgumentError("\"\(name)\" is no name of a header field")
        }
        self.field = field
    }

    /// The value, null when there is no such field.
    func read(_ context: ScriptContext) -> ScriptValue {
        guard let field = named(context) else { return .null }
        if case .all = index { return all(field, context) }
        return range(field, context).map { .text(.message($0)) } ?? .null
    }

    /// How many fields have the name.
    func count(_ context: ScriptContext) -> Int {
        guard let field = named(context) else { return 0 }
        return context.withMessage { Self.count(field, $0) }
    }

    /// The field for this message.
    private func named(_ context: ScriptContext) -> Field? {
        guard let dynamic else { return field }
        guard case .text(let text) = dynamic(context) else { return nil }
        return Field(context.bytes(of: text))
    }

    /// The values of all fields of the name with a comma between them.
    private func all(_ field: Field, _ context: ScriptContext) -> ScriptValue {
        let ranges = context.withMessage { message in
            var ranges: [ByteRange] = []
            while let range = message.header(named: field.text.span, occurrence: ranges.count) {
                ranges.append(range)
            }
            return ranges
        }
        guard !ranges.isEmpty, context.mayBuild(context.messageLength) else { return .null }
        let start = context.scratch.count
        for (place, range) in ranges.enumerated() {
            if place > 0 { context.scratch.append(",") }
            context.appendToScratch(.message(range))
        }
        return .text(
            .scratch(ByteRange(offset: start, count: context.scratch.count - start)))
    }

    private func range(_ field: Field, _ context: ScriptContext) -> ByteRange? {
        // The usual case reads the index of the scanner and walks over nothing.
        guard let index else {
            if field.name != .other { return context.message.header(field.name) }
            return context.message.header(named: field.text.span)
        }
        guard let number = index.number(context) else { return nil }
        return context.withMessage { message in
            // An index beyond either end is null, not an error: messages differ.
            let place = number < 0 ? Self.count(field, message) + number : number
            return place < 0 ? nil : message.header(named: field.text.span, occurrence: place)
        }
    }

    private static func count(_ field: Field, _ message: borrowing SIPMessage) -> Int {
        if field.name != .other { return message.fieldCount(field.name) }
        var count = 0
        var number = message.firstField(named: field.text.span)
        while let found = number {
            count += 1
            number = message.nextField(named: field.text.span, after: found)
        }
        return count
    }
}
