internal import Basics
internal import ModuleKit

/// `$avp(name)`: the attribute-value pairs of a message.
///
/// Names are a stack: an assignment pushes a value on top, whatever its index, as in Kamailio;
/// `[*]` replaces all of them.
struct AttributeVariable: Sendable {
    /// A name, as far as it is known when the script is loaded.
    private enum Name: Sendable {
        case constant([UInt8])
        case dynamic(@Sendable (ScriptContext) -> ScriptValue)
    }
    private let name: Name
    private let index: VariableReference.Index?
    /// Where a worker puts names together; nil while a reference is only checked.
    private let workspace: (@Sendable (ScriptContext) -> PVWorkspace)?

    /// What a reference names; `aliases` are those of the parameter `avp_aliases`.
    init(
        _ reference: VariableReference, aliases: [String: [UInt8]] = [:],
        _ workspace: (@Sendable (ScriptContext) -> PVWorkspace)? = nil
    ) throws(ArgumentError) {
        index = reference.index
        self.workspace = workspace
        if let read = reference.dynamicInner {
            name = .dynamic(read)
            return
        }
        let text = reference.inner ?? ""
        guard let parsed = aliases[text] ?? AttributeName.parse(Array(text.utf8)) else {
            throw ArgumentError("\"\(text)\" is no name of an attribute: name, s:name or i:5")
        }
        name = .constant(parsed)
    }

    /// Reading and writing it.
    var access: VariableAccess {
        VariableAccess(read: read, write: { context, value in write(context, value) })
    }

    /// How many values the name has.
    func count(_ context: ScriptContext) -> Int {
        key(context).map { context.attributes.count($0) } ?? 0
    }

    @Sendable private func read(_ context: ScriptContext) -> ScriptValue {
        guard let key = key(context) else { return .null }
        switch index {
        case nil: return context.attributes.value(key) ?? .null
        case .all:
            let all = context.attributes.entries.reversed().filter { $0.name == key }
            return context.list(all.map(\.value))
        case .number, .dynamic:
            guard let place = index?.number(context) else { return .null }
            return context.attributes.value(key, at: place) ?? .null
        }
    }

    private func write(_ context: ScriptContext, _ value: ScriptValue) -> Bool {
        guard let key = key(context) else { return false }
        if case .all = index {
            context.attributes.removeAll(key)
        } else if case .null = value {
            guard let place = index == nil ? 0 : index?.number(context) else { return false }
            context.attributes.remove(key, at: place)
        }
        if case .null = value { return true }
        return context.attributes.add(key, context.kept(value))
    }

    /// The name for this message: a variable that holds a number means the number's name.
    private func key(_ context: ScriptContext) -> [UInt8]? {
        switch name {
        case .constant(let key): return key
        case .dynamic(let read):
            let value = read(context)
            guard let space = workspace?(context), let text = context.text(value) else {
                return nil
            }
            var isNumber = false
            if case .integer = value { isNumber = true }
            return space.attributeName(text, isNumber: isNumber, context)
        }
    }
}

extension ScriptContext {
    /// Values one behind the other with `, ` between them, null for none: what `[*]` reads.
    func list(_ values: [ScriptValue]) -> ScriptValue {
        guard !values.isEmpty else { return .null }
        var length = 0
        for case .text(let text) in values { length += self.length(of: text) }
        guard mayBuild(length + 22 * values.count) else { return .null }
        let start = scratch.count
        for (place, value) in values.enumerated() {
            if place > 0 { scratch.append(", ") }
            switch value {
            case .null: continue
            case .integer(let number): scratch.append(decimal: number)
            case .text(let text): appendToScratch(text)
            }
        }
        return .text(.scratch(ByteRange(offset: start, count: scratch.count - start)))
    }
}
