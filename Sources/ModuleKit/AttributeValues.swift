internal import Basics

/// One `$avp` or one attribute of an `$xavp`: a name and a value.
public struct AttributeValue: Sendable {
    /// Its name, without regard to what class of variable it belongs to.
    public let name: [UInt8]
    /// An integer, or a text that lives in the scratch buffer or owns its bytes; never a part of
    /// the message, which a function may rewrite under it.
    public var value: ScriptValue
    /// A name and its value.
    public init(name: [UInt8], value: ScriptValue) {
        self.name = name
        self.value = value
    }
}

/// The attribute-value pairs of one message (`$avp(name)`), newest first.
///
/// A message has a few of them, so a list that is walked is faster than a dictionary and allocates
/// nothing once it has grown. Values pass through
/// `ScriptContext.kept` before they are added.
public struct AttributeList: Sendable {
    /// All of them in the order they were added: the newest is the last.
    public private(set) var entries: [AttributeValue] = []

    /// No attributes.
    public init() {}

    /// The newest value of a name, or the one at a place counted from the newest; a negative place
    /// counts from the oldest.
    public func value(_ name: [UInt8], at place: Int = 0) -> ScriptValue? {
        position(name, at: place).map { entries[$0].value }
    }

    /// How many values a name has.
    public func count(_ name: [UInt8]) -> Int {
        entries.reduce(0) { $0 + ($1.name == name ? 1 : 0) }
    }

    /// Adds a value on top of those that the name has; false when there are too many.
    public mutating func add(_ name: [UInt8], _ value: ScriptValue) -> Bool {
        guard entries.count < Limits.attributesPerMessageMax else { return false }
        entries.append(AttributeValue(name: name, value: value))
        return true
    }

    /// Replaces the value at a place; false when the name has none there.
    public mutating func replace(_ name: [UInt8], at place: Int, _ value: ScriptValue) -> Bool {
        guard let position = position(name, at: place) else { return false }
        entries[position].value = value
        return true
    }

    /// Removes the value at a place; false when the name has none there.
    @discardableResult
    public mutating func remove(_ name: [UInt8], at place: Int) -> Bool {
        guard let position = position(name, at: place) else { return false }
        entries.remove(at: position)
        return true
    }

    /// Removes every value of a name.
    public mutating func removeAll(_ name: [UInt8]) { entries.removeAll { $0.name == name } }

    /// Empties the list and keeps its room.
    public mutating func removeAll() {
        if !entries.isEmpty { entries.removeAll(keepingCapacity: true) }
    }

    private func position(_ name: [UInt8], at place: Int) -> Int? {
        var left = place < 0 ? count(name) + place : place
        guard left >= 0 else { return nil }
        for position in entries.indices.reversed() where entries[position].name == name {
            if left == 0 { return position }
            left -= 1
        }
        return nil
    }
}

/// The structured attributes of one message (`$xavp(root=>name)`, `$xavu`, `$xavi`).
///
/// A root has a stack of values, the newest at place 0; each is a plain value or a list of named
/// attributes. Classes differ in how names compare: `$xavi` takes no notice of case.
public struct StructuredAttributes: Sendable {
    /// One value of a root.
    public struct Root: Sendable {
        /// Its name.
        public let name: [UInt8]
        /// Its plain value; nil when it is a list.
        public var value: ScriptValue?
        /// Its named attributes, in the order they were added.
        public var attributes: [AttributeValue] = []
    }

    /// All of them in the order they were added: the newest is the last.
    public private(set) var roots: [Root] = []
    /// Lists that are free again and keep their room for the next message.
    private var spare: [[AttributeValue]] = []
    /// Whether names are compared without regard to case.
    public let ignoresCase: Bool

    /// No attributes.
    public init(ignoresCase: Bool = false) { self.ignoresCase = ignoresCase }

    /// Whether two names are the same in this class.
    public func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        ignoresCase ? one.span.matches(other.span) : one == other
    }

    /// Where a root stands in `roots`, nil when there is none.
    ///
    /// Place 0 is the newest; a negative one counts from the oldest.
    public func position(_ root: [UInt8], at place: Int = 0) -> Int? {
        var left = place < 0 ? count(root) + place : place
        guard left >= 0 else { return nil }
        for position in roots.indices.reversed() where isSame(roots[position].name, root) {
            if left == 0 { return position }
            left -= 1
        }
        return nil
    }

    /// How many values a root has.
    public func count(_ root: [UInt8]) -> Int {
        roots.reduce(0) { $0 + (isSame($1.name, root) ? 1 : 0) }
    }

    /// The newest value of an attribute of a root; nil when there is none.
    public func value(_ root: [UInt8], at place: Int = 0, _ name: [UInt8]) -> ScriptValue? {
        guard let position = position(root, at: place) else { return nil }
        return roots[position].attributes.last { isSame($0.name, name) }?.value
    }

    /// Adds a root on top of its stack; false when there are too many.
    public mutating func push(
        _ root: [UInt8], value: ScriptValue? = nil, _ attributes: [AttributeValue] = []
    ) -> Bool {
        guard roots.count < Limits.attributesPerMessageMax,
            attributes.count <= Limits.attributesPerMessageMax
        else { return false }
        roots.append(Root(name: root, value: value, attributes: attributes))
        return true
    }

    /// Adds a root with one attribute on top of its stack; false when there are too many.
    public mutating func push(_ root: [UInt8], _ name: [UInt8], _ value: ScriptValue) -> Bool {
        guard roots.count < Limits.attributesPerMessageMax else { return false }
        var attributes = spare.popLast() ?? []
        attributes.append(AttributeValue(name: name, value: value))
        roots.append(Root(name: root, value: nil, attributes: attributes))
        return true
    }

    /// Lets `change` edit the root at a position that `position` gave.
    public mutating func edit(at position: Int, _ change: (inout Root) -> Void) {
        change(&roots[position])
        assert(roots[position].attributes.count <= Limits.attributesPerMessageMax)
    }

    /// Removes the root at a place; false when there is none.
    @discardableResult
    public mutating func remove(_ root: [UInt8], at place: Int) -> Bool {
        guard let position = position(root, at: place) else { return false }
        roots.remove(at: position)
        return true
    }

    /// Removes the root at a position that `position` gave.
    public mutating func remove(at position: Int) { roots.remove(at: position) }

    /// Empties it and keeps its room, also that of the lists in it.
    public mutating func removeAll() {
        guard !roots.isEmpty else { return }
        while var root = roots.popLast() {
            guard root.attributes.capacity > 0, spare.count < 8 else { continue }
            root.attributes.removeAll(keepingCapacity: true)
            spare.append(root.attributes)
        }
    }
}

extension ScriptContext {
    /// A value as an attribute keeps it: a part of the message is copied, because a function may
    /// rewrite the message under it.
    public func kept(_ value: ScriptValue) -> ScriptValue {
        guard case .text(.message) = value, case .text(let text) = value else { return value }
        let start = scratch.count
        appendToScratch(text)
        return .text(.scratch(ByteRange(offset: start, count: scratch.count - start)))
    }
}
