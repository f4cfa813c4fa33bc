internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// What the functions of structured attributes do.
enum StructuredFunction {
    /// `xavp_copy`: adds a copy below the destination's values, or replaces one of them.
    static func copy(
        _ source: ScriptText, _ index: Int, to destination: ScriptText, at place: Int?,
        _ context: ScriptContext
    ) -> Int {
        let name = context.bytes(of: destination)
        guard !name.isEmpty,
            let from = context.structured.position(context.bytes(of: source), at: index)
        else { return -1 }
        let root = context.structured.roots[from]
        guard let place else {
            return context.structured.append(name, root.value, root.attributes) ? 1 : -1
        }
        guard let position = context.structured.position(name, at: place) else { return -1 }
        context.structured.edit(at: position) { replaced in
            replaced.value = root.value
            replaced.attributes = root.attributes
        }
        return 1
    }

    /// `xavp_params_explode` and `xavu_params_explode`.
    ///
    /// The grammar is that of a header's parameters (RFC 3261 25.1); quotes around values go.
    static func explodeParameters(
        _ kind: StructuredClass, _ text: ScriptText, _ root: ScriptText, _ context: ScriptContext
    ) -> Int {
        let name = context.bytes(of: root)
        let bytes = [UInt8(ascii: ";")] + context.bytes(of: text)
        guard !name.isEmpty, bytes.count > 1 else { return -1 }
        var found: [AttributeValue] = []
        let span = bytes.span
        var all = HeaderParameters(span, in: ByteRange(offset: 0, count: bytes.count))
        var end = 0
        while let parameter = all.next(), found.count < Limits.attributesPerMessageMax {
            let value = parameter.unquotedValue(in: span) ?? .empty
            end = (parameter.value ?? parameter.name).end
            found.append(
                AttributeValue(
                    name: Array(bytes[parameter.name.indices]),
                    value: .text(.owned(Array(bytes[value.indices])))))
        }
        // What is left unread must be nothing but the end: half a list would mislead.
        let isWhole = bytes[end...].allSatisfy { $0 == 32 || $0 == UInt8(ascii: ";") }
        guard !found.isEmpty, isWhole else { return -1 }
        return kind.edit(context) { values in
            if kind == .xavu { values.remove(name, at: 0) }
            return values.push(name, found)
        } ? 1 : -1
    }

    /// `xavp_params_implode` and `xavu_params_implode`: the newest attribute comes first for
    /// `$xavp`, as in Kamailio.
    static func implode(
        _ kind: StructuredClass, _ root: ScriptText, _ variable: VariableAccess,
        _ context: ScriptContext
    ) -> Int {
        let values = kind.values(context)
        guard let position = values.position(context.bytes(of: root)),
            values.roots[position].value == nil
        else { return -1 }
        var writer = ByteWriter(capacity: 256)
        for attribute in values.roots[position].attributes.reversed() {
            writer.append(attribute.name)
            writer.append("=")
            switch attribute.value {
            case .null: break
            case .integer(let number): writer.append(decimal: number)
            case .text(let text): context.withBytes(of: text) { writer.append($0) }
            }
            writer.append(";")
            guard writer.count <= Limits.scriptTextBytesMax else { return -1 }
        }
        guard context.mayBuild(writer.count) else { return -1 }
        let text = context.compose { $0.append(writer.span) }
        return variable.write?(context, .text(text)) ?? false ? 1 : -1
    }

    /// `xavp_slist_explode`: the values in the order of the list, empty ones left out.
    static func explodeList(
        _ list: ScriptText, _ separators: ScriptText, _ mode: ScriptText, _ root: ScriptText,
        _ context: ScriptContext
    ) -> Int {
        let name = context.bytes(of: root)
        let marks = context.bytes(of: separators)
        let trims = context.bytes(of: mode).contains(UInt8(ascii: "t"))
        let parts = context.bytes(of: list).split { marks.contains($0) }
            .map { trims ? trimmed($0) : $0 }
            .filter { !$0.isEmpty }
        guard !name.isEmpty, !parts.isEmpty, parts.count <= Limits.attributesPerMessageMax else {
            return -1
        }
        // The newest attribute is the last, and place 0 is to be the first of the list.
        let values = parts.reversed().map {
            AttributeValue(name: [UInt8(ascii: "v")], value: .text(.owned(Array($0))))
        }
        return context.structured.push(name, values) ? 1 : -1
    }

    private static func trimmed(_ part: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var part = part
        while let first = part.first, isSpace(first) { part.removeFirst() }
        while let last = part.last, isSpace(last) { part.removeLast() }
        return part
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    /// `xavp_child_seti` and its siblings: the newest root gets the attribute, or a new one.
    static func setChild(
        _ kind: StructuredClass, _ root: ScriptText, _ name: ScriptText, _ value: ScriptValue,
        _ context: ScriptContext
    ) -> Int {
        let root = context.bytes(of: root)
        let name = context.bytes(of: name)
        let kept = context.kept(value)
        guard !root.isEmpty, !name.isEmpty else { return -1 }
        return kind.edit(context) { values in
            guard let position = values.position(root) else {
                return values.push(root, [AttributeValue(name: name, value: kept)])
            }
            return values.setChild(of: position, name, kept)
        } ? 1 : -1
    }

    /// `xavp_child_rm` and its sibling.
    static func removeChild(
        _ kind: StructuredClass, _ root: ScriptText, _ name: ScriptText, _ context: ScriptContext
    ) -> Int {
        let root = context.bytes(of: root)
        let name = context.bytes(of: name)
        kind.edit(context) { values in
            guard let position = values.position(root),
                let child = values.child(of: position, name)
            else { return }
            values.edit(at: position) { _ = $0.attributes.remove(at: child) }
        }
        return 1
    }

    /// `pv_xavp_print` and its siblings.
    static func print(_ kind: StructuredClass, _ context: ScriptContext) -> Int {
        guard context.isLogging(.info) else { return 1 }
        for root in kind.values(context).roots.reversed() {
            let name = String(decoding: root.name, as: UTF8.self)
            if let value = root.value {
                context.log(.info, "$\(kind)(\(name)) = \(shown(value, context))")
            }
            for attribute in root.attributes.reversed() {
                let key = String(decoding: attribute.name, as: UTF8.self)
                context.log(
                    .info, "$\(kind)(\(name)=>\(key)) = \(shown(attribute.value, context))")
            }
        }
        return 1
    }

    private static func shown(_ value: ScriptValue, _ context: ScriptContext) -> String {
        switch value {
        case .null: "<null>"
        case .integer(let number): String(number)
        case .text(let text): "\"\(context.string(text))\""
        }
    }
}

extension StructuredAttributes {
    /// Adds a root below those of its name: the last place of the stack.
    mutating func append(
        _ name: [UInt8], _ value: ScriptValue?, _ attributes: [AttributeValue]
    ) -> Bool {
        let existing = positions(name)
        guard push(name, value: value, attributes) else { return false }
        // Each content moves one place towards the top of the stack.
        var upper = roots.count - 1
        for lower in existing {
            let moved = roots[lower]
            edit(at: upper) { root in
                root.value = moved.value
                root.attributes = moved.attributes
            }
            upper = lower
        }
        edit(at: upper) { root in
            root.value = value
            root.attributes = attributes
        }
        return true
    }
}
