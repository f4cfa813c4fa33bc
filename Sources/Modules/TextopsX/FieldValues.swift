internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The functions on values of header fields, which may be lists.
enum FieldValues {
    /// Adds a value behind the one that is meant, or a field behind all.
    static func append(
        _ context: ScriptContext, _ reference: FieldReference, _ value: [UInt8]
    ) -> Int {
        let values = context.listedValues(reference.name)
        guard reference.index != .none, !values.isEmpty else {
            return addField(context, reference, value, .last)
        }
        guard let place = reference.places(values.count).last else { return -1 }
        // One line: a value that a stranger has a part in must not become a field of its own.
        let text = Array(", ".utf8) + HeaderText.oneLine(value)
        return context.edits.insert(text, at: values[place].range.end) ? 1 : -1
    }

    /// Adds a value in front of the one that is meant, or a field in front of those of its name.
    static func insert(
        _ context: ScriptContext, _ reference: FieldReference, _ value: [UInt8]
    ) -> Int {
        let values = context.listedValues(reference.name)
        guard reference.index != .none, !values.isEmpty else {
            return addField(context, reference, value, .before(reference.name))
        }
        guard let place = reference.places(values.count).first else { return -1 }
        let text = HeaderText.oneLine(value) + Array(", ".utf8)
        return context.edits.insert(text, at: values[place].range.start) ? 1 : -1
    }

    private static func addField(
        _ context: ScriptContext, _ reference: FieldReference, _ value: [UInt8],
        _ anchor: HeaderAnchor
    ) -> Int {
        // The name as the script spells it: it may be none that the server knows.
        let line = reference.name + Array(": ".utf8) + HeaderText.oneLine(value)
        return context.addHeader(line, anchor) ? 1 : -1
    }

    /// Takes out values, or a parameter of each.
    static func remove(
        _ context: ScriptContext, _ reference: FieldReference, isWhole: Bool
    ) -> Int {
        let values = context.listedValues(reference.name, isWhole: isWhole)
        let places = reference.places(values.count)
        guard !places.isEmpty else { return -1 }
        guard let name = reference.parameter else {
            return context.removeValues(values) { places.contains($0) } ? 1 : -1
        }
        var result = -1
        for place in places {
            guard let found = parameter(context, name, values[place], isWhole),
                context.edits.override(
                    isWhole ? credentialCut(context, found) : found.whole, with: [])
            else { continue }
            result = 1
        }
        return result
    }

    /// The first parameter of credentials has no comma in front, but one behind.
    private static func credentialCut(
        _ context: ScriptContext, _ found: ValueParameter
    ) -> ByteRange {
        context.withMessage { message in
            let bytes = message.bytes
            let isFirst = bytes[found.whole.start] != UInt8(ascii: ",")
            guard isFirst, found.text.end < bytes.count,
                bytes[found.text.end] == UInt8(ascii: ",")
            else { return isFirst ? found.text : found.whole }
            var end = found.text.end + 1
            while end < bytes.count, bytes[end] == 32 { end += 1 }
            return ByteRange(offset: found.text.start, count: end - found.text.start)
        }
    }

    private static func parameter(
        _ context: ScriptContext, _ name: [UInt8], _ value: ListedValue, _ isWhole: Bool
    ) -> ValueParameter? {
        context.withMessage { message in
            ValueParameter.find(name, message.bytes, in: value.range, isCredentials: isWhole)
        }
    }

    /// Gives values, or a parameter of each, another text; an empty one leaves no `=`.
    static func assign(
        _ context: ScriptContext, _ reference: FieldReference, _ value: [UInt8], isWhole: Bool
    ) -> Int {
        let values = context.listedValues(reference.name, isWhole: isWhole)
        let places = reference.places(values.count)
        let text = HeaderText.oneLine(value)
        var result = -1
        for place in places {
            let range = values[place].range
            let isDone: Bool
            if let name = reference.parameter {
                // An empty value makes a flag such as `lr`, which has no `=` (RFC 3261 19.1.1).
                let written = text.isEmpty ? name : name + [UInt8(ascii: "=")] + text
                if let found = parameter(context, name, values[place], isWhole) {
                    isDone = context.edits.override(found.text, with: written)
                } else {
                    let separator: [UInt8] = isWhole ? Array(", ".utf8) : Array(";".utf8)
                    isDone = context.edits.insert(separator + written, at: range.end)
                }
            } else {
                isDone = context.edits.override(range, with: text)
            }
            if isDone { result = 1 }
        }
        return result
    }

    // MARK: Sets

    /// The places of the values that are a token, without regard to case (RFC 3261 7.3.1).
    private static func places(
        _ context: ScriptContext, _ values: [ListedValue], of token: [UInt8]
    ) -> [Int] {
        context.withMessage { message in
            values.indices.filter { message[values[$0].range].matches(token.span) }
        }
    }

    /// Whether a token is one of the values.
    static func holds(_ context: ScriptContext, _ name: [UInt8], _ token: [UInt8]) -> Bool {
        !places(context, context.listedValues(name), of: token).isEmpty
    }

    /// Adds a token to the values unless it is one of them.
    static func include(
        _ context: ScriptContext, _ reference: FieldReference, _ token: [UInt8]
    ) -> Int {
        if holds(context, reference.name, token) { return 1 }
        // Behind the last value of the last field, so that the order of what came stays.
        guard let last = context.listedValues(reference.name).last else {
            return addField(context, reference, token, .last)
        }
        let text = Array(", ".utf8) + HeaderText.oneLine(token)
        return context.edits.insert(text, at: last.range.end) ? 1 : -1
    }

    /// Takes a token out of the values; it is no fault when it is none of them.
    static func exclude(
        _ context: ScriptContext, _ reference: FieldReference, _ token: [UInt8]
    ) -> Int {
        let values = context.listedValues(reference.name)
        let found = places(context, values, of: token)
        return context.removeValues(values) { found.contains($0) } ? 1 : -1
    }
}
