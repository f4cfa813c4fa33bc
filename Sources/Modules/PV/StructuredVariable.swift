internal import Basics
internal import ModuleKit

/// `$xavp(root=>key)`, `$xavu(root=>key)` and `$xavi(root=>key)`.
///
/// Without an index an assignment to `$xavp` and `$xavi` adds a root on top of the stack; with one
/// it changes the root that is there. `$xavu` has one value of each name.
struct StructuredVariable: Sendable {
    /// A name, as far as it is known when the script is loaded.
    private enum Name: Sendable {
        case constant(StructuredPath)
        case dynamic(@Sendable (ScriptContext) -> ScriptValue)
    }
    private let kind: StructuredClass
    private let name: Name

    /// What a reference names.
    init(_ kind: StructuredClass, _ reference: VariableReference) throws(ArgumentError) {
        self.kind = kind
        if reference.index != nil {
            throw ArgumentError(
                "the index of $\(kind) stands within the parentheses: $\(kind)(root[0]=>name)")
        }
        if let read = reference.dynamicInner {
            name = .dynamic(read)
            return
        }
        name = .constant(try Self.path(reference.inner ?? "", kind))
    }

    /// A name that is known when the script is loaded.
    static func path(
        _ text: String, _ kind: StructuredClass
    ) throws(ArgumentError) -> StructuredPath {
        guard let path = StructuredPath(Array(text.utf8)) else {
            throw ArgumentError("\"\(text)\" is no name: root, root[0], root=>name, root[0]=>name")
        }
        if kind == .xavu, path.root.place != .unsaid || (path.key?.place ?? .unsaid) != .unsaid {
            throw ArgumentError("$xavu has one value of each name and takes no index")
        }
        return path
    }

    /// Reading and writing it.
    var access: VariableAccess {
        VariableAccess(
            read: { context in
                path(context).map { kind.values(context).read($0, context) } ?? .null
            },
            write: { context, value in
                guard let path = path(context) else { return false }
                let kept = context.kept(value)
                if case .null = kept {
                    kind.edit(context) { $0.clear(path) }
                    return true
                }
                return kind.edit(context) { values in
                    kind == .xavu ? values.set(path, kept) : values.write(path, kept)
                }
            })
    }

    /// The name for this message.
    private func path(_ context: ScriptContext) -> StructuredPath? {
        switch name {
        case .constant(let path): path
        case .dynamic(let read):
            context.text(read(context)).flatMap { StructuredPath(context.bytes(of: $0)) }
        }
    }
}

/// Structured attributes by their whole names.
extension StructuredAttributes {
    /// What a name reads.
    func read(_ path: StructuredPath, _ context: ScriptContext) -> ScriptValue {
        // One value of one root: no list is made.
        if let key = path.key, path.root.place != .all, key.place != .all {
            guard let root = position(path.root.name, at: path.root.place.number),
                let child = child(of: root, key.name, at: key.place.number)
            else { return .null }
            return roots[root].attributes[child].value
        }
        let positions = selected(path.root)
        guard let first = positions.first else { return .null }
        guard let key = path.key else {
            if path.root.place == .all {
                return context.list(positions.map { shown($0, context) })
            }
            return shown(first, context)
        }
        return context.list(
            positions.flatMap { position in
                children(of: position, key).map { roots[position].attributes[$0].value }
            })
    }

    /// How many values a name has; a place that is not written means all of them.
    func count(_ path: StructuredPath) -> Int {
        let positions =
            path.root.place == .unsaid
            ? self.positions(path.root.name)
            : selected(path.root)
        guard let key = path.key else { return positions.count }
        return positions.reduce(0) { sum, position in
            sum
                + (key.place == .unsaid
                    ? childCount(of: position, key.name)
                    : children(of: position, key).count)
        }
    }

    /// Assigns to `$xavp` and `$xavi`; false when the root or the attribute of an index is not
    /// there.
    mutating func write(_ path: StructuredPath, _ value: ScriptValue) -> Bool {
        guard let key = path.key else { return write(path.root, value) }
        guard path.root.place != .unsaid else {
            return push(path.root.name, key.name, value)
        }
        if path.root.place != .all, key.place == .unsaid {
            guard let root = position(path.root.name, at: path.root.place.number) else {
                return false
            }
            return addChild(of: root, key.name, value)
        }
        let positions = selected(path.root)
        for position in positions {
            switch key.place {
            case .unsaid:
                guard addChild(of: position, key.name, value) else { return false }
            case .all:
                removeChildren(of: position, key.name)
                guard addChild(of: position, key.name, value) else { return false }
            case .number(let place):
                guard let child = child(of: position, key.name, at: place) else { return false }
                edit(at: position) { $0.attributes[child].value = value }
            }
        }
        return !positions.isEmpty
    }

    /// Assigns to a root itself.
    private mutating func write(_ root: StructuredPath.Part, _ value: ScriptValue) -> Bool {
        switch root.place {
        case .unsaid: return push(root.name, value: value)
        case .all:
            removeAll(root.name)
            return push(root.name, value: value)
        case .number(let place):
            guard let position = position(root.name, at: place) else { return false }
            edit(at: position) { root in
                root.value = value
                root.attributes = []
            }
            return true
        }
    }

    /// Assigns to `$xavu`, where a new value takes the place of the old one.
    mutating func set(_ path: StructuredPath, _ value: ScriptValue) -> Bool {
        let position = position(path.root.name)
        guard let key = path.key else {
            guard let position else { return push(path.root.name, value: value) }
            edit(at: position) { root in
                root.value = value
                root.attributes = []
            }
            return true
        }
        guard let position else {
            return push(path.root.name, key.name, value)
        }
        edit(at: position) { $0.value = nil }
        return setChild(of: position, key.name, value)
    }

    /// Removes what a name means: a root with all it holds, or attributes of it.
    mutating func clear(_ path: StructuredPath) {
        // From the newest on, which stands behind the others, so that positions stay right.
        for position in selected(path.root) {
            guard let key = path.key else {
                remove(at: position)
                continue
            }
            let children = children(of: position, key)
            edit(at: position) { root in
                for child in children { root.attributes.remove(at: child) }
            }
        }
    }

    /// The roots that a name means, the newest first.
    private func selected(_ root: StructuredPath.Part) -> [Int] {
        if root.place == .all { return positions(root.name) }
        return position(root.name, at: root.place.number).map { [$0] } ?? []
    }

    /// The attributes of a root that a name means, the newest first.
    private func children(of root: Int, _ key: StructuredPath.Part) -> [Int] {
        guard key.place == .all else {
            return child(of: root, key.name, at: key.place.number).map { [$0] } ?? []
        }
        let attributes = roots[root].attributes
        return attributes.indices.reversed().filter { isSame(attributes[$0].name, key.name) }
    }

    /// A root as a value; one that holds attributes shows that it does.
    private func shown(_ position: Int, _ context: ScriptContext) -> ScriptValue {
        if let value = roots[position].value { return value }
        let name = roots[position].name
        return .text(
            context.compose { writer in
                writer.append("<<xavp:")
                writer.append(name)
                writer.append(">>")
            })
    }
}
