internal import Basics

/// What takes the parts of a JSON document in their order: another form of the same result.
protocol JSONParts: ~Copyable {
    /// Whether nothing more is taken for now.
    var isFull: Bool { get }
    /// Whether a string is a member's name now.
    var expectsName: Bool { get }
    /// A member's name; its value follows.
    mutating func member(_ name: Span<UInt8>)
    /// A string.
    mutating func string(_ text: Span<UInt8>)
    /// An integer.
    mutating func integer(_ value: Int64)
    /// Another number.
    mutating func double(_ value: Double)
    /// The start of an object.
    mutating func beginObject()
    /// The start of an array.
    mutating func beginArray()
    /// The end of the object or array that was begun last.
    mutating func end()
}
