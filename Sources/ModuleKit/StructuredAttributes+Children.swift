internal import Basics

/// The attributes within one root: `$xavp(root=>name[1])`.
extension StructuredAttributes {
    /// Where the attribute of a name stands in a root; place 0 is the newest, a negative one counts
    /// from the oldest.
    ///
    /// Nil when there is none.
    public func child(of root: Int, _ name: [UInt8], at place: Int = 0) -> Int? {
        let attributes = roots[root].attributes
        var left = place < 0 ? childCount(of: root, name) + place : place
        guard left >= 0 else { return nil }
        for position in attributes.indices.reversed()
        where isSame(attributes[position].name, name) {
            if left == 0 { return position }
            left -= 1
        }
        return nil
    }

    /// How many attributes of a name a root has.
    public func childCount(of root: Int, _ name: [UInt8]) -> Int {
        roots[root].attributes.reduce(0) { $0 + (isSame($1.name, name) ? 1 : 0) }
    }

    /// Where all values of a root stand, the newest first.
    public func positions(_ root: [UInt8]) -> [Int] {
        roots.indices.reversed().filter { isSame(roots[$0].name, root) }
    }

    /// Adds an attribute on top of those that a root has; false when there are too many, or when
    /// the root has a plain value instead of attributes.
    public mutating func addChild(of root: Int, _ name: [UInt8], _ value: ScriptValue) -> Bool {
        guard roots[root].value == nil,
            roots[root].attributes.count < Limits.attributesPerMessageMax
        else { return false }
        edit(at: root) { $0.attributes.append(AttributeValue(name: name, value: value)) }
        return true
    }

    /// Replaces the newest attribute of a name, or adds it.
    public mutating func setChild(of root: Int, _ name: [UInt8], _ value: ScriptValue) -> Bool {
        guard let position = child(of: root, name) else {
            return addChild(of: root, name, value)
        }
        edit(at: root) { $0.attributes[position].value = value }
        return true
    }

    /// Removes every attribute of a name from a root.
    public mutating func removeChildren(of root: Int, _ name: [UInt8]) {
        let ignoresCase = ignoresCase
        edit(at: root) { root in
            root.attributes.removeAll { attribute in
                ignoresCase ? attribute.name.span.matches(name.span) : attribute.name == name
            }
        }
    }

    /// Removes every value of a root.
    public mutating func removeAll(_ root: [UInt8]) {
        for position in positions(root) { remove(at: position) }
    }
}
